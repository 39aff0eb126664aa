package desk

import (
	"cmp"
	"slices"
	"strings"

	"kontor/node"
	"kontor/node/ical"
	"kontor/node/intake"
	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
)

// shutdownYears is how far a recurring shutdown is written out where a line has no capacity that far.
const shutdownYears = 2

// takeShutdowns puts the days of a calendar into lines, as days on which nothing is made. A calendar is the whole of a line's shutdowns; an entry
// whose LOCATION is the name of a line is that line's alone. Its titles stay at home: people's calendars name people.
func (d *Desk) takeShutdowns(entries []ical.Entry, report *intake.Report, o ImportOptions) (ImportResult, error) {
	result := ImportResult{Report: report, DryRun: o.DryRun}
	today := calendar.DateOf(d.node.Now())
	notes := report.Notes
	err := d.change(o, &result, func(rows node.PrivateRows) error {
		report.Notes = slices.Clone(notes) // tried once more where an undo does not fit
		lines, err := scanRows[capacityRow](rows, capacityRows)
		if err != nil {
			return err
		}
		for _, name := range o.Lines {
			if !slices.ContainsFunc(lines, func(l capacityRow) bool { return l.Line == name }) {
				return node.Failf("IMPORT_REFUSED", "nothing was imported: no capacity of a line %q is kept; kontor export --kind capacity lists the lines", name)
			}
		}
		if len(lines) == 0 {
			return node.Failf("IMPORT_REFUSED", "nothing was imported: no capacity is kept that could be closed; kontor capacity import FILE brings the lines first")
		}
		for _, line := range lines {
			if len(o.Lines) > 0 && !slices.Contains(o.Lines, line.Line) {
				continue
			}
			before := line.Shutdowns
			if line.Shutdowns, err = line.shutdownsOf(entries, lines, today); err != nil {
				return err
			}
			noteClosed(line, report)
			result.count(before, line.Shutdowns)
			if slices.Equal(before, line.Shutdowns) {
				continue
			}
			if err := rows.Put(capacityRows+rowName(line.Line), line); err != nil {
				return err
			}
		}
		return nil
	})
	return result, err
}

// shutdownsOf are the days on which a calendar closes the line, from today or its first period on. An entry at another of the lines is not for it.
func (line capacityRow) shutdownsOf(entries []ical.Entry, lines []capacityRow, today calendar.Date) ([]capacity.Shutdown, error) {
	first, end := today, today.AddDays(365*shutdownYears)
	if n := len(line.Periods); n > 0 {
		first, end = min(first, line.Periods[0].Bucket.Start), max(end, line.Periods[n-1].Bucket.End)
	}
	var own []ical.Entry
	for _, e := range entries {
		elsewhere := e.Location != line.Line && slices.ContainsFunc(lines, func(l capacityRow) bool { return l.Line == e.Location })
		if !elsewhere {
			own = append(own, e)
		}
	}
	closed, err := closedDays(own, first, end)
	if err != nil {
		return nil, err
	}
	if len(closed) > capacity.MaxShutdowns {
		return nil, node.Failf("IMPORT_REFUSED", "nothing was imported: line %q has %d shutdowns from %s to %s, more than %d; leave single free days such as week-ends to the capacity of the periods", line.Line, len(closed), first, end, capacity.MaxShutdowns)
	}
	return closed, nil
}

// closedDays are the days of all entries between two days, in order; what overlaps or touches is one.
func closedDays(entries []ical.Entry, first, end calendar.Date) (out []capacity.Shutdown, err error) {
	var all []calendar.Bucket
	for _, e := range entries {
		if e.Canceled || e.Free {
			continue
		}
		for _, s := range e.Spans {
			days := []calendar.Date{s.Days.Start}
			if s.RRule != "" {
				rule, err := calendar.ParseRule(s.RRule, s.Days.Start)
				if err != nil {
					return nil, node.Failf("IMPORT_REFUSED", "nothing was imported: entry %q: %v", artifact.Clip(e.UID), err)
				}
				days = rule.From(first.AddDays(-s.Days.Days()), end, capacity.MaxShutdowns+1)
			}
			for _, day := range days {
				if b := (calendar.Bucket{Start: day, End: day.AddDays(s.Days.Days())}); b.End > first && b.Start < end {
					all = append(all, b)
				}
			}
		}
	}
	slices.SortFunc(all, calendar.Bucket.Compare)
	for _, b := range all {
		if n := len(out); n > 0 && b.Start <= out[n-1].End {
			out[n-1].End = max(out[n-1].End, b.End)
			continue
		}
		out = append(out, capacity.Shutdown{Bucket: b})
	}
	return out, nil
}

// noteClosed says which periods of a line lie in a shutdown and still make something: such a plan can't be shared.
func noteClosed(line capacityRow, report *intake.Report) {
	var periods []string
	for _, c := range line.Periods {
		if c.Actual.Sign() > 0 && slices.ContainsFunc(line.Shutdowns, func(s capacity.Shutdown) bool { return s.Covers(c.Bucket) }) {
			periods = append(periods, c.Bucket.String())
		}
	}
	if len(periods) > 0 {
		report.Note(intake.Complaint{Code: intake.NoteRule, Value: artifact.Clip(line.Line), Text: "capacity above 0 in " + artifact.Clip(strings.Join(periods, ", ")) + ", which lies in a shutdown", Want: "a capacity of 0 there: a plan that says both can't be shared"})
	}
}

// count counts the shutdowns of a line that came, and those that were there.
func (r *ImportResult) count(before, after []capacity.Shutdown) {
	for _, s := range after {
		if _, found := slices.BinarySearchFunc(before, s, func(a, b capacity.Shutdown) int { return cmp.Compare(a.Start, b.Start) }); found {
			r.Unchanged++
		} else {
			r.Added++
		}
	}
}
