package protocol_test

import (
	"fmt"
	"slices"
	"testing"

	"kontor/protocol"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
	"kontor/testnet/virtual"
)

// indexed makes the price of the terms one by an index: half of it moves, one month behind, kept between nine tenths and eleven tenths.
func indexed(missing terms.IndexMissing) func(*terms.Document) {
	return func(d *terms.Document) {
		low, high := int64(900_000), int64(1_100_000)
		p := &d.Prices[0]
		p.Kind, p.Base.Amount, p.Base.Per = terms.Indexed, quantity.Of(10), quantity.Of(1)
		p.Index = &terms.Index{ID: "PULP-EU", BaseValue: quantity.Of(100), LagMonths: 1, WeightPPM: 500_000, LowPPM: &low, HighPPM: &high, Decimals: 4,
			Adjust: &terms.Adjustment{FinalDays: 40, OnMissing: missing, DisputeDays: 10}}
		d.SLAs, d.Remedies = nil, nil
	}
}

func (y *year) states(d *virtual.Desk, month, value string, final bool) {
	y.t.Helper()
	p := remedy.Point{Index: "PULP-EU", Month: calendar.MustDate(month + "-01"), Value: quantity.MustParse(value), Final: final, Source: "monthly bulletin of the pulp exchange"}
	if codes := y.act(d, remedy.Act{Verb: remedy.State, Point: &p}); len(codes) > 0 {
		y.t.Fatalf("%s states %s of %s: %v", d.Name, value, month, codes)
	}
	y.say("%s states PULP-EU of %s: %s%s", d.Name, month, value, map[bool]string{true: ", final"}[final])
}

// Half a year of a price that an index moves: a value nobody states in time, a preliminary one and its final one, two sides that state different ones, one
// beyond the collar, and a month that only one side reports. Each month has one adjustment and at most one correction.
func TestPricesFollowTheirIndex(t *testing.T) {
	y := newYear(t, indexed(terms.LastKnown))
	both := func(month string, lines int64) {
		for _, d := range []*virtual.Desk{y.buyer, y.seller} {
			y.report(d, month, counted{due: lines, good: lines})
		}
	}
	y.day("2027-02-03")
	both("2027-01", 20)
	y.day("2027-02-16") // nobody has stated December: the base price stays
	y.states(y.buyer, "2027-01", "104", false)
	y.day("2027-03-03")
	both("2027-02", 20)
	y.states(y.seller, "2026-12", "106", true)
	y.day("2027-03-16")
	y.states(y.seller, "2027-01", "103", true)
	y.states(y.buyer, "2027-02", "108", true)
	y.states(y.seller, "2027-02", "110", true)
	y.day("2027-04-02") // December is final for January
	both("2027-03", 20)
	y.day("2027-04-16")
	w := remedy.Window{Contract: "FRAME-2027", SLA: "price/tablets", Period: calendar.MustBucket("2027-03")}
	if codes := y.act(y.seller, remedy.Act{Verb: remedy.Agree, Window: &w}); len(codes) > 0 {
		t.Fatal(codes)
	}
	y.say("the seller agrees to the buyer's value of February")
	y.state()
	y.states(y.seller, "2027-03", "140", true)
	y.day("2027-05-04")
	y.report(y.seller, "2027-04", counted{due: 20, good: 20})
	y.say("the buyer reports nothing of April")
	y.day("2027-05-18")
	y.day("2027-07-01")
	y.day("2027-07-20")
	for _, m := range remedy.Net(y.items()) {
		y.say("net of %s: %s %s", m.Month.Month(), m.Debtor, m.Net)
	}
	y.golden("price_adjustment.txt", "# A price of 10.00 EUR that PULP-EU moves by half, one month behind, kept between 9.00 and 11.00: 2,000 packs come each month and are charged at 10.00.\n"+
		"# What the index was published at is stated by either side with its source; the difference is due when both have closed the month, corrected once when values are final.")
	// January 106, February 103, March 108, April at its collar: what is owed in the end, whatever came first.
	want := map[string]int64{"2027-01": 2_000 * 30, "2027-02": 2_000 * 15, "2027-03": 2_000 * 40, "2027-04": 2_000 * 100}
	got, entries := map[string]int64{}, map[string]int{}
	for _, i := range y.items() {
		if i.Status == remedy.Dropped || i.Amount.Minor <= 0 {
			t.Errorf("entry %s", i)
		}
		key := fmt.Sprintf("2027-%02d", i.Period.Start.Month()%12+1)
		got[key] -= i.Net(terms.Seller)
		entries[key]++
	}
	for month, cents := range want {
		if got[month] != cents || entries[month] > 2 {
			t.Errorf("%s: the buyer owes %d cents by %d entries, want %d", month, got[month], entries[month], cents)
		}
	}
	// Nobody fills the rows with months or indexes that count for nothing, nor with one value again and again.
	for name, p := range map[string]remedy.Point{"another index": {Index: "STEEL", Month: calendar.MustDate("2027-01-01")}, "long before": {Index: "PULP-EU", Month: calendar.MustDate("2020-01-01")}, "long after": {Index: "PULP-EU", Month: calendar.MustDate("2029-01-01")}} {
		p.Value, p.Source = quantity.Of(100), "bulletin"
		if codes := y.act(y.buyer, remedy.Act{Verb: remedy.State, Point: &p}); !slices.Equal(codes, []string{remedy.CodeIndex}) {
			t.Errorf("%s: %v", name, codes)
		}
	}
	p := remedy.Point{Index: "PULP-EU", Month: calendar.MustDate("2027-09-01"), Value: quantity.Of(100), Source: "bulletin"}
	for n := range remedy.MaxPoints + 1 {
		if codes := y.act(y.buyer, remedy.Act{Verb: remedy.State, Point: &p}); (len(codes) > 0) != (n == remedy.MaxPoints) {
			t.Fatalf("statement %d: %v", n+1, codes)
		}
	}
}

// What a missing value means is the clause's: the base price, or no adjustment at all.
func TestMissingIndexValues(t *testing.T) {
	for missing, want := range map[terms.IndexMissing]remedy.Why{terms.AtBase: remedy.AtBase, terms.Unadjusted: remedy.NoReports, terms.LastKnown: remedy.ByLastKnown} {
		y := newYear(t, indexed(missing))
		y.s.Now = calendar.MustDate("2027-03-03").Millis()
		y.states(y.seller, "2026-12", "104", true)
		for _, d := range []*virtual.Desk{y.buyer, y.seller} {
			y.report(d, "2027-02", counted{due: 20, good: 20})
		}
		y.s.Now = calendar.MustDate("2027-03-18").Millis()
		y.beat(y.s.Parties()...)
		row := y.window("price/tablets", "2027-02")
		if row.State != protocol.SLAEvaluated || row.First.Why != want {
			t.Fatalf("%s: %s %+v", missing, row.State, row.First)
		}
		owed := int64(0)
		for _, i := range y.items() {
			if i.Period.Start == calendar.MustDate("2027-02-01") {
				owed -= i.Net(terms.Seller)
			}
		}
		if last := missing == terms.LastKnown; (owed == 2_000*20) != last || !last && owed != 0 {
			t.Errorf("%s: the buyer owes %d cents", missing, owed)
		}
	}
}

// Two months behind: February is charged at the base, and moved by what the index was published at for December.
func TestAnIndexTwoMonthsBehind(t *testing.T) {
	y := newYear(t, func(d *terms.Document) {
		indexed(terms.LastKnown)(d)
		d.Prices[0].Index.LagMonths = 2
	})
	y.s.Now = calendar.MustDate("2027-03-03").Millis()
	y.states(y.seller, "2026-12", "106", true)
	y.states(y.seller, "2027-01", "103", true)
	y.states(y.seller, "2027-02", "140", true)
	for _, month := range []string{"2027-02", "2027-03"} {
		y.s.Now = calendar.MustBucket(month).End.AddDays(2).Millis()
		for _, d := range []*virtual.Desk{y.buyer, y.seller} {
			y.report(d, month, counted{due: 20, good: 20})
		}
		y.s.Now = calendar.MustBucket(month).End.AddDays(20).Millis()
		y.beat(y.s.Parties()...)
	}
	for month, cents := range map[string]int64{"2027-02": 2_000 * 30, "2027-03": 2_000 * 15} {
		if i := y.one(month, remedy.PriceMoved); i.Amount.Minor != cents || i.Debtor != terms.Buyer {
			t.Errorf("%s, want %d", i, cents)
		}
	}
}
