package ubl

import (
	"strings"

	"kontor/node/intake"
	"kontor/protocol/calendar"
)

// activity reads a ProductActivity: what was sold, by place and period.
func (r *reader) activity(root *element) {
	lines := root.all("SupplyChainActivityDataLine")
	for _, e := range lines {
		if !r.demandLike(e.one("SupplyChainActivityTypeCode")) {
			continue
		}
		b, ok := r.period(e.one("ActivityPeriod"), root.one("ActivityPeriod"))
		if !ok {
			continue
		}
		party, at := r.location(e.one("ActivityFinalLocation"))
		if at == nil || party == (intake.Party{}) {
			party, at = r.location(e.one("ActivityOriginLocation"))
		}
		sales := e.all("SalesItem")
		if len(sales) == 0 {
			r.missing(e, "a line without SalesItem", "SalesItem with Quantity and Item")
		}
		for _, s := range sales {
			q, ok := r.number(s.one("Quantity"))
			if !ok {
				if s.one("Quantity") == nil {
					r.missing(s, "no quantity", "Quantity")
				}
				continue
			}
			id := r.item(s.one("Item")).ID()
			if id == "" {
				r.missing(s, "no product number", "BuyersItemIdentification, SellersItemIdentification or a GTIN")
				continue
			}
			if _, ok := r.MessageUnit(s.one("Quantity").attrs["unitCode"], r.report, s.one("Quantity").place()); !ok {
				continue
			}
			place := r.Place(party, r.report, at.place())
			r.draft.History = append(r.draft.History, intake.HistoryRow{Line: e.line, Product: id, Region: place.Region, Period: b, Quantity: q})
		}
	}
	if len(lines) == 0 {
		r.report.Complain(intake.Complaint{Code: intake.CodeEmpty, Column: root.path, Text: "the document has no line", Want: "one or more"})
	}
}

// demandLike says whether an activity may stand for what was needed. Shipments
// are supply, and may stay below the need: that is noted.
func (r *reader) demandLike(kind *element) bool {
	if kind == nil {
		return true
	}
	code, c := strings.ToUpper(kind.text), kind.place()
	c.Value = kind.text
	switch {
	case strings.Contains(code, "SALE") || strings.Contains(code, "CONSUM"):
		return true
	case strings.Contains(code, "SHIP"):
		c.Code, c.Text = intake.NoteAssumed, "shipments, read as history: where supply fell short they are less than was needed"
		r.report.Note(c)
		return true
	}
	c.Code, c.Text, c.Want = intake.CodeFormat, "an activity that is no demand", "sales, consumption or shipments"
	r.report.Complain(c)
	return false
}

// advice reads a DespatchAdvice or ReceiptAdvice.
func (r *reader) advice(root *element) {
	name, amount := "DespatchLine", "DeliveredQuantity"
	if root.name == "ReceiptAdvice" {
		name, amount = "ReceiptLine", "ReceivedQuantity"
	}
	day := func(e *element) (calendar.Date, bool) {
		for _, path := range [][]string{{"Shipment", "Delivery", "ActualDeliveryDate"}, {"Shipment", "ActualDespatchDate"}, {"Delivery", "ActualDeliveryDate"}, {"ReceivedDate"}} {
			if at := e.one(path...); at != nil {
				return r.day(at)
			}
		}
		return 0, false
	}
	date, ok := day(root)
	if !ok {
		date, ok = r.day(root.one("IssueDate"))
	}
	if !ok {
		r.missing(root, "no date", "IssueDate, or the date of despatch or receipt")
		return
	}
	lines := root.all(name)
	for _, e := range lines {
		q, ok := r.number(e.one(amount))
		if !ok {
			if e.one(amount) == nil {
				r.missing(e, "no quantity", amount)
			}
			continue
		}
		item := r.item(e.one("Item"))
		if item.ID() == "" {
			r.missing(e, "no product number", "BuyersItemIdentification, SellersItemIdentification or a GTIN")
			continue
		}
		unit, ok := r.MessageUnit(e.one(amount).attrs["unitCode"], r.report, e.one(amount).place())
		if !ok {
			continue
		}
		m := intake.Movement{Line: e.line, Item: item, Date: date, Quantity: q, Unit: unit, Document: root.value("ID"), Order: e.value("OrderLineReference", "OrderReference", "ID")}
		if d, ok := day(e); ok {
			m.Date = d
		}
		placed := e.one("OrderLineReference", "OrderReference", "IssueDate")
		if m.Order == "" {
			m.Order = root.value("OrderReference", "ID")
		}
		if placed == nil && m.Order == root.value("OrderReference", "ID") {
			placed = root.one("OrderReference", "IssueDate")
		}
		if m.Ordered, ok = r.dayOr0(placed); !ok {
			continue
		}
		party, at := r.location(root.one("Shipment", "Delivery", "DeliveryLocation"))
		if party == (intake.Party{}) {
			party, at = intake.Party{Country: root.value("DeliveryCustomerParty", "Party", "PostalAddress", "Country", "IdentificationCode")}, root
		}
		m.Location = r.Place(party, r.report, at.place())
		if rejected, ok := r.number(e.one("RejectedQuantity")); ok {
			if accepted, err := q.Sub(rejected); err == nil && accepted.Sign() >= 0 {
				m.Accepted = &accepted
			}
		}
		r.draft.Movements = append(r.draft.Movements, m)
	}
	if len(lines) == 0 {
		r.report.Complain(intake.Complaint{Code: intake.CodeEmpty, Column: root.path, Text: "the document has no line", Want: "one or more"})
	}
}
