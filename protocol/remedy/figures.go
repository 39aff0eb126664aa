package remedy

import (
	"cmp"
	"math/big"
	"slices"
	"strings"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/measure"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// deliveryMeasures are measures of counts of lines, which reports carry by one definition.
var deliveryMeasures = []measure.Code{measure.OnTime, measure.InFull, measure.OTIF, measure.OTIFUnits}

// Measurable tells whether performance reports carry what a measure needs.
func Measurable(c measure.Code) bool {
	return c == measure.StockoutRate || slices.Contains(deliveryMeasures, c)
}

// cell is a cell with who reported it.
type cell struct {
	performance.Cell
	by     terms.Party
	gradeC bool
}

// reported is what one side says of a window.
type reported struct {
	by    terms.Party
	whole bool // every day of the window is in one of its reports
	cells []cell
}

// gather takes from a side's reports what speaks of the window. A report whose buckets lie across its border, or that counts deliveries by
// another definition than the clause's, says nothing of it. Where reports overlap, the one of just this window goes before others, then the earliest
// and longest: nothing counts twice.
func gather(by terms.Party, s terms.SLA, period calendar.Bucket, docs []performance.Document) reported {
	out := reported{by: by}
	usable := slices.DeleteFunc(slices.Clone(docs), func(d performance.Document) bool {
		return !d.Window.Overlaps(period) || slices.Contains(deliveryMeasures, s.Measure.Code) && !slices.Equal(d.Delivery, s.Measure.Parameters) ||
			slices.ContainsFunc(d.Cells, func(c performance.Cell) bool { return c.Bucket.Overlaps(period) && !period.Covers(c.Bucket) })
	})
	slices.SortStableFunc(usable, func(a, b performance.Document) int {
		exact := func(d performance.Document) int {
			if d.Window == period {
				return 0
			}
			return 1
		}
		return cmp.Or(cmp.Compare(exact(a), exact(b)), cmp.Compare(a.Window.Start, b.Window.Start), cmp.Compare(b.Window.End, a.Window.End))
	})
	var taken []calendar.Bucket
	for _, d := range usable {
		if slices.ContainsFunc(taken, d.Window.Overlaps) {
			continue
		}
		taken = append(taken, d.Window)
		for _, c := range d.Cells {
			if period.Covers(c.Bucket) && covers(s, c) {
				out.cells = append(out.cells, cell{c, by, d.Header.Evidence == artifact.GradeC})
			}
		}
	}
	slices.SortFunc(taken, func(a, b calendar.Bucket) int { return cmp.Compare(a.Start, b.Start) })
	at := period.Start
	for _, w := range taken {
		if w.Start <= at {
			at = max(at, w.End)
		}
	}
	out.whole = at >= period.End
	return out
}

// covers tells whether an SLA is about a cell.
func covers(s terms.SLA, c performance.Cell) bool {
	item := len(s.Items) == 0 || slices.ContainsFunc([]string{c.Item.BuyersID, c.Item.SellersID, c.Item.GTIN}, func(id string) bool { return id != "" && slices.Contains(s.Items, id) })
	place := len(s.Regions) == 0 || slices.ContainsFunc(s.Regions, func(g string) bool { return c.Place.Region == g || strings.HasPrefix(c.Place.Region, g+"-") })
	return item && place
}

// with adds what only the other side reports, so that who leaves out a product, or a figure of one, gains nothing by it. A product that a side
// reports in a bucket, wherever, is its own.
func (r reported) with(other reported) []cell {
	type at struct {
		item   string
		bucket calendar.Bucket
	}
	said, theirs := map[at]bool{}, map[string]cell{}
	for _, c := range other.cells {
		theirs[c.Key()] = c
	}
	out := slices.Clone(r.cells)
	for i, c := range out {
		said[at{c.Item.ID(), c.Bucket}] = true
		o, both := theirs[c.Key()]
		if !both || o.Unit != c.Unit {
			continue
		}
		for _, f := range performance.Figures {
			if mine := out[i].At(f); *mine == nil {
				*mine = *o.At(f)
			}
		}
		if c.Days == nil {
			out[i].Days = o.Days
		}
		if c.Deliveries == nil && o.Deliveries != nil {
			out[i].Deliveries, out[i].by = o.Deliveries, o.by
		}
	}
	for _, o := range other.cells {
		overlaps := said[at{o.Item.ID(), o.Bucket}]
		for s := range said {
			overlaps = overlaps || s.item == o.Item.ID() && s.bucket.Overlaps(o.Bucket)
		}
		if !overlaps {
			out = append(out, o)
		}
	}
	return out
}

// figures are what a window comes to by one side's cells.
type figures struct {
	whole             bool
	value             *big.Rat // nil where nothing was counted
	count             int64
	charges, failing  *big.Rat // in the currency's major unit, not rounded
	unpriced          int64
	volume            map[quantity.Unit]*big.Rat // of what came
	gradeC            bool
	excluded, refused []performance.Left
}

// enough tells whether a side said enough for the clause.
func (f figures) enough(s terms.SLA) bool { return f.whole && f.value != nil && f.count >= s.MinSample }

// count adds up a side's cells. A line left out for a reason the clause allows needs evidence, unless the other side left out as many or, owing a
// report, gave none: then nothing contradicts it.
func count(d terms.Document, s terms.SLA, own, other reported) figures {
	unanswered := !other.whole && owes(s, other.by)
	f := figures{whole: own.whole, charges: new(big.Rat), failing: new(big.Rat), volume: map[quantity.Unit]*big.Rat{}}
	left := map[string]int64{} // lines the other side left out, by cell and reason
	for _, c := range other.cells {
		if c.Deliveries != nil {
			for _, l := range c.Deliveries.LeftOut {
				left[c.Key()+"|"+string(l.Reason)] += l.Lines
			}
		}
	}
	num, den, hits, excluded, refused := new(big.Rat), new(big.Rat), int64(0), map[measure.Reason]int64{}, map[measure.Reason]int64{}
	for _, c := range own.with(other) {
		f.gradeC = f.gradeC || c.gradeC
		good, all, n := observed(s.Measure.Code, c)
		num.Add(num, good)
		den.Add(den, all)
		f.count += n
		f.cost(d, s, c)
		if c.Deliveries == nil || !slices.Contains(deliveryMeasures, s.Measure.Code) {
			continue
		}
		for _, l := range c.Deliveries.LeftOut {
			if !slices.Contains(measure.DeliveryExclusions, l.Reason) {
				continue // there is nothing to judge
			}
			shown := l.Evidence != nil || unanswered || c.by == own.by && left[c.Key()+"|"+string(l.Reason)] >= l.Lines
			if slices.Contains(s.Exclusions, l.Reason) && shown {
				excluded[l.Reason] += l.Lines
				continue
			}
			refused[l.Reason] += l.Lines
			if c.by != s.By {
				hits += l.Lines
			}
		}
	}
	f.excluded, f.refused = listed(excluded), listed(refused)
	again := int64(0)
	for _, l := range f.refused {
		again += l.Lines
	}
	if den.Sign() > 0 {
		f.value = num.Quo(num, den)
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
func observed(code measure.Code, c cell) (good, all *big.Rat, n int64) {
	whole := func(a, b, n int64) (*big.Rat, *big.Rat, int64) { return big.NewRat(a, 1), big.NewRat(b, 1), n }
	if code == measure.StockoutRate {
		if c.Days == nil {
			return whole(0, 0, 0)
		}
		return whole(c.Days.Out, c.Days.Listed, c.Days.Listed)
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

// cost prices what came in a cell, and of what was due there what failed.
func (f *figures) cost(d terms.Document, s terms.SLA, c cell) {
	came := c.Received
	for _, q := range []*quantity.Quantity{c.Shipped, c.Ordered} {
		if came == nil {
			came = q
		}
	}
	priced := func(q quantity.Quantity) *big.Rat {
		for _, id := range []string{c.Item.BuyersID, c.Item.SellersID, c.Item.GTIN} {
			if id == "" {
				continue
			}
			if r, err := d.Cost(terms.Ask{Product: id, Quantity: q, Unit: c.Unit, Day: c.Bucket.Start}, nil); err == nil {
				return r
			}
		}
		return nil
	}
	if came != nil && came.Sign() > 0 {
		if f.volume[c.Unit] == nil {
			f.volume[c.Unit] = new(big.Rat)
		}
		f.volume[c.Unit].Add(f.volume[c.Unit], came.Rat())
		if r := priced(*came); r != nil {
			f.charges.Add(f.charges, r)
		} else {
			f.unpriced++
		}
	}
	if failed := failing(s.Measure.Code, c); failed.Sign() > 0 {
		if r := priced(failed); r != nil {
			f.failing.Add(f.failing, r)
		}
	}
}

// in is the volume in a unit; what can't be converted into it is in no volume.
func (f figures) in(unit quantity.Unit) *big.Rat {
	sum := new(big.Rat)
	for u, v := range f.volume {
		if num, den, err := u.Ratio(unit); err == nil {
			sum.Add(sum, new(big.Rat).Mul(v, big.NewRat(num, den)))
		}
	}
	return sum
}

// failing is the quantity of a cell that failed the promise.
func failing(code measure.Code, c cell) quantity.Quantity {
	good := c.OnTime
	if code == measure.InFull {
		good = c.InFull
	}
	if c.Ordered == nil || good == nil {
		if c.Deliveries == nil || code == measure.InFull {
			return quantity.Quantity{}
		}
		q, err := c.Deliveries.Ordered.Sub(c.Deliveries.InWindow)
		if err != nil {
			return quantity.Quantity{}
		}
		return q
	}
	q, err := c.Ordered.Sub(*good)
	if err != nil {
		return quantity.Quantity{}
	}
	return q
}

func listed(m map[measure.Reason]int64) (out []performance.Left) {
	for why, n := range m {
		out = append(out, performance.Left{Reason: why, Lines: n})
	}
	slices.SortFunc(out, func(a, b performance.Left) int { return strings.Compare(string(a.Reason), string(b.Reason)) })
	return out
}
