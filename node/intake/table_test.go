package intake

import (
	"bytes"
	"encoding/csv"
	"io"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// What is cut without a copy is what encoding/csv reads, with the same line numbers, also where quotation marks begin half way.
func TestScannerReadsWhatTheStandardLibraryReads(t *testing.T) {
	type record struct {
		cells []string
		line  int
	}
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.SampledFrom([]string{"", "a", "12.5", " b ", "c d", "ü", "\u00a0x", `say "so"`, "x,y", "two\nlines", "'=1"})
		rows := rapid.SliceOfN(rapid.SliceOfN(cell, 1, 5), 0, 12).Draw(t, "rows")
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		w.UseCRLF = rapid.Bool().Draw(t, "crlf")
		if err := w.WriteAll(rows); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		if rapid.Bool().Draw(t, "no line end") {
			text = strings.TrimRight(text, "\r\n")
		}
		var want, got []record
		standard := csv.NewReader(strings.NewReader(text))
		standard.FieldsPerRecord = -1
		for {
			cells, err := standard.Read()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			line, _ := standard.FieldPos(0)
			for i := range cells {
				cells[i] = strings.Trim(cells[i], " \t\r\n\u00a0\u200b\ufeff")
			}
			if slices.ContainsFunc(cells, func(c string) bool { return c != "" }) {
				want = append(want, record{cells, line})
			}
		}
		s := newScanner(text, ',')
		for {
			cells, line, err := s.next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, record{slices.Clone(cells), line})
			again := newScanner(text[s.began:], ',')
			if same, _, err := again.next(); err != nil || !slices.Equal(same, cells) {
				t.Fatalf("at its place the line reads %q, %v", same, err)
			}
		}
		if !slices.EqualFunc(got, want, func(a, b record) bool { return a.line == b.line && slices.Equal(a.cells, b.cells) }) {
			t.Fatalf("%q: %v, and the standard library reads %v", text, got, want)
		}
	})
}

// A number read the short way is the number read the long way.
func TestPlainNumbersAreNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[-+]?[0-9.,]{0,20}`).Draw(t, "text")
		decimal := rapid.SampledFrom([]byte{'.', ','}).Draw(t, "decimal")
		short, ok := plainNumber(text, decimal)
		if !ok {
			return
		}
		long, err := parseDecimal(strings.Replace(text, string(decimal), ".", 1))
		if err != nil || long != short {
			t.Fatalf("%q is %s, and by the long way %s, %v", text, short, long, err)
		}
	})
}
