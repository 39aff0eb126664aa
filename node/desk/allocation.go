package desk

import (
	"fmt"
	"slices"
	"strings"

	"kontor/node"
	"kontor/protocol/capacity"
	"kontor/protocol/quantity"
)

// allocationRows keep by what a line is divided, where it is not by past shipments: private, the rule and the partner's own share leave.
const allocationRows = "figures/allocation/"

// LineAllocation is the key of one line.
type LineAllocation struct {
	Line   string                  `cbor:"line" json:"line"`
	Rule   capacity.AllocationRule `cbor:"rule" json:"rule"`
	Shares []capacity.ProductShare `cbor:"shares" json:"shares"` // in the order of priority; empty for rules without
}

// SetAllocation says by what a line is divided among its products (practice T14).
func (d *Desk) SetAllocation(a LineAllocation) (LineAllocation, error) {
	lines, err := d.capacityLines()
	if err != nil {
		return a, err
	}
	if !slices.ContainsFunc(lines, func(l capacityRow) bool { return l.Line == a.Line }) {
		return a, node.Failf("NO_LINE", "no line is called %q; kontor capacity allocation lists those known", a.Line)
	}
	if a.Shares == nil {
		a.Shares = []capacity.ProductShare{}
	}
	if err := capacity.CheckShares(a.Rule, a.Shares); err != nil {
		return a, node.Failf("BAD_SHARE", "%v", err)
	}
	return a, d.node.Private(func(rows node.PrivateRows) error {
		return rows.Put(allocationRows+rowName(a.Line), a)
	})
}

// Allocations lists the key of every line, by line.
func (d *Desk) Allocations() ([]LineAllocation, error) {
	lines, err := d.capacityLines()
	if err != nil {
		return nil, err
	}
	set, err := d.allocations()
	if err != nil {
		return nil, err
	}
	out := []LineAllocation{}
	for _, l := range lines {
		a, ok := set[l.Line]
		if !ok {
			a = LineAllocation{Line: l.Line, Rule: capacity.ByReceipts, Shares: []capacity.ProductShare{}}
		}
		out = append(out, a)
	}
	slices.SortFunc(out, func(x, y LineAllocation) int { return strings.Compare(x.Line, y.Line) })
	return out, nil
}

func (d *Desk) allocations() (map[string]LineAllocation, error) {
	out := map[string]LineAllocation{}
	err := d.node.ReadPrivate(func(rows node.PrivateRows) error {
		list, err := scanRows[LineAllocation](rows, allocationRows)
		for _, a := range list {
			out[a.Line] = a
		}
		return err
	})
	return out, err
}

// divide writes the shares of a line into the links the buyer sees, and by what they were cut. weights are what each product received; nil where that may not
// be told, or nobody knows.
func (a LineAllocation) divide(g *capacity.Group, line capacityRow, weights map[string]quantity.Quantity, basis string) {
	switch a.Rule {
	case capacity.ByContract, capacity.ByPriority:
		cut := capacity.Cut(a.Rule, a.Shares)
		for i := range g.Links {
			g.Links[i].Share = cut[g.Links[i].Product]
		}
		g.Allocation = &capacity.Allocation{Rule: a.Rule}
		return
	case capacity.InEqual:
		weights = nil
	}
	setShares(g.Links, line.Links, weights)
	g.Allocation = &capacity.Allocation{Rule: capacity.ByReceipts, Basis: basis}
	if weights == nil {
		g.Allocation = &capacity.Allocation{Rule: capacity.InEqual}
	}
}

// note says in words how a line was divided.
func (a LineAllocation) note(g capacity.Group) string {
	text := fmt.Sprintf("line %s is divided by %s", g.ID, strings.ToLower(string(g.Allocation.Rule)))
	if g.Allocation.Basis != "" {
		text += ": " + g.Allocation.Basis
	}
	return text
}
