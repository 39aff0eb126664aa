package virtual

import (
	"errors"

	"kontor/protocol"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
	"kontor/protocol/remedy"
)

// This file is what companies under terms with an SLA do: months pass, they report, correct and withhold reports, and say something of the credits.

// January is the month that every network under terms misses, and CreditsBegin the moment its offices begin to work: nothing is reported yet.
var (
	january      = calendar.MustBucket("2027-01")
	creditsBegin = calendar.MustDate("2027-02-01").Millis() + 8*Hour
)

// quarterCap is the most that credits of a quarter come to, in euro cents.
const quarterCap = 60_000

// count is what a side counted in a month: lines due, and of them on time in full.
type count struct{ due, good int64 }

// How the sides report a month.
const (
	alike     = iota // both the same, and close it
	corrected        // both the same; one of them corrects it later
	apart            // figures apart
	withheld         // the seller withholds its own
	modes
)

// live plans what a network under terms is about: January is missed and reported, days pass, and somebody disputes what comes of it.
func (w *world) live() {
	w.reportAll(january, w.rng.IntN(modes))
	if w.year {
		w.in(3*Hour, w.monthPasses)
	} else {
		w.in(2*Hour, w.daysPass)
	}
	w.in(4*Hour, w.contend)
}

// reportAll lets every party report a month soon.
func (w *world) reportAll(month calendar.Bucket, mode int) {
	parties := w.parties()
	w.in(Hour, func() error { return w.report(parties[0], month, count{20, 10}, mode == alike) })
	for _, o := range parties[1:] {
		switch mode {
		case alike, corrected:
			w.in(Hour, func() error { return w.report(o, month, count{20, 10}, mode == alike) })
		case apart:
			w.in(Hour, func() error { return w.report(o, month, count{20, 18}, false) })
		}
	}
	if mode == corrected {
		o := parties[w.rng.IntN(len(parties))]
		w.in(Day, func() error { return w.report(o, month, count{20, 11}, false) })
	}
}

// report reports a month as soon as the office works.
func (w *world) report(o *office, month calendar.Bucket, c count, closed bool) error {
	err := o.write(0, reportMonth(o, month, c, closed))
	var refusal *protocol.Refusal
	switch {
	case errors.Is(err, errDown) || errors.Is(err, errReadOnly):
		w.in(Hour, func() error { return w.report(o, month, c, closed) })
		return nil
	case errors.As(err, &refusal) || errors.Is(err, errIdle):
		return nil
	}
	return err
}

// daysPass lets days go by, again and again: windows and levels are counted in working days.
func (w *world) daysPass() error {
	days := 1 + w.rng.Int64N(2)
	w.now += days * Day
	w.log("! %d days pass", days)
	w.in(5*Hour+w.rng.Int64N(5*Hour), w.daysPass)
	return nil
}

// monthPasses moves the time into the next month, whose predecessor is reported then, and some month before is corrected: a year goes by.
func (w *world) monthPasses() error {
	w.months++
	this := calendar.DateOf(w.now).Month()
	w.now = max(w.now, this.Add(1).First().Millis()+w.rng.Int64N(3*Day))
	w.log("! a month passes")
	mode := w.rng.IntN(modes)
	w.reportAll(calendar.Bucket{Start: this.First(), End: this.Add(1).First()}, mode)
	if w.rng.IntN(2) == 0 { // after the fact
		o := w.parties()[w.rng.IntN(2)]
		month := this.Add(-1 - w.rng.IntN(3))
		if month >= january.Start.Month() {
			w.in(2*Hour, func() error {
				return w.report(o, calendar.Bucket{Start: month.First(), End: month.Add(1).First()}, count{20, 12}, false)
			})
		}
	}
	w.in(3*Hour+w.rng.Int64N(2*Hour), w.monthPasses)
	return nil
}

// creditStep reports a month, says something of an entry, or goes on with a dispute.
func (w *world) creditStep(o *office) build {
	n, k := w.rng.IntN(10), w.rng.IntN(1<<20)
	switch {
	case n < 2:
		c := count{20, 18} // both often say the same
		if w.rng.IntN(2) == 0 {
			c.good = 10 + w.rng.Int64N(11)
		}
		return func(r *protocol.Replica, now int64) (protocol.Draft, error) {
			first := calendar.DateOf(now).Month().Add(-1 - k%2)
			if first < january.Start.Month() {
				return protocol.Draft{}, errIdle
			}
			return reportMonth(o, calendar.Bucket{Start: first.First(), End: first.Add(1).First()}, c, k%4 == 0)(r, now)
		}
	case n < 4:
		return itemStep(k)
	}
	return w.quarrelStep(o, k)
}

// reportMonth reports a month or corrects the report.
func reportMonth(o *office, month calendar.Bucket, c count, closed bool) build {
	return func(r *protocol.Replica, now int64) (protocol.Draft, error) {
		all, onTime := quantity.Of(c.due*100), quantity.Of(c.good*100)
		doc := Performance(o.c.Name+" "+month.String(), 0, nil, now, month, closed, 1)
		doc.Cells = []performance.Cell{{Item: forecast.Item{BuyersID: Product}, Place: forecast.Location{Region: "CI"}, Bucket: month, Unit: "PK", Ordered: &all, Received: &all, OnTime: &onTime, InFull: &all,
			Deliveries: &performance.Deliveries{Due: c.due, OnTime: c.good, Quantified: c.due, InFull: c.due, Both: c.good, InWindow: onTime, Ordered: all}}}
		row, err := r.Window(month)
		if err != nil {
			return protocol.Draft{}, err
		}
		for _, have := range row.Reports {
			if have.Author != o.c.ID {
				continue
			}
			v, found, err := r.Version(have.Root)
			if err != nil || !found {
				return protocol.Draft{}, orIdle(err)
			}
			parent := have.Root
			doc.Header.Revision, doc.Header.Parent, doc.Closed = v.Revision+1, &parent, have.Closed || closed
		}
		return Share(doc)
	}
}

// itemStep acknowledges, settles or disputes an entry, or agrees to the other's figures; some of it is refused.
func itemStep(k int) build {
	return func(r *protocol.Replica, _ int64) (protocol.Draft, error) {
		items, err := r.Remedies()
		if err != nil || len(items) == 0 {
			return protocol.Draft{}, orIdle(err)
		}
		i := items[k%len(items)]
		a := remedy.Act{Items: []string{i.ID}}
		switch k / 100 % 6 {
		case 0, 1:
			a.Verb = remedy.Acknowledge
		case 2:
			a.Verb, a.Reference = remedy.Settle, "credit note"
		case 3, 4:
			a.Verb, a.Reason = remedy.Dispute, "the dock was closed"
		default:
			a = remedy.Act{Verb: []remedy.Verb{remedy.Agree, remedy.Lapse}[k/1000%2], Window: &i.Window}
		}
		return Body(protocol.KindRemedy, a)
	}
}
