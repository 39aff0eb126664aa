package intake

import (
	"fmt"
	"io"
	"strings"

	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// Form is what the cells of a column hold.
type Form int

// The forms of cells.
const (
	Text    Form = iota
	Number       // of either sign
	Period       // a date, week or month
	Ordinal      // a date, week, month, or a whole number that counts periods
	Flag         // yes or no; empty is no
	Level        // a probability such as 0.9, 90% or p90; empty, "mean" and "point" are none
)

// Column is one thing that a table says, for tables that are measured and not imported.
type Column struct {
	Says   string   // for complaints: "the quantity ordered"
	Names  []string // headers it goes by, the most telling first
	Form   Form
	Needed bool // the file must have it, and so must every line
}

// Table is a file whose header, decimal mark and date order are settled and whose lines are still to be read.
type Table struct {
	*reader
	columns    []Column
	scientific int // numbers read with an exponent
}

// Open finds the columns of a table by its header, in any order, as Read does, and settles in one pass what no cell decides alone. Nothing
// but the text is kept. With repeats a line may be the same as another, cell by cell: single measurements are. The table is nil where
// the report has complaints.
func Open(data []byte, columns []Column, repeats bool, options Options) (*Table, *Report) {
	report := &Report{}
	options = options.Mapped()
	r := openTable(data, options, report, func(text string, delimiter rune) (header, bool) {
		return findColumns(text, delimiter, columns, options.Map, report)
	})
	if r == nil {
		return nil, report
	}
	r.repeats = repeats
	var numbers, periods []int
	for f, c := range columns {
		switch c.Form {
		case Number:
			numbers = append(numbers, f)
		case Period, Ordinal:
			periods = append(periods, f)
		}
	}
	// Between columns that commas divide a number has a decimal point, whatever stands behind it: 74.030 is 74 and a bit.
	pointed := func(m marks) bool {
		return r.delimiter == ',' && m.dot.line == 0 && m.comma.line == 0 && m.unsure.line > 0
	}
	if !r.lookAhead(numbers, periods, said, pointed) {
		return nil, report
	}
	r.noteHeader()
	return &Table{reader: r, columns: columns}, report
}

// findColumns looks for the first line that has all needed columns.
func findColumns(text string, delimiter rune, columns []Column, m *Mapping, r *Report) (header, bool) {
	s := newScanner(text, delimiter)
	var fields []field
	for _, c := range columns {
		fields = append(fields, field{c.Says, c.Names, c.Needed})
	}
	var nearest header
	for seen := 0; seen < maxHeaderSearch; seen++ {
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
		h := newTitles(cells, m).match(line, fields)
		if len(h.missing) == 0 {
			return h, true
		}
		if nearest.names == nil || h.found > nearest.found {
			nearest = h
		}
	}
	if nearest.names == nil {
		r.Complain(Complaint{Code: CodeEmpty, Text: "the file is empty", Want: "a header line and lines below it"})
		return header{}, false
	}
	missing := nearest.missing[0]
	r.Complain(Complaint{Code: CodeHeader, Line: nearest.line, Text: fmt.Sprintf("a column for %s is needed, and there is none among %s", missing.says, shortened(strings.Join(nearest.names, ", "))),
		Want: "a header such as " + strings.Join(missing.names[:min(4, len(missing.names))], ", ")})
	return header{}, false
}

// said are the words that files write into cells that nobody knows the content of.
func said(v string) bool {
	switch strings.ToLower(v) {
	case "na", "n/a", "null", "nil", "nan", "-":
		return true
	}
	return false
}

// Has tells whether the file has a column.
func (t *Table) Has(column int) bool { return t.header.at[column] >= 0 }

// Line is one line of a table, valid until the next.
type Line struct {
	t   *Table
	row *row
}

// Each reads line by line and calls take for each; what take returns false for was not taken and is complained about already. Each tells
// whether the table may be used: without a complaint, or with SkipBad when something is left.
func (t *Table) Each(take func(*Line)) bool {
	l := &Line{t: t}
	if !t.each(func(row *row) bool {
		l.row = row
		take(l)
		return false
	}) || t.report.Lines == 0 {
		return false
	}
	t.noteCentury()
	if t.scientific > 0 {
		written := fmt.Sprintf("%d numbers are", t.scientific)
		if t.scientific == 1 {
			written = "1 number is"
		}
		t.report.Note(Complaint{Code: NoteScientific, Text: written + " written in scientific notation, such as 0.3673E+05: measured as they are, with the digits that are left"})
	}
	return t.report.OK() || t.SkipBad && t.report.Imported > 0
}

// Number counts the line as an editor shows it.
func (l *Line) Number() int { return l.row.line }

// Bad tells whether something in the line was complained about.
func (l *Line) Bad() bool { return l.row.bad }

// Refuse complains about a cell of the line.
func (l *Line) Refuse(column int, code Code, text, want string) {
	l.t.bad(l.row, column, code, text, want)
}

// Text is a cell; the text stays valid.
func (l *Line) Text(column int) string {
	if l.t.columns[column].Needed {
		return l.t.reader.text(l.row, column)
	}
	return l.t.reader.prose(l.row, column, maxProse)
}

// Quantity is a number of either sign, and whether the cell holds one.
func (l *Line) Quantity(column int) (quantity.Quantity, bool) {
	v := l.row.cells[column]
	if v == "" || said(v) {
		if l.t.columns[column].Needed {
			l.Refuse(column, CodeMissing, "an empty cell", "a number; 0 where nothing is meant")
		}
		return quantity.Quantity{}, false
	}
	q, problem := l.t.marks.parse(v)
	if problem == shortForm {
		if exact, err := l.t.marks.scientific(v); err == nil {
			q, problem = exact, ""
			l.t.scientific++
		}
	}
	if problem == "" && (q.Exponent() < -maxMeasured || maxQuantity.Less(q.Abs())) {
		problem = tooLarge
	}
	if problem != "" {
		want := "a number such as 1250 or 0.75"
		if problem == tooLarge {
			want = fmt.Sprintf("at most 10^15 and %d decimals", maxMeasured)
		}
		l.Refuse(column, CodeNumber, problem, want)
	}
	return q, problem == ""
}

// maxMeasured are the decimals of a figure that is measured and not shared: statistical programs write this many.
const maxMeasured = 15

// Period is a date, week or month; the zero bucket where the cell is empty.
func (l *Line) Period(column int) calendar.Bucket {
	if said(l.row.cells[column]) {
		l.row.cells[column] = ""
	}
	return l.t.period(l.row, column)
}

// Moment is a place in time: a bucket, or the number of one.
type Moment struct {
	Bucket calendar.Bucket // zero where periods are counted
	Index  int64
}

// Compare orders moments; those with dates come after those that are counted.
func (m Moment) Compare(n Moment) int {
	if c := m.Bucket.Compare(n.Bucket); c != 0 {
		return c
	}
	switch {
	case m.Index < n.Index:
		return -1
	case m.Index > n.Index:
		return 1
	}
	return 0
}

// Moment is a date, week or month, or a whole number of at most five digits that counts periods. A table has one or the other.
func (l *Line) Moment(column int) Moment {
	v := l.row.cells[column]
	if n, counts := index(v); counts {
		return Moment{Index: n}
	}
	return Moment{Bucket: l.Period(column)}
}

func index(v string) (int64, bool) {
	if v == "" || len(v) > 5 || strings.Trim(v, "0123456789") != "" {
		return 0, false
	}
	n := int64(0)
	for _, c := range v {
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// Flag is yes or no; an empty cell is no.
func (l *Line) Flag(column int) bool {
	switch strings.ToLower(l.row.cells[column]) {
	case "true", "t", "yes", "y", "1", "x", "ja", "j":
		return true
	case "", "false", "f", "no", "n", "0", "nein":
		return false
	}
	l.Refuse(column, CodeOption, "neither yes nor no", "yes or no, true or false, 1 or 0")
	return false
}

// Level is a probability in parts per million, and false where the cell says a point.
func (l *Line) Level(column int) (int64, bool) {
	v := l.row.cells[column]
	switch strings.ToLower(v) {
	case "", "mean", "point", "na", "expected", "average":
		return 0, false
	}
	level, ok := quantileLevel(v)
	if !ok {
		l.Refuse(column, CodeNumber, "not a probability", "a level between 0 and 1 such as 0.9, or p90 or 90%; mean or an empty cell for the point forecast")
		return 0, false
	}
	return level, true
}

// Once complains about a second line of one key.
func (l *Line) Once(what string, parts ...string) bool {
	return l.t.once(l.row, func() string { return what }, parts...)
}

// Report is how the table was read.
func (t *Table) Report() *Report { return t.report }
