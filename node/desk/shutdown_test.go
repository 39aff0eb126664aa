package desk

import (
	"fmt"
	"strings"
	"testing"

	"kontor/node/ical"
	"kontor/node/intake"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
)

func entries(lines ...string) []byte {
	return []byte("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VCALENDAR\r\n")
}

func entry(uid string, first, end calendar.Date, more ...string) string {
	compact := func(d calendar.Date) string { return strings.ReplaceAll(d.String(), "-", "") }
	return strings.Join(append(append([]string{"BEGIN:VEVENT", "UID:" + uid, "DTSTAMP:20270101T000000Z", "DTSTART;VALUE=DATE:" + compact(first), "DTEND;VALUE=DATE:" + compact(end)}, more...), "END:VEVENT"), "\r\n")
}

// A calendar of shutdowns is the whole of those of the lines it is given for; a table of capacity leaves them; undo takes them back; and what is
// written comes back as it is.
func TestShutdownsFromACalendar(t *testing.T) {
	d := foundDesk(t, "Maker")
	year := calendar.DateOf(d.node.Now()).AddDays(365).Month().First() // ahead of today, whenever the test runs
	week := calendar.Bucket{Start: year.AddDays(7).StartOfWeek(1), End: year.AddDays(7).StartOfWeek(1).AddDays(7)}
	table := func(actual int) []byte {
		text := "line,period,actual,maximum,product,load factor\n"
		for _, line := range []string{"L1", "L2"} {
			text += fmt.Sprintf("%s,%s,%d,100,A,1\n", line, week.Start.ISOWeek(), actual)
		}
		return []byte(text)
	}
	if _, err := d.importKind(intake.Capacity, entries(entry("a", week.Start, week.End)), ImportOptions{}); err == nil || !strings.Contains(err.Error(), "brings the lines first") {
		t.Fatalf("shutdowns of no line: %v", err)
	}
	if _, err := d.ImportCapacity(table(50), ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	of := func(name string) (out []capacity.Shutdown) {
		t.Helper()
		lines, err := d.capacityLines()
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range lines {
			if l.Line == name {
				out = l.Shutdowns
			}
		}
		return out
	}
	file := entries(entry("a", week.Start, week.Start.AddDays(5), "SUMMARY:Ada is away"), entry("b", week.Start.AddDays(4), week.End), // overlap: one shutdown
		entry("c", week.End.AddDays(30), week.End.AddDays(31), "RRULE:FREQ=WEEKLY;COUNT=3"), entry("d", week.Start.AddDays(-9), week.Start.AddDays(-8), "STATUS:CANCELLED"))
	seen, err := d.importKind(intake.Capacity, file, ImportOptions{DryRun: true})
	if err != nil || seen.Added != 8 || seen.Difference.Added != 8 || len(of("L1")) != 0 {
		t.Fatalf("a preview says %+v, %v, and %d are there", seen.Difference, err, len(of("L1")))
	}
	result, err := d.importKind(intake.Capacity, file, ImportOptions{Lines: []string{"L1"}})
	if err != nil || result.Added != 4 || len(of("L2")) != 0 {
		t.Fatalf("%+v, %v; L2 has %v", result, err, of("L2"))
	}
	if got := of("L1"); len(got) != 4 || got[0].Bucket != week || got[0].Name != "" || got[3].Start != week.End.AddDays(44) {
		t.Errorf("L1 is closed on %v", got)
	}
	if n := result.Report.Notes; len(n) != 1 || n[0].Code != intake.NoteRule || !strings.Contains(n[0].Text, week.String()) {
		t.Errorf("capacity in a shutdown is noted as %v", n)
	}
	if _, err := d.importKind(intake.Capacity, file, ImportOptions{Lines: []string{"L9"}}); err == nil || !strings.Contains(err.Error(), "L9") {
		t.Errorf("a line that is not there: %v", err)
	}
	if _, err := d.ImportCapacity(table(0), ImportOptions{}); err != nil || len(of("L1")) != 4 {
		t.Errorf("a table of capacity left %v, %v", of("L1"), err)
	}
	out, err := d.Export(ExportOptions{Kind: "capacity", Format: calendarFile})
	if err != nil {
		t.Fatal(err)
	}
	if back, err := ical.Read(out.Data); err != nil || len(back) != 4 || back[0].Spans[0].Days != week {
		t.Errorf("written and read: %+v, %v", back, err)
	}
	again, err := d.importKind("", out.Data, ImportOptions{}) // its category says what it is, and its places of which line
	if err != nil || again.Added != 0 || again.Unchanged != 4 || len(of("L2")) != 0 {
		t.Errorf("what was written changes %+v, %v", again, err)
	}
	gone, err := d.importKind(intake.Capacity, entries(entry("z", week.Start, week.End)), ImportOptions{Lines: []string{"L1"}})
	if err != nil || gone.Difference.Removed != 3 || len(of("L1")) != 1 {
		t.Errorf("%+v, %v", gone.Difference, err)
	}
	if _, err := d.UndoImport(UndoOptions{Number: gone.Number}); err != nil || len(of("L1")) != 4 {
		t.Errorf("undone: %v, %v", err, of("L1"))
	}
}

// A calendar that leaves its meaning open is one of days without campaigns, also in the inbox, and can be taken back.
func TestBlackoutsThroughTheDoor(t *testing.T) {
	d := foundDesk(t, "Shop")
	day := calendar.MustDate("2027-08-02")
	result, err := d.importKind("", entries(entry("a", day, day.AddDays(14), "SUMMARY:Ada is away")), ImportOptions{Reason: "legal"})
	if err != nil || result.Added != 1 || result.Format != "icalendar" {
		t.Fatalf("%+v, %v", result, err)
	}
	doc, err := d.campaignDraft(block.CID{})
	if err != nil || len(doc.Blackouts) != 1 || doc.Blackouts[0].Reason != "LEGAL" || doc.Blackouts[0].Period.Days() != 14 {
		t.Fatalf("%+v, %v", doc.Blackouts, err)
	}
	if _, err := d.UndoImport(UndoOptions{Number: result.Number}); err != nil {
		t.Fatal(err)
	}
	if doc, err = d.campaignDraft(block.CID{}); err != nil || len(doc.Blackouts) != 0 {
		t.Errorf("undone: %+v, %v", doc.Blackouts, err)
	}
	if _, err := d.importKind("", entries(entry("a", day, day.AddDays(1))), ImportOptions{Reason: "mood"}); err == nil {
		t.Error("a reason that is none was taken")
	}
}
