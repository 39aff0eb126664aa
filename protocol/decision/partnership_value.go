package decision

import (
	"fmt"
	"math/big"
	"strings"

	"kontor/protocol/block"
	"kontor/protocol/quantity"
)

// ValueBasis is what one side states about one option: what a unit short or over costs it, and what the option
// itself costs it, in major units of the currency of the materiality.
type ValueBasis struct {
	PerUnitShort quantity.Quantity `cbor:"per_unit_short" json:"per_unit_short"`
	PerUnitOver  quantity.Quantity `cbor:"per_unit_over" json:"per_unit_over"`
	ExtraCost    quantity.Quantity `cbor:"extra_cost" json:"extra_cost"`
}

// Expectation is the outcome of an option in units, from the match both nodes compute.
type Expectation struct {
	Short quantity.Quantity `cbor:"short" json:"short"` // expected units not delivered in time
	Over  quantity.Quantity `cbor:"over" json:"over"`   // expected units too many
}

// SideBasis is one side's statement, with the word the arithmetic calls it by: "buyer", "seller".
type SideBasis struct {
	Company block.CID
	Label   string
	Basis   ValueBasis
}

// ValueInput is everything the computed Partnership Value of one option depends on.
type ValueInput struct {
	Option      string
	Zero        Expectation // option 0: what happens by itself
	With        Expectation // with the option
	Sides       []SideBasis // every party, in the order of the lines
	Materiality quantity.Money
}

// SideGain is one side's part of the pie.
type SideGain struct {
	Company  block.CID `cbor:"company" json:"company"`
	Label    string    `cbor:"label" json:"label"`
	Gain     string    `cbor:"gain" json:"gain"`                               // exact decimal, may be negative
	SharePPM *int64    `cbor:"share_ppm,omitempty" json:"share_ppm,omitempty"` // of the joint gain or loss, for people; absent when that is zero
}

// Arithmetic is a computed Partnership Value with the way to it, ready to be shown.
type Arithmetic struct {
	Option      string         `cbor:"option" json:"option"`
	Sides       []SideGain     `cbor:"sides" json:"sides"`
	Delta       string         `cbor:"delta" json:"delta"` // joint gain, exact decimal
	Materiality quantity.Money `cbor:"materiality" json:"materiality"`
	Unfair      bool           `cbor:"unfair" json:"unfair"` // a side's share is below 30 %: two points less
	Value       int64          `cbor:"value" json:"value"`   // 0..10
	Lines       []string       `cbor:"lines" json:"lines"`
}

// Partnership computes the Partnership Value: 5 + 5 × delta / M, clamped to 0..10, half-up; two less when one side's
// share of the joint gain is below 30 % (lenses.md). Of a joint loss the shares are shares of the loss; one side
// carrying all of it is 0. When the joint result is unchanged but one side loses what the other wins, two points go
// as well. With more than two sides the line is 60 % of an equal share, which is 30 % for two.
func Partnership(in ValueInput) (Arithmetic, error) {
	a := Arithmetic{Option: in.Option, Materiality: in.Materiality}
	digits := in.Materiality.Currency.Digits()
	if in.Materiality.Minor <= 0 || digits < 0 {
		return Arithmetic{}, fmt.Errorf("compute Partnership Value: materiality %s must be positive money", in.Materiality)
	}
	if len(in.Sides) < 2 {
		return Arithmetic{}, fmt.Errorf("compute Partnership Value of option %q: %d sides stated a value basis, not two or more", in.Option, len(in.Sides))
	}
	m := new(big.Rat).SetFrac(big.NewInt(in.Materiality.Minor), pow10(digits))
	saved := new(big.Rat).Sub(rat(in.Zero.Short), rat(in.With.Short))
	trimmed := new(big.Rat).Sub(rat(in.Zero.Over), rat(in.With.Over))
	a.line("expected short %s without, %s with the option: %s", in.Zero.Short, in.With.Short, fewer(saved))
	a.line("expected over %s without, %s with the option: %s", in.Zero.Over, in.With.Over, fewer(trimmed))

	delta := new(big.Rat)
	gains := make([]*big.Rat, len(in.Sides))
	for i, side := range in.Sides {
		gain := new(big.Rat).Mul(saved, rat(side.Basis.PerUnitShort))
		gain.Add(gain, new(big.Rat).Mul(trimmed, rat(side.Basis.PerUnitOver)))
		gain.Sub(gain, rat(side.Basis.ExtraCost))
		gains[i] = gain
		delta.Add(delta, gain)
		a.line("%s: %s x %s + %s x %s - %s = %s %s", side.Label, decimal(saved), side.Basis.PerUnitShort, decimal(trimmed),
			side.Basis.PerUnitOver, side.Basis.ExtraCost, decimal(gain), in.Materiality.Currency)
	}
	a.Delta = decimal(delta)
	a.line("joint gain %s %s, materiality %s %s", a.Delta, in.Materiality.Currency, decimal(m), in.Materiality.Currency)

	raw := new(big.Rat).Quo(new(big.Rat).Mul(big.NewRat(Neutral, 1), delta), m)
	raw.Add(raw, big.NewRat(Neutral, 1))
	a.Value = clamp(raw)
	a.line("5 + 5 x %s / %s = %s, clamped to 0..10 and rounded half-up: %d", a.Delta, decimal(m), approx(raw, 4), a.Value)
	a.split(in.Sides, gains, delta)
	return a, nil
}

// fewer says a difference in words.
func fewer(units *big.Rat) string {
	if units.Sign() < 0 {
		return decimal(new(big.Rat).Neg(units)) + " more"
	}
	return decimal(units) + " fewer"
}

// split judges the shares of the sides and takes the points off.
func (a *Arithmetic) split(sides []SideBasis, gains []*big.Rat, delta *big.Rat) {
	least := big.NewRat(3, int64(5*len(sides)))
	carriesAll := delta.Sign() < 0
	losers := 0
	words := make([]string, 0, len(sides))
	for i, side := range sides {
		g := SideGain{Company: side.Company, Label: side.Label, Gain: decimal(gains[i])}
		if gains[i].Sign() < 0 {
			losers++
		}
		if delta.Sign() != 0 {
			share := new(big.Rat).Quo(gains[i], delta)
			if share.Cmp(least) < 0 {
				a.Unfair = true
			}
			g.SharePPM = ppm(share)
			words = append(words, fmt.Sprintf("%s %s %%", side.Label, approx(new(big.Rat).Mul(share, big.NewRat(100, 1)), 1)))
		} else if gains[i].Sign() < 0 {
			a.Unfair = true
		}
		a.Sides = append(a.Sides, g)
	}
	switch {
	case delta.Sign() > 0:
		a.line("shares of the gain: %s", strings.Join(words, ", "))
	case delta.Sign() < 0:
		a.line("shares of the loss: %s", strings.Join(words, ", "))
	}
	switch {
	case carriesAll && losers == 1:
		a.Value = 0
		a.line("one side carries the whole loss: 0")
	case a.Unfair:
		a.Value = max(0, a.Value-2)
		a.line("a side's share is below %s %%: minus 2", approx(new(big.Rat).Mul(least, big.NewRat(100, 1)), 0))
	}
	a.line("Partnership Value %d", a.Value)
}

func (a *Arithmetic) line(format string, args ...any) {
	a.Lines = append(a.Lines, fmt.Sprintf(format, args...))
}

// clamp is r rounded half-up and held in 0..10.
func clamp(r *big.Rat) int64 {
	sum := new(big.Rat).Add(r, big.NewRat(1, 2))
	floor := new(big.Int).Div(sum.Num(), sum.Denom()) // Div is Euclidean: with a positive divisor it is the floor
	switch {
	case floor.Sign() < 0:
		return 0
	case floor.Cmp(big.NewInt(MaxPoints)) > 0:
		return MaxPoints
	}
	return floor.Int64()
}

// ppm is r in parts per million, half-up, or nil when it would not fit: then nobody would read it either.
func ppm(r *big.Rat) *int64 {
	scaled := new(big.Rat).Mul(r, big.NewRat(1_000_000, 1))
	scaled.Add(scaled, big.NewRat(1, 2))
	floor := new(big.Int).Div(scaled.Num(), scaled.Denom())
	if !floor.IsInt64() {
		return nil
	}
	n := floor.Int64()
	return &n
}

func rat(q quantity.Quantity) *big.Rat {
	m := big.NewInt(q.Mantissa())
	if e := q.Exponent(); e >= 0 {
		return new(big.Rat).SetInt(m.Mul(m, pow10(e)))
	} else {
		return new(big.Rat).SetFrac(m, pow10(-e))
	}
}

func pow10(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// decimal writes a rational that is a finite decimal exactly, without trailing zeroes. Sums and products of
// quantities always are: at most 36 places.
func decimal(r *big.Rat) string { return trimZeroes(r.FloatString(2 * quantity.MaxExponent)) }

// approx writes a rational with at most the given places, half away from zero, for people.
func approx(r *big.Rat, places int) string { return trimZeroes(r.FloatString(places)) }

func trimZeroes(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	if s == "-0" {
		return "0"
	}
	return s
}
