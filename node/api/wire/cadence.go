package wire

import (
	"kontor/protocol/cadence"
	"kontor/protocol/calendar"
)

// Routes of the cadence.
var (
	CadenceShow = Get[CadenceQuery, CadenceReport]("/v1/cadence/show", View,
		"Show the next meetings of the terms in force: steps, owners, inputs, gates, and the agenda as both nodes compute it.").Slow(matchTime)
	CadenceCalendar = Get[CadenceQuery, CadenceFile]("/v1/cadence/ics", View,
		"The next meetings and their steps as an iCalendar file: titles only, no figures.").Slow(matchTime)
	CadenceMinutes = Get[CadenceQuery, MinutesReport]("/v1/cadence/minutes", View,
		"What came of the meetings since a day: topics, agreements, milestones, as both sides signed them.")
)

// CadenceQuery asks for meetings.
type CadenceQuery struct {
	With    string `json:"with,omitempty"`
	Cadence string `json:"cadence,omitempty" doc:"ID in the terms; empty: all"`
	From    string `json:"from,omitempty" doc:"day YYYY-MM-DD; empty: today"`
	Most    int    `json:"most,omitempty" doc:"meetings of each cadence; 0: the next one"`
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
	Since calendar.Date `json:"since"`
	Lines []MinutesLine `json:"lines" doc:"by time"`
}

// MinutesLine is one thing that was begun, decided or done.
type MinutesLine struct {
	T     int64  `json:"t" doc:"claimed time of the entry, ms UTC"`
	With  string `json:"with"`
	What  string `json:"what"`
	Ref   string `json:"ref"`
	Title string `json:"title"`
}
