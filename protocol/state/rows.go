package state

import (
	"bytes"
	"fmt"
	"slices"
	"sort"
	"strings"
)

// Rows is what a fold may read and write: text keys to canonical bytes.
type Rows interface {
	// Get returns a row's bytes and whether it exists.
	Get(key string) ([]byte, bool, error)
	// Put sets a row.
	Put(key string, value []byte) error
	// Delete removes a row.
	Delete(key string) error
	// Scan visits the rows whose key begins with prefix, ascending.
	Scan(prefix string, fn func(key string, value []byte) (more bool, err error)) error
}

// MaxRowKey bounds a row's key: the longest, a forecast of one series by one author, needs under 200 bytes.
const MaxRowKey = 512

// Table gives read and write access to the rows at the tip of one partnership.
type Table struct {
	kv   KV
	part Partition
}

// NewTable opens the rows of one partnership in a transaction.
func NewTable(kv KV, part Partition) Table { return Table{kv, part} }

// Get implements [Rows].
func (t Table) Get(key string) ([]byte, bool, error) {
	return t.kv.Get(TableRows, t.part.Key([]byte(key)))
}

// Put implements [Rows].
func (t Table) Put(key string, value []byte) error {
	if len(key) == 0 || len(key) > MaxRowKey {
		return fmt.Errorf("row key %q has %d bytes; 1 to %d are allowed", key, len(key), MaxRowKey)
	}
	return t.kv.Put(TableRows, t.part.Key([]byte(key)), value)
}

// Delete implements [Rows].
func (t Table) Delete(key string) error {
	return t.kv.Delete(TableRows, t.part.Key([]byte(key)))
}

// Scan implements [Rows].
func (t Table) Scan(prefix string, fn func(string, []byte) (bool, error)) error {
	p := t.part.Key([]byte(prefix))
	return t.kv.Scan(TableRows, p, p, func(key, value []byte) (bool, error) {
		return fn(string(key[len(t.part):]), value)
	})
}

// change is one row's step from old to new; an absent side is nil.
type change struct {
	Key string
	Old *[]byte
	New *[]byte
}

// recorder remembers each row's value before the first write and after the last one, and what was read.
type recorder struct {
	rows     Table
	first    map[string]*[]byte
	seen     []read
	complete bool
}

func (r *recorder) Get(key string) ([]byte, bool, error) {
	r.note(key, false)
	return r.rows.Get(key)
}

func (r *recorder) Scan(prefix string, fn func(string, []byte) (bool, error)) error {
	r.note(prefix, true)
	return r.rows.Scan(prefix, fn)
}

// note remembers a read. A row that is written counts as read: a write that changes nothing here would do so after another.
func (r *recorder) note(key string, prefix bool) { r.seen = append(r.seen, read{key, prefix}) }

// reads is what was read, each once; nil when that may not be all.
func (r *recorder) reads() reads {
	if !r.complete {
		return nil
	}
	slices.SortFunc(r.seen, func(a, b read) int {
		if a.prefix != b.prefix {
			if b.prefix {
				return -1
			}
			return 1
		}
		return strings.Compare(a.key, b.key)
	})
	if r.seen = slices.Compact(r.seen); r.seen == nil {
		return reads{}
	}
	return r.seen
}

func (r *recorder) Put(key string, value []byte) error {
	if err := r.remember(key); err != nil {
		return err
	}
	return r.rows.Put(key, value)
}

func (r *recorder) Delete(key string) error {
	if err := r.remember(key); err != nil {
		return err
	}
	return r.rows.Delete(key)
}

func (r *recorder) remember(key string) error {
	r.note(key, false)
	if _, known := r.first[key]; known {
		return nil
	}
	old, found, err := r.rows.Get(key)
	if err != nil {
		return err
	}
	if r.first == nil {
		r.first = map[string]*[]byte{}
	}
	if found {
		r.first[key] = &old
	} else {
		r.first[key] = nil
	}
	return nil
}

// changes are the entry's net changes, rows in key order, unchanged ones left out.
func (r *recorder) changes() ([]change, error) {
	keys := make([]string, 0, len(r.first))
	for key := range r.first {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	var changes []change
	for _, key := range keys {
		c := change{Key: key, Old: r.first[key]}
		now, found, err := r.rows.Get(key)
		if err != nil {
			return nil, err
		}
		if found {
			c.New = &now
		}
		if same(c.Old, c.New) {
			continue
		}
		changes = append(changes, c)
	}
	return changes, nil
}

func same(a, b *[]byte) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return bytes.Equal(*a, *b)
}

// Row is one row by itself.
type Row struct {
	Key   string
	Value []byte
}

// Snapshot reads every row of a partnership at the tip, for comparison and export.
func Snapshot(kv KV, part Partition) ([]Row, error) {
	var out []Row
	err := NewTable(kv, part).Scan("", func(key string, value []byte) (bool, error) {
		out = append(out, Row{Key: key, Value: value})
		return true, nil
	})
	return out, err
}
