package ahead

import (
	"encoding/binary"
	"fmt"

	"kontor/store/internal/ordered"
	"kontor/store/kv"
)

// partBytes is about how much of a log one record of it holds.
const partBytes = 256 << 10

// headKey names a log that is in force; its value is the number of its parts, decimal.
func (r *Rows) headKey() []byte { return []byte(r.log + "head") }

func (r *Rows) partsPrefix() []byte { return []byte(r.log + "part/") }

func (r *Rows) partKey(n int) []byte { return fmt.Appendf(nil, "%spart/%06d", r.log, n) }

// writeLog writes what a large update wrote, row after row: the length of the key, the key, the length of the value and one more (0: the row is gone), the value.
func (r *Rows) writeLog(own *overlay) (parts int, err error) {
	if err := r.clearLog(); err != nil { // of an update that was broken off
		return 0, err
	}
	err = r.store.Bulk(func(put func(table byte, key, value []byte) error) error {
		var part []byte
		flush := func() error {
			err := put(r.table, r.partKey(parts), part)
			part, parts = part[:0], parts+1
			return err
		}
		for c := ordered.Seek(own, ordered.Ascending(r.table, nil, nil)); c.OK(); c.Next() {
			key, value := c.Key()[1:], c.Value()
			part = binary.AppendUvarint(part, uint64(len(key)))
			part = append(part, key...)
			if value == nil {
				part = append(part, 0)
			} else {
				part = binary.AppendUvarint(part, uint64(len(value))+1)
				part = append(part, value...)
			}
			if len(part) >= partBytes {
				if err := flush(); err != nil {
					return err
				}
			}
		}
		if len(part) == 0 {
			return nil
		}
		return flush()
	})
	return parts, err
}

// nameLog puts the log in force: the moment of the large update.
func (r *Rows) nameLog(parts int) error {
	return r.store.Update(func(t kv.KV) error { return t.Put(r.table, r.headKey(), fmt.Append(nil, parts)) })
}

// clearLog forgets the log, its head with its parts: there are at most MaxBytes of them, a fraction of what one Update deletes.
func (r *Rows) clearLog() error {
	return r.store.Update(func(t kv.KV) error {
		var keys [][]byte
		if err := t.Scan(r.table, []byte(r.log), nil, func(key, _ []byte) (bool, error) {
			keys = append(keys, key)
			return true, nil
		}); err != nil {
			return err
		}
		for _, key := range keys {
			if err := t.Delete(r.table, key); err != nil {
				return err
			}
		}
		return nil
	})
}

// readLog reads the log that is in force; not found: none is.
func (r *Rows) readLog() (own *overlay, found bool, err error) {
	err = r.store.View(func(t kv.KV) error {
		head, named, err := t.Get(r.table, r.headKey())
		if err != nil || !named {
			return err
		}
		own, found = &overlay{}, true
		parts := 0
		if err := t.Scan(r.table, r.partsPrefix(), nil, func(_, part []byte) (bool, error) {
			parts++
			return true, r.readPart(part, own)
		}); err != nil {
			return err
		}
		if string(head) != fmt.Sprint(parts) {
			return kv.Errorf(kv.CodeCorrupt, "the log of a large update has %d parts where its head says %q; restore the last backup into an empty directory", parts, head)
		}
		return nil
	})
	return own, found, err
}

func (r *Rows) readPart(part []byte, into *overlay) error {
	bad := kv.Errorf(kv.CodeCorrupt, "a part of the log of a large update ends inside a row; restore the last backup into an empty directory")
	take := func(n uint64) []byte {
		if n > uint64(len(part)) {
			return nil
		}
		out := part[:n:n]
		part = part[n:]
		return out
	}
	length := func() (n uint64, ok bool) {
		n, size := binary.Uvarint(part)
		if size <= 0 {
			return 0, false
		}
		part = part[size:]
		return n, true
	}
	for len(part) > 0 {
		n, ok := length()
		key := take(n)
		if !ok || key == nil {
			return bad
		}
		n, ok = length()
		if !ok {
			return bad
		}
		var value []byte
		if n > 0 {
			if value = take(n - 1); value == nil {
				return bad
			}
		}
		into.Set(ordered.Join(r.table, key), value)
	}
	return nil
}
