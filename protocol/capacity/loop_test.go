package capacity

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

func ordered(c forecast.Cell, q string) forecast.Cell {
	c.Ordered = qp(q)
	return c
}

func TestLoop(t *testing.T) {
	l := line("TAB", "CI", ordered(cell("2027-01", "100"), "130"), cell("2027-02", "100"), cell("2027-03", "100"))
	l.Buckets[1].Firmness = forecast.Firm
	f := doc(l)
	f.Consumption, f.OnNoAnswer = forecast.Consumption{Forward: 1}, forecast.LastCommitStands
	answer := func(states ...LineState) *Answer {
		a := Answer{Lines: []AnswerLine{{Line: l.Key(), Unit: l.Unit}}}
		for i, s := range states {
			a.Lines[0].Buckets = append(a.Lines[0].Buckets, Commit{Bucket: l.Buckets[i].Bucket, Committed: q("90"), State: s})
		}
		return &a
	}
	show := func(in LoopInput) string {
		lines, err := Loop(in)
		if err != nil {
			t.Fatal(err)
		}
		out := []string{string(lines[0].State)}
		for _, c := range lines[0].Cells {
			out = append(out, fmt.Sprintf("%s=%s+%s+%s+%s %s", c.Demand, c.Layers.CallOff, c.Layers.Commit, c.Layers.Firm, c.Layers.Forecast, c.Governs))
		}
		return strings.Join(out, ", ")
	}
	for _, c := range []struct {
		what, want string
		in         LoopInput
	}{
		{"not answered yet", "OPEN, 130=130+0+0+0 CALL_OFF, 70=0+0+70+0 FIRM, 100=0+0+0+100 FORECAST", LoopInput{}},
		{"answered", "ACCEPTED, 130=130+0+0+0 CALL_OFF, 70=0+70+0+0 COMMIT, 100=0+90+0+10 COMMIT", LoopInput{Answer: answer(StateAccepted, StateAccepted, StateAccepted)}},
		{"one bucket countered", "COUNTERED, 130=130+0+0+0 CALL_OFF, 70=0+70+0+0 COMMIT, 100=0+90+0+10 COMMIT", LoopInput{Answer: answer(StateAccepted, StateCountered, StateAnswered)}},
		{"a bucket not spoken of", "ANSWERED, 130=130+0+0+0 CALL_OFF, 70=0+70+0+0 COMMIT, 100=0+0+0+100 FORECAST", LoopInput{Answer: answer(StateAccepted, StateAnswered)}},
		{"open, and answered before", "OPEN, 130=130+0+0+0 CALL_OFF, 70=0+70+0+0 COMMIT, 100=0+90+0+10 COMMIT", LoopInput{Before: answer(StateAccepted, StateAccepted, StateAccepted)}},
		{"lapsed: the last commitment stands", "LAPSED, 130=130+0+0+0 CALL_OFF, 70=0+70+0+0 COMMIT, 100=0+90+0+10 COMMIT", LoopInput{Before: answer(StateAccepted, StateAccepted, StateAccepted), Passed: true}},
	} {
		c.in.Forecast = f
		if got := show(c.in); got != c.want {
			t.Errorf("%s:\n%s, want\n%s", c.what, got, c.want)
		}
	}
	f.OnNoAnswer = forecast.NoCommit
	if got, want := show(LoopInput{Forecast: f, Before: answer(StateAccepted, StateAccepted, StateAccepted), Passed: true}), "LAPSED, 130=130+0+0+0 CALL_OFF, 70=0+0+70+0 FIRM, 100=0+0+0+100 FORECAST"; got != want {
		t.Errorf("lapsed without a commitment:\n%s, want\n%s", got, want)
	}
	full := Answer{Lines: Accepts(f)}
	if !full.AcceptsAll() || answer(StateAccepted, StateCountered).AcceptsAll() || (Answer{}).AcceptsAll() {
		t.Error("who accepts all")
	}
}

// The match is made on demand after consumption: of means, a gross forecast with orders is the forecast net of them that remains.
func TestMatchIsMadeAfterConsumption(t *testing.T) {
	gross := doc(line("TAB", "CI", ordered(cell("2027-01", "1000"), "400"), ordered(cell("2027-02", "1000"), "1700"), cell("2027-03", "1000")))
	gross.Consumption = forecast.Consumption{Backward: 1, Forward: 1}
	r := match(t, gross, onePlan("1000", "0"))
	var got []string
	for _, c := range r.Products[0].Buckets {
		got = append(got, c.Demand.String())
	}
	// 1,700 of February meet February's 1,000, 600 of January that its own order left, and 100 of March.
	if want := "400 1700 900"; strings.Join(got, " ") != want {
		t.Errorf("demand %v, want %s", got, want)
	}
}

// For any orders and window: the match of a gross forecast of points equals that of the forecast net of orders which remains; with bands, levels never
// fall, demand never lies below what is ordered, and more orders never mean less demand in all.
func TestConsumptionInTheMatch(t *testing.T) {
	months := []string{"2027-01", "2027-02", "2027-03", "2027-04"}
	rapid.Check(t, func(rt *rapid.T) {
		l := line("TAB", "CI")
		banded := rapid.Bool().Draw(rt, "banded")
		sums := []int64{0, 0, 0}
		for i, m := range months {
			mean := rapid.Int64Range(0, 500).Draw(rt, "mean"+m)
			c := ordered(cell(m, fmt.Sprint(mean)), fmt.Sprint(rapid.Int64Range(0, 700).Draw(rt, "order"+m)))
			if banded {
				for k := range sums {
					sums[k] += rapid.Int64Range(0, 300).Draw(rt, fmt.Sprint("rise", i, k))
					if k > 0 {
						sums[k] = max(sums[k], sums[k-1])
					}
				}
				c.Cumulative = levels("0.1", fmt.Sprint(sums[0]), "0.5", fmt.Sprint(sums[1]), "0.9", fmt.Sprint(sums[2]))
			}
			l.Buckets = append(l.Buckets, c)
		}
		gross := doc(l)
		gross.Consumption = forecast.Consumption{Backward: rapid.Int64Range(0, 3).Draw(rt, "b"), Forward: rapid.Int64Range(0, 3).Draw(rt, "f")}
		ready := readDemand(gross, 0, false)
		if banded {
			soFar := quantity.Quantity{}
			for i := range l.Buckets {
				c := ready.lines[0].cumulative(i)
				soFar, _ = soFar.Add(*l.Buckets[i].Ordered)
				for k, v := range c.values {
					if v.Cmp(ready.int(soFar)) < 0 || k > 0 && v.Cmp(c.values[k-1]) < 0 {
						rt.Fatalf("%s: level %d is %s of %v, ordered so far %s", months[i], k, v, c.values, soFar)
					}
				}
			}
			return
		}
		consumed, err := l.Consume(gross.Consumption)
		if err != nil {
			rt.Fatal(err)
		}
		net := line("TAB", "CI")
		net.BucketBasis = forecast.NetOfOrders
		for i, c := range consumed {
			left := l.Buckets[i]
			left.Mean = c.Remaining
			net.Buckets = append(net.Buckets, left)
		}
		other := readDemand(doc(net), 0, false)
		for i := range months {
			for _, col := range []int{colMean, colSum, colFloor} {
				if a, b := ready.lines[0].figure(i, col), other.lines[0].figure(i, col); a.Cmp(b) != 0 {
					rt.Fatalf("%s, column %d: gross %v, net %v", months[i], col, a, b)
				}
			}
		}
	})
}
