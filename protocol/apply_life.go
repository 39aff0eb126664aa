package protocol

import (
	"slices"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/performance"
)

// Cause says why an artifact is withdrawn: the events of practice T21 that invalidate it.
type Cause string

// The causes.
const (
	CauseError   Cause = "ERROR"            // it was wrong
	CausePlan    Cause = "PLAN_ENDED"       // what it planned does not come about
	CauseUnit    Cause = "UNIT_CHANGED"     // unit or pack size changed
	CausePrice   Cause = "PRICE_EXPIRED"    // the price it rests on is out of validity
	CauseSite    Cause = "SITE_CLOSED"      // a place it speaks of is closed
	CauseLot     Cause = "LOT_BLOCKED"      // stock it counts on is blocked
	CauseSource  Cause = "SOURCE_WITHDRAWN" // what it was made from was withdrawn
	CauseProduct Cause = "PRODUCT_ENDED"    // the product is discontinued
)

// Causes lists the causes.
var Causes = []Cause{CauseError, CausePlan, CauseUnit, CausePrice, CauseSite, CauseLot, CauseSource, CauseProduct}

// Withdrawal takes a version in force back. It changes nothing that was agreed on it: commitments already made stay in force (practice T21).
type Withdrawal struct {
	Artifact block.CID `cbor:"artifact" json:"artifact"`
	Cause    Cause     `cbor:"cause" json:"cause"`
	Note     string    `cbor:"note,omitempty" json:"note,omitempty"`
}

// Ended is a withdrawal as the withdrawn version keeps it.
type Ended struct {
	Entry block.CID `cbor:"entry" json:"entry"`
	T     int64     `cbor:"t" json:"t"` // claimed time of the entry, ms UTC
	Cause Cause     `cbor:"cause" json:"cause"`
	Note  string    `cbor:"note,omitempty" json:"note,omitempty"`
}

// Reaffirmation says that a version in force still holds, unchanged, until a time: a cheap word in place of a revision (practice T21).
type Reaffirmation struct {
	Artifact block.CID `cbor:"artifact" json:"artifact"`
	Until    int64     `cbor:"until" json:"until"` // ms UTC
}

// ReaffirmedRow is the newest reaffirmation of a version.
type ReaffirmedRow struct {
	T     int64     `cbor:"t" json:"t"` // claimed time of the entry: the age of the figures counts from here
	Until int64     `cbor:"until" json:"until"`
	Entry block.CID `cbor:"entry" json:"entry"`
}

// MaxReaffirm is how far ahead an artifact can be reaffirmed: a year and a month, so that no word stands for ever.
const MaxReaffirm = 400 * 24 * 60 * 60 * 1000

const (
	withdrawnPrefix  = "withdrawn/"
	reaffirmedPrefix = "reaffirmed/"
)

func withdrawnKey(typ string, author block.CID, series string) string {
	return withdrawnPrefix + typ + "/" + author.String() + "/" + series
}

func reaffirmedKey(root block.CID) string { return reaffirmedPrefix + root.String() }

// ownInForce finds the version in force that the entry's author speaks of.
func (f *fold) ownInForce(root block.CID) (row ArtifactRow, codes []string, err error) {
	found, err := get(f.rows, versionKey(root), &row)
	if err != nil {
		return row, nil, err
	}
	if !found || row.Author != f.author.Company || row.Status != InForce {
		return row, []string{codeNotInForce}, nil
	}
	return row, nil, nil
}

func applyWithdraw(f *fold) ([]string, error) {
	var w Withdrawal
	if block.Unmarshal(f.body, &w) != nil {
		return []string{codeBody}, nil
	}
	if !slices.Contains(Causes, w.Cause) || !artifact.IsSentence(w.Note) {
		return []string{codeCause}, nil
	}
	row, codes, err := f.ownInForce(w.Artifact)
	if err != nil || len(codes) > 0 {
		return codes, err
	}
	if row.Type == performance.Type {
		if codes, err := f.withdrawReport(row); err != nil || len(codes) > 0 {
			return codes, err
		}
	}
	row.Status = Withdrawn
	row.Ended = &Ended{Entry: f.entry.CID, T: f.entry.Header.T, Cause: w.Cause, Note: w.Note}
	// Topics and rounds that rest on it hear of it as of a revision that changes everything (practice T1).
	f.replaces, f.withdrawn, f.revised = &row.Root, true, &revision{whole: true}
	if err := f.rows.Delete(inForceKey(row.Type, row.Author, row.Series)); err != nil {
		return nil, err
	}
	if err := put(f.rows, withdrawnKey(row.Type, row.Author, row.Series), row); err != nil {
		return nil, err
	}
	return nil, put(f.rows, versionKey(row.Root), row)
}

func applyReaffirm(f *fold) ([]string, error) {
	var a Reaffirmation
	if block.Unmarshal(f.body, &a) != nil {
		return []string{codeBody}, nil
	}
	t := f.entry.Header.T
	if a.Until <= t || a.Until-t > MaxReaffirm {
		return []string{codeUntil}, nil
	}
	_, codes, err := f.ownInForce(a.Artifact)
	if err != nil || len(codes) > 0 {
		return codes, err
	}
	return nil, put(f.rows, reaffirmedKey(a.Artifact), ReaffirmedRow{T: t, Until: a.Until, Entry: f.entry.CID})
}

// Reaffirmed is the newest reaffirmation of a version.
func (r *Replica) Reaffirmed(root block.CID) (row ReaffirmedRow, found bool, err error) {
	found, err = get(r.Rows(), reaffirmedKey(root), &row)
	return row, found, err
}

// Since is from when on, ms UTC, the age of a version's figures counts at a time: its issue, or its reaffirmation while that lasts.
func (a ReaffirmedRow) Since(issued, at int64) int64 {
	if at <= a.Until && a.T <= at {
		return max(issued, a.T)
	}
	return issued
}

// SeriesHead is the version a series' next revision follows: the one in force, or the one withdrawn last.
func (r *Replica) SeriesHead(typ string, author block.CID, series string) (row ArtifactRow, found bool, err error) {
	if found, err = get(r.Rows(), inForceKey(typ, author, series), &row); err != nil || found {
		return row, found, err
	}
	found, err = get(r.Rows(), withdrawnKey(typ, author, series), &row)
	return row, found, err
}
