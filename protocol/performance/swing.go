package performance

import (
	"cmp"
	"slices"

	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/measure"
	"kontor/protocol/quantity"
)

// Swing is how much more the orders of a product at a place swing than the demand behind them, over buckets of one length.
type Swing struct {
	Item   forecast.Item
	Place  forecast.Location
	Unit   quantity.Unit
	Bucket calendar.Bucket // the first one: days, weeks, four weeks, months and quarters are never put together
	Orders measure.Amplification
}

// length is how long a bucket is: whole calendar months, whose days differ, or else days. February of 28 days is a month and no four weeks.
type length struct{ months, days int }

func lengthOf(b calendar.Bucket) length {
	first, end := b.Start.Month(), b.End.Month()
	if b.Start == first.First() && b.End == end.First() {
		return length{months: int(end - first)}
	}
	return length{days: b.Days()}
}

// Swings compares what was ordered with what was wanted, product by product and place by place, in the order of their keys. What is wanted is the figure given:
// the demand, or what was sold. Buckets that lack one of the two are no part of it; promoted tells of a bucket in which a campaign runs, which swings on purpose.
func Swings(actuals []Settled, wanted Figure, promoted func(Cell) bool) []Swing {
	type key struct {
		item, place string
		unit        quantity.Unit
		bucket      length
	}
	all := map[key]*Swing{}
	for _, c := range actuals {
		behind := *c.At(wanted)
		disputed := slices.Contains(c.Disputed, wanted) || slices.Contains(c.Disputed, Ordered)
		if !disputed && (c.Ordered == nil || behind == nil) {
			continue
		}
		at := key{c.Item.ID(), c.Place.Key(), c.Unit, lengthOf(c.Bucket)}
		s := all[at]
		if s == nil {
			s = &Swing{Item: c.Item, Place: c.Place, Unit: c.Unit, Bucket: c.Bucket}
			all[at] = s
		}
		if disputed {
			s.Orders.Exclude(measure.Disputed)
			continue
		}
		s.Orders.Add(*c.Ordered, *behind, promoted(c.Cell))
		s.Orders.Cover(c.Bucket)
	}
	out := make([]Swing, 0, len(all))
	for _, s := range all {
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b Swing) int {
		return cmp.Or(cmp.Compare(a.Item.ID(), b.Item.ID()), cmp.Compare(a.Place.Key(), b.Place.Key()), cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.Bucket.Days(), b.Bucket.Days()), a.Bucket.Compare(b.Bucket))
	})
	return out
}
