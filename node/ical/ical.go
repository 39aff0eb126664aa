// Package ical writes campaign calendars as iCalendar (RFC 5545), for the calendars that people look at, and reads such files.
//
// Write makes a file of events and blackouts; Read gives what a file says, as days.
//
// Guarantees: an event keeps its UID through all revisions, and its SEQUENCE rises with them, so that a subscribed calendar moves it
// instead of showing it twice; days are whole days, the end exclusive, as VALUE=DATE has them. Read is bounded and touches no network; days
// taken out of a recurrence (EXDATE), added to it (RDATE) or moved in it (RECURRENCE-ID) are those of RFC 5545, as spans side by side.
package ical

import (
	"fmt"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/campaign"
	"kontor/protocol/forecast"
)

// Bounds of a file that is read.
const (
	MaxBytes   = 8 << 20
	MaxEntries = 5_000
	MaxSpans   = 100 // of one entry: a recurrence with more exceptions than that is no rule any more
)

// domain ends every UID written here.
const domain = "@kontor"

// UID is the name an event or blackout of a series has in every calendar, through all its revisions.
func UID(series artifact.SeriesID, key string) string { return series.String() + "/" + key + domain }

// Entry is one thing of a file: all its components of one UID.
type Entry struct {
	UID      string
	Sequence int64 // the highest of its components
	Summary  string
	Location string
	Shutdown bool   // of the category SHUTDOWN
	Marked   bool   // of the category CADENCE: meetings that companies agree on
	Cadence  string // X-KONTOR-CADENCE: the meeting of the terms that it is; "" in files of other programs
	Zone     string // of its time of day, as the file names it; "" where it is whole days or no zone is named
	Clock    string // time of day of its start, HHMM; "" for whole days
	Spans    []Span // the first is that of the entry itself; none where it has no day left
	Canceled bool
	Free     bool     // TRANSP:TRANSPARENT: it takes no time of anybody's
	Notes    []string // what was left out, or done, that the days don't show
}

// Span is days, once or by a rule.
type Span struct {
	Days  calendar.Bucket
	RRule string // RFC 5545; "" = once
}

// Key is the row key inside a series that a UID written here names; false for UIDs of other programs.
func (e Entry) Key(series artifact.SeriesID) (string, bool) {
	key, ok := strings.CutPrefix(e.UID, series.String()+"/")
	if !ok {
		return "", false
	}
	return strings.CutSuffix(key, domain)
}

// Write makes a calendar file of what the documents hold. Where an event is not open any more it stands as cancelled.
func Write(name string, docs ...campaign.Document) []byte {
	cal := ics.NewCalendarFor("kontor")
	cal.SetProductId("-//kontor//campaign calendar//EN")
	cal.SetName(name)
	for _, d := range docs {
		stamp := time.UnixMilli(d.Header.Issued).UTC()
		add := func(key, summary string, days calendar.Bucket) *ics.VEvent {
			v := cal.AddEvent(UID(d.Header.Series, key))
			v.SetDtStampTime(stamp)
			v.SetSequence(int(d.Header.Revision))
			v.SetSummary(summary)
			v.SetAllDayStartAt(timeOf(days.Start))
			v.SetAllDayEndAt(timeOf(days.End))
			return v
		}
		for _, e := range d.Events {
			v := add(e.Key(), e.Name, e.Period)
			v.SetStatus(status(e.Status))
			v.SetDescription(describe(e))
			v.AddCategory(string(e.Kind))
			if places := placesOf(e.Places); places != "" {
				v.SetLocation(places)
			}
			if e.SellIn != nil {
				in := add(e.Key()+"|shipPeriod", e.Name+": deliveries", *e.SellIn)
				in.SetStatus(status(e.Status))
			}
		}
		for _, b := range d.Blackouts {
			v := add(b.Key(), fmt.Sprintf("no campaigns (%s)", b.Reason), b.Period)
			v.SetDescription(strings.TrimSpace(b.Note + " " + strings.Join(b.Items, ", ")))
			v.AddCategory("BLACKOUT")
			if b.RRule != "" {
				v.AddRrule(b.RRule)
			}
		}
	}
	return []byte(cal.Serialize(ics.WithNewLineWindows))
}

func status(s campaign.Status) ics.ObjectStatus {
	switch {
	case s == campaign.Planned || s == campaign.Active || s == campaign.Completed:
		return ics.ObjectStatusConfirmed
	case s.Open():
		return ics.ObjectStatusTentative
	}
	return ics.ObjectStatusCancelled
}

func describe(e campaign.Event) string {
	var items []string
	for _, i := range e.Items {
		items = append(items, i.ID())
	}
	return fmt.Sprintf("%s; items %s", e.Status, strings.Join(items, ", "))
}

func placesOf(places []forecast.Location) string {
	var names []string
	for _, p := range places {
		names = append(names, p.Key())
	}
	return strings.Join(names, ", ")
}

func timeOf(d calendar.Date) time.Time { return time.UnixMilli(d.Millis()).UTC() }
