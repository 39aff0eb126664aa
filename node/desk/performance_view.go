package desk

import (
	"context"
	"slices"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/partnership"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
)

// HeldWindow is one window that somebody reports on.
type HeldWindow struct {
	With    string          `json:"with"`
	Window  calendar.Bucket `json:"window"`
	Closed  bool            `json:"closed"`             // by every side, or by the terms' days: its figures stand
	ByTerms bool            `json:"by_terms,omitempty"` // by the terms' days, without every side's word
	Reports []HeldReport    `json:"reports"`
	// Tally counts the cells of both reports by what comparing them comes to, and Apart those whose lines differ.
	Tally map[performance.Verdict]int `json:"tally"`
	Apart int                         `json:"unequalLines"`
}

// HeldReport is one report in force.
type HeldReport struct {
	CID      block.CID `json:"cid"`
	Author   string    `json:"author"`
	Own      bool      `json:"own"`
	Revision int64     `json:"revision"`
	Closed   bool      `json:"closed"`
	Cells    int       `json:"cells"`
	T        int64     `json:"t"` // ms UTC
}

// sides are the reports of a window by the role of their authors. In a circle the last of a role stands for it.
type sides struct {
	buyer, seller *performance.Document
	row           protocol.WindowRow
	held          []HeldReport
}

func (d *Desk) sidesOf(r *protocol.Replica, p *node.Partnership, row protocol.WindowRow) (out sides, err error) {
	out.row, out.held = row, []HeldReport{}
	for _, report := range row.Reports {
		doc, err := r.Performance(report.Root)
		if err != nil {
			return out, err
		}
		version, _, err := r.Version(report.Root)
		if err != nil {
			return out, err
		}
		out.held = append(out.held, HeldReport{CID: report.Root, Author: d.node.CompanyName(report.Author), Own: report.Author == d.node.Company(), Revision: version.Revision, Closed: report.Closed, Cells: len(doc.Cells), T: report.T})
		m, _ := p.Genesis.Member(report.Author)
		if m.Role == partnership.RoleBuyer {
			out.buyer = &doc
		} else {
			out.seller = &doc
		}
	}
	return out, nil
}

// Windows lists the windows that anybody reports on, in all partnerships or one.
func (d *Desk) Windows(with string) ([]HeldWindow, error) {
	return across(d, with, func(p *node.Partnership, r *protocol.Replica) (out []HeldWindow, err error) {
		rows, err := r.Windows()
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			s, err := d.sidesOf(r, p, row)
			if err != nil {
				return nil, err
			}
			c := performance.Compare(s.buyer, s.seller, performance.DefaultTolerance())
			out = append(out, HeldWindow{With: d.PartnerName(p), Window: row.Window, Closed: row.Closed, ByTerms: row.ByTerms, Reports: s.held, Tally: c.Tally, Apart: c.Apart})
		}
		return out, nil
	})
}

// ShownReport is one report of a window in full.
type ShownReport struct {
	HeldReport
	With     string               `json:"with"`
	Document performance.Document `json:"document"`
}

// PerformanceReports are the reports in force of a window with a partner, the own one first.
func (d *Desk) PerformanceReports(with, window string) ([]ShownReport, error) {
	w, err := windowOf(window)
	if err != nil {
		return nil, err
	}
	p, err := d.Partner(with, "")
	if err != nil {
		return nil, err
	}
	out := []ShownReport{}
	err = d.node.View(p.PID, func(r *protocol.Replica) error {
		out = out[:0]
		row, err := r.Window(w)
		if err != nil {
			return err
		}
		s, err := d.sidesOf(r, p, row)
		if err != nil {
			return err
		}
		for _, h := range s.held {
			doc, err := r.Performance(h.CID)
			if err != nil {
				return err
			}
			out = append(out, ShownReport{h, d.PartnerName(p), doc})
		}
		return nil
	})
	slices.SortStableFunc(out, func(a, b ShownReport) int { return boolOrder(b.Own) - boolOrder(a.Own) })
	if err == nil && len(out) == 0 {
		err = node.Failf("NO_REPORT", "nobody reports on %s with %s; kontor performance list shows what is reported", w, d.PartnerName(p))
	}
	return out, err
}

func boolOrder(b bool) int {
	if b {
		return 1
	}
	return 0
}

// CompareQuery names a window, and what may differ.
type CompareQuery struct {
	With   string `json:"with,omitempty"`
	Window string `json:"window"`
	Points string `json:"points,omitempty"` // hundredths of a figure or share that may differ; empty: 0.5
	Amount string `json:"amount,omitempty"` // units that may differ; empty: none
}

func (q CompareQuery) tolerance() (t performance.Tolerance, err error) {
	t = performance.DefaultTolerance()
	if q.Points != "" {
		points, err := quantity.Parse(q.Points)
		if err != nil || points.Sign() < 0 || quantity.Of(100).Less(points) {
			return t, node.Failf("BAD_TOLERANCE", "%q are no points: want a number from 0 to 100 such as 0.5", q.Points)
		}
		ppm, ok := points.At(-4) // a point is 10,000 ppm
		if !ok {
			return t, node.Failf("BAD_TOLERANCE", "%q: want at most four decimals", q.Points)
		}
		t.PPM = ppm.Int64()
	}
	if q.Amount != "" {
		if t.Amount, err = quantity.Parse(q.Amount); err != nil || t.Amount.Sign() < 0 {
			return t, node.Failf("BAD_TOLERANCE", "%q is no amount: want a number of 0 or more", q.Amount)
		}
	}
	return t, nil
}

// ComparePerformance holds both sides' reports of a window side by side. Both nodes get the same.
func (d *Desk) ComparePerformance(q CompareQuery) (out performance.Comparison, err error) {
	w, err := windowOf(q.Window)
	if err != nil {
		return out, err
	}
	t, err := q.tolerance()
	if err != nil {
		return out, err
	}
	p, err := d.Partner(q.With, "")
	if err != nil {
		return out, err
	}
	err = d.node.View(p.PID, func(r *protocol.Replica) error {
		row, err := r.Window(w)
		if err != nil {
			return err
		}
		s, err := d.sidesOf(r, p, row)
		out = performance.Compare(s.buyer, s.seller, t)
		return err
	})
	if err == nil && len(out.Cells) == 0 {
		err = node.Failf("NO_REPORT", "nobody reports on %s with %s; kontor performance list shows what is reported", w, d.PartnerName(p))
	}
	return out, err
}

// ReconcileQuery names the cells to reconcile.
type ReconcileQuery struct {
	With    string `json:"with,omitempty"`
	Window  string `json:"window"`
	Product string `json:"product,omitempty"` // empty: every cell whose lines differ
	Region  string `json:"region,omitempty"`
}

// ReconciledCell is what comparing the lines of a cell came to.
type ReconciledCell struct {
	Cell  string     `json:"cell"`
	Lines []LineView `json:"lines"`
	More  bool       `json:"more,omitempty"` // there are more differences than may be opened
}

// LineView is a line in which the two reports differ.
type LineView struct {
	node.OpenedLine
	With    string   `json:"with"`
	Differs []string `json:"differs"`
}

func (d *Desk) viewLine(o node.OpenedLine) LineView {
	return LineView{o, d.node.CompanyName(o.With), o.Differs()}
}

// ReconcilePerformance walks the lines of cells whose roots differ and opens those that differ to both desks, and no other.
func (d *Desk) ReconcilePerformance(ctx context.Context, q ReconcileQuery) ([]ReconciledCell, error) {
	p, err := d.Partner(q.With, "")
	if err != nil {
		return nil, err
	}
	compared, err := d.ComparePerformance(CompareQuery{With: p.PID.String(), Window: q.Window})
	if err != nil {
		return nil, err
	}
	w, err := windowOf(q.Window)
	if err != nil {
		return nil, err
	}
	var report, member block.CID
	if err := d.node.View(p.PID, func(r *protocol.Replica) error {
		row, err := r.Window(w)
		for _, x := range row.Reports {
			if x.Author == d.node.Company() {
				report = x.Root
			} else {
				member = x.Author
			}
		}
		return err
	}); err != nil {
		return nil, err
	}
	out := []ReconciledCell{}
	for _, c := range compared.Cells {
		if c.Lines != performance.LinesUnequal || q.Product != "" && c.Item.ID() != q.Product || q.Region != "" && c.Place.Region != q.Region {
			continue
		}
		found, err := d.node.Reconcile(ctx, p.PID, member, report, c.Key)
		if err != nil {
			return out, err
		}
		cell := ReconciledCell{Cell: c.Key, Lines: []LineView{}, More: found.More}
		for _, l := range found.Lines {
			cell.Lines = append(cell.Lines, d.viewLine(l))
		}
		out = append(out, cell)
	}
	if len(out) == 0 {
		return out, node.Failf("NOTHING_APART", "no cell of %s has lines in both reports that differ; kontor performance compare --window %s shows what does", w, w)
	}
	return out, nil
}

// OpenedLines are the lines that were opened between this company and its partners, whoever asked.
func (d *Desk) OpenedLines(with string) ([]LineView, error) {
	out := []LineView{}
	partnerships, err := d.partnershipsWith(with)
	if err != nil {
		return nil, err
	}
	for _, p := range partnerships {
		list, err := d.node.OpenedLines(p.PID)
		if err != nil {
			return nil, err
		}
		for _, o := range list {
			out = append(out, d.viewLine(o))
		}
	}
	return out, nil
}
