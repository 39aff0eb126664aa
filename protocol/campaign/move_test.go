package campaign

import (
	"testing"

	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/forecast"
)

// An event moves to the first days on which it lies in no blackout, beside no other event and in no period that supply falls short in; lifts of months go by whole months,
// and what is no matter of days moves nothing.
func TestAnEventMovesToFreeDays(t *testing.T) {
	day := calendar.MustDate
	span := func(from, end string) calendar.Bucket { return calendar.Bucket{Start: day(from), End: day(end)} }
	pills := forecast.Item{BuyersID: "ZDV-300"}
	spring := event("spring", pills)
	spring.Period = span("2027-03-08", "2027-03-15")
	spring.Impacts = []Impact{{Item: "ZDV-300", Bucket: calendar.MustBucket("2027-03"), Unit: "PK"}}
	other := event("fair", pills)
	closed := func(from, end string) Blackout {
		return Blackout{ID: "count", Period: span(from, end), Reason: "INVENTORY"}
	}
	for what, c := range map[string]struct {
		other  string // first day of another event of three days
		closed Blackout
		short  string // supply falls short before this day
		from   string
		want   string
		cells  bool
	}{
		"nothing stands against it": {from: "2027-01-01"},
		"a blackout":                {closed: closed("2027-03-10", "2027-03-20"), from: "2027-01-01", want: "2027-03-20"},
		"a blackout, and a fair":    {closed: closed("2027-03-10", "2027-03-20"), other: "2027-03-25", from: "2027-01-01", want: "2027-03-28"},
		"into another month":        {closed: closed("2027-03-10", "2027-04-05"), from: "2027-01-01", want: "2027-04-05", cells: true},
		"no earlier than one can":   {closed: closed("2027-03-10", "2027-03-20"), from: "2027-05-03", want: "2027-05-03", cells: true},
		"supply":                    {short: "2027-06-01", from: "2027-01-01", want: "2027-06-01", cells: true},
		"supply, for good":          {short: "2030-01-01", from: "2027-01-01", want: "none"},
		"a blackout for good":       {closed: closed("2027-01-01", "2029-01-01"), from: "2027-01-01", want: "none"},
	} {
		plans := calendarOf(buyer, spring)
		if c.other != "" {
			other.Period = calendar.Bucket{Start: day(c.other), End: day(c.other).AddDays(3)}
			plans.Document.Events = append(plans.Document.Events, other)
		}
		if c.closed.ID != "" {
			plans.Document.Blackouts = []Blackout{c.closed}
		}
		var match func([]Held) (CoverOf, error)
		if c.short != "" {
			match = func(calendars []Held) (CoverOf, error) {
				e, _ := calendars[0].Document.Event("spring")
				return func(Event) *capacity.Result {
					short := capacity.ProductMatch{Product: "ZDV-300", Buckets: []capacity.ProductCell{{Bucket: e.Impacts[0].Bucket, Cover: &capacity.Cover{}}}}
					if e.Impacts[0].Bucket.Start < day(c.short) {
						short.Buckets[0].Cover.Shortage = capacity.Interval{Lower: PPM, Upper: PPM}
					}
					return &capacity.Result{Products: []capacity.ProductMatch{short}}
				}, nil
			}
		}
		to, found, err := Input{Calendars: []Held{plans}}.Move(buyer, "spring", day(c.from), match)
		switch {
		case err != nil:
			t.Fatal(err)
		case c.want == "" && (found || to.Looked.Valid()), c.want == "none" && (found || !to.Looked.Valid()):
			t.Errorf("%s: %+v, %v", what, to, found)
		case c.want == "" || c.want == "none":
		case !found || to.Event.Period != (calendar.Bucket{Start: day(c.want), End: day(c.want).AddDays(7)}) || to.Cells != c.cells || to.Event.Impacts[0].Bucket != day(c.want).Month().Bucket():
			t.Errorf("%s: %v, %s, %v, %+v, want %s", what, found, to.Event.Period, to.Cells, to.Event.Impacts, c.want)
		}
	}
}

// Lifts of weeks move by the weeks between the old and the new first day of the event, not by how many times seven days fit between them; weeks begin where the lift's do.
func TestLiftsOfWeeksMoveWithTheWeekOfTheEvent(t *testing.T) {
	monday, sunday, saturday := "2027-03-01", "2027-02-28", "2027-02-27" // the first days of the weeks that hold 1 March 2027
	for what, c := range map[string]struct {
		begins   string // first day of the lift's first week
		from, to string
		weeks    int // by which the lifts move
	}{
		"a weekend into the next week":         {monday, "2027-03-06", "2027-03-08", 1},
		"a Sunday into Monday":                 {monday, "2027-03-07", "2027-03-08", 1},
		"within a week":                        {monday, "2027-03-01", "2027-03-07", 0},
		"a Wednesday by six days":              {monday, "2027-03-03", "2027-03-09", 1},
		"a Monday by thirteen days":            {monday, "2027-03-01", "2027-03-14", 1},
		"a Sunday by eight days":               {monday, "2027-03-07", "2027-03-15", 2},
		"whole weeks":                          {monday, "2027-03-03", "2027-03-24", 3},
		"a Monday back to the weekend":         {monday, "2027-03-08", "2027-03-06", -1},
		"back within a week":                   {monday, "2027-03-07", "2027-03-01", 0},
		"a Monday back by eight days":          {monday, "2027-03-15", "2027-03-07", -2},
		"back over the year":                   {monday, "2027-01-01", "2026-12-27", -1},
		"weeks from Sunday, into a Sunday":     {sunday, "2027-03-06", "2027-03-07", 1},
		"weeks from Sunday, into a Monday":     {sunday, "2027-03-07", "2027-03-08", 0},
		"weeks from Sunday, back":              {sunday, "2027-03-07", "2027-03-06", -1},
		"weeks from Saturday, into a Saturday": {saturday, "2027-03-05", "2027-03-06", 1},
		"weeks from Saturday, the weekend":     {saturday, "2027-03-06", "2027-03-08", 0},
	} {
		e := event("spring", forecast.Item{BuyersID: "ZDV-300"})
		e.Period = calendar.Bucket{Start: calendar.MustDate(c.from), End: calendar.MustDate(c.from).AddDays(2)}
		begins := calendar.MustDate(c.begins)
		for _, b := range calendar.WeeksFrom(begins, 3) {
			e.Impacts = append(e.Impacts, Impact{Item: "ZDV-300", Bucket: b, Unit: "PK"})
		}
		moved := e.on(calendar.MustDate(c.to))
		for i, want := range calendar.WeeksFrom(begins.AddDays(7*c.weeks), 3) {
			if got := moved.Impacts[i].Bucket; got != want {
				t.Errorf("%s: lift %d in %s, want %s", what, i, got, want)
			}
		}
		if moved.Period.Start.String() != c.to || moved.Period.Days() != 2 || samePeriods(e.Impacts, moved.Impacts) != (c.weeks == 0) {
			t.Errorf("%s: %s with %+v", what, moved.Period, moved.Impacts)
		}
	}
}

// A weekend that has to leave its week takes its lift along, and says so.
func TestAWeekendMovesItsWeek(t *testing.T) {
	weekend := event("spring", forecast.Item{BuyersID: "ZDV-300"})
	weekend.Period = calendar.MustBucket("2027-03-06/2027-03-08")
	weekend.Impacts = []Impact{{Item: "ZDV-300", Bucket: calendar.MustBucket("2027-W09"), Unit: "PK"}}
	plans := calendarOf(buyer, weekend)
	plans.Document.Blackouts = []Blackout{{ID: "count", Period: calendar.MustBucket("2027-03-06/2027-03-08"), Reason: "INVENTORY"}}
	to, found, err := Input{Calendars: []Held{plans}}.Move(buyer, "spring", calendar.MustDate("2027-01-01"), nil)
	if err != nil || !found || to.Event.Period != calendar.MustBucket("2027-03-08/2027-03-10") || !to.Cells || to.Event.Impacts[0].Bucket != calendar.MustBucket("2027-W10") {
		t.Fatalf("%v, %v: %+v", err, found, to)
	}
}
