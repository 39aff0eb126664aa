package store

import (
	"errors"
	"io/fs"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"kontor/store/kv"
)

// Probe measures the disk under dir, in bytes.
type Probe func(dir string) (free, total int64, err error)

const (
	// MinFreeBytes is the free disk below which the store neither opens nor
	// writes. Badger writes through memory maps of sparse files: on a full
	// disk the process dies of SIGBUS instead of seeing an error.
	MinFreeBytes = 512 << 20

	// minFreePercent is the free part of the disk below which the store does
	// not write, up to maxReserve: a share of a very large disk is no danger.
	minFreePercent = 5
	maxReserve     = 8 << 30

	// resumeBytes is how far free space must rise above the limit before
	// writing goes on, so that a store at the brink does not flap.
	resumeBytes = 64 << 20

	// A measurement holds for probeEvery and for probeBytes written, whichever
	// ends first; both are far within MinFreeBytes.
	probeEvery = time.Second
	probeBytes = 16 << 20
)

// reserve is the free space that must stay on a disk of this size.
func reserve(total int64) int64 {
	return max(MinFreeBytes, min(total/100*minFreePercent, maxReserve))
}

// checkSpaceToOpen refuses a disk with less than MinFreeBytes. The directory
// may not exist yet.
func checkSpaceToOpen(probe Probe, dir string) error {
	free, _, err := probe(dir)
	for at := dir; errors.Is(err, fs.ErrNotExist) && filepath.Dir(at) != at; {
		at = filepath.Dir(at)
		free, _, err = probe(at)
	}
	if err != nil {
		return kv.Wrap(err, kv.CodeIO, "measuring the free disk under %q", dir)
	}
	if free < MinFreeBytes {
		return kv.Errorf(kv.CodeDiskFull, "the disk of %q has %d MiB free, %d MiB are needed to open the database safely; free some space, then start again", dir, free>>20, int64(MinFreeBytes)>>20)
	}
	return nil
}

// watchdog remembers whether the disk has room.
type watchdog struct {
	probe Probe
	dir   string
	log   *slog.Logger

	mu      sync.Mutex
	at      time.Time // of the last measurement
	written int64     // bytes since then
	free    int64
	total   int64
	full    *Error
}

// admit counts bytes about to be written and refuses them on a full disk.
func (w *watchdog) admit(bytes int64) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.written += bytes
	if now := time.Now(); w.at.IsZero() || w.written >= probeBytes || now.Sub(w.at) >= probeEvery {
		w.at, w.written = now, 0
		w.measure()
	}
	if w.full != nil {
		return w.full
	}
	return nil
}

func (w *watchdog) measure() {
	free, total, err := w.probe(w.dir)
	if err != nil {
		w.log.Warn("the free disk could not be measured", "dir", w.dir, "error", err)
		return // the last measurement stands
	}
	w.free, w.total = free, total
	limit, was := reserve(total), w.full
	switch {
	case free < limit || was != nil && free < limit+resumeBytes:
		needed := limit
		if was != nil {
			needed += resumeBytes
		}
		// Said anew with each measurement: whoever frees space wants to know how far he is.
		w.full = kv.Errorf(kv.CodeDiskFull, "the disk of %q has %d MiB free, below the %d MiB that must stay; the store only reads until space is freed", w.dir, free>>20, needed>>20)
		if was == nil {
			w.log.Error("store is read-only", "reason", w.full.Text)
		}
	case was != nil:
		w.full = nil
		w.log.Info("store writes again", "free_mib", free>>20)
	}
}

// Writable returns nil when an Update can be tried, and otherwise why not:
// CodeDiskFull while the disk is too full, which ends by itself when space is
// freed, or CodeIO after the disk failed, which ends with a restart.
func (s *DB) Writable() error { return s.admit(0) }

func (s *DB) admit(bytes int) error {
	if f := s.failed.Load(); f != nil {
		return f
	}
	s.written.Add(int64(bytes))
	return s.disk.admit(int64(bytes))
}

// fail makes the store refuse all further writes: after a failed commit nobody
// knows what the disk holds.
func (s *DB) fail(e *Error) {
	if s.failed.CompareAndSwap(nil, e) {
		s.log.Error("store is read-only", "reason", e.Error())
	}
}
