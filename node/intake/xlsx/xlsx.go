// Package xlsx reads a sheet of an OOXML workbook as the table that package
// intake reads.
//
// Is tells a workbook by its first bytes, and Table gives the cells of its first
// sheet that has any, or of the named one. Dates are written as 2026-11-22
// whatever their format shows, numbers with all the digits that are stored.
//
// Guarantees: pure; the archive is measured before anything is unpacked, and
// refused beyond the bounds below; macros are never run, links never followed, and
// formulas never computed: a cell is what was stored with it.
package xlsx

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"kontor/node/intake"
)

// Bounds of a workbook. A sheet of a million cells unpacks to some 60 MiB.
const (
	maxParts    = 2_000     // files of the archive
	maxUnpacked = 512 << 20 // bytes of all of them
	maxRatio    = 500       // of unpacked to packed bytes of one part above 1 MiB: a sheet of equal rows reaches 100
	maxCells    = 4_000_000
)

// Is tells a zip archive; whether it is a workbook shows when it is read.
func Is(data []byte) bool { return bytes.HasPrefix(data, []byte("PK\x03\x04")) }

// Table gives the rows of a sheet, each as long as its last cell. It has
// complained where the answer is false.
func Table(data []byte, sheet string, r *intake.Report) ([][]string, bool) {
	if len(data) > intake.MaxBytes {
		r.Complain(intake.Complaint{Code: intake.CodeTooLarge, Text: fmt.Sprintf("the file has %d bytes", len(data)), Want: fmt.Sprintf("at most %d; import it in parts", intake.MaxBytes)})
		return nil, false
	}
	if !measured(data, r) {
		return nil, false
	}
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxUnpacked, RawCellValue: true})
	if err != nil {
		r.Complain(intake.Complaint{Code: intake.CodeSyntax, Text: "the workbook can't be read: " + err.Error(), Want: "a workbook (.xlsx) without password, or CSV"})
		return nil, false
	}
	defer f.Close()
	names := f.GetSheetList()
	var filled []string
	for _, name := range names {
		if sheet != "" && name != sheet {
			continue
		}
		rows, ok := cells(f, name, r)
		if !ok {
			return nil, false
		}
		if len(rows) == 0 {
			continue
		}
		if filled = append(filled, name); len(filled) == 1 {
			if len(names) > 1 {
				r.Note(intake.Complaint{Code: intake.NoteAssumed, Value: name, Text: fmt.Sprintf("the workbook has %d sheets: this one was read", len(names))})
			}
			return rows, true
		}
	}
	r.Complain(intake.Complaint{Code: intake.CodeEmpty, Value: sheet, Text: "no sheet of that name, or none with a cell", Want: "a sheet with a header and rows: " + strings.Join(names, ", ")})
	return nil, false
}

// measured goes through the archive's directory before anything is unpacked.
func measured(data []byte, r *intake.Report) bool {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		r.Complain(intake.Complaint{Code: intake.CodeSyntax, Text: "the archive can't be read: " + err.Error(), Want: "a workbook (.xlsx), or CSV"})
		return false
	}
	refuse := func(code intake.Code, text, want string) bool {
		r.Complain(intake.Complaint{Code: code, Text: text, Want: want})
		return false
	}
	if len(z.File) > maxParts {
		return refuse(intake.CodeTooLarge, fmt.Sprintf("an archive of %d parts", len(z.File)), fmt.Sprintf("at most %d", maxParts))
	}
	total := uint64(0)
	workbook := false
	for _, p := range z.File {
		switch {
		case strings.Contains(strings.ToLower(p.Name), "vbaproject"):
			return refuse(intake.CodeUnsafe, "a workbook with macros", "the workbook saved without them (.xlsx)")
		case strings.Contains(p.Name, "..") || strings.HasPrefix(p.Name, "/"):
			return refuse(intake.CodeUnsafe, fmt.Sprintf("a part called %q, which lies outside the archive", p.Name), "a workbook as a spreadsheet writes it")
		case p.UncompressedSize64 > 1<<20 && p.UncompressedSize64 > maxRatio*max(p.CompressedSize64, 1):
			return refuse(intake.CodeTooLarge, fmt.Sprintf("the part %q unpacks to %d times its size", p.Name, p.UncompressedSize64/max(p.CompressedSize64, 1)), fmt.Sprintf("at most %d times", maxRatio))
		}
		workbook = workbook || p.Name == "xl/workbook.xml"
		if total += p.UncompressedSize64; total > maxUnpacked {
			return refuse(intake.CodeTooLarge, fmt.Sprintf("an archive that unpacks to more than %d bytes", maxUnpacked), "a smaller workbook, or CSV")
		}
	}
	if !workbook {
		return refuse(intake.CodeFormat, "an archive that is no workbook", "a workbook (.xlsx), or the file inside the archive")
	}
	return true
}

// cells reads a sheet row by row.
func cells(f *excelize.File, sheet string, r *intake.Report) ([][]string, bool) {
	rows, err := f.Rows(sheet)
	if err != nil {
		r.Complain(intake.Complaint{Code: intake.CodeSyntax, Value: sheet, Text: "the sheet can't be read: " + err.Error(), Want: "a sheet of cells"})
		return nil, false
	}
	defer rows.Close()
	dates := dateStyles{f: f, sheet: sheet, known: map[int]bool{}}
	var out [][]string
	total := 0
	last := 0
	for n := 1; rows.Next(); n++ {
		row, err := rows.Columns()
		if err != nil {
			r.Complain(intake.Complaint{Code: intake.CodeSyntax, Line: n, Text: "the row can't be read: " + err.Error(), Want: "a sheet of cells"})
			return nil, false
		}
		if total += len(row); total > maxCells || n > intake.MaxRows+100 {
			r.Complain(intake.Complaint{Code: intake.CodeTooLarge, Line: n, Text: fmt.Sprintf("more than %d cells or %d rows", maxCells, intake.MaxRows), Want: "the sheet in parts"})
			return nil, false
		}
		for i, v := range row {
			if v != "" {
				last = n
			}
			row[i] = dates.value(v, i+1, n)
		}
		out = append(out, row)
	}
	return out[:last], true
}

// dateStyles finds which cells are dates: only their format says so.
type dateStyles struct {
	f     *excelize.File
	sheet string
	known map[int]bool
}

func (d *dateStyles) value(text string, column, row int) string {
	serial, err := strconv.ParseFloat(text, 64)
	if err != nil || !(serial >= 18_000 && serial <= 80_000) { // 1949 to 2119: outside no one plans; NaN is outside
		return text
	}
	name, err := excelize.CoordinatesToCellName(column, row)
	if err != nil {
		return text
	}
	style, err := d.f.GetCellStyle(d.sheet, name)
	if err != nil || style == 0 {
		return text
	}
	isDate, seen := d.known[style]
	if !seen {
		if s, err := d.f.GetStyle(style); err == nil {
			isDate = s.NumFmt >= 14 && s.NumFmt <= 22 || s.NumFmt >= 27 && s.NumFmt <= 36 || s.NumFmt >= 50 && s.NumFmt <= 58 || s.CustomNumFmt != nil && dateLike(*s.CustomNumFmt)
		}
		d.known[style] = isDate
	}
	if !isDate {
		return text
	}
	base1904 := false
	if p, err := d.f.GetWorkbookProps(); err == nil && p.Date1904 != nil {
		base1904 = *p.Date1904
	}
	t, err := excelize.ExcelDateToTime(serial, base1904)
	if err != nil {
		return text
	}
	return t.Format("2006-01-02")
}

// dateLike tells a number format with years or days from one without: what stands
// in quotes or brackets is text.
func dateLike(format string) bool {
	depth, quoted := 0, false
	for _, c := range strings.ToLower(format) {
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[':
			depth++
		case c == ']':
			depth--
		case depth == 0 && (c == 'y' || c == 'd' || c == 'j' || c == 't'):
			return true
		}
	}
	return false
}

// Cell is the value of one cell of a workbook, "" where there is none or the file is no workbook that can be read.
func Cell(data []byte, sheet, at string) string {
	if len(data) > intake.MaxBytes || !Is(data) || !measured(data, &intake.Report{}) {
		return ""
	}
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxUnpacked, RawCellValue: true})
	if err != nil {
		return ""
	}
	defer f.Close()
	v, err := f.GetCellValue(sheet, at)
	if err != nil {
		return ""
	}
	return v
}

// Formulas are the cells of some columns (counted from 1) and lines of a sheet that hold a formula. Their values are what was stored, and nobody who reads the file
// knows whether they were computed.
func Formulas(data []byte, sheet string, columns []int, from, to int) (out []string, err error) {
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxUnpacked, RawCellValue: true})
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for n := from; n <= to; n++ {
		for _, c := range columns {
			at, err := excelize.CoordinatesToCellName(c, n)
			if err != nil {
				return nil, err
			}
			formula, err := f.GetCellFormula(sheet, at)
			if err != nil {
				return nil, err
			}
			if formula != "" {
				out = append(out, at)
			}
		}
	}
	return out, nil
}
