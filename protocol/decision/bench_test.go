package decision

import (
	"testing"

	"kontor/protocol/block"
)

// What a fold pays for an entry that signs, and for one that only passes by.
func BenchmarkObserve(b *testing.B) {
	t := &testing.T{}
	s := newSigning(t, "COO and CFO", nil)
	s.writes(maker, start, by(1, COO))
	s.writes(maker, start, by(2, CFO))
	s.syncs(agency, maker)
	s.writes(agency, start, by(3, COO))
	e := Event{Member: agency, Seq: 9, T: start, Saw: func(block.CID, int64) bool { return true }}
	by(4, CFO)(&e)
	for b.Loop() {
		s.round.Observe(e)
	}
}
