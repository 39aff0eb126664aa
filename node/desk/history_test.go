package desk

import (
	"slices"
	"strings"
	"testing"
)

// A line whose place no forecast can name is a bad line: it refuses the file, or is left out and listed where that was asked for.
func TestPlacesNoForecastCanName(t *testing.T) {
	d := foundDesk(t, "Shop")
	file := "product,region,period,quantity\nA,CI,2026-01,10\nB,Atlantis,2026-01,20\nC,CI-AB,2026-01,30\n"
	_, err := d.ImportHistory([]byte(file), ImportOptions{})
	if err == nil || !strings.Contains(err.Error(), `INTAKE-32: line 3, column "region", value "Atlantis": no ISO 3166 code; want a country such as "CI"`) {
		t.Fatalf("%v", err)
	}
	if rows, err := d.history(); err != nil || len(rows) != 0 {
		t.Fatalf("half of a refused file is there: %+v, %v", rows, err)
	}
	result, err := d.ImportHistory([]byte(file), ImportOptions{SkipBad: true})
	if err != nil || result.Added != 2 || result.Report.Imported != 2 || !slices.Equal(result.Report.Skipped, []int{3}) {
		t.Fatalf("%+v, %+v, %v", result, result.Report, err)
	}
	if c := result.Report.Complaints; len(c) != 1 || c[0].Line != 3 || c[0].Column != "region" || c[0].Value != "Atlantis" {
		t.Errorf("%+v", c)
	}
	rows, err := d.history()
	if err != nil || len(rows) != 2 || slices.ContainsFunc(rows, func(r historyRow) bool { return r.Product == "B" }) {
		t.Errorf("%+v, %v", rows, err)
	}
	if _, err := d.ImportHistory([]byte("product,region,period,quantity\nB,Atlantis,2026-01,20\n"), ImportOptions{SkipBad: true}); err == nil {
		t.Error("a file of which nothing is left was imported")
	}
}

// Complaints about prices name line, column and value, and what would be right; nothing of a file with one is taken.
func TestPricesThatCantBeRead(t *testing.T) {
	d := foundDesk(t, "Shop")
	for file, want := range map[string]string{
		"product,price\nA,2\n":                                `INTAKE-07: line 1, column "currency": there is no such column; want product,price,currency,per`,
		"product,price,currency\nA,2,EUR\nB,two,EUR\n":        `INTAKE-08: line 3, column "price", value "two": `,
		"product,price,currency\nA,2,EUR\nB,2,Euro\n":         `INTAKE-32: line 3, column "currency", value "Euro": no ISO 4217 currency; want a code such as EUR`,
		"product,price,currency,per\nA,2,EUR,\n\nB,2,EUR,0\n": `INTAKE-11: line 4, column "per", value "0": no positive number`,
	} {
		if _, err := d.ImportPrices([]byte(file)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", file, err, want)
		}
	}
}
