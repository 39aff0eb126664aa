package desk

import (
	"slices"
	"strings"

	"kontor/node"
	"kontor/node/intake"
	"kontor/node/intake/door"
	"kontor/protocol/calendar"
	"kontor/protocol/measure"
	"kontor/protocol/performance"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
)

// countedFile is what a file says was counted: order lines, or figures.
type countedFile struct {
	records  []performance.Record
	cells    []performance.Cell
	delivery []measure.Parameter // by which the deliveries of the cells are counted; nil: they say nothing of deliveries
}

// performanceFile is what a JSON file of figures holds: cells as kontor performance show --json prints them.
type performanceFile struct {
	Cells []performance.Cell `json:"cells"`
}

// event is what the deliveries of a table are.
func (in PerformanceImport) event() (performance.Event, error) {
	event := performance.Event(strings.ToUpper(in.Event))
	if event == "" {
		event = performance.ReceiptPosted
	}
	if !slices.Contains([]performance.Event{performance.Despatch, performance.Arrival, performance.Dock, performance.ReceiptPosted}, event) {
		return event, node.Failf("BAD_EVENT", "%q is no event of a delivery: want RECEIPT_POSTED, ARRIVAL, DOCK or DESPATCH", in.Event)
	}
	return event, nil
}

func holdsCells(data []byte) bool {
	return looksJSON(data) && strings.Contains(string(data[:min(len(data), 1<<10)]), `"cells"`)
}

func readCells(data []byte) (countedFile, *intake.Report, error) {
	var file struct {
		performanceFile
		Delivery []measure.Parameter `json:"delivery"`
	}
	report := &intake.Report{Kind: "performance", Format: "json"}
	err := readJSON(data, &file)
	if err == nil {
		report.Lines, report.Imported = len(file.Cells), len(file.Cells)
	}
	return countedFile{cells: file.Cells, delivery: file.Delivery}, report, err
}

// readCounted reads a file without keeping anything of it: a table of lines or of figures, or cells as JSON.
func (d *Desk) readCounted(data []byte, in PerformanceImport) (countedFile, error) {
	event, err := in.event()
	if err != nil {
		return countedFile{}, err
	}
	if holdsCells(data) {
		file, _, err := readCells(data)
		return file, err
	}
	format := door.Detect(data)
	if format != door.Table && format != door.Sheet {
		return countedFile{}, node.Failf("BAD_FORMAT", "figures are read from a table of order lines or of aggregated actuals, or from cells as JSON, and this is %s; take it in first: kontor performance import FILE", format)
	}
	file, _, err := d.readCountedTable(data, in, event, format)
	return file, err
}

// readCountedTable reads a table: its columns tell lines from figures.
func (d *Desk) readCountedTable(data []byte, in PerformanceImport, event performance.Event, format door.Format) (countedFile, *intake.Report, error) {
	var none countedFile
	opts, kept, err := d.readOptions(in.ImportOptions, "performance")
	if err != nil {
		return none, &intake.Report{Kind: "performance"}, err
	}
	opts.Kind = ""
	text, opts, report, ok := door.Plain(data, door.Options{Options: opts, Format: format, Sheet: in.Sheet})
	if !ok {
		return none, report, &node.Failure{Code: "IMPORT_REFUSED", Text: refusalText(report)}
	}
	if intake.IsOrderLines(text, opts) {
		records, report := intake.ReadOrderLines(text, event, opts)
		report.Format = string(format)
		if records == nil {
			return none, report, &node.Failure{Code: "IMPORT_REFUSED", Text: refusalText(report)}
		}
		NoteMapping(report, kept)
		return countedFile{records: records}, report, nil
	}
	shaped, report := intake.Reshape(text, opts)
	if shaped != nil {
		if shaped.Text == nil {
			report.Format, report.Kind = string(format), intake.Performance
			return none, report, &node.Failure{Code: "IMPORT_REFUSED", Text: refusalText(report)}
		}
		text, opts = shaped.Text, shaped.Options
	}
	cells, report := intake.ReadFigures(text, opts)
	if shaped != nil {
		shaped.Restore(report)
	}
	report.Format = string(format)
	if cells == nil {
		return none, report, &node.Failure{Code: "IMPORT_REFUSED", Text: refusalText(report)}
	}
	NoteMapping(report, kept)
	return countedFile{cells: cells}, report, nil
}

// over is the period asked for, or the whole months that the file speaks of, the newest twelve at most.
func (f countedFile) over(asked string) (calendar.Bucket, error) {
	if asked != "" {
		return windowOf(asked)
	}
	var first, end calendar.Date
	take := func(from, until calendar.Date) {
		if from == 0 {
			return
		}
		if first == 0 || from < first {
			first = from
		}
		end = max(end, until)
	}
	for _, r := range f.records {
		day := r.Line.Due
		if day == 0 {
			day = r.Line.Date
		}
		take(day, day.AddDays(1))
	}
	for _, c := range f.cells {
		take(c.Bucket.Start, c.Bucket.End)
	}
	if end == 0 {
		return calendar.Bucket{}, node.Failf("NO_REPORT", "no line of the file has a day, so nothing says which windows it speaks of; name them with --over")
	}
	last := end.AddDays(-1).Month()
	return calendar.Bucket{Start: max(first.Month().First(), last.Add(-11).First()), End: last.Add(1).First()}, nil
}

// reports are both sides' reports of just a window, counted as its clause counts. An error stays in failed.
func (f countedFile) reports(today calendar.Date, failed *error) func(terms.SLA, calendar.Bucket) (buyer, seller []performance.Document) {
	return func(s terms.SLA, period calendar.Bucket) (buyer, seller []performance.Document) {
		doc := performance.Document{Window: period, Delivery: f.delivery}
		setting := measure.Setting{}
		if f.delivery == nil {
			if doc.Delivery = s.Measure.Parameters; remedy.CountsLines(s.Measure.Code) {
				setting = doc.Setting()
			}
		}
		for _, c := range f.cells {
			if c.Bucket.Overlaps(period) {
				doc.Cells = append(doc.Cells, c)
			}
		}
		if f.records != nil {
			months, err := cutWindow(period, "month") // prices hold for a cell's first day
			if err == nil {
				var drawn []performance.Drawn
				drawn, err = performance.Aggregate(f.records, setting, months, today)
				for _, x := range drawn {
					doc.Cells = append(doc.Cells, x.Cell)
				}
			}
			if err != nil && *failed == nil {
				*failed = node.Failf("NOT_COUNTED", "%v", err)
			}
		}
		return []performance.Document{doc}, []performance.Document{doc}
	}
}
