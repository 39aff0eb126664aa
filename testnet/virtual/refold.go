package virtual

import (
	"fmt"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/partnership"
	"kontor/protocol/state"
	"kontor/store/kv"
	"kontor/store/memory"
)

// Differ compares the settled trees of two stores and names the first row in which they differ; nil when they are equal.
func Differ(a, b *memory.Store, pid block.CID) (d *state.Difference, err error) {
	part := state.PartitionOf(pid)
	err = a.View(func(ka kv.KV) error {
		return b.View(func(kb kv.KV) error {
			d, err = state.Bisect(state.NewTree(ka, part).Nodes, state.NewTree(kb, part).Nodes)
			return err
		})
	})
	return d, err
}

// refold folds an office's entries from nothing, in their order, with a program that knows nothing yet.
func (w *world) refold(o *office, p int) error {
	w.totals.Refolded++
	fresh, err := Refold(o.db, w.circles[p].genesis, o.identities)
	if err != nil {
		return fmt.Errorf("P4: fold the entries of %s from nothing: %w", w.title(p), err)
	}
	var rows []state.Row
	err = fresh.View(func(kv kv.KV) error {
		rows, err = state.Snapshot(kv, state.PartitionOf(w.circles[p].pid))
		return err
	})
	if err != nil {
		return err
	}
	have, err := o.rows(p)
	if err != nil {
		return err
	}
	if row := firstDifference(have, rows); row != "" {
		return fmt.Errorf("P4: %s keeps another row %q than a fold from nothing gives: %q, not %q", o.c.Name, row, valueOf(have, row), valueOf(rows, row))
	}
	if d, err := Differ(o.db, fresh, w.circles[p].pid); err != nil || d != nil {
		return fmt.Errorf("P4: the settled tree of %s differs from that of a fold from nothing: %v %v", o.c.Name, d, err)
	}
	return nil
}

// Refold copies the blocks and entries of one partnership into an empty store and admits the entries one by one in their order.
func Refold(from *memory.Store, g partnership.Genesis, ids feed.Identities) (*memory.Store, error) {
	contract, err := protocol.NewContract(g, ids)
	if err != nil {
		return nil, err
	}
	var entries []feed.Signed
	fresh := memory.New()
	err = from.View(func(old kv.KV) error {
		r := contract.Open(old)
		places, err := r.Log.Places()
		if err != nil {
			return err
		}
		for _, at := range places {
			e, err := r.Log.Resolve(at)
			if err != nil {
				return err
			}
			entries = append(entries, e.Signed)
		}
		return fresh.Update(func(to kv.KV) error {
			prefix := state.PartitionOf(contract.PID).Key()
			return old.Scan(state.TableBlocks, prefix, prefix, func(key, value []byte) (bool, error) {
				return true, to.Put(state.TableBlocks, key, value)
			})
		})
	})
	if err != nil {
		return nil, err
	}
	err = fresh.Update(func(kv kv.KV) error {
		_, err := contract.Open(kv).Receive(entries, 0)
		return err
	})
	if err == nil {
		err = Rest(fresh, contract, nil)
	}
	return fresh, err
}

// Rest lets a replica fold and settle all it holds, one transaction after another, and hands out what came of each.
func Rest(db *memory.Store, contract *protocol.Contract, each func(protocol.Outcome)) error {
	for behind := true; behind; {
		var out protocol.Outcome
		err := db.Update(func(kv kv.KV) (err error) {
			out, err = contract.Open(kv).Continue()
			return err
		})
		if err != nil {
			return err
		}
		if each != nil {
			each(out)
		}
		behind = out.Behind
	}
	return nil
}

func firstDifference(a, b []state.Row) string {
	for i := range max(len(a), len(b)) {
		switch {
		case i >= len(a):
			return b[i].Key
		case i >= len(b) || a[i].Key != b[i].Key || string(a[i].Value) != string(b[i].Value):
			return a[i].Key
		}
	}
	return ""
}

func valueOf(rows []state.Row, key string) []byte {
	for _, row := range rows {
		if row.Key == key {
			return row.Value
		}
	}
	return nil
}
