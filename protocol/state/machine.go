package state

import (
	"bytes"
	"fmt"
	"slices"
	"sort"
)

// Apply folds the entry that stands at a place into rows. It must be a pure function of the entry, its body and
// the rows; it is called again for the same entry whenever an earlier one arrives late.
type Apply func(at OrderKey, rows Rows) error

// Machine folds the entries of one partnership inside one transaction.
type Machine struct {
	kv    KV
	part  Partition
	apply Apply
}

// NewMachine binds a fold to a transaction.
func NewMachine(kv KV, part Partition, apply Apply) Machine {
	return Machine{kv, part, apply}
}

// Insert folds newly admitted entries. Entries that stand after the first new place are undone and
// replayed once for the whole batch. It returns how many were replayed. A place at or below the settled line is an error: by the
// definition of that line nothing can arrive there.
func (m Machine) Insert(places []OrderKey) (replayed int, err error) {
	if len(places) == 0 {
		return 0, nil
	}
	todo := slices.Clone(places)
	sort.Slice(todo, func(i, j int) bool { return todo[i].Compare(todo[j]) < 0 })
	line, err := m.Line()
	if err != nil {
		return 0, err
	}
	if todo[0].Lam() <= line {
		return 0, fmt.Errorf("state: entry with lam %d arrives at or below the settled line %d", todo[0].Lam(), line)
	}
	tip, found, err := m.Tip()
	if err != nil {
		return 0, err
	}
	var undone []OrderKey
	if !found || todo[0].Compare(tip) <= 0 {
		if undone, err = m.undoFrom(todo[0]); err != nil {
			return 0, err
		}
	}
	todo = append(todo, undone...)
	sort.Slice(todo, func(i, j int) bool { return todo[i].Compare(todo[j]) < 0 })
	for i, at := range todo {
		if i > 0 && at == todo[i-1] {
			return 0, fmt.Errorf("state: the entry at lam %d is inserted twice", at.Lam())
		}
		rec := &recorder{rows: NewTable(m.kv, m.part)}
		if err := m.apply(at, rec); err != nil {
			return 0, fmt.Errorf("state: fold the entry at lam %d: %w", at.Lam(), err)
		}
		changes, err := rec.record()
		if err != nil {
			return 0, err
		}
		if err := m.kv.Put(TableChanges, m.part.Key(at[:]), changes); err != nil {
			return 0, err
		}
	}
	if last := todo[len(todo)-1]; !found || last.Compare(tip) > 0 {
		err = m.kv.Put(TableTree, m.part.Key(tipKey), last[:])
	}
	return len(undone), err
}

// undoFrom takes back, newest first, every entry at or after a place and returns their places.
func (m Machine) undoFrom(first OrderKey) ([]OrderKey, error) {
	type undo struct {
		at      OrderKey
		changes []change
	}
	var stack []undo
	// Upwards, from the first place: below it may lie the remains of any number of settled entries, which a store passes over one by one.
	err := m.kv.Scan(TableChanges, m.part.Key(), m.part.Key(first[:]), func(key, value []byte) (bool, error) {
		var at OrderKey
		copy(at[:], key[len(m.part):])
		changes, err := decodeChanges(value)
		if err != nil {
			return false, err
		}
		stack = append(stack, undo{at, changes})
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	slices.Reverse(stack)
	rows := NewTable(m.kv, m.part)
	var places []OrderKey
	for _, u := range stack {
		for i := len(u.changes) - 1; i >= 0; i-- {
			c := u.changes[i]
			if c.Old == nil {
				err = rows.Delete(c.Key)
			} else {
				err = rows.Put(c.Key, *c.Old)
			}
			if err != nil {
				return nil, err
			}
		}
		if err := m.kv.Delete(TableChanges, m.part.Key(u.at[:])); err != nil {
			return nil, err
		}
		places = append(places, u.at)
	}
	return places, nil
}

// SettledRow is a row that became final: what the caller may now act upon outside the fold.
type SettledRow struct {
	At  OrderKey // the entry that wrote it
	Key string
	New []byte // nil: removed
}

// MaxSettle is how many entries become final in one call: a line that jumps over a month of one side's entries must not need a transaction that
// no store takes. With its rows and tree nodes an entry writes about ten keys.
const MaxSettle = 512

// Settle moves the settled line up to line: changes of entries at or below it become final, enter the Merkle tree, and a root is
// kept for each lam passed. A line at or below the present one changes nothing. It returns what became final, in order. After MaxSettle entries it stops at
// the lam it has come to; [Machine.Line] says where, and the caller goes on in another transaction.
func (m Machine) Settle(line int64) ([]SettledRow, error) {
	old, err := m.Line()
	if err != nil {
		return nil, err
	}
	if line <= old {
		return nil, nil
	}
	tree := NewTree(m.kv, m.part)
	var settled []SettledRow
	var done []OrderKey
	lam := int64(-1)
	// What is settled was deleted from this table; a scan begins behind it.
	err = m.kv.Scan(TableChanges, m.part.Key(), m.part.Key(be64(old+1)), func(key, value []byte) (bool, error) {
		var at OrderKey
		copy(at[:], key[len(m.part):])
		if at.Lam() > line {
			return false, nil
		}
		if lam >= 0 && at.Lam() != lam {
			if err := tree.keepRoot(lam); err != nil {
				return false, err
			}
			if len(done) >= MaxSettle {
				line = lam
				return false, nil
			}
		}
		lam = at.Lam()
		changes, err := decodeChanges(value)
		if err != nil {
			return false, err
		}
		for _, c := range changes {
			row := SettledRow{At: at, Key: c.Key}
			if c.New == nil {
				err = tree.Delete(c.Key)
			} else {
				row.New = *c.New
				err = tree.Put(c.Key, *c.New)
			}
			if err != nil {
				return false, err
			}
			settled = append(settled, row)
		}
		done = append(done, at)
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	if lam >= 0 {
		if err := tree.keepRoot(lam); err != nil {
			return nil, err
		}
	}
	for _, at := range done {
		if err := m.kv.Delete(TableChanges, m.part.Key(at[:])); err != nil {
			return nil, err
		}
	}
	return settled, m.setLine(line)
}

// SettledValue is a row as it stands at the settled line: the tip with the tail taken back.
func (m Machine) SettledValue(key string) (value []byte, found bool, err error) {
	value, found, err = NewTable(m.kv, m.part).Get(key)
	if err != nil {
		return nil, false, err
	}
	err = m.kv.ScanReverse(TableChanges, m.part.Key(), nil, func(_, record []byte) (bool, error) {
		if !bytes.Contains(record, []byte(key)) {
			return true, nil
		}
		changes, err := decodeChanges(record)
		if err != nil {
			return false, err
		}
		for _, c := range changes {
			if c.Key == key {
				value, found = nil, c.Old != nil
				if found {
					value = *c.Old
				}
			}
		}
		return true, nil
	})
	return value, found, err
}
