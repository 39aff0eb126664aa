package measure

import (
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/quantity"
)

func TestOnTimeAndInFullAreTwoThings(t *testing.T) {
	full := func(on, accepted string) []Receipt { return []Receipt{{On: day(on), Accepted: amount(accepted)}} }
	for name, c := range map[string]struct {
		setting               Setting
		receipts              []Receipt
		onTime, inFull, units string
		otif                  string
	}{
		"as ordered":             {nil, full("2026-03-10", "100"), "1", "1", "1", "1"},
		"full but late":          {nil, full("2026-03-15", "100"), "0", "1", "0", "0"},
		"short but on time":      {nil, full("2026-03-10", "90"), "1", "0", "0.9", "0"},
		"nothing by close-out":   {nil, full("2026-08-10", "100"), "0", "0", "0", "0"},
		"early, window open":     {nil, full("2026-01-02", "100"), "1", "1", "1", "1"},
		"early, window of two":   {Setting{"early": "2"}, full("2026-03-07", "100"), "0", "1", "0", "0"},
		"late within three":      {Setting{"late": "3"}, full("2026-03-13", "100"), "1", "1", "1", "1"},
		"short within tolerance": {Setting{"under": "0.1"}, full("2026-03-10", "90"), "1", "1", "0.9", "1"},
		"too much":               {Setting{"over": "0.05"}, full("2026-03-10", "106"), "1", "0", "1", "0"},
		"two parts":              {nil, append(full("2026-03-09", "60"), full("2026-03-10", "40")...), "1", "1", "1", "1"},
		"two parts, first only":  {Setting{"partials": "FIRST_ONLY"}, append(full("2026-03-10", "40"), full("2026-03-09", "60")...), "0", "1", "0.6", "0"},
		"half of it late":        {nil, append(full("2026-03-09", "60"), full("2026-03-12", "40")...), "0", "1", "0.6", "0"},
		// 2026-03-10 is a Tuesday; three business days later is Friday, five are the next Tuesday.
		"business days": {Setting{"late": "5", "calendar": "BUSINESS_DAYS"}, full("2026-03-17", "100"), "1", "1", "1", "1"},
		"calendar days": {Setting{"late": "5"}, full("2026-03-17", "100"), "0", "1", "0", "0"},
	} {
		d := Deliveries{Setting: c.setting}
		d.Add(DeliveryLine{Order: "1", Due: day("2026-03-10"), Ordered: amount("100"), Receipts: c.receipts})
		wants(t, name+": on time", d.Result(OnTime), c.onTime)
		wants(t, name+": in full", d.Result(InFull), c.inFull)
		wants(t, name+": both", d.Result(OTIF), c.otif)
		wants(t, name+": units", d.Result(OTIFUnits), c.units)
		wants(t, name+": orders", d.Result(OTIFOrders), c.otif)
	}
}

func TestLinesThatDoNotCountAreCounted(t *testing.T) {
	d := Deliveries{AsOf: day("2026-03-20")}
	arrived := []Receipt{{On: day("2026-03-10"), Accepted: amount("5")}}
	d.Add(DeliveryLine{Due: day("2026-03-10"), Ordered: amount("5"), Receipts: arrived})
	d.Add(DeliveryLine{Due: day("2026-03-10"), Ordered: amount("5")})
	d.Add(DeliveryLine{Due: day("2026-03-20"), Ordered: amount("5")})
	d.Add(DeliveryLine{Due: day("2026-03-10"), Ordered: amount("5"), Receipts: arrived, Exclude: ForceMajeure})
	d.Add(DeliveryLine{Due: day("2026-03-10"), Ordered: amount("5"), Canceled: true})
	d.Add(DeliveryLine{Due: day("2026-03-10"), Ordered: amount("0"), Receipts: arrived})
	d.Add(DeliveryLine{Due: day("2026-03-10"), Receipts: []Receipt{{On: day("2026-03-10")}}})
	on, full := d.Result(OnTime), d.Result(InFull)
	if on.Count != 2 || full.Count != 1 || full.Excluded[NotRecorded] != 1 {
		t.Errorf("%+v, %+v", on, full)
	}
	for _, why := range []Reason{NoReceipt, Pending, ForceMajeure, CancelledLine, NothingAsked} {
		if on.Excluded[why] != 1 {
			t.Errorf("%s: %d", why, on.Excluded[why])
		}
	}
	var silent Deliveries
	silent.Add(DeliveryLine{Due: day("2026-03-10"), Receipts: []Receipt{{On: day("2026-03-10")}}})
	wants(t, "in full without quantities", silent.Result(InFull), string(NotRecorded))
	wants(t, "on time without quantities", silent.Result(OnTime), "1")
}

// On time in full is never above in full where too much is accepted as well, whatever comes when, and orders are never better than lines.
func TestDeliverySharesAreBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var d Deliveries
		for range rapid.IntRange(1, 12).Draw(t, "lines") {
			line := DeliveryLine{Order: "all", Due: day("2026-03-10"), Ordered: amount("10")}
			for range rapid.IntRange(1, 3).Draw(t, "receipts") {
				v := quantity.Of(rapid.Int64Range(0, 12).Draw(t, "accepted"))
				line.Receipts = append(line.Receipts, Receipt{On: day("2026-03-10").AddDays(rapid.IntRange(-60, 60).Draw(t, "day")), Accepted: &v})
			}
			d.Add(line)
		}
		otif, full, orders := d.Result(OTIF).Value.Rat(), d.Result(InFull).Value.Rat(), d.Result(OTIFOrders).Value.Rat()
		for _, code := range []Code{OnTime, InFull, OTIF, OTIFUnits, OTIFOrders} {
			if v := d.Result(code).Value.Rat(); v.Sign() < 0 || v.Cmp(whole(1)) > 0 {
				t.Fatalf("%s is %s", code, v)
			}
		}
		if otif.Cmp(full) > 0 || orders.Cmp(otif) > 0 && orders.Cmp(whole(1)) != 0 {
			t.Fatalf("on time in full %s, in full %s, orders %s", otif, full, orders)
		}
	})
}

func TestFillRates(t *testing.T) {
	f := Fills{}
	f.Add(Fill{Order: "A", Ordered: q("100"), First: q("98"), Total: q("100")})
	f.Add(Fill{Order: "A", Ordered: q("10"), First: q("15"), Total: q("15")})
	f.Add(Fill{Order: "B", Ordered: q("10"), First: q("10"), Total: q("10")})
	f.Add(Fill{Order: "B", Ordered: q("10"), Canceled: true})
	wants(t, "units", f.Result(UnitFill), "0.983333") // 118 / 120: the five too many make up for nothing
	wants(t, "lines", f.Result(LineFill), "0.666667")
	wants(t, "orders", f.Result(OrderFill), "0.5")
	second := Fills{Setting: Setting{"backorder": "INCLUDED"}}
	second.Add(Fill{Order: "A", Ordered: q("100"), First: q("98"), Total: q("100")})
	wants(t, "units with later deliveries", second.Result(UnitFill), "1")
	var none Fills
	wants(t, "of nothing", none.Result(UnitFill), string(NoData))
	none.Add(Fill{Ordered: q("0")})
	wants(t, "of nothing ordered", none.Result(UnitFill), string(NothingAsked))
}
