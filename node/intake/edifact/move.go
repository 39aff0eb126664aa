package edifact

import (
	"strings"

	"kontor/node/intake"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// line is a line of a despatch advice, a receipt, a sales or stock report while it
// is read.
type line struct {
	lin    segment
	item   forecast.Item
	place  intake.Party
	date   calendar.Bucket
	order  string
	since  calendar.Date                // date of the order
	amount map[string]quantity.Quantity // by 6063
	unit   string
	first  quantity.Quantity // of a quantity that stands several times
	parts  int               // how many more of it
}

// reporting is the state of reading such a message.
type reporting struct {
	*reader
	document string
	order    string
	since    calendar.Date   // date of the order
	ordering bool            // the last reference was to an order
	date     calendar.Bucket // of the header, the more telling one
	rank     int
	from, to calendar.Date
	place    intake.Party
	line     *line
	emit     func(*line)
}

func (r *reader) reporting(m message, places string, ranks map[string]int, quantities map[string]bool, emit func(*reporting, *line)) *reporting {
	t := &reporting{reader: r}
	t.emit = func(l *line) { emit(t, l) }
	buyers := m.kind == "RECADV" || m.kind == "SLSRPT"
	for _, s := range m.segments {
		switch s.tag {
		case "BGM":
			t.document = s.at(1, 0)
		case "NAD", "LOC":
			if strings.Contains(places, " "+s.tag+s.at(0, 0)+" ") {
				t.end()
				t.place = party(s)
			}
		case "RFF":
			t.reference(s)
		case "DTM":
			if s.at(0, 0) == "171" && t.ordering {
				t.orderedOn(s)
			} else {
				t.dates(s, ranks)
			}
		case "LIN":
			t.end()
			t.ordering = false
			t.line = &line{lin: s, place: t.place, date: t.date, order: t.order, since: t.since, amount: map[string]quantity.Quantity{}}
			t.items(&t.line.item, s, buyers)
		case "PIA":
			if t.line != nil {
				t.items(&t.line.item, s, buyers)
			}
		case "IMD":
			if t.line != nil && t.line.item.Description == "" {
				t.line.item.Description = strings.TrimSpace(s.at(2, 3) + s.at(2, 4))
			}
		case "QTY":
			if t.line != nil {
				t.quantity(s, quantities, m.kind == "SLSRPT")
			}
		}
	}
	t.end()
	return t
}

// reference takes the number of an order, for the line or for all that follow.
func (t *reporting) reference(s segment) {
	if t.ordering = s.at(0, 0) == "ON"; !t.ordering {
		return
	}
	if t.line != nil {
		t.line.order, t.line.since = s.at(0, 1), 0
	} else {
		t.order, t.since = s.at(0, 1), 0
	}
}

// quantity takes a quantity of the line, of the kinds that the message is read for. In parts says that a second one of a kind adds to the first.
func (t *reporting) quantity(s segment, kinds map[string]bool, inParts bool) {
	kind := s.at(0, 0)
	if what := aside[kind]; what != "" && !kinds[kind] {
		c := s.place("6063 " + kind)
		c.Code, c.Value, c.Text = intake.NoteNotCarried, s.at(0, 1), what+": left aside"
		t.tally.Note("aside"+kind, t.line.lin.n, c)
		return
	}
	if !kinds[kind] {
		t.unknown(s, "6063", kind, t.line.lin.n)
		return
	}
	q, ok := t.number(s, s.at(0, 1))
	if !ok {
		return
	}
	before, more := t.line.amount[kind]
	if more && (!inParts || t.line.unit != s.at(0, 2)) {
		c := s.place("6063 " + kind)
		c.Code, c.Value, c.Text = intake.CodeContradiction, s.at(0, 1), "a second quantity of one kind in a line, after "+before.String()+": nothing tells whether it is a part of it or more"
		c.Want = "one quantity of each kind, in one unit, for each line"
		t.report.Complain(c)
		t.line = nil
		return
	}
	if more {
		t.line.parts++
	} else {
		t.line.first = q
	}
	if sum, err := before.Add(q); err == nil {
		t.line.amount[kind] = sum
	}
	t.line.unit = s.at(0, 2)
}

// aside are quantities of 6063 that are known, and belong to another kind of message
// than the one that is read.
var aside = map[string]string{"17": "stock on hand", "145": "actual stock", "152": "stock on hand", "158": "a closing balance", "157": "an opening balance", "60": "stock available for shipment", "57": "stock in transit", "198": "stock in transit",
	"89": "stock held by quality control", "96": "stock that failed quality control", "27": "stock on hold", "20": "unusable stock", "156": "a movement, of a kind that INV tells", "66": "a committed quantity", "97": "a minimum of stock", "98": "a maximum of stock", "153": "a quantity sold", "48": "a movement, a quantity received", "12": "a movement, a quantity despatched", "21": "an ordered quantity", "83": "backlog", "61": "a quantity returned",
	"124": "damaged goods", "119": "short shipped", "121": "over shipped"}

// orderedOn takes the date of the reference to an order.
func (t *reporting) orderedOn(s segment) {
	b, ok := t.period(s)
	switch {
	case !ok:
	case t.line != nil:
		t.line.since = b.Start
	default:
		t.since = b.Start
	}
}

// dates keeps the header date of the best rank, and a line's own.
func (t *reporting) dates(s segment, ranks map[string]int) {
	rank := ranks[s.at(0, 0)]
	if rank == 0 {
		return
	}
	b, ok := t.period(s)
	if !ok {
		return
	}
	switch s.at(0, 0) {
	case "90", "194", "356":
		t.from = b.Start
	case "91", "206", "357":
		t.to = b.End
	}
	if t.from.Valid() && t.to.Valid() && t.from < t.to {
		b = calendar.Bucket{Start: t.from, End: t.to}
		rank = 9
	}
	if t.line != nil {
		t.line.date = b
	} else if rank >= t.rank {
		t.rank, t.date = rank, b
	}
}

func (t *reporting) end() {
	if l := t.line; l != nil {
		t.line = nil
		t.emit(l)
	}
}

// of is the quantity of the first of the qualifiers that the line has.
func (l *line) of(kinds ...string) (quantity.Quantity, bool) {
	for _, k := range kinds {
		if q, ok := l.amount[k]; ok {
			return q, true
		}
	}
	return quantity.Quantity{}, false
}

func (t *reporting) missing(l *line, code intake.Code, text, want string) {
	c := l.lin.place("")
	c.Code, c.Text, c.Want = code, text, want
	t.report.Complain(c)
}

// move reads a DESADV (QTY 12 despatched) or RECADV (48 received, 194 received and
// accepted, 12 as despatched, 124 damaged).
func (r *reader) move(m message) {
	ranks := map[string]int{"137": 1, "17": 2, "10": 2, "2": 2, "11": 4, "50": 4, "35": 3, "310": 4}
	quantities := map[string]bool{"12": true, "48": true, "194": true, "46": true, "59": true, "21": true, "66": true, "1": true}
	if m.kind == "RECADV" {
		quantities["124"] = true
	}
	t := r.reporting(m, " NADST NADDP NADCN NADUC ", ranks, quantities, func(t *reporting, l *line) {
		move := intake.Movement{Line: l.lin.line, Segment: l.lin.n, Item: l.item, Document: t.document, Order: l.order, Ordered: l.since}
		q, ok := l.of("12", "1")
		if m.kind == "RECADV" {
			if q, ok = l.of("48", "194", "46", "12", "1"); !ok {
				t.missing(l, intake.CodeMissing, "no quantity received", "QTY 48 or 194")
				return
			}
			if a, found := l.of("46", "194"); found {
				move.Accepted = &a
			}
			if d, found := l.of("124"); found && d.Sign() >= 0 {
				move.Damaged = &d
			}
		} else if !ok {
			t.missing(l, intake.CodeMissing, "no quantity despatched", "QTY 12")
			return
		}
		if q.Sign() < 0 {
			t.missing(l, intake.CodeSign, "a quantity below zero", "0 or more")
			return
		}
		if move.Item.ID() == "" {
			t.missing(l, intake.CodeIdentity, "a line without a product number", "a number in LIN or PIA")
			return
		}
		if l.date == (calendar.Bucket{}) {
			t.missing(l, intake.CodePeriod, "no date of despatch or receipt", "DTM 11, 50 or 137")
			return
		}
		unit, ok := t.MessageUnit(l.unit, t.report, l.lin.place("6411"))
		if !ok {
			return
		}
		move.Date, move.Quantity, move.Unit = l.date.Start, q, unit
		move.Location = t.Place(l.place, t.report, l.lin.place("place"))
		t.draft.Movements = append(t.draft.Movements, move)
	})
	if len(t.draft.Movements) == 0 {
		t.report.Complain(intake.Complaint{Code: intake.CodeEmpty, Text: "the message has no line", Want: "one LIN or more"})
	}
}

// soldKinds are quantities sold in a period: statistical sales, total sales, retail sales.
var soldKinds = []string{"153", "55", "25"}

// sales reads a SLSRPT: QTY 153 (quantity sold), below zero where more was returned
// than sold.
func (r *reader) sales(m message) {
	ranks := map[string]int{"137": 1, "90": 3, "91": 3, "356": 3, "357": 3, "194": 3, "206": 3, "366": 2, "97": 2}
	quantities := map[string]bool{"153": true, "55": true, "25": true, "61": true}
	r.reporting(m, " LOC162 LOC163 LOC1 NADST NADBY NADSE ", ranks, quantities, func(t *reporting, l *line) {
		if t.report.Kind == intake.Performance {
			t.soldFigures(l)
			return
		}
		q, ok := l.of(soldKinds...)
		if !ok {
			t.missing(l, intake.CodeMissing, "no quantity sold", "QTY 153")
			return
		}
		if back, returned := l.of("61"); returned {
			t.missing(l, intake.CodeSign, "a quantity returned ("+back.String()+") beside one sold: it can't be told whether one is less the other", "sales and returns in lines of their own")
			return
		}
		if l.parts > 0 {
			rest, err := q.Sub(l.first)
			if l.parts > 1 && err == nil && rest == l.first {
				t.missing(l, intake.CodeContradiction, "quantities sold of which the first, "+l.first.String()+", is the sum of the others: nothing tells whether it is their total", "each quantity once, or their total alone")
				return
			}
			c := l.lin.place("QTY")
			c.Code, c.Value, c.Text = intake.NoteAddedUp, q.String(), "several quantities sold in one line, added up"
			t.tally.Note("several sold", l.lin.n, c)
		}
		id := t.id(l.item)
		switch {
		case id == "":
			t.missing(l, intake.CodeIdentity, "a line without a product number", "a number in LIN or PIA")
			return
		case l.date == (calendar.Bucket{}):
			t.missing(l, intake.CodePeriod, "no period of the sales", "DTM 90 and 91, or 356")
			return
		case q.Sign() < 0:
			c := l.lin.place("QTY")
			c.Code, c.Value, c.Text = intake.NoteReturns, q.String(), "more returned than sold: it is kept below zero, and taken off the month it lies in"
			t.tally.Note("returns", l.lin.n, c)
		}
		at := t.Place(l.place, t.report, l.lin.place("place"))
		t.draft.History = append(t.draft.History, intake.HistoryRow{Line: l.lin.line, Product: id, Region: at.Region, Period: l.date, Quantity: q})
	})
	if r.report.Kind == intake.History && len(r.draft.History) == 0 {
		r.report.Complain(intake.Complaint{Code: intake.CodeEmpty, Text: "the message has no line", Want: "one LIN or more"})
	}
}
