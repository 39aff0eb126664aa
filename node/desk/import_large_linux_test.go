package desk

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"kontor/node"
	"kontor/node/intake"
	"kontor/protocol/quantity"
)

// weekly is a file of past demand by week: some thousand series of a year or more.
func weekly(series, weeks, each int) string {
	var b strings.Builder
	b.WriteString("product,region,week,quantity\n")
	from := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	names := make([]string, weeks)
	for w := range names {
		year, week := from.AddDate(0, 0, 7*w).ISOWeek()
		names[w] = fmt.Sprintf("%d-W%02d", year, week)
	}
	for s := range series {
		for _, week := range names {
			fmt.Fprintf(&b, "P%06d,DE,%s,%d\n", s, week, each)
		}
	}
	return b.String()
}

// demanded adds up the private history, and counts its series.
func demanded(t *testing.T, d *Desk) (series int, sum quantity.Quantity) {
	t.Helper()
	rows, err := d.history()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		for _, m := range r.Months {
			if sum, err = sum.Add(m.Quantity); err != nil {
				t.Fatal(err)
			}
		}
	}
	return len(rows), sum
}

// A year of weeks of ten thousand series comes in by one file, is replaced by another, and goes back by undo.
func TestAYearOfTenThousandSeriesIsImportedAndUndone(t *testing.T) {
	const series, weeks = 10_000, 52
	d, _ := deskOf(t)
	is := func(when string, n int, want int64) {
		t.Helper()
		if have, sum := demanded(t, d); have != n || sum != quantity.Of(want) {
			t.Fatalf("%s: %d series of %s", when, have, sum)
		}
	}
	first := take(t, d, weekly(series, weeks, 10), ImportOptions{File: "one.csv"})
	if first.Added != series*12 || first.Number != 1 {
		t.Fatalf("%+v", first)
	}
	is("imported", series, series*weeks*10)
	if preview := take(t, d, weekly(series, weeks, 20), ImportOptions{DryRun: true}); preview.Changed != series*12 || preview.Difference.Changed != series*12 {
		t.Fatalf("%+v, %+v", preview, preview.Difference)
	}
	is("after a dry run", series, series*weeks*10)
	second := take(t, d, weekly(series, weeks, 20), ImportOptions{File: "two.csv"})
	if second.Changed != series*12 || second.Added != 0 {
		t.Fatalf("%+v", second)
	}
	is("replaced", series, series*weeks*20)
	if _, err := d.UndoImport(UndoOptions{Number: 1}); err == nil || !strings.Contains(err.Error(), "import 2 has changed the same figures") {
		t.Fatalf("undo of the first below the second: %v", err)
	}
	if out, err := d.UndoImport(UndoOptions{Number: 2}); err != nil || out.Difference.Changed != series*12 {
		t.Fatalf("%+v, %v", out.Difference, err)
	}
	is("undone", series, series*weeks*10)
	if _, err := d.UndoImport(UndoOptions{Number: 1}); err != nil {
		t.Fatal(err)
	}
	is("all undone", 0, 0)
}

// Other kinds of more rows than one update of the database holds: stock, orders, bills of materials, products.
func TestLargeFilesOfOtherKinds(t *testing.T) {
	const rows, orders = 12_000, intake.Kind("order")
	for kind, c := range map[intake.Kind]struct{ head, row string }{
		intake.Stock:    {"product,region,on hand\n", "P%06d,DE,5\n"},
		orders:          {"order,line,product,region,due,quantity,unit\n", "O%[1]d,1,P%06[1]d,DE,2027-01-05,5,C62\n"},
		intake.Bill:     {"product,component,quantity,unit\n", "P%06d,STEEL,5,KGM\n"},
		intake.Products: {"product,description,unit\n", "P%06d,Valve,C62\n"},
	} {
		d, _ := deskOf(t)
		var b strings.Builder
		b.WriteString(c.head)
		for i := range rows {
			fmt.Fprintf(&b, c.row, i)
		}
		out, err := d.Import(kind, []byte(b.String()), ImportOptions{})
		if kind == orders {
			out, err = d.ImportOrders([]byte(b.String()), ImportOptions{})
		}
		if err != nil || out.Difference == nil || out.Difference.Added < rows {
			t.Errorf("%s: %+v, %v", kind, out.Difference, err)
			continue
		}
		if back, err := d.UndoImport(UndoOptions{Number: out.Number}); err != nil || back.Difference.Removed != out.Difference.Added {
			t.Errorf("%s: undo of %d: %+v, %v", kind, out.Difference.Added, back.Difference, err)
		}
	}
}

// largeHome is the home of the process that TestKillInALargeImport kills.
const largeHome = "KONTOR_TEST_LARGE_HOME"

// A process that is killed at any moment of a large import leaves all of it or nothing, and the import is listed where it stands.
func TestKillInALargeImport(t *testing.T) {
	const products = 12_000
	file := func(each int) string {
		var b strings.Builder
		b.WriteString("product,region,on hand\n")
		for i := range products {
			fmt.Fprintf(&b, "P%06d,DE,%d\n", i, each)
		}
		return b.String()
	}
	if home := os.Getenv(largeHome); home != "" {
		n, err := node.Open(node.Config{Home: node.Home(home), Offline: true})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("begins")
		take(t, New(n), file(2), ImportOptions{})
		n.Close()
		return
	}
	d, home := deskOf(t)
	take(t, d, file(1), ImportOptions{})
	d.node.Close()
	// there says how many of each product are there, and after how many imports.
	there := func(d *Desk) (each quantity.Quantity, imports int) {
		rows, err := d.stock()
		if err != nil || len(rows) != products {
			t.Fatalf("%d products in stock, %v", len(rows), err)
		}
		for _, r := range rows {
			if r.OnHand != rows[0].OnHand {
				t.Fatalf("%s of %s beside %s of %s", r.OnHand, r.Product, rows[0].OnHand, rows[0].Product)
			}
		}
		all, err := d.Imports()
		if err != nil {
			t.Fatal(err)
		}
		return rows[0].OnHand, len(all)
	}
	old := 0
	for wait, fresh := time.Duration(0), false; !fresh; wait += wait/4 + 10*time.Millisecond {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKillInALargeImport$", "-test.v")
		cmd.Env = append(os.Environ(), largeHome+"="+home)
		out, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		for said := bufio.NewScanner(out); said.Scan(); {
			if said.Text() == "begins" {
				time.AfterFunc(wait, func() { cmd.Process.Kill() })
			}
		}
		_ = cmd.Wait()
		n, err := node.Open(node.Config{Home: node.Home(home), Offline: true})
		if err != nil {
			t.Fatal(err)
		}
		d := New(n)
		switch each, imports := there(d); {
		case each == quantity.Of(1) && imports == 1:
			old++
		case each == quantity.Of(2) && imports == 2:
			if _, err := d.UndoImport(UndoOptions{Number: 2}); err != nil {
				t.Errorf("undo: %v", err)
			}
			if each, _ := there(d); each != quantity.Of(1) {
				t.Errorf("undone, and %s of each are there", each)
			}
			fresh = true
		default:
			t.Fatalf("killed after %v: %s of each after %d imports", wait, each, imports)
		}
		if err := n.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if old == 0 {
		t.Error("never killed before the import stood")
	}
}
