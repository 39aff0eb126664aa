package protocol

import (
	"slices"

	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/dispute"
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
		i, found, err := f.owedItem(id)
		if err != nil || !found {
			return []string{remedy.CodeUnknown}, err
		}
		t := f.entry.Header.T
		after, code := i.Do(act, remedy.Doer{Company: f.author.Company, Side: side, T: t, Day: dayOf(i.under, t)})
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

// owed is an entry and the terms it is by.
type owed struct {
	remedy.Item
	under terms.Document
}

// owedItem reads an entry and its terms.
func (f *fold) owedItem(id string) (o owed, found bool, err error) {
	if found, err = get(f.rows, remedyPrefix+id, &o.Item); err == nil && found {
		o.under, err = f.replica.Terms(*o.Terms)
	}
	return o, found, err
}

// contendAll opens a dispute about each entry named, or about none.
func (f *fold) contendAll(act remedy.Act) ([]string, error) {
	open := make([]owed, 0, len(act.Items))
	for _, id := range act.Items {
		i, found, err := f.owedItem(id)
		if err != nil || !found {
			return []string{remedy.CodeUnknown}, err
		}
		by, err := f.contender(i.under)
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
