package outlet

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
)

// escape releases the service characters of a text.
var escape = strings.NewReplacer("?", "??", "'", "?'", "+", "?+", ":", "?:")

// statuses are SCC 4017 by firmness.
var statuses = map[forecast.Firmness]string{forecast.Firm: "1", forecast.Fabrication: "2", forecast.RawMaterial: "3", forecast.PlannedLevel: "4", "": "4"}

// delforMessage is a DELFOR while it is written.
type delforMessage struct {
	o        Options
	n        *notes
	segments []string
}

func (m *delforMessage) put(format string, args ...any) {
	m.segments = append(m.segments, fmt.Sprintf(format, args...))
}

// delfor writes a DELFOR D.97A: a group of lines for each place, a scheduling condition before each quantity.
func delfor(d forecast.Document, o Options, n *notes) ([]byte, error) {
	const name = "DELFOR"
	if err := distinct(d, name, itemKey); err != nil {
		return nil, err
	}
	uncarried(d, n, name)
	m := delforMessage{o: o, n: n}
	function := "9"
	if d.Header.Revision > 0 {
		function = "5"
	}
	m.put("UNH+1+DELFOR:D:97A:UN")
	m.put("BGM+241+%s+%s", escape.Replace(o.number(d)), function)
	m.put("DTM+137:%s:102", digits(calendar.DateOf(d.Header.Issued)))
	lines := slices.Clone(d.Lines)
	slices.SortStableFunc(lines, func(a, b forecast.Line) int { return strings.Compare(a.Location.Key(), b.Location.Key()) })
	for i, l := range lines {
		if i == 0 || l.Location != lines[i-1].Location {
			m.place(l.Location, i == 0)
		}
		m.item(i+1, l)
		putCounts(l, m.put)
		m.periods(l)
	}
	m.put("UNT+%d+1", len(m.segments)+1)
	return m.interchange(d), nil
}

// place begins the lines of a place. What has no code of its own is told with each item.
func (m *delforMessage) place(at forecast.Location, first bool) {
	country := at.Region
	if len(country) > 2 {
		country = country[:2]
	}
	code, mapped := m.o.place(at.Key())
	switch {
	case mapped:
		m.put("NAD+ST+%s::92+++++++%s", escape.Replace(code), country)
	case at.GLN != "":
		m.put("NAD+ST+%s::9+++++++%s", at.GLN, country)
		if len(at.Region) > 2 {
			m.n.add("DELFOR has the country of a place, and no part of it: %s became %s", at.Region, country)
		}
	case !first:
		m.put("NAD+ST") // ends the place before
	}
}

// item begins a line: its number, the other numbers of the product, and its place where that has no code.
func (m *delforMessage) item(number int, l forecast.Line) {
	id, code := l.Item.BuyersID, "IN"
	if id == "" {
		id, code = l.Item.SellersID, "SA"
	}
	if id == "" {
		id, code = l.Item.GTIN, "EN"
	}
	m.put("LIN+%d++%s:%s", number, escape.Replace(id), code)
	if l.Item.SellersID != "" && code != "SA" {
		m.put("PIA+1+%s:SA", escape.Replace(l.Item.SellersID))
	}
	if l.Item.GTIN != "" && code != "EN" {
		m.put("PIA+1+%s:EN", l.Item.GTIN)
	}
	if l.Item.Description != "" {
		m.put("IMD+++:::%s", escape.Replace(l.Item.Description))
	}
	at := l.Location
	if _, mapped := m.o.place(at.Key()); !mapped && at.GLN == "" {
		if at.UNLOCODE != "" {
			m.put("LOC+11+%s::6", at.UNLOCODE)
		} else if at.Region != "" {
			m.put("LOC+11+%s::5", at.Region)
		}
	}
}

// periods writes the quantities of a line, each with its date, and the cumulative one beside it.
func (m *delforMessage) periods(l forecast.Line) {
	date := "2"
	switch l.DateBasis {
	case forecast.ByShip:
		date = "10"
	case forecast.ByArrival:
	default:
		m.n.add("DELFOR has dates of shipping and of delivery: those by %s became dates of delivery", strings.ToLower(string(l.DateBasis)))
	}
	unit := tradeCode(l.Unit, 0)
	for _, c := range l.Buckets {
		frequency, when := "F", fmt.Sprintf("%s-%s:718", digits(c.Start), digits(c.Last()))
		switch c.Bucket.Grain() {
		case calendar.Days:
			frequency, when = "D", digits(c.Start)+":102"
		case calendar.Weeks:
			frequency, when = "W", digits(c.Start)+":102"
		case calendar.Months:
			frequency, when = "M", digits(c.Start)[:6]+":610"
		}
		m.put("SCC+%s++%s", statuses[c.Firmness], frequency)
		m.put("QTY+113:%s:%s", c.Mean, unit)
		m.put("DTM+%s:%s", date, when)
		if c.Accumulated != nil {
			m.put("QTY+3:%s:%s", c.Accumulated, unit)
			m.put("DTM+%s:%s", date, when)
		}
	}
}

// interchange puts the message between its envelopes. They name the usual character set as long as the text is ASCII.
func (m *delforMessage) interchange(d forecast.Document) []byte {
	sender, receiver := m.o.Sender, m.o.Receiver
	control := strconv.FormatInt(d.Header.Revision+1, 10)
	text := strings.Join(m.segments, "'\r\n") + "'\r\nUNZ+1+" + control + "'\r\n"
	charset := "UNOC:3"
	for _, c := range text + sender + receiver {
		if c > 126 {
			charset = "UNOW:4" // UTF-8: legacy sets can't hold every name
		}
	}
	day := digits(calendar.DateOf(d.Header.Issued))[2:]
	head := fmt.Sprintf("UNB+%s+%s+%s+%s:0000+%s'\r\n", charset, escape.Replace(sender), escape.Replace(receiver), day, control)
	return []byte("UNA:+.? '\r\n" + head + text)
}

// putCounts writes what a line says beside its periods: the day its quantities are accumulated from, what was received of them, and what may be made (SCC 2)
// and bought (SCC 3) ahead, each until a last day.
func putCounts(l forecast.Line, put func(string, ...any)) {
	s := l.Schedule
	if s == nil {
		return
	}
	unit := tradeCode(l.Unit, 0)
	if s.Backlog != nil {
		put("QTY+83:%s:%s", *s.Backlog, unit)
	}
	if s.Reset != 0 {
		put("DTM+51:%s:102", digits(s.Reset))
	}
	if s.LastDespatch != "" {
		put("RFF+AAK:%s", escape.Replace(s.LastDespatch))
	}
	if s.Received != nil {
		put("QTY+70:%s:%s", *s.Received, unit)
	}
	for i, a := range []*forecast.Authorisation{s.Fabrication, s.Material} {
		if a != nil {
			put("SCC+%d", 2+i)
			put("QTY+3:%s:%s", a.Quantity, unit)
			put("DTM+51:%s:102", digits(a.From))
			put("DTM+52:%s:102", digits(a.To.AddDays(-1)))
		}
	}
}
