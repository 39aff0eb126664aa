package remedy

import (
	"math/big"
	"slices"
	"strings"

	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/measure"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// figures are what a window comes to by one side's cells.
type figures struct {
	whole             bool
	value             *big.Rat       // nil where nothing was counted
	reason            measure.Reason // why there is none, where the measure says so
	good, all         *big.Rat       // the value is their quotient; nil of a measure that is no share of counts
	count             int64
	charges, failing  *big.Rat // in the currency's major unit, not rounded
	unpriced          int64
	volume            volume // of what came
	before            volume // the same of the year before; nil where nobody reported all of it
	gradeC            bool
	excluded, refused []performance.Left
}

// enough tells whether a side said enough for the clause.
func (f figures) enough(s terms.SLA) bool { return f.whole && f.value != nil && f.count >= s.MinSample }

// count adds up a side's cells. A line left out for a reason the clause allows needs evidence, unless the other side left out as many or, owing a
// report, gave none: then nothing contradicts it.
func (c Case) count(own, other reported) figures {
	s := c.SLA
	unanswered := !other.whole && owes(s, other.by)
	f := figures{whole: own.whole, charges: new(big.Rat), failing: new(big.Rat), volume: volume{}}
	left := map[string]int64{} // lines the other side left out, by cell and reason
	for _, x := range other.cells {
		if t, counted := tally(x.Cell, s.Measure); counted {
			for _, l := range t.LeftOut {
				left[x.Key()+"|"+string(l.Reason)] += l.Lines
			}
		}
	}
	again, days := int64(0), new(big.Rat)
	num, den, hits, excluded, refused := new(big.Rat), new(big.Rat), int64(0), map[measure.Reason]int64{}, map[measure.Reason]int64{}
	cells := own.with(other, s.Measure)
	for _, x := range cells {
		f.gradeC = f.gradeC || x.gradeC
		good, all, n := observed(s.Measure, x)
		num.Add(num, good)
		den.Add(den, all)
		f.count += n
		c.cost(&f, x)
		t, _ := tally(x.Cell, s.Measure)
		for _, l := range t.LeftOut {
			if !slices.Contains(measure.DeliveryExclusions, l.Reason) {
				continue // there is nothing to judge
			}
			shown := l.Evidence != nil || unanswered || x.by == own.by && left[x.Key()+"|"+string(l.Reason)] >= l.Lines
			if slices.Contains(s.Exclusions, l.Reason) && shown {
				excluded[l.Reason] += l.Lines
				continue
			}
			refused[l.Reason] += l.Lines
			again += l.Lines
			days.Add(days, big.NewRat(l.Days, 1))
			if x.by != s.By {
				hits += l.Lines
			}
		}
	}
	f.excluded, f.refused = listed(excluded), listed(refused)
	if s.Measure.Code == measure.LeadTime { // what is left out in vain took as long as it took
		num.Add(num, days)
		den.Add(den, big.NewRat(again, 1))
		f.count += again
		again = 0
	}
	if den.Sign() > 0 {
		if s.Measure.Code != measure.LeadTime {
			f.good, f.all = new(big.Rat).Set(num), new(big.Rat).Set(den)
		}
		f.value = num.Quo(num, den)
	} else if f.reason = measure.NoData; s.Measure.Code == measure.UnitFill && len(cells) > 0 && f.count == 0 {
		f.reason = measure.NotRecorded // there are cells, and none says both what was ordered and what of it was filled
	}
	if m, special := c.ofCells(cells); special {
		f.value, f.count, f.reason = m.value, m.count, m.reason
		f.good, f.all = nil, nil
	}
	if again > 0 {
		// A line left out in vain is a line missed where the side that promised left it out, and a line kept where the other did.
		if f.value == nil {
			f.value = new(big.Rat)
		}
		f.value.Mul(f.value, big.NewRat(f.count, 1)).Add(f.value, big.NewRat(hits, 1))
		f.count += again
		f.value.Quo(f.value, big.NewRat(f.count, 1))
	}
	return f
}

// owes tells whether a side has a report to give.
func owes(s terms.SLA, p terms.Party) bool {
	return s.Source == p || s.Source == terms.Both || slices.ContainsFunc(s.Duties, func(d terms.Duty) bool { return d.By == p })
}

// observed is what a cell adds to a share: the good, all, and the observations behind it.
func observed(def measure.Definition, c cell) (good, all *big.Rat, n int64) {
	code := def.Code
	whole := func(a, b, n int64) (*big.Rat, *big.Rat, int64) { return big.NewRat(a, 1), big.NewRat(b, 1), n }
	if code == measure.StockoutRate {
		if c.Days == nil {
			return whole(0, 0, 0)
		}
		return whole(c.Days.Out, c.Days.Listed, c.Days.Listed)
	}
	if code == measure.UnitFill {
		if filled := filledOf(def, c); filled != nil {
			return lesser(filled.Rat(), c.Ordered.Rat()), c.Ordered.Rat(), linesFilled(def, c)
		}
		return whole(0, 0, 0)
	}
	if slices.Contains(measure.TallyCodes, code) {
		t, _ := tally(c.Cell, def)
		return whole(t.Held, t.All, t.All)
	}
	d := c.Deliveries
	if d == nil {
		return whole(0, 0, 0)
	}
	switch code {
	case measure.OnTime:
		return whole(d.OnTime, d.Due, d.Due)
	case measure.InFull:
		return whole(d.InFull, d.Quantified, d.Quantified)
	case measure.OTIF:
		return whole(d.Both, d.Quantified, d.Quantified)
	case measure.OTIFUnits:
		return d.InWindow.Rat(), d.Ordered.Rat(), d.Quantified
	}
	return whole(0, 0, 0)
}

// linesFilled are the order lines behind a cell's unit fill: what a clause's least sample asks for, as it does of every other measure of deliveries.
// Where a report does not count its lines, the cell is one observation.
func linesFilled(def measure.Definition, c cell) int64 {
	if t, counted := c.Counted(measure.LineFill, setting(def)); counted && t.All > 0 {
		return t.All
	}
	if c.Deliveries != nil && c.Deliveries.Quantified > 0 {
		return c.Deliveries.Quantified
	}
	return 1
}

// tally is what a cell counts of a measure of lines or orders, and what it leaves out; false where it counts nothing of it.
func tally(c performance.Cell, def measure.Definition) (performance.Counted, bool) {
	if slices.Contains(deliveryMeasures, def.Code) {
		if c.Deliveries == nil {
			return performance.Counted{}, false
		}
		return performance.Counted{LeftOut: c.Deliveries.LeftOut}, true
	}
	return c.Counted(def.Code, setting(def))
}

// filledOf is the quantity that counts as filled by a definition; nil where it or the order was not counted. What one line had too much of makes up for
// nothing beyond its cell, the finest grain that reports carry.
func filledOf(def measure.Definition, c cell) *quantity.Quantity {
	if c.Ordered == nil {
		return nil
	}
	if setting(def)["fillEvent"] == "RECEIVED" {
		return c.Received
	}
	return c.Shipped
}

func lesser(a, b *big.Rat) *big.Rat {
	if b.Cmp(a) < 0 {
		return b
	}
	return a
}

// priced is what a quantity costs by the terms, exactly; nil where no clause prices it.
func (c Case) priced(item forecast.Item, q quantity.Quantity, unit quantity.Unit, day calendar.Date) *big.Rat {
	for _, id := range []string{item.BuyersID, item.SellersID, item.GTIN} {
		if id == "" {
			continue
		}
		if r, err := c.Terms.Cost(terms.Ask{Product: id, Quantity: q, Unit: unit, Day: day}, c.Terms.Provisionally()); err == nil {
			return r
		}
	}
	return nil
}

// came is the quantity that a cell's charges are for: received, else what the other figures tell of it.
func came(c cell) *quantity.Quantity {
	for _, q := range []*quantity.Quantity{c.Received, c.Shipped, c.Ordered} {
		if q != nil {
			return q
		}
	}
	return nil
}

// cost prices what came in a cell, and of what was due there what failed.
func (c Case) cost(f *figures, x cell) {
	if q := came(x); q != nil && q.Sign() > 0 {
		f.volume.add(x.Unit, q.Rat())
		if r := c.priced(x.Item, *q, x.Unit, x.Bucket.Start); r != nil {
			f.charges.Add(f.charges, r)
		} else {
			f.unpriced++
		}
	}
	if failed := failing(c.SLA.Measure, x); failed.Sign() > 0 {
		if r := c.priced(x.Item, failed, x.Unit, x.Bucket.Start); r != nil {
			f.failing.Add(f.failing, r)
		}
	}
}

// failing is the quantity of a cell that failed the promise; nothing of a measure that is of no single units.
func failing(def measure.Definition, c cell) quantity.Quantity {
	less := func(ordered, good *quantity.Quantity) quantity.Quantity {
		if ordered == nil || good == nil {
			return quantity.Quantity{}
		}
		q, err := ordered.Sub(*good)
		if err != nil {
			return quantity.Quantity{}
		}
		return q
	}
	switch {
	case def.Code == measure.UnitFill || slices.Contains(fillMeasures, def.Code):
		return less(c.Ordered, filledOf(def, c))
	case def.Code == measure.InFull:
		return less(c.Ordered, c.InFull)
	case !slices.Contains(deliveryMeasures, def.Code) && def.Code != measure.PerfectOrder && def.Code != measure.OTIFOrders:
		return quantity.Quantity{}
	case c.OnTime == nil && c.Deliveries != nil:
		return less(&c.Deliveries.Ordered, &c.Deliveries.InWindow)
	}
	return less(c.Ordered, c.OnTime)
}

func listed(m map[measure.Reason]int64) (out []performance.Left) {
	for why, n := range m {
		out = append(out, performance.Left{Reason: why, Lines: n})
	}
	slices.SortFunc(out, func(a, b performance.Left) int { return strings.Compare(string(a.Reason), string(b.Reason)) })
	return out
}
