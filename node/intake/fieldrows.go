package intake

import (
	"io"
	"slices"
	"strings"

	"kontor/node/fields"
)

// FieldRows are the lines of a table of fields or records, as package fields writes them; nil where the table is none, or can't be taken apart.
func FieldRows(data []byte, o Options) ([]fields.Row, *Report) {
	report := &Report{}
	text, ok := Decode(data, report)
	if !ok {
		return nil, report
	}
	delimiter := o.Delimiter
	if delimiter == 0 {
		delimiter = hintedDelimiter(text)
	}
	if delimiter == 0 {
		delimiter = detectDelimiter(text)
	}
	s := newScanner(text, delimiter)
	var rows []fields.Row
	for {
		cells, line, err := s.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			if rows != nil {
				report.Complain(s.complaint(err))
			}
			return nil, report
		}
		if rows == nil && (len(cells) < 3 || plainName(cells[0]) != "part" || plainName(cells[1]) != "entry") {
			return nil, report // no table of fields
		}
		if len(rows) > fields.MaxLines {
			report.Complain(Complaint{Code: CodeTooLarge, Line: line, Text: "more lines than a table of fields has", Want: "fewer"})
			return nil, report
		}
		row := fields.Row{Line: line, Cells: slices.Clone(cells)}
		for i, c := range row.Cells {
			row.Cells[i] = strings.Clone(unprotected(c))
		}
		rows = append(rows, row)
	}
	kind := Kind(fields.Kind(rows))
	if kind == "" {
		return nil, report
	}
	report.Kind, report.HeaderLine, report.Delimiter = kind, rows[0].Line, delimiterNames[delimiter]
	report.Lines = len(rows) - 1
	report.Imported = report.Lines
	if !slices.Contains(fieldKinds, kind) {
		report.Complain(Complaint{Code: CodeFormat, Line: rows[1].Line, Value: string(kind), Text: "a table of fields of a kind that is not read from one", Want: "terms, campaign, quality or performance; other kinds in the layout period, long or wide"})
		return nil, report
	}
	return rows, report
}

// fieldKinds are read from tables of fields.
var fieldKinds = []Kind{Terms, Campaign, Quality, Performance}
