package memory

import (
	"kontor/store/internal/ordered"
	"kontor/store/kv"
)

// txn is the KV of one View or Update. In an Update tree is a private copy.
type txn struct {
	tree   *tree
	fault  *fault // nil in a View
	wrote  map[string]kv.Budget
	used   kv.Budget
	broken error // an injected failure, which dooms the Update
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
	v, ok := t.tree.Get(ordered.Join(table, key))
	if !ok {
		return nil, false, nil
	}
	return clone(v), true, nil
}

func (t *txn) Put(table byte, key, value []byte) error {
	if err := t.admit(table, key, value); err != nil {
		return err
	}
	t.tree.Set(ordered.Join(table, key), clone(value))
	return nil
}

func (t *txn) Delete(table byte, key []byte) error {
	if err := t.admit(table, key, nil); err != nil {
		return err
	}
	t.tree.Delete(ordered.Join(table, key))
	return nil
}

// admit checks one write against the bounds and the planned faults.
func (t *txn) admit(table byte, key, value []byte) error {
	if err := t.check(table, key); err != nil {
		return err
	}
	if t.fault == nil {
		return kv.Errorf(kv.CodeViewOnly, "a write to table %q inside View; use Update", table)
	}
	if t.broken != nil {
		return t.broken
	}
	if err := kv.CheckRecord(table, key, value); err != nil {
		return err
	}
	full, cost := ordered.Join(table, key), kv.Cost(1+len(key), len(value))
	used := t.used.Sub(t.wrote[full]).Add(cost)
	if err := used.Check(); err != nil {
		return err
	}
	if err := t.fault.step(write); err != nil {
		t.broken = err
		return err
	}
	if t.wrote == nil {
		t.wrote = make(map[string]kv.Budget)
	}
	t.wrote[full], t.used = cost, used
	return nil
}

func (t *txn) Scan(table byte, prefix, from []byte, fn func(key, value []byte) (bool, error)) error {
	return t.scan(table, prefix, ordered.Ascending(table, prefix, from), fn)
}

func (t *txn) ScanReverse(table byte, prefix, from []byte, fn func(key, value []byte) (bool, error)) error {
	return t.scan(table, prefix, ordered.Descending(table, prefix, from), fn)
}

func (t *txn) scan(table byte, prefix []byte, span ordered.Span, fn func(key, value []byte) (bool, error)) error {
	if err := t.check(table, prefix); err != nil {
		return err
	}
	at := t.tree
	if t.fault != nil {
		at = at.Copy() // fn may write
	}
	for c := ordered.Seek(at, span); c.OK(); c.Next() {
		more, err := fn([]byte(c.Key()[1:]), clone(c.Value()))
		if err != nil || !more {
			return err
		}
	}
	return nil
}
