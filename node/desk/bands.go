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
	records := needRecords{sums: map[needAt]quantity.Quantity{}, series: map[[2]string]bool{}, periods: map[calendar.Bucket]bool{}}
	if len(data) > 0 {
		if err := records.addTable(data); err != nil {
			return nil, err
		}
	} else {
		rows, err := d.history()
		if err != nil {
			return nil, err
		}
		if err := records.addHistory(rows); err != nil {
			return nil, err
		}
	}
	today := calendar.DateOf(d.node.Now())
	return func(l forecast.Line, b calendar.Bucket) (quantity.Quantity, bool) {
		if b.End > today {
			return quantity.Quantity{}, false
		}
		return records.of(l, b)
	}, nil
}

// needAt is where and when something was needed.
type needAt struct {
	product, place string
	bucket         calendar.Bucket
}

// needRecords are quantities that were needed.
type needRecords struct {
	sums    map[needAt]quantity.Quantity
	series  map[[2]string]bool // product and place
	periods map[calendar.Bucket]bool
}

func (n needRecords) add(product, place string, b calendar.Bucket, q quantity.Quantity) (err error) {
	k := needAt{product, place, b}
	n.series[[2]string{product, place}], n.periods[b] = true, true
	n.sums[k], err = n.sums[k].Add(q)
	return err
}

func (n needRecords) addTable(data []byte) error {
	read, report := intake.Read(data, intake.Options{Kind: intake.History})
	if read == nil {
		return &node.Failure{Code: "IMPORT_REFUSED", Text: refusalText(report)}
	}
	for _, row := range read.History {
		if err := n.add(row.Product, row.Region, row.Period, row.Quantity); err != nil {
			return refusedRow(report, tooMuch(row, err))
		}
	}
	return nil
}

func (n needRecords) addHistory(rows []historyRow) error {
	if len(rows) == 0 {
		return node.Failf("NO_HISTORY", "there is no history to judge past forecasts by; run: kontor history import FILE, or name a table with --actual")
	}
	for _, row := range rows {
		for _, m := range row.Months {
			month, err := calendar.ParseMonth(m.Month)
			if err != nil {
				return fmt.Errorf("stored history of %q: %w", artifact.Clip(row.Product), err)
			}
			if err := n.add(row.Product, row.Region, month.Bucket(), m.Quantity); err != nil {
				return err
			}
		}
	}
	return nil
}

// of is what was needed of a line in a bucket, and whether the records tell.
func (n needRecords) of(l forecast.Line, b calendar.Bucket) (quantity.Quantity, bool) {
	if !n.periods[b] {
		return quantity.Quantity{}, false
	}
	for _, id := range []string{l.Item.BuyersID, l.Item.SellersID, l.Item.GTIN} {
		for _, place := range []string{l.Location.Key(), l.Location.Region} {
			if id != "" && n.series[[2]string{id, place}] {
				return n.sums[needAt{id, place, b}], true
			}
		}
	}
	return quantity.Quantity{}, false
}
