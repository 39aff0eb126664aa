package forecast

import (
	"reflect"
	"testing"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

func at(n int64) *quantity.Quantity { q := quantity.Of(n); return &q }

// scheduled is a delivery schedule: 1,000 received of a yearly count, three weeks of 100, the first firm.
func scheduled() Document {
	l := weeks(Location{GLN: "4012345000009", Region: "DE-BY"}, "2027-01-04", 3)
	for i := range l.Buckets {
		l.Buckets[i].Mean, l.Buckets[i].Quantiles, l.Buckets[i].Accumulated = quantity.Of(100), nil, at(int64(1100+100*i))
	}
	l.Buckets[0].Firmness, l.Buckets[1].Firmness = Firm, Fabrication
	day := calendar.MustDate
	l.Schedule = &Schedule{Reset: day("2027-01-01"), Received: at(1000), LastDespatch: "ASN 77",
		Fabrication: &Authorisation{quantity.Of(1200), day("2027-01-04"), day("2027-01-18")}, Material: &Authorisation{quantity.Of(1300), day("2027-01-04"), day("2027-01-25")}}
	l.Lifecycle = &Lifecycle{Status: PhasingOut, Successor: "B", From: day("2027-03-01"), LastBuyBy: day("2027-06-01"), ServiceUntil: day("2037-06-01")}
	l.ShipFrom, l.Reason, l.Item.Revision = []Location{{GLN: "4012345000009"}, {UNLOCODE: "DEHAM"}}, "ENGINEERING_CHANGE", "C"
	d := clean()
	d.Lines = []Line{l}
	d.Fences = []Fence{{7, Frozen, 0, 0}, {28, FirmZone, 100_000, 50_000}, {90, Slushy, 250_000, 250_000}}
	return d
}

func clean() Document {
	return Document{Header: artifact.Header{Type: Type, Series: artifact.SeriesID{1}, Issued: calendar.MustDate("2027-01-03").Millis(), Evidence: artifact.GradeB,
		Provenance: artifact.Provenance{SourceSystem: "ERP"}, Scope: artifact.Everything()}, Purpose: OrderForecast}
}

// What a delivery schedule says beside its figures keeps its rules (FORECAST-22 to 28).
func TestScheduleRules(t *testing.T) {
	if found := Check(scheduled()); len(found) > 0 {
		t.Fatal(found)
	}
	for _, c := range []struct {
		what, code string
		spoil      func(*Document, *Line)
	}{
		{"accumulated in some buckets only", CodeAccumulated, func(_ *Document, l *Line) { l.Buckets[1].Accumulated = nil }},
		{"accumulated without the day it counts from", CodeAccumulated, func(_ *Document, l *Line) { l.Schedule = nil }},
		{"counted from a day after the first bucket", CodeAccumulated, func(_ *Document, l *Line) { l.Schedule.Reset = l.Buckets[1].Start }},
		{"a bucket that does not add up", CodeAccumulated, func(_ *Document, l *Line) { l.Buckets[2].Mean = quantity.Of(90) }},
		{"a first bucket that does not follow what was received", CodeAccumulated, func(_ *Document, l *Line) { l.Schedule.Received = at(999) }},
		{"a backlog below zero", CodeNegative, func(_ *Document, l *Line) { l.Schedule.Backlog = at(-1) }},
		{"received without the day it counts from", CodeAccumulated, func(_ *Document, l *Line) { l.Schedule.Reset = 0 }},
		{"less may be made than is firm", CodeAuthorised, func(_ *Document, l *Line) { l.Schedule.Fabrication.Quantity = quantity.Of(1099) }},
		{"less may be bought than made", CodeAuthorised, func(_ *Document, l *Line) { l.Schedule.Material.Quantity = quantity.Of(1199) }},
		{"an authorisation that ends before it begins", CodeAuthorised, func(_ *Document, l *Line) { l.Schedule.Material.To = l.Schedule.Material.From }},
		{"an unknown stage of life", CodeLifecycle, func(_ *Document, l *Line) { l.Lifecycle.Status = "TIRED" }},
		{"its own successor", CodeLifecycle, func(_ *Document, l *Line) { l.Lifecycle.Successor = "A" }},
		{"service that ends before the last order", CodeLifecycle, func(_ *Document, l *Line) { l.Lifecycle.ServiceUntil = l.Lifecycle.From }},
		{"a last order without its day", CodeLifecycle, func(_ *Document, l *Line) { l.Lifecycle.Status, l.Lifecycle.LastBuyBy = LastBuy, 0 }},
		{"demand after the product is discontinued", CodeLifecycle, func(_ *Document, l *Line) {
			l.Lifecycle.Status, l.Lifecycle.From = Discontinued, l.Buckets[1].Start
		}},
		{"fences backwards", CodeFence, func(d *Document, _ *Line) { d.Fences[1].UntilDays = 7 }},
		{"firmer behind than before", CodeFence, func(d *Document, _ *Line) { d.Fences[2].Zone = Frozen }},
		{"a frozen zone that flexes", CodeFence, func(d *Document, _ *Line) { d.Fences[0].UpPPM = 1 }},
		{"a site twice", CodeShipFrom, func(_ *Document, l *Line) { l.ShipFrom[1] = l.ShipFrom[0] }},
		{"a site that is none", CodeShipFrom, func(_ *Document, l *Line) { l.ShipFrom[1] = Location{} }},
		{"a wrong GLN", CodeLocation, func(_ *Document, l *Line) { l.ShipFrom[0].GLN = "4012345000008" }},
		{"a reason on no list", CodeEnum, func(_ *Document, l *Line) { l.Reason = "MOOD" }},
	} {
		d := scheduled()
		c.spoil(&d, &d.Lines[0])
		found := artifact.Codes(Check(d))
		if len(found) == 0 || found[0] != c.code {
			t.Errorf("%s: %v, want %s", c.what, Check(d), c.code)
		}
	}
	d := scheduled() // more was received than is wanted so far
	d.Lines[0].Schedule.Received, d.Lines[0].Buckets[0].Mean = at(1150), quantity.Of(0)
	if found := Check(d); len(found) > 0 {
		t.Errorf("received ahead of the need: %v", found)
	}
	d = scheduled()
	d.Lines[0].Lifecycle.Status, d.Lines[0].Lifecycle.From, d.Lines[0].Category = Discontinued, d.Lines[0].Buckets[1].Start, PhaseOut
	if found := Check(d); len(found) > 0 {
		t.Errorf("the rest of a discontinued product: %v", found)
	}
}

// F9: what was authorised does not fall until the count begins anew.
func TestHighWaterMarks(t *testing.T) {
	revised := func(change func(*Schedule)) Document {
		d := scheduled()
		d.Header.Revision = 1
		change(d.Lines[0].Schedule)
		return d
	}
	for what, c := range map[string]struct {
		change func(*Schedule)
		code   string
	}{
		"more":             {func(s *Schedule) { s.Fabrication.Quantity = quantity.Of(1250) }, ""},
		"less":             {func(s *Schedule) { s.Fabrication.Quantity = quantity.Of(1199) }, CodeHighWater},
		"none":             {func(s *Schedule) { s.Material = nil }, CodeHighWater},
		"less, begun anew": {func(s *Schedule) { s.Reset--; s.Material = nil }, ""},
	} {
		codes := artifact.Codes(CheckRevision(scheduled(), revised(c.change)))
		if c.code == "" && len(codes) > 0 || c.code != "" && (len(codes) != 1 || codes[0] != c.code) {
			t.Errorf("%s: %v", what, codes)
		}
	}
}

// F5: a total is the sum of its parts, where all are given.
func TestTotalsAddUp(t *testing.T) {
	d := clean()
	for i, k := range []Kind{Base, Promotional, Seasonal, Total} {
		l := weeks(Location{Region: "CI"}, "2027-01-04", 2)
		l.Kind = k
		for j := range l.Buckets {
			l.Buckets[j].Quantiles, l.Buckets[j].Mean = nil, quantity.Of([]int64{60, 30, 10, 100}[i])
		}
		d.Lines = append(d.Lines, l)
	}
	if found := Check(d); len(found) > 0 {
		t.Fatal(found)
	}
	d.Lines[3].Buckets[1].Mean = quantity.Of(102)
	if codes := artifact.Codes(Check(d)); !reflect.DeepEqual(codes, []string{CodeTotals}) {
		t.Errorf("%v", codes)
	}
	d.Lines = append(d.Lines[:2], d.Lines[3])
	if found := Check(d); len(found) > 0 {
		t.Errorf("parts that are not all given were added up: %v", found)
	}
}

// T13 and T1: the flex band of a bucket's fence says what is material; in a frozen zone everything is.
func TestFencesAreTheTolerance(t *testing.T) {
	d := scheduled()
	for _, c := range []struct {
		bucket   string
		old, now int64
		material bool
	}{{"2027-W01", 1000, 1001, true}, {"2027-W03", 1000, 1090, false}, {"2027-W03", 1000, 1110, true}, {"2027-W03", 1000, 940, true}, {"2027-W10", 1000, 1240, false}, {"2028-W10", 1000, 1060, true}} {
		b := calendar.MustBucket(c.bucket)
		delta, err := quantity.Of(c.now).Sub(quantity.Of(c.old))
		if err != nil {
			t.Fatal(err)
		}
		change := Change{Bucket: b, Old: &Cell{Bucket: b, Mean: quantity.Of(c.old)}, New: &Cell{Bucket: b, Mean: quantity.Of(c.now)}, Delta: delta, Fields: []string{"mean"}}
		if got := Material(change, d.ToleranceAt(b)); got != c.material {
			t.Errorf("%s from %d to %d: material is %t", c.bucket, c.old, c.now, got)
		}
	}
}

// What is added is stored, hashed, converted and compared like the rest.
func TestScheduleIsStoredAndConverted(t *testing.T) {
	d := scheduled()
	s, err := ToSheet(d, [32]byte{1})
	if err != nil {
		t.Fatal(err)
	}
	back, err := FromSheet(s)
	if err != nil || !reflect.DeepEqual(back, d) {
		t.Fatalf("%v\n%+v\n%+v", err, back, d)
	}
	l := d.Lines[0]
	l.Unit = "KGM"
	g, err := l.In("GRM")
	if err != nil || *g.Buckets[2].Accumulated != quantity.Of(1_300_000) || g.Schedule.Fabrication.Quantity != quantity.Of(1_200_000) || *g.Schedule.Received != quantity.Of(1_000_000) || l.Schedule.Material.Quantity != quantity.Of(1300) {
		t.Errorf("%v %+v", err, g)
	}
	changed := scheduled()
	changed.Lines[0].Schedule.Material.Quantity = quantity.Of(1400)
	changes, err := Diff(d, changed)
	if err != nil || len(changes) != 3 || changes[0].Fields[0] != "schedule" || Material(changes[0], DefaultTolerance()) {
		t.Errorf("%v %+v", err, changes)
	}
}

func TestGuessReason(t *testing.T) {
	base := scheduled().Lines[0]
	change := func(f func(*Line)) *Line {
		l := scheduled().Lines[0]
		f(&l)
		return &l
	}
	for want, l := range map[artifact.Reason]*Line{
		"REVISED_PLAN":          change(func(l *Line) { l.Buckets[2].Mean = quantity.Of(7) }),
		"PRODUCT_CHANGEOVER":    change(func(l *Line) { l.Lifecycle.Successor = "C" }),
		"DISCONTINUED_PRODUCT":  change(func(l *Line) { l.Lifecycle.Status = LastBuy }),
		"MASTER_DATA":           change(func(l *Line) { l.Lot = quantity.Of(12) }),
		"ALLOCATION":            change(func(l *Line) { l.SourcingShare = 500_000 }),
		"CUSTOMER_ORDER_CHANGE": change(func(l *Line) { l.Buckets[0].Ordered = at(50) }),
	} {
		if got := GuessReason(&base, l); got != want || !got.Known() {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if GuessReason(nil, &base) != "NEW_PRODUCT" || GuessReason(&base, nil) != "DISCONTINUED_PRODUCT" {
		t.Error("lines that come and go")
	}
}

// A backlog needs no accumulated quantities beside it, follows its line into another unit, and comes back from the wire.
func TestBacklogAlone(t *testing.T) {
	d := clean()
	l := weeks(Location{Region: "DE"}, "2027-01-04", 2)
	l.Unit, l.Schedule = quantity.Kilogram, &Schedule{Backlog: at(3)}
	d.Lines = []Line{l}
	if found := Check(d); len(found) > 0 {
		t.Fatal(found)
	}
	sheet, err := ToSheet(d, [32]byte{1})
	if err != nil {
		t.Fatal(err)
	}
	back, err := FromSheet(sheet)
	if err != nil || !reflect.DeepEqual(back.Lines[0].Schedule, l.Schedule) {
		t.Errorf("came back as %+v, %v", back.Lines[0].Schedule, err)
	}
	grams, err := l.In(quantity.Gram)
	if err != nil || *grams.Schedule.Backlog != quantity.Of(3000) || *l.Schedule.Backlog != quantity.Of(3) {
		t.Errorf("in grams %+v, before %+v, %v", grams.Schedule, l.Schedule, err)
	}
}
