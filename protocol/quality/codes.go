package quality

import "slices"

// Denominator names the quantity that defects are divided by.
type Denominator string

// The denominators.
const (
	ByReceived  Denominator = "RECEIVED"
	ByDelivered Denominator = "DELIVERED"
	ByInspected Denominator = "INSPECTED"
)

// CountingRule settles the classic dispute of one bad unit in a rejected lot of 300.
type CountingRule string

// The counting rules.
const (
	CountConfirmed CountingRule = "CONFIRMED" // the units found and confirmed bad
	CountLot       CountingRule = "LOT"       // the whole lot
)

// Severity is that of a Catena-X early warning.
type Severity string

// The severities.
const (
	Minor           Severity = "MINOR"
	Major           Severity = "MAJOR"
	Critical        Severity = "CRITICAL"
	LifeThreatening Severity = "LIFE-THREATENING"
)

var severities = []Severity{Minor, Major, Critical, LifeThreatening}

// Known reports whether the severity is on the list.
func (s Severity) Known() bool { return slices.Contains(severities, s) }

// ChartKind is a kind of control chart for counts.
type ChartKind string

// The chart kinds. Absent: chosen by the counts.
const (
	ChartAuto   ChartKind = "AUTO"    // P or U; the primed one where overdispersed; G or T where counts are tiny
	ChartP      ChartKind = "P"       // defective units
	ChartU      ChartKind = "U"       // defects
	ChartPPrime ChartKind = "P_PRIME" // Laney
	ChartUPrime ChartKind = "U_PRIME"
	ChartG      ChartKind = "G" // units between failures
	ChartT      ChartKind = "T" // time between failures
)

var chartKinds = []ChartKind{ChartAuto, ChartP, ChartU, ChartPPrime, ChartUPrime, ChartG, ChartT}

// Step is a step of the 8D method.
type Step string

// The steps.
const (
	D0 Step = "D0" // emergency response
	D1 Step = "D1" // team
	D2 Step = "D2" // problem
	D3 Step = "D3" // containment
	D4 Step = "D4" // root causes
	D5 Step = "D5" // corrective actions chosen
	D6 Step = "D6" // corrective actions in place
	D7 Step = "D7" // recurrence prevented
	D8 Step = "D8" // closed
)

var steps = []Step{D0, D1, D2, D3, D4, D5, D6, D7, D8}

// CauseType is one of the four of the 8D report. The Catena-X model lists the codes without a meaning; this reads them
// as technical or systemic, and cause of the occurrence or of the failure to detect it.
type CauseType string

// The cause types.
const (
	TechnicalOccurrence   CauseType = "TUA"
	TechnicalNonDetection CauseType = "TUN"
	SystemicOccurrence    CauseType = "SUA"
	SystemicNonDetection  CauseType = "SUN"
)

var causeTypes = []CauseType{TechnicalOccurrence, TechnicalNonDetection, SystemicOccurrence, SystemicNonDetection}

// ActionKind tells corrective from preventive actions, and what only contains.
type ActionKind string

// The kinds of actions.
const (
	Containment ActionKind = "CONTAINMENT"
	Corrective  ActionKind = "CORRECTIVE"
	Preventive  ActionKind = "PREVENTIVE"
)

var actionKinds = []ActionKind{Containment, Corrective, Preventive}

// ActionStatus is where an action stands.
type ActionStatus string

// The states of an action.
const (
	ActionOpen   ActionStatus = "open"
	ActionBegun  ActionStatus = "in progress"
	ActionClosed ActionStatus = "closed"
)

var actionStatuses = []ActionStatus{ActionOpen, ActionBegun, ActionClosed}

// ComplaintStatus is that of a Catena-X early warning.
type ComplaintStatus string

// The states of a complaint.
const (
	ComplaintOpen     ComplaintStatus = "OPEN"
	ComplaintSeen     ComplaintStatus = "ACKNOWLEDGED"
	ComplaintAccepted ComplaintStatus = "ACCEPTED"
	ComplaintDeclined ComplaintStatus = "DECLINED"
	ComplaintClosed   ComplaintStatus = "CLOSED"
)

var complaintStatuses = []ComplaintStatus{ComplaintOpen, ComplaintSeen, ComplaintAccepted, ComplaintDeclined, ComplaintClosed}

// BlockStatus is that of CX-0164.
type BlockStatus string

// The states of a lot block. It ends once.
const (
	Blocked   BlockStatus = "BLOCKED"
	Released  BlockStatus = "RELEASED"
	Withdrawn BlockStatus = "CANCELED" // blocked by mistake
)

var blockStatuses = []BlockStatus{Blocked, Released, Withdrawn}

// AuditResult is what an audit came to.
type AuditResult string

// The results of an audit.
const (
	Passed      AuditResult = "PASSED"
	Conditional AuditResult = "CONDITIONAL"
	Failed      AuditResult = "FAILED"
)

var auditResults = []AuditResult{Passed, Conditional, Failed}

// FindingGrade grades a finding of an audit.
type FindingGrade string

// The grades of findings.
const (
	MajorFinding FindingGrade = "MAJOR"
	MinorFinding FindingGrade = "MINOR"
	Observation  FindingGrade = "OBSERVATION"
)

var findingGrades = []FindingGrade{MajorFinding, MinorFinding, Observation}
