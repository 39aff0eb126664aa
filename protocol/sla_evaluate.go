package protocol

import (
	"cmp"
	"slices"

	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
)

// advance takes a window on as far as it goes now; false where nothing changed.
func (p *slaPass) advance(row *SLARow) (moved bool, err error) {
	if row.State == SLAWaiting {
		closed, err := p.closed(row.Period, row.Until)
		if err != nil || !closed && !p.everyone(row.Passed) {
			return false, err
		}
		if moved, err = p.settle(row, closed, row.Until, row.Passed); err != nil {
			return true, err
		}
	}
	if row.State == SLAEvaluated {
		closed, err := p.closed(row.Period, row.Rebut)
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

// closed tells whether every report of the period is closed by all who may report, while they still could.
func (p *slaPass) closed(period calendar.Bucket, deadline int64) (bool, error) {
	if p.entry.Header.T > deadline+decision.Grace {
		return false, nil
	}
	if err := p.load(); err != nil {
		return false, err
	}
	at := period.Start
	for _, r := range p.reported {
		if !r.Window.Overlaps(period) {
			continue
		}
		if !r.Closed {
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
	i := slices.IndexFunc(doc.SLAs, func(x terms.SLA) bool { return x.ID == row.SLA })
	if i < 0 {
		return doc, s, false, nil
	}
	return doc, doc.SLAs[i], true, nil
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
	entries, err := p.replica.Remedies()
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
	entries, err := p.replica.Remedies()
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
	if b.Entries, err = p.replica.Remedies(); err != nil {
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
	rows, err := p.replica.SLAWindows()
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if r.Contract != w.Contract || r.SLA != w.SLA {
			continue
		}
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
func (p *slaPass) evaluate(row *SLARow, doc terms.Document, s terms.SLA, deadline int64, passed []SLAPassing) (remedy.Result, error) {
	c := remedy.Case{Terms: doc, SLA: s, Period: row.Period, Agreed: row.Agreed, LastCharges: quantity.Money{Currency: doc.Currency}}
	rows, err := p.replica.SLAWindows()
	if err != nil {
		return remedy.Result{}, err
	}
	for _, r := range rows {
		if r.Contract == row.Contract && r.SLA == row.SLA && r.Period.Start < row.Period.Start && r.Result() != nil && r.Result().Charges != nil && r.Result().Charges.Currency == doc.Currency {
			c.LastCharges = *r.Result().Charges
		}
	}
	if c.Buyer, c.Seller, err = p.reports(row.Period, deadline, passed); err != nil {
		return remedy.Result{}, err
	}
	return remedy.Evaluate(c), nil
}

// reports are those of a period that each side had in force in time: the newest version of each series whose claimed time is at or before the
// deadline and which the other sides had seen when they passed it (PROTOCOL 4). Without passings all that is held was seen.
func (p *slaPass) reports(period calendar.Bucket, deadline int64, passed []SLAPassing) (buyer, seller []performance.Document, err error) {
	if err := p.load(); err != nil {
		return nil, nil, err
	}
	for _, w := range p.reported {
		if !w.Window.Overlaps(period) {
			continue
		}
		for _, report := range w.Reports {
			root, err := p.intime(report, deadline, passed)
			if err != nil {
				return nil, nil, err
			}
			if root == nil {
				continue
			}
			doc, known := p.opened[*root]
			if !known {
				if doc, err = p.replica.Performance(*root); err != nil {
					return nil, nil, err
				}
				p.opened[*root] = doc
			}
			switch p.sides[report.Author] {
			case terms.Buyer:
				buyer = append(buyer, doc)
			case terms.Seller:
				seller = append(seller, doc)
			}
		}
	}
	return buyer, seller, nil
}

// intime is the version of a report that counts; nil where none came in time.
func (p *slaPass) intime(report WindowReport, deadline int64, passed []SLAPassing) (root *block.CID, err error) {
	best := int64(-1)
	for _, v := range p.versions {
		if v.Author != report.Author || v.Series != report.Series || v.T > deadline || v.Status == Withdrawn || v.Revision <= best {
			continue
		}
		seen, err := p.seen(v, passed)
		if err != nil {
			return nil, err
		}
		if seen {
			id := v.Root
			best, root = v.Revision, &id
		}
	}
	return root, nil
}

// seen tells whether every other side had a version when it passed the deadline.
func (p *slaPass) seen(v ArtifactRow, passed []SLAPassing) (bool, error) {
	at := p.replica.Circle.Index(v.Author)
	for _, x := range passed {
		if x.Member == v.Author {
			continue
		}
		e, found, err := p.replica.Log.Get(v.Entry)
		if err != nil {
			return false, err
		}
		if !found || at < 0 || at >= len(x.Saw) || x.Saw[at] < e.Header.Seq {
			return false, nil
		}
	}
	return true, nil
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
	}
	return nil
}

// SLAWindows lists the windows of SLAs that are over, by contract, SLA and first day.
func (r *Replica) SLAWindows() (out []SLARow, err error) {
	err = scanRows(r.Rows(), slaPrefix, func(_ string, row SLARow) error {
		out = append(out, row)
		return nil
	})
	slices.SortStableFunc(out, func(a, b SLARow) int {
		return cmp.Or(cmp.Compare(a.Contract, b.Contract), cmp.Compare(a.SLA, b.SLA), cmp.Compare(a.Period.Start, b.Period.Start))
	})
	return out, err
}

// SLAWindow finds one window.
func (r *Replica) SLAWindow(w remedy.Window) (row SLARow, found bool, err error) {
	found, err = get(r.Rows(), slaPrefix+slaKey(w), &row)
	return row, found, err
}

// Remedies lists the entries that terms brought, by the day they fell due.
func (r *Replica) Remedies() (out []remedy.Item, err error) {
	err = scanRows(r.Rows(), remedyPrefix, func(_ string, i remedy.Item) error {
		out = append(out, i)
		return nil
	})
	slices.SortStableFunc(out, func(a, b remedy.Item) int {
		return cmp.Or(cmp.Compare(a.Fell, b.Fell), cmp.Compare(a.Contract, b.Contract), a.Period.Compare(b.Period), cmp.Compare(a.ID, b.ID))
	})
	return out, err
}

// RemedyStands tells whether an entry is at or below the settled line: nothing that moves money takes effect above it (PROTOCOL 6).
func (r *Replica) RemedyStands(id string) (bool, error) {
	_, found, err := r.machine.SettledValue(remedyPrefix + id)
	return found, err
}

// SLAStands tells the same of a window's result.
func (r *Replica) SLAStands(w remedy.Window) (bool, error) {
	data, found, err := r.machine.SettledValue(slaPrefix + slaKey(w))
	if err != nil || !found {
		return false, err
	}
	var row SLARow
	if err := block.Unmarshal(data, &row); err != nil {
		return false, err
	}
	return row.Result() != nil, nil
}
