package capacity

import (
	"fmt"
	"math/big"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// CX-0128 table 5.7.1: eight scenarios, three results, three colours.
func TestEightScenarios(t *testing.T) {
	for _, c := range []struct {
		demand, actual, maximum string
		scenario                Scenario
		verdict                 Verdict
		colour                  Colour
	}{
		{"80", "100", "120", 1, Surplus, Green},
		{"80", "100", "100", 2, Surplus, Green},
		{"100", "100", "120", 3, ZeroDeviation, Green},
		{"100", "100", "100", 4, ZeroDeviation, Green},
		{"110", "100", "120", 5, Bottleneck, Orange},
		{"120", "100", "120", 6, Bottleneck, Orange},
		{"130", "100", "120", 7, Bottleneck, Red},
		{"130", "100", "100", 8, Bottleneck, Red},
		// Exact: the last decimal decides, no rounding (CX-0128: fractional load is not rounded).
		{"100.000000001", "100", "100", 8, Bottleneck, Red},
		{"99.999999999", "100", "100", 2, Surplus, Green},
	} {
		r := match(t, doc(line("A", "CI", cell("2027-01", c.demand))), Plan{Header: header(PlanType), Groups: []Group{{
			ID: "L1", Unit: quantity.Pack, Links: []Link{{Product: "A"}}, Capacities: capacities("2027-01", c.actual, c.maximum)}}})
		got := r.Groups[0].Buckets[0]
		if got.Scenario != c.scenario || got.Verdict != c.verdict || got.Colour != c.colour {
			t.Errorf("D=%s A=%s M=%s: %d (%s) %s %s, want %d %s %s", c.demand, c.actual, c.maximum, got.Scenario, got.Scenario, got.Verdict, got.Colour, c.scenario, c.verdict, c.colour)
		}
	}
}

// Artifacts B2, C7: the load factor first, the delta last. Complaints C-2 and C-3: all series of a group are summed
// before the comparison, and capacity counts once.
func TestAggregateThenCompare(t *testing.T) {
	f := doc(line("A", "CI", cell("2027-01", "100")), line("A", "NG", cell("2027-01", "60")), line("B", "CI", cell("2027-01", "10")))
	g := Group{ID: "L1", Unit: quantity.Hour, Links: []Link{{Product: "A", Factor: q("0.25")}, {Product: "B", Factor: q("2")}}, Capacities: capacities("2027-01", "60", "65")}
	g.Capacities[0].Delta = qp("3.5")
	idle := g
	idle.ID, idle.Inactive = "L2", true
	r := match(t, f, Plan{Header: header(PlanType), Groups: []Group{idle, g}})
	if len(r.Groups) != 1 {
		t.Fatalf("%d groups matched; inactive ones are left out", len(r.Groups))
	}
	c := r.Groups[0].Buckets[0]
	// 160 × 0.25 + 10 × 2 + 3.5 = 63.5
	if c.Demand != q("63.5") || c.Excess != q("3.5") || c.Scenario != ScenarioBetween {
		t.Errorf("demand %s, excess %s, scenario %s", c.Demand, c.Excess, c.Scenario)
	}
}

func TestTheMostPreciseLinkCounts(t *testing.T) {
	f := doc(line("A", "CI-AB", cell("2027-01", "10")), line("A", "NG", cell("2027-01", "10")))
	g := Group{ID: "L1", Unit: quantity.Hour, Links: []Link{{Product: "A", Factor: q("1")}, {Product: "A", Region: "CI", Factor: q("3")}}, Capacities: capacities("2027-01", "60", "65")}
	r := match(t, f, Plan{Header: header(PlanType), Groups: []Group{g}})
	if d := r.Groups[0].Buckets[0].Demand; d != q("40") {
		t.Errorf("demand %s: want 10 × 3 for the country's part and 10 × 1 for the rest", d)
	}
}

func TestUnitsThatNeedALoadFactorAreNoted(t *testing.T) {
	r := match(t, doc(line("A", "CI", cell("2027-01", "100"))), Plan{Header: header(PlanType), Groups: []Group{{
		ID: "L1", Unit: quantity.Hour, Links: []Link{{Product: "A"}}, Capacities: capacities("2027-01", "60", "65")}}})
	if len(r.Notes) != 1 || len(r.Unlinked) != 1 {
		t.Errorf("notes %q, unlinked %q", r.Notes, r.Unlinked)
	}
}

func onePlan(actual, stock string) Plan {
	return Plan{Header: header(PlanType), Groups: []Group{{ID: "L1", Unit: quantity.Pack, Links: []Link{{Product: "A"}}, Capacities: capacities("2027-01", actual, actual, "2027-02", actual, actual)}},
		Positions: []Position{{Product: "A", Unit: quantity.Pack, AsOf: calendar.MustDate("2026-12-31"), Stock: qp(stock)}}}
}

// Practice T6: linear between the levels, nothing claimed beyond the outer ones.
func TestCoverOfOneLine(t *testing.T) {
	f := doc(line("A", "CI", cell("2027-01", "100", levels("0.1", "50", "0.5", "100", "0.9", "150")...)))
	for _, c := range []struct {
		supply       string
		lower, upper int64
		standing     Standing
	}{
		{"100", 500_000, 500_000, Short},
		{"125", 300_000, 300_000, Short},
		{"150", 0, 100_000, Covered}, // at the outer level: at most a tenth, and no less is known
		{"400", 0, 100_000, Covered},
		{"40", 900_000, 1_000_000, Short},
		{"101.3", 489_600, 489_600, Short},
		{"101.33333333", 489_333, 489_334, Short}, // an interval where the fraction has no end
	} {
		p := onePlan("0", c.supply)
		p.Groups[0].Capacities = p.Groups[0].Capacities[:1]
		got := match(t, f, p).Products[0].Buckets[0].Cover
		if got == nil || got.Shortage != (Interval{c.lower, c.upper}) || got.Standing != c.standing || got.Basis != BasisLevels {
			t.Errorf("supply %s: %+v, want %d to %d ppm, %s", c.supply, got, c.lower, c.upper, c.standing)
		}
	}
}

// Expected units by hand: quantiles 50 at 0.1, 100 at 0.5, 150 at 0.9, mean 100, supply 100. Between 0.5 and 0.9
// the excess is a triangle of 0.4 × 50 / 2 = 10. Above 0.9 a tenth of probability holds the rest of the mean: the
// mean of 100 less 0.4 × 75 + 0.4 × 125 = 80 leaves 20, less what lies below 0.1 (0 to 5), so 15 to 20, less
// 0.1 × 100: 5 to 10, the lower end the same as the outer level alone gives.
func TestExpectedUnitsByHand(t *testing.T) {
	f := doc(line("A", "CI", cell("2027-01", "100", levels("0.1", "50", "0.5", "100", "0.9", "150")...)))
	p := onePlan("0", "100")
	p.Groups[0].Capacities = p.Groups[0].Capacities[:1]
	got := match(t, f, p).Products[0].Buckets[0].Cover
	if got.Expected != (Range{q("15"), q("20"), false}) {
		t.Errorf("expected short %+v, want 15 to 20", got.Expected)
	}
	// E[(s-X)+] = s - mean + E[(X-s)+] with s = mean.
	if got.Over != (Range{q("15"), q("20"), false}) {
		t.Errorf("expected over %+v, want 15 to 20", got.Over)
	}
}

// B_t carries over: what is short in January is still short in February unless it was made meanwhile.
func TestBacklogCarriesOver(t *testing.T) {
	f := doc(line("A", "CI", cell("2027-01", "100", levels("0.1", "90", "0.9", "110")...), cell("2027-02", "100", levels("0.1", "180", "0.9", "220")...)))
	p := onePlan("100", "5")
	p.Positions[0].Backlog, p.Positions[0].InTransit = q("25"), q("10")
	cells := match(t, f, p).Products[0].Buckets
	// B_0 = 25 - 5 - 10 = 10: supply to the end of January 90, of February 190.
	if cells[0].Cover.Supply != q("90") || cells[1].Cover.Supply != q("190") || cells[1].Cover.Demand != q("200") {
		t.Errorf("supplies %s and %s, demand %s", cells[0].Cover.Supply, cells[1].Cover.Supply, cells[1].Cover.Demand)
	}
	if cells[1].Cover.Shortage != (Interval{700_000, 700_000}) {
		t.Errorf("shortage %+v: 190 lies a quarter of the way from 180 at 0.1 to 220 at 0.9", cells[1].Cover.Shortage)
	}
}

func TestNoStockShared(t *testing.T) {
	p := onePlan("100", "5")
	p.Positions = nil
	r := match(t, doc(line("A", "CI", cell("2027-01", "120", levels("0.1", "90", "0.9", "110")...))), p)
	if r.Products[0].Missing != "no stock shared" || r.Products[0].Buckets[0].Cover != nil || r.Groups[0].Buckets[0].Cover != nil {
		t.Errorf("%+v", r.Products[0])
	}
	if r.Groups[0].Buckets[0].Verdict != Bottleneck {
		t.Error("the contract view stands without stock")
	}
}

// Points without bands claim no probability (practice T18).
func TestPointsClaimNoProbability(t *testing.T) {
	c := match(t, doc(line("A", "CI", cell("2027-01", "120"))), onePlan("100", "5")).Products[0].Buckets[0].Cover
	if c.Basis != BasisMeans || c.Shortage != (Interval{0, ppm}) || c.Standing != Short || c.Expected.Lower != q("15") {
		t.Errorf("%+v", c)
	}
}

// With a limit of 20 on stock January's surplus cannot be made ahead of February: the recursion at each level.
func TestStockLimitBinds(t *testing.T) {
	f := doc(line("A", "CI", cell("2027-01", "50", levels("0.1", "40", "0.9", "60")...), cell("2027-02", "150", levels("0.1", "190", "0.9", "220")...)))
	p := onePlan("100", "0")
	free := match(t, f, p).Products[0].Buckets[1].Cover
	p.Positions[0].Limit = qp("20")
	bound := match(t, f, p).Products[0].Buckets[1].Cover
	// Level 0.1: B_1 = max(-20, 40-100) = -20, B_2 = -20 + 150 - 100 = 30. Level 0.9: -20 + 160 - 100 = 40.
	if free.Basis != BasisLevels || bound.Basis != BasisStockLimit {
		t.Fatalf("bases %s and %s", free.Basis, bound.Basis)
	}
	if bound.Shortage != (Interval{900_000, 1_000_000}) || bound.Expected.Lower.Less(q("32")) {
		t.Errorf("with the limit: %+v", bound)
	}
	if free.Shortage.Upper >= bound.Shortage.Lower {
		t.Errorf("a stock limit cannot help: %+v without, %+v with", free.Shortage, bound.Shortage)
	}
}

// Practice T14: guaranteed minimum first, then the agreed share of what is left.
func TestAllotment(t *testing.T) {
	f := doc(line("A", "CI", cell("2027-01", "10", levels("0.1", "1", "0.9", "20")...)), line("B", "CI", cell("2027-01", "10", levels("0.1", "1", "0.9", "20")...)))
	g := Group{ID: "L1", Unit: quantity.Hour, Links: []Link{{Product: "A", Factor: q("2"), Share: 250_000}, {Product: "B", Factor: q("0.5"), Share: 750_000}}, Capacities: capacities("2027-01", "100", "120"),
		Slots: []Slot{{ID: "s1", Bucket: calendar.MustBucket("2027-01"), Product: "A", Quantity: q("10"), Status: SlotCommitted},
			{ID: "s2", Bucket: calendar.MustBucket("2027-01"), Product: "B", Quantity: q("99"), Status: SlotOffered}}}
	p := Plan{Header: header(PlanType), Groups: []Group{g}, Positions: []Position{
		{Product: "A", Unit: quantity.Pack, AsOf: calendar.MustDate("2026-12-31"), Stock: qp("0")}, {Product: "B", Unit: quantity.Pack, AsOf: calendar.MustDate("2026-12-31"), Stock: qp("0")}}}
	r := match(t, f, p)
	// The slot takes 20 of 100 hours; A has 10 + 80 × 0.25 / 2 = 20, B has 80 × 0.75 / 0.5 = 120.
	if a, b := r.Products[0].Buckets[0].Supply, r.Products[1].Buckets[0].Supply; a != q("20") || b != q("120") {
		t.Errorf("A is allotted %s and B %s", a, b)
	}
	g.Links[1].Share = 0
	p.Groups = []Group{g}
	if r := match(t, f, p); r.Products[1].Missing != "no share of the capacity stated" {
		t.Errorf("missing %q", r.Products[1].Missing)
	}
}

func TestAgreedSupplyRaisesTheNextMatch(t *testing.T) {
	f := doc(line("A", "CI", cell("2027-01", "120", levels("0.1", "100", "0.9", "140")...)))
	p := onePlan("100", "0")
	agreed := Supply{Agreement: cid("agreement"), Product: "A", Region: "CI", Bucket: calendar.MustBucket("2027-01"), Quantity: q("40")}
	before, after := match(t, f, p), match(t, f, p, agreed)
	if b, a := before.Groups[0].Buckets[0], after.Groups[0].Buckets[0]; b.Verdict != Bottleneck || a.Verdict != Surplus || a.Agreed != q("40") || a.Maximum != q("140") {
		t.Errorf("before %+v, after %+v", b, a)
	}
	if b, a := before.Worst(), after.Worst(); b.Lower != 900_000 || a.Upper != 100_000 {
		t.Errorf("before %+v, after %+v", b, a)
	}
	p.Includes = []block.CID{agreed.Agreement}
	if again := match(t, f, p, agreed); !reflect.DeepEqual(again, match(t, f, p)) {
		t.Error("supply of an agreement the plan already includes was counted twice")
	}
}

// Several lines: the interval reaches from independent to comonotone. Two equal uniform demands on [0, 100], supply
// 150: comonotone P(2U > 150) = 0.25, independent P(U+V > 150) = 0.125.
func TestDependenceInterval(t *testing.T) {
	u := levels("0.000001", "0", "0.999999", "100")
	f := doc(line("A", "CI", cell("2027-01", "50", u...)), line("A", "NG", cell("2027-01", "50", u...)))
	p := onePlan("0", "150")
	p.Groups[0].Capacities = p.Groups[0].Capacities[:1]
	c := match(t, f, p).Products[0].Buckets[0].Cover
	if c.Basis != BasisDependence || abs(c.Shortage.Lower-125_000) > 5_000 || abs(c.Shortage.Upper-250_000) > 2 {
		t.Errorf("%+v", c)
	}
	// E[(X-150)+]: comonotone 50² / (2 × 200) = 6.25, independent 50³ / (6 × 100²) = 2.083.
	if lo, hi := c.Expected.Lower, c.Expected.Upper; lo.Less(q("2.0")) || q("2.2").Less(lo) || hi.Less(q("6.24")) || q("6.3").Less(hi) {
		t.Errorf("expected %+v", c.Expected)
	}
}

func abs(n int64) int64 { return max(n, -n) }

// The grid keeps total mass and mean.
func TestGridKeepsMassAndMean(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		terms := rapid.SliceOfN(curves(), 1, 6).Draw(t, "terms")
		var room, again scratch
		g, ok := room.independentOf(terms)
		if !ok {
			t.Fatal("terms with levels have a grid")
		}
		var total int64
		mean := new(big.Int)
		whole := again.fold(g.parts.a, g.parts.b)
		for i, m := range whole.mass {
			total += int64(m)
			value := timesInt(g.step, int64(whole.at+i))
			mean.Add(mean, value.Add(value, g.origin).Mul(value, new(big.Int).SetUint64(m)))
		}
		if total != billion {
			t.Fatalf("mass %d", total)
		}
		// The mean of each term with its tails at the outer levels, 2 × ppm.
		want := new(big.Int)
		for _, c := range terms {
			want.Add(want, timesInt(c.values[0], 2*c.levels[0]))
			want.Add(want, timesInt(c.values[len(c.values)-1], 2*(ppm-c.levels[len(c.levels)-1])))
			for k := 0; k+1 < len(c.levels); k++ {
				want.Add(want, timesInt(new(big.Int).Add(c.values[k], c.values[k+1]), c.levels[k+1]-c.levels[k]))
			}
		}
		mean.Quo(mean, big.NewInt(billion/(2*ppm)))
		// Positions are cut to 2^-16 of a step, masses to a billionth: a hundredth of a step in the mean.
		tolerance := timesInt(g.step, 2*ppm/100)
		if diff := new(big.Int).Sub(mean, want); diff.Abs(diff).Cmp(tolerance) > 0 {
			t.Fatalf("mean differs by %s, step %s", diff, g.step)
		}
	})
}

// demoSize is 12 products in 8 regions over 12 months with 9 levels, on four lines.
func demoSize() (forecast.Document, Plan) {
	f, p := doc(), Plan{Header: header(PlanType)}
	months := calendar.MonthsFrom(calendar.MustDate("2027-01-01").Month(), 12)
	ps := []int64{10_000, 50_000, 100_000, 250_000, 500_000, 750_000, 900_000, 950_000, 990_000}
	for i := range 12 {
		for r := range 8 {
			l := line(fmt.Sprintf("P%02d", i), fmt.Sprintf("%c%c", 'A'+r, 'A'+i))
			for m, b := range months {
				c := forecast.Cell{Bucket: b, Mean: quantity.Of(int64(1000 + 37*i + 11*r))}
				for k, lvl := range ps {
					c.Cumulative = append(c.Cumulative, forecast.Quantile{P: lvl, Q: quantity.Of(int64((m + 1) * (k*k*50 + 13*i + 7*r)))})
				}
				l.Buckets = append(l.Buckets, c)
			}
			f.Lines = append(f.Lines, l)
		}
		p.Positions = append(p.Positions, Position{Product: fmt.Sprintf("P%02d", i), Unit: quantity.Pack, AsOf: calendar.MustDate("2026-12-31"), Stock: qp("2500")})
	}
	for g := range 4 {
		group := Group{ID: fmt.Sprintf("L%d", g), Unit: quantity.Hour}
		for i := range 3 {
			group.Links = append(group.Links, Link{Product: fmt.Sprintf("P%02d", 3*g+i), Factor: q("0.0125"), Share: 333_333})
		}
		for _, b := range months {
			group.Capacities = append(group.Capacities, Capacity{Bucket: b, Actual: q("290"), Maximum: q("330")})
		}
		p.Groups = append(p.Groups, group)
	}
	return f, p
}

func BenchmarkMatch(b *testing.B) {
	f, p := demoSize()
	for b.Loop() {
		if _, err := Match(Input{Forecast: f, Plan: p}); err != nil {
			b.Fatal(err)
		}
	}
}
