package protocol

import (
	"slices"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/cadence"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
)

func init() {
	for code, text := range map[string]string{
		cadence.CodeMinutes: "minutes name their type, this partnership, a cadence and a day, and have 1 to 32 lines",
		cadence.CodeLine:    "a line of minutes lacks what its kind needs, or has what only another kind has",
		cadence.CodeAction:  "an action names a party, an officer role, a day not before the meeting and what will show that it is done",
		cadence.CodeLink:    "the agreement that a line names is not final in this partnership, or the action's party is no party of it",
		cadence.CodeAuthor:  "who wrote the minutes or answers them is no party of this partnership",
		cadence.CodeTwice:   "this party has said its word on these minutes",
		cadence.CodeUnknown: "no such minutes are held",
		cadence.CodeAnswer:  "an objection says in 1 to 500 bytes of plain text what is wrong",
		cadence.CodeTopic:   "the minutes have no such line for a topic, or a topic was opened of it already",
	} {
		Sentences[code] = text
	}
}

// MinutesRow is what was written down of a meeting, and each party's word on it.
type MinutesRow struct {
	cadence.Minutes
	ID    block.CID     `cbor:"id" json:"id"`       // of the document
	By    block.CID     `cbor:"by" json:"by"`       // who wrote it first
	Entry block.CID     `cbor:"entry" json:"entry"` // by which
	T     int64         `cbor:"t" json:"t"`         // claimed time of that entry, ms UTC
	Words []MinutesWord `cbor:"words" json:"words"` // in the order of the fold; who wrote it has said yes
}

// MinutesWord is one party's word on minutes.
type MinutesWord struct {
	By     block.CID `cbor:"by" json:"by"`
	Entry  block.CID `cbor:"entry" json:"entry"`
	T      int64     `cbor:"t" json:"t"`                               // claimed time, ms UTC
	Reject string    `cbor:"reject,omitempty" json:"reject,omitempty"` // what is wrong; empty: yes
}

// Word is a party's word; ok is false where it has said none.
func (m MinutesRow) Word(company block.CID) (w MinutesWord, ok bool) {
	i := slices.IndexFunc(m.Words, func(w MinutesWord) bool { return w.By == company })
	if i < 0 {
		return w, false
	}
	return m.Words[i], true
}

// Stands tells whether an action stands: its own party has said yes. Nobody writes work into another's book.
func (m MinutesRow) Stands(l cadence.Line) bool {
	if l.Kind != cadence.Action {
		return false
	}
	w, ok := m.Word(*l.Party)
	return ok && w.Reject == ""
}

// MinutedRow names the topic that was opened of a line of minutes: there is one at most.
type MinutedRow struct {
	Topic block.CID `cbor:"topic" json:"topic"`
}

const (
	minutesPrefix = "minutes/"
	minutedPrefix = "minuted/"
)

func minutesKey(id block.CID) string { return minutesPrefix + id.String() }

func minutedKey(m decision.Minuted) string {
	return minutedPrefix + m.Minutes.String() + "/" + m.Line
}

// isParty tells whether the entry's author takes sides: an observer, a witness and an arbiter do not.
func (f *fold) isParty(company block.CID) bool {
	return slices.ContainsFunc(parties(f.genesis), func(m decision.Member) bool { return m.Company == company })
}

func applyMinutes(f *fold) ([]string, error) {
	m, err := cadence.ParseMinutes(f.body)
	if err != nil {
		return []string{codeBody}, nil
	}
	if findings := m.Check(f.replica.PID); len(findings) > 0 {
		return artifact.Codes(findings), nil
	}
	if !f.isParty(f.author.Company) {
		return []string{cadence.CodeAuthor}, nil
	}
	var row MinutesRow
	known, err := get(f.rows, minutesKey(*f.entry.Header.Body), &row)
	if err != nil {
		return nil, err
	}
	if known { // the same words written by another are its yes
		return f.sayOfMinutes(row, "")
	}
	for _, l := range m.Lines {
		if l.Party != nil && !f.isParty(*l.Party) {
			return []string{cadence.CodeAction}, nil
		}
		if l.Agreement == nil {
			continue
		}
		round, doc, found, err := f.round(*l.Agreement)
		if err != nil {
			return nil, err
		}
		bound := func(p decision.AgreementParty) bool { return l.Party == nil || p.Company == *l.Party }
		if !found || round.Verdict != decision.Final || !slices.ContainsFunc(doc.Parties, bound) {
			return []string{cadence.CodeLink}, nil
		}
	}
	row = MinutesRow{Minutes: m, ID: *f.entry.Header.Body, By: f.author.Company, Entry: f.entry.CID, T: f.entry.Header.T}
	return f.sayOfMinutes(row, "")
}

func applyMinutesAnswer(f *fold) ([]string, error) {
	var a cadence.MinutesAnswer
	if block.Unmarshal(f.body, &a) != nil {
		return []string{codeBody}, nil
	}
	if findings := a.Check(); len(findings) > 0 {
		return artifact.Codes(findings), nil
	}
	if !f.isParty(f.author.Company) {
		return []string{cadence.CodeAuthor}, nil
	}
	var row MinutesRow
	if known, err := get(f.rows, minutesKey(a.Minutes), &row); err != nil || !known {
		return []string{cadence.CodeUnknown}, err
	}
	return f.sayOfMinutes(row, a.Reject)
}

func (f *fold) sayOfMinutes(row MinutesRow, reject string) ([]string, error) {
	if _, said := row.Word(f.author.Company); said {
		return []string{cadence.CodeTwice}, nil
	}
	row.Words = append(row.Words, MinutesWord{By: f.author.Company, Entry: f.entry.CID, T: f.entry.Header.T, Reject: reject})
	return nil, put(f.rows, minutesKey(row.ID), row)
}

// openMinuted refuses a topic that says it was opened of a line of which none can be opened, or no other.
func (f *fold) openMinuted(m decision.Minuted) ([]string, error) {
	var row MinutesRow
	if known, err := get(f.rows, minutesKey(m.Minutes), &row); err != nil || !known {
		return []string{cadence.CodeTopic}, err
	}
	if l, ok := row.Line(m.Line); !ok || l.Kind != cadence.ToTopic {
		return []string{cadence.CodeTopic}, nil
	}
	if done, err := f.rowExists(minutedKey(m)); err != nil || done {
		return []string{cadence.CodeTopic}, err
	}
	return nil, nil
}

// minutedStep takes a report about an action of minutes; known is false where the document is none.
func (f *fold) minutedStep(m MilestoneReport) (codes []string, known bool, err error) {
	var row MinutesRow
	if known, err = get(f.rows, minutesKey(m.Document), &row); err != nil || !known {
		return nil, false, err
	}
	l, ok := row.Line(m.Milestone)
	switch {
	case !ok || !row.Stands(l) || *l.Party != f.author.Company:
		return []string{codeMilestone}, true, nil
	case !decision.ValidProof(m.Proof):
		return []string{codeProof}, true, nil
	}
	codes, err = f.putMilestone(m)
	return codes, true, err
}

// Minutes lists what was written down of meetings, in the order of the documents' names.
func (r *Replica) Minutes() (out []MinutesRow, err error) {
	err = scanRows(r.Rows(), minutesPrefix, func(_ string, row MinutesRow) error {
		out = append(out, row)
		return nil
	})
	return out, err
}

// Minuted is the topic that was opened of a line of minutes; ok is false where there is none yet.
func (r *Replica) Minuted(minutes block.CID, line string) (topic block.CID, ok bool, err error) {
	var row MinutedRow
	ok, err = get(r.Rows(), minutedKey(decision.Minuted{Minutes: minutes, Line: line}), &row)
	return row.Topic, ok, err
}

// MinutedAction is an action of minutes that stands.
type MinutedAction struct {
	Minutes   block.CID
	Line      string
	Agreement *block.CID // to whose rollout plan it belongs; nil: to none
	Step      decision.Milestone
	Done      *MilestoneRow // nil: not reported
}

// ActionName is how people name line n of minutes: the short form of the minutes, a dot and the line.
func ActionName(minutes block.CID, line string) string { return minutes.Short() + "." + line }

// Actions lists the actions of minutes that stand, in the order of the minutes' names and their lines.
func (r *Replica) Actions() (out []MinutedAction, err error) {
	list, err := r.Minutes()
	if err != nil {
		return nil, err
	}
	for _, m := range list {
		var done map[string]MilestoneRow
		for i, l := range m.Lines {
			if !m.Stands(l) {
				continue
			}
			if done == nil {
				if done, err = r.Milestones(m.ID); err != nil {
					return nil, err
				}
			}
			a := MinutedAction{Minutes: m.ID, Line: cadence.LineID(i), Agreement: l.Agreement}
			a.Step = l.Step(ActionName(m.ID, a.Line))
			if row, reported := done[a.Line]; reported {
				a.Done = &row
			}
			out = append(out, a)
		}
	}
	return out, nil
}

// State tells where the action stands on a day.
func (a MinutedAction) State(on calendar.Date) decision.StepState {
	done := map[string]bool{a.Step.ID: a.Done != nil}
	return decision.Agreement{}.Step(a.Step, done, on)
}
