package remedy

import (
	"math/big"
	"slices"

	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// alike tells whether two sides' amounts are the same within the tolerance of amounts.
func (s sides) alike(a, b []Amount) bool {
	return slices.EqualFunc(a, b, func(x, y Amount) bool { return x.Remedy == y.Remedy && near(x.Amount, y.Amount, s.SLA.Petty) })
}

// near is the tolerance of two amounts: one minor unit (practice T20), or what the clause says (practice T7), or, where it says nothing, half a percent of the
// greater.
func near(a, b quantity.Money, clause *quantity.Money) bool {
	diff, most := a.Minor-b.Minor, max(a.Minor, b.Minor)/200
	if clause != nil {
		most = clause.Minor
	}
	return max(diff, -diff) <= max(1, most)
}

// remedies are those of the SLA that a window brings by itself, in order.
func (s sides) remedies() (out []terms.Remedy) {
	for _, r := range s.Terms.Remedies {
		if r.SLA == s.SLA.ID && r.Kind != terms.LineDown && r.Kind != terms.Expedite {
			out = append(out, r)
		}
	}
	return out
}

func (s sides) money(exact *big.Rat) *quantity.Money {
	m, err := s.Terms.Money(exact)
	if err != nil {
		return nil
	}
	return &m
}

// major is an amount in the currency's major unit.
func major(m quantity.Money) *big.Rat {
	digits := max(m.Currency.Digits(), 0)
	den := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)
	return new(big.Rat).SetFrac(big.NewInt(m.Minor), den)
}

// gradeC tells whether a remedy speaks on figures recorded for a partner without a node.
func gradeC(r terms.Remedy, f figures) bool { return r.GradeC || !f.gradeC }

// amounts are what the remedies come to at a value; nil: as if it were missed as far as can be.
func (s sides) amounts(value *big.Rat, f figures) (out []Amount) {
	for _, r := range s.remedies() {
		share := s.share(r, value)
		if share == 0 || !gradeC(r, f) || !r.Kind.Rebate() && value != nil && s.met(value) {
			continue
		}
		a := Amount{Remedy: r.ID, Kind: r.Kind, SharePPM: share, Amount: quantity.Money{Currency: s.Terms.Currency}}
		exact := formula(r, share, f)
		if r.Kind.Rebate() && exact.Sign() == 0 {
			continue
		}
		if exact != nil {
			if m := s.money(exact); m != nil {
				a.Amount = *m
			}
		}
		if r.Kind == terms.Credit {
			a.Limit = s.money(new(big.Rat).Mul(f.charges, big.NewRat(r.AtRiskPPM, terms.PPM)))
		}
		out = append(out, a)
	}
	return out
}

// share is the part of a remedy that a value reaches, ppm.
func (s sides) share(r terms.Remedy, value *big.Rat) int64 {
	if len(r.Tiers) == 0 {
		return terms.PPM
	}
	if value == nil {
		return r.Tiers[len(r.Tiers)-1].SharePPM
	}
	reached := int64(0)
	for _, t := range r.Tiers {
		if c := value.Cmp(t.Beyond.Rat()); c != 0 && (c > 0) == s.SLA.AtMost {
			reached = t.SharePPM
		}
	}
	return reached
}

// formula is what a remedy comes to, exactly; nil of one that moves no money.
func formula(r terms.Remedy, share int64, f figures) *big.Rat {
	ppm := func(n int64) *big.Rat { return big.NewRat(n, terms.PPM) }
	var v *big.Rat
	switch r.Kind {
	case terms.Credit: // A × B × C × charges
		v = new(big.Rat).Mul(ppm(r.PoolPPM), ppm(r.AllocationPPM))
		v.Mul(v, ppm(r.AtRiskPPM)).Mul(v, f.charges)
	case terms.CaseFine:
		v = new(big.Rat).Mul(ppm(r.RatePPM), f.failing)
	case terms.ServiceRebate:
		v = new(big.Rat).Mul(ppm(r.RatePPM), f.charges)
	case terms.Flat:
		v = major(*r.Amount)
	case terms.VolumeRebate, terms.GrowthRebate:
		v = rebate(r, f)
	default:
		return nil
	}
	return v.Mul(v, ppm(share))
}

// Triggered lists the remedies of a result that are due or held, for screens.
func (r Result) Triggered() []Amount {
	return slices.DeleteFunc(slices.Clone(r.Amounts), func(a Amount) bool { return a.Kind.Money() && a.Amount.Minor == 0 })
}
