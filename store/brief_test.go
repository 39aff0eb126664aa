package store

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/dgraph-io/badger/v4"
)

// TestBriefRecords: of what is put and deleted before a commit the disk hears only where it holds something to delete.
func TestBriefRecords(t *testing.T) {
	s := openTest(t, filepath.Join(t.TempDir(), "db"), Key{1})
	put := func(k KV, name string) error { return k.Put('a', []byte(name), []byte("v")) }
	del := func(k KV, name string) error { return k.Delete('a', []byte(name)) }
	steps := func(name string, ops string) func(KV) error {
		return func(k KV) error {
			for _, op := range ops {
				do := put
				if op == 'd' {
					do = del
				}
				if err := do(k, name); err != nil {
					return err
				}
			}
			return nil
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	// together has two functions run in one group.
	together := func(first, second func(KV) error) {
		t.Helper()
		before, inside, done := s.commits.Load(), make(chan struct{}), make(chan error)
		go func() {
			<-inside
			done <- s.Update(second)
		}()
		must(s.Update(func(k KV) error {
			close(inside)
			for s.waiting.Load() == 0 { // until the other queues
			}
			return first(k)
		}))
		must(<-done)
		if n := s.commits.Load() - before; n != 1 {
			t.Fatalf("%d commits, want one for both", n)
		}
	}
	must(s.Update(func(k KV) error {
		for _, name := range []string{"old", "old too", "old three"} {
			if err := put(k, name); err != nil {
				return err
			}
		}
		return nil
	}))
	must(s.Update(steps("new", "pd")))
	must(s.Update(steps("new again", "pdpd")))
	must(s.Update(steps("kept", "pdp")))
	must(s.Update(steps("old", "pd")))
	together(steps("new, by two", "p"), steps("new, by two", "d"))
	together(steps("old too", "p"), steps("old too", "dpd"))
	together(steps("kept, by two", "pd"), steps("kept, by two", "p"))
	// A Bulk that ends while the group is open: what it wrote is deleted too.
	done := make(chan error)
	must(s.Update(func(k KV) error {
		if err := put(k, "bulk"); err != nil {
			return err
		}
		go func() {
			done <- s.Bulk(func(put func(byte, []byte, []byte) error) error { return put('a', []byte("bulk"), []byte("w")) })
		}()
		if err := <-done; err != nil {
			return err
		}
		return del(k, "bulk")
	}))
	// The record of a group that is still being committed.
	s.writing.Lock()
	go func() { done <- s.Update(steps("prior", "p")) }()
	for closed := false; !closed; {
		s.turn.Lock()
		s.reap()
		closed = s.committing != nil && s.committing.members == 1
		s.turn.Unlock()
	}
	second := make(chan error)
	go func() { second <- s.Update(steps("prior", "pd")) }()
	for gathered := false; !gathered; {
		s.turn.Lock()
		gathered = s.group != nil && s.group.members == 1
		s.turn.Unlock()
	}
	s.writing.Unlock()
	must(<-done)
	must(<-second)
	var held []string
	must(s.View(func(k KV) error {
		return k.Scan('a', nil, nil, func(key, _ []byte) (bool, error) { held = append(held, string(key)); return true, nil })
	}))
	if got, want := strings.Join(held, "|"), "kept|kept, by two|old three"; got != want {
		t.Errorf("held are %s, want %s", got, want)
	}
	txn := s.badger.NewTransaction(false)
	defer txn.Discard()
	for _, name := range []string{"new", "new again", "new, by two"} {
		o := badger.DefaultIteratorOptions
		o.AllVersions, o.Prefix = true, []byte("a"+name)
		it := txn.NewIterator(o)
		for it.Rewind(); it.Valid(); it.Next() {
			if string(it.Item().Key()) == "a"+name {
				t.Errorf("the disk heard of %q", name)
			}
		}
		it.Close()
	}
}
