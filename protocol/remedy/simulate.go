package remedy

import (
	"cmp"
	"slices"

	"kontor/protocol/calendar"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// Simulated is what terms would have paid.
type Simulated struct {
	Over    calendar.Bucket   `json:"over"`
	Windows []SimulatedWindow `json:"windows"`
	Items   []Item            `json:"items"`
	Months  []Month           `json:"months"`
	Total   quantity.Money    `json:"total"`            // what one side would have paid the other, net of what was earned back
	Debtor  terms.Party       `json:"debtor,omitempty"` // who would owe it
	Apart   int               `json:"apart"`            // windows in which the two sides' figures come to different things
}

// SimulatedWindow is one window.
type SimulatedWindow struct {
	Window
	Target quantity.Quantity `json:"target"` // of the clause; nothing for a price
	AtMost bool              `json:"atMost,omitempty"`
	Result Result            `json:"result"`
}

// Past is what terms are simulated by.
type Past struct {
	Reports func(terms.SLA, calendar.Bucket) (buyer, seller []performance.Document) // that speak of a window
	Records func(terms.SLA, calendar.Bucket) Records                                // what a window is measured by beside them; nil: nothing
	Values  Values                                                                  // what indexes were published at; nil: what the terms fix
}

// Simulate says what terms would have paid over a period of the past, by reports of either side or of one alone, and what indexes would have made of their
// prices. Every window is final at once, and everything is applied by itself. Terms whose period lies elsewhere are moved over it, and their earliest and
// latest prices reach as far as it does.
func Simulate(d terms.Document, over calendar.Bucket, past Past) Simulated {
	if past.Values == nil {
		past.Values = func(terms.Party, string, calendar.Date) *Point { return nil }
	}
	d = moved(d, over)
	out := Simulated{Over: over, Windows: []SimulatedWindow{}, Items: []Item{}, Months: []Month{}, Total: quantity.Money{Currency: d.Currency}}
	type due struct {
		sla  terms.SLA
		span terms.Span
	}
	var all []due
	for _, s := range d.Promises() {
		for _, w := range d.Windows(s, over) {
			all = append(all, due{s, w})
		}
	}
	slices.SortStableFunc(all, func(a, b due) int {
		return cmp.Or(cmp.Compare(a.span.Until, b.span.Until), cmp.Compare(a.sla.ID, b.sla.ID))
	})
	charges, finals := map[string]quantity.Money{}, map[string][]Final{}
	for _, w := range all {
		last, known := charges[w.sla.ID]
		if !known {
			last.Currency = d.Currency
		}
		r := past.result(d, w.sla, w.span.Period, last)
		if r.Charges != nil {
			charges[w.sla.ID] = *r.Charges
		}
		if r.Verdict == Unequal {
			out.Apart++
		}
		b := Booking{Terms: d, SLA: w.sla, Period: w.span.Period, Result: r, Entries: out.Items, On: w.span.Until}
		out.Items = append(out.Items, Book(b)...)
		finals[w.sla.ID] = append(finals[w.sla.ID], Final{w.span.Period, r.Verdict})
		b.Entries = out.Items
		out.Items = append(out.Items, EarnBack(b, finals[w.sla.ID])...)
		out.Windows = append(out.Windows, SimulatedWindow{Window: b.window(), Target: w.sla.Target, AtMost: w.sla.AtMost, Result: r})
	}
	if months := Net(out.Items); months != nil {
		out.Months = months
	}
	total := int64(0)
	for _, i := range out.Items {
		if i.Status != Held {
			total += i.Net(terms.Seller)
		}
	}
	if total != 0 {
		out.Debtor, out.Total.Minor = owing(total), magnitude(total)
	}
	return out
}

// result is what one window comes to.
func (p Past) result(d terms.Document, s terms.SLA, period calendar.Bucket, last quantity.Money) Result {
	buyer, seller := p.Reports(s, period)
	if price, adjusts := d.AdjustedPrice(s.ID); adjusts {
		return Adjust(PriceCase{Terms: d, Price: price, Period: period, Buyer: buyer, Seller: seller, Values: p.Values})
	}
	c := Case{Terms: d, SLA: s, Period: period, Buyer: buyer, Seller: seller, LastCharges: last}
	if before, counts := GrowsFrom(d, s, period); counts {
		c.Before.Buyer, c.Before.Seller = p.Reports(s, before)
	}
	if p.Records != nil {
		c.Records = p.Records(s, period)
	}
	return Evaluate(c)
}

// moved are terms as if they had been in force over a period.
func moved(d terms.Document, over calendar.Bucket) terms.Document {
	d.Period = over
	d.Prices = slices.Clone(d.Prices)
	for i, p := range d.Prices {
		first, last := true, true
		for _, o := range d.Prices {
			if slices.Equal(o.Items, p.Items) {
				first, last = first && o.Valid.Start >= p.Valid.Start, last && o.Valid.End <= p.Valid.End
			}
		}
		if first {
			d.Prices[i].Valid.Start = min(p.Valid.Start, over.Start)
		}
		if last {
			d.Prices[i].Valid.End = max(p.Valid.End, over.End)
		}
	}
	d.Remedies = slices.Clone(d.Remedies)
	for i := range d.Remedies {
		d.Remedies[i].AutoApply = true
	}
	return d
}
