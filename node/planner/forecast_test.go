package planner

import (
	"math"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kontor/protocol/calendar"
)

func TestForecastIsTheSameEveryTime(t *testing.T) {
	h := realHistory(t)
	a, errA := Forecast(h, Options{})
	b, errB := Forecast(h, Options{})
	if errA != nil || errB != nil || !reflect.DeepEqual(a, b) {
		t.Fatalf("two forecasts of one history differ (%v, %v)", errA, errB)
	}
	if a.Origin.String() != "2015-08" || a.First.String() != "2015-09" || len(a.Series) != 96 || len(a.Series[0].Months) != 12 {
		t.Errorf("origin %s, first %s, %d series", a.Origin, a.First, len(a.Series))
	}
}

func TestASeriesPathsDoNotDependOnItsNeighboursSeeds(t *testing.T) {
	a := simulate([]law{{p: 0.5, sizes: newSizes([]weighted{{1, 1}, {2, 1}}, 1, 0)}}, 200, seedOf(7, Key{"A", "X"}))
	b := simulate([]law{{p: 0.5, sizes: newSizes([]weighted{{1, 1}, {2, 1}}, 1, 0)}}, 200, seedOf(7, Key{"A", "Y"}))
	if reflect.DeepEqual(a, b) {
		t.Error("two series share a stream of draws")
	}
}

// Whatever the history, a forecast is finite, its quantiles never fall, its
// means add up, and its two descriptions of a month agree.
func TestForecastIsSound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		months := rapid.IntRange(1, 40).Draw(t, "months")
		scale := rapid.SampledFrom([]float64{1e-3, 1, 1e6}).Draw(t, "scale")
		first := calendar.Month(2010 * 12)
		var records []Record
		for _, key := range []Key{{"A", "X"}, {"A", "Y"}, {"B", "X"}} {
			for m := range months {
				if rapid.IntRange(0, 2).Draw(t, "occurs") == 0 {
					records = append(records, Record{key, first + calendar.Month(m), scale * float64(rapid.IntRange(0, 1000).Draw(t, "quantity"))})
				}
			}
		}
		if len(records) == 0 {
			records = []Record{{Key{"A", "X"}, first, 0}}
		}
		h, err := NewHistory(records, first+calendar.Month(months)-1)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Forecast(h, Options{Paths: 100, Horizon: 4, LeadIn: rapid.IntRange(0, 20).Draw(t, "leadIn")})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range r.Series {
			sum := 0.0
			for k, o := range s.Months {
				sum += o.Mean
				checkOutlook(t, o)
				checkOutlook(t, s.Cumulative[k])
				if d := s.Cumulative[k].Mean - sum; math.Abs(d) > 1e-6*sum {
					t.Fatalf("cumulative mean %v, the months add up to %v", s.Cumulative[k].Mean, sum)
				}
				if _, upTo := s.Probability(k, 0); upTo != o.Nothing {
					t.Fatalf("nothing is needed with %v in one place and %v in another", o.Nothing, upTo)
				}
				for q, level := range r.Levels {
					below, upTo := s.Probability(k, o.Quantiles[q])
					if below > level+1e-6 || upTo < level-1e-6 {
						t.Fatalf("quantile %v at %v: F(y-) %v, F(y) %v", o.Quantiles[q], level, below, upTo)
					}
				}
			}
		}
	})
}

func checkOutlook(t *rapid.T, o Outlook) {
	if !(o.Mean >= 0) || math.IsInf(o.Mean, 0) || o.Nothing < 0 || o.Nothing > 1 {
		t.Fatalf("mean %v, probability of nothing %v", o.Mean, o.Nothing)
	}
	last := 0.0
	for _, q := range o.Quantiles {
		if !(q >= last) || math.IsInf(q, 0) {
			t.Fatalf("quantiles %v: want finite and never falling", o.Quantiles)
		}
		last = q
	}
}

// Adding quantiles overstates the year; adding independent months understates
// its doubt. The paths lie between.
func TestTheYearIsNeitherASumOfQuantilesNorOfIndependentMonths(t *testing.T) {
	h := realHistory(t)
	r, err := Forecast(h, Options{})
	if err != nil {
		t.Fatal(err)
	}
	const q90 = 5
	frequent, less := 0, 0
	for _, s := range r.Series {
		if s.Months[11].Nothing > 0.75 {
			continue // the months' own 0.9 quantiles are mostly 0
		}
		frequent++
		sum := 0.0
		for _, o := range s.Months {
			sum += o.Quantiles[q90]
		}
		if s.Cumulative[11].Quantiles[q90] < sum {
			less++
		}
	}
	if frequent < 20 || less < frequent*8/10 {
		t.Errorf("only %d of %d series have a yearly 0.9 quantile below the sum of the monthly ones", less, frequent)
	}
}

func TestOptionsOutOfBoundsAreRefused(t *testing.T) {
	h := realHistory(t)
	for _, o := range []Options{
		{Horizon: -1}, {Horizon: 37}, {Horizon: 12, LeadIn: 25}, {LeadIn: -1}, {LeadIn: math.MaxInt},
		{Paths: 5}, {Paths: 1 << 30}, {Levels: []float64{}}, {Levels: []float64{0.5, 0.5}},
		{Levels: []float64{0}}, {Levels: []float64{1}}, {Levels: []float64{math.NaN()}},
	} {
		if _, err := Forecast(h, o); err == nil {
			t.Errorf("accepted %+v", o)
		}
	}
	if _, err := Forecast(History{}, Options{}); err == nil {
		t.Error("forecast an empty history")
	}
}

func TestRegularDemandGetsNarrowBands(t *testing.T) {
	var records []Record
	first := calendar.Month(2010 * 12)
	for m := range 48 {
		for i, region := range []string{"X", "Y", "Z"} {
			records = append(records, Record{Key{"A", region}, first + calendar.Month(m), float64(1000*(i+1) + 50*(m%3))})
		}
	}
	h, err := NewHistory(records, first+47)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Forecast(h, Options{})
	if err != nil {
		t.Fatal(err)
	}
	o := r.Series[1].Months[0]
	if o.Nothing > 0.05 || o.Quantiles[1] < 1500 || o.Quantiles[5] > 2700 {
		t.Errorf("a series of 2000 to 2100 every month is forecast as %+v", o)
	}
}

func TestLargeHistoriesStayInReach(t *testing.T) {
	first := calendar.Month(2010 * 12)
	h := History{First: first, Months: 120}
	for i := range 300 {
		h.Keys = append(h.Keys, Key{string(rune('A' + i%26)), string(rune(0x4e00 + i/26))})
		values := make([]float64, 120)
		for t := i % 5; t < 120; t += 1 + i%7 {
			values[t] = float64(1 + (i*t)%97)
		}
		h.Values = append(h.Values, values)
	}
	began := time.Now()
	if _, err := Forecast(h, Options{Paths: 200}); err != nil {
		t.Fatal(err)
	}
	t.Logf("300 series of 120 months in %v", time.Since(began))
}

func BenchmarkForecast96Series(b *testing.B) {
	h := realHistory(b)
	for b.Loop() {
		if _, err := Forecast(h, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
