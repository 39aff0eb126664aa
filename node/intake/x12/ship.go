package x12

import (
	"kontor/node/intake"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// level is one HL of a ship notice. What isn't said in it is that of its parent.
type level struct {
	parent  string
	order   string
	ordered calendar.Date // its date
}

// shipping is the state of reading an 856.
type shipping struct {
	*reader
	number  string
	date    calendar.Date
	place   intake.Party
	placeAt segment
	lin     segment
	item    forecast.Item
	levels  map[string]*level
	at      string // HL01 of the last level, "" before the first
	count   int
	sum     quantity.Quantity
}

// ship reads an 856: SN1 is what was shipped of the LIN of its level, on the order of
// the nearest level above that names one.
func (r *reader) ship(t set) {
	p := &shipping{reader: r, levels: map[string]*level{}}
	for _, s := range t.segments {
		p.segment(s)
	}
	if len(r.draft.Movements) == 0 && r.report.OK() {
		r.report.Complain(intake.Complaint{Code: intake.CodeEmpty, Text: "the file has no shipped quantity", Want: "SN1 after LIN"})
	}
}

func (p *shipping) segment(s segment) {
	switch s.tag {
	case "BSN":
		p.number = s.at(2)
		if d, ok := p.day(s, 3); ok {
			p.date = d
		}
	case "DTM":
		if s.at(1) == "011" && s.at(2) != "" {
			if d, ok := p.day(s, 2); ok {
				p.date = d
			}
		}
	case "N1":
		if s.at(1) == "ST" {
			p.place, p.placeAt = party(s), s
		}
	case "N4":
		if p.placeAt.tag != "" {
			p.place.Country = s.at(4)
		}
	case "HL":
		p.level(s)
	case "PRF":
		if l := p.levels[p.at]; l != nil {
			l.order = s.at(1)
			if s.at(4) != "" {
				if d, ok := p.day(s, 4); ok {
					l.ordered = d
				}
			}
		}
	case "LIN":
		p.lin, p.item, p.lineAt = s, p.reader.item(s), s.n
	case "SN1":
		p.shipped(s)
	case "CTT":
		total(s, p.count, p.sum, p.report)
	}
}

// level takes an HL. A parent has to stand before its children.
func (p *shipping) level(s segment) {
	p.count++
	id, parent := s.at(1), s.at(2)
	c := s.place(1)
	switch {
	case p.levels[id] != nil:
		c.Code, c.Value, c.Text = intake.NoteQualifier, id, "a level with the number of an earlier one: what hangs on that number belongs to the later"
		p.report.Note(c)
	case parent != "" && p.levels[parent] == nil:
		c = s.place(2)
		c.Code, c.Value, c.Text = intake.NoteQualifier, parent, "a parent that is not there: what hangs on it has no order"
		c.Want = "the number of an HL before it"
		p.report.Note(c)
	}
	if s.at(3) == "I" {
		p.lin, p.item = segment{}, forecast.Item{}
	}
	p.levels[id], p.at = &level{parent: parent}, id
}

// order is that of the nearest level, from the last one up.
func (p *shipping) order() level {
	id := p.at
	for range len(p.levels) {
		l := p.levels[id]
		if l == nil {
			return level{}
		}
		if l.order != "" {
			return *l
		}
		id = l.parent
	}
	return level{}
}

func (p *shipping) shipped(s segment) {
	q, ok := p.reader.number(s, 2)
	if !ok {
		return
	}
	if n, err := p.sum.Add(q); err == nil {
		p.sum = n
	}
	unit, ok := p.unitOf(s.at(3), s.place(3))
	if !ok {
		return
	}
	c := s.place(0)
	switch {
	case p.item.ID() == "":
		if p.lin.tag != "" {
			c = p.lin.place(0)
		}
		c.Code, c.Text, c.Want = intake.CodeIdentity, "a quantity without a product number", "LIN with a buyer's or vendor's number before SN1"
	case q.Sign() < 0:
		c.Code, c.Value, c.Text, c.Want = intake.CodeSign, q.String(), "a quantity below zero", "0 or more"
	case !p.date.Valid():
		c.Code, c.Text, c.Want = intake.CodePeriod, "no date of shipment", "DTM 011 or BSN03"
	default:
		p.draft.Movements = append(p.draft.Movements, intake.Movement{Line: s.line, Segment: s.n, Item: p.item, Date: p.date, Quantity: q, Unit: unit, Document: p.number, Order: p.order().order, Ordered: p.order().ordered, Location: p.Place(p.place, p.report, p.placeAt.place(4))})
		return
	}
	p.report.Complain(c)
}
