package store

import (
	"errors"

	"github.com/dgraph-io/badger/v4"

	"kontor/store/internal/ordered"
	"kontor/store/kv"
)

// txn is the KV of one View or Update: the committed state, over it in an
// Update what is not committed yet of others, over that its own writes.
type txn struct {
	keeper *snapshots
	base   *snapshot
	below  []*overlay // newest first; none in a View
	own    *overlay   // nil in a View
	used   kv.Budget
	ended  bool
}

func (t *txn) check(table byte, key []byte) error {
	if t.ended {
		return kv.Errorf(kv.CodeEnded, "a transaction was used after its function returned; keep values, not the transaction")
	}
	return kv.CheckKey(table, key)
}

func (t *txn) Get(table byte, key []byte) ([]byte, bool, error) {
	if err := t.check(table, key); err != nil {
		return nil, false, err
	}
	full := ordered.Join(table, key)
	if p, known := t.uncommitted(full); known {
		return p.get()
	}
	if p, known := t.keeper.recall(t.base, t.own != nil, full); known {
		return p.get()
	}
	item, err := t.base.txn.Get([]byte(full))
	if errors.Is(err, badger.ErrKeyNotFound) {
		t.keeper.note(t.base, t.own != nil, full, pending{deleted: true})
		return nil, false, nil
	}
	if err != nil {
		return nil, false, readFailed(err, table)
	}
	value, err := item.ValueCopy(nil)
	if err != nil {
		return nil, false, readFailed(err, table)
	}
	if value == nil {
		value = []byte{}
	}
	t.keeper.note(t.base, t.own != nil, full, pending{value: value})
	return clone(value), true, nil
}

// get is a record as KV.Get answers it.
func (p pending) get() ([]byte, bool, error) {
	if p.deleted {
		return nil, false, nil
	}
	return clone(p.value), true, nil
}

// uncommitted looks a record up among what this Update and others before it
// wrote.
func (t *txn) uncommitted(full string) (pending, bool) {
	if t.own != nil && t.own.Len() > 0 {
		if p, ok := t.own.Get(full); ok {
			return p, true
		}
	}
	for _, o := range t.below {
		if o.Len() == 0 {
			continue
		}
		if p, ok := o.Get(full); ok {
			return p, true
		}
	}
	return pending{}, false
}

func readFailed(err error, table byte) error {
	return kv.Wrap(err, kv.CodeCorrupt, "reading table %q; check the disk, then restore the last backup into an empty directory", table)
}

func (t *txn) Put(table byte, key, value []byte) error {
	return t.write(table, key, pending{value: value})
}

func (t *txn) Delete(table byte, key []byte) error {
	return t.write(table, key, pending{deleted: true})
}

func (t *txn) write(table byte, key []byte, p pending) error {
	if err := t.check(table, key); err != nil {
		return err
	}
	if t.own == nil {
		return kv.Errorf(kv.CodeViewOnly, "a write to table %q inside View; use Update", table)
	}
	if err := kv.CheckRecord(table, key, p.value); err != nil {
		return err
	}
	full := ordered.Join(table, key)
	used := t.used.Add(kv.Cost(len(full), len(p.value)))
	old, ok := t.own.Get(full)
	if ok {
		used = used.Sub(kv.Cost(len(full), len(old.value)))
	}
	if err := used.Check(); err != nil {
		return err
	}
	if p.deleted {
		if !ok && t.below[0].Len() > 0 { // the group's
			old, ok = t.below[0].Get(full)
		}
		p.brief = ok && (!old.deleted || old.brief)
	} else {
		p.value = clone(p.value)
	}
	t.own.Set(full, p)
	t.used = used
	return nil
}

// clone copies a value and never returns nil, so that a stored empty value is
// found as an empty one.
func clone(b []byte) []byte {
	return append(make([]byte, 0, len(b)), b...)
}
