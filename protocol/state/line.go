package state

import (
	"encoding/binary"
	"fmt"
)

// Under the tree table of a partition stand, by their first byte: 'l' the settled line, 'p' the line below which roots were
// forgotten, 't' the greatest place folded, 'f' the place from which the fold goes on (empty: everything is being forgotten first), 'a' that everything is being folded again, 'r' roots by lam, 'n' nodes by path.
var (
	tipKey     = []byte{'t'}
	markKey    = []byte{'f'}
	againKey   = []byte{'a'}
	prunedKey  = []byte{'p'}
	lineKey    = []byte{'l'}
	rootPrefix = []byte{'r'}
	nodePrefix = []byte{'n'}
)

// Line is the settled line: everything at or below this lam is final. Zero before anything is.
func (m Machine) Line() (int64, error) {
	value, found, err := m.kv.Get(TableTree, m.part.Key(lineKey))
	if err != nil || !found {
		return 0, err
	}
	if len(value) != 8 {
		return 0, fmt.Errorf("state: settled line has %d bytes instead of 8", len(value))
	}
	return int64(binary.BigEndian.Uint64(value)), nil
}

// Tip bounds what is folded: no entry after this place is. false before any is.
func (m Machine) Tip() (tip OrderKey, found bool, err error) {
	value, found, err := m.kv.Get(TableTree, m.part.Key(tipKey))
	if err != nil || !found {
		return tip, false, err
	}
	if len(value) != len(tip) {
		return tip, false, fmt.Errorf("state: the greatest place has %d bytes instead of %d; restore the database from a backup", len(value), len(tip))
	}
	return OrderKey(value), true, nil
}

// Behind tells whether entries that are held are not folded yet: then rows are those of an earlier moment, and [Machine.Advance] goes on.
func (m Machine) Behind() (bool, error) {
	_, mark, err := m.mark()
	return mark != folded, err
}

// Again tells whether everything is being folded from nothing, since [Machine.Restart]: until it is done rows are missing that stood before.
func (m Machine) Again() (bool, error) {
	_, again, err := m.kv.Get(TableTree, m.part.Key(againKey))
	return again, err
}

// Folded counts the entries that are folded, and those that are held, by walking over all of them.
func (m Machine) Folded() (done, held int64, err error) {
	from, mark, err := m.mark()
	if err != nil {
		return 0, 0, err
	}
	err = m.kv.Scan(TableOrder, m.part.Key(), m.part.Key(), func(key, _ []byte) (bool, error) {
		at := OrderKey(key[len(m.part):])
		if m.skip(at) {
			return true, nil
		}
		held++
		if mark == folded || mark == pending && at.Compare(from) < 0 {
			done++
		}
		return true, nil
	})
	return done, held, err
}

// What the mark says of the fold; see [Step].
const (
	folded  = iota // all that is held is folded
	pending        // from a place on it is not
	wiping         // everything is being forgotten
)

func (m Machine) mark() (from OrderKey, mark int, err error) {
	value, found, err := m.kv.Get(TableTree, m.part.Key(markKey))
	switch {
	case err != nil || !found:
		return from, folded, err
	case len(value) == 0:
		return from, wiping, nil
	case len(value) == len(from):
		return OrderKey(value), pending, nil
	}
	return from, folded, fmt.Errorf("state: the mark of the fold has %d bytes instead of %d; restore the database from a backup", len(value), len(from))
}

func (m Machine) setTip(at OrderKey) error { return m.kv.Put(TableTree, m.part.Key(tipKey), at[:]) }

func (m Machine) setLine(line int64) error {
	return m.kv.Put(TableTree, m.part.Key(lineKey), be64(line))
}

func be64(n int64) []byte {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(n))
	return b[:]
}
