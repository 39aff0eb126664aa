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

// demandLine is one forecast line made ready: figures as integers of the match's scale, demand from the first
// bucket on summed up.
type demandLine struct {
	key      string
	product  string // item id
	region   string
	category forecast.Category
	unit     quantity.Unit
	cells    []demandCell
	banded   bool // every cell has levels
	chained  bool // cumulative levels were not shared: bucket quantiles were added, as if all buckets were high together
}

// demandCell is the demand of one bucket, in the line's unit.
type demandCell struct {
	bucket     calendar.Bucket
	mean       *big.Int
	cumulative curve // demand from the first bucket to the end of this one
}

// demand is a forecast made ready for matching.
type demand struct {
	lines    []demandLine
	products map[string]string // any identifier of an item, to its item id
	scale    int               // figures are integers × 10^scale, in the line's unit
	start    calendar.Date     // the first day of the horizon
	rule     forecast.Consumption
}

// readDemand selects the lines that ask for supply and makes them ready: what is needed after orders have met forecast. Of propagated demand the planned receipts
// count, not the end demand behind them; where a TOTAL line exists its parts do not count again.
//
// finest is the smallest exponent of the other figures that must fit the scale.
func readDemand(f forecast.Document, finest int) demand {
	d := demand{products: map[string]string{}, scale: finest, rule: f.Consumption}
	lines := append([]forecast.Line(nil), f.Lines...)
	sort.SliceStable(lines, func(i, j int) bool { return lines[i].Key() < lines[j].Key() })
	totals := map[string]bool{}
	for _, l := range lines {
		if l.Kind == forecast.Total {
			totals[partsKey(l)] = true
		}
		for _, c := range l.Buckets {
			d.scale = min(d.scale, c.Mean.Exponent())
			if c.Ordered != nil {
				d.scale = min(d.scale, c.Ordered.Exponent())
			}
			for _, q := range c.Quantiles {
				d.scale = min(d.scale, q.Q.Exponent())
			}
			for _, q := range c.Cumulative {
				d.scale = min(d.scale, q.Q.Exponent())
			}
		}
	}
	d.scale -= extraDigits
	for _, l := range lines {
		if l.Role == forecast.EndDemand || (l.Kind != forecast.Total && totals[partsKey(l)]) {
			continue
		}
		for _, id := range []string{l.Item.ID(), l.Item.BuyersID, l.Item.SellersID, l.Item.GTIN} {
			if _, taken := d.products[id]; id != "" && !taken {
				d.products[id] = l.Item.ID()
			}
		}
		ready := d.ready(l)
		if len(ready.cells) > 0 && (d.start == 0 || ready.cells[0].bucket.Start < d.start) {
			d.start = ready.cells[0].bucket.Start
		}
		d.lines = append(d.lines, ready)
	}
	return d
}

func partsKey(l forecast.Line) string {
	return forecast.JoinKey(l.Item.ID(), l.Location.Key(), string(l.Category), string(l.Role))
}

func (d demand) int(q quantity.Quantity) *big.Int {
	n, ok := q.At(d.scale)
	if !ok {
		panic("capacity: the scale of a match is its finest exponent")
	}
	return n
}

// ready makes one line ready: its means and every level after consumption (practice T5), summed up from the first bucket on. Each level is consumed as a
// forecast of its own: the demand of a bucket at a level is what remains of the level there and all that is ordered.
func (d demand) ready(l forecast.Line) demandLine {
	line := demandLine{key: l.Key(), product: l.Item.ID(), region: l.Location.Region, category: l.Category, unit: l.Unit}
	line.banded, line.chained = bandsOf(l)
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
	sum, floor, sums := new(big.Int), new(big.Int), make([]*big.Int, len(levels))
	for i, mean := range after(means) {
		sum, floor = new(big.Int).Add(sum, mean), new(big.Int).Add(floor, ordered[i])
		cell := demandCell{bucket: l.Buckets[i].Bucket, mean: mean, cumulative: curve{mean: sum, floor: floor}}
		for k, path := range levels {
			if sums[k] == nil {
				sums[k] = new(big.Int)
			}
			sums[k] = new(big.Int).Add(sums[k], path[i])
			value := sums[k]
			// Orders in a window may meet more of a higher level than of a lower one; levels never fall.
			if k > 0 && hasOrders && value.Cmp(cell.cumulative.values[k-1]) < 0 {
				value = cell.cumulative.values[k-1]
			}
			cell.cumulative.levels = append(cell.cumulative.levels, levelsOf(l.Buckets[i], line.chained)[k].P)
			cell.cumulative.values = append(cell.cumulative.values, value)
		}
		line.cells = append(line.cells, cell)
	}
	return line
}

func levelsOf(c forecast.Cell, chained bool) []forecast.Quantile {
	if chained {
		return c.Quantiles
	}
	return c.Cumulative
}

// levelPaths are the figures of each level bucket by bucket: the buckets' own levels, or what cumulative ones rise by. None for a line without bands.
func (d demand) levelPaths(l forecast.Line, line demandLine) [][]*big.Int {
	if !line.banded || len(l.Buckets) == 0 {
		return nil
	}
	paths := make([][]*big.Int, len(levelsOf(l.Buckets[0], line.chained)))
	for k := range paths {
		before := new(big.Int)
		for _, c := range l.Buckets {
			v := d.int(levelsOf(c, line.chained)[k].Q)
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
func bandsOf(l forecast.Line) (banded, chained bool) {
	cumulative, own := len(l.Buckets) > 0, len(l.Buckets) > 0
	for i, c := range l.Buckets {
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

// upTo is the cumulative demand at the end of the given day's eve; false where a bucket straddles that day.
func (l demandLine) upTo(end calendar.Date) (curve, bool) {
	i := sort.Search(len(l.cells), func(i int) bool { return l.cells[i].bucket.End > end })
	if i < len(l.cells) && l.cells[i].bucket.Start < end {
		return curve{}, false
	}
	if i == 0 {
		return curve{levels: l.levels(), values: zeros(len(l.levels())), mean: zero, floor: zero}, true
	}
	return l.cells[i-1].cumulative, true
}

func (l demandLine) levels() []int64 {
	if !l.banded || len(l.cells) == 0 {
		return nil
	}
	return l.cells[0].cumulative.levels
}

func zeros(n int) []*big.Int {
	z := make([]*big.Int, n)
	for i := range z {
		z[i] = zero
	}
	return z
}

// inside is the mean demand of all buckets that lie wholly in b, and whether some bucket straddles an end of b.
func (l demandLine) inside(b calendar.Bucket) (sum *big.Int, straddles bool) {
	sum = new(big.Int)
	i := sort.Search(len(l.cells), func(i int) bool { return l.cells[i].bucket.End > b.Start })
	for ; i < len(l.cells) && l.cells[i].bucket.Start < b.End; i++ {
		if b.Covers(l.cells[i].bucket) {
			sum.Add(sum, l.cells[i].mean)
		} else {
			straddles = true
		}
	}
	return sum, straddles
}

// times is the curve of the quantity multiplied by a factor above zero.
func (c curve) times(factor *big.Int) curve {
	scaled := curve{levels: c.levels, values: make([]*big.Int, len(c.values)), floor: new(big.Int).Mul(c.lowest(), factor)}
	for i, v := range c.values {
		scaled.values[i] = new(big.Int).Mul(v, factor)
	}
	if c.mean != nil {
		scaled.mean = new(big.Int).Mul(c.mean, factor)
	}
	return scaled
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
