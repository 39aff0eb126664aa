package protocol_test

import (
	"errors"
	"testing"

	"kontor/protocol"
	"kontor/protocol/feed"
	"kontor/testnet/virtual"
)

// TestStolenFeedKey: once a company went on with another feed key and revoked the old one, an entry signed by the old key in a place that is
// taken is refused and proves no fork (PROTOCOL 2). While the old key is not revoked, or where the thief was first, it is a fork.
func TestStolenFeedKey(t *testing.T) {
	for _, c := range []struct {
		name       string
		owner      int // milestone of the owner's chain when it goes on
		thiefFirst bool
		fork       bool
	}{
		{"replaced and revoked", virtual.OldFeedKeyRevoked, false, false},
		{"replaced, not revoked", virtual.NewFeedKey, false, true},
		{"the thief was first", virtual.OldFeedKeyRevoked, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := scene(t, 2, false)
			agency, maker := s.Desk("agency"), s.Desk("maker")
			thief := second(agency)
			agency.At = c.owner
			heartbeat(t, agency)
			s.Now++
			heartbeat(t, thief)
			first, then := agency, thief
			if c.thiefFirst {
				first, then = thief, agency
			}
			give(t, first, maker)
			before := maker.DB.Len()
			out, err := maker.Take(must[virtual.Parcel](t)(then.Pack(maker)))
			if c.fork {
				if err != nil || len(out.Forks) != 1 {
					t.Fatalf("forks %v, %v", out.Forks, err)
				}
				return
			}
			var verdict *feed.Error
			if !errors.As(err, &verdict) || verdict.Code != feed.CodeNoKey || maker.DB.Len() != before {
				t.Fatalf("%v, and %d records became %d", err, before, maker.DB.Len())
			}
			// Business goes on: the line passes the place, and what binds is written.
			for range 3 {
				heartbeat(t, agency)
				heartbeat(t, maker)
				give(t, agency, maker)
				give(t, maker, agency)
			}
			e, err := agency.Entries()
			if err != nil {
				t.Fatal(err)
			}
			if err := maker.View(func(r *protocol.Replica) error {
				line, err := r.Line()
				if line < e[len(e)-1].Header.Lam-2 {
					t.Errorf("the line stands at %d, the feeds at %d", line, e[len(e)-1].Header.Lam)
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
			sameRows(t, agency, maker)
		})
	}
}
