package campaign

import (
	"bytes"
	"crypto/sha256"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/block/sheettest"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

var (
	q       = quantity.MustParse
	day     = calendar.MustDate
	bucket  = calendar.MustBucket
	poster  = sha256.Sum256([]byte("poster"))
	ivory   = forecast.Location{Region: "CI"}
	tablets = forecast.Item{BuyersID: "EFV600-30", SellersID: "T-600"}
	syrup   = forecast.Item{BuyersID: "ZDV-100"}
)

func period(b string) *calendar.Bucket { p := bucket(b); return &p }

// autumn is an event with every field set.
func autumn() Event {
	baseline := q("900")
	return Event{ID: "autumn", Name: "Autumn week", Status: Proposed, Kind: JointlySponsored, Submitted: day("2026-11-20"), AcceptBy: day("2026-12-31"),
		Period: bucket("2027-03-08/2027-03-22"), SellIn: period("2027-03-01/2027-03-15"), SellOut: period("2027-03-08/2027-03-29"), PreDays: 7, PostDays: 14,
		Items: []forecast.Item{tablets, syrup}, Places: []forecast.Location{ivory},
		Tactics: []Tactic{{Display: EndCap}, {Feature: "FLYER"}, {Channel: Social, Period: period("2027-03")}},
		Offers:  []Offer{{Item: "EFV600-30", Mechanism: PercentOff, DepthPPM: 200_000}, {Item: "ZDV-100", Mechanism: Multibuy, MinUnits: 2}},
		Impacts: []Impact{{Item: "T-600", Place: ivory, Bucket: bucket("2027-03"), Unit: quantity.Pack, Baseline: &baseline, Lift: q("400"),
			Quantiles:    []forecast.Quantile{{P: 100_000, Q: q("250")}, {P: 500_000, Q: q("390")}, {P: 900_000, Q: q("600")}},
			Cannibalises: []string{"ZDV-100"}, Halo: []string{"NVP-200"}, PullForward: 100_000}},
		Funding:  &Funding{BuyerPPM: 600_000, SellerPPM: 400_000, Cap: &quantity.Money{Minor: 50_000_00, Currency: "EUR"}, Accrual: AccrueLift, ClaimBy: day("2027-06-30")},
		Messages: []Message{{Asset: poster[:], Claims: []string{"GENERIC"}, Needs: []string{"buyer:CMO", "seller:CTO"}, Embargo: day("2027-03-01").Millis()}},
		Go:       &GoNoGo{MaxShortagePPM: 100_000, By: day("2027-02-20"), DecidedBy: "CMO"},
		Launch: &Launch{Item: "EFV600-30", Date: day("2027-03-08"), Gates: []Gate{{Kind: GateCampaign, Due: day("2027-01-15")}, {Kind: GateCapacity, Due: day("2027-02-01")},
			{Kind: GateQuality, Due: day("2027-02-15"), Role: "CTO"}, {Kind: GateMessage, Due: day("2027-02-20")}, {Kind: GateManual, Due: day("2027-03-01"), Role: "CFO"}}},
		Ext: map[string][]byte{"x": {1}}}
}

func full() Document {
	terms, err := autumn().Terms()
	if err != nil {
		panic(err)
	}
	return Document{
		Header: artifact.Header{Type: Type, Series: artifact.SeriesID{1}, Issued: day("2026-11-22").Millis(), Evidence: artifact.GradeB,
			Provenance: artifact.Provenance{SourceSystem: "spreadsheet"}, Scope: artifact.Everything()},
		Zone:   "Africa/Abidjan",
		Events: []Event{autumn()},
		Blackouts: []Blackout{
			{ID: "freeze", Reason: ForFreeze, Period: bucket("2026-12-15/2027-01-04"), Note: "year end"},
			{ID: "stocktaking", Reason: ForInventory, Period: bucket("2027-01-31"), RRule: "FREQ=MONTHLY;BYMONTHDAY=-1", Items: []string{"ZDV-100"}, Places: []forecast.Location{ivory}, Soft: true, Ext: map[string][]byte{"y": {2}}},
		},
		Replies: []Reply{{Series: artifact.SeriesID{2}, Event: "spring", Role: "CMO", Verdict: Accepted, Digest: terms, Assets: [][]byte{poster[:]}}},
	}
}

// sheets is how a document travels.
var sheets = sheettest.Format[Document]{Type: Type, To: ToSheet, From: FromSheet}

func TestRoundTrip(t *testing.T) {
	d := full()
	if found := Check(d); len(found) != 0 {
		t.Fatal(found)
	}
	s := sheets.RoundTrip(t, d)
	slices.Reverse(d.Blackouts)
	if again := sheets.Sheet(t, d); !reflect.DeepEqual(s, again) {
		t.Error("the order of blackouts changed the sheet")
	}
}

// The encoding of version 1 never changes: this hash covers every field of a calendar.
func TestGoldenEncoding(t *testing.T) {
	sheets.Unchanged(t, full(), "22b28b67625838bab7fa17ccaabc0fb20c084a8cc5d3007f990fd76d9a2855bd")
}

func TestFindings(t *testing.T) {
	for _, c := range []struct {
		rule, code string
		spoil      func(*Document)
	}{
		{"K1: a period that ends before it starts", CodeDates, func(d *Document) { d.Events[0].Period.End = day("2027-03-01") }},
		{"K1: sell-in before sell-out", CodeDates, func(d *Document) { d.Events[0].SellIn = period("2027-03-20/2027-03-25") }},
		{"acceptance before submission", CodeDates, func(d *Document) { d.Events[0].AcceptBy = day("2026-11-01") }},
		{"K5: funding sums to 100 %", CodeFunding, func(d *Document) { d.Events[0].Funding.BuyerPPM = 500_000 }},
		{"K5: shares outside one", CodeFunding, func(d *Document) {
			d.Events[0].Funding.BuyerPPM, d.Events[0].Funding.SellerPPM = 1_400_000, -400_000
		}},
		{"cap in an unknown currency", CodeFunding, func(d *Document) { d.Events[0].Funding.Cap.Currency = "ZZZ" }},
		{"UBL states", CodeStatus, func(d *Document) { d.Events[0].Status = "GO" }},
		{"UBL types", CodeKind, func(d *Document) { d.Events[0].Kind = "PARTY" }},
		{"UBL displays", CodeTactic, func(d *Document) { d.Events[0].Tactics[0].Display = "WINDOW" }},
		{"one tactic is one thing", CodeTactic, func(d *Document) { d.Events[0].Tactics[0].Channel = TV }},
		{"T19: a future resale price", CodePrice, func(d *Document) {
			d.Events[0].Offers[0].Price = &quantity.Price{}
		}},
		{"percent off has a depth", CodeOffer, func(d *Document) { d.Events[0].Offers[0].DepthPPM = 0 }},
		{"multibuy has none", CodeOffer, func(d *Document) { d.Events[0].Offers[1].DepthPPM = 5 }},
		{"offer of another item", CodeItem, func(d *Document) { d.Events[0].Offers[0].Item = "OTHER" }},
		{"lift of another item", CodeItem, func(d *Document) { d.Events[0].Impacts[0].Item = "OTHER" }},
		{"lift outside the windows", CodeImpact, func(d *Document) { d.Events[0].Impacts[0].Bucket = bucket("2028-01") }},
		{"falling quantiles of the lift", CodeImpact, func(d *Document) { d.Events[0].Impacts[0].Quantiles[2].Q = q("1") }},
		{"D6: named once, cannibalised or halo", CodeNamed, func(d *Document) { d.Events[0].Impacts[0].Halo[0] = "ZDV-100" }},
		{"an item that lifts itself", CodeNamed, func(d *Document) { d.Events[0].Impacts[0].Halo[0] = "T-600" }},
		{"asset hash", CodeMessage, func(d *Document) { d.Events[0].Messages[0].Asset = []byte("poster.pdf") }},
		{"approvals by role of a side", CodeMessage, func(d *Document) { d.Events[0].Messages[0].Needs[0] = "Jane Doe" }},
		{"go limit", CodeGo, func(d *Document) { d.Events[0].Go.MaxShortagePPM = 1_000_001 }},
		{"go by a role", CodeGo, func(d *Document) { d.Events[0].Go.DecidedBy = "Jane Doe" }},
		{"launch of another item", CodeLaunch, func(d *Document) { d.Events[0].Launch.Item = "OTHER" }},
		{"a gate after the launch", CodeLaunch, func(d *Document) { d.Events[0].Launch.Gates[0].Due = day("2027-04-01") }},
		{"a computed gate done by hand", CodeLaunch, func(d *Document) { d.Events[0].Launch.Gates[1].Done = day("2027-01-01") }},
		{"blackout reason", CodeBlackout, func(d *Document) { d.Blackouts[0].Reason = "MOOD" }},
		{"blackout twice", CodeBlackout, func(d *Document) { d.Blackouts[0].ID = "stocktaking" }},
		{"a rule of hours", CodeRule, func(d *Document) { d.Blackouts[1].RRule = "FREQ=HOURLY" }},
		{"a day that never comes", CodeRule, func(d *Document) { d.Blackouts[1].RRule = "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30" }},
		{"reply of nothing", CodeReply, func(d *Document) { d.Replies[0] = Reply{Series: artifact.SeriesID{2}, Event: "spring", Role: "CMO"} }},
		{"reply by a person", CodeReply, func(d *Document) { d.Replies[0].Role = "Jane Doe" }},
		{"zone", CodeZone, func(d *Document) { d.Zone = "in Abidjan" }},
		{"item without number", CodeItem, func(d *Document) { d.Events[0].Items[1] = forecast.Item{} }},
		{"a region of three letters, which ISO 3166-2 does not have", CodePlace, func(d *Document) { d.Events[0].Places[0].Region = "XXX" }},
		{"event twice", CodeEvent, func(d *Document) { d.Events = append(d.Events, autumn()) }},
		{"header rules", artifact.CodeType, func(d *Document) { d.Header.Type = "CampaignCalendar.v2" }},
		{"extension", CodeExt, func(d *Document) { d.Events[0].Ext = map[string][]byte{"": nil} }},
		{"nothing at all", CodeEmpty, func(d *Document) { d.Events, d.Blackouts, d.Replies = nil, nil, nil }},
	} {
		d := full()
		c.spoil(&d)
		if codes := artifact.Codes(Check(d)); !slices.Contains(codes, c.code) || len(codes) > 2 {
			t.Errorf("%s: %v, want %s", c.rule, Check(d), c.code)
		}
	}
}

func TestPastPricesMayStand(t *testing.T) {
	d := full()
	d.Header.Issued = day("2027-05-01").Millis()
	d.Events[0].Offers[0].Price = &quantity.Price{}
	if codes := artifact.Codes(Check(d)); slices.Contains(codes, CodePrice) {
		t.Errorf("the event is over: %v", codes)
	}
}

func TestScope(t *testing.T) {
	granted := artifact.Scope{Products: []string{"EFV600-30", "ZDV-100"}, Regions: []string{"CI"}}
	if codes := artifact.Codes(CheckScope(full(), granted)); len(codes) != 1 || codes[0] != CodeScope {
		t.Errorf("a halo item outside the scope: %v", codes)
	}
	kept := Filter(full(), granted)
	if len(kept.Events) != 1 || len(kept.Events[0].Impacts[0].Halo) != 0 || len(CheckScope(kept, granted)) != 0 {
		t.Errorf("filtering takes the foreign name out and keeps the event: %+v", kept.Events)
	}
	if full().Events[0].Impacts[0].Halo[0] != "NVP-200" {
		t.Error("filtering changed its input")
	}
	for _, narrow := range []artifact.Scope{{Products: []string{"ZDV-100"}, Regions: []string{"*"}}, {Products: []string{"*"}, Regions: []string{"GH"}}} {
		if kept := Filter(full(), narrow); len(kept.Events) != 0 {
			t.Errorf("%+v lets the event pass", narrow)
		}
	}
}

// K6: states only go forward, but for breaking off.
func TestRevisions(t *testing.T) {
	next := func(change func(*Document)) []string {
		old, revised := full(), full()
		parent := block.SumRaw([]byte("parent"))
		revised.Header.Revision, revised.Header.Parent = 1, &parent
		change(&revised)
		return artifact.Codes(CheckRevision(old, revised))
	}
	for status, code := range map[Status]string{Acknowledged: "", Planned: "", Rejected: "", Canceled: "", Expired: "", Active: CodeStatus, Completed: CodeStatus, Terminated: CodeStatus} {
		got := next(func(d *Document) { d.Events[0].Status = status })
		if code == "" && len(got) > 0 || code != "" && (len(got) != 1 || got[0] != code) {
			t.Errorf("PROPOSED to %s: %v", status, got)
		}
	}
	if got := next(func(d *Document) { d.Events = nil }); len(got) != 1 || got[0] != CodeVanished {
		t.Errorf("an event that is gone: %v", got)
	}
	if got := next(func(d *Document) {
		d.Events[0].Status = Planned
		d.Header.Issued = day("2027-01-01").Millis()
	}); len(got) != 1 || got[0] != CodeTooLate {
		t.Errorf("K7: planned after its acceptance date: %v", got)
	}
	if got := next(func(d *Document) { d.Header.Revision = 2 }); len(got) != 1 || got[0] != CodeRevisions {
		t.Errorf("a revision left out: %v", got)
	}
}

// Practice T1: dates, money, items and a lift beyond the tolerance are material; words and bands are not.
func TestMaterial(t *testing.T) {
	for _, c := range []struct {
		what     string
		material bool
		change   func(*Document)
	}{
		{"nothing", false, func(d *Document) {}},
		{"the name", false, func(d *Document) { d.Events[0].Name = "Herbst" }},
		{"a tactic", false, func(d *Document) { d.Events[0].Tactics = nil }},
		{"a band", false, func(d *Document) { d.Events[0].Impacts[0].Quantiles[2].Q = q("610") }},
		{"five percent of lift", false, func(d *Document) { d.Events[0].Impacts[0].Lift = q("420") }},
		{"more than five percent", true, func(d *Document) { d.Events[0].Impacts[0].Lift = q("421") }},
		{"the period", true, func(d *Document) { d.Events[0].Period.End++ }},
		{"funding", true, func(d *Document) { d.Events[0].Funding.Cap = nil }},
		{"an offer", true, func(d *Document) { d.Events[0].Offers[0].DepthPPM = 300_000 }},
		{"acknowledged", false, func(d *Document) { d.Events[0].Status = Acknowledged }},
		{"cancelled", true, func(d *Document) { d.Events[0].Status = Canceled }},
		{"a blackout", true, func(d *Document) { d.Blackouts[0].Period.End++ }},
		{"a new blackout", true, func(d *Document) { d.Blackouts = append(d.Blackouts, Blackout{ID: "z"}) }},
		{"a reply", false, func(d *Document) { d.Replies[0].Verdict = Declined }},
		{"an event gone", true, func(d *Document) { d.Events = nil }},
		{"the zone", true, func(d *Document) { d.Zone = "UTC" }},
	} {
		d := full()
		c.change(&d)
		if changes := Diff(full(), d); Material(changes) != c.material || (len(changes) > 0) != (c.what != "nothing") {
			t.Errorf("%s: %+v", c.what, changes)
		}
	}
}

// A calendar does not differ from itself, however little its events say.
func TestNothingChanged(t *testing.T) {
	least := full()
	least.Events = []Event{event("least", tablets)}
	for _, d := range []Document{full(), least} {
		s, err := ToSheet(d, [32]byte{7})
		if err != nil {
			t.Fatal(err)
		}
		back, err := FromSheet(s)
		if err != nil || len(Diff(d, back)) > 0 {
			t.Errorf("%v: %+v", err, Diff(d, back))
		}
	}
}

// Terms is what a reply is about: it moves with everything but the status.
func TestTerms(t *testing.T) {
	a, _ := autumn().Terms()
	e := autumn()
	e.Status = Planned
	if b, _ := e.Terms(); !bytes.Equal(a, b) {
		t.Error("the status changed the terms")
	}
	e.Funding.SellerPPM++
	if b, _ := e.Terms(); bytes.Equal(a, b) {
		t.Error("the funding did not change the terms")
	}
}

func TestRules(t *testing.T) {
	span := bucket("2027-01-01/2028-01-01")
	for rule, want := range map[string]struct {
		n     int
		first string
	}{
		"FREQ=DAILY;INTERVAL=7":                                 {52, "2027-01-04"},
		"FREQ=WEEKLY;BYDAY=MO,FR;UNTIL=20270131":                {8, "2027-01-04"},
		"FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3": {3, "2027-01-29"},
		"FREQ=MONTHLY;BYDAY=-1SU":                               {12, "2027-01-31"},
		"FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24":                  {1, "2027-12-24"},
		"FREQ=YEARLY":                                           {1, "2027-01-04"},
	} {
		b := Blackout{ID: "x", Period: bucket("2027-01-04"), RRule: rule}
		got := b.Windows(span)
		if len(got) != want.n || got[0].Start != day(want.first) || got[0].Days() != 1 {
			t.Errorf("%s: %d windows from %v, want %d from %s", rule, len(got), got[:min(1, len(got))], want.n, want.first)
		}
	}
	for _, bad := range []string{"", "FREQ=DAILY;FREQ=DAILY", "FREQ=DAILY;BYHOUR=3", "FREQ=DAILY;BYMONTHDAY=31", "FREQ=WEEKLY;BYDAY=MO;BYSETPOS=9", "FREQ=MONTHLY;BYDAY=1MO;BYSETPOS=1",
		"FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;COUNT=4001", "FREQ=DAILY;COUNT=3;UNTIL=20270101", "FREQ=WEEKLY;BYDAY=XX", "FREQ=MONTHLY;BYDAY=9MO", "FREQ=MONTHLY;BYDAY=5MO", "FREQ=WEEKLY;BYDAY=2MO", "FREQ=YEARLY;BYMONTH=2", "DTSTART=20270101;FREQ=DAILY",
		"FREQ=DAILY\nRRULE:FREQ=DAILY", strings.Repeat("FREQ=DAILY;", 40)} {
		if _, err := calendar.ParseRule(bad, day("2027-01-04")); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

// Every rule that is read ends: an occurrence comes within the span of a few intervals.
func FuzzParseRule(f *testing.F) {
	for _, s := range []string{"FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,FR;WKST=SU", "FREQ=MONTHLY;BYDAY=4MO;INTERVAL=12", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=28;INTERVAL=100", "FREQ=MONTHLY;BYMONTHDAY=-28,3"} {
		f.Add(s, 738_000)
	}
	f.Fuzz(func(t *testing.T, s string, start int) {
		first := calendar.Date(start)
		if !first.Valid() || first > day("2200-01-01") || first < day("1900-01-01") {
			return
		}
		if _, err := calendar.ParseRule(s, first); err != nil {
			return
		}
		b := Blackout{Period: calendar.Bucket{Start: first, End: first + 1}, RRule: s}
		span := calendar.Bucket{Start: first, End: first.AddDays(MaxAhead)}
		windows := b.Windows(span)
		if len(windows) > MaxAhead {
			t.Fatalf("%d windows", len(windows))
		}
		for i, w := range windows {
			if i > 0 && windows[i-1].Start >= w.Start || !w.Overlaps(span) {
				t.Fatalf("windows out of order or span: %v", windows)
			}
		}
	})
}

func FuzzFromSheet(f *testing.F) {
	sheettest.Fuzz[Document, row](f, sheets, full(), func(t *testing.T, d Document) {
		if len(Check(d)) > 0 {
			return
		}
		if _, err := Conflicts(Input{Calendars: []Held{{Document: d, Side: "buyer"}}, At: d.Header.Issued}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestForeignRows(t *testing.T) {
	s, err := ToSheet(full(), [32]byte{7})
	if err != nil {
		t.Fatal(err)
	}
	e, b := autumn(), full().Blackouts[0]
	for name, r := range map[string]row{"two things": {Event: &e, Blackout: &b}, "nothing": {}} {
		value, _ := block.Marshal(r)
		bad := s
		bad.Rows = []block.Row{{Key: r.Key(), Value: value}}
		if d, err := FromSheet(bad); err == nil || !reflect.DeepEqual(d, Document{}) {
			t.Errorf("a row of %s was read", name)
		}
	}
}

// Filtering and checking agree for any scope.
func TestFilterPassesItsOwnCheck(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids := []string{"EFV600-30", "T-600", "ZDV-100", "NVP-200", artifact.All}
		granted := artifact.Scope{Products: rapid.SliceOfDistinct(rapid.SampledFrom(ids), rapid.ID).Draw(t, "products"),
			Regions: rapid.SliceOfDistinct(rapid.SampledFrom([]string{"CI", "GH", artifact.All}), rapid.ID).Draw(t, "regions")}
		if found := CheckScope(Filter(full(), granted), granted); len(found) > 0 {
			t.Fatal(found)
		}
	})
}
