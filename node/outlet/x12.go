package outlet

import (
	"fmt"
	"slices"
	"strings"

	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// x12Message is an 830 while it is written.
type x12Message struct {
	o          Options
	n          *notes
	segments   []string
	cumulative bool // it has cumulative quantities and none of single periods
	sum        quantity.Quantity
}

func (m *x12Message) put(elements ...string) {
	m.segments = append(m.segments, strings.TrimRight(strings.Join(elements, "*"), "*"))
}

// clean takes the characters that separate segments and elements out of a text.
func (m *x12Message) clean(s string) string {
	return strings.Map(func(c rune) rune {
		if c == '*' || c == '~' || c == '>' {
			m.n.add("X12 can't hold *, ~ and > in texts: they became blanks")
			return ' '
		}
		return c
	}, s)
}

// x12 writes an 830 of version 004010.
func x12(d forecast.Document, o Options, n *notes) ([]byte, error) {
	const name = "X12 830"
	if err := distinct(d, name, itemKey); err != nil {
		return nil, err
	}
	uncarried(d, n, name)
	basis, err := x12Basis(d, n)
	if err != nil {
		return nil, err
	}
	m := x12Message{o: o, n: n, cumulative: accumulates(d)}
	purpose, counting := "00", "A"
	if d.Header.Revision > 0 {
		purpose = "05"
	}
	if m.cumulative {
		counting = "C"
	}
	horizon, _ := d.Horizon()
	m.put("ST", "830", "0001")
	m.put("BFR", purpose, m.clean(o.number(d)), "", basis, counting, digits(horizon.Start), digits(horizon.Last()), digits(calendar.DateOf(d.Header.Issued)))
	lines := slices.Clone(d.Lines)
	slices.SortStableFunc(lines, func(a, b forecast.Line) int { return strings.Compare(a.Location.Key(), b.Location.Key()) })
	countsLost := 0
	for i, l := range lines {
		if i == 0 || l.Location != lines[i-1].Location {
			m.place(l.Location, i == 0)
		}
		if err := m.item(l); err != nil {
			return nil, err
		}
		if err := m.periods(l); err != nil {
			return nil, err
		}
		if !m.counts(l) {
			countsLost++
		}
	}
	if countsLost > 0 {
		n.add("X12 830 has the day that quantities count from only with the quantity received, or an authorisation: left out of %d lines", countsLost)
	}
	m.put("CTT", fmt.Sprint(len(lines)), m.sum.String())
	m.put("SE", fmt.Sprint(len(m.segments)+1), "0001")
	return m.interchange(d), nil
}

// x12Basis is what the dates of all lines mean.
func x12Basis(d forecast.Document, n *notes) (basis string, err error) {
	basis = "DL"
	for i, l := range d.Lines {
		this := map[forecast.DateBasis]string{forecast.ByShip: "SH", forecast.ByNeed: "BB", forecast.BySale: "BB"}[l.DateBasis]
		if this == "" {
			this = "DL"
		}
		if l.DateBasis == forecast.BySale {
			n.add("X12 830 has no dates of sale: they became dates of need")
		}
		if i > 0 && this != basis {
			return "", fmt.Errorf("X12 830 has one meaning of dates for all lines, and %q has another than the first; export them apart", l.Key())
		}
		basis = this
	}
	return basis, nil
}

// place begins the lines of a place.
func (m *x12Message) place(at forecast.Location, first bool) {
	country := at.Region
	if len(country) > 2 {
		country = country[:2]
		m.n.add("X12 has the country of a place, and no part of it: %s became %s", at.Region, country)
	}
	code, mapped := m.o.place(at.Key())
	switch {
	case mapped:
		m.put("N1", "ST", "", "92", code)
	case at.GLN != "":
		m.put("N1", "ST", "", "UL", at.GLN)
	case at == (forecast.Location{}):
		if !first {
			m.put("N1", "ST") // ends the place before
		}
		return
	default:
		m.put("N1", "ST", at.Key())
	}
	switch {
	case at.UNLOCODE != "":
		m.put("N4", "", "", "", country, "UN", at.UNLOCODE)
	case country != "":
		m.put("N4", "", "", "", country)
	}
}

// item begins a line. A product's number is written as it is or not at all.
func (m *x12Message) item(l forecast.Line) error {
	lin := []string{"LIN", ""}
	for _, pair := range [][2]string{{"BP", l.Item.BuyersID}, {"VP", l.Item.SellersID}, {"EN", l.Item.GTIN}} {
		if pair[1] != "" {
			if m.clean(pair[1]) != pair[1] {
				return fmt.Errorf("X12 can't hold the product number %q; want one without *, ~ and >", pair[1])
			}
			lin = append(lin, pair[0], pair[1])
		}
	}
	m.put(lin...)
	m.put("UIT", tradeCode(l.Unit, 1))
	if l.Item.Description != "" {
		m.put("PID", "F", "", "", "", m.clean(l.Item.Description))
	}
	return nil
}

// periods writes the quantities of a line and adds them to the control total.
func (m *x12Message) periods(l forecast.Line) (err error) {
	for _, c := range l.Buckets {
		firm := "D"
		switch c.Firmness {
		case forecast.Firm:
			firm = "C"
		case forecast.Fabrication, forecast.RawMaterial:
			m.n.add("X12 830 has firm and planned quantities in FST: %s became planned", c.Firmness)
		}
		timing, end := "F", digits(c.Last())
		switch c.Bucket.Grain() {
		case calendar.Days:
			timing, end = "D", ""
		case calendar.Weeks:
			timing, end = "W", ""
		case calendar.Months:
			timing, end = "M", ""
		}
		asked := c.Mean
		if m.cumulative {
			asked = *c.Accumulated
		} else if c.Accumulated != nil {
			m.n.add("X12 830 has either quantities of periods or cumulative ones for all its lines: the latter were left out")
		}
		m.put("FST", asked.String(), firm, timing, digits(c.Start), end)
		if m.sum, err = m.sum.Add(asked); err != nil {
			return fmt.Errorf("the control total: %w", err)
		}
	}
	return nil
}

// accumulates tells whether every line has cumulative quantities from which those of its periods can be told: then they are written instead.
func accumulates(d forecast.Document) bool {
	for _, l := range d.Lines {
		if l.Schedule == nil || l.Schedule.Received == nil {
			return false
		}
		before := *l.Schedule.Received
		for _, c := range l.Buckets {
			if c.Accumulated == nil || c.Accumulated.Less(before) {
				return false
			}
			before = *c.Accumulated
		}
	}
	return len(d.Lines) > 0
}

// counts writes what was received (SHP), and what may be made and bought ahead (ATH) until a last day; false where that does not hold all.
func (m *x12Message) counts(l forecast.Line) bool {
	s := l.Schedule
	if s == nil || *s == (forecast.Schedule{Backlog: s.Backlog}) {
		return true // a backlog is said to be left out where all else is
	}
	for i, a := range []*forecast.Authorisation{s.Fabrication, s.Material} {
		if a != nil {
			m.put("ATH", []string{"FI", "MT"}[i], digits(a.To.AddDays(-1)), a.Quantity.String(), "", digits(a.From))
		}
	}
	if s.Received == nil {
		return s.LastDespatch == "" && (s.Fabrication != nil && s.Fabrication.From == s.Reset || s.Material != nil && s.Fabrication == nil && s.Material.From == s.Reset)
	}
	m.put("SHP", "02", s.Received.String(), "051", digits(s.Reset))
	if s.LastDespatch != "" {
		m.put("REF", "SI", m.clean(s.LastDespatch))
	}
	return true
}

// interchange puts the message between its envelopes. Sender and receiver have fields of a fixed width in the outer one.
func (m *x12Message) interchange(d forecast.Document) []byte {
	pad := func(s string, width int) string { return (m.clean(s) + strings.Repeat(" ", width))[:width] }
	control := fmt.Sprintf("%09d", (d.Header.Revision+1)%1_000_000_000)
	sender, receiver, day := pad(m.o.Sender, 15), pad(m.o.Receiver, 15), digits(calendar.DateOf(d.Header.Issued))
	all := []string{
		strings.Join([]string{"ISA", "00", pad("", 10), "00", pad("", 10), "ZZ", sender, "ZZ", receiver, day[2:], "0000", "U", "00401", control, "0", "P", ">"}, "*"),
		strings.Join([]string{"GS", "PS", strings.TrimSpace(sender), strings.TrimSpace(receiver), day, "0000", "1", "X", "004010"}, "*"),
	}
	all = append(append(all, m.segments...), "GE*1*1", "IEA*1*"+control)
	return []byte(strings.Join(all, "~\r\n") + "~\r\n")
}
