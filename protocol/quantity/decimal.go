package quantity

import (
	"fmt"
	"math/big"

	"github.com/cockroachdb/apd/v3"
)

// Digits is the precision of quotients and roots (PROTOCOL 1): enough that no rounding of money or quantities
// ever depends on the last one, and the same on every node.
const Digits = 34

var arithmetic = apd.Context{
	Precision:   Digits,
	Rounding:    apd.RoundHalfEven,
	MaxExponent: 6144,
	MinExponent: -6143,
	Traps:       apd.DefaultTraps,
}

// Decimal is the result of a quotient or a root: 34 digits, rounded half-even. It is for calculation on the
// way to a Quantity (Round) or a comparison (Cmp) and never travels.
type Decimal struct{ d apd.Decimal }

// Decimal is q as the start of a longer calculation.
func (q Quantity) Decimal() Decimal {
	return Decimal{*apd.New(q.mantissa, int32(q.exponent))}
}

// Quo is q / r at 34 digits, half-even.
func (q Quantity) Quo(r Quantity) (Decimal, error) {
	return q.Decimal().Quo(r.Decimal())
}

// Quo is d / e at 34 digits, half-even.
func (d Decimal) Quo(e Decimal) (Decimal, error) {
	if e.d.IsZero() {
		return Decimal{}, ErrDivideByZero
	}
	return d.with(&e, arithmetic.Quo)
}

// Mul is d × e at 34 digits, half-even.
func (d Decimal) Mul(e Decimal) (Decimal, error) { return d.with(&e, arithmetic.Mul) }

// Add is d + e at 34 digits, half-even.
func (d Decimal) Add(e Decimal) (Decimal, error) { return d.with(&e, arithmetic.Add) }

// Sub is d - e at 34 digits, half-even.
func (d Decimal) Sub(e Decimal) (Decimal, error) { return d.with(&e, arithmetic.Sub) }

func (d Decimal) with(e *Decimal, op func(z, x, y *apd.Decimal) (apd.Condition, error)) (Decimal, error) {
	var z Decimal
	if _, err := op(&z.d, &d.d, &e.d); err != nil {
		return Decimal{}, fmt.Errorf("%s with %s: %w", &d.d, &e.d, err)
	}
	return z, nil
}

// Sqrt is the square root at 34 digits, half-even; negative numbers have none.
func (d Decimal) Sqrt() (Decimal, error) {
	if d.d.Sign() < 0 {
		return Decimal{}, fmt.Errorf("square root of %s: %w", &d.d, ErrOverflow)
	}
	var z Decimal
	if _, err := arithmetic.Sqrt(&z.d, &d.d); err != nil {
		return Decimal{}, fmt.Errorf("square root of %s: %w", &d.d, err)
	}
	return z, nil
}

// Cmp is -1, 0 or 1.
func (d Decimal) Cmp(e Decimal) int { return d.d.Cmp(&e.d) }

// String writes the decimal in plain notation.
func (d Decimal) String() string { return d.d.Text('f') }

// Round is d with the given number of decimal places, half-up away from zero, or ErrOverflow.
func (d Decimal) Round(places int) (Quantity, error) {
	if places < -MaxExponent || places > MaxExponent {
		return Quantity{}, fmt.Errorf("round to %d places: %w", places, ErrOverflow)
	}
	if d.d.Exponent > 64 || d.d.NumDigits()+int64(d.d.Exponent) > 40 {
		return Quantity{}, fmt.Errorf("round %s: %w", d.d.Text('e'), ErrOverflow)
	}
	n := new(big.Int)
	if _, ok := n.SetString(d.d.Coeff.String(), 10); !ok {
		return Quantity{}, fmt.Errorf("round %s: %w", &d.d, ErrOverflow)
	}
	switch shift := int(d.d.Exponent) + places; {
	case shift >= 0:
		n.Mul(n, pow10(shift))
	case -shift > 2*Digits+MaxExponent:
		return Quantity{}, nil
	default:
		unit := pow10(-shift)
		n.Add(n.Lsh(n, 1), unit)
		n.Quo(n, new(big.Int).Lsh(unit, 1))
	}
	if d.d.Negative {
		n.Neg(n)
	}
	return FromBig(n, -places)
}
