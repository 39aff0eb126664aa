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
	"errors"
	"fmt"
	"math"
	"math/big"
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
