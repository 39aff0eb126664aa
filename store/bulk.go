package store

import (
	"sync"

	"github.com/dgraph-io/badger/v4"

	"kontor/store/internal/ordered"
	"kontor/store/kv"
)

const (
	// bulkBytes is how much of a Bulk is gathered into one transaction.
	bulkBytes = 4 << 20

	// bulkInFlight is how many transactions of a Bulk may wait for the disk:
	// with bulkBytes it bounds the memory of a Bulk to about 16 MiB.
	bulkInFlight = 3
)

// Bulk implements Store. Records are gathered into transactions that Badger
// syncs together while the next ones are prepared.
func (s *DB) Bulk(fn func(put func(table byte, key, value []byte) error) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	if err := s.Writable(); err != nil {
		return err
	}
	b := &bulk{store: s, slots: make(chan struct{}, bulkInFlight)}
	defer b.close()
	if err := fn(b.put); err != nil {
		return err
	}
	if err := b.flush(); err != nil {
		return err
	}
	return b.close()
}

type bulk struct {
	store *DB
	txn   *badger.Txn
	used  kv.Budget
	slots chan struct{}
	wait  sync.WaitGroup
	ended bool

	mu  sync.Mutex
	err error
}

func (b *bulk) put(table byte, key, value []byte) error {
	if b.ended {
		return kv.Errorf(kv.CodeEnded, "put was called after its Bulk ended")
	}
	if err := kv.CheckRecord(table, key, value); err != nil {
		return err
	}
	full := []byte(ordered.Join(table, key))
	used := b.used.Add(kv.Cost(len(full), len(value)))
	if b.txn != nil && (!used.Fits() || used.Total > bulkBytes) {
		if err := b.flush(); err != nil {
			return err
		}
		used = kv.Cost(len(full), len(value))
	}
	if b.txn == nil {
		b.txn = b.store.badger.NewTransaction(true)
	}
	b.used = used
	return b.txn.Set(full, clone(value))
}

// flush hands the gathered records to Badger.
func (b *bulk) flush() error {
	if err := b.failure(); err != nil || b.txn == nil {
		return err
	}
	if err := b.store.admit(b.used.Total); err != nil {
		return err
	}
	t := b.txn
	b.txn, b.used = nil, kv.Budget{}
	b.slots <- struct{}{}
	b.wait.Add(1)
	t.CommitWith(func(err error) {
		if err != nil {
			e := kv.Wrap(err, kv.CodeIO, "filling the database in %q; check the disk, then restart the node", b.store.opt.Dir)
			b.store.fail(e)
			b.mu.Lock()
			b.err = e
			b.mu.Unlock()
		}
		<-b.slots
		b.wait.Done()
	})
	return nil
}

func (b *bulk) failure() error {
	if f := b.store.failed.Load(); f != nil {
		return f
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.err
}

// close waits for everything handed to Badger.
func (b *bulk) close() error {
	b.ended = true
	b.wait.Wait()
	if b.txn != nil {
		b.txn.Discard()
		b.txn = nil
	}
	return b.failure()
}
