package outlet

import (
	"bytes"
	"fmt"

	"github.com/xuri/excelize/v2"

	"kontor/node/intake"
	"kontor/protocol/capacity"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// figure is a quantity as a reader can't misread it.
func figure(q quantity.Quantity) string { return intake.Figure(q) }

// planRows is a capacity plan as a table: a line for each group, period and product.
func planRows(p capacity.Plan, n *notes) (Table, error) {
	rows := [][]string{{"line", "product", "load factor", "unit", "period", "maximum", "actual"}}
	if len(p.Positions) > 0 {
		n.add("a table of capacity has no stock: %d positions were left out", len(p.Positions))
	}
	for _, g := range p.Groups {
		links := g.Links
		if len(links) == 0 {
			links = []capacity.Link{{}}
		}
		products := map[string]bool{}
		for _, l := range links {
			if products[l.Product] {
				return Table{}, fmt.Errorf("a table can't tell two links of product %q to %q apart, which differ by region or category", l.Product, g.ID)
			}
			products[l.Product] = true
			if l.Region != "" || l.Category != "" || l.Share != 0 {
				n.add("a table of capacity has no regions, categories and shares of links")
			}
			factor := ""
			if !l.Factor.IsZero() {
				factor = figure(l.Factor)
			}
			for _, c := range g.Capacities {
				if c.Agreed != nil || c.Delta != nil {
					n.add("a table of capacity has no agreed capacity and delta production")
				}
				rows = append(rows, []string{g.ID, l.Product, factor, string(g.Unit), c.Bucket.String(), figure(c.Maximum), figure(c.Actual)})
			}
		}
	}
	return Table{Rows: rows, Period: 4, Figures: 5}, nil
}

func forecastTable(format Format) func(forecast.Document, Options, *notes) ([]byte, error) {
	return func(d forecast.Document, o Options, n *notes) ([]byte, error) {
		t, err := forecastRows(d, n)
		if err != nil {
			return nil, err
		}
		return t.Write(format, o.Layout)
	}
}

func planTable(format Format) func(capacity.Plan, Options, *notes) ([]byte, error) {
	return func(p capacity.Plan, o Options, n *notes) ([]byte, error) {
		t, err := planRows(p, n)
		if err != nil {
			return nil, err
		}
		return t.Write(format, o.Layout)
	}
}

// Table is a table by period: a header, and a line for each thing and period.
type Table struct {
	Rows    [][]string
	Period  int // column of the period, -1 where there is none
	Figures int // first column of figures; those before name the line
}

// Write writes a table in one of its layouts.
func (t Table) Write(format Format, layout intake.Layout) ([]byte, error) {
	switch layout {
	case "", intake.ByPeriod, intake.Long, intake.Wide:
	default:
		return nil, fmt.Errorf("a table has no layout %q; want period, long or wide", layout)
	}
	rows, ok := intake.Lay(t.Rows, layout, t.Period, t.Figures)
	if !ok {
		return nil, fmt.Errorf("this table has no layout %q: it has no periods, figures of no period, or more periods than a table has columns; want period or long", layout)
	}
	figures := t.Figures
	switch layout {
	case intake.Long:
		figures++ // behind the measure
	case intake.Wide: // the period gives its column to the measure
	}
	switch format {
	case CSV:
		return intake.Write(rows), nil
	case XLSX:
		return sheet(rows, figures)
	}
	return nil, fmt.Errorf("a table is not written as %q; want csv or xlsx", format)
}

// sheet writes rows into a workbook. Columns from the given one on are numbers
// where a spreadsheet holds them without loss; all else is text, never a formula.
func sheet(rows [][]string, numbers int) ([]byte, error) {
	f := excelize.NewFile()
	defer f.Close()
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		return nil, err
	}
	for i, row := range rows {
		cells := make([]any, len(row))
		for j, text := range row {
			cells[j] = intake.Protected(text)
			if i > 0 && j >= numbers && text != "" {
				q, err := quantity.Parse(text)
				if n, ok := q.At(0); err == nil && ok && n.IsInt64() && q.Abs().Less(quantity.Of(1_000_000_000_000_000)) {
					cells[j] = n.Int64() // fifteen digits are what a spreadsheet keeps
				}
			}
			if text == "" {
				cells[j] = nil
			}
		}
		at, err := excelize.CoordinatesToCellName(1, i+1)
		if err != nil {
			return nil, err
		}
		if err := w.SetRow(at, cells); err != nil {
			return nil, fmt.Errorf("row %d of the workbook: %w", i+1, err)
		}
	}
	if err := w.Flush(); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
