package ical

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"kontor/protocol/calendar"
	"kontor/protocol/campaign"
)

// change is an occurrence that was changed together with all that come after it
// (RECURRENCE-ID with RANGE=THISANDFUTURE).
type change struct {
	from calendar.Date // the occurrence, as the rule has it
	component
}

// by is how many days each of them moves: as many as the one that is named.
func (c change) by() int { return c.days.Start.Sub(c.from) }

// piece is a part of a series between two changes, with the days that are taken out
// of it.
type piece struct {
	component
	gone []calendar.Date
}

// pieces are the series before its first change, and from each change to the next. An
// occurrence from the change on moves by as many days as the changed one, and lasts as
// long as it (RFC 5545, 3.8.4.4: "RANGE"). Where two changes cover an occurrence the
// later one counts, from where the rule had it and not from where the earlier one put
// it: each names its occurrence by the rule's own date.
func (s *series) pieces(gone []calendar.Date) (out []piece, notes []string, err error) {
	whole := piece{*s.whole, gone}
	if len(s.changes) == 0 {
		return []piece{whole}, nil, nil
	}
	changes := slices.Clone(s.changes)
	slices.SortFunc(changes, func(a, b change) int { return a.from.Sub(b.from) })
	for i, c := range changes {
		if c.from.Sub(whole.days.Start) > campaign.MaxAhead {
			return nil, nil, fmt.Errorf("a change from %s on, more than %d days after the first day", c.from, campaign.MaxAhead)
		}
		if i > 0 && changes[i-1].from == c.from {
			return nil, nil, fmt.Errorf("two changes from %s on", c.from)
		}
		if c.summary != "" && c.summary != whole.summary {
			notes = append(notes, fmt.Sprintf("from %s on it is called %q: the entry keeps one name", c.from, c.summary))
		}
	}
	first, ok, err := whole.cut(calendar.MinDate, changes[0].from)
	if err != nil {
		return nil, nil, err
	}
	if ok {
		out = append(out, first)
	}
	for i, c := range changes {
		end := calendar.MaxDate
		if i+1 < len(changes) {
			end = changes[i+1].from
		}
		part, ok, err := whole.cut(c.from, end)
		if err != nil {
			return nil, nil, err
		}
		switch {
		case !ok:
			notes = append(notes, fmt.Sprintf("a change from %s on, where the entry comes no more: nothing was changed", c.from))
		case c.canceled:
		case c.free:
			notes = append(notes, fmt.Sprintf("from %s on it takes no time (TRANSP:TRANSPARENT): left out", c.from))
		default:
			moved, err := part.move(c.by(), c.days.Days())
			if err != nil {
				return nil, nil, fmt.Errorf("the change from %s on: %w", c.from, err)
			}
			out = append(out, moved...)
		}
	}
	return out, notes, nil
}

// cut is what of the piece begins from one day on and before another. There may be
// nothing.
func (p piece) cut(from, end calendar.Date) (out piece, ok bool, err error) {
	within := func(d calendar.Date) bool { return d >= from && d < end }
	out = p
	out.gone, out.added = nil, nil
	for _, d := range p.gone {
		if within(d) {
			out.gone = append(out.gone, d)
		}
	}
	for _, b := range p.added {
		if within(b.Start) {
			out.added = append(out.added, b)
		}
	}
	first, rule := p.days.Start, ""
	if p.rule == "" {
		ok = within(first)
	} else if first, rule, ok, err = cutRule(p.rule, first, from, end); err != nil {
		return p, false, err
	}
	if !ok { // only added days are left: the first of them stands for the entry
		if len(out.added) == 0 {
			return p, false, nil
		}
		out.days, out.rule, out.added = out.added[0], "", out.added[1:]
		return out, true, nil
	}
	out.days, out.rule = calendar.Bucket{Start: first, End: first.AddDays(p.days.Days())}, rule
	return out, true, nil
}

// cutRule is the rule between two days: its first day there, and itself with another
// end. A rule goes on from its next day as from its first.
func cutRule(text string, start, from, end calendar.Date) (first calendar.Date, rule string, ok bool, err error) {
	parsed, err := calendar.ParseRule(text, start)
	if err != nil {
		return 0, "", false, err
	}
	horizon := start.AddDays(2 * campaign.MaxAhead)
	next := parsed.From(max(start, from), min(end, horizon), 1)
	if len(next) == 0 {
		return 0, "", false, nil
	}
	rule = text
	switch n, counts := count(text); {
	case end < calendar.MaxDate:
		rule = ending(text, "UNTIL="+strings.ReplaceAll(end.AddDays(-1).String(), "-", ""))
		if counts || strings.Contains(text, "UNTIL=") { // it may end before
			rule = counted(text, len(parsed.From(next[0], min(end, horizon), 2*campaign.MaxAhead)))
		}
	case counts:
		rule = counted(text, n-len(parsed.From(start, next[0], 2*campaign.MaxAhead)))
	}
	return next[0], rule, true, nil
}

// ending is a rule with another end.
func ending(rule, end string) string {
	parts := slices.DeleteFunc(strings.Split(rule, ";"), func(p string) bool { return strings.HasPrefix(p, "COUNT=") || strings.HasPrefix(p, "UNTIL=") })
	return strings.Join(append(parts, end), ";")
}

// move puts every occurrence so many days later (or earlier), each so many days long.
// Days of a rule that are no rule once they are moved stand one by one; without an end
// they can't.
func (p piece) move(by, length int) ([]piece, error) {
	bucket := func(d calendar.Date) calendar.Bucket {
		return calendar.Bucket{Start: d.AddDays(by), End: d.AddDays(by + length)}
	}
	out := piece{component: p.component}
	out.added = nil
	for _, b := range p.added {
		out.added = append(out.added, bucket(b.Start))
	}
	for _, d := range p.gone {
		out.gone = append(out.gone, d.AddDays(by))
	}
	first := p.days.Start
	out.days = bucket(first)
	if p.rule == "" || by == 0 {
		return []piece{out}, nil
	}
	parsed, err := calendar.ParseRule(p.rule, first)
	if err != nil {
		return nil, err
	}
	days := parsed.From(first, first.AddDays(campaign.MaxAhead), campaign.MaxAhead)
	moved := moveRule(p.rule, by)
	if after, err := calendar.ParseRule(moved, first.AddDays(by)); err == nil {
		same := slices.EqualFunc(days, after.From(first.AddDays(by), first.AddDays(campaign.MaxAhead+by), campaign.MaxAhead), func(a, b calendar.Date) bool { return a.AddDays(by) == b })
		if same {
			out.rule = moved
			return []piece{out}, nil
		}
	}
	if _, counts := count(p.rule); !counts && !strings.Contains(p.rule, "UNTIL=") || len(days) > MaxSpans {
		return nil, fmt.Errorf("the days of %s, moved by %d, are no rule any more; want the series ended, and another begun", p.rule, by)
	}
	out.rule = ""
	for _, d := range days[1:] {
		out.added = append(out.added, bucket(d))
	}
	return []piece{out}, nil
}

var weekdays = []string{"MO", "TU", "WE", "TH", "FR", "SA", "SU"}

// moveRule is the rule that may give the moved days: weekdays and days of the month
// are moved, and its end. Whether it does is for the caller to see.
func moveRule(rule string, by int) string {
	weekly := strings.Contains(rule, "FREQ=WEEKLY")
	parts := strings.Split(rule, ";")
	first := "MO" // of the week, where the rule does not say
	for i, part := range parts {
		name, value, _ := strings.Cut(part, "=")
		values := strings.Split(value, ",")
		switch name {
		case "BYDAY":
			for j, v := range values {
				values[j] = moveDay(v, by)
			}
		case "WKST":
			first = value
			values[0] = moveDay(value, by)
		case "BYMONTHDAY":
			for j, v := range values {
				if n, err := strconv.Atoi(v); err == nil {
					values[j] = strconv.Itoa(n + by)
				}
			}
		case "UNTIL":
			if d, _, err := day(value); err == nil {
				values[0] = strings.ReplaceAll(d.AddDays(by).String(), "-", "")
			}
		}
		parts[i] = name + "=" + strings.Join(values, ",")
	}
	if weekly && !strings.Contains(rule, "WKST=") && strings.Contains(rule, "INTERVAL=") {
		parts = append(parts, "WKST="+moveDay(first, by)) // which days are of one week moves with them
	}
	return strings.Join(parts, ";")
}

// moveDay moves a weekday; one with a number before it, such as 1MO, stays, for no
// number says where it goes.
func moveDay(name string, by int) string {
	i := slices.Index(weekdays, name)
	if i < 0 {
		return name
	}
	return weekdays[((i+by)%7+7)%7]
}
