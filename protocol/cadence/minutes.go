package cadence

import (
	"fmt"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
)

// MinutesType is the document type of version 1.
const MinutesType = "Minutes.v1"

// Extra is the cadence of a meeting that the terms do not name: held because something asked for it.
const Extra = "extra"

// Bounds of minutes.
const (
	MaxLines   = 32 // lines of one record: three for each item of an agenda, and two more
	MaxCadence = 64 // bytes of a cadence's ID
)

// Codes of findings about minutes.
const (
	CodeMinutes = "MINUTES-01" // the form: type, partnership, meeting, number of lines
	CodeLine    = "MINUTES-02" // a line lacks what its kind needs, or has what another kind needs
	CodeAction  = "MINUTES-03" // an action without party, officer role, day or proof, or due before the meeting
	CodeLink    = "MINUTES-04" // an action is added to an agreement that is not final here, or binds who is no party of it
	CodeAuthor  = "MINUTES-05" // who speaks is no party
	CodeTwice   = "MINUTES-06" // this party has said its word on these minutes
	CodeUnknown = "MINUTES-07" // no such minutes
	CodeAnswer  = "MINUTES-08" // an objection without a reason in plain text, or a reason without an objection
	CodeTopic   = "MINUTES-09" // a topic names a line that is none for a topic, or of which a topic was opened
)

// LineKind says what a line of minutes becomes.
type LineKind string

// The kinds of lines.
const (
	Decided LineKind = "DECIDED" // kept in words; it binds nobody
	Action  LineKind = "ACTION"  // a step with owner, day and proof, of a party; it stands when that party has said yes to the minutes
	ToTopic LineKind = "TOPIC"   // a matter for the officers: a topic is opened of it, once
)

// Minutes are what one party wrote down of a meeting. The other parties say yes or object; the same minutes written by two are one.
type Minutes struct {
	Type        string        `cbor:"type" json:"type"`
	Partnership block.CID     `cbor:"pid" json:"pid"`
	Cadence     string        `cbor:"cadence" json:"cadence"` // ID in the terms, or "extra"
	Day         calendar.Date `cbor:"day" json:"day"`         // of the meeting
	Lines       []Line        `cbor:"lines" json:"lines"`     // line n at index n-1
}

// Line is one line of minutes.
type Line struct {
	Kind LineKind `cbor:"kind" json:"kind"`
	Text string   `cbor:"text" json:"text"` // 1 to decision.MaxNote bytes of plain text; of a TOPIC its title

	Party     *block.CID    `cbor:"party,omitempty" json:"party,omitempty"`         // of an ACTION: whose step it is
	Owner     decision.Role `cbor:"owner,omitempty" json:"owner,omitempty"`         // of an ACTION: the officer who answers for it
	Due       calendar.Date `cbor:"due,omitzero" json:"due,omitzero"`               // of an ACTION
	Proof     string        `cbor:"proof,omitempty" json:"proof,omitempty"`         // of an ACTION: what shows that it is done
	Agreement *block.CID    `cbor:"agreement,omitempty" json:"agreement,omitempty"` // of an ACTION: to whose rollout plan it is added; of a TOPIC: what is to be amended

	Topic decision.Kind `cbor:"topic,omitempty" json:"topic,omitempty"` // of a TOPIC
	Cause *block.CID    `cbor:"cause,omitempty" json:"cause,omitempty"` // of a TOPIC: the exception it is about
}

// LineID is the name of line index i, from 0.
func LineID(i int) string { return fmt.Sprint(i + 1) }

// Line finds a line by its name.
func (m Minutes) Line(id string) (Line, bool) {
	for i, l := range m.Lines {
		if LineID(i) == id {
			return l, true
		}
	}
	return Line{}, false
}

// Block is the document as it is hashed and sent; its CID names the minutes.
func (m Minutes) Block() (block.Block, error) { return block.New(m) }

// ParseMinutes reads a document. It is strict about the form only; Check judges the content.
func ParseMinutes(data []byte) (Minutes, error) {
	var m Minutes
	if err := block.Unmarshal(data, &m); err != nil {
		return Minutes{}, err
	}
	return m, nil
}

// Check judges what can be judged from the document alone; nil where it can stand.
func (m Minutes) Check(pid block.CID) []artifact.Finding {
	var f artifact.Report
	if m.Type != MinutesType || m.Partnership != pid || m.Cadence == "" || len(m.Cadence) > MaxCadence || !decision.ValidProof(m.Cadence) || !m.Day.Valid() {
		f.Add(CodeMinutes, "", "minutes name their type %q, the partnership, a cadence and a day", MinutesType)
	}
	if len(m.Lines) == 0 || len(m.Lines) > MaxLines {
		f.Add(CodeMinutes, "lines", "%d lines, want 1 to %d", len(m.Lines), MaxLines)
		return f.Findings()
	}
	for i, l := range m.Lines {
		l.check(&f, fmt.Sprintf("lines[%d]", i), m.Day)
	}
	return f.Findings()
}

func (l Line) check(f *artifact.Report, at string, day calendar.Date) {
	acts := l.Party != nil || l.Owner != "" || l.Due != 0 || l.Proof != ""
	asks := l.Topic != "" || l.Cause != nil
	if !decision.ValidProof(l.Text) {
		f.Add(CodeLine, at+".text", "a line says in 1 to %d bytes of plain text what was said", decision.MaxNote)
	}
	switch l.Kind {
	case Decided:
		if acts || asks || l.Agreement != nil {
			f.Add(CodeLine, at, "a decision is kept in words alone: what binds is a topic, what is to be done an action")
		}
	case Action:
		if asks {
			f.Add(CodeLine, at, "an action names no kind of topic and no exception")
		}
		if l.Party == nil || !l.Party.Defined() || !l.Owner.Known() || !l.Due.Valid() || l.Due < day || !decision.ValidProof(l.Proof) {
			f.Add(CodeAction, at, "an action names its party, an officer role, a day not before the meeting and what will show that it is done")
		}
	case ToTopic:
		if acts {
			f.Add(CodeLine, at, "a topic has no owner, day or proof: what is agreed in it has")
		}
		if !l.Topic.Known() || len(l.Text) > artifact.MaxName {
			f.Add(CodeLine, at, "a topic is of one of the four kinds, and its title has at most %d bytes", artifact.MaxName)
		}
	default:
		f.Add(CodeLine, at+".kind", "unknown kind of line %q; want DECIDED, ACTION or TOPIC", artifact.Clip(string(l.Kind)))
	}
}

// Step is an action as a milestone of a rollout plan, under the name that people use for it.
func (l Line) Step(name string) decision.Milestone {
	return decision.Milestone{ID: name, Title: l.Text, Party: *l.Party, Owner: l.Owner, Due: l.Due, After: []string{}, Proof: l.Proof}
}

// MinutesAnswer is a party's word on minutes that another wrote.
type MinutesAnswer struct {
	Minutes block.CID `cbor:"minutes" json:"minutes"`
	Reject  string    `cbor:"reject,omitempty" json:"reject,omitempty"` // why they are wrong; empty: they are right
}

// Check judges the form of an answer.
func (a MinutesAnswer) Check() []artifact.Finding {
	var f artifact.Report
	if !a.Minutes.Defined() || a.Reject != "" && !decision.ValidProof(a.Reject) {
		f.Add(CodeAnswer, "reject", "an objection says in at most %d bytes of plain text what is wrong", decision.MaxNote)
	}
	return f.Findings()
}
