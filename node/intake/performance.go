package intake

import (
	"strings"

	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/measure"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
)

// Columns of a table of order lines: one row for each delivery of a line, or for the line alone while nothing came.
const (
	orderNumber = iota
	orderLine
	orderProduct
	orderRegion
	orderOrdered
	orderDue
	orderEvent
	orderDelivery
	orderDate
	orderAccepted
	orderRejected
	orderExclude
	orderCanceled
	orderUnit
	orderPlaced
	orderDamaged
	orderDocuments
	orderEvidence
)

var orderColumns = []Column{
	orderNumber:   {Says: "the order", Names: []string{"order", "order no", "order number", "order id", "sales order", "purchase order", "po", "po number", "po / so #", "bestellung", "bestellnummer"}, Needed: true},
	orderLine:     {Says: "the line", Names: []string{"line", "order line", "line id", "line number", "line no", "line item", "position", "id"}},
	orderProduct:  {Says: "the product", Names: productNames, Needed: true},
	orderRegion:   {Says: "the place", Names: append([]string{"place", "gln", "ship to"}, regionNames...)},
	orderOrdered:  {Says: "the quantity ordered", Names: []string{"ordered", "ordered quantity", "order quantity", "quantity ordered", "ordered qty", "order qty", "qty ordered", "line item quantity", "quantity", "qty", "bestellt", "bestellmenge"}, Form: Number},
	orderDue:      {Says: "the date due", Names: []string{"due", "due date", "scheduled delivery date", "requested date", "promised date", "requested delivery date", "promised", "required date", "need date", "planned date", "scheduled", "faellig", "fällig", "wunschtermin"}, Form: Period},
	orderEvent:    {Says: "the event", Names: []string{"event", "delivery event"}},
	orderDelivery: {Says: "the despatch advice", Names: []string{"delivery", "despatch advice", "dispatch advice", "asn", "asn number", "delivery note", "lieferschein", "asn/dn #"}},
	orderDate:     {Says: "the date of the event", Names: []string{"delivered", "delivered to client date", "arrival", "arrival date", "received", "receipt date", "received date", "delivery date", "delivered date", "actual date", "actual delivery date", "delivered on", "posting date", "date", "geliefert", "wareneingang"}, Form: Period},
	orderAccepted: {Says: "the quantity accepted", Names: []string{"accepted", "accepted quantity", "received quantity", "quantity received", "delivered quantity", "quantity delivered", "accepted qty", "received qty", "delivered qty", "qty delivered", "qty received", "liefermenge"}, Form: Number},
	orderRejected: {Says: "the quantity rejected", Names: []string{"rejected", "rejected quantity"}, Form: Number},
	orderExclude:  {Says: "the reason to leave the line out", Names: []string{"exclusion", "excluded", "exclude", "exception"}},
	orderCanceled: {Says: "whether the buyer cancelled", Names: []string{"cancelled", "canceled", "cancelled by buyer", "storniert"}, Form: Flag},
	orderUnit:     {Says: "the unit", Names: []string{"unit", "uom", "unit of measure", "einheit", "me"}},
	orderPlaced:   {Says: "the date of the order", Names: []string{"ordered on", "order date", "order placed", "date of order", "po date", "bestelldatum", "bestellt am"}, Form: Period},
	orderDamaged:  {Says: "the quantity damaged", Names: []string{"damaged", "damaged quantity", "damaged qty", "qty damaged", "beschädigt", "schadmenge"}, Form: Number},
	// Whether what came had the right documents. An empty cell says that nobody looked.
	orderDocuments: {Says: "whether the documents were right", Names: []string{"documents right", "right documents", "documents ok", "documents", "papers ok", "papiere in ordnung"}, Form: Flag},
	orderEvidence:  {Says: "the evidence for leaving the line out", Names: []string{"evidence", "evidence cid", "nachweis"}},
}

// ReadOrderLines reads a table of order lines with what came for them. A row with a date of delivery is of the given event unless a column
// says which; a row without one is a line for which nothing came. The records are nil when the report has complaints and SkipBad isn't set.
func ReadOrderLines(data []byte, event performance.Event, options Options) ([]performance.Record, *Report) {
	t, report := Open(data, orderColumns, false, options)
	if t == nil {
		return nil, report
	}
	var out []performance.Record
	if !t.Each(func(l *Line) {
		r := readOrderLine(l, event, options)
		if l.Bad() {
			return
		}
		if err := r.Line.Check(); err != nil {
			l.Refuse(orderNumber, CodeIdentity, err.Error(), "plain names of at most 128 characters, and quantities within 10^15")
			return
		}
		at := r.Delivery
		if at == "" && r.Date != 0 {
			at = r.Date.String()
		}
		if l.Once("that order line, event and delivery", r.Order, r.Line.Line, r.Line.Item, string(r.Event), at) {
			out = append(out, r)
		}
	}) {
		return nil, report
	}
	report.Kind, report.Series, report.Buckets = Performance, len(out), len(out)
	return out, report
}

func readOrderLine(l *Line, event performance.Event, o Options) performance.Record {
	product := l.Text(orderProduct)
	r := performance.Record{Line: performance.Line{Order: l.Text(orderNumber), Line: l.Text(orderLine), Item: product, Due: l.Period(orderDue).Start, Delivery: l.Text(orderDelivery)},
		Item: forecast.Item{BuyersID: product}, Unit: l.t.unit(l.row, orderUnit, pieceOr(o.Unit)), Canceled: l.Flag(orderCanceled)}
	if at := l.Text(orderRegion); at != "" {
		r.Place = PlaceOf(at)
	}
	if q, stated := l.Quantity(orderOrdered); stated {
		r.Ordered = &q
	}
	accepted, stated := l.Quantity(orderAccepted)
	r.Rejected, _ = l.Quantity(orderRejected)
	if accepted.Sign() < 0 || r.Rejected.Sign() < 0 || r.Ordered != nil && r.Ordered.Sign() < 0 {
		l.Refuse(orderAccepted, CodeSign, "below zero", "a number of 0 or more")
	}
	r.OrderedOn = l.Period(orderPlaced).Start
	if q, stated := l.Quantity(orderDamaged); stated {
		if r.Damaged = &q; q.Sign() < 0 {
			l.Refuse(orderDamaged, CodeSign, "below zero", "a number of 0 or more")
		}
	}
	if l.Text(orderDocuments) != "" {
		right := l.Flag(orderDocuments)
		r.Documents = &right
	}
	if v := l.Text(orderEvidence); v != "" {
		cid, err := block.ParseCID(v)
		if r.Evidence = &cid; err != nil || r.Exclude == "" && l.Text(orderExclude) == "" {
			l.Refuse(orderEvidence, CodeOption, "no CID of an attachment, or nothing is left out", "the CID of a shared artifact or attachment in a row that names the reason to leave the line out")
		}
	}
	if on := l.Period(orderDate); on.Valid() {
		r.Date, r.Event = on.Start, event
		if stated {
			r.Accepted = &accepted
		}
		if v := l.Text(orderEvent); v != "" {
			r.Event = performance.Event(strings.ToUpper(strings.ReplaceAll(v, " ", "_")))
		}
	}
	if why := l.Text(orderExclude); why != "" {
		r.Exclude = measure.Reason(why)
		if !measure.LeavesOutLines(r.Exclude) {
			l.Refuse(orderExclude, CodeOption, "no reason of the closed list", "FORCE_MAJEURE, BUYER_RESCHEDULE, NO_SLOT_AVAILABLE, BUYER_CARRIER, HOLD_REQUESTED or EDI_OUTAGE")
		}
	}
	return r
}

func pieceOr(u quantity.Unit) quantity.Unit {
	if u == "" {
		return quantity.Piece
	}
	return u
}

// Columns of a table of figures: one row for each product, place and period. Those from figureFirst on are the figures in their order.
const (
	figureProduct = iota
	figureRegion
	figurePeriod
	figureUnit
	figureListed
	figureOut
	figureSince
	figureCumulative
	figureFirst
)

var figureColumns = append([]Column{
	figureProduct:    {Says: "the product", Names: productNames, Needed: true},
	figureRegion:     {Says: "the place", Names: append([]string{"place", "gln"}, regionNames...)},
	figurePeriod:     {Says: "the period", Names: periodNames, Form: Period, Needed: true},
	figureUnit:       {Says: "the unit", Names: []string{"unit", "uom", "unit of measure", "einheit", "me"}},
	figureListed:     {Says: "the days listed", Names: []string{"days listed", "listed days", "listed"}, Form: Number},
	figureOut:        {Says: "the days without stock", Names: []string{"days out", "days out of stock", "stockout days", "out of stock days"}, Form: Number},
	figureSince:      {Says: "when the cumulative quantity began", Names: []string{"cumulative since", "cum since"}, Form: Period},
	figureCumulative: {Says: "the cumulative quantity received", Names: []string{"cumulative received", "cum received", "fortschrittszahl"}, Form: Number},
}, append(figureNames(), countColumns()...)...)

func figureNames() []Column {
	names := map[performance.Figure][]string{
		performance.Demand:    {"demand", "requested", "bedarf"},
		performance.Ordered:   {"ordered", "ordered quantity", "orders", "bestellt"},
		performance.Shipped:   {"shipped", "shipped quantity", "despatched", "dispatched", "versandt"},
		performance.Received:  {"received", "received quantity", "receipts", "erhalten", "wareneingang"},
		performance.OnTime:    {"on time", "on time quantity", "termingerecht"},
		performance.InFull:    {"in full", "in full quantity", "vollständig"},
		performance.Sold:      {"sold", "sales", "pos", "sell out", "quantity sold", "verkauft", "absatz"},
		performance.Returned:  {"returned", "returns", "retouren"},
		performance.OnHand:    {"on hand", "stock", "stock on hand", "inventory", "quantity on hand", "bestand"},
		performance.Blocked:   {"blocked", "on hold", "quarantine", "gesperrt"},
		performance.InTransit: {"in transit", "transit", "inbound", "unterwegs"},
	}
	var out []Column
	for _, f := range performance.Figures {
		out = append(out, Column{Says: "the figure " + string(f), Names: names[f], Form: Number})
	}
	return out
}

// ReadFigures reads a table of aggregated actuals. An empty cell was not counted; a 0 was. The cells are nil when the report has complaints
// and SkipBad isn't set.
func ReadFigures(data []byte, options Options) ([]performance.Cell, *Report) {
	t, report := Open(data, figureColumns, false, options)
	if t == nil {
		return nil, report
	}
	var out []performance.Cell
	if !t.Each(func(l *Line) {
		if c, ok := readFigure(l, options); ok && l.Once("that product, place and period", c.Key()) {
			out = append(out, c)
		}
	}) {
		return nil, report
	}
	report.Kind, report.Series, report.Buckets = Performance, len(out), len(out)
	return out, report
}

func readFigure(l *Line, o Options) (performance.Cell, bool) {
	c := performance.Cell{Item: forecast.Item{BuyersID: l.Text(figureProduct)}, Bucket: l.Period(figurePeriod), Unit: l.t.unit(l.row, figureUnit, pieceOr(o.Unit))}
	if at := l.Text(figureRegion); at != "" {
		c.Place = PlaceOf(at)
	}
	any := false
	for i, f := range performance.Figures {
		q, stated := l.Quantity(figureFirst + i)
		if !stated {
			continue
		}
		any = true
		if q.Sign() < 0 {
			l.Refuse(figureFirst+i, CodeSign, "below zero", "a number of 0 or more")
		}
		*c.At(f) = &q
	}
	if c.Service = countsOf(l).service(); c.Service != nil {
		any = true
	}
	if days, stated := l.Quantity(figureListed); stated {
		out, _ := l.Quantity(figureOut)
		a, okA := days.At(0)
		b, okB := out.At(0)
		if !okA || !okB || !a.IsInt64() || !b.IsInt64() {
			l.Refuse(figureListed, CodeNumber, "days that are no whole number", "whole days")
		} else {
			c.Days = &performance.StockDays{Listed: a.Int64(), Out: b.Int64()}
			any = true
		}
	}
	if cum, stated := l.Quantity(figureCumulative); stated {
		since := l.Period(figureSince)
		if !since.Valid() {
			year, _, _ := c.Bucket.Start.YMD()
			since.Start, _ = calendar.NewDate(year, 1, 1)
		}
		c.Cumulative = &performance.Cumulative{Since: since.Start, Received: cum}
		any = true
	}
	if !any && !l.Bad() {
		l.Refuse(figurePeriod, CodeMissing, "a row without a figure", "one figure or more: "+figureList())
	}
	return c, !l.Bad()
}

func figureList() string {
	var names []string
	for _, f := range performance.Figures {
		names = append(names, string(f))
	}
	return strings.Join(names, ", ")
}

// IsOrderLines tells whether the header of a table is one of order lines and not of figures.
func IsOrderLines(data []byte, options Options) bool {
	t, _ := Open(data, orderColumns, false, options)
	return t != nil
}
