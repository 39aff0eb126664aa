package node

import (
	"cmp"
	"slices"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/partnership"
)

// This file tells how a circle that never came about was given up, for people who look for it.

// CircleEnd is why a circle was given up before all had signed, as far as this company has heard.
type CircleEnd struct {
	Founder block.CID // undefined where the pair it was proposed in is gone
	Acts    []CircleAct
	// Until is when the circle leaves the list of partners at the latest, ms UTC; 0: it has left.
	Until int64
}

// CircleAct is one member's word that ended a circle: the founder's withdrawal, a decline, or a signature taken back.
type CircleAct struct {
	Company  block.CID
	Declined bool // it had not signed
	Reason   string
	T        int64 // claimed, ms UTC
}

// CircleEnd tells how a withdrawn circle was given up; ok is false of any other partnership.
func (n *Node) CircleEnd(pid block.CID) (end CircleEnd, ok bool, err error) {
	p, err := n.Partnership(pid)
	if err != nil {
		return end, false, err
	}
	var signed []block.CID
	err = n.View(pid, func(r *protocol.Replica) error {
		row, err := r.Partnership()
		ok, signed = row.Status(&r.Genesis, n.Now()) == "withdrawn", row.Signed
		last := int64(0)
		for _, e := range row.Ended {
			end.Acts, last = append(end.Acts, CircleAct{Company: e.Member, T: e.T}), max(last, e.T)
		}
		if !p.Removed {
			end.Until = last + endedLinger.Milliseconds()
		}
		return err
	})
	if err != nil || !ok {
		return end, false, err
	}
	// Who declined, and every reason, stands in the pairs the circle was proposed in.
	err = n.eachProposal(func(c Circle, _ partnership.CircleProposal) bool {
		if c.PID != pid {
			return true
		}
		end.Founder = c.Founder
		if c.Closed == nil {
			return true
		}
		i := slices.IndexFunc(end.Acts, func(a CircleAct) bool { return a.Company == c.Closed.By })
		if i < 0 {
			i, end.Acts = len(end.Acts), append(end.Acts, CircleAct{Company: c.Closed.By, T: c.Closed.T, Declined: !slices.Contains(signed, c.Closed.By)})
		}
		end.Acts[i].Reason = c.Closed.Reason
		return true
	})
	slices.SortStableFunc(end.Acts, func(a, b CircleAct) int { return cmp.Compare(a.T, b.T) })
	return end, true, err
}
