package performance

import (
	"fmt"
	"testing"

	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/measure"
	"kontor/protocol/quantity"
)

// entry is one row of a table of order lines, in words.
type entry struct {
	order, line, item          string
	orderedOn, due             string
	event, accepted, date      string
	damaged, documents, reason string
}

func (e entry) record() Record {
	r := Record{Item: forecast.Item{BuyersID: e.item}, Place: ivory, Unit: quantity.Pack, Exclude: measure.Reason(e.reason),
		Line: Line{Order: e.order, Line: e.line, Item: e.item, Ordered: qp("100"), Due: day(e.due), Event: Event(e.event)}}
	if e.orderedOn != "" {
		r.OrderedOn = day(e.orderedOn)
	}
	if e.date != "" {
		r.Date, r.Accepted = day(e.date), qp(e.accepted)
	}
	if e.damaged != "" {
		r.Damaged = qp(e.damaged)
	}
	if e.documents != "" {
		right := e.documents == "right"
		r.Documents = &right
	}
	return r
}

// Orders of October by hand. A has lines of two products and stands where its later one is; B came short and the rest too late; C came damaged; D came
// without anybody looking; E was held up by force majeure; nothing came of F.
var october = []entry{
	{"A", "1", "X", "2026-09-20", "2026-10-05", "RECEIPT_POSTED", "100", "2026-10-04", "0", "right", ""},
	{"A", "2", "Y", "2026-09-20", "2026-10-10", "RECEIPT_POSTED", "60", "2026-10-08", "0", "right", ""},
	{"A", "2", "Y", "2026-09-20", "2026-10-10", "RECEIPT_POSTED", "40", "2026-10-10", "0", "right", ""},
	{"B", "1", "X", "2026-10-01", "2026-10-12", "RECEIPT_POSTED", "90", "2026-10-12", "0", "right", ""},
	{"B", "1", "X", "2026-10-01", "2026-10-12", "RECEIPT_POSTED", "10", "2026-12-30", "0", "wrong", ""},
	{"C", "1", "Y", "2026-10-01", "2026-10-20", "RECEIPT_POSTED", "100", "2026-10-20", "3", "right", ""},
	{"D", "1", "Y", "2026-10-05", "2026-10-20", "RECEIPT_POSTED", "100", "2026-10-19", "", "", ""},
	{"E", "1", "Y", "2026-10-01", "2026-10-20", "RECEIPT_POSTED", "100", "2026-10-31", "0", "right", "FORCE_MAJEURE"},
	{"F", "1", "Y", "2026-10-01", "2026-10-25", "", "", "", "", "", ""},
}

func served(t *testing.T, asOf calendar.Date, entries ...entry) map[string]*Service {
	t.Helper()
	var records []Record
	for _, e := range entries {
		records = append(records, e.record())
	}
	setting := measure.Setting{"late": "1", "grace": "10"}
	drawn := must[[]Drawn](t)(Aggregate(records, setting, []calendar.Bucket{bucket("2026-10")}, asOf))
	d := full(t)
	d.Cells, d.Delivery = nil, must[[]measure.Parameter](t)(DeliveryBy(setting))
	out := map[string]*Service{}
	for _, x := range drawn {
		d.Cells = append(d.Cells, x.Cell)
		out[x.Cell.Item.ID()] = x.Cell.Service
	}
	if found := Check(d); len(found) > 0 {
		t.Fatal(found)
	}
	return out
}

func TestService(t *testing.T) {
	s := served(t, 0, october...)
	x, y := s["X"], s["Y"]
	if x.Shipped != nil || y.Shipped != nil {
		t.Error("what was sent is counted, and nobody said what was")
	}
	for _, c := range []struct{ what, is, want string }{
		{"X lines", fmt.Sprint(x.Received.Lines), "{2 1 2 []}"},                            // A1 at once, B with what came later
		{"X orders", fmt.Sprint(x.Received.Orders), "{1 0 1 []}"},                          // B
		{"Y lines", fmt.Sprint(y.Received.Lines), "{4 2 3 [{FORCE_MAJEURE 1 0 <nil>}]}"},   // A2 later, C, D, and F not at all
		{"Y orders", fmt.Sprint(y.Received.Orders), "{4 2 3 [{FORCE_MAJEURE 1 0 <nil>}]}"}, // A in two parts, C, D, F
		{"X timely", fmt.Sprint(*x.Timely), "{1 0 []}"},
		{"Y timely", fmt.Sprint(*y.Timely), "{3 3 [{FORCE_MAJEURE 1 0 <nil>} {NO_RECEIPT 1 0 <nil>}]}"},                                                      // A, C and D, whoever looked at it
		{"X perfect", fmt.Sprint(*x.Perfect), "{1 1 0 1 0 0 []}"},                                                                                            // B: all that came by close-out was on time, and too little
		{"Y perfect", fmt.Sprint(y.Perfect.Due, y.Perfect.OnTime, y.Perfect.InFull, y.Perfect.Undamaged, y.Perfect.Documents, y.Perfect.All), "2 2 2 1 2 1"}, // A and C
		{"Y perfect left out", fmt.Sprint(y.Perfect.LeftOut), "[{FORCE_MAJEURE 1 0 <nil>} {NOT_RECORDED 1 0 <nil>} {NO_RECEIPT 1 0 <nil>}]"},
		{"X lead", fmt.Sprint(*x.Lead), "{1 22 1 []}"},                                                  // B: from 1 October to the close-out on the 23rd
		{"Y lead", fmt.Sprint(*y.Lead), "{3 53 0 [{FORCE_MAJEURE 1 30 <nil>} {NO_RECEIPT 1 0 <nil>}]}"}, // A 20, C 19, D 14; E 30
	} {
		if c.is != c.want {
			t.Errorf("%s: %s, want %s", c.what, c.is, c.want)
		}
	}
	cells := []Settled{{Cell: Cell{Service: x}}, {Cell: Cell{Service: y}}}
	for _, c := range []struct {
		code  measure.Code
		set   measure.Setting
		value string
		count int
	}{
		{measure.LineFill, measure.Setting{"fillEvent": "RECEIVED"}, "0.5", 6}, {measure.LineFill, measure.Setting{"fillEvent": "RECEIVED", "backorder": "INCLUDED"}, "0.833333333", 6},
		{measure.OrderFill, measure.Setting{"fillEvent": "RECEIVED"}, "0.4", 5}, {measure.LineFill, nil, "NO_DATA", 0},
		{measure.OTIFOrders, nil, "0.75", 4}, {measure.PerfectOrder, nil, "0.333333333", 3}, {measure.LeadTime, nil, "18.75", 4},
	} {
		if r := Served(cells, c.code, c.set).Result(c.code, c.set); r.Text(9) != c.value || r.Count != c.count {
			t.Errorf("%s %v: %s of %d, want %s of %d", c.code, c.set, r.Text(9), r.Count, c.value, c.count)
		}
	}
}

// While a line may still come in full, its order has no lead time; an order is due when its last line is.
func TestServiceBeforeCloseOut(t *testing.T) {
	s := served(t, day("2026-10-22"), october...)
	if l := s["X"].Lead; l.Due != 0 || fmt.Sprint(l.LeftOut) != "[{PENDING 1 0 <nil>}]" {
		t.Errorf("B may come until the 23rd: %+v", *l)
	}
	if f := s["Y"].Received.Orders; f.Due != 3 || fmt.Sprint(f.LeftOut) != "[{FORCE_MAJEURE 1 0 <nil>} {PENDING 1 0 <nil>}]" {
		t.Errorf("F is due on the 25th: %+v", f)
	}
}

// What the two sides differ about is in no measure; what one alone counts stands.
func TestServiceOfTwoSides(t *testing.T) {
	doc := func(s Service) *Document {
		d := full(t)
		d.Cells[0].Service = &s
		return &d
	}
	buyer := doc(Service{Received: &Filled{Lines: Fill{Due: 10, First: 7, Whole: 9}, Orders: Fill{Due: 4, First: 2, Whole: 4}}, Lead: &Lead{Due: 4, Days: 400}})
	seller := doc(Service{Shipped: &Filled{Lines: Fill{Due: 10, First: 9, Whole: 9}}, Received: &Filled{Lines: Fill{Due: 10, First: 9, Whole: 9}, Orders: Fill{Due: 4, First: 2, Whole: 4}}, Lead: &Lead{Due: 4, Days: 401}})
	verdicts := map[string]Verdict{}
	for _, c := range Compare(buyer, seller, DefaultTolerance()).Cells[0].Deliveries {
		verdicts[c.Measure] = c.Verdict
	}
	for name, want := range map[string]Verdict{"LINE_FILL RECEIVED": Unequal, "LINE_FILL RECEIVED with backorders": Equal, "ORDER_FILL RECEIVED": Equal, "LINE_FILL SHIPPED": OneSided, "LEAD_TIME": DeMinimis} {
		if verdicts[name] != want {
			t.Errorf("%s: %s, want %s", name, verdicts[name], want)
		}
	}
	settled := Settle(buyer, seller, DefaultTolerance())[:1]
	for _, c := range []struct {
		code measure.Code
		set  measure.Setting
		want string
	}{
		{measure.LineFill, measure.Setting{"fillEvent": "RECEIVED"}, "DISPUTED"}, {measure.LineFill, measure.Setting{"fillEvent": "RECEIVED", "backorder": "INCLUDED"}, "0.9"},
		{measure.LineFill, nil, "0.9"}, {measure.LeadTime, nil, "100"}, {measure.PerfectOrder, nil, "NO_DATA"},
	} {
		if r := Served(settled, c.code, c.set).Result(c.code, c.set); r.Text(3) != c.want {
			t.Errorf("%s %v: %s, want %s", c.code, c.set, r.Text(3), c.want)
		}
	}
}
