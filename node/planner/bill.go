package planner

import (
	"cmp"
	"fmt"
	"slices"

	"kontor/protocol/quantity"
)

// MaxBillLines bounds a bill of materials: a large manufacturer's, many times
// over what one partnership's products contain.
const MaxBillLines = 200_000

// BillLine says how much of a component one unit of a product contains.
type BillLine struct {
	Product, Component string
	PerUnit            quantity.Quantity // of the component, in Unit, for one unit of the product
	Unit               quantity.Unit
}

// Bill is a company's private bill of materials, one level deep: what a
// component is made of is its maker's bill.
type Bill struct {
	of    map[string][]BillLine // by product, ascending by component
	units map[string]quantity.Unit
}

// NewBill checks and arranges the lines. It refuses a component that is listed
// twice for a product, comes in two units, contains itself, or has a quantity
// of zero or less.
func NewBill(lines []BillLine) (Bill, error) {
	if len(lines) > MaxBillLines {
		return Bill{}, fmt.Errorf("bill of materials has %d lines, more than %d", len(lines), MaxBillLines)
	}
	b := Bill{of: map[string][]BillLine{}, units: map[string]quantity.Unit{}}
	for _, l := range slices.SortedFunc(slices.Values(lines), func(x, y BillLine) int {
		return cmp.Or(cmp.Compare(x.Product, y.Product), cmp.Compare(x.Component, y.Component))
	}) {
		where := fmt.Sprintf("bill of materials: component %q of product %q", l.Component, l.Product)
		known := b.of[l.Product]
		switch {
		case l.Product == "" || l.Component == "":
			return Bill{}, fmt.Errorf("%s: a name is missing", where)
		case l.Product == l.Component:
			return Bill{}, fmt.Errorf("%s: a product can't be its own component", where)
		case l.PerUnit.Sign() <= 0:
			return Bill{}, fmt.Errorf("%s: quantity %q, want more than 0", where, l.PerUnit)
		case len(known) > 0 && known[len(known)-1].Component == l.Component:
			return Bill{}, fmt.Errorf("%s: listed twice", where)
		case b.units[l.Component] != "" && b.units[l.Component] != l.Unit:
			return Bill{}, fmt.Errorf("%s: unit %q, and %q in another product", where, l.Unit, b.units[l.Component])
		}
		b.of[l.Product] = append(known, l)
		b.units[l.Component] = l.Unit
	}
	return b, nil
}

// Components are the names of everything contained, ascending.
func (b Bill) Components() []string {
	var names []string
	for component := range b.units {
		names = append(names, component)
	}
	slices.Sort(names)
	return names
}

// Of are the lines of a product, ascending by component. The caller leaves
// them as they are.
func (b Bill) Of(product string) []BillLine { return b.of[product] }
