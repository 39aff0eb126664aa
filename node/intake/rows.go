package intake

import (
	"fmt"
	"slices"

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

// StockRow says what is there of a product in a region.
type StockRow struct {
	Line                       int
	Product, Region            string
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

// ForecastRow says what will be needed. Mean is nil where the file has
// quantiles only.
type ForecastRow struct {
	Line            int
	Product, Region string
	Period          calendar.Bucket
	Unit            quantity.Unit
	Mean            *quantity.Quantity
	Quantiles       []Quantile // rising levels, never falling values
}

// Quantile says that demand stays at or below Q with probability P.
type Quantile struct {
	P int64 // parts per million
	Q quantity.Quantity
}

// state is what reading one line remembers for the next.
type state struct {
	*reader
	groups    map[string]group
	addedUp   cell
	additions int
	assumed   bool
	cells     map[string]int // rows of a forecast by product, region and period
}

// group is a line's capacity in one period, as first stated.
type group struct {
	line            int
	actual, maximum quantity.Quantity
	unit            quantity.Unit
}

func newState(r *reader) *state {
	return &state{reader: r, groups: map[string]group{}, cells: map[string]int{}}
}

// read reads one line, and says whether its product was parked.
func (s *state) read(d *Draft, row *row) (parked bool) {
	switch s.header.layout {
	case long:
		return s.long(d, row)
	case wide:
		return s.wide(d, row)
	}
	switch d.Kind {
	case History:
		return s.history(d, row)
	case Capacity:
		return s.capacity(d, row)
	case Stock:
		return s.stock(d, row)
	case Bill:
		return s.bill(d, row)
	case Products:
		return s.product(d, row)
	case Forecast:
		return s.forecast(d, row)
	}
	panic("intake: a kind without a reader")
}

func (s *state) history(d *Draft, row *row) bool {
	h := HistoryRow{Line: row.line, Product: s.text(row, historyProduct), Region: s.text(row, historyRegion), Period: s.period(row, historyPeriod)}
	h.Quantity, _ = s.number(row, historyQuantity, true)
	h.Due = s.period(row, historyDue)
	if row.bad {
		return false
	}
	if !s.known(row, h.Product) {
		return true
	}
	key := h.Product + "\x00" + h.Region + "\x00" + h.Period.String()
	if before, found := s.keys[key]; found {
		if s.additions++; s.additions == 1 {
			s.addedUp = cell{line: row.line, value: fmt.Sprint(before)}
		}
	} else {
		s.keys[key] = row.line
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
	at := c.Group + "\x00" + c.Period.String()
	if g, found := s.groups[at]; !found {
		s.groups[at] = group{row.line, c.Actual, c.Maximum, c.Unit}
	} else if g.actual != c.Actual || g.maximum != c.Maximum || g.unit != c.Unit {
		row.bad = true
		s.report.Complain(Complaint{Code: CodeContradiction, Line: row.line, Column: s.header.column(capacityMaximum), Value: row.cells[capacityMaximum],
			Text: fmt.Sprintf("line %d gives %s another capacity in %s", g.line, c.Group, c.Period), Want: "the same actual, maximum and unit in every row of a line and period"})
		return false
	}
	if s.once(row, fmt.Sprintf("%s, %s and product %q", c.Group, c.Period, c.Product), at, c.Product) {
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
	if s.once(row, fmt.Sprintf("product %q in region %q", v.Product, v.Region), v.Product, v.Region) {
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
	if s.once(row, fmt.Sprintf("component %q of product %q", b.Component, b.Product), b.Product, b.Component) {
		d.Bill = append(d.Bill, b)
	}
	return false
}

func (s *state) product(d *Draft, row *row) bool {
	p := ProductRow{Line: row.line, Product: s.text(row, productsProduct), Description: s.text(row, productsDescription)}
	p.PackSize, _ = s.number(row, productsPack, false)
	if !row.bad && s.once(row, fmt.Sprintf("product %q", p.Product), p.Product) {
		d.Products = append(d.Products, p)
	}
	return false
}

func (s *state) forecast(d *Draft, row *row) bool {
	f := ForecastRow{Line: row.line, Product: s.text(row, forecastProduct), Region: s.text(row, forecastRegion), Period: s.period(row, forecastPeriod)}
	if mean, stated := s.number(row, forecastMean, len(s.header.levels) == 0); stated {
		f.Mean = &mean
	}
	for k, level := range s.header.levels {
		if q, stated := s.number(row, forecastQuantiles+k, false); stated {
			f.Quantiles = append(f.Quantiles, Quantile{level, q})
		}
	}
	f.Unit = s.unit(row, forecastUnit, s.unitOr("C62"))
	if !row.bad && f.Mean == nil && len(f.Quantiles) == 0 {
		s.bad(row, forecastMean, CodeMissing, "neither a mean nor a quantile", "at least one of them; 0 where nothing is expected")
	}
	s.rising(row, f.Quantiles)
	if row.bad {
		return false
	}
	if !s.known(row, f.Product) {
		return true
	}
	if s.once(row, fmt.Sprintf("product %q in region %q, %s", f.Product, f.Region, f.Period), f.Product, f.Region, f.Period.String()) {
		d.Forecast = append(d.Forecast, f)
	}
	return false
}

// rising refuses quantiles that fall: which of the two is wrong only the file's author knows.
func (s *state) rising(row *row, quantiles []Quantile) {
	for i := 1; i < len(quantiles); i++ {
		low, high := quantiles[i-1], quantiles[i]
		if high.Q.Less(low.Q) {
			f := forecastQuantiles + slices.Index(s.header.levels, high.P)
			s.bad(row, f, CodeCrossing, fmt.Sprintf("the quantile falls below the %s of the lower level (column %q)", low.Q, s.header.column(forecastQuantiles+slices.Index(s.header.levels, low.P))),
				"values that rise with the level, or stay")
			return
		}
	}
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
	if s.header.layout != byPeriod && d.Kind == Forecast {
		d.Forecast = slices.DeleteFunc(d.Forecast, s.falls)
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
	if s.dates.short.line > 0 {
		s.report.Note(Complaint{Code: NoteCentury, Line: s.dates.short.line, Column: s.dates.short.column, Value: s.dates.short.value,
			Text: "years of two digits were read as 1969 to 2068"})
	}
}
