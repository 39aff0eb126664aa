package desk

import (
	"fmt"
	"slices"
	"strings"

	"kontor/node"
	"kontor/node/intake"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// BandsOptions put empirical bands on the draft's points (practice T18).
type BandsOptions struct {
	With   string `json:"with" doc:"the partner whose past versions are judged"`
	Least  int    `json:"least" doc:"past errors at one lag that a band needs; 0: 12"`
	DryRun bool   `json:"dry_run"`
}

// BandsLine says what became of one line of the draft.
type BandsLine struct {
	Line   string `json:"line"`
	From   string `json:"from"`   // own, family NAME, or none
	Banded int    `json:"banded"` // periods with bands
	Bare   int    `json:"bare"`   // periods without
	Errors int    `json:"errors"` // the fewest past errors at one lag of a period with bands; of a line without, the most
}

// BandsResult says what the bands were made of, and where there is not enough for any.
type BandsResult struct {
	DryRun   bool            `json:"dryRun"`
	Versions int             `json:"versions"` // past versions that were judged
	Errors   int             `json:"errors"`   // their cells with a known need
	Zero     int             `json:"zero"`     // cells of a forecast of none, left out: they have no relative error
	Open     int             `json:"open"`     // cells whose need is not known
	Least    int             `json:"least"`
	Method   forecast.Method `json:"method"`
	Lines    []BandsLine     `json:"lines"`
	Why      string          `json:"why,omitempty"` // why no line got any
}

// Bands makes bands for points from the errors of the versions that this company signed before: of the own series at the same lag, else of its family's. The
// need is that of the table given, in its own periods, else of the private history by month. What has too few errors gets no band and no probability.
func (d *Desk) Bands(data []byte, o BandsOptions) (out BandsResult, err error) {
	out = BandsResult{DryRun: o.DryRun, Least: o.Least, Lines: []BandsLine{}}
	if out.Least == 0 {
		out.Least = forecast.MinErrors
	}
	if out.Least < forecast.MinErrors {
		return out, node.Failf("BAD_LEAST", "%d past errors are too few for a band: at least %d (practice T18)", out.Least, forecast.MinErrors)
	}
	p, err := d.Partner(o.With, "")
	if err != nil {
		return out, err
	}
	draft, lines, err := d.draft()
	if err != nil {
		return out, err
	}
	if draft.Method.Bands == forecast.BandsModel {
		return out, node.Failf("HAS_BANDS", "the draft has bands of its own (%s); empirical ones are for points alone", draft.Method.Name)
	}
	actual, err := d.needs(data)
	if err != nil {
		return out, err
	}
	errors, versions, err := d.pastErrors(p, actual)
	if err != nil {
		return out, err
	}
	out.Versions, out.Errors, out.Zero, out.Open = versions, errors.Count(), errors.Zero, errors.Open
	family, err := d.families()
	if err != nil {
		return out, err
	}
	keys := map[string][]string{} // lines by family
	for _, l := range lines {
		if name := family(l.Item); name != "" {
			keys[name] = append(keys[name], l.Key())
		}
	}
	banded := 0
	for i := range lines {
		l := &lines[i]
		row := BandsLine{Line: l.Key(), From: "none"}
		name := family(l.Item)
		for k := range l.Buckets {
			c := &l.Buckets[k]
			levels, from, n, err := errors.Band(*l, *c, d.node.Now(), keys[name], out.Least)
			if err != nil {
				return out, fmt.Errorf("bands of %s: %w", l.Key(), err)
			}
			if c.Quantiles = levels; from == forecast.NoErrors {
				if row.Bare++; row.Banded == 0 {
					row.Errors = max(row.Errors, n)
				}
				continue
			}
			if row.Banded == 0 || n < row.Errors {
				row.Errors = n
			}
			row.Banded++
			if from == forecast.FamilyErrors {
				row.From = "family " + name
			} else if row.From == "none" {
				row.From = "own"
			}
		}
		banded += row.Banded
		out.Lines = append(out.Lines, row)
	}
	out.Method = draft.Method
	out.Method.Bands, out.Method.Coverage, out.Method.Samples = forecast.BandsNone, 0, 0
	if banded == 0 {
		out.Why = fmt.Sprintf("not enough history: %s, %d errors of known need, and no lag of any line or family has the %d that a band needs; nothing was changed and no probability is claimed",
			node.Count(versions, "past version"), out.Errors, out.Least)
		return out, nil
	}
	out.Method.Bands = forecast.BandsEmpirical
	out.Method.Coverage, out.Method.Samples = errors.Coverage(out.Least)
	if o.DryRun {
		return out, nil
	}
	draft.Method = out.Method
	draft.Notes = append(slices.DeleteFunc(draft.Notes, func(n string) bool { return strings.HasPrefix(n, "bands: ") }),
		fmt.Sprintf("bands: empirical, from %d errors of %s at the same lag; %d of %d periods have none", out.Errors, node.Count(versions, "past version"), countBare(out.Lines), banded+countBare(out.Lines)))
	draft.Provenance.Activity = "EMPIRICAL_BANDS"
	return out, d.keepDraft(draft, lines)
}

func countBare(lines []BandsLine) (n int) {
	for _, l := range lines {
		n += l.Bare
	}
	return n
}

// pastErrors judges the versions that this company shared with a partner before, the oldest first.
func (d *Desk) pastErrors(p *node.Partnership, actual func(forecast.Line, calendar.Bucket) (quantity.Quantity, bool)) (e *forecast.Errors, versions int, err error) {
	err = d.node.View(p.PID, func(r *protocol.Replica) error {
		e, versions = forecast.NewErrors(), 0
		rows, err := r.Versions(forecast.Type)
		if err != nil {
			return err
		}
		slices.SortStableFunc(rows, func(a, b protocol.ArtifactRow) int { return int(a.Revision - b.Revision) })
		for _, row := range rows {
			if row.Author != d.node.Company() {
				continue
			}
			doc, err := r.Forecast(row.Root)
			if err != nil {
				return err
			}
			versions++
			e.Add(doc, actual)
		}
		return nil
	})
	return e, versions, err
}

// needs tells what was needed of a line in a bucket that is over: by the rows of a table, or by the private history of months. A period of the records in
// which a known series has no row needed nothing.
func (d *Desk) needs(data []byte) (func(forecast.Line, calendar.Bucket) (quantity.Quantity, bool), error) {
	type at struct {
		product, place string
		bucket         calendar.Bucket
	}
	sums, series, periods := map[at]quantity.Quantity{}, map[[2]string]bool{}, map[calendar.Bucket]bool{}
	add := func(product, place string, b calendar.Bucket, q quantity.Quantity) (err error) {
		k := at{product, place, b}
		series[[2]string{product, place}], periods[b] = true, true
		sums[k], err = sums[k].Add(q)
		return err
	}
	if len(data) > 0 {
		read, report := intake.Read(data, intake.Options{Kind: intake.History})
		if read == nil {
			return nil, &node.Failure{Code: "IMPORT_REFUSED", Text: refusalText(report)}
		}
		for _, row := range read.History {
			if err := add(row.Product, row.Region, row.Period, row.Quantity); err != nil {
				return nil, node.Failf("IMPORT_REFUSED", "line %d: %v", row.Line, err)
			}
		}
	} else {
		rows, err := d.history()
		if err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			return nil, node.Failf("NO_HISTORY", "there is no history to judge past forecasts by; run: kontor history import FILE, or name a table with --actual")
		}
		for _, row := range rows {
			for _, m := range row.Months {
				month, err := calendar.ParseMonth(m.Month)
				if err != nil {
					return nil, fmt.Errorf("stored history of %q: %w", artifact.Clip(row.Product), err)
				}
				if err := add(row.Product, row.Region, month.Bucket(), m.Quantity); err != nil {
					return nil, err
				}
			}
		}
	}
	today := calendar.DateOf(d.node.Now())
	return func(l forecast.Line, b calendar.Bucket) (quantity.Quantity, bool) {
		if b.End > today || !periods[b] {
			return quantity.Quantity{}, false
		}
		for _, id := range []string{l.Item.BuyersID, l.Item.SellersID, l.Item.GTIN} {
			for _, place := range []string{l.Location.Key(), l.Location.Region} {
				if id != "" && series[[2]string{id, place}] {
					return sums[at{id, place, b}], true
				}
			}
		}
		return quantity.Quantity{}, false
	}, nil
}
