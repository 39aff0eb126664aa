package store

import (
	"bytes"

	"github.com/dgraph-io/badger/v4"

	"kontor/store/internal/ordered"
	"kontor/store/kv"
)

func (t *txn) Scan(table byte, prefix, from []byte, fn func(key, value []byte) (bool, error)) error {
	return t.scan(table, prefix, ordered.Ascending(table, prefix, from), fn)
}

func (t *txn) ScanReverse(table byte, prefix, from []byte, fn func(key, value []byte) (bool, error)) error {
	return t.scan(table, prefix, ordered.Descending(table, prefix, from), fn)
}

// scan merges the committed state with the two overlays. Where several hold a
// key, the newest speaks and the others are passed over.
func (t *txn) scan(table byte, prefix []byte, span ordered.Span, fn func(key, value []byte) (bool, error)) error {
	if err := t.check(table, prefix); err != nil {
		return err
	}
	if span.Empty() {
		return nil
	}
	base := seekBadger(t.read, span)
	defer base.it.Close()
	own, below := t.cursor(t.own, span), t.cursor(t.below, span)
	for own.OK() || below.OK() {
		var key string
		var found bool
		consider := func(ok bool, k func() string) {
			if !ok {
				return
			}
			if k := k(); !found || (k < key) != span.Reverse && k != key {
				key, found = k, true
			}
		}
		consider(own.OK(), own.Key)
		consider(below.OK(), below.Key)
		consider(base.ok(), base.key)
		var p pending
		var err error
		if base.ok() && base.key() == key {
			if own.OK() && own.Key() == key || below.OK() && below.Key() == key {
				base.it.Next()
			} else {
				if p.value, err = base.it.Item().ValueCopy(nil); err != nil {
					return readFailed(err, table)
				}
				base.it.Next()
			}
		}
		if below.OK() && below.Key() == key {
			p = below.Value()
			below.Next()
		}
		if own.OK() && own.Key() == key {
			p = own.Value()
			own.Next()
		}
		if p.deleted {
			continue
		}
		if more, err := fn([]byte(key[1:]), clone(p.value)); err != nil || !more {
			return err
		}
	}
	// What is left, and without uncommitted writes all of it, is committed.
	for ; base.ok(); base.it.Next() {
		item := base.it.Item()
		value, err := item.ValueCopy(nil)
		if err != nil {
			return readFailed(err, table)
		}
		if value == nil {
			value = []byte{}
		}
		if more, err := fn(item.KeyCopy(nil)[1:], value); err != nil || !more {
			return err
		}
	}
	return nil
}

// cursor walks an overlay as it is now; fn may write meanwhile.
func (t *txn) cursor(o *overlay, span ordered.Span) ordered.Cursor[pending] {
	if o == nil || o.Len() == 0 {
		return ordered.Cursor[pending]{}
	}
	if o == t.own {
		o = o.Copy()
	}
	return ordered.Seek(o, span)
}

// baseCursor walks the committed state.
type baseCursor struct {
	it *badger.Iterator
}

func seekBadger(read *badger.Txn, span ordered.Span) baseCursor {
	o := badger.DefaultIteratorOptions
	o.Prefix = []byte(span.Prefix)
	o.Reverse = span.Reverse
	// Most scans end after a few records; small values lie beside their keys.
	o.PrefetchValues = false
	c := baseCursor{read.NewIterator(o)}
	switch {
	case span.Bounded():
		c.it.Seek([]byte(span.From))
	case span.Reverse:
		// The highest key a record with this prefix can have.
		c.it.Seek(append([]byte(span.Prefix), bytes.Repeat([]byte{0xff}, kv.MaxKeyBytes+1)...))
	default:
		c.it.Seek([]byte(span.Prefix))
	}
	return c
}

func (c baseCursor) ok() bool { return c.it.Valid() }

func (c baseCursor) key() string { return string(c.it.Item().Key()) }
