package forecast

import (
	"fmt"
	"slices"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
)

// addCells puts a cell behind another. The levels of the sum are not known; the accumulated ones are those at its end.
func addCells(a, b Cell) (Cell, error) {
	sum := Cell{Bucket: calendar.Bucket{Start: a.Start, End: b.End}, Cumulative: b.Cumulative, Accumulated: b.Accumulated}
	return sumInto(sum, a, b)
}

func sumInto(sum, a, b Cell) (Cell, error) {
	var err error
	if sum.Mean, err = a.Mean.Add(b.Mean); err != nil {
		return Cell{}, err
	}
	if a.Firmness == b.Firmness {
		sum.Firmness = a.Firmness
	} // else the weakest: planned
	if a.Ordered != nil && b.Ordered != nil {
		ordered, err := a.Ordered.Add(*b.Ordered)
		if err != nil {
			return Cell{}, err
		}
		sum.Ordered = &ordered
	}
	return sum, nil
}

// unlike tells why figures of two lines do not add up; empty where they do.
func unlike(a, b Line) string {
	switch {
	case a.Unit != b.Unit:
		return fmt.Sprintf("units %s and %s", a.Unit, b.Unit)
	case a.BucketBasis != b.BucketBasis:
		return fmt.Sprintf("figures %s and %s of orders", a.BucketBasis, b.BucketBasis)
	case a.DateBasis != b.DateBasis:
		return fmt.Sprintf("dates of %s and of %s", a.DateBasis, b.DateBasis)
	case a.SourcingShare != b.SourcingShare:
		return fmt.Sprintf("sourcing shares of %d and %d ppm", a.SourcingShare, b.SourcingShare)
	}
	return ""
}

// AddLines adds two lines of one item and region: means and ordered quantities, bucket by bucket. Levels of a sum are not known and are left out.
func AddLines(a, b Line) (Line, error) {
	if what := unlike(a, b); what != "" {
		return Line{}, fmt.Errorf("lines of %q in %q have %s: they can't be put together for their region; measure them alike, or let the scope's grain keep sites apart (kontor scope set)", artifact.Clip(a.Item.ID()), a.Location.Key(), what)
	}
	cells := map[calendar.Bucket]Cell{}
	for _, c := range a.Buckets {
		c.Cumulative, c.Quantiles, c.Accumulated = nil, nil, nil
		cells[c.Bucket] = c
	}
	for _, c := range b.Buckets {
		c.Cumulative, c.Quantiles, c.Accumulated = nil, nil, nil
		if have, both := cells[c.Bucket]; both {
			sum, err := sumInto(Cell{Bucket: c.Bucket}, have, c)
			if err != nil {
				return Line{}, err
			}
			c = sum
		}
		cells[c.Bucket] = c
	}
	a.Buckets = make([]Cell, 0, len(cells))
	for _, c := range cells {
		a.Buckets = append(a.Buckets, c)
	}
	slices.SortFunc(a.Buckets, func(x, y Cell) int { return x.Compare(y.Bucket) })
	for i := 1; i < len(a.Buckets); i++ {
		if a.Buckets[i-1].Overlaps(a.Buckets[i].Bucket) {
			return Line{}, fmt.Errorf("lines of %q in %s have buckets that do not line up, %s and %s: they can't be put together for their region", artifact.Clip(a.Item.ID()), a.Location.Key(),
				a.Buckets[i-1].Bucket, a.Buckets[i].Bucket)
		}
	}
	a.Schedule = nil // accumulated quantities and authorisations are a site's
	if a.GapReason == "" {
		a.GapReason = b.GapReason
	}
	return a, nil
}
