package capacity

import (
	"errors"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/quantity"
)

// A figure of more digits than a quantity holds is shown with those that fit, cut towards zero; one too large for any quantity is an error that names
// the overflow and no panic, however many digits a hostile document drives it to.
func TestFiguresOfManyDigitsAreShownWithThoseThatFit(t *testing.T) {
	for _, c := range []struct {
		digits string
		scale  int
		want   string // "" is an overflow
	}{
		{"9223372036854775807", 0, "9223372036854775807"},
		{"9223372036854775808", 0, "9223372036854775800"},   // the first that does not fit
		{"-9223372036854775808", 0, "-9223372036854775800"}, // whose magnitude does not fit either
		{"99999999999999999999", 0, "99999999999999999990"[:18] + "00"},
		{"12345678901234567890123", -3, "12345678901234567890"},
		{strings.Repeat("9", 43), -24, "9999999999999999990"},
		{"123456789", -24, "0.000000000000000123"}, // nothing is shown below the smallest place
		{"123", -24, "0"},
		{strings.Repeat("9", 42), 0, ""},
		{"1", 25, ""},
		{strings.Repeat("9", 400), 0, ""},
		{strings.Repeat("7", 400), -24, ""},
	} {
		n, ok := new(big.Int).SetString(c.digits, 10)
		if !ok {
			t.Fatal(c.digits)
		}
		got, err := toQuantity(n, c.scale)
		if c.want == "" {
			if !errors.Is(err, quantity.ErrOverflow) {
				t.Errorf("%s e%d is %s, %v; want an overflow", c.digits, c.scale, got, err)
			}
			continue
		}
		if err != nil || got.String() != c.want {
			t.Errorf("%s e%d is %s, %v; want %s", c.digits, c.scale, got, err, c.want)
		}
	}
}

// What is shown lies between zero and the exact figure, and within one part in 10^17 of it, or less than the smallest place away.
func TestACutFigureIsCloseToTheExactOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.StringMatching(`[1-9][0-9]{17,45}`).Draw(t, "digits")
		n, _ := new(big.Int).SetString(digits, 10)
		if rapid.Bool().Draw(t, "negative") {
			n.Neg(n)
		}
		got, err := toQuantity(n, -24)
		if err != nil {
			if errors.Is(err, quantity.ErrOverflow) && len(digits) > 43 {
				return // its exponent is past that of any quantity
			}
			t.Fatalf("%s e-24: %v", n, err)
		}
		exact := new(big.Rat).SetFrac(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(24), nil))
		lost := new(big.Rat).Sub(exact, got.Rat())
		if lost.Sign() != 0 && lost.Sign() != exact.Sign() {
			t.Fatalf("%s e-24 grew to %s", n, got)
		}
		if new(big.Rat).Abs(lost).Cmp(new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Exp(big.NewInt(10), big.NewInt(quantity.MaxExponent), nil))) < 0 {
			return
		}
		share := lost.Quo(lost, exact)
		if share.Mul(share, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(17), nil))).Cmp(big.NewRat(1, 1)) > 0 {
			t.Fatalf("%s e-24 is shown as %s", n, got)
		}
	})
}
