package dispute

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
)

// SubjectKind is what a dispute is about.
type SubjectKind string

// The kinds. A credit is held until its dispute ends; over the others a settlement or a ruling may give an amount, which is an entry of its own.
const (
	Credit      SubjectKind = "CREDIT"      // an entry that terms brought
	Clause      SubjectKind = "CLAUSE"      // of terms
	Measurement SubjectKind = "MEASUREMENT" // what a window of an SLA came to
	Lines       SubjectKind = "LINES"       // of performance reports that differ
	Finding     SubjectKind = "FINDING"     // of a quality report
	Agreement   SubjectKind = "AGREEMENT"
)

// Subject names what a dispute is about.
type Subject struct {
	Kind     SubjectKind      `cbor:"kind" json:"kind"`
	Contract string           `cbor:"contract" json:"contract"`                     // whose path it goes; "" of an agreement where no terms name one
	Item     string           `cbor:"item,omitempty" json:"item,omitempty"`         // CREDIT: the entry's ID
	Artifact *block.CID       `cbor:"artifact,omitempty" json:"artifact,omitempty"` // CLAUSE, LINES, FINDING: root; AGREEMENT: document
	Part     string           `cbor:"part,omitempty" json:"part,omitempty"`         // the clause, the SLA of a MEASUREMENT, the line or the finding
	Period   *calendar.Bucket `cbor:"period,omitempty" json:"period,omitempty"`     // MEASUREMENT
}

// itemSize is the length of an entry's ID, as package remedy makes it.
const itemSize = 16

// Valid tells whether a subject is well formed: of a known kind, with the parts of that kind and no others.
func (s Subject) Valid() bool {
	item, root, part, period := s.Item != "", s.Artifact != nil, s.Part != "", s.Period != nil
	if !artifact.IsName(s.Contract) && (s.Contract != "" || s.Kind != Agreement) || part && !artifact.IsName(s.Part) || item && len(s.Item) != itemSize || period && !s.Period.Valid() {
		return false
	}
	switch s.Kind {
	case Credit:
		return item && !root && !part && !period
	case Measurement:
		return !item && !root && part && period
	case Clause:
		return !item && root && part && !period
	case Lines, Finding:
		return !item && root && !period
	case Agreement:
		return !item && root && !part && !period
	}
	return false
}

// Key names the subject among the rows: one dispute of a partnership is about it, ever. It is a digest: names may be longer than a key.
func (s Subject) Key() string {
	root, period := "", ""
	if s.Artifact != nil {
		root = s.Artifact.String()
	}
	if s.Period != nil {
		period = s.Period.String()
	}
	contract := s.Contract
	if s.Item != "" || s.Kind == Agreement {
		contract = "" // an entry's ID says it all, and so does a document: which contract's path it goes changes with the terms in force
	}
	sum := sha256.Sum256([]byte(fmt.Sprintf("%s\x00%s\x00%s\x00%s\x00%s\x00%s", s.Kind, contract, s.Item, root, s.Part, period)))
	return hex.EncodeToString(sum[:16])
}

func (s Subject) String() string {
	switch {
	case s.Item != "":
		return fmt.Sprintf("%s %s of %s", s.Kind, s.Item[:8], s.Contract)
	case s.Period != nil:
		return fmt.Sprintf("%s %s %s of %s", s.Kind, s.Part, s.Period, s.Contract)
	case s.Part != "":
		return fmt.Sprintf("%s %s in %s of %s", s.Kind, s.Part, s.Artifact.Short(), s.Contract)
	}
	if s.Contract == "" {
		return fmt.Sprintf("%s %s", s.Kind, s.Artifact.Short())
	}
	return fmt.Sprintf("%s %s of %s", s.Kind, s.Artifact.Short(), s.Contract)
}
