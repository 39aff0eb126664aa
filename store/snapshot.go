package store

import (
	"errors"
	"sync"

	"github.com/dgraph-io/badger/v4"
)

// snapshot is the committed state at one moment, read by any number of
// transactions at once.
//
// Badger makes whoever asks for a new snapshot wait until the commit under way
// is synced. Nobody here needs what is not committed yet, so that the newest
// snapshot is kept and handed out, and each commit replaces it when it is
// done, before it returns to its callers.
type snapshot struct {
	txn   *badger.Txn
	users int // with the keeper
}

// holds tells whether the committed state may have a record.
func (s *snapshot) holds(key string) bool {
	_, err := s.txn.Get([]byte(key))
	return !errors.Is(err, badger.ErrKeyNotFound)
}

// snapshots hands out the newest snapshot.
type snapshots struct {
	mu     sync.Mutex
	newest *snapshot
}

// renew takes a new snapshot. It waits for the commits under way.
func (k *snapshots) renew(db *badger.DB) {
	fresh := &snapshot{txn: db.NewTransaction(false), users: 1}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.newest != nil && k.newest.txn.ReadTs() > fresh.txn.ReadTs() {
		fresh.txn.Discard() // another commit was faster
		return
	}
	k.drop(k.newest)
	k.newest = fresh
}

// take returns the newest snapshot, which the caller gives back.
func (k *snapshots) take() *snapshot {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.newest.users++
	return k.newest
}

func (k *snapshots) give(s *snapshot) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.drop(s)
}

// drop is called with mu.
func (k *snapshots) drop(s *snapshot) {
	if s == nil {
		return
	}
	if s.users--; s.users == 0 {
		s.txn.Discard()
	}
}

// close gives the newest snapshot back; no transaction runs any more.
func (k *snapshots) close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.drop(k.newest)
	k.newest = nil
}
