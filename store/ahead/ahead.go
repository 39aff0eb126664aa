// Package ahead changes more rows at once than one Update of a store holds: New gives the Rows of a table, whose
// UpdateLarge is as atomic as an Update.
//
// What a large update writes goes into a log first, which one small Update then puts in force. From that moment every View
// sees all of it, and before it none; the rows themselves follow in Updates of ordinary size. A process that is killed on the way, or a
// disk that is full, leaves what was there, or, once the log is in force, what Recover finishes.
package ahead

import (
	"sync"

	"kontor/store/internal/ordered"
	"kontor/store/kv"
)

// MaxBytes bounds the keys and values of one large update. They wait in memory, and stand on disk twice until the rows have followed.
const MaxBytes = 256 << 20

// rowBytes is what a row costs in memory beside its key and value: a deletion counts too.
const rowBytes = 64

// Rows is a table of a store, or the rows that its callers keep there. All writers of rows that a large update may touch go through one Rows.
type Rows struct {
	store kv.Store
	table byte
	log   string // what the keys of the log begin with

	writer sync.RWMutex // held alone by whoever makes or finishes a large update
	gate   sync.RWMutex // a View opens under it; held alone while inForce changes
	// inForce is a large update that every View sees and whose rows have not all followed; nil where there is none.
	inForce *overlay
}

// overlay is what a large update wrote, by composite key; nil: the row is gone.
type overlay = ordered.Map[[]byte]

// New makes the Rows of a table; keys that begin with log are its own. Recover comes first.
func New(store kv.Store, table byte, log string) *Rows {
	return &Rows{store: store, table: table, log: log}
}

// Recover puts a large update in force that was named before the process ended, and lets its rows follow. On a disk that takes no writes they follow
// before the next update.
func (r *Rows) Recover() error {
	r.writer.Lock()
	defer r.writer.Unlock()
	own, found, err := r.readLog()
	if err != nil {
		return err
	}
	if found {
		r.setInForce(own)
		err = r.follow()
	} else {
		err = r.clearLog() // of an update that was broken off
	}
	if kv.CodeOf(err) == kv.CodeDiskFull {
		return nil
	}
	return err
}

// View is View of the store, a large update in force included.
func (r *Rows) View(fn func(kv.KV) error) error {
	r.gate.RLock()
	locked := true
	defer func() {
		if locked { // the store refused before it called
			r.gate.RUnlock()
		}
	}()
	return r.store.View(func(t kv.KV) error {
		own := r.inForce
		locked = false
		r.gate.RUnlock()
		if own == nil {
			return fn(t)
		}
		return fn(&over{KV: t, table: r.table, own: own})
	})
}

// Update is Update of the store, with its bounds.
func (r *Rows) Update(fn func(kv.KV) error) error {
	r.writer.RLock()
	if r.inForce != nil {
		r.writer.RUnlock()
		if err := r.finish(); err != nil {
			return err
		}
		r.writer.RLock()
	}
	defer r.writer.RUnlock()
	return r.store.Update(fn)
}

// finish lets the rows of a large update follow that a full disk held up.
func (r *Rows) finish() error {
	r.writer.Lock()
	defer r.writer.Unlock()
	return r.follow()
}

// UpdateLarge is Update within MaxBytes. fn writes the rows of this table alone; other updates of it wait meanwhile. Once it returns nil the change is durable,
// also where its rows have yet to follow.
func (r *Rows) UpdateLarge(fn func(kv.KV) error) error {
	r.writer.Lock()
	defer r.writer.Unlock()
	if err := r.follow(); err != nil {
		return err
	}
	own := &overlay{}
	if err := r.store.View(func(t kv.KV) error {
		return fn(&writing{over: over{KV: t, table: r.table, own: own}})
	}); err != nil || own.Len() == 0 {
		return err
	}
	parts, err := r.writeLog(own)
	if err != nil {
		return err // what was written of the log has no head: it says nothing, and the next one clears it
	}
	if err := r.nameLog(parts); err != nil {
		return err
	}
	r.setInForce(own)
	_ = r.follow() // the change is durable whatever becomes of it: every View sees it, and the next update or Recover lets the rest follow
	return nil
}

func (r *Rows) setInForce(own *overlay) {
	r.gate.Lock()
	r.inForce = own
	r.gate.Unlock()
}

// follow writes the rows of the large update in force, in as many Updates as it takes, and then forgets its log. Each row is written as it will be: what a crash broke
// off is done again.
func (r *Rows) follow() error {
	if r.inForce == nil {
		return nil
	}
	for c := ordered.Seek(r.inForce, ordered.Ascending(r.table, nil, nil)); c.OK(); {
		next := c
		if err := r.store.Update(func(t kv.KV) (err error) {
			next, err = followed(t, c)
			return err
		}); err != nil {
			return err
		}
		c = next
	}
	if err := r.clearLog(); err != nil {
		return err
	}
	r.setInForce(nil)
	return nil
}

// followed writes rows from a place on, as many as one Update holds, and answers where the rest begins.
func followed(t kv.KV, at ordered.Cursor[[]byte]) (ordered.Cursor[[]byte], error) {
	for used := (kv.Budget{}); at.OK(); at.Next() {
		if used = used.Add(kv.Cost(len(at.Key()), len(at.Value()))); used.Keys > 1 && !used.Fits() {
			break
		}
		if err := set(t, at.Key(), at.Value()); err != nil {
			return at, err
		}
	}
	return at, nil
}

func set(t kv.KV, key string, value []byte) error {
	if value == nil {
		return t.Delete(key[0], []byte(key[1:]))
	}
	return t.Put(key[0], []byte(key[1:]), value)
}
