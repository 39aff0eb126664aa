// Package quantity holds the numbers of trade: exact decimals, units of measure and money.
//
// Most callers need Quantity (a decimal of an int64 mantissa and a power of ten), Unit (a code of
// UN/ECE Recommendation 20) and Money (minor units of an ISO 4217 currency). Parse, Of and Scaled make
// quantities; Add, Sub and Mul are exact or fail; Quo answers a Decimal of 34 digits.
//
// Guarantees: a Quantity has exactly one representation, so two equal quantities are equal in Go (==) and
// have equal bytes on the wire. There are no floats, no NaN and no negative zero.
package quantity

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"slices"
	"strconv"
	"strings"
)

// Bounds of a quantity.
const (
	// MaxExponent bounds the power of ten on either side of zero. A mantissa has at most 19 digits, so with
	// 18 places every sum or product of two quantities fits in a few machine words, and a hostile exponent
	// cannot ask for a number of a million digits.
	MaxExponent = 18
	// MaxTextLength bounds the text Parse reads: sign, 19 digits, 18 zeroes, a point and room for leading zeroes.
	MaxTextLength = 64
)

var (
	// ErrOverflow says that an exact result does not fit a mantissa of 63 bits and an exponent of ±18.
	ErrOverflow = errors.New("quantity out of range")
	// ErrDivideByZero is answered by Quo.
	ErrDivideByZero = errors.New("division by zero")
)

// Quantity is mantissa × 10^exponent, without a unit. The zero value is 0. It is comparable: equal numbers are == .
type Quantity struct {
	mantissa int64 // not divisible by ten unless it is zero
	exponent int8  // zero when the mantissa is
}

// Of is the whole number n.
func Of(n int64) Quantity {
	q, err := Scaled(n, 0)
	if err != nil {
		// Only -2^63 is out of range: no count of anything.
		panic("quantity: whole number outside the symmetric range of int64")
	}
	return q
}

// Scaled is mantissa × 10^exponent in its one representation, or ErrOverflow.
func Scaled(mantissa int64, exponent int) (Quantity, error) {
	if mantissa == 0 {
		return Quantity{}, nil
	}
	if mantissa == math.MinInt64 {
		return Quantity{}, fmt.Errorf("mantissa %d: %w", mantissa, ErrOverflow)
	}
	for mantissa%10 == 0 {
		mantissa /= 10
		exponent++
	}
	if exponent < -MaxExponent || exponent > MaxExponent {
		return Quantity{}, fmt.Errorf("exponent %d: %w", exponent, ErrOverflow)
	}
	return Quantity{mantissa, int8(exponent)}, nil
}

func magnitude(m int64) uint64 {
	if m < 0 {
		return uint64(-m)
	}
	return uint64(m)
}

// Parse reads a plain decimal such as "12", "-0.350" or "+7". There is no exponent notation and no digit
// grouping: importers remove what their format adds.
func Parse(s string) (Quantity, error) {
	if len(s) > MaxTextLength {
		return Quantity{}, fmt.Errorf("quantity of %d characters is longer than %d", len(s), MaxTextLength)
	}
	body, negative := s, false
	if body != "" && (body[0] == '-' || body[0] == '+') {
		negative, body = body[0] == '-', body[1:]
	}
	whole, fraction, pointed := strings.Cut(body, ".")
	if whole == "" || (pointed && fraction == "") || strings.Trim(whole, "0123456789") != "" || strings.Trim(fraction, "0123456789") != "" {
		return Quantity{}, fmt.Errorf("malformed quantity %q: want digits with an optional sign and decimal point", s)
	}
	fraction = strings.TrimRight(fraction, "0")
	digits := strings.TrimLeft(whole+fraction, "0")
	exponent := -len(fraction)
	for digits != "" && digits[len(digits)-1] == '0' {
		digits, exponent = digits[:len(digits)-1], exponent+1
	}
	if digits == "" {
		return Quantity{}, nil
	}
	mantissa, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return Quantity{}, fmt.Errorf("quantity %q has more than 18 digits: %w", s, ErrOverflow)
	}
	if negative {
		mantissa = -mantissa
	}
	q, err := Scaled(mantissa, exponent)
	if err != nil {
		return Quantity{}, fmt.Errorf("quantity %q: %w", s, err)
	}
	return q, nil
}

// MustParse is Parse for constants of the program; it panics on a malformed one.
func MustParse(s string) Quantity {
	q, err := Parse(s)
	if err != nil {
		panic("quantity: constant " + err.Error())
	}
	return q
}

// Mantissa and Exponent are the two integers of the wire form.
func (q Quantity) Mantissa() int64 { return q.mantissa }

// Exponent is the power of ten that belongs to Mantissa.
func (q Quantity) Exponent() int { return int(q.exponent) }

// Sign is -1, 0 or 1.
func (q Quantity) Sign() int {
	switch {
	case q.mantissa < 0:
		return -1
	case q.mantissa > 0:
		return 1
	}
	return 0
}

// IsZero reports whether q is 0.
func (q Quantity) IsZero() bool { return q.mantissa == 0 }

// Neg is -q. Mantissas are symmetric, so it cannot overflow.
func (q Quantity) Neg() Quantity { return Quantity{-q.mantissa, q.exponent} }

// Abs is the magnitude of q.
func (q Quantity) Abs() Quantity {
	if q.mantissa < 0 {
		return q.Neg()
	}
	return q
}

// String writes the plain decimal Parse reads, without superfluous zeroes.
func (q Quantity) String() string { return string(q.Append(make([]byte, 0, 40))) }

// Append appends what String writes.
func (q Quantity) Append(b []byte) []byte {
	if q.mantissa < 0 {
		b = append(b, '-')
	}
	whole := len(b)
	b = strconv.AppendUint(b, magnitude(q.mantissa), 10)
	if q.exponent >= 0 {
		return append(b, zeroes[:q.exponent]...)
	}
	digits, decimals := len(b)-whole, -int(q.exponent)
	if digits <= decimals {
		return slices.Insert(b, whole, []byte("0."+zeroes[:decimals-digits])...)
	}
	return slices.Insert(b, len(b)-decimals, '.')
}

const zeroes = "000000000000000000" // MaxExponent of them

// Format writes q with exactly places decimals (half-up, away from zero) and a space between thousands, for people.
func (q Quantity) Format(places int) string {
	r, err := q.Round(places)
	if err != nil {
		return q.String()
	}
	whole, fraction, _ := strings.Cut(r.Abs().String(), ".")
	var b strings.Builder
	if r.mantissa < 0 {
		b.WriteByte('-')
	}
	for i, c := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(c)
	}
	if places > 0 {
		b.WriteString("." + fraction + strings.Repeat("0", max(0, places-len(fraction))))
	}
	return b.String()
}

// At is the integer n with q = n × 10^exponent, and false where q is no whole multiple of that power.
// Calculations over many quantities bring all of them to one exponent this way and work on integers.
func (q Quantity) At(exponent int) (*big.Int, bool) {
	n := big.NewInt(q.mantissa)
	shift := int(q.exponent) - exponent
	if shift < 0 && q.mantissa != 0 {
		return nil, false // the mantissa is not divisible by ten
	}
	if q.mantissa != 0 && shift > 0 {
		n.Mul(n, pow10(shift))
	}
	return n, true
}

// Int64At is At for a result that fits an int64, without an allocation; false also where it does not.
func (q Quantity) Int64At(exponent int) (int64, bool) {
	shift := int(q.exponent) - exponent
	if shift < 0 {
		return 0, q.mantissa == 0
	}
	return shifted(q.mantissa, shift)
}

// FromBig is n × 10^exponent in its one representation, or ErrOverflow.
func FromBig(n *big.Int, exponent int) (Quantity, error) {
	if n.IsInt64() {
		return Scaled(n.Int64(), exponent)
	}
	ten, rest := big.NewInt(10), new(big.Int)
	m := new(big.Int).Set(n)
	for !m.IsInt64() {
		if m.QuoRem(m, ten, rest); rest.Sign() != 0 {
			return Quantity{}, fmt.Errorf("%d digits: %w", len(n.String()), ErrOverflow)
		}
		exponent++
	}
	return Scaled(m.Int64(), exponent)
}

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
