package measure

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/quantity"
)

func sales(all ...int64) []Sale {
	var out []Sale
	for _, n := range all {
		out = append(out, Sale{Sold: quantity.Of(n)})
	}
	return out
}

func plain(all ...int64) []quantity.Quantity {
	var out []quantity.Quantity
	for _, n := range all {
		out = append(out, quantity.Of(n))
	}
	return out
}

func TestLift(t *testing.T) {
	e := Effects{Setting: Setting{"baseline": "MEAN_BEFORE"}}
	e.Add(Series{Role: RolePromoted, Before: plain(98, 102, 100, 100), Event: sales(180, 160), After: sales(80, 90, 100)})
	e.Add(Series{Role: RoleCannibalised, Before: plain(50, 50, 49, 51), Event: sales(40, 42)})
	e.Add(Series{Role: RoleHalo, Before: plain(50, 30, 70, 50), Event: sales(55, 52)})
	e.Add(Series{Role: RoleHalo, Before: plain(50), Event: sales(55, 52)})
	wants(t, "incremental", e.Result(Incremental), "140")
	wants(t, "lift", e.Result(Lift), "0.7")
	wants(t, "share of sales", e.Result(IncrementShare), "0.411765")
	wants(t, "cannibalised", e.Result(Cannibalised), "-18")
	wants(t, "dip", e.Result(Dip), "-30")
	wants(t, "halo", e.Result(Halo), "7")
	for code, v := range map[Code]Verdict{Incremental: Distinguishable, Cannibalised: Distinguishable, Dip: Distinguishable, Halo: Noise} {
		if r := e.Result(code); r.Verdict != v || r.Interval == nil {
			t.Errorf("%s: %s with %v", code, r.Verdict, r.Interval)
		}
	}
	net := e.Result(NetLift)
	wants(t, "net", net, "92") // 140 - 18 - 30; the halo is not told apart from chance
	if net.Excluded[NoBaseline] != 1 {
		t.Errorf("left out %v", net.Excluded)
	}
	var none Effects
	none.Add(Series{Role: RolePromoted, Event: sales(5)})
	wants(t, "without a baseline", none.Result(Lift), string(NoBaseline))
	fresh := Effects{}
	fresh.Add(Series{Role: RolePromoted, Event: []Sale{{Sold: q("30"), Baseline: amount("0"), Low: amount("0"), High: amount("2")}}})
	wants(t, "lift of a new product", fresh.Result(Lift), string(ZeroDenominator))
	wants(t, "units of a new product", fresh.Result(Incremental), "30")
	if r := fresh.Result(Incremental); r.Verdict != Distinguishable || shown(r.Interval.Low, 0) != "28" {
		t.Errorf("%+v", r)
	}
	wants(t, "against control", AgainstControl(q("100"), q("150"), q("200"), q("240")), "0.25")
	wants(t, "return", ReturnOnPromotion(q("150"), q("100")), "0.5")
	wants(t, "return on nothing", ReturnOnPromotion(q("150"), q("0")), string(NoFunding))
}

// Twenty items of noise around an unchanged mean: adding up only the falls would find that an eighth of all sales was cannibalised. The
// signed sum is reported as an effect about as often as its interval says.
func TestNoiseIsNoCannibalisation(t *testing.T) {
	found, falls := 0, int64(0)
	state := uint64(1)
	draw := func() int64 { // sum of twelve even draws from 0 to 60, less 260: mean 100, deviation about 61
		sum := int64(0)
		for range 12 {
			state = state*6364136223846793005 + 1442695040888963407
			sum += int64(state>>33) % 61
		}
		return max(0, sum-260)
	}
	const trials = 200
	for range trials {
		e := Effects{Setting: Setting{"baseline": "MEAN_BEFORE", "effect": "0.9"}}
		for range 20 {
			s := Series{Role: RoleCannibalised}
			for range 12 {
				s.Before = append(s.Before, quantity.Of(draw()))
			}
			for range 4 {
				n := draw()
				falls += max(0, 100-n)
				s.Event = append(s.Event, Sale{Sold: quantity.Of(n)})
			}
			e.Add(s)
		}
		if e.Result(Cannibalised).Verdict == Distinguishable {
			found++
		}
	}
	if found < trials/50 || found > trials/5 {
		t.Errorf("an effect of noise in %d of %d trials, about a tenth is what the interval says", found, trials)
	}
	if share := falls / trials / 80; share < 10 {
		t.Errorf("the falls alone sum to %d %% of sales: the noise is too small to show anything", share)
	}
}

// A score interval holds the share it is of, stays inside 0 and 1, and its ends are where the test by squares changes its mind.
func TestTheIntervalIsTheTestTurnedAround(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 400).Draw(t, "n")
		k := whole(rapid.IntRange(0, n).Draw(t, "k"))
		d := define(Coverage, nil)
		i := d.wilson(k, n)
		low, high := i.Low.Rat(), i.High.Rat()
		if low.Sign() < 0 || high.Cmp(whole(1)) > 0 || low.Cmp(over(k, whole(n))) > 0 || high.Cmp(over(k, whole(n))) < 0 {
			t.Fatalf("%s of %d: %s to %s", k, n, i.Low, i.High)
		}
		p := new(big.Rat).SetFrac64(rapid.Int64Range(1, 999).Draw(t, "p"), 1000)
		tiny := fraction(1, 1_000_000_000_000)
		if off := minus(p, low); new(big.Rat).Abs(off).Cmp(tiny) < 0 {
			return
		}
		if inside := p.Cmp(low) >= 0 && p.Cmp(high) <= 0; inside != d.agrees(k, n, p) {
			t.Fatalf("%s of %d against %s: inside is %v", k, n, p, inside)
		}
	})
}
