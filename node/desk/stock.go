package desk

import (
	"kontor/node"
	"kontor/node/intake"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// stockRow is what the company has of a product, and owes, in a region ("" for all).
type stockRow struct {
	Product   string            `cbor:"product"`
	Region    string            `cbor:"region"`
	Place     string            `cbor:"place,omitempty"` // as the file named it; rows of one region are different stocks
	OnHand    quantity.Quantity `cbor:"on_hand"`
	InTransit quantity.Quantity `cbor:"in_transit"`
	Backlog   quantity.Quantity `cbor:"backlog"`
	AsOf      calendar.Date     `cbor:"as_of"`
}

// ImportStock takes stock on hand, in transit and backlog. A file is the whole stock: what it does not name is not known any more.
func (d *Desk) ImportStock(data []byte, o ImportOptions) (ImportResult, error) {
	return d.importKind(intake.Stock, data, o)
}

func (d *Desk) takeStock(draft *intake.Draft, report *intake.Report, o ImportOptions) (ImportResult, error) {
	result := ImportResult{Report: report, DryRun: o.DryRun}
	today := calendar.DateOf(d.node.Now())
	err := d.change(o, &result, func(rows node.PrivateRows) error {
		if err := rows.Clear(stockRows); err != nil {
			return err
		}
		for _, s := range draft.Stock {
			row := stockRow{Product: s.Product, Region: s.Region, Place: s.Place, OnHand: s.OnHand, InTransit: s.InTransit, Backlog: s.Backlog, AsOf: s.AsOf}
			if !row.AsOf.Valid() || row.AsOf > today { // a count of tomorrow is one of today in another zone
				row.AsOf = today
			}
			name := rowName(s.Product, s.Region)
			if s.Place != "" {
				name = rowName(s.Product, s.Region, s.Place)
			}
			if err := rows.Put(stockRows+name, row); err != nil {
				return err
			}
		}
		return nil
	})
	result.countFigures(3 * len(draft.Stock))
	return result, err
}

func (d *Desk) stock() (out []stockRow, err error) {
	err = d.node.ReadPrivate(func(p node.PrivateRows) error {
		return p.Scan(stockRows, func(_ string, decode func(any) error) (bool, error) {
			var row stockRow
			err := decode(&row)
			out = append(out, row)
			return true, err
		})
	})
	return out, err
}
