package edifact

import (
	"fmt"
	"slices"

	"kontor/node/intake"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// What an INVRPT's quantity says (6063). Free stock can be used: actual stock, available for shipment. All that is there is the quantity on hand, and the
// closing balance. What isn't here or in aside is unknown.
var (
	freeStock = []string{"145", "60"}
	allStock  = []string{"17", "152", "158"}
	onHand    = append(slices.Clone(freeStock), allStock...) // the better statement of what can be used first
	heldStock = []string{"89", "96", "124", "27", "20"}      // held or failed by quality control, damaged, on hold, unusable
	onTheWay  = []string{"57", "198"}
)

// counted is one quantity of an INVRPT with the segments of its group: where, when,
// and which part of the item it is.
type counted struct {
	qty      segment
	kind     string
	quantity quantity.Quantity
	place    intake.Party
	date     calendar.Date
	dated    bool // the date is its own, and not that of the line or message
	part     bool // a lot, a date of expiry or a kind of packing is named: it may be a part of a total
}

// inventory is the state of reading an INVRPT.
type inventory struct {
	*reader
	place intake.Party  // of the lines below, of the header at first
	date  calendar.Date // of the header: 366 before 91 before 137
	rank  int
	lin   segment
	item  forecast.Item
	where intake.Party // of the line, until a quantity names its own
	when  calendar.Date
	qtys  []counted
	seen  map[stockKey]int // line of the file

	from, to calendar.Date // the period of the header, both days inside
	counting *intake.Counting
}

type stockKey struct{ product, place string }

// stock reads an INVRPT. A quantity's LOC and DTM stand after it; those before the
// first quantity of a line are for all of them.
func (r *reader) stock(m message) {
	v := &inventory{reader: r, seen: map[stockKey]int{}, counting: r.counting}
	for _, s := range m.segments {
		v.segment(s)
	}
	v.end()
	if v.report.Kind == intake.Stock && len(v.draft.Stock) == 0 && v.report.OK() {
		v.report.Complain(intake.Complaint{Code: intake.CodeEmpty, Text: "the message has no line with stock on hand", Want: "one LIN or more, with QTY 145 or 17"})
	}
}

func (v *inventory) segment(s segment) {
	var last *counted
	if n := len(v.qtys); n > 0 {
		last = &v.qtys[n-1]
	}
	switch s.tag {
	case "NAD":
		switch s.at(0, 0) {
		case "WH", "ST", "GY", "BY":
			v.end()
			v.place = party(s)
		}
	case "LOC":
		switch s.at(0, 0) {
		case "14", "18", "11":
			switch {
			case last != nil:
				last.place = party(s)
			case v.lin.tag != "":
				v.where = party(s)
			default:
				v.place = party(s)
			}
		}
	case "LIN":
		v.end()
		v.lin, v.item, v.where, v.when = s, forecast.Item{}, v.place, v.date
		v.items(&v.item, s, false)
	case "PIA":
		if v.lin.tag != "" {
			v.items(&v.item, s, false)
		}
	case "DTM":
		v.dated(s, last)
	case "GIN", "PCI", "PAC", "CPS":
		if last != nil {
			last.part = true
		}
	case "QTY":
		if v.lin.tag != "" {
			v.quantity(s)
		}
	}
}

func (v *inventory) dated(s segment, last *counted) {
	rank := map[string]int{"137": 1, "91": 2, "366": 3}[s.at(0, 0)]
	if v.lin.tag == "" && (s.at(0, 0) == "90" || s.at(0, 0) == "91") {
		if b, ok := v.period(s); ok && s.at(0, 0) == "90" {
			v.from = b.Start
		} else if ok {
			v.to = b.End.AddDays(-1)
		}
	}
	if rank == 0 {
		if last != nil && (s.at(0, 0) == "361" || s.at(0, 0) == "36" || s.at(0, 0) == "94") {
			last.part = true // best before, expiry, production
		}
		return
	}
	b, ok := v.period(s)
	switch {
	case !ok:
	case last != nil:
		last.date, last.dated = b.End.AddDays(-1), true
	case v.lin.tag != "":
		v.when = b.End.AddDays(-1)
	case rank >= v.rank:
		v.rank, v.date = rank, b.End.AddDays(-1)
	}
}

func (v *inventory) quantity(s segment) {
	kind := s.at(0, 0)
	q, ok := v.number(s, s.at(0, 1))
	if !ok {
		return
	}
	v.qtys = append(v.qtys, counted{qty: s, kind: kind, quantity: q, place: v.where, date: v.when})
}

// end turns what was gathered since LIN into one row of stock for each place.
func (v *inventory) end() {
	lin, qtys := v.lin, v.qtys
	v.lin, v.qtys = segment{}, nil
	if lin.tag == "" {
		return
	}
	id := v.id(v.item)
	if id == "" {
		v.complain(lin, intake.CodeIdentity, "", "a line without a product number", "a number in LIN or PIA")
		return
	}
	if v.report.Kind == intake.Performance {
		v.figures(lin, qtys)
		return
	}
	var places []intake.Party
	at, coming := map[intake.Party][]counted{}, map[intake.Party][]counted{}
	for _, c := range qtys {
		if slices.Contains(onTheWay, c.kind) {
			coming[c.place] = append(coming[c.place], c)
			continue
		}
		if !v.isOnHand(lin, c) {
			continue
		}
		if at[c.place] == nil {
			places = append(places, c.place)
		}
		at[c.place] = append(at[c.place], c)
	}
	if len(places) == 0 {
		if len(qtys) == 0 {
			v.complain(lin, intake.CodeMissing, "", "no quantity on hand", "QTY 145 or 17")
		}
		return // held, or moved: noted
	}
	unit := at[places[0]][0].qty.at(0, 2)
	for _, place := range places {
		list := at[place]
		for _, c := range append(slices.Clone(list), coming[place]...) {
			if c.qty.at(0, 2) != unit {
				v.complain(c.qty, intake.CodeContradiction, c.qty.at(0, 2), fmt.Sprintf("another unit than the %q of the item's first quantity: they can't be one stock", unit), "one unit for each item")
				return
			}
		}
		var way quantity.Quantity
		if len(coming[place]) > 0 {
			c, ok := v.total(coming[place], onTheWay)
			if !ok {
				continue
			}
			way = c.quantity
		}
		if c, ok := v.total(list, onHand); ok {
			v.put(lin, id, place, c, way)
		}
	}
}

// isOnHand says that a quantity is stock, and notes one that is not.
func (v *inventory) isOnHand(lin segment, c counted) bool {
	if slices.Contains(onHand, c.kind) {
		return true
	}
	what := aside[c.kind]
	if what == "" {
		v.unknown(c.qty, "6063", c.kind, lin.n)
		return false
	}
	n := c.qty.place("6063 " + c.kind)
	n.Code, n.Value, n.Text = intake.NoteNotCarried, c.quantity.String(), what+": left aside, it is not free stock"
	v.tally.Note("aside"+c.kind, lin.n, n)
	return false
}

// total is the stock of one item at one place: its only quantity, that of the better
// qualifier, the total before its parts, or the sum of parts alone. Which of these it is
// must be plain; where it is not, the line is refused rather than added up.
func (v *inventory) total(list []counted, kinds []string) (counted, bool) {
	for _, k := range kinds {
		var of []counted
		for _, c := range list {
			if c.kind == k {
				of = append(of, c)
			}
		}
		if len(of) > 0 {
			if len(of) < len(list) {
				n := list[0].qty.place("6063")
				n.Code, n.Value, n.Text = intake.NoteNotCarried, of[0].quantity.String(), "stock of one item and place under several qualifiers: that of "+k+" was taken"
				v.tally.Note("several", of[0].qty.n, n)
			}
			list = of
			break
		}
	}
	first := list[0]
	if len(list) == 1 {
		return first, true
	}
	var rest quantity.Quantity
	parts := true // all after the first say which part they are
	var err error
	for _, c := range list[1:] {
		parts = parts && c.part
		if rest, err = rest.Add(c.quantity); err != nil {
			v.complain(c.qty, intake.CodeNumber, c.quantity.String(), "a quantity that adds up to too much", "fewer")
			return first, false
		}
	}
	n := first.qty.place("6063 " + first.kind)
	n.Value = first.quantity.String()
	switch {
	case first.part && parts:
		sum, err := rest.Add(first.quantity)
		if err != nil {
			v.complain(first.qty, intake.CodeNumber, n.Value, "a quantity that adds up to too much", "fewer")
			return first, false
		}
		n.Code, n.Text = intake.NoteAddedUp, fmt.Sprintf("the stock of one item and place stands in %d parts, which were added up to %s", len(list), sum)
		v.report.Note(n)
		first.quantity = sum
		return first, true
	case !first.part && rest == first.quantity && (parts || len(list) > 2):
		n.Code, n.Text = intake.NoteNotCarried, fmt.Sprintf("a total and its %d parts: the total was taken", len(list)-1)
		v.tally.Note("total", first.qty.n, n)
		return first, true
	}
	v.complain(list[1].qty, intake.CodeContradiction, list[1].quantity.String(), fmt.Sprintf("a second quantity of one item and place, after %s: nothing tells whether it is a part of it or more", first.quantity),
		"one quantity for each place (LOC 14); parts that name their lot or date, and add up to the total before them")
	return first, false
}

func (v *inventory) put(lin segment, id string, place intake.Party, c counted, way quantity.Quantity) {
	if c.quantity.Sign() < 0 || way.Sign() < 0 {
		v.complain(c.qty, intake.CodeSign, c.quantity.String(), "stock below zero", "0 or more")
		return
	}
	if _, ok := v.MessageUnit(c.qty.at(0, 2), v.report, c.qty.place("6411")); c.qty.at(0, 2) != "" && !ok {
		return
	}
	at := v.Place(place, v.report, lin.place("place"))
	k := stockKey{id, place.Code}
	if before, twice := v.seen[k]; twice {
		v.complain(lin, intake.CodeRepeatedKey, id, fmt.Sprintf("the stock of this item and place stands in segment %d as well: nothing tells whether one is a part of the other", before), "each item and place once")
		return
	}
	v.seen[k] = lin.n
	v.draft.Stock = append(v.draft.Stock, intake.StockRow{Line: lin.line, Product: id, Region: at.Region, Place: place.Code, AsOf: c.date, OnHand: c.quantity, InTransit: way})
}

func (v *inventory) complain(s segment, code intake.Code, value, text, want string) {
	c := s.place("")
	c.Code, c.Value, c.Text, c.Want = code, value, text, want
	v.report.Complain(c)
}
