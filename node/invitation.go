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
	Created int64 `cbor:"created"`         // ms UTC
	Since   int64 `cbor:"since,omitempty"` // when it came to its stage, ms UTC
}

// take moves the record on to a state.
func (r *InvitationRecord) take(s partnership.InviterState, now int64) {
	if s.Stage != r.State.Stage {
		r.Since = now
	}
	r.State = s
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
	rec := InvitationRecord{State: state, Ask: ask, Created: n.Now(), Since: n.Now()}
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

func (r InvitationRecord) view() Pairing {
	s := r.State
	v := Pairing{ID: s.Token.ID(), Ours: true, Stage: s.Stage, Company: s.Bound, Role: otherRole(s.Token.Role), Token: s.Token, Ask: r.Ask, Created: r.Created, Since: r.Since, Signed: s.Ours != nil}
	if words, ok := s.Words(); ok {
		v.Words, v.Head = words[:], &s.Reveal.Side.Head
	}
	if paired, ok := s.Paired(); ok {
		v.PID = &paired.PID
	}
	v.Token.Secret = nil
	return v
}
