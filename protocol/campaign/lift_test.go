package campaign

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// threeDays is a forecast of three days that asks for little, and a lift over all three.
func threeDays(lift string, levels ...forecast.Quantile) (capacity.Input, Event) {
	in := supply("1200", "100")
	l := &in.Forecast.Lines[0]
	l.Buckets = nil
	for _, b := range calendar.DaysFrom(day("2027-03-01"), 3) {
		l.Buckets = append(l.Buckets, forecast.Cell{Bucket: b, Mean: q("10"), Quantiles: []forecast.Quantile{{P: 50_000, Q: q("9")}, {P: 500_000, Q: q("10")}, {P: 950_000, Q: q("11")}}})
	}
	e := lifted()
	e.Impacts[0].Bucket = bucket("2027-03-01/2027-03-04")
	e.Impacts[0].Lift, e.Impacts[0].Quantiles = q(lift), levels
	return in, e
}

// Every lift that passes the check is split, however large it is, and its parts sum to it.
func TestALargeLiftIsSplitToTheWhole(t *testing.T) {
	for _, lift := range []string{"1", "100", "9223372036854.775807", "999999999999.999999", "100000000000000", "100000000000000.01", "999999999999999", "1000000000000000"} {
		in, e := threeDays(lift, forecast.Quantile{P: 100_000, Q: q("7")}, forecast.Quantile{P: 900_000, Q: q(lift)})
		if lift == "1" {
			e.Impacts[0].Quantiles = nil
		}
		doc, notes := WithLift(in.Forecast, []Event{e})
		if len(notes) != 1 || !strings.Contains(notes[0], "split by days over 3 buckets") || len(forecast.Check(doc)) > 0 {
			t.Errorf("%s: %v %v", lift, notes, forecast.Check(doc))
			continue
		}
		sum := quantity.Quantity{}
		for _, c := range doc.Lines[0].Buckets {
			part, err := c.Mean.Sub(q("10"))
			if err == nil {
				sum, err = sum.Add(part)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if sum != q(lift) {
			t.Errorf("the parts of %s sum to %s", lift, sum)
		}
		if _, _, err := NewCover(in, []Held{calendarOf(buyer, e)}, nil); err != nil {
			t.Errorf("%s: %v", lift, err)
		}
	}
}

// A lift that no figure holds, or with which the line is no forecast, is noted and left out; the lifts beside it stay, and so does the cover.
func TestALiftThatCannotBeHeldIsLeftOutAlone(t *testing.T) {
	for what, change := range map[string]func(*forecast.Line, *Event){
		"above every figure of a forecast": func(_ *forecast.Line, e *Event) {
			e.Impacts[0].Bucket, e.Impacts[0].Lift = bucket("2027-03-02"), q("1000000000000000")
		},
		"too many digits": func(l *forecast.Line, _ *Event) { l.Buckets[2].Mean = q("10.123456789") },
		"a unit of too many digits": func(l *forecast.Line, e *Event) {
			l.Unit, e.Impacts[0].Unit = quantity.Unit("MGM"), quantity.Unit("TNE")
		},
		"less than nothing at its mean": func(_ *forecast.Line, e *Event) {
			e.Impacts[0].Lift = q("-1000000")
			e.Impacts[0].Quantiles = []forecast.Quantile{{P: 100_000, Q: q("3")}}
		},
	} {
		in, e := threeDays("999999999999999")
		change(&in.Forecast.Lines[0], &e)
		small := e
		small.ID = "small"
		small.Impacts = slices.Clone(e.Impacts)
		small.Impacts[0].Bucket, small.Impacts[0].Lift, small.Impacts[0].Quantiles, small.Impacts[0].Unit = bucket("2027-03-01"), q("5"), nil, in.Forecast.Lines[0].Unit
		alone, notes := WithLift(in.Forecast, []Event{small})
		if len(notes) > 0 || reflect.DeepEqual(alone, in.Forecast) {
			t.Fatalf("%s: the small lift: %v", what, notes)
		}
		for _, events := range [][]Event{{e, small}, {small, e}} {
			doc, notes := WithLift(in.Forecast, events)
			if len(notes) != 1 || !strings.Contains(notes[0], `event "spring": the lift of "EFV600-30"`) || !strings.Contains(notes[0], "is not in the cover") || !reflect.DeepEqual(doc, alone) {
				t.Errorf("%s: %v", what, notes)
			}
		}
	}
	in, e := threeDays("1000000000000000")
	e.Impacts[0].Bucket = bucket("2027-03-02")
	if cover, notes, err := NewCover(in, []Held{calendarOf(buyer, e)}, nil); err != nil || len(notes) == 0 || cover(e) == nil {
		t.Fatalf("%v, %v", notes, err)
	}
}

// The lines that say what a total is made of don't keep a lift from its cover.
func TestALiftedTotalNeedsNoParts(t *testing.T) {
	in, e := threeDays("30")
	for _, kind := range []forecast.Kind{forecast.Base, forecast.Promotional, forecast.Seasonal} {
		part := in.Forecast.Lines[0]
		part.Kind, part.Buckets = kind, slices.Clone(part.Buckets)
		for i := range part.Buckets {
			if part.Buckets[i].Quantiles = nil; kind != forecast.Base {
				part.Buckets[i].Mean = q("0")
			}
		}
		in.Forecast.Lines = append(in.Forecast.Lines, part)
	}
	if found := forecast.Check(in.Forecast); len(found) > 0 {
		t.Fatal(found)
	}
	doc, notes := WithLift(in.Forecast, []Event{e})
	if len(notes) != 1 || len(doc.Lines) != 1 || doc.Lines[0].Buckets[0].Mean != q("20") {
		t.Fatalf("%v: %+v", notes, doc.Lines)
	}
	if _, _, err := NewCover(in, []Held{calendarOf(buyer, e)}, nil); err != nil {
		t.Fatal(err)
	}
	e.InForecast = true
	if doc, _ := WithLift(in.Forecast, []Event{e}); len(doc.Lines) != 4 {
		t.Errorf("%d lines where nothing was lifted", len(doc.Lines))
	}
}
