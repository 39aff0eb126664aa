package desk

import (
	"slices"
	"strings"
	"testing"

	"kontor/node/ical"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// A recurring entry of a calendar becomes a meeting of the draft: first day and rule. The name that both sides read, and the gates, stay; what
// is written of a meeting comes back as no change; a preview keeps nothing.
func TestCadenceFromACalendar(t *testing.T) {
	d := foundDesk(t, "Maker")
	if _, err := d.ImportCadence(entries(sitting("a", "DTSTART;VALUE=DATE:20830104", "RRULE:FREQ=MONTHLY;BYDAY=1MO")), TermsCadence{}); err == nil || !strings.Contains(err.Error(), "no draft of terms") {
		t.Fatalf("a meeting of no terms: %v", err)
	}
	doc := TermsTemplate(calendar.MustDate("2082-05-05"), "EUR", quantity.Piece)
	doc.Cadence[0].Gates = []string{"CAPACITY"}
	file, err := WriteTerms(termsFile(doc))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.ImportTerms(file, TermsImport{}); err != nil {
		t.Fatal(err)
	}
	held := func() []terms.Cadence {
		t.Helper()
		now, err := d.termsDraft("")
		if err != nil {
			t.Fatal(err)
		}
		return now.Cadence
	}
	// Tuesdays at 00:30 in Berlin are Tuesdays in Zurich, and Mondays in London.
	second := entries(sitting("a", "DTSTART;TZID=Europe/Zurich:20830112T003000", "RRULE:FREQ=MONTHLY;BYDAY=2TU", "SUMMARY:Ada and Ben", "CATEGORIES:CADENCE"), sitting("b", "DTSTART;VALUE=DATE:20830101", "RRULE:FREQ=DAILY"))
	seen, err := d.ImportCadence(second, TermsCadence{DryRun: true})
	if err != nil || len(seen.Changes) != 1 || len(seen.Findings) != 0 || held()[0].RRule != "FREQ=MONTHLY;BYDAY=1MO" {
		t.Fatalf("a preview says %+v, %v; held %v", seen, err, held())
	}
	took, err := d.ImportCadence(second, TermsCadence{})
	want := terms.Cadence{ID: "sop", Name: "sales and operations planning", First: calendar.MustDate("2083-01-12"), RRule: "FREQ=MONTHLY;BYDAY=2TU", Gates: []string{"CAPACITY"}}
	if err != nil || took.Changes[0].How != "changed" || took.Changes[0].Before.RRule != "FREQ=MONTHLY;BYDAY=1MO" || len(took.Notes) != 1 || !sameCadence(held()[0], want) {
		t.Fatalf("took %+v, %v; held %+v", took, err, held())
	}
	if got := took.Changes[0].Next; len(got) != nextShown || got[1].String() != "2083-02-09" {
		t.Errorf("held on %v", got)
	}

	// A new meeting takes the entry's title; one that the entry names is found by it.
	weekly := entries(sitting("c", "DTSTART;VALUE=DATE:20830105", "RRULE:FREQ=WEEKLY;BYDAY=TU", "SUMMARY:launch review"))
	if took, err = d.ImportCadence(weekly, TermsCadence{Cadence: "launch"}); err != nil || took.Changes[0].How != "added" || len(held()) != 2 || held()[0].Name != "launch review" {
		t.Fatalf("took %+v, %v; held %+v", took, err, held())
	}
	before := held()
	var rules []ical.Recurring
	for _, c := range before {
		rules = append(rules, ical.Recurring{UID: c.ID, ID: c.ID, Title: c.Name, First: c.First, RRule: c.RRule})
	}
	if took, err = d.ImportCadence(ical.WriteCadences("Agency", "Europe/Berlin", rules), TermsCadence{}); err != nil || len(took.Changes) != 2 || took.Changes[0].How != "unchanged" || took.Changes[1].How != "unchanged" || !slices.EqualFunc(before, held(), sameCadence) {
		t.Fatalf("what was written came back as %+v, %v", took, err)
	}

	const first = "DTSTART;VALUE=DATE:20830104"
	for _, x := range []struct {
		what, want string
		in         TermsCadence
		entries    []string
	}{
		{"no rule", `"planning" has no RRULE`, TermsCadence{}, []string{sitting("a", first, "SUMMARY:planning")}},
		{"two", `2 entries come back, "one" and "two"`, TermsCadence{Cadence: "sop"}, []string{sitting("a", first, "RRULE:FREQ=DAILY", "SUMMARY:one"), sitting("b", first, "RRULE:FREQ=DAILY", "SUMMARY:two")}},
		{"two of one meeting", "2 entries come back", TermsCadence{}, []string{sitting("a", first, "RRULE:FREQ=DAILY", "X-KONTOR-CADENCE:sop"), sitting("b", first, "RRULE:FREQ=DAILY", "X-KONTOR-CADENCE:sop")}},
		{"another than asked for", `is the meeting "sop"`, TermsCadence{Cadence: "sop"}, []string{sitting("a", first, "RRULE:FREQ=DAILY", "X-KONTOR-CADENCE:launch")}},
		{"a zone by another name", `zone "W. Europe Standard Time" of entry "a" is not known; say which is meant with --zone`, TermsCadence{Cadence: "sop"}, []string{sitting("a", "DTSTART;TZID=W. Europe Standard Time:20830104T090000", "RRULE:FREQ=MONTHLY", "SUMMARY:a")}},
		{"a zone that is none", `zone "Mars" of entry`, TermsCadence{Cadence: "sop", Zone: "Mars"}, []string{sitting("a", first, "RRULE:FREQ=MONTHLY")}},
		{"another day at home", "on 2083-01-04 at 00:30 in Asia/Tokyo is on 2083-01-03 in Europe/Berlin", TermsCadence{Cadence: "sop"}, []string{sitting("a", "DTSTART;TZID=Asia/Tokyo:20830104T003000", "RRULE:FREQ=MONTHLY")}},
		{"an exception", "days taken out, added or moved", TermsCadence{Cadence: "sop"}, []string{sitting("a", first, "RRULE:FREQ=MONTHLY", "EXDATE;VALUE=DATE:20830304")}},
		{"cancelled", "is cancelled", TermsCadence{Cadence: "sop"}, []string{sitting("a", first, "RRULE:FREQ=MONTHLY", "STATUS:CANCELLED")}},
		{"which of two", "2 meetings (launch, sop)", TermsCadence{}, []string{sitting("a", first, "RRULE:FREQ=MONTHLY", "SUMMARY:other")}},
		{"a rule that is not read", "frequency", TermsCadence{Cadence: "sop"}, []string{sitting("a", first, "RRULE:FREQ=HOURLY")}},
	} {
		_, err := d.ImportCadence(entries(x.entries...), x.in)
		if err == nil || !strings.Contains(err.Error(), x.want) || !slices.EqualFunc(before, held(), sameCadence) {
			t.Errorf("%s: %v, want %q", x.what, err, x.want)
		}
	}
	// A zone that the file names in another way is said by hand.
	zoned := entries(sitting("a", "DTSTART;TZID=W. Europe Standard Time:20830104T090000", "RRULE:FREQ=MONTHLY"))
	if took, err = d.ImportCadence(zoned, TermsCadence{Cadence: "sop", Zone: "Europe/Berlin", DryRun: true}); err != nil || took.Changes[0].After.RRule != "FREQ=MONTHLY" || len(took.Notes) != 0 {
		t.Errorf("took %+v, %v", took, err)
	}
}

func sitting(uid string, lines ...string) string {
	return strings.Join(append(append([]string{"BEGIN:VEVENT", "UID:" + uid, "DTSTAMP:20270101T000000Z"}, lines...), "END:VEVENT"), "\r\n")
}

func sameCadence(a, b terms.Cadence) bool {
	return a.ID == b.ID && a.Name == b.Name && a.First == b.First && a.RRule == b.RRule && slices.Equal(a.Gates, b.Gates)
}
