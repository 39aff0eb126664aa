package quality

import (
	"slices"
	"testing"
	_ "time/tzdata" // the zones of the tests are the same everywhere

	"pgregory.net/rapid"

	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// Measures D7: 1e6 times the confirmed units over the named denominator; the classic dispute: 1 bad unit in a rejected
// lot of 300 is 1 or 300 by the counting rule; two partial rejections of one lot are two.
func TestRate(t *testing.T) {
	m := full().Measures[0]
	for _, c := range []struct {
		what   string
		change func(*Measure)
		want   string
	}{
		{"6 of 12,000 received", func(*Measure) {}, "500"},
		{"6 of 12,100 delivered", func(m *Measure) { m.Denominator = ByDelivered }, "495.867769"},
		{"6 of 500 inspected", func(m *Measure) { m.Denominator = ByInspected }, "12000"},
		{"by lot", func(m *Measure) { m.Counting = CountLot }, "26666.666667"},
	} {
		x := m
		c.change(&x)
		rate, ok, err := x.Rate()
		if err != nil || !ok || rate != q(c.want) {
			t.Errorf("%s: %s %v %v, want %s", c.what, rate, ok, err, c.want)
		}
	}
	m.Received = qp("0")
	if _, ok, err := m.Rate(); ok || err != nil {
		t.Error("a rate over nothing was measured")
	}
	// "0 ppm" on 50 parts means below 60,000 with 95 % confidence.
	clean := Measure{Denominator: ByInspected, Counting: CountConfirmed, Inspected: qp("50")}
	if up, ok, err := clean.Upper(); !ok || err != nil || up != q("60000") {
		t.Errorf("rule of three: %s", up)
	}
	if _, ok, _ := full().Measures[0].Upper(); ok {
		t.Error("the rule of three is for no bad unit")
	}
}

// Counting lots never depends on their order, and never counts one receipt twice.
func TestCountedLots(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Measure{Counting: CountLot}
		for range rapid.IntRange(0, 8).Draw(t, "lots") {
			m.Lots = append(m.Lots, LotCount{Lot: []byte{byte(rapid.IntRange(1, 3).Draw(t, "lot"))}, Receipt: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "receipt"), Code: "x", Units: quantity.Of(10)})
		}
		seen := map[string]bool{}
		for _, l := range m.Lots {
			seen[string(l.Lot)+l.Receipt] = true
		}
		one, err := m.Counted()
		slices.Reverse(m.Lots)
		two, _ := m.Counted()
		if err != nil || one != two || one != quantity.Of(int64(10*len(seen))) {
			t.Fatalf("%s, %s of %d receipts", one, two, len(seen))
		}
	})
}

// Measures D9: a p chart where counts allow, Laney's limits where subgroups vary more than chance, units between failures where failures
// are rare; signals from limits of the baseline alone.
func TestCharts(t *testing.T) {
	series := func(n, count int, x func(i int) int64) (out []Subgroup) {
		for i := range count {
			out = append(out, Subgroup{day("2026-01-01").AddDays(7 * i), int64(n), x(i)})
		}
		return out
	}
	steady := func(i int) int64 { return []int64{9, 11, 10, 8, 12}[i%5] }
	for _, c := range []struct {
		what   string
		groups []Subgroup
		spec   *ChartSpec
		kind   string
	}{
		{"plain", series(500, 25, steady), nil, "p"},
		{"overdispersed", series(500, 25, func(i int) int64 { return []int64{40, 2, 35, 1, 50}[i%5] }), nil, "laney-p"},
		{"rare", series(50, 25, func(i int) int64 { return int64(i % 4 / 3) }), nil, "g"},
		{"as asked", series(500, 25, steady), &ChartSpec{Kind: ChartU, Baseline: 20}, "u"},
		{"time between", series(50, 25, func(i int) int64 { return int64(i % 4 / 3) }), &ChartSpec{Kind: ChartT, Baseline: 20}, "t"},
		{"defects", series(10, 25, func(i int) int64 { return 15 + steady(i) }), nil, "u"},
		{"overdispersed defects", series(10, 25, func(i int) int64 { return []int64{40, 8, 35, 9, 50}[i%5] }), nil, "laney-u"},
	} {
		got, err := DrawChart(c.groups, c.spec)
		if err != nil || string(got.Chart.Kind) != c.kind || (got.Why == "") == (c.spec == nil && c.kind != "p") {
			t.Errorf("%s: %v %+v", c.what, err, got)
		}
	}
	shifted := series(500, 25, func(i int) int64 {
		if i == 24 {
			return 40
		}
		return steady(i)
	})
	got, err := DrawChart(shifted, nil)
	if err != nil || len(got.Chart.Points[24].Signals) == 0 || len(got.Chart.Points[23].Signals) != 0 {
		t.Errorf("a point beyond three sigma: %v", err)
	}
	if _, err := DrawChart(nil, nil); err == nil {
		t.Error("a chart of nothing was drawn")
	}
	if groups, spec := SeriesOf(full(), tablet, ivory, "press 1"); len(groups) != 3 || spec == nil || spec.Baseline != 2 {
		t.Errorf("the subgroups of the measure: %v %v", groups, spec)
	}
	defects := Document{Measures: []Measure{{Item: tablet, Period: bucket("2026-01"), Denominator: ByReceived, Received: qp("100"), Defectives: q("1"), Defects: q("7"), Chart: &ChartSpec{Kind: ChartU, Baseline: 1}}}}
	if groups, _ := SeriesOf(defects, tablet, forecast.Location{}, ""); len(groups) != 1 || groups[0].X != 7 {
		t.Errorf("a chart of defects counts %v", groups)
	}
	months := Document{Measures: []Measure{{Item: tablet, Period: bucket("2026-02"), Denominator: ByReceived, Received: qp("200"), Defectives: q("3")}, {Item: tablet, Period: bucket("2026-01"), Denominator: ByReceived, Received: qp("100"), Defectives: q("1")}}}
	if groups, _ := SeriesOf(months, tablet, forecast.Location{}, ""); len(groups) != 2 || groups[0].N != 100 || groups[1].X != 3 {
		t.Errorf("months in order: %v", groups)
	}
}
