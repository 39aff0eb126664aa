package board

import (
	"context"
	"strings"
	"testing"
	"time"

	"kontor/node/api/wire"
	"kontor/protocol/calendar"
)

// Minutes of a meeting that no terms name say what is missing: terms, a cadence in them, or a meeting held by then.
func TestMinutesSayWhyThereIsNoMeeting(t *testing.T) {
	c := paired(t)
	record := func(cadence, day, code, says string) {
		t.Helper()
		in := wire.MinutesRequest{Cadence: cadence, Day: day, Decided: []string{"all stays as planned"}}
		if _, err := c.agency.Record(context.Background(), admin, in); codesOf(err) != code || !strings.Contains(err.Error(), says) {
			t.Errorf("%q on %q: %v, want %s", cadence, day, err, code)
		}
	}
	record("", "", "NO_TERMS", "no terms are in force with Tablet Maker")
	record("sop", "", "NO_TERMS", "--cadence extra")
	c.underTerms(t)
	record("launch", "", "NO_MEETING", "theirs are sop")
	tuesday := c.today()
	for tuesday.Weekday() != time.Tuesday {
		tuesday = tuesday.AddDays(-1)
	}
	record("sop", tuesday.String(), "NO_MEETING", "no such meeting on "+tuesday.String())
}

// A meeting that moves, is cancelled or comes back has a higher number each time, and keeps it while nothing changes.
func TestACalendarFileSaysWhatChanged(t *testing.T) {
	day := calendar.MustDate
	sent := map[string]sentMeeting{}
	send := func(at int64, from string, now map[string]sentMeeting) map[string]sentMeeting {
		out := resent(sent, now, day(from), at)
		for uid, m := range out {
			sent[uid] = m
		}
		return out
	}
	jan := sentMeeting{Title: "planning", Day: day("2027-01-04")}
	feb := sentMeeting{Title: "planning", Day: day("2027-02-01")}
	moved, off := jan, jan
	moved.Day, off.Canceled = day("2027-01-06"), true
	for i, x := range []struct {
		from     string
		now      map[string]sentMeeting
		sequence int64
		day      string
		canceled bool
		stamp    int64
	}{
		{"2027-01-01", map[string]sentMeeting{"jan": jan, "feb": feb}, 0, "2027-01-04", false, 1},
		{"2027-01-01", map[string]sentMeeting{"jan": jan, "feb": feb}, 0, "2027-01-04", false, 1},
		{"2027-01-01", map[string]sentMeeting{"jan": moved, "feb": feb}, 1, "2027-01-06", false, 3},
		{"2027-01-01", map[string]sentMeeting{"feb": feb}, 2, "2027-01-06", true, 4}, // no longer among them
		{"2027-01-01", map[string]sentMeeting{"feb": feb}, 2, "2027-01-06", true, 4},
		{"2027-01-01", map[string]sentMeeting{"jan": jan, "feb": feb}, 3, "2027-01-04", false, 6},
		{"2027-01-01", map[string]sentMeeting{"jan": off, "feb": feb}, 4, "2027-01-04", true, 7},
	} {
		out := send(int64(i+1), x.from, x.now)
		if m := out["jan"]; m.Sequence != x.sequence || m.Day != day(x.day) || m.Canceled != x.canceled || m.Stamp != x.stamp {
			t.Errorf("file %d: %+v", i+1, m)
		}
		if m := out["feb"]; m.Sequence != 0 || m.Stamp != 1 {
			t.Errorf("file %d: February did not change: %+v", i+1, m)
		}
	}
	if out := send(9, "2027-01-05", map[string]sentMeeting{"feb": feb}); len(out) != 1 {
		t.Errorf("a meeting that is over is written again: %+v", out)
	}
}
