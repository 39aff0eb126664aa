package performance

import (
	"bytes"
	"cmp"
	"slices"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/quantity"
)

// Change is one difference between two revisions of a report.
type Change struct {
	Cell     string `json:"cell,omitempty"` // key; empty for the report as a whole
	Field    string `json:"field"`          // "added", "removed", a figure, "deliveries", "service", "lines", "changed", "closed", "delivery"
	Old      string `json:"old,omitempty"`
	New      string `json:"new,omitempty"`
	Material bool   `json:"material"` // by practice T1
}

// Diff lists what differs between two reports, by cell. Material are cells that came or went and figures that moved beyond five percent
// and one unit, counts of deliveries, their definition, and the last word; another root informs.
func Diff(old, revised Document) (out []Change) {
	before := map[string]Cell{}
	for _, c := range old.Cells {
		before[c.Key()] = c
	}
	for _, n := range revised.Cells {
		key := n.Key()
		o, had := before[key]
		delete(before, key)
		if !had {
			out = append(out, Change{Cell: key, Field: "added", Material: true})
			continue
		}
		out = append(out, cellChanges(key, o, n)...)
	}
	for key := range before {
		out = append(out, Change{Cell: key, Field: "removed", Material: true})
	}
	slices.SortStableFunc(out, func(a, b Change) int { return cmp.Compare(a.Cell, b.Cell) })
	if old.Closed != revised.Closed {
		out = append(out, Change{Field: "closed", Material: true})
	}
	if !slices.Equal(old.Delivery, revised.Delivery) {
		out = append(out, Change{Field: "delivery", Material: true})
	}
	return out
}

func cellChanges(key string, o, n Cell) (out []Change) {
	for _, f := range Figures {
		x, y := *o.At(f), *n.At(f)
		switch {
		case x == nil && y == nil || x != nil && y != nil && *x == *y:
		case x == nil || y == nil:
			out = append(out, Change{Cell: key, Field: string(f), Old: text(x), New: text(y), Material: true})
		default:
			out = append(out, Change{Cell: key, Field: string(f), Old: text(x), New: text(y), Material: moved(*x, *y)})
		}
	}
	if !same(o.Deliveries, n.Deliveries) {
		out = append(out, Change{Cell: key, Field: "deliveries", Material: true})
	}
	if !same(o.Service, n.Service) {
		out = append(out, Change{Cell: key, Field: "service", Material: true})
	}
	if !same(o.Lines, n.Lines) {
		out = append(out, Change{Cell: key, Field: "lines"})
	}
	if o.Unit != n.Unit || !same(o.Days, n.Days) || !same(o.Cumulative, n.Cumulative) {
		out = append(out, Change{Cell: key, Field: "changed", Material: true})
	} else if len(out) == 0 && !same(o, n) {
		out = append(out, Change{Cell: key, Field: "changed"})
	}
	return out
}

func text(q *quantity.Quantity) string {
	if q == nil {
		return ""
	}
	return q.String()
}

// same compares by canonical bytes.
func same(a, b any) bool {
	x, err := block.Marshal(a)
	if err != nil {
		return false
	}
	y, err := block.Marshal(b)
	return err == nil && bytes.Equal(x, y)
}

// moved is practice T1 for a count: more than one unit and more than five percent.
func moved(base, now quantity.Quantity) bool {
	const fivePercent = 50_000 // ppm
	delta, err := now.Sub(base)
	if err != nil {
		return true
	}
	return quantity.Of(1).Less(delta.Abs()) && !Tolerance{PPM: fivePercent}.allows(delta.Abs(), base, base)
}

// Material reports whether any change of a revision is.
func Material(changes []Change) bool {
	return slices.ContainsFunc(changes, func(c Change) bool { return c.Material })
}

// About is the part of a report that speaks of any of the products: what a revision may be material to.
func About(d Document, products []string) Document {
	part := d
	part.Cells = nil
	for _, c := range d.Cells {
		named := slices.Contains(products, artifact.All) || slices.ContainsFunc([]string{c.Item.BuyersID, c.Item.SellersID, c.Item.GTIN}, func(id string) bool { return id != "" && slices.Contains(products, id) })
		if named {
			part.Cells = append(part.Cells, c)
		}
	}
	return part
}
