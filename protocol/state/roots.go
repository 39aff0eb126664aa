package state

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// Roots are kept for each settled lam, in runs: one record holds those of up to maxRun lams, each as 8 bytes lam and 32 root, ascending,
// under the last lam. A record of 32 bytes is a run of one root, as they were kept before.
const maxRun = 64

const rootSize = 8 + len(Hash{})

// run is a record of roots.
type run []byte

// at is the root of the greatest lam at or below a line.
func (r run) at(line int64) (root Hash, found bool) {
	for len(r) >= rootSize && int64(binary.BigEndian.Uint64(r)) <= line {
		root, found = Hash(r[8:rootSize]), true
		r = r[rootSize:]
	}
	return root, found
}

func decodeRun(key, value []byte) (run, error) {
	if len(value) == len(Hash{}) {
		return append(bytes.Clone(key[len(key)-8:]), value...), nil
	}
	if len(value) == 0 || len(value)%rootSize != 0 {
		return nil, fmt.Errorf("state: a run of roots has %d bytes, no multiple of %d; restore the database from a backup", len(value), rootSize)
	}
	return value, nil
}

// roots gathers the roots of the lams that settle.
type roots struct {
	m    Machine
	open run
}

// keep adds the root after a lam, greater than the one before.
func (r *roots) keep(lam int64, root Hash) error {
	r.open = append(append(r.open, be64(lam)...), root[:]...)
	if len(r.open) < maxRun*rootSize {
		return nil
	}
	return r.flush()
}

func (r *roots) flush() error {
	if len(r.open) == 0 {
		return nil
	}
	last := r.open[len(r.open)-rootSize:][:8]
	err := r.m.kv.Put(TableTree, r.m.part.Key(rootPrefix, last), r.open)
	r.open = nil
	return err
}

// runAt finds the record that holds the root at a line.
func (m Machine) runAt(line int64) (key []byte, root Hash, found bool, err error) {
	look := func(k, value []byte) (bool, error) {
		roots, err := decodeRun(k, value)
		if err != nil {
			return false, err
		}
		if root, found = roots.at(line); found {
			key = bytes.Clone(k)
		}
		return false, nil
	}
	prefix, from := m.part.Key(rootPrefix), m.part.Key(rootPrefix, be64(line))
	// A run that ends at or after the line may have begun before.
	if err := m.kv.Scan(TableTree, prefix, from, look); err != nil || found {
		return key, root, found, err
	}
	err = m.kv.ScanReverse(TableTree, prefix, from, look)
	return key, root, found, err
}

// RootAt is the state root at a settled line: the root kept for the greatest lam at or below it. known is false when the
// line is not reached yet or its root was pruned.
func (m Machine) RootAt(line int64) (root Hash, known bool, err error) {
	reached, err := m.Line()
	if err != nil || line > reached {
		return Hash{}, false, err
	}
	pruned, _, err := m.prunedBelow()
	if err != nil || line < pruned {
		return Hash{}, false, err
	}
	_, root, _, err = m.runAt(line)
	return root, err == nil, err
}

// PruneRoots forgets the runs below a line, once every writing member has committed past it. The run that holds the root at the line stays.
func (m Machine) PruneRoots(line int64) error {
	pruned, from, err := m.prunedBelow()
	if err != nil || line <= pruned {
		return err
	}
	keep, _, found, err := m.runAt(line)
	if err != nil || !found {
		return err
	}
	var old [][]byte
	err = m.kv.Scan(TableTree, m.part.Key(rootPrefix), from, func(key, _ []byte) (bool, error) {
		if bytes.Compare(key, keep) >= 0 {
			return false, nil
		}
		old = append(old, bytes.Clone(key))
		return true, nil
	})
	if err != nil {
		return err
	}
	for _, key := range old {
		if err := m.kv.Delete(TableTree, key); err != nil {
			return err
		}
	}
	return m.kv.Put(TableTree, m.part.Key(prunedKey), append(be64(line), keep[len(keep)-8:]...))
}

// prunedBelow is the line below which roots were forgotten, and the key of the oldest run kept: a scan from the beginning would pass all
// that were deleted.
func (m Machine) prunedBelow() (line int64, oldest []byte, err error) {
	oldest = m.part.Key(rootPrefix)
	value, found, err := m.kv.Get(TableTree, m.part.Key(prunedKey))
	if err != nil || !found || len(value) < 8 {
		return 0, oldest, err
	}
	return int64(binary.BigEndian.Uint64(value)), append(oldest, value[8:]...), nil
}
