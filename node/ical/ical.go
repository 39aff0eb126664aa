// Package ical writes campaign calendars as iCalendar (RFC 5545), for the calendars that people look at, and reads such files.
//
// Write makes a file of events and blackouts; Read gives what a file says, as days.
//
// Guarantees: an event keeps its UID through all revisions, and its SEQUENCE rises with them, so that a subscribed calendar moves it
// instead of showing it twice; days are whole days, the end exclusive, as VALUE=DATE has them. Read is bounded and touches no network.
package ical

import (
	"bytes"
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
)

// domain ends every UID written here.
const domain = "@kontor"

// UID is the name an event or blackout of a series has in every calendar, through all its revisions.
func UID(series artifact.SeriesID, key string) string { return series.String() + "/" + key + domain }

// Entry is one thing of a file.
type Entry struct {
	UID      string
	Sequence int64
	Summary  string
	Days     calendar.Bucket
	RRule    string
	Canceled bool
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
	return []byte(cal.Serialize())
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

// Read reads a calendar file. Entries that aren't whole days take the days they touch, in the zone they are written in. What can't be
// read of an entry is an error that names its UID.
func Read(data []byte) ([]Entry, error) {
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("a calendar of %d bytes is larger than %d", len(data), MaxBytes)
	}
	cal, err := ics.ParseCalendar(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("read the calendar: %w", err)
	}
	events := cal.Events()
	if len(events) == 0 || len(events) > MaxEntries {
		return nil, fmt.Errorf("the calendar has %d entries; want 1 to %d", len(events), MaxEntries)
	}
	out := make([]Entry, 0, len(events))
	for _, v := range events {
		e := Entry{UID: v.Id(), Summary: text(v, ics.ComponentPropertySummary), RRule: text(v, ics.ComponentPropertyRrule), Canceled: text(v, ics.ComponentPropertyStatus) == string(ics.ObjectStatusCancelled)}
		if e.UID == "" {
			return nil, fmt.Errorf("entry %q has no UID: it could not be recognised again", artifact.Clip(e.Summary))
		}
		if s := text(v, ics.ComponentPropertySequence); s != "" {
			if _, err := fmt.Sscanf(s, "%d", &e.Sequence); err != nil || e.Sequence < 0 {
				return nil, fmt.Errorf("entry %q: SEQUENCE %q is no count", artifact.Clip(e.UID), artifact.Clip(s))
			}
		}
		if e.Days, err = days(v); err != nil {
			return nil, fmt.Errorf("entry %q: %w", artifact.Clip(e.UID), err)
		}
		out = append(out, e)
	}
	return out, nil
}

func text(v *ics.VEvent, p ics.ComponentProperty) string {
	if prop := v.GetProperty(p); prop != nil {
		return prop.Value
	}
	return ""
}

// days are those of DTSTART and DTEND. A date-time names the day it is written with: a UTC or zoned time keeps its written date. Without
// DTEND it is one day (RFC 5545, 3.6.1); an end at midnight does not touch its day.
func days(v *ics.VEvent) (calendar.Bucket, error) {
	start, _, err := day(text(v, ics.ComponentPropertyDtStart))
	if err != nil {
		return calendar.Bucket{}, fmt.Errorf("DTSTART: %w", err)
	}
	b := calendar.Bucket{Start: start, End: start.AddDays(1)}
	if end := text(v, ics.ComponentPropertyDtEnd); end != "" {
		last, whole, err := day(end)
		if err != nil {
			return calendar.Bucket{}, fmt.Errorf("DTEND: %w", err)
		}
		if b.End = last; !whole {
			b.End = last.AddDays(1)
		}
		if b.End <= b.Start {
			b.End = b.Start.AddDays(1)
		}
	} else if text(v, ics.ComponentPropertyDuration) != "" {
		return calendar.Bucket{}, fmt.Errorf("DURATION is not read; want DTEND")
	}
	if b.Days() > campaign.MaxDays {
		return calendar.Bucket{}, fmt.Errorf("%s is longer than %d days", b, campaign.MaxDays)
	}
	return b, nil
}

// day reads 20270308 or 20270308T120000Z; whole tells that it is a date, or midnight.
func day(s string) (d calendar.Date, whole bool, err error) {
	if len(s) < 8 || len(s) > 16 || len(s) > 8 && s[8] != 'T' {
		return 0, false, fmt.Errorf("%q is no date", artifact.Clip(s))
	}
	if d, err = calendar.ParseDate(s[:4] + "-" + s[4:6] + "-" + s[6:8]); err != nil {
		return 0, false, err
	}
	return d, len(s) == 8 || strings.HasPrefix(s[9:], "000000"), nil
}
