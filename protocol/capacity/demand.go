package capacity

import (
	"fmt"
	"math/big"
	"sort"

	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// extraDigits below the finest figure keep the reading of straight lines between levels accurate.
const extraDigits = 3

// demand is a forecast made ready for matching.
type demand struct {
	lines    []demandLine      // by key
	products map[string]string // any identifier of an item, to its item id
	scale    int               // figures are integers × 10^scale, in the line's unit
	start    calendar.Date     // the first day of the horizon
	rule     forecast.Consumption
	exact    bool // figures are kept as big integers also where they fit 63 bits: what the narrow ones are tested against
	axes     []*axis
	levels   [][]int64
}

// readDemand selects the lines that ask for supply and makes them ready: what is needed after orders have met forecast. Of propagated demand the planned receipts
// count, not the end demand behind them; where a TOTAL line exists its parts do not count again.
//
// finest is the smallest exponent of the other figures that must fit the scale.
func readDemand(f forecast.Document, finest int, exact bool) demand {
	d := demand{products: map[string]string{}, scale: finest, rule: f.Consumption, exact: exact}
	type keyed struct {
		key string
		*forecast.Line
	}
	lines := make([]keyed, len(f.Lines))
	parts := false
	for i := range f.Lines {
		l := &f.Lines[i]
		lines[i] = keyed{l.Key(), l}
		parts = parts || l.Kind != forecast.Total
		d.scale = min(d.scale, finestOf(l))
	}
	d.scale -= extraDigits
	sort.SliceStable(lines, func(i, j int) bool { return lines[i].key < lines[j].key })
	totals := map[string]bool{}
	for _, l := range lines {
		if parts && l.Kind == forecast.Total {
			totals[partsKey(l.Line)] = true
		}
	}
	d.lines = make([]demandLine, 0, len(lines))
	for _, l := range lines {
		if l.Role == forecast.EndDemand || (l.Kind != forecast.Total && totals[partsKey(l.Line)]) {
			continue
		}
		for _, id := range []string{l.Item.ID(), l.Item.BuyersID, l.Item.SellersID, l.Item.GTIN} {
			if _, taken := d.products[id]; id != "" && !taken {
				d.products[id] = l.Item.ID()
			}
		}
		ready := d.ready(l.key, l.Line)
		if b := ready.axis.buckets; len(b) > 0 && (d.start == 0 || b[0].Start < d.start) {
			d.start = b[0].Start
		}
		d.lines = append(d.lines, ready)
	}
	return d
}

// finestOf is the smallest exponent among a line's figures, at most 0.
func finestOf(l *forecast.Line) (finest int) {
	if l.Schedule != nil && l.Schedule.Backlog != nil {
		finest = min(finest, l.Schedule.Backlog.Exponent())
	}
	for j := range l.Buckets {
		c := &l.Buckets[j]
		finest = min(finest, c.Mean.Exponent())
		if c.Ordered != nil {
			finest = min(finest, c.Ordered.Exponent())
		}
		for k := range c.Quantiles {
			finest = min(finest, c.Quantiles[k].Q.Exponent())
		}
		for k := range c.Cumulative {
			finest = min(finest, c.Cumulative[k].Q.Exponent())
		}
	}
	return finest
}

func partsKey(l *forecast.Line) string {
	return forecast.JoinKey(l.Item.ID(), l.Location.Key(), string(l.Category), string(l.Role))
}

func (d *demand) int(q quantity.Quantity) *big.Int {
	n, ok := q.At(d.scale)
	if !ok {
		panic("capacity: the scale of a match is its finest exponent")
	}
	return n
}

// ready makes one line ready: its means and every level after consumption (practice T5), summed up from the first bucket on. Each level is consumed as a
// forecast of its own: the demand of a bucket at a level is what remains of the level there and all that is ordered.
func (d *demand) ready(key string, l *forecast.Line) demandLine {
	line := demandLine{key: key, product: l.Item.ID(), region: l.Location.Region, category: l.Category, unit: l.Unit, axis: d.axisOf(l.Buckets)}
	if l.Schedule != nil {
		line.owed = l.Schedule.Backlog
	}
	var banded bool
	if banded, line.chained = bandsOf(l); banded {
		line.levels = d.levelsOf(levelsOf(&l.Buckets[0], line.chained))
	}
	if !d.exact && !l.HasOrders() && line.read(l, d.scale) {
		return line
	}
	line.figures, line.exact = nil, d.consumed(l, &line)
	if !d.exact {
		line.narrow()
	}
	return line
}

// consumed are the line's figures, after consumption where it has orders.
func (d *demand) consumed(l *forecast.Line, line *demandLine) []*big.Int {
	means, ordered := make([]*big.Int, len(l.Buckets)), make([]*big.Int, len(l.Buckets))
	for i, c := range l.Buckets {
		means[i], ordered[i] = d.int(c.Mean), new(big.Int)
		if c.Ordered != nil {
			ordered[i] = d.int(*c.Ordered)
		}
	}
	hasOrders := l.HasOrders()
	after := func(path []*big.Int) []*big.Int {
		if !hasOrders {
			return path
		}
		return d.rule.Demand(l.BucketBasis, path, ordered)
	}
	levels := d.levelPaths(l, line)
	for i, path := range levels {
		levels[i] = after(path)
	}
	figures := make([]*big.Int, 0, len(means)*line.width())
	sum, floor, sums := new(big.Int), new(big.Int), zeros(len(levels))
	for i, mean := range after(means) {
		sum, floor = new(big.Int).Add(sum, mean), new(big.Int).Add(floor, ordered[i])
		figures = append(figures, mean, sum, floor)
		for k, path := range levels {
			sums[k] = new(big.Int).Add(sums[k], path[i])
			value := sums[k]
			// Orders in a window may meet more of a higher level than of a lower one; levels never fall.
			if k > 0 && hasOrders && value.Cmp(figures[len(figures)-1]) < 0 {
				value = figures[len(figures)-1]
			}
			figures = append(figures, value)
		}
	}
	return figures
}

func levelsOf(c *forecast.Cell, chained bool) []forecast.Quantile {
	if chained {
		return c.Quantiles
	}
	return c.Cumulative
}

// levelPaths are the figures of each level bucket by bucket: the buckets' own levels, or what cumulative ones rise by. None for a line without bands.
func (d *demand) levelPaths(l *forecast.Line, line *demandLine) [][]*big.Int {
	paths := make([][]*big.Int, len(line.levels))
	for k := range paths {
		before := new(big.Int)
		for i := range l.Buckets {
			v := d.int(levelsOf(&l.Buckets[i], line.chained)[k].Q)
			if line.chained {
				paths[k] = append(paths[k], v)
				continue
			}
			paths[k] = append(paths[k], new(big.Int).Sub(v, before))
			before = v
		}
	}
	return paths
}

// bandsOf says whether the line's cumulative demand has levels in every bucket, and whether they must be chained
// from the buckets' own.
func bandsOf(l *forecast.Line) (banded, chained bool) {
	cumulative, own := len(l.Buckets) > 0, len(l.Buckets) > 0
	for i := range l.Buckets {
		c := &l.Buckets[i]
		cumulative = cumulative && len(c.Cumulative) > 0
		own = own && len(c.Quantiles) > 0 && (i == 0 || sameLevels(c.Quantiles, l.Buckets[i-1].Quantiles))
	}
	return cumulative || own, own && !cumulative
}

func sameLevels(a, b []forecast.Quantile) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].P != b[i].P {
			return false
		}
	}
	return true
}

// recent is how many axes and sets of levels a line's are compared with: most forecasts have one of each, and no forecast makes many comparisons.
const recent = 4

// levelsOf are the levels of a line, the same slice for lines of the same levels.
func (d *demand) levelsOf(qs []forecast.Quantile) []int64 {
	for _, known := range d.levels[max(0, len(d.levels)-recent):] {
		if len(known) != len(qs) {
			continue
		}
		same := true
		for i := range qs {
			same = same && known[i] == qs[i].P
		}
		if same {
			return known
		}
	}
	levels := make([]int64, len(qs))
	for i, q := range qs {
		levels[i] = q.P
	}
	d.levels = append(d.levels, levels)
	return levels
}

func zeros(n int) []*big.Int {
	z := make([]*big.Int, n)
	for i := range z {
		z[i] = zero
	}
	return z
}

// unitFactor is the load of one unit of demand: the link's load factor, or the exact ratio of the units where the
// group states none (CX-0128: other units need a load factor).
func unitFactor(l Link, from, to quantity.Unit) (quantity.Quantity, error) {
	if !l.Factor.IsZero() {
		return l.Factor, nil
	}
	if from == to {
		return quantity.Of(1), nil
	}
	f, err := quantity.Convert(quantity.Of(1), from, to)
	if err != nil {
		return quantity.Quantity{}, fmt.Errorf("product %q needs a load factor: %w", l.Product, err)
	}
	return f, nil
}
