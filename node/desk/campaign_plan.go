package desk

import (
	"slices"
	"strings"

	"kontor/node"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/campaign"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

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
	Asset        string   `json:"asset,omitempty"`    // SHA-256 of a message, hexadecimal
	Replaces     string   `json:"replaces,omitempty"` // SHA-256 of the message it takes the place of: who approves it and the embargo stay
	Needs        []string `json:"needs,omitempty"`    // who approves it: buyer:CMO
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
	found := campaign.Check(campaign.Document{Header: d.loneHeader(campaign.Type), Zone: defaultZone, Events: []campaign.Event{e}})
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
	if in.Name != "" {
		e.Name = in.Name
	}
	if err := in.codes(e); err != nil {
		return err
	}
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
	if err := in.message(e); err != nil {
		return err
	}
	return in.launch(e)
}

func (in CampaignPlan) lift(e *campaign.Event) error {
	if in.Lift == "" {
		if in.Low+in.High+in.Unit+in.Bucket != "" {
			return node.Failf("BAD_LIFT", "a level, a unit or a period is of a lift; name it with --lift")
		}
		if len(in.Cannibalises)+len(in.Halo) > 0 && len(e.Impacts) == 0 {
			return node.Failf("BAD_LIFT", "event %q plans no lift that takes from products or adds to them; name it with --lift", e.ID)
		}
		for i := range e.Impacts {
			if len(in.Cannibalises) > 0 {
				e.Impacts[i].Cannibalises = in.Cannibalises
			}
			if len(in.Halo) > 0 {
				e.Impacts[i].Halo = in.Halo
			}
		}
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
		gate, err := campaignCode("gate", kind, campaign.GateKinds())
		if err != nil {
			return err
		}
		g := campaign.Gate{Kind: gate, Role: role, Due: due}
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
