package protocol

import (
	"cmp"
	"slices"

	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
	"kontor/protocol/partnership"
	"kontor/protocol/remedy"
	"kontor/protocol/state"
	"kontor/protocol/terms"
)

// maxSLAOpens bounds the windows one entry opens: those of a hundred SLAs after two months of silence. The next entry goes on.
const maxSLAOpens = 256

// sidesOf are the members that terms speak of, by what they are. Neither a witness nor an arbiter is one.
func sidesOf(g *partnership.Genesis) map[block.CID]terms.Party {
	out := map[block.CID]terms.Party{}
	for _, m := range g.Members {
		if judges(g, m.Company) {
			continue
		}
		switch m.Role {
		case partnership.RoleBuyer:
			out[m.Company] = terms.Buyer
		case partnership.RoleSeller:
			out[m.Company] = terms.Seller
		}
	}
	return out
}

// observeSLAs does what an entry, its time or what it brought, means for SLA windows.
func (f *fold) observeSLAs() error {
	if !f.owing && !f.ruled {
		var next int64
		found, err := get(f.rows, slaNextKey(f.author.Company), &next)
		if err != nil || !found || f.entry.Header.T < next {
			return err // nearly always; who is no party has no row
		}
	}
	state.Opaque(f.rows)
	p := &slaPass{fold: f, sides: sidesOf(f.genesis), from: newSLAReader(f.replica, f.genesis, f.entry.Clock), documents: map[block.CID]terms.Document{}, standing: map[calendar.Date]map[string]block.CID{}}
	agreed, err := p.agreed()
	if err != nil {
		return err
	}
	full, err := p.open(agreed)
	if err != nil {
		return err
	}
	ended, err := p.work()
	if err != nil {
		return err
	}
	if ended {
		if err := p.closeReports(agreed); err != nil {
			return err
		}
	}
	return p.schedule(agreed, full)
}

// slaPass is one entry's work on SLA windows.
type slaPass struct {
	*fold
	sides     map[block.CID]terms.Party
	from      *slaReader
	documents map[block.CID]terms.Document
	ledger    []decision.Concluded
	standing  map[calendar.Date]map[string]block.CID // roots of terms in force on a day, by contract
	items     map[string]remedy.Item                 // of all contracts, by ID; nil until asked for
}

// agreedSLA is terms that an agreement put in force, with the claimed time of its finality.
type agreedSLA struct {
	terms.Agreed
	final int64
}

// agreed lists the terms that hold SLAs and were ever put in force by an agreement that stands.
func (p *slaPass) agreed() (out []agreedSLA, err error) {
	if p.ledger, err = p.replica.Concluded(); err != nil {
		return nil, err
	}
	for _, c := range p.ledger {
		if c.Verdict != decision.Final {
			continue
		}
		for _, e := range c.Doc.Effects {
			if e.Kind != decision.TermsInForce || e.Artifact == nil {
				continue
			}
			doc, err := p.document(*e.Artifact)
			if err != nil {
				return nil, err
			}
			out = append(out, agreedSLA{terms.Agreed{Agreement: c.CID, Root: *e.Artifact, Author: e.Party, From: c.Doc.From, Expires: c.Doc.Expires, Document: doc}, c.Final.T})
		}
	}
	return out, nil
}

func (p *slaPass) document(root block.CID) (terms.Document, error) {
	if d, known := p.documents[root]; known {
		return d, nil
	}
	d, err := p.replica.Terms(root)
	if err == nil {
		p.documents[root] = d
	}
	return d, err
}

// windows visits the windows of agreed terms that were not opened yet, in order, SLA by SLA, until fn says that it has enough of this SLA.
func (p *slaPass) windows(a agreedSLA, fn func(s terms.SLA, w terms.Span) (more bool, err error)) error {
	frame := a.Document.Frame
	frame.Period.Start, frame.Period.End = max(frame.Period.Start, a.From), min(frame.Period.End, a.Expires)
	if !frame.Period.Valid() {
		return nil
	}
	for _, s := range a.Document.Promises() {
		var cursor calendar.Date
		if _, err := get(p.rows, slaCursorPrefix+slaName(a.Document.Contract, s.ID), &cursor); err != nil {
			return err
		}
		within := frame.Period
		within.Start = max(within.Start, cursor.AddDays(1))
		if !within.Valid() {
			continue
		}
		for _, w := range frame.Windows(s, within) {
			inForce, err := p.termsOn(w.Period.Last())
			if err != nil {
				return err
			}
			if inForce[a.Document.Contract] != a.Root {
				continue
			}
			more, err := fn(s, w)
			if err != nil {
				return err
			}
			if !more {
				break
			}
		}
	}
	return nil
}

// termsOn are the roots of the terms in force on a day, by contract.
func (p *slaPass) termsOn(on calendar.Date) (map[string]block.CID, error) {
	if known, ok := p.standing[on]; ok {
		return known, nil
	}
	spans := map[block.CID]decision.Agreement{}
	for _, c := range p.ledger {
		spans[c.CID] = c.Doc
	}
	var list []terms.Agreed
	for _, e := range decision.TermsAgreed(p.ledger, on) {
		doc, err := p.document(*e.Artifact)
		if err != nil {
			return nil, err
		}
		list = append(list, terms.Agreed{Agreement: e.Agreement, Root: *e.Artifact, From: spans[e.Agreement].From, Expires: spans[e.Agreement].Expires, Document: doc})
	}
	out := map[string]block.CID{}
	for _, a := range terms.InForce(list, on) {
		out[a.Document.Contract] = a.Root
	}
	p.standing[on] = out
	return out, nil
}

// lastOf is the last millisecond, UTC, of a day by the terms' clock.
func lastOf(d terms.Document, day calendar.Date) int64 {
	return d.Calendar.End(day)
}

// dayOf is the day of an instant by the terms' clock.
func dayOf(d terms.Document, t int64) calendar.Date {
	return d.Calendar.Day(t)
}

// open makes rows for the windows that were over when the entry was written. full is true when there may be more.
func (p *slaPass) open(agreed []agreedSLA) (full bool, err error) {
	left := maxSLAOpens
	for _, a := range agreed {
		err := p.windows(a, func(s terms.SLA, w terms.Span) (bool, error) {
			if lastOf(a.Document, w.Period.Last()) >= p.entry.Header.T {
				return false, nil
			}
			if left--; left < 0 {
				full = true
				return false, nil
			}
			// Nobody owes a report before there was an agreement to report by.
			days, correct := a.Document.Calendar.Workdays(), int64(0)
			for _, d := range s.Duties {
				correct = max(correct, d.CorrectDays)
			}
			until := max(w.Until, days.Add(dayOf(a.Document, a.final), int(correct)))
			row := SLARow{Window: remedy.Window{Contract: a.Document.Contract, SLA: s.ID, Period: w.Period}, Terms: a.Root, Agreement: a.Agreement, State: SLAWaiting,
				Until: lastOf(a.Document, until), Rebut: lastOf(a.Document, max(days.Add(until, terms.RebutDays), finalOf(a.Document, s.ID, w.Period))), Passed: []SLAPassing{}, Rebutted: []SLAPassing{}}
			key := slaKey(row.Window)
			if exists, err := p.rowExists(slaPrefix + key); err != nil {
				return false, err
			} else if !exists {
				if err := put(p.rows, slaPrefix+key, row); err != nil {
					return false, err
				}
				if err := p.rows.Put(slaOpenPrefix+key, []byte{}); err != nil {
					return false, err
				}
			}
			return true, put(p.rows, slaCursorPrefix+slaName(row.Contract, row.SLA), w.Period.Last())
		})
		if err != nil {
			return full, err
		}
	}
	return full, nil
}

// finalOf is the day by which the values of a price adjustment are final; the first of all days for an SLA.
func finalOf(doc terms.Document, id string, period calendar.Bucket) calendar.Date {
	p, adjusts := doc.AdjustedPrice(id)
	if !adjusts {
		return 0
	}
	return doc.Calendar.Workdays().Add(period.Last(), int(p.Index.Adjust.FinalDays))
}

// openRows are the windows that something can still happen to, in order of their deadlines.
func (p *slaPass) openRows() (out []SLARow, err error) {
	var keys []string
	if err := p.rows.Scan(slaOpenPrefix, func(key string, _ []byte) (bool, error) {
		keys = append(keys, key[len(slaOpenPrefix):])
		return true, nil
	}); err != nil {
		return nil, err
	}
	for _, key := range keys {
		var row SLARow
		if _, err := get(p.rows, slaPrefix+key, &row); err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	slices.SortStableFunc(out, func(a, b SLARow) int {
		return cmp.Or(cmp.Compare(a.Until, b.Until), cmp.Compare(a.Contract, b.Contract), cmp.Compare(a.Period.Start, b.Period.Start), cmp.Compare(a.SLA, b.SLA))
	})
	return out, nil
}

// work marks what the author passes and evaluates what is ready. It tells whether a window came to its end.
func (p *slaPass) work() (ended bool, err error) {
	rows, err := p.openRows()
	if err != nil {
		return false, err
	}
	for _, row := range rows {
		passed := p.pass(&row.Passed, row.Until)
		passed = p.pass(&row.Rebutted, row.Rebut) || passed
		moved, err := p.advance(&row)
		if err != nil {
			return false, err
		}
		if !passed && !moved {
			continue
		}
		if err := p.putSLA(row); err != nil {
			return false, err
		}
		ended = ended || row.State == SLAFinal || row.State == SLAVoid
	}
	return ended, nil
}

func (p *slaPass) putSLA(row SLARow) error {
	key := slaKey(row.Window)
	if row.State == SLAFinal || row.State == SLAVoid {
		if err := p.rows.Delete(slaOpenPrefix + key); err != nil {
			return err
		}
	}
	return put(p.rows, slaPrefix+key, row)
}

// pass notes that the author's claimed time is beyond a deadline, if this is its first such entry.
func (p *slaPass) pass(list *[]SLAPassing, deadline int64) bool {
	if _, party := p.sides[p.author.Company]; !party || p.side != nil || p.entry.Header.T < deadline+decision.Grace || slices.ContainsFunc(*list, func(x SLAPassing) bool { return x.Member == p.author.Company }) {
		return false
	}
	*list = append(*list, SLAPassing{Member: p.author.Company, Seq: p.entry.Header.Seq, T: p.entry.Header.T, Saw: slices.Clone(p.entry.Clock)})
	return true
}

// schedule keeps, for each member, the earliest time of an entry of its at which something can happen.
func (p *slaPass) schedule(agreed []agreedSLA, full bool) error {
	const never = int64(1) << 62
	end := never
	for _, a := range agreed {
		err := p.windows(a, func(_ terms.SLA, w terms.Span) (bool, error) {
			end = min(end, lastOf(a.Document, w.Period.Last())+1)
			return false, nil
		})
		if err != nil {
			return err
		}
	}
	if full {
		end = 0
	}
	rows, err := p.openRows()
	if err != nil {
		return err
	}
	for _, m := range p.genesis.Members {
		if _, party := p.sides[m.Company]; !party {
			continue
		}
		next := end
		for _, row := range rows {
			for _, d := range []struct {
				list []SLAPassing
				at   int64
			}{{row.Passed, row.Until}, {row.Rebutted, row.Rebut}} {
				if !slices.ContainsFunc(d.list, func(x SLAPassing) bool { return x.Member == m.Company }) {
					next = min(next, d.at+decision.Grace)
				}
			}
		}
		if next == never {
			if err := p.rows.Delete(slaNextKey(m.Company)); err != nil {
				return err
			}
			continue
		}
		if err := put(p.rows, slaNextKey(m.Company), next); err != nil {
			return err
		}
	}
	return nil
}
