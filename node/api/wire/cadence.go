package wire

import (
	"kontor/protocol/block"
	"kontor/protocol/cadence"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
)

// Routes of the cadence.
var (
	CadenceShow = Get[CadenceQuery, CadenceReport]("/v1/cadence/show", View,
		"Show the next meetings of the terms in force: steps, owners, inputs, gates, and the agenda as both nodes compute it.").Slow(matchTime)
	CadenceCalendar = Get[CadenceQuery, CadenceFile]("/v1/cadence/ics", View,
		"The next meetings and their steps as an iCalendar file: titles only, no figures.").Slow(matchTime)
	CadenceMinutes = Get[CadenceQuery, MinutesReport]("/v1/cadence/minutes", View,
		"What came of the meetings since a day: topics, agreements, milestones, and what was written down, as both sides signed them.")
	CadenceRecord = Post[MinutesRequest, MinutesReceipt]("/v1/cadence/record", Work,
		"Write down what a meeting decided, who does what by when, and what goes to the officers: topics are opened of it. The same request again changes nothing.").Slow(matchTime)
	CadenceConfirm = Post[MinutesAnswerRequest, MinutesReceipt]("/v1/cadence/confirm", Work,
		"Say that a partner's minutes are right, which lets the actions of this company stand, or what is wrong with them.")
	CadenceDone = Post[MinutesDoneRequest, MinutesReceipt]("/v1/cadence/done", Work,
		"Report an action of minutes done, with what shows it.")
)

// CadenceQuery asks for meetings.
type CadenceQuery struct {
	With    string `json:"with,omitempty"`
	Cadence string `json:"cadence,omitempty" doc:"ID in the terms; empty: all"`
	From    string `json:"from,omitempty" doc:"day YYYY-MM-DD; empty: today"`
	Most    int    `json:"most,omitempty" doc:"meetings of each cadence; 0: the next one"`
	Rules   bool   `json:"rules,omitempty" doc:"in a file: each cadence as one recurring entry with its rule"`
}

// CadenceReport is what comes next.
type CadenceReport struct {
	With       string    `json:"with"`
	Meetings   []Meeting `json:"meetings"`
	Restricted bool      `json:"restricted,omitempty" doc:"the caller does not see every product: the partner's agenda may have more"`
}

// Meeting is one meeting with its steps and its agenda.
type Meeting struct {
	Contract string        `json:"contract"`
	Cadence  string        `json:"cadence"`
	Name     string        `json:"name"`
	Day      calendar.Date `json:"day"`
	Gates    []string      `json:"gates,omitempty" doc:"the terms' own"`
	Steps    []MeetingStep `json:"steps"`
	Agenda   cadence.Plan  `json:"agenda"`
	Canceled bool          `json:"canceled" doc:"nothing is to be talked about: it is not held"`
	Digest   string        `json:"digest" doc:"of the agenda, to compare with the partner's"`
}

// MeetingStep is a step and whether what it needs is there.
type MeetingStep struct {
	cadence.Step
	Met     bool   `json:"met"`
	Missing string `json:"missing,omitempty"`
}

// CadenceFile is an iCalendar file.
type CadenceFile struct {
	Events int    `json:"events"`
	ICS    string `json:"ics"`
}

// MinutesReport is what came of meetings.
type MinutesReport struct {
	Since    calendar.Date     `json:"since"`
	Lines    []MinutesLine     `json:"lines" doc:"by time"`
	Recorded []RecordedMinutes `json:"recorded" doc:"what was written down of meetings, by day; tokens for some products see none"`
}

// RecordedMinutes are what a party wrote down of a meeting, with every party's word on it.
type RecordedMinutes struct {
	ID      string         `json:"id"`
	With    string         `json:"with"`
	Cadence string         `json:"cadence"`
	Day     calendar.Date  `json:"day"`
	By      string         `json:"by"`
	T       int64          `json:"t" doc:"claimed time of the entry, ms UTC"`
	Words   []MinutesWord  `json:"words" doc:"of every party"`
	Lines   []RecordedLine `json:"lines"`
}

// MinutesWord is one party's word on minutes.
type MinutesWord struct {
	Name        string `json:"name"`
	Own         bool   `json:"own"`
	Said        string `json:"said" doc:"yes or no; empty: nothing yet"`
	Reject      string `json:"reject,omitempty" doc:"what is wrong"`
	T           int64  `json:"t,omitempty" doc:"when, ms UTC"`
	SilentSince int64  `json:"silent_since,omitempty" doc:"of a party that said nothing: since when, ms UTC"`
}

// RecordedLine is a line of minutes and what became of it.
type RecordedLine struct {
	Name      string             `json:"name" doc:"to speak of it: kontor cadence done"`
	Kind      cadence.LineKind   `json:"kind" doc:"DECIDED, ACTION or TOPIC"`
	Text      string             `json:"text"`
	Party     string             `json:"party,omitempty"`
	Owner     decision.Role      `json:"owner,omitempty"`
	Due       calendar.Date      `json:"due,omitzero"`
	Proof     string             `json:"proof,omitempty" doc:"what will show that it is done, or the report's word"`
	Agreement string             `json:"agreement,omitempty" doc:"to whose rollout plan it belongs"`
	Stands    bool               `json:"stands" doc:"of an action: its party has said yes"`
	State     decision.StepState `json:"state,omitempty"`
	Topic     string             `json:"topic,omitempty" doc:"opened of it"`
}

// MinutesRequest is what a meeting brought.
type MinutesRequest struct {
	With      string          `json:"with,omitempty"`
	Cadence   string          `json:"cadence,omitempty" doc:"ID in the terms, or extra; empty: the only one of the terms"`
	Day       string          `json:"day,omitempty" doc:"of the meeting, YYYY-MM-DD; empty: the last one, today at the latest"`
	Decided   []string        `json:"decided,omitempty" doc:"in words, which bind nobody"`
	Actions   []MinutesAction `json:"actions,omitempty"`
	Topics    []MinutesTopic  `json:"topics,omitempty"`
	Agreement string          `json:"agreement,omitempty" doc:"final agreement to whose rollout plan the actions are added, and which the topics are to amend"`
}

// MinutesAction is a step that a party is to do.
type MinutesAction struct {
	Side  string        `json:"side" doc:"buyer, seller, another role in the partnership, or a company's name"`
	Owner decision.Role `json:"owner"`
	Due   string        `json:"due" doc:"YYYY-MM-DD"`
	Text  string        `json:"text"`
	Proof string        `json:"proof" doc:"what will show that it is done"`
}

// MinutesTopic is a matter for the officers.
type MinutesTopic struct {
	Kind      decision.Kind `json:"kind,omitempty" doc:"empty: that of the exception, else DEMAND_CAPACITY"`
	Title     string        `json:"title"`
	Exception string        `json:"exception,omitempty" doc:"ID of the exception it is about: its ways out become the options"`
}

// MinutesReceipt confirms a word about minutes.
type MinutesReceipt struct {
	Partnership string   `json:"partnership"`
	Minutes     string   `json:"minutes"`
	Entry       string   `json:"entry,omitempty" doc:"empty: it was written before"`
	Seq         int64    `json:"seq,omitempty"`
	T           int64    `json:"t,omitempty"`
	Day         string   `json:"day,omitempty"`
	Cadence     string   `json:"cadence,omitempty"`
	Topics      []string `json:"topics,omitempty" doc:"opened of its lines, now or before"`
}

// MinutesAnswerRequest is a word on minutes.
type MinutesAnswerRequest struct {
	With    string `json:"with,omitempty"`
	Minutes string `json:"minutes,omitempty" doc:"ID or its end; empty: the only ones that wait for this company"`
	Reject  string `json:"reject,omitempty" doc:"what is wrong; empty: they are right"`
}

// MinutesDoneRequest reports an action done.
type MinutesDoneRequest struct {
	With     string     `json:"with,omitempty"`
	Action   string     `json:"action" doc:"name of the line, as in k3x9fqaa.2"`
	Proof    string     `json:"proof" doc:"what shows it"`
	Evidence *block.CID `json:"evidence,omitempty" doc:"a shared artifact"`
}

// MinutesLine is one thing that was begun, decided or done.
type MinutesLine struct {
	T     int64  `json:"t" doc:"claimed time of the entry, ms UTC"`
	With  string `json:"with"`
	What  string `json:"what"`
	Ref   string `json:"ref"`
	Title string `json:"title"`
}
