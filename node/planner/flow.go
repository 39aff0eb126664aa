package planner

import (
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

func emptyFlow(buckets, levels, sumLevels int) flow {
	f := flow{mean: make([]quantity.Quantity, buckets)}
	for range levels {
		f.quantiles = append(f.quantiles, make([]quantity.Quantity, buckets))
	}
	for range sumLevels {
		f.cumulative = append(f.cumulative, make([]quantity.Quantity, buckets))
	}
	return f
}

// flowOf lays a line over the buckets. Where the line has no bucket, nothing is
// needed and the sum stays what it was.
func flowOf(line forecast.Line, buckets []calendar.Bucket, levels, sumLevels []int64) flow {
	f := emptyFlow(len(buckets), len(levels), len(sumLevels))
	for t, bucket := range buckets {
		cell, ok := line.Cell(bucket)
		if !ok {
			for k := range sumLevels {
				if t > 0 {
					f.cumulative[k][t] = f.cumulative[k][t-1]
				}
			}
			continue
		}
		f.mean[t] = cell.Mean
		for k := range levels {
			f.quantiles[k][t] = cell.Quantiles[k].Q
		}
		for k := range sumLevels {
			f.cumulative[k][t] = cell.Cumulative[k].Q
		}
	}
	return f
}

// add adds other times factor.
func (f flow) add(other flow, factor quantity.Quantity) error {
	if err := addTimes(f.mean, other.mean, factor); err != nil {
		return err
	}
	for k := range f.quantiles {
		if err := addTimes(f.quantiles[k], other.quantiles[k], factor); err != nil {
			return err
		}
	}
	for k := range f.cumulative {
		if err := addTimes(f.cumulative[k], other.cumulative[k], factor); err != nil {
			return err
		}
	}
	return nil
}

func addTimes(to, from []quantity.Quantity, factor quantity.Quantity) error {
	for t, q := range from {
		product, err := q.Mul(factor)
		if err != nil {
			return err
		}
		if to[t], err = to[t].Add(product); err != nil {
			return err
		}
	}
	return nil
}

// less is the need that supply doesn't cover, supply being used up from the
// front. A quantile of a bucket is netted along the path that stays at its level
// in every bucket; a quantile of a sum exactly, since netting a sum never turns
// the order of two outcomes around.
func (f flow) less(s Supply) (flow, error) {
	available, err := s.available()
	if err != nil || available.IsZero() {
		return f, err
	}
	out := flow{}
	if out.mean, err = netPath(f.mean, available); err != nil {
		return flow{}, err
	}
	for _, path := range f.quantiles {
		net, err := netPath(path, available)
		if err != nil {
			return flow{}, err
		}
		out.quantiles = append(out.quantiles, net)
	}
	for _, sums := range f.cumulative {
		net := make([]quantity.Quantity, len(sums))
		for t, q := range sums {
			if net[t], err = q.Sub(available); err != nil {
				return flow{}, err
			}
			net[t] = atLeastZero(net[t])
		}
		out.cumulative = append(out.cumulative, net)
	}
	return out, nil
}

func netPath(path []quantity.Quantity, available quantity.Quantity) ([]quantity.Quantity, error) {
	net := make([]quantity.Quantity, len(path))
	for t, q := range path {
		open, err := q.Sub(available)
		if err != nil {
			return nil, err
		}
		net[t] = atLeastZero(open)
		available = atLeastZero(open.Neg())
	}
	return net, nil
}

func atLeastZero(q quantity.Quantity) quantity.Quantity {
	if q.Sign() < 0 {
		return quantity.Quantity{}
	}
	return q
}

// earlier moves the need forward by lead buckets, cuts the last longest buckets,
// which the horizon no longer covers, and puts what would have been due before
// the first bucket into it; late is that part of the mean. sameLevels says that
// the sums have the buckets' levels, and can then say what that first bucket is.
func (f flow) earlier(lead, longest int, sameLevels bool) (out flow, late quantity.Quantity, err error) {
	left := len(f.mean) - longest
	if out.mean, err = earlierPath(f.mean, lead, left); err != nil {
		return flow{}, quantity.Quantity{}, err
	}
	if late, err = quantity.Sum(f.mean[:lead]...); err != nil {
		return flow{}, quantity.Quantity{}, err
	}
	for k, path := range f.quantiles {
		moved, err := earlierPath(path, lead, left)
		if err != nil {
			return flow{}, quantity.Quantity{}, err
		}
		if sameLevels && lead > 0 {
			moved[0] = f.cumulative[k][lead] // the same level: a true quantile of the sum
		}
		out.quantiles = append(out.quantiles, moved)
	}
	for _, sums := range f.cumulative {
		out.cumulative = append(out.cumulative, append([]quantity.Quantity(nil), sums[lead:lead+left]...))
	}
	return out, late, nil
}

func earlierPath(path []quantity.Quantity, lead, left int) ([]quantity.Quantity, error) {
	first, err := quantity.Sum(path[:lead+1]...)
	if err != nil {
		return nil, err
	}
	return append([]quantity.Quantity{first}, path[lead+1:lead+left]...), nil
}

func (f flow) cells(buckets []calendar.Bucket, levels, sumLevels []int64) []forecast.Cell {
	cells := make([]forecast.Cell, len(f.mean))
	for t := range cells {
		cells[t] = forecast.Cell{Bucket: buckets[t], Mean: f.mean[t]}
		for k, p := range levels {
			cells[t].Quantiles = append(cells[t].Quantiles, forecast.Quantile{P: p, Q: f.quantiles[k][t]})
		}
		for k, p := range sumLevels {
			cells[t].Cumulative = append(cells[t].Cumulative, forecast.Quantile{P: p, Q: f.cumulative[k][t]})
		}
	}
	return cells
}
