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
	Expires int64     `cbor:"expires"`
	// Closed says who ended the matter: the founder withdrew, or the member declined.
	Closed *CircleClosed `cbor:"closed,omitempty"`
}

// CircleClosed is the end of a proposal.
type CircleClosed struct {
	By     block.CID `cbor:"by"`
	T      int64     `cbor:"t"` // claimed time of the entry, ms UTC
	Reason string    `cbor:"reason"`
}

// Open tells whether the circle may be joined at a time, as far as this partnership says.
func (c CircleRow) Open(t int64) bool { return c.Closed == nil && t < c.Expires }

const circlePrefix = "circle/"

func circleKey(pid block.CID) string { return circlePrefix + pid.String() }

// Bounds of the circles proposed in one partnership: each proposal counts them, and nobody founds more between two companies in earnest.
const (
	MaxCircles     = 64   // that can be joined at one time
	MaxCirclesEver = 1024 // open, closed and expired
)

// applyCircle notes a proposal. It answers for the two members of this partnership alone: a third's node key is vouched for by
// the third's own signature, without which the circle does not exist.
func applyCircle(f *fold) ([]string, error) {
	p, err := partnership.ParseCircle(f.body)
	if err != nil {
		return []string{codeBody}, nil
	}
	if life := p.Expires - f.entry.Header.T; p.Expires < f.entry.Header.T || life <= 0 || life > partnership.MaxCircleLife {
		return []string{codeCircleExpires}, nil
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
	ever, open := 0, 0
	err = scanRows(f.rows, circlePrefix, func(_ string, row CircleRow) error {
		ever++
		if row.Open(f.entry.Header.T) {
			open++
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if open >= MaxCircles || ever >= MaxCirclesEver {
		return []string{codeCircleMany}, nil
	}
	return nil, put(f.rows, key, CircleRow{Circle: pid, Founder: p.Founder, Body: *f.entry.Header.Body, Entry: f.entry.CID, T: f.entry.Header.T, Expires: p.Expires})
}

// applyCircleClose notes that the founder withdrew or the member declined: for either side it is over, whatever the circle's own feeds say.
func applyCircleClose(f *fold) ([]string, error) {
	c, err := partnership.ParseCircleClose(f.body)
	if err != nil {
		return []string{codeBody}, nil
	}
	var row CircleRow
	found, err := get(f.rows, circleKey(c.Circle), &row)
	switch {
	case err != nil:
		return nil, err
	case !found:
		return []string{codeCircleNone}, nil
	case row.Closed != nil:
		return []string{codeCircleClosed}, nil
	}
	row.Closed = &CircleClosed{By: f.author.Company, T: f.entry.Header.T, Reason: c.Reason}
	return nil, put(f.rows, circleKey(c.Circle), row)
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
