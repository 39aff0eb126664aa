package intake

import (
	"fmt"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// Columns of a table of open orders: one line for each line of an order, or each call-off of it.
const (
	openNumber = iota
	openLine
	openProduct
	openRegion
	openDay
	openQuantity
	openDelivered
	openUnit
)

var openColumns = []Column{
	openNumber:    {Says: "the order's number", Names: []string{"order", "order number", "order no", "order id", "purchase order", "po", "po number", "call off", "release", "bestellung", "bestellnummer", "abruf"}, Needed: true},
	openLine:      {Says: "the line of the order", Names: []string{"line", "line number", "line no", "position", "pos", "order line", "schedule line", "zeile"}},
	openProduct:   {Says: "the product", Names: productNames, Needed: true},
	openRegion:    {Says: "the region", Names: regionNames},
	openDay:       {Says: "the day it is due", Names: append([]string{"due", "due date", "requested", "requested date", "required date", "need date", "liefertermin", "wunschtermin"}, periodNames...), Form: Period, Needed: true},
	openQuantity:  {Says: "the quantity ordered", Names: []string{"quantity", "qty", "ordered", "ordered quantity", "order quantity", "open quantity", "menge", "bestellmenge"}, Form: Number, Needed: true},
	openDelivered: {Says: "the quantity delivered already", Names: []string{"delivered quantity", "received quantity", "goods received", "geliefert", "gelieferte menge"}, Form: Number},
	openUnit:      {Says: "the unit", Names: []string{"unit", "uom", "unit of measure", "einheit", "me"}},
}

// Order is one line of an open order.
type Order struct {
	Number   string            `cbor:"order" json:"order"`
	Line     string            `cbor:"line,omitempty" json:"line,omitempty"`
	Product  string            `cbor:"product" json:"product"`
	Region   string            `cbor:"region,omitempty" json:"region,omitempty"`
	Due      calendar.Bucket   `cbor:"due" json:"due"`           // the day, or the week or month it is due in
	Quantity quantity.Quantity `cbor:"quantity" json:"quantity"` // still to come: ordered less delivered
	Unit     quantity.Unit     `cbor:"unit" json:"unit"`
	// Unstated: neither the file nor its reader named a unit. The order counts in that of the forecast it meets.
	Unstated bool `cbor:"unstated,omitempty" json:"unit_unstated,omitempty"`
}

// Key names the order line: number, line, product, place and due date, so that call-offs of one line are told apart.
func (o Order) Key() string {
	return o.Number + "|" + o.Line + "|" + o.Product + "|" + o.Region + "|" + o.Due.String()
}

// ReadOrders reads a table of open orders. What was delivered in full is left out. The orders are nil when the report has complaints and SkipBad isn't set.
func ReadOrders(data []byte, options Options) ([]Order, *Report) {
	t, report := Open(data, openColumns, false, options)
	if t == nil {
		return nil, report
	}
	unit := options.Unit
	if unit == "" {
		unit = quantity.Piece
	}
	orders, unstated := []Order{}, 0
	if !t.Each(func(l *Line) {
		o := Order{Number: l.Text(openNumber), Line: l.Text(openLine), Product: l.Text(openProduct), Region: l.Text(openRegion), Due: l.Period(openDay), Unit: l.t.unit(l.row, openUnit, unit)}
		ordered, _ := l.Quantity(openQuantity)
		delivered, _ := l.Quantity(openDelivered)
		if l.Bad() {
			return
		}
		if ordered.Sign() < 0 || delivered.Sign() < 0 {
			l.Refuse(openQuantity, CodeContradiction, "a quantity below zero", "returns stay out of the list of open orders")
			return
		}
		if o.Unstated = options.Unit == "" && l.Text(openUnit) == ""; o.Unstated {
			unstated++
		}
		open, err := ordered.Sub(delivered)
		if err != nil {
			l.Refuse(openQuantity, CodeNumber, "the open quantity is too large", "a smaller figure")
			return
		}
		if o.Quantity = open; open.Sign() > 0 && l.Once("that line of that order for that day", o.Key()) {
			orders = append(orders, o)
		}
	}) {
		return nil, report
	}
	if unstated > 0 {
		report.Note(Complaint{Code: NoteUnit, Text: fmt.Sprintf("lines without a unit: %d; they count in the unit of the forecast they meet", unstated)})
	}
	report.Kind, report.Series, report.Buckets = "order", len(orders), len(orders)
	return orders, report
}
