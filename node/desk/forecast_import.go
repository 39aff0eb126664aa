package desk

import (
	"cmp"
	"slices"
	"strings"

	"kontor/node"
	"kontor/node/intake"
	"kontor/protocol/artifact"
	"kontor/protocol/forecast"
)

// ImportForecast takes a forecast from a file as the draft to share.
func (d *Desk) ImportForecast(data []byte, o ImportOptions) (ImportResult, error) {
	return d.importKind(intake.Forecast, data, o)
}

func (d *Desk) takeForecast(read *intake.Draft, report *intake.Report, o ImportOptions) (ImportResult, error) {
	demand := read.Message
	if demand == nil { // every product is unknown: its lines wait in the worklist, and the draft stays
		return ImportResult{Report: report, DryRun: o.DryRun}, nil
	}
	if demand.Inactive {
		return ImportResult{Report: report}, node.Failf("IMPORT_REFUSED", "nothing was imported: the sender of the file no longer stands for it; import the one that replaces it")
	}
	slices.SortFunc(demand.Lines, func(a, b forecast.Line) int { return strings.Compare(a.Key(), b.Key()) })
	draft := forecastDraft{Method: demand.Method, WeekScheme: demand.WeekScheme, Reason: demand.Reason, Provenance: artifact.Provenance{SourceSystem: "file import",
		SourceRecord: recordName(demand.Number), Version: recordName(report.Format), ExtractedAt: d.node.Now(), Activity: "IMPORT"}}
	result := ImportResult{Report: report, DryRun: o.DryRun}
	err := d.node.Staged(func() error { return d.importDraft(o, &result, draft, demand) })
	result.countCells(demand.Lines)
	return result, err
}

// importDraft compares a draft with the one that is there, writes it ahead and puts it in force. A draft is changed by one at a time.
func (d *Desk) importDraft(o ImportOptions, result *ImportResult, draft forecastDraft, demand *intake.Demand) error {
	var head []byte
	var before []forecast.Line
	if err := d.node.ReadPrivate(func(rows node.PrivateRows) error {
		if err := o.notTaken(rows); err != nil {
			return err
		}
		var was forecastDraft
		_, err := rows.Get(draftHead, &was)
		if err == nil {
			head, err = rows.Bytes(draftHead)
		}
		if err == nil && head != nil {
			before, err = was.lines(rows)
		}
		return err
	}); err != nil {
		return err
	}
	if result.HeaderLine > 0 {
		keepUnsaid(before, demand)
	}
	difference := &Difference{Cells: []CellChange{}}
	if err := linesDifference(difference, before, demand.Lines); err != nil {
		return err
	}
	result.Difference = difference
	if o.DryRun {
		return nil
	}
	difference.Further, difference.Cells = 0, nil
	if err := d.stageDraft(&draft, demand.Lines); err != nil {
		return err
	}
	d.did("staged", o.File)
	err := d.node.Private(func(rows node.PrivateRows) error {
		if err := o.onlyOnce(rows); err != nil {
			return err
		}
		if err := rows.Put(draftHead, draft); err != nil {
			return err
		}
		after, err := rows.Bytes(draftHead)
		if err != nil {
			return err
		}
		changes := []node.RowChange{{Key: draftHead, Before: head, After: after}}
		if len(demand.Fences) > 0 {
			fences := node.RowChange{Key: fencesKey}
			if fences.Before, err = rows.Bytes(fencesKey); err != nil {
				return err
			}
			if err := rows.Put(fencesKey, demand.Fences); err != nil {
				return err
			}
			if fences.After, err = rows.Bytes(fencesKey); err != nil {
				return err
			}
			changes = append(changes, fences)
		}
		if err := d.journal(rows, o, result, changes); err != nil {
			return err
		}
		return boundUndoDrafts(rows)
	})
	if err == nil {
		d.did("imported", o.File)
	}
	return err
}

// countCells counts a forecast by its cells, which are what a revision changes.
func (r *ImportResult) countCells(lines []forecast.Line) {
	if r.Difference == nil {
		return
	}
	r.Added, r.Changed = r.Difference.Added, r.Difference.Changed
	for _, l := range lines {
		r.Unchanged += len(l.Buckets)
	}
	r.Unchanged -= r.Added + r.Changed
}

// keepUnsaid takes over what a table can't say from the lines of the draft that it revises: a spreadsheet that went out and came back
// changes the figures that were changed in it, and nothing else.
func keepUnsaid(before []forecast.Line, demand *intake.Demand) {
	had := make(map[string]*forecast.Line, len(before))
	for i := range before {
		had[before[i].Key()] = &before[i]
	}
	attributes := intake.Attributes()
	for i := range demand.Lines {
		l := &demand.Lines[i]
		was, found := had[l.Key()]
		if !found {
			continue
		}
		l.Item, l.Location, l.Role, l.Ext, l.GapReason = was.Item, was.Location, was.Role, was.Ext, cmp.Or(l.GapReason, was.GapReason)
		for _, a := range attributes {
			if !slices.Contains(demand.Says, a.Name) {
				a.Keep(l, *was)
			}
		}
	}
}

// recordName is a number of the sender's as provenance can hold it, or "".
func recordName(s string) string {
	if artifact.IsName(s) {
		return s
	}
	return ""
}
