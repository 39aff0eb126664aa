package quantity

import (
	"fmt"
	"math/big"

	"github.com/cockroachdb/apd/v3"
)

// Rat is q as a fraction of integers, for comparisons that may not round.
func (q Quantity) Rat() *big.Rat {
	n := big.NewInt(q.mantissa)
	if q.exponent >= 0 {
		return new(big.Rat).SetInt(n.Mul(n, pow10(int(q.exponent))))
	}
	return new(big.Rat).SetFrac(n, pow10(-int(q.exponent)))
}

// DecimalOf is a fraction at 34 digits, half-even: the one rounding of a calculation that was exact up to here.
func DecimalOf(r *big.Rat) (Decimal, error) {
	var z Decimal
	num := apd.NewWithBigInt(new(apd.BigInt).SetMathBigInt(r.Num()), 0)
	den := apd.NewWithBigInt(new(apd.BigInt).SetMathBigInt(r.Denom()), 0)
	if _, err := arithmetic.Quo(&z.d, num, den); err != nil {
		return Decimal{}, fmt.Errorf("%s at %d digits: %w", r.RatString(), Digits, err)
	}
	z.d.Reduce(&z.d)
	return z, nil
}

// Rat is d as a fraction of integers, exactly.
func (d Decimal) Rat() *big.Rat {
	n := d.d.Coeff.MathBigInt()
	if d.d.Negative {
		n.Neg(n)
	}
	if e := int(d.d.Exponent); e < 0 {
		return new(big.Rat).SetFrac(n, pow10(-e))
	}
	return new(big.Rat).SetInt(n.Mul(n, pow10(int(d.d.Exponent))))
}

// Pow is d to the power of e at 34 digits, half-even. A negative number has only whole powers, zero only positive ones.
func (d Decimal) Pow(e Decimal) (Decimal, error) {
	var z Decimal
	if _, err := arithmetic.Pow(&z.d, &d.d, &e.d); err != nil {
		return Decimal{}, fmt.Errorf("%s to the power of %s: %w", &d.d, &e.d, err)
	}
	return z, nil
}
