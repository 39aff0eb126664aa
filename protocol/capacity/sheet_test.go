package capacity

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
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

func fullPlan() Plan {
	_, p := demoSize()
	f := cid("forecast")
	p.Forecast, p.Includes = &f, []block.CID{cid("agreement")}
	p.Groups[0].Name, p.Groups[0].LeadDays, p.Groups[0].Ext = "Press 1", 21, map[string][]byte{"x": {1}}
	p.Groups[0].Capacities[0].Agreed, p.Groups[0].Capacities[0].Delta = qp("300"), qp("-2.5")
	p.Groups[0].Slots = []Slot{{ID: "s1", Bucket: calendar.MustBucket("2027-01"), Product: "P00", Quantity: q("100"), Status: SlotCommitted, ExpiresAt: 1}}
	p.Groups[0].Capacities[0].Quantiles = levels("0.1", "1", "0.9", "2")
	p.Groups[0].Multiple = q("12")
	p.Groups[0].Shutdowns = []Shutdown{{Bucket: calendar.MustBucket("2027-W30"), Name: "Summer"}}
	rise, fall := int64(200_000), int64(100_000)
	p.Groups[0].Volatility = &Volatility{Start: calendar.MustDate("2026-12-07"), Interval: 4, Horizons: []Subhorizon{{Weeks: 4, RelativeUp: &rise, RelativeDown: &fall, AbsoluteUp: qp("100"), AbsoluteDown: qp("50")}}}
	p.Groups = append(p.Groups, Group{ID: "Site", Unit: p.Groups[0].Unit, Links: []Link{}, Nested: []string{p.Groups[0].ID}, Capacities: capacities("2027-01", "1", "1")})
	p.Positions[0].Backlog, p.Positions[0].Limit, p.Positions[0].MaxCover = q("12"), qp("90000"), qp("5000")
	return p
}

func fullAnswer() Answer {
	plan := cid("plan")
	return Answer{Header: header(AnswerType), Forecast: cid("forecast"), Plan: &plan, Lines: []AnswerLine{{
		Line: "A|CI|TOTAL|0001|", Unit: quantity.Pack, Buckets: []Commit{
			{Bucket: calendar.MustBucket("2027-01"), Committed: q("120"), State: StateAccepted},
			{Bucket: calendar.MustBucket("2027-02"), Committed: q("80"), State: StateCountered, Reason: ReasonCapacity, ValidUntil: calendar.MustDate("2026-12-31").Millis()},
		}}}}
}

// How plans and answers travel.
var (
	plans   = sheettest.Format[Plan]{Type: PlanType, To: PlanToSheet, From: PlanFromSheet}
	answers = sheettest.Format[Answer]{Type: AnswerType, To: AnswerToSheet, From: AnswerFromSheet}
)

func TestPlanRoundTrip(t *testing.T) {
	p := fullPlan()
	if found := CheckPlan(p); len(found) != 0 {
		t.Fatal(found)
	}
	s := plans.RoundTrip(t, p)
	p.Groups[0], p.Groups[3] = p.Groups[3], p.Groups[0]
	again, _ := PlanToSheet(p, [32]byte{7})
	if !reflect.DeepEqual(s, again) {
		t.Error("the order of groups changed the sheet")
	}
}

func TestAnswerRoundTrip(t *testing.T) {
	a := fullAnswer()
	if found := CheckAnswer(a); len(found) != 0 {
		t.Fatal(found)
	}
	answers.RoundTrip(t, a)
}

// A change of one figure travels as one row, and applies to the same sheet.
func TestPatchOfOneFigure(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, p := demoSize()
		old, err := PlanToSheet(p, [32]byte{7})
		if err != nil {
			t.Fatal(err)
		}
		root, _, err := old.Build()
		if err != nil {
			t.Fatal(err)
		}
		g := rapid.IntRange(0, 3).Draw(t, "group")
		p.Groups[g].Capacities[rapid.IntRange(0, 11).Draw(t, "bucket")].Actual = quantity.Of(rapid.Int64Range(0, 300).Draw(t, "actual"))
		revised, err := PlanToSheet(p, [32]byte{7})
		if err != nil {
			t.Fatal(err)
		}
		patch, err := block.Diff(old, revised, root.CID)
		if err != nil {
			t.Fatal(err)
		}
		applied, err := patch.Apply(old)
		if err != nil || !reflect.DeepEqual(applied.Rows, revised.Rows) {
			t.Fatalf("the patch does not give the revision: %v", err)
		}
	})
}

func TestPlanFindings(t *testing.T) {
	for _, c := range []struct {
		rule, code string
		spoil      func(*Plan)
	}{
		{"B2 C1: maximum at least actual", CodeMaximum, func(p *Plan) { p.Groups[0].Capacities[2].Maximum = q("1") }},
		{"B2 C3: one load factor, all load factors", CodeFactor, func(p *Plan) { p.Groups[1].Links[0].Factor = quantity.Quantity{} }},
		{"B2 C4: load factor above zero", CodeFactor, func(p *Plan) { p.Groups[1].Links[0].Factor = q("-1") }},
		{"B2 C10: slots within the maximum", CodeOversold, func(p *Plan) { p.Groups[0].Slots[0].Quantity = q("1000000") }},
		{"buckets without overlap", CodeBuckets, func(p *Plan) { p.Groups[0].Capacities[1].Bucket = p.Groups[0].Capacities[0].Bucket }},
		{"shares sum to one", CodeShare, func(p *Plan) { p.Groups[0].Links[0].Share = 900_000 }},
		{"quantities not negative", CodeNegative, func(p *Plan) { p.Positions[0].Backlog = q("-1") }},
		{"quantities within bounds", CodePlanBounds, func(p *Plan) { p.Positions[0].Stock = qp("1000000000000001") }},
		{"known units", CodeUnit, func(p *Plan) { p.Positions[0].Unit = "BOX" }},
		{"one position for a product and region", CodePosition, func(p *Plan) { p.Positions[1] = p.Positions[0] }},
		{"one group once", CodeGroup, func(p *Plan) { p.Groups[1].ID = p.Groups[0].ID }},
		{"one demand series once", CodeLink, func(p *Plan) { p.Groups[1].Links[1] = p.Groups[1].Links[0] }},
		{"an active group can do something", CodePlanEmpty, func(p *Plan) { p.Groups[0].Capacities = nil }},
		{"groups inside are in the plan", CodeNested, func(p *Plan) { p.Groups[len(p.Groups)-1].Nested = []string{"Elsewhere"} }},
		{"B2 C5: nesting without circles", CodeNested, func(p *Plan) { p.Groups[len(p.Groups)-1].Nested = []string{"Site"} }},
		{"groups inside or links", CodeNested, func(p *Plan) {
			g := &p.Groups[len(p.Groups)-1]
			g.Links = []Link{{Product: "P00"}}
		}},
		{"groups inside count in one unit", CodeNested, func(p *Plan) { p.Groups[len(p.Groups)-1].Unit = quantity.Kilogram }},
		{"nothing is made in a shutdown", CodeShutdown, func(p *Plan) { p.Groups[0].Shutdowns[0].Bucket = calendar.MustBucket("2027-02") }},
		{"shutdowns sorted", CodeShutdown, func(p *Plan) { p.Groups[0].Shutdowns = append(p.Groups[0].Shutdowns, p.Groups[0].Shutdowns[0]) }},
		{"C11: sub-horizons reach 104 weeks", CodeVolatility, func(p *Plan) { p.Groups[0].Volatility.Horizons[0].Weeks = 105 }},
		{"C12: thresholds from zero", CodeVolatility, func(p *Plan) { p.Groups[0].Volatility.Horizons[0].AbsoluteUp = qp("-1") }},
		{"measured at an interval", CodeVolatility, func(p *Plan) { p.Groups[0].Volatility.Interval = 0 }},
		{"quantiles of capacity rise", CodeBand, func(p *Plan) { p.Groups[0].Capacities[0].Quantiles[0].Q = q("3") }},
		{"slot status known", CodeSlot, func(p *Plan) { p.Groups[0].Slots[0].Status = "SOLD" }},
		{"header rules", artifact.CodeType, func(p *Plan) { p.Header.Type = "CapacityPlan.v2" }},
	} {
		p := fullPlan()
		c.spoil(&p)
		if codes := artifact.Codes(CheckPlan(p)); len(codes) != 1 || codes[0] != c.code {
			t.Errorf("%s: %v, want %s", c.rule, CheckPlan(p), c.code)
		}
	}
}

func TestAnswerFindings(t *testing.T) {
	f := doc(line("A", "CI", cell("2027-01", "120"), cell("2027-02", "120")))
	for _, c := range []struct {
		rule, code string
		spoil      func(*Answer)
	}{
		{"lines of the forecast only", CodeAnswerLine, func(a *Answer) { a.Lines[0].Line = "B|CI|TOTAL|0001|" }},
		{"buckets of the forecast only", CodeAnswerLine, func(a *Answer) { a.Lines[0].Buckets[1].Bucket = calendar.MustBucket("2027-03") }},
		{"the forecast's unit", CodeAnswerUnit, func(a *Answer) { a.Lines[0].Unit = quantity.Piece }},
		{"accepted means all of it", CodeAnswerState, func(a *Answer) {
			a.Lines[0].Buckets[0].Committed = q("1")
			a.Lines[0].Buckets[0].Reason = ReasonLot
		}},
		{"less has a reason", CodeAnswerWhy, func(a *Answer) { a.Lines[0].Buckets[1].Reason = "" }},
		{"known reasons", CodeAnswerWhy, func(a *Answer) { a.Lines[0].Buckets[1].Reason = "MOOD" }},
		{"states that can be written", CodeAnswerState, func(a *Answer) { a.Lines[0].Buckets[1].State = StateLapsed }},
		{"validity after the issue", CodeAnswerUntil, func(a *Answer) { a.Lines[0].Buckets[1].ValidUntil = 5 }},
		{"not negative", CodeAnswerSize, func(a *Answer) { a.Lines[0].Buckets[1].Committed = q("-3") }},
		{"sorted buckets", CodeAnswerOrder, func(a *Answer) {
			a.Lines[0].Buckets[0], a.Lines[0].Buckets[1] = a.Lines[0].Buckets[1], a.Lines[0].Buckets[0]
		}},
	} {
		a := fullAnswer()
		c.spoil(&a)
		found := append(CheckAnswer(a), CheckAnswerAgainst(a, f)...)
		if codes := artifact.Codes(found); len(codes) != 1 || codes[0] != c.code {
			t.Errorf("%s: %v, want %s", c.rule, found, c.code)
		}
	}
	if found := append(CheckAnswer(fullAnswer()), CheckAnswerAgainst(fullAnswer(), f)...); len(found) != 0 {
		t.Error(found)
	}
}

func TestPlanScope(t *testing.T) {
	p := fullPlan()
	granted := artifact.Scope{Products: []string{"P00", "P01"}, Regions: []string{artifact.All}}
	found := CheckPlanScope(p, granted)
	if codes := artifact.Codes(found); len(codes) != 1 || codes[0] != CodePlanScope || len(found) != 20 {
		t.Errorf("%d findings %v: want 10 links and 10 positions", len(found), codes)
	}
}

func TestRowsUnderForeignKeysAreRefused(t *testing.T) {
	s, err := PlanToSheet(fullPlan(), [32]byte{7})
	if err != nil {
		t.Fatal(err)
	}
	s.Rows[0].Key = "group|L00"
	if p, err := PlanFromSheet(s); err == nil || !strings.Contains(err.Error(), artifact.CodeForm) || !reflect.DeepEqual(p, Plan{}) {
		t.Errorf("%v", err)
	}
	empty, _ := block.Marshal(planRow{})
	s.Rows[0] = block.Row{Key: "", Value: empty}
	if p, err := PlanFromSheet(s); err == nil || !reflect.DeepEqual(p, Plan{}) {
		t.Error("a row that holds neither a group nor a position was read")
	}
}

// Hostile plans end in an error or in time, not in minutes.
func TestTooMuchWorkIsAnError(t *testing.T) {
	f := doc()
	for i := range 3000 {
		f.Lines = append(f.Lines, line(fmt.Sprintf("P%d", i), "CI", cell("2027-01", "1")))
	}
	p := Plan{Header: header(PlanType)}
	for g := range 200 {
		group := Group{ID: fmt.Sprintf("G%d", g), Unit: quantity.Pack, Capacities: capacities("2027-01", "1", "1")}
		for i := range 400 {
			group.Links = append(group.Links, Link{Product: f.Lines[i].Item.BuyersID})
		}
		p.Groups = append(p.Groups, group)
	}
	if _, err := Match(Input{Forecast: f, Plan: p}); err == nil || !strings.Contains(err.Error(), "exceed") {
		t.Errorf("lines times groups beyond the bound: %v", err)
	}
}

// A document that did not pass its check is not matched.
func TestUncheckedDocumentsAreNotMatched(t *testing.T) {
	f, p := demoSize()
	f.Lines[0].Buckets[0], f.Lines[0].Buckets[1] = f.Lines[0].Buckets[1], f.Lines[0].Buckets[0]
	var found artifact.Finding
	if _, err := Match(Input{Forecast: f, Plan: p}); !errors.As(err, &found) || found.Code != forecast.CodeBuckets {
		t.Errorf("%v", err)
	}
	f, p = demoSize()
	p.Groups[0].Capacities[0].Maximum = q("1")
	if _, err := Match(Input{Forecast: f, Plan: p}); !errors.As(err, &found) || found.Code != CodeMaximum {
		t.Errorf("%v", err)
	}
}

func FuzzPlanFromSheet(f *testing.F) {
	s, err := PlanToSheet(fullPlan(), [32]byte{7})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(s.Head, s.Rows[0].Value, s.Rows[len(s.Rows)-1].Value)
	group, err := block.Marshal(planRow{Group: &Group{ID: "L1", Unit: quantity.Pack, Links: []Link{{Product: "A"}}, Capacities: capacities("2027-01", "1", "2")}})
	if err != nil {
		f.Fatal(err)
	}
	position, err := block.Marshal(planRow{Position: &Position{Product: "A", Unit: quantity.Pack, AsOf: calendar.MustDate("2026-12-31"), Stock: qp("5")}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(s.Head, group, position)
	f.Fuzz(func(t *testing.T, head, one, two []byte) {
		sheet := block.Sheet{Type: PlanType, SeriesKey: [32]byte{7}, Head: head}
		for _, v := range [][]byte{one, two} {
			var r planRow
			if block.Unmarshal(v, &r) == nil {
				sheet.Rows = append(sheet.Rows, block.Row{Key: r.Key(), Value: v})
			}
		}
		block.SortRows(sheet.Rows)
		p, err := PlanFromSheet(sheet)
		if err != nil {
			if !reflect.DeepEqual(p, Plan{}) {
				t.Fatal("refused and still gave a plan")
			}
			return
		}
		CheckPlan(p)
		_, _ = Match(Input{Forecast: doc(line("A", "CI", cell("2027-01", "1"))), Plan: p})
		again, err := PlanToSheet(p, [32]byte{7})
		if err != nil || !reflect.DeepEqual(again, sheet) {
			if len(sheet.Rows) == 0 && len(again.Rows) == 0 && string(again.Head) == string(sheet.Head) {
				return
			}
			t.Fatalf("re-encodes otherwise: %v", err)
		}
	})
}

func FuzzAnswerFromSheet(f *testing.F) {
	sheettest.Fuzz[Answer, AnswerLine](f, answers, fullAnswer(), func(_ *testing.T, a Answer) { CheckAnswer(a) })
}

// The encoding of version 1 never changes: these hashes cover every field of a plan and of an answer.
func TestGoldenEncoding(t *testing.T) {
	plan, err := PlanToSheet(fullPlan(), [32]byte{7})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := AnswerToSheet(fullAnswer(), [32]byte{7})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		sheet block.Sheet
		want  string
	}{{plan, "256dfe2eaff9742e980b0c8186e33ca76e69295eb7452224a28d506e7b637579"}, {answer, "b9bf733acc718df3c62e4d98e779e49afaf9f12e1ce46fd8d418783083045ce5"}} {
		h := sha256.New()
		h.Write(c.sheet.Head)
		for _, r := range c.sheet.Rows {
			h.Write([]byte(r.Key))
			h.Write(r.Value)
		}
		if got := hex.EncodeToString(h.Sum(nil)); got != c.want {
			t.Errorf("%s: head and rows hash to %s, want %s", c.sheet.Type, got, c.want)
		}
	}
}
