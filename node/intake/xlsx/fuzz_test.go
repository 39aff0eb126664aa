package xlsx

import (
	"bytes"
	"slices"
	"testing"

	"github.com/xuri/excelize/v2"

	"kontor/node/intake"
)

// FuzzTable: whatever comes, reading ends, what is refused says why, and what was read, written into a workbook and read again, is the same.
func FuzzTable(f *testing.F) {
	f.Add(workbook(f, [][]string{{"part", "month", "1.5"}}))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := &intake.Report{}
		rows, ok := Table(data, "", r)
		if ok && len(rows) == 0 || !ok && r.OK() {
			t.Fatal("nothing was read, and nothing said")
		}
		cells := 0
		for _, row := range rows {
			cells += 1 + len(row)
		}
		if !ok || cells > 10_000 { // a few bytes can stand for millions of empty cells: dear to write
			return
		}
		again, ok := Table(workbook(t, rows), "", r)
		if !ok || !slices.EqualFunc(rows, again, sameCells) {
			t.Fatalf("%q comes back as %q: %v", rows, again, r.Complaints)
		}
	})
}

// workbook writes rows as texts.
func workbook(t testing.TB, rows [][]string) []byte {
	book := excelize.NewFile()
	defer book.Close()
	for i, row := range rows {
		for j, text := range row {
			at, err := excelize.CoordinatesToCellName(j+1, i+1)
			if err != nil {
				t.Fatal(err)
			}
			if err := book.SetCellStr("Sheet1", at, text); text != "" && err != nil {
				t.Fatal(err)
			}
		}
	}
	var b bytes.Buffer
	if err := book.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// sameCells: cells behind the last that holds anything are none.
func sameCells(a, b []string) bool {
	full := func(row []string) []string {
		for len(row) > 0 && row[len(row)-1] == "" {
			row = row[:len(row)-1]
		}
		return row
	}
	return slices.Equal(full(a), full(b))
}
