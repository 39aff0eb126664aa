package outlet

import (
	"fmt"
	"slices"
	"strings"

	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// x12 writes an 830 of version 004010.
func x12(d forecast.Document, o Options, n *notes) ([]byte, error) {
	const name = "X12 830"
	if err := distinct(d, name, itemKey); err != nil {
		return nil, err
	}
	uncarried(d, n, name)
	issued := calendar.DateOf(d.Header.Issued)
	horizon, _ := d.Horizon()
	basis := "DL"
	for i, l := range d.Lines {
		this := map[forecast.DateBasis]string{forecast.ByShip: "SH", forecast.ByNeed: "BB", forecast.BySale: "BB"}[l.DateBasis]
		if this == "" {
			this = "DL"
		}
		if l.DateBasis == forecast.BySale {
			n.add("X12 830 has no dates of sale: they became dates of need")
		}
		if i > 0 && this != basis {
			return nil, fmt.Errorf("X12 830 has one meaning of dates for all lines, and %q has another than the first; export them apart", l.Key())
		}
		basis = this
	}
	clean := func(s string) string {
		return strings.Map(func(c rune) rune {
			if c == '*' || c == '~' || c == '>' {
				n.add("X12 can't hold *, ~ and > in texts: they became blanks")
				return ' '
			}
			return c
		}, s)
	}
	var body []string
	put := func(elements ...string) { body = append(body, strings.TrimRight(strings.Join(elements, "*"), "*")) }
	purpose := "00"
	if d.Header.Revision > 0 {
		purpose = "05"
	}
	put("ST", "830", "0001")
	counting := "A"
	if accumulates(d) {
		counting = "C"
	}
	put("BFR", purpose, clean(o.number(d)), "", basis, counting, digits(horizon.Start), digits(horizon.Last()), digits(issued))
	lines := slices.Clone(d.Lines)
	slices.SortStableFunc(lines, func(a, b forecast.Line) int { return strings.Compare(a.Location.Key(), b.Location.Key()) })
	var sum quantity.Quantity
	countsLost := 0
	at, began := forecast.Location{}, false
	for _, l := range lines {
		if !began || l.Location != at {
			place(l.Location, began, o, n, put)
			at, began = l.Location, true
		}
		lin := []string{"LIN", ""}
		for _, pair := range [][2]string{{"BP", l.Item.BuyersID}, {"VP", l.Item.SellersID}, {"EN", l.Item.GTIN}} {
			if pair[1] != "" {
				if clean(pair[1]) != pair[1] {
					return nil, fmt.Errorf("X12 can't hold the product number %q; want one without *, ~ and >", pair[1])
				}
				lin = append(lin, pair[0], pair[1])
			}
		}
		put(lin...)
		put("UIT", tradeCode(l.Unit, 1))
		if l.Item.Description != "" {
			put("PID", "F", "", "", "", clean(l.Item.Description))
		}
		for _, c := range l.Buckets {
			firm := "D"
			switch c.Firmness {
			case forecast.Firm:
				firm = "C"
			case forecast.Fabrication, forecast.RawMaterial:
				n.add("X12 830 has firm and planned quantities in FST: %s became planned", c.Firmness)
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
			if counting == "C" {
				asked = *c.Accumulated
			} else if c.Accumulated != nil {
				n.add("X12 830 has either quantities of periods or cumulative ones for all its lines: the latter were left out")
			}
			put("FST", asked.String(), firm, timing, digits(c.Start), end)
			var err error
			if sum, err = sum.Add(asked); err != nil {
				return nil, fmt.Errorf("the control total: %w", err)
			}
		}
		if !x12Counts(l, clean, put) {
			countsLost++
		}
	}
	if countsLost > 0 {
		n.add("X12 830 has the day that quantities count from only with the quantity received, or an authorisation: left out of %d lines", countsLost)
	}
	put("CTT", fmt.Sprint(len(lines)), sum.String())
	put("SE", fmt.Sprint(len(body)+1), "0001")
	pad := func(s string, width int) string { return (clean(s) + strings.Repeat(" ", width))[:width] }
	control := fmt.Sprintf("%09d", (d.Header.Revision+1)%1_000_000_000)
	day := digits(issued)
	head := []string{
		strings.Join([]string{"ISA", "00", pad("", 10), "00", pad("", 10), "ZZ", pad(o.Sender, 15), "ZZ", pad(o.Receiver, 15), day[2:], "0000", "U", "00401", control, "0", "P", ">"}, "*"),
		strings.Join([]string{"GS", "PS", clean(strings.TrimSpace(pad(o.Sender, 15))), clean(strings.TrimSpace(pad(o.Receiver, 15))), day, "0000", "1", "X", "004010"}, "*"),
	}
	all := append(append(head, body...), "GE*1*1", "IEA*1*"+control)
	return []byte(strings.Join(all, "~\r\n") + "~\r\n"), nil
}

func place(at forecast.Location, began bool, o Options, n *notes, put func(...string)) {
	country := at.Region
	if len(country) > 2 {
		country = country[:2]
		n.add("X12 has the country of a place, and no part of it: %s became %s", at.Region, country)
	}
	code, mapped := o.place(at.Key())
	switch {
	case mapped:
		put("N1", "ST", "", "92", code)
	case at.GLN != "":
		put("N1", "ST", "", "UL", at.GLN)
	case at == (forecast.Location{}):
		if began {
			put("N1", "ST") // ends the place before
		}
		return
	default:
		put("N1", "ST", at.Key())
	}
	switch {
	case at.UNLOCODE != "":
		put("N4", "", "", "", country, "UN", at.UNLOCODE)
	case country != "":
		put("N4", "", "", "", country)
	}
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

// x12Counts writes what was received (SHP), and what may be made and bought ahead (ATH) until a last day; false where that does not hold all.
func x12Counts(l forecast.Line, clean func(string) string, put func(...string)) bool {
	s := l.Schedule
	if s == nil {
		return true
	}
	for i, a := range []*forecast.Authorisation{s.Fabrication, s.Material} {
		if a != nil {
			put("ATH", []string{"FI", "MT"}[i], digits(a.To.AddDays(-1)), a.Quantity.String(), "", digits(a.From))
		}
	}
	if s.Received == nil {
		return s.LastDespatch == "" && (s.Fabrication != nil && s.Fabrication.From == s.Reset || s.Material != nil && s.Fabrication == nil && s.Material.From == s.Reset)
	}
	put("SHP", "02", s.Received.String(), "051", digits(s.Reset))
	if s.LastDespatch != "" {
		put("REF", "SI", clean(s.LastDespatch))
	}
	return true
}
