package node

import (
	"context"
	"errors"
	"time"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/store"
)

const (
	// commitmentPause gathers what settles in a burst into one commitment.
	commitmentPause = 500 * time.Millisecond
	// heartbeatEvery moves the settled line when nothing else is written (PROTOCOL 4: at most one a day).
	heartbeatEvery = 24 * time.Hour
)

// catchUpPatience is how long after a batch that announced more nothing is written: then the rest is not coming.
const catchUpPatience = 5 * time.Second

// writeCommitments writes this company's state root after something settled, and compares it with the partners' at their lines. It begins with
// what a killed process may have owed: the receipt of a batch it could not write, the commitment that was still to come.
// Nothing is written while a partner's entries are on their way by the batch: an entry of ours would stand in the middle of the partner's feed,
// and make it fold everything behind again.
func (n *Node) writeCommitments(ctx context.Context) {
	due := map[block.CID]bool{}
	for _, p := range n.Partnerships() {
		if !p.Removed {
			due[p.PID] = true
			n.expect(p.PID)
		}
	}
	pause := time.NewTimer(commitmentPause)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case pid := <-n.commitCh:
			if len(due) == 0 {
				pause.Reset(commitmentPause)
			}
			due[pid] = true
		case <-pause.C:
			for pid := range due {
				if now, _ := n.catchingUp(pid); now {
					continue
				}
				delete(due, pid)
				if p, err := n.Partnership(pid); err == nil && n.foldRest(ctx, p) == nil {
					n.writeOwed(ctx, pid)
					n.commit(ctx, pid)
				}
			}
			if len(due) > 0 {
				pause.Reset(commitmentPause)
			}
		}
	}
}

// coming is why entries of a partnership are thought to be on their way.
type coming struct {
	since     time.Time
	announced bool // by a batch that came; not only supposed since the start
}

// expect supposes that entries are on their way, until a partner has been heard.
func (n *Node) expect(pid block.CID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.moreSince[pid] = coming{since: n.clock()}
}

// arriving notes whether a batch that came is followed by more.
func (n *Node) arriving(pid block.CID, followed bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if followed {
		n.moreSince[pid] = coming{since: n.clock(), announced: true}
	} else {
		delete(n.moreSince, pid)
	}
}

// catchingUp tells whether entries of a partnership are on their way by the batch, and whether a batch that came has said so.
func (n *Node) catchingUp(pid block.CID) (now, announced bool) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	last, known := n.moreSince[pid]
	now = known && n.clock().Sub(last.since) < catchUpPatience
	return now, now && last.announced
}

var errNothing = errors.New("nothing to write")

func (n *Node) commit(ctx context.Context, pid block.CID) {
	_, err := n.Write(ctx, pid, "", func(r *protocol.Replica, _ int64) (protocol.Draft, error) {
		draft, due, err := r.CommitmentDraft(n.company)
		if err == nil && !due {
			err = errNothing
		}
		return draft, err
	})
	if err != nil && !errors.Is(err, errNothing) && ctx.Err() == nil {
		n.log.Debug("no commitment written", "partnership", pid.Short(), "reason", err)
	}
}

// foldRest folds and settles what one transaction did not take: a line that jumped over many entries, histories that grew apart.
func (n *Node) foldRest(ctx context.Context, p *Partnership) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		var out protocol.Outcome
		err := n.db.Update(func(kv store.KV) (err error) {
			out, err = p.Open(kv).Continue()
			return err
		})
		if err != nil {
			n.log.Warn("entries held can't be folded", "partnership", p.PID.Short(), "reason", err)
			return err
		}
		if len(out.Settled) > 0 || len(out.Mismatches) > 0 || out.Replayed > 0 {
			behind := out.Behind
			out.Behind = false // said here, done here
			n.after(p, out)
			out.Behind = behind
		}
		if !out.Behind {
			return nil
		}
	}
}

// writeOwed writes the receipt of entries that were admitted while nothing could be written: after a restore, on a full disk. The receipt of a
// batch is otherwise in the batch's own transaction.
func (n *Node) writeOwed(ctx context.Context, pid block.CID) {
	_, err := n.Write(ctx, pid, "", func(r *protocol.Replica, _ int64) (protocol.Draft, error) {
		owed, err := r.OwesReceipt(n.company)
		if err == nil && !owed {
			err = errNothing
		}
		return protocol.Draft{Kind: protocol.KindReceipt}, err
	})
	if err != nil && !errors.Is(err, errNothing) && ctx.Err() == nil {
		n.log.Debug("no receipt written", "partnership", pid.Short(), "reason", err)
	}
}

// writeHeartbeats writes one entry a day where nothing else was, so that the settled line moves and partners can tell silence from loss.
func (n *Node) writeHeartbeats(ctx context.Context) {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for _, p := range n.Partnerships() {
			_, err := n.Write(ctx, p.PID, "", func(r *protocol.Replica, now int64) (protocol.Draft, error) {
				head, found, err := r.Log.Head(n.company)
				if err == nil && (!found || now-head.Header.T < heartbeatEvery.Milliseconds()) {
					err = errNothing
				}
				return protocol.Draft{Kind: protocol.KindHeartbeat}, err
			})
			if err != nil && !errors.Is(err, errNothing) {
				n.log.Debug("no heartbeat written", "partnership", p.PID.Short(), "reason", err)
			}
		}
	}
}

// measureLag reads how old the oldest entry is that some partner has not acknowledged.
func (n *Node) measureLag() {
	now := n.Now()
	for _, p := range n.Partnerships() {
		err := n.Peek(p.PID, func(r *protocol.Replica) error {
			for _, m := range r.Circle.Members {
				if m.Company == n.company {
					continue
				}
				count, oldest, err := r.Unacknowledged(n.company, m.Company)
				if err != nil {
					return err
				}
				n.metrics.unacknowledged(p.PID, m.Company, count, oldest, now)
			}
			return nil
		})
		if err != nil {
			n.log.Debug("lag not measured", "partnership", p.PID.Short(), "reason", err)
		}
	}
}

// checkClock compares the machine's clock with the newest time the database holds: far behind it, something is wrong.
func (n *Node) checkClock() error {
	for _, p := range n.Partnerships() {
		heads, err := n.Heads(p.PID)
		if err != nil {
			return err
		}
		for _, h := range heads {
			if ahead := h.Header.T - n.Now(); h.Header.Author == n.company && ahead > maxLeap.Milliseconds() {
				return Failf("CLOCK_BEHIND", "this machine's clock says %s, but this company has written entries up to %s; set the clock and start again",
					n.clock().UTC().Format(time.RFC3339), time.UnixMilli(h.Header.T).UTC().Format(time.RFC3339))
			}
		}
	}
	return nil
}
