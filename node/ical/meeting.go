package ical

import (
	"crypto/sha256"
	"encoding/hex"
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
	return []byte(cal.Serialize(ics.WithNewLineWindows))
}

// shutdownCategory marks entries on which a production line makes nothing.
const shutdownCategory = "SHUTDOWN"

// Closed are days on which a production line makes nothing.
type Closed struct {
	Line string
	Days calendar.Bucket
}

// WriteClosed makes a calendar file of shutdowns. An entry's UID is of its line and first day, so that a later file changes what an earlier one said.
func WriteClosed(name string, stamp int64, closed []Closed) []byte {
	cal := ics.NewCalendarFor("kontor")
	cal.SetProductId("-//kontor//shutdowns//EN")
	cal.SetName(name)
	for _, c := range closed {
		line := sha256.Sum256([]byte(c.Line))
		v := cal.AddEvent(hex.EncodeToString(line[:8]) + "-" + c.Days.Start.String() + domain)
		v.SetDtStampTime(time.UnixMilli(stamp).UTC())
		v.SetSummary("shutdown of " + c.Line)
		v.SetLocation(c.Line)
		v.AddCategory(shutdownCategory)
		v.SetAllDayStartAt(timeOf(c.Days.Start))
		v.SetAllDayEndAt(timeOf(c.Days.End))
		v.SetStatus(ics.ObjectStatusConfirmed)
	}
	return []byte(cal.Serialize(ics.WithNewLineWindows))
}
