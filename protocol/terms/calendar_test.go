package terms_test

import (
	"testing"
	"time"
	_ "time/tzdata" // the zones of the tests are the same everywhere

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/terms"
)

func clockOf(t *testing.T, name string, over calendar.Bucket) (terms.Calendar, *time.Location) {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	c := terms.Calendar{Zone: name, Data: "2026b"}
	c.Offset, c.Shifts = terms.ShiftsOf(zone, over)
	return c, zone
}

// The days of a contract begin and end as its zone's clocks say: through summer time and back, half hours, changes at midnight, and leap days. The zone
// database is asked when terms are drafted, and never again.
func TestDaysOfAZone(t *testing.T) {
	over := calendar.Bucket{Start: calendar.MustDate("2026-01-01"), End: calendar.MustDate("2029-01-01")}
	for _, name := range []string{"Europe/Berlin", "Australia/Adelaide", "Australia/Lord_Howe", "Asia/Kathmandu", "Asia/Kolkata", "America/New_York", "America/Havana", "Asia/Beirut", "Atlantic/Azores", "Africa/Casablanca", "Africa/Abidjan", "America/Santiago", "Pacific/Kiritimati"} {
		c, zone := clockOf(t, name, over)
		for day := over.Start; day < over.End; day = day.AddDays(1) {
			begin, end := c.Begin(day), c.End(day)
			if c.Day(begin) != day || c.Day(end) != day || c.Day(begin-1) != day.AddDays(-1) || c.Day(end+1) != day.AddDays(1) {
				t.Fatalf("%s: %s runs from %s to %s, the days around it are %s %s %s %s", name, day, time.UnixMilli(begin).In(zone), time.UnixMilli(end).In(zone), c.Day(begin-1), c.Day(begin), c.Day(end), c.Day(end+1))
			}
			// By the zone's own clock nothing before the end of the day is later than it, and all that follows is.
			year, month, date := time.UnixMilli(end).In(zone).Date()
			if got := calendar.MonthOf(year, month).First().AddDays(date - 1); got != day {
				t.Fatalf("%s: the last millisecond of %s is on %s", name, day, got)
			}
			for _, after := range []int64{0, 30, 60, 90, 180} {
				if y, m, d := time.UnixMilli(end + 1 + after*60_000).In(zone).Date(); calendar.MonthOf(y, m).First().AddDays(d-1) <= day {
					t.Fatalf("%s: %d minutes after the end of %s its clock still shows that day", name, after, day)
				}
			}
		}
		if len(c.Shifts) > 0 && (c.Shifts[0].At < over.Start.AddDays(-3).Millis() || len(c.Shifts) > 3*4+2) {
			t.Fatalf("%s: shifts %v", name, c.Shifts)
		}
	}
}

// The last Sundays of March and October in Berlin have 23 and 25 hours, the window's deadlines of both months are an hour apart in UTC, and a half-hour
// zone's days end at half past.
func TestChangesOfClocks(t *testing.T) {
	over := calendar.Bucket{Start: calendar.MustDate("2027-01-01"), End: calendar.MustDate("2028-01-01")}
	berlin, _ := clockOf(t, "Europe/Berlin", over)
	hours := func(c terms.Calendar, day string) int64 {
		d := calendar.MustDate(day)
		return (c.End(d) + 1 - c.Begin(d)) / 3_600_000
	}
	for day, want := range map[string]int64{"2027-03-28": 23, "2027-03-27": 24, "2027-10-31": 25, "2027-10-30": 24} {
		if got := hours(berlin, day); got != want {
			t.Errorf("%s has %d hours, want %d", day, got, want)
		}
	}
	utc := func(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02 15:04:05.000") }
	for day, want := range map[string]string{"2027-03-31": "2027-03-31 21:59:59.999", "2027-02-28": "2027-02-28 22:59:59.999", "2027-10-31": "2027-10-31 22:59:59.999"} {
		if got := utc(berlin.End(calendar.MustDate(day))); got != want {
			t.Errorf("%s ends in Berlin at %s, want %s", day, got, want)
		}
	}
	adelaide, _ := clockOf(t, "Australia/Adelaide", over)
	if got := utc(adelaide.End(calendar.MustDate("2027-06-30"))); got != "2027-06-30 14:29:59.999" {
		t.Errorf("June ends in Adelaide at %s", got)
	}
	f := terms.Frame{Period: over, Calendar: berlin, Loop: terms.Loop{AnswerDays: 5}}
	// Issued on the Friday before the clocks go forward, five working days later is the Friday after: an hour earlier in UTC.
	if got := utc(f.AnswerDue(calendar.MustDate("2027-03-19").Millis() + 12*3_600_000)); got != "2027-03-26 22:59:59.999" {
		t.Errorf("answer due %s", got)
	}
	if got := utc(f.AnswerDue(calendar.MustDate("2027-03-26").Millis() + 12*3_600_000)); got != "2027-04-02 21:59:59.999" {
		t.Errorf("answer due %s", got)
	}
}

// Months end where they end, February of a leap year among them, and quarters and years with them.
func TestWindowsEndWithTheirMonths(t *testing.T) {
	f := terms.Frame{Period: calendar.Bucket{Start: calendar.MustDate("2027-11-15"), End: calendar.MustDate("2028-07-01")}}
	var got []string
	for _, w := range f.Windows(terms.SLA{Window: terms.Window{Kind: terms.PerMonth}, Duties: []terms.Duty{{DueDays: 3, CorrectDays: 10}}}, f.Period) {
		got = append(got, w.Period.Start.String()+" "+w.Period.Last().String()+" "+w.Until.String())
	}
	want := []string{"2027-11-15 2027-11-30 2027-12-14", "2027-12-01 2027-12-31 2028-01-14", "2028-01-01 2028-01-31 2028-02-14", "2028-02-01 2028-02-29 2028-03-14", "2028-03-01 2028-03-31 2028-04-14", "2028-04-01 2028-04-30 2028-05-12",
		"2028-05-01 2028-05-31 2028-06-14", "2028-06-01 2028-06-30 2028-07-14"}
	if len(got) != len(want) {
		t.Fatalf("%v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("window %d is %s, want %s", i, got[i], want[i])
		}
	}
}

// A clock that a hostile document draws is refused before anything counts days by it.
func TestMalformedClocks(t *testing.T) {
	const day = 24 * 3_600_000
	for name, c := range map[string]terms.Calendar{
		"not in order":   {Shifts: []terms.Shift{{At: 10 * day, Offset: 60}, {At: 5 * day, Offset: 0}}},
		"within an hour": {Shifts: []terms.Shift{{At: 10 * day, Offset: 60}, {At: 10*day + 3_600_000, Offset: 0}}},
		"a whole day":    {Shifts: []terms.Shift{{At: 10 * day, Offset: 12 * 60}}},
		"no change":      {Shifts: []terms.Shift{{At: 10 * day, Offset: 0}}},
		"beyond time":    {Shifts: []terms.Shift{{At: artifact.MaxTime + 1, Offset: 60}}},
		"too many":       {Shifts: make([]terms.Shift, terms.MaxShifts+1)},
	} {
		d := terms.Document{}
		c.Zone, c.Data = "Europe/Berlin", "2026b"
		d.Calendar = c
		found := false
		for _, f := range terms.Check(d) {
			found = found || f.Code == terms.CodeCalendar || f.Code == terms.CodeBounds
		}
		if !found {
			t.Errorf("%s: accepted", name)
		}
	}
}
