package desk

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"

	"kontor/node"
	"kontor/node/ical"
	"kontor/node/intake"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/campaign"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// The draft of the company's campaigns: what it would share, before scope. An event may be meant for one partnership only.
const (
	draftEvents    = "draft/campaign/event/"
	draftBlackouts = "draft/campaign/blackout/"
	draftReplies   = "draft/campaign/reply/" // by partnership
	draftZone      = "draft/campaign-zone"
)

type draftEvent struct {
	Event campaign.Event `cbor:"event"`
	Only  *block.CID     `cbor:"only,omitempty"` // the partnership it is for; absent: whoever it is shared with
}

type draftBlackout struct {
	Blackout campaign.Blackout `cbor:"blackout"`
	UID      string            `cbor:"uid,omitempty"` // of the calendar it came from
	Sequence int64             `cbor:"sequence"`
}

// campaignDraft is the whole draft as one partnership would get it.
func (d *Desk) campaignDraft(pid block.CID) (doc campaign.Document, err error) {
	doc.Zone = "UTC"
	err = d.node.ReadPrivate(func(rows node.PrivateRows) error {
		if _, err := rows.Get(draftZone, &doc.Zone); err != nil {
			return err
		}
		err := rows.Scan(draftEvents, func(_ string, decode func(any) error) (bool, error) {
			var e draftEvent
			err := decode(&e)
			if e.Only == nil || *e.Only == pid {
				doc.Events = append(doc.Events, e.Event)
			}
			return true, err
		})
		if err != nil {
			return err
		}
		err = rows.Scan(draftBlackouts, func(_ string, decode func(any) error) (bool, error) {
			var b draftBlackout
			err := decode(&b)
			doc.Blackouts = append(doc.Blackouts, b.Blackout)
			return true, err
		})
		if err != nil {
			return err
		}
		return rows.Scan(draftReplies+pid.String()+"/", func(_ string, decode func(any) error) (bool, error) {
			var y campaign.Reply
			err := decode(&y)
			doc.Replies = append(doc.Replies, y)
			return true, err
		})
	})
	return doc, err
}

// campaignFile is what a JSON file of campaigns holds: parts of a calendar.
type campaignFile struct {
	Zone      string              `json:"zone"`
	Events    []campaign.Event    `json:"events"`
	Blackouts []campaign.Blackout `json:"blackouts"`
}

// looksJSON tells a JSON document from a table.
func looksJSON(data []byte) bool {
	head := strings.TrimLeft(strings.TrimPrefix(string(data[:min(len(data), 64)]), "\ufeff"), " \t\r\n")
	return strings.HasPrefix(head, "{")
}

// readJSON reads a document written by hand or by another program; unknown fields are refused.
func readJSON(data []byte, into any) error {
	if len(data) > intake.MaxBytes {
		return node.Failf("IMPORT_REFUSED", "the file has %d bytes; at most %d are read", len(data), intake.MaxBytes)
	}
	r := json.NewDecoder(strings.NewReader(strings.TrimPrefix(string(data), "\ufeff")))
	r.DisallowUnknownFields()
	if err := r.Decode(into); err != nil {
		return node.Failf("IMPORT_REFUSED", "nothing was imported: read the JSON document: %v", err)
	}
	return nil
}

// tableOptions are the options of a table.
func (o ImportOptions) tableOptions() (intake.Options, error) {
	opts := intake.Options{SkipBad: o.SkipBad, Decimal: o.Decimal, DateOrder: o.DateOrder}
	if o.Unit != "" {
		unit, err := quantity.ParseUnit(o.Unit)
		if err != nil {
			return opts, node.Failf("BAD_UNIT", "%v", err)
		}
		opts.Unit = unit
	}
	return opts, nil
}

// ImportCampaigns takes events from a table, or events and blackouts from a JSON document, into the draft. An event of the file takes the
// place of the one of its ID, and keeps its status where the file is a table, which has none.
func (d *Desk) ImportCampaigns(data []byte, o ImportOptions) (ImportResult, error) {
	var file campaignFile
	report := &intake.Report{Kind: "campaign", Format: "json"}
	if looksJSON(data) {
		if err := readJSON(data, &file); err != nil {
			return ImportResult{Report: report}, err
		}
		report.Lines, report.Imported = len(file.Events)+len(file.Blackouts), len(file.Events)+len(file.Blackouts)
	} else {
		opts, err := o.tableOptions()
		if err != nil {
			return ImportResult{Report: report}, err
		}
		if file.Events, report = intake.ReadCampaigns(data, opts); file.Events == nil {
			return ImportResult{Report: report}, &node.Failure{Code: "IMPORT_REFUSED", Text: refusalText(report)}
		}
	}
	result := ImportResult{Report: report, DryRun: o.DryRun}
	return result, d.change(o, func(rows node.PrivateRows) error {
		if file.Zone != "" {
			if err := rows.Put(draftZone, file.Zone); err != nil {
				return err
			}
		}
		for _, e := range file.Events {
			var was draftEvent
			found, err := rows.Get(draftEvents+e.ID, &was)
			if err != nil {
				return err
			}
			if found && report.Format != "json" {
				e = keepByHand(was.Event, e)
			}
			if err := putCounted(rows, draftEvents+e.ID, draftEvent{e, was.Only}, was, found, &result); err != nil {
				return err
			}
		}
		for _, b := range file.Blackouts {
			var was draftBlackout
			found, err := rows.Get(draftBlackouts+b.ID, &was)
			if err != nil {
				return err
			}
			if err := putCounted(rows, draftBlackouts+b.ID, draftBlackout{b, was.UID, was.Sequence}, was, found, &result); err != nil {
				return err
			}
		}
		return nil
	})
}

// keepByHand is an event of a table with what tables do not hold and somebody planned by hand.
func keepByHand(was, e campaign.Event) campaign.Event {
	e.Status, e.Submitted, e.AcceptBy, e.Go, e.Launch, e.Messages, e.Tactics, e.InForecast, e.PreDays, e.PostDays = was.Status, was.Submitted, was.AcceptBy, was.Go, was.Launch, was.Messages, was.Tactics, was.InForecast, was.PreDays, was.PostDays
	if e.Funding == nil {
		e.Funding = was.Funding
	}
	if e.SellIn == nil {
		e.SellIn = was.SellIn
	}
	if e.SellOut == nil {
		e.SellOut = was.SellOut
	}
	return e
}

// putCounted sets a row and counts what that did; was is read where found.
func putCounted(rows node.PrivateRows, key string, now, was any, found bool, result *ImportResult) error {
	if !found {
		result.Added++
		return rows.Put(key, now)
	}
	a, err := block.Marshal(now)
	if err != nil {
		return err
	}
	b, err := block.Marshal(was)
	if err != nil {
		return err
	}
	if string(a) == string(b) {
		result.Unchanged++
		return nil
	}
	result.Changed++
	return rows.Put(key, now)
}

// CampaignPlan changes an event of the draft, or begins one. What is left empty stays as it is.
type CampaignPlan struct {
	Event        string   `json:"event"`
	With         string   `json:"with,omitempty"` // the event is for this partner only
	Name         string   `json:"name,omitempty"`
	Type         string   `json:"type,omitempty"`
	Status       string   `json:"status,omitempty"`
	From         string   `json:"from,omitempty"` // first day
	To           string   `json:"to,omitempty"`   // last day
	ShipFrom     string   `json:"ship_from,omitempty"`
	ShipTo       string   `json:"ship_to,omitempty"`
	SalesTo      string   `json:"sales_to,omitempty"` // last day on which its sales are counted
	AcceptBy     string   `json:"accept_by,omitempty"`
	Products     []string `json:"products,omitempty"`
	Regions      []string `json:"regions,omitempty"`
	Lift         string   `json:"lift,omitempty"` // mean units on top, of each product and region
	Low          string   `json:"low,omitempty"`  // its level p10
	High         string   `json:"high,omitempty"` // its level p90
	Unit         string   `json:"unit,omitempty"`
	Bucket       string   `json:"bucket,omitempty"` // of the lift; empty: the period
	Cannibalises []string `json:"cannibalises,omitempty"`
	Halo         []string `json:"halo,omitempty"`
	InForecast   *bool    `json:"in_forecast,omitempty"`
	BuyerShare   *int64   `json:"buyer_share,omitempty"`  // percent of the funding; the rest is the seller's
	MaxShortage  *int64   `json:"max_shortage,omitempty"` // percent
	Display      string   `json:"display,omitempty"`
	Channel      string   `json:"channel,omitempty"`
	Asset        string   `json:"asset,omitempty"` // SHA-256 of a message, hexadecimal
	Needs        []string `json:"needs,omitempty"` // who approves it: buyer:CMO
	Embargo      string   `json:"embargo,omitempty"`
	Launch       string   `json:"launch,omitempty"` // the day the first product is launched
	Gates        []string `json:"gates,omitempty"`  // KIND=DAY
	Done         []string `json:"done,omitempty"`   // MANUAL gates passed, by role: CFO=DAY
}

// Planned is an event as the draft now has it.
type Planned struct {
	Event    campaign.Event     `json:"event"`
	Findings []artifact.Finding `json:"findings"` // what would be refused
}

// PlanCampaign begins or changes an event of the draft.
func (d *Desk) PlanCampaign(in CampaignPlan) (out Planned, err error) {
	var only *block.CID
	if in.With != "" {
		p, err := d.Partner(in.With, "")
		if err != nil {
			return out, err
		}
		only = &p.PID
	}
	if !artifact.IsName(in.Event) {
		return out, node.Failf("BAD_EVENT", "an event goes by a short plain name; %q is none", in.Event)
	}
	err = d.node.Private(func(rows node.PrivateRows) error {
		row := draftEvent{Event: campaign.Event{ID: in.Event, Name: in.Event, Status: campaign.Proposed, Kind: campaign.RetailerEvent, Submitted: calendar.DateOf(d.node.Now())}}
		if _, err := rows.Get(draftEvents+in.Event, &row); err != nil {
			return err
		}
		if only != nil {
			row.Only = only
		}
		if err := in.apply(&row.Event); err != nil {
			return err
		}
		out.Event = row.Event
		return rows.Put(draftEvents+in.Event, row)
	})
	if err != nil {
		return out, err
	}
	out.Findings = d.judgeAlone(out.Event)
	return out, nil
}

// judgeAlone is what the rules say of an event by itself.
func (d *Desk) judgeAlone(e campaign.Event) []artifact.Finding {
	found := campaign.Check(campaign.Document{Header: artifact.Header{Type: campaign.Type, Series: artifact.SeriesID{1}, Issued: d.node.Now(), Evidence: artifact.GradeB,
		Provenance: artifact.Provenance{SourceSystem: "desk"}, Scope: artifact.Everything()}, Zone: "UTC", Events: []campaign.Event{e}})
	if found == nil {
		found = []artifact.Finding{}
	}
	return found
}

// dayOf reads a day; 0 where there is none.
func dayOf(what, text string) (calendar.Date, error) {
	if text == "" {
		return 0, nil
	}
	day, err := calendar.ParseDate(text)
	if err != nil {
		return 0, node.Failf("BAD_DAY", "%s: %v", what, err)
	}
	return day, nil
}

// spanOf is the days of a first and a last one, over those that stood before; nil where nothing stands.
func spanOf(what, from, to string, was *calendar.Bucket) (*calendar.Bucket, error) {
	if from == "" && to == "" {
		return was, nil
	}
	b := calendar.Bucket{}
	if was != nil {
		b = *was
	}
	first, err := dayOf(what, from)
	if err != nil {
		return nil, err
	}
	last, err := dayOf(what, to)
	if err != nil {
		return nil, err
	}
	if first != 0 {
		b.Start = first
	}
	if last != 0 {
		b.End = last.AddDays(1)
	}
	if !b.Valid() {
		return nil, node.Failf("BAD_DAY", "%s: want a first and a last day, in order", what)
	}
	return &b, nil
}

func (in CampaignPlan) apply(e *campaign.Event) error {
	set := func(to *string, v string) {
		if v != "" {
			*to = v
		}
	}
	set(&e.Name, in.Name)
	set((*string)(&e.Kind), strings.ToUpper(in.Type))
	set((*string)(&e.Status), strings.ToUpper(in.Status))
	period, err := spanOf("the period", in.From, in.To, &e.Period)
	if err != nil {
		return err
	}
	e.Period = *period
	if e.SellIn, err = spanOf("deliveries", in.ShipFrom, in.ShipTo, e.SellIn); err != nil {
		return err
	}
	if in.SalesTo != "" {
		if e.SellOut, err = spanOf("sales", e.Period.Start.String(), in.SalesTo, nil); err != nil {
			return err
		}
	}
	if day, err := dayOf("the last day of acceptance", in.AcceptBy); err != nil {
		return err
	} else if day != 0 {
		e.AcceptBy = day
	}
	if len(in.Products) > 0 {
		e.Items = nil
		for _, p := range in.Products {
			e.Items = append(e.Items, forecast.Item{BuyersID: p})
		}
	}
	if len(in.Regions) > 0 {
		e.Places = nil
		for _, r := range in.Regions {
			e.Places = append(e.Places, forecast.Location{Region: r})
		}
	}
	if err := in.lift(e); err != nil {
		return err
	}
	if in.InForecast != nil {
		e.InForecast = *in.InForecast
	}
	const percent = campaign.PPM / 100
	if in.BuyerShare != nil {
		funding := campaign.Funding{}
		if e.Funding != nil {
			funding = *e.Funding
		}
		funding.BuyerPPM, funding.SellerPPM = *in.BuyerShare*percent, campaign.PPM-*in.BuyerShare*percent
		e.Funding = &funding
	}
	if in.MaxShortage != nil {
		e.Go = &campaign.GoNoGo{MaxShortagePPM: *in.MaxShortage * percent}
	}
	for _, t := range []campaign.Tactic{{Display: campaign.DisplayTactic(strings.ToUpper(in.Display))}, {Channel: campaign.Channel(strings.ToUpper(in.Channel))}} {
		if t != (campaign.Tactic{}) && !slices.Contains(e.Tactics, t) {
			e.Tactics = append(e.Tactics, t)
		}
	}
	if err := in.message(e); err != nil {
		return err
	}
	return in.launch(e)
}

func (in CampaignPlan) lift(e *campaign.Event) error {
	if in.Lift == "" {
		return nil
	}
	m := campaign.Impact{Bucket: e.Period, Unit: quantity.Piece, Cannibalises: in.Cannibalises, Halo: in.Halo}
	var err error
	if m.Lift, err = quantity.Parse(in.Lift); err != nil {
		return node.Failf("BAD_LIFT", "%v", err)
	}
	for _, l := range []struct {
		text string
		p    int64
	}{{in.Low, 100_000}, {in.High, 900_000}} {
		if l.text != "" {
			q, err := quantity.Parse(l.text)
			if err != nil {
				return node.Failf("BAD_LIFT", "%v", err)
			}
			m.Quantiles = append(m.Quantiles, forecast.Quantile{P: l.p, Q: q})
		}
	}
	if in.Unit != "" {
		if m.Unit, err = quantity.ParseUnit(in.Unit); err != nil {
			return node.Failf("BAD_UNIT", "%v", err)
		}
	}
	if in.Bucket != "" {
		if m.Bucket, err = calendar.ParseBucket(in.Bucket); err != nil {
			return node.Failf("BAD_DAY", "%v", err)
		}
	}
	places := e.Places
	if len(places) == 0 {
		places = []forecast.Location{{}}
	}
	e.Impacts = nil
	for _, i := range e.Items {
		for _, p := range places {
			m.Item, m.Place = i.ID(), p
			e.Impacts = append(e.Impacts, m)
		}
	}
	return nil
}

func (in CampaignPlan) message(e *campaign.Event) error {
	if in.Asset == "" {
		return nil
	}
	asset, err := hex.DecodeString(in.Asset)
	if err != nil || len(asset) != sha256.Size {
		return node.Failf("BAD_ASSET", "%q is no SHA-256: want 64 hexadecimal digits", in.Asset)
	}
	day, err := dayOf("the embargo", in.Embargo)
	if err != nil {
		return err
	}
	m := campaign.Message{Asset: asset, Needs: in.Needs}
	if day != 0 {
		m.Embargo = day.Millis()
	}
	e.Messages = append(slices.DeleteFunc(e.Messages, func(x campaign.Message) bool { return string(x.Asset) == string(asset) }), m)
	return nil
}

func (in CampaignPlan) launch(e *campaign.Event) error {
	day, err := dayOf("the launch", in.Launch)
	if err != nil {
		return err
	}
	if day != 0 {
		if len(e.Items) == 0 {
			return node.Failf("BAD_LAUNCH", "an event without products launches nothing; name them with --product")
		}
		gates := []campaign.Gate{}
		if e.Launch != nil {
			gates = e.Launch.Gates
		}
		e.Launch = &campaign.Launch{Item: e.Items[0].ID(), Date: day, Gates: gates}
	}
	if e.Launch == nil && len(in.Gates)+len(in.Done) > 0 {
		return node.Failf("BAD_LAUNCH", "gates belong to a launch; say its day with --launch")
	}
	for _, text := range in.Gates {
		kind, when, _ := strings.Cut(text, "=")
		kind, role, _ := strings.Cut(kind, ":")
		due, err := dayOf("gate "+kind, when)
		if err != nil || due == 0 {
			return node.Failf("BAD_GATE", "gate %q: want KIND=DAY, such as QUALITY=2027-02-15 or MANUAL:CFO=2027-03-01", text)
		}
		g := campaign.Gate{Kind: campaign.GateKind(strings.ToUpper(kind)), Role: role, Due: due}
		e.Launch.Gates = append(slices.DeleteFunc(e.Launch.Gates, func(x campaign.Gate) bool { return x.Kind == g.Kind && x.Role == g.Role }), g)
	}
	for _, text := range in.Done {
		role, when, _ := strings.Cut(text, "=")
		day, err := dayOf("gate of "+role, when)
		i := slices.IndexFunc(e.Launch.Gates, func(g campaign.Gate) bool { return g.Kind == campaign.GateManual && g.Role == role })
		if err != nil || day == 0 || i < 0 {
			return node.Failf("BAD_GATE", "%q: want ROLE=DAY of a MANUAL gate", text)
		}
		e.Launch.Gates[i].Done = day
	}
	return nil
}

// BlackoutPlan is a window in which nothing may run.
type BlackoutPlan struct {
	ID       string   `json:"id"`
	Reason   string   `json:"reason"`
	From     string   `json:"from"`
	To       string   `json:"to"` // last day
	RRule    string   `json:"rrule,omitempty"`
	Products []string `json:"products,omitempty"`
	Regions  []string `json:"regions,omitempty"`
	Soft     bool     `json:"soft,omitempty"`
	Note     string   `json:"note,omitempty"`
	Remove   bool     `json:"remove,omitempty"`
}

// PlanBlackout sets or removes a blackout of the draft.
func (d *Desk) PlanBlackout(in BlackoutPlan) (campaign.Blackout, error) {
	b := campaign.Blackout{ID: in.ID, Reason: campaign.BlackoutReason(strings.ToUpper(in.Reason)), RRule: in.RRule, Items: in.Products, Soft: in.Soft, Note: in.Note}
	if in.Remove {
		return b, d.node.Private(func(rows node.PrivateRows) error { return rows.Delete(draftBlackouts + in.ID) })
	}
	for _, r := range in.Regions {
		b.Places = append(b.Places, forecast.Location{Region: r})
	}
	period, err := spanOf("the blackout", in.From, in.To, nil)
	if err != nil {
		return b, err
	}
	if period == nil {
		return b, node.Failf("BAD_DAY", "a blackout has a first and a last day")
	}
	b.Period = *period
	if !artifact.IsName(b.ID) || !b.Reason.Known() {
		return b, node.Failf("BAD_BLACKOUT", "blackout %q for %q: want a short name and INVENTORY, QUALITY_HOLD, LEGAL, BRAND or FREEZE", b.ID, b.Reason)
	}
	if b.RRule != "" {
		if _, err := calendar.ParseRule(b.RRule, b.Period.Start); err != nil {
			return b, node.Failf("BAD_RULE", "%v", err)
		}
	}
	return b, d.node.Private(func(rows node.PrivateRows) error { return rows.Put(draftBlackouts+b.ID, draftBlackout{Blackout: b}) })
}

// ImportCalendar takes a calendar file: entries with UIDs that this company gave move its own events, others become blackouts of the given
// reason. An entry with a lower SEQUENCE than the one held is left out.
func (d *Desk) ImportCalendar(data []byte, reason string) (result ImportResult, err error) {
	result.Report = &intake.Report{Kind: "campaign", Format: "icalendar"}
	why := campaign.BlackoutReason(strings.ToUpper(reason))
	if !why.Known() {
		return result, node.Failf("BAD_BLACKOUT", "reason %q: want INVENTORY, QUALITY_HOLD, LEGAL, BRAND or FREEZE", reason)
	}
	entries, err := ical.Read(data)
	if err != nil {
		return result, node.Failf("IMPORT_REFUSED", "nothing was imported: %v", err)
	}
	var own []artifact.SeriesID
	for _, p := range d.node.Partnerships() {
		s, err := d.series(p.PID, campaign.Type, "own")
		if err != nil {
			return result, err
		}
		own = append(own, s.Series)
	}
	sort.Slice(entries, func(i, j int) bool { return entries[i].Sequence < entries[j].Sequence })
	result.Lines = len(entries)
	return result, d.node.Private(func(rows node.PrivateRows) error {
		for _, e := range entries {
			for _, text := range e.Notes {
				result.Report.Note(intake.Complaint{Code: intake.NoteNotCarried, Value: artifact.Clip(e.UID), Text: text})
			}
			if err := takeEntry(rows, e, own, why, &result); err != nil {
				return err
			}
			result.Imported++
		}
		return nil
	})
}

func takeEntry(rows node.PrivateRows, e ical.Entry, own []artifact.SeriesID, why campaign.BlackoutReason, result *ImportResult) error {
	for _, series := range own {
		key, ours := e.Key(series)
		if !ours {
			continue
		}
		kind, id, _ := strings.Cut(key, "|")
		if kind != "event" {
			result.Unchanged++
			return nil // blackouts and deliveries of ours are kept here, not there
		}
		id, deliveries := strings.CutSuffix(id, "|shipPeriod")
		var was draftEvent
		found, err := rows.Get(draftEvents+id, &was)
		if err != nil || !found {
			return err
		}
		now := was
		if len(e.Spans) == 0 {
			result.Unchanged++
			return nil // an event ends by its status here, not by a calendar without its day
		}
		if deliveries {
			now.Event.SellIn = &e.Spans[0].Days
		} else {
			now.Event.Period = e.Spans[0].Days
		}
		return putCounted(rows, draftEvents+id, now, was, true, result)
	}
	sum := sha256.Sum256([]byte(e.UID))
	id := "ics-" + hex.EncodeToString(sum[:6])
	var was draftBlackout
	found, err := rows.Get(draftBlackouts+id, &was)
	if err != nil {
		return err
	}
	if found && e.Sequence < was.Sequence {
		result.Report.Note(intake.Complaint{Code: intake.NoteIgnored, Value: artifact.Clip(e.UID), Text: fmt.Sprintf("sequence %d is older than %d, which is held", e.Sequence, was.Sequence)})
		return nil
	}
	spans := e.Spans
	if e.Free && !e.Canceled {
		result.Report.Note(intake.Complaint{Code: intake.NoteNotCarried, Value: artifact.Clip(e.UID), Text: "it takes no time (TRANSP:TRANSPARENT): no blackout was made of it"})
	}
	if e.Free || e.Canceled {
		spans = nil
	}
	// The title stays at home: people's calendars name people.
	for i, span := range spans {
		name := id
		if i > 0 {
			name = fmt.Sprintf("%s-%d", id, i+1)
		}
		var was draftBlackout
		found, err := rows.Get(draftBlackouts+name, &was)
		if err != nil {
			return err
		}
		now := draftBlackout{campaign.Blackout{ID: name, Reason: why, Period: span.Days, RRule: span.RRule}, e.UID, e.Sequence}
		if err := putCounted(rows, draftBlackouts+name, now, was, found, result); err != nil {
			return err
		}
	}
	for i := len(spans); i < ical.MaxSpans; i++ { // what the entry had before, and has no more
		name := id
		if i > 0 {
			name = fmt.Sprintf("%s-%d", id, i+1)
		}
		if found, err := rows.Get(draftBlackouts+name, &draftBlackout{}); err != nil || !found {
			return err
		}
		if err := rows.Delete(draftBlackouts + name); err != nil {
			return err
		}
	}
	return nil
}
