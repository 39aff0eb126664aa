package capacity

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

func weeks(mean ...string) (cells []forecast.Cell) {
	for i, b := range calendar.WeeksFrom(calendar.MustDate("2027-01-04"), len(mean)) {
		cells = append(cells, forecast.Cell{Bucket: b, Mean: q(mean[i])})
	}
	return cells
}

func ppmOf(n int64) *int64 { return &n }

func volatile(horizons ...Subhorizon) Plan {
	return Plan{Header: header(PlanType), Groups: []Group{{ID: "L1", Unit: quantity.Hour, Links: []Link{{Product: "A", Factor: q("0.5")}, {Product: "B", Factor: q("1")}},
		Capacities: capacities("2027-W01", "100", "100"), Volatility: &Volatility{Start: calendar.MustDate("2026-12-07"), Interval: 4, Horizons: horizons}}}}
}

func deviations(t testing.TB, was, is forecast.Document, p Plan) string {
	t.Helper()
	found, notes, err := Deviations(was, is, p, calendar.MustDate("2027-01-06"))
	if err != nil || len(notes) > 0 {
		t.Fatal(err, notes)
	}
	var all []string
	for _, d := range found {
		text := d.Bucket.String() + " " + d.Change.String()
		if d.Relative != nil {
			text += " " + d.Relative.String()
		}
		all = append(all, text+" "+strings.Join(d.Exceeded, " "))
	}
	return strings.Join(all, "\n")
}

// Series are aggregated with their load factors, a sub-horizon of two weeks is weeks 0 and 1, and each threshold is a test of its own.
func TestDeviationsByWeekAndSubhorizon(t *testing.T) {
	p := volatile(
		Subhorizon{Weeks: 2, RelativeUp: ppmOf(150_000), RelativeDown: ppmOf(100_000)},
		Subhorizon{Weeks: 2, AbsoluteUp: qp("20"), AbsoluteDown: qp("10")},
		Subhorizon{Weeks: 100}, // no threshold: alarms nobody
	)
	was := doc(line("A", "DE", weeks("100", "100", "100", "100", "100")...), line("B", "DE", weeks("50", "50", "50", "50", "50")...))
	is := doc(line("A", "DE", weeks("132", "80", "140", "79", "0")...), line("B", "DE", weeks("50", "50", "50.001", "50", "0")...))
	// 100 before; then 116, 90, 120.001, 89.5, 0: at the limit of 10 % is within it.
	want := "2027-W01 16 0.16 relativePositiveDeviation\n2027-W03 20.001 0.20001 absolutePositiveDeviation\n2027-W04 -10.5 -0.105 absoluteNegativeDeviation"
	if got := deviations(t, was, is, p); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// What moved is told by product too, each line by its size and before load factors: a group's unit has no price. What rose and what fell do not cancel.
func TestDeviationsNameWhatMoved(t *testing.T) {
	p := volatile(Subhorizon{Weeks: 4, RelativeUp: ppmOf(50_000)})
	was := doc(line("A", "DE", weeks("100", "100")...), line("A", "FR", weeks("10", "10")...), line("B", "DE", weeks("50", "50")...))
	is := doc(line("A", "DE", weeks("140", "100")...), line("A", "FR", weeks("4", "10")...), line("B", "DE", weeks("45", "50")...))
	found, _, err := Deviations(was, is, p, calendar.MustDate("2027-01-06"))
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	got := fmt.Sprint(found[0].Moved)
	if want := fmt.Sprint([]ProductMove{{"A", found[0].Moved[0].Unit, quantity.Of(46)}, {"B", found[0].Moved[0].Unit, quantity.Of(5)}}); got != want {
		t.Errorf("moved %s, want %s", got, want)
	}
}

// The standard's own comparison would call no change at all a fall below a threshold above zero, and divides by nothing.
func TestNoChangeIsNoDeviation(t *testing.T) {
	p := volatile(Subhorizon{Weeks: 4, RelativeUp: ppmOf(200_000), RelativeDown: ppmOf(200_000), AbsoluteUp: qp("5"), AbsoluteDown: qp("5")})
	flat := doc(line("A", "DE", weeks("100", "0")...))
	if got := deviations(t, flat, flat, p); got != "" {
		t.Error(got)
	}
	risen := doc(line("A", "DE", weeks("100", "4")...))
	if got := deviations(t, flat, risen, p); got != "2027-W02 2 relativePositiveDeviation" {
		t.Errorf("%q: a rise from nothing exceeds every relative threshold and has no ratio", got)
	}
}

func TestMonthsAreNotMeasuredByWeek(t *testing.T) {
	p := volatile(Subhorizon{Weeks: 4, RelativeUp: ppmOf(0)})
	found, notes, err := Deviations(doc(line("A", "DE", cell("2027-01", "1"))), doc(line("A", "DE", cell("2027-01", "9"))), p, calendar.MustDate("2027-01-06"))
	if err != nil || len(found) > 0 || len(notes) != 1 || !strings.Contains(notes[0], "A|DE") {
		t.Error(found, notes, err)
	}
}

func TestMeasuredDays(t *testing.T) {
	v := Volatility{Start: calendar.MustDate("2026-12-07"), Interval: 4}
	for on, want := range map[string]string{"2026-12-06": "", "2027-01-03": "", "2027-01-04": "2026-12-07 2027-01-04", "2027-01-31": "2026-12-07 2027-01-04", "2027-02-01": "2027-01-04 2027-02-01"} {
		got := ""
		if a, b, ok := v.Measured(calendar.MustDate(on)); ok {
			got = a.String() + " " + b.String()
		}
		if got != want {
			t.Errorf("on %s: %q, want %q", on, got, want)
		}
	}
}

// What is found does not depend on the order of lines, and wider thresholds find no more.
func TestWiderThresholdsFindNoMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) (d forecast.Document) {
			for _, product := range []string{"A", "B"} {
				l := line(product, "DE", weeks("0", "0", "0")...)
				for i := range l.Buckets {
					l.Buckets[i].Mean = quantity.Of(rapid.Int64Range(0, 200).Draw(t, name))
				}
				d.Lines = append(d.Lines, l)
			}
			d.Header, d.Purpose = header(forecast.Type), forecast.OrderForecast
			return d
		}
		was, is := draw("was"), draw("is")
		up, more := rapid.Int64Range(0, 2_000_000).Draw(t, "up"), rapid.Int64Range(0, 1_000_000).Draw(t, "more")
		narrow, _, err := Deviations(was, is, volatile(Subhorizon{Weeks: 4, RelativeUp: &up}), calendar.MustDate("2027-01-06"))
		if err != nil {
			t.Fatal(err)
		}
		slices.Reverse(is.Lines)
		wider := up + more
		wide, _, err := Deviations(was, is, volatile(Subhorizon{Weeks: 4, RelativeUp: &wider}), calendar.MustDate("2027-01-06"))
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range wide {
			if !slices.ContainsFunc(narrow, func(n Deviation) bool { return n.Bucket == w.Bucket && n.Latest == w.Latest }) {
				t.Fatalf("%+v is found at %d ppm and not at %d", w, wider, up)
			}
		}
	})
}

// Demand that the latest forecast's scope no longer holds has not fallen by all of it: the group is judged by what both tell of.
func TestANarrowedScopeIsNoDeviation(t *testing.T) {
	p := volatile(Subhorizon{Weeks: 4, RelativeUp: ppmOf(50_000), RelativeDown: ppmOf(50_000)})
	was := doc(line("A", "DE", weeks("100", "100")...), line("A", "FR", weeks("80", "80")...))
	is := doc(line("A", "DE", weeks("100", "120")...))
	is.Header.Scope.Regions = []string{"DE"}
	found, notes, err := Deviations(was, is, p, calendar.MustDate("2027-01-06"))
	if err != nil || len(found) != 1 || found[0].Change.String() != "10" || len(notes) != 1 || !strings.Contains(notes[0], "outside the scope of the latest: 1;") {
		t.Errorf("%+v %v %v", found, notes, err)
	}
	is.Header.Scope.Regions = []string{"DE", "FR"}
	if found, notes, err := Deviations(was, is, p, calendar.MustDate("2027-01-06")); err != nil || len(found) != 2 || len(notes) != 0 {
		t.Errorf("what went inside the scope has fallen: %+v %v %v", found, notes, err)
	}
}

// What is left of the previous forecast is what the scope of the latest, or the latest itself, holds, cell by cell.
func TestStillToldIsCellByCell(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		was, _ := randomCase(t)
		is, _ := randomCase(t)
		is.Header.Scope.Products = rapid.SliceOfN(rapid.SampledFrom([]string{"A", "B", "none"}), 1, 2).Draw(t, "products")
		s := is.Header.Scope
		var want []string
		for _, l := range was.Lines {
			now, _ := is.Line(l.Key())
			for _, c := range l.Buckets {
				if _, held := now.Cell(c.Bucket); held || s.HasProduct(l.Item.BuyersID) && s.HasDays(c.Bucket) {
					want = append(want, l.Key()+c.Bucket.String())
				}
			}
		}
		var got []string
		left, _ := stillTold(was, is, linesOf(is))
		for _, l := range left.Lines {
			for _, c := range l.Buckets {
				got = append(got, l.Key()+c.Bucket.String())
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("left %v, want %v", got, want)
		}
	})
}

// The lines of the latest forecast are looked up, not looked through: twice the lines are about twice the work, not four times.
func TestStillToldIsLinear(t *testing.T) {
	work := func(lines int) float64 {
		was, is := doc(), doc()
		for i := range lines {
			was.Lines = append(was.Lines, line(fmt.Sprintf("P%04d", i), "DE", weeks("1", "2", "3")...))
			is.Lines = append(is.Lines, line(fmt.Sprintf("Q%04d", i), "DE", weeks("1")...))
		}
		is.Header.Scope.Products = []string{"none"}
		return testing.AllocsPerRun(2, func() { stillTold(was, is, linesOf(is)) })
	}
	if few, many := work(50), work(100); many > 3*few {
		t.Errorf("%v allocations of 50 lines, %v of 100", few, many)
	}
}
