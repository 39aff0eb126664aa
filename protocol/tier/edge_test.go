package tier

import (
	"fmt"
	"testing"

	"kontor/protocol/block"
	"kontor/protocol/quantity"
)

func event(n int) (id EventID) {
	copy(id[:], fmt.Sprintf("%016d", n))
	return id
}

func events(from, n int) (ids []EventID) {
	for i := range n {
		ids = append(ids, event(from+i))
	}
	return ids
}

// walk is an edge, an intake and a clock, driven by hand.
type walk struct {
	t       *testing.T
	now     int64
	intake  Intake
	edge    Edge
	minted  map[EventID]bool
	version int
	fresh   int
}

func newWalk(t *testing.T) *walk {
	return &walk{t: t, now: 1_000_000_000, minted: map[EventID]bool{}, fresh: 900_000}
}

func (w *walk) arrive(source string, hops int64, ids ...EventID) Verdict {
	w.version++
	a := Arrival{Source: source, Version: fmt.Sprint(w.version), Events: ids, Hops: hops, At: w.now}
	var in Input
	var v Verdict
	w.intake, in, v = w.intake.Arrive(a, func(id EventID) bool { return w.minted[id] })
	if v == Passes {
		w.edge = w.edge.Arrive(in, a)
	}
	return v
}

func (w *walk) decide(figure int64) Decision {
	w.fresh++
	var d Decision
	w.edge, d = w.edge.Decide(w.now, Cells{"KGM|x": quantity.Of(figure)}, event(w.fresh))
	if d.Action == Emit {
		w.minted[event(w.fresh)] = true
	}
	return d
}

func (w *walk) wants(figure int64, action Action) Decision {
	w.t.Helper()
	d := w.decide(figure)
	if d.Action != action {
		w.t.Fatalf("at %d with %d: %s, want %s", w.now, figure, d.Action, action)
	}
	return d
}

func TestFirstChangeLeavesAtOnceThenAHoldOffCoalesces(t *testing.T) {
	w := newWalk(t)
	w.wants(1000, Nothing)
	w.arrive("agency", 0)
	if d := w.wants(1000, Emit); d.Emission.Hops != 1 || len(d.Emission.Events) != 1 {
		t.Fatalf("a change of a customer's own plan leaves with %d events over %d hops, want one fresh event and one hop", len(d.Emission.Events), d.Emission.Hops)
	}
	w.arrive("agency", 0)
	w.arrive("hospital", 3, event(1), event(2))
	if d := w.wants(2000, Wait); d.Until != w.now+DefaultHoldOff {
		t.Fatalf("waits until %d, want the end of the hold-off", d.Until)
	}
	w.now += DefaultHoldOff
	d := w.wants(2000, Emit)
	if len(d.Emission.Events) != 3 || d.Emission.Hops != 4 || len(w.edge.Accepted) != 2 {
		t.Fatalf("the coalesced emission has events %v over %d hops from %d sources", d.Emission.Events, d.Emission.Hops, len(w.edge.Accepted))
	}
}

func TestDeadBandIsFivePercentOfTheLastEmission(t *testing.T) {
	w := newWalk(t)
	w.arrive("agency", 0)
	w.wants(1000, Emit)
	for _, c := range []struct {
		figure int64
		action Action
	}{{1050, Inside}, {950, Inside}, {1049, Inside}, {1051, Emit}} {
		w.now += Hour
		w.arrive("agency", 1, event(int(c.figure)))
		w.wants(c.figure, c.action)
	}
	if got := len(w.edge.Last.Events); got != 5 {
		t.Fatalf("the emission stands for %d events; the three within the band must ride with the fourth and the fresh one: 5", got)
	}
}

func TestAtMostFourAnHour(t *testing.T) {
	w := newWalk(t)
	w.edge.HoldOff = 1000
	figure, start := int64(1000), w.now
	for range PerHour {
		w.arrive("agency", 0)
		figure *= 2
		w.wants(figure, Emit)
		w.now += 2000
	}
	w.arrive("agency", 0)
	if d := w.wants(2*figure, Wait); d.Until != start+Hour {
		t.Fatalf("the fifth waits until %d, want an hour after the first", d.Until)
	}
	w.now = start + Hour
	w.wants(2*figure, Emit)
}

func TestALoopIsRecordedAndNotPassed(t *testing.T) {
	w := newWalk(t)
	w.arrive("agency", 0)
	d := w.wants(1000, Emit)
	if v := w.arrive("circle", d.Emission.Hops, d.Emission.Events...); v != Looped {
		t.Fatalf("an arrival with our own event: %s", v)
	}
	if s, _ := w.intake.Source("circle"); s.Latest != "2" || len(s.Spans) != 1 {
		t.Fatalf("the loop is recorded as %+v", s)
	}
	if _, waiting := w.edge.Due(); waiting {
		t.Fatal("a loop waits to be passed on")
	}
	// A later change of the same source passes without what looped.
	if v := w.arrive("circle", 1, event(77)); v != Passes {
		t.Fatalf("the next change of that source: %s", v)
	}
	in := w.edge.Pending[0].Inputs[0]
	if in.Version != "3" || len(in.Less) != 1 || in.Less[0] != (Span{"", "2"}) {
		t.Fatalf("it contributes %+v, want version 3 less the change to 2", in)
	}
}

func TestHopsAndCrowdedEventsEndTheWay(t *testing.T) {
	for _, c := range []struct {
		hops   int64
		events int
		want   Verdict
	}{{15, 1, Passes}, {16, 1, TooFar}, {0, 63, Passes}, {0, 64, TooFar}, {15, 63, Passes}} {
		w := newWalk(t)
		if v := w.arrive("agency", c.hops, events(0, c.events)...); v != c.want {
			t.Errorf("%d hops and %d events: %s, want %s", c.hops, c.events, v, c.want)
			continue
		}
		if c.want == Passes {
			if d := w.wants(1, Emit); len(d.Emission.Events) > MaxEvents || d.Emission.Hops > MaxHops {
				t.Errorf("%d hops and %d events leave with %d and %d", c.hops, c.events, d.Emission.Hops, len(d.Emission.Events))
			}
		}
	}
}

func TestPastItsEventsANewEmissionBegins(t *testing.T) {
	w := newWalk(t)
	w.arrive("a", 1, events(0, 40)...)
	w.arrive("b", 1, events(40, 9)...)
	w.arrive("b", 1, events(49, 1)...)
	if len(w.edge.Pending) != 2 {
		t.Fatalf("%d batches, want a second one for the fiftieth event at one hop", len(w.edge.Pending))
	}
	if got := w.edge.Inputs(); len(got) != 2 || got[1].Version != "2" {
		t.Fatalf("the first emission is made from %+v, want b's earlier version", got)
	}
	w.wants(1000, Emit)
	w.now += Hour
	w.wants(1001, Inside)
	// Full and inside the dead band: it leaves all the same once another batch waits behind it.
	w.arrive("a", 1, events(100, 49)...)
	if d := w.wants(1001, Emit); len(d.Emission.Events) != 2 {
		t.Fatalf("the full batch leaves with %d events, want its one and the fresh one", len(d.Emission.Events))
	}
}

func TestLoopGainSuspends(t *testing.T) {
	for _, c := range []struct {
		back int64
		want bool
	}{{899, false}, {900, true}} {
		w := newWalk(t)
		w.arrive("agency", 0)
		d := w.wants(1000, Emit)
		size := Distance(Cells{}, Cells{"KGM|x": quantity.Of(c.back)})
		w.edge = w.edge.Returned(w.now+Hour, d.Emission.Events, size)
		if got := w.edge.Suspended != nil; got != c.want {
			t.Fatalf("%d of 1000 came back: suspended %t", c.back, got)
		}
		if !c.want {
			continue
		}
		w.arrive("agency", 0)
		w.now += Day
		w.wants(5000, Halted)
		w.edge = w.edge.Resume()
		w.wants(5000, Emit)
	}
	// After a day it is no feedback any more.
	w := newWalk(t)
	w.arrive("agency", 0)
	d := w.wants(1000, Emit)
	w.edge = w.edge.Returned(w.now+Day, d.Emission.Events, Distance(Cells{}, Cells{"KGM|x": quantity.Of(1000)}))
	if w.edge.Suspended != nil {
		t.Fatal("what came back after a day suspends the edge")
	}
}

func TestABacklogSuspendsAndLosesNoFigure(t *testing.T) {
	w := newWalk(t)
	for i := range MaxPending + 1 {
		w.arrive("a", 1, events(i*100, 49)...)
	}
	if w.edge.Suspended == nil || w.edge.Suspended.Reason != Backlog || len(w.edge.Pending) != MaxPending {
		t.Fatalf("after %d full batches: %d wait, suspended %v", MaxPending+1, len(w.edge.Pending), w.edge.Suspended)
	}
	w.edge = w.edge.Resume()
	if got := w.edge.Inputs(); len(got) != 1 || got[0].Version != fmt.Sprint(MaxPending+1) {
		t.Fatalf("resumed with %+v, want the newest version", got)
	}
	if d := w.wants(1, Emit); len(d.Emission.Events) > MaxEvents {
		t.Fatalf("%d events", len(d.Emission.Events))
	}
}

func TestStateSurvivesTheStore(t *testing.T) {
	w := newWalk(t)
	w.arrive("agency", 2, events(0, 3)...)
	d := w.wants(1000, Emit)
	w.arrive("circle", 1, d.Emission.Events...)
	w.arrive("agency", 2, events(5, 3)...)
	w.edge = w.edge.Suspend(w.now, "tried")
	data, err := block.Marshal(w.edge)
	if err != nil {
		t.Fatal(err)
	}
	var back Edge
	if err := block.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	again, _ := block.Marshal(back)
	if string(again) != string(data) || back.Last.Events[0] != d.Emission.Events[0] || back.Suspended.Text != "tried" {
		t.Fatalf("read back as %+v", back)
	}
	data, err = block.Marshal(w.intake)
	if err != nil {
		t.Fatal(err)
	}
	var intake Intake
	if err := block.Unmarshal(data, &intake); err != nil || len(intake.Sources) != 2 {
		t.Fatalf("intake read back as %+v, %v", intake, err)
	}
}

func TestWithdrawnSourcesContributeNothing(t *testing.T) {
	w := newWalk(t)
	w.arrive("a", 0)
	w.wants(1000, Emit)
	a := Arrival{Source: "a"}
	var in Input
	w.intake, in, _ = w.intake.Arrive(a, func(EventID) bool { return false })
	w.edge = w.edge.Arrive(in, a)
	if w.edge.Has("a") || w.edge.Inputs()[0].Version != "" {
		t.Fatalf("after withdrawal the inputs are %+v", w.edge.Inputs())
	}
	w.now += Hour
	w.wants(0, Emit)
}
