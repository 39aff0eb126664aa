package desk

import (
	"fmt"
	"slices"
	"strings"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/quantity"
	"kontor/protocol/release"
)

// capacityGate judges what a capacity plan would say about other customers (PROTOCOL 7). Shares that follow shipments divide a line by what
// all its customers received, and a backlog is owed to all who ask for the product. The private history names no customer: contributors can't be
// counted, so such a figure leaves by a grant only. Otherwise shares are rolled up to equal parts and the backlog is left out.
type capacityGate struct {
	asked  map[string]bool // products that other partners' forecasts in force ask for
	use    release.Use
	grants []release.Grant
	// What was decided, for the preview.
	notes     []string
	inferable []string
}

// capacityGate prepares the gate for one buyer.
func (d *Desk) capacityGate(p *node.Partnership) (*capacityGate, error) {
	now := d.node.Now()
	g := &capacityGate{asked: map[string]bool{}, use: release.Use{Partner: p.PID, Kind: protocol.KindCapacity, At: now}}
	for _, other := range d.customers() {
		if other.PID == p.PID {
			continue
		}
		err := d.node.View(other.PID, func(r *protocol.Replica) error {
			rows, err := d.theirForecasts(r)
			if err != nil {
				return err
			}
			for _, row := range rows {
				doc, err := r.Forecast(row.Root)
				if err != nil {
					return err
				}
				for _, l := range doc.Lines {
					g.asked[l.Item.ID()] = true
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	var stored []grantRow
	err := d.node.ReadPrivate(func(rows node.PrivateRows) (err error) {
		stored, err = readGrants(rows)
		return err
	})
	g.grants = d.standing(stored, now)
	return g, err
}

// weights are what a line may be divided by: those of the shipments where no other customer stands behind them, else nil, equal parts.
func (g *capacityGate) weights(line capacityRow, ours map[string]quantity.Unit, weights map[string]quantity.Quantity) map[string]quantity.Quantity {
	if weights == nil {
		return nil
	}
	var others []string
	for _, l := range line.Links {
		if ours[l.Product] == "" || g.asked[l.Product] {
			if w := weights[l.Product]; w.Sign() > 0 {
				others = append(others, l.Product)
			}
		}
	}
	what := fmt.Sprintf("line %s: its shares show what other customers received of %s", line.Line, listed(others))
	switch g.judge(line.Line, len(others) == 0) {
	case release.NeedsAction:
		g.notes = append(g.notes, what+": they leave as equal parts, until an officer grants it (kontor tier grant --kind capacity)")
		return nil
	case release.ByGrant:
		g.inferable = append(g.inferable, what+", and dividing by them gives their total (leaves by a grant)")
	}
	return weights
}

// backlog tells whether a product's backlog may be shown.
func (g *capacityGate) backlog(product string) bool {
	what := fmt.Sprintf("product %s: its backlog is owed to other customers too", product)
	switch g.judge(product, !g.asked[product]) {
	case release.NeedsAction:
		g.notes = append(g.notes, what+": it is left out, until an officer grants it (kontor tier grant --kind capacity)")
		return false
	case release.ByGrant:
		g.inferable = append(g.inferable, what+" (leaves by a grant)")
	}
	return true
}

func (g *capacityGate) judge(item string, own bool) release.Verdict {
	v, _ := release.Judge(release.Cell{Path: item, Item: item, Own: own}, g.use, g.grants)
	return v
}

func listed(names []string) string {
	names = slices.Sorted(slices.Values(names))
	if len(names) > 3 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:3], ", "), len(names)-3)
	}
	return strings.Join(names, ", ")
}
