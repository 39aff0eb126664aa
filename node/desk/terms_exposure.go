package desk

import (
	"slices"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
	"kontor/protocol/forecast"
	"kontor/protocol/partnership"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// ExposureQuery asks what authorisations have the seller carry.
type ExposureQuery struct {
	TermsQuery
	Product  string `json:"product,omitempty"`
	Received string `json:"received,omitempty" doc:"since the cumulative quantities began; with a product"`
	Invoiced string `json:"invoiced,omitempty"`
	Made     string `json:"reused_finished,omitempty"`
	Parts    string `json:"reused_raw,omitempty"`
	Event    string `json:"event,omitempty" doc:"CANCEL, END_OF_LIFE or SHORTFALL"`
	Since    string `json:"since,omitempty" doc:"day of the event"`
	Day      string `json:"day,omitempty" doc:"YYYY-MM-DD; empty: today"`
}

// ExposureView is the exposure of each line, and what of it may be claimed.
type ExposureView struct {
	With     string        `json:"with"`
	Contract string        `json:"contract"`
	Versions int           `json:"versions"` // of the forecast that were followed
	Lines    []ExposedLine `json:"lines"`
	LastBuys []LastBuy     `json:"last_buys"` // owed whatever the forecasts say
}

// ExposedLine is one line with its claim.
type ExposedLine struct {
	terms.Exposed
	Claim terms.Claim `json:"claim"`
}

// Exposure follows the forecasts shared so far through the authorisations in force: the same on both nodes for the same positions.
func (d *Desk) Exposure(in ExposureQuery, sees func(product string) bool) (out ExposureView, err error) {
	p, err := d.Partner(in.With, "")
	if err != nil {
		return out, err
	}
	on, err := d.dayOrToday(in.Day)
	if err != nil {
		return out, err
	}
	position, event, err := in.read(on)
	if err != nil {
		return out, err
	}
	var effects []decision.EffectInForce
	if err := d.node.View(p.PID, func(r *protocol.Replica) (err error) { effects, err = effectsOn(r, on, 0); return err }); err != nil {
		return out, err
	}
	out = ExposureView{With: d.PartnerName(p), Lines: []ExposedLine{}, LastBuys: d.lastBuys(effects, in.Product, sees)}
	list, err := d.applicable(p, in.Contract, on)
	if err != nil {
		return out, err
	}
	list = slices.DeleteFunc(list, func(a terms.Agreed) bool { return len(a.Document.Authorisations) == 0 })
	if len(list) == 0 && len(out.LastBuys) > 0 {
		return out, nil
	}
	if len(list) != 1 {
		return out, node.Failf("NO_AUTHORISATION", "%s in force with %s on %s hold authorisations; want one: say which with --contract", node.Count(len(list), "contract"), d.PartnerName(p), on)
	}
	doc := list[0].Document
	var versions []forecast.Document
	if err := d.node.View(p.PID, func(r *protocol.Replica) (err error) { versions, err = d.forecastsSoFar(p, r); return err }); err != nil {
		return out, err
	}
	taken := map[string]terms.Position{}
	for _, v := range versions {
		for _, l := range v.Lines {
			if in.Product != "" && l.Item.ID() == in.Product {
				taken[l.Key()] = position
			}
		}
	}
	if len(taken) > 1 && position != (terms.Position{}) {
		return out, node.Failf("WHICH_LINE", "%q has %d lines; what was received can't be said for all of them at once", in.Product, len(taken))
	}
	exposed, err := doc.Exposure(versions, taken)
	if err != nil { // both documents passed their checks: what is left are units of which neither says what they hold
		return out, node.Failf("BAD_UNIT", "the authorisations of %s can't be set against the forecasts: %v; an authorisation wants the unit of the forecast, or one it converts to: kontor terms import FILE", doc.Contract, err)
	}
	out.Contract, out.Versions = doc.Contract, len(versions)
	for _, e := range exposed {
		if in.Product != "" && e.Product != in.Product || !sees(e.Product) {
			continue
		}
		i := slices.IndexFunc(doc.Authorisations, func(a terms.Authorisation) bool { return a.ID == e.Clause })
		out.Lines = append(out.Lines, ExposedLine{e, doc.Authorisations[i].Claim(e, event, on)})
	}
	return out, nil
}

func (in ExposureQuery) read(on calendar.Date) (p terms.Position, event *terms.Event, err error) {
	for _, f := range []struct {
		text string
		into *quantity.Quantity
	}{{in.Received, &p.Received}, {in.Invoiced, &p.Invoiced}, {in.Made, &p.ReusedMade}, {in.Parts, &p.ReusedParts}} {
		if f.text == "" {
			continue
		}
		if *f.into, err = quantity.Parse(f.text); err != nil || f.into.Sign() < 0 {
			return p, nil, node.Failf("BAD_QUANTITY", "%q is no quantity of at least nothing", f.text)
		}
		if in.Product == "" {
			return p, nil, node.Failf("BAD_QUANTITY", "what was received or used is said of one product; name it")
		}
	}
	if in.Event == "" {
		return p, nil, nil
	}
	day, err := dayOf("the event", in.Since)
	if err != nil {
		return p, nil, err
	}
	if day == 0 {
		day = on
	}
	return p, &terms.Event{Kind: terms.EventKind(in.Event), Day: day}, nil
}

// forecastsSoFar are the buyer's forecasts of a partnership, oldest first.
func (d *Desk) forecastsSoFar(p *node.Partnership, r *protocol.Replica) (out []forecast.Document, err error) {
	rows, err := r.Versions(forecast.Type)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		m, _ := p.Genesis.Member(row.Author)
		if m.Role != partnership.RoleBuyer {
			continue
		}
		doc, err := r.Forecast(row.Root)
		if err != nil {
			return nil, err
		}
		out = append(out, doc)
	}
	return out, nil
}
