package performance

import (
	"cmp"
	"slices"

	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/measure"
	"kontor/protocol/quantity"
)

// Service counts lines due in the bucket, and the orders that stand in the cell. An order stands in one cell alone: that of its line due last,
// and of several due on that day the first by its key. It is judged by all of its lines, wherever they are due.
type Service struct {
	Shipped  *Filled  `cbor:"shipped,omitempty" json:"shipped,omitempty"`   // by what was sent
	Received *Filled  `cbor:"received,omitempty" json:"received,omitempty"` // by the event of the report's definition
	Timely   *Timely  `cbor:"timely,omitempty" json:"timely,omitempty"`
	Perfect  *Perfect `cbor:"perfect,omitempty" json:"perfect,omitempty"`
	Lead     *Lead    `cbor:"lead,omitempty" json:"lead,omitempty"`
}

// Filled counts what was filled.
type Filled struct {
	Lines  Fill `cbor:"lines" json:"lines"`
	Orders Fill `cbor:"orders" json:"orders"`
}

// Fill counts lines, or orders all of whose lines were filled. What nothing came for was not filled; what was too much fills no other line.
type Fill struct {
	Due     int64  `cbor:"due" json:"due"`
	First   int64  `cbor:"first" json:"first"` // of them, by the first delivery; deliveries of one day are one
	Whole   int64  `cbor:"whole" json:"whole"` // of them, with later ones
	LeftOut []Left `cbor:"leftOut,omitempty" json:"leftOut,omitempty"`
}

// Timely counts orders all of whose lines came on time and in full.
type Timely struct {
	Due     int64  `cbor:"due" json:"due"`   // orders judged
	Both    int64  `cbor:"both" json:"both"` // of them, on time and in full
	LeftOut []Left `cbor:"leftOut,omitempty" json:"leftOut,omitempty"`
}

// Perfect counts orders by the four parts of a perfect one.
type Perfect struct {
	Due       int64  `cbor:"due" json:"due"` // orders judged in all four
	OnTime    int64  `cbor:"onTime" json:"onTime"`
	InFull    int64  `cbor:"inFull" json:"inFull"`
	Undamaged int64  `cbor:"undamaged" json:"undamaged"`
	Documents int64  `cbor:"documents" json:"documents"` // the right ones
	All       int64  `cbor:"all" json:"all"`             // true on all four
	LeftOut   []Left `cbor:"leftOut,omitempty" json:"leftOut,omitempty"`
}

// Lead adds up how long orders took, from the day of the order to that on which the last of its lines was in full.
type Lead struct {
	Due     int64  `cbor:"due" json:"due"`   // orders counted
	Days    int64  `cbor:"days" json:"days"` // of all of them
	Open    int64  `cbor:"open" json:"open"` // of them, not in full by close-out: they count to close-out
	LeftOut []Left `cbor:"leftOut,omitempty" json:"leftOut,omitempty"`
}

// MaxLeadDays bounds the days of one order: ten years, as the longest grace of a definition.
const MaxLeadDays = 3_660

// stated says what the records of a partnership tell at all. What none of them tells is not counted; what some tell counts as not recorded
// where it is missing.
type stated struct {
	event                                         Event
	sent, came, orderedOn, damaged, withDocuments bool
}

func said(records []Record, event Event) stated {
	out := stated{event: event}
	for _, r := range records {
		out.sent = out.sent || r.Event == Despatch
		out.came = out.came || r.Event == event
		out.orderedOn = out.orderedOn || r.OrderedOn != 0
		out.damaged = out.damaged || r.Damaged != nil
		out.withDocuments = out.withDocuments || r.Documents != nil
	}
	return out
}

// judged is the line as package measure judges it.
func (l *orderLine) judged(event Event) measure.DeliveryLine {
	out := measure.DeliveryLine{Order: l.order, Due: l.due, Ordered: l.ordered, Exclude: l.Exclude, Canceled: l.Canceled}
	for _, e := range l.events {
		if e.Event == event {
			out.Receipts = append(out.Receipts, measure.Receipt{On: e.Date, Accepted: e.Accepted, Rejected: e.Rejected})
		}
	}
	return out
}

// serve counts lines and orders into the services of their cells; at is that of the cell in which a line stands for some, nil where it lies
// outside the report.
func serve(lines []*orderLine, of stated, by measure.Deliveries, at func(stands *orderLine, of ...*orderLine) *Service) {
	if !of.sent && !of.came {
		return
	}
	orders, names := map[string][]*orderLine{}, []string{}
	for _, l := range lines {
		if l.due == 0 && l.ordered == nil {
			continue // a delivery without an order line
		}
		name := forecast.JoinKey(l.order)
		if l.order == "" {
			name = forecast.JoinKey("", l.Line.Line, l.Item.ID())
		}
		if orders[name] == nil {
			names = append(names, name)
		}
		orders[name] = append(orders[name], l)
		if s := at(l); s != nil {
			for _, f := range s.fills(of) {
				f.to.Lines.add(l.filled(f.event, by.AsOf))
			}
		}
	}
	for _, name := range names {
		o := order{lines: orders[name]}
		s := at(o.last(), o.lines...)
		if s == nil {
			continue
		}
		for _, f := range s.fills(of) {
			f.to.Orders.add(o.filled(f.event, by.AsOf))
		}
		if of.came {
			s.timely(o.judge(of.event, &by, nil))
		}
		if of.came && of.damaged && of.withDocuments {
			s.perfect(o.judge(of.event, &by, (*orderLine).sound))
		}
		if of.orderedOn && of.came {
			s.lead(o.lead(of.event, &by))
		}
	}
}

// leftOut are all lists of what is left out.
func (s *Service) leftOut() (out [][]Left) {
	for _, f := range []*Filled{s.Shipped, s.Received} {
		if f != nil {
			out = append(out, f.Lines.LeftOut, f.Orders.LeftOut)
		}
	}
	if s.Timely != nil {
		out = append(out, s.Timely.LeftOut)
	}
	if s.Perfect != nil {
		out = append(out, s.Perfect.LeftOut)
	}
	if s.Lead != nil {
		out = append(out, s.Lead.LeftOut)
	}
	return out
}

type filling struct {
	event Event
	to    *Filled
}

// fills are the counts that a cell has by what is said.
func (s *Service) fills(of stated) (out []filling) {
	for _, f := range []struct {
		any   bool
		event Event
		at    **Filled
	}{{of.sent, Despatch, &s.Shipped}, {of.came, of.event, &s.Received}} {
		if !f.any {
			continue
		}
		if *f.at == nil {
			*f.at = &Filled{}
		}
		out = append(out, filling{f.event, *f.at})
	}
	return out
}

// fillOf is what was filled of a line or an order, or why it is left out.
type fillOf struct {
	why          measure.Reason
	first, whole bool
}

func (f *Fill) add(x fillOf) {
	if x.why != "" {
		f.LeftOut = leave(f.LeftOut, x.why, 0)
		return
	}
	f.Due++
	f.First += one(x.first)
	f.Whole += one(x.whole)
}

func one(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}

// leave adds one to those that a reason leaves out, in order of reasons.
func leave(list []Left, why measure.Reason, days int64) []Left {
	i, known := slices.BinarySearchFunc(list, why, func(l Left, r measure.Reason) int { return cmp.Compare(l.Reason, r) })
	if !known {
		list = slices.Insert(list, i, Left{Reason: why})
	}
	list[i].Lines++
	list[i].Days += days
	return list
}

// filled judges a line by the deliveries of an event.
func (l *orderLine) filled(event Event, asOf calendar.Date) fillOf {
	switch {
	case l.Canceled:
		return fillOf{why: measure.CancelledLine}
	case l.Exclude != "":
		return fillOf{why: l.Exclude}
	case l.due == 0 || l.ordered == nil:
		return fillOf{why: measure.NotRecorded}
	case l.ordered.Sign() <= 0:
		return fillOf{why: measure.NothingAsked}
	case asOf != 0 && l.due >= asOf:
		return fillOf{why: measure.Pending}
	}
	var earliest calendar.Date
	for _, e := range l.events {
		if e.Event != event {
			continue
		}
		if e.Accepted == nil {
			return fillOf{why: measure.NotRecorded}
		}
		if earliest == 0 || e.Date < earliest {
			earliest = e.Date
		}
	}
	var first, all quantity.Quantity
	for _, e := range l.events {
		if e.Event != event {
			continue
		}
		var err error
		if all, err = all.Add(*e.Accepted); err == nil && e.Date == earliest {
			first, err = first.Add(*e.Accepted)
		}
		if err != nil {
			return fillOf{first: true, whole: true} // more than a quantity holds is more than was ordered
		}
	}
	return fillOf{first: !first.Less(*l.ordered), whole: !all.Less(*l.ordered)}
}

// order is all lines of one order, in order of their keys.
type order struct{ lines []*orderLine }

// last is the line in whose cell the order stands: one that nobody cancelled, where there is any.
func (o order) last() *orderLine {
	var out *orderLine
	for _, l := range o.lines {
		if out == nil || out.Canceled && !l.Canceled || out.Canceled == l.Canceled && l.due > out.due {
			out = l
		}
	}
	return out
}

// asked visits the lines that count for the order: not those that the buyer cancelled, or of nothing. Of reasons why lines are left out, the first by
// its name leaves out the order.
func (o order) asked(line func(l *orderLine) measure.Reason) (why measure.Reason) {
	reasons, none := []measure.Reason{}, measure.CancelledLine
	for _, l := range o.lines {
		switch r := line(l); r {
		case measure.CancelledLine:
		case measure.NothingAsked:
			none = r
		default:
			reasons = append(reasons, r)
		}
	}
	if len(reasons) == 0 {
		return none
	}
	for _, r := range reasons {
		if r != "" && (why == "" || r < why) {
			why = r
		}
	}
	return why
}

func (o order) filled(event Event, asOf calendar.Date) fillOf {
	out := fillOf{first: true, whole: true}
	out.why = o.asked(func(l *orderLine) measure.Reason {
		x := l.filled(event, asOf)
		if x.why == "" {
			out.first, out.whole = out.first && x.first, out.whole && x.whole
		}
		return x.why
	})
	return out
}

// serve judges a line of an order; a line of which nobody knows when it was due is not recorded.
func (l *orderLine) serve(line measure.DeliveryLine, by *measure.Deliveries) measure.Served {
	if l.due == 0 {
		return measure.Served{LeftOut: measure.NotRecorded}
	}
	return by.Serve(line)
}

// parts are the four of a perfect order; the first two make one on time in full.
type parts struct{ onTime, inFull, undamaged, documents bool }

// sound judges what came of a line by damage and documents: false where somebody did not record them.
func (l *orderLine) sound(event Event, p *parts) bool {
	for _, e := range l.events {
		if e.Event != event {
			continue
		}
		if e.Damaged == nil || e.Documents == nil {
			return false
		}
		p.undamaged, p.documents = p.undamaged && e.Damaged.Sign() == 0, p.documents && *e.Documents
	}
	return true
}

// judge judges an order by all of its lines, and by what more is asked of each of them; nil asks nothing more.
func (o order) judge(event Event, by *measure.Deliveries, more func(*orderLine, Event, *parts) bool) (p parts, why measure.Reason) {
	p = parts{true, true, true, true}
	why = o.asked(func(l *orderLine) measure.Reason {
		s := l.serve(l.judged(event), by)
		if s.LeftOut != "" {
			return s.LeftOut
		}
		p.onTime, p.inFull = p.onTime && s.OnTime, p.inFull && s.InFull
		if more != nil && !more(l, event, &p) {
			return measure.NotRecorded
		}
		return ""
	})
	return p, why
}

func (s *Service) timely(p parts, why measure.Reason) {
	if s.Timely == nil {
		s.Timely = &Timely{}
	}
	if why != "" {
		s.Timely.LeftOut = leave(s.Timely.LeftOut, why, 0)
		return
	}
	s.Timely.Due++
	s.Timely.Both += one(p.onTime && p.inFull)
}

func (s *Service) perfect(p parts, why measure.Reason) {
	if s.Perfect == nil {
		s.Perfect = &Perfect{}
	}
	if why != "" {
		s.Perfect.LeftOut = leave(s.Perfect.LeftOut, why, 0)
		return
	}
	s.Perfect.Due++
	s.Perfect.OnTime += one(p.onTime)
	s.Perfect.InFull += one(p.inFull)
	s.Perfect.Undamaged += one(p.undamaged)
	s.Perfect.Documents += one(p.documents)
	s.Perfect.All += one(p.onTime && p.inFull && p.undamaged && p.documents)
}

// took is how long an order took, and whether it was not in full by close-out.
type took struct {
	days int64
	open bool
}

// lead says how long an order took. An order that is left out for a reason of the contract's list has its days all the same: a clause that does not
// list the reason counts it.
func (o order) lead(event Event, by *measure.Deliveries) (t took, why measure.Reason) {
	var from, until calendar.Date
	why = o.asked(func(l *orderLine) measure.Reason {
		line := l.judged(event)
		line.Exclude = ""
		s := l.serve(line, by)
		switch {
		case s.LeftOut != "":
			return s.LeftOut
		case s.Open:
			return measure.Pending
		}
		if l.OrderedOn != 0 && (from == 0 || l.OrderedOn < from) {
			from = l.OrderedOn
		}
		until = max(until, l.due.AddDays(s.Complete))
		t.open = t.open || !s.Completed
		return l.Exclude
	})
	switch {
	case from == 0 && (why == "" || slices.Contains(measure.DeliveryExclusions, why)):
		return took{}, measure.NotRecorded
	case from != 0:
		t.days = int64(min(max(until.Sub(from), 0), MaxLeadDays)) // an order written down after it came took no time
	}
	return t, why
}

func (s *Service) lead(t took, why measure.Reason) {
	if s.Lead == nil {
		s.Lead = &Lead{}
	}
	if why != "" {
		days := int64(0)
		if slices.Contains(measure.DeliveryExclusions, why) {
			days = t.days
		}
		s.Lead.LeftOut = leave(s.Lead.LeftOut, why, days)
		return
	}
	s.Lead.Due++
	s.Lead.Days += t.days
	s.Lead.Open += one(t.open)
}
