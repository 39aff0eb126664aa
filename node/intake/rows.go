package intake

import (
	"fmt"

	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// HistoryRow says what was needed of a product in a region in a period. Several
// rows may be of one product, region and period; they add up.
type HistoryRow struct {
	Line            int
	Product, Region string
	Period          calendar.Bucket
	Quantity        quantity.Quantity
	Due             calendar.Bucket // when it was due; zero where the file doesn't say
}

// Month is the month that the row counts in: that of its Thursday for a week, as
// ISO 8601 has it, else that of its first day.
func (h HistoryRow) Month() calendar.Month {
	if h.Period.Days() == 7 {
		return h.Period.Start.AddDays(3).Month()
	}
	return h.Period.Start.Month()
}

// CapacityRow says what a line can make in a period, and which product loads it
// with how much. A line shared by several products has one row for each in every
// period, with the same capacity.
type CapacityRow struct {
	Line            int // of the file
	Group           string
	Period          calendar.Bucket
	Actual, Maximum quantity.Quantity
	Unit            quantity.Unit
	Product         string            // "" where the file names none
	LoadFactor      quantity.Quantity // capacity that one unit of the product takes; 1 where the file doesn't say
}

// StockRow says what is there of a product at a place. Rows of one product and region
// may be of several places, and are different stocks.
type StockRow struct {
	Line                       int
	Product, Region            string
	Place                      string        // as the file names it; "" where it names regions alone
	AsOf                       calendar.Date // the day it was counted; 0 where the file doesn't say
	OnHand, InTransit, Backlog quantity.Quantity
}

// BillRow says how much of a component one unit of a product contains.
type BillRow struct {
	Line               int
	Product, Component string
	PerUnit            quantity.Quantity
	Unit               quantity.Unit
}

// ProductRow describes a product. PackSize is 0 where the file doesn't say.
type ProductRow struct {
	Line                 int
	Product, Description string
	PackSize             quantity.Quantity
}

// state is what reading one line remembers for the next.
type state struct {
	*reader
	groups    map[groupPeriod]group
	history   map[seriesPeriod]int32 // first line of each
	addedUp   cell
	additions int
	assumed   bool
	plan      *plan // of a forecast
}

type seriesPeriod struct {
	series
	period calendar.Bucket
}

type groupPeriod struct {
	group  string
	period calendar.Bucket
}

// group is a line's capacity in one period, as first stated.
type group struct {
	line            int
	actual, maximum quantity.Quantity
	unit            quantity.Unit
}

func newState(r *reader) *state {
	return &state{reader: r, groups: map[groupPeriod]group{}, history: map[seriesPeriod]int32{}, plan: newPlan()}
}

// read reads one line, and says whether its product was parked.
func (s *state) read(d *Draft, row *row) (parked bool) {
	switch s.header.layout {
	case long:
		return s.long(row)
	case wide:
		return s.wide(d, row)
	}
	switch d.Kind {
	case History:
		return s.used(d, row)
	case Capacity:
		return s.capacity(d, row)
	case Stock:
		return s.stock(d, row)
	case Bill:
		return s.bill(d, row)
	case Products:
		return s.product(d, row)
	case Forecast:
		return s.forecast(row)
	}
	panic("intake: a kind without a reader")
}

// used reads a line of a history.
func (s *state) used(d *Draft, row *row) bool {
	h := HistoryRow{Line: row.line, Product: s.text(row, historyProduct), Region: s.text(row, historyRegion), Period: s.period(row, historyPeriod)}
	h.Quantity, _ = s.number(row, historyQuantity, true)
	h.Due = s.period(row, historyDue)
	if row.bad {
		return false
	}
	if !s.known(row, h.Product) {
		return true
	}
	key := seriesPeriod{series{product: h.Product, region: h.Region}, h.Period}
	if before, found := s.history[key]; found {
		if s.additions++; s.additions == 1 {
			s.addedUp = cell{line: row.line, value: fmt.Sprint(before)}
		}
	} else {
		s.history[key] = int32(row.line)
	}
	d.History = append(d.History, h)
	return false
}

func (s *state) capacity(d *Draft, row *row) bool {
	c := CapacityRow{Line: row.line, Group: s.text(row, capacityLine), Period: s.period(row, capacityPeriod), Product: s.text(row, capacityProduct)}
	c.Maximum, _ = s.number(row, capacityMaximum, true)
	actual, stated := s.number(row, capacityActual, false)
	if c.Actual = actual; !stated {
		c.Actual = c.Maximum
	}
	load, stated := s.number(row, capacityLoad, false)
	if c.LoadFactor = load; !stated {
		c.LoadFactor = quantity.Of(1)
	} else if load.IsZero() {
		s.bad(row, capacityLoad, CodeSign, "a load factor of zero", "more than 0: the capacity that one unit of the product takes")
	}
	c.Unit = s.unit(row, capacityUnit, s.unitOr("C62"))
	if row.bad {
		return false
	}
	if c.Maximum.Less(c.Actual) {
		s.bad(row, capacityActual, CodeMaximum, fmt.Sprintf("actual capacity above the maximum of %s", c.Maximum), "an actual capacity of at most the maximum")
		return false
	}
	if c.Product != "" && !s.known(row, c.Product) {
		return true
	}
	at := groupPeriod{c.Group, c.Period}
	if g, found := s.groups[at]; !found {
		s.groups[at] = group{row.line, c.Actual, c.Maximum, c.Unit}
	} else if g.actual != c.Actual || g.maximum != c.Maximum || g.unit != c.Unit {
		row.bad = true
		s.report.Complain(Complaint{Code: CodeContradiction, Line: row.line, Column: s.header.column(capacityMaximum), Value: row.cells[capacityMaximum],
			Text: fmt.Sprintf("line %d gives %s another capacity in %s", g.line, c.Group, c.Period), Want: "the same actual, maximum and unit in every row of a line and period"})
		return false
	}
	if s.once(row, func() string { return fmt.Sprintf("%s, %s and product %q", c.Group, c.Period, c.Product) }, c.Group, c.Period.String(), c.Product) {
		d.Capacity = append(d.Capacity, c)
	}
	return false
}

func (s *state) stock(d *Draft, row *row) bool {
	v := StockRow{Line: row.line, Product: s.text(row, stockProduct), Region: s.text(row, stockRegion)}
	v.OnHand, _ = s.number(row, stockOnHand, true)
	v.InTransit, _ = s.number(row, stockInTransit, false)
	v.Backlog, _ = s.number(row, stockBacklog, false)
	if row.bad {
		return false
	}
	if !s.known(row, v.Product) {
		return true
	}
	if s.once(row, func() string { return fmt.Sprintf("product %q in region %q", v.Product, v.Region) }, v.Product, v.Region) {
		d.Stock = append(d.Stock, v)
	}
	return false
}

func (s *state) bill(d *Draft, row *row) bool {
	b := BillRow{Line: row.line, Product: s.text(row, billProduct), Component: s.text(row, billComponent)}
	perUnit, ok := s.number(row, billQuantity, true)
	if ok && perUnit.IsZero() {
		s.bad(row, billQuantity, CodeSign, "none of the component", "more than 0")
	}
	b.PerUnit = perUnit
	b.Unit = s.unit(row, billUnit, s.Unit)
	if !row.bad && b.Product == b.Component {
		s.bad(row, billComponent, CodeContradiction, "a product that is its own component", "what the product is made of")
	}
	if row.bad {
		return false
	}
	if !s.known(row, b.Product) {
		return true
	}
	if s.once(row, func() string { return fmt.Sprintf("component %q of product %q", b.Component, b.Product) }, b.Product, b.Component) {
		d.Bill = append(d.Bill, b)
	}
	return false
}

func (s *state) product(d *Draft, row *row) bool {
	p := ProductRow{Line: row.line, Product: s.text(row, productsProduct), Description: s.prose(row, productsDescription, maxProse)}
	p.PackSize, _ = s.number(row, productsPack, false)
	if !row.bad && s.once(row, func() string { return fmt.Sprintf("product %q", p.Product) }, p.Product) {
		d.Products = append(d.Products, p)
	}
	return false
}

// unitOr is the option's unit, or the fallback, which is noted.
func (s *state) unitOr(fallback quantity.Unit) quantity.Unit {
	if s.Unit != "" {
		return s.Unit
	}
	s.assumed = true
	return fallback
}

// finish notes what was done with several lines at once.
func (s *state) finish(d *Draft) {
	s.lengthen(d)
	if d.Kind == Forecast && s.report.Imported > 0 {
		d.Message = s.demand()
	}
	if s.additions > 0 {
		s.report.Note(Complaint{Code: NoteAddedUp, Line: s.addedUp.line, Text: fmt.Sprintf("lines that have the product, region and period of an earlier one and add to it: %d, the first to line %s", s.additions, s.addedUp.value)})
	}
	unitField := map[Kind]int{Capacity: capacityUnit, Forecast: forecastUnit}
	f, ok := unitField[s.header.kind]
	switch s.header.layout {
	case long:
		f = longUnit
	case wide:
		f = wideUnit
	}
	if ok && s.assumed && !s.header.has(f) {
		s.report.Note(Complaint{Code: NoteUnit, Text: "no column for the unit: pieces (C62) were assumed"})
	}
	s.noteCentury()
}
