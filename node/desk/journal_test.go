package desk

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kontor/node"
	"kontor/node/intake"
	"kontor/node/outlet"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

func deskOf(t *testing.T) (*Desk, string) {
	t.Helper()
	home := t.TempDir()
	if _, err := node.Init(node.Home(home), node.InitOptions{Company: "A", Listen: []string{"/ip4/127.0.0.1/tcp/0"}, Now: time.Now()}); err != nil {
		t.Fatal(err)
	}
	n, err := node.Open(node.Config{Home: node.Home(home), Offline: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return New(n), home
}

func take(t *testing.T, d *Desk, text string, o ImportOptions) ImportResult {
	t.Helper()
	out, err := d.Import("", []byte(text), o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A preview says what would change and changes nothing; undo puts back what stood before; the newest goes first.
func TestPreviewAndUndo(t *testing.T) {
	d, _ := deskOf(t)
	const before = "product,region,week,mean,p90\nA,DE,2026-W01,100,120\nA,DE,2026-W02,100,120\nB,DE,2026-W01,5,7\n"
	const after = "product,region,week,mean,p90\nA,DE,2026-W01,101,120\nA,DE,2026-W02,140,150\nC,DE,2026-W01,5,7\n"
	first := take(t, d, before, ImportOptions{File: "one.csv"})
	if first.Number != 1 || first.Added != 3 || first.Difference.Added != 3 || len(first.Difference.Cells) != 0 {
		t.Fatalf("%+v, %+v", first, first.Difference)
	}
	preview := take(t, d, after, ImportOptions{DryRun: true})
	if preview.Number != 0 || preview.Added != 1 || preview.Changed != 2 || preview.Difference.Removed != 1 || preview.Difference.Material != 3 {
		t.Fatalf("%+v, %+v", preview, preview.Difference)
	}
	if c := preview.Difference.Cells[0]; c != (CellChange{"A | DE", "2026-W01", "mean", "100", "101", false}) {
		t.Errorf("%+v", c)
	}
	if c := preview.Difference.Cells[1]; c != (CellChange{"A | DE", "2026-W02", "mean, quantiles", "100 p90=120", "140 p90=150", true}) {
		t.Errorf("%+v", c)
	}
	draft := func() string {
		_, lines, err := d.draft()
		if err != nil {
			return node.AsFailure(err).Code
		}
		doc := forecast.Document{Lines: lines}
		data, _, err := outlet.Forecast(doc, outlet.CSV, outlet.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	standing := draft()
	take(t, d, after, ImportOptions{File: "two.csv"})
	if draft() == standing {
		t.Fatal("the second import changed nothing")
	}
	if _, err := d.UndoImport(UndoOptions{Number: 1}); err == nil || !strings.Contains(err.Error(), "import 2 has changed the same figures") {
		t.Fatalf("undo of the first below the second: %v", err)
	}
	if out, err := d.UndoImport(UndoOptions{Number: 2, DryRun: true}); err != nil || out.Difference.Added != 1 || out.Difference.Changed != 2 || out.Difference.Removed != 1 || draft() == standing {
		t.Fatalf("%+v %v", out.Difference, err)
	}
	if _, err := d.UndoImport(UndoOptions{Number: 2}); err != nil || draft() != standing {
		t.Fatalf("%v: %s", err, draft())
	}
	if _, err := d.UndoImport(UndoOptions{Number: 2}); err == nil || !strings.Contains(err.Error(), "was undone at") {
		t.Fatalf("undone twice: %v", err)
	}
	list, err := d.Imports()
	if err != nil || len(list) != 2 || list[0].Number != 2 || list[0].File != "two.csv" || list[1].Undo != "yes" {
		t.Fatalf("%+v %v", list, err)
	}
	if _, err := d.UndoImport(UndoOptions{Number: 1}); err != nil || draft() != "NO_DRAFT" {
		t.Fatalf("%v: %s", err, draft())
	}
	if _, err := d.UndoImport(UndoOptions{Number: 7}); node.AsFailure(err).Code != "NO_SUCH_IMPORT" {
		t.Fatalf("%v", err)
	}
}

// What was changed by hand since is not overwritten by an undo.
func TestUndoLeavesWhatAHandChanged(t *testing.T) {
	d, _ := deskOf(t)
	take(t, d, "product,region,month,mean\nA,DE,2026-01,100\n", ImportOptions{})
	if _, err := d.Adjust(AdjustOptions{Product: "A", Percent: 10}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.UndoImport(UndoOptions{Number: 1}); err == nil || !strings.Contains(err.Error(), "changed since, by hand") {
		t.Fatalf("%v", err)
	}
}

// Every kind says cell by cell what changes, and goes back to what it was.
func TestEveryKindIsComparedAndUndone(t *testing.T) {
	for name, c := range map[string]struct {
		first, second          string
		added, changed, remove int
	}{
		"history":  {"product,region,month,quantity\nA,DE,2026-01,5\n", "product,region,month,quantity\nA,DE,2026-01,6\nA,DE,2026-02,7\n", 1, 1, 0},
		"capacity": {"line,month,maximum,product,load factor\nL,2026-01,5,A,1\n", "line,month,maximum,product,load factor\nL,2026-01,6,A,2\nM,2026-01,6,A,1\n", 3, 3, 0},
		"stock":    {"product,region,on hand\nA,DE,5\nB,DE,5\n", "product,region,on hand\nA,DE,6\n", 0, 1, 3},
		"bom":      {"product,component,quantity,unit\nA,X,5,KGM\n", "product,component,quantity,unit\nA,X,6,KGM\nA,Y,1,KGM\n", 1, 1, 0},
		"campaign": {"event,from,to,product,lift\nE,2026-01-01,2026-01-07,A,5\n", "event,from,to,product,lift\nE,2026-01-01,2026-01-07,A,6\n", 0, 1, 0},
		"quality":  {"product,month,inspected,rejects\nA,2026-01,100,5\n", "product,month,inspected,rejects\nA,2026-01,100,6\n", 0, 2, 0},
	} {
		d, _ := deskOf(t)
		take(t, d, c.first, ImportOptions{})
		second := take(t, d, c.second, ImportOptions{})
		if string(second.Kind) != name || second.Number != 2 {
			t.Errorf("%s: kind %s, number %d", name, second.Kind, second.Number)
		}
		if x := second.Difference; x.Added != c.added || x.Changed != c.changed || x.Removed != c.remove {
			t.Errorf("%s: %+v", name, x)
		}
		back, err := d.UndoImport(UndoOptions{Number: 2})
		if err != nil || back.Difference.Added != c.remove || back.Difference.Changed != c.changed || back.Difference.Removed != c.added {
			t.Errorf("%s undone: %+v, %v", name, back.Difference, err)
		}
		if again := take(t, d, c.second, ImportOptions{DryRun: true}); again.Difference.Added != c.added || again.Difference.Changed != c.changed || again.Difference.Removed != c.remove {
			t.Errorf("%s after the undo: %+v", name, again.Difference)
		}
	}
}

// A workbook that goes out, is edited and comes back changes the edited cell and nothing that a table can't say.
func TestSpreadsheetRoundTrip(t *testing.T) {
	d, _ := deskOf(t)
	take(t, d, "product,region,week,mean,p90\nA,DE,2026-W01,100,120\nA,DE,2026-W02,100,120\n", ImportOptions{})
	draft, lines, err := d.draft()
	if err != nil {
		t.Fatal(err)
	}
	lines[0].Item.Description, lines[0].Buckets[0].Firmness, lines[0].Lot = "a valve", forecast.Firm, quantity.Of(10)
	if err := d.keepDraft(draft, lines); err != nil {
		t.Fatal(err)
	}
	out, err := d.Export(ExportOptions{Format: "xlsx"})
	if err != nil {
		t.Fatal(err)
	}
	same := take(t, d, string(out.Data), ImportOptions{DryRun: true})
	if x := same.Difference; same.Format != "xlsx" || x.Added+x.Changed+x.Removed != 0 {
		t.Fatalf("%s: %+v", same.Format, x)
	}
	lines[0].Buckets[1].Mean = quantity.Of(170)
	edited, _, err := outlet.Forecast(forecast.Document{Lines: lines}, outlet.XLSX, outlet.Options{})
	if err != nil {
		t.Fatal(err)
	}
	changed := take(t, d, string(edited), ImportOptions{})
	if x := changed.Difference; x.Changed != 1 || x.Added+x.Removed != 0 || x.Material != 1 || changed.Unchanged != 1 {
		t.Fatalf("%+v, %+v", changed, x)
	}
	if _, lines, _ = d.draft(); lines[0].Item.Description != "a valve" || lines[0].Buckets[0].Firmness != forecast.Firm || lines[0].Lot != quantity.Of(10) {
		t.Errorf("%+v", lines[0])
	}
}

// A mapping is kept for a partner and a kind, and used for that partner's files, those of its inbox folder among them.
func TestKeptMappings(t *testing.T) {
	d, home := deskOf(t)
	const odd = "Teil;KW;Bed.\nA;2026-W01;5\n"
	const mapping = "kind: forecast\ncolumns: {Teil: product, KW: week, Bed.: mean}\nconstants: {region: DE}\n"
	if _, err := d.Import(intake.Forecast, []byte(odd), ImportOptions{}); node.AsFailure(err).Code != "IMPORT_REFUSED" {
		t.Fatalf("without a mapping: %v", err)
	}
	if out, err := d.Import(intake.Forecast, []byte(odd), ImportOptions{Map: mapping, Save: true, From: "acme"}); err != nil || out.Added != 1 {
		t.Fatalf("%+v %v", out, err)
	}
	if text, err := os.ReadFile(filepath.Join(home, "maps", "acme", "forecast.map")); err != nil || string(text) != mapping {
		t.Fatalf("%q %v", text, err)
	}
	if _, err := d.Import(intake.Forecast, []byte(odd), ImportOptions{From: "other"}); node.AsFailure(err).Code != "IMPORT_REFUSED" {
		t.Fatalf("the mapping of another partner: %v", err)
	}
	if _, err := d.Import(intake.Forecast, []byte(odd), ImportOptions{From: "../acme"}); node.AsFailure(err).Code != "BAD_MAPPING" {
		t.Fatalf("a partner that is a path: %v", err)
	}
	if _, err := d.Import("", []byte(odd), ImportOptions{Map: "columns: {Teil: prodct}"}); node.AsFailure(err).Code != "BAD_MAPPING" {
		t.Fatalf("a bad mapping: %v", err)
	}
	drop(t, home, "inbox/forecast/acme/plan.csv", odd)
	if err := d.foldersOnce(context.Background(), home, time.Now()); err != nil {
		t.Fatal(err)
	}
	if report := found(t, home, "done/*-plan.csv.report.json"); !strings.Contains(report, "maps/acme/forecast.map") {
		t.Error(report)
	}
}
