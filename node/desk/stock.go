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

// StockQuery chooses stock.
type StockQuery struct {
	Product string `json:"product,omitempty"` // empty: all
}

// StockView is what there is of a product at a place, and what is owed.
type StockView struct {
	Product   string            `json:"product"`
	Name      string            `json:"name,omitempty"` // of the own product, where it has one
	Region    string            `json:"region,omitempty"`
	Place     string            `json:"place,omitempty"` // as the file named it
	Unit      quantity.Unit     `json:"unit,omitempty"`  // of the own product, where it is known
	OnHand    quantity.Quantity `json:"on_hand"`
	InTransit quantity.Quantity `json:"in_transit"`
	Backlog   quantity.Quantity `json:"backlog"`
	Free      quantity.Quantity `json:"free"` // on hand and in transit, less the backlog; below zero where more is owed
	AsOf      string            `json:"as_of"`
	Age       int               `json:"age"` // whole days since it was counted
}

// StockList lists the stock at home by product and place.
func (d *Desk) StockList(q StockQuery) ([]StockView, error) {
	rows, err := d.stock()
	if err != nil {
		return nil, err
	}
	own, err := d.ownProducts()
	if err != nil {
		return nil, err
	}
	known := map[string]OwnProduct{}
	for _, p := range own {
		known[p.ID] = p
	}
	today := calendar.DateOf(d.node.Now())
	out := []StockView{}
	for _, r := range rows {
		if q.Product != "" && r.Product != q.Product {
			continue
		}
		v := StockView{Product: r.Product, Name: known[r.Product].Description, Region: r.Region, Place: r.Place, Unit: known[r.Product].Unit, OnHand: r.OnHand, InTransit: r.InTransit, Backlog: r.Backlog,
			AsOf: r.AsOf.String(), Age: max(0, today.Sub(r.AsOf))}
		if v.Free, err = r.OnHand.Add(r.InTransit); err == nil {
			v.Free, err = v.Free.Sub(r.Backlog)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	if q.Product != "" && len(out) == 0 {
		return nil, node.Failf("NO_STOCK", "no stock of %q is known here; kontor stock list shows what is, and a file of stock is the whole stock: kontor stock import FILE", intake.Shortened(q.Product))
	}
	return out, nil
}
