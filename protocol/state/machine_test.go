package state_test

import (
	"bytes"
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/block"
	"kontor/protocol/state"
	"kontor/store/kv"
	"kontor/store/memory"
)

// PROTOCOL 4: "Late entries of a partner are normal". After every batch, in whatever order, the rows equal a fold from nothing
// of the same set.
func TestAnyOrderOfArrivalGivesTheSameRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := places(rapid.IntRange(1, 40).Draw(t, "entries"), rapid.Int64().Draw(t, "seed"))
		order := rapid.Permutation(all).Draw(t, "order")
		step := state.Step{Keys: rapid.IntRange(1, 60).Draw(t, "keys a step"), Bytes: rapid.IntRange(1, 4000).Draw(t, "bytes a step")}
		s := memory.New()
		var arrived []state.OrderKey
		for len(order) > 0 {
			n := rapid.IntRange(1, len(order)).Draw(t, "batch")
			batch := order[:n]
			order = order[n:]
			arrived = append(arrived, batch...)
			if err := s.Update(func(tx kv.KV) error {
				return insert(tx, state.NewMachine(tx, part, toyFold, nil).In(step), batch)
			}); err != nil {
				t.Fatal(err)
			}
			scratch := memory.New()
			if err := scratch.Update(func(tx kv.KV) error {
				return insert(tx, state.NewMachine(tx, part, toyFold, nil), arrived)
			}); err != nil {
				t.Fatal(err)
			}
			var a, b []state.Row
			_ = s.View(func(tx kv.KV) (err error) { a, err = state.Snapshot(tx, part); return err })
			_ = scratch.View(func(tx kv.KV) (err error) { b, err = state.Snapshot(tx, part); return err })
			if !sameRows(a, b) {
				t.Fatalf("after %d of %d entries the rows differ from a fold from nothing", len(arrived), len(all))
			}
			// What a later entry would undo by, and meet, is the same too.
			if !sameRows(records(t, s), records(t, scratch)) {
				t.Fatalf("after %d of %d entries the change records differ from those of a fold from nothing", len(arrived), len(all))
			}
		}
	})
}

// records are the change records of a partition.
func records(t interface{ Fatal(...any) }, s *memory.Store) (out []state.Row) {
	err := s.View(func(tx kv.KV) error {
		return tx.Scan(state.TableChanges, part.Key(), nil, func(key, value []byte) (bool, error) {
			out = append(out, state.Row{Key: string(key), Value: value})
			return true, nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A late entry that meets nothing takes nothing back; one that does, or of which nothing is known, takes back what stands after it.
func TestALateEntryTakesBackOnlyWhatItMeets(t *testing.T) {
	at := func(lam int64) state.OrderKey {
		author := block.Sum([]byte("a"))
		return state.NewOrderKey(lam, author, lam, block.Sum(fmt.Append(nil, lam)))
	}
	type does = func(state.Rows) error
	put := func(key, value string) does {
		return func(r state.Rows) error { return r.Put(key, []byte(value)) }
	}
	get := func(key string) does {
		return func(r state.Rows) error { _, _, err := r.Get(key); return err }
	}
	scan := func(prefix string) does {
		return func(r state.Rows) error {
			return r.Scan(prefix, func(string, []byte) (bool, error) { return true, nil })
		}
	}
	quiet := func(prefix string) does {
		return func(r state.Rows) error { state.Complete(r, prefix); return nil }
	}
	for _, c := range []struct {
		what        string
		late, after does
		undone      int
	}{
		{"nothing in common", put("a", "1"), put("b", "1"), 0},
		{"both read one row", get("a"), get("a"), 0},
		{"both scan", scan("a"), scan("a"), 0},
		{"a scan of other rows", scan("a/"), put("b/1", "1"), 0},
		{"one row written", put("a", "1"), put("a", "2"), 1},
		{"the same written", put("a", "1"), put("a", "1"), 1},
		{"what stands there written again", put("old", "0"), put("old", "1"), 1},
		{"what stands there written again after", put("old", "1"), put("old", "0"), 1},
		{"reads what is written after", get("a"), put("a", "1"), 1},
		{"writes what is read after", put("a", "1"), get("a"), 1},
		{"scans what is written after", scan("a/"), put("a/1", "1"), 1},
		{"writes what is scanned after", put("a/1", "1"), scan("a/"), 1},
		{"depends on what is written after", quiet("a/"), put("a/1", "1"), 1},
		{"writes what is depended on after", put("a/1", "1"), quiet("a/"), 1},
		{"removes what is read after", func(r state.Rows) error { return r.Delete("old") }, get("old"), 1},
		{"nothing is known of it", nil, put("b", "1"), 1},
		{"nothing is known of the other", put("b", "1"), nil, 1},
	} {
		fold := func(place state.OrderKey, rows state.Rows) error {
			do := put("old", "0")
			switch place.Lam() {
			case 2:
				do = c.late
			case 3:
				do = c.after
			}
			if do == nil {
				return put("opaque", "1")(rows)
			}
			state.Complete(rows)
			return do(rows)
		}
		s := memory.New()
		step := func(places ...state.OrderKey) (undone int) {
			if err := s.Update(func(tx kv.KV) error {
				for _, place := range places {
					if err := tx.Put(state.TableOrder, part.Key(place[:]), nil); err != nil {
						return err
					}
				}
				p, err := state.NewMachine(tx, part, fold, nil).Insert(places, math.MaxInt64)
				undone = p.Undone
				return err
			}); err != nil {
				t.Fatal(c.what, err)
			}
			return undone
		}
		step(at(1), at(3))
		if undone := step(at(2)); undone != c.undone {
			t.Errorf("%s: %d entries were taken back, want %d", c.what, undone, c.undone)
		}
	}
}

// "Nothing at or below L can still arrive": if it did, the fold would say so instead of rewriting what is final.
func TestAnEntryBelowTheSettledLineIsRefused(t *testing.T) {
	s := memory.New()
	all := places(10, 7)
	update(t, s, func(m state.Machine, tx kv.KV) {
		if err := insert(tx, m, all[1:]); err != nil {
			t.Fatal(err)
		}
		if _, err := m.Settle(all[0].Lam()); err != nil {
			t.Fatal(err)
		}
		before := snapshot(t, s)
		if err := insert(tx, m, all[:1]); err == nil {
			t.Fatal("an entry below the settled line was folded")
		}
		if !sameRows(before, snapshot(t, s)) {
			t.Fatal("the refusal changed rows")
		}
	})
}

// Settled rows can be read while newer entries stand above them.
func TestSettledValueLooksBelowTheTail(t *testing.T) {
	s := memory.New()
	all := places(20, 3)
	update(t, s, func(m state.Machine, tx kv.KV) {
		if err := insert(tx, m, all); err != nil {
			t.Fatal(err)
		}
		if _, err := m.Settle(10); err != nil {
			t.Fatal(err)
		}
		var below []state.OrderKey
		for _, at := range all {
			if at.Lam() <= 10 {
				below = append(below, at)
			}
		}
		scratch := memory.New()
		update(t, scratch, func(m2 state.Machine, tx2 kv.KV) {
			if err := insert(tx2, m2, below); err != nil {
				t.Fatal(err)
			}
			for i := range 11 {
				key := fmt.Sprintf("row/%d", i)
				want, wantFound, _ := state.NewTable(tx2, part).Get(key)
				got, found, err := m.SettledValue(key)
				if err != nil || found != wantFound || !bytes.Equal(got, want) {
					t.Fatalf("%s at the line is %q (%t), want %q (%t): %v", key, got, found, want, wantFound, err)
				}
			}
		})
	})
}

// A line that jumps far is walked in steps of bounded size, to the same roots.
func TestALongWayIsSettledInSteps(t *testing.T) {
	all := places(3*state.MaxSettle, 11)
	top := int64(0)
	for _, at := range all {
		top = max(top, at.Lam())
	}
	s := memory.New()
	update(t, s, func(m state.Machine, tx kv.KV) {
		if err := insert(tx, m, all); err != nil {
			t.Fatal(err)
		}
	})
	steps := 0
	for line := int64(0); line < top; steps++ {
		update(t, s, func(m state.Machine, _ kv.KV) {
			if _, err := m.Settle(top); err != nil {
				t.Fatal(err)
			}
			before := line
			line, _ = m.Line()
			if line <= before {
				t.Fatalf("the line stays at %d", line)
			}
		})
	}
	if steps < 3 || steps > 5 {
		t.Errorf("%d steps for %d entries, %d a step at most", steps, len(all), state.MaxSettle)
	}
}
