package intake

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// pivot gathers the figures of each line by period.
type pivot struct {
	h       header
	keys    []int // columns that name the line
	lines   []pivotLine
	at      map[string]int
	figures []string // as written first
	plain   map[string]int
	first   []int // line of each figure's first cell
}

type pivotLine struct {
	cells   []string
	period  string
	line    int
	figures []pivotCell // by figure, as far as there are any
}

type pivotCell struct {
	value  string
	source source
}

func newPivot(h header) *pivot {
	p := &pivot{h: h, at: map[string]int{}, plain: map[string]int{}}
	for i := range h.names {
		if i != h.at[reshapeMeasure] && i != h.at[reshapeValue] && !slices.Contains(h.at[2:], i) {
			p.keys = append(p.keys, i)
		}
	}
	return p
}

// read goes through the lines; false where the table can't be read as a whole.
func (p *pivot) read(text string, delimiter rune, r *Report) bool {
	s := newScanner(text, delimiter)
	cellOf := func(cells []string, at int) string {
		if at < 0 || at >= len(cells) {
			return ""
		}
		return cells[at]
	}
	for {
		cells, line, err := s.next()
		if err == io.EOF {
			return true
		}
		if err != nil {
			r.Complain(s.complaint(err))
			return false
		}
		if line <= p.h.line {
			continue
		}
		if r.Lines++; r.Lines > MaxRows {
			r.Complain(Complaint{Code: CodeTooLarge, Line: line, Text: fmt.Sprintf("more than %d lines", MaxRows), Want: "fewer; read the file in parts"})
			return false
		}
		if extra := firstBeyond(cells, p.h.titles.width); extra >= 0 {
			r.Complain(Complaint{Code: CodeTooManyCells, Line: line, Value: cells[extra], Text: fmt.Sprintf("%d cells below a header of %d", len(cells), p.h.titles.width), Want: "as many as the header"})
			continue
		}
		measure := cellOf(cells, p.h.at[reshapeMeasure])
		key := make([]string, len(p.keys))
		for i, at := range p.keys {
			key[i] = cellOf(cells, at)
		}
		if p.h.layout == long {
			p.put(r, key, "", measure, cellOf(cells, p.h.at[reshapeValue]), source{line, p.h.names[p.h.at[reshapeValue]]})
		} else {
			any := false
			for k, b := range p.h.periods {
				at := p.h.at[2+k]
				if v := cellOf(cells, at); v != "" {
					any = true
					p.put(r, key, b.String(), measure, v, source{line, p.h.names[at]})
				}
			}
			if !any {
				p.put(r, key, "", measure, "", source{line, p.h.names[p.h.at[reshapeMeasure]]})
			}
		}
		if len(p.figures) > maxFigures {
			r.Complain(Complaint{Code: CodeMeasure, Line: line, Text: fmt.Sprintf("more than %d different measures", maxFigures), Want: "a table of one kind"})
			return false
		}
	}
}

func (p *pivot) put(r *Report, key []string, period, measure, value string, from source) {
	name := strings.Join(key, "\x00") + "\x00\x00" + period
	i, known := p.at[name]
	if !known {
		i = len(p.lines)
		p.at[name] = i
		p.lines = append(p.lines, pivotLine{cells: key, period: period, line: from.line})
	}
	if value == "" {
		return // nothing is said of it
	}
	if measure == "" {
		r.Complain(Complaint{Code: CodeMeasure, Line: from.line, Column: p.h.names[p.h.at[reshapeMeasure]], Text: "a value without a measure", Want: "what the value is of"})
		return
	}
	f, known := p.plain[plainName(measure)]
	if !known {
		f = len(p.figures)
		p.plain[plainName(measure)] = f
		p.figures, p.first = append(p.figures, measure), append(p.first, from.line)
	}
	l := &p.lines[i]
	for len(l.figures) <= f {
		l.figures = append(l.figures, pivotCell{})
	}
	if before := l.figures[f].source.line; before > 0 {
		r.Complain(Complaint{Code: CodeRepeatedKey, Line: from.line, Column: p.h.names[p.h.at[reshapeMeasure]], Value: measure, Text: fmt.Sprintf("line %d already gives this figure", before), Want: "one line for each"})
		return
	}
	l.figures[f] = pivotCell{value, from}
}

// head is the header by period.
func (p *pivot) head() (out []string) {
	for _, at := range p.keys {
		out = append(out, p.h.names[at])
	}
	if p.h.layout == wide {
		out = append(out, "period")
	}
	return append(out, p.figures...)
}

// fieldsOf are the columns of a kind.
func fieldsOf(k Kind) (out []field) {
	columns := columnsOf(k)
	for _, c := range columns {
		out = append(out, field{c.Says, c.Names, c.Needed})
	}
	if columns == nil {
		return kindFields(k)
	}
	return out
}

// numbersOf are the names of the figures of a kind, in plain form.
func numbersOf(k Kind) map[string]bool {
	out := map[string]bool{}
	take := func(names []string) {
		for _, n := range names {
			out[plainName(n)] = true
		}
	}
	columns := columnsOf(k)
	for _, c := range columns {
		if c.Form == Number {
			take(c.Names)
		}
	}
	if columns == nil {
		for _, f := range (header{kind: k}).numberFields() {
			take(kindFields(k)[f].names)
		}
	}
	return out
}

func (p *pivot) allKnown(k Kind) bool {
	known := numbersOf(k)
	for _, f := range p.figures {
		if known[plainName(f)] {
			return true // of this kind; what else is there is complained about
		}
	}
	return false
}

// complain says which measures a kind has not.
func (p *pivot) complain(k Kind, r *Report) {
	known := numbersOf(k)
	var want []string
	for _, f := range fieldsOf(k) {
		if known[plainName(f.names[0])] {
			want = append(want, f.names[0])
		}
	}
	for i, f := range p.figures {
		if !known[plainName(f)] {
			r.Complain(Complaint{Code: CodeMeasure, Line: p.first[i], Column: p.h.names[p.h.at[reshapeMeasure]], Value: f, Text: "a measure that a file of kind " + string(k) + " has not", Want: strings.Join(want, ", ")})
		}
	}
	if r.OK() {
		r.Complain(Complaint{Code: CodeHeader, Line: p.h.line, Text: "the columns of a file of kind " + string(k) + " are not there", Want: "the same columns as in a table by period, and measure and value in place of its figures"})
	}
}
