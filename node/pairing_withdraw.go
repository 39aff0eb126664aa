package node

import (
	"context"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/partnership"
)

// This file is how a pairing is given up: before anything was signed at once, after that as far as one side can.

// Withdraw closes an invitation, or gives up an acceptance. A signature of this side that has left can't be called back from whoever holds it: the node
// goes on asking, until the pairing is over, whether the partner had signed too, and ends that partnership at once.
func (n *Node) Withdraw(ctx context.Context, id string) (Pairing, error) {
	view, err := n.PairingOf(id)
	if err != nil {
		return Pairing{}, err
	}
	id = view.ID
	if view.Ours {
		err = n.withdrawInvitation(id)
	} else {
		err = n.changeAcceptance(id, func(r *acceptanceRecord) error {
			switch {
			case r.State.Stage == partnership.StageDone:
				return pairFailure(&partnership.PairError{Code: partnership.CodeUsed, Text: "the partnership is signed by both; end it instead of withdrawing"})
			case r.State.Ours != nil:
				r.Back = true
			default:
				s := r.State
				s.Stage = partnership.StageWithdrawn
				r.take(s, n.Now())
			}
			return nil
		})
	}
	if err != nil {
		return Pairing{}, err
	}
	n.answer(id, false)
	if view, err = n.PairingOf(id); err != nil {
		return Pairing{}, err
	}
	return view, n.refreshHost(ctx)
}

func (n *Node) withdrawInvitation(id string) error {
	return n.Private(func(rows PrivateRows) error {
		var rec InvitationRecord
		if _, err := rows.Get(invitationPrefix+id, &rec); err != nil {
			return err
		}
		next, err := rec.State.Withdraw()
		if err != nil {
			return pairFailure(err)
		}
		rec.take(next, n.Now())
		return rows.Put(invitationPrefix+id, rec)
	})
}

// backReason is what the partner reads of a partnership that stands although this side took its signature back.
const backReason = "the signature was taken back before the partner's had arrived"

// endTakenBack ends a partnership that came about after a person here had taken the signature back. Ending again changes nothing.
func (n *Node) endTakenBack(ctx context.Context, p Pairing) error {
	body, err := block.New(protocol.PartnershipAct{Reason: backReason})
	if err != nil {
		return err
	}
	held, err := n.Partnership(*p.PID)
	if err != nil {
		return err
	}
	done := func() error {
		return n.changeAcceptance(p.ID, func(r *acceptanceRecord) error { r.Back = false; return nil })
	}
	if held.Removed { // people have ended it meanwhile
		return done()
	}
	if _, err := n.Write(ctx, *p.PID, Command("withdraw/"+p.ID), func(*protocol.Replica, int64) (protocol.Draft, error) {
		return protocol.Draft{Kind: protocol.KindEnd, Body: &body}, nil
	}); err != nil {
		return err
	}
	n.log.Info("partnership ended: its signature had been taken back", "partnership", p.PID.Short())
	return done()
}
