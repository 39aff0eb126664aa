package desk

import (
	"fmt"
	"sort"

	"kontor/node"
	"kontor/node/intake"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/quantity"
	"kontor/store/kv"
)

// Rows of a company's private figures.
const (
	historyRows  = "figures/history/"  // by product and region
	capacityRows = "figures/capacity/" // by production line
	stockRows    = "figures/stock/"    // by product and region
	worklistRows = "figures/worklist/" // products no file has explained yet
)

// ImportResult is what an import did, or would do.
type ImportResult struct {
	*intake.Report
	Number    int64 `json:"number,omitempty"` // under which it can be undone
	DryRun    bool  `json:"dry_run"`
	Added     int   `json:"added"`     // rows that were not there; of a forecast, its cells
	Changed   int   `json:"changed"`   // rows that now say something else
	Unchanged int   `json:"unchanged"` // rows that were there already
	// Difference is what changes of what is there, cell by cell; the cells themselves are listed in a dry run.
	Difference *Difference `json:"difference,omitempty"`
}

// errDry rolls a dry run back.
var errDry = fmt.Errorf("dry run")

// change runs an update of private rows, compares what it did and notes what stood before; a dry run is rolled back after everything was tried. What came from the inbox is noted with it, in the same
// transaction, and refused when it is noted already. What one update of the database does not hold is written ahead and then put in force, just as whole.
func (d *Desk) change(o ImportOptions, result *ImportResult, fn func(node.PrivateRows) error) error {
	before := *result
	err := d.changeBy(d.node.Private, o, result, fn)
	if kv.CodeOf(err) == kv.CodeTooBig {
		*result = before
		err = d.changeBy(d.node.PrivateLarge, o, result, fn)
	}
	if kv.CodeOf(err) == kv.CodeTooBig {
		return node.Failf("IMPORT_TOO_LARGE", "nothing was imported: %v; import fewer products or fewer periods at a time", err)
	}
	return err
}

func (d *Desk) changeBy(update func(func(node.PrivateRows) error) error, o ImportOptions, result *ImportResult, fn func(node.PrivateRows) error) error {
	err := update(func(rows node.PrivateRows) error {
		if err := o.onlyOnce(rows); err != nil {
			return err
		}
		recorded, record := rows.Recorded()
		if err := fn(recorded); err != nil {
			return err
		}
		changes, err := record.Changes()
		if err != nil {
			return err
		}
		changes = journalled(changes)
		if result.Difference, err = difference(rows, changes); err != nil {
			return err
		}
		if o.DryRun {
			return errDry
		}
		result.Difference.Further, result.Difference.Cells = 0, nil
		return d.journal(rows, o, result, changes)
	})
	if err == errDry {
		return nil
	}
	if err == nil {
		d.did("imported", o.File)
	}
	return err
}

// rowName joins the parts of a private row's name; a bar inside a part can't forge another name.
func rowName(parts ...string) string {
	name := ""
	for i, p := range parts {
		if i > 0 {
			name += "|"
		}
		for _, c := range p {
			if c == '|' || c == '%' {
				name += fmt.Sprintf("%%%02x", c)
			} else {
				name += string(c)
			}
		}
	}
	return name
}

// capacityRow is one production line's private capacity.
type capacityRow struct {
	Line    string         `cbor:"line"`
	Unit    quantity.Unit  `cbor:"unit"`
	Links   []capacityLink `cbor:"links"`   // ascending by product
	Periods []capacityCell `cbor:"periods"` // ascending
	// Nested are lines inside this one, which carries their products and has none of its own (CX-0128, nesting).
	Nested     []string             `cbor:"nested,omitempty"`
	Volatility *capacity.Volatility `cbor:"volatility,omitempty"`
	Shutdowns  []capacity.Shutdown  `cbor:"shutdowns,omitempty"` // ascending
}

type capacityLink struct {
	Product string            `cbor:"product"`
	Factor  quantity.Quantity `cbor:"factor"`
}

type capacityCell struct {
	Bucket  calendar.Bucket   `cbor:"bucket"`
	Actual  quantity.Quantity `cbor:"actual"`
	Maximum quantity.Quantity `cbor:"maximum"`
}

// ImportCapacity takes lines shared by products: line, period, actual, maximum, product, load factor. A file is the whole capacity: lines it
// does not name are gone.
func (d *Desk) ImportCapacity(data []byte, o ImportOptions) (ImportResult, error) {
	return d.importKind(intake.Capacity, data, o)
}

func (d *Desk) takeCapacity(draft *intake.Draft, report *intake.Report, o ImportOptions) (ImportResult, error) {
	lines := map[string]*capacityRow{}
	var order []string
	names := map[string]string{}
	for _, g := range draft.Groups {
		names[g.ID] = groupName(g)
	}
	for _, g := range draft.Groups {
		line, err := groupRow(g, report)
		if err != nil {
			return ImportResult{Report: report}, err
		}
		if line != nil && lines[line.Line] == nil {
			for _, id := range g.Nested {
				name, known := names[id]
				if !known {
					return ImportResult{Report: report}, node.Failf("IMPORT_REFUSED", "nothing was imported: capacity group %q holds group %q, which is not in the file; a file is the whole capacity", line.Line, id)
				}
				line.Nested = append(line.Nested, name)
			}
			lines[line.Line] = line
			order = append(order, line.Line)
		}
	}
	for _, row := range draft.Capacity {
		line := lines[row.Group]
		if line == nil {
			line = &capacityRow{Line: row.Group, Unit: row.Unit}
			lines[row.Group] = line
			order = append(order, row.Group)
		}
		if row.Product != "" && !hasLink(line.Links, row.Product) {
			line.Links = append(line.Links, capacityLink{row.Product, row.LoadFactor})
		}
		if !hasPeriod(line.Periods, row.Period) {
			line.Periods = append(line.Periods, capacityCell{row.Period, row.Actual, row.Maximum})
		}
	}
	result := ImportResult{Report: report, DryRun: o.DryRun}
	err := d.change(o, &result, func(rows node.PrivateRows) error {
		before, err := scanRows[capacityRow](rows, capacityRows)
		if err != nil {
			return err
		}
		if err := rows.Clear(capacityRows); err != nil {
			return err
		}
		for _, was := range before {
			if line := lines[was.Line]; line != nil && len(line.Shutdowns) == 0 {
				line.Shutdowns = was.Shutdowns // they come in a calendar of their own
			}
		}
		for _, name := range order {
			line := lines[name]
			sort.Slice(line.Links, func(i, j int) bool { return line.Links[i].Product < line.Links[j].Product })
			sort.Slice(line.Periods, func(i, j int) bool { return line.Periods[i].Bucket.Compare(line.Periods[j].Bucket) < 0 })
			if err := rows.Put(capacityRows+rowName(name), line); err != nil {
				return err
			}
		}
		return nil
	})
	figures := 0
	for _, line := range lines {
		figures += len(capacityCells(*line))
	}
	result.countFigures(figures)
	return result, err
}

// countFigures counts a file that is the whole of its kind by its figures.
func (r *ImportResult) countFigures(all int) {
	if r.Difference != nil {
		r.Added, r.Changed = r.Difference.Added, r.Difference.Changed
		r.Unchanged = all - r.Added - r.Changed
	}
}

func hasLink(links []capacityLink, product string) bool {
	for _, l := range links {
		if l.Product == product {
			return true
		}
	}
	return false
}

func hasPeriod(cells []capacityCell, b calendar.Bucket) bool {
	// Files come line by line and period by period: the match is nearly always among the last.
	for i := len(cells) - 1; i >= 0; i-- {
		if cells[i].Bucket == b {
			return true
		}
	}
	return false
}

func (d *Desk) capacityLines() (out []capacityRow, err error) {
	err = d.node.ReadPrivate(func(p node.PrivateRows) error {
		return p.Scan(capacityRows, func(_ string, decode func(any) error) (bool, error) {
			var row capacityRow
			err := decode(&row)
			out = append(out, row)
			return true, err
		})
	})
	return out, err
}
