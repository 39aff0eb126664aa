package remedy

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// Kind says what an entry is: a remedy's own kind, or what follows one.
type Kind string

// The kinds beside those of remedies.
const (
	Correction Kind = "CORRECTION"       // of a window that was reported otherwise after the fact: one for each remedy
	PriceMoved Kind = "PRICE_ADJUSTMENT" // what an index makes of what was charged in a month
	EarnedBack Kind = "EARN_BACK"        // returned, because the next windows reached the target
)

// Status is where an entry stands.
type Status string

// The statuses.
const (
	Claimable    Status = "CLAIMABLE"    // due when the side it is owed to asks for it
	Held         Status = "HELD"         // the two sides' figures come to different amounts: the desks reconcile
	Due          Status = "DUE"          // owed
	Acknowledged Status = "ACKNOWLEDGED" // the side that owes it says so
	Settled      Status = "SETTLED"      // paid elsewhere, by a reference
	Disputed     Status = "DISPUTED"     // held until the dispute ends
	Dropped      Status = "DROPPED"      // held, and nothing is owed
)

// Open tells whether somebody still has to do something about an entry.
func (s Status) Open() bool { return s != Settled && s != Dropped }

// Item is one entry of what two companies owe each other by their terms.
type Item struct {
	ID        string          `cbor:"id" json:"id"`
	Kind      Kind            `cbor:"kind" json:"kind"`
	Window                    // of which SLA and period
	Terms     *block.CID      `cbor:"terms,omitempty" json:"terms,omitempty"` // root of the terms it is by; absent in a simulation
	Claim     *Claim          `cbor:"claim,omitempty" json:"claim,omitempty"` // of what nobody reports: a side says it, with evidence
	Remedy    string          `cbor:"remedy" json:"remedy"`
	Cause     string          `cbor:"cause,omitempty" json:"cause,omitempty"`
	Of        string          `cbor:"of,omitempty" json:"of,omitempty"` // the entry that is corrected or earned back
	Debtor    terms.Party     `cbor:"debtor" json:"debtor"`
	Creditor  terms.Party     `cbor:"creditor" json:"creditor"`
	Amount    quantity.Money  `cbor:"amount" json:"amount"`                       // zero of a remedy that moves no money
	Computed  quantity.Money  `cbor:"computed" json:"computed"`                   // before caps
	Limited   Limit           `cbor:"limited,omitempty" json:"limited,omitempty"` // what made it less
	Status    Status          `cbor:"status" json:"status"`
	Fell      calendar.Date   `cbor:"fell" json:"fell"`                         // the day it was booked, by the terms' calendar
	PayBy     calendar.Date   `cbor:"payBy" json:"payBy"`                       // with the month it fell in
	DisputeBy calendar.Date   `cbor:"disputeBy" json:"disputeBy"`               // the last day it may be disputed
	AtRisk    *quantity.Money `cbor:"atRisk,omitempty" json:"atRisk,omitempty"` // CREDIT: the charges at risk in its window
	Reply     *Word           `cbor:"acknowledged,omitempty" json:"acknowledged,omitempty"`
	Paid      *Word           `cbor:"settled,omitempty" json:"settled,omitempty"`
	Received  *Word           `cbor:"received,omitempty" json:"received,omitempty"` // the side it was owed to confirms
	Contest   *Word           `cbor:"disputed,omitempty" json:"disputed,omitempty"`
	Dispute   string          `cbor:"dispute,omitempty" json:"dispute,omitempty"`   // ID of the one that was opened about it
	Before    Status          `cbor:"before,omitempty" json:"before,omitempty"`     // where it stood when it was opened
	Stood     *quantity.Money `cbor:"stood,omitempty" json:"stood,omitempty"`       // the amount then
	Withdrew  terms.Party     `cbor:"withdrew,omitempty" json:"withdrew,omitempty"` // the side that opened the last dispute about it, and withdrew it
}

// Limit says what made an entry less than its formula.
type Limit string

// The limits.
const (
	ByCap     Limit = "CAP"      // of the remedy in its period
	ByAtRisk  Limit = "AT_RISK"  // the charges at risk of the month
	ByExposed Limit = "EXPOSURE" // what the forecasts that both hold authorised, less what was received
	ByCause   Limit = "CAUSE"    // another remedy of the same cause and period came first
	ByWindow  Limit = "WINDOW"   // no more is given back of a window than its entries came to
)

// Word is what somebody said of an entry.
type Word struct {
	By        block.CID     `cbor:"by" json:"by"` // company
	Day       calendar.Date `cbor:"day" json:"day"`
	T         int64         `cbor:"t" json:"t"` // claimed time of the entry in the feed, ms UTC
	Reference string        `cbor:"reference,omitempty" json:"reference,omitempty"`
	Reason    string        `cbor:"reason,omitempty" json:"reason,omitempty"`
}

// IDSize is the length of an entry's ID: 64 bits of a hash as hexadecimal digits, enough that no two of a partnership are alike by accident.
const IDSize = 16

// identify names an entry by what it is of: the same on both nodes, and once.
func identify(i Item) string {
	sum := sha256.Sum256([]byte(forecast.JoinKey("kontor remedy v1", string(i.Kind), i.Contract, i.SLA, i.Period.Start.String(), i.Period.End.String(), i.Remedy)))
	return hex.EncodeToString(sum[:IDSize/2])
}

// Net is what an entry adds to what the side that promised owes: negative where it is owed back.
func (i Item) Net(promised terms.Party) int64 {
	if i.Debtor == promised {
		return i.Amount.Minor
	}
	return -i.Amount.Minor
}

// Overdue tells whether an entry should have been paid before a day.
func (i Item) Overdue(on calendar.Date) bool {
	return (i.Status == Due || i.Status == Acknowledged) && i.Amount.Minor > 0 && on > i.PayBy
}

func (i Item) String() string {
	return fmt.Sprintf("%s %s %s/%s %s: %s owes %s %s, %s", i.ID, i.Kind, i.SLA, i.Remedy, i.Period, i.Debtor, i.Creditor, i.Amount, i.Status)
}
