package catenax

import (
	"fmt"
	"slices"

	"kontor/node/intake"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
)

// positions reads an ItemStock, a DeliveryInformation or a PlannedProductionOutput.
// All three name their material by an identifier of its digital twin, which the
// table of products has to map; it is taken as the product's number.
func (r *reader) positions(p positions, path string) {
	if p.GlobalAsset == "" {
		r.complain(path+"materialGlobalAssetId", "", intake.CodeIdentity, "no identifier of the material", "materialGlobalAssetId")
		return
	}
	r.note(path+"materialGlobalAssetId", p.GlobalAsset, intake.NoteAssumed, "the material is named by its twin's identifier, which was taken as the product's number")
	for i, pos := range p.Positions {
		at := fmt.Sprintf("%spositions[%d]", path, i)
		for j, s := range pos.Stocks {
			if part := fmt.Sprintf("%s.allocatedStocks[%d]", at, j); r.report.Kind == intake.Performance {
				r.stockFigure(p.GlobalAsset, pos.Updated, s.Quantity, s.Blocked, s.Site, part, at)
			} else {
				r.stock(p.GlobalAsset, s.Quantity, s.Blocked, s.Site, part)
			}
		}
		for j, o := range pos.Outputs {
			r.move(p.GlobalAsset, o.Quantity, o.Done, o.Site, pos.Order.Customers, "", fmt.Sprintf("%s.allocatedPlannedProductionOutputs[%d]", at, j))
		}
		for j, d := range pos.Deliveries {
			moment, rank := "", 0
			for _, e := range d.Events {
				if n := slices.Index([]string{"", "estimated-arrival", "estimated-departure", "actual-arrival", "actual-departure"}, e.Type); n > rank {
					moment, rank = e.At, n
				}
			}
			r.move(p.GlobalAsset, d.Quantity, moment, d.Locations.Destination.Site, pos.Order.Customers, d.Tracking, fmt.Sprintf("%s.deliveries[%d]", at, j))
		}
	}
}

func (r *reader) amount(a amount, at string) (q quantity.Quantity, unit quantity.Unit, ok bool) {
	if q, ok = r.number(a.Value, at+".value"); !ok {
		return q, "", false
	}
	if q.Sign() < 0 {
		r.complain(at+".value", q.String(), intake.CodeSign, "a quantity below zero", "0 or more")
		return q, "", false
	}
	unit, ok = r.unit(a.Unit, false, at+".unit")
	return q, unit, ok
}

func (r *reader) stock(product string, a amount, blocked bool, site, at string) {
	q, _, ok := r.amount(a, at+".quantityOnAllocatedStock")
	if !ok {
		return
	}
	if blocked {
		r.note(at+".isBlocked", "true", intake.NoteNotCarried, "blocked stock: left aside, it is not free")
		return
	}
	where := r.Place(intake.Party{Code: site, Agency: "bpns"}, r.report, intake.Complaint{Column: at + ".stockLocationBPNS"})
	for i := range r.draft.Stock {
		if s := &r.draft.Stock[i]; s.Product == product && s.Place == site {
			if sum, err := s.OnHand.Add(q); err == nil {
				s.OnHand = sum
			}
			return
		}
	}
	r.draft.Stock = append(r.draft.Stock, intake.StockRow{Product: product, Region: where.Region, Place: site, OnHand: q})
}

// stockFigure counts an allocated stock for a report: the day that its position was last updated on is the day of the count.
func (r *reader) stockFigure(product, updated string, a amount, blocked bool, site, at, position string) {
	q, unit, ok := r.amount(a, at+".quantityOnAllocatedStock")
	if !ok {
		return
	}
	ms := r.moment(updated, position+".lastUpdatedOnDateTime", true)
	if ms == 0 {
		return
	}
	where := r.Place(intake.Party{Code: site, Agency: "bpns"}, r.report, intake.Complaint{Column: at + ".stockLocationBPNS"})
	add := func(f performance.Figure) {
		// Allocations are parts of one stock, whatever order they are for: each has a name of its own here, so that they add up.
		r.counting.Add(intake.Counted{Item: forecast.Item{BuyersID: product}, Place: where, Code: at, Bucket: intake.Day(calendar.DateOf(ms)), Figure: f, Quantity: q, Unit: unit, At: intake.Complaint{Column: at + ".quantityOnAllocatedStock"}})
	}
	add(performance.OnHand)
	if blocked {
		add(performance.Blocked)
	}
}

func (r *reader) move(product string, a amount, moment, site, order, document, at string) {
	q, unit, ok := r.amount(a, at)
	if !ok {
		return
	}
	ms := r.moment(moment, at+".time", true)
	if ms == 0 {
		return
	}
	r.draft.Movements = append(r.draft.Movements, intake.Movement{Item: forecast.Item{BuyersID: product}, Date: calendar.DateOf(ms), Quantity: q, Unit: unit, Order: order, Document: document,
		Location: r.Place(intake.Party{Code: site, Agency: "bpns"}, r.report, intake.Complaint{Column: at})})
}
