package node

import (
	"context"
	"sync"
	"time"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/store"
)

// foldPatience is how long a read waits for entries that are held and not folded. A person waits that long without wondering; what takes longer,
// a history of many thousands folded again after a fork, is said.
const foldPatience = 5 * time.Second

// View reads a partnership at one moment at which all that is held is folded: it waits for the fold, and answers FOLDING when that takes
// longer than foldPatience. Only while a partner's entries come by the batch does it read as far as they are folded, an earlier moment. It may be
// called in a transaction that reads, and not in one that writes.
func (n *Node) View(pid block.CID, read func(*protocol.Replica) error) error {
	p, err := n.Partnership(pid)
	if err != nil {
		return err
	}
	var patience *time.Timer
	for {
		waits := false
		err := n.db.View(func(kv store.KV) (err error) {
			r := p.Open(kv)
			if waits, err = n.unfolded(r); err != nil || waits {
				return err
			}
			return read(r)
		})
		if err != nil || !waits {
			return err
		}
		if patience == nil {
			patience = time.NewTimer(n.foldPatience)
			defer patience.Stop()
		}
		run := n.folding.begin(pid, func(ctx context.Context) error { return n.foldRest(ctx, p) })
		select {
		case <-run.done:
			if run.err != nil {
				return run.err
			}
		case <-patience.C:
			return n.notFolded(p)
		}
	}
}

// Peek reads a partnership as it stands, also while entries held are not folded. It is for what lives in the feeds; of rows some may be missing.
func (n *Node) Peek(pid block.CID, read func(*protocol.Replica) error) error {
	p, err := n.Partnership(pid)
	if err != nil {
		return err
	}
	return n.db.View(func(kv store.KV) error { return read(p.Open(kv)) })
}

// unfolded tells whether a read has to wait.
func (n *Node) unfolded(r *protocol.Replica) (bool, error) {
	behind, err := r.Behind()
	if err != nil || !behind {
		return false, err
	}
	if _, announced := n.catchingUp(r.PID); !announced {
		return true, nil
	}
	return r.FoldingAgain()
}

func (n *Node) notFolded(p *Partnership) error {
	var done, held int64
	err := n.Peek(p.PID, func(r *protocol.Replica) (err error) {
		done, held, err = r.Folded()
		return err
	})
	if err != nil {
		return err
	}
	return Failf("FOLDING", "entries of partnership %s are being folded again, %d of %d: until they are, what stands there is not all to be seen", p.PID.Short(), done, held)
}

// folding is who folds what is held, one at a time in each partnership, for readers that wait.
type folding struct {
	mu    sync.Mutex
	runs  map[block.CID]*foldRun
	ended bool
	ctx   context.Context // of all runs; nil before the first
	stop  context.CancelFunc
	all   sync.WaitGroup
}

// foldRun is one go at it; err stands once done is closed.
type foldRun struct {
	done chan struct{}
	err  error
}

// begin starts a run, or returns the one under way.
func (f *folding) begin(pid block.CID, fold func(context.Context) error) *foldRun {
	f.mu.Lock()
	defer f.mu.Unlock()
	if run, going := f.runs[pid]; going {
		return run
	}
	run := &foldRun{done: make(chan struct{})}
	if f.ended {
		run.err = Failf("STOPPING", "the node stops")
		close(run.done)
		return run
	}
	if f.runs == nil {
		f.runs = map[block.CID]*foldRun{}
		f.ctx, f.stop = context.WithCancel(context.Background())
	}
	f.runs[pid] = run
	f.all.Add(1)
	go func() {
		defer f.all.Done()
		run.err = fold(f.ctx)
		f.mu.Lock()
		delete(f.runs, pid)
		f.mu.Unlock()
		close(run.done)
	}()
	return run
}

// end stops all runs and waits for them.
func (f *folding) end() {
	f.mu.Lock()
	f.ended = true
	if f.stop != nil {
		f.stop()
	}
	f.mu.Unlock()
	f.all.Wait()
}
