package intake

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

var update = flag.Bool("update", false, "write what the importer says into the cases; review the diff")

// Every file below testdata/cases is one case: lines that begin with # say what
// it shows, "option: value" lines set options, then comes the file to import
// between two lines of dashes, and what the importer is expected to say. \xNN in
// the input is the byte NN, \t a tab and \r a carriage return at a line's end.
// Names end in .txt where the file is imported and in .bad where it is refused.
func TestCases(t *testing.T) {
	paths, err := filepath.Glob("testdata/cases/*")
	if err != nil || len(paths) < 40 {
		t.Fatalf("%d cases (%v)", len(paths), err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			parts := strings.SplitN(string(content), "\n----\n", 3)
			if len(parts) < 2 {
				t.Fatal("no line of dashes")
			}
			draft, report := Read(unescape(parts[1]), caseOptions(t, parts[0]))
			if bad := strings.HasSuffix(path, ".bad"); bad != (draft == nil) || bad && report.OK() {
				t.Errorf("the file's name says refused: %v; draft %v, %d complaints", bad, draft != nil, len(report.Complaints))
			}
			got := render(draft, report)
			if *update {
				if err := os.WriteFile(path, []byte(parts[0]+"\n----\n"+parts[1]+"\n----\n"+got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if len(parts) < 3 || parts[2] != got {
				want := ""
				if len(parts) == 3 {
					want = parts[2]
				}
				t.Errorf("the importer says\n%s\nand the case expects\n%s", got, want)
			}
		})
	}
}

func unescape(text string) []byte {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		var value byte
		switch {
		case strings.HasPrefix(text[i:], `\x`) && i+4 <= len(text):
			if n, _ := fmt.Sscanf(text[i+2:i+4], "%02x", &value); n == 1 {
				b.WriteByte(value)
				i += 3
				continue
			}
		case strings.HasPrefix(text[i:], `\t`):
			b.WriteByte('\t')
			i++
			continue
		case strings.HasPrefix(text[i:], `\r`):
			b.WriteByte('\r')
			i++
			continue
		}
		b.WriteByte(text[i])
	}
	return []byte(b.String())
}

func caseOptions(t *testing.T, head string) Options {
	t.Helper()
	var o Options
	for _, line := range strings.Split(head, "\n") {
		name, value, ok := strings.Cut(line, ": ")
		if strings.HasPrefix(line, "#") || line == "" {
			continue
		}
		switch {
		case ok && name == "kind":
			o.Kind = Kind(value)
		case ok && name == "decimal":
			o.Decimal = value
		case ok && name == "date-order":
			o.DateOrder = value
		case ok && name == "unit":
			o.Unit = quantity.Unit(value)
		case ok && name == "known":
			o.Known = map[string]bool{}
			for _, product := range strings.Split(value, " ") {
				o.Known[product] = true
			}
		case line == "skip-bad":
			o.SkipBad = true
		default:
			t.Fatalf("no such option %q", line)
		}
	}
	return o
}

// render writes a draft and its report as a case expects them.
func render(d *Draft, r *Report) string {
	var b strings.Builder
	if r.Kind != "" {
		fmt.Fprintf(&b, "%s, %s, %s", r.Kind, r.Encoding, r.Delimiter)
		if r.Decimal != "" {
			fmt.Fprintf(&b, ", decimal %q", r.Decimal)
		}
		if r.DateOrder != "" {
			fmt.Fprintf(&b, ", dates %s", r.DateOrder)
		}
		fmt.Fprintf(&b, ", header in line %d: %d of %d lines\n", r.HeaderLine, r.Imported, r.Lines)
	}
	for _, c := range r.Complaints {
		fmt.Fprintln(&b, c)
	}
	if r.Further > 0 {
		fmt.Fprintf(&b, "and %d more\n", r.Further)
	}
	for _, c := range r.Notes {
		fmt.Fprintln(&b, "note", c)
	}
	if len(r.Skipped) > 0 {
		fmt.Fprintln(&b, "skipped lines", r.Skipped)
	}
	for _, u := range r.Worklist {
		fmt.Fprintf(&b, "worklist %q: %d lines %v\n", u.Product, u.Count, u.Lines)
	}
	if d == nil {
		return b.String() + "no draft\n"
	}
	for _, h := range d.History {
		fmt.Fprintf(&b, "%d: %s | %s | %s | %s%s\n", h.Line, h.Product, h.Region, h.Period, h.Quantity, due(h.Due))
	}
	for _, c := range d.Capacity {
		fmt.Fprintf(&b, "%d: %s | %s | actual %s maximum %s %s | %s x %s\n", c.Line, c.Group, c.Period, c.Actual, c.Maximum, c.Unit, c.Product, c.LoadFactor)
	}
	for _, s := range d.Stock {
		fmt.Fprintf(&b, "%d: %s | %s | on hand %s in transit %s backlog %s\n", s.Line, s.Product, s.Region, s.OnHand, s.InTransit, s.Backlog)
	}
	for _, v := range d.Bill {
		fmt.Fprintf(&b, "%d: %s | %s | %s %s\n", v.Line, v.Product, v.Component, v.PerUnit, v.Unit)
	}
	for _, p := range d.Products {
		fmt.Fprintf(&b, "%d: %s | %s | %s\n", p.Line, p.Product, p.Description, p.PackSize)
	}
	for _, f := range d.Forecast {
		fmt.Fprintf(&b, "%d: %s | %s | %s | %s", f.Line, f.Product, f.Region, f.Period, f.Unit)
		if f.Mean != nil {
			fmt.Fprintf(&b, " | mean %s", f.Mean)
		}
		for _, q := range f.Quantiles {
			fmt.Fprintf(&b, " | %d ppm %s", q.P, q.Q)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func due(b calendar.Bucket) string {
	if b == (calendar.Bucket{}) {
		return ""
	}
	return " | due " + b.String()
}
