package intake

import (
	"bytes"
	"encoding/csv"
	"strings"
)

// formulaMarks are the characters with which a spreadsheet takes a cell for a
// formula. A tab or line end at the front hides one of them from the eye.
const formulaMarks = "=+-@\t\r\n"

// Write makes a CSV file of rows, with comma and \r\n as RFC 4180 has them. A
// cell that a spreadsheet would run as a formula gets an apostrophe in front,
// which the spreadsheet shows as text and Read takes off again; numbers are left
// alone, signs included.
func Write(rows [][]string) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	for _, row := range rows {
		safe := make([]string, len(row))
		for i, cell := range row {
			safe[i] = Protected(cell)
		}
		if err := w.Write(safe); err != nil {
			panic("intake: writing to memory failed: " + err.Error())
		}
	}
	w.Flush()
	return b.Bytes()
}

// Protected is a cell as a spreadsheet shows it: with an apostrophe in front where
// it would run as a formula.
func Protected(cell string) string {
	if cell == "" || !strings.ContainsRune(formulaMarks, rune(cell[0])) {
		return cell
	}
	if _, err := parseDecimal(cell); err == nil {
		return cell
	}
	return "'" + cell
}

// Unprotected takes off the apostrophe that Protected put on.
func Unprotected(cell string) string { return unprotected(cell) }

// unprotected takes off the apostrophe that Protected put on.
func unprotected(cell string) string {
	if rest, ok := strings.CutPrefix(cell, "'"); ok && rest != "" && strings.ContainsRune(formulaMarks, rune(rest[0])) {
		return rest
	}
	return cell
}
