package measure

import (
	"math/big"

	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// Revisions compares two versions of a forecast, bucket by bucket, over the buckets of both.
type Revisions struct {
	n, changed, frozen int
	distance, moved    total // Σ|new - old|, and of frozen buckets
	before, after      total
}

// Add takes one bucket of both versions; frozen where it lay inside the frozen zone when the new version was issued.
func (r *Revisions) Add(old, new quantity.Quantity, frozen bool) {
	r.n++
	r.before.add(old)
	r.after.add(new)
	addDistance(&r.distance, new, old)
	if old != new {
		r.changed++
	}
	if frozen && old != new {
		r.frozen++
		addDistance(&r.moved, new, old)
	}
}

// Join takes what another collected.
func (r *Revisions) Join(o *Revisions) {
	r.n += o.n
	r.changed += o.changed
	r.frozen += o.frozen
	r.distance.join(o.distance)
	r.moved.join(o.moved)
	r.before.join(o.before)
	r.after.join(o.after)
}

// Result is NERVOUSNESS, DEMAND_DEVIATION, FROZEN_CHANGES or REVISED_SHARE.
func (r *Revisions) Result(code Code) Result {
	d := define(code, nil)
	if r.n == 0 {
		return missing(d, NoData, 0, nil)
	}
	old, now := r.before.rat(), r.after.rat()
	shift := minus(now, old)
	switch code {
	case Nervousness:
		size := over(plus(old, now), whole(2))
		sum := plus(r.distance.rat(), new(big.Rat).Abs(shift))
		if size.Sign() == 0 && sum.Sign() == 0 {
			return value(d, sum, r.n, nil)
		}
		return share(d, sum, size, r.n, nil)
	case DemandShift:
		if shift.Sign() == 0 {
			return value(d, shift, r.n, nil)
		}
		return share(d, shift, old, r.n, nil)
	case FrozenChanges:
		return value(d, r.moved.rat(), r.frozen, nil)
	case Revised:
		return share(d, whole(r.changed), whole(r.n), r.n, nil)
	}
	panic("invariant: " + string(code) + " is no measure of revisions")
}

// Added is VALUE_ADDED: what a step of forecasting took off the error of a benchmark, both measured the same way on the same buckets.
func Added(benchmark, step Result, setting Setting) Result {
	d := define(ValueAdded, setting)
	switch {
	case !benchmark.Measured():
		return missing(d, benchmark.Reason, 0, benchmark.Excluded)
	case !step.Measured():
		return missing(d, step.Reason, 0, step.Excluded)
	case benchmark.Definition.CID() != step.Definition.CID() || benchmark.Count != step.Count:
		return missing(d, NotPossible, 0, nil)
	}
	gain := minus(benchmark.Value.Rat(), step.Value.Rat())
	r := value(d, gain, step.Count, step.Excluded)
	zone := d.number("deadZone")
	switch {
	case gain.Cmp(zone) > 0:
		r.Verdict = Better
	case new(big.Rat).Neg(gain).Cmp(zone) > 0:
		r.Verdict = Worse
	default:
		r.Verdict = Neutral
	}
	return r
}

// Amplification collects orders and the demand behind them, period by period.
type Amplification struct {
	n              int
	orders, demand moments
	ex             excluded
	window         calendar.Bucket
}

type moments struct{ sum, squares total }

func (m *moments) add(q quantity.Quantity) {
	m.sum.add(q)
	m.squares.addProduct(q, q)
}

// variance is n² times the variance of n figures.
func (m *moments) variance(n int) *big.Rat {
	return minus(times(whole(n), m.squares.rat()), square(m.sum.rat()))
}

// Add takes one period; periods of promotions are left out, because they swing on purpose.
func (a *Amplification) Add(orders, demand quantity.Quantity, promoted bool) {
	if promoted {
		a.ex.add(Promoted, 1)
		return
	}
	a.n++
	a.orders.add(orders)
	a.demand.add(demand)
}

// Exclude counts a period that is left out.
func (a *Amplification) Exclude(why Reason) { a.ex.add(why, 1) }

// Cover widens the window of the result by a period.
func (a *Amplification) Cover(b calendar.Bucket) { a.window = widened(a.window, b) }

// minBullwhip is the fewest periods that a ratio of variances is worth anything of.
const minBullwhip = 12

// Result is BULLWHIP: the ratio of the squared coefficients of variation, which is that of the variances where the means agree.
func (a *Amplification) Result() Result {
	r := a.result()
	r.Window = a.window
	return r
}

func (a *Amplification) result() Result {
	d := define(Bullwhip, Setting{"minimum": whole(minBullwhip).RatString()})
	if a.n < minBullwhip {
		return missing(d, TooFew, a.n, a.ex)
	}
	up, down := a.orders.variance(a.n), a.demand.variance(a.n)
	meanUp, meanDown := a.orders.sum.rat(), a.demand.sum.rat()
	if down.Sign() == 0 || meanUp.Sign() == 0 {
		return missing(d, ZeroDenominator, a.n, a.ex)
	}
	return value(d, over(times(up, square(meanDown)), times(down, square(meanUp))), a.n, a.ex)
}

// Uncertainty is UNCERTAINTY_RATIO: how much less sure a tier is than the one below it.
func Uncertainty(up, down *Errors) Result {
	d := define(UncertaintyUp, nil)
	if up.n == 0 || down.n == 0 {
		return missing(d, NoData, 0, nil)
	}
	below := over(down.squared.rat(), whole(down.n))
	if below.Sign() == 0 {
		return missing(d, ZeroDenominator, min(up.n, down.n), nil)
	}
	r := value(d, new(big.Rat), min(up.n, down.n), nil)
	r.Value = root(over(over(up.squared.rat(), whole(up.n)), below))
	return r
}

// MaxTiers bounds the chain of Amplified.
const MaxTiers = 16

// Amplified is the variance of each tier's orders in units of that of demand, where every tier orders up to the mean of its last p
// periods over its lead time and sees only the orders of the tier below: 1 + 2L/p + 2L²/p² for the first. Over several tiers it is more
// than the product of the single ones, because what a tier orders is no longer independent from period to period.
func Amplified(leadTimes []int, periods int) []quantity.Decimal {
	if periods < 1 || len(leadTimes) > MaxTiers {
		return nil
	}
	weights := []*big.Rat{whole(1)} // of demand p periods apart, in the orders of the tier so far
	var out []quantity.Decimal
	for _, l := range leadTimes {
		share := fraction(int64(l), int64(periods))
		next := make([]*big.Rat, len(weights)+1)
		for i := range next {
			next[i] = new(big.Rat)
		}
		sum := new(big.Rat)
		for i, w := range weights {
			next[i].Add(next[i], times(w, plus(whole(1), share)))
			next[i+1].Sub(next[i+1], times(w, share))
		}
		for _, w := range next {
			sum.Add(sum, square(w))
		}
		weights = next
		out = append(out, decimal(sum))
	}
	return out
}
