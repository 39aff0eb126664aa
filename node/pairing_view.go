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
}

// Pairings lists invitations and acceptances, oldest first; those that are over stay listed for a week.
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
	v := Pairing{ID: s.Token.ID(), Stage: s.Stage, Company: &s.Token.Company, Role: s.Token.Role, Token: s.Token, Ask: true, Created: r.Created}
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
