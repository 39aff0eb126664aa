package measure

import (
	"math/big"
	"slices"
	"time"

	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// DeliveryLine is one line of an order and what came for it.
type DeliveryLine struct {
	Order    string             // "" where the line is an order of its own
	Due      calendar.Date      // by the date basis of the definition
	Ordered  *quantity.Quantity // in force at the cut-off; nil where it is not recorded
	Receipts []Receipt          // in any order
	Exclude  Reason             // one of DeliveryExclusions, with evidence; "" where the line counts
	Canceled bool               // by the buyer before the cut-off; what the seller cancels stays and counts as nothing
}

// Receipt is one arrival.
type Receipt struct {
	On       calendar.Date
	Accepted *quantity.Quantity // without what was rejected; nil where it is not recorded
	Rejected quantity.Quantity  // for quality: it is not accepted, and is marked so that one cause is not punished twice
}

// Deliveries judges lines against the definition of the setting. Lines are added in any order.
type Deliveries struct {
	Setting Setting
	// AsOf leaves out lines whose window is still open on this day; zero judges all.
	AsOf calendar.Date
	// Workdays is the calendar of BUSINESS_DAYS; nil is Monday to Friday.
	Workdays *calendar.Workdays

	terms                   *deliveryTerms
	due, onTime, quantified int
	inFull, both            int
	accepted, ordered       total // min(accepted in the window, ordered), ordered
	orders                  map[string]bool
	ex                      excluded
	window                  calendar.Bucket
	lateness                map[int]int
	rejected                int
}

// deliveryTerms are the parameters, read once.
type deliveryTerms struct {
	early, late, grace int
	anyEarly, business bool
	under              *big.Rat
	over               *big.Rat // nil for any
	first              bool
	workdays           calendar.Workdays
}

func (d *Deliveries) prepare() *deliveryTerms {
	if d.terms != nil {
		return d.terms
	}
	def := define(OTIF, d.Setting)
	t := &deliveryTerms{late: def.count("late"), grace: def.count("grace"), under: def.number("under"), first: def.get("partials") == "FIRST_ONLY",
		anyEarly: def.get("early") == "ANY", business: def.get("calendar") == "BUSINESS_DAYS"}
	if !t.anyEarly {
		t.early = def.count("early")
	}
	if def.get("over") != "ANY" {
		t.over = def.number("over")
	}
	t.workdays = calendar.NewWorkdays(nil, time.Saturday, time.Sunday)
	if d.Workdays != nil {
		t.workdays = *d.Workdays
	}
	d.terms = t
	return t
}

// shift moves a date by days of the definition's calendar.
func (t *deliveryTerms) shift(d calendar.Date, days int) calendar.Date {
	if t.business && days != 0 {
		return t.workdays.Add(d, days)
	}
	return d.AddDays(days)
}

// Add takes one line.
func (d *Deliveries) Add(line DeliveryLine) {
	t := d.prepare()
	closes := t.shift(line.Due, t.late)
	switch {
	case line.Canceled:
		d.ex.add(CancelledLine, 1)
		return
	case line.Exclude != "":
		d.ex.add(line.Exclude, 1)
		return
	case line.Ordered != nil && line.Ordered.Sign() <= 0:
		d.ex.add(NothingAsked, 1)
		return
	case d.AsOf != 0 && closes >= d.AsOf:
		d.ex.add(Pending, 1)
		return
	case len(line.Receipts) == 0:
		d.ex.add(NoReceipt, 1)
		return
	}
	receipts := byDate(line.Receipts)
	closeOut := t.shift(closes, t.grace)
	var inWindow, byCloseOut total
	first, recorded := true, line.Ordered != nil
	for _, r := range receipts {
		accepted := quantity.Of(1) // where no quantity is recorded, every arrival weighs the same
		if r.Accepted != nil {
			accepted = *r.Accepted
		}
		recorded = recorded && r.Accepted != nil
		if r.Rejected.Sign() > 0 {
			d.rejected++
		}
		inside := r.On <= closes && (t.anyEarly || r.On >= t.shift(line.Due, -t.early))
		if inside && (first || !t.first) {
			inWindow.add(accepted)
		}
		if r.On <= closeOut {
			byCloseOut.add(accepted)
		}
		first = false
	}
	d.due++
	d.window = widened(d.window, calendar.Bucket{Start: line.Due, End: line.Due.AddDays(1)})
	if d.lateness == nil {
		d.lateness = map[int]int{}
	}
	d.lateness[receipts[len(receipts)-1].On.Sub(line.Due)]++

	window, closed := inWindow.rat(), byCloseOut.rat()
	least := minus(whole(1), t.under)
	if closed.Sign() > 0 && window.Cmp(times(closed, least)) >= 0 {
		d.onTime++
	}
	if !recorded {
		return
	}
	d.quantified++
	wanted := line.Ordered.Rat()
	fits := func(got *big.Rat) bool {
		return got.Cmp(times(wanted, least)) >= 0 && (t.over == nil || got.Cmp(times(wanted, plus(whole(1), t.over))) <= 0)
	}
	if fits(closed) {
		d.inFull++
	}
	good := fits(window)
	if good {
		d.both++
	}
	d.accepted.addRat(bounded(window, nil, wanted))
	d.ordered.add(*line.Ordered)
	if line.Order != "" {
		if d.orders == nil {
			d.orders = map[string]bool{}
		}
		before, seen := d.orders[line.Order]
		d.orders[line.Order] = good && (before || !seen)
	}
}

// byDate are receipts in order of their dates.
func byDate(receipts []Receipt) []Receipt {
	out := slices.Clone(receipts)
	slices.SortStableFunc(out, func(a, b Receipt) int { return a.On.Sub(b.On) })
	return out
}

// Lateness counts lines by the days between the due date and the last arrival; negative is early.
func (d *Deliveries) Lateness() map[int]int { return d.lateness }

// Rejected counts arrivals of which something was rejected for quality.
func (d *Deliveries) Rejected() int { return d.rejected }

// Result is ON_TIME, IN_FULL, OTIF, OTIF_ORDERS or OTIF_UNITS.
func (d *Deliveries) Result(code Code) Result {
	def := define(code, d.Setting)
	r := d.result(def)
	r.Window = d.window
	return r
}

func (d *Deliveries) result(def Definition) Result {
	if d.due == 0 {
		return missing(def, d.ex.only(), 0, d.ex)
	}
	if def.Code == OnTime {
		return share(def, whole(d.onTime), whole(d.due), d.due, d.ex)
	}
	if d.quantified == 0 {
		return missing(def, NotRecorded, 0, d.ex)
	}
	var ex excluded
	ex.join(d.ex)
	ex.add(NotRecorded, d.due-d.quantified)
	switch def.Code {
	case InFull:
		return share(def, whole(d.inFull), whole(d.quantified), d.quantified, ex)
	case OTIF:
		return share(def, whole(d.both), whole(d.quantified), d.quantified, ex)
	case OTIFUnits:
		return share(def, d.accepted.rat(), d.ordered.rat(), d.quantified, ex)
	case OTIFOrders:
		good := 0
		for _, ok := range d.orders {
			if ok {
				good++
			}
		}
		if len(d.orders) == 0 {
			return missing(def, NotRecorded, 0, ex)
		}
		return share(def, whole(good), whole(len(d.orders)), len(d.orders), ex)
	}
	panic("invariant: " + string(def.Code) + " is no measure of deliveries")
}

// Fill is one line and what was filled of it.
type Fill struct {
	Order    string // "" where the line is an order of its own
	Ordered  quantity.Quantity
	First    quantity.Quantity // in the first delivery
	Total    quantity.Quantity // with later ones
	Canceled bool              // by the buyer before the cut-off
}

// Fills collects fill rates. More than was ordered never makes up for another line.
type Fills struct {
	Setting Setting

	lines, whole    int
	filled, ordered total
	orders          map[string]bool
	single, perfect int // lines that are orders of their own
	ex              excluded
}

// Add takes one line.
func (f *Fills) Add(line Fill) {
	switch {
	case line.Canceled:
		f.ex.add(CancelledLine, 1)
		return
	case line.Ordered.Sign() <= 0:
		f.ex.add(NothingAsked, 1)
		return
	}
	got := line.First
	if f.Setting["backorder"] == "INCLUDED" {
		got = line.Total
	}
	if got.Sign() < 0 {
		got = quantity.Quantity{}
	}
	complete := !got.Less(line.Ordered)
	if complete {
		got = line.Ordered
		f.whole++
	}
	f.lines++
	f.filled.add(got)
	f.ordered.add(line.Ordered)
	if line.Order == "" {
		f.single++
		if complete {
			f.perfect++
		}
		return
	}
	if f.orders == nil {
		f.orders = map[string]bool{}
	}
	before, seen := f.orders[line.Order]
	f.orders[line.Order] = complete && (before || !seen)
}

// Unknown counts a line whose quantities are not recorded.
func (f *Fills) Unknown() { f.ex.add(NotRecorded, 1) }

// Result is UNIT_FILL, LINE_FILL or ORDER_FILL.
func (f *Fills) Result(code Code) Result {
	d := define(code, f.Setting)
	switch code {
	case UnitFill:
		return share(d, f.filled.rat(), f.ordered.rat(), f.lines, f.ex)
	case LineFill:
		return share(d, whole(f.whole), whole(f.lines), f.lines, f.ex)
	case OrderFill:
		good := f.perfect
		for _, ok := range f.orders {
			if ok {
				good++
			}
		}
		n := f.single + len(f.orders)
		return share(d, whole(good), whole(n), n, f.ex)
	}
	panic("invariant: " + string(code) + " is no fill rate")
}
