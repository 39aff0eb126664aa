package remedy

import (
	"math/big"
	"slices"

	"kontor/protocol/forecast"
	"kontor/protocol/measure"
	"kontor/protocol/performance"
	"kontor/protocol/quality"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// measured is a figure beside the counts of cells: exact, or the reason why there is none.
type measured struct {
	value  *big.Rat
	count  int64
	reason measure.Reason
}

func measuredBy(r measure.Result) measured {
	if !r.Measured() {
		return measured{reason: r.Reason}
	}
	return measured{value: r.Value.Rat(), count: int64(r.Count)}
}

// ofCells is a measure of one side's cells that is no share of counts; false where it is one.
func (c Case) ofCells(cells []cell) (m measured, special bool) {
	code := c.SLA.Measure.Code
	set := setting(c.SLA.Measure)
	switch {
	case code == measure.Turns || code == measure.StockCover:
		return stock(cells, code, set), true
	case code == measure.Adherence:
		return c.kept(cells), true
	case slices.Contains(pointErrors, code) || slices.Contains(bandScores, code):
		if c.Period.Days() > maxForecastDays {
			return measured{reason: measure.NoForecast}, true
		}
		plain := make([]performance.Settled, len(cells))
		for i, x := range cells {
			plain[i].Cell = x.Cell
		}
		errors, scores := &measure.Errors{Setting: set}, &measure.Scores{Setting: set}
		for _, versions := range c.Records.Forecasts {
			e, s := performance.Accuracy(plain, versions, set["actualBasis"], number(set["lag"]), set)
			errors.Join(e)
			scores.Join(s)
		}
		if slices.Contains(pointErrors, code) {
			return measuredBy(errors.Result(code)), true
		}
		return measuredBy(scores.Result(code)), true
	}
	return m, false
}

// stock is what stood at the ends of buckets, each for the days of its bucket, against what was used. Quantities of different units don't add up.
func stock(cells []cell, code measure.Code, set measure.Setting) measured {
	all := &measure.Stock{Setting: set}
	unit := quantity.Unit("")
	for _, c := range cells {
		used := c.Sold
		if used == nil {
			used = c.Demand
		}
		if c.OnHand == nil || used == nil {
			continue
		}
		if unit == "" {
			unit = c.Unit
		}
		day := measure.StockDay{Item: c.Item.ID(), Location: c.Place.Key(), Listed: true}
		for _, q := range []struct{ from, to *quantity.Quantity }{{c.OnHand, new(quantity.Quantity)}, {c.Blocked, &day.Blocked}, {c.InTransit, &day.InTransit}, {used, &day.Used}} {
			if q.from == nil {
				continue
			}
			v, err := quantity.Convert(*q.from, c.Unit, unit)
			if err != nil {
				return measured{reason: measure.NotPossible}
			}
			*q.to = v
			if q.from == c.OnHand {
				day.OnHand = &v
			}
		}
		all.AddSpan(day, c.Bucket.Days())
	}
	return measuredBy(all.Result(code))
}

// kept is what was delivered of what had been committed when a bucket began.
func (c Case) kept(cells []cell) measured {
	out := &measure.Kept{}
	received := map[string]*quantity.Quantity{}
	for _, x := range cells {
		received[x.Key()+"|"+string(x.Unit)] = x.Received
	}
	c.committed(func(l forecast.Line, b forecast.Cell, committed quantity.Quantity, answered bool) {
		at := performance.Cell{Item: l.Item, Place: l.Location, Bucket: b.Bucket}
		if got := received[at.Key()+"|"+string(l.Unit)]; got != nil && answered {
			out.Add(b.Mean, committed, *got)
		}
	})
	return measuredBy(out.Result(measure.Adherence))
}

// committed visits the buckets of the window that forecasts ask for, by the newest version before each began, with what was committed to it by then:
// by the newest of its versions that was answered.
func (c Case) committed(fn func(l forecast.Line, b forecast.Cell, committed quantity.Quantity, answered bool)) {
	if c.Period.Days() > maxForecastDays {
		return
	}
	for _, versions := range c.Records.Forecasts {
		asked := map[string]bool{}
		said := map[string]quantity.Quantity{}
		c.inTime(versions, func(v performance.Version, l forecast.Line, b forecast.Cell, key string) {
			if _, known := said[key]; known || v.Committed == nil {
				return // an earlier version only fills in what was not answered later
			}
			if q, answered := v.Committed(l.Key(), b.Bucket); answered {
				said[key] = q
			}
		})
		c.inTime(versions, func(_ performance.Version, l forecast.Line, b forecast.Cell, key string) {
			if asked[key] || l.Kind != forecast.Total || !speaks(c.SLA, l.Item, l.Location.Region) {
				return
			}
			asked[key] = true
			q, answered := said[key]
			fn(l, b, q, answered)
		})
	}
}

// inTime visits the buckets of the window in versions that came before the bucket began, the newest version first. key names the bucket of the line.
func (c Case) inTime(versions []performance.Version, fn func(v performance.Version, l forecast.Line, b forecast.Cell, key string)) {
	for _, v := range slices.Backward(versions) {
		for _, l := range v.Document.Lines {
			for _, b := range l.Buckets {
				if c.Period.Covers(b.Bucket) && v.At < c.Terms.Calendar.Begin(b.Start) {
					fn(v, l, b, l.Key()+"|"+b.Bucket.String())
				}
			}
		}
	}
}

// ofRecord is a measure of entries that both sides hold.
func (c Case) ofRecord() measured {
	switch c.SLA.Measure.Code {
	case measure.Attainment:
		out := &measure.Kept{}
		// What was asked for and not answered is nothing committed: who does not answer gains nothing by it.
		c.committed(func(_ forecast.Line, b forecast.Cell, committed quantity.Quantity, _ bool) {
			out.Add(b.Mean, committed, quantity.Quantity{})
		})
		return measuredBy(out.Result(measure.Attainment))
	case measure.AnsweredOnTime, measure.AnswerTime:
		return c.answers()
	case measure.StepsOnTime:
		return c.steps()
	}
	return c.revisions()
}

// answers judges the revisions whose answers were due in the window.
func (c Case) answers() measured {
	share, took := &measure.Shares{}, []int64{}
	begin, end := c.Terms.Calendar.Begin(c.Period.Start), c.Terms.Calendar.Begin(c.Period.End)
	for _, a := range c.Records.Asked {
		inTime := a.Answered != 0 && a.Answered <= a.Due
		if a.Due < begin || a.Due >= end || !inTime && a.Replaced != 0 && a.Replaced <= a.Due {
			continue // due elsewhere, or nobody was to answer what was replaced before
		}
		if len(c.SLA.Items) > 0 && a.Products != nil && !slices.ContainsFunc(c.SLA.Items, func(id string) bool { _, has := slices.BinarySearch(a.Products, id); return has }) {
			continue
		}
		share.Add(inTime)
		until := a.Answered
		if until == 0 || until > end {
			until = end
		}
		took = append(took, max(until-a.At, 0))
	}
	if c.SLA.Measure.Code == measure.AnswerTime {
		return measuredBy(measure.AnswerHours(took))
	}
	return measuredBy(share.Result(measure.AnsweredOnTime))
}

// steps judges the steps of corrective work that were due in the window, by the service rule of the report that holds the complaint. The complaint is
// the receiver's, the work the other side's, both as their newest reports have them.
func (c Case) steps() measured {
	share := &measure.Shares{}
	work := map[string]quality.Case{}
	parties := []terms.Party{terms.Buyer, terms.Seller}
	for _, p := range parties {
		for _, d := range c.Records.Quality[p] {
			for _, w := range d.Cases {
				work[w.Complaint] = w
			}
		}
	}
	seen := map[string]bool{}
	for _, p := range parties {
		for _, d := range c.Records.Quality[p] {
			for _, x := range d.Complaints {
				if seen[x.ID] || !speaks(c.SLA, x.Item, x.Site.Region) {
					continue
				}
				seen[x.ID] = true
				var done *quality.Case
				if w, known := work[x.ID]; known {
					done = &w
				}
				for _, step := range quality.ClockOf(d.Service, x, done, c.Period.End) {
					if c.Period.Contains(step.Due) {
						share.Add(step.Done != 0 && step.Done <= step.Due)
					}
				}
			}
		}
	}
	return measuredBy(share.Result(measure.StepsOnTime))
}

// revisions judges how forecasts were revised in the window: of several versions of a day the last counts.
func (c Case) revisions() measured {
	all := &measure.Revisions{}
	if c.Period.Days() <= maxForecastDays {
		begin, end := c.Terms.Calendar.Begin(c.Period.Start), c.Terms.Calendar.Begin(c.Period.End)
		for _, versions := range c.Records.Forecasts {
			first := 0
			for i, v := range versions {
				if v.At < begin {
					first = i
				}
			}
			var within []performance.Version
			for _, v := range versions[min(first, len(versions)):] {
				if v.At < end {
					v.Document.Lines = slices.DeleteFunc(slices.Clone(v.Document.Lines), func(l forecast.Line) bool { return !speaks(c.SLA, l.Item, l.Location.Region) })
					within = append(within, v)
				}
			}
			all.Join(performance.Revised(within))
		}
	}
	m := measuredBy(all.Result(c.SLA.Measure.Code))
	m.count = int64(all.Result(measure.Revised).Count) // a forecast that nobody changed was observed all the same
	return m
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// speaks tells whether an SLA is about an item at a place.
func speaks(s terms.SLA, item forecast.Item, region string) bool {
	return covers(s, performance.Cell{Item: item, Place: forecast.Location{Region: region}})
}
