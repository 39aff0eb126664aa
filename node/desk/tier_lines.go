package desk

import (
	"cmp"
	"fmt"
	"slices"

	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// What customers ask for, made ready to be exploded: gross, less what must not pass, and one line for each product and place whose stock
// is netted together. All of it is exact.

// grossLine adds what is ordered already to a line that leaves it out: ingredients are needed for orders too.
func grossLine(l forecast.Line) (forecast.Line, error) {
	if l.BucketBasis != forecast.NetOfOrders {
		return l, nil
	}
	l.BucketBasis = forecast.Gross
	l.Buckets = slices.Clone(l.Buckets)
	var sum quantity.Quantity
	for i, c := range l.Buckets {
		if c.Ordered != nil {
			var err error
			if sum, err = sum.Add(*c.Ordered); err == nil {
				c, err = shiftCell(c, *c.Ordered, quantity.Quantity{})
			}
			if err != nil {
				return l, err
			}
		}
		var err error
		if c.Cumulative, err = shifted(c.Cumulative, sum); err != nil {
			return l, err
		}
		l.Buckets[i] = c
	}
	return l, nil
}

// shiftCell moves a cell's figures by one amount and its cumulative ones by another; nothing falls below zero.
func shiftCell(c forecast.Cell, by, cumulative quantity.Quantity) (forecast.Cell, error) {
	var err error
	if c.Mean, err = addFloored(c.Mean, by); err != nil {
		return c, err
	}
	if c.Quantiles, err = shifted(c.Quantiles, by); err != nil {
		return c, err
	}
	c.Cumulative, err = shifted(c.Cumulative, cumulative)
	return c, err
}

func shifted(qs []forecast.Quantile, by quantity.Quantity) ([]forecast.Quantile, error) {
	if by.IsZero() {
		return qs, nil
	}
	out := slices.Clone(qs)
	for i := range out {
		var err error
		if out[i].Q, err = addFloored(out[i].Q, by); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func addFloored(q, by quantity.Quantity) (quantity.Quantity, error) {
	sum, err := q.Add(by)
	if err == nil && sum.Sign() < 0 {
		return quantity.Quantity{}, nil
	}
	return sum, err
}

// lessChange takes a change between two versions of a forecast off the lines of a later one: the difference of the means moves every
// figure of the cell, as a sure amount would.
func lessChange(lines, from, to []forecast.Line) ([]forecast.Line, error) {
	type place struct {
		key    string
		bucket calendar.Bucket
	}
	change := map[place]quantity.Quantity{}
	for sign, version := range [][]forecast.Line{to, from} {
		for _, l := range version {
			for _, c := range l.Buckets {
				at, mean := place{l.Key(), c.Bucket}, c.Mean.Neg()
				if sign == 1 {
					mean = c.Mean
				}
				var err error
				if change[at], err = change[at].Add(mean); err != nil {
					return nil, err
				}
			}
		}
	}
	out := slices.Clone(lines)
	for i, l := range out {
		l.Buckets = slices.Clone(l.Buckets)
		var sum quantity.Quantity
		for j, c := range l.Buckets {
			by := change[place{l.Key(), c.Bucket}]
			var err error
			if sum, err = sum.Add(by); err == nil {
				c, err = shiftCell(c, by, sum)
			}
			if err != nil {
				return nil, err
			}
			if j > 0 {
				c.Cumulative = notBelow(c.Cumulative, l.Buckets[j-1].Cumulative)
			}
			l.Buckets[j] = c
		}
		out[i] = l
	}
	return out, nil
}

// notBelow lifts levels to those of the bucket before: what has accumulated does not vanish.
func notBelow(qs, before []forecast.Quantile) []forecast.Quantile {
	if len(qs) != len(before) {
		return qs
	}
	out := slices.Clone(qs)
	for i := range out {
		if out[i].Q.Less(before[i].Q) {
			out[i].Q = before[i].Q
		}
	}
	return out
}

// pool adds up the lines of one product and place, so that its stock is netted once. Products whose stock names no place are pooled over all
// places.
func pool(lines []forecast.Line, everywhere map[string]bool) ([]forecast.Line, error) {
	type key struct{ product, region string }
	byKey := map[key][]forecast.Line{}
	var order []key
	units := map[string]quantity.Unit{}
	for _, l := range lines {
		product := l.Item.ID()
		k := key{product, l.Location.Region}
		if everywhere[product] {
			k.region = ""
		}
		if units[product] == "" {
			units[product] = l.Unit
		}
		l, err := l.In(units[product])
		if err != nil {
			return nil, fmt.Errorf("demand for %q: %w", product, err)
		}
		if l, err = grossLine(l); err != nil {
			return nil, fmt.Errorf("demand for %q: %w", product, err)
		}
		if byKey[k] == nil {
			order = append(order, k)
		}
		byKey[k] = append(byKey[k], l)
	}
	slices.SortFunc(order, func(a, b key) int { return cmp.Or(cmp.Compare(a.product, b.product), cmp.Compare(a.region, b.region)) })
	var out []forecast.Line
	for _, k := range order {
		sum, err := addLines(byKey[k])
		if err != nil {
			return nil, fmt.Errorf("demand for %q: %w", k.product, err)
		}
		sum.Item, sum.Location = forecast.Item{BuyersID: k.product}, forecast.Location{Region: k.region}
		out = append(out, sum)
	}
	return out, nil
}

// addLines sums lines of one unit, bucket by bucket. Levels are kept where all lines have the same ones; summing them takes all to be
// high together, the widest band the parts allow.
func addLines(lines []forecast.Line) (forecast.Line, error) {
	sum := lines[0]
	if len(lines) == 1 {
		return sum, nil
	}
	var buckets []calendar.Bucket
	for _, l := range lines {
		for _, c := range l.Buckets {
			buckets = append(buckets, c.Bucket)
		}
	}
	slices.SortFunc(buckets, calendar.Bucket.Compare)
	buckets = slices.Compact(buckets)
	sum.Buckets = nil
	before := make([][]forecast.Quantile, len(lines)) // what each line had accumulated
	for i, l := range lines {
		if len(l.Buckets) > 0 {
			before[i] = atZero(l.Buckets[0].Cumulative)
		}
	}
	for _, b := range buckets {
		total := forecast.Cell{Bucket: b}
		for i, l := range lines {
			c, has := l.Cell(b)
			if !has {
				c = forecast.Cell{Bucket: b, Cumulative: before[i]}
				if len(l.Buckets) > 0 {
					c.Quantiles = atZero(l.Buckets[0].Quantiles)
				}
			}
			before[i] = c.Cumulative
			var err error
			if total.Mean, err = total.Mean.Add(c.Mean); err != nil {
				return sum, err
			}
			if total.Quantiles, err = addLevels(total.Quantiles, c.Quantiles, i == 0); err != nil {
				return sum, err
			}
			if total.Cumulative, err = addLevels(total.Cumulative, c.Cumulative, i == 0); err != nil {
				return sum, err
			}
		}
		sum.Buckets = append(sum.Buckets, total)
	}
	return sum, nil
}

func atZero(qs []forecast.Quantile) []forecast.Quantile {
	out := make([]forecast.Quantile, len(qs))
	for i, q := range qs {
		out[i].P = q.P
	}
	return out
}

func addLevels(a, b []forecast.Quantile, first bool) ([]forecast.Quantile, error) {
	if first {
		return b, nil
	}
	if len(a) != len(b) {
		return nil, nil
	}
	out := slices.Clone(a)
	for i := range out {
		if a[i].P != b[i].P {
			return nil, nil
		}
		var err error
		if out[i].Q, err = a[i].Q.Add(b[i].Q); err != nil {
			return nil, err
		}
	}
	return out, nil
}
