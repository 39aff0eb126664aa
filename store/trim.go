package store

import (
	"runtime/debug"
	"time"
)

const (
	// trimQuiet is how long the store must be quiet before memory is given
	// back. Reading the newest value log at start and compacting tables leaves
	// a hundred megabytes resident that an idle node has no use for.
	trimQuiet = 5 * time.Second

	// trimAfter is how much must have been written since the last time; less
	// is not worth evicting pages that are in use.
	trimAfter = 32 << 20
)

// rest gives memory back once after Open and again after large writes, each
// time when the store has become quiet, and a few times more while Badger lets
// go of its buffers, one every two seconds.
func (s *DB) rest() {
	tick := time.NewTicker(trimQuiet)
	defer tick.Stop()
	due, again, last := true, 0, int64(0)
	for {
		select {
		case <-s.stop:
			return
		case <-tick.C:
		}
		now := s.updates.Load()
		quiet := now == last
		last = now
		if s.written.Load() >= trimAfter {
			s.written.Store(0)
			due, quiet = true, false
		}
		if again > 0 {
			again--
			debug.FreeOSMemory()
		}
		if due && quiet {
			due, again = false, 5
			pageOut(s.opt.Dir)
			debug.FreeOSMemory()
		}
	}
}
