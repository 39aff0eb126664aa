package protocol_test

import (
	"testing"

	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/measure"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
	"kontor/testnet/virtual"
)

// Fills, perfect orders and lead times become windows and credits, the same on both nodes. The seller says nothing of damage: the receiver's word
// on perfect orders stands. One order is left out for force majeure: with evidence of both it is out of every count, by a clause that knows no such reason
// its days count.
func TestServicesInTheFold(t *testing.T) {
	y := newYear(t, func(d *terms.Document) {
		add := func(id string, m measure.Code, set measure.Setting, target string, most bool, out ...measure.Reason) {
			def, err := measure.Define(m, set)
			if err != nil {
				t.Fatal(err)
			}
			s := d.SLAs[0]
			s.ID, s.Name, s.Measure, s.Target, s.AtMost, s.MinSample, s.Exclusions = id, id, def, quantity.MustParse(target), most, 1, out
			d.SLAs = append(d.SLAs, s)
		}
		fill := measure.Setting{"fillEvent": "RECEIVED"}
		add("lines", measure.LineFill, fill, "0.75", false)
		add("later", measure.LineFill, measure.Setting{"fillEvent": "RECEIVED", "backorder": "INCLUDED"}, "0.95", false)
		add("orders", measure.OrderFill, fill, "0.9", false)
		add("sent", measure.OrderFill, nil, "0.9", false)
		add("whole", measure.OTIFOrders, nil, "0.9", false, measure.ForceMajeure)
		add("perfect", measure.PerfectOrder, nil, "0.6", false, measure.ForceMajeure)
		add("lead", measure.LeadTime, nil, "13", true, measure.ForceMajeure)
		add("strict", measure.LeadTime, nil, "13", true)
		fine := func(id, sla string) terms.Remedy {
			return terms.Remedy{ID: id, SLA: sla, Kind: terms.Flat, Amount: &quantity.Money{Minor: 5_000, Currency: "EUR"}, Cap: &quantity.Money{Minor: 50_000, Currency: "EUR"}, CapPeriod: terms.PerYear, AutoApply: true, DisputeDays: 10}
		}
		d.Remedies = append(d.Remedies, fine("orders torn", "orders"), fine("late orders", "strict"), fine("split orders", "whole"), fine("never", "lead"))
	})
	s := y.s
	at := func(day string) { s.Now = calendar.MustDate(day).Millis() + 12*virtual.Hour }
	month := calendar.MustBucket("2027-03")
	at("2027-04-02")
	flood := y.frame() // whatever both can open
	for _, d := range []*virtual.Desk{y.buyer, y.seller} {
		left := func(days int64) []performance.Left {
			return []performance.Left{{Reason: measure.ForceMajeure, Lines: 1, Days: days, Evidence: &flood}}
		}
		all := quantity.Of(1_000)
		c := performance.Cell{Item: forecast.Item{BuyersID: virtual.Product}, Place: forecast.Location{Region: "CI"}, Bucket: month, Unit: "PK", Ordered: &all, Received: &all, Service: &performance.Service{
			Received: &performance.Filled{Lines: performance.Fill{Due: 8, First: 6, Whole: 8}, Orders: performance.Fill{Due: 5, First: 4, Whole: 5}},
			Timely:   &performance.Timely{Due: 4, Both: 3, LeftOut: left(0)},
			Lead:     &performance.Lead{Due: 4, Days: 50, LeftOut: left(30)}}}
		if d == y.buyer {
			c.Service.Perfect = &performance.Perfect{Due: 4, OnTime: 3, InFull: 4, Undamaged: 3, Documents: 4, All: 2, LeftOut: left(0)}
		}
		doc := virtual.Performance(d.Name, 0, nil, s.Now, month, false, 1)
		doc.Cells = []performance.Cell{c}
		if codes := codesOf(t, d, share(t, d, doc)); len(codes) > 0 {
			t.Fatal(codes)
		}
	}
	for _, day := range []string{"2027-04-16", "2027-04-18", "2027-05-04", "2027-05-06"} {
		at(day)
		y.beat(s.Parties()...)
	}
	sameRows(t, s.Desks...)
	for _, want := range []struct {
		sla, value string
		verdict    remedy.Verdict
		count      int64
		reason     measure.Reason
	}{
		{"lines", "0.75", remedy.Met, 8, ""}, {"later", "1", remedy.Met, 8, ""}, {"orders", "0.8", remedy.Missed, 5, ""}, {"sent", "", remedy.NotMeasured, 0, measure.NoData},
		{"whole", "0.75", remedy.Missed, 4, ""}, {"perfect", "0.5", remedy.Missed, 4, ""}, {"lead", "12.5", remedy.Met, 4, ""}, {"strict", "16", remedy.Missed, 5, ""},
	} {
		if r := y.judged(want.sla, want.verdict, want.value, want.count); r != nil && r.Reason != want.reason {
			t.Errorf("%s: %s, want %s", want.sla, r.Reason, want.reason)
		}
	}
	due := map[string]int64{}
	for _, i := range y.items() {
		due[i.SLA] += i.Amount.Minor
	}
	if due["orders"] != 5_000 || due["strict"] != 5_000 || due["whole"] != 5_000 || due["lead"] != 0 {
		t.Errorf("due: %v", due)
	}
}

// Counts that can't be are refused by name on both nodes, and change no window.
func TestServiceThatCannotBe(t *testing.T) {
	y := newYear(t, nil)
	y.s.Now = calendar.MustDate("2027-04-02").Millis()
	doc := virtual.Performance(y.seller.Name, 0, nil, y.s.Now, calendar.MustBucket("2027-03"), false, 1)
	all := quantity.Of(100)
	doc.Cells = []performance.Cell{{Item: forecast.Item{BuyersID: virtual.Product}, Bucket: doc.Window, Unit: "PK", Ordered: &all, Service: &performance.Service{Perfect: &performance.Perfect{Due: 1, All: 2}}}}
	e := share(t, y.seller, doc)
	meet(t, y.s)
	for _, d := range []*virtual.Desk{y.buyer, y.seller} {
		if codes := codesOf(t, d, e); len(codes) != 1 || codes[0] != performance.CodeService {
			t.Errorf("%s: %v", d.Name, codes)
		}
	}
	sameRows(t, y.s.Desks...)
}
