package forecast

import (
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// judged is a record of versions of two lines, A of n months and B of m, issued on the first of each month for that month: what was needed is the forecast
// of 100 times 0.80, 0.81, 0.82 and so on.
func judged(t *testing.T, n, m int) *Errors {
	t.Helper()
	e := NewErrors()
	for i := range max(n, m) {
		month := calendar.MonthOf(2025, 1).Add(i).Bucket()
		d := Document{Header: artifact.Header{Issued: month.Start.Millis()}}
		for id, count := range map[string]int{"A": n, "B": m} {
			if i < count {
				d.Lines = append(d.Lines, Line{Item: Item{BuyersID: id}, Kind: Total, Buckets: []Cell{{Bucket: month, Mean: quantity.Of(100)}}})
			}
		}
		e.Add(d, func(_ Line, b calendar.Bucket) (quantity.Quantity, bool) { return quantity.Of(int64(80 + i)), true })
	}
	return e
}

// TestEmpiricalBands: practice T18 with figures that can be checked by hand. Of 19 ratios from 0.80 to 0.98, the rule of p(n+1) puts the tenth percent at the second,
// 0.81, and the ninetieth at the eighteenth, 0.97.
func TestEmpiricalBands(t *testing.T) {
	month := calendar.MonthOf(2027, 3).Bucket()
	issued := month.Start.Millis()
	a, b := Line{Item: Item{BuyersID: "A"}, Kind: Total}, Line{Item: Item{BuyersID: "B"}, Kind: Total}
	cell := Cell{Bucket: month, Mean: quantity.Of(200)}
	band := func(e *Errors, l Line, family []string, least int) ([]Quantile, Source, int) {
		t.Helper()
		levels, from, n, err := e.Band(l, cell, issued, family, least)
		if err != nil {
			t.Fatal(err)
		}
		return levels, from, n
	}
	levels, from, n := band(judged(t, 19, 0), a, nil, MinErrors)
	if from != OwnErrors || n != 19 || len(levels) != 5 || levels[0] != (Quantile{100_000, quantity.Of(162)}) || levels[2] != (Quantile{500_000, quantity.Of(178)}) || levels[4] != (Quantile{900_000, quantity.Of(194)}) {
		t.Errorf("%v from %d of %d", levels, from, n)
	}
	if levels, from, n = band(judged(t, 11, 0), a, nil, MinErrors); from != NoErrors || levels != nil || n != 11 {
		t.Errorf("eleven errors made %v", levels)
	}
	if levels, from, n = band(judged(t, 4, 9), a, []string{a.Key(), b.Key()}, MinErrors); from != FamilyErrors || n != 13 || len(levels) != 5 {
		t.Errorf("a family of 13 errors: %v from %d of %d", levels, from, n)
	}
	later := cell
	later.Bucket = calendar.MonthOf(2027, 4).Bucket() // another lag
	if levels, from, _, err := judged(t, 19, 0).Band(a, later, issued, nil, MinErrors); err != nil || from != NoErrors || levels != nil {
		t.Errorf("errors of another lag made %v (%v)", levels, err)
	}
	if held, of := judged(t, 19, 0).Coverage(MinErrors); of != 19 || held != 15*PPM/19 {
		t.Errorf("held %d ppm of %d", held, of)
	}
	if _, of := judged(t, 12, 0).Coverage(MinErrors); of != 0 {
		t.Errorf("coverage of %d, each with eleven others", of)
	}
}

// TestErrorsLeaveOut: a forecast of none has no relative error, and what is not known is no error; of two versions at one lag the newer counts.
func TestErrorsLeaveOut(t *testing.T) {
	month := calendar.MonthOf(2027, 3).Bucket()
	e := NewErrors()
	for _, mean := range []int64{0, 50, 100} {
		e.Add(Document{Header: artifact.Header{Issued: month.Start.Millis()}, Lines: []Line{{Item: Item{BuyersID: "A"}, Buckets: []Cell{{Bucket: month, Mean: quantity.Of(mean)}, {Bucket: calendar.MonthOf(2027, 4).Bucket()}}}}},
			func(_ Line, b calendar.Bucket) (quantity.Quantity, bool) { return quantity.Of(80), b == month })
	}
	if e.Zero != 1 || e.Open != 3 || e.Count() != 1 {
		t.Errorf("%d of none, %d open, %d errors", e.Zero, e.Open, e.Count())
	}
	if r := e.at(lagged{Line{Item: Item{BuyersID: "A"}}.Key(), calendar.Months, 0}); len(r) != 1 || r[0] != 800_000 {
		t.Errorf("ratios %v", r)
	}
}

// TestBandsNeverFall: whatever the errors, the levels rise and lie between the least and the greatest error.
func TestBandsNeverFall(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		month := calendar.MonthOf(2027, 3).Bucket()
		e := NewErrors()
		n := rapid.IntRange(MinErrors, 40).Draw(t, "errors")
		for i := range n {
			past := calendar.MonthOf(2020, 1).Add(i).Bucket()
			was := quantity.Of(rapid.Int64Range(0, 1_000_000).Draw(t, "needed"))
			e.Add(Document{Header: artifact.Header{Issued: past.Start.Millis()}, Lines: []Line{{Item: Item{BuyersID: "A"}, Buckets: []Cell{{Bucket: past, Mean: quantity.Of(rapid.Int64Range(1, 1000).Draw(t, "foreseen"))}}}}},
				func(Line, calendar.Bucket) (quantity.Quantity, bool) { return was, true })
		}
		c := Cell{Bucket: month, Mean: quantity.Of(rapid.Int64Range(0, 1_000_000).Draw(t, "mean"))}
		levels, from, _, err := e.Band(Line{Item: Item{BuyersID: "A"}}, c, month.Start.Millis(), nil, MinErrors)
		if err != nil || from != OwnErrors || len(levels) != len(EmpiricalLevels) {
			t.Fatalf("%v, from %d (%v)", levels, from, err)
		}
		for i := 1; i < len(levels); i++ {
			if levels[i].Q.Less(levels[i-1].Q) || levels[i].P <= levels[i-1].P {
				t.Fatalf("%v fall", levels)
			}
		}
	})
}
