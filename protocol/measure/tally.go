package measure

import "math/big"

// Tally is what a window of lines or orders comes to by counts that somebody reports in place of them. Counts of one definition add up.
type Tally struct {
	held, all total
	n         int
	ex        excluded
}

// Add takes the counts of a part of the window: of all, those that held; of LEAD_TIME the days of all.
func (t *Tally) Add(held, all int64) {
	t.held.addRat(new(big.Rat).SetInt64(held))
	t.all.addRat(new(big.Rat).SetInt64(all))
	t.n += int(all)
}

// LeaveOut counts what was left out, by reason.
func (t *Tally) LeaveOut(why Reason, n int) { t.ex.add(why, n) }

// TallyCodes are the measures that a Tally makes.
var TallyCodes = []Code{LineFill, OrderFill, OTIFOrders, PerfectOrder, LeadTime}

// Result is one of TallyCodes.
func (t *Tally) Result(code Code, s Setting) Result {
	switch code {
	case LineFill, OrderFill, OTIFOrders, PerfectOrder, LeadTime:
		return share(define(code, s), t.held.rat(), t.all.rat(), t.n, t.ex)
	}
	panic("invariant: " + string(code) + " is not counted as a tally")
}

// Served is how a measure of DeliveryLine counts one line for its order: what its receipts came to, by the parameters of the definition.
type Served struct {
	LeftOut   Reason // why the line is not judged; "" where it is
	OnTime    bool
	InFull    bool
	Complete  int  // days from the due date to the receipt by which it was in full, or to the close-out where it was not by then
	Completed bool // it was in full by the close-out
	Open      bool // it was not, and the close-out is still to come
}

// Serve judges one line alone, for OTIF_ORDERS, PERFECT_ORDER and LEAD_TIME. A line without quantities is left out as not recorded.
func (d *Deliveries) Serve(line DeliveryLine) Served {
	t := d.prepare()
	alone := Deliveries{Setting: d.Setting, AsOf: d.AsOf, Workdays: d.Workdays, terms: t}
	alone.Add(line)
	if alone.due == 0 {
		return Served{LeftOut: alone.ex.only()}
	}
	if alone.quantified == 0 {
		return Served{LeftOut: NotRecorded}
	}
	closeOut := t.shift(t.shift(line.Due, t.late), t.grace)
	out := Served{OnTime: alone.onTime > 0, InFull: alone.inFull > 0, Complete: closeOut.Sub(line.Due)}
	least := times(line.Ordered.Rat(), minus(whole(1), t.under))
	var came total
	for _, r := range byDate(line.Receipts) {
		if came.add(*r.Accepted); r.On > closeOut {
			break
		}
		if came.rat().Cmp(least) >= 0 {
			out.Complete, out.Completed = r.On.Sub(line.Due), true
			break
		}
	}
	out.Open = !out.Completed && d.AsOf != 0 && closeOut >= d.AsOf
	return out
}
