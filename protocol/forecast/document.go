// Package forecast owns SharedForecast.v1: what a buyer expects to need, per item, place and bucket, with
// confidence bands.
//
// Most callers need Document (a header and lines), ToSheet and FromSheet (its stored and hashed form), Check (the
// coded rules FORECAST-nn) and Diff (which cells a revision changed, and Material to judge them).
//
// Guarantees: pure functions of their arguments, the same on every node; a document that passes Check has sorted
// buckets without overlap, quantiles that never fall, and quantities within bounds. Absence and zero differ: a
// missing bucket was not shared, a zero is a forecast of none.
package forecast

import (
	"sort"
	"strings"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// Type is the document type and major version in the header.
const Type = "SharedForecast.v1"

// Bounds of a forecast. They keep one line well inside one block of 1 MiB and a document inside its 256 MiB.
const (
	MaxLines     = 50_000
	MaxBuckets   = 520 // ten years of weeks
	MaxQuantiles = 33  // levels of one bucket; nine are usual
	MaxEvents    = 64  // events of one emission (PROTOCOL 8)
	MaxHops      = 16  // tiers a change may pass (PROTOCOL 8)
	// MaxQuantity is the largest figure of one cell, and MaxDecimals its most decimals: beyond any need of trade,
	// and small enough that sums over a whole document stay exact and cheap.
	MaxQuantity = 1_000_000_000_000_000
	MaxDecimals = 9
)

// PPM is one whole in parts per million, the unit of probabilities and shares.
const PPM = 1_000_000

// Document is one revision of a shared forecast.
type Document struct {
	Header       artifact.Header `json:"header"`
	Purpose      Purpose         `json:"purpose"`                // what the figures forecast
	WeekScheme   WeekScheme      `json:"weekScheme,omitempty"`   // first day of weekly buckets; absent: ISO-8601
	AnswerDue    int64           `json:"answerDue,omitempty"`    // by when the seller should answer, ms UTC; 0 = no answer asked
	OnNoAnswer   OnNoAnswer      `json:"onNoAnswer,omitempty"`   // what silence means (practice T5)
	Consumption  Consumption     `json:"consumption,omitzero"`   // in which buckets beside their own orders meet forecast
	Method       Method          `json:"method"`                 // how the bands were made
	Contributors int64           `json:"contributors,omitempty"` // third parties behind the figures; 0 = the sender's own plan (PROTOCOL 7)
	Emission     *Emission       `json:"emission,omitempty"`     // only on demand passed on from another tier
	Fences       []Fence         `json:"timeFences,omitempty"`   // from near to far; none: practice T1
	Lines        []Line          `json:"lines"`                  // in order of their keys once stored
}

// Line is the forecast of one item at one place.
type Line struct {
	Item          Item              `cbor:"item" json:"item"`
	Location      Location          `cbor:"location" json:"location"`
	Unit          quantity.Unit     `cbor:"unit" json:"unit"`                                             // of every quantity of the line
	Kind          Kind              `cbor:"forecastType" json:"forecastType"`                             // BASE, PROMOTIONAL, SEASONAL or TOTAL
	Category      Category          `cbor:"demandCategory" json:"demandCategory"`                         // Catena-X demand category
	BucketBasis   BucketBasis       `cbor:"bucketBasis" json:"bucketBasis"`                               // gross, or net of orders
	DateBasis     DateBasis         `cbor:"dateBasis" json:"dateBasis"`                                   // which date the buckets mean
	SourcingShare int64             `cbor:"sourcingShare" json:"sourcingShare"`                           // the figures are what this seller is asked for: this part of the whole need, ppm (practice T15)
	Members       int64             `cbor:"members,omitzero" json:"members,omitempty"`                    // products of a family put together under its name; 0 = the line is of one product (practice T3)
	Role          TierRole          `cbor:"role,omitempty" json:"role,omitempty"`                         // which of the two numbers of a tier (practice T9)
	Lot           quantity.Quantity `cbor:"lot,omitzero" json:"lot,omitzero"`                             // order lot, the floor of materiality; 0 = none stated
	GapReason     string            `cbor:"gapReason,omitempty" json:"gapReason,omitempty"`               // why buckets are missing in between
	Reason        artifact.Reason   `cbor:"adjustmentReason,omitempty" json:"adjustmentReason,omitempty"` // why the line was changed, asked outside flex (practice T22)
	ShipFrom      []Location        `cbor:"shipFrom,omitempty" json:"shipFrom,omitempty"`                 // sites qualified to ship it (practice T15); none: any
	Lifecycle     *Lifecycle        `cbor:"lifecycle,omitempty" json:"lifecycle,omitempty"`
	Schedule      *Schedule         `cbor:"schedule,omitempty" json:"schedule,omitempty"` // accumulated quantities, backlog and authorisations
	Buckets       Cells             `cbor:"buckets" json:"buckets"`                       // sorted, without overlap; days, weeks and months may stand in one line
	Ext           map[string][]byte `cbor:"ext,omitempty" json:"ext,omitempty"`           // fields we don't know
}

// Item names a product. At least one identifier is given.
type Item struct {
	GTIN        string `cbor:"gtin,omitempty" json:"gtin,omitempty"`                   // 8, 12, 13 or 14 digits with check digit
	BuyersID    string `cbor:"buyersItemId,omitempty" json:"buyersItemId,omitempty"`   // the buyer's number
	SellersID   string `cbor:"sellersItemId,omitempty" json:"sellersItemId,omitempty"` // the seller's number
	Revision    string `cbor:"revision,omitempty" json:"revision,omitempty"`           // engineering level
	Description string `cbor:"description,omitempty" json:"description,omitempty"`
}

// ID is the identifier by which lines, plans and agreements refer to the item: the buyer's number, else the
// seller's, else the GTIN.
func (i Item) ID() string {
	switch {
	case i.BuyersID != "":
		return i.BuyersID
	case i.SellersID != "":
		return i.SellersID
	}
	return i.GTIN
}

// Location is where the goods are needed. At most one of GLN and UN/LOCODE refines the region.
type Location struct {
	GLN      string `cbor:"gln,omitempty" json:"gln,omitempty"`           // 13 digits with check digit
	Region   string `cbor:"region,omitempty" json:"region,omitempty"`     // ISO 3166-1 alpha-2 "CI" or ISO 3166-2 "CI-AB"
	UNLOCODE string `cbor:"unlocode,omitempty" json:"unlocode,omitempty"` // "CIABJ"
}

// Cell is the forecast of one bucket: the smallest thing a revision changes.
type Cell struct {
	calendar.Bucket
	Mean       quantity.Quantity  `json:"mean"`                 // the point forecast
	Quantiles  []Quantile         `json:"quantiles,omitempty"`  // of this bucket's demand; none = no band, no probability
	Cumulative []Quantile         `json:"cumulative,omitempty"` // of the demand from the first bucket to the end of this one
	Firmness   Firmness           `json:"firmness,omitempty"`   // absent: PLANNED
	Ordered    *quantity.Quantity `json:"ordered,omitempty"`    // quantity already ordered inside the bucket
	// Accumulated is what is asked for from the schedule's reset to the end of the bucket.
	Accumulated *quantity.Quantity `json:"cumulativeQuantity,omitempty"`
}

// Quantile says that demand stays at or below Q with probability P.
type Quantile struct {
	P int64             `cbor:"p" json:"p"` // ppm, strictly between 0 and 1,000,000
	Q quantity.Quantity `cbor:"q" json:"q"` // in the line's unit
}

// Method names the maker of the bands, so that their record can be judged (practice T18).
type Method struct {
	Name     string `cbor:"name,omitempty" json:"name,omitempty"`
	Version  string `cbor:"version,omitempty" json:"version,omitempty"`
	Bands    Bands  `cbor:"bands,omitempty" json:"bands,omitempty"`     // "model", "empirical" or "none"
	Coverage int64  `cbor:"coverage,omitzero" json:"coverage,omitzero"` // measured coverage of the 80 % band, ppm; 0 = not measured
	Samples  int64  `cbor:"samples,omitzero" json:"samples,omitzero"`   // forecasts behind that measure
}

// Emission marks demand that was passed on from another tier (PROTOCOL 8): the events it stands for and how many
// tiers it has passed. It holds no name, key or CID of the tier behind.
type Emission struct {
	Events [][]byte `cbor:"events" json:"events"` // 16 random bytes each, sorted, without repetition
	Hops   int64    `cbor:"hops" json:"hops"`     // 1 for the first emitter
}

// Key names the line inside its document and across revisions: item, place, kind, category and tier role. Two
// lines with one key are one line twice.
func (l Line) Key() string {
	return JoinKey(l.Item.ID(), l.Location.Key(), string(l.Kind), string(l.Category), string(l.Role))
}

// Key is the most precise identifier given, or "" for a line without a place.
func (l Location) Key() string {
	switch {
	case l.GLN != "":
		return l.GLN
	case l.UNLOCODE != "":
		return l.UNLOCODE
	}
	return l.Region
}

// JoinKey joins the parts of a row key with "|"; a bar or percent sign inside a part is percent-encoded.
func JoinKey(parts ...string) string {
	for i, p := range parts {
		if strings.ContainsAny(p, "%|") {
			parts[i] = escapeKey.Replace(p)
		}
	}
	return strings.Join(parts, "|")
}

var escapeKey = strings.NewReplacer("%", "%25", "|", "%7C")

// Cell is the cell of the given bucket, found by halving: the buckets are sorted, as Check demands.
func (l Line) Cell(b calendar.Bucket) (Cell, bool) {
	i := sort.Search(len(l.Buckets), func(i int) bool { return l.Buckets[i].Compare(b) >= 0 })
	if i < len(l.Buckets) && l.Buckets[i].Bucket == b {
		return l.Buckets[i], true
	}
	return Cell{}, false
}

// In is the line with every quantity in another unit of the same dimension; an error where one has no exact decimal.
func (l Line) In(u quantity.Unit) (Line, error) {
	if l.Unit == u {
		return l, nil
	}
	var err error
	convert := func(q quantity.Quantity) quantity.Quantity {
		if err == nil {
			q, err = quantity.Convert(q, l.Unit, u)
		}
		return q
	}
	levels := func(qs []Quantile) []Quantile {
		converted := make([]Quantile, len(qs))
		for i, q := range qs {
			converted[i] = Quantile{q.P, convert(q.Q)}
		}
		return converted
	}
	cells := make([]Cell, len(l.Buckets))
	for i, c := range l.Buckets {
		c.Mean, c.Quantiles, c.Cumulative = convert(c.Mean), levels(c.Quantiles), levels(c.Cumulative)
		if c.Ordered != nil {
			ordered := convert(*c.Ordered)
			c.Ordered = &ordered
		}
		if c.Accumulated != nil {
			accumulated := convert(*c.Accumulated)
			c.Accumulated = &accumulated
		}
		cells[i] = c
	}
	if l.Schedule != nil {
		s := *l.Schedule
		for _, q := range []**quantity.Quantity{&s.Received, &s.Backlog} {
			if *q != nil {
				converted := convert(**q)
				*q = &converted
			}
		}
		for _, a := range []**Authorisation{&s.Fabrication, &s.Material} {
			if *a != nil {
				converted := **a
				converted.Quantity = convert(converted.Quantity)
				*a = &converted
			}
		}
		l.Schedule = &s
	}
	l.Lot, l.Buckets, l.Unit = convert(l.Lot), cells, u
	if err != nil {
		return Line{}, err
	}
	return l, nil
}

// Line is the line with the given key.
func (d Document) Line(key string) (Line, bool) {
	for _, l := range d.Lines {
		if l.Key() == key {
			return l, true
		}
	}
	return Line{}, false
}

// Horizon is the range of days from the first bucket to the last, and false for an empty forecast.
func (d Document) Horizon() (calendar.Bucket, bool) {
	var h calendar.Bucket
	for _, l := range d.Lines {
		for _, c := range l.Buckets {
			if h.Start == 0 || c.Start < h.Start {
				h.Start = c.Start
			}
			h.End = max(h.End, c.End)
		}
	}
	return h, h.Valid()
}
