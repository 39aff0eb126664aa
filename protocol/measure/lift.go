package measure

import (
	"math/big"

	"kontor/protocol/quantity"
)

// Sale is what one item sold in one period, and what it would have sold without the event where a forecast says so: one that was signed
// before the campaign was proposed, because whoever is paid on lift must not set the baseline afterwards.
type Sale struct {
	Sold      quantity.Quantity  // returns by the week of sale taken off
	Baseline  *quantity.Quantity // nil where no such forecast is there
	Low, High *quantity.Quantity // its lower and upper quantile, with the probability "effect" between them
}

// Role is what an item was said to be, before the event.
type Role string

// Roles of items in an event.
const (
	RolePromoted     Role = "PROMOTED"
	RoleCannibalised Role = "CANNIBALISED"
	RoleHalo         Role = "HALO"
)

// Series is one item at one place around an event.
type Series struct {
	Role   Role
	Before []quantity.Quantity // ordinary periods before the event, without other events
	Event  []Sale
	After  []Sale
}

// Effects puts an event's effects together over the items that were named before it. All sums are signed: adding up only the falls, or only
// the rises, finds an effect in any noise.
type Effects struct {
	Setting Setting

	parts map[string]*effect // by role, and "DIP"
	items int
	ex    excluded
}

// effect is a sum of differences from the baseline with its uncertainty.
type effect struct {
	items, periods       int
	gain, sold, baseline *big.Rat
	variance             *big.Rat // of the gain, items taken to be independent
	low, high            *big.Rat // of the gain by the baseline's own quantiles, all moving together: the wide side
	banded               int      // items with such quantiles
	spread               int      // items with a variance
}

func newEffect() *effect {
	return &effect{gain: new(big.Rat), sold: new(big.Rat), baseline: new(big.Rat), variance: new(big.Rat), low: new(big.Rat), high: new(big.Rat)}
}

const dipPart = "DIP"

func (e *Effects) part(name string) *effect {
	if e.parts == nil {
		e.parts = map[string]*effect{}
	}
	if e.parts[name] == nil {
		e.parts[name] = newEffect()
	}
	return e.parts[name]
}

// Add takes one item. An item without a baseline is left out and counted.
func (e *Effects) Add(s Series) {
	d := define(NetLift, e.Setting)
	if len(s.Event) == 0 {
		e.ex.add(NoData, 1)
		return
	}
	var base *ordinary
	if d.get("baseline") == "MEAN_BEFORE" {
		if len(s.Before) < d.count("periods") {
			e.ex.add(NoBaseline, 1)
			return
		}
		base = meanOf(s.Before)
	}
	if base == nil {
		for _, p := range s.Event {
			if p.Baseline == nil {
				e.ex.add(NoBaseline, 1)
				return
			}
		}
	}
	e.items++
	e.part(string(s.Role)).take(s.Event, base)
	if after := s.After[:min(len(s.After), d.count("dip"))]; s.Role == RolePromoted && len(after) > 0 {
		for _, p := range after {
			if base == nil && p.Baseline == nil {
				return
			}
		}
		e.part(dipPart).take(after, base)
	}
}

// ordinary is the mean of ordinary periods and their sample variance.
type ordinary struct {
	n              int
	mean, variance *big.Rat
}

func meanOf(before []quantity.Quantity) *ordinary {
	var sum, squares total
	for _, q := range before {
		sum.add(q)
		squares.addProduct(q, q)
	}
	n := whole(len(before))
	o := &ordinary{n: len(before), mean: over(sum.rat(), n), variance: new(big.Rat)}
	if len(before) > 1 {
		o.variance = over(minus(squares.rat(), times(n, square(o.mean))), whole(len(before)-1))
	}
	return o
}

// take adds one item's periods. The sum over w periods, measured against the mean of k, has the variance s² (w + w²/k).
func (p *effect) take(periods []Sale, base *ordinary) {
	p.items++
	p.periods += len(periods)
	sold, expected, low, high := total{}, new(big.Rat), new(big.Rat), new(big.Rat)
	banded := base == nil
	for _, s := range periods {
		sold.add(s.Sold)
		if base != nil {
			continue
		}
		expected.Add(expected, s.Baseline.Rat())
		if banded = banded && s.Low != nil && s.High != nil; banded {
			low.Add(low, s.Low.Rat())
			high.Add(high, s.High.Rat())
		}
	}
	w := whole(len(periods))
	if base != nil {
		expected = times(w, base.mean)
		p.variance.Add(p.variance, times(base.variance, plus(w, over(square(w), whole(base.n)))))
		p.spread++
	}
	p.sold.Add(p.sold, sold.rat())
	p.baseline.Add(p.baseline, expected)
	p.gain.Add(p.gain, minus(sold.rat(), expected))
	if banded {
		p.low.Add(p.low, minus(sold.rat(), high))
		p.high.Add(p.high, minus(sold.rat(), low))
		p.banded++
	}
}

// interval of the gain, and whether it excludes 0; nil where nothing tells how far the baseline may be off. The test compares squares.
func (p *effect) interval(d Definition) (*Interval, Verdict) {
	level := levelPPM[d.get("effect")]
	switch {
	case p.spread == p.items:
		z := deviates[d.get("effect")]
		reach := times(z, root(p.variance).Rat())
		v := Noise
		if square(p.gain).Cmp(times(square(z), p.variance)) > 0 {
			v = Distinguishable
		}
		return &Interval{decimal(minus(p.gain, reach)), decimal(plus(p.gain, reach)), level}, v
	case p.banded == p.items:
		v := Noise
		if p.low.Sign() > 0 || p.high.Sign() < 0 {
			v = Distinguishable
		}
		return &Interval{decimal(p.low), decimal(p.high), level}, v
	}
	return nil, TooFewToTell
}

// Result is INCREMENTAL, LIFT, INCREMENTAL_SHARE, CANNIBALISED, HALO, DIP or NET_INCREMENTAL. Its count is of periods of items.
func (e *Effects) Result(code Code) Result {
	d := define(code, e.Setting)
	name := map[Code]string{Cannibalised: string(RoleCannibalised), Halo: string(RoleHalo), Dip: dipPart}[code]
	if name == "" {
		name = string(RolePromoted)
	}
	p := e.parts[name]
	if p == nil {
		why := NoData
		if e.ex[NoBaseline] > 0 {
			why = NoBaseline
		}
		return missing(d, why, 0, e.ex)
	}
	var r Result
	switch code {
	case Incremental, Cannibalised, Halo, Dip:
		r = value(d, p.gain, p.periods, e.ex)
		r.Interval, r.Verdict = p.interval(d)
	case Lift:
		// The lift of no baseline, of a new product, is no number: its units are.
		r = share(d, p.gain, p.baseline, p.periods, e.ex)
		if i, v := p.interval(d); i != nil && r.Measured() && p.baseline.Sign() > 0 {
			r.Interval = &Interval{decimal(over(i.Low.Rat(), p.baseline)), decimal(over(i.High.Rat(), p.baseline)), i.Level}
			r.Verdict = v
		}
	case IncrementShare:
		r = share(d, p.gain, p.sold, p.periods, e.ex)
	case NetLift:
		sum := new(big.Rat).Set(p.gain)
		for _, other := range []string{string(RoleCannibalised), string(RoleHalo), dipPart} {
			if q := e.parts[other]; q != nil {
				if _, v := q.interval(d); v == Distinguishable {
					sum.Add(sum, q.gain)
				}
			}
		}
		r = value(d, sum, p.periods, e.ex)
	default:
		panic("invariant: " + string(code) + " is no measure of an event")
	}
	return r
}

// AgainstControl is CONTROL_LIFT: how much more the stores of the event grew than those without it.
func AgainstControl(testBefore, testDuring, controlBefore, controlDuring quantity.Quantity) Result {
	d := define(ControlLift, nil)
	if testBefore.Sign() <= 0 || controlBefore.Sign() <= 0 || controlDuring.Sign() <= 0 {
		return missing(d, ZeroDenominator, 1, nil)
	}
	grown := over(testDuring.Rat(), testBefore.Rat())
	usual := over(controlDuring.Rat(), controlBefore.Rat())
	return value(d, minus(over(grown, usual), whole(1)), 1, nil)
}

// ReturnOnPromotion is PROMOTION_ROI, of amounts in one currency.
func ReturnOnPromotion(margin, funding quantity.Quantity) Result {
	d := define(PromotionROI, nil)
	if funding.Sign() <= 0 {
		return missing(d, NoFunding, 1, nil)
	}
	return value(d, over(difference(margin, funding), funding.Rat()), 1, nil)
}
