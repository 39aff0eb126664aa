package ubl

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"kontor/node/intake"
	"kontor/protocol/calendar"
	"kontor/protocol/campaign"
	"kontor/protocol/forecast"
)

// event reads a RetailEvent: an event of a campaign for each promotional event in it.
func (r *reader) event(root *element) {
	period, ok := r.period(root.one("Period"), nil)
	if !ok {
		return
	}
	id := root.value("ID")
	for _, name := range []string{"SellerEventID", "BuyerEventID"} { // one number on both sides, where they agreed on one
		if v := root.value(name); v != "" {
			id = v
		}
	}
	name := root.value("RetailEventName")
	if name == "" {
		name = id
	}
	promotions := root.all("PromotionalEvent")
	if len(promotions) == 0 {
		r.missing(root, "an event that promotes nothing: one that happens by itself is not planned here", "PromotionalEvent with its items")
	}
	if misc := root.one("MiscellaneousEvent"); misc != nil {
		r.leftOut(misc, "an event that is no promotion")
	}
	for i, p := range promotions {
		e := campaign.Event{ID: id, Name: name, Status: campaign.Status(root.value("RetailEventStatusCode")), Kind: campaign.EventType(p.value("PromotionalEventTypeCode")), Period: period}
		if len(promotions) > 1 {
			e.ID = fmt.Sprintf("%s/%d", id, i+1)
		}
		if !e.Status.Known() {
			r.unknown(root.one("RetailEventStatusCode"), "an unknown status: it can't be told whether the event takes place", "PROPOSED, ACKNOWLEDGED, PLANNED, ACTIVE, COMPLETED, CANCELED, REJECTED, TERMINATED or EXPIRED")
			continue
		}
		if !e.Kind.Known() {
			r.unknown(p.one("PromotionalEventTypeCode"), "an unknown type of event", "such as HOLIDAY, MANUFACTURER_PROMOTION, RETAILER_EVENT or STORE_OPENING")
			continue
		}
		var good bool
		if e.Submitted, good = r.dayOr0(p.one("SubmissionDate")); !good {
			continue
		}
		if e.AcceptBy, good = r.dayOr0(p.one("LatestProposalAcceptanceDate")); !good {
			continue
		}
		if first := p.one("FirstShipmentAvailibilityDate"); first != nil {
			r.leftOut(first, "the first day of shipments without a last one")
		}
		for _, spec := range p.all("PromotionalSpecification") {
			r.specification(&e, spec)
		}
		if len(e.Items) == 0 {
			r.missing(p, "an event without an item", "PromotionalEventLineItem with SupplyItem and a product number")
			continue
		}
		r.draft.Events = append(r.draft.Events, e)
	}
}

// specification reads the items, places and tactics of an event.
func (r *reader) specification(e *campaign.Event, spec *element) {
	type pair struct {
		item  forecast.Item
		place forecast.Location
	}
	pairs := map[pair]bool{}
	for _, line := range spec.all("PromotionalEventLineItem") {
		at := line.one("EventLineItem")
		if amount := line.one("Amount"); amount != nil && amount.attrs["currencyID"] != "XXX" {
			r.leftOut(amount, "an amount of money of an item")
		}
		if impact := at.one("RetailPlannedImpact"); impact != nil {
			r.leftOut(impact, "the planned impact is an amount of money, and a calendar holds units")
		}
		item := r.item(at.one("SupplyItem"))
		if item.ID() == "" {
			r.missing(line, "no product number", "SupplyItem with BuyersItemIdentification, SellersItemIdentification or a GTIN")
			continue
		}
		if !slices.Contains(e.Items, item) {
			e.Items = append(e.Items, item)
		}
		party, where := r.location(at.one("ParticipatingLocationsLocation"))
		if where == nil {
			pairs[pair{item: item}] = true
			continue
		}
		if id := where.one("ID"); id != nil && id.attrs["schemeID"] == "ISO 3166-2" {
			party.Agency = intake.AgencyISO
		}
		place := r.Place(party, r.report, where.place())
		pairs[pair{item, place}] = true
		if place != (forecast.Location{}) && !slices.Contains(e.Places, place) {
			e.Places = append(e.Places, place)
		}
	}
	if len(pairs) < len(e.Items)*max(1, len(e.Places)) {
		r.leftOut(spec, "which item is at which place: the places of an event are those of all its items")
	}
	for _, tactic := range spec.all("EventTactic") {
		kind := tactic.one("EventTacticEnumeration")
		t := campaign.Tactic{Display: campaign.DisplayTactic(kind.value("DisplayTacticTypeCode")), Feature: kind.value("FeatureTacticTypeCode")}
		for _, name := range []string{"ConsumerIncentiveTacticTypeCode", "TradeItemPackingLabelingTypeCode"} {
			if other := kind.one(name); other != nil {
				r.leftOut(other, "a tactic that a calendar has no code for")
			}
		}
		if t.Display == "" && t.Feature == "" {
			continue
		}
		if period := tactic.one("Period"); period != nil {
			b, ok := r.period(period, nil)
			if !ok {
				continue
			}
			t.Period = &b
		}
		e.Tactics = append(e.Tactics, t)
	}
}

// exceptions reads an ExceptionNotification: values that differ by more than was agreed.
func (r *reader) exceptions(root *element) {
	lines := root.all("ExceptionNotificationLine")
	issued, ok := r.dayOr0(root.one("IssueDate"))
	if !ok {
		return
	}
	sender := root.one("SenderParty")
	who := cmp.Or(sender.value("PartyIdentification", "ID"), sender.value("EndpointID"), sender.value("PartyName", "Name"))
	if root.value("ID") == "" {
		r.missing(root, "a document without a number: a newer word of it could not be told from another's", "ID")
		return
	}
	for _, e := range lines {
		x := intake.Deviation{Line: e.line, Sender: who, Document: root.value("ID"), Issued: issued, ID: e.value("ID"), Status: e.value("ExceptionStatusCode"),
			Priority: e.value("CollaborationPriorityCode"), Resolution: e.value("ResolutionCode"), Item: r.item(e.one("SupplyItem"))}
		if x.Item.ID() == "" {
			r.missing(e, "no product number", "SupplyItem with BuyersItemIdentification, SellersItemIdentification or a GTIN")
			continue
		}
		if f := e.one("ForecastException"); f != nil {
			x.Of = strings.TrimSpace(f.value("ForecastPurposeCode") + " " + f.value("ForecastTypeCode"))
		}
		var ok bool
		if x.Period, ok = r.period(e.one("ExceptionObservationPeriod"), root.one("ExceptionObservationPeriod")); !ok {
			continue
		}
		compared, source := e.one("ComparedValueMeasure"), e.one("SourceValueMeasure")
		if compared == nil || source == nil {
			r.missing(e, "a line without the two values that differ", "ComparedValueMeasure and SourceValueMeasure")
			continue
		}
		if x.Unit, ok = r.MessageUnit(source.attrs["unitCode"], r.report, source.place()); !ok {
			continue
		}
		if compared.attrs["unitCode"] != source.attrs["unitCode"] {
			c := compared.place()
			c.Code, c.Value, c.Text, c.Want = intake.CodeContradiction, compared.attrs["unitCode"], "the two values are in two units", "one unit"
			r.report.Complain(c)
			continue
		}
		a, okA := r.number(compared)
		b, okB := r.number(source)
		if !okA || !okB {
			continue
		}
		x.Compared, x.Source = a, b
		r.variance(e.one("VarianceQuantity"), x)
		r.draft.Deviations = append(r.draft.Deviations, x)
	}
	if len(lines) == 0 {
		r.report.Complain(intake.Complaint{Code: intake.CodeEmpty, Column: root.path, Text: "the document has no line", Want: "one or more"})
	}
}

// variance notes a stated difference that is not the one between the two values. It may be meant in percent, or be wrong: the values stand.
func (r *reader) variance(stated *element, x intake.Deviation) {
	if stated == nil {
		return
	}
	says, err := intake.ParseNumber(stated.text)
	is, subErr := x.Source.Sub(x.Compared)
	if err == nil && subErr == nil && (says == is || says == is.Neg()) {
		return
	}
	c := stated.place()
	c.Code, c.Value, c.Text = intake.NoteTrailer, stated.text, fmt.Sprintf("the stated difference is not that of the two values, %s and %s: they were taken", x.Compared, x.Source)
	r.report.Note(c)
}

func (r *reader) dayOr0(e *element) (calendar.Date, bool) {
	if e == nil {
		return 0, true
	}
	return r.day(e)
}

func (r *reader) leftOut(e *element, text string) {
	c := e.place()
	c.Code, c.Value, c.Text = intake.NoteNotCarried, e.text, text+": left out"
	r.report.Note(c)
}

func (r *reader) unknown(e *element, text, want string) {
	c := e.place()
	c.Code, c.Text, c.Want = intake.CodeSyntax, text, want
	if e != nil {
		c.Value = e.text
	}
	r.report.Complain(c)
}
