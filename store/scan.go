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

// scan merges the committed state with the overlays. Where several hold a
// key, the newest speaks and the others are passed over.
func (t *txn) scan(table byte, prefix []byte, span ordered.Span, fn func(key, value []byte) (bool, error)) error {
	if err := t.check(table, prefix); err != nil {
		return err
	}
	if span.Empty() {
		return nil
	}
	base := seekBadger(t.base.txn, span)
	defer base.it.Close()
	layers := t.cursors(span)
	for {
		key, found := nextKey(layers, base, span.Reverse)
		if !found {
			break
		}
		p, spoken := take(layers, key)
		if base.ok && base.key() == key {
			if !spoken {
				if base.err != nil {
					return readFailed(base.err, table)
				}
				p.value = base.value
			}
			base.next()
		}
		if p.deleted {
			continue
		}
		if more, err := fn([]byte(key[1:]), clone(p.value)); err != nil || !more {
			return err
		}
	}
	// What is left, and without uncommitted writes all of it, is committed.
	for ; base.ok; base.next() {
		if base.err != nil {
			return readFailed(base.err, table)
		}
		if more, err := fn(bytes.Clone(base.name[1:]), base.value); err != nil || !more {
			return err
		}
	}
	return nil
}

// nextKey is the next key of all cursors; not found: the overlays have ended.
func nextKey(layers []ordered.Cursor[pending], base *baseCursor, reverse bool) (key string, found bool) {
	consider := func(k string) {
		if !found || (k < key) != reverse && k != key {
			key, found = k, true
		}
	}
	for i := range layers {
		if layers[i].OK() {
			consider(layers[i].Key())
		}
	}
	if found && base.ok {
		consider(base.key())
	}
	return key, found
}

// take passes a key in all overlays and returns what the newest says of it.
func take(layers []ordered.Cursor[pending], key string) (p pending, spoken bool) {
	for i := range layers {
		if !layers[i].OK() || layers[i].Key() != key {
			continue
		}
		if !spoken {
			p, spoken = layers[i].Value(), true
		}
		layers[i].Next()
	}
	return p, spoken
}

// cursors walk the overlays as they are now, newest first; fn may write
// meanwhile.
func (t *txn) cursors(span ordered.Span) (out []ordered.Cursor[pending]) {
	if t.own != nil && t.own.Len() > 0 {
		out = append(out, ordered.Seek(t.own.Copy(), span))
	}
	for _, o := range t.below {
		if o.Len() > 0 {
			out = append(out, ordered.Seek(o, span))
		}
	}
	return out
}

// baseCursor walks the committed state: of each key its newest version, unless
// that is a deletion.
//
// Badger would leave versions and deletions out by itself, but it reads ahead
// to the record after the one asked for, however many deletions lie between:
// the newest root, with all that were pruned below it, took a walk over all of
// them. With every version shown, what it reads ahead is one version.
type baseCursor struct {
	it      *badger.Iterator
	reverse bool
	ok      bool
	name    []byte // composite key under the cursor; valid until next
	value   []byte // the caller's to keep
	err     error  // of reading the value
}

func seekBadger(read *badger.Txn, span ordered.Span) *baseCursor {
	o := badger.DefaultIteratorOptions
	o.Prefix = []byte(span.Prefix)
	o.Reverse = span.Reverse
	o.AllVersions = true
	// Most scans end after a few records; small values lie beside their keys.
	o.PrefetchValues = false
	c := &baseCursor{it: read.NewIterator(o), reverse: span.Reverse}
	switch {
	case span.Bounded():
		c.it.Seek([]byte(span.From))
	case span.Reverse:
		// The highest key a record with this prefix can have.
		c.it.Seek(append([]byte(span.Prefix), bytes.Repeat([]byte{0xff}, kv.MaxKeyBytes+1)...))
	default:
		c.it.Seek([]byte(span.Prefix))
	}
	c.next()
	return c
}

func (c *baseCursor) next() {
	for c.ok = false; c.it.Valid() && !c.ok; {
		if c.reverse {
			c.down()
		} else {
			c.up()
		}
	}
}

// up takes the first version of a key and passes over the others, which are
// older.
func (c *baseCursor) up() {
	item := c.it.Item()
	if !bytes.Equal(item.Key(), c.name) {
		c.name = append(c.name[:0], item.Key()...)
		if c.take(item); c.ok {
			return // the item stays where it is until the next call
		}
	}
	c.it.Next()
}

// down takes the last version of a key: backwards, the oldest comes first.
func (c *baseCursor) down() {
	c.name = append(c.name[:0], c.it.Item().Key()...)
	for c.it.Valid() && bytes.Equal(c.it.Item().Key(), c.name) {
		c.take(c.it.Item())
		c.it.Next()
	}
}

func (c *baseCursor) take(item *badger.Item) {
	if c.ok = !item.IsDeletedOrExpired(); !c.ok {
		return
	}
	if c.value, c.err = item.ValueCopy(nil); c.value == nil {
		c.value = []byte{}
	}
}

// key is composite.
func (c *baseCursor) key() string { return string(c.name) }
