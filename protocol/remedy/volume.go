package remedy

import (
	"math/big"

	"kontor/protocol/calendar"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// volume is how much came, by unit.
type volume map[quantity.Unit]*big.Rat

func (v volume) add(unit quantity.Unit, q *big.Rat) {
	if v[unit] == nil {
		v[unit] = new(big.Rat)
	}
	v[unit].Add(v[unit], q)
}

// in is the volume in a unit; what can't be converted into it is in no volume.
func (v volume) in(unit quantity.Unit) *big.Rat {
	sum := new(big.Rat)
	for u, q := range v {
		if num, den, err := u.Ratio(unit); err == nil {
			sum.Add(sum, new(big.Rat).Mul(q, big.NewRat(num, den)))
		}
	}
	return sum
}

// halfway is the mean of two volumes, unit by unit.
func halfway(x, y volume) volume {
	out := volume{}
	for _, v := range []volume{x, y} {
		for unit, q := range v {
			out.add(unit, new(big.Rat).Quo(q, big.NewRat(2, 1)))
		}
	}
	return out
}

// Before are the reports of the same window a year before.
type Before struct{ Buyer, Seller []performance.Document }

// GrowsFrom is the window a year before, where a rebate of an SLA counts growth from what was reported of it.
func GrowsFrom(d terms.Document, s terms.SLA, period calendar.Bucket) (before calendar.Bucket, counts bool) {
	for _, r := range d.Remedies {
		counts = counts || r.SLA == s.ID && r.LastYear
	}
	return calendar.Bucket{Start: period.Start.AddMonths(-12), End: period.End.AddMonths(-12)}, counts
}

// yearBefore is what came a year before by either side, or where only one reported all of the window by that one: who kept silent then gains nothing by it.
func (c Case) yearBefore(window calendar.Bucket) (buyer, seller volume) {
	b, s := gather(terms.Buyer, c.SLA, window, c.Before.Buyer), gather(terms.Seller, c.SLA, window, c.Before.Seller)
	of := func(own, other reported) volume {
		if !own.whole {
			own, other = other, own
		}
		if !own.whole {
			return nil
		}
		out := volume{}
		for _, x := range own.with(other, c.SLA.Measure) {
			if q := came(x); q != nil && q.Sign() > 0 {
				out.add(x.Unit, q.Rat())
			}
		}
		return out
	}
	return of(b, s), of(s, b)
}

// rebate is the rate of the volume's tier times the charges: of all by ALL_UNITS, which reaches back to the first unit; of each tier's part of the
// volume by MARGINAL. Borders of growth are so much above the reference volume.
func rebate(r terms.Remedy, f figures) *big.Rat {
	came := f.volume.in(r.Unit)
	out := new(big.Rat)
	if came.Sign() <= 0 {
		return out
	}
	reference := new(big.Rat)
	if r.Kind == terms.GrowthRebate {
		if reference = f.before.in(r.Unit); r.Reference != nil {
			reference = r.Reference.Rat()
		}
		if reference.Sign() <= 0 {
			return out // nothing is known of the year before, or nothing came then: it is no growth
		}
	}
	border := func(t terms.VolumeTier) *big.Rat {
		if r.Kind != terms.GrowthRebate {
			return t.From.Rat()
		}
		from := new(big.Rat).Add(t.From.Rat(), big.NewRat(1, 1))
		return from.Mul(from, reference)
	}
	for i, t := range r.Volume {
		if came.Cmp(border(t)) < 0 {
			break
		}
		rate := big.NewRat(t.RatePPM, terms.PPM)
		if r.Basis == terms.AllUnits {
			out.Mul(rate, f.charges)
			continue
		}
		end := came
		if i+1 < len(r.Volume) {
			end = lesser(came, border(r.Volume[i+1]))
		}
		part := new(big.Rat).Sub(end, border(t))
		part.Quo(part, came)
		out.Add(out, part.Mul(part, rate).Mul(part, f.charges))
	}
	return out
}
