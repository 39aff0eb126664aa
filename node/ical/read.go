package ical

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	ics "github.com/arran4/golang-ical"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/campaign"
)

// Read reads a calendar file. Entries that aren't whole days take the days they touch, in the zone they are written in. What can't be
// read of an entry is an error that names its UID.
func Read(data []byte) ([]Entry, error) {
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("a calendar of %d bytes is larger than %d", len(data), MaxBytes)
	}
	if err := ended(data); err != nil {
		return nil, err
	}
	data = append(slices.Clip(bytes.TrimRight(data, " \t\r\n")), '\r', '\n') // some end with blank lines, which the parser takes for another calendar
	cal, err := ics.ParseCalendar(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("read the calendar: %w", err)
	}
	events := cal.Events()
	if len(events) == 0 || len(events) > MaxEntries {
		return nil, fmt.Errorf("the calendar has %d entries; want 1 to %d", len(events), MaxEntries)
	}
	var order []string
	all := map[string]*series{}
	for _, v := range events {
		uid := v.Id()
		if uid == "" {
			return nil, fmt.Errorf("entry %q has no UID: it could not be recognised again", artifact.Clip(text(v, ics.ComponentPropertySummary)))
		}
		s := all[uid]
		if s == nil {
			s = &series{}
			all[uid] = s
			order = append(order, uid)
		}
		if err := s.take(v); err != nil {
			return nil, fmt.Errorf("entry %q: %w", artifact.Clip(uid), err)
		}
	}
	out := make([]Entry, 0, len(order))
	for _, uid := range order {
		e, err := all[uid].entry(uid)
		if err != nil {
			return nil, fmt.Errorf("entry %q: %w", artifact.Clip(uid), err)
		}
		out = append(out, e)
	}
	return out, nil
}

// ended says that every component is ended where it should be: a file that was cut off, or lost a line, holds other entries than its
// sender's.
func ended(data []byte) error {
	var open []string
	for n, line := range strings.Split(string(data), "\n") {
		name, value, _ := strings.Cut(strings.TrimRight(line, "\r "), ":")
		switch value = strings.ToUpper(value); strings.ToUpper(name) {
		case "BEGIN":
			open = append(open, value)
		case "END":
			if len(open) == 0 {
				return fmt.Errorf("line %d of the calendar ends %s, which did not begin", n+1, artifact.Clip(value))
			}
			if is := open[len(open)-1]; is != value {
				return fmt.Errorf("line %d of the calendar ends %s, and a %s before it has no end: a line is missing", n+1, artifact.Clip(value), artifact.Clip(is))
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		return fmt.Errorf("the calendar does not end: END:%s is missing; was the file sent in full?", artifact.Clip(open[len(open)-1]))
	}
	return nil
}

// component is what one VEVENT says.
type component struct {
	summary  string
	location string
	shutdown bool
	marked   bool
	cadence  string
	zone     string
	sequence int64
	days     calendar.Bucket
	clock    string // time of day of its start, "" for whole days
	rule     string
	added    []calendar.Bucket // RDATE
	removed  []calendar.Date   // EXDATE
	canceled bool
	free     bool
}

func read(v *ics.VEvent) (c component, err error) {
	c = component{summary: text(v, ics.ComponentPropertySummary), location: text(v, ics.ComponentPropertyLocation), shutdown: is(v, shutdownCategory), marked: is(v, cadenceCategory), cadence: text(v, cadenceProperty),
		canceled: text(v, ics.ComponentPropertyStatus) == string(ics.ObjectStatusCancelled),
		free:     strings.EqualFold(text(v, ics.ComponentPropertyTransp), "TRANSPARENT")}
	if s := text(v, ics.ComponentPropertySequence); s != "" {
		if c.sequence, err = strconv.ParseInt(s, 10, 64); err != nil || c.sequence < 0 {
			return c, fmt.Errorf("SEQUENCE %q is no count", artifact.Clip(s))
		}
	}
	start := text(v, ics.ComponentPropertyDtStart)
	if c.days, err = days(start, text(v, ics.ComponentPropertyDtEnd), text(v, ics.ComponentPropertyDuration)); err != nil {
		return c, err
	}
	if len(start) > 8 {
		c.clock = start[9:]
		if zones := v.GetProperty(ics.ComponentPropertyDtStart).ICalParameters["TZID"]; len(zones) > 0 {
			c.zone = strings.Trim(zones[0], "\"")
		} else if strings.HasSuffix(c.clock, "Z") {
			c.zone = "UTC"
		}
	}
	if rules := v.GetProperties(ics.ComponentPropertyRrule); len(rules) > 1 {
		return c, fmt.Errorf("%d recurrence rules; one is read", len(rules))
	}
	c.rule = c.plain(text(v, ics.ComponentPropertyRrule))
	for _, p := range v.GetProperties(ics.ComponentPropertyExdate) {
		for _, value := range strings.Split(p.Value, ",") {
			d, _, err := day(value)
			if err != nil {
				return c, fmt.Errorf("EXDATE: %w", err)
			}
			c.removed = append(c.removed, d)
		}
	}
	for _, p := range v.GetProperties(ics.ComponentPropertyRdate) {
		for _, value := range strings.Split(p.Value, ",") {
			b, err := c.date(value)
			if err != nil {
				return c, fmt.Errorf("RDATE: %w", err)
			}
			c.added = append(c.added, b)
		}
	}
	if len(c.added)+len(c.removed) > campaign.MaxDays {
		return c, fmt.Errorf("%d days added and removed; want at most %d", len(c.added)+len(c.removed), campaign.MaxDays)
	}
	return c, nil
}

// date reads an RDATE: a day, as long as the entry, or a period of its own.
func (c component) date(value string) (calendar.Bucket, error) {
	first, last, period := strings.Cut(value, "/")
	if !period {
		d, _, err := day(first)
		return calendar.Bucket{Start: d, End: d.AddDays(c.days.Days())}, err
	}
	if strings.HasPrefix(last, "P") {
		return days(first, "", last)
	}
	return days(first, last, "")
}

// plain is a rule without what says nothing about days: the first day of the week where weeks don't matter, and the time of day of UNTIL,
// before whose first moment an entry that starts later does not come on that day any more.
func (c component) plain(rule string) string {
	parts := strings.Split(strings.ToUpper(rule), ";")
	kept := parts[:0]
	for _, part := range parts {
		name, value, _ := strings.Cut(part, "=")
		switch {
		case name == "WKST" && !strings.Contains(strings.ToUpper(rule), "FREQ=WEEKLY"):
			continue
		case name == "UNTIL" && len(value) > 8 && value[8] == 'T':
			d, _, err := day(value)
			if err != nil {
				break
			}
			if clock := strings.TrimSuffix(c.clock, "Z"); clock != "" && strings.TrimSuffix(value[9:], "Z") < clock {
				d = d.AddDays(-1)
			}
			part = "UNTIL=" + strings.ReplaceAll(d.String(), "-", "")
		}
		kept = append(kept, part)
	}
	return strings.Join(kept, ";")
}

// is tells whether an entry has a category; one line may name several.
func is(v *ics.VEvent, category string) bool {
	for _, p := range v.GetProperties(ics.ComponentPropertyCategories) {
		for _, one := range strings.Split(p.Value, ",") {
			if strings.EqualFold(strings.TrimSpace(one), category) {
				return true
			}
		}
	}
	return false
}

func text(v *ics.VEvent, p ics.ComponentProperty) string {
	if prop := v.GetProperty(p); prop != nil {
		return prop.Value
	}
	return ""
}

// days are those of DTSTART and DTEND or DURATION. A date-time names the day it is written with: a UTC or zoned time keeps its written
// date. With neither it is one day (RFC 5545, 3.6.1); an end at midnight does not touch its day.
func days(start, end, length string) (calendar.Bucket, error) {
	first, _, err := day(start)
	if err != nil {
		return calendar.Bucket{}, fmt.Errorf("DTSTART: %w", err)
	}
	b := calendar.Bucket{Start: first, End: first.AddDays(1)}
	switch {
	case end != "":
		last, whole, err := day(end)
		if err != nil {
			return b, fmt.Errorf("DTEND: %w", err)
		}
		if b.End = last; !whole {
			b.End = last.AddDays(1)
		}
	case length != "":
		seconds, err := duration(length)
		if err != nil {
			return b, err
		}
		if len(start) >= 15 {
			h, _ := strconv.Atoi(start[9:11])
			m, _ := strconv.Atoi(start[11:13])
			seconds += int64(h*3600 + m*60)
		}
		b.End = first.AddDays(int((seconds + 86_399) / 86_400))
	}
	if b.End <= b.Start {
		b.End = b.Start.AddDays(1)
	}
	if b.Days() > campaign.MaxDays {
		return b, fmt.Errorf("%s is longer than %d days", b, campaign.MaxDays)
	}
	return b, nil
}

var durations = regexp.MustCompile(`^\+?P(?:(\d{1,4})W|(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,7})S)?)?)$`)

// duration reads a duration such as P3D, P1W or P1DT12H, in seconds.
func duration(s string) (total int64, err error) {
	m := durations.FindStringSubmatch(s)
	if m == nil || strings.HasSuffix(s, "P") || strings.HasSuffix(s, "T") {
		return 0, fmt.Errorf("DURATION %q: want one such as P3D, P1W or PT8H", artifact.Clip(s))
	}
	for i, unit := range []int64{604_800, 86_400, 3_600, 60, 1} {
		n, _ := strconv.ParseInt("0"+m[i+1], 10, 64)
		total += n * unit
	}
	return total, nil
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
