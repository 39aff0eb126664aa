package protocol_test

import (
	"errors"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/state"
	"kontor/store/kv"
	"kontor/store/memory"
	"kontor/testnet/virtual"
)

var (
	historiesMu sync.Mutex
	histories   = map[uint64]virtual.History{}
)

// historyOf remembers what a seed gives: the histories are dear to play, and many orders of each are tried.
func historyOf(t rapid.TB, seed uint64) virtual.History {
	historiesMu.Lock()
	defer historiesMu.Unlock()
	h, known := histories[seed]
	if !known {
		var err error
		if h, err = virtual.HistoryOf(seed); err != nil {
			t.Fatal(err)
		}
		histories[seed] = h
	}
	return h
}

// node is a replica that gets entries through the admission path only.
type node struct {
	db       *memory.Store
	contract *protocol.Contract
	opened   map[block.CID]feed.Signed
}

func newNode(t *rapid.T, h virtual.History) node {
	c, err := protocol.NewContract(h.Genesis, h.Identities)
	if err != nil {
		t.Fatal(err)
	}
	if rapid.Bool().Draw(t, "small steps") {
		c.Step = state.Step{Keys: rapid.IntRange(1, 30).Draw(t, "keys"), Bytes: 1 << 20}
	}
	n := node{memory.New(), c, map[block.CID]feed.Signed{}}
	n.store(t, h.Blocks)
	return n
}

// store keeps the blocks of a history, so that entries are all that has to come.
func (n node) store(t rapid.TB, blocks []block.Block) {
	err := n.db.Update(func(kv kv.KV) error {
		for _, b := range blocks {
			if err := n.contract.Open(kv).PutBlock(b); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// take gives a batch to the node and returns what has to come again later.
func (n node) take(t *rapid.T, batch []feed.Envelope) (out protocol.Outcome, again []feed.Envelope) {
	signed := make([]feed.Signed, len(batch))
	for i, env := range batch {
		s, opened := n.opened[env.CID()] // what waits was verified when it came first
		if !opened {
			var err error
			if s, err = feed.Open(n.contract.Circle, env, n.contract.Identities); err != nil {
				t.Fatal(err)
			}
			n.opened[s.CID] = s
		}
		signed[i] = s
	}
	// A stream ends at the first entry that can't be admitted; the rest of the batch is sent again.
	done := 0
	part := rapid.Bool().Draw(t, "part")
	err := n.db.Update(func(kv kv.KV) error {
		var err error
		receive := n.contract.Open(kv).Receive
		if part {
			receive = n.contract.Open(kv).ReceivePart
		}
		out, err = receive(signed, 0)
		var missing *feed.Missing
		if errors.As(err, &missing) {
			for done < len(signed) {
				if _, held, err := n.contract.Open(kv).Log.Get(signed[done].CID); err != nil || !held {
					return err
				}
				done++
			}
			return nil
		}
		done = len(signed)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out, batch[done:]
}

// deliver gives entries to the node in batches of drawn sizes, until none waits. A batch ends at its first entry that can't be admitted, and sizes may
// hide what could be behind it again and again: from some time on each comes alone, so that whenever all have come once, one was admitted.
func (n node) deliver(t *rapid.T, entries []feed.Envelope) {
	total := len(entries)
	for tries := 0; len(entries) > 0; tries++ {
		size := 1
		if tries < 2*total {
			size = min(len(entries), rapid.IntRange(1, 12).Draw(t, "size"))
		} else if tries > (total+3)*total {
			t.Fatalf("%d entries wait for ever", len(entries))
		}
		_, again := n.take(t, append([]feed.Envelope{}, entries[:size]...))
		entries = append(append([]feed.Envelope{}, entries[size:]...), again...)
	}
}

// manyEntries parts long histories from short ones: each prefix costs a fold from nothing, so that orders of a history cost the square of its length.
const manyEntries = 75

// drawHistory gives a short history in most draws, and how many of its entries come at once at most: short ones also come entry by entry.
func drawHistory(t *rapid.T) (h virtual.History, atOnce int) {
	long := rapid.IntRange(0, 5).Draw(t, "long") == 5 // draws favour small numbers
	seeds := rapid.Uint64Range(0, 24).Filter(func(seed uint64) bool { return (len(historyOf(t, seed).Entries) > manyEntries) == long })
	h = historyOf(t, seeds.Draw(t, "seed"))
	if long {
		return h, len(h.Entries) / 4
	}
	return h, rapid.SampledFrom([]int{1, 4, 12, 20}).Draw(t, "at once")
}

// TestAnyOrderGivesTheSameRows delivers histories with every kind of act, refusals and forks, in random order, in random batches, with
// entries repeated, and compares after each prefix with a fold of the same entries from nothing: rows, settled line and tree (PROTOCOL 4).
func TestAnyOrderGivesTheSameRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h, atOnce := drawHistory(t)
		n := newNode(t, h)
		order := rapid.Permutation(h.Entries).Draw(t, "order")
		if rapid.Bool().Draw(t, "nearly in order") { // else most batches would wait for the first entries
			order = append([]feed.Envelope{}, h.Entries...)
			for range rapid.IntRange(0, 30).Draw(t, "swaps") {
				i := rapid.IntRange(0, len(order)-2).Draw(t, "place")
				j := min(len(order)-1, i+rapid.IntRange(1, 8).Draw(t, "distance"))
				order[i], order[j] = order[j], order[i]
			}
		}
		line, forks := int64(0), 0
		var given []feed.Envelope
		for len(order) > 0 {
			size := min(len(order), rapid.IntRange(1, atOnce).Draw(t, "size"))
			batch := append([]feed.Envelope{}, order[:size]...)
			order = order[size:]
			if len(given) > 0 && rapid.IntRange(0, 3).Draw(t, "repeat") == 0 {
				batch = append(batch, given[rapid.IntRange(0, len(given)-1).Draw(t, "which")])
			}
			out, again := n.take(t, batch)
			order = append(order, again...) // what waits comes back behind the others
			given = append(given, batch[:len(batch)-len(again)]...)
			forks += len(out.Forks)
			if rapid.Bool().Draw(t, "rest") { // else the next batch comes before this one is folded
				n.rest(t)
			}
			// What is not folded yet may be folded from the beginning: branches put aside, and taken up again.
			if !out.Behind {
				if out.Line < line && forks == 0 {
					t.Fatalf("the settled line went back from %d to %d, %d aside, admitted %d", line, out.Line, out.Aside, len(out.Admitted))
				}
				line = out.Line
			}
			if len(out.Admitted) > 0 { // else it holds what it held when it was compared last
				n.compare(t, h)
			}
		}
	})
}

// rest lets the node fold what it holds.
func (n node) rest(t *rapid.T) {
	if err := virtual.Rest(n.db, n.contract, nil); err != nil {
		t.Fatal(err)
	}
}

// compare folds what the node holds from nothing.
func (n node) compare(t *rapid.T, h virtual.History) {
	n.rest(t)
	fresh, err := virtual.Refold(n.db, h.Genesis, h.Identities)
	if err != nil {
		t.Fatal(err)
	}
	snapshot := func(db *memory.Store) (rows []state.Row, line int64) {
		err := db.View(func(kv kv.KV) (err error) {
			if rows, err = state.Snapshot(kv, state.PartitionOf(n.contract.PID)); err != nil {
				return err
			}
			line, err = n.contract.Open(kv).Line()
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return rows, line
	}
	have, line := snapshot(n.db)
	want, wantLine := snapshot(fresh)
	if !equal(have, want) || line != wantLine {
		t.Fatalf("%d rows at line %d; a fold from nothing gives %d rows at line %d, or other ones", len(have), line, len(want), wantLine)
	}
	if d, err := virtual.Differ(n.db, fresh, n.contract.PID); err != nil || d != nil {
		t.Fatalf("the settled tree differs: %+v, %v", d, err)
	}
}

// TestForkThatComesResolvedIsReported: a node that was away gets both histories of a member and what resolves them in one batch. It reports the
// fork all the same, once: what it settled before may be settled anew.
func TestForkThatComesResolvedIsReported(t *testing.T) {
	resolved := 0
	for seed := range uint64(25) {
		h := historyOf(t, seed)
		c, err := protocol.NewContract(h.Genesis, h.Identities)
		if err != nil {
			t.Fatal(err)
		}
		n := node{memory.New(), c, map[block.CID]feed.Signed{}}
		n.store(t, h.Blocks)
		batch := make([]feed.Signed, len(h.Entries))
		for i, env := range h.Entries {
			if batch[i], err = feed.Open(c.Circle, env, c.Identities); err != nil {
				t.Fatal(err)
			}
		}
		err = n.db.Update(func(kv kv.KV) error {
			r := c.Open(kv)
			out, err := r.Receive(batch, 0)
			if err != nil {
				return err
			}
			forks, err := r.OpenForks()
			if err != nil {
				return err
			}
			if len(out.Forks) != len(forks) {
				t.Errorf("history %d has %d forks, %d were reported", seed, len(forks), len(out.Forks))
			}
			for _, f := range forks {
				if f.Resolved {
					resolved++
				}
			}
			again, err := c.Open(kv).Receive(batch, 0)
			if len(again.Forks) > 0 {
				t.Errorf("history %d: %d forks are reported again with entries held before", seed, len(again.Forks))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if resolved == 0 {
		t.Error("no history has a fork that is resolved: nothing was tested")
	}
}

// TestRebuildChangesNothing: folding a database again gives what it holds.
func TestRebuildChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := historyOf(t, rapid.Uint64Range(0, 24).Draw(t, "seed"))
		n := newNode(t, h)
		for rest := h.Entries; len(rest) > 0; {
			size := min(len(rest), 20)
			if _, again := n.take(t, rest[:size]); len(again) > 0 {
				t.Fatal("entries in their order have to wait")
			}
			rest = rest[size:]
		}
		n.rest(t)
		before := n.db.Clone()
		if err := n.db.Update(func(kv kv.KV) error { return n.contract.Open(kv).Rebuild() }); err != nil {
			t.Fatal(err)
		}
		n.rest(t)
		var a, b []state.Row
		for db, rows := range map[*memory.Store]*[]state.Row{before: &a, n.db: &b} {
			if err := db.View(func(kv kv.KV) (err error) {
				*rows, err = state.Snapshot(kv, state.PartitionOf(n.contract.PID))
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		if !equal(a, b) {
			t.Fatal("rebuilding changed rows")
		}
	})
}
