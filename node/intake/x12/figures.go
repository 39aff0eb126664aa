package x12

import (
	"slices"

	"kontor/node/intake"
	"kontor/protocol/calendar"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
)

// history takes what was sold: the quantities of the first code that the line has.
func (a *activity) history(p intake.Party, list []stated) {
	best := slices.IndexFunc(soldCodes, func(code string) bool {
		return slices.ContainsFunc(list, func(s stated) bool { return s.code == code })
	})
	for _, s := range list {
		if s.code != soldCodes[best] {
			a.notCarried(s.at, "sales under another code beside "+soldCodes[best]+": left aside")
			continue
		}
		if _, ok := a.unitOf(s.unit, s.at.place(s.element+1)); s.unit != "" && !ok {
			return
		}
		at := a.Place(p, a.report, a.placeAt.place(4))
		if a.period == (calendar.Bucket{}) {
			c := s.at.place(0)
			c.Code, c.Text, c.Want = intake.CodePeriod, "no period of the activity", "XQ02 and XQ03"
			a.report.Complain(c)
			return
		}
		if s.quantity.Sign() < 0 {
			c := s.at.place(s.element)
			c.Code, c.Value, c.Text = intake.NoteReturns, s.quantity.String(), "more returned than sold: it is kept below zero, and taken off the month it lies in"
			a.tally.Note("returns", a.lineAt, c)
		}
		a.draft.History = append(a.draft.History, intake.HistoryRow{Line: s.at.line, Product: a.item.ID(), Region: at.Region, Period: a.period, Quantity: s.quantity})
	}
}

func (a *activity) stock(p intake.Party, list []stated) {
	have, found, ok := a.of(list, slices.Concat(freeCodes, allCodes))
	way, coming, ok2 := a.of(list, comingCodes)
	if !ok || !ok2 || !found {
		return
	}
	for _, s := range []stated{have, way} {
		if s.quantity.Sign() < 0 {
			c := s.at.place(s.element)
			c.Code, c.Value, c.Text, c.Want = intake.CodeSign, s.quantity.String(), "stock below zero", "0 or more"
			a.report.Complain(c)
			return
		}
	}
	if coming && way.unit != have.unit && way.unit != "" && have.unit != "" {
		c := way.at.place(way.element + 1)
		c.Code, c.Value, c.Text, c.Want = intake.CodeContradiction, way.unit, "another unit than the stock on hand of the product", "one unit for each product"
		a.report.Complain(c)
		return
	}
	if _, ok := a.unitOf(have.unit, have.at.place(have.element+1)); have.unit != "" && !ok {
		return
	}
	at := a.Place(p, a.report, a.placeAt.place(4))
	key := [2]string{a.item.ID(), p.Code}
	if before, twice := a.counted[key]; twice {
		a.twice(have, before)
		return
	}
	a.counted[key] = have.at.line
	row := intake.StockRow{Line: have.at.line, Product: a.item.ID(), Region: at.Region, Place: p.Code, OnHand: have.quantity, InTransit: way.quantity}
	if a.period != (calendar.Bucket{}) {
		row.AsOf = a.period.End.AddDays(-1)
	}
	a.draft.Stock = append(a.draft.Stock, row)
}

// figures counts what a line says of a place for a report.
func (a *activity) figures(p intake.Party, list []stated) {
	if a.period == (calendar.Bucket{}) {
		c := list[0].at.place(0)
		c.Code, c.Text, c.Want = intake.CodePeriod, "no period of the activity", "XQ02 and XQ03"
		a.report.Complain(c)
		return
	}
	where := a.Place(p, a.report, a.placeAt.place(4))
	add := func(s stated, f performance.Figure, q quantity.Quantity) {
		at := s.at.place(s.element)
		code := s.unit
		if code == "" {
			code = unitAmong(list)
		}
		unit, ok := a.unitOf(code, s.at.place(s.element+1))
		if !ok {
			return
		}
		a.counting.Add(intake.Counted{Item: a.item, Place: where, Code: p.Code, Bucket: a.period, Figure: f, Quantity: q, Unit: unit, At: at})
	}
	sold, isSold, ok := a.of(list, soldCodes)
	back, isBack, ok2 := a.of(list, returnedCodes)
	if !ok || !ok2 {
		return
	}
	if isSold && sold.quantity.Sign() < 0 && !isBack {
		c := sold.at.place(sold.element)
		c.Code, c.Value, c.Text = intake.NoteReturns, sold.quantity.String(), "more returned than sold: counted as returned"
		a.tally.Note("returns", a.lineAt, c)
		back, isBack, isSold = sold, true, false
		back.quantity = back.quantity.Neg()
	}
	if isSold {
		add(sold, performance.Sold, sold.quantity)
	}
	if isBack {
		add(back, performance.Returned, back.quantity)
	}
	for _, flow := range []struct {
		codes  []string
		figure performance.Figure
	}{{receivedCodes, performance.Received}, {shippedCodes, performance.Shipped}, {comingCodes, performance.InTransit}} {
		if s, found, ok := a.of(list, flow.codes); found && ok {
			add(s, flow.figure, s.quantity)
		}
	}
	free, isFree, ok := a.of(list, freeCodes)
	all, isAll, ok2 := a.of(list, allCodes)
	held, isHeld, ok3 := a.of(list, heldCodes)
	if !ok || !ok2 || !ok3 {
		return
	}
	if isHeld {
		add(held, performance.Blocked, held.quantity)
	}
	switch {
	case isAll:
		add(all, performance.OnHand, all.quantity)
	case isFree && isHeld:
		sum, err := free.quantity.Add(held.quantity)
		if err != nil {
			return
		}
		c := free.at.place(free.element)
		c.Code, c.Value, c.Text = intake.NoteAddedUp, sum.String(), "stock that can be sold and stock that is held: added up to what is on hand"
		a.tally.Note("free and held", a.lineAt, c)
		add(free, performance.OnHand, sum)
	case isFree:
		add(free, performance.OnHand, free.quantity)
	}
}

// unitAmong is the unit that the quantities of a line name, where a quantity names none itself.
func unitAmong(list []stated) string {
	for _, s := range list {
		if s.unit != "" {
			return s.unit
		}
	}
	return ""
}
