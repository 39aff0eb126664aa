package intake

import (
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// Columns of a table of products: one line for each own item, and for each number of a partner that it has.
const (
	productOwn = iota
	productGTIN
	productText
	productUnit
	productTheirs
	productWith
	productFrom
	productUntil
	productUnits
	productPlant
	productKit
	productShare
	productFamily
)

var productColumns = []Column{
	productOwn:    {Says: "the own item number", Names: append([]string{"own item", "own item number", "own number", "own product", "our item", "our item number", "our number", "eigene nummer", "eigene artikelnummer"}, productNames...), Needed: true},
	productGTIN:   {Says: "the GTIN", Names: []string{"gtin", "ean", "upc", "barcode"}},
	productText:   {Says: "the description", Names: []string{"description", "name", "product name", "text", "bezeichnung", "beschreibung"}},
	productUnit:   {Says: "the unit", Names: []string{"unit", "uom", "unit of measure", "einheit", "me"}},
	productTheirs: {Says: "the partner's item number", Names: []string{"partner item", "partner item number", "partner number", "partners item", "partners number", "their item", "their number", "customer item", "customer number", "customer material", "supplier item", "supplier number", "vendor item", "kundenmaterial", "lieferantenmaterial"}},
	productWith:   {Says: "the partner", Names: []string{"partner", "with", "customer", "supplier", "kunde", "lieferant"}},
	productFrom:   {Says: "the first day", Names: []string{"from", "valid from", "start", "von", "gültig ab"}, Form: Period},
	productUntil:  {Says: "the day from which it holds no more", Names: []string{"until", "valid until", "end", "bis", "gültig bis"}, Form: Period},
	productUnits:  {Says: "units of the seller's item in one of the buyer's", Names: []string{"units", "pack size", "units per pack", "factor", "faktor", "inhalt"}, Form: Number},
	productPlant:  {Says: "the plant", Names: []string{"plant", "site", "location", "werk", "standort"}},
	productKit:    {Says: "whether it is a part of a kit", Names: []string{"kit", "kit part", "set"}},
	productFamily: {Says: "the product family", Names: []string{"family", "product family", "product group", "group", "produktfamilie", "warengruppe"}},
	productShare:  {Says: "the share of the need in percent", Names: []string{"share", "quota", "anteil", "quote"}, Form: Number},
}

// Identity is one line of a table of products: an own item and, where it is given, one number that a partner has for it.
type Identity struct {
	Line        int
	Item        forecast.Item // BuyersID holds the own number, whichever side the company is on
	Unit        quantity.Unit
	Theirs      string
	With        string // the partner; "" for every one
	From, Until calendar.Date
	Units       quantity.Quantity // of the seller's item in one of the buyer's; zero: one
	Plant       string
	Kit         bool
	SharePPM    int64
	Family      string
}

// ReadProducts reads a table of products. A wrong GTIN is a complaint with its line. The lines are nil when the report has complaints and SkipBad isn't set.
func ReadProducts(data []byte, options Options) ([]Identity, *Report) {
	t, report := Open(data, productColumns, false, options)
	if t == nil {
		return nil, report
	}
	out := []Identity{}
	if !t.Each(func(l *Line) {
		x := Identity{Line: l.Number(), Item: forecast.Item{BuyersID: l.Text(productOwn), GTIN: l.Text(productGTIN), Description: l.Text(productText)}, Theirs: l.Text(productTheirs), With: l.Text(productWith),
			Plant: l.Text(productPlant), From: l.Period(productFrom).Start, Until: l.Period(productUntil).Start}
		if x.Item.GTIN != "" && !forecast.ValidGTIN(x.Item.GTIN) {
			l.Refuse(productGTIN, CodeOption, "wrong length or check digit", "a GTIN of 8, 12, 13 or 14 digits")
		}
		if text := l.Text(productUnit); text != "" {
			unit, err := quantity.ParseUnit(text)
			if err != nil {
				l.Refuse(productUnit, CodeOption, "no unit of UN/ECE Rec 20", "such as PK, H87 or KGM")
			}
			x.Unit = unit
		}
		if units, given := l.Quantity(productUnits); given {
			if x.Units = units; units.Sign() <= 0 {
				l.Refuse(productUnits, CodeOption, "not above zero", "how many of the seller's item are in one of the buyer's")
			}
		}
		x.Kit, x.Family = l.Flag(productKit), l.Text(productFamily)
		x.SharePPM, _ = l.percent(productShare)
		if x.Until != 0 && x.Until <= x.From {
			l.Refuse(productUntil, CodePeriod, "not after the first day", "days in order")
		}
		if !l.Bad() {
			out = append(out, x)
		}
	}) {
		return nil, report
	}
	report.Kind, report.Series = "product", len(out)
	return out, report
}
