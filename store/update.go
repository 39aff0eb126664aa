package store

import (
	"errors"

	"github.com/dgraph-io/badger/v4"

	"kontor/store/internal/ordered"
	"kontor/store/kv"
)

// Group commit. Callers of Update take turns. Each runs its own function, on
// its own goroutine, over the committed state and what the members of the open
// group before it wrote, into a private overlay that joins the group only if
// the function succeeds. Whoever ends a turn and sees nobody waiting, or a full
// group, commits it: one synced transaction for all. Everybody, also one whose
// function failed or wrote nothing, returns only then, because what it saw was
// not durable before.

// pending is one uncommitted record.
type pending struct {
	value   []byte
	deleted bool
}

type overlay = ordered.Map[pending]

// group is the open transaction of several Updates.
type group struct {
	read    *badger.Txn // the committed state below the group
	wrote   overlay
	used    kv.Budget
	members int
	done    chan struct{}
	err     error // valid once done is closed
}

// maxGroupMembers bounds how many callers wait for one commit.
const maxGroupMembers = 256

// Update implements Store.
func (s *DB) Update(fn func(KV) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	if err := s.Writable(); err != nil {
		return err
	}
	g, err := s.takeTurn(fn)
	<-g.done
	if g.err != nil {
		return g.err
	}
	return err
}

// takeTurn runs fn as the next member of a group and returns that group.
func (s *DB) takeTurn(fn func(KV) error) (g *group, err error) {
	s.waiting.Add(1)
	s.turn.Lock()
	s.waiting.Add(-1)
	s.updates.Add(1)
	if s.group == nil {
		s.group = s.newGroup()
	}
	t := &txn{read: s.group.read, below: &s.group.wrote, own: &overlay{}}
	// Deferred, so that a panic or a test's FailNow inside fn leaves the
	// others a working store.
	defer func() {
		t.ended = true
		g = s.group
		g.members++
		if s.waiting.Load() == 0 || g.members >= maxGroupMembers {
			s.commit()
		}
		s.turn.Unlock()
	}()
	if err = fn(t); err != nil {
		return nil, err
	}
	if !s.group.used.Add(t.used).Fits() {
		s.commit() // the others first
		s.group = s.newGroup()
	}
	s.group.join(t)
	return nil, nil
}

func (s *DB) newGroup() *group {
	return &group{read: s.badger.NewTransaction(false), done: make(chan struct{})}
}

// join adds what t wrote. A key written twice counts twice; the bound is not
// that near.
func (g *group) join(t *txn) {
	g.used = g.used.Add(t.used)
	if g.wrote.Len() == 0 {
		g.wrote = *t.own
		return
	}
	t.own.Scan(func(key string, p pending) bool {
		g.wrote.Set(key, p)
		return true
	})
}

// commit makes the open group durable and lets its members return.
func (s *DB) commit() {
	g := s.group
	s.group = nil
	g.read.Discard()
	defer close(g.done)
	if g.wrote.Len() == 0 {
		return
	}
	if g.err = s.admit(g.used.Total); g.err != nil {
		return
	}
	t := s.badger.NewTransaction(true)
	defer t.Discard()
	g.wrote.Scan(func(key string, p pending) bool {
		g.err = stage(t, key, p)
		return g.err == nil
	})
	if g.err != nil {
		return
	}
	s.commits.Add(1)
	if err := t.Commit(); err != nil {
		e := kv.Wrap(err, kv.CodeIO, "committing to the database in %q; whether it was kept is unknown: check the disk, then restart the node", s.opt.Dir)
		s.fail(e)
		g.err = e
	} else if f := s.failed.Load(); f != nil {
		g.err = f // a sync that Badger only logged
	}
}

// stage puts one record into a transaction of Badger.
func stage(t *badger.Txn, key string, p pending) error {
	var err error
	if p.deleted {
		err = t.Delete([]byte(key))
	} else {
		err = t.Set([]byte(key), p.value)
	}
	if errors.Is(err, badger.ErrTxnTooBig) {
		// The bounds of package kv lie below Badger's; see the test.
		panic("store: an update within its bounds did not fit one transaction")
	}
	return err
}

// View implements Store.
func (s *DB) View(fn func(KV) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	read := s.badger.NewTransaction(false)
	defer read.Discard()
	t := &txn{read: read}
	defer func() { t.ended = true }()
	return fn(t)
}
