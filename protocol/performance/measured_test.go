package performance

import (
	"testing"

	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/measure"
	"kontor/protocol/quantity"
)

// version is a forecast of tablets for months from October on, with a band of the middle eight tenths around the mean.
func version(at string, means ...string) Version {
	l := forecast.Line{Item: tablet, Location: ivory, Unit: quantity.Pack, Kind: forecast.Total}
	for i, m := range means {
		mean := q(m)
		ten := quantity.Of(10)
		low, _ := mean.Sub(ten)
		high, _ := mean.Add(ten)
		l.Buckets = append(l.Buckets, forecast.Cell{Bucket: calendar.MonthsFrom(day("2026-10-01").Month(), len(means))[i], Mean: mean,
			Quantiles: []forecast.Quantile{{P: 100_000, Q: low}, {P: 500_000, Q: mean}, {P: 900_000, Q: high}}})
	}
	return Version{At: day(at).Millis(), Document: forecast.Document{Lines: []forecast.Line{l}}}
}

func actual(month, demand, onHand string) Settled {
	c := Settled{Cell: Cell{Item: tablet, Place: ivory, Bucket: bucket(month), Unit: quantity.Pack}}
	if demand != "" {
		c.Demand = qp(demand)
	}
	if onHand != "" {
		c.OnHand = qp(onHand)
	}
	return c
}

// Each actual meets the forecast that stood so many buckets before; disputed, constrained and unforecast ones are counted and left out.
func TestAccuracy(t *testing.T) {
	versions := []Version{version("2026-08-01", "100", "100", "100"), version("2026-10-20", "200", "120", "100")}
	cells := []Settled{actual("2026-10", "110", ""), actual("2026-11", "100", ""), actual("2026-12", "90", ""), actual("2026-07", "5", "")}
	cells = append(cells, actual("2026-12", "", ""))
	cells[4].Disputed = []Figure{Demand}
	e, s := Accuracy(cells, versions, "CONSUMPTION", 0, nil)
	// e = -10 of 110, 20 of 100, 10 of 90
	if r := e.Result(measure.WAPE); r.Text(6) != "0.133333" || r.Count != 3 || r.Excluded[measure.NoForecast] != 1 || r.Excluded[measure.Disputed] != 1 {
		t.Errorf("%s of %d, %v", r.Text(6), r.Count, r.Excluded)
	}
	if r := s.Of(measure.Coverage, "band", "0.8"); r.Count != 3 || !r.Measured() {
		t.Errorf("%+v", r)
	}
	if r := first(Accuracy(cells, versions, "CONSUMPTION", 1, nil)).Result(measure.Bias); r.Text(6) != "0" || r.Count != 3 { // all by the first version: -10, 0, 10
		t.Errorf("lag 1: %s of %d", r.Text(6), r.Count)
	}
	if r := first(Accuracy(cells, versions, "CONSUMPTION", 3, nil)).Result(measure.WAPE); r.Count != 2 { // October's forecast came too late for a lag of three months
		t.Errorf("lag 3: %d of it, %v", r.Count, r.Excluded)
	}
	versions[1].Committed = func(_ string, b calendar.Bucket) (quantity.Quantity, bool) { return q("50"), b == bucket("2026-12") }
	if r := first(Accuracy(cells, versions, "CONSUMPTION", 0, nil)).Result(measure.WAPE); r.Count != 2 || r.Excluded[measure.Constrained] != 1 {
		t.Errorf("constrained: %d, %v", r.Count, r.Excluded)
	}
	if r := first(Accuracy(cells, nil, "POS", 0, nil)).Result(measure.WAPE); r.Measured() {
		t.Error("nothing was sold, and it is measured")
	}
	attained, adhered := Kept(cells, versions)
	if a, b := attained.Result(measure.Attainment), adhered.Result(measure.Adherence); a.Text(2) != "0.5" || b.Measured() {
		t.Errorf("%s, %s", a.Text(2), b.Text(2))
	}
	if r := Revised(versions).Result(measure.Revised); r.Text(4) != "0.6667" || r.Count != 3 {
		t.Errorf("%s of %d", r.Text(4), r.Count)
	}
}

func first[A, B any](a A, _ B) A { return a }

// Practice T8: days without stock by the report's own count or by the stock at the end; overstock against the forecast's quantile of one month; the
// rates before and after a day are of the cells on either side of it.
func TestStocks(t *testing.T) {
	versions := []Version{version("2026-08-01", "100", "100", "100")}
	cells := []Settled{actual("2026-09", "100", "150"), actual("2026-10", "100", "0"), actual("2026-11", "100", "")}
	cells[2].Days = &StockDays{Listed: 30, Out: 3}
	s := Stocks(cells, versions, measure.Setting{"cover": "31"}, 31)
	if r := s.Days.Result(measure.StockoutRate); r.Count != 91 || r.Text(6) != "0.373626" { // 31 + 3 of 30 + 31 + 30 days
		t.Errorf("%s of %d, %v", r.Text(6), r.Count, r.Excluded)
	}
	// At the end of September 150 are there, and October's 0.9 quantile is 110.
	if r := s.Levels.Result(measure.Overstock); r.Text(6) != "0.266667" {
		t.Errorf("%s, %v", r.Text(6), r.Excluded)
	}
	if r := Stocks(cells, nil, nil, 31).Levels.Result(measure.Overstock); r.Measured() {
		t.Error("overstock without a forecast")
	}
	before, after := Split(cells, day("2026-10-15"))
	if len(before) != 1 || len(after) != 1 {
		t.Errorf("%d before and %d after", len(before), len(after))
	}
	none := Stocks([]Settled{{Cell: Cell{Item: tablet, Bucket: bucket("2026-10"), Ordered: qp("5")}}}, nil, nil, 31)
	if r := none.Days.Result(measure.StockoutRate); r.Measured() || r.Reason != measure.NoData {
		t.Errorf("a report of orders says something of stock: %s", r.Text(2))
	}
}

// Counts of both sides' lines add up, and what is disputed is left out by its lines.
func TestDelivered(t *testing.T) {
	counts := func(due, onTime int64) *Deliveries {
		return &Deliveries{Due: due, OnTime: onTime, Quantified: due, InFull: onTime, Both: onTime, InWindow: quantity.Of(onTime), Ordered: quantity.Of(due)}
	}
	doc := func(a, b *Deliveries) *Document {
		return &Document{Window: bucket("2026-10"), Cells: []Cell{{Item: tablet, Bucket: bucket("2026-10"), Unit: quantity.Pack, Deliveries: a}, {Item: forecast.Item{BuyersID: "other"}, Bucket: bucket("2026-10"), Unit: quantity.Pack, Deliveries: b}}}
	}
	d := Delivered(Settle(doc(counts(1000, 900), counts(10, 9)), doc(counts(1000, 899), counts(10, 5)), DefaultTolerance()), nil)
	if r := d.Result(measure.OTIF); r.Count != 1000 || r.Text(3) != "0.9" || r.Excluded[measure.Disputed] != 10 {
		t.Errorf("%s of %d, %v", r.Text(3), r.Count, r.Excluded)
	}
}

// Orders that swing twice as far as demand have four times its variance; campaigns and what the two sides differ about are counted and left out, and weeks are
// not put to months.
func TestSwings(t *testing.T) {
	var cells []Settled
	for i, b := range calendar.MonthsFrom(day("2026-01-01").Month(), 14) {
		c := Settled{Cell: Cell{Item: tablet, Place: ivory, Bucket: b, Unit: quantity.Pack, Demand: qp("90"), Ordered: qp("80")}}
		if i%2 == 1 {
			c.Demand, c.Ordered = qp("110"), qp("120")
		}
		cells = append(cells, c)
	}
	cells[13].Disputed, cells[13].Ordered = []Figure{Ordered}, nil
	week := cells[0]
	week.Bucket = calendar.Bucket{Start: day("2026-01-05"), End: day("2026-01-12")}
	alone := actual("2027-03", "7", "")
	swings := Swings(append(cells, week, alone), Demand, func(c Cell) bool { return c.Bucket == bucket("2027-01") })
	if len(swings) != 2 || swings[1].Bucket.Days() != 31 {
		t.Fatalf("%+v", swings)
	}
	r := swings[1].Orders.Result()
	if r.Text(6) != "4" || r.Count != 12 || r.Excluded[measure.Promoted] != 1 || r.Excluded[measure.Disputed] != 1 || r.Window.Start != day("2026-01-01") {
		t.Errorf("%s of %d, %v", r.Text(6), r.Count, r.Excluded)
	}
	if r := swings[0].Orders.Result(); r.Reason != measure.TooFew || r.Count != 1 {
		t.Errorf("one week: %+v", r)
	}
}

// Four weeks, months and quarters are each of a length of their own, though months and quarters differ in days.
func TestSwingsKeepLengthsApart(t *testing.T) {
	var cells []Settled
	for _, days := range [][2]string{{"2026-01-05", "2026-02-02"}, {"2026-02-02", "2026-03-02"}, {"2026-01-01", "2026-02-01"}, {"2026-02-01", "2026-03-01"}, {"2026-01-01", "2026-04-01"}, {"2026-07-01", "2026-10-01"}} {
		b := calendar.Bucket{Start: day(days[0]), End: day(days[1])}
		cells = append(cells, Settled{Cell: Cell{Item: tablet, Place: ivory, Bucket: b, Unit: quantity.Pack, Demand: qp("90"), Ordered: qp("80")}})
	}
	swings := Swings(cells, Demand, func(Cell) bool { return false })
	if len(swings) != 3 {
		t.Fatalf("%d lengths, want four weeks, months and quarters", len(swings))
	}
	for i, first := range []int{28, 31, 90} {
		if s := swings[i]; s.Bucket.Days() != first || s.Orders.Result().Count != 2 {
			t.Errorf("%s: %d buckets", s.Bucket, s.Orders.Result().Count)
		}
	}
}
