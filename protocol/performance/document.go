// Package performance owns PerformanceReport.v1: what either side counted in a window, per product, place and bucket,
// without the lines it was counted from.
//
// Most callers need Document (a window with its cells), ToSheet and FromSheet (its stored and hashed form), Check (the
// coded rules PERFORMANCE-nn), CheckRevision, Aggregate (cells from order lines), Compare (both sides' cells, figure by
// figure) and Settle (the figures that both stand by, for measures). A cell carries the root of a salted Merkle tree
// over its lines (practice T7): Salt, Tree, Node and Proof are that tree, Bisect walks two of them to the lines that
// differ, and an Opening shows one line and nothing of the others.
//
// Guarantees: pure functions of their arguments, the same on every node. Compare names the sides, not who asks, and
// gives both the same answer. A node or opening that passes its check belongs to the report its author signed.
package performance

import (
	"slices"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/measure"
	"kontor/protocol/quantity"
)

// Type is the document type and major version in the header.
const Type = "PerformanceReport.v1"

// Bounds of a report.
const (
	MaxCells   = 50_000        // a thousand products at fifty places
	MaxLines   = 65_536        // under one root: more are smaller buckets
	MaxWindow  = 400           // days: a year and a closing month
	MaxReasons = 16            // why lines were left out
	MaxCounted = 1_000_000_000 // lines or orders counted in a cell: with it the sums over all cells, and days times orders, stay within 64 bits
)

// Document is one revision of a company's report of one window.
type Document struct {
	Header   artifact.Header     `json:"header"`
	Window   calendar.Bucket     `json:"window"`   // what it reports; one series for each window
	Closed   bool                `json:"closed"`   // its author's last word; a report that both have closed stands
	Delivery []measure.Parameter `json:"delivery"` // of ON_TIME and OTIF as this report counts them, all parameters, in order
	Cells    []Cell              `json:"cells"`
}

// Cell is what was counted of one product at one place in one bucket. What is absent was not counted, and is not zero.
type Cell struct {
	Item       forecast.Item      `cbor:"item" json:"item"`
	Place      forecast.Location  `cbor:"place,omitzero" json:"place,omitzero"` // where the goods are needed or sold
	Bucket     calendar.Bucket    `cbor:"bucket" json:"bucket"`
	Unit       quantity.Unit      `cbor:"unit" json:"unit"`
	Demand     *quantity.Quantity `cbor:"demand,omitempty" json:"demand,omitempty"`   // what was wanted, whether or not it was there
	Ordered    *quantity.Quantity `cbor:"ordered,omitempty" json:"ordered,omitempty"` // on lines due in the bucket
	Shipped    *quantity.Quantity `cbor:"shipped,omitempty" json:"shipped,omitempty"` // for those lines
	Received   *quantity.Quantity `cbor:"received,omitempty" json:"received,omitempty"`
	OnTime     *quantity.Quantity `cbor:"onTime,omitempty" json:"onTime,omitempty"` // accepted inside the window of its line, at most what was ordered
	InFull     *quantity.Quantity `cbor:"inFull,omitempty" json:"inFull,omitempty"` // ordered on lines that were accepted in full
	Sold       *quantity.Quantity `cbor:"sold,omitempty" json:"sold,omitempty"`
	Returned   *quantity.Quantity `cbor:"returned,omitempty" json:"returned,omitempty"`
	OnHand     *quantity.Quantity `cbor:"onHand,omitempty" json:"onHand,omitempty"`       // at the end of the bucket, blocked stock among it
	Blocked    *quantity.Quantity `cbor:"blocked,omitempty" json:"blocked,omitempty"`     // of what is on hand
	InTransit  *quantity.Quantity `cbor:"inTransit,omitempty" json:"inTransit,omitempty"` // on the way at the end of the bucket
	Cumulative *Cumulative        `cbor:"cumulative,omitempty" json:"cumulative,omitempty"`
	Days       *StockDays         `cbor:"days,omitempty" json:"days,omitempty"`
	Deliveries *Deliveries        `cbor:"deliveries,omitempty" json:"deliveries,omitempty"`
	Service    *Service           `cbor:"service,omitempty" json:"service,omitempty"`
	Lines      *LineRoot          `cbor:"lines,omitempty" json:"lines,omitempty"`
	Ext        map[string][]byte  `cbor:"ext,omitempty" json:"ext,omitempty"`
}

// Cumulative is a running total of receipts, as schedules of releases carry it.
type Cumulative struct {
	Since    calendar.Date     `cbor:"since" json:"since"`       // when it began at zero
	Received quantity.Quantity `cbor:"received" json:"received"` // from then to the end of the bucket
}

// StockDays are the days of a bucket as practice T8 counts them.
type StockDays struct {
	Listed int64 `cbor:"listed" json:"listed"` // the product is meant to be at the place
	Out    int64 `cbor:"out" json:"out"`       // nothing was available, and demand was expected
}

// Deliveries counts order lines due in the bucket.
type Deliveries struct {
	Due        int64             `cbor:"due" json:"due"`               // lines judged
	OnTime     int64             `cbor:"onTime" json:"onTime"`         // of them
	Quantified int64             `cbor:"quantified" json:"quantified"` // of them, with quantities
	InFull     int64             `cbor:"inFull" json:"inFull"`         // of those
	Both       int64             `cbor:"both" json:"both"`             // of those, on time in full
	LeftOut    []Left            `cbor:"leftOut,omitempty" json:"leftOut,omitempty"`
	InWindow   quantity.Quantity `cbor:"inWindow" json:"inWindow"` // Σ min(accepted in the window, ordered)
	Ordered    quantity.Quantity `cbor:"ordered" json:"ordered"`   // of quantified lines
}

// Left counts the lines that one reason left out.
type Left struct {
	Reason measure.Reason `cbor:"reason" json:"reason"`
	Lines  int64          `cbor:"lines" json:"lines"`                 // of orders, where orders are counted
	Days   int64          `cbor:"days,omitzero" json:"days,omitzero"` // of Lead: what the orders left out would have added
	// Evidence is the shared artifact or attachment that shows why; without it a remedy counts the lines, unless the other side left them
	// out as well.
	Evidence *block.CID `cbor:"evidence,omitempty" json:"evidence,omitempty"`
}

// LineRoot commits to the lines of a cell.
type LineRoot struct {
	Root  []byte `cbor:"root" json:"root"`   // Tree.Root
	Count int64  `cbor:"count" json:"count"` // of lines
}

// Key names the cell among those of a report, and of both reports.
func (c Cell) Key() string { return forecast.JoinKey(c.Item.ID(), c.Place.Key(), c.Bucket.String()) }

// Figure names one quantity of a cell.
type Figure string

// The figures.
const (
	Demand    Figure = "demand"
	Ordered   Figure = "ordered"
	Shipped   Figure = "shipped"
	Received  Figure = "received"
	OnTime    Figure = "onTime"
	InFull    Figure = "inFull"
	Sold      Figure = "sold"
	Returned  Figure = "returned"
	OnHand    Figure = "onHand"
	Blocked   Figure = "blocked"
	InTransit Figure = "inTransit"
)

// Figures are all of them, in order.
var Figures = []Figure{Demand, Ordered, Shipped, Received, OnTime, InFull, Sold, Returned, OnHand, Blocked, InTransit}

// At is where the cell keeps a figure; it panics for one that is not among Figures.
func (c *Cell) At(f Figure) **quantity.Quantity {
	all := []**quantity.Quantity{&c.Demand, &c.Ordered, &c.Shipped, &c.Received, &c.OnTime, &c.InFull, &c.Sold, &c.Returned, &c.OnHand, &c.Blocked, &c.InTransit}
	i := slices.Index(Figures, f)
	if i < 0 {
		panic("invariant: " + string(f) + " is no figure of a cell")
	}
	return all[i]
}

// Setting is how the report counts deliveries, for package measure.
func (d Document) Setting() measure.Setting {
	s := measure.Setting{}
	for _, p := range d.Delivery {
		s[p.Name] = p.Value
	}
	return s
}

// Event is the report of arrival that the lines of the cells are.
func (d Document) Event() Event { return Event(d.Setting()["event"]) }

// DeliveryBy is the Delivery of a report that counts by a setting; what it leaves out is at its default.
func DeliveryBy(s measure.Setting) ([]measure.Parameter, error) {
	def, err := measure.Define(measure.OTIF, s)
	return def.Parameters, err
}
