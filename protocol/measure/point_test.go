package measure

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/quantity"
)

func q(text string) quantity.Quantity { return quantity.MustParse(text) }

func wants(t testing.TB, what string, r Result, text string) {
	t.Helper()
	if got := r.Text(6); got != text {
		t.Errorf("%s is %s, want %s: %+v", what, got, text, r)
	}
}

func TestPointErrorsByHand(t *testing.T) {
	var e Errors
	for _, p := range [][2]string{{"10", "12"}, {"0", "1"}, {"20", "15"}} {
		e.Add(q(p[0]), q(p[1]))
	}
	wants(t, "MAE", e.Result(MAE), "2.666667")
	wants(t, "RMSE", e.Result(RMSE), "3.162278") // √10
	wants(t, "WAPE", e.Result(WAPE), "0.266667") // 8 / 30
	wants(t, "bias", e.Result(Bias), "-0.066667")
	wants(t, "MAPE", e.Result(MAPE), "0.225") // (0.2 + 0.25) / 2
	wants(t, "sMAPE", e.Result(SMAPE1), "0.411255")
	if r := e.Result(MAPE); r.Count != 2 || r.Excluded[ZeroActual] != 1 {
		t.Errorf("%d counted, left out %v", r.Count, r.Excluded)
	}
}

func TestWhereThereIsNoValueThereIsAReason(t *testing.T) {
	var none, zeroes, wrong Errors
	zeroes.Add(q("0"), q("0"))
	wrong.Add(q("0"), q("5"))
	for _, code := range []Code{MAE, RMSE, WAPE, MAPE, SMAPE1, SMAPE2, Bias, TrackingTest} {
		if r := none.Result(code); r.Measured() || r.Reason != NoData {
			t.Errorf("%s of nothing is %+v", code, r)
		}
	}
	wants(t, "WAPE of zeroes hit", zeroes.Result(WAPE), "0")
	wants(t, "WAPE of zeroes missed", wrong.Result(WAPE), string(ZeroDenominator))
	wants(t, "bias of zeroes missed", wrong.Result(Bias), string(ZeroDenominator))
	wants(t, "sMAPE of zeroes hit", zeroes.Result(SMAPE2), "0")
	wants(t, "sMAPE of zeroes missed", wrong.Result(SMAPE2), "2")
	wants(t, "MAPE of zeroes", wrong.Result(MAPE), string(NoData))

	// A constant history scales nothing, but a forecast that hit it is as good as the naive one.
	flat, short := NewScale(1), NewScale(4)
	for range 4 {
		flat.Add(q("7"))
		short.Add(q("7"))
	}
	var hit, off, brief SeriesMean
	hit.AddErrors(&zeroes, flat)
	off.AddErrors(&wrong, flat)
	brief.AddErrors(&wrong, short)
	wants(t, "MASE of a constant hit", hit.Result(MASE), "1")
	wants(t, "MASE of a constant missed", off.Result(MASE), string(ConstantHistory))
	wants(t, "MASE of one season", brief.Result(MASE), string(ShortHistory))
	wants(t, "RMSSE of a constant missed", off.Result(RMSSE), string(ConstantHistory))
	var absent SeriesMean
	absent.AddErrors(&wrong, nil)
	wants(t, "MASE without history", absent.Result(MASE), string(NoHistory))
}

type pair struct{ y, f quantity.Quantity }

func drawQuantity(t *rapid.T, name string) quantity.Quantity {
	v, err := quantity.Scaled(rapid.Int64Range(0, 1_000_000_000_000).Draw(t, name), rapid.IntRange(-9, 3).Draw(t, name+" exponent"))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func drawPairs(t *rapid.T) []pair {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) pair {
		return pair{drawQuantity(t, "y"), drawQuantity(t, "f")}
	}), 1, 30).Draw(t, "pairs")
}

func collected(pairs []pair) *Errors {
	e := &Errors{}
	for _, p := range pairs {
		e.Add(p.y, p.f)
	}
	return e
}

var pointCodes = []Code{MAE, RMSE, WAPE, MAPE, SMAPE1, SMAPE2, Bias, TrackingTest}

// The order of observations, and whether they were collected in parts, changes no digit.
func TestErrorsDoNotDependOnTheOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pairs := drawPairs(t)
		one := collected(pairs)
		mixed := rapid.Permutation(pairs).Draw(t, "mixed")
		cut := rapid.IntRange(0, len(mixed)).Draw(t, "cut")
		two := collected(mixed[:cut])
		two.Join(collected(mixed[cut:]))
		for _, code := range pointCodes {
			a, b := one.Result(code), two.Result(code)
			if a.Reason != b.Reason || a.Value.Cmp(b.Value) != 0 || a.Count != b.Count || a.Verdict != b.Verdict {
				t.Fatalf("%s is %s and %s", code, a.Value, b.Value)
			}
		}
	})
}

// Another unit of measure multiplies what is in units and leaves shares as they are.
func TestErrorsDoNotDependOnTheUnit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pairs := drawPairs(t)
		thousand := make([]pair, len(pairs))
		for i, p := range pairs {
			var err error
			if thousand[i].y, err = p.y.Mul(quantity.Of(1000)); err != nil {
				t.Fatal(err)
			}
			if thousand[i].f, err = p.f.Mul(quantity.Of(1000)); err != nil {
				t.Fatal(err)
			}
		}
		a, b := collected(pairs), collected(thousand)
		for _, code := range pointCodes {
			x, y := a.Result(code), b.Result(code)
			want := x.Value.Rat()
			if e, _ := Describe(code); e.Unit == "units" {
				want = times(want, whole(1000))
			}
			if x.Reason != y.Reason || x.Measured() && decimal(want).Cmp(y.Value) != 0 {
				t.Fatalf("%s is %s and %s", code, x.Value, y.Value)
			}
		}
	})
}

func TestErrorsAreWithinTheirBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := collected(drawPairs(t))
		within := func(r Result, low, high *big.Rat) {
			if v := r.Value.Rat(); r.Measured() && (low != nil && v.Cmp(low) < 0 || high != nil && v.Cmp(high) > 0) {
				t.Fatalf("%s is %s", r.Definition.Code, r.Value)
			}
		}
		zero := new(big.Rat)
		within(e.Result(SMAPE1), zero, whole(1))
		within(e.Result(SMAPE2), zero, whole(2))
		for _, code := range []Code{MAE, RMSE, WAPE, MAPE, TrackingTest} {
			within(e.Result(code), zero, nil)
		}
		if mae, rmse := e.Result(MAE), e.Result(RMSE); minus(mae.Value.Rat(), rmse.Value.Rat()).Cmp(times(mae.Value.Rat(), fraction(1, 1_000_000_000_000))) > 0 {
			t.Fatalf("the mean error %s is above the root mean square %s", mae.Value, rmse.Value)
		}
		if bias, wape := e.Result(Bias), e.Result(WAPE); bias.Measured() && new(big.Rat).Abs(bias.Value.Rat()).Cmp(wape.Value.Rat()) > 0 {
			t.Fatalf("bias %s of an error of %s", bias.Value, wape.Value)
		}
	})
}

func TestTheTrackingSignalStaysBetweenOnes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s Tracking
		for _, p := range drawPairs(t) {
			s.Add(p.y, p.f)
		}
		if v := s.Result().Value.Rat(); v.Cmp(whole(1)) > 0 || v.Cmp(whole(-1)) < 0 {
			t.Fatalf("signal %s", v)
		}
	})
	var high Tracking
	for range 10 {
		high.Add(q("5"), q("8"))
	}
	wants(t, "signal of a forecast always too high", high.Result(), "1")
}

// A bias shows in the summed error; errors that go both ways do not.
func TestTheTrackingTestTellsBiasFromNoise(t *testing.T) {
	var even, high, few Errors
	for i := range 30 {
		even.Add(q("100"), quantity.Of(int64(95+10*(i%2))))
		high.Add(q("100"), quantity.Of(int64(101+2*(i%2))))
	}
	few.Add(q("1"), q("9"))
	for e, want := range map[*Errors]Verdict{&even: NotBiased, &high: Biased, &few: TooFewToTell} {
		if r := e.Result(TrackingTest); r.Verdict != want {
			t.Errorf("%s, want %s: %s", r.Verdict, want, r.Value)
		}
	}
}
