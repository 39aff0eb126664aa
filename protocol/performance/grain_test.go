package performance

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

func counted(product, site, region, bucket string) Cell {
	return Cell{Item: forecast.Item{BuyersID: product}, Place: forecast.Location{GLN: site, Region: region}, Bucket: calendar.MustBucket(bucket), Unit: quantity.Piece}
}

func some(n int64) *quantity.Quantity { q := quantity.Of(n); return &q }

// Weeks of two sites become four weeks of their region: what moved adds up, stock is that of the end, and what a sum would say too little of stays at home.
func TestFiguresLeaveCoarser(t *testing.T) {
	var cells []Cell
	for i, week := range []string{"2026-02-02/2026-02-09", "2026-02-09/2026-02-16", "2026-02-16/2026-02-23", "2026-02-23/2026-03-02"} {
		for k, site := range []string{"4012345000009", "4012345000016"} {
			c := counted("A", site, "DE-HH", week)
			c.Received, c.OnHand, c.Days = some(int64(10*i+k)), some(int64(100+i+k)), &StockDays{Listed: 7, Out: int64(i)}
			if i > 0 {
				c.Sold = some(1)
			}
			cells = append(cells, c)
		}
	}
	gap := counted("B", "", "DE", "2026-02-02/2026-02-16")
	gap.Shipped = some(5)
	unit := counted("A", "", "", "2026-02-02/2026-03-02")
	unit.Item.BuyersID, unit.Unit, unit.Shipped = "C", quantity.Kilogram, some(1)
	other := unit
	other.Unit, other.Place = quantity.Piece, forecast.Location{}
	early, late := counted("D", "", "DE", "2026-02-10"), counted("D", "", "DE", "2026-02-27")
	early.OnHand, late.OnHand = some(9), some(4)
	nowhere := counted("A", "4012345000023", "", "2026-02-02/2026-03-02")
	nowhere.Sold = some(1)
	cells = append(cells, gap, unit, early, late, nowhere)
	out, notes, err := Coarsen(cells, artifact.Step{Time: calendar.Months, Place: artifact.Region}, []calendar.Bucket{calendar.MustBucket("2026-02-01/2026-03-02")})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range out {
		line := c.Item.ID() + " " + c.Place.Key() + " " + c.Bucket.String()
		for _, f := range Figures {
			if v := *c.At(f); v != nil {
				line += fmt.Sprintf(" %s %s", f, v)
			}
		}
		if c.Days != nil {
			line += fmt.Sprintf(" days %d of %d", c.Days.Out, c.Days.Listed)
		}
		got = append(got, line)
	}
	want := "A DE-HH 2026-02-02/2026-03-02 received 124 onHand 207 days 12 of 56\nC  2026-02-02/2026-03-02 shipped 1\nD DE 2026-02-27 onHand 4"
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
	for _, part := range []string{"sold of A in 2026-02-02/2026-03-02: 6 of 8 parts name it", "B in 2026-02-02/2026-02-16 is shorter than the grain", `"4012345000023" names no region`} {
		if !strings.Contains(strings.Join(notes, "\n"), part) {
			t.Errorf("no note of %q in %q", part, notes)
		}
	}
	again := gap
	again.Bucket = calendar.MustBucket("2026-02-09/2026-03-09")
	if out, notes, err := Coarsen([]Cell{gap, again}, artifact.Step{Time: calendar.Weeks, Place: artifact.Region}, []calendar.Bucket{calendar.MustBucket("2026-02-01/2026-04-01")}); err != nil || len(out) != 0 || !strings.Contains(strings.Join(notes, ""), "has 2026-02-09 in two figures of one place") {
		t.Errorf("what overlaps is counted twice: %+v, %q, %v", out, notes, err)
	}
	cells = []Cell{unit, other}
	cells[1].Place = unit.Place
	if out, notes, err := Coarsen(cells, artifact.Step{Time: calendar.Months, Place: artifact.Region}, nil); err != nil || len(out) != 0 || !strings.Contains(strings.Join(notes, ""), "two units make no sum") {
		t.Errorf("%+v, %q, %v", out, notes, err)
	}
}

// Counts of lines and orders are no sums of parts: what lies in several may be the same order.
func TestCountsStayAtHome(t *testing.T) {
	a, b := counted("A", "", "DE", "2026-02-02/2026-02-16"), counted("A", "", "DE", "2026-02-16/2026-03-02")
	a.Received, b.Received, b.Service = some(1), some(2), &Service{Lead: &Lead{Due: 1, Days: 3}}
	out, notes, err := Coarsen([]Cell{a, b}, artifact.Step{Time: calendar.Months, Place: artifact.Country}, []calendar.Bucket{calendar.MustBucket("2026-02-02/2026-03-02")})
	if err != nil || len(out) != 1 || out[0].Service != nil || out[0].Received.Cmp(*some(3)) != 0 || len(notes) != 1 || !strings.Contains(notes[0], "counts of lines and orders of A") {
		t.Errorf("%+v, %q, %v", out, notes, err)
	}
}

func TestLaddersOfReports(t *testing.T) {
	for _, bad := range [][]artifact.Step{artifact.ItemLadder(), {{UntilDays: 1, Time: calendar.Months, Place: artifact.Region, Level: artifact.Family}}, {{UntilDays: 1, Time: calendar.Other, Place: artifact.Site}}} {
		if CheckLadder(bad) == "" {
			t.Errorf("%v passes", bad)
		}
	}
	if why := CheckLadder([]artifact.Step{{Time: calendar.Weeks, Place: artifact.Country}}); why != "" {
		t.Error(why)
	}
}

// A part that stays at home is nowhere in what leaves, and a cell of such parts alone does not leave.
func TestPartsOfAReportStayAtHome(t *testing.T) {
	a, b := counted("A", "", "DE", "2026-02"), counted("B", "", "DE", "2026-02")
	a.Received, a.Sold, a.Lines, a.Deliveries = some(1), some(2), &LineRoot{Count: 1}, &Deliveries{Due: 1}
	a.Service = &Service{Lead: &Lead{Due: 1, Days: 3}}
	b.Sold = some(3)
	got := KeepFields(Document{Cells: []Cell{a, b}}, []string{"received", "deliveries"})
	if len(got.Cells) != 1 || got.Cells[0].Sold != nil || got.Cells[0].Lines != nil || got.Cells[0].Service != nil || got.Cells[0].Received == nil || got.Cells[0].Deliveries == nil {
		t.Errorf("%+v", got.Cells)
	}
	if a.Sold == nil || len(KeepFields(Document{Cells: []Cell{a, b}}, nil).Cells) != 2 {
		t.Error("what is at home was changed")
	}
}

// Whatever is counted, no cell that leaves is finer than the step, and every figure that leaves whole is the sum of its parts.
func TestCoarseFiguresKeepTheirSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at, n := calendar.MustBucket("2026-02-01").Start, rapid.IntRange(1, 12).Draw(t, "weeks")
		window := calendar.Bucket{Start: at, End: at.AddDays(7 * n)}
		var cells []Cell
		want := quantity.Quantity{}
		for i := range n {
			c := counted("A", "", "DE", window.String())
			c.Bucket = calendar.Bucket{Start: at.AddDays(7 * i), End: at.AddDays(7*i + 7)}
			c.Received = some(int64(rapid.IntRange(0, 99).Draw(t, "received")))
			want, _ = want.Add(*c.Received)
			cells = append(cells, c)
		}
		step := artifact.Step{Time: rapid.SampledFrom([]calendar.Grain{calendar.Weeks, calendar.Months}).Draw(t, "grain"), Place: artifact.Region}
		out, notes, err := Coarsen(cells, step, []calendar.Bucket{window})
		if err != nil {
			t.Fatal(err)
		}
		if step.Time == calendar.Months && n < 4 {
			if len(out) != 0 || len(notes) != 1 {
				t.Fatalf("%+v, %q", out, notes)
			}
			return
		}
		if len(out) != 1 || out[0].Received.Cmp(want) != 0 || out[0].Bucket != window || len(notes) != 0 {
			t.Fatalf("%+v, %q", out, notes)
		}
	})
}
