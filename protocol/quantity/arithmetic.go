package quantity

import (
	"cmp"
	"math"
	"math/big"
	"math/bits"
)

// Sum adds exactly, or answers ErrOverflow.
func Sum(all ...Quantity) (Quantity, error) {
	var total Quantity
	for _, q := range all {
		var err error
		if total, err = total.Add(q); err != nil {
			return Quantity{}, err
		}
	}
	return total, nil
}

// Add is q + r, exactly, or ErrOverflow.
func (q Quantity) Add(r Quantity) (Quantity, error) {
	if q.exponent == r.exponent {
		sum := q.mantissa + r.mantissa
		if (sum > q.mantissa) == (r.mantissa > 0) {
			return Scaled(sum, int(q.exponent))
		}
	}
	e := min(q.exponent, r.exponent)
	if q.IsZero() {
		return r, nil
	}
	if r.IsZero() {
		return q, nil
	}
	m, fits := shifted(q.mantissa, int(q.exponent-e))
	n, alsoFits := shifted(r.mantissa, int(r.exponent-e))
	if sum := m + n; fits && alsoFits && (sum > m) == (n > 0) {
		return Scaled(sum, int(e))
	}
	a, _ := q.At(int(e))
	b, _ := r.At(int(e))
	return FromBig(a.Add(a, b), int(e))
}

// Sub is q - r, exactly, or ErrOverflow.
func (q Quantity) Sub(r Quantity) (Quantity, error) { return q.Add(r.Neg()) }

// Mul is q × r, exactly, or ErrOverflow.
func (q Quantity) Mul(r Quantity) (Quantity, error) {
	e := int(q.exponent) + int(r.exponent)
	hi, lo := bits.Mul64(magnitude(q.mantissa), magnitude(r.mantissa))
	if hi == 0 && lo <= math.MaxInt64 {
		m := int64(lo)
		if (q.mantissa < 0) != (r.mantissa < 0) {
			m = -m
		}
		return Scaled(m, e)
	}
	return FromBig(new(big.Int).Mul(big.NewInt(q.mantissa), big.NewInt(r.mantissa)), e)
}

// Cmp is -1, 0 or 1 as q is below, equal to or above r. It never overflows.
func (q Quantity) Cmp(r Quantity) int {
	switch s, t := q.Sign(), r.Sign(); {
	case s < t:
		return -1
	case s > t:
		return 1
	case s == 0:
		return 0
	}
	if q.exponent == r.exponent {
		switch {
		case q.mantissa < r.mantissa:
			return -1
		case q.mantissa > r.mantissa:
			return 1
		}
		return 0
	}
	// Bring the coarser one to the finer exponent; where it no longer fits 64 bits its magnitude is the larger.
	if q.exponent > r.exponent {
		m, fits := shifted(q.mantissa, int(q.exponent-r.exponent))
		if !fits {
			return q.Sign()
		}
		return cmp.Compare(m, r.mantissa)
	}
	m, fits := shifted(r.mantissa, int(r.exponent-q.exponent))
	if !fits {
		return -q.Sign()
	}
	return cmp.Compare(q.mantissa, m)
}

// shifted is m × 10^places, and false where that does not fit an int64.
func shifted(m int64, places int) (int64, bool) {
	if places >= len(smallPowers) {
		return 0, m == 0
	}
	hi, lo := bits.Mul64(magnitude(m), smallPowers[places])
	if hi != 0 || lo > math.MaxInt64 {
		return 0, false
	}
	if m < 0 {
		return -int64(lo), true
	}
	return int64(lo), true
}

var smallPowers = func() (p [19]uint64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = 10 * p[i-1]
	}
	return p
}()

// Less reports q < r.
func (q Quantity) Less(r Quantity) bool { return q.Cmp(r) < 0 }

// Round keeps the given number of decimal places (negative: tens, hundreds), half-up away from zero: the
// default rounding of contract clauses.
func (q Quantity) Round(places int) (Quantity, error) {
	if q.mantissa == 0 || int(q.exponent) >= -places {
		return q, nil
	}
	cut := -places - int(q.exponent) // digits to drop, at least one
	if cut > 19 {
		return Quantity{}, nil
	}
	half := pow10(cut)
	n := new(big.Int).SetUint64(magnitude(q.mantissa))
	n.Add(n.Lsh(n, 1), half)
	n.Quo(n, new(big.Int).Lsh(half, 1))
	if q.mantissa < 0 {
		n.Neg(n)
	}
	return FromBig(n, -places)
}

// powers of ten used again and again; read only.
var powers = func() (p [64]*big.Int) {
	for i := range p {
		p[i] = new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(i)), nil)
	}
	return p
}()

func pow10(n int) *big.Int {
	if n < len(powers) {
		return powers[n]
	}
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}
