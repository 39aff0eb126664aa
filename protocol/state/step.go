package state

import (
	"bytes"
	"fmt"
	"slices"
)

// What two members wrote while they were apart may be any number of entries, and a late one takes back all that stands after it. No store
// takes that in one transaction, so the fold walks: its place is kept, and every transaction undoes and folds a bounded part.
//
// The mark: everything before it is folded; what stands at or after it is still to be undone, where it has a change record, and
// to be folded. Without a mark all that is held is folded.

// Step bounds the work of one transaction on rows and change records.
type Step struct {
	Keys  int // records written
	Bytes int // their keys and values
}

// DefaultStep leaves room beside it for a batch of entries and for what settles: a store commits 10,000 keys and 3 MiB of small values at
// once (see store/kv).
var DefaultStep = Step{Keys: 3_000, Bytes: 1 << 20}

// half is what may be spent before settling waits for the next transaction.
func (s Step) half() Step { return Step{s.Keys / 2, s.Bytes / 2} }

// Progress is what a call did.
type Progress struct {
	Undone int // entries taken back
	Folded int // entries folded
	// Behind is true while entries held are not folded: go on with Advance in another transaction.
	Behind bool
	// Full is true when this transaction should not settle too.
	Full bool
}

// going is a call under way.
type going struct {
	Machine
	from  OrderKey
	until int64
	done  Progress
	spent Step
}

func (w *going) spend(changes []change, record int) {
	w.spent.Keys += len(changes) + 1
	w.spent.Bytes += record + len(OrderKey{})
	for _, c := range changes {
		w.spent.Bytes += len(Partition{}) + len(c.Key)
		if c.Old != nil {
			w.spent.Bytes += len(*c.Old)
		}
		if c.New != nil {
			w.spent.Bytes += len(*c.New)
		}
	}
}

func (w *going) beyond(step Step) bool {
	return w.spent.Keys >= step.Keys || w.spent.Bytes >= step.Bytes
}

// Insert folds newly admitted entries whose places stand in [TableOrder]. Entries after the first new place that has to do with them are undone
// and replayed, once for the whole batch; entries with a lam above until wait for a later call. A place at or
// below the settled line is an error: by the definition of that line nothing can arrive there.
func (m Machine) Insert(places []OrderKey, until int64) (Progress, error) {
	from, mark, err := m.mark()
	if err != nil {
		return Progress{}, err
	}
	if mark == wiping {
		return m.wipe()
	}
	places = slices.DeleteFunc(slices.Clone(places), m.skip)
	if len(places) == 0 && mark == folded {
		return Progress{}, nil
	}
	slices.SortFunc(places, OrderKey.Compare)
	line, err := m.Line()
	if err != nil {
		return Progress{}, err
	}
	if len(places) > 0 && places[0].Lam() <= line {
		return Progress{}, fmt.Errorf("state: entry with lam %d arrives at or below the settled line %d", places[0].Lam(), line)
	}
	if mark == pending {
		if len(places) > 0 && places[0].Compare(from) < 0 {
			from = places[0]
		}
		return (&going{Machine: m, from: from, until: until}).walk(nil)
	}
	tip, found, err := m.Tip()
	if err != nil {
		return Progress{}, err
	}
	w := &going{Machine: m, until: until}
	if found {
		if places, err = w.commute(places, tip); err != nil {
			return w.done, err
		}
		if len(places) == 0 {
			w.done.Full = w.beyond(m.step.half())
			return w.done, nil
		}
	}
	w.from = places[0]
	return w.walk(places)
}

// Advance goes on with what an earlier call left.
func (m Machine) Advance(until int64) (Progress, error) { return m.Insert(nil, until) }

// Restart forgets every row, root and record, in steps, and folds everything again: the settled line begins at zero.
func (m Machine) Restart() error {
	if err := m.kv.Put(TableTree, m.part.Key(againKey), nil); err != nil {
		return err
	}
	return m.kv.Put(TableTree, m.part.Key(markKey), nil)
}

// walk goes on from a place. todo are the places to fold, ascending, when nothing else is pending; nil: they are read from the order.
func (w *going) walk(todo []OrderKey) (Progress, error) {
	m, from, until := w.Machine, w.from, w.until
	marked := todo == nil
	tip, found, err := m.Tip()
	if err != nil {
		return Progress{}, err
	}
	last := tip
	if !found || from.Compare(tip) <= 0 {
		undone, whole, err := w.undo(tip)
		if err != nil {
			return w.done, err
		}
		last = from.before()
		if !whole {
			// The newest are gone; the next step begins below them.
			last = undone[len(undone)-1].before()
			return w.leave(from, last)
		}
		if todo != nil {
			todo = append(todo, undone...)
			slices.SortFunc(todo, OrderKey.Compare)
		}
	}
	if todo == nil {
		if todo, err = w.following(); err != nil {
			return w.done, err
		}
	}
	for i, at := range todo {
		if i > 0 && at == todo[i-1] {
			return w.done, fmt.Errorf("state: the entry at lam %d is inserted twice", at.Lam())
		}
		if at.Lam() > until || w.beyond(m.step) {
			return w.leave(at, last)
		}
		f, err := w.try(at)
		if err == nil {
			err = w.keep(at, f)
		}
		if err != nil {
			return w.done, err
		}
		last = at
	}
	w.done.Full = w.beyond(m.step.half())
	if marked {
		for _, key := range [][]byte{markKey, againKey} {
			if err := m.kv.Delete(TableTree, m.part.Key(key)); err != nil {
				return w.done, err
			}
		}
	}
	if found && last == tip {
		return w.done, nil
	}
	return w.done, m.setTip(last)
}

// leave keeps where the next call goes on.
func (w *going) leave(from, tip OrderKey) (Progress, error) {
	w.done.Behind = true
	w.done.Full = w.beyond(w.step.half())
	if err := w.kv.Put(TableTree, w.part.Key(markKey), from[:]); err != nil {
		return w.done, err
	}
	return w.done, w.setTip(tip)
}

// try folds the entry at a place and returns what it read and changed.
func (w *going) try(at OrderKey) (f footprint, err error) {
	rec := &recorder{rows: NewTable(w.kv, w.part)}
	if err := w.apply(at, rec); err != nil {
		return f, fmt.Errorf("state: fold the entry at lam %d: %w", at.Lam(), err)
	}
	f.reads = rec.reads()
	f.changes, err = rec.changes()
	return f, err
}

// keep keeps what the entry at a place did.
func (w *going) keep(at OrderKey, f footprint) error {
	record := encodeFootprint(f)
	w.spend(f.changes, len(record))
	w.done.Folded++
	return w.kv.Put(TableChanges, w.part.Key(at[:]), record)
}

// following reads the places from the mark on, one more than a step can fold: each costs a record at least.
func (w *going) following() (places []OrderKey, err error) {
	err = w.kv.Scan(TableOrder, w.part.Key(), w.part.Key(w.from[:]), func(key, _ []byte) (bool, error) {
		at := OrderKey(key[len(w.part):])
		if !w.skip(at) {
			places = append(places, at)
		}
		return len(places) <= w.step.Keys && at.Lam() <= w.until, nil
	})
	return places, err
}

// undo takes back, newest first, the entries folded at or after the mark, and returns their places. whole is false when the step
// was full before the last.
func (w *going) undo(tip OrderKey) (places []OrderKey, whole bool, err error) {
	type record struct {
		at      OrderKey
		changes []change
	}
	var stack []record
	read := func(key, value []byte) (at OrderKey, err error) {
		at = OrderKey(key[len(w.part):])
		changes, err := decodeChanges(value)
		if err != nil {
			return at, err
		}
		stack = append(stack, record{at, changes})
		w.spend(changes, 0)
		return at, nil
	}
	// Upwards, from the mark: below it may lie the remains of any number of settled entries, which a store passes over one by one.
	err = w.kv.Scan(TableChanges, w.part.Key(), w.part.Key(w.from[:]), func(key, value []byte) (bool, error) {
		_, err := read(key, value)
		return err == nil && !w.beyond(w.step), err
	})
	if err != nil {
		return nil, false, err
	}
	slices.Reverse(stack)
	whole = !w.beyond(w.step)
	if !whole {
		// Too many for one step: the newest first, and not beyond the oldest just read.
		oldest := stack[len(stack)-1].at
		stack, w.spent = nil, Step{}
		err = w.kv.ScanReverse(TableChanges, w.part.Key(), w.part.Key(tip[:]), func(key, value []byte) (bool, error) {
			at, err := read(key, value)
			whole = at == oldest
			return err == nil && !whole && !w.beyond(w.step), err
		})
		if err != nil {
			return nil, false, err
		}
	}
	rows := NewTable(w.kv, w.part)
	for _, u := range stack {
		if err := revert(rows, u.changes); err != nil {
			return nil, false, err
		}
		if err := w.kv.Delete(TableChanges, w.part.Key(u.at[:])); err != nil {
			return nil, false, err
		}
		places = append(places, u.at)
	}
	w.done.Undone += len(places)
	return places, whole, nil
}

// wipe forgets a step of what was folded; with the last of it, the fold begins at the first place.
func (m Machine) wipe() (Progress, error) {
	tables := []struct {
		table  byte
		prefix []byte
	}{{TableTree, lineKey}, {TableTree, prunedKey}, {TableTree, tipKey}, {TableTree, rootPrefix}, {TableTree, nodePrefix}, {TableChanges, nil}, {TableRows, nil}}
	spent := 0
	for _, t := range tables {
		var old [][]byte
		prefix := m.part.Key(t.prefix)
		err := m.kv.Scan(t.table, prefix, prefix, func(key, _ []byte) (bool, error) {
			old = append(old, bytes.Clone(key))
			return spent+len(old) < m.step.Keys, nil
		})
		if err != nil {
			return Progress{}, err
		}
		for _, key := range old {
			if err := m.kv.Delete(t.table, key); err != nil {
				return Progress{}, err
			}
		}
		if spent += len(old); spent >= m.step.Keys {
			return Progress{Behind: true, Full: true}, nil
		}
	}
	var first OrderKey
	if err := m.kv.Put(TableTree, m.part.Key(markKey), first[:]); err != nil {
		return Progress{}, err
	}
	return Progress{Behind: true, Full: true}, nil
}
