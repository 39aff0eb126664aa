package desk

import (
	"testing"

	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/exception"
	"kontor/testnet/virtual"
)

// Figures near at hand grow stale first; a document is noted once, with the side that can renew it (practice T21).
func TestStaleData(t *testing.T) {
	issued := calendar.MustDate("2026-12-20").Millis()
	day := int64(24 * 60 * 60 * 1000)
	root := block.Sum([]byte("forecast"))
	in := capacity.Input{Forecast: virtual.Forecast("a", 0, nil, issued, 100, 200, 300), ForecastCID: root, PlanCID: block.Sum([]byte("plan"))}
	for _, c := range []struct {
		after      int64
		start, end string // of the stale figures; empty: none
	}{
		{8, "", ""},
		{9, "2027-01-01", "2027-02-01"}, // January begins in three days: weeks 1-4 are stale after 8 days
		{36, "2027-01-01", "2027-04-01"},
		{43, "2027-02-01", "2027-04-01"}, // January is over
		{200, "", ""},
	} {
		in.Plan = virtual.Plan("p", 0, nil, nil, issued+c.after*day, 100) // fresh
		notes := staleData(in, issued+c.after*day)
		if c.start == "" {
			if len(notes) > 0 {
				t.Errorf("after %d days: %+v", c.after, notes)
			}
			continue
		}
		want := calendar.Bucket{Start: calendar.MustDate(c.start), End: calendar.MustDate(c.end)}
		if len(notes) != 1 || notes[0].Kind != exception.StaleData || notes[0].Side != exception.Buyer || notes[0].Scope.Buckets != want {
			t.Errorf("after %d days: %+v, want %s", c.after, notes, want)
		}
	}
	in.Plan = virtual.Plan("p", 0, nil, nil, issued-100*day, 100)
	if notes := staleData(in, issued); len(notes) != 1 || notes[0].Side != exception.Seller {
		t.Errorf("an old plan: %+v", notes)
	}
}
