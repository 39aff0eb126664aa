package capacity

import (
	"fmt"
	"slices"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// CheckLadder tells why a ladder is none for plans; "" for a good one. A plan names the products and regions that it is matched by, so of the grain its periods
// alone can be set: figures by family or country would load no line.
func CheckLadder(ladder []artifact.Step) string {
	for _, s := range ladder {
		if s.Place == artifact.Country || s.Level == artifact.Family {
			return fmt.Sprintf("%s: a capacity plan names products and regions to be matched by; want the periods alone, such as 56:WEEK:REGION", s)
		}
	}
	return artifact.CheckLadder(ladder)
}

// Coarsen brings the figures of every group to the periods that a ladder allows for their horizon, seen from a day (practice T3). Actual, maximum and agreed
// capacity and delta production add up exactly; quantiles of a sum are not known and are left out, as is an agreed capacity that one of the periods does not
// name. What free tells of stays as it is. Slots, shutdowns and stock are no series and leave as they are.
func Coarsen(p Plan, ladder []artifact.Step, from calendar.Date, free func(Group, calendar.Bucket) bool) (Plan, []string, error) {
	if len(ladder) == 0 {
		return p, nil, nil
	}
	if why := CheckLadder(ladder); why != "" {
		return Plan{}, nil, fmt.Errorf("grain of capacity: %s", why)
	}
	joined := 0
	p.Groups = slices.Clone(p.Groups)
	for i, g := range p.Groups {
		var kept []Capacity
		for _, c := range g.Capacities {
			step := artifact.StepAt(ladder, from, c.Start).Time
			n := len(kept) - 1
			if n < 0 || artifact.StepAt(ladder, from, kept[n].Start).Time != step || !step.Joins(kept[n].Bucket, c.Bucket) || free != nil && (free(g, c.Bucket) || free(g, kept[n].Bucket)) {
				kept = append(kept, c)
				continue
			}
			joined++
			sum, err := kept[n].and(c)
			if err != nil {
				return Plan{}, nil, fmt.Errorf("capacity of %q in %s: %w", artifact.Clip(g.ID), c.Bucket, err)
			}
			kept[n] = sum
		}
		p.Groups[i].Capacities = kept
	}
	var notes []string
	if joined > 0 {
		notes = append(notes, fmt.Sprintf("%d periods of capacity were put together by horizon (practice T3); they have no quantiles of their own", joined))
	}
	return p, notes, nil
}

// and is the capacity of two periods, the second right after the first.
func (c Capacity) and(next Capacity) (sum Capacity, err error) {
	sum.Bucket = calendar.Bucket{Start: c.Start, End: next.End}
	if sum.Actual, err = c.Actual.Add(next.Actual); err != nil {
		return Capacity{}, err
	}
	if sum.Maximum, err = c.Maximum.Add(next.Maximum); err != nil {
		return Capacity{}, err
	}
	if c.Agreed != nil && next.Agreed != nil {
		if sum.Agreed, err = added(c.Agreed, next.Agreed); err != nil {
			return Capacity{}, err
		}
	}
	if c.Delta != nil || next.Delta != nil { // what names none was moved by none
		sum.Delta, err = added(c.Delta, next.Delta)
	}
	return sum, err
}

func added(a, b *quantity.Quantity) (*quantity.Quantity, error) {
	var sum quantity.Quantity
	for _, q := range []*quantity.Quantity{a, b} {
		if q == nil {
			continue
		}
		var err error
		if sum, err = sum.Add(*q); err != nil {
			return nil, err
		}
	}
	return &sum, nil
}
