package intake

import (
	"fmt"
	"slices"

	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// layout is how a table holds figures of one product and region.
type layout int

const (
	byPeriod layout = iota // a line for each period, a column for each figure
	long                   // a line for each figure: product, region, period, measure, value
	wide                   // a line for each product and region, a column for each period
)

// Positions of the fields of the two other layouts.
const (
	longProduct, longRegion, longPeriod, longMeasure, longValue, longUnit = 0, 1, 2, 3, 4, 5
	wideProduct, wideRegion, wideMeasure, wideUnit, widePeriods           = 0, 1, 2, 3, 4
)

var (
	measureNames = []string{"measure", "statistic", "figure", "level", "quantile", "key figure", "kennzahl"}
	valueNames   = []string{"value", "quantity", "qty", "amount", "wert", "menge"}
	unitColumns  = []string{"unit", "uom", "unit of measure", "einheit"}
)

// longHeader matches a header with a column for the measure and one for its value.
func longHeader(t titles, line int) (header, bool) {
	h := t.match(line, []field{{"the product", productNames, true}, {"the region", regionNames, false}, {"the month, week or date", periodNames, true},
		{"the measure: mean, p10, p50 ...", measureNames, true}, {"the value", valueNames, true}, {"the unit", unitColumns, false}})
	h.kind, h.layout = Forecast, long
	if len(h.missing) == 0 {
		h.addAttributes(false)
	}
	return h, len(h.missing) == 0
}

// wideHeader matches a header with two columns or more that are periods, of which
// nothing leaves open whether day or month comes first.
func wideHeader(t titles, line int, wanted Kind) (header, bool) {
	h := t.match(line, []field{{"the product", productNames, true}, {"the region", regionNames, false}, {"the measure", measureNames, false}, {"the unit", unitColumns, false}})
	h.layout = wide
	if len(h.missing) > 0 || wanted != "" && wanted != Forecast && wanted != History {
		return h, false
	}
	h.kind = wanted
	if wanted == "" && h.has(wideMeasure) {
		h.kind = Forecast
	}
	var d dates
	for i := range h.names {
		if slices.Contains(h.at, i) {
			continue
		}
		b, ok := t.periodOf(i, &d)
		if !ok || slices.Contains(h.periods, b) {
			continue
		}
		h.periods = append(h.periods, b)
		h.fields = append(h.fields, field{says: "the quantity of " + b.String()})
		h.at = append(h.at, i)
		h.found++
	}
	if h.kind == Forecast {
		h.addAttributes(false)
	}
	return h, len(h.periods) >= 2
}

// figureKind is what a figure of such a table is: the mean or a level of the band, or an attribute beside them.
type figureKind struct {
	level  int64 // in parts per million; 0 is the mean
	beside *Attribute
	cell   int // the field its value stands in
}

// measure reads the name of a figure: the mean, a quantile's level, or an attribute of a period such as firmness.
func (r *reader) measure(row *row, f int) (m figureKind, ok bool) {
	text := row.cells[f]
	plain := plainName(text)
	switch plain {
	case "mean", "forecast", "expected", "average", "pointforecast", "mittelwert", "prognose", "demand":
		return figureKind{}, true
	}
	if m.level, ok = quantileLevel(text); ok {
		return m, true
	}
	for _, a := range cellAttributes {
		if plainName(a.Name) == plain || slices.ContainsFunc(a.names, func(name string) bool { return plainName(name) == plain }) {
			return figureKind{beside: a}, true
		}
	}
	if level, ok := cumulativeLevel(text); ok {
		return figureKind{level: level, beside: CumulativeLevel(level)}, true
	}
	r.bad(row, f, CodeMeasure, "a measure that is not read", "mean, a quantile such as p10, p50, 0.9, or ordered, firmness, cumulative quantity, cumulative p90")
	return m, false
}

// figure reads the cell of a measure; stated is false for an empty one.
func (r *reader) figure(row *row, f int, m figureKind, needed bool) (q quantity.Quantity, stated bool) {
	if m.beside == nil || m.beside.form == Number {
		return r.number(row, f, needed)
	}
	if row.cells[f] == "" && needed {
		r.bad(row, f, CodeMissing, "an empty cell", "a value of "+m.beside.Name)
	}
	return q, row.cells[f] != "" // a code, which putBeside reads
}

// long reads a line with one figure.
func (s *state) long(row *row) bool {
	product, region, period := s.text(row, longProduct), s.text(row, longRegion), s.period(row, longPeriod)
	m, _ := s.measure(row, longMeasure)
	q, _ := s.figure(row, longValue, m, true)
	unit := s.unit(row, longUnit, s.unitOr("C62"))
	if row.bad {
		return false
	}
	if !s.known(row, product) {
		return true
	}
	if line, ok := s.lineOf(row, product, region, unit); ok {
		m.cell = longValue
		s.put(row, line, period, m, q)
	}
	return false
}

// wide reads a line with a figure for each period. An empty cell says nothing of
// its period.
func (s *state) wide(d *Draft, row *row) bool {
	product, region := s.text(row, wideProduct), s.text(row, wideRegion)
	var m figureKind
	if s.header.has(wideMeasure) && d.Kind == Forecast {
		m, _ = s.measure(row, wideMeasure)
	}
	unit := s.unit(row, wideUnit, s.unitOr("C62"))
	figures := make([]*quantity.Quantity, len(s.header.periods))
	any := false
	for k := range s.header.periods {
		if q, stated := s.figure(row, widePeriods+k, m, false); stated {
			figures[k], any = &q, true
		}
	}
	if !row.bad && !any {
		s.bad(row, widePeriods, CodeMissing, "no figure in any period", "at least one; 0 where nothing is needed")
	}
	if row.bad {
		return false
	}
	if !s.known(row, product) {
		return true
	}
	line, ok := int32(0), true
	if d.Kind == Forecast {
		line, ok = s.lineOf(row, product, region, unit)
	}
	measured := fmt.Sprint(m.level)
	if m.beside != nil {
		measured = m.beside.Name
	}
	if !ok || !s.once(row, func() string { return fmt.Sprintf("product %q in region %q", product, region) }, fmt.Sprint(line), product, region, measured) {
		return false
	}
	for k, q := range figures {
		switch {
		case q == nil:
		case d.Kind == History:
			d.History = append(d.History, HistoryRow{Line: row.line, Product: product, Region: region, Period: s.header.periods[k], Quantity: *q})
		default:
			m.cell = widePeriods + k
			s.put(row, line, s.header.periods[k], m, *q)
		}
	}
	return false
}

// startsOnly says that the period column names the first days of periods, whose
// length has to be told from all of them together.
func (h header) startsOnly() (field int, yes bool) {
	field = map[Kind]int{History: historyPeriod, Forecast: forecastPeriod, Capacity: capacityPeriod}[h.kind]
	if h.layout == wide || h.kind != History && h.kind != Forecast && h.kind != Capacity || !h.has(field) {
		return 0, false
	}
	name := h.titles.plain[h.at[field]]
	return field, name == "bucketstart" || name == "periodstart" || name == "weekstart" || name == "startdate"
}

// lengthen makes the first days of periods into the periods: months where all are
// firsts of months, weeks where they lie whole weeks apart, days otherwise.
func (s *state) lengthen(d *Draft) {
	f, yes := s.header.startsOnly()
	if !yes {
		return
	}
	all := func(yield func(*calendar.Bucket) bool) {
		for i := range d.History {
			if !yield(&d.History[i].Period) {
				return
			}
		}
		for i := range d.Capacity {
			if !yield(&d.Capacity[i].Period) {
				return
			}
		}
		for _, l := range s.plan.lines {
			for k := range l.Buckets {
				if !yield(&l.Buckets[k].Bucket) {
					return
				}
			}
		}
	}
	first, months, weeks, several := calendar.Date(0), true, true, false
	for b := range all {
		if b.Days() != 1 {
			return // the periods are written out
		}
		if first == 0 {
			first = b.Start
		}
		months = months && b.Start.Month().Bucket().Start == b.Start
		weeks = weeks && b.Start.Sub(first)%7 == 0
		several = several || b.Start != first
	}
	if first == 0 {
		return
	}
	column := s.header.column(f)
	weekly := s.header.titles.plain[s.header.at[f]] == "weekstart"
	if !several && !weekly {
		s.report.Complain(Complaint{Code: CodePeriod, Column: column, Value: first.String(), Text: "the start of one period only: its length can't be told", Want: "the period written out, as 2026-11 or 2026-W48"})
		return
	}
	length := "days"
	for b := range all {
		switch {
		case months && !weekly:
			*b, length = b.Start.Month().Bucket(), "months"
		case weeks || weekly:
			b.End, length = b.Start.AddDays(7), "weeks"
		}
	}
	s.report.Note(Complaint{Code: NoteAssumed, Column: column, Text: "the column names first days: the periods were taken for " + length})
}
