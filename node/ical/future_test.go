package ical

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/calendar"
	"kontor/protocol/campaign"
)

// RFC 5545, 3.8.4.4: from the named occurrence on all move by as many days as it, and last as long. Taken day by day, every occurrence of
// the rule is where the last change at or before it puts it.
func TestChangesOfAllThatComeAfter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rule := rapid.SampledFrom([]string{"FREQ=DAILY", "FREQ=DAILY;INTERVAL=3", "FREQ=WEEKLY;BYDAY=MO,WE,FR", "FREQ=WEEKLY", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU", "FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,SA",
			"FREQ=MONTHLY;BYMONTHDAY=10", "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=MONTHLY", "FREQ=YEARLY;BYMONTH=2,6;BYMONTHDAY=9"}).Draw(t, "rule")
		first := calendar.MustBucket("2026-12-31").Start.AddDays(rapid.IntRange(0, 400).Draw(t, "first"))
		switch rapid.IntRange(0, 2).Draw(t, "end") {
		case 0: // none
		case 1:
			rule += fmt.Sprintf(";COUNT=%d", rapid.IntRange(1, 30).Draw(t, "count"))
		case 2:
			rule += ";UNTIL=" + strings.ReplaceAll(first.AddDays(rapid.IntRange(0, 500).Draw(t, "until")).String(), "-", "")
		}
		parsed, err := calendar.ParseRule(rule, first)
		if err != nil {
			t.Fatal(err)
		}
		horizon := first.AddDays(700)
		all := parsed.From(first, horizon.AddDays(40), campaign.MaxAhead)
		if len(all) == 0 {
			return
		}
		s := series{whole: &component{days: calendar.Bucket{Start: first, End: first.AddDays(1)}, rule: rule}}
		taken := map[calendar.Date]bool{}
		for range rapid.IntRange(1, 3).Draw(t, "changes") {
			from := rapid.SampledFrom(all[:min(len(all), 20)]).Draw(t, "from")
			if taken[from] {
				continue
			}
			taken[from] = true
			to := from.AddDays(rapid.IntRange(-6, 6).Draw(t, "by"))
			s.changes = append(s.changes, change{from, component{days: calendar.Bucket{Start: to, End: to.AddDays(rapid.IntRange(1, 3).Draw(t, "length"))}, canceled: rapid.IntRange(0, 9).Draw(t, "canceled") == 0}})
		}
		var gone []calendar.Date
		for range rapid.IntRange(0, 4).Draw(t, "exceptions") {
			gone = append(gone, rapid.SampledFrom(all[:min(len(all), 30)]).Draw(t, "without"))
		}
		slices.Sort(gone)
		s.whole.removed = slices.Compact(gone)

		var want []string
		for _, d := range all {
			var last *change
			for i := range s.changes {
				if c := &s.changes[i]; c.from <= d && (last == nil || c.from > last.from) {
					last = c
				}
			}
			b := calendar.Bucket{Start: d, End: d.AddDays(1)}
			if last != nil {
				b.Start = d.AddDays(last.by())
				b.End = b.Start.AddDays(last.days.Days())
			}
			if !slices.Contains(gone, d) && (last == nil || !last.canceled) && b.Start < horizon {
				want = append(want, b.String())
			}
		}
		e, err := s.entry("x")
		if err != nil {
			if strings.Contains(err.Error(), "are no rule any more") || strings.Contains(err.Error(), "side by side") {
				return // said, and nothing was guessed
			}
			t.Fatal(err)
		}
		var got []string
		for _, s := range e.Spans {
			for _, w := range (campaign.Blackout{Period: s.Days, RRule: s.RRule}).Windows(calendar.Bucket{Start: first.AddDays(-20), End: horizon}) {
				if w.Start < horizon {
					got = append(got, w.String())
				}
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(slices.Compact(got), slices.Compact(want)) {
			t.Fatalf("%s from %s without %v, changes %+v: spans %v\ngive %v\nwant %v", rule, first, gone, s.changes, e.Spans, got, want)
		}
	})
}

// What has no rule after it moved, and no end, is refused: nothing would say its days.
func TestADayThatMovesOutOfItsRule(t *testing.T) {
	first := calendar.MustBucket("2027-01-29").Start
	s := series{whole: &component{days: calendar.Bucket{Start: first, End: first.AddDays(1)}, rule: "FREQ=MONTHLY;BYDAY=-1FR"}}
	to := first.AddDays(3)
	s.changes = []change{{first, component{days: calendar.Bucket{Start: to, End: to.AddDays(1)}}}}
	if _, err := s.entry("x"); err == nil || !strings.Contains(err.Error(), "are no rule any more") {
		t.Errorf("%v", err)
	}
	s.whole.rule += ";COUNT=5"
	e, err := s.entry("x")
	if err != nil || len(e.Spans) != 5 || e.Spans[4].Days.String() != "2027-05-31" {
		t.Errorf("%v, %v", e.Spans, err)
	}
}
