package store_test

import (
	"path/filepath"
	"testing"

	"kontor/store"
	"kontor/store/kv"
	"kontor/store/storetest"
)

var testKey = store.Key{1, 2, 3}

// open opens dir for a test, with every default but the free-disk probe: the
// tests must not depend on the machine they run on.
func open(t testing.TB, dir string) *store.DB {
	t.Helper()
	s, err := store.Open(store.Options{Dir: dir, Key: testKey, Probe: roomy})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

func roomy(string) (free, total int64, err error) { return 100 << 30, 200 << 30, nil }

func TestConformance(t *testing.T) {
	dirs := map[kv.Store]string{}
	storetest.Run(t, storetest.Subject{
		Open: func(t *testing.T) kv.Store {
			dir := filepath.Join(t.TempDir(), "db")
			s := open(t, dir)
			dirs[s] = dir
			return s
		},
		Reopen: func(t *testing.T, s kv.Store) kv.Store {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			again := open(t, dirs[s])
			dirs[again] = dirs[s]
			return again
		},
	})
}
