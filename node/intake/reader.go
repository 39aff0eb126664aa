package intake

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// reader is one reading of a table: by Read, or by the caller of Open.
type reader struct {
	Options
	content   string
	delimiter rune
	header    header
	report    *Report
	repeats   bool // a line may be the same as another, cell by cell
	marks     marks
	dates     dates
	keys      map[string]int      // line of each key
	parked    map[string]int      // index in the worklist
	codes     []map[string]string // what cells mean, by field; nil without a mapping
	interned  map[string]string   // cells that are kept, each once and without the text around them
}

// openTable settles what comes before any line: options, text, delimiter and header. It
// has complained where the answer is nil.
func openTable(data []byte, o Options, report *Report, find func(text string, delimiter rune) (header, bool)) *reader {
	if !o.check(report) {
		return nil
	}
	text, ok := Decode(data, report)
	if !ok {
		return nil
	}
	delimiter := o.Delimiter
	aligned := false
	if delimiter == 0 {
		text, aligned = unaligned(text)
	}
	if delimiter == 0 {
		delimiter = hintedDelimiter(text)
	}
	if delimiter == 0 {
		delimiter = detectDelimiter(text)
	}
	if report.Delimiter = delimiterNames[delimiter]; aligned {
		report.Delimiter = "blanks"
	}
	h, ok := find(text, delimiter)
	if !ok {
		return nil
	}
	report.Kind, report.HeaderLine = h.kind, h.line
	r := &reader{Options: o, content: text, delimiter: delimiter, header: h, report: report, keys: map[string]int{}, parked: map[string]int{}, interned: map[string]string{}, codes: h.translations()}
	if r.noteMapping(); !report.OK() {
		return nil
	}
	return r
}

// lookAhead goes through all cells once for the decimal mark and the date order, which
// no cell decides alone, and tells whether they are settled. skip are cells that say
// nothing; pointed settles a mark in doubt for the point.
func (r *reader) lookAhead(numbers, periods []int, skip func(string) bool, pointed func(marks) bool) bool {
	s := newScanner(r.content, r.delimiter)
	lines := 0
	for {
		cells, line, err := s.next()
		if err == io.EOF {
			break
		}
		if errors.Is(err, csv.ErrBareQuote) {
			lines++
			continue // the line is refused when it is read
		}
		if err != nil { // what follows an open quotation mark can't be trusted
			r.report.Complain(s.complaint(err))
			return false
		}
		if line <= r.header.line {
			continue
		}
		if lines++; firstBeyond(cells, r.header.titles.width) >= 0 {
			continue
		}
		value := func(f int) (string, bool) {
			v := r.cell(cells, f)
			return v, v != "" && len(v) <= MaxField && !skip(v)
		}
		for _, f := range numbers {
			if v, ok := value(f); ok {
				r.marks.look(line, r.header.names[r.header.at[f]], v)
			}
		}
		for _, f := range periods {
			if v, ok := value(f); ok {
				r.dates.look(line, r.header.names[r.header.at[f]], v)
			}
		}
	}
	decimal := r.Decimal
	if decimal == "" && pointed(r.marks) {
		m := r.marks.unsure
		decimal = "."
		r.report.Note(Complaint{Code: NoteDecimalPoint, Line: m.line, Column: m.column, Value: m.value, Text: "read with a decimal point, as in a file with commas between its columns"})
	}
	marks, dates := r.marks.settle(decimal, r.report), r.dates.settle(r.DateOrder, r.report)
	if !marks || !dates {
		r.report.Lines = lines
	}
	return marks && dates
}

// each reads line by line and calls take for each that could be taken apart; what take
// parks counts neither as imported nor as skipped. It tells whether it came to the end.
func (r *reader) each(take func(*row) (parked bool)) bool {
	s := newScanner(r.content, r.delimiter)
	var seen *repeats
	if !r.repeats {
		seen = newRepeats(strings.Count(r.content, "\n") + 1)
	}
	row := row{cells: make([]string, len(r.header.fields))}
	for {
		cells, line, err := s.next()
		if err == io.EOF {
			break
		}
		if err == nil && line <= r.header.line {
			continue
		}
		if r.report.Lines++; r.report.Lines > MaxRows {
			r.report.Complain(Complaint{Code: CodeTooLarge, Line: line, Text: fmt.Sprintf("more than %d lines", MaxRows), Want: "fewer; read the file in parts"})
			return false
		}
		row.line, row.at, row.all, row.bad = line, uint32(s.began), cells, false
		parked := false
		switch {
		case errors.Is(err, csv.ErrBareQuote):
			c := s.complaint(err)
			row.line, row.bad = c.Line, true
			r.report.Complain(c)
		case err != nil: // lookAhead went through all of them
			r.report.Complain(s.complaint(err))
			return false
		case r.fill(&row, cells) && !r.repeated(seen, s, &row, cells):
			parked = take(&row)
		}
		switch {
		case row.bad && r.SkipBad:
			r.report.Skipped = append(r.report.Skipped, row.line)
		case !row.bad && !parked:
			r.report.Imported++
		}
	}
	if r.report.Lines == 0 {
		r.report.Complain(Complaint{Code: CodeEmpty, Line: r.header.line, Text: "no line below the header", Want: "one line or more"})
	}
	return true
}

// fill takes the cells of the columns that are read, and tells whether the line can be
// told apart at all.
func (r *reader) fill(row *row, cells []string) bool {
	if extra := firstBeyond(cells, r.header.titles.width); extra >= 0 {
		row.bad = true
		r.report.Complain(Complaint{Code: CodeTooManyCells, Line: row.line, Value: cells[extra],
			Text: fmt.Sprintf("%d cells below a header of %d", len(cells), r.header.titles.width),
			Want: fmt.Sprintf("as many as the header; a cell that contains the %s goes into quotation marks", delimiterNames[r.delimiter])})
	}
	for f, at := range r.header.at {
		if row.cells[f] = r.cell(cells, f); len(row.cells[f]) > MaxField {
			row.bad = true
			r.report.Complain(Complaint{Code: CodeTooLarge, Line: row.line, Column: r.header.names[at], Text: fmt.Sprintf("a cell of %d bytes", len(row.cells[f])), Want: fmt.Sprintf("at most %d", MaxField)})
			row.cells[f] = ""
		}
	}
	return !row.bad
}

// cell is what a line says of a field: its column, or the mapping's constant, translated
// where the mapping has a code for it; "" where nothing does.
func (r *reader) cell(cells []string, f int) string {
	at, width := r.header.at[f], r.header.titles.width
	v := ""
	switch {
	case at >= width:
		v = r.header.titles.constants[at-width]
	case at >= 0 && at < len(cells):
		v = unprotected(cells[at])
	}
	if r.codes != nil && r.codes[f] != nil {
		if means, known := r.codes[f][v]; known {
			return means
		}
	}
	return v
}

func (r *reader) repeated(seen *repeats, s *scanner, row *row, cells []string) bool {
	if seen == nil {
		return false
	}
	before, yes := seen.before(s, cells, row.line)
	if yes {
		r.repeatedLine(row, before)
	}
	return yes
}

func (r *reader) repeatedLine(row *row, before int) {
	row.bad = true
	r.report.Complain(Complaint{Code: CodeRepeatedLine, Line: row.line, Text: fmt.Sprintf("the same as line %d, cell by cell", before), Want: "each line once; if both are meant, add them up or number them in a column of their own"})
}

// keep is a cell that outlives its line.
func (r *reader) keep(cell string) string {
	kept, found := r.interned[cell]
	if !found {
		kept = strings.Clone(cell)
		r.interned[kept] = kept
	}
	return kept
}
