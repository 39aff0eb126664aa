package measure

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/quantity"
	"kontor/testnet/data/external"
)

// signalled lists the 1-based points that a rule names.
func signalled(c *Chart, rule Rule) []int {
	var out []int
	for i, p := range c.Points {
		if slices.Contains(p.Signals, rule) {
			out = append(out, i+1)
		}
	}
	return out
}

type chartFigures struct {
	Phase1 int     `json:"phase1_samples"`
	Mean   float64 `json:"xbarbar"`
	Rbar   float64
	LCL    float64 `json:"xbar_LCL"`
	UCL    float64 `json:"xbar_UCL"`
	RUCL   float64 `json:"R_UCL"`
	Out    []int   `json:"phase2_out"`
	Trial  trial   `json:"trial"`
	Clean  trial   `json:"trial_without_15_23"`
}

type trial struct {
	Pbar, LCL, UCL float64
	Out            []int
}

func near(t *testing.T, what string, d quantity.Decimal, want float64) {
	t.Helper()
	if got := shown(d, 6); got != quantity.MustParse(fmt.Sprintf("%.6f", want)).String() {
		t.Errorf("%s is %s, published is %.6f", what, got, want)
	}
}

// The diameters of piston rings: limits of the first 25 samples, and the samples after them that are out.
func TestPistonRingsComeOutAtThePublishedLimits(t *testing.T) {
	var want map[string]json.RawMessage
	if err := json.Unmarshal(external.Read(t, "quality", "expected.json"), &want); err != nil {
		t.Fatal(err)
	}
	var rings chartFigures
	if err := json.Unmarshal(want["pistonrings"], &rings); err != nil {
		t.Fatal(err)
	}
	var groups []Subgroup
	for _, line := range strings.Split(strings.TrimSpace(string(external.Read(t, "quality", "pistonrings.txt"))), "\n")[1:] {
		f := strings.Fields(line)
		if len(groups) == 0 || groups[len(groups)-1].Label != f[1] {
			groups = append(groups, Subgroup{Label: f[1], Baseline: f[2] == "TRUE"})
		}
		g := &groups[len(groups)-1]
		g.Values = append(g.Values, parsed(t, f[0]))
	}
	c, err := NewChart(ChartXbar, groups, nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Baseline != rings.Phase1 || len(c.Points) != 40 {
		t.Fatalf("%d of %d samples in the baseline", c.Baseline, len(c.Points))
	}
	near(t, "centre", c.Center, rings.Mean)
	near(t, "mean range", c.Ranges.Center, rings.Rbar)
	near(t, "LCL", c.Points[0].Low, rings.LCL)
	near(t, "UCL", c.Points[0].High, rings.UCL)
	near(t, "UCL of ranges", c.Ranges.Points[0].High, rings.RUCL)
	if out := signalled(c, RuleLimit); !slices.Equal(out, rings.Out) {
		t.Errorf("samples %v are out, published are %v", out, rings.Out)
	}

}

// Cans of orange juice: 30 trial samples, then without the two that have a cause.
func TestOrangeJuiceComesOutAtThePublishedLimits(t *testing.T) {
	var want map[string]json.RawMessage
	if err := json.Unmarshal(external.Read(t, "quality", "expected.json"), &want); err != nil {
		t.Fatal(err)
	}
	var juice chartFigures
	if err := json.Unmarshal(want["orangejuice"], &juice); err != nil {
		t.Fatal(err)
	}
	var groups []Subgroup
	for _, line := range strings.Split(strings.TrimSpace(string(external.Read(t, "quality", "orangejuice.txt"))), "\n")[1:] {
		f := strings.Fields(line)
		if f[3] == "TRUE" {
			groups = append(groups, Subgroup{Label: f[0], Count: parsed(t, f[1]), Size: parsed(t, f[2]), Baseline: true})
		}
	}
	for _, published := range []trial{juice.Trial, juice.Clean} {
		c, err := NewChart(ChartP, groups, Setting{"rules": "POINT"})
		if err != nil {
			t.Fatal(err)
		}
		near(t, "p", c.Center, published.Pbar)
		near(t, "LCL", c.Points[0].Low, published.LCL)
		near(t, "UCL", c.Points[0].High, published.UCL)
		var out []int
		for _, p := range c.Points {
			if p.Baseline && len(p.Signals) > 0 {
				n, err := strconv.Atoi(p.Label)
				if err != nil {
					t.Fatal(err)
				}
				out = append(out, n)
			}
		}
		if !slices.Equal(out, published.Out) {
			t.Errorf("samples %v are out, published are %v", out, published.Out)
		}
		groups[14].Baseline, groups[22].Baseline = false, false
	}
}

// standardised is a chart of figures whose centre is 0 and whose standard deviation is 1.
func standardised(t testing.TB, x []string) *Chart {
	c := &Chart{Kind: ChartI}
	for _, v := range x {
		d := quantity.MustParse(v).Rat()
		c.Points = append(c.Points, Point{deviation: d, variance: whole(1), side: d.Sign()})
	}
	c.judge("WESTERN_ELECTRIC")
	return c
}

func TestWesternElectricCases(t *testing.T) {
	var cases struct {
		Rules map[Rule][]struct {
			X          []json.Number `json:"x"`
			Violations []int         `json:"violations"`
		} `json:"western_electric"`
	}
	if err := json.Unmarshal(external.Read(t, "quality", "western_electric_cases.json"), &cases); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for rule, all := range cases.Rules {
		for _, one := range all {
			var x []string
			for _, v := range one.X {
				x = append(x, v.String())
			}
			if out := signalled(standardised(t, x), rule); !slices.Equal(out, one.Violations) {
				t.Errorf("rule %s names %v in %v, published are %v", rule, out, x, one.Violations)
			}
			seen++
		}
	}
	if seen != 7 {
		t.Errorf("%d cases", seen)
	}
}

func drawGroups(t *rapid.T) []Subgroup {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Subgroup {
		n := rapid.Int64Range(1, 500).Draw(t, "n")
		return Subgroup{Count: quantity.Of(rapid.Int64Range(0, n).Draw(t, "x")), Size: quantity.Of(n), Baseline: rapid.Bool().Draw(t, "baseline")}
	}), 1, 40).Draw(t, "groups")
}

// Limits never leave what is possible, and a point signals by rule 1 exactly where it lies outside the limits that are shown, up to the
// last digit of the roots in them.
func TestLimitsAndSignalsAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]Kind{ChartP, ChartLaneyP, ChartU, ChartLaneyU, ChartC, ChartI, ChartG, ChartT}).Draw(t, "kind")
		c, err := NewChart(kind, drawGroups(t), Setting{"rules": "POINT"})
		if err != nil {
			if kind == ChartI || kind == ChartT {
				return // one figure has no moving range
			}
			t.Fatal(err)
		}
		for i, p := range c.Points {
			v := p.Value.Rat()
			outside := v.Cmp(p.High.Rat()) > 0 || !p.NoLow && v.Cmp(p.Low.Rat()) < 0
			low := p.NoLow && kind != ChartT || p.Low.Rat().Sign() >= 0 || kind == ChartI
			if !low || (kind == ChartP || kind == ChartLaneyP) && p.High.Rat().Cmp(whole(1)) > 0 {
				t.Fatalf("point %d has limits %s and %s", i, p.Low, p.High)
			}
			if outside != (len(p.Signals) > 0) && !closeTo(p) {
				t.Fatalf("point %d: %s between %s and %s signals %v", i, p.Value, p.Low, p.High, p.Signals)
			}
		}
	})
}

// closeTo tells that a point is on a limit but for rounding, or that its value is bounded by what is possible.
func closeTo(p Point) bool {
	tiny := fraction(1, 1_000_000_000_000)
	v := p.Value.Rat()
	return atLeast(minus(v, p.High.Rat()), minus(p.High.Rat(), v)).Cmp(tiny) < 0 || atLeast(minus(v, p.Low.Rat()), minus(p.Low.Rat(), v)).Cmp(tiny) < 0
}

// Other units of measurement change no signal.
func TestAChartDoesNotDependOnTheUnit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		factor := quantity.Of(rapid.Int64Range(2, 1000).Draw(t, "factor"))
		var one, two []Subgroup
		for range rapid.IntRange(2, 30).Draw(t, "n") {
			v := quantity.Of(rapid.Int64Range(-1000, 1000).Draw(t, "v"))
			w, err := v.Mul(factor)
			if err != nil {
				t.Fatal(err)
			}
			one, two = append(one, Subgroup{Count: v}), append(two, Subgroup{Count: w})
		}
		a, errA := NewChart(ChartI, one, Setting{"rules": "WESTERN_ELECTRIC"})
		b, errB := NewChart(ChartI, two, Setting{"rules": "WESTERN_ELECTRIC"})
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		for i := range a.Points {
			if !slices.Equal(a.Points[i].Signals, b.Points[i].Signals) {
				t.Fatalf("point %d signals %v and %v", i, a.Points[i].Signals, b.Points[i].Signals)
			}
		}
	})
}

func TestTheChartThatFitsIsSuggested(t *testing.T) {
	counts := func(size int64, x ...int64) []Subgroup {
		var out []Subgroup
		for i, n := range x {
			out = append(out, Subgroup{Label: fmt.Sprint(i + 1), Count: quantity.Of(n), Size: quantity.Of(size)})
		}
		return out
	}
	rare := counts(1000, 0, 1, 0, 0, 2, 0, 1, 0, 0, 0, 1, 0, 3, 0, 0, 1, 0, 0, 0, 1)
	if kind, drawn, why := Suggest(ChartP, rare, nil); kind != ChartG || why == "" || len(drawn) != 10 {
		t.Errorf("rare defects: %s of %d, %s", kind, len(drawn), why)
	}
	if kind, _, _ := Suggest(ChartU, rare, nil); kind != ChartT {
		t.Errorf("rare defects per unit: %s", kind)
	}
	wild := counts(10_000, 100, 900, 150, 1000, 90, 1100, 300, 1500, 100, 900, 150, 1000, 90, 1100, 300, 1500, 100, 900, 150, 1000)
	if kind, _, why := Suggest(ChartP, wild, nil); kind != ChartLaneyP || why == "" {
		t.Errorf("shares that vary much: %s, %s", kind, why)
	}
	even := counts(100, 10, 12, 9, 11, 8, 13, 10, 9, 12, 10, 7, 13, 10, 8, 12, 11, 9, 10, 12, 9)
	if kind, _, why := Suggest(ChartP, even, nil); kind != ChartP || why != "" {
		t.Errorf("ordinary shares: %s, %s", kind, why)
	}
	// Units between defects sum to the units up to the last defect.
	sum := int64(0)
	for _, g := range Between(ChartP, rare) {
		sum += g.Count.Rat().Num().Int64()
	}
	if sum < 19_400 || sum > 19_600 {
		t.Errorf("%d units between the first and the last defect, which stands in the middle of the 20th thousand", sum)
	}
}

func TestThereIsNoChartOfWhatCantBe(t *testing.T) {
	for why, c := range map[Reason]struct {
		kind   Kind
		groups []Subgroup
	}{
		NoData:          {ChartP, nil},
		ZeroDenominator: {ChartP, []Subgroup{{Count: quantity.Of(0)}}},
		NotPossible:     {ChartP, []Subgroup{{Count: quantity.Of(3), Size: quantity.Of(2)}}},
		UnequalGroups:   {ChartXbar, []Subgroup{{Values: make([]quantity.Quantity, 2)}, {Values: make([]quantity.Quantity, 3)}}},
		TooFew:          {ChartI, []Subgroup{{Count: quantity.Of(1)}}},
	} {
		if _, err := NewChart(c.kind, c.groups, nil); err == nil || !strings.HasPrefix(err.Error(), string(why)+": ") {
			t.Errorf("%s: %v", why, err)
		}
	}
}
