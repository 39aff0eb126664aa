package protocol

import (
	"cmp"
	"slices"

	"kontor/protocol/decision"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
)

// advance takes a window on as far as it goes now; false where nothing changed.
func (p *slaPass) advance(row *SLARow) (moved bool, err error) {
	if row.State == SLAWaiting {
		closed, err := p.closed(row, row.Until)
		if err != nil || !closed && !p.everyone(row.Passed) {
			return false, err
		}
		if !closed && row.Outages == nil {
			doc, err := p.document(row.Terms)
			if err != nil {
				return false, err
			}
			if moved, err := p.from.extend(row, doc); err != nil || moved && !p.everyone(row.Passed) {
				return moved, err
			}
		}
		if moved, err = p.settle(row, closed, row.Until, row.Passed); err != nil {
			return true, err
		}
	}
	if row.State == SLAEvaluated {
		closed, err := p.closed(row, row.Rebut)
		if err != nil {
			return moved, err
		}
		again := closed && row.First.Verdict != remedy.Unequal || p.everyone(row.Rebutted)
		if !again && row.Agreed == "" {
			return moved, nil
		}
		if err := p.finish(row, closed); err != nil {
			return true, err
		}
		moved = true
	}
	return moved, nil
}

// everyone tells whether every side has passed a deadline.
func (p *slaPass) everyone(list []SLAPassing) bool { return len(list) == len(p.sides) }

// extend moves the deadlines of a window by the working days that a side's node was down before them, by the other side's record (practice T2): once, and
// by at most MaxOutage.
func (s *slaReader) extend(row *SLARow, doc terms.Document) (moved bool, err error) {
	most := int64(0)
	row.Outages = []SLAOutage{}
	for _, m := range s.genesis.Members {
		if _, party := s.sides[m.Company]; !party {
			continue
		}
		days, err := s.outage(m.Company, doc, lastOf(doc, row.Period.Last())+1, row.Until)
		if err != nil {
			return false, err
		}
		if days > 0 {
			row.Outages = append(row.Outages, SLAOutage{m.Company, days})
		}
		most = max(most, days)
	}
	if most == 0 {
		return false, nil
	}
	work := doc.Calendar.Workdays()
	later := func(ms int64) int64 { return doc.Calendar.End(work.Add(doc.Calendar.Day(ms), int(most))) }
	row.Until, row.Rebut = later(row.Until), later(row.Rebut)
	for _, d := range []struct {
		list *[]SLAPassing
		at   int64
	}{{&row.Passed, row.Until}, {&row.Rebutted, row.Rebut}} {
		*d.list = []SLAPassing{}
		for _, m := range s.genesis.Members {
			if _, party := s.sides[m.Company]; !party {
				continue
			}
			x, found, err := s.passing(m.Company, d.at)
			if err != nil {
				return true, err
			}
			if found {
				*d.list = append(*d.list, x)
			}
		}
	}
	return true, nil
}

// closed tells whether every report of the period is closed by all who may report, while they still could. It says nothing of what is measured by other
// records than these reports.
func (p *slaPass) closed(row *SLARow, deadline int64) (bool, error) {
	if p.entry.Header.T > deadline+decision.Grace {
		return false, nil
	}
	doc, err := p.document(row.Terms)
	if err != nil {
		return false, err
	}
	if s, known := doc.Promise(row.SLA); !known || !remedy.ByReports(s.Measure) {
		return false, nil
	}
	if err := p.from.load(); err != nil {
		return false, err
	}
	period := row.Period
	at := period.Start
	for _, r := range p.from.reported {
		if !r.Window.Overlaps(period) {
			continue
		}
		if !r.Closed || r.ByTerms {
			return false, nil
		}
		if r.Window.Start <= at {
			at = max(at, r.Window.End)
		}
	}
	return at >= period.End, nil
}

// clause finds the terms and the SLA of a window; false where they don't stand any more.
func (p *slaPass) clause(row *SLARow) (doc terms.Document, s terms.SLA, ok bool, err error) {
	final := slices.ContainsFunc(p.ledger, func(c decision.Concluded) bool { return c.CID == row.Agreement && c.Verdict == decision.Final })
	if !final {
		return doc, s, false, nil
	}
	if doc, err = p.document(row.Terms); err != nil {
		return doc, s, false, err
	}
	s, ok = doc.Promise(row.SLA)
	return doc, s, ok, nil
}

// settle evaluates a window for the first time and books what follows.
func (p *slaPass) settle(row *SLARow, closed bool, deadline int64, passed []SLAPassing) (bool, error) {
	doc, s, ok, err := p.clause(row)
	if err != nil {
		return false, err
	}
	if !ok {
		row.State = SLAVoid
		return true, nil
	}
	result, err := p.evaluate(row, doc, s, deadline, passed)
	if err != nil {
		return false, err
	}
	row.State, row.First, row.FirstAt = SLAEvaluated, &result, p.entry.Header.T
	entries, err := p.entries(row.Contract)
	if err != nil {
		return false, err
	}
	b := remedy.Booking{Terms: doc, Root: &row.Terms, SLA: s, Period: row.Period, Result: result, Entries: entries, On: dayOf(doc, p.entry.Header.T)}
	if err := p.putItems(remedy.Book(b)); err != nil {
		return false, err
	}
	if closed && result.Verdict != remedy.Unequal {
		return true, p.finish(row, closed)
	}
	return true, nil
}

// finish evaluates a window for the last time: what differs is corrected once, and what earlier windows cost may be earned back.
func (p *slaPass) finish(row *SLARow, closed bool) error {
	doc, s, ok, err := p.clause(row)
	if err != nil {
		return err
	}
	if !ok {
		row.State = SLAVoid
		return nil
	}
	passed := row.Rebutted
	if !p.everyone(passed) {
		passed = nil
	}
	result, err := p.evaluate(row, doc, s, row.Rebut, passed)
	if err != nil {
		return err
	}
	row.Last, row.LastAt, row.State = &result, p.entry.Header.T, SLAFinal
	entries, err := p.entries(row.Contract)
	if err != nil {
		return err
	}
	b := remedy.Booking{Terms: doc, Root: &row.Terms, SLA: s, Period: row.Period, Result: result, Entries: entries, On: dayOf(doc, p.entry.Header.T)}
	changed, fresh := remedy.Correct(b, *row.First)
	if err := p.putItems(append(changed, fresh...)); err != nil {
		return err
	}
	if err := p.putSLA(*row); err != nil {
		return err
	}
	if b.Entries, err = p.entries(row.Contract); err != nil {
		return err
	}
	finals, err := p.finals(row.Window)
	if err != nil {
		return err
	}
	return p.putItems(remedy.EarnBack(b, finals))
}

// finals are the windows of an SLA that are over up to the first that is not, in order.
func (p *slaPass) finals(w remedy.Window) (out []remedy.Final, err error) {
	rows := []SLARow{}
	if err := scanRows(p.rows, slaPrefix+slaName(w.Contract, w.SLA)+"/", func(_ string, row SLARow) error {
		rows = append(rows, row)
		return nil
	}); err != nil {
		return nil, err
	}
	slices.SortStableFunc(rows, func(a, b SLARow) int { return cmp.Compare(a.Period.Start, b.Period.Start) })
	for _, r := range rows {
		switch r.State {
		case SLAFinal:
			out = append(out, remedy.Final{Period: r.Period, Verdict: r.Last.Verdict})
		case SLAVoid:
		default:
			return out, nil
		}
	}
	return out, nil
}

// evaluate says what a window comes to by the reports that were there in time.
func (p *slaPass) evaluate(row *SLARow, doc terms.Document, s terms.SLA, deadline int64, passed []SLAPassing) (out remedy.Result, err error) {
	if price, adjusts := doc.AdjustedPrice(s.ID); adjusts {
		c := remedy.PriceCase{Terms: doc, Price: price, Period: row.Period, Agreed: row.Agreed, Values: p.from.values(deadline, passed, &err)}
		var failed error
		if c.Buyer, c.Seller, failed = p.from.ofWindow(row.Period, deadline, passed); failed != nil {
			return out, failed
		}
		out = remedy.Adjust(c)
		return out, err
	}
	c := remedy.Case{Terms: doc, SLA: s, Period: row.Period, Agreed: row.Agreed}
	if c.LastCharges, err = p.replica.lastCharges(row.Window, doc.Currency); err != nil {
		return out, err
	}
	if c.Buyer, c.Seller, err = p.from.ofWindow(row.Period, deadline, passed); err != nil {
		return out, err
	}
	if before, counts := remedy.GrowsFrom(doc, s, row.Period); counts {
		if c.Before.Buyer, c.Before.Seller, err = p.from.ofWindow(before, deadline, passed); err != nil {
			return out, err
		}
	}
	if c.Records, err = p.from.records(doc, s, row.Period, deadline, passed); err != nil {
		return out, err
	}
	return remedy.Evaluate(c), nil
}

// entries are those of a contract, by the day they fell due. They are read once for all windows that one entry of the feed moves.
func (p *slaPass) entries(contract string) ([]remedy.Item, error) {
	if p.items == nil {
		p.items = map[string]remedy.Item{}
		if err := scanRows(p.rows, remedyPrefix, func(_ string, i remedy.Item) error {
			p.items[i.ID] = i
			return nil
		}); err != nil {
			p.items = nil
			return nil, err
		}
	}
	var out []remedy.Item
	for _, i := range p.items {
		if i.Contract == contract {
			out = append(out, i)
		}
	}
	slices.SortFunc(out, byFall)
	return out, nil
}

// byFall is the order of entries.
func byFall(a, b remedy.Item) int {
	return cmp.Or(cmp.Compare(a.Fell, b.Fell), cmp.Compare(a.Contract, b.Contract), a.Period.Compare(b.Period), cmp.Compare(a.ID, b.ID))
}

func (p *slaPass) putItems(items []remedy.Item) error {
	for _, i := range items {
		var err error
		switch {
		case i.Status == remedy.Disputed && i.Dispute == "":
			i, err = p.contest(i)
		case i.Status != remedy.Disputed && i.Dispute != "":
			err = p.reconcileDispute(i)
		}
		if err != nil {
			return err
		}
		if err := put(p.rows, remedyPrefix+i.ID, i); err != nil {
			return err
		}
		if p.items != nil {
			p.items[i.ID] = i
		}
	}
	return nil
}
