package protocol

import (
	"kontor/protocol/remedy"
)

func init() {
	for code, text := range map[string]string{
		remedy.CodeForm:    "the act on remedies is of no known kind, or has parts of another",
		remedy.CodeUnknown: "no such entry of a remedy, or no such window of an SLA, is held here",
		remedy.CodeSide:    "this act is the other side's: who owes acknowledges, who is owed requests",
		remedy.CodeStatus:  "the entry does not stand where this act would take it from: kontor remedy list",
		remedy.CodeLate:    "the time to dispute the entry is over",
		remedy.CodeFigures: "the window's figures are not apart, or its result is final by reports that agree",
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
	if act.Verb == remedy.Agree {
		return f.agreeFigures(*act.Window)
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
		var row SLARow
		if _, err := get(f.rows, slaPrefix+slaKey(i.Window), &row); err != nil {
			return nil, err
		}
		doc, err := f.replica.Terms(row.Terms)
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
