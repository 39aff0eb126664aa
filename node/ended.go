package node

import (
	"context"
	"time"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/store"
)

const (
	// endedEvery is how often ended partnerships are looked at.
	endedEvery = 5 * time.Second
	// endedLinger is how long an ended partnership stays connected for a partner that does not acknowledge our end.
	endedLinger = 7 * 24 * time.Hour
)

// removeEnded disconnects the partners of partnerships that all members ended, once they have acknowledged our end. The past stays.
func (n *Node) removeEnded(ctx context.Context) {
	tick := time.NewTicker(endedEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for _, p := range n.Partnerships() {
			over, err := n.isOver(p)
			if err == nil && over {
				err = n.remove(ctx, p)
			}
			if err != nil {
				n.log.Warn("ended partnership not removed", "partnership", p.PID.Short(), "reason", err)
			}
		}
	}
}

// isOver tells whether a partnership ended and nobody waits for our entries any more.
func (n *Node) isOver(p *Partnership) (bool, error) {
	if p.Removed {
		return false, nil
	}
	over := false
	err := n.View(p.PID, func(r *protocol.Replica) error {
		standing, err := r.Standing()
		if err != nil || standing != "ended" {
			return err
		}
		end, found, err := n.ownEnd(r)
		if err != nil || !found {
			return err
		}
		over = true
		for _, m := range r.Circle.Members {
			acked, err := r.Acknowledged(n.company, m.Company)
			if err != nil {
				return err
			}
			over = over && (m.Company == n.company || !m.Writes || acked >= end.Header.Seq)
		}
		over = over || n.Now()-end.Header.T > endedLinger.Milliseconds()
		return nil
	})
	return over, err
}

// afterEnd bounds how many entries are looked through for the one that ended the partnership; what follows it is housekeeping.
const afterEnd = 1024

// ownEnd finds the entry by which this company ended a partnership.
func (n *Node) ownEnd(r *protocol.Replica) (feed.Entry, bool, error) {
	head, found, err := r.Log.Head(n.company)
	if err != nil || !found {
		return feed.Entry{}, false, err
	}
	for seq := head.Header.Seq; seq > max(0, head.Header.Seq-afterEnd); seq-- {
		at, err := r.Log.At(n.company, seq)
		if err != nil {
			return feed.Entry{}, false, err
		}
		for _, e := range at {
			if e.Header.Kind == protocol.KindEnd {
				return e, true, nil
			}
		}
	}
	return feed.Entry{}, false, nil
}

// remove notes durably that a partnership is over here and lets the network forget it.
func (n *Node) remove(ctx context.Context, p *Partnership) error {
	genesis, err := block.Marshal(p.Genesis)
	if err != nil {
		return err
	}
	err = n.db.Update(func(kv store.KV) error {
		return savePartnership(kv, p.PID, partnershipRecord{Genesis: genesis, Channel: p.Channel, Since: p.Since, Removed: true})
	})
	if err != nil {
		return err
	}
	over := &Partnership{Contract: p.Contract, Channel: p.Channel, Since: p.Since, Removed: true}
	n.mu.Lock()
	n.partnerships[p.PID] = over
	delete(n.recovering, p.PID)
	n.mu.Unlock()
	n.log.Info("partnership is over; its past stays", "partnership", p.PID.Short())
	return n.refreshHost(ctx)
}
