package door

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kontor/node/intake"
	"kontor/protocol/calendar"
	"kontor/protocol/campaign"
	"kontor/protocol/forecast"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
)

var update = flag.Bool("update", false, "write what the doors say into the cases; review the diff")

// Every file below testdata/cases is one case, and a new one needs no Go. Lines that
// begin with # say what it shows; "option: value" lines set the options below; then
// comes the file to import between two lines of dashes, and what the door is expected
// to say, which go test -run Cases -update writes. \xNN in the input is the byte NN,
// \t a tab, \r a carriage return, and a backslash at the end of a line joins it with
// the next. Names end in .txt where the file is imported and in .bad where it is refused.
//
// The options: kind, format, unit, decimal, date-order, transit, "known: P1 P2" products that
// are mapped, "places: CODE=MEANING ...", "map: {columns: {Teil: product}}" a mapping
// as YAML or JSON on one line, and the word skip-bad alone.
func TestCases(t *testing.T) {
	paths, err := filepath.Glob("testdata/cases/*")
	if err != nil || len(paths) < 100 {
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
			draft, report := Read(unescape(parts[1]), options(t, parts[0]))
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
				t.Errorf("the door says\n%s\nand the case expects\n%s", got, strings.Join(parts[2:], ""))
			}
		})
	}
}

func unescape(text string) []byte {
	text = strings.NewReplacer("\\\n", "", `\t`, "\t", `\r`, "\r").Replace(text)
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		var value byte
		if strings.HasPrefix(text[i:], `\x`) && i+4 <= len(text) {
			if n, _ := fmt.Sscanf(text[i+2:i+4], "%02x", &value); n == 1 {
				b.WriteByte(value)
				i += 3
				continue
			}
		}
		b.WriteByte(text[i])
	}
	return []byte(b.String())
}

func options(t *testing.T, head string) (o Options) {
	t.Helper()
	for _, line := range strings.Split(head, "\n") {
		name, value, _ := strings.Cut(line, ": ")
		switch {
		case strings.HasPrefix(line, "#") || line == "":
		case name == "kind":
			o.Kind = intake.Kind(value)
		case name == "format":
			o.Format = Format(value)
		case name == "transit":
			days, err := intake.ParseTransit(value)
			if err != nil {
				t.Fatal(err)
			}
			o.Transit = days
		case name == "unit":
			o.Unit = quantity.Unit(value)
		case name == "decimal":
			o.Decimal = value
		case name == "date-order":
			o.DateOrder = value
		case name == "known":
			o.Known = map[string]bool{}
			for _, product := range strings.Split(value, " ") {
				o.Known[product] = true
			}
		case name == "places":
			var err error
			if o.Places, err = intake.ParsePlaces(strings.Split(value, " ")); err != nil {
				t.Fatal(err)
			}
		case name == "map":
			var err error
			if o.Map, err = intake.ParseMapping([]byte(value)); err != nil {
				t.Fatal(err)
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
func render(d *intake.Draft, r *intake.Report) string {
	var b strings.Builder
	lines, buckets := d.Size()
	fmt.Fprintf(&b, "%s, %s: %d lines, %d buckets\n", r.Format, r.Kind, lines, buckets)
	if r.HeaderLine > 0 {
		fmt.Fprintf(&b, "%s, %s", r.Encoding, r.Delimiter)
		if r.Decimal != "" {
			fmt.Fprintf(&b, ", decimal %q", r.Decimal)
		}
		if r.DateOrder != "" {
			fmt.Fprintf(&b, ", dates %s", r.DateOrder)
		}
		fmt.Fprintf(&b, ", header in line %d: %d of %d lines\n", r.HeaderLine, r.Imported, r.Lines)
	}
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "note %s\n", n)
	}
	for _, c := range r.Complaints {
		fmt.Fprintf(&b, "%s\n", c)
	}
	if r.Further > 0 {
		fmt.Fprintf(&b, "and %d more\n", r.Further)
	}
	if len(r.Skipped) > 0 {
		fmt.Fprintln(&b, "skipped lines", r.Skipped)
	}
	for _, u := range r.Worklist {
		fmt.Fprintf(&b, "worklist %q: %d lines %v\n", u.Product, u.Count, u.Lines)
	}
	if d == nil {
		return b.String()
	}
	if m := d.Message; m != nil {
		renderDemand(&b, m)
	}
	for _, h := range d.History {
		fmt.Fprintf(&b, "%s | %s | %s %s%s%s\n", h.Product, h.Region, h.Period, h.Quantity, due(h.Due), inLine(h.Line))
	}
	for _, c := range d.Capacity {
		fmt.Fprintf(&b, "%s | %s | actual %s maximum %s %s | %s x %s%s\n", c.Group, c.Period, c.Actual, c.Maximum, c.Unit, c.Product, c.LoadFactor, inLine(c.Line))
	}
	for _, s := range d.Stock {
		fmt.Fprintf(&b, "%s | %s | on hand %s in transit %s backlog %s%s", s.Product, strings.Trim(s.Region+" "+s.Place, " "), s.OnHand, s.InTransit, s.Backlog, inLine(s.Line))
		if s.AsOf.Valid() {
			fmt.Fprintf(&b, ", counted %s", s.AsOf)
		}
		b.WriteString("\n")
	}
	for _, v := range d.Bill {
		fmt.Fprintf(&b, "%s | %s | %s %s%s\n", v.Product, v.Component, v.PerUnit, v.Unit, inLine(v.Line))
	}
	for _, p := range d.Products {
		fmt.Fprintf(&b, "%s | %s | %s%s\n", p.Product, p.Description, p.PackSize, inLine(p.Line))
	}
	for _, e := range d.Events {
		renderEvent(&b, e)
	}
	for _, e := range d.Calendar {
		fmt.Fprintf(&b, "%q %q", e.UID, e.Summary)
		for _, s := range e.Spans {
			fmt.Fprintf(&b, " | %s %s", s.Days, s.RRule)
		}
		if e.Canceled || e.Free {
			fmt.Fprintf(&b, " cancelled %v free %v", e.Canceled, e.Free)
		}
		b.WriteString("\n")
	}
	for _, c := range d.Figures {
		fmt.Fprintf(&b, "%s %s:", c.Key(), c.Unit)
		for _, f := range performance.Figures {
			if q := *c.At(f); q != nil {
				fmt.Fprintf(&b, " %s %s", f, q)
			}
		}
		b.WriteString("\n")
	}
	for _, a := range d.Answers {
		fmt.Fprintf(&b, "%d: %q | %q | %s %s committed %s", a.Line, a.Product, a.Region, a.Period, a.Unit, a.Committed)
		if a.Asked != nil {
			fmt.Fprintf(&b, " of %s", a.Asked)
		}
		fmt.Fprintf(&b, " %s\n", a.Reason)
	}
	for _, f := range d.Fields {
		fmt.Fprintf(&b, "%d: %q\n", f.Line, f.Cells)
	}
	for _, m := range d.Measures {
		fmt.Fprintf(&b, "%s | %s | %s | %s bad, %s confirmed, by %s\n", itemText(m.Item), placeText(m.Site), m.Period, m.Defectives, m.Confirmed, m.Denominator)
	}
	for _, m := range d.Movements {
		fmt.Fprintf(&b, "%s | %s | %s %s %s, document %q, order %q", itemText(m.Item), placeText(m.Location), m.Date, m.Quantity, m.Unit, m.Document, m.Order)
		if m.Accepted != nil {
			fmt.Fprintf(&b, ", accepted %s", m.Accepted)
		}
		b.WriteString("\n")
	}
	for _, g := range d.Groups {
		fmt.Fprintf(&b, "%s %q in %s, inactive %v\n", g.ID, g.Name, g.Unit, g.Inactive)
		for _, l := range g.Links {
			fmt.Fprintf(&b, "  %s | %s | %s x %s\n", l.Product, l.Region, l.Category, l.Factor)
		}
		for _, c := range g.Capacities {
			fmt.Fprintf(&b, "  %s actual %s, maximum %s, agreed %v, delta %v\n", c.Bucket, c.Actual, c.Maximum, c.Agreed, c.Delta)
		}
	}
	for _, x := range d.Deviations {
		fmt.Fprintf(&b, "%q of %q from %s, %s %s %s | %s | %s %s: %s against %s %s %s\n", x.Document, x.Sender, x.Issued, x.ID, x.Status, x.Priority, itemText(x.Item), x.Of, x.Period, x.Source, x.Compared, x.Unit, x.Resolution)
	}
	for _, c := range d.Complaints {
		fmt.Fprintf(&b, "complaint %s / %s %s %s | %s\n", c.ID, c.SupplierID, c.Status, c.Severity, itemText(c.Item))
	}
	for _, c := range d.Cases {
		fmt.Fprintf(&b, "case of %s, steps %v, team %v, is %q\n", c.Complaint, c.Steps, c.Team, c.Is)
		for _, k := range c.Causes {
			fmt.Fprintf(&b, "  cause %s %s %q\n", k.Type, k.Node, k.Whys)
		}
		for _, a := range c.Actions {
			effect := "not measured"
			if a.Effective != nil {
				effect = fmt.Sprint(*a.Effective)
			}
			fmt.Fprintf(&b, "  action %s %s %s %s by %s from %s, %s ppm: %q\n", a.ID, a.Step, a.Kind, a.Status, a.Role, a.Begun, effect, a.Measure)
		}
	}
	for _, n := range d.Notices {
		fmt.Fprintf(&b, "%s %s %s from %d to %d: %s\n", n.Status, n.Effect, n.Cause, n.Start, n.End, n.Text)
	}
	for _, q := range d.Requests {
		fmt.Fprintf(&b, "asks for %q %q newer than %d\n", q.What, q.ID, q.Known)
	}
	return b.String()
}

func renderEvent(b *strings.Builder, e campaign.Event) {
	fmt.Fprintf(b, "%s %q %s %s in %s", e.ID, e.Name, e.Kind, e.Status, e.Period)
	if e.SellIn != nil {
		fmt.Fprintf(b, ", sold in %s", e.SellIn)
	}
	for _, i := range e.Items {
		fmt.Fprintf(b, ", %s", itemText(i))
	}
	for _, p := range e.Places {
		fmt.Fprintf(b, ", at %s", placeText(p))
	}
	b.WriteString("\n")
	for _, t := range e.Tactics {
		fmt.Fprintf(b, "  tactic %+v\n", t)
	}
	for _, i := range e.Impacts {
		fmt.Fprintf(b, "  %s | %s | %s lift %s %s\n", i.Item, placeText(i.Place), i.Bucket, i.Lift, i.Unit)
	}
}

func renderDemand(b *strings.Builder, m *intake.Demand) {
	fmt.Fprintf(b, "%s %s", m.Purpose, m.Method.Bands)
	for _, extra := range []string{string(m.WeekScheme), string(m.Reason)} {
		if extra != "" {
			b.WriteString(" " + extra)
		}
	}
	if m.Revision {
		b.WriteString(" revision")
	}
	if m.Inactive {
		b.WriteString(" inactive")
	}
	b.WriteString("\n")
	if len(m.Fences) > 0 {
		fmt.Fprintf(b, "time fences %s\n", forecast.FencesText(m.Fences))
	}
	for _, l := range m.Lines {
		fmt.Fprintf(b, "%s | %s | %s %s %s by %s\n", itemText(l.Item), placeText(l.Location), l.Unit, l.Kind, l.Category, l.DateBasis)
		for _, a := range intake.Attributes() {
			if text := a.Text(m, l, forecast.Cell{}); text != "" && a.Of == intake.OfLine && a.Name != "date basis" {
				fmt.Fprintf(b, "  %s: %s\n", a.Name, text)
			}
		}
		for _, c := range l.Buckets {
			fmt.Fprintf(b, "  %s %s", c.Bucket, c.Mean)
			for _, q := range c.Quantiles {
				level, err := quantity.Scaled(q.P, -4)
				if err != nil {
					panic(err)
				}
				fmt.Fprintf(b, " p%s=%s", level, q.Q)
			}
			fmt.Fprintf(b, " %s", c.Firmness)
			for _, q := range c.Cumulative {
				fmt.Fprintf(b, " cumulative p%s=%s", intake.Percent(q.P), q.Q)
			}
			if c.Ordered != nil {
				fmt.Fprintf(b, " ordered %s", c.Ordered)
			}
			if c.Accumulated != nil {
				fmt.Fprintf(b, " cumulative %s", c.Accumulated)
			}
			b.WriteString("\n")
		}
	}
}

func itemText(i forecast.Item) string {
	return strings.TrimSpace(fmt.Sprintf("buyer %q seller %q gtin %q", i.BuyersID, i.SellersID, i.GTIN))
}

func placeText(l forecast.Location) string {
	return strings.Join([]string{l.GLN, l.UNLOCODE, l.Region}, "/")
}

func due(b calendar.Bucket) string {
	if b == (calendar.Bucket{}) {
		return ""
	}
	return " due " + b.String()
}

// inLine is the line of a table; messages have segments.
func inLine(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", line %d", n)
}
