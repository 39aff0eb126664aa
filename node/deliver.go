package node

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/identity"
	"kontor/store"
)

// inlineBlocks is the most bytes of blocks that go into the entry's own transaction; more are stored first, in bulk.
const inlineBlocks = 1 << 20

// LearnIdentity appends entries to a company's chain. A fork freezes the company at this office until people have compared
// fingerprints.
func (n *Node) LearnIdentity(company block.CID, envs []identity.Envelope) error {
	if len(envs) == 0 {
		return nil
	}
	// One at a time: of two histories that come at once, the second must meet the first.
	n.learning.Lock()
	defer n.learning.Unlock()
	old := n.Chain(company)
	var have []identity.Envelope
	if old != nil {
		have = old.From(0)
	}
	if old == nil {
		// A first chain must be the company's own before anything in it counts: a forked chain of another would freeze this company.
		first, err := identity.Found(envs[0])
		if err != nil {
			return err
		}
		if first.Company() != company {
			return fmt.Errorf("identity chain is of company %s, not of %s", first.Company().Short(), company.Short())
		}
	}
	// A chain is replaced, not changed in place: views that others hold stay what they are.
	more := missing(old, envs)
	chain, err := identity.Load(append(append([]identity.Envelope{}, have...), more...))
	if errors.Is(err, identity.ErrFork) {
		return n.secondHistory(company, have, more, err)
	}
	if err != nil {
		return err
	}
	if chain.Len() == int64(len(have)) {
		return nil
	}
	if err := n.db.Update(func(kv store.KV) error {
		return saveChain(kv, company, int64(len(have)), chain.From(int64(len(have))))
	}); err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.chains[company] = chain
	return nil
}

// missing leaves out the envelopes that a chain holds already, byte for byte.
func missing(chain *identity.Chain, envs []identity.Envelope) []identity.Envelope {
	if chain == nil {
		return envs
	}
	var out []identity.Envelope
	for _, env := range envs {
		if _, held := chain.At(env.CID()); !held {
			out = append(out, env)
		}
	}
	return out
}

// Receive verifies, folds and commits entries a partner sent, in their order, with the blocks that came with them. It returns how many were
// new and the reason why it stopped before the end: a *feed.Error, a *feed.Missing to fetch first, or feed.ErrParked.
// A receipt is written in the same transaction as the entries it acknowledges, but while more are on their way: then the last batch's receipt
// acknowledges all. A receipt for each would stand in the middle of the sender's own feed, and make it fold everything behind again.
func (n *Node) Receive(ctx context.Context, pid block.CID, envs []feed.Envelope, blocks [][]byte, more bool) (fresh int, err error) {
	p, err := n.Partnership(pid)
	if err != nil {
		return 0, err
	}
	if p.Removed {
		return 0, Failf("PARTNERSHIP_ENDED", "partnership %s was ended here", pid.Short())
	}
	if err := n.db.Writable(); err != nil {
		return 0, err
	}
	n.metrics.came(envs, blocks)
	came := make([]block.Block, len(blocks))
	for i, data := range blocks {
		came[i] = block.Block{CID: block.Sum(data), Data: data}
	}
	held, err := n.storeLarge(pid, came)
	if err != nil {
		return 0, err
	}
	signed, stopped := openAll(ctx, p, envs, came)
	if stopped != nil {
		n.metrics.refused(stopped)
	}
	if len(signed) == 0 && len(held) == 0 {
		return 0, stopped
	}
	var got received
	err = n.db.Update(func(kv store.KV) (err error) {
		got, err = n.takeIn(kv, p, arrival{signed: signed, held: held, more: more, stopped: stopped})
		return err
	})
	if err != nil {
		return 0, err
	}
	in, own := got.in, got.own
	if got.halt != nil {
		n.metrics.refused(got.halt)
		stopped = got.halt
	}
	if errors.Is(stopped, feed.ErrParked) {
		n.park(pid, signed)
	}
	if len(own.Admitted) > 0 {
		n.announce(p, own)
	}
	n.arriving(pid, more && stopped == nil)
	n.recovered(p, in)
	if err := n.resume(p); err != nil {
		return 0, err
	}
	if in.Business && len(own.Admitted) == 0 {
		n.owe(pid) // should the rest never come
	}
	if len(in.Admitted) > 0 {
		n.after(p, in)
	}
	if len(own.Admitted) > 0 {
		n.after(p, own)
	}
	return len(in.Admitted), stopped
}

// arrival is what came in one batch.
type arrival struct {
	signed  []feed.Signed
	held    []block.Block // large blocks, stored beside the transaction
	more    bool          // is on its way
	stopped error         // why not all entries could be opened
}

// received is what came of a batch.
type received struct {
	in   protocol.Outcome // of the partner's entries
	own  protocol.Outcome // of the receipt
	halt error            // the verdict on the entry at which it stopped
}

// takeIn folds a batch and acknowledges it, in one transaction. The error is the store's: nothing of the batch was taken.
func (n *Node) takeIn(kv store.KV, p *Partnership, a arrival) (out received, err error) {
	r := p.Open(kv)
	for _, b := range a.held {
		if err := r.PutBlock(b); err != nil {
			return received{}, err
		}
	}
	if a.more {
		out.in, err = r.ReceivePart(a.signed, n.Now())
	} else {
		out.in, err = r.Receive(a.signed, n.Now())
	}
	if err != nil {
		if !protocol.IsVerdict(err) {
			return received{}, err
		}
		out.halt = err
	}
	if out.halt != nil || a.stopped != nil {
		if err := n.noteStored(p.PID, a.held, kv.Put); err != nil {
			return received{}, err
		}
	}
	if !out.in.Business || a.more || n.mayWrite(p) != nil || n.checkLeap(r, n.Now()) != nil {
		return out, nil
	}
	out.own, err = r.Write(protocol.Draft{Kind: protocol.KindReceipt}, n.author(), n.Now())
	return out, err
}

// storeLarge stores blocks in bulk when they are too many for the entries' own transaction, and returns those that are not.
func (n *Node) storeLarge(pid block.CID, blocks []block.Block) ([]block.Block, error) {
	total := 0
	for _, b := range blocks {
		total += len(b.Data)
	}
	if total <= inlineBlocks {
		return blocks, nil
	}
	return nil, n.PutBlocks(pid, blocks)
}

// openAll verifies forms and signatures on all cores, those of officers in bodies that came along too, and returns the longest good
// beginning and why it ends.
func openAll(ctx context.Context, p *Partnership, envs []feed.Envelope, blocks []block.Block) ([]feed.Signed, error) {
	bodies := make(map[block.CID][]byte, len(blocks))
	for _, b := range blocks {
		bodies[b.CID] = b.Data
	}
	signed := make([]feed.Signed, len(envs))
	errs := make([]error, len(envs))
	workers := min(runtime.GOMAXPROCS(0), len(envs))
	open := func(w int) {
		for i := w; i < len(envs); i += workers {
			if errs[i] = ctx.Err(); errs[i] != nil {
				continue
			}
			signed[i], errs[i] = feed.Open(p.Circle, envs[i], p.Identities)
			if h := signed[i].Header; errs[i] == nil && h.Body != nil {
				p.Foresee(h.Kind, bodies[*h.Body])
			}
		}
	}
	var wg sync.WaitGroup
	for w := 1; w < workers; w++ {
		wg.Go(func() { open(w) })
	}
	if workers > 0 {
		open(0)
	}
	wg.Wait()
	for i, err := range errs {
		if err != nil {
			return signed[:i], err
		}
	}
	return signed, nil
}

// Heads lists the newest entry held of every member.
func (n *Node) Heads(pid block.CID) (heads []feed.Entry, err error) {
	err = n.Peek(pid, func(r *protocol.Replica) error {
		for _, m := range r.Circle.Members {
			head, found, err := r.Log.Head(m.Company)
			if err != nil {
				return err
			}
			if found {
				heads = append(heads, head)
			}
		}
		return nil
	})
	return heads, err
}

// be64 writes a number in the order of bytes in which keys sort.
func be64(n int64) []byte {
	b := make([]byte, 8)
	for i := range b {
		b[7-i] = byte(n >> (8 * i))
	}
	return b
}
