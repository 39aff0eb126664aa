package command

import (
	"testing"

	"kontor/protocol/calendar"
	"kontor/protocol/quality"
)

func TestParseFinding(t *testing.T) {
	day, err := calendar.ParseDate("2027-03-01")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]quality.AuditFinding{
		"6.2.1 MINOR: torque is not recorded":        {Clause: "6.2.1", Grade: quality.MinorFinding, Text: "torque is not recorded"},
		"6.2.1 minor 2027-03-01: said: not recorded": {Clause: "6.2.1", Grade: quality.MinorFinding, Closed: day, Text: "said: not recorded"},
		"clause 7 OBSERVATION":                       {Clause: "clause 7", Grade: quality.Observation},
	} {
		if got, err := parseFinding(text); err != nil || got != want {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for _, bad := range []string{"", "6.2.1", "MINOR: torque", "6.2.1 GRAVE: torque", "6.2.1 2027-03-01: torque", "6.2.1 MINOR: a\x1bb"} {
		if got, err := parseFinding(bad); err == nil {
			t.Errorf("%q was read as %+v", bad, got)
		}
	}
}
