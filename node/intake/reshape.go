package intake

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
)

// Bounds of reshaping.
const (
	maxFigures     = 64    // distinct measures of one table: no kind has half as many
	maxMeasureLook = 1_000 // lines looked at before a table is taken for one of the reader's own layouts
)

// Reshaped is a long table (a line for each figure) or a wide one (a column for each period) of a kind that is read
// by period, written anew with a column for each figure, and where every cell of it stood.
type Reshaped struct {
	Text    []byte
	Options Options // reads Text
	header  int     // line of the file's own header
	lines   int     // below it
	names   []string
	layout  layout
	measure string // the columns of a long table
	value   string
	from    [][]source // by line of Text below its header, by column; only figures
}

// source is where a figure stood.
type source struct {
	line   int
	column string
}

// Reshape finds out whether a table is long or wide and of a kind that Read, ReadCampaigns, ReadQuality, ReadFigures or ReadAnswer reads by period; nil
// where it is not. A forecast's own long and wide layouts, and a wide history without measures, are Read's. The report holds complaints about cells that
// no line by period can have; nothing is to be read of the table then.
func Reshape(data []byte, o Options) (*Reshaped, *Report) {
	report := &Report{}
	o = o.Mapped()
	if o.Kind == Forecast || o.Kind == Products || !o.check(report) {
		return nil, &Report{}
	}
	text, ok := Decode(data, report)
	if !ok {
		return nil, &Report{}
	}
	delimiter := o.Delimiter
	if delimiter == 0 {
		delimiter = hintedDelimiter(text)
	}
	if delimiter == 0 {
		delimiter = detectDelimiter(text)
	}
	h, ok := reshapeHeader(text, delimiter)
	if !ok || !otherFigures(text, delimiter, h) {
		return nil, &Report{}
	}
	out := &Reshaped{Options: o, header: h.line, layout: h.layout, measure: h.names[h.at[reshapeMeasure]]}
	out.Options.Delimiter = delimiter
	if h.layout == long {
		out.value = h.names[h.at[reshapeValue]]
	}
	rows := newPivot(h)
	report.HeaderLine, report.Delimiter, report.Kind = h.line, delimiterNames[delimiter], o.Kind
	if !rows.read(text, delimiter, report) {
		return out, report
	}
	out.lines = report.Lines
	kind, known := o.Kind, false
	head := rows.head()
	for _, k := range []Kind{Bill, Answers, Campaign, Quality, Capacity, Stock, History, Performance} {
		if kind != "" && k != kind || k == History && len(rows.figures) != 1 {
			continue
		}
		if len(newTitles(head, o.Map).match(1, fieldsOf(k)).missing) == 0 && rows.allKnown(k) {
			kind, known = k, true
			break
		}
	}
	if !known {
		if kind == "" {
			return nil, &Report{} // what is wrong with it, its reader says
		}
		rows.complain(kind, report)
		return out, report
	}
	out.Options.Kind, report.Kind = kind, kind
	if !report.OK() && !o.SkipBad {
		return out, report
	}
	out.write(rows, delimiter)
	return out, report
}

// Positions in the header of a table that is reshaped.
const reshapeMeasure, reshapeValue = 0, 1

// reshapeHeader looks for a header with a column for the measure and either one for its value or columns that are periods.
func reshapeHeader(text string, delimiter rune) (header, bool) {
	s := newScanner(text, delimiter)
	for range maxHeaderSearch {
		cells, line, err := s.next()
		if err != nil || len(cells) > MaxColumns {
			return header{}, false
		}
		t := newTitles(cells, nil)
		h := t.match(line, []field{{"the measure", measureNames, true}, {"the value", valueNames, true}})
		if len(h.missing) == 0 {
			h.layout = long
			return h, true
		}
		if h.at[reshapeMeasure] < 0 {
			continue
		}
		var d dates
		h.layout = wide
		for i := range h.names {
			if b, ok := t.periodOf(i, &d); ok && !slices.Contains(h.periods, b) {
				h.periods, h.at = append(h.periods, b), append(h.at, i)
			}
		}
		if len(h.periods) > 0 {
			return h, true
		}
	}
	return header{}, false
}

// otherFigures tells whether the measures among the first lines are not a forecast's: one is none of its, or none is a mean or a level and
// they are only what a forecast may say beside these.
func otherFigures(text string, delimiter rune, h header) bool {
	s := newScanner(text, delimiter)
	figures, beside := false, false
	for range maxMeasureLook {
		cells, line, err := s.next()
		if err != nil {
			break
		}
		if line <= h.line || h.at[reshapeMeasure] >= len(cells) {
			continue
		}
		switch name := cells[h.at[reshapeMeasure]]; {
		case name == "":
		case isForecastMeasure(name):
			figures = true
		case isCellAttribute(name):
			beside = true
		default:
			return true
		}
	}
	return beside && !figures
}

// isCellAttribute tells whether a measure is something a forecast says of a period beside its figures.
func isCellAttribute(name string) bool {
	if _, ok := cumulativeLevel(name); ok {
		return true
	}
	plain := plainName(name)
	return slices.ContainsFunc(cellAttributes, func(a *Attribute) bool {
		return plainName(a.Name) == plain || slices.ContainsFunc(a.names, func(n string) bool { return plainName(n) == plain })
	})
}

func isForecastMeasure(name string) bool {
	switch plainName(name) {
	case "mean", "forecast", "expected", "average", "pointforecast", "mittelwert", "prognose", "demand":
		return true
	}
	_, ok := quantileLevel(name)
	return ok
}

// write writes the table by period.
func (s *Reshaped) write(p *pivot, delimiter rune) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Comma = delimiter
	s.names = p.head()
	write := func(row []string) {
		if err := w.Write(row); err != nil {
			panic("intake: writing to memory failed: " + err.Error())
		}
	}
	write(s.names)
	figures := len(s.names) - len(p.figures)
	for _, l := range p.lines {
		row := slices.Clone(l.cells)
		if p.h.layout == wide {
			row = append(row, l.period)
		}
		from := make([]source, len(s.names))
		for i := range from {
			from[i] = source{line: l.line}
		}
		for f := range p.figures {
			v := ""
			if f < len(l.figures) {
				if v = l.figures[f].value; v != "" {
					from[figures+f] = l.figures[f].source
				}
			}
			row = append(row, v)
		}
		if len(row) == 1 && row[0] == "" {
			row = append(row, "")
		}
		write(row)
		s.from = append(s.from, from)
	}
	w.Flush()
	s.Text = b.Bytes()
}

// Restore puts what was said about the table by period back to the lines and columns of the file.
func (s *Reshaped) Restore(r *Report) {
	restore := func(c *Complaint) {
		if c.Line == 1 || c.Line == 0 {
			if c.Line == 1 {
				c.Line = s.header
			}
			return
		}
		at := c.Line - 2
		if at >= len(s.from) {
			return
		}
		o := source{line: s.from[at][0].line}
		for i, name := range s.names {
			if name == c.Column {
				o = s.from[at][i]
			}
		}
		c.Line = o.line
		if o.column != "" {
			c.Text = fmt.Sprintf("%s, %s", c.Column, c.Text)
			c.Column = o.column
		}
	}
	for i := range r.Complaints {
		restore(&r.Complaints[i])
	}
	for i := range r.Notes {
		restore(&r.Notes[i])
	}
	bad := map[int]bool{}
	for _, line := range r.Skipped {
		if at := line - 2; at >= 0 && at < len(s.from) {
			for _, o := range s.from[at] {
				if o.column != "" {
					bad[o.line] = true
				}
			}
		}
	}
	if r.HeaderLine = s.header; len(bad) > 0 { // a period that was left out stands in several lines
		r.Skipped = slices.Sorted(maps.Keys(bad))
	}
	r.Lines, r.Imported = s.lines, s.lines-len(bad)
	if !r.OK() && len(r.Skipped) == 0 {
		r.Imported = 0
	}
}
