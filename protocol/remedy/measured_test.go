package remedy_test

import (
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/measure"
	"kontor/protocol/performance"
	"kontor/protocol/quality"
	"kontor/protocol/quantity"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
)

// settings under which every measure says what it is of.
var settings = measure.Setting{"actualBasis": "CONSUMPTION", "lag": "0", "minimum": "1", "fillEvent": "RECEIVED"}

func define(t interface{ Fatal(...any) }, code measure.Code) measure.Definition {
	e, _ := measure.Describe(code)
	set := measure.Setting{}
	for _, name := range e.Parameters {
		if v, given := settings[name]; given {
			set[name] = v
		}
	}
	def, err := measure.Define(code, set)
	if err != nil {
		t.Fatal(err)
	}
	return def
}

// measurable are all measures that a window can be evaluated by.
func measurable(t interface{ Fatal(...any) }) (out []measure.Code) {
	for _, code := range measure.Codes() {
		if remedy.Measurable(define(t, code)) {
			out = append(out, code)
		}
	}
	return out
}

// truth is what happened in a month, as both sides would report it.
type truth struct {
	report  performance.Document
	quality quality.Document
	records remedy.Records
}

func q(n int64) *quantity.Quantity { v := quantity.Of(n); return &v }

func drawTruth(t *rapid.T, d terms.Document, month calendar.Bucket) (out truth) {
	due := rapid.Int64Range(0, 30).Draw(t, "due")
	out.report = report(d, month, due, rapid.Int64Range(0, due).Draw(t, "good"), 0)
	if out.report.Delivery == nil || !remedy.CountsLines(d.SLAs[0].Measure.Code) {
		out.report.Delivery = define(t, measure.OTIF).Parameters
	}
	c := &out.report.Cells[0]
	number := func(name string) *quantity.Quantity { return q(rapid.Int64Range(0, 40_000).Draw(t, name)) }
	c.Received, c.Shipped, c.Demand, c.Sold, c.OnHand = number("received"), number("shipped"), number("demand"), number("sold"), number("on hand")
	c.Service = drawService(t)
	c.Days = &performance.StockDays{Listed: 31, Out: rapid.Int64Range(0, 31).Draw(t, "days out")}
	version := func(at calendar.Date, mean int64, committed int64) performance.Version {
		cell := forecast.Cell{Bucket: month, Mean: quantity.Of(mean), Quantiles: []forecast.Quantile{{P: 50_000, Q: quantity.Of(mean / 2)}, {P: 500_000, Q: quantity.Of(mean)}, {P: 950_000, Q: quantity.Of(mean * 2)}}}
		if mean%2 == 0 {
			cell.Firmness = forecast.Firm
		}
		return performance.Version{At: at.Millis(), Document: forecast.Document{Lines: []forecast.Line{{Item: c.Item, Location: c.Place, Unit: c.Unit, Kind: forecast.Total, Buckets: []forecast.Cell{cell}}}},
			Committed: func(string, calendar.Bucket) (quantity.Quantity, bool) { return quantity.Of(committed), committed > 0 }}
	}
	mean := rapid.Int64Range(0, 40_000)
	out.records.Forecasts = [][]performance.Version{{version(month.Start.AddDays(-40), mean.Draw(t, "forecast"), mean.Draw(t, "committed")), version(month.Start.AddDays(-3), mean.Draw(t, "forecast"), mean.Draw(t, "committed")),
		version(month.Start.AddDays(3), mean.Draw(t, "forecast"), 0)}}
	for range rapid.IntRange(0, 4).Draw(t, "asked") {
		at := month.Start.AddDays(rapid.IntRange(0, 15).Draw(t, "day asked")).Millis()
		a := remedy.Asked{At: at, Due: at + 5*86_400_000}
		if rapid.Bool().Draw(t, "answered") {
			a.Answered = at + rapid.Int64Range(0, 9*86_400_000).Draw(t, "after")
		}
		out.records.Asked = append(out.records.Asked, a)
	}
	bad := rapid.Int64Range(0, 1000).Draw(t, "bad")
	out.quality = quality.Document{Service: quality.DefaultService(), Measures: []quality.Measure{{Item: c.Item, Period: month, Unit: "PK", Denominator: quality.ByReceived, Counting: quality.CountConfirmed, Received: q(1000 + bad), Defectives: quantity.Of(bad), Confirmed: quantity.Of(bad)}}}
	complaint := quality.Complaint{ID: "C1", Item: c.Item, Raised: month.Start.AddDays(2).Millis()}
	out.quality.Complaints = []quality.Complaint{complaint}
	if rapid.Bool().Draw(t, "worked") {
		out.quality.Cases = []quality.Case{{Complaint: "C1", Steps: []quality.Done{{Step: quality.D3, At: month.Start.AddDays(rapid.IntRange(2, 20).Draw(t, "D3"))}}}}
	}
	return out
}

// drawService is what was counted of orders, with or without some of which nobody recorded what it needs.
func drawService(t *rapid.T) *performance.Service {
	count := func(name string, most int64) int64 { return rapid.Int64Range(0, most).Draw(t, name) }
	left := func(name string) []performance.Left {
		n := count(name+" left out", 2)
		if n == 0 {
			return nil
		}
		return []performance.Left{{Reason: measure.NotRecorded, Lines: n}}
	}
	fill := func(name string) performance.Fill {
		f := performance.Fill{Due: count(name, 20), LeftOut: left(name)}
		f.Whole = count(name+" whole", f.Due)
		f.First = count(name+" first", f.Whole)
		return f
	}
	filled := performance.Filled{Lines: fill("lines"), Orders: fill("orders")}
	perfect := performance.Perfect{Due: count("orders judged", 20), LeftOut: left("orders judged")}
	perfect.All = count("perfect", perfect.Due)
	perfect.OnTime, perfect.InFull, perfect.Undamaged, perfect.Documents = perfect.Due, perfect.Due, perfect.All, perfect.Due
	lead := performance.Lead{Due: count("orders timed", 20), LeftOut: left("orders timed")}
	lead.Days = count("days", lead.Due*40)
	timely := performance.Timely{Due: count("orders due", 20), LeftOut: left("orders due")}
	timely.Both = count("orders on time in full", timely.Due)
	return &performance.Service{Shipped: &filled, Received: &filled, Timely: &timely, Perfect: &perfect, Lead: &lead}
}

// caseOf is the window with the reports of those who gave theirs. What both sides signed is there whoever reports.
func (x truth) caseOf(d terms.Document, month calendar.Bucket, last quantity.Money, gave ...terms.Party) remedy.Case {
	c := remedy.Case{Terms: d, SLA: d.SLAs[0], Period: month, LastCharges: last, Records: x.records}
	c.Records.Quality = map[terms.Party][]quality.Document{}
	if d.SLAs[0].Measure.Code == measure.StepsOnTime { // complaints and cases are the record of both
		c.Records.Quality[terms.Buyer] = []quality.Document{x.quality}
	}
	for _, p := range gave {
		c.Records.Quality[p] = []quality.Document{x.quality}
		if p == terms.Buyer {
			c.Buyer = []performance.Document{x.report}
		} else {
			c.Seller = []performance.Document{x.report}
		}
	}
	return c
}

// Practice T2, for every measure that a clause may name and every meaning of silence: whoever withholds its reports is no better off than it is when
// both report what was. Better off is owing less, for the side that promised, and being owed more, for the other; remedy by remedy, before caps. Where
// both withhold, neither gains over what the other could have proved alone: a flat amount or none.
func TestWithholdingNeverPaysByAnyMeasure(t *testing.T) {
	codes := measurable(t)
	if len(codes) < 20 {
		t.Fatalf("only %d measures can be evaluated: %v", len(codes), codes)
	}
	for _, code := range codes {
		for _, silence := range []terms.OnMissing{terms.CounterpartyStands, terms.NotMeasured, terms.ReportingRemedy} {
			t.Run(string(code)+"/"+string(silence), rapid.MakeCheck(func(t *rapid.T) {
				d := drawTerms(t)
				s := &d.SLAs[0]
				s.Measure, s.OnMissing, s.AtMost = define(t, code), silence, rapid.Bool().Draw(t, "at most")
				s.Target = quantity.MustParse(rapid.SampledFrom([]string{"0", "0.1", "0.95", "3", "100", "20000"}).Draw(t, "target"))
				for i := range d.Remedies {
					d.Remedies[i].Tiers = nil // their borders belong to another target
				}
				month := months[2]
				x := drawTruth(t, d, month)
				last := quantity.Money{Minor: rapid.Int64Range(0, 100_000).Draw(t, "charges before"), Currency: d.Currency}
				debtor, creditor := s.By, remedy.Other(s.By)
				both := remedy.Evaluate(x.caseOf(d, month, last, terms.Buyer, terms.Seller))
				if both.Verdict == remedy.Unequal || len(both.Silent) > 0 {
					t.Fatalf("both report the same, and it comes to %+v", both)
				}
				if (both.Value == nil) != (both.Verdict == remedy.NotMeasured) || both.Verdict == remedy.NotMeasured && both.Why == "" {
					t.Fatalf("neither a value nor a reason: %+v", both)
				}
				want := owed(both)
				withoutDebtor, withoutCreditor := owed(remedy.Evaluate(x.caseOf(d, month, last, creditor))), owed(remedy.Evaluate(x.caseOf(d, month, last, debtor)))
				for _, r := range d.Remedies {
					if owing(*s, debtor) && withoutDebtor[r.ID] < want[r.ID] {
						t.Fatalf("the side that promised withholds its reports and owes %d instead of %d by %s", withoutDebtor[r.ID], want[r.ID], r.ID)
					}
					if owing(*s, creditor) && withoutCreditor[r.ID] > want[r.ID] {
						t.Fatalf("the side that is owed withholds its reports and is owed %d instead of %d by %s", withoutCreditor[r.ID], want[r.ID], r.ID)
					}
				}
			}))
		}
	}
}

// Each measure by hand, on one month.
func TestMeasuresOfAWindow(t *testing.T) {
	month := calendar.MustBucket("2027-03")
	day := func(n int) int64 { return month.Start.AddDays(n).Millis() }
	x := truth{report: performance.Document{Window: month, Delivery: define(t, measure.OTIF).Parameters, Cells: []performance.Cell{
		{Item: forecast.Item{BuyersID: product}, Bucket: month, Unit: "PK", Ordered: q(1000), Received: q(900), Shipped: q(950), Demand: q(800), Sold: q(620), OnHand: q(300), Blocked: q(60),
			Service: &performance.Service{Received: &performance.Filled{Lines: performance.Fill{Due: 8, First: 6, Whole: 7}, Orders: performance.Fill{Due: 5, First: 4, Whole: 4}},
				Timely:  &performance.Timely{Due: 8, Both: 7, LeftOut: []performance.Left{{Reason: measure.NotRecorded, Lines: 2}}},
				Perfect: &performance.Perfect{Due: 4, OnTime: 3, InFull: 3, Undamaged: 4, Documents: 4, All: 2, LeftOut: []performance.Left{{Reason: measure.NotRecorded, Lines: 1}}},
				Lead:    &performance.Lead{Due: 4, Days: 50, LeftOut: []performance.Left{{Reason: measure.ForceMajeure, Lines: 1, Days: 30}}}}}}}}
	cell := x.report.Cells[0]
	version := func(at int64, mean, committed int64) performance.Version {
		return performance.Version{At: at, Document: forecast.Document{Lines: []forecast.Line{{Item: cell.Item, Unit: "PK", Kind: forecast.Total, Buckets: []forecast.Cell{{Bucket: month, Mean: quantity.Of(mean), Firmness: forecast.Firm}}}}},
			Committed: func(string, calendar.Bucket) (quantity.Quantity, bool) { return quantity.Of(committed), committed > 0 }}
	}
	// Committed 1,500 to the first revision; the second, in force when the month began, was not answered; a third came when it had begun.
	x.records.Forecasts = [][]performance.Version{{version(day(-20), 1500, 1200), version(day(-2), 1000, 0), version(day(5), 900, 100)}}
	x.records.Asked = []remedy.Asked{{At: day(1), Due: day(6), Answered: day(3)}, {At: day(10), Due: day(15), Answered: day(16)}, {At: day(17), Due: day(22)}, {At: day(23), Due: day(28), Replaced: day(24)}, {At: day(-9), Due: day(-1)}}
	x.quality = quality.Document{Service: quality.ServiceRule{Zone: "UTC", Cutoff: 24 * 60, Deadlines: []quality.Deadline{{Step: quality.D3, Days: 2}, {Step: quality.D5, Days: 10}, {Step: quality.D8, Days: 60}}},
		Measures:   []quality.Measure{{Item: cell.Item, Period: month, Unit: "PK", Denominator: quality.ByReceived, Counting: quality.CountConfirmed, Received: q(900), Confirmed: quantity.Of(9)}},
		Complaints: []quality.Complaint{{ID: "C1", Item: cell.Item, Raised: day(2)}},
		Cases:      []quality.Case{{Complaint: "C1", Steps: []quality.Done{{Step: quality.D3, At: month.Start.AddDays(3)}, {Step: quality.D5, At: month.Start.AddDays(14)}}}}}
	for _, want := range []struct {
		code  measure.Code
		value string
		count int64
	}{
		{measure.UnitFill, "0.9", 8}, // of the eight lines that the cell counts
		{measure.LineFill, "0.75", 8}, {measure.OrderFill, "0.8", 5},
		{measure.OTIFOrders, "0.875", 8},
		{measure.PerfectOrder, "0.5", 4}, // true on all four, and no product of three quarters
		{measure.LeadTime, "16", 5},      // the clause lists no reason: (50 + 30) days of five orders
		{measure.DefectPPM, "10000", 900}, {measure.Yield, "0.99", 900},
		{measure.WAPE, "0.25", 1}, {measure.Bias, "0.25", 1}, {measure.MAE, "200", 1},
		{measure.StockCover, "12", 31},             // 240 of each day, 620 used: 31 × 240 / 620
		{measure.Turns, "30.416666667", 31},        // 620 × 365 / (31 × 240)
		{measure.Attainment, "1.2", 1},             // 1,200 were committed to what was asked before the month, 1,000 asked in the end
		{measure.Adherence, "0.75", 1},             // 900 came of 1,200
		{measure.AnsweredOnTime, "0.333333333", 3}, // of three, one in time; one replaced and one due elsewhere
		{measure.AnswerTime, "176", 3},             // 48, 144 and 336 hours
		{measure.StepsOnTime, "0.5", 2},            // D3 in two days, D5 two days late, D8 due later
		{measure.FrozenChanges, "100", 1}, {measure.Revised, "1", 1},
	} {
		d := terms.Document{Frame: terms.Frame{Contract: "FRAME", Period: month, Currency: "EUR", Rounding: terms.Rounding{Mode: terms.HalfUp, Level: terms.PerDocument}}}
		d.SLAs = []terms.SLA{{ID: "s", By: terms.Seller, Measure: define(t, want.code), Window: terms.Window{Kind: terms.PerMonth}, MinSample: 1, Source: terms.Both, Duties: []terms.Duty{{By: terms.Buyer}, {By: terms.Seller}}}}
		r := remedy.Evaluate(x.caseOf(d, month, quantity.Money{Currency: "EUR"}, terms.Buyer, terms.Seller))
		if r.Value == nil || r.Value.String() != want.value || r.Count != want.count {
			t.Errorf("%s comes to %v of %d (%s %s), want %s of %d", want.code, r.Value, r.Count, r.Why, r.Reason, want.value, want.count)
		}
	}
	// Unit fill of a report that counts no lines has its cells as observations; one without both quantities says what is missing.
	for _, c := range []struct {
		spoil  func(*performance.Cell)
		count  int64
		reason measure.Reason
	}{
		{func(c *performance.Cell) { c.Service = nil; c.Deliveries = &performance.Deliveries{Quantified: 6} }, 6, ""},
		{func(c *performance.Cell) { c.Service = nil; c.Deliveries = nil }, 1, ""},
		{func(c *performance.Cell) { c.Ordered = nil }, 0, measure.NotRecorded},
	} {
		y, changed := x, cell
		c.spoil(&changed)
		y.report.Cells = []performance.Cell{changed}
		d := terms.Document{SLAs: []terms.SLA{{ID: "s", By: terms.Seller, Measure: define(t, measure.UnitFill), MinSample: 1, Source: terms.Both}}}
		if r := remedy.Evaluate(y.caseOf(d, month, quantity.Money{Currency: "EUR"}, terms.Buyer, terms.Seller)); r.Count != c.count || r.Reason != c.reason || (r.Why == remedy.TooFew) != (c.count == 0) {
			t.Errorf("unit fill of %d: %s %s, want %d: %s", r.Count, r.Why, r.Reason, c.count, c.reason)
		}
	}
	// What is not measured says why.
	for code, why := range map[measure.Code]remedy.Why{measure.MedianDays: remedy.Unsupported, measure.Coverage: remedy.TooFew, measure.StockoutRate: remedy.TooFew} {
		d := terms.Document{SLAs: []terms.SLA{{ID: "s", By: terms.Seller, Measure: define(t, code), MinSample: 1, Source: terms.Both}}}
		if r := remedy.Evaluate(x.caseOf(d, month, quantity.Money{}, terms.Buyer, terms.Seller)); r.Verdict != remedy.NotMeasured || r.Why != why || why == remedy.TooFew && r.Reason == "" {
			t.Errorf("%s: %s %s %s, want %s", code, r.Verdict, r.Why, r.Reason, why)
		}
	}
	open, err := measure.Define(measure.WAPE, nil) // neither basis nor lag
	if err != nil {
		t.Fatal(err)
	}
	if remedy.Measurable(open) {
		t.Error("a forecast error of no stated basis and lag is measured")
	}
}
