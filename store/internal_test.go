package store

import (
	"bytes"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4/skl"

	"kontor/store/kv"
)

// TestBoundsFitOneTransaction keeps the bounds of package kv below what Badger
// commits at once: 15 % of the memory table, and per record a version, two
// bytes of flags, and up to 12 bytes instead of kv.PointerBytes for a pointer.
func TestBoundsFitOneTransaction(t *testing.T) {
	const overhead = 12 // version estimate and flags
	most := kv.MaxUpdateBytes + kv.MaxUpdateKeys*overhead + 1024
	if limit := memTableBytes * 15 / 100; most >= limit {
		t.Errorf("an update of the largest size counts %d, Badger takes less than %d", most, limit)
	}
	if limit := memTableBytes * 15 / 100 / skl.MaxNodeSize; kv.MaxUpdateKeys+1 >= limit {
		t.Errorf("%d keys, Badger takes less than %d", kv.MaxUpdateKeys+1, limit)
	}
}

// TestFailedSyncStopsWriting: Badger logs a value log that could not be synced
// and acknowledges; the store must not.
func TestFailedSyncStopsWriting(t *testing.T) {
	var said bytes.Buffer
	s, err := Open(Options{Dir: filepath.Join(t.TempDir(), "db"), Key: Key{1}, Probe: roomy,
		Log: slog.New(slog.NewTextHandler(&said, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	fillTest(t, s)
	if said.Len() > 0 {
		t.Errorf("ordinary running says %s", said.String())
	}
	l := &badgerLog{log: s.log, store: s}
	err = s.Update(func(k KV) error {
		l.Errorf("Error while curlf sync: %v\n", errors.New("input/output error"))
		return k.Put('a', nil, nil)
	})
	for what, err := range map[string]error{
		"the update itself": err,
		"the next update":   s.Update(func(k KV) error { return nil }),
		"a bulk":            s.Bulk(func(func(byte, []byte, []byte) error) error { return nil }),
		"writable":          s.Writable(),
	} {
		if kv.CodeOf(err) != kv.CodeIO || !strings.Contains(err.Error(), "restart the node") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := s.View(func(k KV) error { return nil }); err != nil {
		t.Errorf("view: %v", err)
	}
	if !strings.Contains(said.String(), "read-only") {
		t.Errorf("the log says %s", said.String())
	}
}

// TestGroupIsSeenTogether: whoever reads another's uncommitted write returns
// only when it is durable, also with an error or without a write of its own.
func TestGroupIsSeenTogether(t *testing.T) {
	s := openTest(t, filepath.Join(t.TempDir(), "db"), Key{1})
	inside, second := make(chan struct{}), make(chan error)
	go func() {
		<-inside
		second <- s.Update(func(k KV) error {
			if _, found, err := k.Get('a', []byte("k")); err != nil || !found {
				t.Errorf("the write before is not seen: %v, %v", found, err)
			}
			return errSeen
		})
	}()
	if err := s.Update(func(k KV) error {
		close(inside)
		for s.waiting.Load() == 0 { // until the other queues
		}
		return k.Put('a', []byte("k"), nil)
	}); err != nil {
		t.Fatal(err)
	}
	if err := <-second; err != errSeen {
		t.Errorf("the second returned %v", err)
	}
	if n := s.commits.Load(); n != 1 {
		t.Errorf("%d commits, want one for both", n)
	}
}

var errSeen = errors.New("seen")

// TestNextGroupFailsWithTheOneBefore: an Update that has read what is still
// being committed returns only with that commit, and fails with it; a View
// neither sees it nor waits. What failed leaves nothing behind.
func TestNextGroupFailsWithTheOneBefore(t *testing.T) {
	s := openTest(t, filepath.Join(t.TempDir(), "db"), Key{1})
	look := func(k KV, want string) error {
		v, found, err := k.Get('a', []byte("k"))
		if err != nil || string(v) != want || found != (want != "") {
			t.Errorf("found %q, %v, %v, want %q", v, found, err, want)
		}
		n := 0
		if err := k.Scan('a', nil, nil, func(_, v []byte) (bool, error) { n++; return true, nil }); err != nil || (n > 0) != (want != "") {
			t.Errorf("a scan finds %d, %v, want %q", n, err, want)
		}
		return nil
	}
	for _, full := range []bool{true, false} {
		s.writing.Lock() // the commit stands still
		first, second := make(chan error, 1), make(chan error, 1)
		go func() { first <- s.Update(func(k KV) error { return k.Put('a', []byte("k"), []byte("v")) }) }()
		for closed := false; !closed; { // until the first is being committed
			s.turn.Lock()
			s.reap()
			closed = s.committing != nil && s.committing.members == 1
			s.turn.Unlock()
		}
		go func() {
			second <- s.Update(func(k KV) error {
				if err := look(k, "v"); err != nil {
					return err
				}
				return k.Put('a', []byte("l"), []byte("w"))
			})
		}()
		for gathered := false; !gathered; {
			s.turn.Lock()
			gathered = s.group != nil && s.group.members == 1
			s.turn.Unlock()
		}
		if err := s.View(func(k KV) error { return look(k, "") }); err != nil {
			t.Fatal(err)
		}
		if full {
			s.disk.mu.Lock()
			s.disk.at, s.disk.full = time.Now().Add(time.Hour), kv.Errorf(kv.CodeDiskFull, "full")
			s.disk.mu.Unlock()
		}
		s.writing.Unlock()
		for _, err := range []error{<-first, <-second} {
			if (kv.CodeOf(err) == kv.CodeDiskFull) != full {
				t.Errorf("the disk full: %v, an update says %v", full, err)
			}
		}
		if !full {
			break
		}
		s.disk.mu.Lock()
		s.disk.at, s.disk.full = time.Time{}, nil
		s.disk.mu.Unlock()
		if err := s.Update(func(k KV) error { return look(k, "") }); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.View(func(k KV) error { return look(k, "v") }); err != nil {
		t.Fatal(err)
	}
}

// TestHotIsBounded: remembered records are forgotten in time, and what comes
// back from Badger then is the same.
func TestHotIsBounded(t *testing.T) {
	s := openTest(t, filepath.Join(t.TempDir(), "db"), Key{1})
	value := func(i int) []byte { return bytes.Repeat([]byte{byte(i)}, 1000) }
	for i := range 40 {
		if err := s.Update(func(k KV) error {
			for j := range 100 {
				if err := k.Put('a', []byte{byte(i), byte(j)}, value(i+j)); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		s.snapshots.mu.Lock()
		if h := s.snapshots.hot; h.bytes > maxHotBytes+100*2000 || len(h.records) > 1500 || len(h.before) > 1500 {
			t.Errorf("%d bytes in %d and %d records", h.bytes, len(h.records), len(h.before))
		}
		s.snapshots.mu.Unlock()
	}
	if err := s.Update(func(k KV) error {
		for i := range 40 {
			for j := range 100 {
				if v, found, err := k.Get('a', []byte{byte(i), byte(j)}); err != nil || !found || !bytes.Equal(v, value(i+j)) {
					t.Fatalf("record %d/%d: %v, %v", i, j, found, err)
				}
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestStats(t *testing.T) {
	s := openTest(t, filepath.Join(t.TempDir(), "db"), Key{1})
	fillTest(t, s)
	if err := s.Bulk(func(put func(byte, []byte, []byte) error) error { return put('b', nil, make([]byte, 1<<20)) }); err != nil {
		t.Fatal(err)
	}
	st, err := s.Stats()
	if err != nil || !st.Writable || st.FreeDisk != 100<<30 || st.TotalDisk != 200<<30 || st.Updates != 21 || st.Commits != 21 {
		t.Errorf("%+v, %v", st, err)
	}
	if st.VlogBytes < 1<<20 || st.VlogBytes > 64<<20 || st.LSMBytes == 0 || st.LSMBytes > 64<<20 {
		t.Errorf("sizes %+v", st)
	}
	if s.Close(); kv.CodeOf(func() error { _, err := s.Stats(); return err }()) != kv.CodeClosed {
		t.Error("stats of a closed store")
	}
}

// TestUpdatesSeeBulks: what Updates remember gives way to what a Bulk wrote.
func TestUpdatesSeeBulks(t *testing.T) {
	s := openTest(t, filepath.Join(t.TempDir(), "db"), Key{1})
	for i := range 20 {
		key := []byte{byte(i % 2)}
		want := string(rune('a' + i))
		if err := s.Bulk(func(put func(byte, []byte, []byte) error) error { return put('b', key, []byte(want)) }); err != nil {
			t.Fatal(err)
		}
		for range 2 { // read, then remembered
			if err := s.Update(func(k KV) error {
				if v, found, err := k.Get('b', key); err != nil || !found || string(v) != want {
					t.Errorf("after bulk %d: %q, %v, %v", i, v, found, err)
				}
				_, _, err := k.Get('b', []byte{byte((i + 1) % 2)})
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		if i%3 == 0 {
			if err := s.Update(func(k KV) error { return k.Delete('b', key) }); err != nil {
				t.Fatal(err)
			}
			if err := s.Update(func(k KV) error {
				if _, found, err := k.Get('b', key); found || err != nil {
					t.Errorf("deleted: %v, %v", found, err)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
}
