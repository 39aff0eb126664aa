package ical

import (
	"time"

	ics "github.com/arran4/golang-ical"

	"kontor/protocol/calendar"
)

// Meeting is a day in a calendar: a title and nothing of what is talked about.
type Meeting struct {
	UID      string // the same through all its changes
	Sequence int64  // rises with each
	Stamp    int64  // of the last change, ms UTC
	Title    string
	Day      calendar.Date
	Canceled bool
}

// WriteMeetings makes a calendar file of meetings.
func WriteMeetings(name string, meetings []Meeting) []byte {
	cal := ics.NewCalendarFor("kontor")
	cal.SetProductId("-//kontor//cadence//EN")
	cal.SetName(name)
	for _, m := range meetings {
		v := cal.AddEvent(m.UID + domain)
		v.SetDtStampTime(time.UnixMilli(m.Stamp).UTC())
		v.SetSequence(int(m.Sequence))
		v.SetSummary(m.Title)
		v.SetAllDayStartAt(timeOf(m.Day))
		v.SetAllDayEndAt(timeOf(m.Day.AddDays(1)))
		v.SetStatus(ics.ObjectStatusConfirmed)
		if m.Canceled {
			v.SetStatus(ics.ObjectStatusCancelled)
		}
	}
	return []byte(cal.Serialize())
}
