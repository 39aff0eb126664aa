package cadence

import (
	"fmt"
	"math/rand"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kontor/protocol/calendar"
)

// The steps of a cycle lie before the meeting on working days, in order, over a weekend and a holiday.
func TestTheCycleOfAMonth(t *testing.T) {
	days := calendar.NewWorkdays([]calendar.Date{calendar.MustDate("2027-02-02")}, time.Saturday, time.Sunday)
	steps := Cycle(Planning, calendar.MustDate("2027-02-04"), days)
	var got string
	for _, s := range steps {
		got += s.ID + " " + s.Day.String() + "; "
		if s.Owner == "" || s.Gate == "" || s.Default == "" || len(s.Inputs) == 0 {
			t.Errorf("step %s lacks an owner, inputs, a gate or what happens by itself", s.ID)
		}
	}
	if got != "ACTUALS 2027-01-18; DEMAND 2027-01-21; SUPPLY 2027-01-27; PRE 2027-02-01; EXECUTIVE 2027-02-04; " {
		t.Error(got)
	}
	for _, id := range []string{Launch, "quarterly review"} {
		if s := Cycle(id, calendar.MustDate("2027-02-04"), days); len(s) != 1 || s[0].Day != calendar.MustDate("2027-02-04") {
			t.Errorf("%s: %+v", id, s)
		}
	}
}

func TestLaunchSyncsGoFromEightWeeksBeforeToEightAfter(t *testing.T) {
	launch := calendar.MustDate("2027-06-01")
	for weeks, held := range map[int]bool{-9: false, -8: true, 0: true, 8: true, 9: false} {
		if got := Launching(launch.AddDays(7*weeks), []calendar.Date{launch}); got != held {
			t.Errorf("%d weeks from the launch: held %t", weeks, got)
		}
	}
	if Launching(launch, nil) {
		t.Error("a sync without a launch")
	}
}

// The agenda does not depend on the order in which a node found its items, never has more than ten, and loses none of them.
func TestBothNodesHaveOneAgenda(t *testing.T) {
	meeting := calendar.MustDate("2027-02-04")
	rapid.Check(t, func(t *rapid.T) {
		var open []Item
		for i := range rapid.IntRange(0, 25).Draw(t, "items") {
			open = append(open, Item{Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Ref: fmt.Sprint(i), Title: "x", Owner: "COO",
				Due: meeting.AddDays(rapid.IntRange(-30, 30).Draw(t, "due"))})
		}
		a := Agenda(open, meeting)
		shuffled := slices.Clone(open)
		rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed"))).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		x, err := a.Digest()
		if err != nil {
			t.Fatal(err)
		}
		y, err := Agenda(append(shuffled, shuffled...), meeting).Digest()
		if err != nil {
			t.Fatal(err)
		}
		if x != y || len(a.Items) > MaxItems || len(a.Items)+int(a.More) != len(open) || a.Canceled() != (len(open) == 0) {
			t.Fatalf("%d open: %d on the agenda, %d more, digests %s and %s", len(open), len(a.Items), a.More, x, y)
		}
		for i := 1; i < len(a.Items); i++ {
			if a.Items[i].Due < meeting && a.Items[i-1].Due >= meeting {
				t.Fatalf("%+v is overdue and stands after %+v", a.Items[i], a.Items[i-1])
			}
		}
	})
}
