package bench

import (
	"context"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/store"
	"kontor/store/memory"
)

// shape is the sizes of what one transaction writes.
type shape []record

type record struct {
	key, value int // bytes
	deleted    bool
}

// scale copies a partnership into memory, where transactions can be weighed: the same entries, folded by the same code.
type scale struct {
	contract *protocol.Contract
	mem      *memory.Store
}

// newScale copies what an office holds of a partnership.
func newScale(o *office, pid block.CID) (*scale, error) {
	p, err := o.Partnership(pid)
	if err != nil {
		return nil, err
	}
	contract, err := protocol.NewContract(p.Genesis, p.Identities)
	if err != nil {
		return nil, err
	}
	s := &scale{contract, memory.New()}
	var entries []feed.Entry
	var bodies []block.Block
	err = o.View(pid, func(r *protocol.Replica) error {
		places, err := r.Log.Places()
		if err != nil {
			return err
		}
		for _, at := range places {
			e, err := r.Log.Resolve(at)
			if err != nil {
				return err
			}
			entries = append(entries, e)
			if e.Header.Body == nil || e.Header.Kind == protocol.KindSign {
				continue
			}
			data, err := r.Block(*e.Header.Body)
			if err != nil {
				return err
			}
			bodies = append(bodies, block.Block{CID: *e.Header.Body, Data: data})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s, s.mem.Update(func(kv store.KV) error {
		r := s.contract.Open(kv)
		for _, b := range bodies {
			if err := r.PutBlock(b); err != nil {
				return err
			}
		}
		var batch []feed.Signed
		for _, e := range entries {
			batch = append(batch, e.Signed)
		}
		_, err := r.Receive(batch, 0)
		return err
	})
}

// write weighs the transaction in which an author writes a draft, and gives the entry.
func (s *scale) write(d protocol.Draft, a protocol.Author, now int64) (shape, feed.Signed, error) {
	w := newWeighed()
	var entry feed.Signed
	err := s.mem.Update(func(kv store.KV) error {
		out, err := s.contract.Open(w.over(kv)).Write(d, a, now)
		if err == nil {
			entry = out.Admitted[0].Signed
		}
		return err
	})
	return w.shape(), entry, err
}

// receipt weighs the transaction in which a member takes an entry and its blocks and writes a receipt. It follows a write of the
// same entry by its author, which it takes back first.
func (s *scale) receipt(before *memory.Store, entry feed.Signed, d protocol.Draft, a protocol.Author, now int64) (shape, error) {
	w := newWeighed()
	err := before.Update(func(kv store.KV) error {
		r := s.contract.Open(w.over(kv))
		blocks := d.Blocks
		if d.Body != nil {
			blocks = append([]block.Block{*d.Body}, blocks...)
		}
		for _, b := range blocks {
			if err := r.PutBlock(b); err != nil {
				return err
			}
		}
		if _, err := r.Receive([]feed.Signed{entry}, now); err != nil {
			return err
		}
		_, err := r.Write(protocol.Draft{Kind: protocol.KindReceipt}, a, now)
		return err
	})
	return w.shape(), err
}

// weighed remembers what was written last under each key.
type weighed struct {
	store.KV
	last map[string]record
}

func newWeighed() *weighed { return &weighed{last: map[string]record{}} }

func (w *weighed) over(kv store.KV) *weighed {
	w.KV = kv
	return w
}

func (w *weighed) Put(table byte, key, value []byte) error {
	w.last[string(table)+string(key)] = record{1 + len(key), len(value), false}
	return w.KV.Put(table, key, value)
}

func (w *weighed) Delete(table byte, key []byte) error {
	w.last[string(table)+string(key)] = record{1 + len(key), 0, true}
	return w.KV.Delete(table, key)
}

func (w *weighed) shape() (s shape) {
	for _, r := range w.last {
		s = append(s, r)
	}
	return s
}

func (s shape) bytes() (n int) {
	for _, r := range s {
		n += r.key + r.value
	}
	return n
}

// weigh gives the shapes of both sides of an entry: its author's transaction, and the partner's with the receipt in it.
func weigh(ctx context.Context, c *couple, from, to *office, d protocol.Draft) (sent, taken shape, entry feed.Signed, err error) {
	s, err := newScale(from, c.pid)
	if err != nil {
		return nil, nil, entry, err
	}
	before := s.mem.Clone()
	author, err := from.author(ctx)
	if err != nil {
		return nil, nil, entry, err
	}
	other, err := to.author(ctx)
	if err != nil {
		return nil, nil, entry, err
	}
	now := from.Now()
	if sent, entry, err = s.write(d, author, now); err != nil {
		return nil, nil, entry, err
	}
	taken, err = s.receipt(before, entry, d, other, now)
	return sent, taken, entry, err
}
