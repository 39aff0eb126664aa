package node

import (
	"context"
	"slices"
	"time"

	"kontor/protocol"
	"kontor/protocol/block"
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
		if err := n.withdrawDead(ctx); err != nil {
			n.log.Debug("circles not looked at", "reason", err)
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

// isOver tells whether a partnership ended, or never came about, and nobody waits for our entries any more. While a dispute runs both sides wait: its acts
// and its deadlines count until it ends.
func (n *Node) isOver(p *Partnership) (bool, error) {
	if p.Removed {
		return false, nil
	}
	over := false
	err := n.View(p.PID, func(r *protocol.Replica) error {
		row, err := r.Partnership()
		standing := row.Status(&r.Genesis, n.Now())
		if err != nil || standing != "ended" && standing != "withdrawn" {
			return err
		}
		if runs, err := r.DisputesRun(); err != nil || runs {
			return err
		}
		// After the longest wait it is over, whoever has not heard of it: what counts is the newest end, and the notice period.
		last, own := int64(0), int64(0)
		for _, e := range row.Ended {
			last = max(last, e.T)
			if t, alone := e.Over(&r.Genesis); alone && standing == "ended" {
				last = max(last, t)
			}
			if e.Member == n.company {
				own = e.Seq
			}
		}
		if over = n.Now()-last > endedLinger.Milliseconds(); over || own == 0 {
			return nil // who has not ended its own side waits for others to hear of theirs
		}
		over = true
		for _, m := range r.Circle.Members {
			acked, err := r.Acknowledged(n.company, m.Company)
			if err != nil {
				return err
			}
			signed := standing == "ended" || slices.Contains(row.Signed, m.Company)
			over = over && (m.Company == n.company || !m.Writes || !signed || acked >= own)
		}
		return nil
	})
	return over, err
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
