package campaign

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/forecast"
	"kontor/protocol/quality"
	"kontor/protocol/quantity"
)

var buyer, seller = block.Sum([]byte("buyer")), block.Sum([]byte("seller"))

// event is a plain event in March on one item.
func event(id string, items ...forecast.Item) Event {
	return Event{ID: id, Name: id, Status: Planned, Kind: RetailerEvent, Period: bucket("2027-03"), Items: items, Places: []forecast.Location{ivory}}
}

func calendarOf(author block.CID, events ...Event) Held {
	side, series := "buyer", artifact.SeriesID{1}
	if author == seller {
		side, series = "seller", artifact.SeriesID{2}
	}
	d := full()
	d.Header.Series, d.Events, d.Blackouts, d.Replies = series, events, nil, nil
	return Held{Author: author, Side: side, CID: block.Sum([]byte(side)), Document: d}
}

func find(t *testing.T, in Input) []Conflict {
	t.Helper()
	out, err := Conflicts(in)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func kinds(list []Conflict) (out []string) {
	for _, c := range list {
		out = append(out, string(c.Kind)+" "+string(c.Severity))
	}
	return out
}

func expect(t *testing.T, what string, got []Conflict, want ...string) {
	t.Helper()
	if !slices.Equal(kinds(got), want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestBlackouts(t *testing.T) {
	c := calendarOf(buyer, event("a", tablets))
	theirs := calendarOf(seller)
	for _, x := range []struct {
		what string
		b    Blackout
		want []string
	}{
		{"before", Blackout{Period: bucket("2027-02")}, nil},
		{"inside", Blackout{Period: bucket("2027-03-15")}, []string{"BLACKOUT BLOCK"}},
		{"soft", Blackout{Period: bucket("2027-03-15"), Soft: true}, []string{"BLACKOUT WARN"}},
		{"of another item", Blackout{Period: bucket("2027-03-15"), Items: []string{"ZDV-100"}}, nil},
		{"of the item by the seller's number", Blackout{Period: bucket("2027-03-15"), Items: []string{"T-600"}}, []string{"BLACKOUT BLOCK"}},
		{"elsewhere", Blackout{Period: bucket("2027-03-15"), Places: []forecast.Location{{Region: "GH"}}}, nil},
		{"in a part of the country", Blackout{Period: bucket("2027-03-15"), Places: []forecast.Location{{Region: "CI-AB"}}}, []string{"BLACKOUT BLOCK"}},
		{"recurring", Blackout{Period: bucket("2026-01-05"), RRule: "FREQ=WEEKLY"}, []string{"BLACKOUT BLOCK"}},
		{"recurring until before", Blackout{Period: bucket("2026-01-05"), RRule: "FREQ=WEEKLY;UNTIL=20270228"}, nil},
	} {
		x.b.ID, x.b.Reason = "b", ForLaw
		theirs.Document.Blackouts = []Blackout{x.b}
		expect(t, x.what, find(t, Input{Calendars: []Held{c, theirs}}), x.want...)
	}
}

// K3: two events on the same item and place warn, and stop where both change the price.
func TestOverlaps(t *testing.T) {
	cheap := func(e Event) Event {
		e.Offers = []Offer{{Item: e.Items[0].ID(), Mechanism: PercentOff, DepthPPM: 100_000}}
		return e
	}
	a, b := event("a", tablets), event("b", forecast.Item{SellersID: "T-600"})
	expect(t, "same item", find(t, Input{Calendars: []Held{calendarOf(buyer, a), calendarOf(seller, b)}}), "CAMPAIGN WARN", "CAMPAIGN WARN")
	expect(t, "both cheaper", find(t, Input{Calendars: []Held{calendarOf(buyer, cheap(a)), calendarOf(seller, cheap(b))}}), "CAMPAIGN BLOCK", "CAMPAIGN BLOCK")
	expect(t, "one cheaper", find(t, Input{Calendars: []Held{calendarOf(buyer, cheap(a)), calendarOf(seller, b)}}), "CAMPAIGN WARN", "CAMPAIGN WARN")
	other := event("c", syrup)
	expect(t, "another item", find(t, Input{Calendars: []Held{calendarOf(buyer, a, other)}}))
	b.Period = bucket("2027-04")
	expect(t, "another month", find(t, Input{Calendars: []Held{calendarOf(buyer, a), calendarOf(seller, b)}}))
	b.Period, b.Status = a.Period, Canceled
	expect(t, "a cancelled one", find(t, Input{Calendars: []Held{calendarOf(buyer, a), calendarOf(seller, b)}}))
}

// supply is a match of 1,000 packs in March with a band, against a line and a stock.
func supply(perMonth, stock string) capacity.Input {
	header := func(typ string) artifact.Header {
		h := full().Header
		h.Type = typ
		return h
	}
	line := forecast.Line{Item: tablets, Location: ivory, Unit: quantity.Pack, Kind: forecast.Total, Category: forecast.Default, BucketBasis: forecast.Gross, DateBasis: forecast.ByNeed, SourcingShare: forecast.PPM}
	for _, m := range []string{"2027-02", "2027-03", "2027-04"} {
		line.Buckets = append(line.Buckets, forecast.Cell{Bucket: bucket(m), Mean: q("1000"), Quantiles: []forecast.Quantile{{P: 50_000, Q: q("900")}, {P: 500_000, Q: q("1000")}, {P: 950_000, Q: q("1100")}}})
	}
	g := capacity.Group{ID: "press", Unit: quantity.Pack, Links: []capacity.Link{{Product: "EFV600-30"}}}
	for _, m := range []string{"2027-02", "2027-03", "2027-04"} {
		g.Capacities = append(g.Capacities, capacity.Capacity{Bucket: bucket(m), Actual: q(perMonth), Maximum: q(perMonth)})
	}
	held := q(stock)
	return capacity.Input{Forecast: forecast.Document{Header: header(forecast.Type), Purpose: forecast.OrderForecast, Method: forecast.Method{Bands: forecast.BandsModel}, Lines: []forecast.Line{line}},
		Plan: capacity.Plan{Header: header(capacity.PlanType), Groups: []capacity.Group{g}, Positions: []capacity.Position{{Product: "EFV600-30", Unit: quantity.Pack, AsOf: day("2027-01-10"), Stock: &held}}}}
}

func lifted() Event {
	e := event("spring", tablets)
	e.Impacts = []Impact{{Item: "EFV600-30", Place: ivory, Bucket: bucket("2027-03"), Unit: quantity.Pack, Lift: q("600"),
		Quantiles: []forecast.Quantile{{P: 50_000, Q: q("500")}, {P: 950_000, Q: q("700")}}}}
	return e
}

// The lift of a campaign meets the cover: it stops where supply is surely too little, and is free once there is more.
func TestCoverStopsAndIsCleared(t *testing.T) {
	c := []Held{calendarOf(buyer, lifted())}
	judge := func(perMonth, stock string, blocks ...LotBlock) []Conflict {
		cover, notes, err := NewCover(supply(perMonth, stock), c, blocks)
		if err != nil || len(notes) > 0 {
			t.Fatal(err, notes)
		}
		return find(t, Input{Calendars: c, Cover: cover, Blocks: blocks})
	}
	if got := judge("1100", "0"); len(got) != 1 || got[0].Kind != ByCover || got[0].Severity != Stops || got[0].Shortage < 500_000 || len(Blocked(got, c[0].CID, "spring")) != 1 {
		t.Fatalf("1,600 wanted, 1,100 made, 100 left of February: %+v", got)
	}
	expect(t, "with more capacity", judge("1600", "0"))
	expect(t, "with stock", judge("1100", "700"))
	without := lifted()
	without.Impacts = nil
	c[0].Document.Events = []Event{without}
	expect(t, "without the lift", judge("1100", "0"))
	c[0].Document.Events = []Event{lifted()}

	// Practice T17: a lot block takes its stock out once, and matters by what cover is left.
	lot := LotBlock{ID: "lot 7", Source: seller, Item: forecast.Item{SellersID: "T-600", BuyersID: "EFV600-30"}, Quantity: q("600"), Unit: quantity.Pack, Since: day("2027-01-12")}
	expect(t, "a block that leaves too little", judge("1100", "700", lot), "COVER BLOCK", "QUALITY WARN")
	expect(t, "a block that leaves enough", judge("1600", "700", lot), "QUALITY WARN")
	lot.Critical = true
	expect(t, "a critical block", judge("1600", "700", lot), "QUALITY BLOCK")
	lot.Critical, lot.Likely = false, day("2027-02-20")
	expect(t, "a block that is likely gone by then", judge("1100", "700", lot), "QUALITY WARN")
	lot.Likely, lot.Since = 0, day("2027-01-05")
	expect(t, "a block that the stock's count knew", judge("1100", "700", lot), "QUALITY WARN")
}

func TestLotBlocksComeFromReports(t *testing.T) {
	report := quality.Document{Blocks: []quality.Block{
		{ID: "1", Item: tablets, Status: quality.Blocked, Severity: quality.LifeThreatening, Quantity: q("5"), Unit: quantity.Pack, Since: day("2027-01-01"), Release: []quality.ReleaseChance{{P: 500_000, By: day("2027-02-01")}, {P: 900_000, By: day("2027-03-01")}}},
		{ID: "2", Item: tablets, Status: quality.Released}, {ID: "3", Item: tablets, Status: quality.Blocked, Severity: quality.Major},
	}}
	got := LotBlocks(seller, report)
	if len(got) != 2 || !got[0].Critical || got[0].Likely != day("2027-03-01") || got[1].Critical || got[1].Likely != 0 {
		t.Errorf("%+v", got)
	}
}

// K9: an approval is of exactly these bytes, by the side's own role; changed bytes need it again.
func TestMessagesAndReplies(t *testing.T) {
	e := event("a", tablets)
	e.Status, e.AcceptBy = Proposed, day("2026-12-31")
	e.Messages = []Message{{Asset: poster[:], Needs: []string{"seller:CTO"}}}
	ours, theirs := calendarOf(buyer, e), calendarOf(seller)
	in := func() Input { return Input{Calendars: []Held{ours, theirs}, At: day("2026-12-31").Millis()} }
	expect(t, "nobody approved", find(t, in()), "MESSAGE BLOCK")
	reply := Reply{Series: ours.Document.Header.Series, Event: "a", Role: "CTO", Assets: [][]byte{poster[:]}}
	ours.Document.Replies = []Reply{reply}
	expect(t, "the wrong side approved", find(t, in()), "MESSAGE BLOCK")
	ours.Document.Replies, theirs.Document.Replies = nil, []Reply{reply}
	expect(t, "approved", find(t, in()))
	ours.Document.Events[0].Messages[0].Asset = bytes.Repeat([]byte{1}, 32)
	expect(t, "another file", find(t, in()), "MESSAGE BLOCK")
	ours.Document.Events[0].Messages = nil

	e = ours.Document.Events[0]
	terms, _ := e.Terms()
	reply.Assets, reply.Verdict, reply.Digest = nil, Declined, terms
	theirs.Document.Replies = []Reply{reply}
	expect(t, "rejected", find(t, in()), "REJECTED BLOCK")
	late := in()
	late.At = day("2027-01-01").Millis()
	theirs.Document.Replies = nil
	late.Calendars[1] = theirs
	expect(t, "K7: not accepted in time", find(t, late), "EXPIRED BLOCK")
	reply.Verdict = Accepted
	theirs.Document.Replies = []Reply{reply}
	late.Calendars[1] = theirs
	expect(t, "accepted in time", find(t, late))
	late.Calendars[0].Document.Events[0].Name = "changed after"
	expect(t, "what was accepted is not what stands", find(t, late), "EXPIRED BLOCK")
}

func TestLaunchGates(t *testing.T) {
	e := autumn()
	e.Messages, e.Places = nil, nil
	c := []Held{calendarOf(buyer, e), calendarOf(seller)}
	terms, _ := e.Terms()
	lot := LotBlock{ID: "lot 7", Source: seller, Item: tablets, Since: day("2027-01-01"), Quantity: q("1"), Unit: quantity.Pack}
	in := Input{Calendars: c, Blocks: []LotBlock{lot}, At: day("2027-02-10").Millis(), Cover: func(Event) *capacity.Result { return &capacity.Result{} }}
	states := func() (out []GateState, ready bool) {
		v := Launches(in, find(t, in))
		if len(v) != 1 {
			t.Fatalf("%+v", v)
		}
		for _, g := range v[0].Gates {
			out = append(out, g.State)
		}
		return out, v[0].Ready
	}
	if got, ready := states(); ready || !reflect.DeepEqual(got, []GateState{GateLate, GatePassed, GateOpen, GatePassed, GateOpen}) {
		t.Errorf("campaign late, quality and manual waiting: %v", got)
	}
	c[1].Document.Replies = []Reply{{Series: c[0].Document.Header.Series, Event: "autumn", Role: "COO", Verdict: Accepted, Digest: terms}}
	in.Blocks = nil
	if got, ready := states(); ready || !reflect.DeepEqual(got, []GateState{GatePassed, GatePassed, GatePassed, GatePassed, GateOpen}) {
		t.Errorf("accepted and released: %v", got)
	}
	c[0].Document.Events[0].Launch.Gates[4].Done = day("2027-02-01")
	terms, _ = c[0].Document.Events[0].Terms()
	c[1].Document.Replies[0].Digest = terms
	if got, ready := states(); !ready {
		t.Errorf("all gates passed: %v", got)
	}
	// Gates stand by day: the fourth is that of messages. A message that nobody is asked to approve keeps it shut.
	c[0].Document.Events[0].Messages = []Message{{Asset: bytes.Repeat([]byte{1}, 32)}}
	terms, _ = c[0].Document.Events[0].Terms()
	c[1].Document.Replies[0].Digest = terms
	if got, ready := states(); ready || got[3] != GateOpen {
		t.Errorf("a message that nobody approves passed: %v", got)
	}
}

// What two nodes find depends on the documents alone: not on the order in which they hold them.
func TestOrderIsIrrelevant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a, b []Event
		for i, n := 0, rapid.IntRange(0, 6).Draw(t, "events"); i < n; i++ {
			e := event(string(rune('a'+i)), rapid.SampledFrom([]forecast.Item{tablets, syrup}).Draw(t, "item"))
			start := day("2027-03-01").AddDays(rapid.IntRange(0, 40).Draw(t, "start"))
			e.Period = calendar.Bucket{Start: start, End: start.AddDays(rapid.IntRange(1, 20).Draw(t, "days"))}
			if rapid.Bool().Draw(t, "side") {
				a = append(a, e)
			} else {
				b = append(b, e)
			}
		}
		x, y := calendarOf(buyer, a...), calendarOf(seller, b...)
		x.Document.Blackouts = []Blackout{{ID: "z", Reason: ForLaw, Period: bucket("2027-03-01"), RRule: "FREQ=WEEKLY"}, {ID: "y", Reason: ForLaw, Period: bucket("2027-03")}}
		one, err := Conflicts(Input{Calendars: []Held{x, y}})
		if err != nil {
			t.Fatal(err)
		}
		slices.Reverse(x.Document.Blackouts)
		slices.Reverse(x.Document.Events)
		two, err := Conflicts(Input{Calendars: []Held{y, x}})
		if err != nil || !reflect.DeepEqual(one, two) {
			t.Fatalf("%v\n%+v\n%+v", err, one, two)
		}
		for _, c := range one {
			if c.Kind == ByCampaign && !slices.ContainsFunc(one, func(o Conflict) bool {
				return o.With == c.Calendar.String()+"/"+c.Event && o.Period == c.Period && o.Severity == c.Severity
			}) {
				t.Fatalf("%+v is not found from the other side", c)
			}
		}
	})
}

// A larger lift never lowers the probability of a shortage, and the lifted forecast still passes its own rules.
func TestLiftIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shortage := func(lift int64) int64 {
			e := lifted()
			e.Impacts[0].Lift, e.Impacts[0].Quantiles = quantity.Of(lift), []forecast.Quantile{{P: 200_000, Q: quantity.Of(lift / 2)}, {P: 700_000, Q: quantity.Of(lift * 2)}}
			in := supply("1200", "100")
			doc, notes := WithLift(in.Forecast, []Event{e})
			if len(notes) > 0 || len(forecast.Check(doc)) > 0 {
				t.Fatal(notes, forecast.Check(doc))
			}
			in.Forecast = doc
			r, err := capacity.Match(in)
			if err != nil {
				t.Fatal(err)
			}
			return r.Products[0].Buckets[1].Cover.Shortage.Upper
		}
		small := rapid.Int64Range(0, 1000).Draw(t, "lift")
		if a, b := shortage(small), shortage(small+rapid.Int64Range(0, 500).Draw(t, "more")); b < a {
			t.Fatalf("%d ppm became %d", a, b)
		}
	})
}

// A lift across two buckets, one of them whole and ten days of the next, comes evenly over its days. The parts sum to it, and the bands rise with it.
func TestLiftAcrossBucketsIsSplitByDays(t *testing.T) {
	in := supply("1200", "100")
	l := &in.Forecast.Lines[0]
	was := slices.Clone(l.Buckets)
	e := lifted()
	last := was[len(was)-1].Bucket
	before := was[len(was)-2].Bucket
	e.Impacts[0].Bucket = calendar.Bucket{Start: before.Start, End: last.Start.AddDays(10)}
	days := int64(e.Impacts[0].Bucket.Days())
	e.Impacts[0].Lift = quantity.Of(7 * days)
	e.Impacts[0].Quantiles = []forecast.Quantile{{P: 100_000, Q: quantity.Of(3 * days)}, {P: 900_000, Q: quantity.Of(11 * days)}}
	doc, notes := WithLift(in.Forecast, []Event{e})
	if len(notes) != 1 || !strings.Contains(notes[0], "split by days over 2 buckets") || len(forecast.Check(doc)) > 0 {
		t.Fatal(notes, forecast.Check(doc))
	}
	now := doc.Lines[0].Buckets
	for i, want := range map[int]int64{len(now) - 2: 7 * int64(before.Days()), len(now) - 1: 70} {
		if rise, err := now[i].Mean.Sub(was[i].Mean); err != nil || rise != quantity.Of(want) {
			t.Errorf("%s rises by %s, want %d", now[i].Bucket, rise, want)
		}
	}
	end := len(now) - 1
	for i, c := range now[end].Cumulative {
		var err error
		want := levelAt(e.Impacts[0].Quantiles, c.P, e.Impacts[0].Lift, liftDecimals, &err)
		if err != nil {
			t.Fatal(err)
		}
		if rise, err := c.Q.Sub(was[end].Cumulative[i].Q); err != nil || rise != want {
			t.Errorf("up to the end %d ppm rises by %s, want %s", c.P, rise, want)
		}
	}
	if !reflect.DeepEqual(now[:end-1], was[:end-1]) {
		t.Error("what was before the lift moved")
	}
}

func TestLiftWithoutALineIsNoted(t *testing.T) {
	in := supply("1200", "100")
	for what, change := range map[string]func(*Event){
		"another region": func(e *Event) { e.Impacts[0].Place.Region = "GH" },
		"beyond the end": func(e *Event) { e.Impacts[0].Bucket = bucket("2027-03-01/2029-04-15") },
		"another unit":   func(e *Event) { e.Impacts[0].Unit = quantity.Hour },
	} {
		e := lifted()
		change(&e)
		doc, notes := WithLift(in.Forecast, []Event{e})
		if len(notes) != 1 || !reflect.DeepEqual(doc, in.Forecast) {
			t.Errorf("%s: %v", what, notes)
		}
	}
	e := lifted()
	e.InForecast = true
	if doc, notes := WithLift(in.Forecast, []Event{e}); len(notes) > 0 || !reflect.DeepEqual(doc, in.Forecast) {
		t.Error("a lift that is in the forecast was added again")
	}
}
