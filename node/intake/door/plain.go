package door

import (
	"bytes"
	"encoding/csv"
	"strings"

	"kontor/node/intake"
	"kontor/node/intake/xlsx"
)

// Plain is a file as the text of a table, for kinds that package intake reads by columns of their own: a workbook's sheet is written as
// CSV, everything else stays as it is. false where the workbook can't be read; the report says why.
func Plain(data []byte, o Options) ([]byte, intake.Options, *intake.Report, bool) {
	if o.Format != Sheet && (o.Format != "" && o.Format != "auto" || Detect(data) != Sheet) {
		return data, o.Options, &intake.Report{}, true
	}
	return sheetText(data, o)
}

// sheetText is the sheet of a workbook as CSV, with the options that read it.
func sheetText(data []byte, o Options) ([]byte, intake.Options, *intake.Report, bool) {
	report := &intake.Report{Format: string(Sheet)}
	rows, ok := xlsx.Table(data, o.Sheet, report)
	if !ok {
		return nil, o.Options, report, false
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	oneLine := strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ")
	for _, row := range rows {
		if len(row) == 0 {
			row = []string{"", ""} // a blank line keeps the numbers of those below
		}
		for i := range row {
			row[i] = oneLine.Replace(row[i])
		}
		if err := w.Write(row); err != nil {
			panic("door: writing to memory failed: " + err.Error())
		}
	}
	w.Flush()
	inner := o.Options
	inner.Delimiter = ','
	if inner.Decimal == "" {
		inner.Decimal = "." // numbers are stored with a point, whatever the format shows
	}
	return b.Bytes(), inner, report, true
}

// Fields is the document of a table of fields, and whether the file is such a table.
func Fields(data []byte, o Options) (*intake.Draft, bool) {
	text, inner, _, ok := Plain(data, o)
	if !ok {
		return nil, false
	}
	rows, report := intake.FieldRows(text, inner)
	return &intake.Draft{Kind: report.Kind, Fields: rows}, rows != nil
}
