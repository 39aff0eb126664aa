package planner

import (
	"testing"

	"kontor/protocol/calendar"
	"pgregory.net/rapid"
)

func TestShiftAhead(t *testing.T) {
	for _, c := range []struct {
		last, today string
		years       int
		now, first  string
		leadIn      int
		says        string
	}{
		{"2015-08", "2026-11-22", 11, "2026-08", "2026-12", 3,
			"the history ended with 2015-08; every month is shifted by 11 years, to end with 2026-08; the forecast begins with 2026-12, leaving out 3 months that are neither known nor ahead"},
		{"2015-08", "2026-08-01", 11, "2026-08", "2026-09", 0,
			"the history ended with 2015-08; every month is shifted by 11 years, to end with 2026-08; the forecast begins with 2026-09"},
		{"2015-08", "2026-07-31", 10, "2025-08", "2026-08", 11, ""},
		{"2026-10", "2026-11-22", 0, "2026-10", "2026-12", 1,
			"the history ends with 2026-10 and is not shifted; the forecast begins with 2026-12, leaving out 1 month that is neither known nor ahead"},
		{"2027-02", "2026-11-22", 0, "2027-02", "2027-03", 0, ""},
	} {
		s := ShiftAhead(month(t, c.last), calendar.MustDate(c.today))
		if s.Years != c.years || s.Now.String() != c.now || s.First.String() != c.first || s.LeadIn != c.leadIn {
			t.Errorf("%s on %s: %+v (now %s, first %s)", c.last, c.today, s, s.Now, s.First)
		}
		if c.says != "" && s.String() != c.says {
			t.Errorf("%s on %s says %q, want %q", c.last, c.today, s, c.says)
		}
	}
}

func TestTheHorizonLiesAhead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		today := calendar.MustDate("2026-01-01").AddDays(rapid.IntRange(0, 4000).Draw(t, "day"))
		last := calendar.MonthOf(2000, 1).Add(rapid.IntRange(0, 500).Draw(t, "month"))
		s := ShiftAhead(last, today)
		if s.First.First() <= today || s.First != s.Now+1+calendar.Month(s.LeadIn) || s.LeadIn < 0 || s.LeadIn > 11 || int(s.Now-s.Was) != 12*s.Years {
			t.Fatalf("%s on %s: %+v", last, today, s)
		}
	})
}
