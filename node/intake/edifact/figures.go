package edifact

import (
	"slices"

	"kontor/node/intake"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
)

// movements of an INVRPT that are figures of a report, by 6063.
var movements = map[string]performance.Figure{"48": performance.Received, "12": performance.Shipped, "61": performance.Returned, "21": performance.Ordered, "153": performance.Sold, "55": performance.Sold, "25": performance.Sold}

// counts are the quantities of one item at one place and time.
type counts struct {
	place intake.Party
	date  calendar.Date
	own   bool // the date is that of the quantities
}

// figures counts a line of an INVRPT for a report: what is there, blocked stock among it, what is blocked, what is on the way, and movements that say when they were.
func (v *inventory) figures(lin segment, qtys []counted) {
	var order []counts
	at := map[counts][]counted{}
	for _, c := range qtys {
		k := counts{c.place, c.date, c.dated}
		if at[k] == nil {
			order = append(order, k)
		}
		at[k] = append(at[k], c)
	}
	if len(qtys) == 0 {
		v.complain(lin, intake.CodeMissing, "", "a line without a quantity", "QTY 145 or 17")
	}
	for _, k := range order {
		b, ok := v.bucket(k)
		if !ok {
			v.complain(lin, intake.CodePeriod, "", "no day on which the stock was counted", "DTM 366, or 90 and 91")
			return
		}
		v.standing(lin, k, b, at[k])
		for _, c := range at[k] {
			if figure := movements[c.kind]; figure != "" {
				v.moved(lin, k, b, c, figure)
			}
		}
	}
}

// bucket is the day of a count, or the period of the message that ends with it.
func (v *inventory) bucket(k counts) (b calendar.Bucket, ok bool) {
	if !k.date.Valid() {
		return b, false
	}
	b = intake.Day(k.date)
	if v.ends(k) {
		b.Start = v.from
	}
	return b, true
}

// ends says that a count is that of the end of the message's period.
func (v *inventory) ends(k counts) bool { return v.from.Valid() && k.date == v.to && v.from <= v.to }

// standing counts the stock of an item at a place and time.
func (v *inventory) standing(lin segment, k counts, b calendar.Bucket, list []counted) {
	of := func(kinds []string) (c counted, found, ok bool) {
		var some []counted
		for _, c := range list {
			if slices.Contains(kinds, c.kind) {
				some = append(some, c)
			}
		}
		if len(some) == 0 {
			return c, false, true
		}
		c, ok = v.total(some, kinds)
		return c, true, ok
	}
	for _, c := range list {
		if movements[c.kind] == "" && !slices.Contains(heldStock, c.kind) && !slices.Contains(onTheWay, c.kind) {
			v.isOnHand(lin, c) // notes what is neither
		}
	}
	free, hasFree, ok1 := of(freeStock)
	all, hasAll, ok2 := of(allStock)
	way, hasWay, ok3 := of(onTheWay)
	if !ok1 || !ok2 || !ok3 {
		return
	}
	var held counted
	hasHeld := false
	for _, kind := range heldStock { // each is a part of its own of what can't be used
		c, found, ok := of([]string{kind})
		if !ok {
			return
		}
		if !found {
			continue
		}
		if !hasHeld {
			held, hasHeld = c, true
			continue
		}
		sum, err := held.quantity.Add(c.quantity)
		if err != nil {
			v.complain(c.qty, intake.CodeNumber, c.quantity.String(), "blocked stock that adds up to too much", "fewer")
			return
		}
		held.quantity = sum
	}
	if hasHeld {
		v.add(k, b, held, performance.Blocked, held.quantity)
	}
	switch {
	case hasAll:
		v.add(k, b, all, performance.OnHand, all.quantity)
	case hasFree && hasHeld:
		sum, err := free.quantity.Add(held.quantity)
		if err != nil {
			v.complain(free.qty, intake.CodeNumber, free.quantity.String(), "stock that adds up to too much", "fewer")
			return
		}
		n := free.qty.place("6063 " + free.kind)
		n.Code, n.Value, n.Text = intake.NoteAddedUp, sum.String(), "stock that can be used and stock that is blocked: added up to what is on hand"
		v.tally.Note("free and held", lin.n, n)
		v.add(k, b, free, performance.OnHand, sum)
	case hasFree:
		v.add(k, b, free, performance.OnHand, free.quantity)
	}
	if hasWay {
		v.add(k, b, way, performance.InTransit, way.quantity)
	}
}

// moved counts a movement where it is known when it was.
func (v *inventory) moved(lin segment, k counts, b calendar.Bucket, c counted, figure performance.Figure) {
	if !k.own && !v.ends(k) {
		n := c.qty.place("6063 " + c.kind)
		n.Code, n.Value, n.Text, n.Want = intake.NoteNotCarried, c.quantity.String(), "a movement without a day or a period of its own: left aside", "DTM after the quantity, or 90 and 91 in the header"
		v.tally.Note("undated"+c.kind, lin.n, n)
		return
	}
	v.add(k, b, c, figure, c.quantity)
}

func (v *inventory) add(k counts, b calendar.Bucket, c counted, figure performance.Figure, q quantity.Quantity) {
	v.reader.count(c.qty.place("6063 "+c.kind), v.item, k.place, b, figure, q, c.qty.at(0, 2))
}

// count adds a quantity of a message to the figures of a report.
func (r *reader) count(at intake.Complaint, item forecast.Item, place intake.Party, b calendar.Bucket, figure performance.Figure, q quantity.Quantity, code string) {
	unit, ok := r.MessageUnit(code, r.report, at)
	if !ok {
		return
	}
	if item.BuyersID == "" && item.GTIN != "" {
		item.BuyersID = r.names[item.GTIN]
	}
	r.counting.Add(intake.Counted{Item: item, Place: r.Place(place, r.report, at), Code: place.Code, Bucket: b, Figure: figure, Quantity: q, Unit: unit, At: at})
}

// soldFigures counts a line of a SLSRPT for a report: what was sold and what was returned, each for itself.
func (t *reporting) soldFigures(l *line) {
	switch {
	case t.id(l.item) == "":
		t.missing(l, intake.CodeIdentity, "a line without a product number", "a number in LIN or PIA")
		return
	case l.date == (calendar.Bucket{}):
		t.missing(l, intake.CodePeriod, "no period of the sales", "DTM 90 and 91, or 356")
		return
	}
	sold, any := l.of(soldKinds...)
	back, returned := l.of("61")
	if !any && !returned {
		t.missing(l, intake.CodeMissing, "no quantity sold or returned", "QTY 153 or 61")
		return
	}
	at := l.lin.place("QTY")
	if any && sold.Sign() < 0 {
		if returned {
			t.missing(l, intake.CodeSign, "a quantity sold below zero ("+sold.String()+") beside one returned ("+back.String()+"): it can't be told whether one is in the other", "sales of 0 or more, and what was returned")
			return
		}
		c := at
		c.Code, c.Value, c.Text = intake.NoteReturns, sold.String(), "more returned than sold: counted as returned"
		t.tally.Note("returns", l.lin.n, c)
		any, returned, back = false, true, sold.Neg()
	}
	if any {
		t.reader.count(at, l.item, l.place, l.date, performance.Sold, sold, l.unit)
	}
	if returned {
		t.reader.count(at, l.item, l.place, l.date, performance.Returned, back, l.unit)
	}
}
