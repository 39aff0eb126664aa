package protocol

import (
	"slices"

	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
	"kontor/protocol/dispute"
	"kontor/protocol/forecast"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
	"kontor/protocol/remedy"
	"kontor/protocol/state"
	"kontor/protocol/terms"
)

func init() {
	for code, text := range map[string]string{
		remedy.CodeForm:     "the act on remedies is of no known kind, or has parts of another",
		remedy.CodeUnknown:  "no such entry of a remedy, or no such window of an SLA, is held here",
		remedy.CodeSide:     "this act is the other side's: who owes acknowledges, who is owed requests",
		remedy.CodeStatus:   "the entry does not stand where this act would take it from: kontor remedy list",
		remedy.CodeLate:     "the time to dispute the entry is over",
		remedy.CodeClaim:    "no clause in force on the day brings this claim: no such clause, no event, not aged yet, or nothing is left below its cap",
		remedy.CodeTwice:    "the clause was claimed for this window, or this product and day, before",
		remedy.CodeMany:     "as many claims wait for an answer in this contract as may at once",
		remedy.CodeEvidence: "the evidence is not shared here: share or attach it first",
		remedy.CodeIndex:    "no price in force is adjusted by this index in that month, or this side has stated its value as often as it may",
		remedy.CodeLapse:    "silence is recorded by a side that passed the window's deadline, seven days after it, of one that wrote nothing since",
		remedy.CodeFigures:  "the window's figures are not apart, or its result is final by reports that agree",
	} {
		Sentences[code] = text
	}
}

func applyRemedy(f *fold) ([]string, error) {
	act, err := remedy.ParseAct(f.body)
	if err != nil {
		return []string{codeBody}, nil
	}
	if code := act.Check(); code != "" {
		return []string{code}, nil
	}
	side, party := sidesOf(f.genesis)[f.author.Company]
	if !party {
		return []string{remedy.CodeSide}, nil
	}
	if slices.Contains([]remedy.Verb{remedy.Agree, remedy.MakeClaim, remedy.State, remedy.Lapse}, act.Verb) {
		state.Opaque(f.rows) // documents and feeds are read beside rows
	}
	switch act.Verb {
	case remedy.Agree:
		return f.agreeFigures(*act.Window)
	case remedy.State:
		return f.stateIndex(*act.Point)
	case remedy.Lapse:
		return f.lapseWindow(*act.Window)
	case remedy.MakeClaim:
		return f.raiseClaim(*act.Claim, side)
	}
	if act.Verb == remedy.Dispute {
		return f.contendAll(act)
	}
	changed := make([]remedy.Item, 0, len(act.Items))
	for _, id := range act.Items {
		var i remedy.Item
		found, err := get(f.rows, remedyPrefix+id, &i)
		if err != nil {
			return nil, err
		}
		if !found {
			return []string{remedy.CodeUnknown}, nil
		}
		doc, err := f.replica.Terms(*i.Terms)
		if err != nil {
			return nil, err
		}
		t := f.entry.Header.T
		after, code := i.Do(act, remedy.Doer{Company: f.author.Company, Side: side, T: t, Day: dayOf(doc, t)})
		if code != "" {
			return []string{code}, nil
		}
		changed = append(changed, after)
	}
	for _, i := range changed {
		if err := put(f.rows, remedyPrefix+i.ID, i); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// contendAll opens a dispute about each entry named, or about none.
func (f *fold) contendAll(act remedy.Act) ([]string, error) {
	open := make([]remedy.Item, 0, len(act.Items))
	for _, id := range act.Items {
		var i remedy.Item
		found, err := get(f.rows, remedyPrefix+id, &i)
		if err != nil {
			return nil, err
		}
		if !found {
			return []string{remedy.CodeUnknown}, nil
		}
		doc, err := f.replica.Terms(*i.Terms)
		if err != nil {
			return nil, err
		}
		by, err := f.contender(doc)
		if err != nil {
			return nil, err
		}
		if _, code := i.Contend(by, act.Reason, ""); code != "" {
			return []string{code}, nil
		}
		open = append(open, i)
	}
	if full, err := f.disputesFull(f.ownSide(), len(open)); err != nil || full {
		return []string{dispute.CodeMany}, err
	}
	for _, i := range open {
		if codes, err := f.contend(i, act.Reason, nil); err != nil || len(codes) > 0 {
			return codes, err
		}
	}
	return nil, nil
}

// raiseClaim books a claim by the terms in force on its day.
func (f *fold) raiseClaim(c remedy.Claim, side terms.Party) ([]string, error) {
	if known, err := isShared(f.rows, *c.Evidence); err != nil || !known {
		return []string{remedy.CodeEvidence}, err
	}
	list, err := f.replica.TermsInForce(c.Day)
	if err != nil {
		return nil, err
	}
	for _, a := range list {
		if a.Document.Contract != c.Contract {
			continue
		}
		entries, err := f.replica.Remedies()
		if err != nil {
			return nil, err
		}
		i, code, err := remedy.Raise(c, a.Document, &a.Root, entries, side, dayOf(a.Document, f.entry.Header.T), func(clause terms.Authorisation) (quantity.Quantity, quantity.Quantity, error) {
			return f.authorised(a.Document, clause, c)
		})
		if err != nil {
			return nil, err
		}
		if code != "" {
			return []string{code}, nil
		}
		return nil, put(f.rows, remedyPrefix+i.ID, i)
	}
	return []string{remedy.CodeClaim}, nil
}

// agreeFigures takes the other side's figures of a window in which the two come to different things.
func (f *fold) agreeFigures(w remedy.Window) ([]string, error) {
	var row SLARow
	key := slaPrefix + slaKey(w)
	found, err := get(f.rows, key, &row)
	if err != nil {
		return nil, err
	}
	if !found {
		return []string{remedy.CodeUnknown}, nil
	}
	if row.Result() == nil || row.Result().Verdict != remedy.Unequal || row.Agreed != "" || row.State == SLAVoid {
		return []string{remedy.CodeFigures}, nil
	}
	row.Agreed = remedy.Other(sidesOf(f.genesis)[f.author.Company])
	row.State = SLAEvaluated // once more, by these figures
	if err := f.rows.Put(slaOpenPrefix+slaKey(w), []byte{}); err != nil {
		return nil, err
	}
	f.owing = true
	return nil, put(f.rows, key, row)
}

// lapseWindow records that the sides which wrote nothing since a window's deadline have let it pass (PROTOCOL 4). What they had seen of the reports by then
// nobody knows; what they write later comes too late. The deadline moves first, by what their node is seen to have been down.
func (f *fold) lapseWindow(w remedy.Window) ([]string, error) {
	var row SLARow
	key := slaPrefix + slaKey(w)
	found, err := get(f.rows, key, &row)
	if err != nil {
		return nil, err
	}
	if !found {
		return []string{remedy.CodeUnknown}, nil
	}
	reader := newSLAReader(f.replica, f.genesis, f.entry.Clock)
	if row.State == SLAWaiting && row.Outages == nil {
		doc, err := f.replica.Terms(row.Terms)
		if err != nil {
			return nil, err
		}
		if _, err := reader.extend(&row, doc); err != nil {
			return nil, err
		}
	}
	list, deadline := &row.Passed, row.Until
	if row.State == SLAEvaluated {
		list, deadline = &row.Rebutted, row.Rebut
	} else if row.State != SLAWaiting {
		return []string{remedy.CodeLapse}, nil
	}
	passed := func(company block.CID) bool {
		return slices.ContainsFunc(*list, func(x SLAPassing) bool { return x.Member == company })
	}
	lapsed := false
	for _, m := range f.genesis.Members {
		if _, party := reader.sides[m.Company]; !party || m.Company == f.author.Company || passed(m.Company) {
			continue
		}
		_, wrote, err := reader.passing(m.Company, deadline)
		if err != nil {
			return nil, err
		}
		if wrote || f.entry.Header.T < deadline+decision.LapseAfter {
			return []string{remedy.CodeLapse}, nil
		}
		*list = append(*list, SLAPassing{Member: m.Company, T: f.entry.Header.T, Saw: []int64{}, Lapsed: true})
		lapsed = true
	}
	if !lapsed {
		return []string{remedy.CodeLapse}, nil
	}
	f.owing = true
	return nil, put(f.rows, key, row)
}

// authorised is what may be left of an authorisation for a product: by the buyer's forecasts up to this entry, less what either side reports as received.
func (f *fold) authorised(doc terms.Document, a terms.Authorisation, c remedy.Claim) (finished, raw quantity.Quantity, err error) {
	reader := newSLAReader(f.replica, f.genesis, f.entry.Clock)
	since := a.Since(c.Day)
	lists, err := reader.between(forecast.Type, terms.Buyer, doc.Calendar.Begin(since), f.entry.Header.T, false, true)
	if err != nil {
		return finished, raw, err
	}
	received, err := reader.receivedSince(c.Product, calendar.Bucket{Start: since, End: doc.Calendar.Day(f.entry.Header.T).AddDays(1)})
	if err != nil {
		return finished, raw, err
	}
	for _, list := range lists {
		var versions []forecast.Document
		taken := map[string]terms.Position{}
		for _, v := range list {
			d, err := f.replica.Forecast(v.Root)
			if err != nil {
				return finished, raw, err
			}
			d.Lines = slices.DeleteFunc(d.Lines, func(l forecast.Line) bool {
				return l.Item.BuyersID != c.Product && l.Item.SellersID != c.Product && l.Item.GTIN != c.Product
			})
			for _, l := range d.Lines {
				taken[l.Key()] = terms.Position{Received: received[receivedAt{l.Location.Key(), l.Unit}]}
			}
			versions = append(versions, d)
		}
		exposed, err := doc.Exposure(versions, taken)
		if err != nil {
			continue // units that don't fit authorise nothing
		}
		for _, e := range exposed {
			if e.Clause != a.ID {
				continue
			}
			x, err := finished.Add(e.Finished)
			if err != nil {
				continue
			}
			y, err := raw.Add(e.Raw)
			if err != nil {
				continue
			}
			finished, raw = x, y
		}
	}
	return finished, raw, nil
}

// receivedAt is where something came, and how it is counted.
type receivedAt struct {
	place string
	unit  quantity.Unit
}

// receivedSince is what came of a product in a time, by place and unit: by the buyer's reports, or by the seller's where the buyer's say less.
func (s *slaReader) receivedSince(product string, within calendar.Bucket) (map[receivedAt]quantity.Quantity, error) {
	buyer, seller, err := s.ofWindow(within, int64(1)<<62, nil)
	if err != nil {
		return nil, err
	}
	out := map[receivedAt]quantity.Quantity{}
	for _, docs := range [][]performance.Document{buyer, seller} {
		side := map[receivedAt]quantity.Quantity{}
		for _, d := range docs {
			for _, x := range d.Cells {
				if x.Received == nil || !within.Covers(x.Bucket) || x.Item.BuyersID != product && x.Item.SellersID != product && x.Item.GTIN != product {
					continue
				}
				at := receivedAt{x.Place.Key(), x.Unit}
				if sum, err := side[at].Add(*x.Received); err == nil {
					side[at] = sum
				}
			}
		}
		for at, sum := range side {
			if out[at].Less(sum) {
				out[at] = sum
			}
		}
	}
	return out, nil
}
