package node

import (
	"time"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/feed"
)

// park notes when the first entry of a batch that lies ahead of the clock is dated: it and what follows it are kept aside, and asked for again.
func (n *Node) park(pid block.CID, signed []feed.Signed) {
	limit := n.Now() + feed.AheadLimit
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, s := range signed {
		if s.Header.T > limit {
			if n.parked[pid] == nil {
				n.parked[pid] = map[block.CID]int64{}
			}
			n.parked[pid][s.Header.Author] = s.Header.T
			return
		}
	}
}

// Parked is the claimed time of a member's entries that are kept aside since they lie ahead of this clock, ms UTC; 0 where none are, or their time is near.
func (n *Node) Parked(pid, member block.CID) int64 {
	n.mu.RLock()
	t := n.parked[pid][member]
	n.mu.RUnlock()
	if t <= n.Now()+feed.AheadLimit {
		return 0
	}
	return t
}

// unconfirmed is why an entry with a signature can't be written while no partner has confirmed our head. A head that lies ahead of the clock, after a time with a wrong one,
// none confirms before its time is near.
func (n *Node) unconfirmed(pid block.CID) error {
	ahead := int64(0)
	err := n.Peek(pid, func(r *protocol.Replica) error {
		head, found, err := r.Log.Head(n.company)
		if found && head.Header.T > n.Now()+feed.AheadLimit {
			ahead = head.Header.T
		}
		return err
	})
	if err != nil || ahead == 0 {
		return errUnconfirmed
	}
	return Failf(errUnconfirmed.Code, "this company's newest entry is dated %s, ahead of this machine's clock: partners keep it aside until that time is near, and nothing is signed before they have confirmed it", time.UnixMilli(ahead).UTC().Format(time.RFC3339))
}
