package memory

import (
	"sync/atomic"

	"kontor/store/kv"
)

// The steps of a store at which it can break. They are counted in the order
// they happen: one for each Put and Delete of an Update and each put of a
// Bulk, then, for an Update that wrote, one before its commit and one between
// the commit and its acknowledgement.
type kind int

const (
	write kind = iota
	beforeCommit
	afterCommit
)

type fault struct {
	steps   int // steps taken since New, Clone or Restart
	failAt  int // 0: none
	crashAt int
	down    atomic.Bool
}

func crashed() error {
	return kv.Errorf(kv.CodeCrashed, "the store crashed as planned; call Restart")
}

// step counts one step and breaks when its time has come.
func (f *fault) step(k kind) error {
	f.steps++
	if f.crashAt > 0 && f.steps >= f.crashAt {
		f.crashAt = 0
		f.down.Store(true)
		return crashed()
	}
	// A commit that happened but is reported as failed is a crash, not a
	// failure: the caller could not go on from it.
	if f.failAt > 0 && f.steps >= f.failAt && k != afterCommit {
		f.failAt = 0
		return kv.Errorf(kv.CodeInjected, "the write failed as planned")
	}
	return nil
}

// Steps returns how many steps the store has taken. A test that wants to break
// an operation at every step counts once without faults, or raises n until the
// operation succeeds.
func (s *Store) Steps() int {
	s.turn.Lock()
	defer s.turn.Unlock()
	return s.fault.steps
}

// FailAt makes the n-th step from now fail once with CodeInjected: the Update
// leaves nothing behind, later ones work. 0 takes a planned failure back. A
// step between commit and acknowledgement does not fail; the one after it
// does.
func (s *Store) FailAt(n int) {
	s.turn.Lock()
	defer s.turn.Unlock()
	s.fault.failAt = s.fault.at(n)
}

// CrashAt makes the store crash at the n-th step from now: the running Update
// and everything after it fails with CodeCrashed until Restart. Crashing at a
// write or before a commit keeps nothing of the Update; crashing between
// commit and acknowledgement keeps all of it although its caller saw an error.
// 0 takes a planned crash back.
func (s *Store) CrashAt(n int) {
	s.turn.Lock()
	defer s.turn.Unlock()
	s.fault.crashAt = s.fault.at(n)
}

func (f *fault) at(n int) int {
	if n <= 0 {
		return 0
	}
	return f.steps + n
}

// Crashed says that the store is down.
func (s *Store) Crashed() bool { return s.fault.down.Load() }

// Restart brings a crashed or closed store back as a new process would find
// it: with what was committed and no planned faults.
func (s *Store) Restart() {
	s.turn.Lock()
	defer s.turn.Unlock()
	s.fault.steps, s.fault.failAt, s.fault.crashAt = 0, 0, 0
	s.fault.down.Store(false)
	s.closed.Store(false)
}
