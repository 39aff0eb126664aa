// Package remedy evaluates the SLAs of contract terms and books what follows: who owes whom how much, for which window, and why.
//
// Most callers need Evaluate (what one window comes to, from both sides' reports), Book, Correct and EarnBack (the entries that follow, below
// every cap), Item.Do (what people do with an entry: request, acknowledge, settle, dispute), Net (what a month comes to) and Simulate (what
// terms would have paid).
//
// Guarantees: pure functions of documents both nodes hold, so that both come to the same amounts by themselves. Amounts are exact rationals
// until they are rounded once, as the terms say (practice T20). No entries of a remedy exceed its cap, none repeat, and a company that
// withholds a report is never better off than by what its partner reports (practice T2).
package remedy

import (
	"kontor/protocol/calendar"
	"kontor/protocol/measure"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// Verdict is what a window of an SLA comes to.
type Verdict string

// The verdicts.
const (
	Met         Verdict = "MET"
	Missed      Verdict = "MISSED"
	NotMeasured Verdict = "NOT_MEASURED" // never as good as met
	Adjusted    Verdict = "ADJUSTED"     // of a price: the value that counts is known
	Unequal     Verdict = "UNEQUAL"      // the two sides' figures come to different things: their desks reconcile lines (practice T7)
)

// Why says what decided a verdict beside the figures.
type Why string

// The reasons.
const (
	NoReports   Why = "NO_REPORTS"        // neither side reported the whole window
	TooFew      Why = "TOO_FEW"           // fewer observations than the clause asks for
	BySilence   Why = "SILENCE"           // one side reported nothing: the other's figures stand, until they are rebutted
	ByClause    Why = "SILENCE_BY_CLAUSE" // silence means this, by the clause
	Unsupported Why = "NO_SUCH_FIGURE"    // what the two share does not carry what the measure needs, or its definition leaves open what that is
	ByAgreement Why = "AGREED_FIGURES"    // the desks agreed whose figures stand
	ByLastKnown Why = "LAST_KNOWN"        // nobody stated the value of the month that counts: an earlier one stands
	AtBase      Why = "BASE"              // nobody did: the base price stands
	ByMean      Why = "MEAN"              // the two differ by no more than the clause lets pass
)

// Result is what one window comes to.
type Result struct {
	Verdict  Verdict            `cbor:"verdict" json:"verdict"`
	Value    *quantity.Quantity `cbor:"value,omitempty" json:"value,omitempty"` // that stands, at nine decimals; comparisons were exact
	Buyer    *quantity.Quantity `cbor:"buyer,omitempty" json:"buyer,omitempty"` // by the buyer's figures
	Seller   *quantity.Quantity `cbor:"seller,omitempty" json:"seller,omitempty"`
	Count    int64              `cbor:"count,omitzero" json:"count,omitzero"`     // observations behind what stands
	Stands   terms.Party        `cbor:"stands,omitempty" json:"stands,omitempty"` // whose figures; BOTH where they agree
	Silent   []terms.Party      `cbor:"silent,omitempty" json:"silent,omitempty"` // who did not report the whole window in time
	Why      Why                `cbor:"why,omitempty" json:"why,omitempty"`
	Reason   measure.Reason     `cbor:"reason,omitempty" json:"reason,omitempty"`     // why the measure has no value, beside too few observations
	Charges  *quantity.Money    `cbor:"charges,omitempty" json:"charges,omitempty"`   // for what came in the window, at the terms' prices
	Unpriced int64              `cbor:"unpriced,omitzero" json:"unpriced,omitzero"`   // cells that no price clause speaks of: they are in no charges
	Excluded []performance.Left `cbor:"excluded,omitempty" json:"excluded,omitempty"` // lines left out, as the clause allows and evidence shows
	Refused  []performance.Left `cbor:"refused,omitempty" json:"refused,omitempty"`   // lines left out in vain: they count against who left them out
	Amounts  []Amount           `cbor:"amounts,omitempty" json:"amounts,omitempty"`   // by remedy, before caps
}

// Amount is what one remedy comes to in a window, before caps.
type Amount struct {
	Remedy   string           `cbor:"remedy" json:"remedy"`
	Kind     terms.RemedyKind `cbor:"kind" json:"kind"`
	SharePPM int64            `cbor:"share" json:"share"`                     // of the formula, by the tier reached
	Amount   quantity.Money   `cbor:"amount" json:"amount"`                   // zero of a remedy that moves no money
	Limit    *quantity.Money  `cbor:"limit,omitempty" json:"limit,omitempty"` // CREDIT: the charges at risk in the window
	Held     bool             `cbor:"held,omitempty" json:"held,omitempty"`   // the two sides come to different amounts, and this is the greater
}

// Equal tells whether two results come to the same: verdict and amounts, however they came about.
func (r Result) Equal(s Result) bool {
	if r.Verdict != s.Verdict || len(r.Amounts) != len(s.Amounts) {
		return false
	}
	for i, a := range r.Amounts {
		b := s.Amounts[i]
		if a.Remedy != b.Remedy || a.Amount != b.Amount || a.Held != b.Held {
			return false
		}
	}
	return true
}

// Window names one period of one SLA of one contract.
type Window struct {
	Contract string          `cbor:"contract" json:"contract"`
	SLA      string          `cbor:"sla" json:"sla"`
	Period   calendar.Bucket `cbor:"period" json:"period"`
}

// Other is the other side of a contract.
func Other(p terms.Party) terms.Party {
	if p == terms.Buyer {
		return terms.Seller
	}
	return terms.Buyer
}
