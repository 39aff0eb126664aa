package measure

import (
	"math/big"

	"kontor/protocol/quantity"
)

// Lot is one lot that was judged.
type Lot struct {
	Units       quantity.Quantity // the denominator, as the definition names it
	Defective   quantity.Quantity // units confirmed as defective, reworked ones among them; what the customer caused is taken off
	Defects     quantity.Quantity // single defects; a unit may have several
	Provisional bool              // suspect and not confirmed: left out until a new version says so
}

// Defects collects lots.
type Defects struct {
	Setting Setting

	n                         int
	units, defective, defects total
	impossible                bool
	ex                        excluded
}

// Add takes one lot.
func (c *Defects) Add(l Lot) {
	if l.Provisional {
		c.ex.add(Suspect, 1)
		return
	}
	c.n++
	c.units.add(l.Units)
	c.defective.add(l.Defective)
	c.defects.add(l.Defects)
	c.impossible = c.impossible || l.Units.Sign() < 0 || l.Defective.Sign() < 0 || l.Units.Less(l.Defective)
}

// maxIntervalUnits is the most units that an interval is made of; with more its width says nothing.
const maxIntervalUnits = 1_000_000_000_000

// Result is DEFECT_PPM or YIELD. DEFECT_PPM has an interval: no defect in fifty parts says little.
func (c *Defects) Result(code Code) Result {
	d := define(code, c.Setting)
	units, bad := c.units.rat(), c.defective.rat()
	if c.n == 0 {
		return missing(d, NoData, 0, c.ex)
	}
	if c.impossible {
		return missing(d, NotPossible, c.n, c.ex)
	}
	if code == Yield {
		return share(d, minus(units, bad), units, c.n, c.ex)
	}
	r := share(d, times(whole(PPM), bad), units, c.n, c.ex)
	if !r.Measured() || !units.IsInt() || units.Cmp(whole(maxIntervalUnits)) > 0 {
		return r
	}
	n := int(units.Num().Int64())
	if bad.Sign() == 0 {
		r.Interval = &Interval{High: noneFound(d, n), Level: levelPPM[d.get("confidence")]}
		return r
	}
	i := d.wilson(bad, n)
	r.Interval = &Interval{decimal(times(whole(PPM), i.Low.Rat())), decimal(times(whole(PPM), i.High.Rat())), i.Level}
	return r
}

// noneFound is the exact upper bound where none of n units was defective: the rate at which that happens with the rest of the probability.
func noneFound(d Definition, n int) quantity.Decimal {
	rest := decimal(minus(whole(1), d.number("confidence")))
	p := power(rest, decimal(fraction(1, int64(n))))
	return decimal(times(whole(PPM), minus(whole(1), p.Rat())))
}

// PerMillionOpportunities is DPMO, each unit having so many opportunities for a defect.
func (c *Defects) PerMillionOpportunities(opportunities int64) Result {
	d := define(DPMO, c.Setting)
	return share(d, times(whole(PPM), c.defects.rat()), times(c.units.rat(), new(big.Rat).SetInt64(opportunities)), c.n, c.ex)
}
