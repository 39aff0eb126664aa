package store

import (
	"bytes"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

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
