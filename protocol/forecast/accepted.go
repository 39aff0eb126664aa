package forecast

import (
	"fmt"
	"slices"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// Accepted is a quantity that an agreement fixes for the demand of a product in a region and a period: it takes the place of what a
// forecast says there.
type Accepted struct {
	Product  string // any identifier of the item
	Region   string // artifact.All: every region together
	Bucket   calendar.Bucket
	Quantity quantity.Quantity
	Unit     quantity.Unit
}

// acceptedDecimals is the precision at which an agreed quantity is spread over the cells it stands for.
const acceptedDecimals = 6

// spot is one cell of a document that an accepted quantity speaks of.
type spot struct{ line, cell int }

// places lists the cells of all demand inside an accepted cell: TOTAL lines, and parts where no TOTAL stands beside them.
func (a Accepted) places(lines []Line) (out []spot) {
	totals := map[string]bool{}
	whole := func(l Line) string {
		return JoinKey(l.Item.ID(), l.Location.Key(), string(l.Category), string(l.Role))
	}
	for _, l := range lines {
		if l.Kind == Total {
			totals[whole(l)] = true
		}
	}
	for i, l := range lines {
		named := a.Product == l.Item.BuyersID || a.Product == l.Item.SellersID || a.Product == l.Item.GTIN
		if a.Product == "" || !named || l.Role == EndDemand || l.Kind != Total && totals[whole(l)] || a.Region != artifact.All && a.Region != l.Location.Region {
			continue
		}
		for j, c := range l.Buckets {
			if a.Bucket.Covers(c.Bucket) {
				out = append(out, spot{i, j})
			}
		}
	}
	return out
}

// Asked is what a forecast asks for in an accepted cell, in its unit; ok is false where it says nothing about it, or in another dimension.
func (a Accepted) Asked(d Document) (sum quantity.Quantity, ok bool, err error) {
	for _, p := range a.places(d.Lines) {
		l := d.Lines[p.line]
		if l.Unit.Dimension() != a.Unit.Dimension() {
			return sum, false, nil
		}
		q, err := quantity.Convert(l.Buckets[p.cell].Mean, l.Unit, a.Unit)
		if err != nil {
			return sum, false, err
		}
		if sum, err = sum.Add(q); err != nil {
			return sum, false, err
		}
		ok = true
	}
	return sum, ok, nil
}

// Departs tells whether a forecast asks for materially other quantities than were accepted (practice T1).
func (a Accepted) Departs(d Document) (bool, error) {
	asked, ok, err := a.Asked(d)
	if err != nil || !ok {
		return false, err
	}
	delta, err := asked.Sub(a.Quantity)
	if err != nil {
		return false, err
	}
	lot := d.Lines[a.places(d.Lines)[0].line].Lot
	return Material(Change{Old: &Cell{Mean: a.Quantity}, New: &Cell{Mean: asked}, Delta: delta, Lot: lot}, d.ToleranceAt(a.Bucket)), nil
}

// WithAccepted is a forecast with accepted quantities in their cells. The difference to what it says is spread over the cells in proportion
// to their means; bands move along, since what is agreed is the level and not how uncertain it is. What finds no cell is noted.
func WithAccepted(d Document, list []Accepted) (Document, []string, error) {
	if len(list) == 0 {
		return d, nil, nil
	}
	var notes []string
	lines := slices.Clone(d.Lines)
	own := map[int]bool{}
	for _, a := range list {
		sum, ok, err := a.Asked(Document{Lines: lines})
		if err != nil {
			return d, nil, fmt.Errorf("accepted demand of %q: %w", artifact.Clip(a.Product), err)
		}
		if !ok {
			notes = append(notes, fmt.Sprintf("the forecast says nothing about %q in %q, %s: the accepted %s %s are not in the demand", artifact.Clip(a.Product), artifact.Clip(a.Region), a.Bucket, a.Quantity, a.Unit))
			continue
		}
		places := a.places(lines)
		left, err := a.Quantity.Sub(sum)
		if err != nil {
			return d, nil, err
		}
		delta := left
		for i, p := range places {
			if !own[p.line] {
				lines[p.line].Buckets, own[p.line] = slices.Clone(lines[p.line].Buckets), true
			}
			l := &lines[p.line]
			part := left
			if i < len(places)-1 {
				if part, err = share(delta, l.Buckets[p.cell].Mean, sum, l.Unit, a.Unit); err != nil {
					return d, nil, err
				}
			}
			if left, err = left.Sub(part); err != nil {
				return d, nil, err
			}
			if part, err = quantity.Convert(part, a.Unit, l.Unit); err == nil {
				err = l.shift(p.cell, part)
			}
			if err != nil {
				return d, nil, fmt.Errorf("accepted demand of %q: %w", artifact.Clip(a.Product), err)
			}
		}
	}
	d.Lines = lines
	return d, notes, nil
}

// share is delta × mean / sum, cut off at acceptedDecimals; nothing where there is nothing to share by.
func share(delta, mean, sum quantity.Quantity, from, to quantity.Unit) (part quantity.Quantity, err error) {
	if sum.IsZero() {
		return part, nil
	}
	if mean, err = quantity.Convert(mean, from, to); err != nil {
		return part, err
	}
	of, err := mean.Quo(sum)
	if err == nil {
		of, err = of.Mul(delta.Decimal())
	}
	if err != nil {
		return part, err
	}
	return of.Round(acceptedDecimals)
}

// shift moves a cell's level, and what is asked for up to the end of it and of every later one. Nothing falls below zero.
func (l *Line) shift(at int, by quantity.Quantity) error {
	var err error
	up := func(q quantity.Quantity) quantity.Quantity {
		if err == nil {
			if q, err = q.Add(by); q.Sign() < 0 {
				q = quantity.Quantity{}
			}
		}
		return q
	}
	raise := func(qs []Quantile) []Quantile {
		out := slices.Clone(qs)
		for i := range out {
			out[i].Q = up(out[i].Q)
		}
		return out
	}
	for j := at; j < len(l.Buckets); j++ {
		c := &l.Buckets[j]
		if j == at {
			c.Mean, c.Quantiles = up(c.Mean), raise(c.Quantiles)
		}
		c.Cumulative = raise(c.Cumulative)
	}
	return err
}
