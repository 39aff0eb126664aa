package x12

import (
	"kontor/node/intake"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// activity reads an 852: quantities sold (ZA QS) as history or, where stock is
// asked for, those on hand (ZA QA or QH, QTY 17).
func (r *reader) activity(t set) {
	var period calendar.Bucket
	var place intake.Party
	var placeAt, lin segment
	var item forecast.Item
	lines := 0
	var total0 quantity.Quantity
	add := func(s segment, element int, unit string) {
		q, ok := r.number(s, element)
		if !ok {
			return
		}
		if q.Sign() < 0 {
			c := s.place(element)
			c.Code, c.Value, c.Text, c.Want = intake.CodeSign, q.String(), "a quantity below zero: a correction or a return", "0 or more"
			r.report.Complain(c)
			return
		}
		id := item.ID()
		if id == "" {
			c := lin.place(0)
			c.Code, c.Text, c.Want = intake.CodeIdentity, "a line without a product number", "a buyer's or vendor's number, or a GTIN"
			r.report.Complain(c)
			return
		}
		if sum, err := total0.Add(q); err == nil {
			total0 = sum
		}
		if _, ok := r.MessageUnit(unit, r.report, s.place(element+1)); unit != "" && !ok {
			return
		}
		at := r.Place(place, r.report, placeAt.place(4))
		if r.report.Kind == intake.Stock {
			r.draft.Stock = append(r.draft.Stock, intake.StockRow{Line: s.line, Product: id, Region: at.Region, OnHand: q})
			return
		}
		if period == (calendar.Bucket{}) {
			c := s.place(0)
			c.Code, c.Text, c.Want = intake.CodePeriod, "no period of the activity", "XQ02 and XQ03"
			r.report.Complain(c)
			return
		}
		r.draft.History = append(r.draft.History, intake.HistoryRow{Line: s.line, Product: id, Region: at.Region, Period: period, Quantity: q})
	}
	for _, s := range t.segments {
		switch s.tag {
		case "XQ":
			start, ok := r.day(s, 2)
			if !ok {
				return
			}
			period = intake.Day(start)
			if s.at(3) != "" {
				end, ok := r.day(s, 3)
				if !ok || end < start {
					return
				}
				period.End = end.AddDays(1)
			}
		case "N1":
			if s.at(1) == "ST" || s.at(1) == "BY" && placeAt.tag == "" {
				place, placeAt = party(s), s
			}
		case "N4":
			if placeAt.tag != "" {
				place.Country = s.at(4)
			}
		case "LIN":
			lin, item = s, r.item(s)
			lines++
		case "ZA":
			if lin.tag == "" {
				continue
			}
			switch s.at(1) {
			case "QS":
				if r.report.Kind == intake.History {
					add(s, 2, s.at(3))
				}
			case "QA", "QH":
				if r.report.Kind == intake.Stock {
					add(s, 2, s.at(3))
				} else {
					r.notCarried(s, "stock on hand: left aside, as the file is read as history; --kind stock reads it")
				}
			default:
				r.unknown(s, 1, "an activity that is not read")
			}
		case "QTY":
			if lin.tag == "" {
				continue
			}
			switch {
			case s.at(1) == "17" && r.report.Kind == intake.Stock:
				add(s, 2, "")
			case s.at(1) == "17":
				r.notCarried(s, "stock on hand: left aside, as the file is read as history; --kind stock reads it")
			default:
				r.unknown(s, 1, "a quantity that is not read")
			}
		case "CTT":
			total(segment{s.tag, s.elements[:min(1, len(s.elements))], s.n, s.line}, lines, total0, r.report)
		}
	}
	if len(r.draft.History)+len(r.draft.Stock) == 0 && r.report.OK() {
		r.report.Complain(intake.Complaint{Code: intake.CodeEmpty, Text: "the file has no quantity of this kind", Want: "ZA with QS for sales, QA for stock"})
	}
}

// ship reads an 856: SN1 is what was shipped of the LIN of its hierarchical level.
func (r *reader) ship(t set) {
	var number, order string
	var date calendar.Date
	var place intake.Party
	var placeAt, lin segment
	var item forecast.Item
	lines := 0
	var sum quantity.Quantity
	for _, s := range t.segments {
		switch s.tag {
		case "BSN":
			number = s.at(2)
			if d, ok := r.day(s, 3); ok {
				date = d
			}
		case "DTM":
			if s.at(1) == "011" && s.at(2) != "" {
				if d, ok := r.day(s, 2); ok {
					date = d
				}
			}
		case "N1":
			if s.at(1) == "ST" {
				place, placeAt = party(s), s
			}
		case "N4":
			if placeAt.tag != "" {
				place.Country = s.at(4)
			}
		case "PRF":
			order = s.at(1)
		case "HL":
			lines++
			if s.at(3) == "I" {
				lin, item = segment{}, forecast.Item{}
			}
		case "LIN":
			lin, item = s, r.item(s)
		case "SN1":
			q, ok := r.number(s, 2)
			if !ok {
				continue
			}
			if n, err := sum.Add(q); err == nil {
				sum = n
			}
			unit, ok := r.MessageUnit(s.at(3), r.report, s.place(3))
			if !ok {
				continue
			}
			c := s.place(0)
			switch {
			case item.ID() == "":
				if lin.tag != "" {
					c = lin.place(0)
				}
				c.Code, c.Text, c.Want = intake.CodeIdentity, "a quantity without a product number", "LIN with a buyer's or vendor's number before SN1"
			case q.Sign() < 0:
				c.Code, c.Value, c.Text, c.Want = intake.CodeSign, q.String(), "a quantity below zero", "0 or more"
			case !date.Valid():
				c.Code, c.Text, c.Want = intake.CodePeriod, "no date of shipment", "DTM 011 or BSN03"
			default:
				r.draft.Movements = append(r.draft.Movements, intake.Movement{Line: s.line, Segment: s.n, Item: item, Date: date, Quantity: q, Unit: unit, Document: number, Order: order, Location: r.Place(place, r.report, placeAt.place(4))})
				continue
			}
			r.report.Complain(c)
		case "CTT":
			total(s, lines, sum, r.report)
		}
	}
	if len(r.draft.Movements) == 0 && r.report.OK() {
		r.report.Complain(intake.Complaint{Code: intake.CodeEmpty, Text: "the file has no shipped quantity", Want: "SN1 after LIN"})
	}
}
