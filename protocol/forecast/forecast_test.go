package forecast

import (
	"testing"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

func q(s string) quantity.Quantity { return quantity.MustParse(s) }

// agencyForecast is a clean forecast of two lines with all that a forecast can say.
func agencyForecast() Document {
	ordered := q("12")
	cells := func(means ...string) []Cell {
		var all []Cell
		for i, b := range calendar.MonthsFrom(calendar.MustDate("2026-12-01").Month(), len(means)) {
			all = append(all, Cell{Bucket: b, Mean: q(means[i]),
				Quantiles:  []Quantile{{100_000, q("0")}, {500_000, q("80.5")}, {900_000, q("300")}},
				Cumulative: []Quantile{{100_000, quantity.Of(int64(10 * i))}, {900_000, quantity.Of(int64(300 * (i + 1)))}}})
		}
		all[0].Firmness, all[0].Ordered = Firm, &ordered
		return all
	}
	line := func(item Item, region string) Line {
		return Line{Item: item, Location: Location{Region: region}, Unit: quantity.Pack, Kind: Total, Category: Default, BucketBasis: Gross,
			DateBasis: ByNeed, SourcingShare: PPM, Lot: q("10"), Buckets: cells("100", "120.25", "90")}
	}
	return Document{
		Header: artifact.Header{Type: Type, Series: artifact.SeriesID{1, 2, 3}, Issued: calendar.MustDate("2026-11-22").Millis(), Evidence: artifact.GradeB,
			Provenance: artifact.Provenance{SourceSystem: "kontor baseline", SourceRecord: "monthly.csv", ExtractedAt: 1, Activity: "FORECAST"},
			Freshness:  artifact.DefaultFreshness(), Scope: artifact.Everything(), Ext: map[string][]byte{"note": {1, 2}}},
		Purpose: OrderForecast, WeekScheme: WeeksISO, AnswerDue: calendar.MustDate("2026-12-01").Millis(), OnNoAnswer: NoCommit,
		Method: Method{Name: "intermittent", Version: "1", Bands: BandsModel, Coverage: 812_000, Samples: 960},
		Lines:  []Line{line(Item{BuyersID: "EFV600-30", GTIN: "4006381333931", Description: "Efavirenz 600 mg tablet"}, "CI"), line(Item{BuyersID: "NVP200-60"}, "NG-LA")},
	}
}

func TestCleanForecast(t *testing.T) {
	if found := Check(agencyForecast()); len(found) != 0 {
		t.Fatal(found)
	}
}

// One rule broken at a time gives its code, and only that.
func TestFindings(t *testing.T) {
	for _, c := range []struct {
		rule, code, path string
		spoil            func(*Document)
	}{
		{"horizon empty", CodeEmpty, "lines", func(d *Document) { d.Lines = nil }},
		{"a line without buckets", CodeEmpty, "lines[0].buckets", func(d *Document) { d.Lines[0].Buckets = nil }},
		{"a figure beyond bounds", CodeBounds, "lines[0].buckets[1].mean", func(d *Document) { d.Lines[0].Buckets[1].Mean = q("1000000000000001") }},
		{"ten decimals", CodeBounds, "lines[0].buckets[1].mean", func(d *Document) { d.Lines[0].Buckets[1].Mean = q("0.1234567891") }},
		{"no identifier", CodeItem, "lines[1].item", func(d *Document) { d.Lines[1].Item = Item{Description: "tablets"} }},
		{"R10: GTIN check digit", CodeItem, "lines[0].item.gtin", func(d *Document) { d.Lines[0].Item.GTIN = "4006381333932" }},
		{"F4: non-decreasing values", CodeFalling, "lines[1].buckets[2].quantiles", func(d *Document) { d.Lines[1].Buckets[2].Quantiles[2].Q = q("80") }},
		{"F12: same SKU-location-type twice", CodeDuplicate, "lines[1]", func(d *Document) { d.Lines[1] = d.Lines[0] }},
		{"F12 by GTIN", CodeDuplicate, "lines[1]", func(d *Document) {
			d.Lines[1].Item.GTIN, d.Lines[1].Location = "04006381333931", d.Lines[0].Location
		}},
		{"F1: buckets overlap", CodeBuckets, "lines[0].buckets[1]", func(d *Document) { d.Lines[0].Buckets[1].Start -= 3 }},
		{"F1: buckets backwards", CodeBuckets, "lines[0].buckets[2]", func(d *Document) { d.Lines[0].Buckets[2].End = d.Lines[0].Buckets[2].Start }},
		{"F1: gap without reason", CodeGap, "lines[0].buckets[1]", func(d *Document) { d.Lines[0].Buckets = append(d.Lines[0].Buckets[:1], d.Lines[0].Buckets[2]) }},
		{"F3: negative mean", CodeNegative, "lines[0].buckets[0].mean", func(d *Document) { d.Lines[0].Buckets[0].Mean = q("-120") }},
		{"F3: negative quantile", CodeNegative, "lines[0].buckets[0].quantiles", func(d *Document) { d.Lines[0].Buckets[0].Quantiles[0].Q = q("-1") }},
		{"mean missing", CodeMean, "lines[0].buckets[0].mean", func(d *Document) { d.Lines[0].Buckets[0].Mean = quantity.Quantity{} }},
		{"F4: p strictly between 0 and 1", CodeLevel, "lines[0].buckets[0].quantiles", func(d *Document) { d.Lines[0].Buckets[0].Quantiles[2].P = PPM }},
		{"F4: p strictly increasing", CodeLevel, "lines[0].buckets[0].quantiles", func(d *Document) { d.Lines[0].Buckets[0].Quantiles[2].P = 500_000 }},
		{"R11: unknown unit", CodeUnit, "lines[0].unit", func(d *Document) { d.Lines[0].Unit = "BOX" }},
		{"R11: one dimension for a product", CodeUnit, "lines[1].unit", func(d *Document) { d.Lines[1].Item, d.Lines[1].Unit = d.Lines[0].Item, quantity.Kilogram }},
		{"F8: cumulative non-decreasing", CodeCumulative, "lines[0].buckets[1].cumulative", func(d *Document) { d.Lines[0].Buckets[1].Cumulative[1].Q = q("299") }},
		{"cumulative in all buckets or none", CodeCumulative, "lines[0].buckets[2].cumulative", func(d *Document) { d.Lines[0].Buckets[2].Cumulative = nil }},
		{"GLN check digit", CodeLocation, "lines[0].location.gln", func(d *Document) { d.Lines[0].Location.GLN = "4012345000001" }},
		{"region malformed", CodeLocation, "lines[0].location.region", func(d *Document) { d.Lines[0].Location.Region = "Ivory Coast" }},
		{"UN/LOCODE malformed", CodeLocation, "lines[0].location.unlocode", func(d *Document) { d.Lines[0].Location.UNLOCODE = "ciabj" }},
		{"unknown category", CodeEnum, "lines[0].demandCategory", func(d *Document) { d.Lines[0].Category = "X" }},
		{"T15: sourcing share", CodeSourcing, "lines[0].sourcingShare", func(d *Document) { d.Lines[0].SourcingShare = PPM + 1 }},
		{"T5: answer due and silence", CodeAnswer, "onNoAnswer", func(d *Document) { d.OnNoAnswer = "" }},
		{"T5: answer due after the issue", CodeAnswer, "answerDue", func(d *Document) { d.AnswerDue = 5 }},
		{"T9: tier role needs an emission", CodeTier, "lines[1].role", func(d *Document) { d.Lines[1].Role = EndDemand }},
		{"extension too long", CodeExt, "lines[0].ext", func(d *Document) { d.Lines[0].Ext = map[string][]byte{"x": make([]byte, 5000)} }},
		{"method", CodeMethod, "method.coverage", func(d *Document) { d.Method.Coverage = -1 }},
		{"header: reason codes", artifact.CodeReason, "header.reason", func(d *Document) { d.Header.Reason = "BECAUSE" }},
		{"header: parent of a revision", artifact.CodeRevision, "header.parent", func(d *Document) { d.Header.Revision = 1 }},
	} {
		d := agencyForecast()
		c.spoil(&d)
		found := Check(d)
		if codes := artifact.Codes(found); len(codes) != 1 || codes[0] != c.code || found[0].Path != c.path {
			t.Errorf("%s: %v, want %s at %s", c.rule, found, c.code, c.path)
		}
	}
}

// Amazon's own sample: mean 3.1, p70 3.9, p90 300.7. F4: a mean need not lie between the quantiles.
func TestMeanOutsideTheQuantilesIsNoFault(t *testing.T) {
	d := agencyForecast()
	d.Lines[0].Buckets[0].Mean = q("3.1")
	d.Lines[0].Buckets[0].Quantiles = []Quantile{{700_000, q("3.9")}, {800_000, q("27")}, {900_000, q("300.7")}}
	if found := Check(d); len(found) != 0 {
		t.Error(found)
	}
	// Three quarters of lumpy demand is nothing at all: a mean of zero with zero medians is a forecast.
	d.Lines[0].Buckets[0].Mean = quantity.Quantity{}
	d.Lines[0].Buckets[0].Quantiles = []Quantile{{500_000, q("0")}, {900_000, q("0")}}
	if found := Check(d); len(found) != 0 {
		t.Error(found)
	}
}

func TestEmission(t *testing.T) {
	d := agencyForecast()
	for i := range d.Lines {
		d.Lines[i].Role = []TierRole{EndDemand, PlannedReceipts}[i]
	}
	d.Emission = &Emission{Events: [][]byte{make([]byte, 16)}, Hops: 1}
	if found := Check(d); len(found) != 0 {
		t.Fatal(found)
	}
	for name, e := range map[string]Emission{
		"no event":     {Hops: 1},
		"short id":     {Events: [][]byte{make([]byte, 15)}, Hops: 1},
		"one id twice": {Events: [][]byte{make([]byte, 16), make([]byte, 16)}, Hops: 1},
		"17 hops":      {Events: [][]byte{make([]byte, 16)}, Hops: 17},
		"65 events":    {Events: make([][]byte, 65), Hops: 1},
	} {
		d.Emission = &e
		if codes := artifact.Codes(Check(d)); len(codes) != 1 || codes[0] != CodeTier {
			t.Errorf("%s: %v", name, codes)
		}
	}
}

func TestReportIsBounded(t *testing.T) {
	d := agencyForecast()
	for range 500 {
		d.Lines = append(d.Lines, d.Lines[0])
	}
	for i := range d.Lines {
		d.Lines[i].Unit = "?"
	}
	if n := len(Check(d)); n != artifact.MaxFindings {
		t.Errorf("%d findings", n)
	}
}

// Issue: "a product outside the scope".
func TestScope(t *testing.T) {
	d := agencyForecast()
	granted := artifact.Scope{Products: []string{"EFV600-30"}, Regions: []string{"CI", "NG"}}
	found := CheckScope(d, granted)
	if len(found) != 1 || found[0].Code != CodeScope || found[0].Path != "lines[1].item" {
		t.Error(found)
	}
}

func TestRevision(t *testing.T) {
	old := agencyForecast()
	revised := agencyForecast()
	parent := block.SumRaw([]byte("old"))
	revised.Header.Revision, revised.Header.Parent = 1, &parent
	if found := CheckRevision(old, revised); len(found) != 0 {
		t.Error(found)
	}
	revised.Lines[0].Unit = quantity.Kilogram
	if codes := artifact.Codes(CheckRevision(old, revised)); len(codes) != 1 || codes[0] != CodeUnit {
		t.Error(codes)
	}
	revised.Header.Series = artifact.SeriesID{9}
	if codes := artifact.Codes(CheckRevision(old, revised)); len(codes) != 2 || codes[1] != CodeRevision {
		t.Error(codes)
	}
}

func BenchmarkCheck(b *testing.B) {
	d := agencyForecast()
	line := d.Lines[1]
	for i := range 94 {
		line.Item.BuyersID = string(rune('A' + i))
		d.Lines = append(d.Lines, line)
	}
	for b.Loop() {
		Check(d)
	}
}
