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

// delfor writes a DELFOR D.97A: a group of lines for each place, a scheduling
// condition before each quantity.
func delfor(d forecast.Document, o Options, n *notes) ([]byte, error) {
	const name = "DELFOR"
	if err := distinct(d, name, itemKey); err != nil {
		return nil, err
	}
	uncarried(d, n, name)
	charset := "UNOC:3"
	var body []string
	put := func(format string, args ...any) { body = append(body, fmt.Sprintf(format, args...)) }
	function := "9"
	if d.Header.Revision > 0 {
		function = "5"
	}
	issued := calendar.DateOf(d.Header.Issued)
	put("UNH+1+DELFOR:D:97A:UN")
	put("BGM+241+%s+%s", escape.Replace(o.number(d)), function)
	put("DTM+137:%s:102", digits(issued))
	lines := slices.Clone(d.Lines)
	slices.SortStableFunc(lines, func(a, b forecast.Line) int { return strings.Compare(a.Location.Key(), b.Location.Key()) })
	at, began := forecast.Location{}, false
	for i, l := range lines {
		if !began || l.Location != at {
			at, began = l.Location, true
			country := at.Region
			if len(country) > 2 {
				country = country[:2]
			}
			code, mapped := o.place(at.Key())
			switch {
			case mapped:
				put("NAD+ST+%s::92+++++++%s", escape.Replace(code), country)
			case at.GLN != "":
				put("NAD+ST+%s::9+++++++%s", at.GLN, country)
				if len(at.Region) > 2 {
					n.add("DELFOR has the country of a place, and no part of it: %s became %s", at.Region, country)
				}
			case began && i > 0:
				put("NAD+ST") // ends the place before
			}
		}
		id, code := l.Item.BuyersID, "IN"
		if id == "" {
			id, code = l.Item.SellersID, "SA"
		}
		if id == "" {
			id, code = l.Item.GTIN, "EN"
		}
		put("LIN+%d++%s:%s", i+1, escape.Replace(id), code)
		if l.Item.SellersID != "" && code != "SA" {
			put("PIA+1+%s:SA", escape.Replace(l.Item.SellersID))
		}
		if l.Item.GTIN != "" && code != "EN" {
			put("PIA+1+%s:EN", l.Item.GTIN)
		}
		if l.Item.Description != "" {
			put("IMD+++:::%s", escape.Replace(l.Item.Description))
		}
		if _, mapped := o.place(at.Key()); !mapped && at.GLN == "" {
			if at.UNLOCODE != "" {
				put("LOC+11+%s::6", at.UNLOCODE)
			} else if at.Region != "" {
				put("LOC+11+%s::5", at.Region)
			}
		}
		putCounts(l, put)
		date := "2"
		switch l.DateBasis {
		case forecast.ByShip:
			date = "10"
		case forecast.ByArrival:
		default:
			n.add("DELFOR has dates of shipping and of delivery: those by %s became dates of delivery", strings.ToLower(string(l.DateBasis)))
		}
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
			put("SCC+%s++%s", statuses[c.Firmness], frequency)
			put("QTY+113:%s:%s", c.Mean, tradeCode(l.Unit, 0))
			put("DTM+%s:%s", date, when)
			if c.Accumulated != nil {
				put("QTY+3:%s:%s", c.Accumulated, tradeCode(l.Unit, 0))
				put("DTM+%s:%s", date, when)
			}
		}
	}
	put("UNT+%d+1", len(body)+1)
	control := strconv.FormatInt(d.Header.Revision+1, 10)
	head := fmt.Sprintf("UNB+%%s+%s+%s+%s:0000+%s'\r\n", escape.Replace(o.Sender), escape.Replace(o.Receiver), digits(issued)[2:], control)
	text := strings.Join(body, "'\r\n") + "'\r\nUNZ+1+" + control + "'\r\n"
	for _, c := range text + o.Sender + o.Receiver {
		if c > 126 {
			charset = "UNOW:4" // UTF-8: legacy sets can't hold every name
		}
	}
	return []byte("UNA:+.? '\r\n" + fmt.Sprintf(head, charset) + text), nil
}

// putCounts writes what a line says beside its periods: the day its quantities are accumulated from, what was received of them, and what may be made (SCC 2)
// and bought (SCC 3) ahead, each until a last day.
func putCounts(l forecast.Line, put func(string, ...any)) {
	s := l.Schedule
	if s == nil {
		return
	}
	put("DTM+51:%s:102", digits(s.Reset))
	if s.LastDespatch != "" {
		put("RFF+AAK:%s", escape.Replace(s.LastDespatch))
	}
	unit := tradeCode(l.Unit, 0)
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
