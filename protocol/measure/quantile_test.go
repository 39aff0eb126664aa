package measure

import (
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/quantity"
)

type scored struct {
	actual    quantity.Quantity
	quantiles []Quantile
}

func drawScored(t *rapid.T) []scored {
	levels := []int64{50_000, 250_000, 500_000, 750_000, 950_000}
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) scored {
		at := rapid.Int64Range(0, 5).Draw(t, "lowest")
		var qs []Quantile
		for _, p := range levels {
			qs = append(qs, Quantile{p, quantity.Of(at)})
			at += rapid.Int64Range(0, 4).Draw(t, "step")
		}
		return scored{quantity.Of(rapid.Int64Range(0, 20).Draw(t, "actual")), qs}
	}), 1, 30).Draw(t, "scored")
}

func scoresOf(all []scored, setting Setting) *Scores {
	s := &Scores{Setting: setting}
	for _, o := range all {
		s.Add(o.actual, o.quantiles)
	}
	return s
}

// The weighted interval score is twice the mean quantile loss where the levels are symmetric, and the sum of its three parts.
func TestTwoWaysToTheWeightedIntervalScore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := scoresOf(drawScored(t), nil)
		wis, crps := s.Result(WIS), s.Result(CRPS)
		if wis.Value.Cmp(crps.Value) != 0 {
			t.Fatalf("%s by intervals, %s by quantiles", wis.Value, crps.Value)
		}
		sum := new(big.Rat)
		for _, code := range []Code{WISOver, WISUnder, WISDispersion} {
			sum.Add(sum, s.Result(code).Value.Rat())
		}
		if off := new(big.Rat).Abs(minus(sum, wis.Value.Rat())); off.Cmp(fraction(1, 1_000_000_000_000_000_000)) > 0 {
			t.Fatalf("the parts sum to %s, the score is %s", sum, wis.Value)
		}
	})
}

func TestScoresDoNotDependOnTheOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := drawScored(t)
		mixed := rapid.Permutation(all).Draw(t, "mixed")
		cut := rapid.IntRange(0, len(mixed)).Draw(t, "cut")
		one, two := scoresOf(all, nil), scoresOf(mixed[:cut], nil)
		two.Join(scoresOf(mixed[cut:], nil))
		for _, code := range []Code{Pinball, CRPS, WIS, WISOver, WISUnder, WISDispersion, MedianError, QuantileBias, Coverage, CoverageGap, IntervalScore, Sharpness, BelowMedian, CoverageBelow} {
			a, b := one.Result(code), two.Result(code)
			if a.Reason != b.Reason || a.Value.Cmp(b.Value) != 0 || a.Count != b.Count || a.Verdict != b.Verdict {
				t.Fatalf("%s: %+v and %+v", code, a, b)
			}
		}
	})
}

func TestSharesOfCoverageAreShares(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := drawScored(t)
		open, closed := scoresOf(all, nil), scoresOf(all, Setting{"ties": "CLOSED"})
		for _, band := range []string{"0.5", "0.9"} {
			a, b := open.Of(Coverage, "band", band), closed.Of(Coverage, "band", band)
			if a.Value.Rat().Sign() < 0 || b.Value.Rat().Cmp(whole(1)) > 0 || a.Value.Cmp(b.Value) > 0 {
				t.Fatalf("%s of the %s band with shares, %s closed", a.Value, band, b.Value)
			}
			if a.Interval.Low.Cmp(a.Value) > 0 || a.Interval.High.Cmp(a.Value) < 0 {
				t.Fatalf("%s is outside %s to %s", a.Value, a.Interval.Low, a.Interval.High)
			}
		}
		last := new(big.Rat)
		for _, level := range []string{"0.05", "0.25", "0.5", "0.75", "0.95"} {
			v := open.Of(CoverageBelow, "level", level).Value.Rat()
			if v.Cmp(last) < 0 {
				t.Fatalf("less is below the higher level %s", level)
			}
			last = v
		}
	})
}

// Demand that is mostly zero: a forecaster who says exactly how often must come out as calibrated. A closed band would credit every zero
// to a band that ends at zero.
func TestCoverageOfLumpyDemandIsFair(t *testing.T) {
	qs := []Quantile{{100_000, q("0")}, {500_000, q("0")}, {800_000, q("0")}, {900_000, q("7")}}
	fair, closed := Scores{}, Scores{Setting: Setting{"ties": "CLOSED"}}
	for i := range 100 {
		y := q("0")
		if i >= 80 { // zero four times in five, as said
			y = q("9")
			if i < 90 {
				y = q("5")
			}
		}
		fair.Add(y, qs)
		closed.Add(y, qs)
	}
	wants(t, "share at or below the median", fair.Of(CoverageBelow, "level", "0.5"), "0.5")
	wants(t, "share below the 0.9 quantile", fair.Of(CoverageBelow, "level", "0.9"), "0.9")
	wants(t, "the 0.1 to 0.9 band", fair.Of(Coverage, "band", "0.8"), "0.8")
	wants(t, "the band when closed", closed.Of(Coverage, "band", "0.8"), "0.9")
	if v := fair.Of(CoverageBelow, "level", "0.5").Verdict; v != Within {
		t.Errorf("a calibrated forecast is %s", v)
	}
	if v := closed.Of(CoverageBelow, "level", "0.5").Verdict; v != Outside {
		t.Errorf("a closed count of it is %s", v)
	}
}

func TestScoresOfNothing(t *testing.T) {
	var s Scores
	for _, code := range []Code{Pinball, CRPS, WIS, MedianError, Coverage, IntervalScore, Sharpness, CoverageBelow} {
		if r := s.Result(code); r.Reason != NoData {
			t.Errorf("%s of nothing: %+v", code, r)
		}
	}
	s.Add(q("1"), []Quantile{{700_000, q("3")}})
	for code, why := range map[Code]Reason{WIS: NoMedian, WISUnder: NoMedian, MedianError: NoMedian, QuantileBias: NoMedian, BelowMedian: NoMedian, Coverage: NoBands, CoverageBelow: NoLevel} {
		if r := s.Result(code); r.Reason != why || r.Excluded[why] != 1 {
			t.Errorf("%s of one quantile: %+v, want %s", code, r, why)
		}
	}
	wants(t, "loss", s.Result(Pinball), "0.6")
	if !slices.Equal(s.Levels(), []int64{700_000}) || len(s.Bands()) != 0 {
		t.Errorf("levels %v, bands %v", s.Levels(), s.Bands())
	}
}

// A forecast with a band and without the median has a coverage and no weighted interval score; one that has the median beside it is not spoilt by the other.
func TestTheMedianIsWhatIsMissing(t *testing.T) {
	var s Scores
	s.Add(q("10"), []Quantile{{100_000, q("5")}, {900_000, q("15")}})
	wants(t, "coverage", s.Of(Coverage, "band", "0.8"), "1")
	wants(t, "score", s.Result(WIS), string(NoMedian))
	s.Add(q("10"), []Quantile{{500_000, q("12")}})
	wants(t, "score of the one with a median", s.Result(WIS), "2")
	if r := s.Result(WIS); r.Count != 1 || r.Excluded[NoMedian] != 1 {
		t.Errorf("%+v", r)
	}
	if r := s.Of(Coverage, "band", "0.8"); r.Count != 1 || r.Excluded[NoBands] != 1 {
		t.Errorf("%+v", r)
	}
}
