package desk

import (
	"slices"
	"testing"

	"kontor/protocol/calendar"
	"kontor/protocol/quality"
	"kontor/protocol/terms"
)

// A drafted service rule gets the changes of its zone's clock, whatever offset it was given; what it states itself stands, and a zone that never changes,
// or that nobody knows, keeps the offset it has.
func TestServiceRuleGetsTheChangesOfItsClock(t *testing.T) {
	now := calendar.MustDate("2027-03-01").Millis()
	rule := quality.DefaultService()
	rule.Zone, rule.Offset = "Europe/Berlin", 120
	got := withShifts(rule, now)
	if got.Offset != 60 || len(got.Shifts) != 2*(shiftsBack+shiftsAhead) || terms.BadShift(got.Offset, got.Shifts) >= 0 {
		t.Fatalf("%d from UTC, %d changes", got.Offset, len(got.Shifts))
	}
	// 2027-03-28 at 01:00 UTC is the last Sunday of March.
	if at := calendar.MustDate("2027-03-28").Millis() + 3_600_000; !slices.Contains(got.Shifts, terms.Shift{At: at, Offset: 120}) {
		t.Errorf("no change on the last Sunday of March in %v", got.Shifts)
	}
	own := rule
	own.Shifts = []terms.Shift{{At: now, Offset: 60}}
	if again := withShifts(own, now); again.Offset != 120 || !slices.Equal(again.Shifts, own.Shifts) {
		t.Errorf("its own changes: %+v", again)
	}
	for _, zone := range []string{"Africa/Abidjan", "Nowhere/None", ""} {
		rule.Zone = zone
		if kept := withShifts(rule, now); kept.Offset != 120 || len(kept.Shifts) != 0 {
			t.Errorf("%q: %+v", zone, kept)
		}
	}
}
