// Package terms owns ContractTerms.v1: what two companies pay, owe, allow each other and measure each other by.
//
// Most callers need Document (a header with clauses), ToSheet and FromSheet (its stored and hashed form), Check (the
// coded rules TERMS-nn), Amount (what a quantity costs on a day), Flex (which changes of a forecast stay inside the
// bands), Exposure (what the buyer's authorisations have the seller carry), Windows (the periods an SLA is measured
// over, with the days its reports are due) and Meetings (the next dates of the cadence).
//
// Guarantees: pure functions of their arguments, the same on every node; exact rationals throughout, rounded once and
// where the rounding clause says (practice T20). A document is a proposal: terms are in force when an agreement that
// officers of both sides signed names it, from that agreement's first day to before its last.
package terms

import (
	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/measure"
	"kontor/protocol/quantity"
)

// Type is the document type and major version in the header.
const Type = "ContractTerms.v1"

// Bounds of a document. Officers must be able to read what they sign, and its clauses are searched for every cell of a
// forecast.
const (
	MaxPrices     = 5_000 // a price list
	MaxTiers      = 32
	MaxValues     = 600 // fixed values of one index: fifty years of months
	MaxFlex       = 500
	MaxSLAs       = 100
	MaxAdjusted   = 100 // prices adjusted by an index month by month: each has windows like an SLA
	MaxRemedies   = 200
	MaxItems      = 500 // products or regions of one clause
	MaxHolidays   = 400
	MaxDuties     = 8
	MaxLevels     = 8
	MaxCadences   = 16
	MaxPurposes   = 32
	MaxDays       = 3_660 // of any horizon, window or time limit: ten years
	MaxYears      = 30    // of the whole period
	MaxOffset     = 14 * 60
	MaxWindow     = forecast.MaxConsumption // buckets that consumption looks backward or forward
	MaxDecimals   = 9                       // of a price, an index and a target
	MaxUnitPrice  = 1_000_000_000_000
	MaxIndexRatio = 1_000 // times the base price a collar may let an index go
)

// PPM is one whole in parts per million.
const PPM = 1_000_000

// Document is one revision of the terms one company proposes, or both have signed.
type Document struct {
	Header artifact.Header `json:"header"`
	Frame
	Prices         []Price         `json:"prices"`
	Bands          []FlexBand      `json:"flexBands"`
	Authorisations []Authorisation `json:"authorizations"`
	SLAs           []SLA           `json:"slas"`
	Remedies       []Remedy        `json:"remedies"`
}

// Frame is what stands once in the terms.
type Frame struct {
	Contract     string            `cbor:"contractReference" json:"contractReference"` // the name both use for the contract; the same through all revisions
	Title        string            `cbor:"title,omitempty" json:"title,omitempty"`
	Period       calendar.Bucket   `cbor:"effectivePeriod" json:"effectivePeriod"`
	NoticeDays   int64             `cbor:"noticeDays,omitzero" json:"noticeDays,omitzero"` // by which either side may end it earlier
	Law          string            `cbor:"governingLaw,omitempty" json:"governingLaw,omitempty"`
	Jurisdiction string            `cbor:"jurisdiction,omitempty" json:"jurisdiction,omitempty"`
	Incoterm     Incoterm          `cbor:"incoterm,omitempty" json:"incoterm,omitempty"`
	PaymentDays  int64             `cbor:"paymentDays,omitzero" json:"paymentDays,omitzero"` // after the invoice
	Currency     quantity.Currency `cbor:"currency" json:"currency"`                         // of every amount
	Rounding     Rounding          `cbor:"rounding" json:"rounding"`
	Calendar     Calendar          `cbor:"calendar" json:"calendar"`
	Tolerance    Tolerance         `cbor:"tolerance" json:"tolerance"`
	Loop         Loop              `cbor:"loop" json:"loop"`
	Data         DataTerms         `cbor:"dataTerms" json:"dataTerms"`
	Disputes     []DisputeLevel    `cbor:"disputePath" json:"disputePath"` // in order; the last has an outcome of its own
	Arbitration  *Arbitration      `cbor:"arbitration,omitempty" json:"arbitration,omitempty"`
	Cadence      []Cadence         `cbor:"cadence,omitempty" json:"cadence,omitempty"` // ascending by ID
}

// Rounding is how amounts become minor units (practice T20).
type Rounding struct {
	Mode  RoundingMode  `cbor:"mode" json:"mode"`
	Level RoundingLevel `cbor:"level" json:"level"`
}

// Tolerance is how far a delivery may differ from the order and still be what was ordered.
type Tolerance struct {
	OverPPM   int64 `cbor:"over" json:"over"`   // part of the ordered quantity
	UnderPPM  int64 `cbor:"under" json:"under"` // part of the ordered quantity
	EarlyDays int64 `cbor:"early" json:"early"`
	LateDays  int64 `cbor:"late" json:"late"`
	Working   bool  `cbor:"working,omitempty" json:"working,omitempty"` // working days of the calendar, else calendar days
}

// Loop is how forecast, answer and order meet (practice T5).
type Loop struct {
	Backward   int64               `cbor:"backward" json:"backward"`             // buckets before an order's own in which it may consume forecast
	Forward    int64               `cbor:"forward" json:"forward"`               // buckets after
	AnswerDays int64               `cbor:"answerDays" json:"answerDays"`         // working days after the issue by which an answer is due; 0 = as each forecast says
	OnNoAnswer forecast.OnNoAnswer `cbor:"onNoAnswer" json:"onNoAnswer"`         // what silence means
	Auto       bool                `cbor:"auto,omitempty" json:"auto,omitempty"` // changes inside the flex bands are accepted by the seller's node itself
}

// Price is one price clause. For one product, day and currency at most one clause names it; a clause without items is
// for every product that none names.
type Price struct {
	ID    string            `cbor:"id" json:"id"`
	Items []string          `cbor:"items,omitempty" json:"items,omitempty"` // ascending; absent: every other product
	Unit  quantity.Unit     `cbor:"unit" json:"unit"`
	Valid calendar.Bucket   `cbor:"valid" json:"valid"`
	Kind  PriceKind         `cbor:"kind" json:"kind"`
	Base  quantity.Price    `cbor:"price" json:"price"`                             // FIXED: the price; TIERED: of the first tier; INDEXED: at the index's base
	Basis TierBasis         `cbor:"tierBasis,omitempty" json:"tierBasis,omitempty"` // TIERED
	Tiers []Tier            `cbor:"tiers,omitempty" json:"tiers,omitempty"`         // TIERED: beyond the first, rising
	Index *Index            `cbor:"index,omitempty" json:"index,omitempty"`         // INDEXED
	Ext   map[string][]byte `cbor:"ext,omitempty" json:"ext,omitempty"`
}

// Tier is a price from a quantity on.
type Tier struct {
	From   quantity.Quantity `cbor:"minQty" json:"minQty"` // MARGINAL: the units after this many; ALL_UNITS: all, from this many on
	Amount quantity.Quantity `cbor:"amount" json:"amount"` // per price base of the clause
}

// Index moves a price with a published figure:
// price = base × (1 - weight + weight × value(month - lag) / baseValue), kept inside the collar, then rounded.
type Index struct {
	ID        string            `cbor:"id" json:"id"`                                     // as its publisher names it
	BaseValue quantity.Quantity `cbor:"base" json:"base"`                                 // at which the base price holds
	LagMonths int64             `cbor:"lag" json:"lag"`                                   // the month whose value counts is so many before the delivery's
	WeightPPM int64             `cbor:"weight" json:"weight"`                             // part of the price that moves
	LowPPM    *int64            `cbor:"collarLow,omitempty" json:"collarLow,omitempty"`   // of the base price: it never goes below
	HighPPM   *int64            `cbor:"collarHigh,omitempty" json:"collarHigh,omitempty"` // never above
	Decimals  int64             `cbor:"decimals" json:"decimals"`                         // the moved price is rounded to
	Values    []IndexValue      `cbor:"values,omitempty" json:"values,omitempty"`         // both have fixed, rising by month; later ones are looked up where they are published
	Adjust    *Adjustment       `cbor:"adjust,omitempty" json:"adjust,omitempty"`         // what was charged at a provisional price is adjusted month by month
}

// Adjustment says how deliveries of a month are charged first and adjusted after. Provisionally the price is by the newest value the terms fix for the
// month that counts or one before it, else at the base; what either side then states as published makes the difference due.
type Adjustment struct {
	FinalDays   int64        `cbor:"finalDays" json:"finalDays"`         // working days after the month by which values are final
	OnMissing   IndexMissing `cbor:"onMissing" json:"onMissing"`         // what counts while nobody states the value
	DisputeDays int64        `cbor:"disputeWindow" json:"disputeWindow"` // working days in which an adjustment may be disputed
}

// IndexValue is the published figure of one month.
type IndexValue struct {
	Month calendar.Date     `cbor:"month" json:"month"` // its first day
	Value quantity.Quantity `cbor:"value" json:"value"`
}

// FlexBand says how far a forecast may move, by how far ahead its bucket lies when the schedule is issued (practice T13).
// Where no band that names a product reaches, one for every other product speaks.
type FlexBand struct {
	ID      string   `cbor:"id" json:"id"`
	Items   []string `cbor:"items,omitempty" json:"items,omitempty"`     // ascending; absent: every other product
	From    int64    `cbor:"horizonFrom" json:"horizonFrom"`             // days from the issue to the bucket's first day, inclusive
	To      int64    `cbor:"horizonTo" json:"horizonTo"`                 // exclusive
	Working bool     `cbor:"working,omitempty" json:"working,omitempty"` // working days of the calendar
	Zone    Zone     `cbor:"zone" json:"zone"`
	UpPPM   int64    `cbor:"up" json:"up"`     // of the reference quantity
	DownPPM int64    `cbor:"down" json:"down"` // of the reference quantity
}

// Authorisation lets the seller make or buy ahead at the buyer's risk.
type Authorisation struct {
	ID        string         `cbor:"id" json:"id"`
	Items     []string       `cbor:"items,omitempty" json:"items,omitempty"` // ascending; absent: every other product
	Unit      quantity.Unit  `cbor:"unit" json:"unit"`
	FabDays   int64          `cbor:"fabPeriod" json:"fabPeriod"`       // demand within so many days of an issue may be made
	RawDays   int64          `cbor:"rawPeriod" json:"rawPeriod"`       // within so many, its material bought; not less
	Finished  quantity.Price `cbor:"finished" json:"finished"`         // what a unit made is worth
	Raw       quantity.Price `cbor:"raw" json:"raw"`                   // what a unit's material is worth
	LiablePPM Liability      `cbor:"liability" json:"liability"`       // the buyer's part
	Year      calendar.Date  `cbor:"cumResetDate" json:"cumResetDate"` // cumulative quantities begin here, and again each year
	AgeDays   int64          `cbor:"ageing" json:"ageing"`             // days after the event before anything is claimed
}

// Liability is the buyer's part of what was made or bought for it and is not taken, ppm.
type Liability struct {
	Finished int64 `cbor:"finished" json:"finished"`
	Raw      int64 `cbor:"raw" json:"raw"`
}

// SLA is one promise that is measured. Its definition is part of the terms, so that both signed it.
type SLA struct {
	ID         string             `cbor:"id" json:"id"`
	Name       string             `cbor:"name" json:"name"`
	By         Party              `cbor:"by" json:"by"` // whose promise it is
	Measure    measure.Definition `cbor:"measure" json:"measure"`
	Items      []string           `cbor:"items,omitempty" json:"items,omitempty"`     // ascending; absent: every product
	Regions    []string           `cbor:"regions,omitempty" json:"regions,omitempty"` // ascending; absent: everywhere
	Target     quantity.Quantity  `cbor:"target" json:"target"`
	AtMost     bool               `cbor:"atMost,omitempty" json:"atMost,omitempty"` // else at least
	Window     Window             `cbor:"window" json:"window"`
	MinSample  int64              `cbor:"minSample" json:"minSample"` // below it the result is NOT_MEASURED, never passed
	Exclusions []measure.Reason   `cbor:"exclusions,omitempty" json:"exclusions,omitempty"`
	Source     Party              `cbor:"measurementSource" json:"measurementSource"` // whose figures count: BOTH are compared
	Duties     []Duty             `cbor:"reporting" json:"reporting"`
	OnMissing  OnMissing          `cbor:"onMissing" json:"onMissing"`
	Agree      quantity.Quantity  `cbor:"toleranceForDisagreement,omitzero" json:"toleranceForDisagreement,omitzero"` // results that differ by no more stand as their mean
	Petty      *quantity.Money    `cbor:"deMinimis,omitempty" json:"deMinimis,omitempty"`                             // amounts that differ by no more are no matter of dispute, and the mean of the figures stands; absent: half a percent of the greater
	Cause      string             `cbor:"cause,omitempty" json:"cause,omitempty"`                                     // SLAs of one cause are remedied once for one period; absent: the SLA is a cause of its own
}

// Window is the period a measure is taken over.
type Window struct {
	Kind WindowKind `cbor:"kind" json:"kind"`
	Days int64      `cbor:"days,omitzero" json:"days,omitzero"` // ROLLING: its length
	Step int64      `cbor:"step,omitzero" json:"step,omitzero"` // ROLLING: from one to the next
}

// Duty is who reports what, by when (practice T2), in working days after the window.
type Duty struct {
	By          Party  `cbor:"by" json:"by"` // BUYER or SELLER
	What        string `cbor:"what" json:"what"`
	DueDays     int64  `cbor:"reportDue" json:"reportDue"`
	CorrectDays int64  `cbor:"correctUntil" json:"correctUntil"`
}

// Remedy is what follows when an SLA is missed. Package remedy evaluates it.
type Remedy struct {
	ID            string             `cbor:"id" json:"id"`
	SLA           string             `cbor:"sla" json:"sla"`
	Kind          RemedyKind         `cbor:"kind" json:"kind"`
	Pool          string             `cbor:"pool,omitempty" json:"pool,omitempty"`           // CREDIT: allocations of one pool sum to at most one whole
	PoolPPM       int64              `cbor:"poolShare,omitzero" json:"poolShare,omitzero"`   // CREDIT: A of A × B × C
	AllocationPPM int64              `cbor:"allocation,omitzero" json:"allocation,omitzero"` // CREDIT: B
	AtRiskPPM     int64              `cbor:"atRisk,omitzero" json:"atRisk,omitzero"`         // CREDIT: C, of the period's charges
	RatePPM       int64              `cbor:"rate,omitzero" json:"rate,omitzero"`             // CASE_FINE, SERVICE_REBATE: of the failing cases' cost, of the period's charges
	Amount        *quantity.Money    `cbor:"amount,omitempty" json:"amount,omitempty"`       // FLAT, LINE_DOWN (an hour)
	Basis         TierBasis          `cbor:"tierBasis,omitempty" json:"tierBasis,omitempty"` // VOLUME_REBATE: ALL_UNITS is retroactive
	Unit          quantity.Unit      `cbor:"unit,omitempty" json:"unit,omitempty"`           // VOLUME_REBATE: of its borders
	Volume        []VolumeTier       `cbor:"volume,omitempty" json:"volume,omitempty"`       // VOLUME_REBATE: borders, rising
	Reference     *quantity.Quantity `cbor:"reference,omitempty" json:"reference,omitempty"` // GROWTH_REBATE: the volume of a window that growth is counted from
	LastYear      bool               `cbor:"lastYear,omitempty" json:"lastYear,omitempty"`   // GROWTH_REBATE: or that which was reported of the same window a year before
	Tiers         []RemedyTier       `cbor:"tiers,omitempty" json:"tiers,omitempty"`         // by how far the target is missed; absent: the whole remedy
	Cap           *quantity.Money    `cbor:"cap,omitempty" json:"cap,omitempty"`             // of what moves money
	CapPeriod     WindowKind         `cbor:"capPeriod,omitempty" json:"capPeriod,omitempty"` // MONTH, QUARTER, YEAR
	EarnBack      int64              `cbor:"earnBack,omitzero" json:"earnBack,omitzero"`     // returned if the next so many windows reach the target
	AutoApply     bool               `cbor:"autoApply,omitempty" json:"autoApply,omitempty"` // recorded by the nodes, no request needed
	DisputeDays   int64              `cbor:"disputeWindow" json:"disputeWindow"`             // working days in which it may be disputed
	GradeC        bool               `cbor:"gradeC,omitempty" json:"gradeC,omitempty"`       // also on figures recorded for a partner without a node (practice T11)
}

// RemedyTier is the part of a remedy that is due beyond a value: below it where the SLA promises at least its target, above
// it where at most. A result beyond no tier owes nothing.
type RemedyTier struct {
	Beyond   quantity.Quantity `cbor:"beyond" json:"beyond"`
	SharePPM int64             `cbor:"share" json:"share"` // of the remedy's formula
}

// VolumeTier is a rebate from a volume on: for the units after its border by MARGINAL, for all by ALL_UNITS.
type VolumeTier struct {
	From    quantity.Quantity `cbor:"minQty" json:"minQty"` // of GROWTH_REBATE: growth over the reference, 0.05 for five of a hundred
	RatePPM int64             `cbor:"rate" json:"rate"`     // of the charges
}

// DataTerms is what may be done with what is shared.
type DataTerms struct {
	Purposes        []string `cbor:"purposes" json:"purposes"` // ascending
	RetentionDays   int64    `cbor:"retention" json:"retention"`
	Onward          Onward   `cbor:"onward" json:"onward"`
	Audit           bool     `cbor:"auditRight,omitempty" json:"auditRight,omitempty"`
	MinContributors int64    `cbor:"minAggregation" json:"minAggregation"` // third parties behind a figure that leaves (PROTOCOL 7)
}

// DisputeLevel is one step of the dispute path.
type DisputeLevel struct {
	Level   string  `cbor:"level" json:"level"` // DESK, COO, CEO, ARBITER
	Days    int64   `cbor:"days" json:"days"`   // working days until the next level, or the outcome
	Default Outcome `cbor:"default" json:"default"`
	// A dispute over no more than EndsUpTo goes no further than this level, where silence means Ends: small amounts are not worth an officer's time.
	EndsUpTo *quantity.Money `cbor:"endsUpTo,omitempty" json:"endsUpTo,omitempty"`
	Ends     Outcome         `cbor:"ends,omitempty" json:"ends,omitempty"`
}

// Arbitration names the forum after the path.
type Arbitration struct {
	Seat     string `cbor:"seat" json:"seat"`
	Rules    string `cbor:"rules" json:"rules"`
	Language string `cbor:"language" json:"language"`
}

// Cadence is a meeting that comes back.
type Cadence struct {
	ID    string        `cbor:"id" json:"id"` // "sop", "launch"
	Name  string        `cbor:"name" json:"name"`
	First calendar.Date `cbor:"first" json:"first"`
	RRule string        `cbor:"rrule" json:"rrule"`                     // RFC 5545, of days
	Gates []string      `cbor:"gates,omitempty" json:"gates,omitempty"` // what each settles, in order
}

// Keys of the clauses among the rows of the terms.

// Key names the price clause.
func (p Price) Key() string { return forecast.JoinKey("price", p.ID) }

// Key names the flex band.
func (b FlexBand) Key() string { return forecast.JoinKey("flex", b.ID) }

// Key names the authorisation.
func (a Authorisation) Key() string { return forecast.JoinKey("authorization", a.ID) }

// Key names the SLA.
func (s SLA) Key() string { return forecast.JoinKey("sla", s.ID) }

// Key names the remedy.
func (r Remedy) Key() string { return forecast.JoinKey("remedy", r.ID) }
