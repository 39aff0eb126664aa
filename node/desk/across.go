package desk

import (
	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/block"
)

// partnershipsWith are the one with a partner, or all.
func (d *Desk) partnershipsWith(with string) ([]*node.Partnership, error) {
	if with == "" {
		return d.node.Partnerships(), nil
	}
	p, err := d.Partner(with, "")
	return []*node.Partnership{p}, err
}

// across lists what one partner's partnership holds, or what all hold, partnership by partnership: read gives what one of them adds. Each is read at one
// moment of its own. The list is empty and not nil where nothing is held.
func across[T any](d *Desk, with string, read func(p *node.Partnership, r *protocol.Replica) ([]T, error)) ([]T, error) {
	out := []T{}
	partnerships, err := d.partnershipsWith(with)
	if err != nil {
		return nil, err
	}
	for _, p := range partnerships {
		var part []T
		err := d.node.View(p.PID, func(r *protocol.Replica) (err error) {
			part, err = read(p, r)
			return err
		})
		if err != nil {
			return nil, err
		}
		out = append(out, part...)
	}
	return out, nil
}

// holding reads a document in the first partnership that holds it; nil where none does.
func (d *Desk) holding(cid block.CID, read func(*protocol.Replica) error) (*node.Partnership, error) {
	for _, p := range d.node.Partnerships() {
		found := false
		err := d.node.View(p.PID, func(r *protocol.Replica) (err error) {
			if found, err = r.HasBlock(cid); err != nil || !found {
				return err
			}
			return read(r)
		})
		if err != nil {
			return nil, err
		}
		if found {
			return p, nil
		}
	}
	return nil, nil
}
