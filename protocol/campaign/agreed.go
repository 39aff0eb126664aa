package campaign

import (
	"fmt"
	"slices"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// AgreedLift is what an agreement fixes of a campaign: the mean units an event of a party's calendar adds in a cell.
type AgreedLift struct {
	Agreement block.CID
	Author    block.CID // whose calendar holds the event
	Event     string
	Product   string // any identifier of an item of the event
	Region    string // artifact.All: every place of the event
	Bucket    calendar.Bucket
	Quantity  quantity.Quantity
	Unit      quantity.Unit
}

// speaks tells whether an impact of the event lies in the agreed cell.
func (a AgreedLift) speaks(e Event, m Impact) bool {
	item, known := e.item(m.Item)
	named := known && (a.Product == item.BuyersID || a.Product == item.SellersID || a.Product == item.GTIN)
	return named && (a.Region == artifact.All || a.Region == m.Place.Region) && a.Bucket.Covers(m.Bucket) && a.Unit.Dimension() == m.Unit.Dimension()
}

// planned is what the event plans in the agreed cell, in the agreement's unit.
func (a AgreedLift) planned(e Event) (sum quantity.Quantity, found bool, err error) {
	for _, m := range e.Impacts {
		if !a.speaks(e, m) {
			continue
		}
		q, err := quantity.Convert(m.Lift, m.Unit, a.Unit)
		if err != nil {
			return sum, false, err
		}
		if sum, err = sum.Add(q); err != nil {
			return sum, false, err
		}
		found = true
	}
	return sum, found, nil
}

// WithAgreed are the calendars with the lifts that agreements fix in the place of those they plan: cover is judged by what was agreed. A lift
// that several impacts share goes to the first of them, the others add nothing more there. What no impact speaks of is added as one of its own.
func (in Input) WithAgreed() []Held {
	out := slices.Clone(in.Calendars)
	for i := range out {
		out[i].Document.Events = slices.Clone(out[i].Document.Events)
		for j := range out[i].Document.Events {
			e := &out[i].Document.Events[j]
			for _, a := range in.Agreed {
				if a.Author == out[i].Author && a.Event == e.ID {
					e.Impacts = a.into(*e)
				}
			}
		}
	}
	return out
}

func (a AgreedLift) into(e Event) []Impact {
	var out []Impact
	placed := false
	for _, m := range e.Impacts {
		if a.speaks(e, m) {
			m.Lift, m.Unit, m.Quantiles = quantity.Quantity{}, a.Unit, nil // agreed is a level, without bands of its own
			if !placed {
				m.Lift, placed = a.Quantity, true
			}
		}
		out = append(out, m)
	}
	if !placed {
		m := Impact{Item: a.Product, Bucket: a.Bucket, Unit: a.Unit, Lift: a.Quantity}
		if a.Region != artifact.All {
			m.Place = forecast.Location{Region: a.Region}
		}
		out = append(out, m)
	}
	return out
}

// agreed finds where an event departs from what was agreed about it. A calendar proposes; the agreement binds until another takes its place.
func (f *finder) agreed(h held) {
	for _, a := range f.Agreed {
		if a.Author != h.Author || a.Event != h.Event.ID {
			continue
		}
		planned, found, err := a.planned(h.Event)
		if err == nil && found && planned.Cmp(a.Quantity) == 0 {
			continue
		}
		says := "nothing"
		if found && err == nil {
			says = a.Unit.Said(planned.String())
		}
		f.add(Conflict{Kind: ByTerms, Severity: Warns, Calendar: h.CID, Event: h.Event.ID, With: a.Agreement.String(), Items: []string{a.Product}, Period: a.Bucket,
			Text: fmt.Sprintf("agreement %s fixes %s of %s in %s, the event plans %s: cover is judged by what was agreed; revise the event or amend the agreement",
				a.Agreement.Short(), a.Unit.Said(a.Quantity.String()), artifact.Clip(a.Product), a.Bucket, says)})
	}
}

// missing finds agreed campaigns that no calendar of their party holds as an event that goes on or took place.
func (f *finder) missing() {
	for i, a := range f.Agreed {
		first := slices.IndexFunc(f.Agreed, func(b AgreedLift) bool { return b.Author == a.Author && b.Event == a.Event })
		at := slices.IndexFunc(f.Calendars, func(c Held) bool { return c.Author == a.Author })
		if first != i || at < 0 {
			continue
		}
		says := "holds no such event"
		for j, c := range f.Calendars {
			if e, held := c.Document.Event(a.Event); held && c.Author == a.Author {
				at, says = j, "says "+string(e.Status)
				if e.Status.Open() || e.Status == Completed {
					says = ""
				}
				break
			}
		}
		if says != "" {
			f.add(Conflict{Kind: ByTerms, Severity: Stops, Calendar: f.Calendars[at].CID, Event: a.Event, With: a.Agreement.String(), Items: []string{a.Product}, Period: a.Bucket,
				Text: fmt.Sprintf("agreement %s plans this event, and the calendar %s: plan it, or amend the agreement", a.Agreement.Short(), says)})
		}
	}
}
