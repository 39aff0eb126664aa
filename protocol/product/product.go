// Package product owns ProductMap.v1: which number of the buyer's means which number of the seller's, from when until when, at which plant, and how
// many of one are in one of the other (practice T12).
//
// Most callers need Document with ToSheet and FromSheet, Check (the coded rules PRODUCT-nn), and Find, which says what an item is at the other side on
// a day.
//
// Guarantees: pure; many to many: one item may be several of the other's, as alternatives with shares or as parts of a kit. On one day and at one plant
// two numbers have one relation at most.
package product

import (
	"fmt"
	"slices"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// Type is the document type and major version in the header.
const Type = "ProductMap.v1"

// MaxLinks bounds a map: two numbers for each line that a forecast may have.
const MaxLinks = 100_000

// Codes of the rules. A code never changes its meaning.
const (
	CodeEmpty  = "PRODUCT-01" // no link
	CodeBounds = "PRODUCT-02" // more links than the bound
	CodeItem   = "PRODUCT-03" // a number missing, malformed, or a GTIN with a wrong check digit
	CodeTwice  = "PRODUCT-04" // two relations of the same two numbers at one plant on one day
	CodeDays   = "PRODUCT-05" // days missing, backwards or empty
	CodeUnits  = "PRODUCT-06" // units in one of the other's below or at zero, or out of bounds
	CodeShare  = "PRODUCT-07" // a share out of range, or of a part of a kit
	CodePlant  = "PRODUCT-08" // a plant malformed
	CodeScope  = "PRODUCT-09" // a product outside the scope
	CodeForm   = "PRODUCT-10" // a text too long or not plain
)

// Document is one revision of a product map.
type Document struct {
	Header artifact.Header `json:"header"`
	Links  []Link          `json:"links"` // in order of their keys once stored
}

// Link says that a buyer's item is, for some days, a seller's.
type Link struct {
	Buyers      string            `cbor:"buyersItemId" json:"buyersItemId"`
	Sellers     string            `cbor:"sellersItemId" json:"sellersItemId"`
	GTIN        string            `cbor:"gtin,omitempty" json:"gtin,omitempty"` // of the seller's item: 8, 12, 13 or 14 digits with check digit
	Plant       forecast.Location `cbor:"plant,omitzero" json:"plant,omitzero"` // where it holds; none: everywhere
	From        calendar.Date     `cbor:"from" json:"from"`
	Until       calendar.Date     `cbor:"until,omitzero" json:"until,omitzero"`  // first day on which it holds no more; none: open
	Units       quantity.Quantity `cbor:"units" json:"units"`                    // of the seller's item in one unit of the buyer's
	Kit         bool              `cbor:"kit,omitempty" json:"kit,omitempty"`    // one of several parts that are needed together
	Share       int64             `cbor:"share,omitzero" json:"share,omitempty"` // ppm of the need, among alternatives; 0: not said
	Description string            `cbor:"description,omitempty" json:"description,omitempty"`
}

// Key names the link among the rows of a map.
func (l Link) Key() string {
	return forecast.JoinKey("link", l.Buyers, l.Sellers, l.Plant.Key(), l.From.String())
}

// Holds tells whether the link holds on a day.
func (l Link) Holds(day calendar.Date) bool { return l.From <= day && (l.Until == 0 || day < l.Until) }

type head struct {
	Header artifact.Header `cbor:"header"`
}

// ToSheet writes the map as a sheet of keyed rows, one per link.
func ToSheet(d Document, seriesKey [32]byte) (block.Sheet, error) {
	return artifact.ToSheet(Type, seriesKey, head{d.Header}, d.Links)
}

// FromSheet reads what ToSheet writes. On error the document is empty.
func FromSheet(s block.Sheet) (Document, error) {
	h, links, err := artifact.FromSheet[head, Link](s, Type, MaxLinks)
	if err != nil {
		return Document{}, err
	}
	return Document{h.Header, links}, nil
}

// CheckUnder applies the rules in force under the given rule set.
func CheckUnder(d Document, _ artifact.Rules) []artifact.Finding {
	var r artifact.Report
	r.Append(artifact.CheckHeader(d.Header, Type))
	if len(d.Links) == 0 {
		r.Add(CodeEmpty, "links", "the map has no links")
	}
	if len(d.Links) > MaxLinks {
		r.Add(CodeBounds, "links", "%d links are more than %d", len(d.Links), MaxLinks)
		return r.Findings()
	}
	type pair struct{ buyers, sellers, plant string }
	spans := map[pair][]Link{}
	for i, l := range d.Links {
		if r.Full() {
			break
		}
		path := fmt.Sprintf("links[%d]", i)
		checkLink(&r, path, l)
		at := pair{l.Buyers, l.Sellers, l.Plant.Key()}
		for _, other := range spans[at] {
			if (l.Until == 0 || other.From < l.Until) && (other.Until == 0 || l.From < other.Until) {
				r.Add(CodeTwice, path, "%q is %q from %s already", artifact.Clip(l.Buyers), artifact.Clip(l.Sellers), other.From)
				break
			}
		}
		spans[at] = append(spans[at], l)
	}
	return r.Findings()
}

// Check applies the newest rule set.
func Check(d Document) []artifact.Finding { return CheckUnder(d, artifact.RulesNewest) }

func checkLink(r *artifact.Report, path string, l Link) {
	if !artifact.IsName(l.Buyers) || !artifact.IsName(l.Sellers) {
		r.Add(CodeItem, path, "buyer's item %q or seller's item %q is empty, too long or not plain text", artifact.Clip(l.Buyers), artifact.Clip(l.Sellers))
	}
	if l.GTIN != "" && !forecast.ValidGTIN(l.GTIN) {
		r.Add(CodeItem, path+".gtin", "GTIN %q has a wrong length or check digit", artifact.Clip(l.GTIN))
	}
	if l.Plant.GLN != "" && !forecast.ValidGLN(l.Plant.GLN) || l.Plant.Region != "" && !forecast.ValidRegion(l.Plant.Region) || l.Plant.UNLOCODE != "" && !forecast.ValidUNLOCODE(l.Plant.UNLOCODE) {
		r.Add(CodePlant, path+".plant", "place %q is no GLN, region or UN/LOCODE", artifact.Clip(l.Plant.Key()))
	}
	if !l.From.Valid() || l.Until != 0 && (!l.Until.Valid() || l.Until <= l.From) {
		r.Add(CodeDays, path, "from %q until %q: a link begins on a day and ends after it", l.From, l.Until)
	}
	if l.Units.Sign() <= 0 || l.Units.Exponent() < -forecast.MaxDecimals || l.Units.Cmp(quantity.Of(forecast.MaxQuantity)) > 0 {
		r.Add(CodeUnits, path+".units", "%s of the seller's item in one of the buyer's: want more than zero and at most %d decimals", l.Units, forecast.MaxDecimals)
	}
	if l.Share < 0 || l.Share > forecast.PPM || l.Kit && l.Share != 0 {
		r.Add(CodeShare, path+".share", "%d ppm: alternatives have shares up to the whole, parts of a kit have none", l.Share)
	}
	if !artifact.IsSentence(l.Description) {
		r.Add(CodeForm, path+".description", "is too long or not plain text")
	}
}

// CheckScope applies the granted scope: each link is of a product inside it, by either number.
func CheckScope(d Document, granted artifact.Scope) []artifact.Finding {
	var r artifact.Report
	for i, l := range d.Links {
		if r.Full() {
			break
		}
		if !granted.HasProduct(l.Buyers, l.Sellers, l.GTIN) {
			r.Add(CodeScope, fmt.Sprintf("links[%d]", i), "product %q is outside the scope", artifact.Clip(l.Buyers))
		}
	}
	return r.Findings()
}

// Side is whose number is looked for.
type Side string

// The sides.
const (
	OfBuyer  Side = "BUYER"
	OfSeller Side = "SELLER"
)

// Find lists what an item of one side is at the other on a day, at a plant or everywhere: links of the plant before those of everywhere. GTINs name the
// seller's item too.
func Find(links []Link, side Side, id string, plant forecast.Location, day calendar.Date) (found []Link) {
	var everywhere []Link
	for _, l := range links {
		names := side == OfBuyer && l.Buyers == id || side == OfSeller && (l.Sellers == id || l.GTIN != "" && l.GTIN == id)
		switch {
		case !names || !l.Holds(day):
		case l.Plant.Key() == "":
			everywhere = append(everywhere, l)
		case l.Plant.Key() == plant.Key():
			found = append(found, l)
		}
	}
	if len(found) == 0 {
		found = everywhere
	}
	slices.SortFunc(found, func(a, b Link) int { return compare(a.Key(), b.Key()) })
	return found
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// Repacked names the buyer's items whose units in the seller's changed between two revisions: quantities that are open in the old ones mean something
// else now.
func Repacked(old, revised Document) (items []string) {
	type pair struct{ buyers, sellers, plant string }
	before := map[pair][]Link{}
	for _, l := range old.Links {
		at := pair{l.Buyers, l.Sellers, l.Plant.Key()}
		before[at] = append(before[at], l)
	}
	for _, l := range revised.Links {
		for _, was := range before[pair{l.Buyers, l.Sellers, l.Plant.Key()}] {
			if was.Holds(l.From) && was.Units != l.Units {
				items = append(items, l.Buyers, l.Sellers)
			}
		}
	}
	slices.Sort(items)
	return slices.Compact(items)
}
