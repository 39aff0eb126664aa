package sim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"kontor/node"
	"kontor/node/desk"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/performance"
	"kontor/protocol/wire"
)

// orderTable is a table of lines, all received as ordered but the one that is short.
func orderTable(prefix string, n, short int) []byte {
	var b strings.Builder
	b.WriteString("order,line,product,region,ordered,due,delivered,accepted,unit\n")
	for i := range n {
		accepted := 100
		if i == short {
			accepted = 90
		}
		fmt.Fprintf(&b, "%s-%04d,10,ZDV-300,CI,100,2026-10-%02d,2026-10-%02d,%d,PK\n", prefix, i, 1+i%28, 1+i%28, accepted)
	}
	return []byte(b.String())
}

// Practice T7: two reports of one window, of which one line differs. Whatever the seller asks for, by its own program or by hand, it gets the line
// that differs, and only after it has shown its own; of the other lines, and of cells that it does not report, not a byte reaches it.
func TestOnlyLinesThatDifferAreOpened(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		agency, maker := w.found("Agency"), w.found("Maker")
		pid := agency.buysFrom(maker)
		report := func(c, with *company, table []byte) block.CID {
			t.Helper()
			_, err := c.desk.ImportPerformance(table, desk.PerformanceImport{})
			check(t, err)
			out, err := c.desk.SharePerformance(t.Context(), desk.PerformanceQuery{Window: "2026-10"}, "")
			check(t, err)
			agency.inStep(pid, maker, time.Minute)
			return out.CID
		}
		_, err := agency.desk.ImportPerformance([]byte("order,line,product,region,ordered,due,delivered,accepted,unit\nSECRET-1,10,OTHER,CI,5,2026-10-05,2026-10-05,5,PK\n"), desk.PerformanceImport{})
		check(t, err)
		ours := report(agency, maker, orderTable("PO", 300, -1))
		theirs := report(maker, agency, orderTable("PO", 300, 117))

		found, err := maker.desk.ReconcilePerformance(t.Context(), desk.ReconcileQuery{Window: "2026-10"})
		check(t, err)
		if len(found) != 1 || len(found[0].Lines) != 1 || found[0].Lines[0].Theirs.Order != "PO-0117" || fmt.Sprint(found[0].Lines[0].Differs) != "[accepted]" {
			t.Fatalf("%+v", found)
		}
		cell := found[0].Cell

		// A seller that writes its own program: its tree, and every ask it can make. heard is all that the buyer answers.
		p, err := maker.Partnership(pid)
		check(t, err)
		var lines []performance.Line
		check(t, maker.ReadPrivate(func(rows node.PrivateRows) error {
			return rows.Scan("report-line/"+pid.String()+"/"+theirs.String()+"/", func(_ string, decode func(any) error) (bool, error) {
				var l performance.Line
				err := decode(&l)
				lines = append(lines, l)
				return true, err
			})
		}))
		tree, err := performance.NewTree(performance.NewSalt(p.Channel), cell, lines)
		check(t, err)
		var heard bytes.Buffer
		asks := func(ask wire.LinesAsk) string {
			ask.PID, ask.Report = pid, ours
			reply, err := agency.Lines(t.Context(), pid, maker.Company(), ask)
			data, e := block.Marshal(reply)
			check(t, e)
			heard.Write(data)
			if err != nil {
				return err.Error()
			}
			return ""
		}
		opened, equal := 0, 0
		for _, l := range lines {
			at := placeOf(t, tree, l)
			mine, _, _ := tree.Open(at)
			ask := wire.LineAsk{At: at[:], Proof: tree.Prove(at), Opening: &mine}
			switch text := asks(wire.LinesAsk{Cell: cell, Open: &ask}); {
			case text == "":
				opened++
			case strings.HasPrefix(text, wire.CodeEqual):
				equal++
			default:
				t.Fatal(text)
			}
			bare := ask
			bare.Opening = nil
			if text := asks(wire.LinesAsk{Cell: cell, Open: &bare}); !strings.HasPrefix(text, wire.CodeMalformed) {
				t.Fatalf("a line is opened to one that shows none: %q", text)
			}
			other := mine
			other.Line.Order += "x"
			lie := ask
			lie.Opening = &other
			if text := asks(wire.LinesAsk{Cell: cell, Open: &lie}); !strings.HasPrefix(text, wire.CodeMalformed) {
				t.Fatalf("a line is opened to one that shows another: %q", text)
			}
			forged := ask
			forged.Proof.Count++
			if text := asks(wire.LinesAsk{Cell: cell, Open: &forged}); !strings.HasPrefix(text, wire.CodeMalformed) {
				t.Fatalf("a line is opened against another root: %q", text)
			}
		}
		if opened != 1 || equal != 299 {
			t.Fatalf("%d lines were opened and %d are equal", opened, equal)
		}
		if text := asks(wire.LinesAsk{Cell: "OTHER|CI|2026-10", Paths: [][]byte{{}}}); !strings.HasPrefix(text, wire.CodeNotFound) {
			t.Fatalf("a cell that the seller does not report: %q", text)
		}
		for path := byte(0); path < 16; path++ {
			asks(wire.LinesAsk{Cell: cell, Paths: [][]byte{{}, {path}}})
		}
		if !bytes.Contains(heard.Bytes(), []byte("PO-0117")) {
			t.Fatal("the line that differs is not among what was heard, so the rest of this play shows nothing")
		}
		for _, l := range lines {
			if l.Order != "PO-0117" && bytes.Contains(heard.Bytes(), []byte(l.Order)) {
				t.Fatalf("the seller heard of %s", l.Order)
			}
		}
		if bytes.Contains(heard.Bytes(), []byte("SECRET")) {
			t.Fatal("the seller heard of a line of a cell that it does not report")
		}
		// And nothing of it is anywhere in the seller's database.
		secret, control := 0, 0
		check(t, maker.ReadPrivate(func(rows node.PrivateRows) error {
			return rows.Scan("", func(key string, decode func(any) error) (bool, error) {
				var any any
				if decode(&any) == nil {
					text := fmt.Sprintf("%s %v", key, any)
					secret += strings.Count(text, "SECRET")
					control += strings.Count(text, "PO-0117")
				}
				return true, nil
			})
		}))
		if secret > 0 || control == 0 {
			t.Fatalf("the seller's private rows name the buyer's other line %d times, and the opened one %d times", secret, control)
		}

		// The buyer's desk sees the same line, and both sides compare alike.
		seen, err := agency.desk.OpenedLines("")
		check(t, err)
		if len(seen) != 1 || seen[0].Ours.Accepted.String() != "100" || seen[0].Theirs.Accepted.String() != "90" || seen[0].Asked {
			t.Fatalf("%+v", seen)
		}
		var texts [2]string
		for i, c := range []*company{agency, maker} {
			out, err := c.desk.ComparePerformance(desk.CompareQuery{Window: "2026-10"})
			check(t, err)
			text, err := json.Marshal(out)
			check(t, err)
			texts[i] = string(text)
		}
		if texts[0] != texts[1] {
			t.Fatalf("%s\n%s", texts[0], texts[1])
		}

		// A report of nothing but lies does not open a cell: no more than the bound ever leaves.
		report(maker, agency, append(orderTable("XX", 300, -1), bytes.TrimPrefix(orderTable("PO", 300, 117), []byte("order,line,product,region,ordered,due,delivered,accepted,unit\n"))...))
		_, err = maker.desk.ImportPerformance(orderTable("XX", 600, -1), desk.PerformanceImport{ImportOptions: desk.ImportOptions{Replace: true}})
		check(t, err)
		_, err = maker.desk.SharePerformance(t.Context(), desk.PerformanceQuery{Window: "2026-10"}, "")
		check(t, err)
		agency.inStep(pid, maker, time.Minute)
		if _, err := maker.desk.ReconcilePerformance(t.Context(), desk.ReconcileQuery{Window: "2026-10"}); failure(err) != "TOO_MANY_LINES" && err != nil {
			t.Fatal(err)
		}
		kept, err := agency.OpenedLines(pid)
		check(t, err)
		if len(kept) > performance.MaxOpened {
			t.Fatalf("%d lines were opened", len(kept))
		}
		var row protocol.WindowRow
		check(t, agency.View(pid, func(r *protocol.Replica) (err error) {
			row, err = r.Window(calendar.MustBucket("2026-10"))
			return err
		}))
		if len(row.Reports) != 2 || row.Closed {
			t.Fatalf("%+v", row)
		}
	})
}

// placeOf finds where a line stands in its tree by walking it.
func placeOf(t *testing.T, tree *performance.Tree, l performance.Line) (at performance.Hash) {
	t.Helper()
	var walk func(path []byte) bool
	walk = func(path []byte) bool {
		n, ok := tree.Node(path)
		if !ok {
			return false
		}
		if len(n.Children) == 0 {
			o, _, _ := tree.Open(performance.Hash(n.Place))
			if o.Line.Key() == l.Key() {
				at = performance.Hash(n.Place)
				return true
			}
			return false
		}
		for step := byte(0); step < 16; step++ {
			if walk(append(append([]byte{}, path...), step)) {
				return true
			}
		}
		return false
	}
	if !walk(nil) {
		t.Fatalf("no line %s", l.Key())
	}
	return at
}
