package capacity

import (
	"fmt"
	"math/big"
	"slices"

	"kontor/protocol/artifact"
	"kontor/protocol/forecast"
)

// Matching is a match in parts: each active group and each product with its stock is one. Parts read the same and write each its own, so a caller
// with several cores may make them at the same time; what comes of it is the same in any order.
type Matching struct {
	matcher *matcher
	parts   []part
	groups  int // parts before this index are groups
	pools   []pool
}

// Prepare reads the documents of a match. Its errors are those of Match that speak of the documents.
func Prepare(in Input) (*Matching, error) {
	for _, found := range [][]artifact.Finding{forecast.Check(in.Forecast), CheckPlan(in.Plan)} {
		if len(found) > 0 {
			return nil, fmt.Errorf("match: %w", found[0])
		}
	}
	if len(in.Agreed) > MaxAgreed {
		return nil, fmt.Errorf("match: %d agreed supplies are more than %d", len(in.Agreed), MaxAgreed)
	}
	m, err := prepare(in, false)
	if err != nil {
		return nil, fmt.Errorf("match: %w", err)
	}
	return m, nil
}

func prepare(in Input, exact bool) (*Matching, error) {
	if in.Risk == 0 {
		in.Risk = DefaultRisk
	}
	m, err := newMatcher(in, exact)
	if err != nil {
		return nil, err
	}
	out := &Matching{matcher: m, groups: len(m.groups), pools: m.pools()}
	out.parts = make([]part, len(m.groups)+len(out.pools))
	m.stocks = m.productStocks()
	left := MaxGridWork
	for i := range out.parts {
		p := &out.parts[i]
		p.matcher, p.gridWork = m, left
		if i < out.groups {
			g := m.groups[i]
			if p.opening = m.groupOpening(g); p.opening != nil {
				left -= len(g.Capacities) * gridWork(len(g.loads))
			}
		} else {
			left -= out.pools[i-out.groups].gridWork()
		}
		left = max(left, 0)
	}
	for _, p := range out.pools {
		if err := m.spend(len(p.axis) * len(p.lines)); err != nil {
			return nil, err
		}
		for _, i := range m.makers[p.product] {
			g := m.groups[i]
			if err := m.spend(len(g.Links) + len(g.Slots) + len(g.Capacities)); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// gridWork is the most that the pool's grids can take.
func (p pool) gridWork() int {
	if p.position == nil || p.position.Stock == nil {
		return 0
	}
	return len(p.axis) * gridWork(len(p.lines))
}

// part is one part of a match while it is made.
type part struct {
	*matcher
	grids    scratch
	gridWork int  // multiplications left for the independent end of sums
	tooLarge bool // they were not enough
	notes    []string
	opening  *big.Int // of a group: see groupOpening
	group    GroupMatch
	product  ProductMatch
	err      error
}

func (p *part) note(format string, args ...any) { p.notes = noted(p.notes, format, args...) }

// Parts is how many parts there are.
func (m *Matching) Parts() int { return len(m.parts) }

// Make makes one part, from 0 on. Several may be made at the same time, each of them once.
func (m *Matching) Make(i int) {
	p := &m.parts[i]
	if i < m.groups {
		g := m.matcher.groups[i]
		if p.group, p.err = p.matchGroup(g); p.err != nil {
			p.err = fmt.Errorf("match group %q: %w", artifact.Clip(g.ID), p.err)
		}
	} else {
		of := m.pools[i-m.groups]
		if p.product, p.err = p.matchProduct(of); p.err != nil {
			p.err = fmt.Errorf("match product %q: %w", artifact.Clip(of.product), p.err)
		}
	}
	p.grids = scratch{}
}

// Result is the match once all parts have been made, or the first part's error.
func (m *Matching) Result() (Result, error) {
	in := m.matcher.Input
	r := Result{Forecast: in.ForecastCID, Plan: in.PlanCID, Risk: in.Risk, Notes: append(slices.Clone(in.Notes), m.matcher.notes...)}
	tooLarge := false
	for i := range m.parts {
		p := &m.parts[i]
		if p.err != nil {
			return Result{}, p.err
		}
		if i < m.groups {
			r.Groups = append(r.Groups, p.group)
		} else {
			r.Products = append(r.Products, p.product)
		}
		for _, n := range p.notes {
			r.Notes = noted(r.Notes, "%s", n)
		}
		if p.tooLarge && !tooLarge {
			tooLarge = true
			r.Notes = noted(r.Notes, "the match is too large for the independent end of every sum: from here on the comonotone end stands alone")
		}
	}
	for i := range m.matcher.demand.lines {
		if l := &m.matcher.demand.lines[i]; !l.linked {
			r.Unlinked = append(r.Unlinked, l.key)
		}
	}
	return r, nil
}
