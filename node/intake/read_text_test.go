package intake

import (
	"strings"
	"testing"
)

// What names something shows as it is and has a bound; a line end inside a cell is a blank; a packed file says what it is.
func TestTextsOfCells(t *testing.T) {
	history := "product,region,month,quantity\n"
	for _, c := range []struct{ what, data, want string }{
		{"an escape", history + "\"O'Neill \x1b[31mred\",CI,2026-01,5\n", "U+001B at byte 9"},
		{"a turned direction", history + "A\u202eB,CI,2026-01,5\n", "U+202E at byte 2"},
		{"a zero width blank in a region", history + "A,C\u200bI,2026-01,5\n", "U+200B at byte 2"},
		{"a long name", history + strings.Repeat("A", 129) + ",CI,2026-01,5\n", "a text of 129 bytes"},
		{"the longest name", history + strings.Repeat("A", 128) + ",CI,2026-01,5\n", ""},
		{"a line end in a name", history + "\"two\nlines\",CI,2026-01,5\n", ""},
		{"quotation marks and an apostrophe", history + "\"O'Neill \"\"q\"\"\",CI,2026-01,5\n", ""},
		{"gzip", "\x1f\x8b\x08\x00\x00", "packed by gzip; want CSV; unpack it first: gunzip"},
		{"a PDF", "%PDF-1.7\n", "the file is a PDF"},
		{"an old workbook", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "before 2007"},
	} {
		draft, report := Read([]byte(c.data), Options{})
		got := ""
		if len(report.Complaints) > 0 {
			got = report.Complaints[0].String()
		}
		if (c.want == "") != (draft != nil) || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
		if draft != nil && c.what == "a line end in a name" && draft.History[0].Product != "two lines" {
			t.Errorf("%s: product %q", c.what, draft.History[0].Product)
		}
	}
}
