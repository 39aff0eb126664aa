package desk

import (
	"slices"

	"kontor/node"
	"kontor/node/intake"
	"kontor/node/outlet"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/campaign"
	"kontor/protocol/capacity"
	"kontor/protocol/forecast"
	"kontor/protocol/partnership"
	"kontor/protocol/performance"
	productmap "kontor/protocol/product"
	"kontor/protocol/quality"
	"kontor/protocol/terms"
)

// OrderLines is the kind of the order lines kept with a partner, which stay at home and leave as a file alone.
const OrderLines intake.Kind = "lines"

// exportPrivate writes figures that stay at home, as the table their import reads.
func (d *Desk) exportPrivate(o ExportOptions, out Exported) (Exported, error) {
	out.Type = o.Kind
	if outlet.AllFields(intake.Layout(o.Layout)) && o.Kind != string(intake.Performance) {
		return out, node.Failf("EXPORT_REFUSED", "figures of kind %s have the layouts period, long and wide; %s is one of documents", o.Kind, o.Layout)
	}
	if o.Format == calendarFile {
		return d.exportClosed(o, out)
	}
	var t outlet.Table
	var err error
	switch intake.Kind(o.Kind) {
	case intake.History:
		t, err = d.historyTable()
	case intake.Capacity:
		t, err = d.capacityTable()
	case intake.Stock:
		t, out.Left, err = d.stockTable()
	case intake.Bill:
		t, err = d.billTable()
	case intake.Products:
		t, err = d.productTable()
	case intake.Performance:
		return d.exportCounted(o, out)
	case OrderLines:
		t, err = d.orderLineTable(o.With)
	}
	if err != nil {
		return out, err
	}
	if len(t.Rows) == 1 {
		return out, node.Failf("EXPORT_REFUSED", "nothing was exported: there are no figures of kind %s", o.Kind)
	}
	out.Data, err = t.Write(outlet.Format(o.Format), intake.Layout(o.Layout))
	return out, refusedExport(err)
}

func (d *Desk) historyTable() (t outlet.Table, err error) {
	t = outlet.Table{Rows: [][]string{{"product", "region", "period", "quantity"}}, Period: 2, Figures: 3}
	rows, err := d.history()
	for _, r := range rows {
		for _, m := range r.Months {
			t.Rows = append(t.Rows, []string{r.Product, r.Region, m.Month, outlet.Cell(m.Quantity)})
		}
	}
	return t, err
}

func (d *Desk) capacityTable() (t outlet.Table, err error) {
	t = outlet.Table{Rows: [][]string{{"line", "product", "load factor", "unit", "period", "maximum", "actual"}}, Period: 4, Figures: 5}
	rows, err := d.capacityLines()
	for _, r := range rows {
		links := r.Links
		if len(links) == 0 {
			links = []capacityLink{{}}
		}
		for _, l := range links {
			factor := ""
			if !l.Factor.IsZero() {
				factor = outlet.Cell(l.Factor)
			}
			for _, c := range r.Periods {
				t.Rows = append(t.Rows, []string{r.Line, l.Product, factor, string(r.Unit), c.Bucket.String(), outlet.Cell(c.Maximum), outlet.Cell(c.Actual)})
			}
		}
	}
	return t, err
}

func (d *Desk) stockTable() (t outlet.Table, left []string, err error) {
	t = outlet.Table{Rows: [][]string{{"product", "region", "on hand", "in transit", "backlog"}}, Period: -1, Figures: 2}
	rows, err := d.stock()
	seen := map[[2]string]bool{}
	for _, r := range rows {
		if seen[[2]string{r.Product, r.Region}] {
			return t, nil, node.Failf("EXPORT_REFUSED", "a table of stock can't tell two stocks of product %q in region %q apart, which lie at different places", r.Product, r.Region)
		}
		seen[[2]string{r.Product, r.Region}] = true
		if r.Place != "" {
			left = []string{"a table of stock has regions, and no places below them"}
		}
		t.Rows = append(t.Rows, []string{r.Product, r.Region, outlet.Cell(r.OnHand), outlet.Cell(r.InTransit), outlet.Cell(r.Backlog)})
	}
	return t, left, err
}

func (d *Desk) billTable() (t outlet.Table, err error) {
	t = outlet.Table{Rows: [][]string{{"product", "component", "unit", "quantity per unit"}}, Period: -1, Figures: 3}
	err = d.node.ReadPrivate(func(rows node.PrivateRows) error {
		list, err := scanRows[billRow](rows, billRows)
		for _, r := range list {
			for _, p := range r.Parts {
				t.Rows = append(t.Rows, []string{r.Product, p.Component, string(p.Unit), outlet.Cell(p.PerUnit)})
			}
		}
		return err
	})
	return t, err
}

func (d *Desk) productTable() (t outlet.Table, err error) {
	t = outlet.Table{Rows: [][]string{{"product", "gtin", "description", "unit", "partner item", "partner", "from", "until", "plant", "kit", "units", "share"}}, Period: -1, Figures: 12}
	own, err := d.ownProducts()
	for _, p := range own {
		head := []string{p.ID, p.GTIN, p.Description, string(p.Unit)}
		if len(p.Numbers) == 0 {
			t.Rows = append(t.Rows, append(head, "", "", "", "", "", "", "", ""))
		}
		for _, n := range p.Numbers {
			row := append(slices.Clone(head), n.Theirs, n.With, n.From.String(), "", n.Plant, "", outlet.Cell(n.Units), "")
			if n.Until != 0 {
				row[7] = n.Until.String()
			}
			if n.Kit {
				row[9] = "yes"
			}
			if n.Share != 0 {
				row[11] = outlet.Percent(n.Share)
			}
			t.Rows = append(t.Rows, row)
		}
	}
	return t, err
}

// exportCounted writes the figures counted with a partner that came aggregated.
func (d *Desk) exportCounted(o ExportOptions, out Exported) (Exported, error) {
	p, err := d.Partner(o.With, "")
	if err != nil {
		return out, err
	}
	var cells []performance.Cell
	if err := d.node.ReadPrivate(func(rows node.PrivateRows) (err error) {
		cells, err = scanRows[performance.Cell](rows, draftFigures+p.PID.String()+"/")
		return err
	}); err != nil {
		return out, err
	}
	if len(cells) == 0 {
		return out, node.Failf("EXPORT_REFUSED", "nothing was exported: no figures are kept with that partner; order lines are of the kind %s", OrderLines)
	}
	if l := intake.Layout(o.Layout); outlet.AllFields(l) {
		out.Data, err = outlet.Fields(string(intake.Performance), performanceFile{cells}, outlet.Format(o.Format), l)
		return out, refusedExport(err)
	}
	out.Data, out.Left, err = outlet.Performance(performance.Document{Cells: cells}, outlet.Format(o.Format), outlet.Options{Layout: intake.Layout(o.Layout)})
	return out, refusedExport(err)
}

func (d *Desk) orderLineTable(with string) (t outlet.Table, err error) {
	t = outlet.Table{Rows: [][]string{{"order", "line", "product", "place", "unit", "due", "event", "delivery", "delivered", "exclusion", "cancelled", "ordered", "accepted", "rejected"}}, Period: -1, Figures: 14}
	p, err := d.Partner(with, "")
	if err != nil {
		return t, err
	}
	return t, d.node.ReadPrivate(func(rows node.PrivateRows) error {
		list, err := scanRows[lineRow](rows, draftOrders+p.PID.String()+"/")
		for _, r := range list {
			l := r.Line
			row := []string{l.Order, l.Line, l.Item, r.Place.Key(), string(r.Unit), "", string(l.Event), l.Delivery, "", string(r.Exclude), "", "", "", ""}
			if l.Due != 0 {
				row[5] = l.Due.String()
			}
			if l.Date != 0 {
				row[8] = l.Date.String()
			}
			if r.Canceled {
				row[10] = "yes"
			}
			if l.Ordered != nil {
				row[11] = outlet.Cell(*l.Ordered)
			}
			if l.Accepted != nil {
				row[12] = outlet.Cell(*l.Accepted)
			}
			if !r.Rejected.IsZero() {
				row[13] = outlet.Cell(r.Rejected)
			}
			t.Rows = append(t.Rows, row)
		}
		return err
	})
}

// exportSheet writes an artifact that is held as a table of its own kind, or whole. found is false for a type that has none.
func (d *Desk) exportSheet(cid block.CID, sheet block.Sheet, f outlet.Format, opts outlet.Options) (data []byte, left []string, found bool, err error) {
	whole := outlet.AllFields(opts.Layout)
	fields := func(kind intake.Kind, doc any, err error) ([]byte, []string, bool, error) {
		if err != nil {
			return nil, nil, true, err
		}
		data, err := outlet.Fields(string(kind), doc, f, opts.Layout)
		return data, nil, true, err
	}
	switch sheet.Type {
	case forecast.Type:
		if whole {
			doc, err := forecast.FromSheet(sheet)
			return fields(intake.Forecast, doc, err)
		}
	case capacity.PlanType:
		if whole {
			doc, err := capacity.PlanFromSheet(sheet)
			return fields(intake.Capacity, doc, err)
		}
	case campaign.Type:
		if whole {
			doc, err := campaign.FromSheet(sheet)
			return fields(intake.Campaign, doc, err)
		}
	case quality.Type:
		if whole {
			doc, err := quality.FromSheet(sheet)
			return fields(intake.Quality, doc, err)
		}
	case terms.Type:
		doc, err := terms.FromSheet(sheet)
		opts.Layout = termsLayout(opts.Layout)
		return fields(intake.Terms, doc, err)
	case performance.Type:
		doc, err := performance.FromSheet(sheet)
		if whole || err != nil {
			return fields(intake.Performance, doc, err)
		}
		data, left, err = outlet.Performance(doc, f, opts)
		return data, left, true, err
	case capacity.AnswerType:
		doc, err := capacity.AnswerFromSheet(sheet)
		if whole || err != nil {
			return fields(intake.Answers, doc, err)
		}
		below, err := d.heldSheet(doc.Forecast)
		if err != nil {
			return nil, nil, true, err
		}
		asked, err := forecast.FromSheet(below)
		if err != nil {
			return nil, nil, true, err
		}
		data, left, err = outlet.Answer(&doc, asked, f, opts)
		return data, left, true, err
	case productmap.Type:
		doc, err := productmap.FromSheet(sheet)
		if whole || err != nil {
			return fields(intake.Products, doc, err)
		}
		seller, err := d.sellsBy(cid)
		if err != nil {
			return nil, nil, true, err
		}
		data, left, err = outlet.ProductMap(doc, func(l productmap.Link) (string, string) {
			if seller {
				return l.Sellers, l.Buyers
			}
			return l.Buyers, l.Sellers
		}, f, opts)
		return data, left, true, err
	}
	return nil, nil, false, nil
}

// sellsBy tells whether this company is the seller in the partnership that holds an artifact.
func (d *Desk) sellsBy(cid block.CID) (seller bool, err error) {
	p, err := d.holding(cid, func(*protocol.Replica) error { return nil })
	return p != nil && slices.Contains(sellers(p), d.node.Company()), err
}

// exportAnswer writes the forecast in force of a partner with what this company answered to it, or would by accepting it as it is: a file to be changed and
// imported again.
func (d *Desk) exportAnswer(o ExportOptions, opts outlet.Options, out Exported) (Exported, error) {
	p, err := d.Partner(o.With, partnership.RoleSeller)
	if err != nil {
		return out, err
	}
	var asked forecast.Document
	var answer *capacity.Answer
	if err := d.node.View(p.PID, func(r *protocol.Replica) error {
		in, _, err := d.loopInput(p, r, new(LoopView))
		asked, answer = in.Forecast, in.Answer
		return err
	}); err != nil {
		return out, err
	}
	out.Type = capacity.AnswerType
	out.Data, out.Left, err = outlet.Answer(answer, asked, outlet.Format(o.Format), opts)
	return out, refusedExport(err)
}

// termsLayout is the layout of a document that has clauses and no periods: its fields are the long table, its clauses the wide one.
func termsLayout(l intake.Layout) intake.Layout {
	switch l {
	case intake.ByPeriod, intake.Wide:
		return outlet.Records
	case "", intake.Long:
		return outlet.FieldLines
	}
	return l
}
