package desk

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"kontor/node"
	"kontor/node/intake"
	"kontor/protocol/forecast"
	"kontor/protocol/performance"
	"kontor/protocol/quality"
	"kontor/protocol/quantity"
)

// maxCells bounds the cells that a difference lists; all of them are counted.
const maxCells = 500

// Difference is what an import changes of what is there, cell by cell.
type Difference struct {
	Added    int          `json:"added"`
	Changed  int          `json:"changed"`
	Removed  int          `json:"removed"`
	Material int          `json:"material"` // of them: beyond five percent and one lot, come or gone (practice T1)
	Cells    []CellChange `json:"cells"`    // the first of them
	Further  int          `json:"further,omitempty"`
}

// CellChange is one figure that came, went or became another.
type CellChange struct {
	Series   string `json:"series"`           // product and region, line, event: what it is of
	Period   string `json:"period,omitempty"` // bucket or month
	Figure   string `json:"figure"`           // mean, quantiles, on hand ...
	Before   string `json:"before,omitempty"` // empty: it was not there
	After    string `json:"after,omitempty"`  // empty: it is gone
	Material bool   `json:"material"`
}

func (d *Difference) add(c CellChange) {
	switch {
	case c.Before == "":
		d.Added++
	case c.After == "":
		d.Removed++
	default:
		d.Changed++
	}
	if c.Material {
		d.Material++
	}
	if len(d.Cells) == maxCells {
		d.Further++
		return
	}
	d.Cells = append(d.Cells, c)
}

// difference takes changed rows apart into cells.
func difference(rows node.PrivateRows, changes []node.RowChange) (*Difference, error) {
	d := &Difference{Cells: []CellChange{}}
	for _, c := range changes {
		if c.Key == draftHead {
			if err := draftDifference(d, rows, c); err != nil {
				return nil, err
			}
			continue
		}
		for _, r := range comparisons {
			if !strings.HasPrefix(c.Key, r.prefix) {
				continue
			}
			if err := r.compare(d, c); err != nil {
				return nil, fmt.Errorf("compare %q: %w", c.Key, err)
			}
			break
		}
	}
	return d, nil
}

// comparisons of the rows that imports write.
var comparisons = []comparison{
	{historyRows, cellsOf(historyCells)},
	{capacityRows, capacityDifference},
	{stockRows, cellsOf(stockCells)},
	{billRows, cellsOf(billCells)},
	{draftEvents, fieldsOf(func(e draftEvent) (string, any) { return e.Event.ID, e.Event })},
	{draftBlackouts, fieldsOf(func(b draftBlackout) (string, any) { return b.Blackout.ID, b.Blackout })},
	{orderRows, fieldsOf(func(o intake.Order) (string, any) { return o.Key(), o })},
	{draftMeasures, fieldsOf(func(m quality.Measure) (string, any) { return m.Key(), m })},
	{draftComplaints, fieldsOf(func(c quality.Complaint) (string, any) { return c.Key(), c })},
	{draftCases, fieldsOf(func(c quality.Case) (string, any) { return c.Key(), c })},
	{draftAudits, fieldsOf(func(a quality.Audit) (string, any) { return a.Key(), a })},
	{draftOrders, fieldsOf(func(r lineRow) (string, any) { return series(r.Line.Order, r.Line.Line, r.Line.Item), lineView(r) })},
	{draftFigures, fieldsOf(func(c performance.Cell) (string, any) { return c.Key(), c })},
	{productRows, fieldsOf(func(p OwnProduct) (string, any) { return p.ID, p })},
	{draftTerms, fieldsOf(func(r termsRow) (string, any) { return "terms", json.RawMessage(r.JSON) })},
	{guestCells, guestDifference},
	{draftAnswers, cellsOf(answerCells)},
	{draftZone, fieldsOf(func(z string) (string, any) { return "calendar", map[string]string{"zone": z} })},
	{draftService, fieldsOf(func(s quality.ServiceRule) (string, any) { return "service rule", s })},
}

// comparison is how the rows below a prefix are taken apart.
type comparison struct {
	prefix  string
	compare func(*Difference, node.RowChange) error
}

// materialMove judges a number that is no forecast by the same tolerance.
func materialMove(before, after quantity.Quantity) bool {
	delta, err := after.Sub(before)
	if err != nil {
		return true // too far apart to be subtracted
	}
	return forecast.Material(forecast.Change{Old: &forecast.Cell{Mean: before}, New: &forecast.Cell{Mean: after}, Delta: delta}, forecast.DefaultTolerance())
}

// fieldsOf compares rows that are documents, field by field of their JSON form. Nothing says how far words may differ: each is material.
func fieldsOf[T any](of func(T) (name string, v any)) func(*Difference, node.RowChange) error {
	return func(d *Difference, c node.RowChange) error {
		before, after, err := bothSides[T](c)
		if err != nil {
			return err
		}
		name := ""
		flat := func(row *T) (map[string]string, error) {
			out := map[string]string{}
			if row == nil {
				return out, nil
			}
			var v any
			name, v = of(*row)
			data, err := json.Marshal(v)
			if err != nil {
				return nil, err
			}
			var tree any
			if err := json.Unmarshal(data, &tree); err != nil {
				return nil, err
			}
			flatten("", tree, out)
			return out, nil
		}
		was, err := flat(before)
		if err != nil {
			return err
		}
		is, err := flat(after)
		if err != nil {
			return err
		}
		paths := make([]string, 0, len(was)+len(is))
		for p := range was {
			paths = append(paths, p)
		}
		for p := range is {
			if _, both := was[p]; !both {
				paths = append(paths, p)
			}
		}
		slices.Sort(paths)
		for _, p := range paths {
			if was[p] != is[p] {
				d.add(CellChange{Series: name, Figure: p, Before: was[p], After: is[p], Material: true})
			}
		}
		return nil
	}
}

// lineView is an order line as a difference shows it.
func lineView(r lineRow) map[string]any {
	data, err := json.Marshal(r.Line)
	view := map[string]any{}
	if err != nil || json.Unmarshal(data, &view) != nil {
		return nil
	}
	view["unit"], view["rejected"], view["exclude"], view["canceled"] = r.Unit, r.Rejected, r.Exclude, r.Canceled
	return view
}

// flatten writes the leaves of a JSON tree by path.
func flatten(path string, v any, into map[string]string) {
	switch v := v.(type) {
	case map[string]any:
		for k, below := range v {
			flatten(strings.TrimPrefix(path+"."+k, "."), below, into)
		}
	case []any:
		for i, below := range v {
			flatten(fmt.Sprintf("%s[%d]", path, i), below, into)
		}
	case nil:
	default:
		into[path] = fmt.Sprint(v)
	}
}
