package capacity

import (
	"math/big"

	"kontor/protocol/forecast"
)

// ppm is one whole: probabilities are counted in millionths.
const ppm = forecast.PPM

// curve is a quantile function known at some levels, linear between them and unknown beyond the outer two.
// Values are integers of one scale for the whole match. The values never fall.
type curve struct {
	levels []int64    // rising, ppm
	values []*big.Int // never falling
	mean   *big.Int   // nil where no mean is known
	floor  *big.Int   // the lowest value possible
	top    *big.Int   // the highest value possible, where one is known
}

// exceed is the probability that the quantity lies above s. Between two levels it is linear in s; beyond the outer
// levels only the outer level itself is claimed.
func (c curve) exceed(s *big.Int) Interval {
	n := len(c.levels)
	if c.floor != nil && s.Cmp(c.floor) < 0 {
		return Interval{ppm, ppm}
	}
	if n == 0 {
		return Interval{0, ppm}
	}
	k := -1 // the last level whose value s reaches
	for k+1 < n && c.values[k+1].Cmp(s) <= 0 {
		k++
	}
	switch k {
	case -1:
		return Interval{ppm - c.levels[0], ppm}
	case n - 1:
		return Interval{0, ppm - c.levels[n-1]}
	}
	width := new(big.Int).Sub(c.values[k+1], c.values[k])
	step := new(big.Int).Sub(s, c.values[k])
	step.Mul(step, big.NewInt(c.levels[k+1]-c.levels[k]))
	down, rest := step.QuoRem(step, width, new(big.Int))
	below := c.levels[k] + down.Int64()
	if rest.Sign() == 0 {
		return Interval{ppm - below, ppm - below}
	}
	return Interval{ppm - below - 1, ppm - below}
}

// mass is an integral of the quantile function over probability: 2 × ppm × units, so that the halves of
// trapezoids stay whole.
type mass struct{ lower, upper *big.Int }

var (
	zero     = new(big.Int)
	one      = big.NewInt(1)
	wholePPM = big.NewInt(2 * ppm)
)

func above(v, s *big.Int) *big.Int {
	d := new(big.Int).Sub(v, s)
	if d.Sign() < 0 {
		d.SetInt64(0)
	}
	return d
}

func timesInt(v *big.Int, n int64) *big.Int { return new(big.Int).Mul(v, big.NewInt(n)) }

// short is the expected excess over s, E[(X-s)+].
//
// Between the outer levels it is an integral of straight lines. Of the part below the lowest level it is known
// that values lie between the floor and the lowest quantile. Of the part above the highest level only its total is
// known, from the mean: with probability π and total T it adds T - πs where all of it exceeds s, and at most
// T - πq (q the outer quantile) where s lies beyond q. Without a mean the upper end is open.
func (c curve) short(s *big.Int) (m mass, open bool) {
	n := len(c.levels)
	if n == 0 {
		return c.shortOfMean(s)
	}
	inner, excess := new(big.Int), mass{new(big.Int), new(big.Int)}
	area, weight, rest := new(big.Int), new(big.Int), new(big.Int) // for one thing after the other
	for k := 0; k+1 < n; k++ {
		lo, hi := c.values[k], c.values[k+1]
		dp := weight.SetInt64(c.levels[k+1] - c.levels[k])
		area.Add(lo, hi)
		area.Mul(area, dp)
		inner.Add(inner, area)
		switch {
		case hi.Cmp(s) <= 0:
		case lo.Cmp(s) >= 0:
			area.Sub(area, rest.Lsh(rest.Mul(s, dp), 1))
			excess.lower.Add(excess.lower, area)
			excess.upper.Add(excess.upper, area)
		default: // the line crosses s: a triangle
			over := area.Sub(hi, s)
			over.Mul(over, over).Mul(over, dp)
			q, rest := over.QuoRem(over, weight.Sub(hi, lo), rest)
			excess.lower.Add(excess.lower, q)
			excess.upper.Add(excess.upper, q)
			if rest.Sign() != 0 {
				excess.upper.Add(excess.upper, one)
			}
		}
	}
	first, last := c.values[0], c.values[n-1]
	low, high := c.levels[0], ppm-c.levels[n-1]
	twice := weight.SetInt64(2 * low)
	if c.floor != nil && c.floor.Cmp(s) > 0 {
		excess.lower.Add(excess.lower, area.Mul(area.Sub(c.floor, s), twice))
	}
	if first.Cmp(s) > 0 {
		excess.upper.Add(excess.upper, area.Mul(area.Sub(first, s), twice))
	}

	least := timesInt(last, 2*high) // the upper part lies at its outer quantile at least
	lower, upper := least, least
	switch {
	case c.mean == nil && c.top != nil:
		upper = maxInt(least, timesInt(c.top, 2*high))
	case c.mean == nil:
		open = true
	default:
		total := area.Sub(area.Mul(c.mean, wholePPM), inner)
		upper = maxInt(least, new(big.Int).Sub(total, rest.Mul(c.lowest(), twice)))
		lower = maxInt(least, new(big.Int).Sub(total, rest.Mul(first, twice)))
	}
	part := timesInt(s, 2*high)
	if s.Cmp(last) <= 0 {
		excess.lower.Add(excess.lower, rest.Sub(lower, part))
		excess.upper.Add(excess.upper, rest.Sub(upper, part))
	} else {
		excess.lower.Add(excess.lower, above(lower, part))
		// Known total: all of it may lie far out with little probability. Known top: it may lie there.
		most := least
		if c.mean == nil && c.top != nil {
			most = part
		}
		excess.upper.Add(excess.upper, above(upper, most))
	}
	return excess, open
}

// over is the expected shortfall below s, E[(s-X)+]: by E[(s-X)+] = s - E[X] + E[(X-s)+] where the mean is known,
// else as the excess of the mirrored curve.
func (c curve) over(s *big.Int) (mass, bool) {
	if c.mean != nil {
		m, open := c.short(s)
		return c.overOf(s, m), open
	}
	n := len(c.levels)
	mirror := curve{levels: make([]int64, n), values: make([]*big.Int, n)}
	for k := range c.levels {
		mirror.levels[k], mirror.values[k] = ppm-c.levels[n-1-k], new(big.Int).Neg(c.values[n-1-k])
	}
	if c.floor != nil {
		mirror.top = new(big.Int).Neg(c.floor)
	}
	if c.top != nil {
		mirror.floor = new(big.Int).Neg(c.top)
	}
	return mirror.short(new(big.Int).Neg(s))
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

// overOf is over where the mean is known and the expected excess over s as well.
func (c curve) overOf(s *big.Int, short mass) mass {
	gap := new(big.Int).Sub(s, c.mean)
	gap.Mul(gap, wholePPM)
	m := mass{new(big.Int).Add(gap, short.lower), gap.Add(gap, short.upper)}
	if m.lower.Sign() < 0 {
		m.lower.SetInt64(0)
	}
	if m.upper.Sign() < 0 {
		m.upper.SetInt64(0)
	}
	return m
}

func (c curve) lowest() *big.Int {
	if c.floor != nil {
		return c.floor
	}
	return zero
}

// shortOfMean is all a mean alone allows: by Jensen's inequality at least mean - s, and without a lower bound on
// how spread out demand is at most mean - floor.
func (c curve) shortOfMean(s *big.Int) (mass, bool) {
	if c.mean == nil {
		return mass{new(big.Int), new(big.Int)}, true
	}
	lower := new(big.Int).Mul(above(c.mean, s), wholePPM)
	upper := new(big.Int).Mul(maxInt(above(c.mean, s), above(c.mean, c.lowest())), wholePPM)
	return mass{lower, upper}, false
}

func maxInt(a, b *big.Int) *big.Int {
	if a.Cmp(b) >= 0 {
		return a
	}
	return b
}

func minInt(a, b *big.Int) *big.Int {
	if a.Cmp(b) <= 0 {
		return a
	}
	return b
}
