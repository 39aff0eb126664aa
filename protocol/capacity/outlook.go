package capacity

import (
	"math/big"
	"slices"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// Outlook is what a match expects for some cells, in whole units: the two figures of an option that Partnership Value is computed from.
type Outlook struct {
	Short quantity.Quantity // the largest shortage expected at the end of a period
	Over  quantity.Quantity // what is expected to lie there at the end of the last one
}

// Outlook reads a match over products, regions ("*" is every region without a stock of its own) and days; each figure is the middle of its two ends,
// summed over products and regions. A product without a cover view is read from the contract view of the groups that make it: the load above their
// actual capacity, in their units. It depends on nothing but the match and the cells named, so that either side computes it again.
func (r Result) Outlook(products, regions []string, horizon calendar.Bucket) (o Outlook, err error) {
	var groups []string
	for _, m := range r.Products {
		region := m.Region
		if region == "" {
			region = artifact.All
		}
		if !slices.Contains(products, m.Product) || !slices.Contains(regions, region) {
			continue
		}
		var short, over int64
		covered := false
		for _, c := range m.Buckets {
			if c.Cover == nil || !horizon.Covers(c.Bucket) {
				continue
			}
			covered = true
			short, over = max(short, middle(c.Cover.Expected)), middle(c.Cover.Over)
		}
		if !covered {
			groups = append(groups, m.Groups...)
			continue
		}
		if o.Short, err = o.Short.Add(quantity.Of(short)); err != nil {
			return o, err
		}
		if o.Over, err = o.Over.Add(quantity.Of(over)); err != nil {
			return o, err
		}
	}
	for _, g := range r.Groups {
		if !slices.Contains(groups, g.Group) {
			continue
		}
		for _, c := range g.Buckets {
			if !horizon.Covers(c.Bucket) {
				continue
			}
			if o.Short, err = o.Short.Add(c.Excess); err != nil {
				return o, err
			}
		}
	}
	return o, nil
}

// middle of a range, in whole units, half-up.
func middle(r Range) int64 { return (whole(r.Lower) + whole(r.Upper) + 1) / 2 }

// whole is a quantity in whole units, half-up; 0 where it does not fit.
func whole(q quantity.Quantity) int64 {
	r, err := q.Round(0)
	if err != nil {
		return 0
	}
	n, exact := r.At(0)
	if !exact || n.Cmp(big.NewInt(1<<53)) > 0 {
		return 0
	}
	return n.Int64()
}
