package performance

import (
	"slices"

	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/measure"
	"kontor/protocol/quantity"
)

// Measures are what partners compute from the documents they both hold. Every function here is given those documents and the same
// parameters on both nodes, and gives the same results.

// Bases names, for each basis of an actual, the figure that is meant.
var Bases = map[string]Figure{"POS": Sold, "CONSUMPTION": Demand, "ORDER_IN_FORCE": Ordered, "RECEIPT": Received, "SHIPMENT": Shipped}

// Version is a revision of a forecast and when it stood.
type Version struct {
	At       int64 // claimed time of its entry, ms UTC
	Document forecast.Document
	// Committed is what the seller stands for in a bucket of a line, by its answer to this revision; false where nothing was answered.
	Committed func(line string, b calendar.Bucket) (quantity.Quantity, bool)

	index map[lineAt]int // of the lines that lineFor finds, once asked; -1 where several speak of one product and place
}

// lineAt is what a line of the whole demand is about.
type lineAt struct {
	item, place string
	unit        quantity.Unit
}

// standing is the newest version that stood at a time; nil where none did.
func standing(versions []Version, at int64) (out *Version) {
	for i := range versions {
		if versions[i].At <= at && (out == nil || out.At <= versions[i].At) {
			out = &versions[i]
		}
	}
	return out
}

// lineFor is the forecast of the whole demand for a cell's product and place in its unit, where exactly one line speaks of it.
func (v *Version) lineFor(c Cell) *forecast.Line {
	if v.index == nil {
		v.index = map[lineAt]int{}
		for i, l := range v.Document.Lines {
			if l.Kind != forecast.Total {
				continue
			}
			at := lineAt{l.Item.ID(), l.Location.Key(), l.Unit}
			if _, twice := v.index[at]; twice {
				i = -1
			}
			v.index[at] = i
		}
	}
	i, known := v.index[lineAt{c.Item.ID(), c.Place.Key(), c.Unit}]
	if !known || i < 0 {
		return nil
	}
	return &v.Document.Lines[i]
}

// Accuracy judges a forecast by what came: each actual against the version that stood lag buckets before its bucket began. Buckets that the two
// cut otherwise are not made to fit (practice T13); where the seller had committed less, it is no error of the forecaster; what the two
// sides' reports differ about is left out as disputed.
func Accuracy(actuals []Settled, versions []Version, basis string, lag int, setting measure.Setting) (*measure.Errors, *measure.Scores) {
	errors, scores := &measure.Errors{Setting: setting}, &measure.Scores{Setting: setting}
	leave := func(why measure.Reason) {
		errors.Exclude(why)
		scores.Exclude(why)
	}
	figure := Bases[basis]
	for _, c := range actuals {
		actual := *c.At(figure)
		if actual == nil {
			if slices.Contains(c.Disputed, figure) {
				leave(measure.Disputed)
			}
			continue
		}
		v := standing(versions, c.Bucket.Start.AddDays(-lag*c.Bucket.Days()).Millis())
		if v == nil {
			leave(measure.NoForecast)
			continue
		}
		line := v.lineFor(c.Cell)
		if line == nil {
			leave(measure.NoForecast)
			continue
		}
		cell, ok := line.Cell(c.Bucket)
		if !ok {
			leave(measure.NoForecast)
			continue
		}
		if v.Committed != nil {
			if committed, answered := v.Committed(line.Key(), c.Bucket); answered && committed.Less(cell.Mean) {
				leave(measure.Constrained)
				continue
			}
		}
		errors.Cover(c.Bucket)
		errors.Add(*actual, cell.Mean)
		if len(cell.Quantiles) == 0 {
			scores.Exclude(measure.NoBands)
			continue
		}
		var quantiles []measure.Quantile
		for _, q := range cell.Quantiles {
			quantiles = append(quantiles, measure.Quantile{P: q.P, Q: q.Q})
		}
		scores.Cover(c.Bucket)
		scores.Add(*actual, quantiles)
	}
	return errors, scores
}

// Delivered puts the counts of deliveries together.
func Delivered(actuals []Settled, setting measure.Setting) *measure.Deliveries {
	d := &measure.Deliveries{Setting: setting}
	for _, c := range actuals {
		d.LeaveOut(measure.Disputed, c.Lines)
		if c.Deliveries != nil {
			d.AddCounts(c.Deliveries.Counts())
		}
	}
	return d
}

// Stocked are the two collectors of stock: Days counts days with and without it, Levels weighs what there was. Where a report counts no days,
// the stock at the end of a bucket stands for each of its days.
type Stocked struct{ Days, Levels *measure.Stock }

// Stocks collects the stock measures (practice T8). Demand is expected where some was wanted, or forecast; the most cover is the 0.9 quantile of
// the demand that the version in force at the bucket's end expects over the days of the setting's cover, where its quantiles say so for that
// time as a whole.
func Stocks(actuals []Settled, versions []Version, setting measure.Setting, cover int) Stocked {
	out := Stocked{&measure.Stock{Setting: setting}, &measure.Stock{Setting: setting}}
	for _, c := range actuals {
		if c.OnHand == nil && c.Days == nil && c.InTransit == nil && c.Blocked == nil && !slices.Contains(c.Disputed, OnHand) {
			continue // a report of deliveries says nothing of stock
		}
		day := stockDay(c, versions, cover)
		used := c.used()
		if used != nil {
			day.Expected = used.Sign() > 0
		}
		if c.Days != nil {
			out.Days.AddDays(day.Item, day.Location, int(c.Days.Listed), int(c.Days.Out))
		}
		for n := range c.Bucket.Days() {
			if c.Days == nil {
				out.Days.Add(day)
			}
			today := day
			if n == 0 && used != nil {
				today.Used = *used
			}
			if c.OnHand != nil {
				out.Levels.Add(today)
			}
		}
	}
	return out
}

// used is what was taken out of stock in the bucket: what was sold, else what was asked for; nil where neither is reported.
func (c Settled) used() *quantity.Quantity {
	if c.Sold != nil {
		return c.Sold
	}
	return c.Demand
}

// stockDay is a day of the bucket: what the report says of the stock, and what the version in force at the bucket's end expects.
func stockDay(c Settled, versions []Version, cover int) measure.StockDay {
	day := measure.StockDay{Item: c.Item.ID(), Location: c.Place.Key(), Listed: true, OnHand: c.OnHand, Expected: true}
	if c.Blocked != nil {
		day.Blocked = *c.Blocked
	}
	if c.InTransit != nil {
		day.InTransit = *c.InTransit
	}
	v := standing(versions, c.Bucket.End.Millis())
	if v == nil {
		return day
	}
	line := v.lineFor(c.Cell)
	if line == nil {
		return day
	}
	if cell, ok := line.Cell(c.Bucket); ok {
		day.Expected = cell.Mean.Sign() > 0
	}
	day.MostCover, day.Demand = mostCover(line, c.Bucket.End, cover)
	return day
}

// mostCover is the 0.9 quantile of the demand in the days after one, and whether there is any; nil where the forecast does not say it for that
// time as a whole.
func mostCover(line *forecast.Line, from calendar.Date, days int) (*quantity.Quantity, bool) {
	const ninety = 900_000
	until, demand := from.AddDays(days), false
	var within []forecast.Cell
	for _, b := range line.Buckets {
		if b.Start >= from && b.End <= until {
			within = append(within, b)
			demand = demand || b.Mean.Sign() > 0
		}
	}
	at := func(list []forecast.Quantile) *quantity.Quantity {
		for _, q := range list {
			if q.P == ninety {
				return &q.Q
			}
		}
		return nil
	}
	switch {
	case len(within) == 0 || within[0].Start != from:
		return nil, demand
	case len(within) == 1:
		return at(within[0].Quantiles), demand
	case line.Buckets[0].Start == from:
		return at(within[len(within)-1].Cumulative), demand
	}
	return nil, demand
}

// Split parts cells by a day: those that were over by then, and those that began after. What lies across is in neither.
func Split(actuals []Settled, at calendar.Date) (before, after []Settled) {
	for _, c := range actuals {
		switch {
		case c.Bucket.End <= at:
			before = append(before, c)
		case c.Bucket.Start >= at:
			after = append(after, c)
		}
	}
	return before, after
}

// Revised compares each version of a forecast with the one before it, bucket by bucket. What was firm in the earlier one was frozen.
func Revised(versions []Version) *measure.Revisions {
	r := &measure.Revisions{}
	for i := 1; i < len(versions); i++ {
		before := map[string]forecast.Line{}
		for _, l := range versions[i-1].Document.Lines {
			before[l.Key()] = l
		}
		for _, l := range versions[i].Document.Lines {
			old, both := before[l.Key()]
			if !both || old.Unit != l.Unit {
				continue
			}
			for _, b := range l.Buckets {
				if was, there := old.Cell(b.Bucket); there {
					r.Add(was.Mean, b.Mean, was.Firmness == forecast.Firm)
				}
			}
		}
	}
	return r
}

// Kept collects what was committed and delivered: attained over every bucket that was answered, adhered over those of which
// the receipts are reported and not disputed.
func Kept(actuals []Settled, versions []Version) (attained, adhered *measure.Kept) {
	attained, adhered = &measure.Kept{}, &measure.Kept{}
	received := map[string]*quantity.Quantity{}
	for _, c := range actuals {
		received[c.Key()+"|"+string(c.Unit)] = c.Received
	}
	if len(versions) == 0 {
		return attained, adhered
	}
	counted := map[string]bool{}
	for i := len(versions) - 1; i >= 0; i-- { // the newest answer of a bucket counts
		v := versions[i]
		if v.Committed == nil {
			continue
		}
		for _, l := range v.Document.Lines {
			for _, b := range l.Buckets {
				committed, answered := v.Committed(l.Key(), b.Bucket)
				key := l.Key() + "|" + b.Bucket.String()
				if !answered || counted[key] {
					continue
				}
				counted[key] = true
				attained.Add(b.Mean, committed, quantity.Quantity{})
				cell := Cell{Item: l.Item, Place: l.Location, Bucket: b.Bucket}
				if got := received[cell.Key()+"|"+string(l.Unit)]; got != nil && l.Kind == forecast.Total {
					adhered.Add(b.Mean, committed, *got)
				}
			}
		}
	}
	return attained, adhered
}
