package outlet

import (
	"bytes"
	"fmt"

	"github.com/xuri/excelize/v2"

	"kontor/node/intake"
	"kontor/protocol/quantity"
)

// Sheets of a template, and where its rows begin.
const (
	TemplateSheet = "Answer" // what the partner fills in
	MarkSheet     = "kontor" // hidden: which template it is
	TemplateHead  = 4        // line of the header; rows follow
)

// Columns of a template. Those from TemplateFirst on are filled in.
var TemplateColumns = []string{"product", "description", "region", "period", "unit", "asked", "committed", "date", "reason", "note"}

// TemplateFirst is the first column that is filled in.
const TemplateFirst = 6

// Template is a spreadsheet that a partner without a node answers by.
type Template struct {
	ID, Company, Guest string
	Kind               intake.Kind // Answers, or Forecast where the partner says what it needs
	Due                string      // by when, "" where no day is set
	Rows               [][]string  // the columns before TemplateFirst
}

// Write writes the workbook. Only what is to be filled in can be changed without taking the protection off; the quantities there are checked by the
// spreadsheet already. Nothing in it is a formula.
func (t Template) Write() ([]byte, error) {
	f := excelize.NewFile()
	defer f.Close()
	if err := f.SetSheetName("Sheet1", TemplateSheet); err != nil {
		return nil, err
	}
	for _, step := range []func(*excelize.File) error{t.mark, t.fill, t.guard} {
		if err := step(f); err != nil {
			return nil, err
		}
	}
	f.SetActiveSheet(0)
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// mark writes the hidden sheet that says which template this is.
func (t Template) mark(f *excelize.File) error {
	if _, err := f.NewSheet(MarkSheet); err != nil {
		return err
	}
	for at, v := range map[string]string{"A1": "template", "B1": t.ID, "A2": "kind", "B2": string(t.Kind)} {
		if err := f.SetCellStr(MarkSheet, at, v); err != nil {
			return err
		}
	}
	return f.SetSheetVisible(MarkSheet, false)
}

// fill writes the sheet that the partner fills in.
func (t Template) fill(f *excelize.File) error {
	open, err := f.NewStyle(&excelize.Style{Protection: &excelize.Protection{Locked: false}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"FFF7D6"}}})
	if err != nil {
		return err
	}
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return err
	}
	w, err := f.NewStreamWriter(TemplateSheet)
	if err != nil {
		return err
	}
	if err := w.SetColWidth(1, len(TemplateColumns), 15); err != nil {
		return err
	}
	lines := t.head(bold)
	for _, row := range t.Rows {
		lines = append(lines, asked(row, open))
	}
	for i, cells := range lines {
		if err := w.SetRow(fmt.Sprintf("A%d", i+1), cells); err != nil {
			return err
		}
	}
	return w.Flush()
}

// head are the lines above the rows: who asks, how to answer, and the columns, TemplateHead of them.
func (t Template) head(bold int) [][]any {
	what := "what you commit of what is asked; less needs a reason: CAPACITY, MATERIAL, LEAD_TIME, ALLOCATION, QUALITY_HOLD, SHUTDOWN, COMMERCIAL, LOT_SIZE, ENGINEERING_CHANGE, MASTER_DATA, CUSTOMER_ORDER_CHANGE or SYSTEM_RERUN"
	if t.Kind == intake.Forecast {
		what = "what you need in each period; leave the cell empty where you can't say"
	}
	due := ""
	if t.Due != "" {
		due = ", by " + t.Due
	}
	columns := make([]any, len(TemplateColumns))
	for i, name := range TemplateColumns {
		columns[i] = excelize.Cell{StyleID: bold, Value: name}
	}
	if t.Kind == intake.Forecast {
		columns[TemplateFirst] = excelize.Cell{StyleID: bold, Value: "needed"}
	}
	return [][]any{{excelize.Cell{StyleID: bold, Value: intake.Protected(t.Company + " asks " + t.Guest)}},
		{"Fill in the coloured columns" + due + " and send the file back: " + what + "."}, {"Everything else is compared with what was sent; write numbers, not formulas."}, columns}
}

// asked is a row with its cells to be filled in. The quantity asked for is a number where a spreadsheet holds it exactly.
func asked(row []string, open int) []any {
	cells := make([]any, len(TemplateColumns))
	for k, text := range row {
		if text != "" {
			cells[k] = intake.Protected(text)
		}
		if q, err := quantity.Parse(text); k == TemplateFirst-1 && err == nil {
			if n, whole := q.At(0); whole && n.IsInt64() && q.Abs().Less(quantity.Of(1_000_000_000_000_000)) {
				cells[k] = n.Int64()
			}
		}
	}
	for k := TemplateFirst; k < len(cells); k++ {
		cells[k] = excelize.Cell{StyleID: open}
	}
	return cells
}

// guard lets only quantities into the cells for them, and protects the others.
func (t Template) guard(f *excelize.File) error {
	v := excelize.NewDataValidation(true)
	v.SetSqref(fmt.Sprintf("G%d:G%d", TemplateHead+1, TemplateHead+len(t.Rows)))
	if err := v.SetRange(0, 1e15, excelize.DataValidationTypeDecimal, excelize.DataValidationOperatorBetween); err != nil {
		return err
	}
	v.SetError(excelize.DataValidationErrorStyleStop, "A quantity", "a number of 0 or more")
	if err := f.AddDataValidation(TemplateSheet, v); err != nil {
		return err
	}
	return f.ProtectSheet(TemplateSheet, &excelize.SheetProtectionOptions{SelectLockedCells: true, SelectUnlockedCells: true, FormatColumns: true, AutoFilter: true, Sort: false})
}
