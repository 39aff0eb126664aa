package measure

import (
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

func amount(text string) *quantity.Quantity {
	v := q(text)
	return &v
}

func day(text string) calendar.Date { return calendar.MustDate(text) }

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

func sales(all ...int64) []Sale {
	var out []Sale
	for _, n := range all {
		out = append(out, Sale{Sold: quantity.Of(n)})
	}
	return out
}

func plain(all ...int64) []quantity.Quantity {
	var out []quantity.Quantity
	for _, n := range all {
		out = append(out, quantity.Of(n))
	}
	return out
}

func TestLift(t *testing.T) {
	e := Effects{Setting: Setting{"baseline": "MEAN_BEFORE"}}
	e.Add(Series{Role: RolePromoted, Before: plain(98, 102, 100, 100), Event: sales(180, 160), After: sales(80, 90, 100)})
	e.Add(Series{Role: RoleCannibalised, Before: plain(50, 50, 49, 51), Event: sales(40, 42)})
	e.Add(Series{Role: RoleHalo, Before: plain(50, 30, 70, 50), Event: sales(55, 52)})
	e.Add(Series{Role: RoleHalo, Before: plain(50), Event: sales(55, 52)})
	wants(t, "incremental", e.Result(Incremental), "140")
	wants(t, "lift", e.Result(Lift), "0.7")
	wants(t, "share of sales", e.Result(IncrementShare), "0.411765")
	wants(t, "cannibalised", e.Result(Cannibalised), "-18")
	wants(t, "dip", e.Result(Dip), "-30")
	wants(t, "halo", e.Result(Halo), "7")
	for code, v := range map[Code]Verdict{Incremental: Distinguishable, Cannibalised: Distinguishable, Dip: Distinguishable, Halo: Noise} {
		if r := e.Result(code); r.Verdict != v || r.Interval == nil {
			t.Errorf("%s: %s with %v", code, r.Verdict, r.Interval)
		}
	}
	net := e.Result(NetLift)
	wants(t, "net", net, "92") // 140 - 18 - 30; the halo is not told apart from chance
	if net.Excluded[NoBaseline] != 1 {
		t.Errorf("left out %v", net.Excluded)
	}
	var none Effects
	none.Add(Series{Role: RolePromoted, Event: sales(5)})
	wants(t, "without a baseline", none.Result(Lift), string(NoBaseline))
	fresh := Effects{}
	fresh.Add(Series{Role: RolePromoted, Event: []Sale{{Sold: q("30"), Baseline: amount("0"), Low: amount("0"), High: amount("2")}}})
	wants(t, "lift of a new product", fresh.Result(Lift), string(ZeroDenominator))
	wants(t, "units of a new product", fresh.Result(Incremental), "30")
	if r := fresh.Result(Incremental); r.Verdict != Distinguishable || shown(r.Interval.Low, 0) != "28" {
		t.Errorf("%+v", r)
	}
	wants(t, "against control", AgainstControl(q("100"), q("150"), q("200"), q("240")), "0.25")
	wants(t, "return", ReturnOnPromotion(q("150"), q("100")), "0.5")
	wants(t, "return on nothing", ReturnOnPromotion(q("150"), q("0")), string(NoFunding))
}

// Twenty items of noise around an unchanged mean: adding up only the falls would find that an eighth of all sales was cannibalised. The
// signed sum is reported as an effect about as often as its interval says.
func TestNoiseIsNoCannibalisation(t *testing.T) {
	found, falls := 0, int64(0)
	state := uint64(1)
	draw := func() int64 { // sum of twelve even draws from 0 to 60, less 260: mean 100, deviation about 61
		sum := int64(0)
		for range 12 {
			state = state*6364136223846793005 + 1442695040888963407
			sum += int64(state>>33) % 61
		}
		return max(0, sum-260)
	}
	const trials = 200
	for range trials {
		e := Effects{Setting: Setting{"baseline": "MEAN_BEFORE", "effect": "0.9"}}
		for range 20 {
			s := Series{Role: RoleCannibalised}
			for range 12 {
				s.Before = append(s.Before, quantity.Of(draw()))
			}
			for range 4 {
				n := draw()
				falls += max(0, 100-n)
				s.Event = append(s.Event, Sale{Sold: quantity.Of(n)})
			}
			e.Add(s)
		}
		if e.Result(Cannibalised).Verdict == Distinguishable {
			found++
		}
	}
	if found < trials/50 || found > trials/5 {
		t.Errorf("an effect of noise in %d of %d trials, about a tenth is what the interval says", found, trials)
	}
	if share := falls / trials / 80; share < 10 {
		t.Errorf("the falls alone sum to %d %% of sales: the noise is too small to show anything", share)
	}
}

func TestRevisions(t *testing.T) {
	var r Revisions
	r.Add(q("100"), q("120"), true)
	r.Add(q("100"), q("90"), false)
	r.Add(q("50"), q("50"), true)
	wants(t, "nervousness", r.Result(Nervousness), "0.156863") // (30 + 10) / 255
	wants(t, "deviation", r.Result(DemandShift), "0.04")
	wants(t, "frozen", r.Result(FrozenChanges), "20")
	wants(t, "revised", r.Result(Revised), "0.666667")
	if n := r.Result(FrozenChanges).Count; n != 1 {
		t.Errorf("%d frozen cells changed", n)
	}
	if !r.Breach(Thresholds{RelativeUp: amount("0.03")}) || r.Breach(Thresholds{RelativeUp: amount("0.04"), RelativeDown: amount("0")}) || !r.Breach(Thresholds{AbsoluteUp: amount("9")}) {
		t.Error("thresholds of a rise of 10 on 250")
	}
	var still, fresh Revisions
	still.Add(q("0"), q("0"), false)
	fresh.Add(q("0"), q("5"), false)
	wants(t, "deviation of nothing", still.Result(DemandShift), "0")
	wants(t, "nervousness of nothing", still.Result(Nervousness), "0")
	wants(t, "deviation from nothing", fresh.Result(DemandShift), string(ZeroDenominator))
	if still.Breach(Thresholds{RelativeDown: amount("0"), AbsoluteDown: amount("0")}) || !fresh.Breach(Thresholds{RelativeUp: amount("0"), AbsoluteUp: amount("4")}) {
		t.Error("no change breaches nothing; a rise from nothing is judged by its size")
	}
}

// A ratio without errors on either side, or with a divisor of nothing, is not measured.
func TestUncertaintyIsARatioOfErrors(t *testing.T) {
	of := func(errors ...int64) *Errors {
		e := &Errors{}
		for _, by := range errors {
			e.Add(quantity.Of(100), quantity.Of(100+by))
		}
		return e
	}
	wants(t, "twice as unsure", Uncertainty(of(20, -20), of(10, -10)), "2")
	for _, c := range []struct {
		up, down *Errors
		reason   Reason
	}{{of(), of(5), NoData}, {of(5), of(), NoData}, {of(5), of(0), ZeroDenominator}} {
		if r := Uncertainty(c.up, c.down); r.Measured() || r.Reason != c.reason {
			t.Errorf("%v, want %s", r, c.reason)
		}
	}
}

// What each tier's orders vary by, where every tier has three periods of lead time and averages five: as computed from the filters.
func TestBullwhipOverTiersIsMoreThanTheProduct(t *testing.T) {
	var got []string
	for _, d := range Amplified([]int{3, 3, 3}, 5) {
		got = append(got, shown(d, 2))
	}
	if !slices.Equal(got, []string{"2.92", "10.37", "41.04"}) {
		t.Errorf("tiers amplify by %v", got)
	}
	for lead, want := range map[int]string{3: "2.92", 6: "6.28", 9: "11.08"} { // all tiers see the demand itself
		if v := shown(Amplified([]int{lead}, 5)[0], 2); v != want {
			t.Errorf("lead time %d: %s, want %s", lead, v, want)
		}
	}
	var a Amplification
	for i := range 12 {
		a.Add(quantity.Of(int64(80+40*(i%2))), quantity.Of(int64(90+20*(i%2))), false)
	}
	a.Add(q("900"), q("90"), true)
	wants(t, "bullwhip", a.Result(), "4")
	if a.Result().Excluded[Promoted] != 1 {
		t.Error("the promotion is not counted")
	}
	var flat Amplification
	for range 12 {
		flat.Add(q("5"), q("5"), false)
	}
	wants(t, "bullwhip of constant demand", flat.Result(), string(ZeroDenominator))
	wants(t, "bullwhip of nothing", (&Amplification{}).Result(), string(TooFew))
}

func TestValueAdded(t *testing.T) {
	good, bad := &Errors{}, &Errors{}
	good.Add(q("10"), q("11"))
	bad.Add(q("10"), q("15"))
	r := Added(bad.Result(WAPE), good.Result(WAPE), nil)
	wants(t, "value added", r, "0.4")
	if r.Verdict != Better || Added(good.Result(WAPE), bad.Result(WAPE), nil).Verdict != Worse || Added(good.Result(WAPE), good.Result(WAPE), nil).Verdict != Neutral {
		t.Error("verdicts of value added")
	}
	if Added(bad.Result(WAPE), good.Result(MAE), nil).Measured() {
		t.Error("two different measures were compared")
	}
}

func TestDefects(t *testing.T) {
	var d, none, wrong Defects
	d.Add(Lot{Units: q("10000"), Defective: q("12"), Defects: q("15")})
	d.Add(Lot{Units: q("500"), Defective: q("500"), Provisional: true})
	wants(t, "ppm", d.Result(DefectPPM), "1200")
	wants(t, "yield", d.Result(Yield), "0.9988")
	wants(t, "DPMO", d.PerMillionOpportunities(5), "300")
	if r := d.Result(DefectPPM); r.Excluded[Suspect] != 1 || r.Interval.Low.Cmp(r.Value) >= 0 || r.Interval.High.Cmp(r.Value) <= 0 {
		t.Errorf("%+v", r)
	}
	none.Add(Lot{Units: q("50")})
	r := none.Result(DefectPPM)
	wants(t, "ppm of none found", r, "0")
	if high := shown(r.Interval.High, 0); high != "58155" { // 1 - 0.05^(1/50), near 3/50
		t.Errorf("none of fifty: up to %s ppm", high)
	}
	wrong.Add(Lot{Units: q("5"), Defective: q("6")})
	wants(t, "more defective than made", wrong.Result(DefectPPM), string(NotPossible))
	wants(t, "of nothing", (&Defects{}).Result(DefectPPM), string(NoData))
}

func TestSupply(t *testing.T) {
	r, beyond := Supply(q("25"), plain(10, 10, 10), nil)
	wants(t, "days", r, "2.5")
	if _, all := Supply(q("30"), plain(10, 10, 10), nil); beyond || !all {
		t.Error("stock that covers all that is known")
	}
	if _, all := Supply(q("3"), plain(0, 0), nil); !all {
		t.Error("no demand is covered by any stock")
	}
	var perfect, lead Tally
	perfect.Add(1, 2)
	perfect.LeaveOut(NotRecorded, 3)
	wants(t, "perfect orders", perfect.Result(PerfectOrder, nil), "0.5")
	lead.Add(21, 2)
	lead.Add(9, 2)
	wants(t, "lead time", lead.Result(LeadTime, nil), "7.5")
	var none Tally
	none.LeaveOut(NotRecorded, 3)
	if r := none.Result(PerfectOrder, nil); r.Measured() || r.Reason != NotRecorded || r.Excluded[NotRecorded] != 3 {
		t.Errorf("orders of which nobody recorded damage: %+v", r)
	}
	var k Kept
	k.Add(q("120"), q("100"), q("130"))
	k.Add(q("80"), q("100"), q("50"))
	wants(t, "adherence", k.Result(Adherence), "0.75")
	wants(t, "attainment", k.Result(Attainment), "1")
	wants(t, "median", StepDays([]int{9, 2, 4, 3}), "3.5")
	wants(t, "median of nothing", StepDays(nil), string(NoData))
}

func TestStock(t *testing.T) {
	var s Stock
	add := func(item, on, blocked string, expected bool) {
		s.Add(StockDay{Item: item, Location: "B", Listed: true, OnHand: amount(on), Blocked: q(blocked), Expected: expected, MostCover: amount("60"), Demand: item != "old", UnitValue: q("2"), Used: q("10")})
	}
	add("A", "100", "20", true)
	add("A", "20", "20", true) // all of it blocked: nothing to sell
	add("A", "0", "0", false)  // nothing was wanted
	add("old", "20", "0", false)
	s.Add(StockDay{Item: "A", Location: "C"})
	s.Add(StockDay{Item: "A", Location: "D", Listed: true})
	r := s.Result(StockoutRate)
	wants(t, "stockouts", r, "0.25")
	if r.Count != 4 || r.Excluded[NotListed] != 1 || r.Excluded[NotShared] != 1 {
		t.Errorf("%+v", r)
	}
	wants(t, "overstock", s.Result(Overstock), "0.2") // 20 of 100
	wants(t, "excess and obsolete", s.Result(ExcessValue), "0.4")
	wants(t, "turns", s.Result(Turns), "146") // 40 · 365 / 100
	var silent Stock
	silent.Add(StockDay{Listed: true})
	wants(t, "of stock that is not shared", silent.Result(StockoutRate), string(NotShared))
	wants(t, "of nothing", (&Stock{}).Result(StockoutRate), string(NoData))
	var bare Stock
	bare.Add(StockDay{Listed: true, OnHand: amount("5")})
	wants(t, "overstock without bands", bare.Result(Overstock), string(NotShared))
}

// Thirty items at locations, each with fewer stockouts after the agreement than before: told apart from chance. With as many up as down: not.
func TestStockBeforeAndAfterAnAgreement(t *testing.T) {
	window := func(outOf func(i int) int) *Stock {
		var s Stock
		for i := range 30 {
			for d := range 28 {
				on := amount("5")
				if d < outOf(i) {
					on = amount("0")
				}
				s.Add(StockDay{Item: string(rune('A' + i)), Listed: true, OnHand: on, Expected: true})
			}
		}
		return &s
	}
	before := window(func(i int) int { return 6 + i%3 })
	better := window(func(i int) int { return 3 + i%2 })
	same := window(func(i int) int { return 6 + (i+1)%3 })
	changes, unpaired := StockoutChanges(before, better)
	r := Compared(changes, unpaired, nil)
	if r.Verdict != Distinguishable || r.Value.Rat().Sign() >= 0 || r.Count != 30 || r.Interval.High.Rat().Sign() >= 0 {
		t.Errorf("fewer stockouts: %+v", r)
	}
	changes, unpaired = StockoutChanges(before, same)
	if r := Compared(changes, unpaired, nil); r.Verdict != Noise {
		t.Errorf("as many up as down: %+v", r)
	}
	if r := Compared([]Change{{whole(1), whole(0)}}, 3, nil); r.Reason != TooFew || r.Excluded[NoData] != 3 {
		t.Errorf("one item: %+v", r)
	}
}

func TestRemedies(t *testing.T) {
	credit, err := Credit(q("0.5"), q("0.4"), q("1"), quantity.Money{Minor: 1_000_000, Currency: "USD"})
	if err != nil || credit.Minor != 200_000 {
		t.Errorf("half of forty percent of 10 000 dollars is %s: %v", credit, err)
	}
	limit := quantity.Money{Minor: 300_000, Currency: "USD"}
	if sum, err := Capped(limit, credit, credit); err != nil || sum != limit {
		t.Errorf("two credits under a cap are %s: %v", sum, err)
	}
	if fine, err := CaseFine(q("0.03"), quantity.Money{Minor: 12_350, Currency: "EUR"}); err != nil || fine.Minor != 371 {
		t.Errorf("three percent of 123.50 is %s: %v", fine, err)
	}
	if _, err := Capped(limit, quantity.Money{Minor: 1, Currency: "EUR"}); err == nil {
		t.Error("euros were added to dollars")
	}
	a := Authorised{Fabrication: q("100"), Material: q("150"), Received: q("60"), Invoiced: q("70"), Reused: q("5")}
	finished, material := a.Exposure()
	if finished.Cmp(q("25").Decimal()) != 0 || material.Cmp(q("50").Decimal()) != 0 {
		t.Errorf("exposed are %s finished and %s in material", finished, material)
	}
	if cut := CutOff(day("2026-03-06"), 21); cut != day("2026-03-26") {
		t.Errorf("21 days from March 6 end on %s", cut)
	}
}

// A score interval holds the share it is of, stays inside 0 and 1, and its ends are where the test by squares changes its mind.
func TestTheIntervalIsTheTestTurnedAround(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 400).Draw(t, "n")
		k := whole(rapid.IntRange(0, n).Draw(t, "k"))
		d := define(Coverage, nil)
		i := d.wilson(k, n)
		low, high := i.Low.Rat(), i.High.Rat()
		if low.Sign() < 0 || high.Cmp(whole(1)) > 0 || low.Cmp(over(k, whole(n))) > 0 || high.Cmp(over(k, whole(n))) < 0 {
			t.Fatalf("%s of %d: %s to %s", k, n, i.Low, i.High)
		}
		p := new(big.Rat).SetFrac64(rapid.Int64Range(1, 999).Draw(t, "p"), 1000)
		tiny := fraction(1, 1_000_000_000_000)
		if off := minus(p, low); new(big.Rat).Abs(off).Cmp(tiny) < 0 {
			return
		}
		if inside := p.Cmp(low) >= 0 && p.Cmp(high) <= 0; inside != d.agrees(k, n, p) {
			t.Fatalf("%s of %d against %s: inside is %v", k, n, p, inside)
		}
	})
}
