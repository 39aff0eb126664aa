package terms

import (
	"slices"
	"testing"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/block/sheettest"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/measure"
	"kontor/protocol/quantity"
)

var (
	q      = quantity.MustParse
	day    = calendar.MustDate
	bucket = calendar.MustBucket
)

func ppm(n int64) *int64 { return &n }

func eur(amount, per string) quantity.Price {
	return quantity.Price{Amount: q(amount), Currency: "EUR", Per: q(per)}
}

func otif(t interface{ Fatal(...any) }) measure.Definition {
	d, err := measure.Define(measure.OTIF, nil)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// full are terms with every field set.
func full(t interface{ Fatal(...any) }) Document {
	year := bucket("2027-01-01/2028-01-01")
	return Document{
		Header: artifact.Header{Type: Type, Series: artifact.SeriesID{1}, Issued: day("2026-11-22").Millis(), Evidence: artifact.GradeB,
			Provenance: artifact.Provenance{SourceSystem: "contracts"}, Scope: artifact.Everything()},
		Frame: Frame{Contract: "FRAME-2027", Title: "supply of tablets", Period: year, NoticeDays: 90, Law: "German law", Jurisdiction: "Hamburg", Incoterm: "DAP", PaymentDays: 30, Currency: "EUR",
			Rounding: Rounding{HalfUp, PerDocument}, Calendar: Calendar{Zone: "Europe/Berlin", Data: "2026b", Offset: 60, Weekend: []int64{0, 6}, Holidays: []calendar.Date{day("2027-01-01"), day("2027-05-06")}},
			Tolerance: Tolerance{OverPPM: 50_000, UnderPPM: 20_000, EarlyDays: 1, LateDays: 2, Working: true},
			Loop:      Loop{Backward: 1, Forward: 2, AnswerDays: 3, OnNoAnswer: forecast.LastCommitStands, Auto: true},
			Data:      DataTerms{Purposes: []string{"CAPACITY", "PLANNING"}, RetentionDays: 730, Onward: OnwardAggregated, Audit: true, MinContributors: 5},
			Disputes:  []DisputeLevel{{Level: "DESK", Days: 5, Default: NextLevel}, {Level: "COO", Days: 10, Default: NextLevel}, {Level: "CEO", Days: 10, Default: NextLevel}, {Level: "ARBITER", Days: 30, Default: Stands}}, Arbitration: &Arbitration{"Hamburg", "DIS", "en"},
			Cadence: []Cadence{{ID: "launch", Name: "launch review", First: day("2027-01-05"), RRule: "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", Gates: []string{"CAPACITY", "QUALITY"}}, {ID: "sop", Name: "sales and operations", First: day("2027-01-04"), RRule: "FREQ=MONTHLY;BYDAY=1MO"}}},
		Prices: []Price{
			{ID: "capsules", Items: []string{"CAP-1"}, Unit: quantity.Pack, Valid: year, Kind: Fixed, Base: eur("12.3450", "1000"), Ext: map[string][]byte{"x": {1}}},
			{ID: "others", Unit: quantity.Pack, Valid: year, Kind: Tiered, Base: eur("2", "1"), Basis: Marginal, Tiers: []Tier{{q("100"), q("1.9")}, {q("1000"), q("1.5")}}},
			{ID: "tablets", Items: []string{"TAB-1", "TAB-2"}, Unit: quantity.Pack, Valid: year, Kind: Indexed, Base: eur("4", "1"),
				Index: &Index{ID: "energy", BaseValue: q("100"), LagMonths: 2, WeightPPM: 400_000, LowPPM: ppm(950_000), HighPPM: ppm(1_100_000), Decimals: 4, Values: []IndexValue{{day("2026-11-01"), q("105")}, {day("2026-12-01"), q("140")}, {day("2027-01-01"), q("60")}}}},
		},
		Bands: []FlexBand{{ID: "1", From: 0, To: 14, Zone: Frozen}, {ID: "2", From: 14, To: 42, Zone: FirmZone, UpPPM: 100_000, DownPPM: 50_000}, {ID: "3", From: 42, To: 91, Zone: Slushy, UpPPM: 300_000, DownPPM: 200_000}, {ID: "4", From: 91, To: 3_000, Zone: Free},
			{ID: "capsules", Items: []string{"CAP-1"}, From: 0, To: 20, Working: true, Zone: FirmZone, UpPPM: 20_000, DownPPM: 20_000}},
		Authorisations: []Authorisation{{ID: "all", Unit: quantity.Pack, FabDays: 28, RawDays: 84, Finished: eur("3.5", "1"), Raw: eur("800", "1000"), LiablePPM: Liability{PPM, 500_000}, Year: day("2027-01-01"), AgeDays: 60}},
		SLAs: []SLA{{ID: "otif", Name: "on time in full", By: Seller, Measure: otif(t), Items: []string{"TAB-1"}, Regions: []string{"CI"}, Target: q("0.95"), Window: Window{Kind: PerMonth}, MinSample: 20,
			Exclusions: []measure.Reason{measure.ForceMajeure}, Source: Both, Duties: []Duty{{Buyer, "receipts", 3, 10}, {Seller, "shipments", 3, 10}}, OnMissing: CounterpartyStands, Agree: q("0.005")},
			{ID: "rolling", Name: "the same, rolling", By: Seller, Measure: otif(t), Target: q("0.9"), Window: Window{Rolling, 90, 30}, MinSample: 50, Source: Buyer, Duties: []Duty{{Buyer, "receipts", 3, 10}}, OnMissing: NotMeasured}},
		Remedies: []Remedy{{ID: "cases", SLA: "otif", Kind: CaseFine, RatePPM: 30_000, Cap: &quantity.Money{Minor: 500_000, Currency: "EUR"}, CapPeriod: PerQuarter, DisputeDays: 10, GradeC: true},
			{ID: "credit", SLA: "otif", Kind: Credit, Pool: "delivery", PoolPPM: 500_000, AllocationPPM: 400_000, AtRiskPPM: 100_000, Cap: &quantity.Money{Minor: 200_000, Currency: "EUR"}, CapPeriod: PerMonth, EarnBack: 3, AutoApply: true, DisputeDays: 10},
			{ID: "flat", SLA: "otif", Kind: Flat, Amount: &quantity.Money{Minor: 100, Currency: "EUR"}, Cap: &quantity.Money{Minor: 200_000, Currency: "EUR"}, CapPeriod: PerYear},
			{ID: "rca", SLA: "rolling", Kind: RootCause}},
	}
}

// sheets is how a document travels.
var sheets = sheettest.Format[Document]{Type: Type, To: ToSheet, From: FromSheet}

func TestRoundTrip(t *testing.T) {
	d := full(t)
	if found := Check(d); len(found) != 0 {
		t.Fatal(found)
	}
	sheets.RoundTrip(t, d)
}

// The encoding of version 1 never changes: this hash covers every field.
func TestGoldenEncoding(t *testing.T) {
	sheets.Unchanged(t, full(t), "a350a461ab29191050d83f28e4aeb8ca2de006573a0ed73774d91ba0eba282be")
}

func TestFindings(t *testing.T) {
	for _, c := range []struct {
		rule, code string
		spoil      func(*Document)
	}{
		{"no contract", CodeFrame, func(d *Document) { d.Contract = "" }},
		{"period backwards", CodeFrame, func(d *Document) { d.Period = calendar.Bucket{Start: 738_000, End: 737_000} }},
		{"unknown incoterm", CodeFrame, func(d *Document) { d.Incoterm = "FREE" }},
		{"unknown currency", CodeMoney, func(d *Document) { d.Currency = "XXX" }},
		{"unknown rounding", CodeMoney, func(d *Document) { d.Rounding.Mode = "NEAREST" }},
		{"a price in other money", CodeMoney, func(d *Document) { d.Prices[0].Base.Currency = "USD" }},
		{"a cap of nothing", CodeMoney, func(d *Document) { d.Remedies[0].Cap.Minor = 0 }},
		{"no zone data named", CodeCalendar, func(d *Document) { d.Calendar.Data = "" }},
		{"a week without work", CodeCalendar, func(d *Document) { d.Calendar.Weekend = []int64{0, 1, 2, 3, 4, 5, 6} }},
		{"holidays out of order", CodeCalendar, func(d *Document) { slices.Reverse(d.Calendar.Holidays) }},
		{"a clause twice", CodeID, func(d *Document) { d.Bands[1].ID = "1" }},
		{"items out of order", CodeItems, func(d *Document) { slices.Reverse(d.Prices[2].Items) }},
		{"price base of nothing", CodePrice, func(d *Document) { d.Prices[0].Base.Per = q("0") }},
		{"ten decimals", CodePrice, func(d *Document) { d.Prices[0].Base.Amount = q("0.0000000001") }},
		{"a fixed price with tiers", CodePrice, func(d *Document) { d.Prices[0].Tiers = []Tier{{q("1"), q("1")}} }},
		{"T1: tiers overlap", CodeTiers, func(d *Document) { d.Prices[1].Tiers[1].From = q("100") }},
		{"T1: the first tier begins twice", CodeTiers, func(d *Document) { d.Prices[1].Tiers[0].From = q("0") }},
		{"a collar without the base", CodeIndex, func(d *Document) { d.Prices[2].Index.LowPPM = ppm(1_000_001) }},
		{"an index without base", CodeIndex, func(d *Document) { d.Prices[2].Index.BaseValue = q("0") }},
		{"an index value in mid-month", CodeIndex, func(d *Document) { d.Prices[2].Index.Values[0].Month = day("2026-11-02") }},
		{"two prices of one product", CodeOverlap, func(d *Document) { d.Prices[0].Items = []string{"TAB-1"} }},
		{"bands overlap", CodeOverlap, func(d *Document) { d.Bands[1].From = 13 }},
		{"days and working days mixed", CodeOverlap, func(d *Document) { d.Bands[1].Working = true }},
		{"a frozen band that moves", CodeFlex, func(d *Document) { d.Bands[0].UpPPM = 1 }},
		{"falls by more than all", CodeFlex, func(d *Document) { d.Bands[1].DownPPM = PPM + 1 }},
		{"a band of no days", CodeFlex, func(d *Document) { d.Bands[1].To = 14 }},
		{"F9: material later than goods", CodeAuthority, func(d *Document) { d.Authorisations[0].RawDays = 27 }},
		{"liable for more than all", CodeAuthority, func(d *Document) { d.Authorisations[0].LiablePPM.Raw = PPM + 1 }},
		{"a rolling window without step", CodeSLA, func(d *Document) { d.SLAs[1].Window.Step = 0 }},
		{"T10: no sample", CodeSLA, func(d *Document) { d.SLAs[0].MinSample = 0 }},
		{"what is petty in another currency", CodeSLA, func(d *Document) { d.SLAs[0].Petty = &quantity.Money{Minor: 100, Currency: "USD"} }},
		{"what is petty below nothing", CodeSLA, func(d *Document) { d.SLAs[0].Petty = &quantity.Money{Minor: -1, Currency: d.Currency} }},
		{"growth from a volume and from last year", CodeRemedy, func(d *Document) {
			ten := q("10")
			d.Remedies = append(d.Remedies, Remedy{ID: "growth", SLA: "otif", Kind: GrowthRebate, Basis: Marginal, Unit: "PK", Volume: []VolumeTier{{RatePPM: 1}}, Reference: &ten, LastYear: true, Cap: d.Remedies[0].Cap, CapPeriod: PerYear})
		}},
		{"an exclusion of its own", CodeSLA, func(d *Document) { d.SLAs[0].Exclusions = []measure.Reason{"BAD_WEATHER"} }},
		{"T5: an unknown measure", CodeDefinition, func(d *Document) { d.SLAs[0].Measure.Code = "GOODWILL" }},
		{"T5: a parameter short", CodeDefinition, func(d *Document) { d.SLAs[0].Measure.Parameters = d.SLAs[0].Measure.Parameters[1:] }},
		{"nobody reports", CodeDuty, func(d *Document) { d.SLAs[0].Duties = nil }},
		{"one of both owes nothing", CodeDuty, func(d *Document) { d.SLAs[0].Duties = d.SLAs[0].Duties[:1] }},
		{"corrected before it is due", CodeDuty, func(d *Document) { d.SLAs[0].Duties[0].CorrectDays = 2 }},
		{"silence means nothing", CodeDuty, func(d *Document) { d.SLAs[0].OnMissing = "" }},
		{"T2: a remedy of no SLA", CodeRemedy, func(d *Document) { d.Remedies[0].SLA = "quality" }},
		{"T2: no cap", CodeRemedy, func(d *Document) { d.Remedies[1].Cap = nil }},
		{"a fine without a rate", CodeRemedy, func(d *Document) { d.Remedies[0].RatePPM = 0 }},
		{"T3: a pool of more than all", CodePool, func(d *Document) {
			more := d.Remedies[1]
			more.ID, more.AllocationPPM = "credit 2", 600_001
			d.Remedies = append(d.Remedies, more)
		}},
		{"over by more than all", CodeTolerance, func(d *Document) { d.Tolerance.OverPPM = PPM + 1 }},
		{"a window of years", CodeLoop, func(d *Document) { d.Loop.Forward = MaxWindow + 1 }},
		{"silence in the loop", CodeLoop, func(d *Document) { d.Loop.OnNoAnswer = "" }},
		{"no purpose", CodeData, func(d *Document) { d.Data.Purposes = nil }},
		{"T7: no level", CodeDispute, func(d *Document) { d.Disputes = nil }},
		{"T7: no end", CodeDispute, func(d *Document) { d.Disputes[3].Default = NextLevel }},
		{"T7: endless", CodeDispute, func(d *Document) { d.Disputes[1].Days = 0 }},
		{"a threshold without an outcome", CodeDispute, func(d *Document) { d.Disputes[0].EndsUpTo = &quantity.Money{Minor: 1, Currency: "EUR"} }},
		{"a threshold that ends nowhere", CodeDispute, func(d *Document) {
			d.Disputes[0].EndsUpTo, d.Disputes[0].Ends = &quantity.Money{Minor: 1, Currency: "EUR"}, NextLevel
		}},
		{"a threshold in another currency", CodeDispute, func(d *Document) {
			d.Disputes[0].EndsUpTo, d.Disputes[0].Ends = &quantity.Money{Minor: 1, Currency: "USD"}, Halved
		}},
		{"levels out of order", CodeDispute, func(d *Document) { slices.Reverse(d.Disputes) }},
		{"a rule that is not read", CodeCadence, func(d *Document) { d.Cadence[0].RRule = "FREQ=SECONDLY" }},
		{"extensions too long", CodeExt, func(d *Document) { d.Prices[0].Ext["x"] = make([]byte, artifact.MaxExtBytes+1) }},
		{"too many", CodeBounds, func(d *Document) { d.SLAs = make([]SLA, MaxSLAs+1) }},
	} {
		d := full(t)
		c.spoil(&d)
		if got := artifact.Codes(Check(d)); !slices.Contains(got, c.code) {
			t.Errorf("%s: %v, want %s", c.rule, got, c.code)
		}
	}
}

func TestScope(t *testing.T) {
	d := full(t)
	granted := artifact.Scope{Roles: []string{"*"}, Products: []string{"CAP-1", "TAB-1", "TAB-2"}, Regions: []string{"CI"}}
	if found := CheckScope(d, granted); len(found) != 0 {
		t.Errorf("all inside: %v", found)
	}
	granted.Products = []string{"CAP-1"}
	if got := artifact.Codes(CheckScope(d, granted)); !slices.Equal(got, []string{CodeScope}) {
		t.Errorf("tablets outside: %v", got)
	}
	kept := Filter(d, granted)
	if len(kept.Prices) != 2 || len(kept.SLAs) != 1 || len(kept.Remedies) != 1 || len(CheckScope(kept, granted)) != 0 {
		t.Errorf("filtered to %d prices, %d SLAs, %d remedies", len(kept.Prices), len(kept.SLAs), len(kept.Remedies))
	}
}

func TestRevisions(t *testing.T) {
	d := full(t)
	next := full(t)
	next.Header.Revision = 1
	if found := CheckRevision(d, next); len(found) != 0 || len(Diff(d, next)) != 0 {
		t.Error(found, Diff(d, next))
	}
	next.Contract = "OTHER"
	if got := artifact.Codes(CheckRevision(d, next)); !slices.Equal(got, []string{CodeRevision}) {
		t.Errorf("another contract: %v", got)
	}
	for _, c := range []struct {
		what, clause string
		material     bool
		change       func(*Document)
	}{
		{"a title", "title", false, func(d *Document) { d.Title = "supply" }},
		{"a price", "price|capsules", true, func(d *Document) { d.Prices[0].Base.Amount = q("12.3451") }},
		{"one more fixing", "price|tablets", false, func(d *Document) {
			d.Prices[2].Index.Values = append(d.Prices[2].Index.Values, IndexValue{day("2027-02-01"), q("99")})
		}},
		{"another fixing", "price|tablets", true, func(d *Document) { d.Prices[2].Index.Values[0].Value = q("99") }},
		{"a remedy less", "remedy|rca", true, func(d *Document) { d.Remedies = d.Remedies[:3] }},
		{"the loop", "loop", true, func(d *Document) { d.Loop.Backward = 0 }},
	} {
		n := full(t)
		c.change(&n)
		diff := Diff(d, n)
		if len(diff) != 1 || diff[0].Clause != c.clause || diff[0].Material != c.material || Material(diff) != c.material {
			t.Errorf("%s: %+v", c.what, diff)
		}
	}
}

// Terms in force: by contract, day and the order of finality; after an agreement has expired earlier terms apply again (rule A4).
func TestInForce(t *testing.T) {
	first, second, other := full(t), full(t), full(t)
	second.Title, other.Contract = "second", "OTHER"
	agreed := []Agreed{{Agreement: block.Sum([]byte("1")), From: day("2027-01-01"), Expires: day("2028-01-01"), Document: first}, {From: day("2027-02-01"), Expires: day("2027-08-01"), Document: other},
		{Agreement: block.Sum([]byte("2")), From: day("2027-03-01"), Expires: day("2027-06-01"), Document: second}}
	for on, want := range map[string][]string{"2026-12-31": {}, "2027-01-01": {"supply of tablets"}, "2027-03-01": {"second", "supply of tablets"}, "2027-05-31": {"second", "supply of tablets"}, "2027-06-01": {"supply of tablets", "supply of tablets"}, "2028-01-01": {}} {
		got := []string{}
		for _, a := range InForce(agreed, day(on)) {
			got = append(got, a.Document.Title)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", on, got, want)
		}
	}
}

func FuzzFromSheet(f *testing.F) {
	sheettest.Fuzz[Document, row](f, sheets, full(f), func(_ *testing.T, d Document) {
		if len(Check(d)) > 0 {
			return
		}
		d.Windows(SLA{Window: Window{Kind: PerMonth}}, d.Period)
		d.Meetings(d.Period.Start, 10)
		_, _ = d.Amount([]Ask{{Product: "X", Quantity: q("10"), Day: d.Period.Start}}, nil)
	})
}

// Terms that later ones of the contract hold the place of on every day that is left are overtaken; where one day is left to them they are not.
func TestTermsAreOvertakenWithNoDayLeft(t *testing.T) {
	agreement := func(n string) block.CID { return block.Sum([]byte(n)) }
	of := func(name, contract, from, until string) Agreed {
		return Agreed{Agreement: agreement(name), From: calendar.MustDate(from), Expires: calendar.MustDate(until),
			Document: Document{Frame: Frame{Contract: contract, Period: calendar.Bucket{Start: calendar.MustDate("2027-01-01"), End: calendar.MustDate("2028-01-01")}}}}
	}
	first := of("first", "FRAME", "2026-06-01", "2028-06-01") // the terms' own period is what counts: the year 2027
	for what, c := range map[string]struct {
		later []Agreed
		on    string
		want  bool
	}{
		"alone":                       {nil, "2027-03-01", false},
		"the whole year":              {[]Agreed{of("b", "FRAME", "2027-01-01", "2028-01-01")}, "2026-07-01", true},
		"of another contract":         {[]Agreed{of("b", "SPARE", "2027-01-01", "2028-01-01")}, "2026-07-01", false},
		"from April on, in March":     {[]Agreed{of("b", "FRAME", "2027-04-01", "2028-01-01")}, "2027-03-31", false},
		"from April on, in April":     {[]Agreed{of("b", "FRAME", "2027-04-01", "2028-01-01")}, "2027-04-01", true},
		"ends a day early":            {[]Agreed{of("b", "FRAME", "2027-04-01", "2027-12-31")}, "2027-04-01", false},
		"two that meet":               {[]Agreed{of("b", "FRAME", "2027-07-01", "2029-01-01"), of("c", "FRAME", "2027-01-01", "2027-07-01")}, "2027-01-01", true},
		"two with a day between them": {[]Agreed{of("b", "FRAME", "2027-07-02", "2029-01-01"), of("c", "FRAME", "2027-01-01", "2027-07-01")}, "2027-01-01", false},
		"another part of it stands":   {[]Agreed{of("b", "FRAME", "2027-01-01", "2028-01-01"), of("first", "SPARE", "2027-01-01", "2028-01-01")}, "2027-01-01", false},
	} {
		if got := Overtaken(append([]Agreed{first}, c.later...), calendar.MustDate(c.on))[agreement("first")]; got != c.want {
			t.Errorf("%s: %v, want %v", what, got, c.want)
		}
	}
}
