package measure

import (
	"math/big"

	"kontor/protocol/quantity"
)

// attributes draws p, u and c charts, and the Laney forms of p and u.
func (c *Chart) attributes(groups []Subgroup) error {
	found, size := new(big.Rat), new(big.Rat)
	shares := c.Kind == ChartP || c.Kind == ChartLaneyP
	for i, g := range groups {
		n := g.Size
		if c.Kind == ChartC {
			n = quantity.Of(1)
		}
		switch {
		case n.Sign() <= 0:
			return impossible(ZeroDenominator, "subgroup %q has a size of %s", g.Label, n)
		case g.Count.Sign() < 0:
			return impossible(NotPossible, "subgroup %q counts %s", g.Label, g.Count)
		case shares && n.Less(g.Count):
			return impossible(NotPossible, "subgroup %q has %s defective of %s", g.Label, g.Count, n)
		}
		groups[i].Size = n
		if c.Points[i].Baseline {
			found.Add(found, g.Count.Rat())
			size.Add(size, n.Rat())
		}
	}
	center := over(found, size)
	unit := center // variance of one unit: u, or p(1 - p)
	if shares {
		unit = times(center, minus(whole(1), center))
	}
	c.Center = decimal(center)
	for i, g := range groups {
		p := &c.Points[i]
		v := over(g.Count.Rat(), g.Size.Rat())
		p.Value = decimal(v)
		p.deviation, p.variance = minus(v, center), over(unit, g.Size.Rat())
	}
	stretch := whole(1)
	if sigma := c.betweenGroups(); sigma != nil {
		d := decimal(sigma)
		c.Dispersion = &d
		if c.Kind == ChartLaneyP || c.Kind == ChartLaneyU {
			stretch = square(sigma)
		}
	}
	top := (*big.Rat)(nil)
	if shares {
		top = whole(1)
	}
	for i := range c.Points {
		c.Points[i].variance = times(c.Points[i].variance, stretch)
		c.limit(i, center, new(big.Rat), top)
	}
	return nil
}

// chanceStep is the mean distance of two independent standard normal figures: the d2 of two.
var chanceStep = fraction(1128, 1000)

// betweenGroups is Laney's sigma: how far standardised subgroups of the baseline move from one to the next, 1 where by chance alone. It is
// nil where that can't be said. Each standardised figure is rounded to 34 digits, so that both sides have the same.
func (c *Chart) betweenGroups() *big.Rat {
	var last *big.Rat
	var steps terms
	for _, p := range c.Points {
		if !p.Baseline {
			continue
		}
		if p.variance.Sign() == 0 {
			return nil
		}
		z := over(p.deviation, root(p.variance).Rat())
		if last != nil {
			steps.add(new(big.Rat).Abs(minus(z, last)))
		}
		last = z
	}
	if steps.count == 0 {
		return nil
	}
	return over(steps.mean(), chanceStep)
}

// limit sets the limits of a point from its variance.
func (c *Chart) limit(i int, center, low, high *big.Rat) {
	p := &c.Points[i]
	reach := times(whole(3), root(p.variance).Rat())
	p.Low, p.High = decimal(bounded(minus(center, reach), low, nil)), decimal(bounded(plus(center, reach), nil, high))
	p.side = p.deviation.Sign()
}

// factors of charts of means and ranges, by the size of subgroups: A2 = 3/(d2·√n), D3 and D4 = 1 ∓ 3·d3/d2, in thousandths; ASTM E2587.
var factors = [MaxGroupSize + 1]struct{ a2, d3, d4 int64 }{
	2: {1880, 0, 3267}, 3: {1023, 0, 2575}, 4: {729, 0, 2282}, 5: {577, 0, 2114}, 6: {483, 0, 2004}, 7: {419, 76, 1924}, 8: {373, 136, 1864}, 9: {337, 184, 1816}, 10: {308, 223, 1777},
}

// means draws the chart of means and the chart of ranges.
func (c *Chart) means(groups []Subgroup) error {
	n := len(groups[0].Values)
	if n < 2 || n > MaxGroupSize {
		return impossible(NotPossible, "subgroup %q has %d values; want 2 to %d", groups[0].Label, n, MaxGroupSize)
	}
	ranges := &Chart{Kind: c.Kind, Definition: c.Definition, Points: make([]Point, len(groups)), Baseline: c.Baseline, Short: c.Short}
	means, spans := make([]*big.Rat, len(groups)), make([]*big.Rat, len(groups))
	center, span := new(big.Rat), new(big.Rat)
	for i, g := range groups {
		if len(g.Values) != n {
			return impossible(UnequalGroups, "subgroup %q has %d values and the first has %d", g.Label, len(g.Values), n)
		}
		var sum total
		low, high := g.Values[0], g.Values[0]
		for _, v := range g.Values {
			sum.add(v)
			if v.Less(low) {
				low = v
			}
			if high.Less(v) {
				high = v
			}
		}
		means[i], spans[i] = over(sum.rat(), whole(n)), difference(high, low)
		if c.Points[i].Baseline {
			center.Add(center, means[i])
			span.Add(span, spans[i])
		}
	}
	center, span = over(center, whole(c.Baseline)), over(span, whole(c.Baseline))
	f := factors[n]
	reach := times(fraction(f.a2, 1000), span)
	c.Center, ranges.Center = decimal(center), decimal(span)
	for i := range groups {
		p := &c.Points[i]
		p.Value, p.deviation, p.variance = decimal(means[i]), minus(means[i], center), square(over(reach, whole(3)))
		p.Low, p.High, p.side = decimal(minus(center, reach)), decimal(plus(center, reach)), p.deviation.Sign()
		r := &ranges.Points[i]
		r.Label, r.Baseline, r.Value = p.Label, p.Baseline, decimal(spans[i])
		low, high := times(fraction(f.d3, 1000), span), times(fraction(f.d4, 1000), span)
		r.Low, r.High = decimal(low), decimal(high)
		if spans[i].Cmp(high) > 0 || spans[i].Cmp(low) < 0 {
			r.Signals = []Rule{RuleLimit}
		}
	}
	c.Ranges = ranges
	return nil
}

// individuals draws single figures, their spread taken from the moving range of the baseline.
func (c *Chart) individuals(v []*big.Rat) error {
	center, moves, n := new(big.Rat), new(big.Rat), 0
	var last *big.Rat
	for i, x := range v {
		if !c.Points[i].Baseline {
			continue
		}
		center.Add(center, x)
		if last != nil {
			moves.Add(moves, new(big.Rat).Abs(minus(x, last)))
			n++
		}
		last = x
	}
	if n == 0 {
		return impossible(TooFew, "one figure in the baseline has no moving range")
	}
	center = over(center, whole(c.Baseline))
	sigma := over(over(moves, whole(n)), chanceStep)
	c.Center = decimal(center)
	for i, x := range v {
		p := &c.Points[i]
		p.Value, p.deviation, p.variance = decimal(x), minus(x, center), square(sigma)
		c.limit(i, center, nil, nil)
	}
	return nil
}

// geometric draws the units between defects. There is no lower limit: three deviations below the mean are below zero. Runs are counted
// about the median, 0.693 of the mean, because the distribution leans.
func (c *Chart) geometric(groups []Subgroup) error {
	center := new(big.Rat)
	for i, g := range groups {
		if g.Count.Sign() < 0 {
			return impossible(NotPossible, "%s units between defects at %q", g.Count, g.Label)
		}
		if c.Points[i].Baseline {
			center.Add(center, g.Count.Rat())
		}
	}
	center = over(center, whole(c.Baseline))
	median := times(fraction(693, 1000), center)
	c.Center = decimal(center)
	for i, g := range groups {
		p := &c.Points[i]
		v := g.Count.Rat()
		p.Value, p.deviation, p.variance = decimal(v), minus(v, center), times(center, plus(center, whole(1)))
		c.limit(i, center, new(big.Rat), nil)
		p.NoLow, p.side = true, v.Cmp(median)
	}
	return nil
}

// between draws the time between events as individuals of t^(5/18), which is nearly normal where t is exponential (Nelson), and shows the
// limits as times.
func (c *Chart) between(groups []Subgroup) error {
	up, down := decimal(fraction(5, 18)), decimal(fraction(18, 5))
	v := make([]*big.Rat, len(groups))
	for i, g := range groups {
		if g.Count.Sign() < 0 {
			return impossible(NotPossible, "%s between events at %q", g.Count, g.Label)
		}
		v[i] = power(g.Count.Decimal(), up).Rat()
	}
	if err := c.individuals(v); err != nil {
		return err
	}
	c.Center = power(c.Center, down)
	for i, g := range groups {
		p := &c.Points[i]
		p.Value = g.Count.Decimal()
		p.NoLow = p.Low.Rat().Sign() <= 0
		if p.High = power(p.High, down); p.NoLow {
			p.Low = quantity.Decimal{}
		} else {
			p.Low = power(p.Low, down)
		}
	}
	return nil
}

func power(d, e quantity.Decimal) quantity.Decimal {
	if d.Rat().Sign() == 0 {
		return quantity.Decimal{}
	}
	p, err := d.Pow(e)
	if err != nil {
		panic("invariant: a positive number has every power: " + err.Error())
	}
	return p
}
