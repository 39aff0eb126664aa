package tier

import (
	"encoding/binary"
	"fmt"
	"slices"
	"sort"

	"pgregory.net/rapid"

	"kontor/protocol/quantity"
)

// network is a supply network in which every node follows the rules. Besides the figures it carries a shadow of every
// change: what part of a figure has passed which nodes. The rules never look at it; the tests do.
type network struct {
	t        fatal
	delay    func() int64 // of the next message, ms
	now      int64
	nodes    []*company
	messages []message
	fresh    uint64
	emitted  int
	looped   int
}

type fatal interface{ Fatalf(string, ...any) }

// company is a node: its state as the rules have it, and its past versions, which a real node keeps as documents.
type company struct {
	intake Intake
	minted map[EventID]bool
	edges  []*outgoing
	own    int64 // version number of its own plan
	past   map[string]shadow
}

type outgoing struct {
	to       int
	factor   int64 // figures halve (2) or stay (1) on the way
	state    Edge
	version  int64
	emitted  []int64 // times
	lastSeen shadow
}

// shadow is a figure by the set of nodes its parts have passed, one bit each: 64 nodes at most.
type shadow map[uint64]int64

func (s shadow) total() (sum int64) {
	for _, v := range s {
		sum += v
	}
	return sum
}

func (s shadow) add(o shadow, sign int64) shadow {
	out := shadow{}
	for k, v := range s {
		out[k] = v
	}
	for k, v := range o {
		if out[k] += sign * v; out[k] == 0 {
			delete(out, k)
		}
	}
	return out
}

type message struct {
	due     int64
	to      int
	arrival Arrival
	figure  shadow
}

// unit is large enough to be halved sixteen times.
const unit = 1 << 20

func (n *network) node() *company {
	c := &company{minted: map[EventID]bool{}, past: map[string]shadow{"": {}}}
	n.nodes = append(n.nodes, c)
	return c
}

// contribution is what an input amounts to: its version less its spans.
func (c *company) contribution(in Input) shadow {
	if in.Version == "" {
		return shadow{}
	}
	out := c.past[in.Source+in.Version]
	for _, s := range in.Less {
		out = out.add(c.at(in.Source, s.To), -1).add(c.at(in.Source, s.From), 1)
	}
	return out
}

func (c *company) at(source, version string) shadow {
	if version == "" {
		return shadow{}
	}
	return c.past[source+version]
}

func (n *network) figures(at int, e *outgoing) shadow {
	sum := shadow{}
	for _, in := range e.state.Inputs() {
		sum = sum.add(n.nodes[at].contribution(in), 1)
	}
	out := shadow{}
	for passed, v := range sum {
		if passed&(1<<at) != 0 {
			n.t.Fatalf("at %d ms node %d would pass on %d that it has passed before (passed %b)", n.now, at, v, passed)
		}
		if v%e.factor != 0 {
			n.t.Fatalf("a figure of %d was halved too often: the network is deeper than the hop limit", v)
		}
		out[passed|1<<at] = v / e.factor
	}
	return out
}

func cellsOf(v int64) Cells { return Cells{"C62|demand": quantity.Of(v)} }

// receive is what a node does with an arrival.
func (n *network) receive(at int, a Arrival, figure shadow) {
	c := n.nodes[at]
	a.At = n.now
	c.past[a.Source+a.Version] = figure
	before, _ := c.intake.Source(a.Source)
	intake, in, verdict := c.intake.Arrive(a, func(id EventID) bool { return c.minted[id] })
	c.intake = intake
	switch verdict {
	case Passes:
		for _, e := range c.edges {
			e.state = e.state.Arrive(in, a)
		}
	case Looped:
		n.looped++
		for _, e := range c.edges {
			moved := figure.add(c.at(a.Source, before.Latest), -1).total() / e.factor
			e.state = e.state.Returned(n.now, a.Events, Distance(cellsOf(0), cellsOf(moved)))
		}
	}
	n.work(at)
}

// work emits whatever may leave.
func (n *network) work(at int) {
	c := n.nodes[at]
	for _, e := range c.edges {
		for {
			figure := n.figures(at, e)
			n.fresh++
			var id EventID
			binary.BigEndian.PutUint64(id[8:], n.fresh)
			next, d := e.state.Decide(n.now, cellsOf(figure.total()), id)
			e.state = next
			if d.Action != Emit {
				break
			}
			c.minted[id] = true
			n.check(e, d.Emission)
			e.version++
			e.lastSeen = figure
			m := message{due: n.now + n.delay(), to: e.to, figure: figure,
				arrival: Arrival{Source: fmt.Sprintf("from %d ", at), Version: fmt.Sprint(e.version), Events: d.Emission.Events, Hops: d.Emission.Hops}}
			// Feeds are ordered: nothing overtakes on one edge.
			for _, other := range n.messages {
				if other.to == m.to && other.arrival.Source == m.arrival.Source {
					m.due = max(m.due, other.due)
				}
			}
			n.messages = append(n.messages, m)
		}
	}
}

// check holds every emission against the sentences of PROTOCOL 8.
func (n *network) check(e *outgoing, out Emission) {
	n.emitted++
	if len(out.Events) < 1 || len(out.Events) > MaxEvents || out.Hops < 1 || out.Hops > MaxHops {
		n.t.Fatalf("an emission carries %d events over %d hops", len(out.Events), out.Hops)
	}
	if k := len(e.emitted); k > 0 && n.now-e.emitted[k-1] < e.state.holdOff() {
		n.t.Fatalf("two emissions of one edge within a hold-off: %d and %d", e.emitted[k-1], n.now)
	}
	if k := len(e.emitted); k >= PerHour && n.now-e.emitted[k-PerHour] < Hour {
		n.t.Fatalf("five emissions of one edge within an hour, the last at %d", n.now)
	}
	e.emitted = append(e.emitted, n.now)
}

// change gives a node a new plan of its own.
func (n *network) change(at int, v int64) {
	c := n.nodes[at]
	c.own++
	n.receive(at, Arrival{Source: "own ", Version: fmt.Sprint(c.own)}, shadow{0: v})
}

// until lets time pass, event by event.
func (n *network) until(end int64) {
	for {
		next := end + 1
		for _, m := range n.messages {
			next = min(next, m.due)
		}
		for _, c := range n.nodes {
			for _, e := range c.edges {
				if due, waiting := e.state.Due(); waiting && due > n.now {
					next = min(next, due)
				}
			}
		}
		if next > end {
			n.now = end
			return
		}
		n.now = next
		sort.SliceStable(n.messages, func(i, j int) bool { return n.messages[i].due < n.messages[j].due })
		for len(n.messages) > 0 && n.messages[0].due <= n.now {
			m := n.messages[0]
			n.messages = slices.Clone(n.messages[1:])
			n.receive(m.to, m.arrival, m.figure)
		}
		for at := range n.nodes {
			n.work(at)
		}
	}
}

func (n *network) quiet() bool { return len(n.messages) == 0 }

// drawNetwork draws companies and edges; acyclic ones lead from lower to higher numbers and are at most sixteen tiers deep.
func drawNetwork(t *rapid.T, acyclic bool) *network {
	n := &network{t: t, delay: func() int64 { return rapid.Int64Range(1, 90_000).Draw(t, "delay") }}
	size := rapid.IntRange(2, 50).Draw(t, "nodes")
	for range size {
		n.node()
	}
	edges := rapid.IntRange(1, size*5/4).Draw(t, "edges")
	for range edges {
		from, to := rapid.IntRange(0, size-1).Draw(t, "from"), rapid.IntRange(0, size-1).Draw(t, "to")
		if acyclic && from > to {
			from, to = to, from
		}
		if from == to || slices.ContainsFunc(n.nodes[from].edges, func(e *outgoing) bool { return e.to == to }) {
			continue
		}
		n.nodes[from].edges = append(n.nodes[from].edges, &outgoing{to: to, factor: rapid.Int64Range(1, 2).Draw(t, "factor"), state: Edge{HoldOff: rapid.SampledFrom([]int64{0, 1000, 7 * Minute, Hour}).Draw(t, "hold-off")}})
	}
	if !acyclic {
		return n
	}
	depth := make([]int, size)
	for from, node := range n.nodes { // its depth is known: edges into it come from lower numbers
		node.edges = slices.DeleteFunc(node.edges, func(e *outgoing) bool {
			if depth[from] == MaxHops {
				return true
			}
			depth[e.to] = max(depth[e.to], depth[from]+1)
			return false
		})
	}
	return n
}

// ring closes the first two nodes to a ring and sends a change around it, so that every drawn network has a loop to stop.
func (n *network) ring() {
	for from, to := range []int{1, 0} {
		if !slices.ContainsFunc(n.nodes[from].edges, func(e *outgoing) bool { return e.to == to }) {
			n.nodes[from].edges = append(n.nodes[from].edges, &outgoing{to: to, factor: 1})
		}
	}
	n.change(0, 100*unit)
	n.until(n.now + Hour)
}

// changes draws a stream of plan changes and lets time pass between them.
func (n *network) changes(t *rapid.T, count int) {
	for range count {
		n.change(rapid.IntRange(0, len(n.nodes)-1).Draw(t, "who"), unit*rapid.Int64Range(0, 100).Draw(t, "what"))
		n.until(n.now + rapid.Int64Range(0, 20*Minute).Draw(t, "pause"))
	}
}
