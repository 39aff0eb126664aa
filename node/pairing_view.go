package node

import (
	"strings"

	"kontor/protocol/block"
	"kontor/protocol/partnership"
)

// Pairing is how far one pairing has come, as a person may see it: without secrets.
type Pairing struct {
	ID      string
	Ours    bool // this company invited
	Stage   string
	Words   []string // empty before both nodes have proved themselves
	Company *block.CID
	Head    *block.CID // of the partner's identity chain, once its node has proved itself
	Role    string     // of this company
	Token   partnership.Token
	PID     *block.CID // once both have signed
	Ask     bool
	Created int64
	Since   int64 // when it came to its stage, ms UTC; 0 where it is not known
	Signed  bool  // this side's signature has left
	Back    bool  // and a person has taken it back
}

// signedLife is how long after its invitation has expired the accepting side still asks whether the inviter had signed in time, ms: the inviter may
// have signed at the last moment and be out of reach over a week of holidays.
const signedLife = 7 * 24 * 3600 * 1000

// Ends is when the pairing ends by itself where nothing more happens, ms UTC.
func (p Pairing) Ends() int64 {
	if p.Signed && !p.Ours {
		return p.Token.Expires + signedLife
	}
	return p.Token.Expires
}

// Over tells whether a pairing that was not finished has ended by itself. An invitation that this side has signed is a partnership here and never over.
func (p Pairing) Over(now int64) bool {
	return p.Stage != partnership.StageDone && !(p.Ours && p.Signed) && now >= p.Ends()
}

// Pairings lists invitations and acceptances with those that are over.
func (n *Node) Pairings() (out []Pairing, err error) {
	err = n.ReadPrivate(func(rows PrivateRows) error {
		err := rows.Scan(invitationPrefix, func(_ string, decode func(any) error) (bool, error) {
			var rec InvitationRecord
			err := decode(&rec)
			out = append(out, rec.view())
			return true, err
		})
		if err != nil {
			return err
		}
		return rows.Scan(acceptancePrefix, func(_ string, decode func(any) error) (bool, error) {
			var rec acceptanceRecord
			err := decode(&rec)
			out = append(out, rec.view())
			return true, err
		})
	})
	return out, err
}

// shortestID is how many characters of an invitation's ID name it at least.
const shortestID = 4

// PairingOf is one pairing by the ID of its invitation, or by the beginning of one.
func (n *Node) PairingOf(id string) (Pairing, error) {
	var fits []Pairing
	list, err := n.Pairings()
	if err != nil {
		return Pairing{}, err
	}
	for _, p := range list {
		if p.ID == id {
			return p, nil
		}
		if len(id) >= shortestID && strings.HasPrefix(p.ID, id) {
			fits = append(fits, p)
		}
	}
	switch len(fits) {
	case 1:
		return fits[0], nil
	case 0:
	default:
		return Pairing{}, Failf("BAD_REQUEST", "%d invitations begin with %q; write more of the ID", len(fits), id)
	}
	return Pairing{}, Failf("NO_INVITATION", "no invitation %q is known here; kontor partner list shows them", id)
}

func (r acceptanceRecord) view() Pairing {
	s := r.State
	v := Pairing{ID: s.Token.ID(), Stage: s.Stage, Company: &s.Token.Company, Role: s.Token.Role, Token: s.Token, Ask: true, Created: r.Created, Since: r.Since, Signed: s.Ours != nil, Back: r.Back}
	if words, ok := s.Words(); ok {
		v.Words, v.Head = words[:], &s.Challenge.Side.Head
	}
	if paired, ok := s.Paired(); ok {
		v.PID = &paired.PID
	}
	v.Token.Secret = nil
	return v
}

func otherRole(role string) string {
	if role == partnership.RoleBuyer {
		return partnership.RoleSeller
	}
	return partnership.RoleBuyer
}
