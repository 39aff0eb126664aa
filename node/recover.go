package node

import (
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/store"
)

// compareHighWater finds out whether the database is behind what this company has sent: a restored backup, or a copied
// directory. Such a node would write a second history; it stays read-only until a member has given our own entries back.
func (n *Node) compareHighWater(kv store.KV, p *Partnership) error {
	want, _ := n.high.Get(p.PID.String())
	head, found, err := p.Open(kv).Log.Head(n.company)
	if err != nil {
		return err
	}
	have := int64(0)
	if found {
		have = head.Header.Seq
	}
	if have < want {
		n.recovering[p.PID] = want
		n.log.Warn("database is behind what was sent; read-only until a partner gives our entries back", "partnership", p.PID.Short(), "have", have, "sent", want)
	}
	return nil
}

// recovered ends the read-only state when our own entries are back up to the high-water mark.
func (n *Node) recovered(p *Partnership, in protocol.Outcome) {
	n.mu.Lock()
	defer n.mu.Unlock()
	want, behind := n.recovering[p.PID]
	if !behind {
		return
	}
	for _, e := range in.Admitted {
		if e.Header.Author == n.company && e.Header.Seq >= want {
			delete(n.recovering, p.PID)
			n.owe(p.PID)
			n.log.Info("own entries are back; writing again", "partnership", p.PID.Short(), "seq", e.Header.Seq)
			return
		}
	}
}

// Recovering lists the partnerships that are read-only, with the entry of ours that must come back.
func (n *Node) Recovering() map[block.CID]int64 {
	n.mu.RLock()
	defer n.mu.RUnlock()
	out := map[block.CID]int64{}
	for pid, want := range n.recovering {
		out[pid] = want
	}
	return out
}

// MarkRecovering makes a partnership read-only from now on until a member confirms our head: after a restore by hand, where the
// high-water file may have been restored too. A member that holds nothing newer confirms by its next hello.
func (n *Node) MarkRecovering(p *Partnership, seq int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.recovering[p.PID] = max(n.recovering[p.PID], seq)
}

// partnerHolds notes what a member says it holds of our feed. A member that holds exactly our head confirms that we did not lose
// entries since the process started; one that holds more makes us read-only until it has given them back.
func (n *Node) partnerHolds(pid, member block.CID, seq int64, head block.CID) {
	var own feed.Entry
	var found, known bool
	err := n.Peek(pid, func(r *protocol.Replica) (err error) {
		if own, found, err = r.Log.Head(n.company); err != nil {
			return err
		}
		known, err = r.Log.Knows(head)
		return err
	})
	if err != nil {
		return
	}
	have := int64(0)
	if found {
		have = own.Header.Seq
	}
	if known && head != own.CID && seq >= have {
		return // the end of another branch of ours, after a fork: nothing of ours is missing
	}
	n.metrics.acknowledged(pid, member, have-seq)
	n.mu.Lock()
	defer n.mu.Unlock()
	if seq > have {
		n.recovering[pid] = max(n.recovering[pid], seq)
		return
	}
	if seq < have {
		return // it lags; it will confirm after its next sync
	}
	if want, behind := n.recovering[pid]; behind && want <= seq {
		delete(n.recovering, pid)
		n.owe(pid)
	}
	if n.confirmed[pid] == nil {
		n.confirmed[pid] = map[block.CID]bool{}
	}
	n.confirmed[pid][member] = head == own.CID
}

// HeadConfirmed tells whether any other member confirmed our head since this process started. A signature that binds must not be written before
// (PROTOCOL 4): a restored machine could sign twice.
func (n *Node) HeadConfirmed(pid block.CID) bool {
	n.mu.RLock()
	defer n.mu.RUnlock()
	for _, ok := range n.confirmed[pid] {
		if ok {
			return true
		}
	}
	return false
}

// owe asks for what could not be written while the partnership was read-only.
func (n *Node) owe(pid block.CID) {
	select {
	case n.commitCh <- pid:
	default: // the writer is behind and comes by anyway
	}
}
