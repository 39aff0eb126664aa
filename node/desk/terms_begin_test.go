package desk

import (
	"testing"

	"kontor/protocol/calendar"
	"kontor/protocol/terms"
)

// Who asks too early for what terms give hears from which day on they give it: of the next ones, and of the contract asked for.
func TestTermsThatBeginLaterAreNamed(t *testing.T) {
	day := calendar.MustDate
	signed := func(contract, from, expires, start, end string) terms.Agreed {
		return terms.Agreed{From: day(from), Expires: day(expires), Document: terms.Document{Frame: terms.Frame{Contract: contract, Period: calendar.Bucket{Start: day(start), End: day(end)}}}}
	}
	agreed := []terms.Agreed{
		signed("OVER", "2025-01-01", "2026-01-01", "2025-01-01", "2026-01-01"),
		signed("LATER", "2026-05-01", "2028-01-01", "2027-04-01", "2028-01-01"),
		signed("NEXT", "2026-11-01", "2028-01-01", "2027-01-01", "2028-01-01"),
		signed("NEVER", "2026-12-01", "2026-12-31", "2027-01-01", "2028-01-01"), // expires before its period begins
	}
	for _, x := range []struct{ contract, on, want string }{
		{"", "2026-11-23", "; those of NEXT are signed and begin on 2027-01-01"},
		{"LATER", "2026-11-23", "; those of LATER are signed and begin on 2027-04-01"},
		{"OVER", "2026-11-23", ""}, {"NEVER", "2026-11-23", ""}, {"OTHER", "2026-11-23", ""}, {"NEXT", "2027-01-01", ""},
	} {
		if got := signedFor(agreed, x.contract, day(x.on)); got != x.want {
			t.Errorf("%q on %s: %q, want %q", x.contract, x.on, got, x.want)
		}
	}
}
