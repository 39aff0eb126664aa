package outlet

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"kontor/protocol/campaign"
	"kontor/protocol/forecast"
)

// retailEvent writes one event of a calendar. The schema wants an amount of money for each item, which a calendar does not have: 0 in
// the currency XXX, by which ISO 4217 says that no currency is involved.
func retailEvent(d campaign.Document, o Options, n *notes) ([]byte, error) {
	var ids []string
	for _, e := range d.Events {
		ids = append(ids, e.ID)
	}
	at := 0
	if len(ids) > 1 || o.Number != "" {
		if at = slices.Index(ids, o.Number); at < 0 {
			return nil, fmt.Errorf("UBL has one event in a document; name one as the number: %s", strings.Join(ids[:min(len(ids), 20)], ", "))
		}
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("the calendar has no event")
	}
	e := d.Events[at]
	if len(e.Items) == 0 {
		return nil, fmt.Errorf("event %q has no item, which UBL wants", e.ID)
	}
	notCarried(e, n)
	var b elements
	b.begin("RetailEvent", e.ID, d.Header.Issued)
	b.put(`<cbc:RetailEventName>%s</cbc:RetailEventName>`, e.Name)
	b.put(`<cbc:RetailEventStatusCode>%s</cbc:RetailEventStatusCode>`, string(e.Status))
	b.period("Period", e.Period.Start.String(), e.Period.Last().String())
	b.parties(o)
	b.put(`<cac:PromotionalEvent>`)
	b.put(`<cbc:PromotionalEventTypeCode>%s</cbc:PromotionalEventTypeCode>`, string(e.Kind))
	if e.Submitted != 0 {
		b.put(`<cbc:SubmissionDate>%s</cbc:SubmissionDate>`, e.Submitted.String())
	}
	if e.SellIn != nil {
		b.put(`<cbc:FirstShipmentAvailibilityDate>%s</cbc:FirstShipmentAvailibilityDate>`, e.SellIn.Start.String())
	}
	if e.AcceptBy != 0 {
		b.put(`<cbc:LatestProposalAcceptanceDate>%s</cbc:LatestProposalAcceptanceDate>`, e.AcceptBy.String())
	}
	b.put(`<cac:PromotionalSpecification>`)
	b.put(`<cbc:SpecificationID>%s</cbc:SpecificationID>`, e.ID)
	places := e.Places
	if len(places) == 0 {
		places = []forecast.Location{{}}
	}
	line := 0
	for _, item := range e.Items {
		for _, p := range places {
			line++
			b.put(`<cac:PromotionalEventLineItem><cbc:Amount currencyID="XXX">0</cbc:Amount><cac:EventLineItem><cbc:LineNumberNumeric>%s</cbc:LineNumberNumeric>`, fmt.Sprint(line))
			b.place(p)
			b.item("SupplyItem", item)
			b.put(`</cac:EventLineItem></cac:PromotionalEventLineItem>`)
		}
	}
	for _, t := range e.Tactics {
		if t.Display == "" && t.Feature == "" {
			n.add("UBL has no channel of a tactic: %s was left out", t.Channel)
			continue
		}
		b.put(`<cac:EventTactic><cac:EventTacticEnumeration>`)
		if t.Display != "" {
			b.put(`<cbc:DisplayTacticTypeCode>%s</cbc:DisplayTacticTypeCode>`, string(t.Display))
		}
		if t.Feature != "" {
			b.put(`<cbc:FeatureTacticTypeCode>%s</cbc:FeatureTacticTypeCode>`, t.Feature)
		}
		b.put(`</cac:EventTacticEnumeration>`)
		if t.Period != nil {
			b.period("Period", t.Period.Start.String(), t.Period.Last().String())
		}
		b.put(`</cac:EventTactic>`)
	}
	b.put(`</cac:PromotionalSpecification></cac:PromotionalEvent>`)
	b.put(`</RetailEvent>`)
	return []byte(b.String()), nil
}

// place is where an event is held, nothing where it is held everywhere.
func (b *elements) place(p forecast.Location) {
	if p == (forecast.Location{}) {
		return
	}
	b.put(`<cac:ParticipatingLocationsLocation>`)
	switch {
	case p.GLN != "":
		b.put(`<cbc:ID schemeID="GLN">%s</cbc:ID>`, p.GLN)
	case p.UNLOCODE != "":
		b.put(`<cbc:ID schemeID="UNLOCODE">%s</cbc:ID>`, p.UNLOCODE)
	case len(p.Region) > 2:
		b.put(`<cbc:ID schemeID="ISO 3166-2">%s</cbc:ID>`, p.Region)
	}
	if len(p.Region) >= 2 {
		b.put(`<cac:Address><cac:Country><cbc:IdentificationCode>%s</cbc:IdentificationCode></cac:Country></cac:Address>`, p.Region[:2])
	}
	b.put(`</cac:ParticipatingLocationsLocation>`)
}

// notCarried lists what a RetailEvent has no element for.
func notCarried(e campaign.Event, n *notes) {
	if len(e.Impacts) > 0 {
		n.add("UBL has amounts of money as the planned impact: lifts in units were left out")
	}
	if len(e.Offers) > 0 || e.Funding != nil {
		n.add("UBL has no offers and shares of funding")
	}
	if e.SellIn != nil {
		n.add("UBL has the first day of shipments, and no last one")
	}
	if e.SellOut != nil || e.PreDays+e.PostDays > 0 || len(e.Messages) > 0 || e.Go != nil || e.Launch != nil || e.InForecast {
		n.add("UBL has no window of sales, no windows before and after, no messages, gates and launches")
	}
}

// Exceptions writes the cells in which a forecast differs materially from the one before it as a UBL ExceptionNotification: what was
// said, what is said, and by how much.
func Exceptions(before, after forecast.Document, o Options) ([]byte, []string, error) {
	var n notes
	changes, err := forecast.Diff(before, after)
	if err != nil {
		return nil, nil, err
	}
	changes = slices.DeleteFunc(changes, func(c forecast.Change) bool {
		if c.Unshared {
			n.add("UBL compares two values: what the scope of the revision no longer holds has none, and was left out")
			return true
		}
		return !forecast.Material(c, forecast.DefaultTolerance())
	})
	if len(changes) == 0 {
		return nil, nil, fmt.Errorf("no cell differs materially from the forecast before it: there is no exception to tell of")
	}
	at := time.UnixMilli(after.Header.Issued).UTC()
	var b elements
	b.begin("ExceptionNotification", o.number(after), after.Header.Issued)
	horizon, _ := after.Horizon()
	b.period("ExceptionObservationPeriod", horizon.Start.String(), horizon.Last().String())
	b.parties(o)
	for i, c := range changes {
		l, ok := after.Line(c.Line)
		if !ok {
			l, _ = before.Line(c.Line)
		}
		if slices.Contains(c.Fields, "unit") {
			return nil, nil, fmt.Errorf("line %q is in another unit than before: its values can't be compared", c.Line)
		}
		if c.Old == nil || c.New == nil {
			n.add("UBL compares two values: a cell that came or went is compared with 0")
		}
		if l.Location != (forecast.Location{}) {
			n.add("UBL has no place of a line: %s was left out", l.Location.Key())
		}
		unit := string(l.Unit)
		b.put(`<cac:ExceptionNotificationLine>`)
		b.put(`<cbc:ID>%s</cbc:ID>`, fmt.Sprint(i+1))
		b.put(`<cbc:ExceptionStatusCode>NEW</cbc:ExceptionStatusCode>`)
		b.put(`<cbc:ComparedValueMeasure unitCode="%s">%s</cbc:ComparedValueMeasure>`, unit, meanText(c.Old))
		b.put(`<cbc:SourceValueMeasure unitCode="%s">%s</cbc:SourceValueMeasure>`, unit, meanText(c.New))
		b.put(`<cbc:VarianceQuantity unitCode="%s">%s</cbc:VarianceQuantity>`, unit, c.Delta.String())
		b.period("ExceptionObservationPeriod", c.Bucket.Start.String(), c.Bucket.Last().String())
		b.put(`<cac:ForecastException><cbc:ForecastPurposeCode>%s</cbc:ForecastPurposeCode><cbc:ForecastTypeCode>%s</cbc:ForecastTypeCode><cbc:IssueDate>%s</cbc:IssueDate><cbc:IssueTime>%s</cbc:IssueTime><cbc:DataSourceCode>BUYER</cbc:DataSourceCode></cac:ForecastException>`,
			string(after.Purpose), string(l.Kind), at.Format("2006-01-02"), at.Format("15:04:05"))
		b.item("SupplyItem", l.Item)
		b.put(`</cac:ExceptionNotificationLine>`)
	}
	b.put(`</ExceptionNotification>`)
	return []byte(b.String()), n, nil
}

func meanText(c *forecast.Cell) string {
	if c == nil {
		return "0"
	}
	return c.Mean.String()
}
