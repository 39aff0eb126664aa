package p2p_test

import (
	"context"
	"errors"
	"runtime"
	"sync"

	"kontor/node/p2p"
	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/identity"
	"kontor/protocol/partnership"
	"kontor/protocol/performance"
	"kontor/protocol/state"
	"kontor/protocol/wire"
	"kontor/store/kv"
)

func (o *office) log(txn state.KV, pid block.CID) feed.Log {
	return feed.NewLog(txn, o.member(pid).circle)
}

func (o *office) Held(_ context.Context, pid block.CID) (held wire.Held, err error) {
	err = o.store.View(func(txn kv.KV) error {
		held, err = o.held(txn, pid)
		return err
	})
	return held, err
}

func (o *office) held(txn kv.KV, pid block.CID) (wire.Held, error) {
	return wire.HeldOf(o.log(txn, pid), o.member(pid).circle, func(c block.CID) *identity.Chain {
		o.mu.RLock()
		defer o.mu.RUnlock()
		return o.chains[c]
	})
}

func (o *office) Gather(_ context.Context, pid, _ block.CID, theirs wire.Held) (b wire.Batch, err error) {
	err = o.store.View(func(txn kv.KV) error {
		b, err = wire.Gather(wire.Source{Log: o.log(txn, pid), Circle: o.member(pid).circle,
			Chain: func(c block.CID, from int64) []identity.Envelope {
				o.mu.RLock()
				defer o.mu.RUnlock()
				if chain := o.chains[c]; chain != nil {
					return chain.From(from)
				}
				return nil
			},
			Body: func(e feed.Entry, _ wire.Held) ([][]byte, error) {
				if e.Header.Kind == partnership.SignKind || o.noInline {
					return nil, nil
				}
				return wire.InlineBody(*e.Header.Body, e.Header.Kind == kindSheet, func(id block.CID) ([]byte, error) {
					data, found, err := txn.Get(state.TableBlocks, blockKey(pid, id))
					if err == nil && !found {
						err = errors.New("own block is not held")
					}
					return data, err
				})
			}}, theirs)
		if err == nil {
			b.Held, err = o.held(txn, pid)
		}
		return err
	})
	return b, err
}

func blockKey(pid, id block.CID) []byte {
	d := state.PartitionOf(id)
	return state.PartitionOf(pid).Key(d[:])
}

func (o *office) Deliver(_ context.Context, pid, _ block.CID, b wire.Batch) (d p2p.Delivered, err error) {
	m := o.member(pid)
	o.mu.Lock()
	o.batches++
	for _, run := range b.IDs {
		chain := o.chains[run.Company]
		for _, env := range run.Entries {
			if err := chain.Append(env); err != nil {
				o.mu.Unlock()
				return d, err
			}
		}
	}
	o.mu.Unlock()
	signed := make([]feed.Signed, len(b.Entries))
	errs := make([]error, len(b.Entries))
	var group sync.WaitGroup
	for w := range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for i := w; i < len(b.Entries); i += runtime.GOMAXPROCS(0) {
				signed[i], errs[i] = feed.Open(m.circle, b.Entries[i], o.view)
			}
		})
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return d, err
		}
	}
	var stopped error
	err = o.store.Update(func(txn kv.KV) error {
		for _, data := range b.Blocks {
			if err := txn.Put(state.TableBlocks, blockKey(pid, block.Sum(data)), data); err != nil {
				return err
			}
		}
		log := feed.NewLog(txn, m.circle)
		for _, s := range signed {
			if want, missing, err := o.wanted(txn, pid, s); err != nil {
				return err
			} else if missing {
				d.Wanted = append(d.Wanted, want)
				continue
			}
			if len(d.Wanted) > 0 {
				continue
			}
			_, fresh, err := log.Admit(s, o.clock().UnixMilli())
			if errors.Is(err, feed.ErrParked) {
				d.Parked++
				continue
			}
			if err != nil {
				stopped = err
				return nil
			}
			if fresh {
				d.Fresh++
				continue
			}
			o.mu.Lock()
			o.again++
			o.mu.Unlock()
		}
		return nil
	})
	if err == nil {
		err = stopped
	}
	if d.Fresh > 0 {
		o.arrived.signal()
	}
	return d, err
}

func (o *office) view(company, head block.CID) (identity.View, bool) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	if chain := o.chains[company]; chain != nil {
		return chain.At(head)
	}
	return identity.View{}, false
}

func (o *office) wanted(txn kv.KV, pid block.CID, s feed.Signed) (p2p.Wanted, bool, error) {
	if s.Header.Body == nil || s.Header.Kind == partnership.SignKind {
		return p2p.Wanted{}, false, nil
	}
	want := p2p.Wanted{Entry: s.CID, Body: *s.Header.Body, Deep: s.Header.Kind == kindSheet}
	if o.patch != nil || o.patches < 0 {
		err := feed.NewLog(txn, o.member(pid).circle).From(s.Header.Author, 1, func(e feed.Entry) (bool, error) {
			if e.Header.Kind == kindSheet && e.Header.Seq < s.Header.Seq {
				want.From = append([]block.CID{*e.Header.Body}, want.From...)
			}
			return true, nil
		})
		if err != nil {
			return want, false, err
		}
	}
	walk := wire.NewDeep(want.Body)
	for {
		id, more := walk.Next()
		if !more {
			return want, false, nil
		}
		data, found, err := txn.Get(state.TableBlocks, blockKey(pid, id))
		if err != nil || !found {
			return want, !found, err
		}
		if !want.Deep {
			return want, false, nil
		}
		if err := walk.Take(data); err != nil {
			return want, false, err
		}
	}
}

func (o *office) PartnerHolds(_ context.Context, _, company block.CID, theirs wire.Held) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.acked[company] = theirs
}

func (o *office) Body(_ context.Context, pid, _, entry block.CID) (root block.CID, found bool, err error) {
	err = o.store.View(func(txn kv.KV) error {
		e, held, err := o.log(txn, pid).Get(entry)
		if held && e.Header.Body != nil {
			root, found = *e.Header.Body, true
		}
		return err
	})
	return root, found, err
}

func (o *office) Block(_ context.Context, pid, id block.CID) (data []byte, found bool, err error) {
	err = o.store.View(func(txn kv.KV) error {
		data, found, err = txn.Get(state.TableBlocks, blockKey(pid, id))
		return err
	})
	return data, found, err
}

func (o *office) StoreBlocks(_ context.Context, pid block.CID, blocks []block.Block) error {
	return o.store.Bulk(func(put func(byte, []byte, []byte) error) error {
		for _, b := range blocks {
			if err := put(state.TableBlocks, blockKey(pid, b.CID), b.Data); err != nil {
				return err
			}
		}
		return nil
	})
}

func (o *office) Patch(_ context.Context, _, entry block.CID, from []block.CID) ([]byte, bool, error) {
	if o.patch == nil {
		return nil, false, nil
	}
	data, found := o.patch(entry, from)
	return data, found, nil
}

func (o *office) ApplyPatch(ctx context.Context, pid block.CID, want p2p.Wanted, data []byte) error {
	p, err := block.OpenPatch(data)
	if err != nil {
		return err
	}
	old, err := block.OpenSheet(p.Parent, func(id block.CID) ([]byte, error) {
		data, found, err := o.Block(ctx, pid, id)
		if err == nil && !found {
			err = errors.New("not held")
		}
		return data, err
	})
	if err != nil {
		return err
	}
	_, root, below, err := p.Rebuild(old)
	if err != nil {
		return err
	}
	if root.CID != want.Body {
		return errors.New("patch leads elsewhere")
	}
	o.mu.Lock()
	o.patches++
	o.mu.Unlock()
	return o.StoreBlocks(ctx, pid, append(below, root))
}

func (o *office) TreeNode(_ context.Context, pid block.CID, path []byte) (line int64, node *state.Node, err error) {
	err = o.store.View(func(txn kv.KV) error {
		node, err = state.NewTree(txn, state.PartitionOf(pid)).Nodes(path)
		return err
	})
	return 7, node, err
}

func (o *office) Lines(_ context.Context, _, _ block.CID, ask wire.LinesAsk) (wire.LinesReply, error) {
	if ask.Cell == "" {
		return wire.LinesReply{}, wire.Faultf(wire.CodeNotFound, "nothing is held there")
	}
	if ask.Open != nil {
		return wire.LinesReply{Count: 1}, nil
	}
	return wire.LinesReply{Count: 1, Nodes: []performance.Node{{Place: make([]byte, 32), Leaf: make([]byte, 32)}}}, nil
}
