// Package memory is a store in memory for tests and simulations: New makes
// one, Clone takes a machine snapshot, CrashAt and FailAt break it at a chosen
// step, Restart brings a crashed one back with what was committed.
//
// It keeps every guarantee and bound of package kv except durability beyond
// the process. All states share structure, so a Clone, a View and an aborted
// Update cost next to nothing; two thousand networks fit in one test.
package memory

import (
	"sync"
	"sync/atomic"

	"github.com/tidwall/btree"

	"kontor/store/internal/ordered"
	"kontor/store/kv"
)

type tree = ordered.Map[[]byte]

// Store is the in-memory store.
type Store struct {
	turn   sync.Mutex           // held by the running Update or Bulk
	state  atomic.Pointer[tree] // committed; never changed once stored here
	closed atomic.Bool
	fault  fault // guarded by turn, but for down
}

var _ kv.Store = (*Store)(nil)

// New returns an empty store.
func New() *Store {
	s := &Store{}
	s.state.Store(btree.NewMap[string, []byte](8))
	return s
}

// Clone returns an independent store with what is committed in s now, without
// its planned faults: the snapshot of a machine, or a backup.
func (s *Store) Clone() *Store {
	s.turn.Lock()
	defer s.turn.Unlock()
	c := &Store{}
	// Copy marks the source too, which only the holder of the turn may do.
	c.state.Store(s.state.Load().Copy())
	return c
}

// Len returns the number of records.
func (s *Store) Len() int { return s.state.Load().Len() }

func (s *Store) alive() error {
	if s.closed.Load() {
		return kv.Errorf(kv.CodeClosed, "the store is closed; open it again")
	}
	if s.fault.down.Load() {
		return crashed()
	}
	return nil
}

// View implements kv.Store.
func (s *Store) View(fn func(kv.KV) error) error {
	if err := s.alive(); err != nil {
		return err
	}
	t := &txn{tree: s.state.Load()}
	defer func() { t.ended = true }()
	return fn(t)
}

// Update implements kv.Store.
func (s *Store) Update(fn func(kv.KV) error) error {
	s.turn.Lock()
	defer s.turn.Unlock()
	if err := s.alive(); err != nil {
		return err
	}
	t := &txn{tree: s.state.Load().Copy(), fault: &s.fault}
	defer func() { t.ended = true }()
	if err := fn(t); err != nil {
		return err
	}
	if t.broken != nil {
		return t.broken // fn swallowed it; a store cannot commit over it
	}
	if len(t.wrote) == 0 {
		return nil
	}
	if err := s.fault.step(beforeCommit); err != nil {
		return err
	}
	s.state.Store(t.tree)
	return s.fault.step(afterCommit)
}

// Bulk implements kv.Store. Each record is kept as soon as it is put, so a
// crash in the middle leaves a part.
func (s *Store) Bulk(fn func(put func(table byte, key, value []byte) error) error) error {
	s.turn.Lock()
	defer s.turn.Unlock()
	if err := s.alive(); err != nil {
		return err
	}
	work := s.state.Load().Copy()
	defer func() { s.state.Store(work) }()
	ended := false
	defer func() { ended = true }()
	var broken error
	err := fn(func(table byte, key, value []byte) error {
		if ended {
			return kv.Errorf(kv.CodeEnded, "put was called after its Bulk ended")
		}
		if err := kv.CheckRecord(table, key, value); err != nil {
			return err
		}
		if broken == nil {
			broken = s.fault.step(write)
		}
		if broken != nil {
			return broken
		}
		work.Set(ordered.Join(table, key), clone(value))
		return nil
	})
	if err == nil {
		err = broken
	}
	return err
}

// Close implements kv.Store.
func (s *Store) Close() error {
	s.turn.Lock()
	defer s.turn.Unlock()
	s.closed.Store(true)
	return nil
}

// clone copies a value and never returns nil, so that a stored empty value is
// found as an empty one.
func clone(b []byte) []byte {
	return append(make([]byte, 0, len(b)), b...)
}
