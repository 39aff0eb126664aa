package node

import (
	"fmt"

	"kontor/protocol/block"
	"kontor/protocol/state"
	"kontor/store"
)

// PrivateRows are the company's own rows: figures, drafts and settings that never leave.
type PrivateRows struct{ kv store.KV }

// Get decodes a row into into; false when there is none.
func (p PrivateRows) Get(key string, into any) (bool, error) {
	data, found, err := p.kv.Get(state.TablePrivate, []byte(key))
	if err != nil || !found {
		return false, err
	}
	if err := block.Unmarshal(data, into); err != nil {
		return false, fmt.Errorf("private row %q: %w; restore the database from a backup", key, err)
	}
	return true, nil
}

// Put sets a row.
func (p PrivateRows) Put(key string, value any) error {
	data, err := block.Marshal(value)
	if err != nil {
		return fmt.Errorf("private row %q: %w", key, err)
	}
	return p.kv.Put(state.TablePrivate, []byte(key), data)
}

// Delete removes a row.
func (p PrivateRows) Delete(key string) error {
	return p.kv.Delete(state.TablePrivate, []byte(key))
}

// Scan visits the rows whose key begins with prefix, ascending; key is what follows the prefix. decode reads the row.
func (p PrivateRows) Scan(prefix string, fn func(key string, decode func(into any) error) (more bool, err error)) error {
	return p.kv.Scan(state.TablePrivate, []byte(prefix), []byte(prefix), func(key, value []byte) (bool, error) {
		return fn(string(key[len(prefix):]), func(into any) error { return block.Unmarshal(value, into) })
	})
}

// Keys visits the keys that begin with prefix, ascending, without what follows being read as a value; key is what follows the prefix.
func (p PrivateRows) Keys(prefix string, fn func(key string) error) error {
	return p.kv.Scan(state.TablePrivate, []byte(prefix), []byte(prefix), func(key, _ []byte) (bool, error) {
		err := fn(string(key[len(prefix):]))
		return err == nil, err
	})
}

// Clear removes every row whose key begins with prefix.
func (p PrivateRows) Clear(prefix string) error {
	var keys []string
	err := p.Scan(prefix, func(key string, _ func(any) error) (bool, error) {
		keys = append(keys, key)
		return true, nil
	})
	if err != nil {
		return err
	}
	for _, key := range keys {
		if err := p.Delete(prefix + key); err != nil {
			return err
		}
	}
	return nil
}

// Private changes private rows: all of it or nothing, durable on return.
func (n *Node) Private(fn func(PrivateRows) error) error {
	return n.private.Update(func(kv store.KV) error { return fn(PrivateRows{kv}) })
}

// PrivateLarge is Private for what one update of the database does not hold, up to ahead.MaxBytes; other changes of private rows wait meanwhile.
func (n *Node) PrivateLarge(fn func(PrivateRows) error) error {
	return n.private.UpdateLarge(func(kv store.KV) error { return fn(PrivateRows{kv}) })
}

// ReadPrivate reads private rows at one moment.
func (n *Node) ReadPrivate(fn func(PrivateRows) error) error {
	return n.private.View(func(kv store.KV) error { return fn(PrivateRows{kv}) })
}

// BulkPrivate writes rows that are more than one update may hold. What was put is durable on return, but some of it may stand after an error or a crash: rows written like
// this count only once an update names them.
func (n *Node) BulkPrivate(fn func(put func(key string, value any) error) error) error {
	return n.db.Bulk(func(put func(table byte, key, value []byte) error) error {
		return fn(func(key string, value any) error {
			data, err := block.Marshal(value)
			if err != nil {
				return fmt.Errorf("private row %q: %w", key, err)
			}
			return put(state.TablePrivate, []byte(key), data)
		})
	})
}

// Staged runs work that writes rows ahead and then names them, one at a time: nobody else collects what is not named yet.
func (n *Node) Staged(fn func() error) error {
	n.staging.Lock()
	defer n.staging.Unlock()
	return fn()
}
