package tier

import (
	"cmp"
	"slices"
)

// Mode says who tells a supplier about changed demand, and how (practice T9).
type Mode string

// The modes of an edge.
const (
	Notify Mode = "NOTIFY" // direction, size band and horizon only; where a planning system plans
	Derive Mode = "DERIVE" // this node explodes the bill of materials and shares the demand
	ERP    Mode = "ERP"    // notify now; the planning system's next run is the forecast and closes the notice
)

// Valid reports whether the mode is one of the three.
func (m Mode) Valid() bool { return m == Notify || m == Derive || m == ERP }

// Edge is the state of one outgoing edge. Its methods return a new value and leave the old one as it was.
type Edge struct {
	HoldOff   int64       `cbor:"hold_off"` // ms between emissions; 0 = DefaultHoldOff
	Accepted  []Input     `cbor:"accepted"` // what the last emission was made from, ascending by source
	Pending   []Batch     `cbor:"pending"`  // what waits, oldest first
	Last      *Emission   `cbor:"last,omitempty"`
	Times     []int64     `cbor:"times"`  // of the emissions of the last hour, ascending
	Recent    []Sent      `cbor:"recent"` // the emissions of the last day
	Suspended *Suspension `cbor:"suspended,omitempty"`
}

// Batch is what one emission will stand for. While it is the newest, arrivals join it; when their events don't fit any more, a
// new one begins, and the full one leaves whether its figures moved or not: otherwise its events could never be carried on.
type Batch struct {
	Inputs []Input   `cbor:"inputs"` // ascending by source
	Events []EventID `cbor:"events"` // ascending
	Hops   int64     `cbor:"hops"`   // most of any arrival in it
}

// Emission is a change on its way to the next tier.
type Emission struct {
	Events []EventID `cbor:"events"` // ascending, the fresh one among them
	Hops   int64     `cbor:"hops"`
	At     int64     `cbor:"at"` // ms UTC
	// Cells are the figures. They are not stored with the state: whoever loads it reads them from the document emitted.
	Cells Cells `cbor:"-"`
}

func (e Edge) holdOff() int64 {
	if e.HoldOff == 0 {
		return DefaultHoldOff
	}
	return e.HoldOff
}

// Arrive queues an input that passed.
func (e Edge) Arrive(in Input, a Arrival) Edge {
	hops := effectiveHops(a.Hops, len(a.Events))
	e.Pending = slices.Clone(e.Pending)
	if n := len(e.Pending); n > 0 {
		b := e.Pending[n-1]
		events, most := union(b.Events, a.Events), max(b.Hops, hops)
		if len(events) <= room(most) {
			e.Pending[n-1] = Batch{Inputs: withInput(b.Inputs, in), Events: events, Hops: most}
			return e
		}
		if n >= MaxPending {
			// Nothing is lost of the figures, only of what they stand for; so a human decides before anything leaves.
			e.Pending[n-1].Inputs = withInput(b.Inputs, in)
			if e.Suspended == nil {
				e.Suspended = &Suspension{At: a.At, Reason: Backlog, Text: "changes arrive faster than four emissions an hour can carry their events: nothing leaves until somebody has looked and resumes"}
			}
			return e
		}
	}
	e.Pending = append(e.Pending, Batch{Inputs: []Input{in}, Events: union(nil, a.Events), Hops: hops})
	return e
}

// Touch asks for a new look without an arrival: the node's own bill of materials, stock or permission changed.
func (e Edge) Touch() Edge {
	if len(e.Pending) == 0 {
		e.Pending = []Batch{{}}
	}
	return e
}

func withInput(inputs []Input, in Input) []Input {
	i, known := slices.BinarySearchFunc(inputs, in.Source, func(x Input, name string) int { return cmp.Compare(x.Source, name) })
	inputs = slices.Clone(inputs)
	if known {
		inputs[i] = in
		return inputs
	}
	return slices.Insert(inputs, i, in)
}

// Inputs are what the next emission is made from: what the last one was, with the oldest batch over it.
func (e Edge) Inputs() []Input {
	inputs := e.Accepted
	if len(e.Pending) > 0 {
		for _, in := range e.Pending[0].Inputs {
			inputs = withInput(inputs, in)
		}
	}
	return slices.Clone(inputs)
}

// Has reports whether a source is among what was emitted or waits.
func (e Edge) Has(source string) bool {
	is := func(in Input) bool { return in.Source == source && in.Version != "" }
	for i := len(e.Pending) - 1; i >= 0; i-- {
		for _, in := range e.Pending[i].Inputs {
			if in.Source == source {
				return in.Version != ""
			}
		}
	}
	return slices.ContainsFunc(e.Accepted, is)
}

// Due is the earliest time at which the oldest batch may leave; false when nothing waits or the edge is suspended. A
// time in the past means now.
func (e Edge) Due() (at int64, waiting bool) {
	if len(e.Pending) == 0 || e.Suspended != nil {
		return 0, false
	}
	if e.Last != nil {
		at = e.Last.At + e.holdOff()
	}
	if n := len(e.Times); n >= PerHour {
		at = max(at, e.Times[n-PerHour]+Hour)
	}
	return at, true
}

// Action is what an edge does about what waits.
type Action string

// The actions.
const (
	Nothing Action = "NOTHING" // nothing waits
	Halted  Action = "HALTED"  // suspended until a human resumes it
	Wait    Action = "WAIT"    // for the hold-off or the hour
	Inside  Action = "INSIDE"  // the figures are within the dead band; it goes on waiting for more
	Emit    Action = "EMIT"
)

// Decision is what to do, and the emission to make.
type Decision struct {
	Action   Action
	Until    int64 // of Wait
	Emission Emission
}

// Decide judges the figures made from Inputs. fresh is a newly drawn event ID, used only by an emission. After Emit the returned edge is
// to be stored together with fresh among the node's minted events, before or with the emission itself.
func (e Edge) Decide(now int64, figures Cells, fresh EventID) (Edge, Decision) {
	due, waiting := e.Due()
	switch {
	case e.Suspended != nil:
		return e, Decision{Action: Halted}
	case !waiting:
		return e, Decision{Action: Nothing}
	case due > now:
		return e, Decision{Action: Wait, Until: due}
	}
	var last Cells
	if e.Last != nil {
		last = e.Last.Cells
	}
	batch, full := e.Pending[0], len(e.Pending) > 1
	if !figures.Moved(last) && !(full && e.Last != nil) {
		return e, Decision{Action: Inside}
	}
	out := Emission{Events: union(batch.Events, []EventID{fresh}), Hops: batch.Hops + 1, At: now, Cells: figures}
	e = e.prune(now)
	e.Accepted = e.Inputs()
	e.Pending = slices.Clone(e.Pending[1:])
	e.Last = &out
	e.Times = append(e.Times, now)
	e.Recent = append(e.Recent, Sent{Event: fresh, At: now, Size: Distance(last, figures)})
	return e, Decision{Action: Emit, Emission: out}
}

// prune forgets the emissions that no limit counts any more, on fresh slices.
func (e Edge) prune(now int64) Edge {
	e.Times = slices.DeleteFunc(slices.Clone(e.Times), func(t int64) bool { return t <= now-Hour })
	e.Recent = slices.DeleteFunc(slices.Clone(e.Recent), func(s Sent) bool { return s.At <= now-Day })
	return e
}

// Suspend stops an edge by hand.
func (e Edge) Suspend(now int64, text string) Edge {
	e.Suspended = &Suspension{At: now, Reason: ByHand, Text: text}
	return e
}

// Resume takes a suspension back. The batches that waited are joined, with as many of the newest events as an emission carries: whoever
// resumes after a backlog answers for those left out. What was measured of the loop begins anew.
func (e Edge) Resume() Edge {
	e.Suspended, e.Recent = nil, nil
	if len(e.Pending) < 2 {
		return e
	}
	var joined Batch
	for _, b := range e.Pending {
		for _, in := range b.Inputs {
			joined.Inputs = withInput(joined.Inputs, in)
		}
		joined.Hops = max(joined.Hops, b.Hops)
	}
	for i := len(e.Pending) - 1; i >= 0; i-- {
		if events := union(joined.Events, e.Pending[i].Events); len(events) <= room(joined.Hops) {
			joined.Events = events
		}
	}
	e.Pending = []Batch{joined}
	return e
}
