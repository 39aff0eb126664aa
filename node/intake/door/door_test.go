package door

import (
	"bytes"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"kontor/node/intake"
	"kontor/testnet/data/external"
)

// what a real file says: format, kind, lines, periods and the codes of the notes.
var real = []struct {
	path, format   string
	kind           intake.Kind
	lines, buckets int
	notes          []intake.Code
}{
	{"edifact/delfor-d97a-jde.edi", "edifact DELFOR D.97A", intake.Forecast, 1, 4, []intake.Code{intake.NotePlace}},
	{"edifact/delfor-d97a-ln.edi", "edifact DELFOR D.97A", intake.Forecast, 1, 3, []intake.Code{intake.NotePlace}},
	{"edifact/desadv-d96a.edi", "edifact DESADV 0.96A", intake.Despatch, 2, 0, []intake.Code{intake.NoteAssumed}},
	{"x12/862-shipping-schedule.x12", "x12 862 005010", intake.Forecast, 1, 1, []intake.Code{intake.NoteTrailer}},
	{"x12/862-ansix12.edi", "x12 862 004010", intake.Forecast, 1, 3, []intake.Code{intake.NoteTrailer, intake.NotePlace, intake.NoteNotCarried}},
	{"x12/862-ansix12_newlines.edi", "x12 862 004010", intake.Forecast, 1, 3, []intake.Code{intake.NoteTrailer, intake.NotePlace, intake.NoteNotCarried}},
	{"x12/852-product-activity.x12", "x12 852", intake.History, 2, 2, []intake.Code{intake.NoteQualifier, intake.NotePlace, intake.NoteNotCarried, intake.NoteAssumed}},
	{"ubl/UBL-Forecast-2.1-Example.xml", "ubl Forecast xml", intake.Forecast, 1, 1, []intake.Code{intake.NoteQualifier}},
	{"ubl/UBL-ForecastRevision-2.1-Example.xml", "ubl ForecastRevision xml", intake.Forecast, 1, 1, nil},
	{"ubl/UBL-ProductActivity-2.1-Example-1.xml", "ubl ProductActivity xml", intake.History, 1, 1, []intake.Code{intake.NotePlace, intake.NoteAssumed}},
	{"ubl/UBL-ExceptionNotification-2.1-Example.xml", "ubl ExceptionNotification xml", intake.Exceptions, 1, 0, []intake.Code{intake.NoteQualifier, intake.NoteTrailer}},
	{"ubl/UBL-DespatchAdvice-2.0-Example.xml", "ubl DespatchAdvice xml", intake.Despatch, 1, 0, nil},
	{aspect("week_based_material_demand/3.0.1/gen/WeekBasedMaterialDemand"), "catena-x WeekBasedMaterialDemand", intake.Forecast, 1, 1, []intake.Code{intake.NotePlace, intake.NoteInactive}},
	{aspect("short_term_material_demand/1.0.0/gen/ShortTermMaterialDemand"), "catena-x ShortTermMaterialDemand", intake.Forecast, 1, 1, []intake.Code{intake.NotePlace}},
	{aspect("week_based_capacity_group/3.0.1/gen/WeekBasedCapacityGroup"), "catena-x WeekBasedCapacityGroup", intake.Capacity, 1, 1, []intake.Code{intake.NotePlace, intake.NoteNotCarried, intake.NoteInactive}},
	{aspect("demand_and_capacity_notification/3.0.0/gen/DemandAndCapacityNotification"), "catena-x DemandAndCapacityNotification", intake.Notices, 1, 0, nil},
	{aspect("id_based_request_for_update/3.0.0/gen/IdBasedRequestForUpdate"), "catena-x IdBasedRequestForUpdate", intake.Requests, 2, 0, nil},
	{aspect("item_stock/2.0.0/gen/ItemStock"), "catena-x ItemStock", intake.Stock, 1, 0, []intake.Code{intake.NotePlace, intake.NoteAssumed}},
	{aspect("delivery_information/2.0.0/gen/DeliveryInformation"), "catena-x DeliveryInformation", intake.Despatch, 1, 0, []intake.Code{intake.NotePlace, intake.NoteAssumed}},
	{aspect("planned_production_output/2.0.0/gen/PlannedProductionOutput"), "catena-x PlannedProductionOutput", intake.Output, 1, 0, []intake.Code{intake.NotePlace, intake.NoteAssumed}},
}

func aspect(name string) string { return "catena-x/io.catenax." + name + ".json" }

func document(t testing.TB, path string) []byte {
	t.Helper()
	return external.Read(t, "documents", filepath.FromSlash(path))
}

// TestRealFiles: every real file at hand is read, with the notes it deserves.
func TestRealFiles(t *testing.T) {
	for _, want := range real {
		t.Run(filepath.Base(want.path), func(t *testing.T) {
			draft, report := Read(document(t, want.path), Options{})
			if draft == nil {
				t.Fatalf("refused: %v", report.Complaints)
			}
			lines, buckets := draft.Size()
			var notes []intake.Code
			for _, n := range report.Notes {
				notes = append(notes, n.Code)
			}
			slices.Sort(notes)
			slices.Sort(want.notes)
			if report.Format != want.format || report.Kind != want.kind || lines != want.lines || buckets != want.buckets || !slices.Equal(slices.Compact(notes), want.notes) {
				t.Errorf("%s, %s, %d lines, %d buckets, notes %v; want %+v", report.Format, report.Kind, lines, buckets, report.Notes, want)
			}
		})
	}
}

// TestTwins: the XML and JSON forms of one document, and the files with and
// without line ends, give the same draft.
func TestTwins(t *testing.T) {
	for _, pair := range [][2]string{
		{"ubl/UBL-Forecast-2.1-Example.xml", "ubl/UBL-Forecast-2.1-Example.json"}, {"ubl/UBL-ForecastRevision-2.1-Example.xml", "ubl/UBL-ForecastRevision-2.1-Example.json"},
		{"ubl/UBL-ProductActivity-2.1-Example-1.xml", "ubl/UBL-ProductActivity-2.1-Example-1.json"}, {"ubl/UBL-DespatchAdvice-2.0-Example.xml", "ubl/UBL-DespatchAdvice-2.0-Example.json"},
		{"ubl/UBL-ExceptionNotification-2.1-Example.xml", "ubl/UBL-ExceptionNotification-2.1-Example.json"}, {"x12/862-ansix12.edi", "x12/862-ansix12_newlines.edi"},
	} {
		var drafts [2]*intake.Draft
		for i, path := range pair {
			drafts[i], _ = Read(document(t, path), Options{})
			if drafts[i] == nil {
				t.Fatalf("%s was refused", path)
			}
			for j := range drafts[i].History {
				drafts[i].History[j].Line = 0 // where it stood in the file
			}
			for j := range drafts[i].Movements {
				drafts[i].Movements[j].Line = 0
			}
			for j := range drafts[i].Deviations {
				drafts[i].Deviations[j].Line = 0
			}
		}
		if !reflect.DeepEqual(drafts[0], drafts[1]) {
			t.Errorf("%s and %s differ:\n%+v\n%+v", pair[0], pair[1], drafts[0].Message, drafts[1].Message)
		}
	}
}

// workbook writes rows into the first sheet.
func workbook(t *testing.T, rows [][]any, style func(*excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	for i, row := range rows {
		at, _ := excelize.CoordinatesToCellName(1, i+1)
		if err := f.SetSheetRow("Sheet1", at, &row); err != nil {
			t.Fatal(err)
		}
	}
	if style != nil {
		style(f)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestWorkbook: a workbook says what the same table says as CSV, whatever its cells
// look like: dates by their number, figures rounded on the screen.
func TestWorkbook(t *testing.T) {
	data := workbook(t, [][]any{{"Forecast of the plant"}, {}, {"part", "country", "bucket_start", "mean", "p90"}, {"A-1", "DE", 46027, 1234.567, 2000}, {"A-1", "DE", 46034, 7, 0.1 + 0.2 + 8}, {"007", "FR", 46027, 1e-3, 5}},
		func(f *excelize.File) {
			day, _ := f.NewStyle(&excelize.Style{NumFmt: 14})
			own := "dd.mm.yyyy"
			other, _ := f.NewStyle(&excelize.Style{CustomNumFmt: &own})
			whole, _ := f.NewStyle(&excelize.Style{NumFmt: 1})
			f.SetCellStyle("Sheet1", "C4", "C4", day)
			f.SetCellStyle("Sheet1", "C5", "C6", other)
			f.SetCellStyle("Sheet1", "D4", "E6", whole)
		})
	got, report := Read(data, Options{})
	if got == nil {
		t.Fatalf("refused: %v", report.Complaints)
	}
	want, report := Read([]byte("\n\npart,country,bucket_start,mean,p90\nA-1,DE,2026-01-05,1234.567,2000\nA-1,DE,2026-01-12,7,8.3\n007,FR,2026-01-05,0.001,5\n"), Options{})
	if want == nil {
		t.Fatalf("refused: %v", report.Complaints)
	}
	if a, b := render(got, &intake.Report{}), render(want, &intake.Report{}); a != b {
		t.Errorf("the workbook says\n%sand the table\n%s", a, b)
	}
}

// TestWorkbookRefused: archives that are no workbook, hold macros or unpack beyond
// bounds are refused before they are unpacked.
func TestWorkbookRefused(t *testing.T) {
	bomb := workbook(t, [][]any{{"part", "month", "mean"}, {"A", "2026-01", 1}}, nil)
	for name, c := range map[string]struct {
		data []byte
		code intake.Code
	}{
		"a bomb":       {archive(t, bomb, "xl/media/a.bin", bytes.Repeat([]byte{0}, 64<<20)), intake.CodeTooLarge},
		"macros":       {archive(t, bomb, "xl/vbaProject.bin", []byte("x")), intake.CodeUnsafe},
		"outside":      {archive(t, bomb, "../../etc/x", []byte("x")), intake.CodeUnsafe},
		"no workbook":  {archive(t, nil, "a.txt", []byte("x")), intake.CodeFormat},
		"broken":       {[]byte("PK\x03\x04 and no more"), intake.CodeSyntax},
		"cut off":      {bomb[:len(bomb)/2], intake.CodeSyntax},
		"no cell":      {workbook(t, nil, nil), intake.CodeEmpty},
		"wrong header": {workbook(t, [][]any{{"a", "b"}, {1, 2}}, nil), intake.CodeHeader},
	} {
		draft, report := Read(c.data, Options{})
		if draft != nil || report.OK() || report.Complaints[0].Code != c.code {
			t.Errorf("%s: %v, want %s", name, report.Complaints, c.code)
		}
	}
}

// TestDeepJSON: nesting has a bound.
func TestDeepJSON(t *testing.T) {
	text := `{"_D":"urn:oasis:names:specification:ubl:schema:xsd:Forecast-2","Forecast":` + strings.Repeat(`{"A":`, 200) + `1` + strings.Repeat(`}`, 201)
	if draft, report := Read([]byte(text), Options{}); draft != nil || report.OK() {
		t.Error("200 elements inside each other were read")
	}
	xml := `<Forecast xmlns="urn:oasis:names:specification:ubl:schema:xsd:Forecast-2">` + strings.Repeat("<a>", 200) + strings.Repeat("</a>", 200) + "</Forecast>"
	if draft, report := Read([]byte(xml), Options{}); draft != nil || report.Complaints[0].Code != intake.CodeTooLarge {
		t.Error("200 elements inside each other were read")
	}
}
