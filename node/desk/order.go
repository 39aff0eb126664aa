package desk

import (
	"fmt"
	"slices"
	"strings"

	"kontor/node"
	"kontor/node/intake"
	"kontor/node/intake/door"
	"kontor/protocol"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// Open orders of this company: private lines. What leaves is their sum in each bucket of a shared forecast.
const orderRows = "figures/order/"

// MaxOrders bounds the open orders kept: a year of daily call-offs of a few hundred products.
const MaxOrders = 100_000

// ImportOrders takes open orders from a table. A line of the file takes the place of the one of its key; with Replace what the file does not name is gone.
func (d *Desk) ImportOrders(data []byte, o ImportOptions) (ImportResult, error) {
	opts := intake.Options{SkipBad: o.SkipBad, Decimal: o.Decimal, DateOrder: o.DateOrder}
	if o.Unit != "" {
		unit, err := quantity.ParseUnit(o.Unit)
		if err != nil {
			return ImportResult{Report: &intake.Report{}}, node.Failf("BAD_UNIT", "%v", err)
		}
		opts.Unit = unit
	}
	text, opts, report, ok := door.Plain(data, door.Options{Options: opts, Format: door.Format(o.Format), Sheet: o.Sheet})
	if !ok {
		return ImportResult{Report: report}, &node.Failure{Code: "IMPORT_REFUSED", Text: refusalText(report)}
	}
	orders, report := intake.ReadOrders(text, opts)
	result := ImportResult{Report: report, DryRun: o.DryRun}
	if orders == nil {
		return result, &node.Failure{Code: "IMPORT_REFUSED", Text: refusalText(report)}
	}
	if len(orders) > MaxOrders {
		return result, node.Failf("IMPORT_REFUSED", "nothing was imported: %d open orders are more than %d", len(orders), MaxOrders)
	}
	err := d.change(o, &result, func(rows node.PrivateRows) error {
		if o.Replace {
			if err := rows.Clear(orderRows); err != nil {
				return err
			}
		}
		return putRows(rows, orderRows, orders, &result)
	})
	return result, err
}

// Orders lists the open orders, by key.
func (d *Desk) Orders() (out []intake.Order, err error) {
	err = d.node.ReadPrivate(func(rows node.PrivateRows) error {
		var err error
		out, err = scanRows[intake.Order](rows, orderRows)
		return err
	})
	if out == nil {
		out = []intake.Order{}
	}
	return out, err
}

// withOrders writes into the lines of a forecast what is ordered in each bucket. Every order counts in one line: of its product, and of its place where it
// names one. What finds no line or bucket is noted and left out.
func (d *Desk) withOrders(lines []forecast.Line) ([]forecast.Line, []string, error) {
	orders, err := d.Orders()
	if err != nil || len(orders) == 0 {
		return lines, nil, err
	}
	out := slices.Clone(lines)
	for i := range out {
		out[i].Buckets = slices.Clone(out[i].Buckets)
	}
	var lost []string
	for _, o := range orders {
		at, cell := placeOf(out, o)
		if at < 0 || cell < 0 {
			lost = append(lost, fmt.Sprintf("%s of %s on %s", o.Number, o.Product, o.Due))
			continue
		}
		c := &out[at].Buckets[cell]
		unit := o.Unit
		if o.Unstated {
			unit = out[at].Unit
		}
		q, err := quantity.Convert(o.Quantity, unit, out[at].Unit)
		if err != nil {
			return nil, nil, node.Failf("BAD_UNIT", "order %q of %s in %s can't be set against a forecast in %s: %v; import it again with its unit, or kontor order import FILE --unit CODE", o.Number, o.Product, o.Unit, out[at].Unit, err)
		}
		if c.Ordered != nil {
			if q, err = q.Add(*c.Ordered); err != nil {
				return nil, nil, err
			}
		}
		c.Ordered = &q
	}
	if len(lost) == 0 {
		return out, nil, nil
	}
	most := min(len(lost), 5)
	return out, []string{fmt.Sprintf("%s outside the forecast's lines and periods: %s", node.Count(len(lost), "open order"), strings.Join(lost[:most], "; "))}, nil
}

// placeOf finds the line and bucket an order counts in: a TOTAL line before parts of it.
func placeOf(lines []forecast.Line, o intake.Order) (line, cell int) {
	line, cell = -1, -1
	for i, l := range lines {
		named := o.Product == l.Item.BuyersID || o.Product == l.Item.SellersID || o.Product == l.Item.GTIN
		here := o.Region == "" || o.Region == l.Location.Key() || o.Region == l.Location.Region || strings.HasPrefix(o.Region, l.Location.Region+"-")
		if !named || !here || l.Role != "" || line >= 0 && (lines[line].Kind == forecast.Total || l.Kind != forecast.Total) {
			continue
		}
		if j := slices.IndexFunc(l.Buckets, func(c forecast.Cell) bool { return c.Contains(o.Due.Start) }); j >= 0 {
			line, cell = i, j
		}
	}
	return line, cell
}

// loopTerms is what terms in force on a day say of the loop: of several contracts the first by reference. Both nodes find the same on the same day.
func (d *Desk) loopTerms(r *protocol.Replica, on calendar.Date) (terms.Frame, bool, error) {
	list, err := r.TermsInForce(on)
	if err != nil || len(list) == 0 {
		return terms.Frame{}, false, err
	}
	return list[0].Document.Frame, true, nil
}

// agreedLoop sets the fields of the loop by terms in force; without any they stay.
func (d *Desk) agreedLoop(r *protocol.Replica, doc *forecast.Document) error {
	frame, ok, err := d.loopTerms(r, calendar.DateOf(doc.Header.Issued))
	if err != nil || !ok {
		return err
	}
	doc.Consumption = forecast.Consumption{Backward: frame.Loop.Backward, Forward: frame.Loop.Forward}
	doc.OnNoAnswer = frame.Loop.OnNoAnswer
	if frame.Loop.AnswerDays > 0 {
		doc.AnswerDue = frame.AnswerDue(doc.Header.Issued)
	}
	return nil
}
