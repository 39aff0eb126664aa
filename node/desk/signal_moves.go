package desk

import (
	"cmp"
	"slices"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// Move is a cell of the forecast in force that moved beyond the bands both signed.
type Move struct {
	Product string
	Region  string // [artifact.All] where the line names none
	Bucket  calendar.Bucket
	Unit    quantity.Unit
	Asked   quantity.Quantity // what the forecast says now
	Allowed quantity.Quantity // the nearest the bands let it move to; where they hold no limits, what both stood by
}

// Moves are the cells of a product beyond the bands now, those of the frozen zone or the others, in the forecast's order, and the forecast; none where nothing is.
func (d *Desk) Moves(p *node.Partnership, product string, frozen bool) (out []Move, root block.CID, err error) {
	err = d.node.View(p.PID, func(r *protocol.Replica) error {
		out = nil
		inForce, err := r.TermsInForce(calendar.DateOf(d.node.Now()))
		if err != nil {
			return err
		}
		b, err := d.beyondBands(p, r, inForce)
		if err != nil || b == nil {
			return err
		}
		root = b.pair.revisedCID
		lines := map[string]Move{}
		for _, l := range b.pair.revised.Lines {
			m := Move{Product: l.Item.ID(), Region: l.Location.Region, Unit: l.Unit}
			if m.Region == "" {
				m.Region = artifact.All
			}
			lines[l.Key()] = m
		}
		for _, c := range b.cells {
			m, held := lines[c.Line]
			if c.Product != product || (c.Zone == terms.Frozen) != frozen || !held {
				continue
			}
			m.Bucket, m.Asked, m.Allowed = c.Bucket, c.New, c.Old
			switch {
			case c.High.Sign() > 0 && c.High.Less(c.New):
				m.Allowed = c.High
			case c.New.Less(c.Low):
				m.Allowed = c.Low
			}
			out = append(out, m)
		}
		return nil
	})
	return out, root, err
}

// Causes are the documents in force of a type, newest first, at most as many as asked for: what a topic about them rests on.
func (d *Desk) Causes(p *node.Partnership, typ string, most int) (roots []block.CID, err error) {
	err = d.node.View(p.PID, func(r *protocol.Replica) error {
		rows, err := r.InForce(typ, block.CID{})
		slices.SortFunc(rows, func(a, b protocol.ArtifactRow) int { return cmp.Or(cmp.Compare(b.T, a.T), a.Root.Compare(b.Root)) })
		roots = nil
		for _, row := range rows[:min(most, len(rows))] {
			roots = append(roots, row.Root)
		}
		return err
	})
	return roots, err
}
