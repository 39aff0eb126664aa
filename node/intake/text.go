package intake

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// Bounds of a file. Three years of weekly figures of ten thousand series fit, or half a year of daily ones; what
// doesn't is imported in parts.
const (
	MaxBytes   = 64 << 20
	MaxRows    = 2_000_000
	MaxColumns = 256
	MaxField   = 64 << 10
)

var byteOrderMark = []byte("\xef\xbb\xbf")

// Decode turns a file into UTF-8 text with \n line ends, without byte order mark.
// It has complained where the answer is false.
func Decode(data []byte, r *Report) (string, bool) {
	if len(data) > MaxBytes {
		r.Complain(Complaint{Code: CodeTooLarge, Text: fmt.Sprintf("the file has %d bytes", len(data)), Want: fmt.Sprintf("at most %d; import it in parts", MaxBytes)})
		return "", false
	}
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		r.Complain(Complaint{Code: CodeNotText, Text: "the file is UTF-16", Want: "UTF-8; in a spreadsheet, save as CSV UTF-8"})
		return "", false
	}
	if bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		r.Complain(Complaint{Code: CodeNotText, Text: "the file is a spreadsheet or a zip archive", Want: "CSV; in a spreadsheet, save as CSV UTF-8"})
		return "", false
	}
	if what, do := packed(data); what != "" {
		r.Complain(Complaint{Code: CodeNotText, Text: "the file is " + what, Want: "CSV; " + do})
		return "", false
	}
	data = bytes.TrimPrefix(data, byteOrderMark)
	if at := bytes.IndexByte(data, 0); at >= 0 {
		r.Complain(Complaint{Code: CodeNotText, Line: 1 + bytes.Count(data[:at], []byte("\n")), Text: "a zero byte: this is no text file", Want: "CSV in UTF-8 or Windows-1252"})
		return "", false
	}
	r.Encoding = "UTF-8"
	if !utf8.Valid(data) {
		decoded, err := charmap.Windows1252.NewDecoder().Bytes(data)
		if err != nil {
			r.Complain(Complaint{Code: CodeNotText, Text: "the file is neither UTF-8 nor Windows-1252", Want: "CSV in UTF-8"})
			return "", false
		}
		data, r.Encoding = decoded, "Windows-1252"
		r.Note(Complaint{Code: NoteWindows1252, Text: "the file is not UTF-8 and was read as Windows-1252"})
	}
	text := string(data)
	if !strings.Contains(text, "\n") {
		text = strings.ReplaceAll(text, "\r", "\n") // line ends of old spreadsheets
	}
	return text, true
}

// delimiters in the order in which ties are settled.
var delimiters = []rune{',', ';', '\t', '|'}

// delimiterNames are how a report and an option call them.
var delimiterNames = map[rune]string{',': "comma", ';': "semicolon", '\t': "tab", '|': "pipe"}

// detectDelimiter picks the one that divides the first lines into the most
// columns, the same number in each: a line counts what stands outside quotes.
func detectDelimiter(text string) rune {
	const sample = 20
	best, bestScore := delimiters[0], 0
	for _, d := range delimiters {
		counts := map[int]int{}
		lines := 0
		quoted, n := false, 0
		for _, c := range text {
			switch {
			case c == '"':
				quoted = !quoted
			case quoted:
			case c == d:
				n++
			case c == '\n':
				if n > 0 {
					counts[n]++
				}
				n = 0
				if lines++; lines == sample {
					n = -1
				}
			}
			if n < 0 {
				break
			}
		}
		if n > 0 {
			counts[n]++
		}
		score := 0
		for columns, times := range counts {
			score = max(score, times*1000+min(columns, 999))
		}
		if score > bestScore {
			best, bestScore = d, score
		}
	}
	return best
}

// unaligned puts tabs between the columns of a table that blanks alone set apart, as programs for statistics write it: every line has the same number of words,
// two at least, and no other delimiter or quotation mark stands anywhere.
func unaligned(text string) (string, bool) {
	if strings.ContainsAny(text, ",;\t|\"") {
		return text, false
	}
	words, rows := 0, 0
	for line := range strings.Lines(text) {
		n := len(strings.Fields(line))
		if n == 0 {
			continue
		}
		if rows++; n < 2 || rows > 1 && n != words {
			return text, false
		}
		words = n
	}
	if rows < 2 {
		return text, false
	}
	var b strings.Builder
	b.Grow(len(text))
	for line := range strings.Lines(text) {
		b.WriteString(strings.Join(strings.Fields(line), "\t"))
		b.WriteString("\n")
	}
	return b.String(), true
}

// packed names a file that holds a table, but not as text, by its first bytes, and what to do with it.
func packed(data []byte) (what, do string) {
	switch {
	case bytes.HasPrefix(data, []byte{0x1f, 0x8b}):
		return "packed by gzip", "unpack it first: gunzip"
	case bytes.HasPrefix(data, []byte("%PDF-")):
		return "a PDF", "export the table from the program that made it"
	case bytes.HasPrefix(data, []byte{0xd0, 0xcf, 0x11, 0xe0}):
		return "an Excel workbook of before 2007", "save it as xlsx, or as CSV UTF-8"
	}
	return "", ""
}
