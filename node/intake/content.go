package intake

import (
	"cmp"
	"slices"
	"strings"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
)

// Said is one thing that a file says: a quantity of a product at a place in a period, a movement, a component. It is for people and
// scripts that check a file before they take it, and for kinds that nothing keeps.
type Said struct {
	What     string            `json:"what"` // forecast, history, stock, capacity, component, product, despatch, receipt, output, notice, request
	Line     int               `json:"line,omitempty"`
	Segment  int               `json:"segment,omitempty"`
	Product  string            `json:"product,omitempty"` // the buyer's number, else the seller's, else the GTIN
	Seller   string            `json:"seller,omitempty"`  // the seller's number, where it is another
	GTIN     string            `json:"gtin,omitempty"`    // where it is another
	Place    string            `json:"place,omitempty"`   // GLN, UN/LOCODE, region, or as the file names it
	Period   string            `json:"period,omitempty"`  // a day, week, month, or first day and the day after the last
	Quantity string            `json:"quantity,omitempty"`
	Unit     quantity.Unit     `json:"unit,omitempty"`
	Levels   map[string]string `json:"levels,omitempty"` // quantities by quantile, as p70
	Further  map[string]string `json:"further,omitempty"`
}

// Content is what the draft says, in the order of the file, at most so many entries, and how many there are in all.
func (d *Draft) Content(most int) (out []Said, all int) {
	if d == nil {
		return nil, 0
	}
	say := func(s func() Said) {
		if all++; all <= most {
			out = append(out, s())
		}
	}
	if m := d.Message; m != nil {
		for i := range m.Lines {
			l := &m.Lines[i]
			for _, c := range l.Buckets {
				say(func() Said { return planned(l, c) })
			}
		}
	}
	d.sayTables(say)
	d.sayReports(say)
	d.sayWords(say)
	d.sayEvents(say)
	return out, all
}

// sayTables says what stands in tables of a company's own figures.
func (d *Draft) sayTables(say func(func() Said)) {
	for _, h := range d.History {
		say(func() Said {
			return Said{What: "history", Line: h.Line, Product: h.Product, Place: h.Region, Period: h.Period.String(), Quantity: h.Quantity.String(), Further: told("due", span(h.Due))}
		})
	}
	for _, c := range d.Capacity {
		say(func() Said {
			return Said{What: "capacity", Line: c.Line, Product: c.Product, Place: c.Group, Period: c.Period.String(), Quantity: c.Actual.String(), Unit: c.Unit, Further: told("maximum", c.Maximum.String(), "load", c.LoadFactor.String())}
		})
	}
	for _, g := range d.Groups {
		for _, c := range g.Capacities {
			say(func() Said {
				return Said{What: "capacity", Place: cmp.Or(g.Name, g.ID), Period: c.Bucket.String(), Quantity: c.Actual.String(), Unit: g.Unit, Further: told("maximum", c.Maximum.String())}
			})
		}
	}
	for _, s := range d.Stock {
		say(func() Said {
			return Said{What: "stock", Line: s.Line, Product: s.Product, Place: cmp.Or(s.Place, s.Region), Period: day(s.AsOf), Quantity: s.OnHand.String(), Further: told("inTransit", nonZero(s.InTransit), "backlog", nonZero(s.Backlog))}
		})
	}
	for _, b := range d.Bill {
		say(func() Said {
			return Said{What: "component", Line: b.Line, Product: b.Product, Quantity: b.PerUnit.String(), Unit: b.Unit, Further: told("component", b.Component)}
		})
	}
	for _, p := range d.Products {
		say(func() Said {
			return Said{What: "product", Line: p.Line, Product: p.Product, Further: told("description", p.Description, "pack", nonZero(p.PackSize))}
		})
	}
}

// sayReports says what went where, and what was reported of a period.
func (d *Draft) sayReports(say func(func() Said)) {
	for _, m := range d.Movements {
		say(func() Said {
			s := Said{What: string(d.Kind), Line: m.Line, Segment: m.Segment, Place: m.Location.Key(), Period: day(m.Date), Quantity: m.Quantity.String(), Unit: m.Unit, Further: told("document", m.Document, "order", m.Order)}
			if m.Accepted != nil {
				s.Further = told("document", m.Document, "order", m.Order, "accepted", m.Accepted.String())
			}
			s.called(m.Item)
			return s
		})
	}
	for _, c := range d.Figures {
		say(func() Said {
			s := Said{What: "performance", Place: c.Place.Key(), Period: c.Bucket.String(), Unit: c.Unit, Further: map[string]string{}}
			for _, f := range performance.Figures {
				if q := *c.At(f); q != nil {
					s.Further[string(f)] = q.String()
				}
			}
			s.called(c.Item)
			return s
		})
	}
}

// sayWords says what is answered, announced and asked for.
func (d *Draft) sayWords(say func(func() Said)) {
	for _, a := range d.Answers {
		say(func() Said {
			s := Said{What: "answer", Line: a.Line, Product: a.Product, Place: a.Region, Period: a.Period.String(), Quantity: a.Committed.String(), Unit: a.Unit, Further: told("reason", string(a.Reason), "note", artifact.Clip(a.Note))}
			if a.Asked != nil {
				s.Further["asked"] = a.Asked.String()
			}
			return s
		})
	}
	for _, n := range d.Notices {
		say(func() Said {
			s := Said{What: "notice", Period: day(calendar.DateOf(n.Start)), Further: told("id", n.ID, "effect", n.Effect, "cause", n.Cause, "status", n.Status, "text", artifact.Clip(n.Text))}
			if n.End > 0 {
				s.Further["until"] = day(calendar.DateOf(n.End))
			}
			var names []string
			for _, p := range n.Products {
				names = append(names, p.ID())
			}
			s.Product, s.Place = strings.Join(names, " "), strings.Join(n.Sender, " ")
			return s
		})
	}
	for _, q := range d.Requests {
		say(func() Said { return Said{What: "request", Further: told("for", q.What, "id", q.ID)} })
	}
}

// sayEvents says what is planned for days: campaigns, and the entries of a calendar.
func (d *Draft) sayEvents(say func(func() Said)) {
	for _, e := range d.Events {
		for _, item := range e.Items {
			say(func() Said {
				return Said{What: "campaign", Product: item.ID(), Period: e.Period.String(), Further: told("event", e.ID, "name", artifact.Clip(e.Name), "status", strings.ToLower(string(e.Status)))}
			})
		}
		if len(e.Items) == 0 {
			say(func() Said {
				return Said{What: "campaign", Period: e.Period.String(), Further: told("event", e.ID, "name", artifact.Clip(e.Name), "status", strings.ToLower(string(e.Status)))}
			})
		}
	}
	for _, e := range d.Calendar {
		what := "blackout"
		if d.Kind == Capacity {
			what = "shutdown"
		}
		for _, s := range e.Spans {
			say(func() Said {
				return Said{What: what, Period: s.Days.String(), Further: told("uid", artifact.Clip(e.UID), "title", artifact.Clip(e.Summary), "rule", s.RRule)}
			})
		}
	}
}

func planned(l *forecast.Line, c forecast.Cell) Said {
	s := Said{What: "forecast", Place: l.Location.Key(), Period: c.Bucket.String(), Quantity: c.Mean.String(), Unit: l.Unit}
	s.Further = told("firmness", strings.ToLower(string(c.Firmness)), "dates", strings.ToLower(string(l.DateBasis)))
	if l.Kind != forecast.Total {
		s.Further["kind"] = strings.ToLower(string(l.Kind))
	}
	for _, q := range c.Quantiles {
		if s.Levels == nil {
			s.Levels = map[string]string{}
		}
		if level, err := quantity.Scaled(q.P, -4); err == nil {
			s.Levels["p"+level.String()] = q.Q.String()
		}
	}
	s.called(l.Item)
	return s
}

func (s *Said) called(i forecast.Item) {
	s.Product = i.ID()
	if i.SellersID != s.Product {
		s.Seller = i.SellersID
	}
	if i.GTIN != s.Product {
		s.GTIN = i.GTIN
	}
}

// Words are the names and values of a map, in order of the names.
func Words(m map[string]string) string {
	var words []string
	for name, value := range m {
		words = append(words, name+" "+value)
	}
	slices.Sort(words)
	return strings.Join(words, ", ")
}

// told is a map of names and values, those that say nothing left out.
func told(pairs ...string) map[string]string {
	m := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			m[pairs[i]] = pairs[i+1]
		}
	}
	return m
}

func nonZero(q quantity.Quantity) string {
	if q.IsZero() {
		return ""
	}
	return q.String()
}

func day(d calendar.Date) string {
	if !d.Valid() {
		return ""
	}
	return d.String()
}

func span(b calendar.Bucket) string {
	if !b.Valid() {
		return ""
	}
	return b.String()
}
