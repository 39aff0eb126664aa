package terms

import "slices"

// RoundingMode is how a figure between two minor units becomes one of them.
type RoundingMode string

// The rounding modes.
const (
	HalfUp   RoundingMode = "HALF_UP"   // the nearer; a half away from zero: the default
	HalfEven RoundingMode = "HALF_EVEN" // the nearer; a half to the even one
	Down     RoundingMode = "DOWN"      // toward zero
	Up       RoundingMode = "UP"        // away from zero
)

var roundingModes = []RoundingMode{HalfUp, HalfEven, Down, Up}

// RoundingLevel is where an amount is rounded.
type RoundingLevel string

// The rounding levels.
const (
	PerDocument RoundingLevel = "DOCUMENT" // once, at the end: the default
	PerLine     RoundingLevel = "LINE"     // each line; the sum is of whole minor units
)

var roundingLevels = []RoundingLevel{PerDocument, PerLine}

// PriceKind is a price model.
type PriceKind string

// The price models.
const (
	Fixed   PriceKind = "FIXED"
	Tiered  PriceKind = "TIERED"
	Indexed PriceKind = "INDEXED"
)

var priceKinds = []PriceKind{Fixed, Tiered, Indexed}

// TierBasis says which units a tier's price is for.
type TierBasis string

// The tier bases.
const (
	Marginal TierBasis = "MARGINAL"  // the units beyond its border
	AllUnits TierBasis = "ALL_UNITS" // all, once the border is reached
)

var tierBases = []TierBasis{Marginal, AllUnits}

// Zone is a time fence.
type Zone string

// The zones, from near to far.
const (
	Frozen   Zone = "FROZEN" // nothing moves without an agreement
	FirmZone Zone = "FIRM"
	Slushy   Zone = "SLUSHY"
	Free     Zone = "FREE" // anything moves
)

var zones = []Zone{Frozen, FirmZone, Slushy, Free}

// Party is a side of the contract.
type Party string

// The parties.
const (
	Buyer  Party = "BUYER"
	Seller Party = "SELLER"
	Both   Party = "BOTH"
)

var parties = []Party{Buyer, Seller, Both}

// WindowKind is a kind of period.
type WindowKind string

// The kinds of windows.
const (
	PerMonth   WindowKind = "MONTH"
	PerQuarter WindowKind = "QUARTER"
	PerYear    WindowKind = "YEAR"
	Rolling    WindowKind = "ROLLING"
)

var windowKinds = []WindowKind{PerMonth, PerQuarter, PerYear, Rolling}

// OnMissing is what the silence of a side that owes a report means, after a reminder (practice T2).
type OnMissing string

// The meanings of a missing report.
const (
	CounterpartyStands OnMissing = "COUNTERPARTY_STANDS" // the other side's figures, rebuttable until ten working days after correctUntil: the default
	NotMeasured        OnMissing = "NOT_MEASURED"
	ReportingRemedy    OnMissing = "REPORTING_REMEDY" // as if the target were missed
)

var onMissings = []OnMissing{CounterpartyStands, NotMeasured, ReportingRemedy}

// IndexMissing is what counts for an adjustment while nobody states the value of the month that counts.
type IndexMissing string

// The meanings of a missing value.
const (
	LastKnown  IndexMissing = "LAST_KNOWN" // the newest value of an earlier month, stated or fixed: the default
	AtBase     IndexMissing = "BASE"       // the base price
	Unadjusted IndexMissing = "UNADJUSTED" // the provisional price stays
)

var indexMissings = []IndexMissing{LastKnown, AtBase, Unadjusted}

// RemedyKind is a kind of remedy, each with a formula of its own.
type RemedyKind string

// The kinds of remedies.
const (
	Credit        RemedyKind = "CREDIT"         // pool share × allocation × at-risk part of the period's charges
	CaseFine      RemedyKind = "CASE_FINE"      // rate × cost of the failing cases only
	ServiceRebate RemedyKind = "SERVICE_REBATE" // rate × the period's charges
	Flat          RemedyKind = "FLAT"           // an amount a window
	LineDown      RemedyKind = "LINE_DOWN"      // an amount an hour the line stood: claimed, with evidence
	Expedite      RemedyKind = "EXPEDITE"       // faster freight at the other side's cost: claimed, with evidence
	VolumeRebate  RemedyKind = "VOLUME_REBATE"  // rate by the volume of the window × its charges; due whether or not the target is met
	GrowthRebate  RemedyKind = "GROWTH_REBATE"  // the same by growth over a reference volume
	RootCause     RemedyKind = "RCA_REQUIRED"
	Escalate      RemedyKind = "ESCALATE"
	Termination   RemedyKind = "TERMINATE_RIGHT"
)

var remedyKinds = []RemedyKind{Credit, CaseFine, ServiceRebate, Flat, LineDown, Expedite, VolumeRebate, GrowthRebate, RootCause, Escalate, Termination}

// Money tells whether a remedy of the kind moves money.
func (k RemedyKind) Money() bool {
	return slices.Contains([]RemedyKind{Credit, CaseFine, ServiceRebate, Flat, LineDown, Expedite, VolumeRebate, GrowthRebate}, k)
}

// Rebate tells whether a remedy is due by volume, whether or not its SLA is met.
func (k RemedyKind) Rebate() bool { return k == VolumeRebate || k == GrowthRebate }

// Onward says what may be passed on.
type Onward string

// The kinds of onward use.
const (
	OnwardNone       Onward = "NONE"
	OnwardAggregated Onward = "AGGREGATED"
	OnwardMasked     Onward = "MASKED"
)

var onwards = []Onward{OnwardNone, OnwardAggregated, OnwardMasked}

// Outcome is what happens when a level of the dispute path ends without a settlement.
type Outcome string

// The outcomes.
const (
	NextLevel Outcome = "NEXT_LEVEL"
	Stands    Outcome = "STANDS"  // what was computed
	Dropped   Outcome = "DROPPED" // the claim
	Halved    Outcome = "HALVED"
)

var outcomes = []Outcome{NextLevel, Stands, Dropped, Halved}

var levels = []string{"DESK", "COO", "CEO", "ARBITER"}

// Incoterm is a rule of Incoterms 2020.
type Incoterm string

var incoterms = []Incoterm{"EXW", "FCA", "CPT", "CIP", "DAP", "DPU", "DDP", "FAS", "FOB", "CFR", "CIF"}
