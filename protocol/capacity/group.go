package capacity

import (
	"math/big"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// matchGroup makes the contract view of a group, and the cover of its products together.
func (m *matcher) matchGroup(g loadedGroup) error {
	out := GroupMatch{Group: g.ID, Name: g.Name, Unit: g.Unit}
	opening, limited := m.groupOpening(g)
	supply := new(big.Int)
	straddling := map[string]bool{}
	agreedLoads := m.agreedLoads(g)
	for j, c := range g.Capacities {
		sum := new(big.Int)
		for _, l := range g.loads {
			mean, straddles := l.line.inside(c.Bucket)
			if straddles && !straddling[l.line.key] {
				straddling[l.line.key] = true
				m.note("group %q: a bucket of line %q straddles bucket %s and is not counted", artifact.Clip(g.ID), artifact.Clip(l.line.key), c.Bucket)
			}
			sum.Add(sum, mean.Mul(mean, l.factor)) // load factor first
		}
		if c.Delta != nil {
			sum.Add(sum, m.at(*c.Delta)) // delta last
		}
		agreed := agreedLoads[j]
		actual := new(big.Int).Add(m.at(c.Actual), agreed)
		maximum := maxInt(new(big.Int).Add(m.at(c.Maximum), agreed), actual)
		cell := GroupCell{Bucket: c.Bucket}
		cell.Scenario, cell.Verdict, cell.Colour = judge(sum, actual, maximum)
		for _, f := range []struct {
			to   *quantity.Quantity
			from *big.Int
		}{{&cell.Demand, sum}, {&cell.Actual, actual}, {&cell.Maximum, maximum}, {&cell.Agreed, agreed}, {&cell.Excess, above(sum, actual)}} {
			var err error
			if *f.to, err = toQuantity(f.from, m.scale); err != nil {
				return err
			}
		}
		if c.Start >= m.demand.start {
			supply.Add(supply, actual)
			if opening != nil && !limited {
				terms, ok := termsUpTo(g.loads, c.End)
				if ok && len(terms) > 0 {
					cover, err := m.cover(terms, new(big.Int).Add(supply, opening), zero)
					if err != nil {
						return err
					}
					cell.Cover = &cover
				}
			}
		}
		out.Buckets = append(out.Buckets, cell)
	}
	m.result.Groups = append(m.result.Groups, out)
	return nil
}

// termsUpTo are the cumulative loads of the lines at a day; false where a bucket straddles it.
func termsUpTo(loads []load, end calendar.Date) ([]curve, bool) {
	terms := make([]curve, 0, len(loads))
	for _, l := range loads {
		c, ok := l.line.upTo(end)
		if !ok {
			return nil, false
		}
		terms = append(terms, c.times(l.factor))
	}
	return terms, true
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
				sums[j] = n.Add(n.Mul(n, l.factor), sums[j])
				break
			}
		}
	}
	return sums
}

// groupOpening is stock and goods in transit less backlog of all the group's products, as load; nil where one of
// them has no stock shared. limited says that some stock has a limit: then the path of stock matters product by
// product, and the group as a whole claims nothing.
func (m *matcher) groupOpening(g loadedGroup) (sum *big.Int, limited bool) {
	sum = new(big.Int)
	factors := map[string]*big.Int{}
	for _, l := range g.loads {
		if _, set := factors[l.line.product]; !set {
			factors[l.line.product] = l.factor
		}
	}
	stocked := map[string]bool{}
	for _, p := range m.positions {
		factor, here := factors[p.Product]
		if !here || p.Stock == nil {
			continue
		}
		stocked[p.Product] = true
		limited = limited || p.Limit != nil
		n := new(big.Int).Quo(m.opening(p), oneFactor)
		sum.Add(sum, n.Mul(n, factor))
	}
	for product := range factors {
		if !stocked[product] {
			return nil, limited
		}
	}
	return sum, limited
}

// opening is -B_0 of practice T6: stock and in transit less backlog, in the product's unit.
func (m *matcher) opening(p Position) *big.Int {
	n := m.at(*p.Stock)
	n.Add(n, m.at(p.InTransit))
	return n.Sub(n, m.at(p.Backlog))
}
