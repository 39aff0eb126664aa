package state

import (
	"bytes"
)

// Apply folds the entry that stands at a place into rows. It must be a pure function of the entry, its body and
// the rows; it is called again for the same entry whenever an earlier one arrives late that has to do with what stands after it (see [Complete]).
type Apply func(at OrderKey, rows Rows) error

// Machine folds the entries of one partnership inside one transaction.
type Machine struct {
	kv    KV
	part  Partition
	apply Apply
	skip  func(OrderKey) bool
	step  Step
}

// NewMachine binds a fold to a transaction. The places of all entries held stand in [TableOrder]; those that skip names are
// not folded (nil: all are).
func NewMachine(kv KV, part Partition, apply Apply, skip func(OrderKey) bool) Machine {
	if skip == nil {
		skip = func(OrderKey) bool { return false }
	}
	return Machine{kv, part, apply, skip, DefaultStep}
}

// In bounds what one transaction folds; the zero Step is [DefaultStep].
func (m Machine) In(step Step) Machine {
	if step != (Step{}) {
		m.step = step
	}
	return m
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
	// Nothing settles that is not folded.
	from, mark, err := m.mark()
	switch {
	case err != nil || mark == wiping:
		return nil, err
	case mark == pending:
		line = min(line, from.Lam()-1)
	}
	if line <= old {
		return nil, nil
	}
	tree, kept := NewTree(m.kv, m.part).gather(), roots{m: m}
	keepRoot := func(lam int64) error {
		root, err := tree.Root()
		if err != nil {
			return err
		}
		return kept.keep(lam, root)
	}
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
			if err := keepRoot(lam); err != nil {
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
			row, err := c.settle(tree, at)
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
		if err := keepRoot(lam); err != nil {
			return nil, err
		}
	}
	if err := kept.flush(); err != nil {
		return nil, err
	}
	if err := tree.flush(); err != nil {
		return nil, err
	}
	for _, at := range done {
		if err := m.kv.Delete(TableChanges, m.part.Key(at[:])); err != nil {
			return nil, err
		}
	}
	return settled, m.setLine(line)
}

// settle puts the change of the entry at a place into the tree of what is settled.
func (c change) settle(tree Tree, at OrderKey) (SettledRow, error) {
	row := SettledRow{At: at, Key: c.Key}
	if c.New == nil {
		return row, tree.Delete(c.Key)
	}
	row.New = *c.New
	return row, tree.Put(c.Key, *c.New)
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
