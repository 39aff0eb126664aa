// Package tier is the envelope of a change that is passed on from one tier of a supply network to the next: when it may leave, what it
// stands for, and where it must stop (PROTOCOL 8).
//
// An [Intake] is what a node remembers of its incoming edges; [Intake.Arrive] says whether an arrival may pass. An [Edge] is one outgoing
// edge; [Edge.Arrive] queues what passes, [Edge.Due] says when the next emission may leave and [Edge.Decide] whether it does. What the
// emission says, in figures, is the caller's: the explosion of the inputs [Edge.Inputs] names.
//
// Guarantees, for nodes that all follow these rules: no change passes a node twice; an edge emits at most once in a hold-off and four
// times an hour; in a network without cycles and of at most sixteen tiers each edge's last emission, once nothing is due, equals the
// explosion of all its inputs within the dead band.
//
// Not guaranteed: a node that drops event IDs can let a change come round again; its neighbours then see a loop they can't tell from a
// new change, and only the dead band and the hourly limit slow it down. Two suppliers who compare notes learn that they share an event.
package tier

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
)

// Bounds of an emission (PROTOCOL 8) and of what a node keeps.
const (
	MaxEvents = 64 // of one emission
	MaxHops   = 16 // tiers a change may pass
	// MaxPending bounds the batches waiting on one edge: sixteen hours of four full emissions each. Beyond it the edge is suspended.
	MaxPending = 64
	// MaxSources bounds the incoming edges of one node: four series from each of the 256 partners a node may have.
	MaxSources = 1024
	// MaxSpans bounds the changes of one source that are kept from passing. Beyond it nothing of that source passes.
	MaxSpans = 64
)

// Durations in milliseconds.
const (
	Minute         = 60 * 1000
	Hour           = 60 * Minute
	Day            = 24 * Hour
	DefaultHoldOff = 15 * Minute
)

// Limits of an edge.
const (
	// PerHour is the most emissions of one edge in any sixty minutes.
	PerHour = 4
	// DeadBandPPM is how far a figure must move from the last emission to be worth a new one, in parts per million.
	DeadBandPPM = 50_000
	// GainPercent is the loop gain at which an edge is suspended: what came back within a day, as a part of what was sent.
	GainPercent = 90
)

// EventID names one change: 16 random bytes drawn by the node that emits it.
type EventID [16]byte

// ParseEventID reads the 16 bytes of an event.
func ParseEventID(b []byte) (EventID, error) {
	var id EventID
	if len(b) != len(id) {
		return id, fmt.Errorf("event ID has %d bytes instead of %d", len(b), len(id))
	}
	return EventID(b), nil
}

// String is 32 hexadecimal digits.
func (id EventID) String() string { return hex.EncodeToString(id[:]) }

// MarshalText writes String, for JSON.
func (id EventID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads 32 hexadecimal digits.
func (id *EventID) UnmarshalText(text []byte) error {
	b, err := hex.DecodeString(string(text))
	if err != nil {
		return fmt.Errorf("event ID %q: %w", text, err)
	}
	*id, err = ParseEventID(b)
	return err
}

// union is the ascending set of the events of both.
func union(a, b []EventID) []EventID {
	all := append(slices.Clone(a), b...)
	slices.SortFunc(all, func(x, y EventID) int { return bytes.Compare(x[:], y[:]) })
	return slices.Compact(all)
}

// room is how many events an emission of the given hops may carry. Every later tier adds one of its own and can drop none, so a place is
// kept for each hop that may still follow: at the sixteenth all 64 are used. Arrivals from honest nodes therefore always fit.
func room(hops int64) int { return MaxEvents - MaxHops + int(hops) }

// effectiveHops counts an arrival as at least as far along as its events need: whoever crowds the set shortens its own reach.
func effectiveHops(hops int64, events int) int64 {
	return max(hops, int64(events-(MaxEvents-MaxHops)), 0)
}
