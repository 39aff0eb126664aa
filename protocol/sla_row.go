package protocol

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"cmp"
	"kontor/protocol/block"
	"kontor/protocol/forecast"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
	"slices"
)

// SLA windows open when they are over, are evaluated when both sides have passed the time for corrections or closed all reports, and become
// final when both have passed the time to rebut (PROTOCOL 6, practice T2). It all happens at entries of the feeds, so that every node does it at the
// same place.

// SLAState is where a window of an SLA stands.
type SLAState string

// The states.
const (
	SLAWaiting   SLAState = "WAITING"   // for reports, or for a side to write anything after the last day for corrections
	SLAEvaluated SLAState = "EVALUATED" // what stands may still be rebutted
	SLAFinal     SLAState = "FINAL"
	SLAVoid      SLAState = "VOID" // the agreement that put the terms in force does not stand any more
)

// SLARow is one window of one SLA of terms in force.
type SLARow struct {
	remedy.Window
	Terms     block.CID      `cbor:"terms" json:"terms"` // root
	Agreement block.CID      `cbor:"agreement" json:"agreement"`
	State     SLAState       `cbor:"state" json:"state"`
	Until     int64          `cbor:"until" json:"until"` // last ms UTC of the day reports are corrected until
	Rebut     int64          `cbor:"rebut" json:"rebut"` // last ms UTC of the day what stands may be rebutted until
	Passed    []SLAPassing   `cbor:"passed" json:"passed"`
	Rebutted  []SLAPassing   `cbor:"rebutted" json:"rebutted"`
	First     *remedy.Result `cbor:"first,omitempty" json:"first,omitempty"`
	FirstAt   int64          `cbor:"firstAt,omitzero" json:"firstAt,omitempty"` // claimed time of the entry at which it was evaluated, ms UTC
	Last      *remedy.Result `cbor:"last,omitempty" json:"last,omitempty"`
	LastAt    int64          `cbor:"lastAt,omitzero" json:"lastAt,omitempty"`
	Agreed    terms.Party    `cbor:"agreed,omitempty" json:"agreed,omitempty"`   // whose figures the desks agreed upon
	Outages   []SLAOutage    `cbor:"outages,omitempty" json:"outages,omitempty"` // that moved both deadlines
}

// SLAOutage is how long a member's node was down before a deadline, by the others' record.
type SLAOutage struct {
	Member block.CID `cbor:"member" json:"member"`
	Days   int64     `cbor:"days" json:"days"` // working days
}

// Result is what the window comes to as far as it is evaluated; nil before.
func (r SLARow) Result() *remedy.Result {
	if r.Last != nil {
		return r.Last
	}
	return r.First
}

// SLAPassing is the first entry of a member after a deadline, and what it had seen.
type SLAPassing struct {
	Member block.CID `cbor:"member" json:"member"`
	Seq    int64     `cbor:"seq" json:"seq"`
	T      int64     `cbor:"t" json:"t"`
	Saw    []int64   `cbor:"saw" json:"saw"`                           // of each member's entries, in the order of the circle
	Lapsed bool      `cbor:"lapsed,omitempty" json:"lapsed,omitempty"` // it wrote nothing; another member recorded that seven days later
}

// Row keys. Contract and SLA stand in them as a digest: two names of 128 bytes, escaped, would be longer than a key may be.
const (
	slaPrefix       = "sla/window/"
	slaOpenPrefix   = "sla/open/"
	slaCursorPrefix = "sla/cursor/"
	slaNextPrefix   = "sla/next/"
	remedyPrefix    = "remedy/"
)

func slaName(contract, sla string) string {
	sum := sha256.Sum256([]byte(forecast.JoinKey(contract, sla)))
	return hex.EncodeToString(sum[:12])
}

func slaKey(w remedy.Window) string {
	return fmt.Sprintf("%s/%s/%s", slaName(w.Contract, w.SLA), w.Period.Start, w.Period.End)
}

func slaNextKey(member block.CID) string { return slaNextPrefix + member.String() }

// SLAWindows lists the windows of SLAs that are over, by contract, SLA and first day.
func (r *Replica) SLAWindows() (out []SLARow, err error) {
	err = scanRows(r.Rows(), slaPrefix, func(_ string, row SLARow) error {
		out = append(out, row)
		return nil
	})
	slices.SortStableFunc(out, func(a, b SLARow) int {
		return cmp.Or(cmp.Compare(a.Contract, b.Contract), cmp.Compare(a.SLA, b.SLA), cmp.Compare(a.Period.Start, b.Period.Start))
	})
	return out, err
}

// SLAWindow finds one window.
func (r *Replica) SLAWindow(w remedy.Window) (row SLARow, found bool, err error) {
	found, err = get(r.Rows(), slaPrefix+slaKey(w), &row)
	return row, found, err
}

// Remedies lists the entries that terms brought, by the day they fell due.
func (r *Replica) Remedies() (out []remedy.Item, err error) {
	err = scanRows(r.Rows(), remedyPrefix, func(_ string, i remedy.Item) error {
		out = append(out, i)
		return nil
	})
	slices.SortStableFunc(out, byFall)
	return out, err
}

// RemedyStands tells whether an entry is at or below the settled line: nothing that moves money takes effect above it (PROTOCOL 6).
func (r *Replica) RemedyStands(id string) (bool, error) {
	_, found, err := r.machine.SettledValue(remedyPrefix + id)
	return found, err
}

// SLAStands tells the same of a window's result.
func (r *Replica) SLAStands(w remedy.Window) (bool, error) {
	data, found, err := r.machine.SettledValue(slaPrefix + slaKey(w))
	if err != nil || !found {
		return false, err
	}
	var row SLARow
	if err := block.Unmarshal(data, &row); err != nil {
		return false, err
	}
	return row.Result() != nil, nil
}
