package forecast

import (
	"fmt"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// MaxShipFrom bounds the sites a product may come from.
const MaxShipFrom = 16

// Schedule is what a delivery schedule says of a line beside its buckets: where its accumulated quantities begin, what has arrived of them, what is
// overdue, and what the seller may make and buy ahead at the buyer's risk.
type Schedule struct {
	Reset        calendar.Date      `cbor:"cumResetDate,omitzero" json:"cumResetDate,omitzero"`           // the accumulated quantities count from this day; absent where there are none
	Backlog      *quantity.Quantity `cbor:"backlog,omitempty" json:"backlog,omitempty"`                   // due before the first bucket and not delivered; in no bucket
	Received     *quantity.Quantity `cbor:"cumReceived,omitempty" json:"cumReceived,omitempty"`           // accumulated receipts
	LastDespatch string             `cbor:"lastReceivedAsn,omitempty" json:"lastReceivedAsn,omitempty"`   // number of the newest despatch advice counted in
	Fabrication  *Authorisation     `cbor:"fabAuthorization,omitempty" json:"fabAuthorization,omitempty"` // finished goods
	Material     *Authorisation     `cbor:"rawAuthorization,omitempty" json:"rawAuthorization,omitempty"`
}

// Authorisation is a high-water mark: within one reset it never falls.
type Authorisation struct {
	Quantity quantity.Quantity `cbor:"qty" json:"qty"` // accumulated since the reset
	From     calendar.Date     `cbor:"from" json:"from"`
	To       calendar.Date     `cbor:"to" json:"to"` // exclusive
}

// Lifecycle says where a product stands in its life (practice T16).
type Lifecycle struct {
	Status       LifeStatus    `cbor:"status" json:"status"`
	Predecessor  string        `cbor:"predecessor,omitempty" json:"predecessor,omitempty"` // item it takes over from: its history is chained
	Successor    string        `cbor:"successor,omitempty" json:"successor,omitempty"`
	From         calendar.Date `cbor:"from,omitzero" json:"from,omitzero"` // day of the change that the status names
	LastBuyBy    calendar.Date `cbor:"lastBuyBy,omitzero" json:"lastBuyBy,omitzero"`
	ServiceUntil calendar.Date `cbor:"serviceUntil,omitzero" json:"serviceUntil,omitzero"`
}

// LifeStatus is a stage of a product's life.
type LifeStatus string

// The stages.
const (
	PhasingIn    LifeStatus = "PHASE_IN"
	InSeries     LifeStatus = "ACTIVE"
	PhasingOut   LifeStatus = "PHASE_OUT"
	LastBuy      LifeStatus = "LAST_BUY" // one last order is asked for
	Discontinued LifeStatus = "DISCONTINUED"
)

func checkSchedule(r *artifact.Report, path string, l Line) {
	accumulated := 0
	for _, c := range l.Buckets {
		if c.Accumulated != nil {
			accumulated++
		}
	}
	s := l.Schedule
	if accumulated > 0 && (accumulated != len(l.Buckets) || s == nil) {
		r.Add(CodeAccumulated, path+".buckets", "%d of %d buckets have an accumulated quantity: all or none, with the day they count from", accumulated, len(l.Buckets))
		return
	}
	if s == nil {
		return
	}
	path += ".schedule"
	if s.Backlog != nil {
		checkFigure(r, place{line: path, tail: ".backlog"}, *s.Backlog)
		if *s == (Schedule{Backlog: s.Backlog}) && accumulated == 0 {
			return // nothing is accumulated
		}
	}
	if !s.Reset.Valid() || len(l.Buckets) > 0 && s.Reset > l.Buckets[0].Start {
		r.Add(CodeAccumulated, path+".cumResetDate", "the accumulated quantities count from %q, which is no day at or before the first bucket", s.Reset)
	}
	if s.LastDespatch != "" && !artifact.IsName(s.LastDespatch) {
		r.Add(CodeAccumulated, path+".lastReceivedAsn", "%q is too long or not plain text", artifact.Clip(s.LastDespatch))
	}
	if s.Received != nil {
		checkFigure(r, place{line: path, tail: ".cumReceived"}, *s.Received)
	}
	if accumulated > 0 {
		checkAccumulated(r, path, l)
	}
	firm := firmTo(l)
	checkAuthorisation(r, path+".fabAuthorization", s.Fabrication, firm)
	if s.Fabrication != nil && s.Fabrication.Quantity.Cmp(firm) > 0 {
		firm = s.Fabrication.Quantity // who may make may buy for it
	}
	checkAuthorisation(r, path+".rawAuthorization", s.Material, firm)
}

// checkAccumulated holds the accumulated quantities to the buckets: each is the one before and its bucket; the first is what was received and its
// bucket, unless more was received than is wanted.
func checkAccumulated(r *artifact.Report, path string, l Line) {
	for j, c := range l.Buckets {
		if r.Full() {
			return
		}
		checkFigure(r, place{line: path, bucket: j, tail: ".cumulativeQuantity"}, *c.Accumulated)
		before := l.Schedule.Received
		if j > 0 {
			before = l.Buckets[j-1].Accumulated
		}
		if before == nil {
			continue
		}
		step, err := c.Accumulated.Sub(*before)
		over := j == 0 && err == nil && step.Sign() < 0 && c.Mean.IsZero()
		if err != nil || step.Cmp(c.Mean) != 0 && !over {
			r.Add(CodeAccumulated, fmt.Sprintf("%s.buckets[%d].cumulativeQuantity", path, j), "%s follows %s while %s are asked for in between", c.Accumulated, before, c.Mean)
			return
		}
	}
}

// firmTo is the accumulated quantity at the end of the last firm bucket; zero where none is or none is given.
func firmTo(l Line) (q quantity.Quantity) {
	for _, c := range l.Buckets {
		if c.Firmness == Firm && c.Accumulated != nil {
			q = *c.Accumulated
		}
	}
	return q
}

func checkAuthorisation(r *artifact.Report, path string, a *Authorisation, least quantity.Quantity) {
	if a == nil {
		return
	}
	if a.Quantity.Sign() < 0 || !withinBounds(a.Quantity) || !a.From.Valid() || !a.To.Valid() || a.From >= a.To {
		r.Add(CodeAuthorised, path, "%s from %q to %q: a quantity of at least zero, accumulated, for days that do not end before they begin", a.Quantity, a.From, a.To)
	}
	if a.Quantity.Cmp(least) < 0 {
		r.Add(CodeAuthorised, path, "%s is less than the %s that are firm or may be made", a.Quantity, least)
	}
}

func checkLifecycle(r *artifact.Report, path string, l Line) {
	c := l.Lifecycle
	if c == nil {
		return
	}
	path += ".lifecycle"
	if !oneOf(c.Status, PhasingIn, InSeries, PhasingOut, LastBuy, Discontinued) {
		r.Add(CodeLifecycle, path+".status", "unknown status %q", artifact.Clip(string(c.Status)))
	}
	for _, id := range []string{c.Predecessor, c.Successor} {
		if id != "" && (!artifact.IsName(id) || id == l.Item.ID()) {
			r.Add(CodeLifecycle, path, "item %q is no name, or the line's own", artifact.Clip(id))
		}
	}
	last := calendar.Date(0)
	for _, d := range []calendar.Date{c.From, c.LastBuyBy, c.ServiceUntil} {
		if d == 0 {
			continue
		}
		if !d.Valid() || d < last {
			r.Add(CodeLifecycle, path, "%q is no day, or before one that comes first: the change, the last order, the end of service", d)
			break
		}
		last = d
	}
	if c.Status == LastBuy && c.LastBuyBy == 0 || c.Status == Discontinued && c.From == 0 {
		r.Add(CodeLifecycle, path, "a %s names its day", c.Status)
	}
	if c.Status != Discontinued || l.Category == PhaseOut {
		return
	}
	for j, b := range l.Buckets {
		if b.Start >= c.From && !b.Mean.IsZero() {
			r.Add(CodeLifecycle, fmt.Sprintf("%s of lines: buckets[%d].mean", path, j), "%s are asked for in %s of a product discontinued on %s; demand after it is of category PO01", b.Mean, b.Bucket, c.From)
			break
		}
	}
}

// checkTotals holds a TOTAL to the sum of BASE, PROMOTIONAL and SEASONAL of one item, place, category and role, bucket by bucket where all are given.
// Quantiles are never added.
func checkTotals(r *artifact.Report, d Document) {
	type spot struct{ id, place, category, role string }
	kinds := map[spot]map[Kind]int{}
	for i, l := range d.Lines {
		at := spot{l.Item.ID(), l.Location.Key(), string(l.Category), string(l.Role)}
		if kinds[at] == nil {
			kinds[at] = map[Kind]int{}
		}
		kinds[at][l.Kind] = i
	}
	for i, l := range d.Lines {
		parts := kinds[spot{l.Item.ID(), l.Location.Key(), string(l.Category), string(l.Role)}]
		if l.Kind != Total || len(parts) != 4 || r.Full() {
			continue
		}
		for j, c := range l.Buckets {
			sum, all := quantity.Quantity{}, true
			for _, k := range []Kind{Base, Promotional, Seasonal} {
				part := d.Lines[parts[k]]
				cell, there := part.Cell(c.Bucket)
				var err error
				if sum, err = sum.Add(cell.Mean); err != nil || !there || part.Unit != l.Unit {
					all = false
					break
				}
			}
			if delta, err := c.Mean.Sub(sum); all && (err != nil || delta.Abs().Cmp(quantity.Of(1)) > 0) { // a unit for rounding
				r.Add(CodeTotals, fmt.Sprintf("lines[%d].buckets[%d].mean", i, j), "the total of %s is %s, its base, promotional and seasonal parts are %s", c.Bucket, c.Mean, sum)
				break
			}
		}
	}
}

// checkHighWater holds the authorisations of a revision to those before: within one reset they never fall (they may only be used up).
func checkHighWater(r *artifact.Report, old, revised Document) {
	before := byKey(old)
	for i, l := range revised.Lines {
		was := before[l.Key()]
		if was == nil || was.Schedule == nil || l.Schedule == nil || was.Schedule.Reset != l.Schedule.Reset || was.Unit != l.Unit {
			continue
		}
		for _, x := range []struct {
			name     string
			old, now *Authorisation
		}{{"fabAuthorization", was.Schedule.Fabrication, l.Schedule.Fabrication}, {"rawAuthorization", was.Schedule.Material, l.Schedule.Material}} {
			if x.old != nil && (x.now == nil || x.now.Quantity.Cmp(x.old.Quantity) < 0) {
				r.Add(CodeHighWater, fmt.Sprintf("lines[%d].schedule.%s", i, x.name), "falls below the %s authorised before since %s: what was authorised stays until the quantities begin anew", x.old.Quantity, l.Schedule.Reset)
			}
		}
	}
}

// GuessReason is what a changed line is probably changed for, for people to correct (practice T22); "" where nothing speaks for one.
func GuessReason(old, revised *Line) artifact.Reason {
	switch {
	case revised == nil:
		return "DISCONTINUED_PRODUCT"
	case old == nil && revised.Lifecycle != nil && revised.Lifecycle.Predecessor != "":
		return "PRODUCT_CHANGEOVER"
	case old == nil:
		return "NEW_PRODUCT"
	case revised.Lifecycle != nil && (old.Lifecycle == nil || *old.Lifecycle != *revised.Lifecycle):
		if revised.Lifecycle.Status == Discontinued || revised.Lifecycle.Status == LastBuy {
			return "DISCONTINUED_PRODUCT"
		}
		return "PRODUCT_CHANGEOVER"
	case old.Unit != revised.Unit || old.Lot != revised.Lot:
		return "MASTER_DATA"
	case old.SourcingShare != revised.SourcingShare:
		return "ALLOCATION"
	case revised.Kind == Promotional:
		return "REVISED_PROMOTION"
	}
	for _, c := range revised.Buckets {
		if was, there := old.Cell(c.Bucket); there && c.Ordered != nil && (was.Ordered == nil || *was.Ordered != *c.Ordered) {
			return "CUSTOMER_ORDER_CHANGE"
		}
	}
	return "REVISED_PLAN"
}
