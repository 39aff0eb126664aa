package store

import (
	"crypto/rand"
	"path/filepath"
	"testing"

	"github.com/dgraph-io/badger/v4"
)

// A store that was filled and closed has nothing left to compact at its next start.
func TestCloseLeavesNothingToCompact(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 35 MiB")
	}
	dir, key := filepath.Join(t.TempDir(), "db"), Key{1}
	s := openTest(t, dir, key)
	for range 35 {
		err := s.Bulk(func(put func(table byte, key, value []byte) error) error {
			for range 2048 {
				record := make([]byte, 512) // small: beside its key, in the tables
				rand.Read(record)
				if err := put('e', record[:32], record[32:]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := badger.Open(badgerOptions(dir, key, nil))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if compactionDue(db) {
		t.Errorf("compaction is due:\n%s", db.LevelsToString())
	}
}
