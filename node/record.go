package node

import (
	"bytes"
	"sort"

	"kontor/protocol/block"
	"kontor/protocol/state"
	"kontor/store"
)

// RowChange is a private row before and after a change, in the bytes it is kept in; nil where there is none.
type RowChange struct {
	Key           string
	Before, After []byte
}

// Decode reads one of the two sides.
func (RowChange) Decode(data []byte, into any) error { return block.Unmarshal(data, into) }

// Record notes what private rows said before they were changed.
type Record struct {
	kv     store.KV
	before map[string][]byte
}

// Recorded is p, with a record of every row that is changed through it.
func (p PrivateRows) Recorded() (PrivateRows, *Record) {
	r := &Record{p.kv, map[string][]byte{}}
	return PrivateRows{recorder{p.kv, r}}, r
}

// recorder is a KV that tells a record of what is about to change.
type recorder struct {
	store.KV
	record *Record
}

func (r recorder) Put(table byte, key, value []byte) error {
	if err := r.record.note(table, key); err != nil {
		return err
	}
	return r.KV.Put(table, key, value)
}

func (r recorder) Delete(table byte, key []byte) error {
	if err := r.record.note(table, key); err != nil {
		return err
	}
	return r.KV.Delete(table, key)
}

func (r *Record) note(table byte, key []byte) error {
	if _, noted := r.before[string(key)]; noted || table != state.TablePrivate {
		return nil
	}
	value, found, err := r.kv.Get(table, key)
	if err != nil {
		return err
	}
	if !found {
		value = nil
	} else if value == nil {
		value = []byte{}
	}
	r.before[string(key)] = value
	return nil
}

// Changes are the rows that say something else now, by key. It is called inside the transaction.
func (r *Record) Changes() ([]RowChange, error) {
	var out []RowChange
	for key, before := range r.before {
		after, found, err := r.kv.Get(state.TablePrivate, []byte(key))
		if err != nil {
			return nil, err
		}
		if !found {
			after = nil
		}
		if found == (before != nil) && bytes.Equal(before, after) {
			continue
		}
		out = append(out, RowChange{key, before, after})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Key < out[j].Key })
	return out, nil
}

// Bytes are a row as it is kept, nil where there is none.
func (p PrivateRows) Bytes(key string) ([]byte, error) {
	data, found, err := p.kv.Get(state.TablePrivate, []byte(key))
	if err != nil || !found {
		return nil, err
	}
	return data, nil
}

// Restore puts a row back as it was kept; nil removes it.
func (p PrivateRows) Restore(key string, data []byte) error {
	if data == nil {
		return p.Delete(key)
	}
	return p.kv.Put(state.TablePrivate, []byte(key), data)
}
