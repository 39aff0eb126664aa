package icalendar

import (
	"testing"

	"kontor/node/intake/intaketest"
)

func FuzzRead(f *testing.F) {
	intaketest.Fuzz(f, Read, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTAMP:20270101T000000Z\r\nDTSTART;VALUE=DATE:20270802\r\nDTEND;VALUE=DATE:20270816\r\nRRULE:FREQ=YEARLY;COUNT=3\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")
}
