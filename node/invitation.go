package node

import (
	"context"
	"crypto/rand"
	"time"

	"kontor/protocol/partnership"
	"kontor/protocol/wire"
)

// InvitationRecord is an invitation of this company at rest among the private rows. It holds secrets.
type InvitationRecord struct {
	State partnership.InviterState `cbor:"state"`
	// Ask: sign only after a person here has compared the words. Without it the inviter relies on the way the token took.
	Ask     bool  `cbor:"ask"`
	Created int64 `cbor:"created"` // ms UTC
}

// pairLife bounds one run of a dialogue on the accepting side: people compare words within it, or say the command again.
const pairLife = 15 * time.Minute

// Invite opens an invitation and returns its text. A retry of the command returns the invitation the first one opened.
func (n *Node) Invite(ctx context.Context, command Command, offer partnership.Offer, ask bool) (Pairing, string, error) {
	if err := n.db.Writable(); err != nil {
		return Pairing{}, "", err
	}
	party, err := n.Party(ctx)
	if err != nil {
		return Pairing{}, "", err
	}
	if err := n.roomForOne(ctx); err != nil {
		return Pairing{}, "", err
	}
	if len(party.Addresses) == 0 {
		return Pairing{}, "", Failf("NO_ADDRESS", "this node listens at no address that a partner could dial; set one at init with --listen")
	}
	state, text, err := partnership.Invite(rand.Reader, party, offer)
	if err != nil {
		return Pairing{}, "", pairFailure(err)
	}
	rec := InvitationRecord{State: state, Ask: ask, Created: n.Now()}
	err = n.Private(func(rows PrivateRows) error {
		if command != "" {
			var first string // the ID of the invitation this command opened
			if again, err := rows.Get(inviteCommandPrefix+string(command), &first); err != nil {
				return err
			} else if again {
				if _, err := rows.Get(invitationPrefix+first, &rec); err != nil {
					return err
				}
				text, err = rec.State.Token.Text()
				return err
			}
			if err := rows.Put(inviteCommandPrefix+string(command), state.Token.ID()); err != nil {
				return err
			}
		}
		open := 0
		err := rows.Scan(invitationPrefix, func(_ string, decode func(any) error) (bool, error) {
			var old InvitationRecord
			if err := decode(&old); err != nil {
				return false, err
			}
			if old.State.Usable(n.Now()) == nil {
				open++
			}
			return true, nil
		})
		if err != nil {
			return err
		}
		if open >= wire.MaxInvitations {
			return Failf("LIMIT_INVITATIONS", "%d invitations are open, and no more may be; withdraw one: kontor partner withdraw ID", open)
		}
		return rows.Put(invitationPrefix+state.Token.ID(), rec)
	})
	if err != nil {
		n.metrics.exceeded(err)
		return Pairing{}, "", err
	}
	return rec.view(), text, n.refreshHost(ctx)
}

// Withdraw closes an invitation, or gives up an acceptance that is not signed.
func (n *Node) Withdraw(ctx context.Context, id string) (Pairing, error) {
	view, err := n.PairingOf(id)
	if err != nil {
		return Pairing{}, err
	}
	id = view.ID
	err = n.Private(func(rows PrivateRows) error {
		var in InvitationRecord
		if found, err := rows.Get(invitationPrefix+id, &in); err != nil {
			return err
		} else if found {
			if in.State, err = in.State.Withdraw(); err != nil {
				return pairFailure(err)
			}
			view = in.view()
			return rows.Put(invitationPrefix+id, in)
		}
		var out acceptanceRecord
		found, err := rows.Get(acceptancePrefix+id, &out)
		if err != nil {
			return err
		}
		if !found {
			return Failf("NO_INVITATION", "no invitation %q is known here; kontor partner list shows them", id)
		}
		if out.State.Ours != nil {
			return Failf("PAIRING_SIGNED", "this side has signed already; end the partnership instead")
		}
		out.State.Stage = partnership.StageWithdrawn
		view = out.view()
		return rows.Put(acceptancePrefix+id, out)
	})
	if err != nil {
		return Pairing{}, err
	}
	n.answer(id, false)
	return view, n.refreshHost(ctx)
}

func (r InvitationRecord) view() Pairing {
	s := r.State
	v := Pairing{ID: s.Token.ID(), Ours: true, Stage: s.Stage, Company: s.Bound, Role: otherRole(s.Token.Role), Token: s.Token, Ask: r.Ask, Created: r.Created}
	if words, ok := s.Words(); ok {
		v.Words, v.Head = words[:], &s.Reveal.Side.Head
	}
	if paired, ok := s.Paired(); ok {
		v.PID = &paired.PID
	}
	v.Token.Secret = nil
	return v
}
