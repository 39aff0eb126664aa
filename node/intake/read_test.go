package intake

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestBoundsAreKept(t *testing.T) {
	wide := strings.Repeat("c,", MaxColumns) + "c\n"
	for name, c := range map[string]struct {
		data string
		code Code
	}{
		"bytes":   {"product,month,quantity\n" + strings.Repeat("x", MaxBytes), CodeTooLarge},
		"columns": {wide, CodeTooLarge},
		"field":   {"product,month,quantity\n" + strings.Repeat("x", MaxField+1) + ",2015-07,5\n", CodeTooLarge},
		"rows":    {"product,month,quantity\n" + strings.Repeat("A,2015-07,5\n", MaxRows+1), CodeTooLarge},
	} {
		draft, report := Read([]byte(c.data), Options{})
		if draft != nil || report.OK() {
			t.Errorf("%s: accepted", name)
			continue
		}
		last := report.Complaints[len(report.Complaints)-1]
		if last.Code != c.code && report.Further == 0 {
			t.Errorf("%s: %v", name, last)
		}
		if len(report.Complaints) > maxComplaints || len(last.String()) > 1000 {
			t.Errorf("%s: %d complaints, the last of %d characters", name, len(report.Complaints), len(last.String()))
		}
	}
}

// A file of nothing but commas must not cost many times its size.
func TestEmptyCellsCostNoMemory(t *testing.T) {
	data := []byte("product,month,quantity\n" + strings.Repeat(strings.Repeat(",", 255)+"\n", 20_000))
	allocated := testing.AllocsPerRun(1, func() {
		if draft, _ := Read(data, Options{}); draft != nil {
			t.Error("imported nothing as something")
		}
	})
	if allocated > 200_000 {
		t.Errorf("%v allocations for %d blank lines", allocated, 20_000)
	}
}

func TestComplaintsAreCounted(t *testing.T) {
	var b strings.Builder
	b.WriteString("product,month,quantity\n")
	for i := range 250 {
		fmt.Fprintf(&b, "A%d,2015-07,none\n", i)
	}
	draft, report := Read([]byte(b.String()), Options{})
	if draft != nil || len(report.Complaints) != 100 || report.Further != 150 {
		t.Errorf("%d complaints and %d more", len(report.Complaints), report.Further)
	}
}

func TestCodesAreUnique(t *testing.T) {
	source, err := os.ReadFile("complaint.go")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, code := range regexp.MustCompile(`INTAKE-\d\d`).FindAllString(string(source), -1) {
		if seen[code] {
			t.Errorf("%s is given twice", code)
		}
		seen[code] = true
	}
	if len(seen) < 28 {
		t.Errorf("%d codes", len(seen))
	}
}

func TestWriteKeepsSpreadsheetsFromRunningCells(t *testing.T) {
	got := string(Write([][]string{{"=HYPERLINK(\"x\")", "+1-1", "-5", "+5", "@SUM(A1)", "a=b", "", "-", "\t=1"}}))
	want := "\"'=HYPERLINK(\"\"x\"\")\",'+1-1,-5,+5,'@SUM(A1),a=b,,'-,'\t=1\r\n"
	if got != want {
		t.Errorf("wrote %q, want %q", got, want)
	}
}

// What Write writes, Read reads: for any names, whatever they begin with.
func TestWriteAndReadAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[=+@'a-zäλ",;|-][=+@'a-zäλ",;|0-9 -]{0,8}[a-z]`)
		rows := [][]string{{"product", "region", "month", "quantity", "note"}}
		var want [][2]string
		for i := range rapid.IntRange(1, 20).Draw(t, "rows") {
			product, region := name.Draw(t, "product"), name.Draw(t, "region")
			if strings.HasPrefix(product, "'") || strings.HasPrefix(region, "'") {
				continue // an apostrophe of one's own before a formula mark is taken off
			}
			rows = append(rows, []string{product, region, "2015-07", "5", fmt.Sprint("n", i)})
			want = append(want, [2]string{product, region})
		}
		if len(want) == 0 {
			return
		}
		draft, report := Read(Write(rows), Options{Kind: History, Delimiter: ','})
		if draft == nil {
			t.Fatalf("refused: %v", report.Complaints)
		}
		var got [][2]string
		for _, h := range draft.History {
			got = append(got, [2]string{h.Product, h.Region})
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("read %q, want %q", got, want)
		}
	})
}

// The four ways to write one table are one table.
func TestDelimitersAndMarksMakeNoDifference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var plain, german bytes.Buffer
		plain.WriteString("product,month,quantity\n")
		german.WriteString("Produkt;Monat;Menge\n")
		fmt.Fprint(&plain, "Z,2015-01,0.5\n") // one cell tells the mark
		fmt.Fprint(&german, "Z;01/2015;0,5\n")
		for i := range rapid.IntRange(0, 20).Draw(t, "rows") {
			whole, cents := rapid.IntRange(0, 999).Draw(t, "whole"), rapid.IntRange(0, 999).Draw(t, "cents")
			thousands := rapid.IntRange(1, 99).Draw(t, "thousands")
			fmt.Fprintf(&plain, "P%d,2015-%02d,%d%03d.%03d\n", i, i%12+1, thousands, whole, cents)
			fmt.Fprintf(&german, "P%d;%d/2015;%d.%03d,%03d\n", i, i%12+1, thousands, whole, cents)
		}
		a, reportA := Read(plain.Bytes(), Options{})
		b, reportB := Read(german.Bytes(), Options{})
		if a == nil || b == nil {
			t.Fatalf("refused: %v %v", reportA.Complaints, reportB.Complaints)
		}
		if !reflect.DeepEqual(a, b) {
			t.Fatalf("%+v\nand\n%+v", a, b)
		}
	})
}

// Whatever the bytes, Read answers, complains about what it refuses, imports no
// more lines than there are, and says the same twice.
func FuzzRead(f *testing.F) {
	// The cases of the door are the seeds, as they stand: what the runner would unescape is one more odd table.
	paths, err := filepath.Glob("door/testdata/cases/*")
	if err != nil || len(paths) == 0 {
		f.Fatalf("no cases (%v)", err)
	}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		if parts := strings.SplitN(string(content), "\n----\n", 3); len(parts) > 1 {
			f.Add([]byte(parts[1]), strings.Contains(parts[0], "skip-bad"))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, skipBad bool) {
		options := Options{SkipBad: skipBad, Unit: "KGM"}
		draft, report := Read(data, options)
		if report == nil || draft == nil && report.OK() || draft != nil && !report.OK() && !skipBad {
			t.Fatalf("draft %v, report %+v", draft != nil, report)
		}
		if draft == nil {
			if report.Imported != 0 {
				t.Fatalf("no draft and %d lines imported", report.Imported)
			}
			return
		}
		rows := len(draft.History) + len(draft.Capacity) + len(draft.Stock) + len(draft.Bill) + len(draft.Products)
		if report.Imported > report.Lines || draft.Message == nil && rows < report.Imported {
			t.Fatalf("%d rows, %d imported, %d lines", rows, report.Imported, report.Lines)
		}
		for _, h := range draft.History {
			if !h.Period.Valid() || h.Quantity.Sign() < 0 || h.Product == "" {
				t.Fatalf("%+v", h)
			}
		}
		if draft.Message != nil {
			checkDemand(t, draft.Message, report)
		}
		again, reportAgain := Read(data, options)
		if !reflect.DeepEqual(draft, again) || !reflect.DeepEqual(report, reportAgain) {
			t.Fatal("two readings of one file differ")
		}
	})
}

// checkDemand says of a forecast that was read what no file may break: no more figures than lines where each line has its own, no line
// twice, periods in order, and levels that rise.
func checkDemand(t *testing.T, d *Demand, report *Report) {
	t.Helper()
	keys := map[string]bool{}
	for _, l := range d.Lines {
		if keys[l.Key()] || len(l.Buckets) == 0 {
			t.Fatalf("%s twice, or without periods", l.Key())
		}
		keys[l.Key()] = true
		for k, c := range l.Buckets {
			if k > 0 && l.Buckets[k-1].Compare(c.Bucket) >= 0 || c.Mean.Sign() < 0 {
				t.Fatalf("%s: %+v", l.Key(), l.Buckets)
			}
			for n := 1; n < len(c.Quantiles); n++ {
				if low, high := c.Quantiles[n-1], c.Quantiles[n]; high.P <= low.P || high.Q.Less(low.Q) {
					t.Fatalf("%s: %+v", l.Key(), c)
				}
			}
		}
	}
}

// A number that is read is written back as the same number, with either mark.
func FuzzNumber(f *testing.F) {
	for _, text := range []string{"1.234,56", "1,234.56", "1234.56", "-5", "+.5", "1 234", "1'234.5", "1,2,3", "1e5", "--1", "0.000", "1.", "."} {
		f.Add(text, true)
		f.Add(text, false)
	}
	f.Fuzz(func(t *testing.T, text string, comma bool) {
		m := marks{decimal: '.'}
		if comma {
			m.decimal = ','
		}
		q, problem := m.parse(text)
		if problem != "" {
			return
		}
		back := q.String()
		if comma {
			back = strings.Replace(back, ".", ",", 1)
		}
		if again, problem := m.parse(back); problem != "" || again != q {
			t.Fatalf("%q is %s, and %q is %s (%s)", text, q, back, again, problem)
		}
	})
}

// A period that is read is a valid one, and its own text reads to the same.
func FuzzPeriod(f *testing.F) {
	for _, text := range []string{"2026-11", "2026-W48", "2026-11-22", "06/02/2006", "2-Jun-06", "Jun 2, 2006", "20261122", "22.11.26", "8/31/2015 0:00", "2026W1", "sept 2015"} {
		f.Add(text, "DMY")
		f.Add(text, "MDY")
	}
	f.Fuzz(func(t *testing.T, text, order string) {
		d := dates{order: order}
		b, problem := d.parse(text)
		if problem != "" {
			return
		}
		if again, problem := d.parse(b.String()); !b.Valid() || problem != "" || again != b {
			t.Fatalf("%q is %s, and that is %s (%s)", text, b, again, problem)
		}
	})
}

func TestReadIsFastEnough(t *testing.T) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write([]string{"product", "region", "month", "quantity"})
	for i := range 100_000 {
		_ = w.Write([]string{fmt.Sprint("P", i%500), fmt.Sprint("R", i/500), "2015-07", fmt.Sprint(i)})
	}
	w.Flush()
	draft, report := Read(b.Bytes(), Options{})
	if draft == nil || report.Imported != 100_000 {
		t.Fatalf("%d lines, %v", report.Imported, report.Complaints)
	}
}
