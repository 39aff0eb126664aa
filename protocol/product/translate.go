package product

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// maxSaid is how many notes of a translation are kept: a person reads them.
const maxSaid = 50

// translation turns a buyer's lines into a seller's.
type translation struct {
	links []Link
	unit  func(sellers string) quantity.Unit
	lines map[string]int // of out, by key
	out   []forecast.Line
	notes []string
	more  int
}

// InSellers is a buyer's forecast in the numbers of its seller, by the links that hold on the first day of each bucket at the place of the line: every quantity times
// the units of the seller's item in one of the buyer's, exactly; an item that is made of parts of a kit as each of its parts; alternatives by their shares, where
// these sum to one. Buyer's items that are one item of the seller add up. unit names what the seller counts an item in; "" where it is not known. What can't be translated
// stays in the buyer's numbers, and the notes say what became of what, with the figures as they were. It is a view for the seller's own systems: both sides
// go on speaking of the document by the buyer's numbers.
func InSellers(d forecast.Document, links []Link, unit func(sellers string) quantity.Unit) (forecast.Document, []string, error) {
	t := &translation{links: links, unit: unit, lines: map[string]int{}}
	for _, l := range d.Lines {
		if err := t.line(l); err != nil {
			return forecast.Document{}, nil, fmt.Errorf("line %q: %w", artifact.Clip(l.Key()), err)
		}
	}
	d.Lines = t.out
	if t.more > 0 {
		t.notes = append(t.notes, fmt.Sprintf("and %d notes more", t.more))
	}
	return d, t.notes, nil
}

func (t *translation) note(format string, args ...any) {
	if len(t.notes) < maxSaid {
		t.notes = append(t.notes, fmt.Sprintf(format, args...))
	} else {
		t.more++
	}
}

// line translates one line: run by run of buckets with the same links.
func (t *translation) line(l forecast.Line) error {
	id := l.Item.ID()
	for at := 0; at < len(l.Buckets); {
		links := t.into(l, l.Buckets[at].Start)
		end := at + 1
		for end < len(l.Buckets) && slices.Equal(links, t.into(l, l.Buckets[end].Start)) {
			end++
		}
		part := l
		part.Buckets = slices.Clone(l.Buckets[at:end])
		whole := len(part.Buckets) == len(l.Buckets)
		if !whole { // what accumulates from another bucket on is another's
			part.Schedule = nil
			if at == 0 { // what is overdue is due before the first of them
				part.Schedule = owed(backlogOf(l))
			}
			for i := range part.Buckets {
				part.Buckets[i].Cumulative, part.Buckets[i].Accumulated = nil, nil
			}
		}
		at = end
		days := calendar.Bucket{Start: part.Buckets[0].Start, End: part.Buckets[len(part.Buckets)-1].End}
		if len(links) == 0 {
			t.keep(part)
			continue
		}
		for _, k := range links {
			own, err := t.as(part, k)
			if err != nil {
				return err
			}
			switch {
			case k.Kit:
				t.note("%s in %s: each is a kit with %s of %s, so the first %s %s became %s %s", id, days, k.Units, k.Sellers, part.Buckets[0].Mean, l.Unit, own.Buckets[0].Mean, own.Unit)
			case k.Share != 0 && k.Share != forecast.PPM:
				t.note("%s in %s: %d ppm of it are %s, %s in one, so the first %s %s became %s %s", id, days, k.Share, k.Sellers, k.Units, part.Buckets[0].Mean, l.Unit, own.Buckets[0].Mean, own.Unit)
			default:
				t.note("%s in %s is %s, %s in one, so the first %s %s became %s %s", id, days, k.Sellers, k.Units, part.Buckets[0].Mean, l.Unit, own.Buckets[0].Mean, own.Unit)
			}
			if err := t.put(own, part); err != nil {
				return err
			}
		}
	}
	return nil
}

// into are the links of a line on a day; none where it stays as it is.
func (t *translation) into(l forecast.Line, day calendar.Date) []Link {
	if l.Members > 0 {
		return nil // a family's figures are those of no item
	}
	found := Find(t.links, OfBuyer, l.Item.ID(), l.Location, day)
	kits, shares := 0, int64(0)
	for _, k := range found {
		if k.Kit {
			kits++
		}
		shares += k.Share
	}
	switch {
	case len(found) == 1 && (kits == 1 || shares == 0 || shares == forecast.PPM), kits > 1 && kits == len(found), kits == 0 && len(found) > 1 && shares == forecast.PPM:
		return found
	case len(found) > 1 && kits == 0:
		t.stays(l, fmt.Sprintf("is one of %d items, and their shares do not sum to the whole", len(found)))
	case len(found) > 0:
		t.stays(l, "is parts of a kit and alternatives at once, or a share of the need alone")
	default:
		t.stays(l, "has no number of the seller")
	}
	return nil
}

func (t *translation) stays(l forecast.Line, why string) {
	if text := fmt.Sprintf("%s %s: it stays in the buyer's numbers", l.Item.ID(), why); !slices.Contains(t.notes, text) {
		t.note("%s", text)
	}
}

// as is a line as the item that a link names.
func (t *translation) as(l forecast.Line, k Link) (forecast.Line, error) {
	factor := k.Units
	if k.Share != 0 && k.Share != forecast.PPM {
		share, err := quantity.FromBig(big.NewInt(k.Share), -6)
		if err != nil {
			return l, err
		}
		if factor, err = factor.Mul(share); err != nil {
			return l, err
		}
	}
	own := l
	own.Item = forecast.Item{SellersID: k.Sellers, GTIN: k.GTIN, Description: l.Item.Description}
	if k.Description != "" {
		own.Item.Description = k.Description
	}
	if u := t.unit(k.Sellers); u != "" {
		own.Unit = u
	} else if slices.ContainsFunc(t.links, func(other Link) bool { return other.Sellers == k.Sellers && other.Units != quantity.Of(1) }) {
		own.Unit = quantity.Piece
	}
	own.Lifecycle, own.Ext = nil, nil // of the buyer's item alone, as is what accumulates
	var failed error
	times := func(q quantity.Quantity) quantity.Quantity {
		out, err := q.Mul(factor)
		if err != nil && failed == nil {
			failed = fmt.Errorf("%s times %s: %w", q, factor, err)
		}
		return out
	}
	levels := func(list []forecast.Quantile) (out []forecast.Quantile) {
		for _, q := range list {
			out = append(out, forecast.Quantile{P: q.P, Q: times(q.Q)})
		}
		return out
	}
	own.Lot, own.Schedule = times(l.Lot), nil
	if debt := backlogOf(l); debt != nil {
		q := times(*debt)
		own.Schedule = owed(&q)
	}
	own.Buckets = make(forecast.Cells, len(l.Buckets))
	for i, c := range l.Buckets {
		c.Mean, c.Quantiles, c.Cumulative = times(c.Mean), levels(c.Quantiles), levels(c.Cumulative)
		if c.Ordered != nil {
			q := times(*c.Ordered)
			c.Ordered = &q
		}
		c.Accumulated = nil
		own.Buckets[i] = c
	}
	return own, failed
}

// put adds a translated line to those that are there; where the two do not add up the buyer's stays.
func (t *translation) put(own, was forecast.Line) error {
	key := own.Key()
	at, known := t.lines[key]
	if !known {
		t.lines[key] = len(t.out)
		t.out = append(t.out, own)
		return nil
	}
	add := forecast.AddLines
	if !overlap(t.out[at], own) {
		add = follow
	}
	debt, failed := both(backlogOf(t.out[at]), backlogOf(own))
	sum, err := add(t.out[at], own)
	if sum.Schedule = owed(debt); err == nil {
		err = failed
	}
	if err != nil {
		t.note("%s stays in the buyer's numbers beside %s: %v", was.Item.ID(), own.Item.ID(), err)
		t.keep(was)
		return nil
	}
	if hasGap(sum) && sum.GapReason == "" {
		sum.GapReason = "other items in between"
	}
	t.out[at] = sum
	return nil
}

// backlogOf is what a line's schedule calls overdue; nil for nothing.
func backlogOf(l forecast.Line) *quantity.Quantity {
	if l.Schedule == nil {
		return nil
	}
	return l.Schedule.Backlog
}

func owed(debt *quantity.Quantity) *forecast.Schedule {
	if debt == nil {
		return nil
	}
	return &forecast.Schedule{Backlog: debt}
}

func both(a, b *quantity.Quantity) (*quantity.Quantity, error) {
	if a == nil || b == nil {
		return cmp.Or(a, b), nil
	}
	sum, err := a.Add(*b)
	return &sum, err
}

func overlap(a, b forecast.Line) bool {
	return slices.ContainsFunc(a.Buckets, func(x forecast.Cell) bool {
		return slices.ContainsFunc(b.Buckets, func(y forecast.Cell) bool { return x.Overlaps(y.Bucket) })
	})
}

// follow puts periods of a line beside others of it: no figure is a sum, so that each keeps its levels.
func follow(a, b forecast.Line) (forecast.Line, error) {
	if a.Unit != b.Unit || a.BucketBasis != b.BucketBasis || a.DateBasis != b.DateBasis || a.SourcingShare != b.SourcingShare {
		return a, fmt.Errorf("they are counted in %s and %s, or by other bases", a.Unit, b.Unit)
	}
	a.Buckets = append(slices.Clone(a.Buckets), b.Buckets...)
	slices.SortFunc(a.Buckets, func(x, y forecast.Cell) int { return x.Compare(y.Bucket) })
	for i := range a.Buckets {
		a.Buckets[i].Cumulative = nil
	}
	return a, nil
}

// keep leaves a line as it is: beside a part of the same line that was left before.
func (t *translation) keep(l forecast.Line) {
	key := l.Key()
	if at, known := t.lines[key]; known {
		t.out[at].Buckets = append(slices.Clone(t.out[at].Buckets), l.Buckets...)
		slices.SortFunc(t.out[at].Buckets, func(a, b forecast.Cell) int { return a.Compare(b.Bucket) })
		if hasGap(t.out[at]) && t.out[at].GapReason == "" {
			t.out[at].GapReason = "translated in between"
		}
		return
	}
	t.lines[key] = len(t.out)
	t.out = append(t.out, l)
}

func hasGap(l forecast.Line) bool {
	for i := 1; i < len(l.Buckets); i++ {
		if l.Buckets[i-1].End < l.Buckets[i].Start {
			return true
		}
	}
	return false
}
