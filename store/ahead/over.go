package ahead

import (
	"bytes"

	"kontor/store/internal/ordered"
	"kontor/store/kv"
)

// over is a View with a large update over it.
type over struct {
	kv.KV
	table byte
	own   *overlay
}

func (o *over) Get(table byte, key []byte) ([]byte, bool, error) {
	if table == o.table {
		if value, known := o.own.Get(ordered.Join(table, key)); known {
			return bytes.Clone(value), value != nil, nil
		}
	}
	return o.KV.Get(table, key)
}

func (o *over) Scan(table byte, prefix, from []byte, fn func(key, value []byte) (bool, error)) error {
	if table != o.table {
		return o.KV.Scan(table, prefix, from, fn)
	}
	return merge(ordered.Seek(o.own, ordered.Ascending(table, prefix, from)), false, fn, func(fn func(key, value []byte) (bool, error)) error {
		return o.KV.Scan(table, prefix, from, fn)
	})
}

func (o *over) ScanReverse(table byte, prefix, from []byte, fn func(key, value []byte) (bool, error)) error {
	if table != o.table {
		return o.KV.ScanReverse(table, prefix, from, fn)
	}
	return merge(ordered.Seek(o.own, ordered.Descending(table, prefix, from)), true, fn, func(fn func(key, value []byte) (bool, error)) error {
		return o.KV.ScanReverse(table, prefix, from, fn)
	})
}

// merge walks rows and what was written over them, in one order: of a key in both the newer speaks.
func merge(own ordered.Cursor[[]byte], reverse bool, fn func(key, value []byte) (bool, error), rows func(func(key, value []byte) (bool, error)) error) error {
	ended := false
	show := func(key, value []byte) (bool, error) {
		more, err := fn(key, value)
		ended = ended || !more || err != nil
		return more, err
	}
	// written shows what was written before a key in this order; nil: all that is left.
	written := func(before []byte) (more bool, err error) {
		for more = true; more && own.OK(); own.Next() {
			key, value := own.Key()[1:], own.Value()
			if before != nil && (key == string(before) || (key < string(before)) == reverse) {
				return true, nil
			}
			if value != nil {
				if more, err = show([]byte(key), bytes.Clone(value)); err != nil {
					return false, err
				}
			}
		}
		return more, nil
	}
	if err := rows(func(key, value []byte) (bool, error) {
		if more, err := written(key); err != nil || !more {
			return false, err
		}
		if own.OK() && own.Key()[1:] == string(key) {
			now := own.Value()
			own.Next()
			if now == nil {
				return true, nil
			}
			value = bytes.Clone(now)
		}
		return show(key, value)
	}); err != nil || ended {
		return err
	}
	_, err := written(nil)
	return err
}

// writing is the KV of a large update: it keeps in memory what is written.
type writing struct {
	over
	bytes int
}

func (w *writing) Put(table byte, key, value []byte) error {
	if err := kv.CheckRecord(table, key, value); err != nil {
		return err
	}
	return w.set(table, key, append(make([]byte, 0, len(value)), value...))
}

func (w *writing) Delete(table byte, key []byte) error {
	if err := kv.CheckKey(table, key); err != nil {
		return err
	}
	return w.set(table, key, nil)
}

func (w *writing) set(table byte, key, value []byte) error {
	if table != w.table {
		return kv.Errorf(kv.CodeBadTable, "a large update of table %q wrote to table %q; use Update", w.table, table)
	}
	full := ordered.Join(table, key)
	old, known := w.own.Get(full)
	if used := w.bytes + len(value) - len(old); known {
		w.bytes = used
	} else {
		w.bytes = used + len(full) + rowBytes
	}
	if w.bytes > MaxBytes {
		return kv.Errorf(kv.CodeTooBig, "one large update of more than %d MiB; write less at a time", MaxBytes>>20)
	}
	w.own.Set(full, value)
	return nil
}

// Scan sees what was written before it began, and not what fn writes.
func (w *writing) Scan(table byte, prefix, from []byte, fn func(key, value []byte) (bool, error)) error {
	return (&over{KV: w.KV, table: w.table, own: w.own.Copy()}).Scan(table, prefix, from, fn)
}

// ScanReverse is Scan downwards.
func (w *writing) ScanReverse(table byte, prefix, from []byte, fn func(key, value []byte) (bool, error)) error {
	return (&over{KV: w.KV, table: w.table, own: w.own.Copy()}).ScanReverse(table, prefix, from, fn)
}
