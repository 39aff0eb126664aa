package performance

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/measure"
	"kontor/protocol/quantity"
)

// Record is one line at home, with what its cell needs and no partner sees.
type Record struct {
	Line
	Item     forecast.Item
	Place    forecast.Location
	Unit     quantity.Unit
	Rejected quantity.Quantity // at the receipt, for quality
	Exclude  measure.Reason    // one of measure.DeliveryExclusions, with evidence
	Canceled bool              // by the buyer before the cut-off
	Evidence *block.CID        // the shared artifact or attachment that shows why it is excluded
}

// Drawn is a cell made from lines, and the lines under its root.
type Drawn struct {
	Cell  Cell
	Lines []Line // of the event of the definition, and order lines for which nothing came; in order of keys
}

// Aggregate makes the cells of a window from lines. A line belongs to the bucket of its due date, or of its own date where
// nobody knows when it was due; what lies in none of the buckets is left out. Deliveries that name order and item and no line of the
// order take over the due date and quantity of the one line they can mean. asOf leaves lines whose window was still open out of
// the counts.
func Aggregate(records []Record, setting measure.Setting, buckets []calendar.Bucket, asOf calendar.Date) ([]Drawn, error) {
	event := Event(setting["event"])
	if event == "" {
		event = ReceiptPosted
	}
	cells := map[string]*gathered{}
	lines := orderLines(records)
	for _, l := range lines {
		day := l.due
		if day == 0 {
			day = l.first()
		}
		i := slices.IndexFunc(buckets, func(b calendar.Bucket) bool { return b.Contains(day) })
		if i < 0 {
			continue
		}
		c := Cell{Item: l.Item, Place: l.Place, Bucket: buckets[i], Unit: l.Unit}
		key := c.Key()
		if cells[key] == nil {
			cells[key] = &gathered{cell: c, deliveries: measure.Deliveries{Setting: setting, AsOf: asOf}}
		}
		if have := cells[key].cell; have.Unit != c.Unit {
			return nil, fmt.Errorf("order %q, item %q: %s here, and %s in other lines of %s; a cell has one unit", l.order, c.Item.ID(), c.Unit, have.Unit, c.Bucket)
		}
		if err := cells[key].add(l, event); err != nil {
			return nil, fmt.Errorf("order %q, item %q: %w", l.order, c.Item.ID(), err)
		}
	}
	serve(lines, said(records, event), measure.Deliveries{Setting: setting, AsOf: asOf}, func(stands *orderLine, of ...*orderLine) *Service {
		for _, b := range buckets {
			if !b.Contains(stands.due) {
				continue
			}
			g := cells[Cell{Item: stands.Item, Place: stands.Place, Bucket: b}.Key()]
			for _, l := range of {
				g.show(l)
			}
			return g.service()
		}
		return nil
	})
	var out []Drawn
	for _, key := range slices.Sorted(maps.Keys(cells)) {
		d, err := cells[key].drawn()
		if err != nil {
			return nil, fmt.Errorf("item %q in %s: %w", cells[key].cell.Item.ID(), cells[key].cell.Bucket, err)
		}
		out = append(out, d)
	}
	return out, nil
}

// orderLine is a line of an order with all that came for it.
type orderLine struct {
	Record
	order   string
	due     calendar.Date
	ordered *quantity.Quantity
	events  []Record
}

func (l *orderLine) first() calendar.Date {
	day := l.Date
	for _, e := range l.events {
		if day == 0 || e.Date < day {
			day = e.Date
		}
	}
	return day
}

// orderLines groups records by the line of the order they are for, in order.
func orderLines(records []Record) []*orderLine {
	lines, ofItem := map[string]*orderLine{}, map[string][]*orderLine{}
	at := func(r Record) *orderLine {
		key := forecast.JoinKey(r.Order, r.Line.Line, r.Line.Item)
		l := lines[key]
		if l == nil {
			l = &orderLine{Record: r, order: r.Order}
			lines[key] = l
			ofItem[forecast.JoinKey(r.Order, r.Line.Item)] = append(ofItem[forecast.JoinKey(r.Order, r.Line.Item)], l)
		}
		return l
	}
	var loose []Record
	for _, r := range records {
		if r.Order == "" || r.Line.Line == "" && r.Due == 0 && r.Ordered == nil {
			loose = append(loose, r)
			continue
		}
		at(r).take(r)
	}
	for _, r := range loose {
		if fits := ofItem[forecast.JoinKey(r.Order, r.Line.Item)]; r.Order != "" && len(fits) == 1 {
			r.Line.Line = fits[0].Line.Line
			fits[0].take(r)
			continue
		}
		at(r).take(r)
	}
	var out []*orderLine
	for _, key := range slices.Sorted(maps.Keys(lines)) {
		out = append(out, lines[key])
	}
	return out
}

func (l *orderLine) take(r Record) {
	if l.due == 0 {
		l.due = r.Due
	}
	if l.ordered == nil {
		l.ordered = r.Ordered
	}
	if l.Place == (forecast.Location{}) {
		l.Place = r.Place
	}
	if l.Exclude == "" {
		l.Exclude = r.Exclude
	}
	if l.Evidence == nil {
		l.Evidence = r.Evidence
	}
	if l.OrderedOn == 0 || r.OrderedOn != 0 && r.OrderedOn < l.OrderedOn {
		l.OrderedOn = r.OrderedOn
	}
	l.Canceled = l.Canceled || r.Canceled
	if r.Event != "" {
		l.events = append(l.events, r)
	}
}

// gathered is a cell under way.
type gathered struct {
	cell                                        Cell
	deliveries                                  measure.Deliveries
	ordered, shipped, received, onTime, inFull  quantity.Quantity
	anyOrdered, anyShipped, anyReceived, judged bool
	lines                                       []Line
	shown                                       map[measure.Reason]*block.CID // evidence of what is left out; nil where one has none, or another
}

// show keeps what shows why a line is left out.
func (g *gathered) show(l *orderLine) {
	if l.Exclude == "" {
		return
	}
	if g.shown == nil {
		g.shown = map[measure.Reason]*block.CID{}
	}
	was, known := g.shown[l.Exclude]
	switch {
	case !known:
		g.shown[l.Exclude] = l.Evidence
	case was == nil || l.Evidence == nil || *was != *l.Evidence:
		g.shown[l.Exclude] = nil
	}
}

// evidence puts what shows a reason beside the counts that it leaves out.
func (g *gathered) evidence(lists [][]Left) {
	for _, list := range lists {
		for i := range list {
			list[i].Evidence = g.shown[list[i].Reason]
		}
	}
}

func (g *gathered) add(l *orderLine, event Event) (err error) {
	sum := func(to *quantity.Quantity, q *quantity.Quantity) {
		if q != nil && err == nil {
			*to, err = to.Add(*q)
		}
	}
	if l.ordered != nil && !l.Canceled {
		g.anyOrdered = true
		sum(&g.ordered, l.ordered)
	}
	slices.SortStableFunc(l.events, func(a, b Record) int {
		return cmp.Or(cmp.Compare(a.Delivery, b.Delivery), a.Date.Sub(b.Date), cmp.Compare(text(a.Accepted), text(b.Accepted)), cmp.Compare(text(a.Damaged), text(b.Damaged)), cmp.Compare(known(a.Documents), known(b.Documents)))
	})
	canonical := Line{Order: l.order, Line: l.Line.Line, Item: l.Item.ID(), Ordered: l.ordered, Due: l.due, OrderedOn: l.OrderedOn}
	judged := l.judged(event)
	counted := map[string]int64{}
	for _, e := range l.events {
		switch e.Event {
		case Despatch:
			g.anyShipped = true
			sum(&g.shipped, e.Accepted)
		case event:
			g.anyReceived = true
			sum(&g.received, e.Accepted)
			line := canonical
			line.Damaged, line.Documents = e.Damaged, e.Documents
			line.Event, line.Delivery, line.Accepted, line.Date, line.N = e.Event, e.Delivery, e.Accepted, e.Date, counted[e.Delivery]
			counted[e.Delivery]++
			g.lines = append(g.lines, line)
		}
	}
	if len(judged.Receipts) == 0 {
		g.lines = append(g.lines, canonical)
	}
	if l.due != 0 {
		g.show(l)
		g.judge(judged, sum)
	}
	return err
}

// known puts what is not known first, then no, then yes.
func known(b *bool) int {
	switch {
	case b == nil:
		return 0
	case !*b:
		return 1
	}
	return 2
}

// judge counts the line, and what of it was on time and in full.
func (g *gathered) judge(line measure.DeliveryLine, sum func(to, q *quantity.Quantity)) {
	g.judged = true
	g.deliveries.Add(line)
	alone := measure.Deliveries{Setting: g.deliveries.Setting, AsOf: g.deliveries.AsOf, Workdays: g.deliveries.Workdays}
	alone.Add(line)
	c, err := alone.Counts()
	if err != nil || c.Quantified == 0 {
		return
	}
	sum(&g.onTime, &c.InWindow)
	if c.InFull > 0 {
		sum(&g.inFull, line.Ordered)
	}
}

func (g *gathered) drawn() (Drawn, error) {
	c := g.cell
	given := func(to **quantity.Quantity, any bool, q quantity.Quantity) {
		if any {
			*to = &q
		}
	}
	given(&c.Ordered, g.anyOrdered, g.ordered)
	given(&c.Shipped, g.anyShipped, g.shipped)
	given(&c.Received, g.anyReceived, g.received)
	counts, err := g.deliveries.Counts()
	if err != nil {
		return Drawn{}, err
	}
	if g.judged {
		c.Deliveries = reported(counts)
	}
	g.evidence(c.LeftOut())
	given(&c.OnTime, counts.Quantified > 0, g.onTime)
	given(&c.InFull, counts.Quantified > 0, g.inFull)
	SortLines(g.lines)
	return Drawn{c, g.lines}, nil
}

// reported are counts as a report carries them.
func reported(c measure.DeliveryCounts) *Deliveries {
	d := &Deliveries{Due: int64(c.Due), OnTime: int64(c.OnTime), Quantified: int64(c.Quantified), InFull: int64(c.InFull), Both: int64(c.Both), InWindow: c.InWindow, Ordered: c.Ordered}
	for _, why := range slices.Sorted(maps.Keys(c.Excluded)) {
		d.LeftOut = append(d.LeftOut, Left{Reason: why, Lines: int64(c.Excluded[why])})
	}
	return d
}

// Counts are the counts of a report as package measure takes them.
func (d Deliveries) Counts() measure.DeliveryCounts {
	c := measure.DeliveryCounts{Due: int(d.Due), OnTime: int(d.OnTime), Quantified: int(d.Quantified), InFull: int(d.InFull), Both: int(d.Both), InWindow: d.InWindow, Ordered: d.Ordered, Excluded: map[measure.Reason]int{}}
	for _, l := range d.LeftOut {
		c.Excluded[l.Reason] = int(l.Lines)
	}
	return c
}

// service is the service of the cell, made when it is first asked for.
func (g *gathered) service() *Service {
	if g.cell.Service == nil {
		g.cell.Service = &Service{}
	}
	return g.cell.Service
}
