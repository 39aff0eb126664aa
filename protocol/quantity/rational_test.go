package quantity

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func TestAFractionRoundsOnce(t *testing.T) {
	for _, c := range []struct {
		num, den int64
		want     string
	}{
		{1, 3, "0.3333333333333333333333333333333333"}, {2, 3, "0.6666666666666666666666666666666667"}, {-1, 8, "-0.125"}, {0, 5, "0"}, {12000, 3, "4000"},
	} {
		d, err := DecimalOf(big.NewRat(c.num, c.den))
		if err != nil || d.String() != c.want {
			t.Errorf("%d/%d is %s, want %s: %v", c.num, c.den, d, c.want, err)
		}
	}
}

func TestFractionsOfQuantitiesAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q, err := Scaled(rapid.Int64Range(-1<<40, 1<<40).Draw(t, "mantissa"), rapid.IntRange(-12, 6).Draw(t, "exponent"))
		if err != nil {
			t.Fatal(err)
		}
		if r := q.Rat(); r.Cmp(q.Decimal().Rat()) != 0 {
			t.Fatalf("%s is %s and %s", q, r, q.Decimal().Rat())
		}
		d, err := DecimalOf(q.Rat())
		if err != nil || d.Cmp(q.Decimal()) != 0 {
			t.Fatalf("%s comes back as %s: %v", q, d, err)
		}
	})
}

func TestPow(t *testing.T) {
	d, err := Of(32).Decimal().Pow(MustParse("0.2").Decimal())
	if err != nil || d.Cmp(Of(2).Decimal()) != 0 {
		t.Errorf("the fifth root of 32 is %s: %v", d, err)
	}
	if _, err := Of(-2).Decimal().Pow(MustParse("0.5").Decimal()); err == nil {
		t.Error("a negative number has a root")
	}
}
