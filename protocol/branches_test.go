package protocol_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/state"
	"kontor/store/kv"
	"kontor/testnet/virtual"
)

// histories of a forker, shown to different members in different order, some of them signed by a feed key that another one shows as
// revoked; the others write meanwhile, and resolutions are signed. It returns everything that anybody ever wrote.
func writeHistories(t *rapid.T) (s *virtual.Scene, all virtual.Parcel) {
	n := 2 + rapid.IntRange(0, 1).Draw(t, "third member")
	s, err := virtual.NewScene(n, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Signed(); err != nil {
		t.Fatal(err)
	}
	forker := s.Desk("agency")
	twins := []*virtual.Desk{forker}
	steps := rapid.IntRange(6, 30).Draw(t, "steps")
	for i := range steps {
		s.Now += 1000
		who := twins[rapid.IntRange(0, len(twins)-1).Draw(t, "history")]
		other := s.Desks[1+rapid.IntRange(0, n-2).Draw(t, "other")]
		switch rapid.IntRange(0, 9).Draw(t, "step") {
		case 0, 1:
			if len(twins) < 5 {
				twins = append(twins, who.Twin())
			}
		case 2:
			_, err = who.Write(protocol.Draft{Kind: protocol.KindHeartbeat})
		case 3:
			who.At = []int{virtual.Founded, virtual.NewFeedKey, virtual.OldFeedKeyRevoked}[rapid.IntRange(0, 2).Draw(t, "key")]
			_, err = who.Write(protocol.Draft{Kind: protocol.KindHeartbeat})
		case 4:
			draft, e := virtual.Share(virtual.Forecast(string(rune('a'+i)), 0, nil, s.Now, int64(i), 2))
			if e != nil {
				t.Fatal(e)
			}
			_, err = who.Write(draft)
		case 5, 6:
			err = who.Tell(other)
		case 7:
			err = other.Tell(s.Desks[rapid.IntRange(0, n-1).Draw(t, "to")])
		case 8:
			_, err = other.Write(protocol.Draft{Kind: protocol.KindHeartbeat})
		default:
			voter := s.Desks[rapid.IntRange(0, n-1).Draw(t, "voter")]
			if fork, e := other.Fork(forker.ID); e == nil && !fork.Resolved {
				for _, officer := range []string{"COO", "CFO"} {
					draft, e := voter.ForkVote(fork.Proposal, officer)
					if e != nil {
						t.Fatal(e)
					}
					_, err = voter.Write(draft)
				}
			}
		}
		_ = err // what one history refuses of another is part of the play
	}
	seen := map[block.CID]bool{}
	for _, d := range append(twins, s.Desks...) {
		p, err := d.Everything()
		if err != nil {
			t.Fatal(err)
		}
		for _, env := range p.Envelopes {
			if !seen[env.CID()] {
				seen[env.CID()] = true
				all.Envelopes = append(all.Envelopes, env)
			}
		}
		all.Blocks = append(all.Blocks, p.Blocks...)
	}
	return s, all
}

// TestBranchesKeptDependOnNoOrder: further histories and entries of a stolen key are kept or set aside, counted or not, alike whatever came
// first, and so are the rows (PROTOCOL 2 and 4).
func TestBranchesKeptDependOnNoOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, all := writeHistories(t)
		h := virtual.History{Genesis: s.Genesis, Identities: s.Cast.Identities(), Blocks: all.Blocks}
		var nodes []node
		for range 2 {
			n := newNode(t, h)
			rest := rapid.Permutation(all.Envelopes).Draw(t, "order")
			n.deliver(t, rest)
			n.compare(t, h)
			nodes = append(nodes, n)
		}
		a, b := nodes[0].places(t), nodes[1].places(t)
		if len(a) != len(b) {
			t.Fatalf("one node keeps %d entries, the other %d", len(a), len(b))
		}
		for i := range a {
			if a[i] != b[i] {
				t.Fatalf("the entries kept differ at place %d", i)
			}
		}
		if d, err := virtual.Differ(nodes[0].db, nodes[1].db, nodes[0].contract.PID); err != nil || d != nil {
			t.Fatalf("settled rows differ: %v, %v", d, err)
		}
		if !equal(nodes[0].rows(t), nodes[1].rows(t)) {
			t.Fatal("rows differ")
		}
	})
}

// TestWhatAResolutionKeepsComesBack: a member that knew more histories had set aside the very ones that the others sign to keep.
func TestWhatAResolutionKeepsComesBack(t *testing.T) {
	s := scene(t, 3, false)
	agency, maker, other := s.Desk("agency"), s.Desk("maker"), s.Desk("ingredient")
	type history struct {
		desk *virtual.Desk
		last feed.Entry
	}
	var all []history
	for range 4 {
		s.Now++
		twin := agency.Twin()
		all = append(all, history{twin, heartbeat(t, twin)})
	}
	slices.SortFunc(all, func(a, b history) int { return b.last.CID.Compare(a.last.CID) })
	heartbeat(t, all[3].desk) // the one that the maker's entries will name
	for _, h := range slices.Backward(all) {
		give(t, h.desk, other)
	}
	give(t, all[3].desk, maker)
	give(t, all[0].desk, maker) // of the highest CID: set aside where all are known, named by the resolution alone
	doc := must[protocol.OpenFork](t)(maker.Fork(agency.ID)).Proposal
	vote(t, maker, doc, "COO", "CFO")
	give(t, maker, other)
	for _, h := range all[1:3] {
		give(t, h.desk, maker)
	}
	give(t, other, maker)
	entries := must[[]feed.Entry](t)(maker.Entries())
	if had := must[[]feed.Entry](t)(other.Entries()); len(had) != len(entries) {
		t.Fatalf("%d entries where all histories came first, %d where the resolution did", len(had), len(entries))
	}
	sameRows(t, maker, other)
	for _, e := range entries {
		if got := codesOf(t, other, e); e.Header.Kind == protocol.KindForkResolve && len(got) > 0 {
			t.Errorf("the resolution is refused: %v", got)
		}
	}
}

func (n node) places(t *rapid.T) (out []string) {
	err := n.db.View(func(kv kv.KV) error {
		places, err := n.contract.Open(kv).Log.Places()
		for _, at := range places {
			out = append(out, string(at[:]))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (n node) rows(t *rapid.T) (rows []state.Row) {
	err := n.db.View(func(kv kv.KV) (err error) {
		rows, err = state.Snapshot(kv, state.PartitionOf(n.contract.PID))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}
