package desk

import (
	"fmt"
	"strings"

	"kontor/node"
	"kontor/node/intake"
	"kontor/node/intake/door"
	"kontor/protocol/capacity"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
)

// ImportOptions say how a file is read.
type ImportOptions struct {
	SkipBad   bool     `json:"skip_bad"`
	DryRun    bool     `json:"dry_run"`
	Decimal   string   `json:"decimal"`    // "." or ","; empty: detected
	DateOrder string   `json:"date_order"` // DMY or MDY; empty: detected
	Unit      string   `json:"unit"`       // Rec 20 code for files without a unit column
	Replace   bool     `json:"replace"`    // what the file does not name is gone, instead of staying
	Format    string   `json:"format"`     // csv, xlsx, edifact and so on; empty or auto: detected
	Sheet     string   `json:"sheet"`      // of a workbook; empty: the first with cells
	Transit   string   `json:"transit"`    // days from shipment to delivery, for messages with dates of both; empty: the file has to tell
	Places    []string `json:"places"`     // what codes of places mean, each as CODE=GLN, CODE=UN/LOCODE or CODE=REGION
	Map       string   `json:"map"`        // the text of a mapping; empty: the one kept for the partner and kind, where there is one
	From      string   `json:"from"`       // the partner whose file it is
	Save      bool     `json:"save"`       // keep the mapping for the partner and kind
	File      string   `json:"file"`       // the file's name, for the list of imports
	Once      string   `json:"once"`       // names this import: a second one of the name is refused (ALREADY_THERE), also when the node stopped before it answered the first
	Reason    string   `json:"reason"`     // why days of a calendar are without campaigns; empty: FREEZE
	Lines     []string `json:"lines"`      // production lines that a calendar of shutdowns is of; none: all
	Role      string   `json:"role"`       // who records a template that came back; empty: DESK

	known map[string]bool // products that are known: lines of others are parked in the worklist; nil: all are taken
	once  string          // names a file of the inbox, so that it is imported once
	at    int64           // when, ms UTC
}

// read reads a file of a kind, or of any where kind is empty.
func (d *Desk) read(o ImportOptions, kind intake.Kind, data []byte) (*intake.Draft, *intake.Report, error) {
	opts, kept, err := d.readOptions(o, kind)
	if err != nil {
		return nil, nil, err
	}
	draft, report := door.Read(data, door.Options{Format: door.Format(o.Format), Sheet: o.Sheet, Options: opts})
	NoteMapping(report, kept)
	if draft == nil {
		return nil, report, &node.Failure{Code: "IMPORT_REFUSED", Text: refusalText(report)}
	}
	return draft, report, nil
}

// readOptions are how a file is read, and the mapping among them that was kept for such files.
func (d *Desk) readOptions(o ImportOptions, kind intake.Kind) (opts intake.Options, kept string, err error) {
	opts = intake.Options{Kind: kind, SkipBad: o.SkipBad, Decimal: o.Decimal, DateOrder: o.DateOrder, Known: o.known}
	if opts.Places, err = intake.ParsePlaces(o.Places); err != nil {
		return opts, "", node.Failf("BAD_PLACE", "%v", err)
	}
	if opts.Transit, err = intake.ParseTransit(o.Transit); err != nil {
		return opts, "", node.Failf("BAD_TRANSIT", "%v", err)
	}
	if o.Unit != "" {
		if opts.Unit, err = quantity.ParseUnit(o.Unit); err != nil {
			return opts, "", node.Failf("BAD_UNIT", "%v", err)
		}
	}
	opts.Map, kept, err = d.mapping(o, kind)
	return opts, kept, err
}

// NoteMapping says in a report that a kept mapping was used; kept is its name below the home, or empty.
func NoteMapping(report *intake.Report, kept string) {
	if kept != "" {
		report.Note(intake.Complaint{Code: intake.NoteMapped, Value: kept, Text: "read with the mapping that is kept for such files, where its columns are there"})
	}
}

// Import takes a file of any kind and format to where that kind is kept.
func (d *Desk) Import(kind intake.Kind, data []byte, o ImportOptions) (ImportResult, error) {
	return d.importKind(kind, data, o)
}

func (d *Desk) importKind(kind intake.Kind, data []byte, o ImportOptions) (ImportResult, error) {
	if id, yes := isTemplate(data); yes {
		return d.takeTemplate(data, id, o)
	}
	if kind == intake.Products {
		return d.ImportProducts(data, o)
	}
	var err error
	if o.known, err = d.knownProducts(); err != nil {
		return ImportResult{}, err
	}
	draft, report, err := d.read(o, kind, data)
	if err != nil {
		return ImportResult{Report: report}, err
	}
	if err := d.park(report, o); err != nil {
		return ImportResult{Report: report}, err
	}
	switch {
	case draft.Fields != nil:
		return d.takeFields(draft, report, o)
	case draft.Calendar != nil && draft.Kind == intake.Capacity:
		return d.takeShutdowns(draft.Calendar, report, o)
	case draft.Calendar != nil:
		return d.takeCalendar(draft.Calendar, report, o)
	}
	switch draft.Kind {
	case intake.History:
		return d.takeHistory(draft, report, o)
	case intake.Forecast:
		return d.takeForecast(draft, report, o)
	case intake.Capacity:
		return d.takeCapacity(draft, report, o)
	case intake.Stock:
		return d.takeStock(draft, report, o)
	case intake.Bill:
		return d.takeBill(draft, report, o)
	case intake.Despatch, intake.Receipt:
		p, err := d.Partner(o.From, "")
		if err != nil {
			return ImportResult{Report: report}, err
		}
		return d.takeMovements(countedWith(p), draft, report, performance.ReceiptPosted, o)
	case intake.Products:
		return d.ImportProducts(data, o)
	case intake.Performance:
		p, err := d.Partner(o.From, "")
		if err != nil {
			return ImportResult{Report: report}, err
		}
		return d.takeFigures(countedWith(p), draft.Figures, "", report, o)
	case intake.Answers:
		return d.takeAnswers(draft, report, o)
	case intake.Notices, intake.Exceptions, intake.Requests, intake.Output:
		return d.takeNotices(draft, report, o)
	case intake.Campaign:
		return d.takeCampaigns(campaignFile{Events: draft.Events}, report, o)
	case intake.Quality:
		return d.takeQuality(qualityFile{Measures: draft.Measures, Complaints: draft.Complaints, Cases: draft.Cases}, report, o)
	}
	return ImportResult{Report: report}, node.Failf("IMPORT_REFUSED", "nothing was imported: the file is read (%s, kind %s), and this version keeps nothing of that kind; kontor import --dry-run shows what it says", report.Format, draft.Kind)
}

// groupRow is a capacity group as the desk keeps it, nil for an inactive one. What it can't hold is noted.
func groupRow(g capacity.Group, report *intake.Report) (*capacityRow, error) {
	if g.Inactive {
		return nil, nil
	}
	name := groupName(g)
	row := &capacityRow{Line: name, Unit: g.Unit, Volatility: g.Volatility, Shutdowns: g.Shutdowns}
	for _, l := range g.Links {
		factor := l.Factor
		if factor.IsZero() {
			factor = quantity.Of(1)
		}
		for _, have := range row.Links {
			if have.Product == l.Product && have.Factor != factor {
				return nil, node.Failf("IMPORT_REFUSED", "nothing was imported: product %q loads %q by %s in one place or category and by %s in another; the desk keeps one load factor for a product", l.Product, name, have.Factor, factor)
			}
		}
		if !hasLink(row.Links, l.Product) {
			row.Links = append(row.Links, capacityLink{l.Product, factor})
		}
	}
	said := false
	for _, c := range g.Capacities {
		row.Periods = append(row.Periods, capacityCell{c.Bucket, c.Actual, c.Maximum})
		if (c.Agreed != nil || c.Delta != nil) && !said {
			said = true
			report.Note(intake.Complaint{Code: intake.NoteNotCarried, Column: name, Text: "agreed capacity and delta production: the desk keeps actual and maximum capacity"})
		}
	}
	return row, nil
}

// groupName is how the desk knows a capacity group: by its name, where it has one.
func groupName(g capacity.Group) string {
	if g.Name != "" {
		return g.Name
	}
	return g.ID
}

// refusalText says how many complaints a file has, and the first ones in full.
func refusalText(r *intake.Report) string {
	const shown = 20
	var text strings.Builder
	text.WriteString("nothing was imported: " + node.Count(len(r.Complaints)+r.Further, "complaint"))
	for i, c := range r.Complaints {
		if i == shown {
			fmt.Fprintf(&text, "\n  and %d more", len(r.Complaints)+r.Further-shown)
			break
		}
		text.WriteString("\n  " + c.String())
	}
	return text.String()
}
