package intake

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// row is one line of the file below the header: the cells of the columns that
// are read, in the order of the kind's fields.
type row struct {
	line  int
	cells []string
	bad   bool // a complaint was made about it
}

// scanner goes through the file line by line. It keeps nothing, so that a file
// of many empty cells costs no more memory than its bytes.
type scanner struct {
	csv    *csv.Reader
	offset int // lines cut off before the reader began
}

func newScanner(text string, delimiter rune) *scanner {
	s := &scanner{}
	if first, rest, _ := strings.Cut(text, "\n"); strings.HasPrefix(strings.ToLower(first), "sep=") {
		text, s.offset = rest, 1 // a spreadsheet's hint, and no header
	}
	s.csv = csv.NewReader(strings.NewReader(text))
	s.csv.Comma = delimiter
	s.csv.FieldsPerRecord = -1
	s.csv.ReuseRecord = true
	return s
}

// next is the next line that isn't blank, its cells without the blanks around
// them. It answers io.EOF at the end.
func (s *scanner) next() (cells []string, line int, err error) {
	for {
		cells, err = s.csv.Read()
		if err != nil {
			return nil, 0, err
		}
		line, _ = s.csv.FieldPos(0)
		line += s.offset
		blank := true
		for i, cell := range cells {
			cells[i] = strings.Trim(cell, " \t\r\n\u00a0\u200b\ufeff")
			blank = blank && cells[i] == ""
		}
		if !blank {
			return cells, line, nil
		}
	}
}

// complaint turns a reader's error into ours.
func (s *scanner) complaint(err error) Complaint {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return Complaint{Code: CodeQuote, Line: parse.StartLine + s.offset, Text: "a quotation mark opens a cell and does not close it, or stands inside one",
			Want: `cells with quotation marks written as "say ""so"""`}
	}
	return Complaint{Code: CodeNotText, Text: "the file can't be read: " + err.Error()}
}

// maxHeaderSearch is how many lines may stand above the header: titles and
// dates of extraction.
const maxHeaderSearch = 10

// findHeader looks for the first line that has the columns of the wanted kind,
// or of any.
func findHeader(text string, delimiter rune, wanted Kind, r *Report) (header, bool) {
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
		if wanted == "" || wanted == Forecast {
			if h, ok := longHeader(cells, line); ok {
				return h, true
			}
		}
		if h, ok := wideHeader(cells, line, wanted); ok {
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
			h := matchHeader(kind, cells, line)
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

// readRows reads every line below the header. Lines that can't be taken apart
// are complained about and left out.
func readRows(text string, delimiter rune, h header, r *Report) ([]row, bool) {
	s := newScanner(text, delimiter)
	var rows []row
	seen := map[[16]byte]int{}
	for {
		cells, line, err := s.next()
		if err == io.EOF {
			return rows, true
		}
		if err != nil {
			c := s.complaint(err)
			r.Complain(c)
			if !errors.Is(err, csv.ErrBareQuote) {
				return nil, false // what follows an open quotation mark can't be trusted
			}
			r.Lines++
			rows = append(rows, row{line: c.Line, bad: true})
			continue
		}
		if line <= h.line {
			continue
		}
		if r.Lines++; r.Lines > MaxRows {
			r.Complain(Complaint{Code: CodeTooLarge, Line: line, Text: fmt.Sprintf("more than %d lines", MaxRows), Want: "fewer; import the file in parts"})
			return nil, false
		}
		out := row{line: line, cells: make([]string, len(h.fields))}
		if extra := firstBeyond(cells, len(h.names)); extra >= 0 {
			out.bad = true
			r.Complain(Complaint{Code: CodeTooManyCells, Line: line, Value: cells[extra],
				Text: fmt.Sprintf("%d cells below a header of %d", len(cells), len(h.names)),
				Want: fmt.Sprintf("as many as the header; a cell that contains the %s goes into quotation marks", delimiterNames[delimiter])})
		}
		for f, at := range h.at {
			if at < 0 || at >= len(cells) {
				continue
			}
			if len(cells[at]) > MaxField {
				out.bad = true
				r.Complain(Complaint{Code: CodeTooLarge, Line: line, Column: h.names[at], Text: fmt.Sprintf("a cell of %d bytes", len(cells[at])), Want: fmt.Sprintf("at most %d", MaxField)})
				continue
			}
			out.cells[f] = strings.Clone(unprotected(cells[at]))
		}
		if !out.bad {
			sum := fingerprint(cells)
			if before, repeated := seen[sum]; repeated {
				out.bad = true
				r.Complain(Complaint{Code: CodeRepeatedLine, Line: line, Text: fmt.Sprintf("the same as line %d, cell by cell", before), Want: "each line once; if both are meant, add them up or number them in a column of their own"})
			} else {
				seen[sum] = line
			}
		}
		rows = append(rows, out)
	}
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
