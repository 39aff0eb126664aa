package protocol

import (
	"slices"

	"kontor/crypto/keys"
	"kontor/protocol/block"
	"kontor/protocol/identity"
	"kontor/protocol/partnership"
)

// CircleRow is a circle of three or more that one member of a pair proposed to the other.
type CircleRow struct {
	Circle  block.CID `cbor:"circle"` // its PartnershipID
	Founder block.CID `cbor:"founder"`
	Body    block.CID `cbor:"body"` // the partnership.CircleProposal
	Entry   block.CID `cbor:"entry"`
	T       int64     `cbor:"t"` // claimed time of the entry, ms UTC
}

const circlePrefix = "circle/"

func circleKey(pid block.CID) string { return circlePrefix + pid.String() }

// MaxCircles bounds the circles proposed in one partnership: each proposal counts them, and nobody founds more between two companies
// in earnest.
const MaxCircles = 64

// applyCircle notes a proposal. It answers for the two members of this partnership alone: a third's node key is vouched for by
// the third's own signature, without which the circle does not exist.
func applyCircle(f *fold) ([]string, error) {
	p, err := partnership.ParseCircle(f.body)
	if err != nil {
		return []string{codeBody}, nil
	}
	if p.Founder != f.author.Company {
		return []string{codeCircleFounder}, nil
	}
	g, pid, err := p.Circle()
	if err != nil {
		return []string{codeCircleGenesis}, nil
	}
	outside := func(m partnership.Member) bool {
		_, inside := g.Member(m.Company)
		return !inside
	}
	if len(f.genesis.Members) != 2 || slices.ContainsFunc(f.genesis.Members, outside) {
		return []string{codeCircleMembers}, nil
	}
	for _, m := range f.genesis.Members {
		view, held, err := f.knownView(m.Company)
		if err != nil {
			return nil, err
		}
		seat, _ := g.Member(m.Company)
		if !held || !nodeInForce(view, seat, f.entry.Header.T) {
			return []string{codeCircleNode}, nil
		}
	}
	key := circleKey(pid)
	if _, known, err := f.rows.Get(key); err != nil {
		return nil, err
	} else if known {
		return []string{codeCircleKnown}, nil
	}
	if many, err := f.indexed(circlePrefix); err != nil {
		return nil, err
	} else if len(many) >= MaxCircles {
		return []string{codeCircleMany}, nil
	}
	return nil, put(f.rows, key, CircleRow{Circle: pid, Founder: p.Founder, Body: *f.entry.Header.Body, Entry: f.entry.CID, T: f.entry.Header.T})
}

func nodeInForce(view identity.View, seat partnership.Member, t int64) bool {
	_, ok := view.Key(seat.NodeKey, keys.Node, t)
	return ok
}

// Circles lists the circles proposed in this partnership, by their ID.
func (r *Replica) Circles() (out []CircleRow, err error) {
	err = scanRows(r.Rows(), circlePrefix, func(_ string, row CircleRow) error {
		out = append(out, row)
		return nil
	})
	return out, err
}

// CircleProposal reads what a circle's row points to.
func (r *Replica) CircleProposal(row CircleRow) (partnership.CircleProposal, error) {
	data, err := r.Block(row.Body)
	if err != nil {
		return partnership.CircleProposal{}, err
	}
	return partnership.ParseCircle(data)
}
