package capacity

import (
	"fmt"
	"math/big"
	"sort"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// Bounds and defaults of a match.
const (
	// MaxWork bounds what is looked at: lines times their buckets and those of each group they load, links, slots and agreed supply times
	// groups. A hostile plan that links every line to every group must not hold a node for minutes.
	MaxWork = 20_000_000
	// MaxGridWork bounds the multiplications spent on the independent end of sums, a few seconds in all. A match that
	// needs more states the comonotone end alone from some part on, and says so in its notes.
	MaxGridWork = 4_000_000_000
	// MaxAgreed is the most committed supplies taken into one match.
	MaxAgreed = 100_000
	// DefaultRisk is the probability of a shortage above which a bucket counts as at risk.
	DefaultRisk = 200_000
	// MaxNotes is where the notes of a match stop.
	MaxNotes = 100
)

// factorScale is the scale of load factors and unit ratios: their most decimals.
const factorScale = -forecast.MaxDecimals

var oneFactor = power(-factorScale)

// Match sets the forecast against the plan. It is linear in forecast cells times the groups they load.
//
// Contract view (CX-0128): demand series are aggregated first and compared then; the load factor is applied first
// and delta production last; inactive groups are left out. Cover view (practice T6): see Cover.
//
// Both documents must pass their checks: the first finding is returned as an error otherwise. The other error is
// too much work.
func Match(in Input) (Result, error) {
	m, err := Prepare(in)
	if err != nil {
		return Result{}, err
	}
	for i := range m.Parts() {
		m.Make(i)
	}
	return m.Result()
}

// matcher is what the parts of a match read.
type matcher struct {
	Input
	demand     demand
	scale      int // of all loads and supplies: the demand's and the factor's together
	groups     []loadedGroup
	positions  []Position                 // in their product's unit, under its item id, by key
	stocks     map[string]*big.Int        // by product: see productStocks
	positioned map[string]map[string]bool // product to the regions with a stock of their own
	makers     map[string][]int           // item id to the indexes of the groups that make it
	work       int
	agreedOf   map[string][]Supply // by item id
	notes      []string
}

// spend counts what is looked at, before it is.
func (m *matcher) spend(n int) error {
	if m.work += n; m.work > MaxWork {
		return fmt.Errorf("lines, links and slots times groups exceed %d; share fewer at once", MaxWork)
	}
	return nil
}

// loadedGroup is an active group with the lines that load it.
type loadedGroup struct {
	Group
	loads []load
}

// load is one demand line in a group.
type load struct {
	line   *demandLine
	link   int
	factor factor
}

func (m *matcher) note(format string, args ...any) { m.notes = noted(m.notes, format, args...) }

func noted(notes []string, format string, args ...any) []string {
	if len(notes) < MaxNotes {
		notes = append(notes, fmt.Sprintf(format, args...))
	}
	return notes
}

// newMatcher reads both documents. exact keeps all figures in big integers.
func newMatcher(in Input, exact bool) (*matcher, error) {
	m := &matcher{Input: in, positioned: map[string]map[string]bool{}}
	m.demand = readDemand(m.oneUnit(m.Forecast), m.finest(), exact)
	return m, m.prepare()
}

// prepare brings everything to one scale and finds which lines load which group.
func (m *matcher) prepare() error {
	m.scale = m.demand.scale + factorScale
	units := map[string]quantity.Unit{}
	byProduct := map[string][]*demandLine{}
	for i := range m.demand.lines {
		l := &m.demand.lines[i]
		units[l.product] = l.unit
		byProduct[l.product] = append(byProduct[l.product], l)
	}
	m.readPositions(units)
	if err := m.readBacklogs(); err != nil {
		return err
	}
	m.dropIncluded()
	m.agreedOf = map[string][]Supply{}
	for _, s := range m.Agreed {
		m.agreedOf[s.Product] = append(m.agreedOf[s.Product], s)
	}
	m.makers = map[string][]int{}
	groups := append([]Group(nil), m.Plan.Groups...)
	sort.SliceStable(groups, func(i, j int) bool { return groups[i].ID < groups[j].ID })
	for _, g := range groups {
		if g.Inactive {
			continue
		}
		loaded := loadedGroup{Group: g}
		if err := m.spend(len(g.Slots) + len(g.Capacities) + len(m.Agreed)); err != nil {
			return err
		}
		for _, product := range productsOf(g, m.demand.products) {
			m.makers[product] = append(m.makers[product], len(m.groups))
			for _, l := range byProduct[product] {
				i := bestLink(g.Links, m.demand.products, l)
				if i < 0 {
					continue
				}
				factor, err := m.factor(g.Links[i], l.unit, g.Unit)
				if err != nil {
					m.note("group %q leaves out line %q: %v", artifact.Clip(g.ID), artifact.Clip(l.key), err)
					continue
				}
				loaded.loads = append(loaded.loads, load{l, i, factorOf(factor)})
				l.linked = true
				if err := m.spend(len(l.axis.buckets) + len(g.Capacities) + len(g.Links)); err != nil {
					return err
				}
			}
		}
		m.groups = append(m.groups, loaded)
	}
	return m.nest()
}

// finest is the smallest exponent among the plan's figures.
func (m *matcher) finest() int {
	finest := 0
	see := func(qs ...quantity.Quantity) {
		for _, q := range qs {
			finest = min(finest, q.Exponent())
		}
	}
	for _, g := range m.Plan.Groups {
		for _, c := range g.Capacities {
			see(c.Actual, c.Maximum)
			if c.Delta != nil {
				see(*c.Delta)
			}
		}
		for _, s := range g.Slots {
			see(s.Quantity)
		}
	}
	for _, p := range m.Plan.Positions {
		see(p.InTransit, p.Backlog)
		for _, q := range []*quantity.Quantity{p.Stock, p.Limit, p.MaxCover} {
			if q != nil {
				see(*q)
			}
		}
	}
	for _, s := range m.Agreed {
		see(s.Quantity)
	}
	return finest
}

// oneUnit brings all lines of a product to the unit of its first line in order of keys.
func (m *matcher) oneUnit(f forecast.Document) forecast.Document {
	mixed, units := false, map[string]quantity.Unit{}
	for _, l := range f.Lines {
		if u, seen := units[l.Item.ID()]; seen && u != l.Unit {
			mixed = true
		}
		units[l.Item.ID()] = l.Unit
	}
	if !mixed {
		return f
	}
	lines := append([]forecast.Line(nil), f.Lines...)
	sort.SliceStable(lines, func(i, j int) bool { return lines[i].Key() < lines[j].Key() })
	clear(units)
	f.Lines = nil
	for _, l := range lines {
		u, seen := units[l.Item.ID()]
		if !seen {
			u = l.Unit
			units[l.Item.ID()] = u
		}
		converted, err := l.In(u)
		if err != nil {
			m.note("line %q is left out: %v", artifact.Clip(l.Key()), err)
			continue
		}
		f.Lines = append(f.Lines, converted)
	}
	return f
}

// dropIncluded leaves out agreed supply that the plan already contains, and what speaks of no product at hand.
func (m *matcher) dropIncluded() {
	included := map[block.CID]bool{}
	for _, c := range m.Plan.Includes {
		included[c] = true
	}
	var kept []Supply
	for _, s := range m.Agreed {
		product, known := m.demand.products[s.Product]
		if included[s.Agreement] || !known {
			continue
		}
		s.Product = product
		kept = append(kept, s)
	}
	m.Agreed = kept
}

func productsOf(g Group, products map[string]string) []string {
	seen := map[string]bool{}
	var all []string
	for _, l := range g.Links {
		if p, known := products[l.Product]; known && !seen[p] {
			seen[p] = true
			all = append(all, p)
		}
	}
	sort.Strings(all)
	return all
}

// bestLink is the most precise link that covers the line, or -1: region and category before region before
// category before the product alone. A demand series counts once in a group.
func bestLink(links []Link, products map[string]string, l *demandLine) int {
	best, rank := -1, -1
	for i, k := range links {
		if products[k.Product] != l.product || !regionCovers(k.Region, l.region) || (k.Category != "" && k.Category != l.category) {
			continue
		}
		r := 0
		if k.Region != "" {
			r += 2
		}
		if k.Category != "" {
			r++
		}
		if r > rank {
			best, rank = i, r
		}
	}
	return best
}

// regionCovers reports whether a link or supply for a region serves the line's region: a country serves its parts.
func regionCovers(wide, region string) bool {
	return wide == "" || wide == region || (len(region) > len(wide) && region[:len(wide)] == wide && region[len(wide)] == '-')
}

func (m *matcher) factor(l Link, from, to quantity.Unit) (*big.Int, error) {
	f, err := unitFactor(l, from, to)
	if err != nil {
		return nil, err
	}
	n, exact := f.At(factorScale)
	if !exact || n.Sign() <= 0 {
		return nil, fmt.Errorf("load factor %s is not above zero or has more than %d decimals", f, -factorScale)
	}
	return n, nil
}

// at brings a figure to the scale of the match; figures were made to fit by finest.
func (m *matcher) at(q quantity.Quantity) *big.Int {
	n, ok := q.At(m.scale)
	if !ok {
		panic("capacity: the scale of a match is its finest exponent")
	}
	return n
}
