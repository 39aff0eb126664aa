package store

import (
	"encoding/binary"
	"path/filepath"
	"sync"
	"testing"
)

// TestViewsRememberTheirMoment: what transactions remember for each other never shows a View a later moment than its own, and what a View read of
// its own is not what later ones find.
func TestViewsRememberTheirMoment(t *testing.T) {
	s := openTest(t, filepath.Join(t.TempDir(), "db"), Key{1})
	set := func(key, value string) {
		t.Helper()
		err := s.Update(func(k KV) error {
			if value == "" {
				return k.Delete('a', []byte(key))
			}
			return k.Put('a', []byte(key), []byte(value))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	fill := func(key, value string) {
		t.Helper()
		if err := s.Bulk(func(put func(byte, []byte, []byte) error) error { return put('a', []byte(key), []byte(value)) }); err != nil {
			t.Fatal(err)
		}
	}
	finds := func(k KV, when, key, want string) {
		t.Helper()
		v, found, err := k.Get('a', []byte(key))
		if err != nil || found != (want != "") || string(v) != want {
			t.Errorf("%s: %q holds %q, %v, %v; want %q", when, key, v, found, err, want)
		}
	}
	view := func(fn func(k KV)) {
		t.Helper()
		if err := s.View(func(k KV) error { fn(k); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range []string{"read", "unread", "gone", "filled"} {
		set(key, "old")
	}
	view(func(before KV) {
		finds(before, "first", "read", "old")
		finds(before, "first", "absent", "")
		finds(before, "first", "filled", "old")
		set("read", "new")
		set("unread", "new")
		set("absent", "new")
		set("gone", "")
		view(func(k KV) { finds(k, "between", "filled", "old") })
		fill("filled", "new")
		for range 2 { // from Badger; nobody else may take that for what is now
			finds(before, "the View from before", "read", "old")
			finds(before, "the View from before", "unread", "old")
			finds(before, "the View from before", "absent", "")
			finds(before, "the View from before", "gone", "old")
			finds(before, "the View from before", "filled", "old")
			view(func(k KV) {
				finds(k, "a View from after", "read", "new")
				finds(k, "a View from after", "unread", "new")
				finds(k, "a View from after", "absent", "new")
				finds(k, "a View from after", "gone", "")
				finds(k, "a View from after", "filled", "new")
			})
		}
	})
	if err := s.Update(func(k KV) error {
		finds(k, "an Update", "unread", "new")
		finds(k, "an Update", "gone", "")
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// TestNobodyMissesACommit: however groups and commits overlap, each Update reads what every one before it wrote, by Get and by Scan.
func TestNobodyMissesACommit(t *testing.T) {
	s := openTest(t, filepath.Join(t.TempDir(), "db"), Key{1})
	const writers, turns = 4, 150
	count := func(k KV, key byte) (n uint64, err error) {
		v, found, err := k.Get('a', []byte{key})
		if found {
			n = binary.BigEndian.Uint64(v)
		}
		return n, err
	}
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			for range turns {
				err := s.Update(func(k KV) error {
					n, err := count(k, 1)
					if err != nil {
						return err
					}
					scanned := uint64(0)
					if err := k.Scan('a', []byte{2}, nil, func(_, v []byte) (bool, error) {
						scanned = binary.BigEndian.Uint64(v)
						return false, nil
					}); err != nil {
						return err
					}
					if scanned != n {
						t.Errorf("a Scan finds %d where a Get finds %d", scanned, n)
					}
					for _, key := range []byte{1, 2} {
						if err := k.Put('a', []byte{key}, binary.BigEndian.AppendUint64(nil, n+1)); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if err := s.View(func(k KV) error {
		n, err := count(k, 1)
		if n != writers*turns {
			t.Errorf("%d of %d Updates are counted", n, writers*turns)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}
