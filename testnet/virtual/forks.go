package virtual

import (
	"fmt"

	"kontor/protocol"
	"kontor/protocol/block"
)

// Twin is another history of a desk: its database as it was, in other hands.
func (d *Desk) Twin() *Desk {
	other := *d
	other.DB = d.DB.Clone()
	return &other
}

// Fork is the fork of a member that a desk sees; an error when it sees none.
func (d *Desk) Fork(author block.CID) (found protocol.OpenFork, err error) {
	err = d.View(func(r *protocol.Replica) error {
		forks, err := r.OpenForks()
		for _, f := range forks {
			if f.Author == author {
				found = f
			}
		}
		return err
	})
	if err == nil && !found.Author.Defined() {
		err = fmt.Errorf("%s sees no fork", d.Name)
	}
	return found, err
}

// ForkVote is an officer's signature over the resolution of a fork.
func (d *Desk) ForkVote(doc protocol.ForkResolution, officer string) (protocol.Draft, error) {
	return SignedBody(protocol.KindForkResolve, protocol.ForkSignature, d.Officer(officer), doc)
}

// Everything is all a desk knows: what its log holds, what it set aside, and all blocks.
func (d *Desk) Everything() (p Parcel, err error) {
	if p, err = d.Pack(nil); err != nil {
		return p, err
	}
	err = d.View(func(r *protocol.Replica) error {
		for _, m := range r.Circle.Members {
			aside, err := r.Log.Aside(m.Company)
			if err != nil {
				return err
			}
			for _, s := range aside {
				p.Envelopes = append(p.Envelopes, s.Envelope)
				if s.Header.Body != nil && s.Header.Kind != protocol.KindSign {
					blocks, err := below(r, *s.Header.Body, s.Header.Kind)
					if err != nil {
						return err
					}
					p.Blocks = append(p.Blocks, blocks...)
				}
			}
		}
		return nil
	})
	return p, err
}
