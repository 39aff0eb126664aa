package capacity

import (
	"math/big"
	"sort"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
)

// pool is a product whose demand is served from one stock: all regions, or one region with a stock of its own.
type pool struct {
	product, region string
	lines           []*demandLine
	position        *Position
	axis            []calendar.Bucket // the distinct buckets of its lines
	aligned         bool              // they do not overlap
}

// pools splits demand by the stock that serves it, in order of product and region.
func (m *matcher) pools() []pool {
	byKey := map[[2]string]*pool{}
	var keys [][2]string
	for i := range m.demand.lines {
		l := &m.demand.lines[i]
		key := [2]string{l.product, m.stockRegion(l)}
		if byKey[key] == nil {
			byKey[key] = &pool{product: key[0], region: key[1]}
			keys = append(keys, key)
		}
		byKey[key].lines = append(byKey[key].lines, l)
	}
	for i := range m.positions {
		p := &m.positions[i]
		if pool := byKey[[2]string{p.Product, p.Region}]; pool != nil {
			pool.position = p
		}
	}
	sort.Slice(keys, func(i, j int) bool {
		return keys[i][0] < keys[j][0] || (keys[i][0] == keys[j][0] && keys[i][1] < keys[j][1])
	})
	all := make([]pool, len(keys))
	for i, k := range keys {
		all[i] = *byKey[k]
		all[i].axis, all[i].aligned = all[i].buckets()
	}
	return all
}

// stockRegion is the region whose own stock serves the line, or "" for the stock of all the others.
func (m *matcher) stockRegion(l *demandLine) string {
	own := m.positioned[l.product]
	if own[l.region] {
		return l.region
	}
	if len(l.region) > 2 && own[l.region[:2]] {
		return l.region[:2] // the country's stock serves its parts
	}
	return ""
}

// buckets are the distinct buckets of the pool's lines, and false where they overlap.
func (p pool) buckets() ([]calendar.Bucket, bool) {
	own := p.axes()
	if len(own) == 1 {
		return own[0].buckets, true
	}
	seen := map[calendar.Bucket]bool{}
	var all []calendar.Bucket
	for _, a := range own {
		for _, b := range a.buckets {
			if !seen[b] {
				seen[b] = true
				all = append(all, b)
			}
		}
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Compare(all[j]) < 0 })
	for i := 1; i < len(all); i++ {
		if all[i].Start < all[i-1].End {
			return nil, false
		}
	}
	return all, true
}

// axes are those of the pool's lines, each once where they follow each other.
func (p pool) axes() []*axis {
	var own []*axis
	for _, l := range p.lines {
		if len(own) == 0 || own[len(own)-1] != l.axis {
			own = append(own, l.axis)
		}
	}
	return own
}

// matchProduct makes the cover view of one pool.
func (p *part) matchProduct(of pool) (ProductMatch, error) {
	out := ProductMatch{Product: of.product, Region: of.region, Unit: of.lines[0].unit}
	axis := of.axis
	if !of.aligned {
		out.Missing = "the buckets of its lines overlap"
		return out, nil
	}
	supply, groups, missing := p.allotted(of, axis)
	out.Groups, out.Missing, out.Buckets = groups, missing, make([]ProductCell, 0, len(axis))
	if of.position == nil || of.position.Stock == nil {
		out.Missing = "no stock shared"
	}
	var stock *stockCover
	if out.Missing == "" {
		stock = p.stockCover(*of.position)
	}
	var ahead *reach
	if of.position != nil && of.position.Stock != nil {
		ahead = &reach{reach: of.position.AsOf.AddDays(DefaultCoverDays)}
	}
	windows := windowsOf(axis)
	terms := make([]term, len(of.lines))
	for j, b := range axis {
		cell := ProductCell{Bucket: b}
		mean, chained := of.until(windows, j, terms)
		var err error
		if cell.Demand, err = toQuantity(mean.value(), p.scale); err != nil {
			return out, err
		}
		if cell.Supply, err = toQuantity(supply[j], p.scale); err != nil {
			return out, err
		}
		if stock != nil {
			if err := stock.step(&cell, terms, supply[j]); err != nil {
				return out, err
			}
			cell.Cover.Chained = chained
		}
		if ahead != nil && ahead.until == 0 && b.End >= ahead.reach {
			sum, _ := together(terms)
			ahead.until, ahead.most = b.End, sum.high()
		}
		out.Buckets = append(out.Buckets, cell)
	}
	if ahead != nil {
		var err error
		if out.Ahead, err = p.ahead(*ahead, *of.position, out.Buckets); err != nil {
			return out, err
		}
	}
	return out, nil
}

// until fills in the terms of the cumulative demand of the pool to the end of bucket j. mean is what the bucket itself needs; chained says that quantiles of
// buckets were added up, as if all were high together.
func (p pool) until(windows *windows, j int, terms []term) (mean accumulator, chained bool) {
	for i, l := range p.lines {
		w := windows.at(l.axis, j)
		if !w.ends {
			panic("capacity: an axis without overlap is aligned with every checked line")
		}
		l.addTo(&mean, w.from, w.to, colMean, unfactored)
		terms[i] = term{l, w.row, unfactored}
		chained = chained || l.chained
	}
	return mean, chained
}

// unfactored leaves a figure as it is, at the scale of the match.
var unfactored = factorOf(oneFactor)

// allotted is the supply of the pool in each bucket of its axis, in its own unit at the scale of the match.
//
// Of each group that makes the product it gets its reserved and committed slots first, then its stated share of
// what slots leave (practice T14: guaranteed minimum, then agreed share; never the current forecast). Where
// several groups are needed the smallest decides. Agreed supply comes on top.
func (m *part) allotted(p pool, axis []calendar.Bucket) (supply []*big.Int, groups []string, missing string) {
	for _, i := range m.makers[p.product] {
		g := m.groups[i]
		part, made, shared := m.allottedBy(g, p, axis)
		if !made {
			continue
		}
		groups = append(groups, g.ID)
		if !shared && missing == "" {
			missing = "no share of the capacity stated"
		}
		if supply == nil {
			supply = part
			continue
		}
		for i := range supply {
			supply[i] = minInt(supply[i], part[i])
		}
	}
	if supply == nil {
		supply = zeros(len(axis))
		missing = "no active capacity group makes it"
	}
	for _, s := range m.agreedOf[p.product] {
		if !m.serves(p, s.Region) {
			continue
		}
		if i := bucketAt(axis, s.Bucket); i >= 0 {
			n, _ := s.Quantity.At(m.demand.scale)
			supply[i] = n.Add(n.Mul(n, oneFactor), supply[i])
		}
	}
	return supply, groups, missing
}

// serves reports whether supply for a region reaches the pool: a regional pool takes its own region's, the pool of
// all others takes what no regional stock claims.
func (m *matcher) serves(p pool, region string) bool {
	if p.region != "" {
		return region == p.region
	}
	return !m.positioned[p.product][region]
}

func bucketAt(axis []calendar.Bucket, b calendar.Bucket) int {
	i := sort.Search(len(axis), func(i int) bool { return axis[i].End >= b.End })
	if i < len(axis) && axis[i].Covers(b) {
		return i
	}
	return -1
}

// allottedBy is one group's part. made says that the group makes the product for this pool; shared that every link
// states its share, or that there is only one demand series and it has all.
func (m *part) allottedBy(g loadedGroup, p pool, axis []calendar.Bucket) (supply []*big.Int, made, shared bool) {
	type cut struct {
		share  int64
		factor *big.Int
	}
	var cuts []cut
	shared = true
	for _, l := range g.Links {
		if m.demand.products[l.Product] != p.product || !m.serves(p, l.Region) {
			continue
		}
		factor, err := m.factor(l, p.lines[0].unit, g.Unit)
		if err != nil {
			continue // noted when the group was loaded
		}
		share := l.Share
		if share == 0 && len(g.Links) == 1 {
			share = ppm
		}
		shared = shared && share > 0
		cuts = append(cuts, cut{share, factor})
	}
	if len(cuts) == 0 {
		return nil, false, false
	}
	held, own := m.slots(g, p)
	supply = zeros(len(axis))
	for j, c := range g.Capacities {
		i := bucketAt(axis, c.Bucket)
		if i < 0 {
			if c.Start >= m.demand.start && overlapsAxis(axis, c.Bucket) {
				m.note("group %q: capacity bucket %s straddles the buckets of product %q and is not counted", artifact.Clip(g.ID), c.Bucket, artifact.Clip(p.product))
			}
			continue
		}
		free := above(m.at(c.Actual), held[j])
		sum := new(big.Int).Add(supply[i], own[j])
		for _, k := range cuts {
			// load × share / factor, rounded down: the factor stands at 10^factorScale
			part := new(big.Int).Mul(free, big.NewInt(k.share))
			part.Mul(part, oneFactor)
			sum.Add(sum, part.Quo(part, new(big.Int).Mul(k.factor, big.NewInt(ppm))))
		}
		supply[i] = sum
	}
	return supply, true, shared
}

func overlapsAxis(axis []calendar.Bucket, b calendar.Bucket) bool {
	return len(axis) > 0 && axis[0].Start < b.End && b.Start < axis[len(axis)-1].End
}

// slots are, per capacity bucket, the load of all slots set aside and the pool's own slots in its unit.
func (m *matcher) slots(g loadedGroup, p pool) (held, own []*big.Int) {
	held, own = zeros(len(g.Capacities)), zeros(len(g.Capacities))
	factors := g.factors()
	for _, s := range g.Slots {
		j := g.capacityAt(s.Bucket)
		if !s.held() || j < 0 {
			continue
		}
		n, _ := s.Quantity.At(m.demand.scale)
		f, exact := factors.of(s.Product, s.Region).At(factorScale)
		if !exact {
			continue // CheckPlan refuses such a factor
		}
		held[j] = new(big.Int).Add(held[j], new(big.Int).Mul(n, f))
		if m.demand.products[s.Product] == p.product && m.serves(p, s.Region) {
			own[j] = new(big.Int).Add(own[j], n.Mul(n, oneFactor))
		}
	}
	return held, own
}
