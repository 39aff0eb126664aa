package store

import (
	"slices"
	"time"

	"github.com/dgraph-io/badger/v4"
)

const (
	// tidyAfter is how much must have been written since Open for Close to look
	// whether compaction is due: less has not filled a memory table.
	tidyAfter = memTableBytes

	// tidyLimit bounds how long Close compacts. A memory table takes a second
	// or two; what is left over is done at the next start.
	tidyLimit = 5 * time.Second

	// tidyPause is how often Close looks: as often as Badger itself.
	tidyPause = 50 * time.Millisecond
)

// tidy lets Badger compact what closing it has flushed from memory. Otherwise
// the next start does, and holds its buffers for half a minute. Nothing is lost
// when it fails or the process is ended meanwhile.
func (s *DB) tidy() {
	if s.written.Load() < tidyAfter || s.Writable() != nil {
		return
	}
	db, err := badger.Open(badgerOptions(s.opt.Dir, s.opt.Key, &badgerLog{log: s.log}))
	if err != nil {
		s.log.Warn("the database was closed, but not put in order", "reason", err)
		return
	}
	for waited := time.Duration(0); waited < tidyLimit && compactionDue(db); waited += tidyPause {
		time.Sleep(tidyPause)
	}
	if err := db.Close(); err != nil {
		s.log.Warn("the database was not closed in order", "reason", err)
	}
}

// compactionDue tells whether a level is larger than it should be.
func compactionDue(db *badger.DB) bool {
	return slices.ContainsFunc(db.Levels(), func(l badger.LevelInfo) bool { return l.Score >= 1 })
}
