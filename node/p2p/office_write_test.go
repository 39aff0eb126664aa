package p2p_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"kontor/node/p2p"
	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/store/kv"
)

// write commits an entry of this office and announces it, as the node does.
func (o *office) write(pid block.CID, kind string, blocks ...block.Block) block.CID {
	o.t.Helper()
	env := o.commit(pid, o.clock().UnixMilli(), kind, blocks...)
	seq, err := o.Held(context.Background(), pid)
	check(o.t, err)
	if o.host != nil {
		o.host.Announce(pid, o.ID, seq.Seq(o.ID), env)
	}
	return env
}

// commit commits an entry of this office. The first block is the body.
func (o *office) commit(pid block.CID, now int64, kind string, blocks ...block.Block) (id block.CID) {
	o.t.Helper()
	check(o.t, o.StoreBlocks(context.Background(), pid, blocks))
	o.mu.RLock()
	idHead := o.chains[o.ID].Head()
	o.mu.RUnlock()
	check(o.t, o.store.Update(func(txn kv.KV) error {
		log := o.log(txn, pid)
		h, err := log.Draft(o.ID, now)
		if err != nil {
			return err
		}
		h.Kind, h.IDHead, h.Crit = kind, idHead, true
		if len(blocks) > 0 {
			h.Body = &blocks[0].CID
		}
		env, err := feed.Seal(h, o.Feed)
		if err != nil {
			return err
		}
		s, err := feed.Open(o.member(pid).circle, env, o.view)
		if err != nil {
			return err
		}
		id = s.CID
		_, _, err = log.Admit(s, 0)
		return err
	}))
	return id
}

// awaitHead waits until an office holds an entry.
func (o *office) awaitHead(pid, author block.CID, seq int64) {
	o.t.Helper()
	limit := time.After(patience)
	for {
		held, err := o.Held(context.Background(), pid)
		check(o.t, err)
		if held.Seq(author) >= seq {
			return
		}
		select {
		case <-o.arrived:
		case <-limit:
			o.t.Fatalf("%s holds seq %d of %s instead of %d; sessions %+v", o.Name, held.Seq(author), author.Short(), seq, o.host.Sessions())
		}
	}
}

// patience is how long a test waits for what has to come: a slow machine that does other work too must not fail it.
const patience = 2 * time.Minute

// eventually waits for something that becomes true.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for began := time.Now(); time.Since(began) < patience; time.Sleep(10 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("%s did not come about", what)
}

func note(t testing.TB, text string) block.Block {
	t.Helper()
	b, err := block.New(struct {
		Text string `cbor:"text"`
	}{text})
	check(t, err)
	return b
}

func inStep(offices ...*office) func() bool {
	return func() bool {
		for _, o := range offices {
			if s := o.host.Sessions(); len(s) == 0 || slices.ContainsFunc(s, func(s p2p.SessionState) bool { return !s.InStep }) {
				return false
			}
		}
		return true
	}
}
