package store

import (
	"sync"

	"kontor/store/internal/ordered"
	"kontor/store/kv"
)

// bulkBytes is how much of a Bulk goes into one synced transaction. One is
// gathered while the one before is written, so a Bulk holds up to twice as much
// in memory. A quarter of it takes twice as long: each sync costs the same.
const bulkBytes = 16 << 20

// Bulk implements Store.
func (s *DB) Bulk(fn func(put func(table byte, key, value []byte) error) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	if err := s.Writable(); err != nil {
		return err
	}
	b := &bulk{store: s}
	defer b.close()
	if err := fn(b.put); err != nil {
		return err
	}
	if err := b.flush(); err != nil {
		return err
	}
	return b.close()
}

// bulk gathers records. Its methods run on the goroutine of the caller's
// function; only the commit runs beside it.
type bulk struct {
	store   *DB
	records []record
	used    kv.Budget
	ended   bool

	writing sync.WaitGroup // at most one commit
	err     error          // of a commit; read after writing.Wait
}

type record struct {
	key   string
	value []byte
}

func (b *bulk) put(table byte, key, value []byte) error {
	if b.ended {
		return kv.Errorf(kv.CodeEnded, "put was called after its Bulk ended")
	}
	if err := kv.CheckRecord(table, key, value); err != nil {
		return err
	}
	cost := kv.Cost(1+len(key), len(value))
	if used := b.used.Add(cost); len(b.records) > 0 && (!used.Fits() || used.Total > bulkBytes) {
		if err := b.flush(); err != nil {
			return err
		}
	}
	b.used = b.used.Add(cost)
	b.records = append(b.records, record{ordered.Join(table, key), clone(value)})
	return nil
}

// flush waits for the commit before and begins that of the gathered records.
func (b *bulk) flush() error {
	if err := b.settle(); err != nil || len(b.records) == 0 {
		return err
	}
	if err := b.store.admit(b.used.Total); err != nil {
		return err
	}
	records := b.records
	b.records, b.used = make([]record, 0, len(records)), kv.Budget{}
	b.writing.Go(func() { b.err = b.store.commitRecords(records) })
	return nil
}

func (s *DB) commitRecords(records []record) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	t := s.badger.NewTransaction(true)
	defer t.Discard()
	for _, r := range records {
		if err := stage(t, r.key, pending{value: r.value}); err != nil {
			return err
		}
	}
	if err := t.Commit(); err != nil {
		e := kv.Wrap(err, kv.CodeIO, "filling the database in %q; check the disk, then restart the node", s.opt.Dir)
		s.fail(e)
		return e
	}
	s.snapshots.renew(s.badger, nil)
	return nil
}

// settle waits for the running commit and returns its error.
func (b *bulk) settle() error {
	b.writing.Wait()
	if f := b.store.failed.Load(); f != nil {
		return f
	}
	return b.err
}

// close waits for everything that was handed to Badger.
func (b *bulk) close() error {
	b.ended = true
	return b.settle()
}
