package state_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand"
	"testing"

	"kontor/protocol/block"
	"kontor/protocol/state"
	"kontor/store/kv"
	"kontor/store/memory"
)

// A toy fold that depends on the order of entries and on earlier rows: each entry appends its name to a few rows and
// sometimes removes one. If undo forgot anything, some row would differ. Most entries say that they are complete, so that those which
// come late are folded at the tip where they meet nothing; some count or read rows that others write, some write what they have not
// read, or what stands there already.
func toyFold(at state.OrderKey, rows state.Rows) error {
	name := at[40:52]
	if at[77]%8 != 0 {
		state.Complete(rows)
	}
	if at[77]%8 == 1 {
		// What it depends on is known without reading, as where nothing is open.
		state.Complete(rows, "quiet/")
	}
	get := func(key string) (old []byte, found bool, err error) { return rows.Get(key) }
	spread := []int{11, 97, 997}[at[76]%3] // some meet often, some seldom
	row := func(i int) string { return fmt.Sprintf("row/%d", (int(at[79])+int(at[75])<<8+i*7)%spread) }
	switch at[78] % 8 {
	case 0: // counts the rows that begin alike
		prefix, count := row(0), 0
		if err := rows.Scan(prefix, func(string, []byte) (bool, error) { count++; return true, nil }); err != nil {
			return err
		}
		return rows.Put(fmt.Sprintf("count/%x", name), fmt.Append(nil, count))
	case 1: // reads one row and writes one that nobody else does
		old, _, err := get(row(0))
		if err != nil {
			return err
		}
		return rows.Put(fmt.Sprintf("copy/%x", name), old)
	case 2: // writes without reading, often what stands there
		return rows.Put(row(0), []byte{'0' + at[74]%2})
	case 3: // removes without reading
		return rows.Delete(row(0))
	case 4: // meets nobody
		return rows.Put(fmt.Sprintf("alone/%x", name), name)
	}
	for i := range 3 {
		key := row(i)
		old, found, err := get(key)
		if err != nil {
			return err
		}
		if found && at[78]%5 == 0 && i == 2 {
			if err := rows.Delete(key); err != nil {
				return err
			}
			continue
		}
		if err := rows.Put(key, append(old, name...)); err != nil {
			return err
		}
	}
	return nil
}

func places(n int, seed int64) []state.OrderKey {
	r := rand.New(rand.NewSource(seed))
	authors := []block.CID{block.Sum([]byte("a")), block.Sum([]byte("b")), block.Sum([]byte("c"))}
	var out []state.OrderKey
	for i := range n {
		out = append(out, state.NewOrderKey(1+r.Int63n(int64(n)), authors[r.Intn(3)], int64(i+1), block.Sum(fmt.Appendf(nil, "entry %d %d", seed, i))))
	}
	return out
}

// insert puts places into the order and folds them, in the machine's steps.
func insert(tx kv.KV, m state.Machine, places []state.OrderKey) error {
	for _, at := range places {
		if err := tx.Put(state.TableOrder, part.Key(at[:]), nil); err != nil {
			return err
		}
	}
	progress, err := m.Insert(places, math.MaxInt64)
	for err == nil && progress.Behind {
		progress, err = m.Advance(math.MaxInt64)
	}
	return err
}

var part = state.PartitionOf(block.Sum([]byte("partnership")))

func update(t testing.TB, s *memory.Store, fn func(state.Machine, kv.KV)) {
	t.Helper()
	err := s.Update(func(tx kv.KV) error {
		fn(state.NewMachine(tx, part, toyFold, nil), tx)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func snapshot(t testing.TB, s *memory.Store) (rows []state.Row) {
	t.Helper()
	err := s.View(func(tx kv.KV) (err error) {
		rows, err = state.Snapshot(tx, part)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func sameRows(a, b []state.Row) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Key != b[i].Key || !bytes.Equal(a[i].Value, b[i].Value) {
			return false
		}
	}
	return true
}
