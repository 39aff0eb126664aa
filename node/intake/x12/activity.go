package x12

import (
	"fmt"

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
	counted := map[[2]string]int{} // stock by product and place: its line
	add := func(s segment, element int, unit string) {
		q, ok := r.number(s, element)
		if !ok {
			return
		}
		if q.Sign() < 0 && r.report.Kind == intake.Stock {
			c := s.place(element)
			c.Code, c.Value, c.Text, c.Want = intake.CodeSign, q.String(), "stock below zero", "0 or more"
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
		if _, ok := r.unitOf(unit, s.place(element+1)); unit != "" && !ok {
			return
		}
		at := r.Place(place, r.report, placeAt.place(4))
		if r.report.Kind == intake.Stock {
			key := [2]string{id, place.Code}
			if before, twice := counted[key]; twice {
				c := s.place(0)
				c.Code, c.Value, c.Text = intake.CodeRepeatedKey, q.String(), fmt.Sprintf("a second quantity on hand of the product at the place, after line %d: nothing tells whether it is a part of it or more", before)
				c.Want = "one quantity on hand for each product and place"
				r.report.Complain(c)
				return
			}
			counted[key] = s.line
			r.draft.Stock = append(r.draft.Stock, intake.StockRow{Line: s.line, Product: id, Region: at.Region, Place: place.Code, OnHand: q})
			return
		}
		if period == (calendar.Bucket{}) {
			c := s.place(0)
			c.Code, c.Text, c.Want = intake.CodePeriod, "no period of the activity", "XQ02 and XQ03"
			r.report.Complain(c)
			return
		}
		if q.Sign() < 0 {
			c := s.place(element)
			c.Code, c.Value, c.Text = intake.NoteReturns, q.String(), "more returned than sold: it is kept below zero, and taken off the month it lies in"
			r.tally.Note("returns", r.lineAt, c)
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
			lin, item, r.lineAt = s, r.item(s), s.n
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
