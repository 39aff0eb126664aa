package store

import (
	"errors"

	"github.com/dgraph-io/badger/v4"

	"kontor/store/internal/ordered"
	"kontor/store/kv"
)

// Group commit. Callers of Update take turns. Each runs its own function, on
// its own goroutine, over the committed state and what the members of its group
// and of the group before it wrote, into a private overlay that joins the group
// only if the function succeeds. Whoever ends a turn and sees nobody waiting, or
// a full group, commits it: one synced transaction for all. While that is under
// way the next group gathers; it is committed when the one before it is durable,
// and fails with it. Everybody, also one whose function failed or wrote nothing,
// returns only when its group is durable, because what it saw was not before.

// pending is one uncommitted record.
type pending struct {
	value   []byte
	deleted bool
	brief   bool // put and deleted before it was committed: perhaps the disk need not hear of it
}

type overlay = ordered.Map[pending]

// group is the open transaction of several Updates.
type group struct {
	base    *snapshot // the committed state below the group
	prior   *group    // was being committed when this group began; nil: none was
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
	g = s.group
	t := &txn{keeper: &s.snapshots, base: g.base, own: &overlay{}, below: g.layers()}
	// Deferred, so that a panic or a test's FailNow inside fn leaves the
	// others a working store.
	defer func() {
		t.ended = true
		g.members++
		ready := s.ready()
		s.turn.Unlock()
		if ready != nil {
			s.commit(ready)
		}
	}()
	if err = fn(t); err != nil {
		return g, err
	}
	if !g.used.Add(t.used).Fits() {
		full := g // the others first
		if s.commitOpen(); full.err != nil {
			return full, nil // fn has read what the disk does not hold
		}
		g = s.newGroup()
		s.group = g
	}
	g.join(t)
	return g, nil
}

// newGroup opens a group. It is called with the turn.
func (s *DB) newGroup() *group {
	g := &group{done: make(chan struct{})}
	for {
		s.reap()
		g.base, g.prior = s.snapshots.take(), s.committing
		// A commit that ended since it was looked at may be missing from the
		// snapshot, or may stand in it below what a Bulk wrote since: the next
		// look finds none under way.
		if g.prior == nil || !g.prior.ended() {
			return g
		}
		s.snapshots.give(g.base)
	}
}

// ended tells whether the group is durable, or has failed.
func (g *group) ended() bool {
	select {
	case <-g.done:
		return true
	default:
		return false
	}
}

// layers are the writes of others that a member of the group reads, newest
// first.
func (g *group) layers() []*overlay {
	if g.prior == nil {
		return []*overlay{&g.wrote}
	}
	return []*overlay{&g.wrote, &g.prior.wrote}
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

// ready closes the open group when it is to be committed now, and returns it.
// It is called with the turn; the caller commits without.
func (s *DB) ready() *group {
	s.reap()
	g := s.group
	if g == nil || g.members == 0 || s.committing != nil || s.waiting.Load() > 0 && g.members < maxGroupMembers {
		return nil
	}
	s.group, s.committing = nil, g
	return g
}

// commitOpen commits the open group and waits for it, with the turn.
func (s *DB) commitOpen() {
	if g := s.committing; g != nil {
		<-g.done
		s.reap()
	}
	if s.group == nil {
		return // failed with the one before
	}
	s.committing, s.group = s.group, nil
	s.commit(s.committing)
	s.reap()
}

// reap takes note of a commit that has ended. It is called with the turn.
func (s *DB) reap() {
	g := s.committing
	if g == nil || !g.ended() {
		return
	}
	s.committing = nil
	if next := s.group; g.err != nil && next != nil && next.prior == g {
		// Its members have read what the disk does not hold.
		s.group = nil
		next.err = g.err
		s.snapshots.give(next.base)
		close(next.done)
	}
}

// commit makes a closed group durable and lets its members return.
func (s *DB) commit(g *group) {
	s.write(g)
	// Whoever gathered meanwhile and found this commit under way waits for
	// somebody to go on.
	s.again()
	go func() {
		defer s.leave()
		s.turn.Lock()
		next := s.ready()
		s.turn.Unlock()
		if next != nil {
			s.commit(next)
		}
	}()
}

// write commits a group to Badger. Commits follow each other, so that a snapshot
// that holds one of them holds all before it.
func (s *DB) write(g *group) {
	s.writing.Lock()
	defer s.writing.Unlock()
	defer close(g.done)
	// The group before is durable. Kept, it would keep the one before it, and all
	// since the store was last at rest.
	g.prior = nil
	s.snapshots.give(g.base)
	if g.wrote.Len() == 0 {
		return
	}
	if g.err = s.admit(g.used.Total); g.err != nil {
		return
	}
	t := s.badger.NewTransaction(true)
	defer t.Discard()
	now := s.snapshots.take() // nobody else commits meanwhile
	g.wrote.Scan(func(key string, p pending) bool {
		if p.brief && !now.holds(key) {
			return true
		}
		g.err = stage(t, key, p)
		return g.err == nil
	})
	s.snapshots.give(now)
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
	} else {
		s.snapshots.renew(s.badger, &g.wrote)
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
	now := s.snapshots.take()
	defer s.snapshots.give(now)
	t := &txn{keeper: &s.snapshots, base: now}
	defer func() { t.ended = true }()
	return fn(t)
}
