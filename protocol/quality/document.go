// Package quality owns QualityReport.v1: defect measures with their denominator, complaints and the 8D work on them,
// lot blocks and releases, and audits.
//
// Most callers need Document (a header with measures, complaints, cases, blocks and audits), ToSheet and FromSheet
// (its stored and hashed form), Check (the coded rules QUALITY-nn), Diff and Material, Measure.Rate (the one defect rate),
// ClockOf (when each step of an 8D is due), Recurrences and OpenBlocks.
//
// Guarantees: pure functions of their arguments, the same on every node. A report that passes Check names no person:
// roles are codes, serial and lot numbers are salted hashes. A complaint counts as received by the report's service
// rule, whether or not a node was on.
package quality

import (
	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// Type is the document type and major version in the header.
const Type = "QualityReport.v1"

// Bounds of a report. They keep one row inside one block and a report readable.
const (
	MaxRows      = 20_000 // of each kind: measures, complaints, cases, blocks, audits
	MaxSubgroups = 1_000  // of one measure
	MaxCodes     = 100    // failure codes of one measure or complaint
	MaxLots      = 1_000  // hashes of one block or measure
	MaxActions   = 50     // of one step of an 8D
	MaxWhys      = 12     // answers to "why": five are usual
	MaxCauses    = 40
	MaxFindings  = 200 // of one audit
	MaxHolidays  = 400 // of a service rule
)

// PPMWhole is one whole in parts per million.
const PPMWhole = 1_000_000

// Document is one revision of a company's quality report.
type Document struct {
	Header     artifact.Header `json:"header"`
	Salt       []byte          `json:"salt"`    // 16 random bytes: lot and serial hashes of this report; known to both, so that each can find its own lots
	Service    ServiceRule     `json:"service"` // when a complaint counts as received and its steps are due, as the terms say
	Measures   []Measure       `json:"measures"`
	Complaints []Complaint     `json:"complaints"`
	Cases      []Case          `json:"cases"`
	Blocks     []Block         `json:"blocks"`
	Audits     []Audit         `json:"audits"`
}

// Measure is what was counted of one item at one place and process in one period.
type Measure struct {
	Item        forecast.Item      `cbor:"item" json:"item"`
	Site        forecast.Location  `cbor:"site,omitzero" json:"site,omitzero"`
	Process     string             `cbor:"process,omitempty" json:"process,omitempty"`
	Period      calendar.Bucket    `cbor:"period" json:"period"`
	Unit        quantity.Unit      `cbor:"unit" json:"unit"`
	Denominator Denominator        `cbor:"denominator" json:"denominator"` // which quantity defects are divided by
	Counting    CountingRule       `cbor:"countingRule" json:"countingRule"`
	Inspected   *quantity.Quantity `cbor:"inspectedQuantity,omitempty" json:"inspectedQuantity,omitempty"`
	Received    *quantity.Quantity `cbor:"receivedQuantity,omitempty" json:"receivedQuantity,omitempty"`
	Delivered   *quantity.Quantity `cbor:"deliveredQuantity,omitempty" json:"deliveredQuantity,omitempty"`
	Defectives  quantity.Quantity  `cbor:"nonconformingUnits" json:"nonconformingUnits"`                             // units with one defect or more
	Defects     quantity.Quantity  `cbor:"nonconformities,omitzero" json:"nonconformities,omitzero"`                 // may exceed the units
	Confirmed   quantity.Quantity  `cbor:"confirmedSupplierCaused,omitzero" json:"confirmedSupplierCaused,omitzero"` // of the defectives, by the supplier
	Suspect     quantity.Quantity  `cbor:"suspect,omitzero" json:"suspect,omitzero"`                                 // not decided yet
	Reworked    quantity.Quantity  `cbor:"reworked,omitzero" json:"reworked,omitzero"`
	Returned    quantity.Quantity  `cbor:"returned,omitzero" json:"returned,omitzero"`
	PPM         *quantity.Quantity `cbor:"ppm,omitempty" json:"ppm,omitempty"` // as its author computed it; must be what Rate gives
	Severity    Severity           `cbor:"severity,omitempty" json:"severity,omitempty"`
	Codes       []FailureCode      `cbor:"failureCodes,omitempty" json:"failureCodes,omitempty"`
	Lots        []LotCount         `cbor:"lots,omitempty" json:"lots,omitempty"`
	Subgroups   []Subgroup         `cbor:"subgroups,omitempty" json:"subgroups,omitempty"` // in order of time
	Chart       *ChartSpec         `cbor:"chart,omitempty" json:"chart,omitempty"`
	Cost        *quantity.Money    `cbor:"costOfPoorQuality,omitempty" json:"costOfPoorQuality,omitempty"`
	CostBasis   string             `cbor:"costBasis,omitempty" json:"costBasis,omitempty"`
	Ext         map[string][]byte  `cbor:"ext,omitempty" json:"ext,omitempty"`
}

// FailureCode counts one kind of failure by a catalogue.
type FailureCode struct {
	System string `cbor:"codeSystem" json:"codeSystem"` // "VDA", "AIAG", or a catalogue both know
	Code   string `cbor:"code" json:"code"`
	Count  int64  `cbor:"count" json:"count"`
}

// LotCount is what one receipt of one lot added under one failure code. The three together count once; two partial
// rejections of one lot are two receipts, and both count.
type LotCount struct {
	Lot     []byte            `cbor:"lot" json:"lot"` // HashLot
	Receipt string            `cbor:"receipt" json:"receipt"`
	Code    string            `cbor:"code" json:"code"`
	Units   quantity.Quantity `cbor:"units" json:"units"`
}

// Subgroup is one point of a control chart: x defectives or defects among n units.
type Subgroup struct {
	At calendar.Date `cbor:"t" json:"t"`
	N  int64         `cbor:"n" json:"n"`
	X  int64         `cbor:"x" json:"x"`
}

// ChartSpec says how the subgroups are charted. Its limits are frozen over the baseline until both agree otherwise.
type ChartSpec struct {
	Kind     ChartKind `cbor:"kind" json:"kind"`
	Baseline int64     `cbor:"baseline" json:"baseline"`               // the first so many subgroups make the limits
	Zones    bool      `cbor:"zones,omitempty" json:"zones,omitempty"` // also the zone rules; rule 1 and the run of eight always
}

// ServiceRule says when a complaint counts as received (the contract's rule, not a node's being on) and in how many
// days each step of an 8D is due.
type ServiceRule struct {
	Zone      string          `cbor:"zone" json:"zone"`                             // IANA name
	Offset    int64           `cbor:"offsetMinutes" json:"offsetMinutes"`           // from UTC until the first shift
	Shifts    []terms.Shift   `cbor:"shifts,omitempty" json:"shifts,omitempty"`     // of the zone's clock, as in terms: no node asks its own zone database
	Cutoff    int64           `cbor:"cutoffMinutes" json:"cutoffMinutes"`           // minutes after midnight; what is raised later is received the next working day
	Weekend   []int64         `cbor:"weekend" json:"weekend"`                       // days of the week that are no working days, 0 = Sunday; none: Saturday and Sunday
	Holidays  []calendar.Date `cbor:"holidays,omitempty" json:"holidays,omitempty"` // ascending
	Deadlines []Deadline      `cbor:"deadlines" json:"deadlines"`                   // in order of steps
}

// Deadline is by when a step is due.
type Deadline struct {
	Step    Step  `cbor:"step" json:"step"`
	Days    int64 `cbor:"days" json:"days"`                           // after the day of receipt
	Working bool  `cbor:"working,omitempty" json:"working,omitempty"` // working days, else calendar days
}

// Complaint is raised by whoever received the goods.
type Complaint struct {
	ID         string            `cbor:"id" json:"id"` // the customer's number
	SupplierID string            `cbor:"supplierComplaintId,omitempty" json:"supplierComplaintId,omitempty"`
	Item       forecast.Item     `cbor:"item" json:"item"`
	Family     string            `cbor:"family,omitempty" json:"family,omitempty"` // item family, for recurrence
	Site       forecast.Location `cbor:"site,omitzero" json:"site,omitzero"`
	Raised     int64             `cbor:"raised" json:"raised"` // ms UTC
	Severity   Severity          `cbor:"severity" json:"severity"`
	Codes      []FailureCode     `cbor:"failureCodes,omitempty" json:"failureCodes,omitempty"`
	Units      quantity.Quantity `cbor:"units,omitzero" json:"units,omitzero"`
	Unit       quantity.Unit     `cbor:"unit,omitempty" json:"unit,omitempty"`
	Serials    [][]byte          `cbor:"serialRanges,omitempty" json:"serialRanges,omitempty"` // HashSerials
	Text       string            `cbor:"text,omitempty" json:"text,omitempty"`
	Status     ComplaintStatus   `cbor:"status" json:"status"`
	Verified   *Verification     `cbor:"verified,omitempty" json:"verified,omitempty"`     // by the complaining side, that the actions work
	Recurs     *Recurs           `cbor:"recurrence,omitempty" json:"recurrence,omitempty"` // confirmed by a person
}

// Verification says that somebody other than the one who acted saw the actions work.
type Verification struct {
	At        calendar.Date `cbor:"at" json:"at"`
	Role      string        `cbor:"role" json:"role"`
	Effective bool          `cbor:"effective" json:"effective"`
	Evidence  []byte        `cbor:"evidenceHash,omitempty" json:"evidenceHash,omitempty"` // SHA-256
}

// Recurs names the complaint that came back.
type Recurs struct {
	Of   string `cbor:"recurrenceOf" json:"recurrenceOf"`
	Role string `cbor:"confirmedBy" json:"confirmedBy"`
}

// Case is the supplier's 8D work on one complaint.
type Case struct {
	Complaint string   `cbor:"complaint" json:"complaint"`               // the customer's number
	Leader    string   `cbor:"leader,omitempty" json:"leader,omitempty"` // a role
	Team      []string `cbor:"team,omitempty" json:"team,omitempty"`     // D1, roles
	Is        string   `cbor:"is,omitempty" json:"is,omitempty"`         // D2
	IsNot     string   `cbor:"isNot,omitempty" json:"isNot,omitempty"`   // D2
	Causes    []Cause  `cbor:"causes,omitempty" json:"causes,omitempty"` // D4
	Steps     []Done   `cbor:"steps" json:"steps"`                       // closed steps, in order
	Actions   []Action `cbor:"actions,omitempty" json:"actions,omitempty"`
}

// Cause is one root cause, by the method of five whys.
type Cause struct {
	Type CauseType `cbor:"type" json:"type"`
	Node string    `cbor:"node" json:"node"` // root-cause code both keep: recurrence compares it
	Whys []string  `cbor:"whys" json:"whys"` // from the failure to the cause
}

// Done is a closed step.
type Done struct {
	Step Step          `cbor:"step" json:"step"`
	At   calendar.Date `cbor:"at" json:"at"`
}

// Action is one corrective or preventive action (CAPA).
type Action struct {
	ID        string        `cbor:"id" json:"id"`
	Step      Step          `cbor:"step" json:"step"` // D3 containment, D5 chosen, D6 put in place, D7 preventive
	Kind      ActionKind    `cbor:"type" json:"type"`
	Measure   string        `cbor:"measure" json:"measure"`
	Role      string        `cbor:"responsibleRole" json:"responsibleRole"`
	Due       calendar.Date `cbor:"due,omitzero" json:"due,omitzero"`
	Begun     calendar.Date `cbor:"introductionDate,omitzero" json:"introductionDate,omitzero"`
	Status    ActionStatus  `cbor:"status" json:"status"`
	Effective *int64        `cbor:"effectivenessResult,omitempty" json:"effectivenessResult,omitempty"`   // ppm of the failures that are gone
	Evidence  []byte        `cbor:"proofOfEffectiveness,omitempty" json:"proofOfEffectiveness,omitempty"` // SHA-256
}

// Block takes named stock out once (practice T17); it does not lower what a line can make.
type Block struct {
	ID        string            `cbor:"id" json:"id"`
	Item      forecast.Item     `cbor:"item" json:"item"`
	Site      forecast.Location `cbor:"site,omitzero" json:"site,omitzero"`
	Status    BlockStatus       `cbor:"status" json:"status"`
	Severity  Severity          `cbor:"severity" json:"severity"`
	Lots      [][]byte          `cbor:"lots,omitempty" json:"lots,omitempty"`                 // HashLot
	Serials   [][]byte          `cbor:"serialRanges,omitempty" json:"serialRanges,omitempty"` // HashSerials
	Made      *calendar.Bucket  `cbor:"madeIn,omitempty" json:"madeIn,omitempty"`             // or: everything made in this time
	Quantity  quantity.Quantity `cbor:"quantity" json:"quantity"`
	Unit      quantity.Unit     `cbor:"unit" json:"unit"`
	Since     calendar.Date     `cbor:"since" json:"since"`
	Ended     calendar.Date     `cbor:"ended,omitzero" json:"ended,omitzero"` // the day of the release or cancellation
	Release   []ReleaseChance   `cbor:"releaseQuantiles,omitempty" json:"releaseQuantiles,omitempty"`
	Codes     []FailureCode     `cbor:"failureCodes,omitempty" json:"failureCodes,omitempty"`
	Complaint string            `cbor:"complaint,omitempty" json:"complaint,omitempty"`
	Role      string            `cbor:"decidedBy,omitempty" json:"decidedBy,omitempty"`
	Evidence  []byte            `cbor:"evidenceHash,omitempty" json:"evidenceHash,omitempty"`
}

// ReleaseChance says that the lot is released by a day with a probability.
type ReleaseChance struct {
	P  int64         `cbor:"p" json:"p"` // ppm, strictly between 0 and 1,000,000
	By calendar.Date `cbor:"by" json:"by"`
}

// Audit is one audit or certificate, by the hash of its evidence.
type Audit struct {
	ID       string            `cbor:"id" json:"id"`
	Standard string            `cbor:"standard" json:"standard"` // "ISO 9001:2015", "VDA 6.3"
	Site     forecast.Location `cbor:"site,omitzero" json:"site,omitzero"`
	At       calendar.Date     `cbor:"date" json:"date"`
	Until    calendar.Date     `cbor:"validUntil,omitzero" json:"validUntil,omitzero"`
	Result   AuditResult       `cbor:"result" json:"result"`
	Findings []AuditFinding    `cbor:"findings,omitempty" json:"findings,omitempty"`
	Evidence []byte            `cbor:"evidenceHash" json:"evidenceHash"` // SHA-256 of the report
}

// AuditFinding is one finding of an audit.
type AuditFinding struct {
	Clause string        `cbor:"clause" json:"clause"`
	Grade  FindingGrade  `cbor:"grade" json:"grade"`
	Text   string        `cbor:"text,omitempty" json:"text,omitempty"`
	Closed calendar.Date `cbor:"closed,omitzero" json:"closed,omitzero"`
}

// Key names the measure among the rows of a report.
func (m Measure) Key() string {
	return forecast.JoinKey("measure", m.Item.ID(), m.Site.Key(), m.Process, m.Period.String())
}

// Key names the complaint among the rows of a report.
func (c Complaint) Key() string { return forecast.JoinKey("complaint", c.ID) }

// Key names the case among the rows of a report.
func (c Case) Key() string { return forecast.JoinKey("case", c.Complaint) }

// Key names the block among the rows of a report.
func (b Block) Key() string { return forecast.JoinKey("block", b.ID) }

// Key names the audit among the rows of a report.
func (a Audit) Key() string { return forecast.JoinKey("audit", a.ID) }

// Critical reports whether the block stops a campaign by itself (practice T17).
func (b Block) Critical() bool { return b.Severity == Critical || b.Severity == LifeThreatening }

// Likely is the day by which the lot is released with nine chances in ten; 0 where nobody says.
func (b Block) Likely() calendar.Date {
	const nine = 900_000
	for _, c := range b.Release {
		if c.P >= nine {
			return c.By
		}
	}
	return 0
}

// OpenBlocks are the blocks of a report that still hold, in order.
func OpenBlocks(d Document) (out []Block) {
	for _, b := range d.Blocks {
		if b.Status == Blocked {
			out = append(out, b)
		}
	}
	return out
}
