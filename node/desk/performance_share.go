package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/measure"
	"kontor/protocol/performance"
)

// PerformanceQuery names a window with a partner, and how it is counted.
type PerformanceQuery struct {
	With   string   `json:"with,omitempty"`
	Window string   `json:"window"`          // a month, a week, or FIRST/AFTER as two days
	By     string   `json:"by,omitempty"`    // cells of a window, month, week or day; empty: as before
	Set    []string `json:"set,omitempty"`   // parameters of OTIF as name=value; kept for this partner
	Close  bool     `json:"close,omitempty"` // share it as the last word
}

// preparedPerformance is a report ready to be shared.
type preparedPerformance struct {
	doc      performance.Document
	sheet    block.Sheet
	lines    map[string][]performance.Line // by cell
	withheld int
	changes  []performance.Change
	current  *protocol.ArtifactRow
	before   performance.Document
	notes    []string
	refusals []artifact.Finding
	terms    countingTerms
	step     *artifact.Step // the grain of the scope; nil: as it was counted
}

func windowOf(text string) (calendar.Bucket, error) {
	if text == "" {
		return calendar.Bucket{}, node.Failf("BAD_WINDOW", "a report is of one window; say which: --window 2026-10, 2026-W41 or 2026-10-01/2026-11-01")
	}
	w, err := calendar.ParseBucket(text)
	if err != nil {
		return w, node.Failf("BAD_WINDOW", "%v; want a month such as 2026-10, a week such as 2026-W41, or two days such as 2026-10-01/2026-11-01", err)
	}
	return w, nil
}

// counting is how reports to a partner are counted: what the query sets, else what was set before, else as the partner's report of the window
// does, else the defaults.
func (d *Desk) counting(p *node.Partnership, q PerformanceQuery, partner *performance.Document) (t countingTerms, err error) {
	t.Setting = map[string]string{}
	found := false
	if err = d.node.ReadPrivate(func(rows node.PrivateRows) error {
		found, err = rows.Get(draftCounting+p.PID.String(), &t)
		return err
	}); err != nil {
		return t, err
	}
	if !found && partner != nil {
		t.Setting = partner.Setting()
	}
	if q.By != "" {
		t.By = q.By
	}
	for _, s := range q.Set {
		name, value, ok := strings.Cut(s, "=")
		if !ok {
			return t, node.Failf("BAD_PARAMETER", "%q: want NAME=VALUE such as late=1; kontor measure definitions lists the parameters of OTIF", s)
		}
		t.Setting[name] = value
	}
	if _, err := measure.Define(measure.OTIF, t.Setting); err != nil {
		return t, node.Failf("BAD_PARAMETER", "%v", err)
	}
	return t, nil
}

// reportsOf are the documents in force of a window, own and, of a partnership of two, the partner's.
func (d *Desk) reportsOf(r *protocol.Replica, p *node.Partnership, w calendar.Bucket) (own, partner *performance.Document, row protocol.WindowRow, err error) {
	if row, err = r.Window(w); err != nil {
		return nil, nil, row, err
	}
	for _, report := range row.Reports {
		doc, err := r.Performance(report.Root)
		if err != nil {
			return nil, nil, row, err
		}
		if report.Author == d.node.Company() {
			own = &doc
		} else {
			partner = &doc
		}
	}
	return own, partner, row, nil
}

func (d *Desk) preparePerformance(p *node.Partnership, q PerformanceQuery) (out preparedPerformance, err error) {
	window, err := windowOf(q.Window)
	if err != nil {
		return out, err
	}
	leaving, err := d.leaving(p, protocol.KindPerformance)
	if err != nil {
		return out, err
	}
	granted, with := leaving.Scope, countedWith(p).leaving(leaving)
	out.step = with.step
	s, err := d.series(p.PID, performance.Type, window.String())
	if err != nil {
		return out, err
	}
	var partner *performance.Document
	var row protocol.WindowRow
	if err := d.node.View(p.PID, func(r *protocol.Replica) error {
		_, partner, row, err = d.reportsOf(r, p, window)
		return err
	}); err != nil {
		return out, err
	}
	if out.terms, err = d.counting(p, q, partner); err != nil {
		return out, err
	}
	late, now := false, d.node.Now()
	if out.doc.Cells, out.lines, out.notes, err = d.countedCells(with, window, out.terms, calendar.DateOf(now)); err != nil {
		return out, err
	}
	if len(out.doc.Cells) == 0 && len(out.notes) > 0 {
		return out, node.Failf("NO_DRAFT", "of what was counted in %s with %s nothing can leave: %s", window, d.PartnerName(p), strings.Join(out.notes[:min(3, len(out.notes))], "; "))
	}
	if len(out.doc.Cells) == 0 {
		return out, node.Failf("NO_DRAFT", "nothing was counted in %s with %s; run: kontor performance import FILE", window, d.PartnerName(p))
	}
	out.doc.Window = window
	if slices.ContainsFunc(out.doc.Cells, func(c performance.Cell) bool { return c.Deliveries != nil || c.Service != nil || c.Lines != nil }) {
		if out.doc.Delivery, err = performance.DeliveryBy(out.terms.Setting); err != nil {
			return out, node.Failf("BAD_PARAMETER", "%v", err)
		}
	}
	err = d.node.View(p.PID, func(r *protocol.Replica) error {
		h, current, err := d.next(r, performance.Type, s, now)
		if err != nil {
			return err
		}
		h.Scope, h.Provenance = granted, artifact.Provenance{SourceSystem: "performance desk", ExtractedAt: h.Issued, Activity: "COUNT"}
		out.doc.Header, out.current = h, current
		all := len(out.doc.Cells)
		out.doc = performance.Filter(out.doc, granted)
		out.withheld = all - len(out.doc.Cells)
		if set := leaving.Set; set != nil && len(set.Fields) > 0 {
			out.doc = performance.KeepFields(out.doc, set.Fields)
			out.notes = append(out.notes, "parts that stay at home: "+strings.Join(withoutThose(performance.Fields, set.Fields), ", "))
		}
		if with.step != nil {
			out.notes = append(out.notes, with.otherCells(out.doc, partner)...)
		}
		texts := d.texts(p)
		for i := range out.doc.Cells {
			out.doc.Cells[i].Item.Description = texts.mask(fmt.Sprintf("cells[%d].item.description", i), out.doc.Cells[i].Item.Description)
		}
		out.notes, out.refusals = append(out.notes, texts.notes...), texts.refusals
		out.doc.Closed = q.Close
		if current == nil {
			late = row.Closed // the terms' days closed it without a word of this side
			return nil
		}
		if out.before, err = r.Performance(current.Root); err != nil {
			return err
		}
		out.doc.Closed = out.doc.Closed || out.before.Closed // a correction leaves the window closed
		out.changes = performance.Diff(out.before, out.doc)
		return nil
	})
	if err != nil {
		return out, err
	}
	if late || row.Closed && len(out.changes) > 0 {
		if row.ByTerms {
			return out, node.Failf("WINDOW_CLOSED", "the days that the terms give for corrections and objections are over for %s: what is found later is a matter of a dispute, or of the next window", window)
		}
		return out, node.Failf("WINDOW_CLOSED", "both sides have closed %s: what is found later is a matter of a dispute, or of the next window", window)
	}
	out.sheet, err = performance.ToSheet(out.doc, s.Key)
	return out, err
}

func (q preparedPerformance) findings() []artifact.Finding {
	found := append(performance.Check(q.doc), q.refusals...)
	if q.current != nil {
		found = append(found, performance.CheckRevision(q.before, q.doc)...)
	}
	return found
}

// PerformancePreview is the partner's view of a report, before anything leaves.
type PerformancePreview struct {
	Preview
	Document performance.Document `json:"document"` // exactly what the partner will hold
	Diff     []performance.Change `json:"diff"`
	Lines    int                  `json:"lines"` // that stay at home
}

// PreviewPerformance shows every field of the report a partner would see, and why it may.
func (d *Desk) PreviewPerformance(q PerformanceQuery) (out PerformancePreview, err error) {
	p, err := d.Partner(q.With, "")
	if err != nil {
		return out, err
	}
	pre, err := d.preparePerformance(p, q)
	if err != nil {
		return out, err
	}
	root, below, err := pre.sheet.Build()
	if err != nil {
		return out, err
	}
	out = PerformancePreview{Document: pre.doc, Diff: pre.changes, Preview: Preview{With: d.PartnerName(p), Type: performance.Type, Revision: pre.doc.Header.Revision, Series: len(pre.doc.Cells), Buckets: len(pre.doc.Cells),
		Bytes: len(root.Data), Withheld: pre.withheld, Changes: len(pre.changes), Findings: pre.findings(), Inferable: []string{}, Notes: append([]string{}, pre.notes...), Sample: []forecast.Line{}}}
	for _, b := range below {
		out.Bytes += len(b.Data)
	}
	for _, c := range pre.changes {
		if c.Material {
			out.Material++
		}
	}
	for _, l := range pre.lines {
		out.Lines += len(l)
	}
	out.Sees = performanceFields(pre.doc, out.Lines)
	if pre.step != nil {
		out.Sees = append(out.Sees, Seen{"grain", pre.step.String(), "scope: no figure leaves finer than this (practice T3)"})
	}
	if slices.ContainsFunc(pre.doc.Cells, func(c performance.Cell) bool { return c.Sold != nil }) {
		out.Notes = append(out.Notes, "sold: of the company's own outlets; figures of independent outlets are third parties' and need their own release")
	}
	for _, c := range pre.doc.Cells {
		if c.Lines != nil && c.Lines.Count == 1 && len(out.Inferable) < artifact.MaxFindings {
			out.Inferable = append(out.Inferable, fmt.Sprintf("cell %q: one line stands behind it, so its figures are that line's", c.Key()))
		}
	}
	return out, nil
}

// performanceFields lists the fields that a report has and why each may leave.
func performanceFields(doc performance.Document, lines int) []Seen {
	scope := doc.Header.Scope
	why := "scope: products " + strings.Join(scope.Products, " ") + ", regions " + strings.Join(scope.Regions, " ")
	sees := []Seen{{"window", doc.Window.String() + map[bool]string{true: ", closed", false: ", open"}[doc.Closed], "both sides report the same one"}}
	for _, f := range performance.Figures {
		n := 0
		for _, c := range doc.Cells {
			if *c.At(f) != nil {
				n++
			}
		}
		if n > 0 {
			sees = append(sees, Seen{string(f), node.Count(n, "cell"), why})
		}
	}
	has := func(part func(performance.Cell) bool) bool { return slices.ContainsFunc(doc.Cells, part) }
	if has(func(c performance.Cell) bool { return c.Deliveries != nil }) {
		sees = append(sees, Seen{"deliveries", "lines due, on time, in full, both, and why lines were left out", "counts of lines, by the definition that leaves with them"})
	}
	if has(func(c performance.Cell) bool { return c.Service != nil }) {
		sees = append(sees, Seen{"service", "lines and orders filled, orders on time in full, orders by the parts of a perfect one, days that orders took, as far as the lines say so", "counts, by the definition that leaves with them"})
	}
	if has(func(c performance.Cell) bool { return c.Days != nil }) {
		sees = append(sees, Seen{"days", "days listed and days without stock", "what stockouts are measured by (practice T8)"})
	}
	if has(func(c performance.Cell) bool { return c.Lines != nil }) {
		sees = append(sees, Seen{"lines", "a salted root and a count for each cell", fmt.Sprintf("%s stay at home; reconciling opens those that differ, and no other (practice T7)", node.Count(lines, "line"))})
	}
	return append(sees, Seen{"provenance", doc.Header.Provenance.SourceSystem, "every artifact says where it comes from"})
}

// SharePerformance shares a report with a partner as its next revision, or, with Close, as its last word.
func (d *Desk) SharePerformance(ctx context.Context, q PerformanceQuery, command node.Command) (out Shared, err error) {
	p, err := d.Partner(q.With, "")
	if err != nil {
		return out, err
	}
	pre, err := d.preparePerformance(p, q)
	if err != nil {
		return out, err
	}
	out = Shared{With: d.PartnerName(p), Revision: pre.doc.Header.Revision, Series: len(pre.doc.Cells), Buckets: len(pre.doc.Cells), Changes: len(pre.changes)}
	if pre.current != nil && len(pre.changes) == 0 {
		return d.unchanged(p, pre.current, out)
	}
	if findings := pre.findings(); len(findings) > 0 {
		return out, &node.Failure{Code: "PERFORMANCE_REFUSED", Text: fmt.Sprintf("the report breaks %s: %s", node.Count(len(findings), "rule"), findings[0].Error()), Findings: findings}
	}
	root, _, err := pre.sheet.Build()
	if err != nil {
		return out, err
	}
	kept := map[string][]performance.Line{}
	for _, c := range pre.doc.Cells {
		if c.Lines != nil {
			kept[c.Key()] = pre.lines[c.Key()]
		}
	}
	// The lines first: once the report stands, a partner may ask for them.
	if err := d.node.KeepLines(p.PID, root.CID, kept); err != nil {
		return out, err
	}
	if err := d.node.Private(func(rows node.PrivateRows) error { return rows.Put(draftCounting+p.PID.String(), pre.terms) }); err != nil {
		return out, err
	}
	w, size, err := d.share(ctx, p, command, protocol.KindPerformance, pre.sheet)
	if err != nil {
		return out, err
	}
	if pre.current != nil && pre.current.Root != root.CID {
		if err := d.node.DropLines(p.PID, pre.current.Root); err != nil {
			return out, err
		}
	}
	out.CID, out.Entry, out.Bytes = *w.Body, w.Entry, size
	out.Waits, err = d.waits(p, out.Entry)
	return out, err
}
