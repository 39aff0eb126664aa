package desk

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"kontor/node"
	"kontor/node/outlet"
	"kontor/protocol/artifact"
	"kontor/protocol/capacity"
	"kontor/protocol/forecast"
)

// filled is a template with some cells changed, as a spreadsheet would store them.
func filled(t *testing.T, data []byte, cells map[string]any) []byte {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for at, v := range cells {
		if formula, is := v.(formula); is {
			err = f.SetCellFormula(outlet.TemplateSheet, at, string(formula))
		} else {
			err = f.SetCellValue(outlet.TemplateSheet, at, v)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

type formula string

const askedOf = "product,region,period,mean\n=A1,DE,2027-01,100\n=A1,DE,2027-02,50\nB,,2027-01,7.5\n"

// A supplier without a node gets a template, fills in what it commits and by when, and what it says is recorded with evidence grade C: the file's hash, who
// recorded it, a signed receipt; once, also through the inbox.
func TestGuestAnswers(t *testing.T) {
	d, home := deskOf(t)
	take(t, d, askedOf, ImportOptions{})
	file, err := d.TemplateFor(GuestTemplate{Guest: "Small Shop", Due: "2026-12-15"})
	if err != nil || file.Rows != 3 {
		t.Fatal(file, err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(file.Data))
	if err != nil {
		t.Fatal(err)
	}
	if v, err := f.GetCellValue(outlet.TemplateSheet, "A5"); err != nil || v != "'=A1" { // no formula for the partner's spreadsheet
		t.Errorf("%q, %v", v, err)
	}
	f.Close()
	back := filled(t, file.Data, map[string]any{"G5": 100, "H5": time.Date(2027, 1, 20, 0, 0, 0, 0, time.UTC), "G6": "40,5", "I6": "lead time", "J6": "the mould is late"})
	preview, err := d.Import("", back, ImportOptions{DryRun: true})
	if err != nil || preview.Difference.Added != 2 {
		t.Fatalf("%+v, %v", preview.Difference, err)
	}
	if list, err := d.Guests(); err != nil || len(list) != 0 {
		t.Fatalf("a dry run recorded %+v, %v", list, err)
	}
	if _, err := d.Import("", back, ImportOptions{Role: "planner", File: "shop.xlsx"}); err != nil {
		t.Fatal(err)
	}
	shown, err := d.GuestShow(GuestQuery{1}, func(string, string) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	if shown.Grade != artifact.GradeC || !strings.Contains(shown.Evidence, "no remedy") || shown.Source.Activity != "RECORDED BY PLANNER" || !strings.HasPrefix(shown.Source.SourceRecord, "sha256:") || shown.Source.SourceSystem != "spreadsheet of Small Shop" {
		t.Errorf("%+v", shown.GuestRecord)
	}
	if shown.Cells != 2 || shown.Empty != 1 || shown.Asked.String() != "150" || shown.Given.String() != "140.5" || shown.Accepted != 1 || shown.Countered != 1 {
		t.Errorf("%+v", shown.GuestRecord)
	}
	if l := shown.Lines[1]; l.Short.String() != "9.5" || l.Reason != capacity.ReasonLeadTime || l.Note != "the mould is late" || shown.Lines[0].Date != "2027-01-20" || shown.Lines[0].Late {
		t.Errorf("%+v", shown.Lines)
	}
	if a := shown.Answer; a == nil || a.Header.Evidence != artifact.GradeC || len(capacity.CheckAnswer(*a)) > 0 || a.Header.Provenance.DerivedFrom[0] != a.Forecast {
		t.Errorf("%+v", shown.Answer)
	}
	receipt, err := d.GuestReceipt(GuestQuery{1})
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(receipt)
	if err != nil {
		t.Fatal(err)
	}
	if body, _, err := CheckReceipt(data, back); err != nil || body.Guest != "Small Shop" || body.Given.String() != "140.5" || body.Grade != artifact.GradeC {
		t.Errorf("%+v, %v", body, err)
	}
	for what, wrong := range map[string][2][]byte{"another file": {data, file.Data}, "another sum": {bytes.Replace(data, []byte("140.5"), []byte("150.0"), 1), nil}} {
		if _, _, err := CheckReceipt(wrong[0], wrong[1]); node.AsFailure(err).Code != "VERIFY_FAILED" {
			t.Errorf("%s: %v", what, err)
		}
	}
	// The inbox takes the same file once, and a second copy of it not again.
	for _, name := range []string{"a.xlsx", "a.xlsx"} {
		if err := os.MkdirAll(filepath.Join(home, inboxFolder), 0o700); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(home, inboxFolder, name)
		if err := os.WriteFile(path, back, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := d.inboxFile(home, path, "", ""); err != nil {
			t.Fatal(err)
		}
	}
	list, err := d.Guests()
	if err != nil || len(list) != 2 || !list[0].Newest || list[1].Newest {
		t.Errorf("%+v, %v", list, err)
	}
}

// A customer without a node says what it needs in a template of own items; it becomes a forecast of grade C.
func TestGuestForecast(t *testing.T) {
	d, _ := deskOf(t)
	if _, err := d.ImportProducts([]byte("product,description,unit\nA,Valve,KGM\nB,Seal,C62\n"), ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	file, err := d.TemplateFor(GuestTemplate{Guest: "Clinic", Kind: "forecast", From: "2027-01", Periods: 3})
	if err != nil || file.Rows != 6 {
		t.Fatal(file, err)
	}
	if _, err := d.Import("", filled(t, file.Data, map[string]any{"G5": 10, "G7": 12.5, "G8": 0}), ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	shown, err := d.GuestShow(GuestQuery{1}, func(p, _ string) bool { return p == "A" })
	if err != nil || shown.Forecast == nil || len(forecast.Check(*shown.Forecast)) > 0 || shown.Forecast.Header.Evidence != artifact.GradeC {
		t.Fatalf("%+v, %v", shown, err)
	}
	if l := shown.Forecast.Lines; len(l) != 1 || l[0].Unit != "KGM" || len(l[0].Buckets) != 2 || l[0].Buckets[1].Mean.String() != "12.5" || l[0].GapReason == "" {
		t.Errorf("%+v", l)
	}
}

// What was changed where nothing was to be changed is found, each with its cell, and nothing is recorded.
func TestGuestTemplateIsCompared(t *testing.T) {
	d, _ := deskOf(t)
	take(t, d, askedOf, ImportOptions{})
	file, err := d.TemplateFor(GuestTemplate{Guest: "Small Shop"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what  string
		cells map[string]any
		want  []string
	}{
		{"asked", map[string]any{"F5": 90, "G5": 90}, []string{"INTAKE-33", `"F5"`, `sent as "100"`}},
		{"product", map[string]any{"A7": "C", "G7": 1}, []string{"INTAKE-33", `"A7"`}},
		{"period", map[string]any{"D5": "2027-03", "G6": 50}, []string{"INTAKE-33", `"D5"`}},
		{"header", map[string]any{"G4": "promised", "G5": 100}, []string{"INTAKE-33", `"G4"`}},
		{"a line more", map[string]any{"A8": "D", "G8": 1, "G5": 100}, []string{"INTAKE-33", `"A8"`}},
		{"a formula", map[string]any{"G5": formula("F5*2")}, []string{"INTAKE-24", `"G5"`}},
		{"no number", map[string]any{"G5": "plenty"}, []string{"INTAKE-08", `"G5"`}},
		{"thousands or decimals", map[string]any{"G5": "1,234.5"}, []string{"INTAKE-08", `"G5"`}},
		{"below zero", map[string]any{"G5": -1, "I5": "CAPACITY"}, []string{"INTAKE-11", `"G5"`}},
		{"no reason", map[string]any{"G5": 99}, []string{"INTAKE-07", `"I5"`}},
		{"a reason nobody knows", map[string]any{"G5": 99, "I5": "rain"}, []string{"INTAKE-20", `"I5"`}},
		{"no day", map[string]any{"G5": 100, "H5": "soon"}, []string{"INTAKE-12", `"H5"`}},
		{"a reason alone", map[string]any{"I5": "CAPACITY"}, []string{"INTAKE-07", `"G5"`}},
		{"nothing", nil, []string{"INTAKE-03"}},
	} {
		_, err := d.Import("", filled(t, file.Data, c.cells), ImportOptions{})
		if node.AsFailure(err).Code != "IMPORT_REFUSED" {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q is not in %v", c.what, want, err)
			}
		}
	}
	other, _ := deskOf(t)
	if _, err := other.Import("", filled(t, file.Data, map[string]any{"G5": 100}), ImportOptions{}); node.AsFailure(err).Code != "NO_SUCH_TEMPLATE" {
		t.Errorf("a template of another node: %v", err)
	}
	if list, err := d.Guests(); err != nil || len(list) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
}
