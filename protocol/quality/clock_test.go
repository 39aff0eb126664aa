package quality

import (
	"reflect"
	"slices"
	"testing"
	"time"
	_ "time/tzdata" // the zones of the tests are the same everywhere

	"kontor/protocol/calendar"
	"kontor/protocol/measure"
	"kontor/protocol/terms"
)

func millis(date string, hour, minute int64) int64 {
	return day(date).Millis() + (hour*60+minute)*60_000
}

// A complaint counts as received by the contract's rule: the same working day until the cut-off.
func TestReceivedByTheContract(t *testing.T) {
	rule := DefaultService()
	rule.Holidays = []calendar.Date{day("2026-10-19")}
	for _, c := range []struct {
		what, date   string
		hour, minute int64
		offset       int64
		want         string
	}{
		{"a Thursday before the cut-off", "2026-10-15", 16, 59, 0, "2026-10-15"},
		{"at the cut-off", "2026-10-15", 17, 0, 0, "2026-10-16"},
		{"a Friday evening before a holiday", "2026-10-16", 20, 0, 0, "2026-10-20"},
		{"a Saturday", "2026-10-17", 9, 0, 0, "2026-10-20"},
		{"16:30 UTC is 18:30 two hours east", "2026-10-15", 16, 30, 120, "2026-10-16"},
		{"23:30 UTC is the next morning there", "2026-10-14", 23, 30, 120, "2026-10-15"},
	} {
		rule.Offset = c.offset
		if got := rule.ReceivedOn(millis(c.date, c.hour, c.minute)); got != day(c.want) {
			t.Errorf("%s: received on %s, want %s", c.what, got, c.want)
		}
	}
}

// Days are those of the contract's zone, also where its clock changes: Europe/Berlin changes on the last Sundays of March and October, at 01:00 UTC.
func TestDaysThroughChangesOfTheClock(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	rule := DefaultService()
	rule.Zone, rule.Weekend = "Europe/Berlin", []int64{6} // Sundays are worked, so that receipts fall on the days of change
	rule.Deadlines = []Deadline{{Step: D3, Days: 1, Working: true}, {Step: D5, Days: 14}}
	rule.Offset, rule.Shifts = terms.ShiftsOf(zone, calendar.Bucket{Start: day("2026-01-01"), End: day("2028-01-01")})
	if len(rule.Shifts) != 4 || rule.Offset != 60 {
		t.Fatalf("%d changes from %d", len(rule.Shifts), rule.Offset)
	}
	for _, c := range []struct {
		what, date   string
		hour, minute int64 // UTC
		received     string
	}{
		{"23:59 on the Friday before, winter time", "2027-03-26", 22, 59, "2027-03-28"}, // Saturday is not worked
		{"16:59 on the Sunday of March, summer time", "2027-03-28", 14, 59, "2027-03-28"},
		{"17:00 on it", "2027-03-28", 15, 0, "2027-03-29"},
		{"00:30 on the Monday after: still Sunday by winter time", "2027-03-28", 22, 30, "2027-03-29"},
		{"23:59 on the Sunday of March is after the cut-off", "2027-03-28", 21, 59, "2027-03-29"},
		{"01:30, before the change", "2027-03-28", 0, 30, "2027-03-28"},
		{"00:30 on the Sunday of October, summer time: Saturday by winter time and by UTC", "2027-10-30", 22, 30, "2027-10-31"},
		{"02:30 for the second time", "2027-10-31", 1, 30, "2027-10-31"},
		{"16:59 on it, winter time", "2027-10-31", 15, 59, "2027-10-31"},
		{"17:00 on it", "2027-10-31", 16, 0, "2027-11-01"},
		{"23:30 on it", "2027-10-31", 22, 30, "2027-11-01"},
	} {
		at := millis(c.date, c.hour, c.minute)
		if got := rule.ReceivedOn(at); got != day(c.received) {
			t.Errorf("%s: received on %s, want %s", c.what, got, c.received)
		}
		year, month, date := time.UnixMilli(at).In(zone).Date()
		if got, want := rule.Day(at), calendar.MonthOf(year, month).First().AddDays(date-1); got != want {
			t.Errorf("%s: is on %s, want %s", c.what, got, want)
		}
	}
	// Received on the Sunday of the change: due fourteen days of the calendar later, whose last hour is not overdue.
	for _, c := range []struct {
		raised, working, due string
		last, over           int64 // the last minute of the due day and the first after it, UTC
	}{
		{"2027-03-28", "2027-03-29", "2027-04-11", millis("2027-04-11", 21, 59), millis("2027-04-11", 22, 0)},
		{"2027-10-31", "2027-11-01", "2027-11-14", millis("2027-11-14", 22, 59), millis("2027-11-14", 23, 0)},
		{"2027-03-14", "2027-03-15", "2027-03-28", millis("2027-03-28", 21, 59), millis("2027-03-28", 22, 0)}, // due on the day of 23 hours
		{"2027-10-17", "2027-10-18", "2027-10-31", millis("2027-10-31", 22, 59), millis("2027-10-31", 23, 0)}, // due on the day of 25 hours
	} {
		complaint := Complaint{ID: "C", Raised: millis(c.raised, 10, 0)}
		before, after := ClockOf(rule, complaint, nil, rule.Day(c.last)), ClockOf(rule, complaint, nil, rule.Day(c.over))
		if before[0].Due != day(c.working) || before[1].Due != day(c.due) || before[1].State != StepDue || after[1].State != StepOverdue {
			t.Errorf("raised on %s: %+v, then %+v", c.raised, before, after)
		}
		agreed := day(c.due)
		if WithAgreed(nil, agreed, nil, rule.Day(c.last))[0].State != StepDue || WithAgreed(nil, agreed, nil, rule.Day(c.over))[0].State != StepOverdue {
			t.Errorf("an agreed day %s does not end with its day", agreed)
		}
	}
	d := full()
	d.Service = rule
	if f := Check(d); len(f) > 0 {
		t.Fatal(f)
	}
	sheet, err := ToSheet(d, proof)
	if err != nil {
		t.Fatal(err)
	}
	if back, err := FromSheet(sheet); err != nil || !reflect.DeepEqual(back.Service, rule) {
		t.Errorf("back from the wire: %+v, %v", back.Service, err)
	}
}

func TestClock(t *testing.T) {
	d := full()
	c := d.Complaints[0] // Friday 2026-10-16, 15:00
	states := func(work *Case, today string) (out []StepState) {
		for _, x := range ClockOf(d.Service, c, work, day(today)) {
			out = append(out, x.State)
		}
		return out
	}
	got := ClockOf(d.Service, c, nil, day("2026-10-16"))
	if len(got) != 3 || got[0].Due != day("2026-10-20") || got[1].Due != day("2026-10-30") || got[2].Due != day("2026-12-15") {
		t.Fatalf("two working days, 14 and 60 days: %+v", got)
	}
	if s := states(nil, "2026-10-21"); !slices.Equal(s, []StepState{StepOverdue, StepDue, StepDue}) {
		t.Errorf("nothing done on the 21st: %v", s)
	}
	// D3 was closed on 2 November, D5 on the 12th, D8 on the 27th.
	if s := states(&d.Cases[0], "2026-12-31"); !slices.Equal(s, []StepState{StepDoneLate, StepDoneLate, StepDone}) {
		t.Errorf("%v", s)
	}
}

// How corrective work went, by hand: both complaints are received on Thursday 15 October; containment is due in two working days and the end in sixty days.
func TestCorrectiveWorkIsMeasured(t *testing.T) {
	raised := millis("2026-10-15", 9, 0)
	code := FailureCode{System: "VDA", Code: "C1"}
	cause := Cause{Type: TechnicalOccurrence, Node: "die 4"}
	doc := Document{Service: DefaultService(),
		Complaints: []Complaint{{ID: "A", Item: tablet, Raised: raised, Codes: []FailureCode{code}},
			{ID: "B", Item: tablet, Raised: raised, Codes: []FailureCode{code}},
			{ID: "C", Item: tablet, Raised: millis("2026-11-20", 9, 0), Codes: []FailureCode{code}, Recurs: &Recurs{Of: "A", Role: "QUALITY_MANAGER"}}},
		Cases: []Case{{Complaint: "A", Causes: []Cause{cause}, Steps: []Done{{D3, day("2026-10-19")}, {D5, day("2026-10-25")}, {D8, day("2026-11-10")}}},
			{Complaint: "B", Steps: []Done{{D3, day("2026-10-20")}}}, {Complaint: "C", Causes: []Cause{cause}}}}
	w := WorkOf([]Document{doc, doc}, day("2026-11-21"), func(Complaint) bool { return true })
	// A: three steps in time; B: containment a day late, D5 overdue, D8 pending; C: all three pending.
	if r := w.OnTime.Result(measure.StepsOnTime); r.Text(6) != "0.6" || r.Count != 5 || r.Excluded[measure.Pending] != 4 {
		t.Errorf("on time %s of %d, %v", r.Text(6), r.Count, r.Excluded)
	}
	for step, want := range map[Step]string{D3: "4.5", D5: "10", D8: "26"} {
		if r := w.Median(step); r.Text(6) != want || r.Count+r.Excluded[measure.Pending] != 3 {
			t.Errorf("median days to %s: %s of %d, %v; want %s", step, r.Text(6), r.Count, r.Excluded, want)
		}
	}
	if w.Median(D3).Definition.CID() == w.Median(D8).Definition.CID() {
		t.Error("days to two steps have one definition")
	}
	if r := w.Returned.Result(measure.Recurrence); r.Text(6) != "1" || r.Count != 1 || r.Excluded[measure.Pending] != 2 {
		t.Errorf("came back: %s of %d, %v", r.Text(6), r.Count, r.Excluded)
	}
	doc.Complaints[2].Recurs = nil
	guessed := WorkOf([]Document{doc}, day("2026-11-21"), func(Complaint) bool { return true })
	if r := guessed.Returned.Result(measure.Recurrence); r.Text(6) != "0" {
		t.Errorf("nobody confirmed it: %s", r.Text(6))
	}
}
