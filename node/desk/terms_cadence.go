package desk

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"kontor/node"
	"kontor/node/ical"
	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/terms"
)

// TermsCadence says how the recurring meetings of a calendar file are taken into a draft of terms.
type TermsCadence struct {
	Contract string `json:"contract,omitempty" doc:"reference; empty: the only draft"`
	Cadence  string `json:"cadence,omitempty" doc:"ID of the meeting in the terms, where the file does not name it"`
	Zone     string `json:"zone,omitempty" doc:"IANA name of the zone in which times of day are meant, where the file names another way or none"`
	DryRun   bool   `json:"dry_run,omitempty"`
}

// CadenceChange is what an entry of a calendar makes of a meeting of the terms.
type CadenceChange struct {
	Entry  string          `json:"entry"` // its title; it stays at home where the terms have a name
	How    string          `json:"how"`   // "added", "changed" or "unchanged"
	Before *terms.Cadence  `json:"before,omitempty"`
	After  terms.Cadence   `json:"after"`
	Next   []calendar.Date `json:"next"` // the first days inside the terms
}

// CadenceTaken is what a calendar file changes in a draft of terms.
type CadenceTaken struct {
	Contract string             `json:"contract"`
	Changes  []CadenceChange    `json:"changes"`
	Notes    []string           `json:"notes"`
	Findings []artifact.Finding `json:"findings"` // what would be refused of the draft
	DryRun   bool               `json:"dry_run,omitempty"`
}

// nextShown is how many days of a meeting are shown, so that people see which rule they have.
const nextShown = 4

// ImportCadence takes the recurring meetings of a calendar file into the draft of a contract: first day and rule. A meeting that the draft has
// keeps its name and gates; the days of the contract stay those of its own zone.
func (d *Desk) ImportCadence(data []byte, in TermsCadence) (out CadenceTaken, err error) {
	entries, err := ical.Read(data)
	if err != nil {
		return out, node.Failf("IMPORT_REFUSED", "nothing was imported: %v", err)
	}
	meetings, err := recurring(entries, in)
	if err != nil {
		return out, err
	}
	draft, err := d.termsDraft(in.Contract)
	if err != nil {
		return out, err
	}
	take := func(doc terms.Document) (terms.Document, error) {
		out = CadenceTaken{Contract: doc.Contract, Changes: []CadenceChange{}, Notes: []string{}, DryRun: in.DryRun}
		doc.Cadence = slices.Clone(doc.Cadence)
		for _, e := range meetings {
			change, err := takeMeeting(&doc, e, in, &out)
			if err != nil {
				return doc, err
			}
			out.Changes = append(out.Changes, change)
		}
		out.Findings = append([]artifact.Finding{}, CheckTerms(doc)...)
		return doc, nil
	}
	if in.DryRun {
		_, err := take(draft)
		return out, err
	}
	return out, d.node.Private(func(rows node.PrivateRows) error {
		// Read once more: what somebody imported meanwhile is kept.
		var row termsRow
		if found, err := rows.Get(draftTerms+draft.Contract, &row); err != nil {
			return err
		} else if found {
			if draft, err = ReadTerms(row.JSON); err != nil {
				return err
			}
		}
		doc, err := take(draft)
		if err != nil {
			return err
		}
		kept, err := json.Marshal(termsFile(doc))
		if err != nil {
			return err
		}
		return rows.Put(draftTerms+doc.Contract, termsRow{kept})
	})
}

// recurring are the entries that are meant: those of the category CADENCE, or where none is, all that come back. Several are taken only where
// each says which meeting of the terms it is.
func recurring(entries []ical.Entry, in TermsCadence) ([]ical.Entry, error) {
	marked := slices.ContainsFunc(entries, func(e ical.Entry) bool { return e.Marked })
	var found, single []ical.Entry
	for _, e := range entries {
		switch {
		case marked && !e.Marked:
		case in.Cadence != "" && e.Cadence != "" && e.Cadence != in.Cadence:
		case e.Canceled:
			single = append(single, e)
		case slices.ContainsFunc(e.Spans, func(s ical.Span) bool { return s.RRule != "" }):
			found = append(found, e)
		default:
			single = append(single, e)
		}
	}
	switch {
	case len(found) == 0 && len(single) == 0:
		return nil, node.Failf("IMPORT_REFUSED", "nothing was imported: no entry of the file is the meeting %q of the terms; leave --cadence away, or write the file again with: kontor cadence ics --rules", in.Cadence)
	case len(found) == 0 && single[0].Canceled:
		return nil, node.Failf("IMPORT_REFUSED", "nothing was imported: entry %q is cancelled; to end a meeting take it out of the draft: kontor terms draft", artifact.Clip(single[0].Summary))
	case len(found) == 0:
		return nil, node.Failf("IMPORT_REFUSED", "nothing was imported: no entry comes back, %q has no RRULE; want one recurring entry, such as RRULE:FREQ=MONTHLY;BYDAY=1MO", artifact.Clip(single[0].Summary))
	}
	ids := map[string]bool{}
	for _, e := range found {
		ids[e.Cadence] = true
	}
	if len(found) > 1 && (ids[""] || len(ids) < len(found)) {
		return nil, node.Failf("IMPORT_REFUSED", "nothing was imported: %d entries come back, %q and %q among them, and one meeting is one entry; give the one that is meant the category CADENCE, or delete the others",
			len(found), artifact.Clip(found[0].Summary), artifact.Clip(found[1].Summary))
	}
	for _, e := range found {
		if len(e.Spans) != 1 {
			return nil, node.Failf("IMPORT_REFUSED", "nothing was imported: entry %q has days taken out, added or moved, which makes %d rules and days of it; terms keep one rule: want the series without exceptions", artifact.Clip(e.Summary), len(e.Spans))
		}
	}
	return found, nil
}

// takeMeeting puts one entry into the draft.
func takeMeeting(doc *terms.Document, e ical.Entry, in TermsCadence, out *CadenceTaken) (change CadenceChange, err error) {
	out.Notes = append(out.Notes, e.Notes...)
	id, err := meetingID(*doc, e, in)
	if err != nil {
		return change, err
	}
	after := terms.Cadence{ID: id, Name: cmp.Or(e.Summary, id), First: e.Spans[0].Days.Start, RRule: e.Spans[0].RRule}
	rule, err := calendar.ParseRule(after.RRule, after.First)
	if err != nil {
		return change, node.Failf("IMPORT_REFUSED", "nothing was imported: entry %q: %v", artifact.Clip(e.Summary), err)
	}
	days := rule.From(doc.Period.Start, doc.Period.End, calendar.MaxCount)
	if err := sameDays(e, days, *doc, in, out); err != nil {
		return change, err
	}
	if len(days) == 0 {
		out.Notes = append(out.Notes, fmt.Sprintf("%q is not held on any day of the terms, %s", artifact.Clip(e.Summary), doc.Period))
	}
	change = CadenceChange{Entry: artifact.Clip(e.Summary), How: "added", Next: append([]calendar.Date{}, days[:min(len(days), nextShown)]...)}
	i, known := slices.BinarySearchFunc(doc.Cadence, id, func(c terms.Cadence, id string) int { return strings.Compare(c.ID, id) })
	if !known {
		change.After = after
		doc.Cadence = slices.Insert(doc.Cadence, i, after)
		return change, nil
	}
	before := doc.Cadence[i]
	after.Name, after.Gates = before.Name, before.Gates
	change.How, change.Before = "changed", &before
	if held, err := calendar.ParseRule(before.RRule, before.First); err == nil && before.RRule == after.RRule && slices.Equal(held.From(before.First, calendar.MaxDate, 1), []calendar.Date{after.First}) {
		change.How, after = "unchanged", before // the first day on which the rule holds is what calendars show; terms may begin before it
	}
	change.After, doc.Cadence[i] = after, after
	return change, nil
}

// meetingID is which meeting of the terms an entry is: the one asked for, the one it names, the one of its title, or the only one.
func meetingID(doc terms.Document, e ical.Entry, in TermsCadence) (string, error) {
	if id := cmp.Or(in.Cadence, e.Cadence); id != "" {
		return id, nil
	}
	var ids []string
	for _, c := range doc.Cadence {
		if strings.EqualFold(c.Name, e.Summary) || c.ID == e.Summary {
			return c.ID, nil
		}
		ids = append(ids, c.ID)
	}
	if len(ids) == 1 {
		return ids[0], nil
	}
	return "", node.Failf("IMPORT_REFUSED", "nothing was imported: the draft of %s has %s (%s), and entry %q does not say which it is; name it with --cadence ID, for the monthly planning --cadence sop",
		doc.Contract, node.Count(len(ids), "meeting"), cmp.Or(strings.Join(ids, ", "), "none"), artifact.Clip(e.Summary))
}

// sameDays says that a time of day in another zone than the contract's is on the same days there: the terms count whole days of their own
// zone, and both sides should come on the same.
func sameDays(e ical.Entry, days []calendar.Date, doc terms.Document, in TermsCadence, out *CadenceTaken) error {
	name := cmp.Or(in.Zone, e.Zone)
	if name == "" || in.Zone == "" && e.Clock == "" {
		return nil // whole days, or a time of day of wherever the reader is
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return node.Failf("IMPORT_REFUSED", "nothing was imported: the zone %q of entry %q is not known; say which is meant with --zone, such as --zone Europe/Berlin", artifact.Clip(name), artifact.Clip(e.Summary))
	}
	home, err := time.LoadLocation(doc.Calendar.Zone)
	if err != nil || doc.Calendar.Zone == "" || e.Clock == "" || name == doc.Calendar.Zone {
		return nil // a zone of the draft that is not known is among the findings
	}
	clock, err := strconv.Atoi(e.Clock)
	if err != nil || clock/100 > 23 || clock%100 > 59 {
		return node.Failf("IMPORT_REFUSED", "nothing was imported: entry %q begins at %q; want a time such as 0930", artifact.Clip(e.Summary), artifact.Clip(e.Clock))
	}
	for _, day := range days {
		y, m, d := day.YMD()
		there := time.Date(y, m, d, clock/100, clock%100, 0, 0, zone).In(home)
		if hy, hm, hd := there.Date(); hy != y || hm != m || hd != d {
			return node.Failf("IMPORT_REFUSED", "nothing was imported: %q on %s at %s:%s in %s is on %s in %s, whose days the terms count; want the entry in that zone", artifact.Clip(e.Summary), day, e.Clock[:2], e.Clock[2:], name,
				there.Format(time.DateOnly), doc.Calendar.Zone)
		}
	}
	out.Notes = append(out.Notes, fmt.Sprintf("%q is written in the zone %s; the terms count days of %s, and all its days are the same there", artifact.Clip(e.Summary), name, doc.Calendar.Zone))
	return nil
}
