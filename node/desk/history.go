package desk

import (
	"fmt"
	"maps"
	"slices"
	"sort"

	"kontor/node"
	"kontor/node/intake"
	"kontor/protocol/artifact"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// historyRow is the private history of one product in one region.
type historyRow struct {
	Product string         `cbor:"product"`
	Region  string         `cbor:"region"`
	Months  []historyMonth `cbor:"months"` // ascending
}

type historyMonth struct {
	Month    string            `cbor:"month"`
	Quantity quantity.Quantity `cbor:"quantity"`
}

// ImportHistory takes past demand: product, region, period, quantity. What the file says about a month replaces what was there about that
// month; months it does not name stay.
func (d *Desk) ImportHistory(data []byte, o ImportOptions) (ImportResult, error) {
	return d.importKind(intake.History, data, o)
}

func (d *Desk) takeHistory(draft *intake.Draft, report *intake.Report, o ImportOptions) (result ImportResult, err error) {
	if draft.History, err = checkRegions(draft.History, report, o.SkipBad); err != nil {
		return ImportResult{Report: report}, err
	}
	type cell struct{ product, region, month string }
	sums := map[cell]quantity.Quantity{}
	for _, row := range draft.History {
		at := cell{row.Product, row.Region, row.Month().String()}
		if sums[at], err = sums[at].Add(row.Quantity); err != nil {
			return ImportResult{Report: report}, refusedRow(report, tooMuch(row, err))
		}
	}
	for at, q := range sums {
		if q.Sign() < 0 { // demand is not below zero, and what came back was sold before the month
			report.Note(intake.Complaint{Code: intake.NoteReturns, Value: at.product, Text: fmt.Sprintf("in %s more of it came back than was sold (%s): the month counts as 0", at.month, q)})
			sums[at] = quantity.Quantity{}
		}
	}
	bySeries := map[[2]string]map[string]quantity.Quantity{}
	for at, q := range sums {
		key := [2]string{at.product, at.region}
		if bySeries[key] == nil {
			bySeries[key] = map[string]quantity.Quantity{}
		}
		bySeries[key][at.month] = q
	}
	result = ImportResult{Report: report, DryRun: o.DryRun}
	err = d.change(o, &result, func(rows node.PrivateRows) error {
		if o.Replace {
			if err := rows.Clear(historyRows); err != nil {
				return err
			}
		}
		for key, months := range bySeries {
			row := historyRow{Product: key[0], Region: key[1]}
			at := historyRows + rowName(key[0], key[1])
			if _, err := rows.Get(at, &row); err != nil {
				return err
			}
			row.Months = mergeMonths(row.Months, maps.Clone(months), &result) // an update may be tried twice
			if err := rows.Put(at, row); err != nil {
				return err
			}
		}
		return nil
	})
	return result, err
}

func mergeMonths(have []historyMonth, months map[string]quantity.Quantity, result *ImportResult) []historyMonth {
	var out []historyMonth
	for _, m := range have {
		q, named := months[m.Month]
		switch {
		case !named:
		case q == m.Quantity:
			result.Unchanged++
		default:
			result.Changed++
			m.Quantity = q
		}
		delete(months, m.Month)
		out = append(out, m)
	}
	for month, q := range months {
		result.Added++
		out = append(out, historyMonth{month, q})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Month < out[j].Month })
	return out
}

// checkRegions refuses places a forecast can't name, while the file is at hand: line, value and what would be right. With skip it leaves their
// lines out and lists them, as the reader does with a line that is bad by itself.
func checkRegions(rows []intake.HistoryRow, report *intake.Report, skip bool) (good []intake.HistoryRow, err error) {
	wrong := 0
	good = slices.DeleteFunc(slices.Clone(rows), func(row intake.HistoryRow) bool {
		if row.Region == "" || forecast.ValidRegion(row.Region) {
			return false
		}
		wrong++
		report.Complain(intake.Complaint{Code: intake.CodeField, Line: row.Line, Column: "region", Value: intake.Shortened(row.Region), Text: "no ISO 3166 code", Want: `a country such as "CI" or a part of one such as "CI-AB"`})
		if skip {
			report.Skipped = append(report.Skipped, row.Line)
			report.Imported--
		}
		return true
	})
	if wrong == 0 || skip && len(good) > 0 {
		slices.Sort(report.Skipped)
		return good, nil
	}
	return nil, &node.Failure{Code: "IMPORT_REFUSED", Text: refusalText(report)}
}

// tooMuch is what is wrong with a row of demand whose sum can't be held.
func tooMuch(row intake.HistoryRow, err error) intake.Complaint {
	return intake.Complaint{Code: intake.CodeTooLarge, Line: row.Line, Column: "quantity", Value: row.Quantity.String(), Text: fmt.Sprintf("with the other rows of product %q and its period: %v", artifact.Clip(row.Product), err), Want: "a sum of at most 18 digits"}
}

// refusedRow is the refusal of a file for one row that the reader took.
func refusedRow(report *intake.Report, c intake.Complaint) error {
	report.Complain(c)
	return &node.Failure{Code: "IMPORT_REFUSED", Text: refusalText(report)}
}

// history reads the private history.
func (d *Desk) history() (rows []historyRow, err error) {
	err = d.node.ReadPrivate(func(p node.PrivateRows) error {
		return p.Scan(historyRows, func(_ string, decode func(any) error) (bool, error) {
			var row historyRow
			err := decode(&row)
			rows = append(rows, row)
			return true, err
		})
	})
	return rows, err
}
