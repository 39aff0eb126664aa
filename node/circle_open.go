package node

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/partnership"
)

// This file is what becomes of a proposed circle that not all have signed: who it waits for, and how it is declined, withdrawn or expires.

// open tells whether the circle may be joined, as far as the pair it was proposed in says.
func (c Circle) open(now int64) bool { return c.Closed == nil && now < c.Expires }

// overWhy says why a circle can't be joined any more.
func (n *Node) overWhy(c Circle) *Failure {
	switch {
	case c.Closed == nil:
		return Failf("NO_CIRCLE", "circle %s could be joined until %s; ask %s for another", c.PID.Short(), time.UnixMilli(c.Expires).UTC().Format(time.RFC3339), n.CompanyName(c.Founder))
	case c.Closed.By == n.company:
		return Failf("NO_CIRCLE", "circle %s was declined here; ask %s for another", c.PID.Short(), n.CompanyName(c.Founder))
	}
	return Failf("NO_CIRCLE", "circle %s was withdrawn by %s%s", c.PID.Short(), n.CompanyName(c.Closed.By), because(c.Closed.Reason))
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}

// standing is where a partnership stands now; "" where it is not held.
func (n *Node) standing(pid block.CID) (word string, err error) {
	if _, err := n.Partnership(pid); err != nil {
		return "", nil
	}
	err = n.View(pid, func(r *protocol.Replica) (err error) {
		word, err = r.StandingAt(n.Now())
		return err
	})
	return word, err
}

// ProposedCircles lists the circles that partners proposed and this company may join, oldest first.
func (n *Node) ProposedCircles() ([]Circle, error) {
	list, err := n.WaitingCircles()
	return slices.DeleteFunc(list, func(c Circle) bool { return c.Joined }), err
}

// WaitingCircles lists the circles that not all have signed, oldest first: those this company may join, and those it has signed.
func (n *Node) WaitingCircles() ([]Circle, error) {
	var all []Circle
	err := n.eachProposal(func(c Circle, _ partnership.CircleProposal) bool {
		i := slices.IndexFunc(all, func(o Circle) bool { return o.PID == c.PID })
		if i < 0 {
			i, all = len(all), append(all, c)
		}
		if c.Closed != nil && c.Closed.By != c.Founder && c.Closed.By != n.company {
			all[i].Declined = append(all[i].Declined, c.Closed.By)
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	var out []Circle
	for _, c := range all {
		if !c.Joined {
			if c.open(n.Now()) {
				out = append(out, c)
			}
			continue
		}
		standing, err := n.standing(c.PID)
		if err != nil {
			return nil, err
		}
		if standing != "proposed" {
			continue
		}
		if c.Waits, err = n.unsigned(c.PID); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	slices.SortStableFunc(out, func(a, b Circle) int { return cmp.Compare(a.T, b.T) })
	return out, nil
}

// unsigned are the members whose signature is not held.
func (n *Node) unsigned(pid block.CID) (out []block.CID, err error) {
	err = n.View(pid, func(r *protocol.Replica) error {
		row, err := r.Partnership()
		for _, m := range r.Genesis.Members {
			if !slices.Contains(row.Signed, m.Company) {
				out = append(out, m.Company)
			}
		}
		return err
	})
	return out, err
}

// eachProposal visits what is proposed in the pairs of this company, until visit has enough.
func (n *Node) eachProposal(visit func(Circle, partnership.CircleProposal) bool) error {
	for _, pair := range n.Partnerships() {
		if pair.Removed || len(pair.Genesis.Members) != 2 {
			continue
		}
		more := true
		err := n.View(pair.PID, func(r *protocol.Replica) error {
			rows, err := r.Circles()
			if err != nil {
				return err
			}
			for _, row := range rows {
				proposal, err := r.CircleProposal(row)
				if err != nil {
					return err
				}
				g, pid, err := proposal.Circle()
				if err != nil {
					return err // the fold took it: it opens
				}
				_, held := n.Partnership(pid)
				c := Circle{PID: pid, Genesis: g, Founder: row.Founder, T: row.T, Expires: row.Expires, Joined: held == nil, Closed: row.Closed}
				if more = visit(c, proposal); !more {
					return nil
				}
			}
			return nil
		})
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// CloseCircle withdraws a circle that this company founded, or declines one that was proposed to it. Where this company has signed, it ends its side too: who joins later
// finds that the circle never came about. Closing again changes nothing.
func (n *Node) CloseCircle(ctx context.Context, pid block.CID, reason string) (Circle, error) {
	if err := n.db.Writable(); err != nil {
		return Circle{}, err
	}
	if len(reason) > partnership.MaxReason {
		return Circle{}, Failf("BAD_REASON", "the reason has %d bytes; at most %d are allowed", len(reason), partnership.MaxReason)
	}
	var circle Circle
	err := n.eachProposal(func(c Circle, _ partnership.CircleProposal) bool {
		if c.PID == pid && !circle.PID.Defined() {
			circle = c
		}
		return true
	})
	if err != nil {
		return Circle{}, err
	}
	if !circle.PID.Defined() {
		return Circle{}, Failf("NO_CIRCLE", "no circle %s is proposed here; kontor partner list shows those that are", pid.Short())
	}
	standing, err := n.standing(pid)
	if err != nil {
		return Circle{}, err
	}
	if standing != "" && standing != "proposed" && standing != "withdrawn" {
		return Circle{}, Failf("CIRCLE_STANDS", "circle %s was signed by all; it is %s. To leave it run: kontor partner end %s", pid.Short(), standing, pid.Short())
	}
	if standing == "proposed" {
		body, err := block.New(protocol.PartnershipAct{Reason: reason})
		if err != nil {
			return Circle{}, Failf("BAD_REASON", "%v", err)
		}
		if _, err := n.Write(ctx, pid, "", func(*protocol.Replica, int64) (protocol.Draft, error) {
			return protocol.Draft{Kind: protocol.KindEnd, Body: &body}, nil
		}); err != nil {
			return Circle{}, err
		}
	}
	if err := n.Private(func(rows PrivateRows) error { return rows.Delete(foundingPrefix + pid.String()) }); err != nil {
		return Circle{}, err
	}
	return circle, n.closeInPairs(ctx, pid, reason)
}

// closeInPairs writes the close wherever the circle is proposed and still open.
func (n *Node) closeInPairs(ctx context.Context, pid block.CID, reason string) error {
	body, err := block.New(partnership.CircleClose{Circle: pid, Reason: reason})
	if err != nil {
		return Failf("BAD_REASON", "%v", err)
	}
	for _, pair := range n.Partnerships() {
		if pair.Removed || len(pair.Genesis.Members) != 2 {
			continue
		}
		_, err := n.Write(ctx, pair.PID, "", func(r *protocol.Replica, _ int64) (protocol.Draft, error) {
			rows, err := r.Circles()
			if err != nil {
				return protocol.Draft{}, err
			}
			if !slices.ContainsFunc(rows, func(row protocol.CircleRow) bool { return row.Circle == pid && row.Closed == nil }) {
				return protocol.Draft{}, errNothing
			}
			return protocol.Draft{Kind: protocol.KindCircleClose, Body: &body}, nil
		})
		if err != nil && !errors.Is(err, errNothing) {
			return err
		}
	}
	return nil
}

// withdrawDead withdraws the circles this company founded that can't come about any more: somebody declined, or the time is over.
func (n *Node) withdrawDead(ctx context.Context) error {
	list, err := n.WaitingCircles()
	if err != nil {
		return err
	}
	for _, c := range list {
		reason := ""
		switch {
		case c.Founder != n.company:
			continue
		case len(c.Declined) > 0:
			reason = n.CompanyName(c.Declined[0]) + " declined"
		case n.Now() >= c.Expires:
			reason = "not all joined in time"
		default:
			continue
		}
		if _, err := n.CloseCircle(ctx, c.PID, reason); err != nil {
			return err
		}
		n.log.Info("circle withdrawn", "partnership", c.PID.Short(), "reason", reason)
	}
	return nil
}
