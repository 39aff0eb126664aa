package intake

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// row is one line of the file below the header: the cells of the columns that
// are read, in the order of the kind's fields. It is valid until the next.
type row struct {
	line  int
	at    uint32 // where it begins in the text
	cells []string
	all   []string // the cells of all columns
	bad   bool     // a complaint was made about it
}

// scanner goes through a table line by line. A line without quotation marks is cut
// where it stands, without a copy of any cell; from the first quotation mark on the
// rules of RFC 4180 decide, as encoding/csv has them. It keeps nothing, so that a
// file of many empty cells costs no more memory than its bytes.
type scanner struct {
	text      string
	delimiter rune
	at        int // where the next line begins
	began     int // where the line that was read last begins
	line      int // lines before at, or before quoted began
	cells     []string
	quoted    *csv.Reader
	quotedAt  int // where quoted began
}

func newScanner(text string, delimiter rune) *scanner {
	s := &scanner{text: text, delimiter: delimiter}
	if first, _, _ := strings.Cut(text, "\n"); strings.HasPrefix(strings.ToLower(first), "sep=") {
		s.at, s.line = min(len(first)+1, len(text)), 1 // a spreadsheet's hint, and no header
	}
	return s
}

// next is the next line that isn't blank, its cells without the blanks around
// them, valid until the line after it. It answers io.EOF at the end.
func (s *scanner) next() (cells []string, line int, err error) {
	for {
		if cells, line, err = s.cut(); err != nil {
			return nil, 0, err
		}
		blank := true
		for i, cell := range cells {
			cells[i] = trimmed(cell)
			blank = blank && cells[i] == ""
		}
		if !blank {
			return cells, line, nil
		}
	}
}

// cut takes the next line apart.
func (s *scanner) cut() (cells []string, line int, err error) {
	if s.quoted == nil {
		if s.at == len(s.text) {
			return nil, 0, io.EOF
		}
		one, next := s.text[s.at:], len(s.text)
		if end := strings.IndexByte(one, '\n'); end >= 0 {
			one, next = one[:end], s.at+end+1
		}
		if strings.IndexByte(one, '"') < 0 {
			s.began, s.at = s.at, next
			s.line++
			return s.split(one), s.line, nil
		}
		s.quotedAt = s.at
		s.quoted = csv.NewReader(strings.NewReader(s.text[s.at:]))
		s.quoted.Comma, s.quoted.FieldsPerRecord, s.quoted.ReuseRecord = s.delimiter, -1, true
	}
	s.began = s.quotedAt + int(s.quoted.InputOffset())
	for s.began < len(s.text) && (s.text[s.began] == '\n' || s.text[s.began] == '\r') {
		s.began++ // blank lines, which the reader skips
	}
	if cells, err = s.quoted.Read(); err != nil {
		return nil, 0, err
	}
	line, _ = s.quoted.FieldPos(0)
	return cells, s.line + line, nil
}

func (s *scanner) split(one string) []string {
	s.cells = s.cells[:0]
	mark := byte(s.delimiter)
	for {
		at := strings.IndexByte(one, mark)
		if at < 0 {
			s.cells = append(s.cells, one)
			return s.cells
		}
		s.cells = append(s.cells, one[:at])
		one = one[at+1:]
	}
}

// trimmed is a cell without the blanks around it, also those that can't be seen.
func trimmed(cell string) string {
	if cell == "" || plainEnd(cell[0]) && plainEnd(cell[len(cell)-1]) {
		return cell
	}
	return strings.Trim(cell, " \t\r\n\u00a0\u200b\ufeff")
}

func plainEnd(c byte) bool { return c > ' ' && c < 0x80 }

// complaint turns a reader's error into ours.
func (s *scanner) complaint(err error) Complaint {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return Complaint{Code: CodeQuote, Line: parse.StartLine + s.line, Text: "a quotation mark opens a cell and does not close it, or stands inside one",
			Want: `cells with quotation marks written as "say ""so"""`}
	}
	return Complaint{Code: CodeNotText, Text: "the file can't be read: " + err.Error()}
}

// maxHeaderSearch is how many lines may stand above the header: titles and
// dates of extraction.
const maxHeaderSearch = 10

// findHeader looks for the first line that has the columns of the wanted kind,
// or of any.
func findHeader(text string, delimiter rune, wanted Kind, m *Mapping, r *Report) (header, bool) {
	s := newScanner(text, delimiter)
	var nearest header
	for range maxHeaderSearch {
		cells, line, err := s.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			r.Complain(s.complaint(err))
			return header{}, false
		}
		if len(cells) > MaxColumns {
			r.Complain(Complaint{Code: CodeTooLarge, Line: line, Text: fmt.Sprintf("%d columns", len(cells)), Want: fmt.Sprintf("at most %d", MaxColumns)})
			return header{}, false
		}
		t := newTitles(cells, m)
		if wanted == "" || wanted == Forecast {
			if h, ok := longHeader(t, line); ok {
				return h, true
			}
		}
		if h, ok := wideHeader(t, line, wanted); ok {
			if h.kind == "" {
				r.Complain(Complaint{Code: CodeWide, Line: line, Text: fmt.Sprintf("a column for each of %d periods, and nothing says what the figures are", len(h.periods)), Want: "the kind as an option, forecast or history, or a column measure with mean, p10, p50 ..."})
				return header{}, false
			}
			return h, true
		}
		for _, kind := range kinds {
			if wanted != "" && kind != wanted {
				continue
			}
			h := matchHeader(kind, t, line)
			if len(h.missing) == 0 {
				return h, true
			}
			if h.found > nearest.found || nearest.kind == "" {
				nearest = h
			}
		}
	}
	if nearest.kind == "" {
		r.Complain(Complaint{Code: CodeEmpty, Text: "the file is empty", Want: "a header line and lines below it"})
		return header{}, false
	}
	c := Complaint{Code: CodeHeader, Line: nearest.line}
	if wanted == "" && nearest.found < 2 {
		c.Text = fmt.Sprintf("no line of the first %d is a header that is known", maxHeaderSearch)
		c.Want = "the columns of history (product, month, quantity), capacity (line, month, maximum), stock (product, on hand), bill of materials (product, component, quantity, unit), products (product, description) or forecast (product, month, mean or p10, p50, p90)"
	} else {
		field := nearest.missing[0]
		c.Text = fmt.Sprintf("a %s file needs a column for %s, and there is none among %s", nearest.kind, field.says, shortened(strings.Join(nearest.names, ", ")))
		c.Want = "a header such as " + strings.Join(field.names[:min(4, len(field.names))], ", ")
	}
	r.Complain(c)
	return header{}, false
}

// firstBeyond is the index of the first cell past the header that isn't empty.
func firstBeyond(cells []string, n int) int {
	for i := n; i < len(cells); i++ {
		if cells[i] != "" {
			return i
		}
	}
	return -1
}
