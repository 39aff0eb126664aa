package measure

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"kontor/protocol/quantity"
	"kontor/testnet/data/external"
)

func rows(t testing.TB, path ...string) [][]string {
	t.Helper()
	r := csv.NewReader(bytes.NewReader(external.Read(t, path...)))
	r.TrimLeadingSpace = true
	all, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func parsed(t testing.TB, text string) quantity.Quantity {
	t.Helper()
	r, ok := new(big.Rat).SetString(strings.TrimSpace(text)) // some of the files write 0.3673E+05
	if !ok {
		t.Fatalf("%q is no number", text)
	}
	q, err := decimal(r).Round(9)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// wide reads rows of an ID and values; empty cells end a row.
func wide(t testing.TB, path ...string) map[string][]quantity.Quantity {
	out := map[string][]quantity.Quantity{}
	for _, row := range rows(t, path...)[1:] {
		var series []quantity.Quantity
		for _, v := range row[1:] {
			if v = strings.TrimSpace(v); v == "" || v == "NA" {
				break
			}
			series = append(series, parsed(t, v))
		}
		out[row[0]] = series
	}
	return out
}

func same(t *testing.T, what string, r Result, want float64, places int) {
	t.Helper()
	w, ok := new(big.Rat).SetString(big.NewFloat(want).Text('f', places))
	if !ok || !r.Measured() {
		t.Fatalf("%s: %v", what, r)
	}
	if off := new(big.Rat).Abs(minus(r.Value.Rat(), w)); off.Cmp(over(fraction(6, 10), power10(places))) > 0 {
		t.Errorf("%s is %s, published is %v", what, r.Text(places+3), want)
	}
}

func power10(n int) *big.Rat {
	return new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil))
}

// The M4 competition published the errors of its submissions on 359 weekly series of 13 weeks: every one comes out.
func TestM4WeeklyErrorsAreThePublishedOnes(t *testing.T) {
	var want struct {
		Weekly map[string]struct{ SMAPE, MASE float64 } `json:"weekly"`
		Naive  struct{ MSIS, ACD float64 }              `json:"naive_interval95"`
	}
	if err := json.Unmarshal(external.Read(t, "forecast", "m4", "expected_weekly.json"), &want); err != nil {
		t.Fatal(err)
	}
	if len(want.Weekly) != 7 {
		t.Fatalf("%d methods", len(want.Weekly))
	}
	train, actual := wide(t, "forecast", "m4", "Weekly-train.csv.gz"), wide(t, "forecast", "m4", "Weekly-test.csv.gz")
	scales := map[string]*Scale{}
	for id, history := range train {
		scales[id] = NewScale(1)
		for _, z := range history {
			scales[id].Add(z)
		}
	}
	if len(train) != 359 || len(actual) != 359 {
		t.Fatalf("%d and %d series", len(train), len(actual))
	}
	for method, published := range want.Weekly {
		forecast := wide(t, "forecast", "m4", "forecast-"+method+"-Weekly.csv.gz")
		var all Errors
		var mean SeriesMean
		for id, ys := range actual {
			var e Errors
			for i, y := range ys {
				e.Add(y, forecast[id][i])
			}
			mean.AddErrors(&e, scales[id])
			all.Join(&e)
		}
		smape := all.Result(SMAPE2)
		smape.Value = decimal(times(whole(100), smape.Value.Rat()))
		same(t, method+" sMAPE", smape, published.SMAPE, 3)
		same(t, method+" MASE", mean.Result(MASE), published.MASE, 3)
		if n := all.Result(SMAPE2).Count; n != 359*13 {
			t.Errorf("%s: %d observations", method, n)
		}
	}

	// The 95 % intervals of the naive forecast: last value ± 1.959964 · σ · √h.
	scores, mean := Scores{Setting: Setting{"band": "0.95", "ties": "CLOSED"}}, SeriesMean{Setting: Setting{"band": "0.95"}}
	for id, ys := range actual {
		history := train[id]
		var squares total
		for i := 1; i < len(history); i++ {
			d, err := history[i].Sub(history[i-1])
			if err != nil {
				t.Fatal(err)
			}
			squares.addProduct(d, d)
		}
		last := history[len(history)-1]
		s := Scores{Setting: scores.Setting}
		for h, y := range ys {
			variance := over(times(squares.rat(), whole(h+1)), whole(len(history)-1))
			spread, err := decimal(times(fraction(1959964, PPM), root(variance).Rat())).Round(9)
			if err != nil {
				t.Fatal(err)
			}
			low, _ := last.Sub(spread)
			high, _ := last.Add(spread)
			s.Add(y, []Quantile{{25_000, low}, {975_000, high}})
		}
		mean.AddScores(&s, scales[id], 950_000, quantity.Of(1))
		scores.Join(&s)
	}
	same(t, "MSIS", mean.Result(MSIS), want.Naive.MSIS, 3)
	same(t, "ACD", scores.Result(CoverageGap), want.Naive.ACD, 3)
}

// The table of scores that was published with 23 quantiles of three models: every figure to its three digits.
func TestQuantileScoresAreThePublishedOnes(t *testing.T) {
	table := rows(t, "forecast", "scoringutils", "example_quantile_cases.csv.gz")
	column := map[string]int{}
	for i, name := range table[0] {
		column[name] = i
	}
	type cell struct{ model, location, date, horizon string }
	quantiles, observed := map[cell][]Quantile{}, map[cell]quantity.Quantity{}
	for _, row := range table[1:] {
		get := func(name string) string { return row[column[name]] }
		if get("model") == "NA" || get("observed") == "NA" || get("predicted") == "NA" {
			continue
		}
		c := cell{get("model"), get("location"), get("target_end_date"), get("horizon")}
		level, ok := parsed(t, get("quantile_level")).At(-6)
		if !ok {
			t.Fatalf("level %s", get("quantile_level"))
		}
		quantiles[c] = append(quantiles[c], Quantile{level.Int64(), parsed(t, get("predicted"))})
		observed[c] = parsed(t, get("observed"))
	}
	byModel := map[string]*Scores{}
	for c, qs := range quantiles {
		s := byModel[c.model]
		if s == nil {
			s = &Scores{Setting: Setting{"ties": "CLOSED"}}
			byModel[c.model] = s
		}
		for i := 1; i < len(qs); i++ {
			if qs[i].P <= qs[i-1].P {
				t.Fatalf("%v: levels are out of order", c)
			}
		}
		s.Add(observed[c], qs)
	}
	expected := rows(t, "forecast", "scoringutils", "expected_cases.csv")
	if len(expected) < 4 {
		t.Fatalf("%d rows", len(expected))
	}
	for _, row := range expected[1:] {
		s := byModel[row[0]]
		got := map[string]Result{
			"wis": s.Result(WIS), "overprediction": s.Result(WISOver), "underprediction": s.Result(WISUnder), "dispersion": s.Result(WISDispersion), "bias": s.Result(QuantileBias),
			"interval_coverage_50": s.Of(Coverage, "band", "0.5"), "interval_coverage_90": s.Of(Coverage, "band", "0.9"), "ae_median": s.Result(MedianError),
		}
		seen := 0
		for i, name := range expected[0] {
			r, scored := got[name]
			if !scored {
				continue
			}
			seen++
			want, _ := new(big.Rat).SetString(row[i])
			// Published with three significant digits: half a unit of the third may be lost.
			off := new(big.Rat).Abs(minus(r.Value.Rat(), want))
			half := fraction(1, 2000)
			for size := new(big.Rat).Abs(want); size.Cmp(whole(1)) >= 0; size = over(size, whole(10)) {
				half = times(half, whole(10))
			}
			if !r.Measured() || off.Cmp(half) > 0 {
				t.Errorf("%s: %s is %s, published is %s", row[0], name, r.Text(6), row[i])
			}
		}
		if seen != 8 {
			t.Errorf("%d figures compared", seen)
		}
	}
}
