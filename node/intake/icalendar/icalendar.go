// Package icalendar reads calendar files (RFC 5545) for the doors.
//
// Is finds such a file by its content and Read gives its entries as a draft: days
// without campaigns, or of the kind capacity days on which nothing is made. What an
// entry means the file does not say, so the kind is the caller's.
//
// Guarantees: pure; what can't be read of one entry refuses the file and names its UID.
package icalendar

import (
	"bytes"
	"slices"

	"kontor/node/ical"
	"kontor/node/intake"
	"kontor/protocol/artifact"
)

// Is tells a calendar by its first line.
func Is(data []byte) bool {
	const first = "BEGIN:VCALENDAR"
	data = bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), " \t\r\n")
	return len(data) >= len(first) && bytes.EqualFold(data[:len(first)], []byte(first))
}

// Read reads a calendar. Without a kind its entries are days without campaigns, or shutdowns where all are of that category.
func Read(data []byte, o intake.Options) (*intake.Draft, *intake.Report) {
	r := &intake.Report{Format: "icalendar", Kind: intake.Campaign}
	if o.Kind == intake.Capacity {
		r.Kind = o.Kind
	}
	entries, err := ical.Read(data)
	if err != nil {
		r.Complain(intake.Complaint{Code: intake.CodeSyntax, Text: err.Error(), Want: "entries (VEVENT) with a UID, a first day, and an end or a recurrence in days"})
		return nil, r
	}
	if o.Kind == "" && !slices.ContainsFunc(entries, func(e ical.Entry) bool { return !e.Marked }) {
		r.Complain(intake.Complaint{Code: intake.CodeFormat, Text: "all entries are of the category CADENCE: meetings of the terms, and no days without campaigns", Want: "kontor terms cadence FILE, which takes them into a draft of terms"})
		return nil, r
	}
	if !slices.ContainsFunc(entries, func(e ical.Entry) bool { return !e.Shutdown }) && o.Kind == "" {
		r.Kind = intake.Capacity
	}
	for _, e := range entries {
		for _, text := range e.Notes {
			r.Note(intake.Complaint{Code: intake.NoteNotCarried, Value: artifact.Clip(e.UID), Text: text})
		}
	}
	return &intake.Draft{Kind: r.Kind, Calendar: entries}, r
}
