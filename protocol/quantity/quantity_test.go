package quantity

import (
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		text, want         string
		mantissa, exponent int64
	}{
		{"0", "0", 0, 0}, {"-0.000", "0", 0, 0}, {"12", "12", 12, 0}, {"1200", "1200", 12, 2}, {"+7.50", "7.5", 75, -1},
		{"-0.018000", "-0.018", -18, -3}, {"0.000000000000000001", "0.000000000000000001", 1, -18},
		{"9223372036854775807", "9223372036854775807", math.MaxInt64, 0}, {"5000000000000000000", "5000000000000000000", 5, 18},
	} {
		q, err := Parse(c.text)
		if err != nil || q.String() != c.want || q.Mantissa() != c.mantissa || q.Exponent() != int(c.exponent) {
			t.Errorf("Parse(%q) = %s [%d, %d], %v", c.text, q, q.mantissa, q.exponent, err)
		}
	}
	for _, s := range []string{"", "-", ".5", "5.", "1e3", "1,5", "1 000", "NaN", "Inf", "0x10", "--1", "9223372036854775808", "0.0000000000000000001", strings.Repeat("1", 80)} {
		if q, err := Parse(s); err == nil || q != (Quantity{}) {
			t.Errorf("Parse(%q) = %s, %v; want an error", s, q, err)
		}
	}
}

func TestOverflowIsAnError(t *testing.T) {
	big := MustParse("9223372036854775807")
	if _, err := big.Add(Of(1)); !errors.Is(err, ErrOverflow) {
		t.Errorf("2^63-1 plus 1: %v", err)
	}
	if _, err := big.Mul(Of(3)); !errors.Is(err, ErrOverflow) {
		t.Errorf("2^63-1 times 3: %v", err)
	}
	// 9223372036854775807 + 3 = 9223372036854775810 has a trailing zero and fits again.
	if q, err := big.Add(Of(3)); err != nil || q.String() != "9223372036854775810" {
		t.Errorf("2^63-1 plus 3 = %s, %v", q, err)
	}
	if _, err := Of(1).Add(MustParse("0.000000000000000001")); err != nil {
		t.Errorf("18 places fit: %v", err)
	}
	if _, err := Scaled(math.MinInt64, 0); !errors.Is(err, ErrOverflow) {
		t.Errorf("-2^63: %v", err)
	}
	if _, err := Scaled(1, 19); !errors.Is(err, ErrOverflow) {
		t.Errorf("10^19: %v", err)
	}
}

// Practice T20: half-up away from zero.
func TestRound(t *testing.T) {
	for _, c := range []struct {
		text   string
		places int
		want   string
	}{
		{"2.345", 2, "2.35"}, {"-2.345", 2, "-2.35"}, {"2.3449", 2, "2.34"}, {"0.5", 0, "1"}, {"-0.5", 0, "-1"},
		{"0.49", 0, "0"}, {"1250", -2, "1300"}, {"49", -2, "0"}, {"7", 3, "7"}, {"0.000000000000000001", -18, "0"},
	} {
		if got, err := MustParse(c.text).Round(c.places); err != nil || got.String() != c.want {
			t.Errorf("%s rounded to %d places is %s, %v; want %s", c.text, c.places, got, err, c.want)
		}
	}
}

func TestQuoHas34DigitsHalfEven(t *testing.T) {
	d, err := Of(2).Quo(Of(3))
	if err != nil || d.String() != "0."+strings.Repeat("6", 33)+"7" {
		t.Errorf("2/3 = %s, %v", d, err)
	}
	if _, err := Of(1).Quo(Of(0)); !errors.Is(err, ErrDivideByZero) {
		t.Errorf("1/0: %v", err)
	}
	if q, err := d.Round(4); err != nil || q.String() != "0.6667" {
		t.Errorf("2/3 to four places = %s, %v", q, err)
	}
	r, err := Of(2).Decimal().Sqrt()
	if err != nil || r.String() != "1.414213562373095048801688724209698" {
		t.Errorf("square root of 2 = %s, %v", r, err)
	}
}

func TestFormat(t *testing.T) {
	for text, want := range map[string]string{"1204.5": "1 204.50", "-1000000": "-1 000 000.00", "0.005": "0.01", "-0.4": "-0.40", "0": "0.00"} {
		if got := MustParse(text).Format(2); got != want {
			t.Errorf("%s prints as %q, want %q", text, got, want)
		}
	}
}

func quantities() *rapid.Generator[Quantity] {
	return rapid.Custom(func(t *rapid.T) Quantity {
		q, err := Scaled(rapid.Int64Range(-math.MaxInt64, math.MaxInt64).Draw(t, "mantissa")/rapid.SampledFrom([]int64{1, 1e6, 1e12, 1e18}).Draw(t, "size"), rapid.IntRange(-18, 0).Draw(t, "exponent"))
		if err != nil {
			t.Fatal(err)
		}
		return q
	})
}

func rat(q Quantity) *big.Rat {
	r, _ := new(big.Rat).SetString(q.String())
	return r
}

// Two routes to one result: this package and big.Rat.
func TestArithmeticAgreesWithRationals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := quantities().Draw(t, "a"), quantities().Draw(t, "b")
		if a.Cmp(b) != rat(a).Cmp(rat(b)) || (a == b) != (rat(a).Cmp(rat(b)) == 0) {
			t.Fatalf("%s compared with %s: %d", a, b, a.Cmp(b))
		}
		if sum, err := a.Add(b); err == nil && rat(sum).Cmp(new(big.Rat).Add(rat(a), rat(b))) != 0 {
			t.Fatalf("%s + %s = %s", a, b, sum)
		}
		if diff, err := a.Sub(b); err == nil && rat(diff).Cmp(new(big.Rat).Sub(rat(a), rat(b))) != 0 {
			t.Fatalf("%s - %s = %s", a, b, diff)
		}
		if product, err := a.Mul(b); err == nil && rat(product).Cmp(new(big.Rat).Mul(rat(a), rat(b))) != 0 {
			t.Fatalf("%s × %s = %s", a, b, product)
		}
		if back, err := Parse(a.String()); err != nil || back != a {
			t.Fatalf("%s reads back as %s, %v", a, back, err)
		}
		wire, _ := a.MarshalCBOR()
		var back Quantity
		if err := back.UnmarshalCBOR(wire); err != nil || back != a {
			t.Fatalf("%s decodes to %s, %v", a, back, err)
		}
	})
}

func TestUnits(t *testing.T) {
	for _, c := range []struct {
		q        string
		from, to Unit
		want     string
	}{
		{"1.5", Tonne, Kilogram, "1500"}, {"250", Gram, Kilogram, "0.25"}, {"2", Hour, Second, "7200"}, {"5400", Second, Hour, "1.5"},
		{"3", Dozen, Piece, "36"}, {"7", Piece, Each, "7"}, {"0.018", Kilogram, Gram, "18"},
		{"100", Pound, Kilogram, "45.359237"}, {"1", Foot, Metre, "0.3048"}, {"2", Gallon, Millilit, "7570.823568"}, {"3", Carton, Carton, "3"}, {"900000000000", Tonne, Tonne, "900000000000"},
	} {
		if got, err := Convert(MustParse(c.q), c.from, c.to); err != nil || got.String() != c.want {
			t.Errorf("%s %s in %s = %s, %v; want %s", c.q, c.from, c.to, got, err, c.want)
		}
	}
	for _, c := range []struct{ from, to Unit }{{Kilogram, Litre}, {Pack, Piece}, {Carton, Box}, {Case, Pack}, {Kilogram, Pound}, {"XYZ", Piece}, {Piece, ""}, {Second, Hour}} {
		if got, err := Convert(Of(1), c.from, c.to); err == nil || got != (Quantity{}) {
			t.Errorf("1 %q in %q = %s; want an error", c.from, c.to, got)
		}
	}
}

func TestMoney(t *testing.T) {
	price := Price{Amount: MustParse("12.3450"), Currency: "EUR", Per: Of(1000)}
	for q, want := range map[string]string{"1000": "12.35 EUR", "1": "0.01 EUR", "405": "5.00 EUR", "-1000": "-12.35 EUR", "1000000": "12 345.00 EUR"} {
		if got, err := price.Times(MustParse(q)); err != nil || got.String() != want {
			t.Errorf("%s units cost %s, %v; want %s", q, got, err, want)
		}
	}
	yen := Price{Amount: MustParse("10.5"), Currency: "JPY", Per: Of(1)}
	if got, err := yen.Times(Of(1)); err != nil || got.String() != "11 JPY" {
		t.Errorf("yen have no minor unit: %s, %v", got, err)
	}
	if _, err := (Money{1, "EUR"}).Add(Money{1, "USD"}); err == nil {
		t.Error("euros and dollars were added")
	}
	if sum, err := (Money{}).Add(Money{5, "USD"}); err != nil || sum != (Money{5, "USD"}) {
		t.Errorf("nothing plus 5 cents = %s, %v", sum, err)
	}
	if _, err := (Money{math.MaxInt64, "USD"}).Add(Money{1, "USD"}); !errors.Is(err, ErrOverflow) {
		t.Errorf("overflow: %v", err)
	}
}

func FuzzQuantityCBOR(f *testing.F) {
	for _, s := range []string{"0", "1", "-1", "0.018", "1200", "9223372036854775807", "-500000000000"} {
		b, _ := MustParse(s).MarshalCBOR()
		f.Add(b)
	}
	f.Add([]byte{0x82, 0x0a, 0x00})                                                 // mantissa divisible by ten
	f.Add([]byte{0x82, 0x00, 0x01})                                                 // zero with an exponent
	f.Add([]byte{0x82, 0x18, 0x01, 0x00})                                           // integer longer than needed
	f.Add([]byte{0x82, 0x01, 0x18, 0x7f})                                           // exponent out of bounds
	f.Add([]byte{0x82, 0x3b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00}) // -2^63
	f.Fuzz(func(t *testing.T, data []byte) {
		var q Quantity
		if err := q.UnmarshalCBOR(data); err != nil {
			if q != (Quantity{}) {
				t.Fatalf("refused %x and still set %s", data, q)
			}
			return
		}
		if again, err := q.MarshalCBOR(); err != nil || string(again) != string(data) {
			t.Fatalf("%x re-encodes to %x, %v", data, again, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"0", "-0.018", "1200.50", "9223372036854775807"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q, err := Parse(s)
		if err != nil {
			if q != (Quantity{}) {
				t.Fatalf("refused %q and still gave %s", s, q)
			}
			return
		}
		if back, err := Parse(q.String()); err != nil || back != q {
			t.Fatalf("%q is %s, which reads as %s, %v", s, q, back, err)
		}
	})
}

func TestUnitsAreSaidByName(t *testing.T) {
	for _, c := range []struct {
		unit         Unit
		number, want string
	}{
		{Piece, "40", "40 pieces"},
		{Piece, "1", "1 piece"},
		{Pack, "0", "0 packs"},
		{Kilogram, "2.5", "2.5 kilograms"},
		{Box, "3", "3 boxes"},
		{Foot, "12", "12 feet"},
		{Thousand, "8", "8 thousand"},
		{"ZZ", "7", "7 ZZ"},
	} {
		if got := c.unit.Said(c.number); got != c.want {
			t.Errorf("%s of %s is said %q, want %q", c.number, c.unit, got, c.want)
		}
	}
}
