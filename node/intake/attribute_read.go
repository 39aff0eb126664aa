package intake

import (
	"fmt"
	"slices"

	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// attributeColumn is an attribute that the header has a column for.
type attributeColumn struct {
	*Attribute
	f int // its field
}

// addAttributes finds the columns of attributes; those of periods only where a row is one period, for elsewhere they are measures.
func (h *header) addAttributes(periods bool) {
	add := func(a *Attribute, at int) {
		h.attributes = append(h.attributes, attributeColumn{a, len(h.fields)})
		h.fields = append(h.fields, field{says: a.Name, names: append([]string{a.Name}, a.names...)})
		h.at = append(h.at, at)
		h.found++
	}
	for _, a := range attributes {
		if a.Of == OfCell && h.layout != byPeriod && !(h.layout == long && a.form == Text) {
			continue
		}
		if at := h.titles.find(field{names: append([]string{a.Name}, a.names...)}, h.at); at >= 0 {
			add(a, at)
		}
	}
	if !periods {
		return
	}
	for i, name := range h.titles.means[:h.titles.width] {
		if level, ok := cumulativeLevel(name); ok && !slices.Contains(h.at, i) {
			add(CumulativeLevel(level), i)
		}
	}
}

// says names the attributes that the table speaks of. A long or wide one may have any measure.
func (h header) says() (names []string) {
	for _, a := range h.attributes {
		names = append(names, a.Name)
	}
	return names
}

// valueOf reads a cell in an attribute's form.
func (s *state) valueOf(row *row, a *Attribute, f int) (v value) {
	v.text = row.cells[f]
	switch a.form {
	case Number:
		v.number, _ = s.number(row, f, false)
	case Period:
		b := s.period(row, f)
		if !row.bad && b.Days() != 1 {
			s.bad(row, f, CodePeriod, "a period of several days", "one day, as 2027-03-31")
		}
		v.day = b.Start
	}
	return v
}

// apply sets what a cell says, or complains.
func (s *state) apply(row *row, a *Attribute, f int, l *forecast.Line, c *forecast.Cell) {
	v := s.valueOf(row, a, f)
	if row.bad {
		return
	}
	if want := a.set(&s.plan.whole, l, c, v); want != "" {
		s.bad(row, f, CodeAttribute, "no value of "+a.Name, want)
	}
}

// tellApart puts what tells lines of one product and place apart into the key.
func (s *state) tellApart(row *row, key *series) {
	for _, a := range s.header.attributes {
		if a.Of != OfKey {
			continue
		}
		if text := s.keep(row.cells[a.f]); a.Attribute == keyAttributes[0] {
			key.kind = text
		} else {
			key.category = text
		}
	}
}

// ofLine sets what a row says of its line and of the document: the first that says something counts, and no other may say something else.
func (s *state) ofLine(row *row, line int32) bool {
	for i, a := range s.header.attributes {
		text := row.cells[a.f]
		if a.Of == OfCell || text == "" {
			continue
		}
		said := s.plan.said[line]
		if a.Of == OfDocument {
			said = s.plan.saidOfAll(len(s.header.attributes))
		}
		switch {
		case said[i] == text:
		case said[i] != "":
			s.bad(row, a.f, CodeContradiction, fmt.Sprintf("a row before it gives the %s as %q", a.Name, said[i]), "the same in every row, or an empty cell")
		default:
			said[i] = s.keep(text)
			s.apply(row, a.Attribute, a.f, &s.plan.lines[line], nil)
		}
	}
	return !row.bad
}

// ofCell sets what a row says of its period.
func (s *state) ofCell(row *row, line int32, c *forecast.Cell) {
	for _, a := range s.header.attributes {
		if a.Of == OfCell && row.cells[a.f] != "" {
			s.apply(row, a.Attribute, a.f, &s.plan.lines[line], c)
			s.plan.banded = s.plan.banded || len(c.Cumulative) > 0
		}
	}
}

// putBeside sets an attribute of a period that stands in a row or column of its own.
func (s *state) putBeside(row *row, line int32, c *forecast.Cell, m figureKind, q quantity.Quantity) {
	if m.beside.Text(nil, forecast.Line{}, *c) != "" {
		row.bad = true
		s.report.Complain(Complaint{Code: CodeRepeatedKey, Line: row.line, Text: fmt.Sprintf("the %s of product %q in %s was given before", m.beside.Name, s.plan.lines[line].Item.BuyersID, c.Bucket), Want: "one line for each"})
		return
	}
	v := value{text: row.cells[m.cell], number: q}
	if want := m.beside.set(&s.plan.whole, &s.plan.lines[line], c, v); want != "" {
		s.bad(row, m.cell, CodeAttribute, "no value of "+m.beside.Name, want)
	}
	s.plan.banded = s.plan.banded || len(c.Cumulative) > 0
	s.plan.beside(m.beside.Name)
}

// beside notes that the table speaks of an attribute.
func (p *plan) beside(name string) {
	if !slices.Contains(p.whole.Says, name) {
		p.whole.Says = append(p.whole.Says, name)
	}
}

func (p *plan) saidOfAll(n int) []string {
	if p.wholeSaid == nil {
		p.wholeSaid = make([]string, n)
	}
	return p.wholeSaid
}

// attributeFields are the columns of one form, which the decimal mark and the date order are looked for in.
func (h header) attributeFields(form Form) (fields []int) {
	for _, a := range h.attributes {
		if a.form == form {
			fields = append(fields, a.f)
		}
	}
	return fields
}
