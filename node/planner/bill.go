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

// Products are the products that have a bill, ascending.
func (b Bill) Products() []string {
	var names []string
	for product := range b.of {
		names = append(names, product)
	}
	slices.Sort(names)
	return names
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

// UsedIn are the products that contain the component, ascending.
func (b Bill) UsedIn(component string) []string {
	var names []string
	for product, lines := range b.of {
		if slices.ContainsFunc(lines, func(l BillLine) bool { return l.Component == component }) {
			names = append(names, product)
		}
	}
	slices.Sort(names)
	return names
}

// Inferable says what the receiver of a component's demand could work out about
// the tier behind it (practice T10).
type Inferable struct {
	Component string
	Products  []string // that contain it
	Customers []string // that buy those products
}

// OneProduct: demand for the component divided by its known content is demand
// for one product.
func (i Inferable) OneProduct() bool { return len(i.Products) == 1 }

// OneCustomer: the component's demand is one customer's demand.
func (i Inferable) OneCustomer() bool { return len(i.Customers) == 1 }

// String says it to the officer who decides. It names products and customers
// and is never sent to anyone.
func (i Inferable) String() string {
	switch {
	case i.OneProduct() && i.OneCustomer():
		return fmt.Sprintf("%s: only product %s of customer %s stands behind it; the receiver can work out that customer's demand for that product", i.Component, i.Products[0], i.Customers[0])
	case i.OneProduct():
		return fmt.Sprintf("%s: only product %s stands behind it; the receiver can work out the demand for that product", i.Component, i.Products[0])
	}
	return fmt.Sprintf("%s: only customer %s stands behind it; the receiver can work out how that customer's demand moves", i.Component, i.Customers[0])
}

// Inferables lists the components behind which one product or one customer
// stands, ascending. customers names the buyers of each product; a product
// without an entry is made for nobody yet and is left out.
func (b Bill) Inferables(customers map[string][]string) []Inferable {
	var found []Inferable
	for _, component := range b.Components() {
		i := Inferable{Component: component}
		for _, product := range b.UsedIn(component) {
			if len(customers[product]) > 0 {
				i.Products = append(i.Products, product)
				i.Customers = append(i.Customers, customers[product]...)
			}
		}
		i.Customers = distinct(i.Customers)
		if i.OneProduct() || i.OneCustomer() {
			found = append(found, i)
		}
	}
	return found
}
