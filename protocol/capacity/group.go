package capacity

import (
	"math/big"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// matchGroup makes the contract view of a group, and the cover of its products together.
func (p *part) matchGroup(g loadedGroup) (GroupMatch, error) {
	out := GroupMatch{Group: g.ID, Name: g.Name, Unit: g.Unit, Buckets: make([]GroupCell, 0, len(g.Capacities))}
	supply := new(big.Int)
	buckets := make([]calendar.Bucket, len(g.Capacities))
	for j, c := range g.Capacities {
		buckets[j] = c.Bucket
	}
	windows := windowsOf(buckets)
	noted := make([]bool, len(g.loads))
	agreedLoads := p.agreedLoads(g)
	terms := make([]term, len(g.loads))
	for j, c := range g.Capacities {
		var demand accumulator
		whole := true
		for i, l := range g.loads {
			w := windows.at(l.line.axis, j)
			whole = whole && w.ends
			terms[i] = term{l.line, w.row, l.factor}
			if w.straddles && !noted[i] {
				noted[i] = true
				p.note("group %q: a bucket of line %q straddles bucket %s and is not counted", artifact.Clip(g.ID), artifact.Clip(l.line.key), c.Bucket)
			}
			l.line.addTo(&demand, w.from, w.to, colMean, l.factor) // load factor first
		}
		sum := demand.value()
		if c.Delta != nil {
			sum.Add(sum, p.at(*c.Delta)) // delta last
		}
		agreed := agreedLoads[j]
		actual := new(big.Int).Add(p.at(c.Actual), agreed)
		maximum := maxInt(new(big.Int).Add(p.at(c.Maximum), agreed), actual)
		cell := GroupCell{Bucket: c.Bucket}
		cell.Scenario, cell.Verdict, cell.Colour = judge(sum, actual, maximum)
		for _, f := range []struct {
			to   *quantity.Quantity
			from *big.Int
		}{{&cell.Demand, sum}, {&cell.Actual, actual}, {&cell.Maximum, maximum}, {&cell.Agreed, agreed}, {&cell.Excess, above(sum, actual)}} {
			var err error
			if *f.to, err = toQuantity(f.from, p.scale); err != nil {
				return out, err
			}
		}
		if c.Start >= p.demand.start {
			supply.Add(supply, actual)
			if p.opening != nil && whole && len(terms) > 0 {
				sum, level := together(terms)
				cover, err := p.cover(terms, sum, level, new(big.Int).Add(supply, p.opening), zero)
				if err != nil {
					return out, err
				}
				cell.Cover = &cover
			}
		}
		out.Buckets = append(out.Buckets, cell)
	}
	return out, nil
}

// agreedLoads are the loads of agreed supply of the group's products, one figure per capacity bucket. A supply
// counts by its link once, whatever the number of lines it serves.
func (m *matcher) agreedLoads(g loadedGroup) []*big.Int {
	sums := zeros(len(g.Capacities))
	byProduct := map[string][]load{}
	for _, l := range g.loads {
		byProduct[l.line.product] = append(byProduct[l.line.product], l)
	}
	for _, s := range m.Agreed {
		j := g.capacityAt(s.Bucket)
		if j < 0 {
			continue
		}
		for _, l := range byProduct[s.Product] {
			if regionCovers(s.Region, l.line.region) {
				n, _ := s.Quantity.At(m.demand.scale)
				sums[j] = n.Add(n.Mul(n, l.factor.exact), sums[j])
				break
			}
		}
	}
	return sums
}

// groupOpening is stock and goods in transit less backlog of all the group's products, as load; nil where one of
// them has no stock shared, or one that has a limit: then the path of stock matters product by
// product, and the group as a whole claims nothing.
func (m *matcher) groupOpening(g loadedGroup) *big.Int {
	sum := new(big.Int)
	seen := map[string]bool{}
	for _, l := range g.loads {
		if seen[l.line.product] {
			continue
		}
		seen[l.line.product] = true
		stock := m.stocks[l.line.product]
		if stock == nil {
			return nil
		}
		sum.Add(sum, new(big.Int).Mul(stock, l.factor.exact))
	}
	return sum
}

// productStocks are the sums of each product's stocks in its own unit, products once whatever the number of groups that make them. One without a stock
// shared has none, and one of which a stock has a limit.
func (m *matcher) productStocks() map[string]*big.Int {
	stocks, limited := map[string]*big.Int{}, map[string]bool{}
	for _, p := range m.positions {
		if p.Stock == nil {
			continue
		}
		limited[p.Product] = limited[p.Product] || p.Limit != nil
		if stocks[p.Product] == nil {
			stocks[p.Product] = new(big.Int)
		}
		n := m.stockOf(p)
		stocks[p.Product].Add(stocks[p.Product], n.Quo(n, oneFactor))
	}
	for product, is := range limited {
		if is {
			delete(stocks, product)
		}
	}
	return stocks
}

// stockOf is -B_0 of practice T6: stock and in transit less backlog, in the product's unit.
func (m *matcher) stockOf(p Position) *big.Int {
	n := m.at(*p.Stock)
	n.Add(n, m.at(p.InTransit))
	return n.Sub(n, m.at(p.Backlog))
}
