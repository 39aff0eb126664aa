package measure

import (
	"math/big"

	"kontor/protocol/quantity"
)

// total is an exact sum of quantities. It stays in machine words while it fits and spills into a fraction when it does not.
type total struct {
	small quantity.Quantity
	spill *big.Rat
}

func (t *total) add(q quantity.Quantity) {
	sum, err := t.small.Add(q)
	if err == nil {
		t.small = sum
		return
	}
	t.addRat(t.small.Rat())
	t.small = q
}

func (t *total) addRat(r *big.Rat) {
	if t.spill == nil {
		t.spill = new(big.Rat)
	}
	t.spill.Add(t.spill, r)
}

// addProduct adds q × r, exactly.
func (t *total) addProduct(q, r quantity.Quantity) {
	if p, err := q.Mul(r); err == nil {
		t.add(p)
		return
	}
	t.addRat(times(q.Rat(), r.Rat()))
}

func (t *total) join(o total) {
	t.add(o.small)
	if o.spill != nil {
		t.addRat(o.spill)
	}
}

func (t total) rat() *big.Rat {
	r := t.small.Rat()
	if t.spill != nil {
		r.Add(r, t.spill)
	}
	return r
}

// termPlaces are the decimals that a quotient keeps before it is added to others.
const termPlaces = quantity.Digits

var termScale = new(big.Int).Exp(big.NewInt(10), big.NewInt(termPlaces), nil)

// terms is a sum of quotients. Each is rounded to 34 decimals, half-even; their sum is exact and therefore the same in any order.
type terms struct {
	sum   big.Int // of terms with a fraction, in units of 10^-34
	whole int64   // of terms without: shares are mostly 0 or 1
	count int
}

// maxWholeTerm keeps the sum of a billion whole terms in a machine word.
const maxWholeTerm = 1 << 31

func (t *terms) add(r *big.Rat) {
	if n := r.Num(); r.IsInt() && n.IsInt64() && n.Int64() < maxWholeTerm && n.Int64() > -maxWholeTerm {
		t.whole += n.Int64()
		t.count++
		return
	}
	n := new(big.Int).Mul(r.Num(), termScale)
	rest := new(big.Int)
	n.QuoRem(n, r.Denom(), rest)
	half := rest.Abs(rest).Lsh(rest, 1).Cmp(r.Denom())
	if half > 0 || half == 0 && n.Bit(0) == 1 {
		n.Add(n, big.NewInt(int64(r.Sign())))
	}
	t.sum.Add(&t.sum, n)
	t.count++
}

func (t *terms) join(o *terms) {
	t.sum.Add(&t.sum, &o.sum)
	t.whole += o.whole
	t.count += o.count
}

// mean is the mean term; there must be one.
func (t *terms) mean() *big.Rat {
	sum := new(big.Int).Mul(big.NewInt(t.whole), termScale)
	return new(big.Rat).SetFrac(sum.Add(sum, &t.sum), new(big.Int).Mul(termScale, big.NewInt(int64(t.count))))
}

func whole(n int) *big.Rat               { return new(big.Rat).SetInt64(int64(n)) }
func fraction(num, den int64) *big.Rat   { return big.NewRat(num, den) }
func times(a, b *big.Rat) *big.Rat       { return new(big.Rat).Mul(a, b) }
func over(a, b *big.Rat) *big.Rat        { return new(big.Rat).Quo(a, b) }
func plus(a, b *big.Rat) *big.Rat        { return new(big.Rat).Add(a, b) }
func minus(a, b *big.Rat) *big.Rat       { return new(big.Rat).Sub(a, b) }
func square(a *big.Rat) *big.Rat         { return new(big.Rat).Mul(a, a) }
func atLeast(a, floor *big.Rat) *big.Rat { return bounded(a, floor, nil) }

// bounded is a, moved up to low or down to high; a nil bound is none.
func bounded(a, low, high *big.Rat) *big.Rat {
	switch {
	case low != nil && a.Cmp(low) < 0:
		return low
	case high != nil && a.Cmp(high) > 0:
		return high
	}
	return a
}

// difference is a - b as a quantity where that fits, else as a fraction; sums take either.
func difference(a, b quantity.Quantity) *big.Rat { return minus(a.Rat(), b.Rat()) }

// decimal rounds a fraction once. Fractions made of bounded quantities always fit.
func decimal(r *big.Rat) quantity.Decimal {
	d, err := quantity.DecimalOf(r)
	if err != nil {
		panic("invariant: sums of bounded quantities fit 34 digits and an exponent of four: " + err.Error())
	}
	return d
}

// root is the square root of a fraction that is not negative: the fraction at 34 digits, then its root at 34 digits.
func root(r *big.Rat) quantity.Decimal {
	d, err := decimal(r).Sqrt()
	if err != nil {
		panic("invariant: a square is not negative: " + err.Error())
	}
	return d
}

// PPM is one whole in parts per million, the unit of probabilities and shares.
const PPM = 1_000_000

func ppm(n int64) *big.Rat { return big.NewRat(n, PPM) }
