package terms

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// A unit is worth what the terms alone say: a fixed price, that of the first tier, or that by the newest value they fix of an index. Packs of a hundred pieces
// are not pieces.
func TestUnitPrice(t *testing.T) {
	d := full(t)
	for _, c := range []struct{ product, unit, day, want string }{
		{"CAP-1", "PK", "2027-03-01", "12.35 EUR"},
		{"ANY", "PK", "2027-03-01", "2 000.00 EUR"},
		{"TAB-2", "PK", "2027-01-15", "4 080.00 EUR"}, // November 2026 stood at 105
		{"TAB-1", "PK", "2027-04-01", "3 800.00 EUR"}, // nothing is fixed for February: January at 60, and the collar holds
		{"CAP-1", "KGM", "2027-03-01", ""},
		{"CAP-1", "PK", "2028-01-01", ""},
	} {
		price, ok := d.UnitPrice(quantity.Unit(c.unit), day(c.day), c.product)
		if ok != (c.want != "") {
			t.Fatalf("%s of %s on %s: %v %v", c.unit, c.product, c.day, price, ok)
		}
		if !ok {
			continue
		}
		if worth, err := price.Times(q("1000")); err != nil || worth.String() != c.want {
			t.Errorf("1000 %s of %s on %s: %s, %v; want %s", c.unit, c.product, c.day, worth, err, c.want)
		}
	}
}

func TestAmount(t *testing.T) {
	d := full(t)
	for _, c := range []struct {
		product, quantity, day string
		want                   string // money, or the unit price of an index
	}{
		{"CAP-1", "1000", "2027-03-01", "12.35 EUR"},  // "12.3450 EUR per 1000": a half goes away from zero
		{"CAP-1", "333", "2027-03-01", "4.11 EUR"},    // 4.110885
		{"ANY", "100", "2027-03-01", "200.00 EUR"},    // the border belongs to the first tier
		{"ANY", "101", "2027-03-01", "201.90 EUR"},    // one unit beyond it
		{"ANY", "2000", "2027-03-01", "3 410.00 EUR"}, // 100×2 + 900×1.9 + 1000×1.5
		{"ANY", "0", "2027-03-01", "0.00 EUR"},        //
		{"TAB-2", "100", "2027-01-15", "408.00 EUR"},  // November 2026 stood at 105: 4 × (0.6 + 0.4 × 1.05)
		{"TAB-1", "100", "2027-02-28", "440.00 EUR"},  // December at 140 would be 4.64: the collar holds at 4.40
		{"TAB-1", "100", "2027-03-31", "380.00 EUR"},  // January at 60 would be 3.36: the collar holds at 3.80
	} {
		b, err := d.Amount([]Ask{{Product: c.product, Quantity: q(c.quantity), Day: day(c.day)}}, nil)
		if err != nil || b.Total.String() != c.want || b.Lines[0].Amount.String() != c.want {
			t.Errorf("%s of %s on %s: %s, %v; want %s", c.quantity, c.product, c.day, b.Total, err, c.want)
		}
	}
	if _, err := d.Amount([]Ask{{Product: "TAB-1", Quantity: q("1"), Day: day("2027-04-01")}}, nil); !errors.Is(err, ErrNoValue) {
		t.Errorf("an index nobody published: %v", err)
	}
	published := func(id string, month calendar.Date) (quantity.Quantity, bool) {
		return q("110"), id == "energy" && month == day("2027-02-01")
	}
	if b, err := d.Amount([]Ask{{Product: "TAB-1", Quantity: q("1"), Day: day("2027-04-01")}}, published); err != nil || b.Total.String() != "4.16 EUR" {
		t.Errorf("February at 110: %s, %v", b.Total, err)
	}
	if _, err := d.Amount([]Ask{{Product: "CAP-1", Quantity: q("1"), Day: day("2028-01-01")}}, nil); !errors.Is(err, ErrNoPrice) {
		t.Errorf("after the terms: %v", err)
	}
	if _, err := d.Amount([]Ask{{Product: "CAP-1", Quantity: q("1"), Unit: "KGM", Day: day("2027-03-01")}}, nil); err == nil || !strings.Contains(err.Error(), "priced per PK") {
		t.Errorf("kilograms of packs: %v", err)
	}
	for want, ask := range map[string]Ask{
		`product "CAP-1" on 2028-01-01: no price clause`:                                                     {Product: "CAP-1", Quantity: q("1"), Day: day("2028-01-01")},
		`product "TAB-1" on 2027-04-01: index "energy" of 2027-02, by which "tablets" moves: no index value`: {Product: "TAB-1", Quantity: q("1"), Day: day("2027-04-01")},
	} {
		if _, err := d.Amount([]Ask{ask}, nil); err == nil || err.Error() != want {
			t.Errorf("%v; want %s", err, want)
		}
	}
	d.Prices[1].Basis = AllUnits
	for n, want := range map[string]string{"99": "198.00 EUR", "100": "190.00 EUR", "1000": "1 500.00 EUR"} {
		if b, err := d.Amount([]Ask{{Product: "ANY", Quantity: q(n), Day: day("2027-03-01")}}, nil); err != nil || b.Total.String() != want {
			t.Errorf("all units, %s: %s, %v; want %s", n, b.Total, err, want)
		}
	}
}

// Practice T20: mode and level are clauses. Three lines of half a cent are 1.5 cents together, and each on its own.
func TestRounding(t *testing.T) {
	d := full(t)
	d.Prices[0].Base = eur("0.005", "1")
	lines := []Ask{{Product: "CAP-1", Quantity: q("1"), Day: day("2027-03-01")}, {Product: "CAP-1", Quantity: q("1"), Day: day("2027-03-01")}, {Product: "CAP-1", Quantity: q("3"), Day: day("2027-03-01")}}
	for _, c := range []struct {
		mode  RoundingMode
		level RoundingLevel
		want  int64
	}{{HalfUp, PerDocument, 3}, {HalfUp, PerLine, 4}, {HalfEven, PerDocument, 2}, {HalfEven, PerLine, 2}, {Down, PerLine, 1}, {Down, PerDocument, 2}, {Up, PerLine, 4}, {Up, PerDocument, 3}} {
		d.Rounding = Rounding{c.mode, c.level}
		if b, err := d.Amount(lines, nil); err != nil || b.Total.Minor != c.want {
			t.Errorf("%s at %s: %d, %v; want %d", c.mode, c.level, b.Total.Minor, err, c.want)
		}
	}
	d.Rounding, d.Currency = Rounding{HalfUp, PerDocument}, "JPY"
	if m, err := d.money(big.NewRat(5, 2)); err != nil || m.Minor != 3 {
		t.Errorf("yen have no minor unit: %v, %v", m, err)
	}
}

// For any tiers: marginal parts sum to the quantity, and what they cost is the sum of what each unit costs in its tier;
// more of a product never costs less; by lines and by document differ by at most half a minor unit a line.
func TestPriceProperties(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := full(t)
		p := Price{ID: "p", Unit: quantity.Pack, Valid: d.Period, Kind: Tiered, Basis: Marginal, Base: eur(fmt.Sprint(rapid.IntRange(0, 500).Draw(rt, "base")), "1000")}
		from := int64(0)
		for i := range rapid.IntRange(1, 6).Draw(rt, "tiers") {
			from += rapid.Int64Range(1, 40).Draw(rt, fmt.Sprint("step", i))
			p.Tiers = append(p.Tiers, Tier{quantity.Of(from), quantity.Of(rapid.Int64Range(0, 500).Draw(rt, fmt.Sprint("price", i)))})
		}
		d.Prices = []Price{p}
		if found := Check(d); len(found) > 0 {
			rt.Fatal(found)
		}
		n := rapid.Int64Range(0, 300).Draw(rt, "n")
		one := func(n int64) Priced {
			b, err := d.price(Ask{Product: "X", Quantity: quantity.Of(n), Day: d.Period.Start}, nil)
			if err != nil {
				rt.Fatal(err)
			}
			return b
		}
		got := one(n)
		unit, sum := new(big.Rat), quantity.Quantity{}
		for i := range n { // the (i+1)-th unit comes after i
			amount := p.Base.Amount
			for _, t := range p.Tiers {
				if t.From.Cmp(quantity.Of(i)) <= 0 {
					amount = t.Amount
				}
			}
			unit.Add(unit, new(big.Rat).Quo(amount.Rat(), big.NewRat(1000, 1)))
		}
		for _, part := range got.Parts {
			sum, _ = sum.Add(part.Quantity)
		}
		if got.exact.Cmp(unit) != 0 || sum != quantity.Of(n) {
			rt.Fatalf("%d units cost %s in parts of %s, unit by unit %s", n, got.exact, sum, unit)
		}
		if n > 0 && one(n-1).exact.Cmp(got.exact) > 0 {
			rt.Fatalf("%d units cost less than %d", n, n-1)
		}
		asks := []Ask{}
		for i := range rapid.IntRange(1, 5).Draw(rt, "lines") {
			asks = append(asks, Ask{Product: "X", Quantity: quantity.Of(rapid.Int64Range(0, 300).Draw(rt, fmt.Sprint("q", i))), Day: d.Period.Start})
		}
		byDocument, err := d.Amount(asks, nil)
		d.Rounding.Level = PerLine
		byLine, err2 := d.Amount(asks, nil)
		if diff := byDocument.Total.Minor - byLine.Total.Minor; err != nil || err2 != nil || 2*max(diff, -diff) > int64(len(asks))+1 {
			rt.Fatalf("%d lines: %s and %s, %v %v", len(asks), byDocument.Total, byLine.Total, err, err2)
		}
	})
}

// weekly is a forecast of one product by weeks from the Monday 2027-01-04 on.
func weekly(issued string, product string, means ...int64) forecast.Document {
	l := forecast.Line{Item: forecast.Item{BuyersID: product}, Location: forecast.Location{Region: "CI"}, Unit: quantity.Pack, Kind: forecast.Total, Category: forecast.Default, BucketBasis: forecast.Gross,
		DateBasis: forecast.ByNeed, SourcingShare: forecast.PPM, Lot: quantity.Of(2)}
	for i, b := range calendar.WeeksFrom(day("2027-01-04"), len(means)) {
		if means[i] >= 0 {
			l.Buckets = append(l.Buckets, forecast.Cell{Bucket: b, Mean: quantity.Of(means[i])})
		}
	}
	return forecast.Document{Header: artifact.Header{Issued: day(issued).Millis()}, Lines: []forecast.Line{l}}
}

func TestFlex(t *testing.T) {
	d := full(t)
	before := weekly("2027-01-01", "TAB-1", 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100)
	after := weekly("2027-01-04", "TAB-1", 100, 102, 111, 110, 95, 94, 102, 131, 130, 80, 79, 100, 100, 100, 500, 100, 100)
	cells, err := d.Flex(before, after)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, c := range cells {
		got[c.Bucket.String()] = fmt.Sprintf("%s %d %t", c.Band, c.Ahead, c.Inside)
	}
	for week, want := range map[string]string{
		"2027-W02": "1 7 false",  // frozen: even by one lot
		"2027-W03": "2 14 false", // 111 is above 110
		"2027-W04": "2 21 true",  // 110 is not
		"2027-W05": "2 28 true",  // 95
		"2027-W06": "2 35 false", // 94 is below 95 and more than a lot of 2 away
		"2027-W07": "3 42 true",  // from here on 30 %
		"2027-W08": "3 49 false", // 131
		"2027-W10": "3 63 true",  // 80
		"2027-W11": "3 70 false", // 79
		"2027-W15": "4 98 true",  // free
		"2027-W17": "4 112 true", // newly in the horizon, and free
	} {
		if got[week] != want {
			t.Errorf("%s: %q, want %q", week, got[week], want)
		}
	}
	if _, quiet := got["2027-W01"]; quiet || Inside(cells) {
		t.Errorf("what did not move is listed, or all is inside: %v", got)
	}
	// By one lot in the firm zone, which two of 100 also are inside the band of.
	if cells, _ := d.Flex(weekly("2027-01-01", "TAB-1", 10, 10, 10, 10), weekly("2027-01-04", "TAB-1", 10, 10, 12, 8)); !Inside(cells) || len(cells) != 2 {
		t.Errorf("by one lot: %+v", cells)
	}
	// The capsules' band counts working days: the 25 January is the 15th after the 4th, the 1 February the 20th.
	capsules, _ := d.Flex(weekly("2027-01-01", "CAP-1", 100, 100, 100, 100, 100), weekly("2027-01-04", "CAP-1", 100, 100, 100, 102, 102))
	if len(capsules) != 2 || capsules[0].Band != "capsules" || capsules[0].Ahead != 15 || capsules[1].Band != "2" {
		t.Errorf("working days: %+v", capsules)
	}
	// That orders meet forecast as the terms say is no move of theirs; that they meet it otherwise changes what the line means.
	ordered := func(issued string, c forecast.Consumption) forecast.Document {
		doc := weekly(issued, "TAB-1", 100, 100, 100)
		doc.Consumption, doc.Lines[0].Buckets[1].Ordered = c, new(quantity.Of(30))
		return doc
	}
	if cells, _ := d.Flex(ordered("2027-01-01", forecast.Consumption{}), ordered("2027-01-04", forecast.Consumption{Backward: d.Loop.Backward, Forward: d.Loop.Forward})); len(cells) != 0 {
		t.Errorf("by the terms' own window: %+v", cells)
	}
	if cells, _ := d.Flex(ordered("2027-01-01", forecast.Consumption{}), ordered("2027-01-04", forecast.Consumption{Backward: d.Loop.Backward + 3})); len(cells) != 3 || Inside(cells) {
		t.Errorf("by a window of the buyer's own: %+v", cells)
	}
	// The day is that of the terms' zone: half past eleven at night UTC is the next day in Berlin.
	late := weekly("2027-01-04", "TAB-1", 100, 100, 105)
	late.Header.Issued += 23*3_600_000 + 1_800_000
	if cells, _ := d.Flex(weekly("2027-01-01", "TAB-1", 100, 100, 100), late); cells[0].Ahead != 13 || cells[0].Band != "1" {
		t.Errorf("by the zone's day: %+v", cells)
	}
}

// A revision inside the bands of a reference stays inside when it is nearer to it, and a band as wide as another lets pass
// whatever the narrower one does.
func TestFlexProperties(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := full(t)
		d.Bands = []FlexBand{{ID: "b", From: 0, To: 400, Zone: FirmZone, UpPPM: rapid.Int64Range(0, PPM).Draw(rt, "up"), DownPPM: rapid.Int64Range(0, PPM).Draw(rt, "down")}}
		old, moved := rapid.Int64Range(0, 10_000).Draw(rt, "old"), rapid.Int64Range(0, 20_000).Draw(rt, "new")
		verdict := func(n int64) bool {
			cells, err := d.Flex(weekly("2027-01-01", "X", old), weekly("2027-01-02", "X", n))
			if err != nil {
				rt.Fatal(err)
			}
			return Inside(cells)
		}
		inside := verdict(moved)
		if half := (old + moved) / 2; inside && !verdict(half) {
			rt.Fatalf("%d is inside around %d and %d is not", moved, old, half)
		}
		d.Bands[0].UpPPM, d.Bands[0].DownPPM = PPM, PPM
		if inside && !verdict(moved) {
			rt.Fatalf("a wider band refuses %d around %d", moved, old)
		}
	})
}

func TestExposure(t *testing.T) {
	d := full(t)
	// Four weeks may be made, twelve bought for. The second version halves what lies ahead: the marks stay.
	first := weekly("2027-01-04", "TAB-1", 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100)
	second := weekly("2027-01-18", "TAB-1", -1, -1, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50)
	key := first.Lines[0].Key()
	for _, c := range []struct {
		what                 string
		versions             []forecast.Document
		p                    Position
		finished, raw, value string
	}{
		{"as first authorised", []forecast.Document{first}, Position{}, "400", "800", "1 720.00 EUR"}, // 400 × 3.50 + 800 × 0.80 × 50 %
		{"marks stay", []forecast.Document{first, second}, Position{}, "400", "800", "1 720.00 EUR"},
		{"received counts", []forecast.Document{first, second}, Position{Received: q("250")}, "150", "800", "845.00 EUR"},
		{"invoiced is not paid twice", []forecast.Document{first, second}, Position{Received: q("250"), Invoiced: q("300")}, "100", "800", "670.00 EUR"},
		{"more was taken than made", []forecast.Document{first}, Position{Received: q("500")}, "0", "700", "280.00 EUR"},
		{"what was used elsewhere is no exposure", []forecast.Document{first}, Position{ReusedMade: q("400"), ReusedParts: q("300")}, "0", "500", "200.00 EUR"},
	} {
		got, err := d.Exposure(c.versions, map[string]Position{key: c.p})
		if err != nil || len(got) != 1 {
			t.Fatalf("%s: %v, %v", c.what, got, err)
		}
		if e := got[0]; e.Finished.String() != c.finished || e.Raw.String() != c.raw || e.Value.String() != c.value {
			t.Errorf("%s: %s made, material for %s, %s; want %s, %s, %s", c.what, e.Finished, e.Raw, e.Value, c.finished, c.raw, c.value)
		}
	}
	got, _ := d.Exposure([]forecast.Document{first, second}, nil)
	e, a := got[0], d.Authorisations[0]
	// Normal pipeline is no debt; a cancellation is one after sixty days.
	for _, c := range []struct {
		event *Event
		on    string
		due   bool
	}{{nil, "2027-12-01", false}, {&Event{Cancelled, day("2027-02-01")}, "2027-04-01", false}, {&Event{Cancelled, day("2027-02-01")}, "2027-04-02", true}, {&Event{"MOOD", day("2027-02-01")}, "2027-12-01", false}} {
		if claim := a.Claim(e, c.event, day(c.on)); claim.Due != c.due || (claim.Amount.Minor > 0) != c.due {
			t.Errorf("%v on %s: %+v", c.event, c.on, claim)
		}
	}
	// Another cumulative year begins with nothing behind it.
	if next, err := d.Exposure([]forecast.Document{first, weekly("2028-01-03", "TAB-1", 7)}, nil); err != nil || next[0].Finished.String() != "0" || next[0].Since != day("2028-01-01") {
		t.Errorf("the next year: %+v, %v", next, err)
	}
}

// Against the formula written out: whatever versions come, cells are never negative and sum to the line, marks never
// fall, what is taken never raises an exposure, and the material mark is no lower than the finished one.
func TestExposureProperties(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := full(t)
		var versions []forecast.Document
		var last Exposed
		p := Position{Received: quantity.Of(rapid.Int64Range(0, 900).Draw(rt, "received")), Invoiced: quantity.Of(rapid.Int64Range(0, 900).Draw(rt, "invoiced")), ReusedMade: quantity.Of(rapid.Int64Range(0, 99).Draw(rt, "made")), ReusedParts: quantity.Of(rapid.Int64Range(0, 99).Draw(rt, "parts"))}
		for v := range rapid.IntRange(1, 6).Draw(rt, "versions") {
			means := make([]int64, 20)
			for i := range means {
				means[i] = rapid.Int64Range(0, 200).Draw(rt, fmt.Sprint(v, " ", i))
				if i < v {
					means[i] = -1
				}
			}
			doc := weekly(day("2027-01-04").AddDays(7*v).String(), "X", means...)
			versions = append(versions, doc)
			key := doc.Lines[0].Key()
			got, err := d.Exposure(versions, map[string]Position{key: p})
			if err != nil {
				rt.Fatal(err)
			}
			e := got[0]
			rat := func(q quantity.Quantity) *big.Rat { return q.Rat() }
			taken := greater(rat(p.Received), rat(p.Invoiced))
			if above(rat(e.FabHigh), taken, rat(p.ReusedMade)).Cmp(rat(e.Finished)) != 0 || above(rat(e.RawHigh), greater(rat(e.FabHigh), taken), rat(p.ReusedParts)).Cmp(rat(e.Raw)) != 0 {
				rt.Fatalf("not the formula: %+v", e)
			}
			if e.FabHigh.Less(last.FabHigh) || e.RawHigh.Less(last.RawHigh) || e.RawHigh.Less(e.FabHigh) {
				rt.Fatalf("marks fall or cross: %+v after %+v", e, last)
			}
			finished, raw := quantity.Quantity{}, quantity.Quantity{}
			for _, c := range e.Cells {
				if c.Finished.Sign() < 0 || c.Raw.Sign() < 0 {
					rt.Fatalf("a negative cell: %+v", c)
				}
				finished, _ = finished.Add(c.Finished)
				raw, _ = raw.Add(c.Raw)
			}
			if finished != e.Finished || raw != e.Raw {
				rt.Fatalf("cells sum to %s and %s, the line to %s and %s", finished, raw, e.Finished, e.Raw)
			}
			more := p
			more.Received, _ = more.Received.Add(quantity.Of(50))
			after, _ := d.Exposure(versions, map[string]Position{key: more})
			if e.Finished.Less(after[0].Finished) || e.Value.Minor < after[0].Value.Minor {
				rt.Fatalf("taking more raised the exposure from %+v to %+v", e, after[0])
			}
			last = e
		}
	})
}

func TestWindows(t *testing.T) {
	d := full(t)
	d.Period = bucket("2027-01-15/2028-01-01")
	spans := d.Windows(d.SLAs[0], bucket("2027-01-01/2027-05-01"))
	if len(spans) != 4 || spans[0].Period != bucket("2027-01-15/2027-02-01") || spans[3].Period != bucket("2027-04") {
		t.Fatalf("months: %+v", spans)
	}
	// April ends on a Friday: three working days later is Wednesday; of ten, 6 May is a holiday.
	if w := spans[3]; w.Reports[0].Due != day("2027-05-05") || w.Until != day("2027-05-17") || w.Rebut != day("2027-05-31") {
		t.Errorf("April: %+v", w)
	}
	d.SLAs[0].Window.Kind = PerQuarter
	if got := d.Windows(d.SLAs[0], d.Period); len(got) != 4 || got[0].Period != bucket("2027-01-15/2027-04-01") {
		t.Errorf("quarters: %+v", got)
	}
	rolling := d.Windows(d.SLAs[1], bucket("2027-01-01/2027-06-30"))
	if len(rolling) != 3 || rolling[0].Period != bucket("2027-01-15/2027-04-15") || rolling[1].Period.Start != day("2027-02-14") {
		t.Errorf("rolling: %+v", rolling)
	}
}

func TestMeetings(t *testing.T) {
	d := full(t)
	got := d.Meetings(day("2027-02-01"), 3)
	var days []string
	for _, m := range got {
		days = append(days, m.Cadence+" "+m.Day.String())
	}
	if want := "sop 2027-02-01, launch 2027-02-02, launch 2027-02-16, sop 2027-03-01, launch 2027-03-02, sop 2027-04-05"; strings.Join(days, ", ") != want {
		t.Errorf("%s, want %s", strings.Join(days, ", "), want)
	}
	if late := d.Meetings(day("2027-12-20"), 3); len(late) != 1 { // the first Monday of January lies after the terms
		t.Errorf("%+v", late)
	}
}

func TestDeliveryWindow(t *testing.T) {
	d := full(t)
	if got := d.DeliveryWindow(day("2027-05-05")); got != (calendar.Bucket{Start: day("2027-05-04"), End: day("2027-05-11")}) { // 6 May is a holiday, then Friday and Monday
		t.Errorf("working days: %s", got)
	}
	d.Tolerance.Working = false
	if got := d.DeliveryWindow(day("2027-05-05")); got != (calendar.Bucket{Start: day("2027-05-04"), End: day("2027-05-08")}) {
		t.Errorf("calendar days: %s", got)
	}
}

func TestAnswerDue(t *testing.T) {
	d := full(t)
	// Issued on Friday 30 April 2027 at 23:30 UTC, which is Saturday in Berlin: three working days later is Wednesday 5 May, whose last moment there is 23:00 UTC.
	issued := day("2027-04-30").Millis() + 23*3_600_000 + 1_800_000
	if got, want := d.AnswerDue(issued), day("2027-05-05").Millis()+23*3_600_000-1; got != want {
		t.Errorf("due at %d, want %d", got, want)
	}
	d.Loop.AnswerDays = 0
	if d.AnswerDue(issued) != 0 {
		t.Error("due without days")
	}
}

// What the scope of a revision no longer holds was not cut to nothing: nothing is said of it, and the bands judge the rest. A line that went inside the scope did fall.
func TestANarrowedScopeIsNoCut(t *testing.T) {
	d := full(t)
	before := weekly("2027-01-01", "TAB-1", 100, 100, 100)
	ghana := before.Lines[0]
	ghana.Location.Region = "GH"
	before.Lines = append(before.Lines, ghana)
	after := weekly("2027-01-04", "TAB-1", 100, 100, 100)
	for _, c := range []struct {
		regions []string
		cells   int
	}{{[]string{"CI"}, 0}, {[]string{artifact.All}, 3}, {[]string{"CI", "GH"}, 3}} {
		after.Header.Scope = artifact.Everything()
		after.Header.Scope.Regions = c.regions
		cells, err := d.Flex(before, after)
		if err != nil || len(cells) != c.cells || Inside(cells) != (c.cells == 0) {
			t.Errorf("with %v in scope: %+v, %v", c.regions, cells, err)
		}
	}
}
