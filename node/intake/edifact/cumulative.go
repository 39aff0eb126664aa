package edifact

import (
	"slices"

	"kontor/node/intake"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// discreteOf keeps the quantities of single periods. Where a line has cumulative
// ones only, each period gets what it adds; where it has both, the cumulative ones are
// compared with the sums and left out, but for the periods that have no other.
func (p *planning) discreteOf(lin segment, periods []planned, counts forecast.Schedule) []planned {
	received := counts.Received
	var single, running []planned
	for _, c := range periods {
		if c.kind == cumulative {
			running = append(running, c)
		} else {
			single = append(single, c)
		}
	}
	if len(running) == 0 {
		return single
	}
	slices.SortStableFunc(running, func(a, b planned) int { return a.bucket.Compare(b.bucket) })
	if len(single) > 0 {
		return p.mixed(lin, single, running, received)
	}
	if received == nil {
		c := running[0].qty.place("6063 3")
		c.Code, c.Value = intake.CodeCumulative, running[0].quantity.String()
		c.Text, c.Want = "cumulative quantities only, and nothing says what was received before the first", "QTY 70 (cumulative quantity received) before the schedule, or QTY 113"
		p.report.Complain(c)
		return nil
	}
	before := *received
	for i, c := range running {
		if i > 0 {
			before = running[i-1].quantity
		}
		if restarts(i, running, counts.Reset) && c.quantity.Less(before) {
			before = quantity.Quantity{}
			p.notCarried(c.qty, "a new count of cumulative quantities")
		}
		added, err := c.quantity.Sub(before)
		if err != nil || added.Sign() < 0 {
			at := c.qty.place("6063 3")
			at.Code, at.Value = intake.CodeCumulative, c.quantity.String()
			at.Text, at.Want = "a cumulative quantity below "+before.String()+", which came before it", "cumulative quantities that never fall, but for a new count with the year"
			p.report.Complain(at)
			return nil
		}
		count := c.quantity
		c.quantity, c.accumulated = added, &count
		single = append(single, c)
	}
	return single
}

// restarts says that a new count may begin with period i: the year changes before
// it, or the count's own start (DTM 51) lies on or after the period before.
func restarts(i int, running []planned, reset calendar.Date) bool {
	b := running[i].bucket
	if i == 0 {
		return reset.Valid() && b.Start.Sub(reset) < 31
	}
	was := running[i-1].bucket
	return was.Start.String()[:4] != b.Start.String()[:4] || reset.Valid() && was.Start < reset && reset <= b.Start
}

// mixed reads a line that has quantities of periods and cumulative ones. The latter
// say again what the former add up to; a period with a cumulative quantity alone gets
// what is missing to it.
func (p *planning) mixed(lin segment, single, running []planned, received *quantity.Quantity) []planned {
	p.compare(single, running)
	last := map[calendar.Bucket]int{} // of several calls in one period the last has the count
	for i, c := range single {
		last[c.bucket] = i
	}
	out := single
	for i, c := range running {
		count := c.quantity
		if k, has := last[c.bucket]; has {
			single[k].accumulated = &count
			continue
		}
		refuse := func(text string) []planned {
			at := c.qty.place("6063 3")
			at.Code, at.Value, at.Text = intake.CodeCumulative, c.quantity.String(), text
			at.Want = "QTY 113 for each period, or QTY 70 (cumulative quantity received) before the schedule"
			p.report.Complain(at)
			return nil
		}
		var before quantity.Quantity
		var from calendar.Date
		switch {
		case i > 0:
			before, from = running[i-1].quantity, running[i-1].bucket.End
		case received != nil:
			before = *received
		default:
			return refuse("a period with a cumulative quantity alone, and nothing says what was received before it")
		}
		for _, s := range single {
			var err error
			if s.bucket.Start >= from && s.bucket.End <= c.bucket.Start {
				if before, err = before.Add(s.quantity); err != nil {
					return refuse("cumulative quantities that add up to too much")
				}
			}
		}
		added, err := c.quantity.Sub(before)
		if err != nil || added.Sign() < 0 {
			return refuse("a period with a cumulative quantity alone, which is below " + before.String() + ", what came before it")
		}
		at := c.qty.place("6063 3")
		at.Code, at.Value = intake.NoteAssumed, c.quantity.String()
		at.Text = "a period with a cumulative quantity alone, in a line that has others: it gets " + added.String() + ", what is more than the " + before.String() + " before it"
		p.report.Note(at)
		c.quantity, c.accumulated = added, &count
		out = append(out, c)
	}
	return out
}

// compare notes where cumulative quantities grow by something else than the
// single ones of the same periods say.
func (p *planning) compare(single, running []planned) {
	sums := map[calendar.Bucket]quantity.Quantity{}
	for _, c := range single {
		if sum, err := sums[c.bucket].Add(c.quantity); err == nil {
			sums[c.bucket] = sum
		}
	}
	for i := 1; i < len(running); i++ {
		q, both := sums[running[i].bucket]
		added, err := running[i].quantity.Sub(running[i-1].quantity)
		if both && err == nil && added != q && added.Sign() >= 0 {
			c := running[i].qty.place("6063 3")
			c.Code, c.Value, c.Text = intake.NoteTrailer, running[i].quantity.String(), "the cumulative quantity grows by "+added.String()+", and the quantity of the period is "+q.String()+": the latter was taken"
			p.report.Note(c)
			return
		}
	}
}
