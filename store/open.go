package store

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"

	"kontor/store/kv"
)

// Defaults of Options.
const (
	// DefaultLockWait is how long Open waits for another process to let go of
	// the directory. The kernel needs up to a second after a SIGKILL to take
	// down the memory maps that hold it.
	DefaultLockWait = 10 * time.Second

	// DefaultGCInterval is how often the value log is searched for files that
	// are at least half garbage.
	DefaultGCInterval = 15 * time.Minute
)

// Options say which database to open and how. Dir and Key are required.
type Options struct {
	// Dir is the directory of the database, made with mode 0700 if absent. It
	// must hold nothing else.
	Dir string

	// Key encrypts everything in Dir: see LoadKeyFile, LoadCredential and
	// PassphraseKey. A database is opened with the key it was made with.
	Key Key

	// Log receives what the operator should know: nothing in ordinary running.
	// nil discards it.
	Log *slog.Logger

	// LockWait overrides DefaultLockWait; negative means do not wait.
	LockWait time.Duration

	// GCInterval overrides DefaultGCInterval; negative switches collection
	// off. Collecting more often costs rewriting, less often costs disk.
	GCInterval time.Duration

	// Probe measures the disk under Dir; nil asks the operating system. Tests
	// give a disk that fills.
	Probe Probe
}

func (o Options) withDefaults() (Options, error) {
	if o.Dir == "" {
		return o, errors.New("store: Options.Dir is empty")
	}
	abs, err := filepath.Abs(o.Dir)
	if err != nil {
		return o, fmt.Errorf("store directory %q: %w", o.Dir, err)
	}
	o.Dir = abs
	if o.Key == (Key{}) {
		return o, kv.Errorf(kv.CodeKeyFileMissing, "no key was given for the database in %q; use --key-file, a systemd credential or a passphrase", o.Dir)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.LockWait == 0 {
		o.LockWait = DefaultLockWait
	}
	if o.GCInterval == 0 {
		o.GCInterval = DefaultGCInterval
	}
	if o.Probe == nil {
		o.Probe = ProbeDisk
	}
	return o, nil
}

// memTableBytes is the size of one memory table. Badger commits at most 15 %
// of it in one transaction, so 22 MiB is what kv.MaxUpdateBytes in
// kv.MaxUpdateKeys keys needs (3.3 MiB); memory is touched only as it fills.
const memTableBytes = 22 << 20

// badgerOptions are the measured settings: values of 4 KiB and more go to the
// value log, few and small tables keep memory low, every commit is synced, and
// every checksum is verified.
func badgerOptions(dir string, key Key, logger badger.Logger) badger.Options {
	return badger.DefaultOptions(dir).
		WithSyncWrites(true).
		WithValueThreshold(kv.SmallValueBytes).
		WithMemTableSize(memTableBytes).
		WithNumMemtables(2).
		WithNumLevelZeroTables(2).
		WithNumLevelZeroTablesStall(8).
		WithNumCompactors(2).
		// Compaction holds some dozen buffers of several tables' size each, and
		// keeps eight of them for a while; tables of deeper levels are larger.
		WithBaseTableSize(512 << 10).
		WithBlockCacheSize(16 << 20).
		WithIndexCacheSize(8 << 20). // must not be 0 under encryption
		WithValueLogFileSize(128 << 20).
		WithMetricsEnabled(false).
		// One writer at a time: no conflict can arise.
		WithDetectConflicts(false).
		// Each block when it is read. Verifying whole tables as they are
		// opened would read the whole database at every start; Verify does it
		// when asked.
		WithChecksumVerificationMode(options.OnBlockRead).
		WithVerifyValueChecksum(true).
		WithEncryptionKey(key[:]).
		WithLogger(logger)
}

// DB is the durable store.
type DB struct {
	opt    Options
	log    *slog.Logger
	badger *badger.DB
	disk   watchdog

	// The life of the store: running transactions hold Close back.
	mu     sync.Mutex
	idle   *sync.Cond
	active int
	closed bool
	stop   chan struct{}
	timer  sync.WaitGroup

	// Group commit: see update.go.
	turn       sync.Mutex
	waiting    atomic.Int32
	group      *group     // open; with the turn
	committing *group     // closed and not reaped; with the turn
	writing    sync.Mutex // one commit at a time
	snapshots  snapshots
	failed     atomic.Pointer[Error]

	updates, commits, garbage atomic.Int64
	written                   atomic.Int64 // bytes since Open
}

// Open opens or makes the database in o.Dir. Refusals have the codes
// CodeWrongKey, CodeLocked, CodeNewerSchema, CodeForeign, CodeDiskFull and
// CodeKeyFileMissing, and change nothing on disk.
func Open(o Options) (*DB, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	// Everything that only reads comes first.
	if err := checkSpaceToOpen(o.Probe, o.Dir); err != nil {
		return nil, err
	}
	schema, fresh, err := checkLayout(o.Dir)
	if err != nil {
		return nil, err
	}
	if !fresh {
		if err := checkKey(o.Dir, o.Key); err != nil {
			return nil, err
		}
	}
	if fresh {
		if err := makeLayout(o.Dir); err != nil {
			return nil, err
		}
		schema = Schema
	}
	s := &DB{opt: o, log: o.Log, stop: make(chan struct{})}
	s.idle = sync.NewCond(&s.mu)
	s.disk = watchdog{probe: o.Probe, dir: o.Dir, log: o.Log}
	if s.badger, err = openBadger(o, s); err != nil {
		return nil, err
	}
	if err := s.raiseSchema(schema); err != nil {
		s.badger.Close()
		return nil, err
	}
	s.snapshots.renew(s.badger, nil)
	s.timer.Go(s.rest)
	if o.GCInterval > 0 {
		s.timer.Go(func() { s.collect(o.GCInterval) })
	}
	return s, nil
}

// openBadger opens the database, waiting for a lock that lingers.
func openBadger(o Options, s *DB) (*badger.DB, error) {
	var waited, pause time.Duration = 0, 20 * time.Millisecond
	cleared := false
	for {
		db, err := badger.Open(badgerOptions(o.Dir, o.Key, &badgerLog{log: o.Log, store: s}))
		switch {
		case err == nil:
			return db, nil
		case errors.Is(err, badger.ErrEncryptionKeyMismatch):
			return nil, wrongKey(o.Dir, err)
		case !cleared && isEmptyTable(err):
			// Not refused by the lock: nobody else has the directory open.
			if cleared = true; clearEmptyTables(o.Dir) == nil {
				continue
			}
			return nil, kv.Wrap(err, kv.CodeIO, "opening the database in %q: a killed process left an empty table there that can't be removed", o.Dir)
		case !isLocked(err):
			return nil, kv.Wrap(err, kv.CodeIO, "opening the database in %q; if this persists, restore the last backup into an empty directory", o.Dir)
		case waited >= o.LockWait:
			return nil, kv.Errorf(kv.CodeLocked, "the database in %q is in use by %s; stop that process, or talk to the running node instead of opening its files", o.Dir, lockHolder(o.Dir))
		}
		time.Sleep(pause)
		waited += pause
		pause = min(2*pause, 500*time.Millisecond, max(o.LockWait-waited, time.Millisecond))
	}
}

// clearEmptyTables removes memory tables without a byte. Badger empties such a file before it removes it, once its content stands in a table of the first level,
// and sizes a new one after it made it; a process killed in between leaves a file that holds nothing and that Badger refuses to open.
func clearEmptyTables(dir string) error {
	paths, err := filepath.Glob(filepath.Join(dir, "*.mem"))
	for _, path := range paths {
		info, statErr := os.Stat(path)
		if statErr == nil && info.Size() == 0 {
			statErr = os.Remove(path)
		}
		err = errors.Join(err, statErr)
	}
	return err
}

// isEmptyTable recognises Badger's refusal of a memory table without a byte: it has no sentinel of Badger's own.
func isEmptyTable(err error) bool {
	return strings.Contains(err.Error(), "while opening fid") && strings.Contains(err.Error(), "Create a new file")
}

// isLocked recognises Badger's refusal, which has no sentinel.
func isLocked(err error) bool {
	return strings.Contains(err.Error(), "Cannot acquire directory lock") ||
		strings.Contains(err.Error(), "Another process is using this Badger database")
}

// lockHolder names the process that has the directory open, as it wrote itself
// down there.
func lockHolder(dir string) string {
	pid, err := os.ReadFile(filepath.Join(dir, "LOCK"))
	if text := strings.TrimSpace(string(pid)); err == nil && text != "" && len(text) < 12 {
		return "process " + text
	}
	return "another process that left no pid"
}

// enter admits one transaction; leave ends it.
func (s *DB) enter() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return kv.Errorf(kv.CodeClosed, "the store in %q is closed; open it again", s.opt.Dir)
	}
	s.active++
	return nil
}

// again is enter for what goes on after its caller has left.
func (s *DB) again() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.active++
}

func (s *DB) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.active--; s.active == 0 {
		s.idle.Broadcast()
	}
}

// Close waits for running transactions, stops the timers and closes the files.
// After large writes it takes some seconds to put them in order first.
// Every Close after the first waits for it and returns nil.
func (s *DB) Close() error {
	s.mu.Lock()
	if s.closed {
		for s.badger != nil {
			s.idle.Wait()
		}
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	for s.active > 0 {
		s.idle.Wait()
	}
	s.mu.Unlock()
	close(s.stop)
	s.timer.Wait()
	s.snapshots.close()
	err := s.badger.Close()
	if err == nil {
		s.tidy()
	}
	s.mu.Lock()
	s.badger = nil
	s.idle.Broadcast()
	s.mu.Unlock()
	if err != nil {
		return kv.Wrap(err, kv.CodeIO, "closing the database in %q; what was acknowledged is in its logs and is replayed at the next start", s.opt.Dir)
	}
	return nil
}

// collect gives the disk space of overwritten and deleted values back.
func (s *DB) collect(every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-tick.C:
		}
		// Collection writes before it frees: not on a full disk.
		for s.Writable() == nil && s.badger.RunValueLogGC(0.5) == nil {
			s.garbage.Add(1)
			select {
			case <-s.stop:
				return
			default:
			}
		}
	}
}

// BadgerOptions are the settings under which Open opens a database, for
// measuring the bare database beside the store.
func BadgerOptions(dir string, key Key) badger.Options {
	return badgerOptions(dir, key, nil)
}
