package state

import (
	"slices"
	"strings"
)

// Most late entries have nothing to do with what stands after them: a record, its receipt. Such an entry is folded where the fold stands, and
// what stands after it is left alone, when
//
//   - nothing after it wrote a row that it reads or writes: then it finds the rows that it would have found at its place, and
//   - nothing after it read a row that it writes: then those would have done the same, had it come in time.
//
// A scan reads every row under its prefix, those too that are not there. What an entry read is kept with what it changed. Of an entry
// that did not say it is all (see [Complete]) nothing is known: it stands in the way of everything before it, and goes its own way through undo.

// Complete says of an entry under way that what it does to rows depends on the entry itself, on what it read through rows, and on the rows
// under the prefixes given. Rows that are not the fold's own are left alone.
func Complete(rows Rows, prefixes ...string) {
	if r, ok := rows.(*recorder); ok {
		r.complete = true
		for _, p := range prefixes {
			r.note(p, true)
		}
	}
}

// Opaque takes back what [Complete] said: the entry read more than it says.
func Opaque(rows Rows) {
	if r, ok := rows.(*recorder); ok {
		r.complete = false
	}
}

// reads are what an entry read, ascending: a row each, or all rows under a prefix. Nil: unknown.
type reads []read

type read struct {
	key    string
	prefix bool
}

// footprint is the reads and writes of one entry.
type footprint struct {
	changes []change
	reads   reads
}

// tail is what the entries after a place read and wrote, each with the greatest place that did.
type tail struct {
	opaque   OrderKey // the greatest place of which nothing is known
	wrote    map[string]OrderKey
	read     map[string]OrderKey
	prefixes map[string]OrderKey
}

func newTail() *tail {
	return &tail{wrote: map[string]OrderKey{}, read: map[string]OrderKey{}, prefixes: map[string]OrderKey{}}
}

// add takes up the entry at a place. Places come in any order.
func (t *tail) add(at OrderKey, f footprint) {
	raise := func(m map[string]OrderKey, key string) {
		if m[key].Compare(at) < 0 {
			m[key] = at
		}
	}
	if f.reads == nil && t.opaque.Compare(at) < 0 {
		t.opaque = at
	}
	for _, c := range f.changes {
		raise(t.wrote, c.Key)
	}
	for _, r := range f.reads {
		if r.prefix {
			raise(t.prefixes, r.key)
		} else {
			raise(t.read, r.key)
		}
	}
}

// meets tells whether an entry at a place has to do with what stands after it.
func (t *tail) meets(at OrderKey, f footprint) bool {
	after := func(place OrderKey) bool { return place.Compare(at) > 0 }
	if f.reads == nil || after(t.opaque) {
		return true
	}
	for _, r := range f.reads {
		if !r.prefix {
			if after(t.wrote[r.key]) {
				return true
			}
			continue
		}
		for key, place := range t.wrote {
			if strings.HasPrefix(key, r.key) && after(place) {
				return true
			}
		}
	}
	for _, c := range f.changes {
		if after(t.wrote[c.Key]) || after(t.read[c.Key]) {
			return true
		}
		for prefix, place := range t.prefixes {
			if strings.HasPrefix(c.Key, prefix) && after(place) {
				return true
			}
		}
	}
	return false
}

// commute folds late places, ascending, that have nothing to do with what stands after them, and returns those that are left: from the
// first on that has.
func (w *going) commute(places []OrderKey, tip OrderKey) (left []OrderKey, err error) {
	if len(places) == 0 || places[0].Compare(tip) > 0 {
		return places, nil
	}
	after, known, err := w.tailFrom(places[0])
	if err != nil || !known {
		return places, err
	}
	for i, at := range places {
		if at.Compare(tip) >= 0 || at.Lam() > w.until || w.beyond(w.step) || after.opaque.Compare(at) > 0 {
			return places[i:], nil
		}
		f, err := w.try(at)
		if err != nil {
			return nil, err
		}
		if after.meets(at, f) {
			return places[i:], revert(NewTable(w.kv, w.part), f.changes)
		}
		if err := w.keep(at, f); err != nil {
			return nil, err
		}
		after.add(at, f)
	}
	return nil, nil
}

// tailFrom reads what the entries at or after a place did; known is false when they are more than a step may undo.
func (w *going) tailFrom(from OrderKey) (t *tail, known bool, err error) {
	t, room := newTail(), w.step.Keys
	err = w.kv.Scan(TableChanges, w.part.Key(), w.part.Key(from[:]), func(key, value []byte) (bool, error) {
		f, err := decodeFootprint(value)
		if err != nil {
			return false, err
		}
		t.add(OrderKey(key[len(w.part):]), f)
		room -= len(f.changes) + 1
		return room > 0, nil
	})
	return t, room > 0, err
}

// revert takes changes back, the last first.
func revert(rows Table, changes []change) (err error) {
	for _, c := range slices.Backward(changes) {
		if c.Old == nil {
			err = rows.Delete(c.Key)
		} else {
			err = rows.Put(c.Key, *c.Old)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
