package x12

import (
	"fmt"
	"slices"

	"kontor/node/intake"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// What the quantities of an 852 are: activity codes (859) of ZA, and quantity qualifiers (673) of QTY with a Q before them. Where a line gives
// several that may be one figure, the first of the list is taken.
var (
	soldCodes     = []string{"QS", "TS", "Q1", "Q32"}
	returnedCodes = []string{"QU", "Q2"}
	receivedCodes = []string{"QR"}
	shippedCodes  = []string{"AB"}
	freeCodes     = []string{"QA", "Q33"}       // available for shipment or sale
	allCodes      = []string{"OH", "QE", "Q17"} // on hand as a whole, at the end
	heldCodes     = []string{"QH", "HL", "DG"}  // damaged or on hold, on hold, damaged
	comingCodes   = []string{"QI"}
)

// activity is the state of reading an 852. Its quantities are sales, read as history; stock, where that is asked for; or all of them, as figures of a report.
type activity struct {
	*reader
	period  calendar.Bucket
	place   intake.Party
	placeAt segment
	lin     segment
	item    forecast.Item
	said    []stated // of the line
	lines   int
	sum     quantity.Quantity
	counted map[[2]string]int // stock by product and place: its line
	aside   bool              // the activity read last is left aside, and its destinations are
}

// stated is one quantity of a line.
type stated struct {
	at       segment
	element  int
	code     string // as in the lists above
	quantity quantity.Quantity
	unit     string
	place    intake.Party
	split    bool // its destinations came after it, and stand for it
	rest     quantity.Quantity
}

// activity reads an 852.
func (r *reader) activity(t set) {
	a := &activity{reader: r, counted: map[[2]string]int{}}
	for _, s := range t.segments {
		if !a.segment(s) {
			return
		}
	}
	a.end()
	if r.report.Kind == intake.Performance {
		r.draft.Figures = r.counting.Cells()
	}
	if len(r.draft.History)+len(r.draft.Stock)+len(r.draft.Figures) == 0 && r.report.OK() {
		r.report.Complain(intake.Complaint{Code: intake.CodeEmpty, Text: "the file has no quantity of this kind", Want: "ZA with QS for sales, QA for stock"})
	}
}

// segment takes one segment; false ends the reading.
func (a *activity) segment(s segment) bool {
	switch s.tag {
	case "XQ":
		a.end()
		return a.dates(s)
	case "N1":
		if s.at(1) == "ST" || s.at(1) == "BY" && a.placeAt.tag == "" {
			a.end()
			a.place, a.placeAt = party(s), s
		}
	case "N4":
		if a.placeAt.tag != "" {
			a.place.Country = s.at(4)
		}
	case "LIN":
		a.end()
		a.lin, a.item, a.lineAt = s, a.reader.item(s), s.n
		a.lines++
	case "ZA":
		a.quantity(s, s.at(1), s.at(3))
	case "QTY":
		a.quantity(s, "Q"+s.at(1), "")
	case "SDQ":
		a.destinations(s)
	case "CTT":
		a.end()
		total(segment{s.tag, s.elements[:min(1, len(s.elements))], s.n, s.line}, a.lines, a.sum, a.report)
	}
	return true
}

func (a *activity) dates(s segment) bool {
	start, ok := a.day(s, 2)
	if !ok {
		return false
	}
	a.period = intake.Day(start)
	if s.at(3) != "" {
		end, ok := a.day(s, 3)
		if !ok || end < start {
			return false
		}
		a.period.End = end.AddDays(1)
	}
	return true
}

// quantity gathers a quantity of a line whose code is read as the kind that the file is read as, and notes the others.
func (a *activity) quantity(s segment, code, unit string) {
	if a.lin.tag == "" {
		return
	}
	all := slices.Concat(soldCodes, returnedCodes, receivedCodes, shippedCodes, freeCodes, allCodes, heldCodes, comingCodes)
	wanted := all
	switch a.report.Kind {
	case intake.History:
		wanted = soldCodes
	case intake.Stock:
		wanted = slices.Concat(freeCodes, allCodes, comingCodes)
	}
	a.aside = !slices.Contains(wanted, code)
	switch {
	case !a.aside:
	case !slices.Contains(all, code):
		a.unknown(s, 1, map[bool]string{true: "an activity that is not read", false: "a quantity that is not read"}[s.tag == "ZA"])
		return
	case a.report.Kind == intake.History && slices.Contains(slices.Concat(freeCodes, allCodes), code):
		a.notCarried(s, "stock on hand: left aside, as the file is read as history; --kind stock reads it, and --kind performance both")
		return
	case slices.Contains(heldCodes, code):
		a.notCarried(s, "stock that is damaged or on hold: left aside; --kind performance reads it")
		return
	default:
		a.notCarried(s, "left aside, as the file is read as "+string(a.report.Kind)+"; --kind performance reads it")
		return
	}
	st := stated{at: s, element: 2, code: code, unit: unit, place: a.place}
	if s.at(2) == "" && s.tag == "ZA" {
		st.split = true // all of it is in the SDQ that must follow
		a.said = append(a.said, st)
		return
	}
	q, ok := a.number(s, 2)
	if !ok {
		return
	}
	if sum, err := a.sum.Add(q); err == nil {
		a.sum = sum
	}
	st.quantity, st.rest = q, q
	a.said = append(a.said, st)
}

// destinations reads an SDQ: the quantity before it by place, code and quantity in turn.
func (a *activity) destinations(s segment) {
	k := len(a.said) - 1
	for k >= 0 && a.said[k].at.tag == "SDQ" {
		k--
	}
	if k < 0 || a.said[k].at.tag != "ZA" || a.aside {
		return // the activity before it isn't read
	}
	a.said[k].split = true
	agency := "92"
	if s.at(2) == "UL" {
		agency = intake.AgencyGS1
	}
	for i := 3; i+1 <= len(s.elements) && s.at(i) != ""; i += 2 {
		q, ok := a.number(s, i+1)
		if !ok {
			return
		}
		if rest, err := a.said[k].rest.Sub(q); err == nil {
			a.said[k].rest = rest
		}
		a.said = append(a.said, stated{at: s, element: i + 1, code: a.said[k].code, quantity: q, unit: s.at(1), place: intake.Party{Code: s.at(i), Agency: agency}})
	}
}

// end turns what was gathered since LIN into rows or figures.
func (a *activity) end() {
	lin, said := a.lin, a.said
	a.lin, a.said = segment{}, nil
	if lin.tag == "" || len(said) == 0 {
		return
	}
	if a.item.ID() == "" {
		c := lin.place(0)
		c.Code, c.Text, c.Want = intake.CodeIdentity, "a line without a product number", "a buyer's or vendor's number, or a GTIN"
		a.report.Complain(c)
		return
	}
	var places []intake.Party
	at := map[intake.Party][]stated{}
	for _, s := range said {
		if s.split {
			if s.at.at(2) != "" && !s.rest.IsZero() || s.at.at(2) == "" && !slices.ContainsFunc(said, func(x stated) bool { return x.at.tag == "SDQ" && x.code == s.code }) {
				c := s.at.place(2)
				c.Code, c.Value, c.Text, c.Want = intake.CodeContradiction, s.at.at(2), "its destinations (SDQ) do not add up to it: nothing tells which is right", "the quantity of all destinations together"
				a.report.Complain(c)
				return
			}
			continue
		}
		if at[s.place] == nil {
			places = append(places, s.place)
		}
		at[s.place] = append(at[s.place], s)
	}
	for _, p := range places {
		switch a.report.Kind {
		case intake.Stock:
			a.stock(p, at[p])
		case intake.Performance:
			a.figures(p, at[p])
		default:
			a.history(p, at[p])
		}
	}
}

// of is what a line states first of some codes; a second of the same code and place is complained of.
func (a *activity) of(list []stated, codes []string) (stated, bool, bool) {
	for _, code := range codes {
		var found []stated
		for _, s := range list {
			if s.code == code {
				found = append(found, s)
			}
		}
		if len(found) > 1 {
			a.twice(found[1], found[0].at.line)
			return stated{}, false, false
		}
		if len(found) == 1 {
			return found[0], true, true
		}
	}
	return stated{}, false, true
}

func (a *activity) twice(s stated, before int) {
	c := s.at.place(0)
	c.Code, c.Value, c.Text = intake.CodeRepeatedKey, s.quantity.String(), fmt.Sprintf("a second quantity of this kind of the product at the place, after line %d: nothing tells whether it is a part of it or more", before)
	c.Want = "one quantity of each kind for each product and place"
	a.report.Complain(c)
}
