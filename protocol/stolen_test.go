package protocol_test

import (
	"testing"

	"kontor/protocol"
	"kontor/testnet/virtual"
)

// TestStolenFeedKey: once a company went on with another feed key and revoked the old one, an entry signed by the old key in a place that is
// taken is set aside and proves no fork, whichever came first (PROTOCOL 2). While the old key is not revoked it is a fork; and so it is
// where a member had acknowledged the entry: what members held stands.
func TestStolenFeedKey(t *testing.T) {
	for _, c := range []struct {
		name       string
		owner      int // milestone of the owner's chain when it goes on
		thiefFirst bool
		held       bool // the maker acknowledges what the thief wrote
		fork       bool
	}{
		{"replaced and revoked", virtual.OldFeedKeyRevoked, false, false, false},
		{"replaced, not revoked", virtual.NewFeedKey, false, false, true},
		{"the thief was first", virtual.OldFeedKeyRevoked, true, false, false},
		{"a member held what the thief wrote", virtual.OldFeedKeyRevoked, true, true, true},
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
			if c.held {
				heartbeat(t, maker)
			}
			out, err := maker.Take(must[virtual.Parcel](t)(then.Pack(maker)))
			if c.fork {
				if err != nil || len(out.Forks) != 1 {
					t.Fatalf("forks %v, %v", out.Forks, err)
				}
				return
			}
			if err != nil || out.Aside+len(out.Admitted) != 1 || len(out.Forks) != 0 {
				t.Fatalf("%+v, %v", out, err)
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
