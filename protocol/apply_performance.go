package protocol

import (
	"bytes"
	"slices"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
	"kontor/protocol/performance"
)

// WindowRow is one window that members report on: whose reports are in force, and whether every side has said its last word.
type WindowRow struct {
	Window  calendar.Bucket `cbor:"window" json:"window"`
	Reports []WindowReport  `cbor:"reports" json:"reports"`                      // by author
	Closed  bool            `cbor:"closed" json:"closed"`                        // every member that may report has, or the terms' days are over: nothing is revised any more
	ByTerms bool            `cbor:"byTerms,omitempty" json:"by_terms,omitempty"` // by the terms' days, without every member's word
}

// WindowReport is one member's report of a window, as it is in force.
type WindowReport struct {
	Author block.CID `cbor:"author" json:"author"`
	Series string    `cbor:"series" json:"series"` // hexadecimal
	Root   block.CID `cbor:"root" json:"root"`
	Closed bool      `cbor:"closed" json:"closed"`
	T      int64     `cbor:"t" json:"t"` // claimed time of the entry, ms UTC
}

const windowPrefix = "window/"

func windowKey(w calendar.Bucket) string {
	return windowPrefix + w.Start.String() + "/" + w.End.String()
}

// reported is what the fold needs of a report beside its header.
type reported struct {
	window calendar.Bucket
	closed bool
}

func applyPerformance(f *fold) ([]string, error) {
	v, err := f.judge(func(s block.Sheet, scopes []artifact.Scope, rules RuleSet) (verdict, error) {
		doc, err := performance.FromSheet(s)
		if err != nil {
			return verdict{}, err
		}
		return verdict{codes: artifact.Codes(append(performance.CheckUnder(doc, rules.Artifacts), outside(func(s artifact.Scope) []artifact.Finding { return performance.CheckScope(doc, s) }, scopes)...)), header: doc.Header,
			report: reported{doc.Window, doc.Closed}}, nil
	})
	if err != nil || len(v.codes) > 0 {
		return v.codes, err
	}
	row := WindowRow{Window: v.report.window}
	if _, err := get(f.rows, windowKey(row.Window), &row); err != nil {
		return nil, err
	}
	own := slices.IndexFunc(row.Reports, func(r WindowReport) bool { return r.Author == f.author.Company })
	switch {
	case row.Closed:
		return []string{codeWindowClosed}, nil
	case own >= 0 && row.Reports[own].Series != v.header.Series.String():
		return []string{codeWindowTaken}, nil
	}
	if codes, err := f.install(v); err != nil || len(codes) > 0 {
		return codes, err
	}
	report := WindowReport{Author: f.author.Company, Series: v.header.Series.String(), Root: *f.entry.Header.Body, Closed: v.report.closed, T: f.entry.Header.T}
	if own >= 0 {
		row.Reports[own] = report
	} else {
		row.Reports = append(row.Reports, report)
		slices.SortFunc(row.Reports, func(a, b WindowReport) int { return bytes.Compare(a.Author.Bytes(), b.Author.Bytes()) })
	}
	row.Closed = f.allClosed(row)
	f.owing = row.Closed
	return nil, put(f.rows, windowKey(row.Window), row)
}

// withdrawReport takes a report that its author withdraws out of its window, unless both sides have closed that.
func (f *fold) withdrawReport(of ArtifactRow) ([]string, error) {
	doc, err := f.replica.Performance(of.Root)
	if err != nil {
		return nil, err
	}
	row := WindowRow{Window: doc.Window}
	if _, err := get(f.rows, windowKey(row.Window), &row); err != nil {
		return nil, err
	}
	if row.Closed {
		return []string{codeWindowClosed}, nil
	}
	row.Reports = slices.DeleteFunc(row.Reports, func(r WindowReport) bool { return r.Root == of.Root })
	if len(row.Reports) == 0 {
		return nil, f.rows.Delete(windowKey(row.Window))
	}
	return nil, put(f.rows, windowKey(row.Window), row)
}

// allClosed tells whether every member that may report has closed the window, and that is two at least: nobody closes it alone.
func (f *fold) allClosed(row WindowRow) bool {
	sides := 0
	for _, m := range f.genesis.Members {
		if _, _, may := f.genesis.Granted(m.Role, KindPerformance); !may {
			continue
		}
		sides++
		if !slices.ContainsFunc(row.Reports, func(r WindowReport) bool { return r.Author == m.Company && r.Closed }) {
			return false
		}
	}
	return sides > 1
}

// revisePerformance compares two reports: the codes that refuse the later one, else how to tell whether it is material to a scope.
func (f *fold) revisePerformance(old, revised block.CID) ([]string, error) {
	a, err := f.replica.Performance(old)
	if err != nil {
		return nil, err
	}
	b, err := f.replica.Performance(revised)
	if err != nil {
		return nil, err
	}
	if codes := artifact.Codes(performance.CheckRevision(a, b)); len(codes) > 0 {
		return codes, nil
	}
	// Whatever horizon a topic looks ahead to, it rests on what was.
	f.revised = &revision{other: func(s decision.Scope) bool {
		return performance.Material(performance.Diff(performance.About(a, s.Products), performance.About(b, s.Products)))
	}}
	return nil, nil
}

// Performance opens a performance report by its root.
func (r *Replica) Performance(root block.CID) (performance.Document, error) {
	sheet, err := r.Sheet(root)
	if err != nil {
		return performance.Document{}, err
	}
	return performance.FromSheet(sheet)
}

// Windows lists the windows that anybody has reported on, by their first day.
func (r *Replica) Windows() (out []WindowRow, err error) {
	err = scanRows(r.Rows(), windowPrefix, func(_ string, row WindowRow) error {
		out = append(out, row)
		return nil
	})
	return out, err
}

// Window is what is reported of one window; without reports where nothing is.
func (r *Replica) Window(w calendar.Bucket) (row WindowRow, err error) {
	row.Window = w
	_, err = get(r.Rows(), windowKey(w), &row)
	return row, err
}
