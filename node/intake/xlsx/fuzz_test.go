package xlsx

import (
	"bytes"
	"testing"

	"github.com/xuri/excelize/v2"

	"kontor/node/intake"
)

// FuzzTable: whatever comes, reading ends, and what is refused says why.
func FuzzTable(f *testing.F) {
	book := excelize.NewFile()
	if err := book.SetSheetRow("Sheet1", "A1", &[]any{"part", "month", 1.5}); err != nil {
		f.Fatal(err)
	}
	var b bytes.Buffer
	if err := book.Write(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := &intake.Report{}
		if rows, ok := Table(data, "", r); ok && len(rows) == 0 || !ok && r.OK() {
			t.Fatal("nothing was read, and nothing said")
		}
	})
}
