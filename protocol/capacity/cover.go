package capacity

import (
	"math/big"
	"sort"

	"kontor/protocol/quantity"
)

// Standing is the verdict of the cover view.
type Standing string

// The verdicts of the cover view. Risk is the input's threshold.
const (
	Covered Standing = "COVERED" // the probability of a shortage is at most the risk, whatever the dependence
	AtRisk  Standing = "AT_RISK" // it may exceed the risk
	Short   Standing = "SHORT"   // it exceeds the risk
)

// Basis says what a probability rests on.
type Basis string

// The bases of a cover.
const (
	BasisLevels     Basis = "LEVELS"               // one demand line: between its quantile levels, nothing claimed beyond the outer ones
	BasisDependence Basis = "DEPENDENCE_INTERVAL"  // several lines: from independent to comonotone
	BasisComonotone Basis = "COMONOTONE"           // several lines, the independent end left out for its cost
	BasisStockLimit Basis = "COMONOTONE_RECURSION" // a stock limit binds: the path matters, recursion at each level
	BasisMeans      Basis = "MEANS_ONLY"           // no bands shared: no probability is claimed
)

// Cover is the cover view of practice T6 at the end of one bucket. With B_0 = backlog - stock - in transit and
// B_t = B_{t-1} + D_t - A_t, a shortage is B_t > 0: cumulative demand above cumulative supply and opening stock.
//
// Probabilities and expectations are intervals. Their width comes from two sources, both real: how the demands of
// several lines hang together (from independent to comonotone), and what lies beyond the outer quantile levels, of
// which nothing but the level itself and the mean is known. The independent end is counted on a grid with the outer
// levels as limits, and is an estimate.
type Cover struct {
	Standing Standing          `json:"standing"`
	Colour   Colour            `json:"colour"`
	Basis    Basis             `json:"basis"`
	Shortage Interval          `json:"shortage"`          // P(B_t > 0), ppm
	Expected Range             `json:"expected"`          // E[max(0, B_t)], units short at the end of the bucket
	Over     Range             `json:"over"`              // E[max(0, -B_t - max cover)], units beyond the stated cover
	Supply   quantity.Quantity `json:"supply"`            // opening stock less backlog plus all supply to the end of the bucket
	Demand   quantity.Quantity `json:"demand"`            // mean cumulative demand to the end of the bucket
	Chained  bool              `json:"chained,omitempty"` // cumulative levels were not shared: bucket quantiles were added, which overstates both outer ends
}

// cover compares the sum of cumulative demands with a cumulative supply. Over counts what exceeds maxCover.
func (p *part) cover(terms []term, sum curve, level bool, supply, maxCover *big.Int) (Cover, error) {
	cover := Cover{Basis: BasisLevels, Shortage: sum.exceed(supply)}
	short, open := sum.short(supply)
	leftover, over, overOpen := supply, mass{}, open
	if maxCover.Sign() == 0 && sum.mean != nil {
		over = sum.overOf(supply, short)
	} else {
		leftover = new(big.Int).Sub(supply, maxCover)
		over, overOpen = sum.over(leftover)
	}
	if len(sum.levels) == 0 {
		cover.Basis, cover.Shortage = BasisMeans, Interval{0, ppm}
	} else if moving(terms) > 1 {
		cover.Basis = BasisDependence
		if apart, ok := p.apart(terms, sum, level); !ok {
			cover.Basis = BasisComonotone
		} else {
			chance := apart.exceed(supply)
			cover.Shortage = Interval{min(cover.Shortage.Lower, chance), max(cover.Shortage.Upper, chance)}
			short = widen(short, apart.short(supply))
			over = widen(over, apart.over(leftover))
		}
	}
	return p.finish(cover, sum.mean, supply, short, open, over, overOpen)
}

// apart is the independent end, as long as the match can afford it.
func (p *part) apart(terms []term, sum curve, level bool) (grid, bool) {
	if p.gridWork -= gridWork(len(terms)); p.gridWork < 0 {
		p.tooLarge = true
		return grid{}, false
	}
	return p.grids.independent(terms, sum, level)
}

func widen(m mass, v *big.Int) mass { return mass{minInt(m.lower, v), maxInt(m.upper, v)} }

// moving counts the terms that are not a single certain value.
func moving(terms []term) int {
	n := 0
	for _, t := range terms {
		if t.moves() {
			n++
		}
	}
	return n
}

// finish states the figures in units and gives the verdict.
func (m *part) finish(c Cover, mean, supply *big.Int, short mass, open bool, over mass, overOpen bool) (Cover, error) {
	var err error
	if c.Expected, err = short.toRange(m.scale, open); err != nil {
		return Cover{}, err
	}
	if c.Over, err = over.toRange(m.scale, overOpen); err != nil {
		return Cover{}, err
	}
	if c.Supply, err = toQuantity(supply, m.scale); err != nil {
		return Cover{}, err
	}
	if mean != nil {
		if c.Demand, err = toQuantity(mean, m.scale); err != nil {
			return Cover{}, err
		}
	}
	switch {
	case c.Basis == BasisMeans && mean != nil && mean.Cmp(supply) > 0, c.Basis != BasisMeans && c.Shortage.Lower > m.Risk:
		c.Standing, c.Colour = Short, Red
	case c.Basis != BasisMeans && c.Shortage.Upper > m.Risk:
		c.Standing, c.Colour = AtRisk, Orange
	default:
		c.Standing, c.Colour = Covered, Green
	}
	return c, nil
}

// stockPath follows B_t at each quantile level where a stock limit holds it at or above -limit (practice T6): what
// exceeds the limit is not made, so the order in which demand comes matters and only the comonotone bound is known.
type stockPath struct {
	limit   *big.Int
	opening *big.Int
	path    []*big.Int // B_t at each level
	last    []*big.Int // cumulative demand at each level
	levels  []int64
	bound   bool // the limit has held somewhere
}

// step adds one bucket and reports whether the limit has held so far; without levels it never does.
func (s *stockPath) step(cumulative curve, supply *big.Int) bool {
	if len(cumulative.levels) == 0 {
		return false
	}
	if s.path == nil {
		s.levels = cumulative.levels
		for range s.levels {
			s.path = append(s.path, new(big.Int).Neg(s.opening))
			s.last = append(s.last, new(big.Int))
		}
	}
	if !equalLevels(s.levels, cumulative.levels) {
		return s.bound // cannot happen inside one pool: its lines keep their levels
	}
	floor := new(big.Int).Neg(s.limit)
	for k := range s.levels {
		b := new(big.Int).Sub(cumulative.values[k], s.last[k])
		b.Add(b, s.path[k]).Sub(b, supply)
		if b.Cmp(floor) < 0 {
			b, s.bound = floor, true
		}
		s.path[k], s.last[k] = b, cumulative.values[k]
	}
	return s.bound
}

// limitedCover is the cover where a stock limit has held: B_t itself as a curve, compared with zero.
func (m *part) limitedCover(s *stockPath, mean, supply, maxCover *big.Int) (Cover, error) {
	values := append([]*big.Int(nil), s.path...)
	sort.Slice(values, func(i, j int) bool { return values[i].Cmp(values[j]) < 0 })
	b := curve{levels: s.levels, values: values, floor: new(big.Int).Neg(s.limit)}
	cover := Cover{Basis: BasisStockLimit, Shortage: b.exceed(zero)}
	short, open := b.short(zero)
	over, overOpen := b.over(new(big.Int).Neg(maxCover))
	return m.finish(cover, mean, supply, short, open, over, overOpen)
}

// Worst is the largest probability of a shortage over all products and buckets with a cover.
func (r Result) Worst() Interval {
	var worst Interval
	for _, p := range r.Products {
		for _, c := range p.Buckets {
			if c.Cover != nil && c.Cover.Basis != BasisMeans {
				worst = Interval{max(worst.Lower, c.Cover.Shortage.Lower), max(worst.Upper, c.Cover.Shortage.Upper)}
			}
		}
	}
	return worst
}

// Units is what one product expects to be short and over: what a value per unit is multiplied by.
type Units struct {
	Product string        `json:"product"`
	Region  string        `json:"region,omitempty"`
	Unit    quantity.Unit `json:"unit"`
	Short   Range         `json:"short"` // the largest expected shortage of any bucket: shortages carry over, so they are not summed
	Over    Range         `json:"over"`  // at the end of the horizon
}

// Units lists every product with a cover.
func (r Result) Units() []Units {
	var all []Units
	for _, p := range r.Products {
		u := Units{Product: p.Product, Region: p.Region, Unit: p.Unit}
		covered := false
		for _, c := range p.Buckets {
			if c.Cover == nil {
				continue
			}
			covered = true
			u.Short, u.Over = u.Short.larger(c.Cover.Expected), c.Cover.Over
		}
		if covered {
			all = append(all, u)
		}
	}
	return all
}

func (r Range) larger(s Range) Range {
	if r.Lower.Less(s.Lower) {
		r.Lower = s.Lower
	}
	if r.Upper.Less(s.Upper) {
		r.Upper = s.Upper
	}
	r.Open = r.Open || s.Open
	return r
}

// stockCover follows what covers a pool's demand, bucket by bucket: its stock, and the supply since.
type stockCover struct {
	p        *part
	total    *big.Int
	maxCover *big.Int   // 0: no bound
	tracker  *stockPath // nil: the stock has no limit
}

func (p *part) stockCover(of Position) *stockCover {
	s := &stockCover{p: p, total: p.stockOf(of), maxCover: new(big.Int)}
	if of.MaxCover != nil {
		s.maxCover = p.at(*of.MaxCover)
	}
	if of.Limit != nil {
		s.tracker = &stockPath{limit: p.at(*of.Limit), opening: new(big.Int).Set(s.total)}
	}
	return s
}

// step adds the supply of the next bucket and states the cell's cover and what is projected to be left.
func (s *stockCover) step(cell *ProductCell, terms []term, supply *big.Int) (err error) {
	s.total.Add(s.total, supply)
	var cover Cover
	sum, level := together(terms)
	if s.tracker != nil && s.tracker.step(sum, supply) {
		cover, err = s.p.limitedCover(s.tracker, sum.mean, s.total, s.maxCover)
	} else {
		cover, err = s.p.cover(terms, sum, level, s.total, s.maxCover)
	}
	if err != nil {
		return err
	}
	cell.Cover = &cover
	if sum.mean == nil {
		return nil
	}
	projected, err := toQuantity(new(big.Int).Sub(s.total, sum.mean), s.p.scale)
	if err != nil {
		return err
	}
	cell.Projected = &projected
	return nil
}
