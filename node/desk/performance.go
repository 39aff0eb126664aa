package desk

import (
	"kontor/node"
	"kontor/node/intake"
	"kontor/node/intake/door"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/measure"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
)

// What the company counted with each partner: order lines with their deliveries, and figures that came aggregated. Lines stay here; a
// report carries what they add up to and the roots over them.
const (
	draftOrders   = "draft/performance-line/"
	draftFigures  = "draft/performance-cell/"
	draftCounting = "draft/performance-terms/"
)

// lineRow is an order line at home.
type lineRow struct {
	Line     performance.Line  `cbor:"line"`
	Item     forecast.Item     `cbor:"item"`
	Place    forecast.Location `cbor:"place,omitzero"`
	Unit     quantity.Unit     `cbor:"unit"`
	Rejected quantity.Quantity `cbor:"rejected,omitzero"`
	Exclude  measure.Reason    `cbor:"exclude,omitempty"`
	Canceled bool              `cbor:"canceled,omitempty"`
	Evidence *block.CID        `cbor:"evidence,omitempty"`
}

func (r lineRow) record() performance.Record {
	return performance.Record{Line: r.Line, Item: r.Item, Place: r.Place, Unit: r.Unit, Rejected: r.Rejected, Exclude: r.Exclude, Canceled: r.Canceled, Evidence: r.Evidence}
}

func rowOf(r performance.Record) lineRow {
	return lineRow{Line: r.Line, Item: r.Item, Place: r.Place, Unit: r.Unit, Rejected: r.Rejected, Exclude: r.Exclude, Canceled: r.Canceled, Evidence: r.Evidence}
}

// group is what a file restates as a whole: the deliveries of one event for one line of an order.
func (r lineRow) group() string {
	return forecast.JoinKey(r.Line.Order, r.Line.Line, r.Line.Item, string(r.Line.Event)) + "|"
}

func (r lineRow) key() string {
	at := r.Line.Delivery
	if at == "" && r.Line.Date != 0 {
		at = r.Line.Date.String()
	}
	return r.group() + forecast.JoinKey(at)
}

// PerformanceImport is a file of what was counted with a partner.
type PerformanceImport struct {
	ImportOptions
	With  string `json:"with"`
	Guest string `json:"guest,omitempty"` // a partner without a node, instead
	Event string `json:"event"`           // what the deliveries of a table are: RECEIPT_POSTED, ARRIVAL, DOCK or DESPATCH; empty: receipts
}

// ImportPerformance takes order lines or aggregated figures from a table, despatch and receipt advices, sales and stock reports of any format, or
// cells from a JSON document.
// What a table says about the deliveries of an order line takes the place of what was there about them; an advice adds to it.
func (d *Desk) ImportPerformance(data []byte, in PerformanceImport) (ImportResult, error) {
	with, err := d.countedIn(in)
	if err != nil {
		return ImportResult{Report: &intake.Report{Kind: "performance"}}, err
	}
	event, err := in.event()
	if err != nil {
		return ImportResult{Report: &intake.Report{Kind: "performance"}}, err
	}
	if holdsCells(data) {
		file, report, err := readCells(data)
		if err != nil {
			return ImportResult{Report: report}, err
		}
		return d.takeFigures(with, file.cells, "", report, in.ImportOptions)
	}
	if in.From == "" && in.Guest == "" {
		in.From = in.With
	}
	if rows, ok := door.Fields(data, door.Options{Format: door.Format(in.Format), Sheet: in.Sheet}); ok {
		return d.takeFields(rows, &intake.Report{Kind: intake.Performance, Format: string(door.Detect(data)), Lines: len(rows.Fields) - 1, Imported: len(rows.Fields) - 1}, in.ImportOptions)
	}
	format := door.Format(in.Format)
	if format == "" || format == "auto" {
		format = door.Detect(data)
	}
	if format != door.Table && format != door.Sheet {
		draft, report, err := d.read(in.ImportOptions, intake.Performance, data)
		if err != nil {
			return ImportResult{Report: report}, err
		}
		if draft.Kind == intake.Performance {
			return d.takeFigures(with, draft.Figures, event, report, in.ImportOptions)
		}
		return d.takeMovements(with, draft, report, event, in.ImportOptions)
	}
	file, report, err := d.readCountedTable(data, in, event, format)
	switch {
	case err != nil:
		return ImportResult{Report: report}, err
	case file.records != nil:
		return d.takeLines(with, file.records, report, true, in.ImportOptions)
	}
	return d.takeFigures(with, file.cells, event, report, in.ImportOptions)
}

// countedIn is with whom a file was counted.
func (d *Desk) countedIn(in PerformanceImport) (counted, error) {
	if in.Guest == "" {
		p, err := d.Partner(in.With, "")
		if err != nil {
			return counted{}, err
		}
		return countedWith(p), nil
	}
	if in.With != "" {
		return counted{}, node.Failf("BAD_GUEST", "a file is counted with a partner or with one without a node, not with both; leave out --with or --guest")
	}
	guest, err := d.guestNamed(in.Guest)
	return countedWithGuest(guest), err
}

func (d *Desk) takeFigures(with counted, cells []performance.Cell, event performance.Event, report *intake.Report, o ImportOptions) (ImportResult, error) {
	result := ImportResult{Report: report, DryRun: o.DryRun}
	err := d.change(o, &result, func(rows node.PrivateRows) error {
		prefix := draftFigures + with.key + "/"
		if o.Replace {
			if err := rows.Clear(prefix); err != nil {
				return err
			}
		}
		for _, c := range cells {
			c.Lines, c.Deliveries = nil, nil // made of lines, when the report is
			var was performance.Cell
			found, err := rows.Get(prefix+c.Key(), &was)
			if err != nil {
				return err
			}
			for _, f := range performance.Figures { // one file says what is on hand, the next what was sold
				if *c.At(f) == nil {
					*c.At(f) = *was.At(f)
				}
			}
			if c.Days == nil {
				c.Days = was.Days
			}
			if in := c.Service; in != nil && event == performance.Despatch { // the counts of a table are of the event it is said to be of
				in.Shipped, in.Received = in.Received, nil
			}
			c.Service = c.Service.Or(was.Service)
			if err := putCounted(rows, prefix+c.Key(), c, was, found, &result); err != nil {
				return err
			}
		}
		return nil
	})
	return result, err
}

// takeLines keeps order lines. restated: the file says all about each line's deliveries of an event.
func (d *Desk) takeLines(with counted, records []performance.Record, report *intake.Report, restated bool, o ImportOptions) (ImportResult, error) {
	result := ImportResult{Report: report, DryRun: o.DryRun}
	err := d.change(o, &result, func(rows node.PrivateRows) error {
		prefix := draftOrders + with.key + "/"
		if o.Replace {
			if err := rows.Clear(prefix); err != nil {
				return err
			}
		}
		said := map[string]map[string]bool{}
		for _, r := range records {
			row := rowOf(r)
			if said[row.group()] == nil {
				said[row.group()] = map[string]bool{}
			}
			said[row.group()][row.key()] = true
			var was lineRow
			found, err := rows.Get(prefix+row.key(), &was)
			if err != nil {
				return err
			}
			if err := putCounted(rows, prefix+row.key(), row, was, found, &result); err != nil {
				return err
			}
		}
		if !restated {
			return nil
		}
		for group, keys := range said {
			var gone []string
			if err := rows.Scan(prefix+group, func(key string, _ func(any) error) (bool, error) {
				if !keys[group+key] {
					gone = append(gone, prefix+group+key)
				}
				return true, nil
			}); err != nil {
				return err
			}
			for _, key := range gone {
				if err := rows.Delete(key); err != nil {
					return err
				}
			}
			result.Changed += len(gone)
		}
		return nil
	})
	return result, err
}

// takeMovements keeps what despatch and receipt advices say: deliveries of an event, for orders they name.
func (d *Desk) takeMovements(with counted, draft *intake.Draft, report *intake.Report, event performance.Event, o ImportOptions) (ImportResult, error) {
	if draft.Kind != intake.Despatch && draft.Kind != intake.Receipt {
		return ImportResult{Report: report}, node.Failf("IMPORT_REFUSED", "nothing was imported: the file is of kind %s; kontor performance import takes tables of lines or figures, and despatch or receipt advices", draft.Kind)
	}
	if draft.Kind == intake.Despatch {
		event = performance.Despatch
	}
	var records []performance.Record
	index := map[string]int{}
	for _, m := range draft.Movements {
		q := m.Quantity
		var rejected quantity.Quantity
		if m.Accepted != nil {
			if less, err := q.Sub(*m.Accepted); err == nil && less.Sign() > 0 {
				rejected = less
			}
			q = *m.Accepted
		}
		r := performance.Record{Line: performance.Line{Order: m.Order, Item: m.Item.ID(), Event: event, Delivery: m.Document, Accepted: &q, Date: m.Date, OrderedOn: m.Ordered, Damaged: m.Damaged}, Item: m.Item, Place: m.Location, Unit: m.Unit, Rejected: rejected}
		if err := r.Line.Check(); err != nil {
			report.Note(intake.Complaint{Code: intake.NoteIgnored, Line: m.Line, Value: m.Item.ID(), Text: "left out: it names neither an order nor an advice: " + err.Error()})
			continue
		}
		key := rowOf(r).key()
		if i, twice := index[key]; twice { // packages of one line in one advice
			sum, err := records[i].Accepted.Add(q)
			if err != nil {
				return ImportResult{Report: report}, node.Failf("IMPORT_REFUSED", "order %q, item %q: quantities add up to too much", m.Order, m.Item.ID())
			}
			records[i].Accepted = &sum
			if was := records[i].Damaged; was != nil && m.Damaged != nil {
				if sum, err = was.Add(*m.Damaged); err == nil {
					records[i].Damaged = &sum
				}
			}
			continue
		}
		index[key] = len(records)
		records = append(records, r)
	}
	if len(records) == 0 {
		return ImportResult{Report: report}, node.Failf("IMPORT_REFUSED", "nothing was imported: no line of the file names an order or an advice")
	}
	return d.takeLines(with, records, report, false, o)
}

// countingTerms are how reports to one partner are counted: what the desk set last.
type countingTerms struct {
	Setting map[string]string `cbor:"setting"`
	By      string            `cbor:"by"` // window, month, week or day
}

// recordsOf are all order lines kept with a partner.
func recordsOf(rows node.PrivateRows, with counted) (out []performance.Record, err error) {
	list, err := scanRows[lineRow](rows, draftOrders+with.key+"/")
	for _, r := range list {
		out = append(out, r.record())
	}
	return out, err
}

// cutWindow cuts a window.
func cutWindow(w calendar.Bucket, by string) ([]calendar.Bucket, error) {
	var out []calendar.Bucket
	switch by {
	case "", "window":
		return []calendar.Bucket{w}, nil
	case "day":
		return calendar.DaysFrom(w.Start, w.Days()), nil
	case "week", "month":
		for at := w.Start; at < w.End; {
			end := at.AddDays(7)
			if by == "month" {
				end = at.Month().Add(1).First()
			}
			out = append(out, calendar.Bucket{Start: at, End: min(end, w.End)})
			at = end
		}
		return out, nil
	}
	return nil, node.Failf("BAD_BUCKETS", "%q: want window, month, week or day", by)
}
