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
	fills int // as many transactions of Bulks it holds
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
	hot    hot // of the newest
}

// renew takes a new snapshot after a commit, which wrote what the overlay says;
// nil: a Bulk did, and nothing is remembered of it. Commits follow each other.
func (k *snapshots) renew(db *badger.DB, wrote *overlay) {
	fresh := &snapshot{txn: db.NewTransaction(false), users: 1}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.newest != nil {
		fresh.fills = k.newest.fills
	}
	if wrote == nil {
		fresh.fills++
		k.hot.clear()
	} else {
		wrote.Scan(func(key string, p pending) bool {
			k.hot.put(key, p)
			return true
		})
	}
	k.drop(k.newest)
	k.newest = fresh
}

// recall looks up what is remembered of a committed record by a transaction
// that reads s and has not found it among what is not committed.
func (k *snapshots) recall(s *snapshot, update bool, key string) (pending, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.holdsWith(s, update) {
		return pending{}, false
	}
	return k.hot.get(key)
}

// note remembers what such a transaction has read of a record.
func (k *snapshots) note(s *snapshot, update bool, key string, p pending) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.holdsWith(s, update) {
		k.hot.put(key, p)
	}
}

// holdsWith tells whether the newest snapshot holds of a record what s does. An
// Update may read the one before: the group that was committed since is the one
// it looked through first. Bulks write beside the groups.
func (k *snapshots) holdsWith(s *snapshot, update bool) bool {
	return s == k.newest || update && s.fills == k.newest.fills
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
