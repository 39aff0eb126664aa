package ical

import (
	"strings"
	"testing"

	"kontor/protocol/calendar"
	"kontor/protocol/campaign"
)

// A calendar is written on every machine as RFC 5545 has it: lines end with CRLF, and none is longer than 75 bytes.
func TestLinesEndWithCRLF(t *testing.T) {
	doc := campaign.Document{Events: []campaign.Event{{ID: "S", Name: strings.Repeat("Spring and summer ", 10), Status: campaign.Planned, Period: calendar.MustBucket("2027-03")}}}
	text := string(Write("campaigns", doc))
	if lines := strings.Split(text, "\r\n"); len(lines) < 10 || strings.Count(text, "\n") != len(lines)-1 {
		t.Errorf("%d lines in %q", len(lines), text)
	}
	for _, line := range strings.Split(text, "\r\n") {
		if len(line) > 75 {
			t.Errorf("%d bytes in the line %q", len(line), line)
		}
	}
}
