package capacity

import (
	"fmt"
	"sort"

	"kontor/protocol/artifact"
	"kontor/protocol/quantity"
)

// readPositions keeps the positions of forecast products, in the product's unit.
func (m *matcher) readPositions(units map[string]quantity.Unit) {
	positions := append([]Position(nil), m.Plan.Positions...)
	sort.SliceStable(positions, func(i, j int) bool { return positions[i].Key() < positions[j].Key() })
	for _, p := range positions {
		product, known := m.demand.products[p.Product]
		if !known {
			continue // stock of something nobody asks for
		}
		converted, err := p.in(units[product])
		if err == nil && !m.fits(converted) {
			err = fmt.Errorf("its figures are finer than the match")
		}
		if err != nil {
			m.note("position of %q is left out: %v", artifact.Clip(p.Product), err)
			continue
		}
		converted.Product = product
		m.positions = append(m.positions, converted)
		if converted.Region != "" {
			if m.positioned[product] == nil {
				m.positioned[product] = map[string]bool{}
			}
			m.positioned[product][converted.Region] = true
		}
	}
}

// fits reports whether converted figures can be brought to the scale of the match.
func (m *matcher) fits(p Position) bool {
	all := []quantity.Quantity{p.InTransit, p.Backlog}
	for _, q := range []*quantity.Quantity{p.Stock, p.Limit, p.MaxCover} {
		if q != nil {
			all = append(all, *q)
		}
	}
	for _, q := range all {
		if q.Exponent() < m.scale {
			return false
		}
	}
	return true
}

// in is the position in another unit of the same dimension.
func (p Position) in(u quantity.Unit) (Position, error) {
	if p.Unit == u {
		return p, nil
	}
	var err error
	convert := func(q *quantity.Quantity) *quantity.Quantity {
		if q == nil || err != nil {
			return q
		}
		var c quantity.Quantity
		c, err = quantity.Convert(*q, p.Unit, u)
		return &c
	}
	p.Stock, p.Limit, p.MaxCover = convert(p.Stock), convert(p.Limit), convert(p.MaxCover)
	p.InTransit, p.Backlog = *convert(&p.InTransit), *convert(&p.Backlog)
	p.Unit = u
	return p, err
}
