package tier

import (
	"testing"

	"pgregory.net/rapid"
)

// PROTOCOL 8: "no change passes a node twice; at most one emission per hold-off and edge". The checks are in figures and check.
func TestNoChangePassesANodeTwice(t *testing.T) {
	emitted, looped := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		n := drawNetwork(t, false)
		n.ring()
		n.changes(t, rapid.IntRange(1, 60).Draw(t, "changes"))
		n.until(n.now + 7*Day)
		if !n.quiet() {
			t.Fatalf("after a week without changes messages are still on their way: the network feeds itself")
		}
		if n.looped == 0 {
			t.Fatal("a change went around a ring of two and was not stopped")
		}
		emitted += n.emitted
		looped += n.looped
	})
	t.Logf("%d emissions, %d loops stopped", emitted, looped)
}

// PROTOCOL 8: "in an acyclic network each edge's last emission equals the explosion of all inputs within the dead band".
func TestAcyclicNetworksConverge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := drawNetwork(t, true)
		n.changes(t, rapid.IntRange(1, 40).Draw(t, "changes"))
		n.until(n.now + 7*Day)
		if !n.quiet() || n.looped > 0 {
			t.Fatalf("%d messages on their way after a week, %d loops in a network without cycles", len(n.messages), n.looped)
		}
		for at, c := range n.nodes {
			inputs := shadow{}
			for _, s := range c.intake.Sources {
				inputs = inputs.add(c.at(s.Name, s.Latest), 1)
			}
			for _, e := range c.edges {
				want := cellsOf(inputs.total() / e.factor)
				if want.Moved(cellsOf(e.lastSeen.total())) {
					t.Fatalf("edge %d to %d last emitted %d; all its inputs explode into %v", at, e.to, e.lastSeen.total(), want)
				}
			}
		}
	})
}

// Thousands of changes in one large network with cycles, in bounded time.
func TestManyChangesInALargeNetwork(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	n := &network{t: t}
	n.delay = func() int64 { return 1 + int64(n.emitted*7919)%90_000 }
	for range 50 {
		n.node()
	}
	// Rings of five with a way to the next ring make cycles of many lengths.
	for at := range 50 {
		to := at + 1
		if at%5 == 4 {
			to = at - 4
			n.nodes[at].edges = append(n.nodes[at].edges, &outgoing{to: (at + 3) % 50, factor: 2})
		}
		n.nodes[at].edges = append(n.nodes[at].edges, &outgoing{to: to, factor: 1 + int64(at%2)})
	}
	for i := range 2000 {
		n.change((i*17)%50, unit*int64(1+(i*31)%97))
		n.until(n.now + Minute)
	}
	n.until(n.now + 7*Day)
	if !n.quiet() {
		t.Fatal("messages are still on their way a week after the last change")
	}
	t.Logf("2000 changes, %d emissions, %d loops stopped", n.emitted, n.looped)
}
