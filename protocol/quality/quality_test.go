package quality

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"testing"
	_ "time/tzdata" // the zones of the tests are the same everywhere

	"kontor/protocol/artifact"
	"kontor/protocol/block/sheettest"
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

// sheets is how a document travels.
var sheets = sheettest.Format[Document]{Type: Type, To: ToSheet, From: FromSheet}

func TestRoundTrip(t *testing.T) {
	d := full()
	if found := Check(d); len(found) != 0 {
		t.Fatal(found)
	}
	sheets.RoundTrip(t, d)
}

// The encoding of version 1 never changes: this hash covers every field of a report.
func TestGoldenEncoding(t *testing.T) {
	sheets.Unchanged(t, full(), "9d3e6026449bae7be19231bf7047b112dd64dab37f38bae874aab9b9a4fcc9ac")
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
		{"on the last day where the rule counts, while UTC has the next", func(c *Complaint, _ *Case) { c.Raised = millis("2027-11-28", 3, 0) }, -1},
		{"another code", func(c *Complaint, _ *Case) { c.Codes = []FailureCode{{"VDA", "label", 1}} }, 0},
		{"another family", func(c *Complaint, _ *Case) { c.Family = "syrups" }, 0},
		{"another cause", func(_ *Complaint, k *Case) { k.Causes = []Cause{{TechnicalOccurrence, "PUNCH", []string{"x"}}} }, 0},
	} {
		complaint, work := again, work
		c.change(&complaint, &work)
		theirs := Document{Service: d.Service, Complaints: []Complaint{complaint}, Cases: []Case{work}}
		if c.n < 0 {
			theirs.Service.Offset, theirs.Service.Shifts = -5*60, nil
			c.n = 1
		}
		got := Recurrences([]Document{d, theirs})
		if len(got) != c.n || c.n == 1 && (got[0].Of != "C-1" || got[0].Confirmed) {
			t.Errorf("%s: %+v", c.what, got)
		}
	}
	again.Recurs = &Recurs{Of: "C-1", Role: "QUALITY_MANAGER"}
	if got := Recurrences([]Document{d, {Service: d.Service, Complaints: []Complaint{again}, Cases: []Case{work}}}); len(got) != 1 || !got[0].Confirmed {
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

func FuzzFromSheet(f *testing.F) {
	sheettest.Fuzz[Document, row](f, sheets, full(), func(_ *testing.T, d Document) {
		if len(Check(d)) > 0 {
			return
		}
		for _, c := range d.Complaints {
			ClockOf(d.Service, c, nil, day("2026-01-01"))
		}
		Diff(Document{}, d)
	})
}
