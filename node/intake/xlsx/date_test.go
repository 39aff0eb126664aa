package xlsx

import (
	"testing"

	"github.com/xuri/excelize/v2"
)

// A cell with a date's format is a date only where its number can be one.
func TestDatesAreNumbersOfPlannedDays(t *testing.T) {
	book := excelize.NewFile()
	style, err := book.NewStyle(&excelize.Style{NumFmt: 14})
	if err != nil {
		t.Fatal(err)
	}
	if err := book.SetCellStyle("Sheet1", "A1", "A1", style); err != nil {
		t.Fatal(err)
	}
	d := &dateStyles{f: book, sheet: "Sheet1", known: map[int]bool{}}
	for text, want := range map[string]string{"46344": "2026-11-18", "NaN": "NaN", "-Inf": "-Inf", "1e300": "1e300", "17": "17", "soon": "soon"} {
		if got := d.value(text, 1, 1); got != want {
			t.Errorf("%s reads %q, want %q", text, got, want)
		}
	}
}
