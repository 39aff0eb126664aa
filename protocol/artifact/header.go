// Package artifact holds what every shared document has in common: the header, findings, scope and freshness,
// and the conversion between a document and the sheet of keyed rows in which it is stored and hashed.
//
// Most callers need Header (who wrote this revision from what), Finding (one coded complaint) and
// ToSheet/FromSheet. CheckHeader applies the rules every document shares; each noun adds its own.
//
// Guarantees: pure functions of their arguments, the same on every node. Checks judge the document alone: that
// the parent is the revision in force, that the author owns the series and that the scope was granted is the
// fold's knowledge.
package artifact

import (
	"encoding/hex"
	"fmt"
	"io"

	"kontor/protocol/block"
)

// Bounds of a header. Peers are hostile; a header is shown to people and kept for every revision.
const (
	MaxDerivedFrom  = 256  // inputs named by CID: more is a data dump, not provenance
	MaxCommitments  = 64   // salted commitments of inputs from other tiers
	MaxCommitment   = 64   // bytes of one commitment: a hash, with room for a longer one
	MaxExt          = 32   // extension fields of a later or private version
	MaxExtBytes     = 4096 // of one extension value
	MaxName         = 128  // bytes of a system name, record id, product id or code
	MaxSentence     = 1024 // bytes of free text beside a code
	MaxScopeEntries = 4096 // roles, products or regions of one scope: a map's worth
	MaxFreshness    = 16   // steps of the freshness ladder
	MaxRevision     = 1 << 40
)

// SeriesID names a series of revisions: 16 random bytes drawn once by its author.
type SeriesID [16]byte

// NewSeriesID draws a series id from the caller's source of randomness.
func NewSeriesID(random io.Reader) (SeriesID, error) {
	var id SeriesID
	if _, err := io.ReadFull(random, id[:]); err != nil {
		return SeriesID{}, fmt.Errorf("draw a series id: %w", err)
	}
	return id, nil
}

// ParseSeriesID reads 32 hexadecimal digits.
func ParseSeriesID(s string) (SeriesID, error) {
	var id SeriesID
	if len(s) != 2*len(id) {
		return SeriesID{}, fmt.Errorf("malformed series id %q: want 32 hexadecimal digits", s)
	}
	if _, err := hex.Decode(id[:], []byte(s)); err != nil {
		return SeriesID{}, fmt.Errorf("malformed series id %q: %w", s, err)
	}
	return id, nil
}

// String is 32 hexadecimal digits.
func (id SeriesID) String() string { return hex.EncodeToString(id[:]) }

// MarshalText writes String, for JSON.
func (id SeriesID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads what ParseSeriesID reads.
func (id *SeriesID) UnmarshalText(text []byte) error {
	parsed, err := ParseSeriesID(string(text))
	if err != nil {
		return err
	}
	*id = parsed
	return nil
}

// Grade says how well an artifact is evidenced (practice T11).
type Grade string

// The evidence grades.
const (
	GradeA Grade = "A" // both nodes signed
	GradeB Grade = "B" // one signed, the other received
	GradeC Grade = "C" // recorded on behalf of a partner without a node; triggers no remedy unless the terms say so
)

// Header stands at the top of every artifact. Signatures and status are no fields: signatures are the feed's,
// and status is folded from it.
type Header struct {
	Type       string            `cbor:"type" json:"type"`                               // document type with major version: "SharedForecast.v1"
	Series     SeriesID          `cbor:"series" json:"series"`                           // the same for every revision
	Revision   int64             `cbor:"revision" json:"revision"`                       // 0 for the first, then one more each time
	Parent     *block.CID        `cbor:"parent,omitempty" json:"parent,omitempty"`       // the revision this one replaces; absent for revision 0
	Reason     Reason            `cbor:"reason,omitempty" json:"reason,omitempty"`       // why it was revised; asked only outside flex (practice T22)
	Issued     int64             `cbor:"issued" json:"issued"`                           // claimed time of issue, ms UTC
	Provenance Provenance        `cbor:"provenance" json:"provenance"`                   // where the figures come from
	Evidence   Grade             `cbor:"evidence" json:"evidence"`                       // A, B or C
	Freshness  []Freshness       `cbor:"freshness,omitempty" json:"freshness,omitempty"` // absent: DefaultFreshness
	Scope      Scope             `cbor:"scope" json:"scope"`                             // who may see it and what it speaks of
	Ext        map[string][]byte `cbor:"ext,omitempty" json:"ext,omitempty"`             // fields we don't know: kept and hashed, without meaning here
}

// Provenance says which system, record and activity produced the figures.
type Provenance struct {
	SourceSystem string      `cbor:"sourceSystem" json:"sourceSystem"`                     // "SAP ECC", "spreadsheet", "kontor baseline"
	SourceRecord string      `cbor:"sourceRecord,omitempty" json:"sourceRecord,omitempty"` // file name without path, plan version
	ExtractedAt  int64       `cbor:"extractedAt" json:"extractedAt"`                       // when the figures were taken from there, ms UTC
	Version      string      `cbor:"version,omitempty" json:"version,omitempty"`           // of the system or method
	Activity     string      `cbor:"activity,omitempty" json:"activity,omitempty"`         // "IMPORT", "FORECAST", "EXPLODE", "EDIT"
	DerivedFrom  []block.CID `cbor:"derivedFrom,omitempty" json:"derivedFrom,omitempty"`   // inputs within this partnership
	Commitments  [][]byte    `cbor:"commitments,omitempty" json:"commitments,omitempty"`   // salted hashes of inputs from elsewhere: never a CID (practice T10)
}

// Reason is an adjustment reason code: the list of UBL 2.1 and the additions of practice T22.
type Reason string

var reasons = func() map[Reason]bool {
	known := map[Reason]bool{}
	for _, r := range []Reason{
		"CANCELED_PROMOTION", "DISCONTINUED_PRODUCT", "DISTRIBUTION_ISSUE", "EXPANDED_PROMOTION", "FORWARD_BUY",
		"INVENTORY_POLICY_CHANGE", "MISCELLANEOUS_EVENT", "NEW_LOCATION", "NEW_PRODUCT", "NEW_PROMOTION", "ORDER_POLICY_CHANGE",
		"OVERSTOCK_CONDITION", "PRICE_CHANGE", "PRODUCTION_ISSUE", "PRODUCT_CHANGEOVER", "REDUCED_PROMOTION", "REVISED_PLAN",
		"REVISED_PROMOTION", "STORE_CLOSURE", "TRANSPORTATION_ISSUE", "WEATHER_RELATED_EVENT",
		"SYSTEM_RERUN", "CUSTOMER_ORDER_CHANGE", "ENGINEERING_CHANGE", "ALLOCATION", "MASTER_DATA",
	} {
		known[r] = true
	}
	return known
}()

// Known reports whether the code is on the list.
func (r Reason) Known() bool { return reasons[r] }
