package planner

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"kontor/node/intake"
)

func realScenario(t *testing.T, origin string, factor float64) Scenario {
	t.Helper()
	known, err := realHistory(t).Until(month(t, origin))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Forecast(known, Options{Paths: 200, LeadIn: 3})
	if err != nil {
		t.Fatal(err)
	}
	packs := map[string]int64{}
	for _, key := range known.Keys {
		packs[key.Product] = 60
		if strings.HasSuffix(key.Product, "-30") {
			packs[key.Product] = 30
		}
	}
	s, err := MakeScenario(r, packs, factor)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Issue 2, step 4: with the capacity factor 2 there is no bottleneck.
func TestBottlenecksAtFactorOneAndNoneAtTwo(t *testing.T) {
	for _, origin := range []string{"2012-08", "2014-02", "2015-08"} {
		one, two := realScenario(t, origin, 1), realScenario(t, origin, 2)
		found := one.Bottlenecks()
		months, lines := map[string]bool{}, map[string]bool{}
		for _, b := range found {
			months[b.Month] = true
			lines[b.Line] = true
			t.Logf("%s: %+v", origin, b)
		}
		if len(lines) == 0 || len(lines) == len(one.Lines) || len(months) == 12 {
			t.Errorf("%s: bottlenecks on %d of %d lines in %d months, want some of each", origin, len(lines), len(one.Lines), len(months))
		}
		if none := two.Bottlenecks(); len(none) != 0 {
			t.Errorf("%s: with twice the capacity: %+v", origin, none)
		}
		for _, line := range one.Lines {
			if len(line.Products) != 3 {
				t.Errorf("%s is shared by %d products", line.Name, len(line.Products))
			}
			for _, m := range line.Months {
				if m.Actual > m.Maximum {
					t.Errorf("%s in %s: actual %d above maximum %d", line.Name, m.Month, m.Actual, m.Maximum)
				}
			}
		}
	}
}

func TestScenarioIsTheSameEveryTime(t *testing.T) {
	a, b := realScenario(t, "2015-08", 1), realScenario(t, "2015-08", 1)
	if !reflect.DeepEqual(a, b) || !bytes.Equal(a.CapacityCSV(), b.CapacityCSV()) {
		t.Error("two scenarios of one forecast differ")
	}
	if rows := bytes.Count(a.CapacityCSV(), []byte("\n")); rows != 1+12*12 {
		t.Errorf("%d rows of capacity, want a header and 12 products x 12 months", rows)
	}
	if !bytes.HasPrefix(a.StockCSV(), []byte("product,region,on_hand,in_transit,backlog\n")) || len(a.Stock) < 30 {
		t.Errorf("%d rows of stock", len(a.Stock))
	}
}

func TestScenarioRefusesACapacityFactorOutOfBounds(t *testing.T) {
	for _, factor := range []float64{0, -1, 1e9} {
		if _, err := MakeScenario(Result{}, nil, factor); err == nil {
			t.Errorf("accepted %v", factor)
		}
	}
}

// The scenario leaves as files and enters a node as files.
func TestScenariosFilesImportByThemselves(t *testing.T) {
	s := realScenario(t, "2015-08", 1)
	capacity, report := intake.Read(s.CapacityCSV(), intake.Options{})
	if capacity == nil || report.Kind != intake.Capacity || len(capacity.Capacity) != 12*12 {
		t.Fatalf("capacity: %s, %v", report.Kind, report.Complaints)
	}
	stock, report := intake.Read(s.StockCSV(), intake.Options{})
	if stock == nil || report.Kind != intake.Stock || len(stock.Stock) != len(s.Stock) {
		t.Fatalf("stock: %s, %v", report.Kind, report.Complaints)
	}
}
