package desk

import (
	"cmp"
	"context"
	"slices"

	"kontor/node"
	"kontor/node/intake"
	"kontor/node/planner"
	"kontor/protocol/quantity"
)

// Private rows of what a company passes on to its own suppliers. All of them stay at home.
const (
	routeRows    = "tier/route/"    // by supplier, then customer: whose demand goes where, and in which mode
	supplierRows = "tier/supplier/" // by supplier: what it makes for us
	billRows     = "tier/bill/"     // by product: what one unit of it contains
	leadRows     = "tier/lead/"     // by product; "" for all others
	changedRow   = "tier/changed"   // counts changes of the rows above and of grants
)

// billRow is the bill of materials of one product.
type billRow struct {
	Product string     `cbor:"product"`
	Parts   []billPart `cbor:"parts"` // ascending by component
}

type billPart struct {
	Component string            `cbor:"component"`
	PerUnit   quantity.Quantity `cbor:"per_unit"`
	Unit      quantity.Unit     `cbor:"unit"`
}

// ImportBill takes a bill of materials: product, component, quantity per unit of the product, unit. A file is the whole bill: products it does
// not name have none any more.
func (d *Desk) ImportBill(_ context.Context, data []byte, o ImportOptions) (ImportResult, error) {
	return d.importKind(intake.Bill, data, o)
}

func (d *Desk) takeBill(draft *intake.Draft, report *intake.Report, o ImportOptions) (ImportResult, error) {
	lines := make([]planner.BillLine, len(draft.Bill))
	for i, b := range draft.Bill {
		lines[i] = planner.BillLine{Product: b.Product, Component: b.Component, PerUnit: b.PerUnit, Unit: b.Unit}
	}
	if _, err := planner.NewBill(lines); err != nil {
		return ImportResult{Report: report}, node.Failf("IMPORT_REFUSED", "%v", err)
	}
	result := ImportResult{Report: report, DryRun: o.DryRun}
	err := d.change(o, &result, func(rows node.PrivateRows) error {
		before := map[string]billPart{}
		old, err := readBillRows(rows)
		if err != nil {
			return err
		}
		for _, row := range old {
			for _, p := range row.Parts {
				before[rowName(row.Product, p.Component)] = p
			}
		}
		if err := rows.Clear(billRows); err != nil {
			return err
		}
		for _, row := range billRowsOf(lines) {
			for _, p := range row.Parts {
				switch was, known := before[rowName(row.Product, p.Component)]; {
				case !known:
					result.Added++
				case was == p:
					result.Unchanged++
				default:
					result.Changed++
				}
			}
			if err := rows.Put(billRows+rowName(row.Product), row); err != nil {
				return err
			}
		}
		return changed(rows)
	})
	return result, err
}

// billRowsOf gathers lines by product, both ascending.
func billRowsOf(lines []planner.BillLine) (out []billRow) {
	lines = slices.SortedFunc(slices.Values(lines), func(a, b planner.BillLine) int {
		return cmp.Or(cmp.Compare(a.Product, b.Product), cmp.Compare(a.Component, b.Component))
	})
	for _, l := range lines {
		if n := len(out); n == 0 || out[n-1].Product != l.Product {
			out = append(out, billRow{Product: l.Product})
		}
		row := &out[len(out)-1]
		row.Parts = append(row.Parts, billPart{l.Component, l.PerUnit, l.Unit})
	}
	return out
}

func readBillRows(rows node.PrivateRows) (out []billRow, err error) {
	err = rows.Scan(billRows, func(_ string, decode func(any) error) (bool, error) {
		var row billRow
		err := decode(&row)
		out = append(out, row)
		return true, err
	})
	return out, err
}

func readBill(rows node.PrivateRows) (planner.Bill, error) {
	stored, err := readBillRows(rows)
	if err != nil {
		return planner.Bill{}, err
	}
	var lines []planner.BillLine
	for _, row := range stored {
		for _, p := range row.Parts {
			lines = append(lines, planner.BillLine{Product: row.Product, Component: p.Component, PerUnit: p.PerUnit, Unit: p.Unit})
		}
	}
	return planner.NewBill(lines)
}
