package forecast

import (
	"crypto/sha256"
	"encoding/hex"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

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
	if kept := Filter(d, granted); len(kept.Lines) != 1 || kept.Lines[0].Item.BuyersID != "EFV600-30" || len(d.Lines) != 2 {
		t.Errorf("%d lines kept", len(kept.Lines))
	}
	if len(Filter(d, artifact.Scope{}).Lines) != 0 {
		t.Error("an empty scope grants nothing")
	}
	if len(CheckScope(Filter(d, granted), granted)) != 0 {
		t.Error("what the filter keeps is in scope")
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

// Practice T1: beyond five percent and one lot.
func TestMaterial(t *testing.T) {
	for _, c := range []struct {
		old, revised, lot string
		material          bool
	}{
		{"1000", "1050", "1", false}, {"1000", "1050.1", "1", true}, {"1000", "950", "1", false}, {"1000", "949", "1", true},
		{"100", "110", "10", false}, {"100", "111", "10", true}, {"0", "10", "10", false}, {"0", "11", "10", true}, {"0", "1", "0", true}, {"100", "100", "0", false},
	} {
		old, revised := agencyForecast(), agencyForecast()
		old.Lines[0].Lot, revised.Lines[0].Lot = q(c.lot), q(c.lot)
		old.Lines[0].Buckets[1].Mean, revised.Lines[0].Buckets[1].Mean = q(c.old), q(c.revised)
		changes, err := Diff(old, revised)
		if err != nil || len(changes) != btoi(c.old != c.revised) {
			t.Fatalf("%s to %s: %d changes, %v", c.old, c.revised, len(changes), err)
		}
		for _, change := range changes {
			if Material(change, DefaultTolerance()) != c.material {
				t.Errorf("%s to %s with lots of %s: material is %t", c.old, c.revised, c.lot, !c.material)
			}
		}
	}
	old, revised := agencyForecast(), agencyForecast()
	revised.Lines[0].DateBasis = ByShip
	changes, err := Diff(old, revised)
	if err != nil || len(changes) != 3 || !Material(changes[0], DefaultTolerance()) {
		t.Errorf("another date basis changes every cell of the line: %v, %v", changes, err)
	}
	revised = agencyForecast()
	revised.Lines[0].Buckets[0].Quantiles[2].Q = q("301")
	if changes, _ := Diff(old, revised); len(changes) != 1 || Material(changes[0], DefaultTolerance()) {
		t.Errorf("a band alone is a change and not material: %v", changes)
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// documents draws small forecasts that may differ in lines, buckets and figures.
func documents() *rapid.Generator[Document] {
	return rapid.Custom(func(t *rapid.T) Document {
		d := agencyForecast()
		template := d.Lines[0]
		d.Lines = nil
		for _, item := range []string{"A", "B", "C|D", "E%7C"} {
			if rapid.Bool().Draw(t, "absent") {
				continue
			}
			l := template
			l.Item, l.Buckets = Item{BuyersID: item}, nil
			for _, b := range calendar.MonthsFrom(calendar.MustDate("2027-01-01").Month(), rapid.IntRange(1, 4).Draw(t, "buckets")) {
				c := Cell{Bucket: b, Mean: quantity.Of(rapid.Int64Range(1, 50).Draw(t, "mean"))}
				if rapid.Bool().Draw(t, "banded") {
					c.Quantiles = []Quantile{{500_000, quantity.Of(rapid.Int64Range(0, 3).Draw(t, "median"))}}
				}
				l.Buckets = append(l.Buckets, c)
			}
			d.Lines = append(d.Lines, l)
		}
		return d
	})
}

// Diff tells all: the changes laid over the old cells give the new ones.
func TestDiffThenApply(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		old, revised := documents().Draw(t, "old"), documents().Draw(t, "revised")
		changes, err := Diff(old, revised)
		if err != nil {
			t.Fatal(err)
		}
		type at struct {
			line string
			b    calendar.Bucket
		}
		cells := func(d Document) map[at]Cell {
			m := map[at]Cell{}
			for _, l := range d.Lines {
				for _, c := range l.Buckets {
					m[at{l.Key(), c.Bucket}] = c
				}
			}
			return m
		}
		laid := cells(old)
		for _, c := range changes {
			where := at{c.Line, c.Bucket}
			if was, there := laid[where]; there != (c.Old != nil) || (there && !reflect.DeepEqual(was, *c.Old)) {
				t.Fatalf("change %+v does not start from the old cell", c)
			}
			if c.New == nil {
				delete(laid, where)
			} else {
				laid[where] = *c.New
			}
		}
		if !reflect.DeepEqual(laid, cells(revised)) {
			t.Fatalf("%d changes do not lead from old to new", len(changes))
		}
		if same, _ := Diff(old, old); len(same) != 0 {
			t.Fatalf("a document differs from itself: %v", same)
		}
	})
}

func TestRoundTripThroughBlocks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := documents().Draw(t, "document")
		s, err := ToSheet(d, [32]byte{7})
		if err != nil {
			t.Fatal(err)
		}
		shuffled := d
		shuffled.Lines = rapid.Permutation(d.Lines).Draw(t, "lines")
		again, err := ToSheet(shuffled, [32]byte{7})
		if err != nil || !reflect.DeepEqual(s, again) {
			t.Fatalf("the order of lines changed the sheet: %v", err)
		}
		root, below, err := s.Build()
		if err != nil {
			t.Fatal(err)
		}
		stored := map[block.CID][]byte{root.CID: root.Data}
		for _, b := range below {
			stored[b.CID] = b.Data
		}
		opened, err := block.OpenSheet(root.CID, func(c block.CID) ([]byte, error) { return stored[c], nil })
		if err != nil {
			t.Fatal(err)
		}
		back, err := FromSheet(opened)
		if err != nil {
			t.Fatal(err)
		}
		third, err := ToSheet(back, [32]byte{7})
		if err != nil || !reflect.DeepEqual(third.Rows, s.Rows) || string(third.Head) != string(s.Head) {
			t.Fatalf("what was read is written otherwise: %v", err)
		}
	})
}

func TestDuplicateLinesHaveNoSheet(t *testing.T) {
	d := agencyForecast()
	d.Lines[1] = d.Lines[0]
	if s, err := ToSheet(d, [32]byte{}); err == nil || !strings.Contains(err.Error(), "twice") || !reflect.DeepEqual(s, block.Sheet{}) {
		t.Errorf("%v", err)
	}
}

// The encoding of version 1 never changes: these hashes cover every field of a forecast.
func TestGoldenEncoding(t *testing.T) {
	s, err := ToSheet(agencyForecast(), [32]byte{7})
	if err != nil {
		t.Fatal(err)
	}
	h := sha256.New()
	h.Write(s.Head)
	for _, r := range s.Rows {
		h.Write([]byte(r.Key))
		h.Write(r.Value)
	}
	const want = "1ac79e7d18adef91de27706711aa498793919bd4159fe32f08d74caf3d131468"
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		t.Errorf("head and rows hash to %s, want %s", got, want)
	}
}

func FuzzFromSheet(f *testing.F) {
	s, err := ToSheet(agencyForecast(), [32]byte{7})
	if err != nil {
		f.Fatal(err)
	}
	for _, r := range s.Rows {
		f.Add(s.Head, r.Value)
	}
	small, err := block.Marshal(Line{Item: Item{GTIN: "4006381333931"}, Buckets: []Cell{{Bucket: calendar.MustBucket("2027-01")}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(s.Head, small)
	f.Fuzz(func(t *testing.T, head, row []byte) {
		var l Line
		if block.Unmarshal(row, &l) != nil {
			return
		}
		sheet := block.Sheet{Type: Type, SeriesKey: [32]byte{7}, Head: head, Rows: []block.Row{{Key: l.Key(), Value: row}}}
		d, err := FromSheet(sheet)
		if err != nil {
			if !reflect.DeepEqual(d, Document{}) {
				t.Fatal("refused and still gave a document")
			}
			return
		}
		Check(d)
		CheckScope(d, artifact.Everything())
		if _, err := Diff(d, d); err != nil {
			t.Fatal(err)
		}
		again, err := ToSheet(d, [32]byte{7})
		if err != nil || !reflect.DeepEqual(again, sheet) {
			t.Fatalf("re-encodes otherwise: %v", err)
		}
	})
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
