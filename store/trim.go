package store

import (
	"runtime/debug"
	"time"
)

const (
	// trimQuiet is how long the store must be quiet before memory is given
	// back. Reading the newest value log at start and compacting tables leaves
	// a hundred megabytes resident that an idle node has no use for.
	trimQuiet = 3 * time.Second

	// trimAfter is how much must have been written since the last time; less
	// is not worth evicting pages that are in use.
	trimAfter = 32 << 20

	// trimAgain is how often memory is given back once more, every
	// trimAgainPause while the store stays quiet: Badger may be compacting,
	// and lets go of its buffers one every two seconds.
	trimAgain      = 6
	trimAgainPause = 2 * time.Second
)

// rest gives memory back after Open and after large writes, each time when the
// store has become quiet.
func (s *DB) rest() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	due, again, last, given := true, 0, int64(0), int64(0)
	quiet, wait := time.Duration(0), time.Duration(0)
	for {
		select {
		case <-s.stop:
			return
		case <-tick.C:
		}
		quiet += time.Second
		if now := s.updates.Load(); now != last {
			last, quiet = now, 0
		}
		if now := s.written.Load(); now-given >= trimAfter {
			due, given = true, now
		}
		if wait -= time.Second; quiet < trimQuiet || wait > 0 {
			continue
		}
		switch {
		case due:
			due, again = false, trimAgain
		case again > 0:
			again--
		default:
			continue
		}
		wait = trimAgainPause
		pageOut(s.opt.Dir)
		unmapProgram()
		debug.FreeOSMemory()
	}
}
