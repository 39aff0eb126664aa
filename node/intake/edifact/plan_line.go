package edifact

import (
	"kontor/node/intake"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// flush puts the pending quantity among those of the line.
func (p *planning) flush() {
	c := p.pending
	p.pending = nil
	if c == nil || !isScheduled(c.kind) {
		return
	}
	if c.bucket == (calendar.Bucket{}) && !c.first.Valid() && !c.last.Valid() && c.opens.Valid() && c.closes.Valid() {
		c.first, c.last, c.basis = c.opens, c.closes, forecast.ByArrival
	}
	if c.first.Valid() && c.last.Valid() && c.bucket == (calendar.Bucket{}) && c.first <= c.last {
		c.bucket = calendar.Bucket{Start: c.first, End: c.last.AddDays(1)}
	} else if c.bucket == (calendar.Bucket{}) && (c.first.Valid() || c.last.Valid()) {
		d := c.first
		if !d.Valid() {
			d = c.last
		}
		c.bucket = intake.Day(d)
	}
	if c.status == shortage {
		p.owe(c.quantity, c.qty)
		return
	}
	if c.bucket == (calendar.Bucket{}) && c.kind == cumulative && p.authorise(c) {
		return
	}
	if c.bucket == (calendar.Bucket{}) {
		if !p.before && c.kind == cumulative {
			p.notCarried(c.qty, "a cumulative quantity of the line as a whole")
			return
		}
		if !p.before && c.kind == ordered {
			p.notCarried(c.qty, "an ordered quantity of the line as a whole")
			return
		}
		at := c.qty.place("")
		at.Code, at.Text, at.Want = intake.CodePeriod, "a quantity without a date", "a DTM with qualifier 2 or 10 after it"
		p.report.Complain(at)
		return
	}
	c.bucket = grained(c.bucket, c.grain)
	p.periods = append(p.periods, *c)
}

// owe adds to the backlog of the line.
func (p *planning) owe(q quantity.Quantity, s segment) {
	p.counts.Backlog, p.owed = intake.Owed(p.counts.Backlog, q, p.report, s.place("QTY")), s
}

// authorise takes a cumulative quantity that belongs to no period for an authorisation, where its SCC and the day it ends say so.
func (p *planning) authorise(c *planned) bool {
	if c.until == 0 || c.status != "2" && c.status != "3" {
		return false
	}
	a := intake.NewAuthorisation(c.quantity, c.from, c.until)
	if p.told = c.qty; c.status == "2" {
		p.counts.Fabrication = a
	} else {
		p.counts.Material = a
	}
	return true
}

// grained widens a day to the week or month that its frequency (2013) says. A
// week begins on the day given, whatever weekday that is.
func grained(b calendar.Bucket, grain string) calendar.Bucket {
	if b.Days() != 1 {
		return b
	}
	switch grain {
	case "W":
		return calendar.Bucket{Start: b.Start, End: b.Start.AddDays(7)}
	case "M":
		return b.Start.Month().Bucket()
	}
	return b
}

// endLine turns what was gathered since LIN into a line of the schedule.
func (p *planning) endLine() {
	p.flush()
	lin, aside := p.lin, p.aside
	var dock intake.Party
	if p.loc.tag != "" {
		dock = party(p.loc)
	}
	periods := p.periods
	counts, told, owed := p.counts, p.told, p.owed
	counts.LastDespatch = p.despatch
	p.lin, p.loc, p.periods, p.status, p.grain, p.before, p.aside, p.counts, p.told, p.owed, p.despatch = segment{}, segment{}, nil, "", "", false, false, forecast.Schedule{}, segment{}, segment{}, ""
	if lin.tag == "" {
		return
	}
	location, where := p.PlaceInside(party(p.shipTo), dock, p.report, lin.place("place"))
	if len(periods) == 0 {
		if owed.tag != "" {
			p.tally.Backlog(lin.n, counts.Backlog.String(), owed.place("6063 83"))
		}
		if told.tag != "" { // without a period there is no line that could hold them
			c := told.place("")
			c.Code, c.Text = intake.NoteNotCarried, "cumulative quantities of a line without periods"
			p.tally.Note("told", lin.n, c)
			return
		}
		if aside || owed.tag != "" {
			return // nothing of it is to come, and what it says is noted
		}
		c := lin.place("")
		c.Code, c.Text, c.Want = intake.CodeEmpty, "a line without a scheduled quantity", "QTY with a DTM after SCC; a quantity of 0 where nothing is needed"
		p.report.Complain(c)
		return
	}
	if !p.uniform(lin, periods) {
		return
	}
	unit, ok := p.MessageUnit(periods[0].unit, p.report, periods[0].qty.place("6411"))
	if !ok {
		return
	}
	line := p.schedule.Begin(intake.Planned(p.item, location, unit, periods[0].basis), where, lin.place(""))
	if line == nil {
		return
	}
	if told.tag != "" || owed.tag != "" || counts.Reset != 0 {
		if u := owed.at(0, 2); u != "" && u != periods[0].unit {
			c := owed.place("6411")
			c.Code, c.Value, c.Text, c.Want = intake.CodeContradiction, u, "a backlog in another unit than the periods", "one unit in a line"
			p.report.Complain(c)
			return
		}
		line.Counts(counts, p.report)
	}
	for _, c := range p.discreteOf(lin, periods, counts) {
		firm := statuses[c.status]
		if c.status == "" && p.message == "DELJIT" {
			firm = forecast.Firm // a call-off, whatever it leaves out
		}
		line.Add(forecast.Cell{Bucket: c.bucket, Mean: c.quantity, Firmness: firm, Accumulated: c.accumulated}, c.qty.place(""))
	}
}
