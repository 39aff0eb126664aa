package ical

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	ics "github.com/arran4/golang-ical"

	"kontor/protocol/calendar"
	"kontor/protocol/campaign"
)

// series is all components of one UID: the entry, and occurrences of it that are not as the rule has them (RFC 5545, 3.8.4.4).
type series struct {
	whole   *component
	others  []override
	changes []change
}

// override is one occurrence that was moved, or taken out.
type override struct {
	of calendar.Date
	component
}

func (s *series) take(v *ics.VEvent) error {
	c, err := read(v)
	if err != nil {
		return err
	}
	p := v.GetProperty(ics.ComponentPropertyRecurrenceId)
	if p == nil {
		if s.whole != nil {
			return fmt.Errorf("the UID stands twice, and the second has no RECURRENCE-ID")
		}
		s.whole = &c
		return nil
	}
	r := strings.Join(p.ICalParameters["RANGE"], ",")
	if r != "" && !strings.EqualFold(r, "THISANDFUTURE") {
		return fmt.Errorf("RECURRENCE-ID with RANGE=%q: RFC 5545 has THISANDFUTURE alone, and what changes all that came before is not said by it; want the series ended, and another begun", r)
	}
	if c.rule != "" || len(c.added) > 0 {
		return fmt.Errorf("an occurrence with a recurrence of its own")
	}
	of, _, err := day(p.Value)
	if err != nil {
		return fmt.Errorf("RECURRENCE-ID: %w", err)
	}
	if r != "" {
		s.changes = append(s.changes, change{of, c})
	} else {
		s.others = append(s.others, override{of, c})
	}
	return nil
}

// entry puts the components together.
func (s *series) entry(uid string) (e Entry, err error) {
	e.UID = uid
	for _, o := range s.others {
		e.Sequence, e.Summary = max(e.Sequence, o.sequence), o.summary
	}
	if m := s.whole; m != nil {
		e.Summary, e.Canceled, e.Free = m.summary, m.canceled, m.free
		e.Location, e.Shutdown = m.location, m.shutdown
		e.Marked, e.Cadence, e.Zone = m.marked, m.cadence, m.zone
		if len(m.clock) >= 4 {
			e.Clock = m.clock[:4]
		}
		e.Sequence = max(e.Sequence, m.sequence)
		gone := slices.Clone(m.removed)
		for _, o := range s.others {
			gone = append(gone, o.of)
		}
		slices.Sort(gone)
		parts, notes, err := s.pieces(slices.Compact(gone))
		if err != nil {
			return e, err
		}
		e.Notes = append(e.Notes, notes...)
		for _, p := range parts {
			if err := e.recur(p.component, p.gone); err != nil {
				return e, err
			}
		}
	} else if len(s.changes) > 0 {
		return e, fmt.Errorf("RECURRENCE-ID with RANGE=THISANDFUTURE, and the series that it changes is not in the calendar; want the whole series")
	}
	for _, c := range s.changes {
		e.Sequence = max(e.Sequence, c.sequence)
	}
	for _, o := range s.others {
		switch {
		case o.canceled:
		case o.free:
			e.Notes = append(e.Notes, "the occurrence of "+o.of.String()+" takes no time (TRANSP:TRANSPARENT): left out")
		default:
			e.Spans = append(e.Spans, Span{Days: o.days})
		}
	}
	if len(e.Spans) > MaxSpans {
		return e, fmt.Errorf("%d days and rules side by side; want at most %d", len(e.Spans), MaxSpans)
	}
	return e, nil
}

// recur adds the occurrences of a component without those that are gone.
func (e *Entry) recur(c component, gone []calendar.Date) error {
	left := map[calendar.Date]bool{}
	for _, d := range gone {
		left[d] = true
	}
	if c.rule == "" {
		if left[c.days.Start] {
			delete(left, c.days.Start)
		} else {
			e.Spans = append(e.Spans, Span{Days: c.days})
		}
	} else if err := e.split(c, gone, left); err != nil {
		return err
	}
	for _, b := range c.added {
		if left[b.Start] {
			delete(left, b.Start)
		} else if !slices.Contains(e.Spans, Span{Days: b}) {
			e.Spans = append(e.Spans, Span{Days: b})
		}
	}
	for _, d := range gone {
		if left[d] {
			e.Notes = append(e.Notes, "an exception on "+d.String()+", on which the entry does not begin: nothing was taken out")
		}
	}
	return nil
}

// split is the rule as rules between its exceptions: each is the same rule from its first day, for as many times as there are before the
// next exception, and the last for the rest. Days that are met are struck from left.
func (e *Entry) split(c component, gone []calendar.Date, left map[calendar.Date]bool) error {
	rule, err := calendar.ParseRule(c.rule, c.days.Start)
	if err != nil {
		return err
	}
	if len(gone) == 0 {
		e.Spans = append(e.Spans, Span{c.days, c.rule})
		return nil
	}
	last := gone[len(gone)-1]
	if last.Sub(c.days.Start) > campaign.MaxAhead {
		return fmt.Errorf("an exception on %s, more than %d days after the first day", last, campaign.MaxAhead)
	}
	from := func(d calendar.Date) calendar.Bucket {
		return calendar.Bucket{Start: d, End: d.AddDays(c.days.Days())}
	}
	var run []calendar.Date
	end := func() {
		if len(run) <= 4 { // a rule of its own costs more than a few days
			for _, d := range run {
				e.Spans = append(e.Spans, Span{Days: from(d)})
			}
		} else {
			e.Spans = append(e.Spans, Span{from(run[0]), counted(c.rule, len(run))})
		}
		run = nil
	}
	before := rule.From(c.days.Start, last.AddDays(1), campaign.MaxAhead)
	for _, d := range before {
		if slices.Contains(gone, d) {
			delete(left, d)
			end()
		} else {
			run = append(run, d)
		}
	}
	// A rule goes on from its next day as from its first: interval, count and end are kept.
	rest := rule.From(last.AddDays(1), last.AddDays(campaign.MaxAhead), 1)
	if len(run) > 0 && !strings.Contains(c.rule, "COUNT=") { // the last exceptions met nothing: the rule runs on
		rest = run[:1]
		run = nil
	}
	end()
	if len(rest) > 0 {
		tail := c.rule
		switch n, ok := count(c.rule); {
		case ok && n-len(before) == 1:
			tail = ""
		case ok:
			tail = counted(c.rule, n-len(before))
		}
		e.Spans = append(e.Spans, Span{from(rest[0]), tail})
	}
	return nil
}

func count(rule string) (int, bool) {
	for _, part := range strings.Split(rule, ";") {
		if v, ok := strings.CutPrefix(part, "COUNT="); ok {
			n, err := strconv.Atoi(v)
			return n, err == nil
		}
	}
	return 0, false
}

// counted is a rule that ends after so many times.
func counted(rule string, times int) string {
	return ending(rule, "COUNT="+strconv.Itoa(times))
}
