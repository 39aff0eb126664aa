package planner

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// Supply is what already stands against a need. Backlog is owed and adds to it.
type Supply struct {
	OnHand, InTransit, Backlog quantity.Quantity
}

// available is on hand plus in transit less backlog; it may be below zero.
func (s Supply) available() (quantity.Quantity, error) {
	return quantity.Sum(s.OnHand, s.InTransit, s.Backlog.Neg())
}

// ExplodeOptions are a maker's own figures. Each may be left out.
type ExplodeOptions struct {
	Products   map[Key]Supply    // finished goods, by product and region
	Components map[string]Supply // components in store
	// Lead is by how many buckets a component must arrive before the bucket in
	// which its product is needed, by product; DefaultLead for all others.
	Lead        map[string]int
	DefaultLead int
}

// maxLead bounds a lead time: beyond it no forecast's horizon reaches.
const maxLead = MaxAhead

// Explosion is demand passed on to the tier before, in its two numbers
// (practice T9).
type Explosion struct {
	Components []ComponentDemand // ascending by name
	// WithoutBill are the products whose need went nowhere, ascending.
	WithoutBill []string
}

// ComponentDemand is the demand for one component.
type ComponentDemand struct {
	Component string
	Unit      quantity.Unit
	Products  []string // that it came from, ascending
	// EndDemand is what the market behind needs, in this component, in the
	// buckets in which it needs the products.
	EndDemand []forecast.Cell
	// Receipts is what the maker means to receive: less its stock of products
	// and component, earlier by the lead time. The horizon is shorter by the
	// longest lead time, because what is needed beyond it isn't known.
	Receipts []forecast.Cell
	// Late is the part of the first bucket's receipts that the lead time would
	// have wanted before the horizon.
	Late quantity.Quantity
	// Comonotone says that quantiles are sums over several series, taken as if all
	// were high together: the widest band that the parts allow.
	Comonotone bool
}

// flow is a need over the buckets: its mean, its quantiles by level, and its
// cumulative quantiles by level. It is exact throughout.
type flow struct {
	mean       []quantity.Quantity
	quantiles  [][]quantity.Quantity
	cumulative [][]quantity.Quantity
}

// Explode turns the need for products into the need for what they are made of.
// The lines' buckets must form one sequence; a bucket a line leaves out counts
// as no need. Quantiles are kept where all lines have the same levels, and
// dropped with a mean only where they differ. All arithmetic is exact; an
// overflow is an error.
func Explode(lines []forecast.Line, bill Bill, o ExplodeOptions) (Explosion, error) {
	buckets, err := sequence(lines)
	if err != nil {
		return Explosion{}, err
	}
	longest, err := o.longestLead(len(buckets))
	if err != nil {
		return Explosion{}, err
	}
	levels, sumLevels := commonLevels(lines)
	type parts struct {
		end, receipts flow
		late          quantity.Quantity
		products      []string
		series        int
	}
	components := map[string]*parts{}
	var out Explosion
	for _, line := range lines {
		product := line.Item.ID()
		uses := bill.of[product]
		if len(uses) == 0 {
			out.WithoutBill = append(out.WithoutBill, product)
			continue
		}
		need := flowOf(line, buckets, levels, sumLevels)
		net, err := need.less(o.Products[Key{product, line.Location.Region}])
		if err != nil {
			return Explosion{}, fmt.Errorf("net the need for %q: %w", product, err)
		}
		planned, late, err := net.earlier(o.leadOf(product), longest, slices.Equal(levels, sumLevels))
		if err != nil {
			return Explosion{}, fmt.Errorf("offset the need for %q: %w", product, err)
		}
		for _, use := range uses {
			p := components[use.Component]
			if p == nil {
				p = &parts{end: emptyFlow(len(buckets), len(levels), len(sumLevels)), receipts: emptyFlow(len(buckets)-longest, len(levels), len(sumLevels))}
				components[use.Component] = p
			}
			extra, err := late.Mul(use.PerUnit)
			if err == nil {
				p.late, err = p.late.Add(extra)
			}
			if err == nil {
				err = p.end.add(need, use.PerUnit)
			}
			if err == nil {
				err = p.receipts.add(planned, use.PerUnit)
			}
			if err != nil {
				return Explosion{}, fmt.Errorf("explode %q into %q: %w", product, use.Component, err)
			}
			p.products = append(p.products, product)
			p.series++
		}
	}
	for _, name := range slices.Sorted(maps.Keys(components)) {
		p := components[name]
		receipts, err := p.receipts.less(o.Components[name])
		if err != nil {
			return Explosion{}, fmt.Errorf("net the need for %q: %w", name, err)
		}
		late := p.late
		if len(receipts.mean) > 0 && receipts.mean[0].Less(late) {
			late = receipts.mean[0]
		}
		out.Components = append(out.Components, ComponentDemand{
			Component: name, Unit: bill.units[name], Products: distinct(p.products),
			EndDemand: p.end.cells(buckets, levels, sumLevels),
			Receipts:  receipts.cells(buckets, levels, sumLevels),
			Late:      late, Comonotone: p.series > 1,
		})
	}
	out.WithoutBill = distinct(out.WithoutBill)
	return out, nil
}

// Lines are the two numbers as lines of a shared forecast. They name the
// component and nothing of the tier behind: no product, no region, no customer.
func (c ComponentDemand) Lines() []forecast.Line {
	line := forecast.Line{
		Item: forecast.Item{BuyersID: c.Component}, Unit: c.Unit,
		Kind: forecast.Total, Category: forecast.Default,
		BucketBasis: forecast.Gross, DateBasis: forecast.ByNeed, SourcingShare: forecast.PPM,
	}
	end, receipts := line, line
	end.Role, end.Buckets = forecast.EndDemand, c.EndDemand
	receipts.Role, receipts.Buckets, receipts.DateBasis = forecast.PlannedReceipts, c.Receipts, forecast.ByArrival
	return []forecast.Line{end, receipts}
}

// sequence is the ascending union of all lines' buckets.
func sequence(lines []forecast.Line) ([]calendar.Bucket, error) {
	var all []calendar.Bucket
	for _, line := range lines {
		for _, cell := range line.Buckets {
			all = append(all, cell.Bucket)
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("explode a forecast without buckets: there is no need to pass on")
	}
	slices.SortFunc(all, calendar.Bucket.Compare)
	all = slices.Compact(all)
	for i := 1; i < len(all); i++ {
		if all[i].Overlaps(all[i-1]) {
			return nil, fmt.Errorf("explode a forecast with buckets %s and %s, which overlap: want one sequence", all[i-1], all[i])
		}
	}
	return all, nil
}

func (o ExplodeOptions) leadOf(product string) int {
	if lead, ok := o.Lead[product]; ok {
		return lead
	}
	return o.DefaultLead
}

func (o ExplodeOptions) longestLead(buckets int) (int, error) {
	longest := o.DefaultLead
	leads := append(slices.Collect(maps.Values(o.Lead)), o.DefaultLead)
	for _, lead := range leads {
		if lead < 0 || lead > maxLead {
			return 0, fmt.Errorf("explode with a lead time of %d buckets: want 0 to %d", lead, maxLead)
		}
		longest = max(longest, lead)
	}
	if longest >= buckets {
		return 0, fmt.Errorf("explode %d buckets with a lead time of %d: nothing of the horizon would be left", buckets, longest)
	}
	return longest, nil
}

// commonLevels are the levels that every cell of every line has, in parts per
// million, for its bucket and for the sums; none where cells differ.
func commonLevels(lines []forecast.Line) (levels, sumLevels []int64) {
	first := true
	for _, line := range lines {
		for _, cell := range line.Buckets {
			l, s := levelsOf(cell.Quantiles), levelsOf(cell.Cumulative)
			if first {
				levels, sumLevels, first = l, s, false
			}
			if !slices.Equal(l, levels) {
				levels = nil
			}
			if !slices.Equal(s, sumLevels) {
				sumLevels = nil
			}
		}
	}
	return levels, sumLevels
}

func levelsOf(quantiles []forecast.Quantile) []int64 {
	levels := make([]int64, len(quantiles))
	for i, q := range quantiles {
		levels[i] = q.P
	}
	return levels
}

// SortLines puts lines in the order of their keys, as a stored document has them.
func SortLines(lines []forecast.Line) {
	slices.SortStableFunc(lines, func(a, b forecast.Line) int { return cmp.Compare(a.Key(), b.Key()) })
}
