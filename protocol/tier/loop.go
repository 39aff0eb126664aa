package tier

import (
	"maps"
	"math"
	"math/big"
	"slices"
)

// Sent is an emission of the last day and what of it has come back.
type Sent struct {
	Event    EventID  `cbor:"event"` // the one minted for it
	At       int64    `cbor:"at"`
	Size     []Amount `cbor:"size"`     // by how much it moved the edge's figures
	Returned []Amount `cbor:"returned"` // by how much what came back would move them
	Back     bool     `cbor:"back"`     // something came back
}

// Suspension says why an edge emits nothing until a human resumes it.
type Suspension struct {
	At     int64  `cbor:"at" json:"at"`
	Reason string `cbor:"reason" json:"reason"` // LOOP_GAIN, BACKLOG or BY_HAND
	Text   string `cbor:"text" json:"text"`
}

// Reasons of a suspension.
const (
	LoopGain = "LOOP_GAIN"
	Backlog  = "BACKLOG"
	ByHand   = "BY_HAND"
)

// Returned notes that events came back with a change that, had it passed, would have moved this edge's figures by size. When what came back
// of a day's emissions is nine tenths of them or more, the loop would feed itself, and the edge is suspended.
func (e Edge) Returned(now int64, events []EventID, size []Amount) Edge {
	e = e.prune(now)
	newest := -1
	for i, s := range e.Recent {
		if slices.Contains(events, s.Event) {
			e.Recent[i].Back = true
			newest = i
		}
	}
	if newest < 0 {
		return e // older than a day, or minted for another edge
	}
	e.Recent[newest].Returned = addAmounts(e.Recent[newest].Returned, size)
	if e.Suspended == nil && e.gainAtLimit() {
		e.Suspended = &Suspension{At: now, Reason: LoopGain,
			Text: "changes passed on here came back within a day at nine tenths of their size or more: passing them on again would feed a loop; find the cycle with the partners, then resume"}
	}
	return e
}

// gainAtLimit compares, group by group, what came back with the emissions it came back from.
func (e Edge) gainAtLimit() bool {
	var sent, back []Amount
	for _, s := range e.Recent {
		if s.Back {
			sent, back = addAmounts(sent, s.Size), addAmounts(back, s.Returned)
		}
	}
	compared := false
	for _, s := range sent {
		if s.Thousandths == 0 {
			continue
		}
		compared = true
		limit := new(big.Int).Mul(big.NewInt(s.Thousandths), big.NewInt(GainPercent))
		if new(big.Int).Mul(big.NewInt(amountOf(back, s.Group)), big.NewInt(100)).Cmp(limit) >= 0 {
			return true
		}
	}
	if compared {
		return false
	}
	// Nothing was sent that could be compared and something came back.
	return slices.ContainsFunc(back, func(a Amount) bool { return a.Thousandths > 0 })
}

func amountOf(list []Amount, group string) int64 {
	for _, a := range list {
		if a.Group == group {
			return a.Thousandths
		}
	}
	return 0
}

func addAmounts(a, b []Amount) []Amount {
	sums := map[string]int64{}
	for _, list := range [][]Amount{a, b} {
		for _, x := range list {
			if sums[x.Group] > math.MaxInt64-x.Thousandths {
				sums[x.Group] = math.MaxInt64
			} else {
				sums[x.Group] += x.Thousandths
			}
		}
	}
	var out []Amount
	for _, group := range sortedKeys(sums) {
		out = append(out, Amount{group, sums[group]})
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
