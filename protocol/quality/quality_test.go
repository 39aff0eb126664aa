package quality

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"reflect"
	"slices"
	"testing"
	"time"
	_ "time/tzdata" // the zones of the tests are the same everywhere

	"pgregory.net/rapid"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

var (
	q      = quantity.MustParse
	day    = calendar.MustDate
	bucket = calendar.MustBucket
	proof  = sha256.Sum256([]byte("proof"))
	tablet = forecast.Item{BuyersID: "EFV600-30"}
	ivory  = forecast.Location{Region: "CI"}
)

func qp(s string) *quantity.Quantity { v := q(s); return &v }

func millis(date string, hour, minute int64) int64 {
	return day(date).Millis() + (hour*60+minute)*60_000
}

// full is a report with every field set.
func full() Document {
	salt := bytes.Repeat([]byte{5}, SaltSize)
	effect := int64(980_000)
	d := Document{
		Header: artifact.Header{Type: Type, Series: artifact.SeriesID{1}, Issued: day("2026-11-22").Millis(), Evidence: artifact.GradeB,
			Provenance: artifact.Provenance{SourceSystem: "QMS"}, Scope: artifact.Everything()},
		Salt: salt, Service: DefaultService(),
		Measures: []Measure{{Item: tablet, Site: ivory, Process: "press 1", Period: bucket("2026-10"), Unit: quantity.Pack, Denominator: ByReceived, Counting: CountConfirmed,
			Inspected: qp("500"), Received: qp("12000"), Delivered: qp("12100"), Defectives: q("7"), Defects: q("9"), Confirmed: q("6"), Suspect: q("1"), Reworked: q("2"), Returned: q("3"), PPM: qp("500"),
			Severity: Major, Codes: []FailureCode{{"VDA", "crack", 5}, {"VDA", "label", 2}},
			Lots:      []LotCount{{Lot: HashLot(salt, "L7"), Receipt: "GR-1", Code: "crack", Units: q("300")}, {Lot: HashLot(salt, "L7"), Receipt: "GR-2", Code: "crack", Units: q("20")}},
			Subgroups: []Subgroup{{day("2026-10-01"), 100, 1}, {day("2026-10-08"), 120, 0}, {day("2026-10-15"), 90, 2}}, Chart: &ChartSpec{Kind: ChartAuto, Baseline: 2, Zones: true},
			Cost: &quantity.Money{Minor: 12_00, Currency: "EUR"}, CostBasis: "sorting", Ext: map[string][]byte{"x": {1}}}},
		Complaints: []Complaint{{ID: "C-1", SupplierID: "S-9", Item: tablet, Family: "tablets", Site: ivory, Raised: millis("2026-10-16", 15, 0), Severity: Critical, Codes: []FailureCode{{"VDA", "crack", 5}},
			Units: q("6"), Unit: quantity.Pack, Serials: [][]byte{HashSerials(salt, "0001", "0300")}, Text: "cracked in the blister", Status: ComplaintAccepted,
			Verified: &Verification{At: day("2026-12-20"), Role: "QUALITY_MANAGER", Effective: true, Evidence: proof[:]}, Recurs: &Recurs{Of: "C-0", Role: "QUALITY_MANAGER"}}},
		Cases: []Case{{Complaint: "C-1", Leader: "QUALITY_MANAGER", Team: []string{"PLANNER", "MAINTENANCE"}, Is: "cracks at the edge", IsNot: "in the middle",
			Causes: []Cause{{TechnicalOccurrence, "PRESS_FORCE", []string{"the edge was weak", "the force was low", "the sensor drifted", "nobody calibrates it", "it is on no plan"}}},
			Actions: []Action{{ID: "A1", Step: D3, Kind: Containment, Measure: "sort the stock", Role: "QUALITY_MANAGER", Due: day("2026-10-20"), Begun: day("2026-10-18"), Status: ActionClosed},
				{ID: "A2", Step: D6, Kind: Corrective, Measure: "calibrate monthly", Role: "MAINTENANCE", Status: ActionClosed, Effective: &effect, Evidence: proof[:]}}}},
		Blocks: []Block{{ID: "B-1", Item: tablet, Site: ivory, Status: Blocked, Severity: Critical, Lots: [][]byte{HashLot(salt, "L7")}, Serials: [][]byte{HashSerials(salt, "0001", "0300")}, Made: &calendar.Bucket{Start: day("2026-10-01"), End: day("2026-10-04")},
			Quantity: q("300"), Unit: quantity.Pack, Since: day("2026-10-16"), Release: []ReleaseChance{{500_000, day("2026-11-01")}, {900_000, day("2026-12-01")}}, Codes: []FailureCode{{"VDA", "crack", 5}}, Complaint: "C-1", Role: "QUALITY_MANAGER", Evidence: proof[:]}},
		Audits: []Audit{{ID: "AU-1", Standard: "ISO 9001:2015", Site: ivory, At: day("2026-05-01"), Until: day("2029-04-30"), Result: Conditional,
			Findings: []AuditFinding{{"7.1.5", MinorFinding, "calibration records", day("2026-08-01")}}, Evidence: proof[:]}},
	}
	for i, s := range steps {
		d.Cases[0].Steps = append(d.Cases[0].Steps, Done{s, day("2026-10-18").AddDays(5 * i)})
	}
	return d
}

func TestRoundTrip(t *testing.T) {
	d := full()
	if found := Check(d); len(found) != 0 {
		t.Fatal(found)
	}
	s, err := ToSheet(d, [32]byte{7})
	if err != nil {
		t.Fatal(err)
	}
	back, err := FromSheet(s)
	if err != nil || !reflect.DeepEqual(back, d) {
		t.Fatalf("%v\n%+v\n%+v", err, back, d)
	}
}

// The encoding of version 1 never changes: this hash covers every field of a report.
func TestGoldenEncoding(t *testing.T) {
	s, err := ToSheet(full(), [32]byte{7})
	if err != nil {
		t.Fatal(err)
	}
	h := sha256.New()
	h.Write(s.Head)
	for _, r := range s.Rows {
		h.Write([]byte(r.Key))
		h.Write(r.Value)
	}
	const want = "9d3e6026449bae7be19231bf7047b112dd64dab37f38bae874aab9b9a4fcc9ac"
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		t.Errorf("head and rows hash to %s, want %s", got, want)
	}
}

func TestFindings(t *testing.T) {
	for _, c := range []struct {
		rule, code string
		spoil      func(*Document)
	}{
		{"Q1: bad units among those inspected", CodeCount, func(d *Document) { d.Measures[0].Inspected = qp("5") }},
		{"confirmed among the bad", CodeCount, func(d *Document) { d.Measures[0].Confirmed, d.Measures[0].PPM = q("8"), nil }},
		{"below zero", CodeCount, func(d *Document) { d.Measures[0].Suspect = q("-1") }},
		{"Q2: no denominator", CodeDenominator, func(d *Document) { d.Measures[0].Denominator, d.Measures[0].PPM = "", nil }},
		{"Q2: a denominator nobody counted", CodeDenominator, func(d *Document) { d.Measures[0].Received, d.Measures[0].PPM = nil, nil }},
		{"Q4: no counting rule", CodeDenominator, func(d *Document) { d.Measures[0].Counting = "" }},
		{"Q3: ppm recomputed", CodeRate, func(d *Document) { d.Measures[0].PPM = qp("499.999999") }},
		{"Q4: lot, receipt and code twice", CodeLot, func(d *Document) { d.Measures[0].Lots[1].Receipt = "GR-1" }},
		{"Q5: a lot number in the open", CodeLot, func(d *Document) { d.Blocks[0].Lots[0] = []byte("L7") }},
		{"Q5: serials in the open", CodeLot, func(d *Document) { d.Complaints[0].Serials[0] = []byte("0001-0300") }},
		{"Q5: a person leads", CodeRole, func(d *Document) { d.Cases[0].Leader = "Jane Doe" }},
		{"Q5: a person in the team", CodeRole, func(d *Document) { d.Cases[0].Team[0] = "J. Doe" }},
		{"Q5: a person acts", CodeRole, func(d *Document) { d.Cases[0].Actions[0].Role = "jane" }},
		{"Q5: a person verified", CodeRole, func(d *Document) { d.Complaints[0].Verified.Role = "Jane Doe" }},
		{"Q5: a person blocked", CodeRole, func(d *Document) { d.Blocks[0].Role = "Jane Doe" }},
		{"Q6: steps in order", CodeStep, func(d *Document) { s := d.Cases[0].Steps; s[3], s[4] = s[4], s[3] }},
		{"Q6: D8 needs D3 to D7", CodeStep, func(d *Document) { d.Cases[0].Steps = slices.Delete(d.Cases[0].Steps, 4, 5) }},
		{"Q6: D8 needs an effect", CodeStep, func(d *Document) { d.Cases[0].Actions[1].Effective = nil }},
		{"four cause types", CodeCause, func(d *Document) { d.Cases[0].Causes[0].Type = "HUMAN" }},
		{"no whys", CodeCause, func(d *Document) { d.Cases[0].Causes[0].Whys = nil }},
		{"an action without a role", CodeAction, func(d *Document) { d.Cases[0].Actions[0].Role = "" }},
		{"an action twice", CodeAction, func(d *Document) { d.Cases[0].Actions[1].ID = "A1" }},
		{"a release without a day", CodeBlock, func(d *Document) { d.Blocks[0].Status = Released }},
		{"an end of what holds", CodeBlock, func(d *Document) { d.Blocks[0].Ended = day("2026-12-01") }},
		{"a block of no lots", CodeBlock, func(d *Document) { d.Blocks[0].Lots, d.Blocks[0].Serials, d.Blocks[0].Made = nil, nil, nil }},
		{"falling chances", CodeChance, func(d *Document) { d.Blocks[0].Release[1].P = 400_000 }},
		{"severity", CodeSeverity, func(d *Document) { d.Blocks[0].Severity = "BAD" }},
		{"an audit without evidence", CodeAudit, func(d *Document) { d.Audits[0].Evidence = nil }},
		{"subgroups in order", CodeSubgroup, func(d *Document) { d.Measures[0].Subgroups[1].At = day("2026-11-01") }},
		{"a baseline longer than the data", CodeChart, func(d *Document) { d.Measures[0].Chart.Baseline = 4 }},
		{"failure code twice", CodeFailure, func(d *Document) { d.Measures[0].Codes[1].Code = "crack" }},
		{"service rule", CodeService, func(d *Document) { d.Service.Cutoff = 0 }},
		{"changes of the clock in order", CodeService, func(d *Document) {
			d.Service.Shifts = []terms.Shift{{At: 2_000_000_000_000, Offset: 60}, {At: 1_900_000_000_000, Offset: 0}}
		}},
		{"a change of nothing", CodeService, func(d *Document) { d.Service.Shifts = []terms.Shift{{At: 2_000_000_000_000, Offset: d.Service.Offset}} }},
		{"deadlines in order", CodeService, func(d *Document) { slices.Reverse(d.Service.Deadlines) }},
		{"a recurrence of itself", CodeComplaint, func(d *Document) { d.Complaints[0].Recurs.Of = "C-1" }},
		{"one measure twice", CodeTwice, func(d *Document) { d.Measures = append(d.Measures, d.Measures[0]) }},
		{"salt", CodeSalt, func(d *Document) { d.Salt = nil }},
		{"item", CodeItem, func(d *Document) { d.Complaints[0].Item = forecast.Item{} }},
		{"nothing", CodeEmpty, func(d *Document) { *d = Document{Header: d.Header, Salt: d.Salt, Service: d.Service} }},
		{"header rules", artifact.CodeType, func(d *Document) { d.Header.Type = "QualityReport.v2" }},
		{"extension", CodeExt, func(d *Document) { d.Measures[0].Ext = map[string][]byte{"": nil} }},
	} {
		d := full()
		c.spoil(&d)
		if codes := artifact.Codes(Check(d)); len(codes) != 1 || codes[0] != c.code {
			t.Errorf("%s: %v, want %s", c.rule, Check(d), c.code)
		}
	}
}

func TestScope(t *testing.T) {
	for _, granted := range []artifact.Scope{{Products: []string{"OTHER"}, Regions: []string{"*"}}, {Products: []string{"*"}, Regions: []string{"GH"}}} {
		if codes := artifact.Codes(CheckScope(full(), granted)); len(codes) != 1 || codes[0] != CodeScope {
			t.Errorf("%+v: %v", granted, codes)
		}
		if kept := Filter(full(), granted); len(kept.Blocks)+len(kept.Measures)+len(kept.Complaints) != 0 || len(CheckScope(kept, granted)) != 0 {
			t.Errorf("%+v keeps %+v", granted, kept)
		}
	}
}

// A block ends once; its baseline is frozen.
func TestRevisions(t *testing.T) {
	next := func(before, change func(*Document)) []string {
		old := full()
		before(&old)
		revised := full()
		before(&revised)
		revised.Header.Revision = 1
		change(&revised)
		return artifact.Codes(CheckRevision(old, revised))
	}
	none := func(*Document) {}
	release := func(d *Document) { d.Blocks[0].Status, d.Blocks[0].Ended = Released, day("2026-11-20") }
	for _, c := range []struct {
		what           string
		before, change func(*Document)
		code           string
	}{
		{"released", none, release, ""},
		{"blocked again", release, func(d *Document) { d.Blocks[0].Status, d.Blocks[0].Ended = Blocked, 0 }, CodeReopened},
		{"an open block gone", none, func(d *Document) { d.Blocks = nil }, CodeReopened},
		{"an ended block gone", release, func(d *Document) { d.Blocks = nil }, ""},
		{"another salt", none, func(d *Document) { d.Salt = bytes.Repeat([]byte{6}, SaltSize) }, CodeRevisions},
		{"Q7: the baseline changed", none, func(d *Document) { d.Measures[0].Subgroups[0].X = 2 }, CodeLimits},
		{"a point after the baseline", none, func(d *Document) { d.Measures[0].Subgroups[2].X = 1 }, ""},
		{"another baseline is another chart", none, func(d *Document) { d.Measures[0].Chart.Baseline = 3 }, ""},
	} {
		got := next(c.before, c.change)
		if c.code == "" && len(got) > 0 || c.code != "" && (len(got) != 1 || got[0] != c.code) {
			t.Errorf("%s: %v, want %q", c.what, got, c.code)
		}
	}
}

func TestMaterial(t *testing.T) {
	for _, c := range []struct {
		what     string
		material bool
		change   func(*Document)
	}{
		{"a release", true, func(d *Document) { d.Blocks[0].Status, d.Blocks[0].Ended = Released, day("2026-11-20") }},
		{"blocked quantity", true, func(d *Document) { d.Blocks[0].Quantity = q("301") }},
		{"evidence of a block", false, func(d *Document) { d.Blocks[0].Evidence = nil }},
		{"less severe", true, func(d *Document) { d.Blocks[0].Severity = Minor }},
		{"one confirmed unit more", false, func(d *Document) { d.Measures[0].Confirmed = q("7") }},
		{"two more of six", true, func(d *Document) { d.Measures[0].Confirmed = q("8") }},
		{"five percent of the denominator", false, func(d *Document) { d.Measures[0].Received = qp("12600") }},
		{"the denominator's name", true, func(d *Document) { d.Measures[0].Denominator = ByDelivered }},
		{"the chart's baseline", true, func(d *Document) { d.Measures[0].Chart.Baseline = 3 }},
		{"a step closed", false, func(d *Document) { d.Cases[0].Steps = d.Cases[0].Steps[:3] }},
		{"a complaint closed", true, func(d *Document) { d.Complaints[0].Status = ComplaintClosed }},
		{"an audit", false, func(d *Document) { d.Audits[0].Result = Passed }},
		{"a new complaint", true, func(d *Document) { d.Complaints = append(d.Complaints, Complaint{ID: "C-2"}) }},
		{"the service rule", true, func(d *Document) { d.Service.Cutoff = 60 }},
	} {
		d := full()
		c.change(&d)
		if changes := Diff(full(), d); len(changes) != 1 || Material(changes) != c.material {
			t.Errorf("%s: %+v", c.what, changes)
		}
	}
	if len(Diff(full(), full())) != 0 {
		t.Error("a report differs from itself")
	}
}

// Measures D7: 1e6 times the confirmed units over the named denominator; the classic dispute: 1 bad unit in a rejected
// lot of 300 is 1 or 300 by the counting rule; two partial rejections of one lot are two.
func TestRate(t *testing.T) {
	m := full().Measures[0]
	for _, c := range []struct {
		what   string
		change func(*Measure)
		want   string
	}{
		{"6 of 12,000 received", func(*Measure) {}, "500"},
		{"6 of 12,100 delivered", func(m *Measure) { m.Denominator = ByDelivered }, "495.867769"},
		{"6 of 500 inspected", func(m *Measure) { m.Denominator = ByInspected }, "12000"},
		{"by lot", func(m *Measure) { m.Counting = CountLot }, "26666.666667"},
	} {
		x := m
		c.change(&x)
		rate, ok, err := x.Rate()
		if err != nil || !ok || rate != q(c.want) {
			t.Errorf("%s: %s %v %v, want %s", c.what, rate, ok, err, c.want)
		}
	}
	m.Received = qp("0")
	if _, ok, err := m.Rate(); ok || err != nil {
		t.Error("a rate over nothing was measured")
	}
	// "0 ppm" on 50 parts means below 60,000 with 95 % confidence.
	clean := Measure{Denominator: ByInspected, Counting: CountConfirmed, Inspected: qp("50")}
	if up, ok, err := clean.Upper(); !ok || err != nil || up != q("60000") {
		t.Errorf("rule of three: %s", up)
	}
	if _, ok, _ := full().Measures[0].Upper(); ok {
		t.Error("the rule of three is for no bad unit")
	}
}

// A complaint counts as received by the contract's rule: the same working day until the cut-off.
func TestReceivedByTheContract(t *testing.T) {
	rule := DefaultService()
	rule.Holidays = []calendar.Date{day("2026-10-19")}
	for _, c := range []struct {
		what, date   string
		hour, minute int64
		offset       int64
		want         string
	}{
		{"a Thursday before the cut-off", "2026-10-15", 16, 59, 0, "2026-10-15"},
		{"at the cut-off", "2026-10-15", 17, 0, 0, "2026-10-16"},
		{"a Friday evening before a holiday", "2026-10-16", 20, 0, 0, "2026-10-20"},
		{"a Saturday", "2026-10-17", 9, 0, 0, "2026-10-20"},
		{"16:30 UTC is 18:30 two hours east", "2026-10-15", 16, 30, 120, "2026-10-16"},
		{"23:30 UTC is the next morning there", "2026-10-14", 23, 30, 120, "2026-10-15"},
	} {
		rule.Offset = c.offset
		if got := rule.ReceivedOn(millis(c.date, c.hour, c.minute)); got != day(c.want) {
			t.Errorf("%s: received on %s, want %s", c.what, got, c.want)
		}
	}
}

// Days are those of the contract's zone, also where its clock changes: Europe/Berlin changes on the last Sundays of March and October, at 01:00 UTC.
func TestDaysThroughChangesOfTheClock(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	rule := DefaultService()
	rule.Zone, rule.Weekend = "Europe/Berlin", []int64{6} // Sundays are worked, so that receipts fall on the days of change
	rule.Deadlines = []Deadline{{Step: D3, Days: 1, Working: true}, {Step: D5, Days: 14}}
	rule.Offset, rule.Shifts = terms.ShiftsOf(zone, calendar.Bucket{Start: day("2026-01-01"), End: day("2028-01-01")})
	if len(rule.Shifts) != 4 || rule.Offset != 60 {
		t.Fatalf("%d changes from %d", len(rule.Shifts), rule.Offset)
	}
	for _, c := range []struct {
		what, date   string
		hour, minute int64 // UTC
		received     string
	}{
		{"23:59 on the Friday before, winter time", "2027-03-26", 22, 59, "2027-03-28"}, // Saturday is not worked
		{"16:59 on the Sunday of March, summer time", "2027-03-28", 14, 59, "2027-03-28"},
		{"17:00 on it", "2027-03-28", 15, 0, "2027-03-29"},
		{"00:30 on the Monday after: still Sunday by winter time", "2027-03-28", 22, 30, "2027-03-29"},
		{"23:59 on the Sunday of March is after the cut-off", "2027-03-28", 21, 59, "2027-03-29"},
		{"01:30, before the change", "2027-03-28", 0, 30, "2027-03-28"},
		{"00:30 on the Sunday of October, summer time: Saturday by winter time and by UTC", "2027-10-30", 22, 30, "2027-10-31"},
		{"02:30 for the second time", "2027-10-31", 1, 30, "2027-10-31"},
		{"16:59 on it, winter time", "2027-10-31", 15, 59, "2027-10-31"},
		{"17:00 on it", "2027-10-31", 16, 0, "2027-11-01"},
		{"23:30 on it", "2027-10-31", 22, 30, "2027-11-01"},
	} {
		at := millis(c.date, c.hour, c.minute)
		if got := rule.ReceivedOn(at); got != day(c.received) {
			t.Errorf("%s: received on %s, want %s", c.what, got, c.received)
		}
		year, month, date := time.UnixMilli(at).In(zone).Date()
		if got, want := rule.Day(at), calendar.MonthOf(year, month).First().AddDays(date-1); got != want {
			t.Errorf("%s: is on %s, want %s", c.what, got, want)
		}
	}
	// Received on the Sunday of the change: due fourteen days of the calendar later, whose last hour is not overdue.
	for _, c := range []struct {
		raised, working, due string
		last, over           int64 // the last minute of the due day and the first after it, UTC
	}{
		{"2027-03-28", "2027-03-29", "2027-04-11", millis("2027-04-11", 21, 59), millis("2027-04-11", 22, 0)},
		{"2027-10-31", "2027-11-01", "2027-11-14", millis("2027-11-14", 22, 59), millis("2027-11-14", 23, 0)},
		{"2027-03-14", "2027-03-15", "2027-03-28", millis("2027-03-28", 21, 59), millis("2027-03-28", 22, 0)}, // due on the day of 23 hours
		{"2027-10-17", "2027-10-18", "2027-10-31", millis("2027-10-31", 22, 59), millis("2027-10-31", 23, 0)}, // due on the day of 25 hours
	} {
		complaint := Complaint{ID: "C", Raised: millis(c.raised, 10, 0)}
		before, after := ClockOf(rule, complaint, nil, rule.Day(c.last)), ClockOf(rule, complaint, nil, rule.Day(c.over))
		if before[0].Due != day(c.working) || before[1].Due != day(c.due) || before[1].State != StepDue || after[1].State != StepOverdue {
			t.Errorf("raised on %s: %+v, then %+v", c.raised, before, after)
		}
		agreed := day(c.due)
		if WithAgreed(nil, agreed, nil, rule.Day(c.last))[0].State != StepDue || WithAgreed(nil, agreed, nil, rule.Day(c.over))[0].State != StepOverdue {
			t.Errorf("an agreed day %s does not end with its day", agreed)
		}
	}
	d := full()
	d.Service = rule
	if f := Check(d); len(f) > 0 {
		t.Fatal(f)
	}
	sheet, err := ToSheet(d, proof)
	if err != nil {
		t.Fatal(err)
	}
	if back, err := FromSheet(sheet); err != nil || !reflect.DeepEqual(back.Service, rule) {
		t.Errorf("back from the wire: %+v, %v", back.Service, err)
	}
}

func TestClock(t *testing.T) {
	d := full()
	c := d.Complaints[0] // Friday 2026-10-16, 15:00
	states := func(work *Case, today string) (out []StepState) {
		for _, x := range ClockOf(d.Service, c, work, day(today)) {
			out = append(out, x.State)
		}
		return out
	}
	got := ClockOf(d.Service, c, nil, day("2026-10-16"))
	if len(got) != 3 || got[0].Due != day("2026-10-20") || got[1].Due != day("2026-10-30") || got[2].Due != day("2026-12-15") {
		t.Fatalf("two working days, 14 and 60 days: %+v", got)
	}
	if s := states(nil, "2026-10-21"); !slices.Equal(s, []StepState{StepOverdue, StepDue, StepDue}) {
		t.Errorf("nothing done on the 21st: %v", s)
	}
	// D3 was closed on 2 November, D5 on the 12th, D8 on the 27th.
	if s := states(&d.Cases[0], "2026-12-31"); !slices.Equal(s, []StepState{StepDoneLate, StepDoneLate, StepDone}) {
		t.Errorf("%v", s)
	}
}

// Recurrence: the same failure code, item family and root cause within twelve months of the D8; a person confirms.
func TestRecurrence(t *testing.T) {
	d := full()
	again := d.Complaints[0]
	again.ID, again.Raised, again.Recurs = "C-2", millis("2027-11-27", 10, 0), nil
	work := Case{Complaint: "C-2", Causes: d.Cases[0].Causes}
	for _, c := range []struct {
		what   string
		change func(*Complaint, *Case)
		n      int
	}{
		{"on the last day", func(*Complaint, *Case) {}, 1},
		{"a day later", func(c *Complaint, _ *Case) { c.Raised = millis("2027-11-28", 10, 0) }, 0},
		{"before the D8", func(c *Complaint, _ *Case) { c.Raised = millis("2026-11-20", 10, 0) }, 0},
		{"another code", func(c *Complaint, _ *Case) { c.Codes = []FailureCode{{"VDA", "label", 1}} }, 0},
		{"another family", func(c *Complaint, _ *Case) { c.Family = "syrups" }, 0},
		{"another cause", func(_ *Complaint, k *Case) { k.Causes = []Cause{{TechnicalOccurrence, "PUNCH", []string{"x"}}} }, 0},
	} {
		complaint, work := again, work
		c.change(&complaint, &work)
		got := Recurrences([]Complaint{d.Complaints[0], complaint}, []Case{d.Cases[0], work})
		if len(got) != c.n || c.n == 1 && (got[0].Of != "C-1" || got[0].Confirmed) {
			t.Errorf("%s: %+v", c.what, got)
		}
	}
	again.Recurs = &Recurs{Of: "C-1", Role: "QUALITY_MANAGER"}
	if got := Recurrences([]Complaint{d.Complaints[0], again}, []Case{d.Cases[0], work}); len(got) != 1 || !got[0].Confirmed {
		t.Errorf("confirmed: %+v", got)
	}
}

func TestHashes(t *testing.T) {
	a, b := bytes.Repeat([]byte{1}, SaltSize), bytes.Repeat([]byte{2}, SaltSize)
	if bytes.Equal(HashLot(a, "L7"), HashLot(b, "L7")) || bytes.Equal(HashSerials(a, "12", "3"), HashSerials(a, "1", "23")) || len(HashLot(a, "")) != hashSize {
		t.Error("hashes mix salts or parts")
	}
}

func TestWholeReportsAndPartsAgree(t *testing.T) {
	if len(OpenBlocks(full())) != 1 || full().Blocks[0].Likely() != day("2026-12-01") || !full().Blocks[0].Critical() {
		t.Error("the open block")
	}
	if len(ExpiredAudits(full(), day("2029-04-30"))) != 0 || len(ExpiredAudits(full(), day("2029-05-01"))) != 1 {
		t.Error("a certificate is valid on its last day")
	}
}

// Counting lots never depends on their order, and never counts one receipt twice.
func TestCountedLots(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Measure{Counting: CountLot}
		for range rapid.IntRange(0, 8).Draw(t, "lots") {
			m.Lots = append(m.Lots, LotCount{Lot: []byte{byte(rapid.IntRange(1, 3).Draw(t, "lot"))}, Receipt: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "receipt"), Code: "x", Units: quantity.Of(10)})
		}
		seen := map[string]bool{}
		for _, l := range m.Lots {
			seen[string(l.Lot)+l.Receipt] = true
		}
		one, err := m.Counted()
		slices.Reverse(m.Lots)
		two, _ := m.Counted()
		if err != nil || one != two || one != quantity.Of(int64(10*len(seen))) {
			t.Fatalf("%s, %s of %d receipts", one, two, len(seen))
		}
	})
}

func FuzzFromSheet(f *testing.F) {
	s, err := ToSheet(full(), [32]byte{7})
	if err != nil {
		f.Fatal(err)
	}
	for _, r := range s.Rows {
		f.Add(s.Head, r.Value)
	}
	f.Fuzz(func(t *testing.T, head, value []byte) {
		var r row
		if block.Unmarshal(value, &r) != nil {
			return
		}
		sheet := block.Sheet{Type: Type, SeriesKey: [32]byte{7}, Head: head, Rows: []block.Row{{Key: r.Key(), Value: value}}}
		d, err := FromSheet(sheet)
		if err != nil {
			if !reflect.DeepEqual(d, Document{}) {
				t.Fatal("refused and still gave a report")
			}
			return
		}
		if len(Check(d)) == 0 {
			for _, c := range d.Complaints {
				ClockOf(d.Service, c, nil, day("2026-01-01"))
			}
			Diff(Document{}, d)
		}
		again, err := ToSheet(d, [32]byte{7})
		if err != nil || !reflect.DeepEqual(again, sheet) {
			t.Fatalf("re-encodes otherwise: %v", err)
		}
	})
}

// Measures D9: a p chart where counts allow, Laney's limits where subgroups vary more than chance, units between failures where failures
// are rare; signals from limits of the baseline alone.
func TestCharts(t *testing.T) {
	series := func(n, count int, x func(i int) int64) (out []Subgroup) {
		for i := range count {
			out = append(out, Subgroup{day("2026-01-01").AddDays(7 * i), int64(n), x(i)})
		}
		return out
	}
	steady := func(i int) int64 { return []int64{9, 11, 10, 8, 12}[i%5] }
	for _, c := range []struct {
		what   string
		groups []Subgroup
		spec   *ChartSpec
		kind   string
	}{
		{"plain", series(500, 25, steady), nil, "p"},
		{"overdispersed", series(500, 25, func(i int) int64 { return []int64{40, 2, 35, 1, 50}[i%5] }), nil, "laney-p"},
		{"rare", series(50, 25, func(i int) int64 { return int64(i % 4 / 3) }), nil, "g"},
		{"as asked", series(500, 25, steady), &ChartSpec{Kind: ChartU, Baseline: 20}, "u"},
		{"time between", series(50, 25, func(i int) int64 { return int64(i % 4 / 3) }), &ChartSpec{Kind: ChartT, Baseline: 20}, "t"},
	} {
		got, err := DrawChart(c.groups, c.spec)
		if err != nil || string(got.Chart.Kind) != c.kind || (got.Why == "") == (c.spec == nil && c.kind != "p") {
			t.Errorf("%s: %v %+v", c.what, err, got)
		}
	}
	shifted := series(500, 25, func(i int) int64 {
		if i == 24 {
			return 40
		}
		return steady(i)
	})
	got, err := DrawChart(shifted, nil)
	if err != nil || len(got.Chart.Points[24].Signals) == 0 || len(got.Chart.Points[23].Signals) != 0 {
		t.Errorf("a point beyond three sigma: %v", err)
	}
	if _, err := DrawChart(nil, nil); err == nil {
		t.Error("a chart of nothing was drawn")
	}
	if groups, spec := SeriesOf(full(), tablet, ivory, "press 1"); len(groups) != 3 || spec == nil || spec.Baseline != 2 {
		t.Errorf("the subgroups of the measure: %v %v", groups, spec)
	}
	months := Document{Measures: []Measure{{Item: tablet, Period: bucket("2026-02"), Denominator: ByReceived, Received: qp("200"), Defectives: q("3")}, {Item: tablet, Period: bucket("2026-01"), Denominator: ByReceived, Received: qp("100"), Defectives: q("1")}}}
	if groups, _ := SeriesOf(months, tablet, forecast.Location{}, ""); len(groups) != 2 || groups[0].N != 100 || groups[1].X != 3 {
		t.Errorf("months in order: %v", groups)
	}
}
