package capacity

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// Near figures stay by week, far ones leave by month: sums are exact, what a sum does not know is left out, and what an officer granted stays as it is.
func TestCapacityLeavesCoarserFarAhead(t *testing.T) {
	q := func(n int64) *quantity.Quantity { v := quantity.Of(n); return &v }
	g := Group{ID: "Press", Unit: quantity.Piece, Links: []Link{{Product: "A"}}}
	for i, b := range calendar.WeeksFrom(calendar.MustBucket("2027-W01").Start, 12) {
		c := Capacity{Bucket: b, Actual: quantity.Of(10), Maximum: quantity.Of(12), Agreed: q(5), Quantiles: []forecast.Quantile{{P: 500_000, Q: quantity.Of(10)}}}
		if i%4 == 1 {
			c.Delta = q(-2)
		}
		if i == 6 {
			c.Agreed = nil
		}
		g.Capacities = append(g.Capacities, c)
	}
	plan := Plan{Groups: []Group{g}}
	ladder := []artifact.Step{{UntilDays: 27, Time: calendar.Weeks, Place: artifact.Site}, {UntilDays: 400, Time: calendar.Months, Place: artifact.Region}}
	show := func(free func(Group, calendar.Bucket) bool) string {
		t.Helper()
		out, _, err := Coarsen(plan, ladder, g.Capacities[0].Start, free)
		if err != nil {
			t.Fatal(err)
		}
		var text []string
		for _, c := range out.Groups[0].Capacities {
			text = append(text, fmt.Sprintf("%d days %s of %s agreed %s moved %s, %d levels", c.Days(), c.Actual, c.Maximum, shown(c.Agreed), shown(c.Delta), len(c.Quantiles)))
		}
		return strings.Join(text, "\n")
	}
	// 2027-01-04 is the first Monday: January has the weeks of 4, 11, 18 and 25.
	near := "7 days 10 of 12 agreed 5 moved -, 1 levels\n7 days 10 of 12 agreed 5 moved -2, 1 levels\n7 days 10 of 12 agreed 5 moved -, 1 levels\n7 days 10 of 12 agreed 5 moved -, 1 levels\n"
	if got, want := show(nil), near+"28 days 40 of 48 agreed - moved -2, 0 levels\n28 days 40 of 48 agreed 20 moved -2, 0 levels"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	granted := func(_ Group, b calendar.Bucket) bool { return b == g.Capacities[8].Bucket }
	if got := show(granted); !strings.HasSuffix(got, "28 days 40 of 48 agreed - moved -2, 0 levels\n7 days 10 of 12 agreed 5 moved -, 1 levels\n21 days 30 of 36 agreed 15 moved -2, 0 levels") {
		t.Errorf("a granted week is not kept:\n%s", got)
	}
	if len(g.Capacities) != 12 || plan.Groups[0].Capacities[5].Days() != 7 {
		t.Error("the plan at home was changed")
	}
	for _, bad := range []artifact.Step{{UntilDays: 9, Time: calendar.Weeks, Place: artifact.Country}, {UntilDays: 9, Time: calendar.Weeks, Place: artifact.Site, Level: artifact.Family}} {
		if CheckLadder([]artifact.Step{bad}) == "" {
			t.Errorf("%s passes", bad)
		}
	}
}

func shown(q *quantity.Quantity) string {
	if q == nil {
		return "-"
	}
	return q.String()
}

// Whatever the ladder, nothing is made or lost: the sums stay, periods follow each other, and doing it again changes nothing.
func TestCoarseCapacityKeepsItsSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := calendar.MustBucket("2027-01-04").Start
		from := at.AddDays(rapid.IntRange(-40, 40).Draw(t, "seen from"))
		var g Group
		var want quantity.Quantity
		for range rapid.IntRange(1, 40).Draw(t, "periods") {
			at = at.AddDays(rapid.SampledFrom([]int{0, 0, 0, 3}).Draw(t, "gap"))
			b := calendar.Bucket{Start: at, End: at.AddDays(rapid.SampledFrom([]int{1, 7, 28}).Draw(t, "days"))}
			at = b.End
			n := quantity.Of(int64(rapid.IntRange(0, 1000).Draw(t, "actual")))
			want, _ = want.Add(n)
			g.Capacities = append(g.Capacities, Capacity{Bucket: b, Actual: n, Maximum: n})
		}
		ladder := []artifact.Step{{UntilDays: int64(rapid.IntRange(0, 60).Draw(t, "near")), Time: calendar.Weeks, Place: artifact.Site}, {UntilDays: 400, Time: calendar.Months, Place: artifact.Region}}
		once, _, err := Coarsen(Plan{Groups: []Group{g}}, ladder, from, nil)
		if err != nil {
			t.Fatal(err)
		}
		var got quantity.Quantity
		last := g.Capacities[0].Start
		for _, c := range once.Groups[0].Capacities {
			if got, err = got.Add(c.Actual); err != nil || c.Start < last || !c.Valid() || c.Actual != c.Maximum {
				t.Fatalf("%+v, %v", c, err)
			}
			last = c.End
		}
		if got.Cmp(want) != 0 {
			t.Fatalf("%s, was %s", got, want)
		}
		twice, notes, err := Coarsen(once, ladder, from, nil)
		if err != nil || len(notes) != 0 || fmt.Sprint(twice) != fmt.Sprint(once) {
			t.Fatalf("again: %v, %v", notes, err)
		}
	})
}
