package ical

import (
	"time"

	ics "github.com/arran4/golang-ical"

	"kontor/protocol/calendar"
)

// What marks an entry as a meeting of the terms: a category, which calendar programs keep and people can set, and the ID in the terms, which
// some programs drop.
const (
	cadenceCategory = "CADENCE"
	cadenceProperty = ics.ComponentProperty("X-KONTOR-CADENCE")
)

// Recurring is a meeting that comes back by a rule.
type Recurring struct {
	UID      string // the same through all its changes
	Sequence int64
	Stamp    int64  // ms UTC
	ID       string // in the terms
	Title    string
	First    calendar.Date // the first day on which it is held
	RRule    string
}

// WriteCadences makes a calendar file of meetings, one recurring entry for each, whole days in a zone. Read gives each back with its ID, its
// first day and its rule.
func WriteCadences(name, zone string, meetings []Recurring) []byte {
	cal := ics.NewCalendarFor("kontor")
	cal.SetProductId("-//kontor//cadence//EN")
	cal.SetName(name)
	cal.SetXWRTimezone(zone)
	for _, m := range meetings {
		v := cal.AddEvent(m.UID + domain)
		v.SetDtStampTime(time.UnixMilli(m.Stamp).UTC())
		v.SetSequence(int(m.Sequence))
		v.SetSummary(m.Title)
		v.AddCategory(cadenceCategory)
		v.SetProperty(cadenceProperty, m.ID)
		v.SetAllDayStartAt(timeOf(m.First))
		v.SetAllDayEndAt(timeOf(m.First.AddDays(1)))
		v.AddRrule(m.RRule)
		v.SetStatus(ics.ObjectStatusConfirmed)
	}
	return []byte(cal.Serialize(ics.WithNewLineWindows))
}
