package desk

import (
	"slices"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/measure"
	"kontor/protocol/partnership"
	"kontor/protocol/quantity"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
)

// SLAQuery chooses windows of SLAs.
type SLAQuery struct {
	With     string `json:"with,omitempty" doc:"partner; empty: all"`
	Contract string `json:"contract,omitempty" doc:"reference; empty: all"`
	SLA      string `json:"sla,omitempty" doc:"name of the clause; empty: all"`
	Window   string `json:"window,omitempty" doc:"2027-02 or 2027-02-01/2027-05-01; empty: all"`
}

func (q SLAQuery) fits(w remedy.Window) bool {
	return (q.Contract == "" || q.Contract == w.Contract) && (q.SLA == "" || q.SLA == w.SLA)
}

// SLAStatus is one window of an SLA that is over.
type SLAStatus struct {
	With string `json:"with"`
	remedy.Window
	Name    string             `json:"name"`
	By      terms.Party        `json:"by"`
	Target  quantity.Quantity  `json:"target"`
	AtMost  bool               `json:"atMost,omitempty"`
	Least   int64              `json:"minSample,omitempty"` // observations that a verdict needs
	Measure measure.Definition `json:"measure"`             // with the tolerances and the window that the clause counts by
	State   protocol.SLAState  `json:"state"`
	Settled bool               `json:"settled"`           // the result is final on both nodes as far as this entry goes; else it is pending
	Result  *remedy.Result     `json:"result,omitempty"`  // as evaluated
	Preview *remedy.Result     `json:"preview,omitempty"` // of a window that waits: by the reports in force now; nothing follows from it
	Before  *remedy.Result     `json:"before,omitempty"`  // of one that was corrected after the fact: what it came to first
	Until   int64              `json:"until"`             // reports are corrected until, ms UTC
	Rebut   int64              `json:"rebut"`             // what stands by silence is rebutted until, ms UTC
	Sides   []SLASide          `json:"sides"`
	Items   []remedy.Item      `json:"items"`
	Ahead   *remedy.Projection `json:"projection,omitempty"` // of a window that is not over: where it is heading; nothing follows from it
	Outages []SLAOutage        `json:"outages,omitempty"`    // that moved its deadlines
}

// SLARunning is the state of a window that is not over: it has no row, and nothing is due of it.
const SLARunning protocol.SLAState = "RUNNING"

// SLAOutage is how many working days a company's node was seen to be down before a deadline.
type SLAOutage struct {
	Company string `json:"company"`
	Days    int64  `json:"days"`
}

// SLASide is where one side stands with a window.
type SLASide struct {
	Company  string      `json:"company"`
	Side     terms.Party `json:"side"`
	Own      bool        `json:"own"`
	Reported int64       `json:"reported,omitempty"` // when its newest report in force was written, ms UTC
	Closed   bool        `json:"closed,omitempty"`
	Passed   bool        `json:"passed"`         // it wrote something after the last day for corrections
	Last     int64       `json:"last,omitempty"` // its newest entry held here, ms UTC: silent since
	Owes     string      `json:"owes,omitempty"` // what, by when
}

// SLAs lists the windows that are over, by contract, SLA and first day.
func (d *Desk) SLAs(q SLAQuery, sees func(product string) bool) ([]SLAStatus, error) {
	var only calendar.Bucket
	if q.Window != "" {
		var err error
		if only, err = calendar.ParseBucket(q.Window); err != nil {
			return nil, node.Failf("BAD_WINDOW", "%v", err)
		}
	}
	return across(d, q.With, func(p *node.Partnership, r *protocol.Replica) (out []SLAStatus, err error) {
		rows, err := r.SLAWindows()
		if err != nil {
			return nil, err
		}
		items, err := r.Remedies()
		if err != nil {
			return nil, err
		}
		cases := r.SLACases()
		for _, row := range rows {
			if !q.fits(row.Window) || only.Valid() && only != row.Period {
				continue
			}
			v, seen, err := d.slaStatus(r, p, row, cases, sees)
			if err != nil {
				return nil, err
			}
			if !seen {
				continue
			}
			for _, i := range items {
				if i.Window == row.Window {
					v.Items = append(v.Items, i)
				}
			}
			out = append(out, v)
		}
		running, err := d.running(r, p, q, only, cases, sees)
		return append(out, running...), err
	})
}

func (d *Desk) slaStatus(r *protocol.Replica, p *node.Partnership, row protocol.SLARow, cases casesOf, sees func(string) bool) (v SLAStatus, seen bool, err error) {
	v = SLAStatus{With: d.PartnerName(p), Window: row.Window, State: row.State, Result: row.Result(), Until: row.Until, Rebut: row.Rebut, Sides: []SLASide{}, Items: []remedy.Item{}}
	doc, err := r.Terms(row.Terms)
	if err != nil {
		return v, false, err
	}
	s, ok := seenClauses(doc, sees).Promise(row.SLA)
	if !ok {
		return v, false, nil
	}
	v.Name, v.By, v.Target, v.AtMost, v.Least, v.Measure = s.Name, s.By, s.Target, s.AtMost, s.MinSample, s.Measure
	if v.Settled, err = r.SLAStands(row.Window); err != nil {
		return v, false, err
	}
	if row.First != nil && row.Last != nil && !row.First.Equal(*row.Last) {
		v.Before = row.First
	}
	for _, o := range row.Outages {
		v.Outages = append(v.Outages, SLAOutage{d.node.CompanyName(o.Member), o.Days})
	}
	reports, err := reportsIn(r, row.Period)
	if err != nil {
		return v, false, err
	}
	if v.Result == nil {
		preview, err := r.SLAPreview(cases, doc, s, row.Period)
		if err != nil {
			return v, false, err
		}
		v.Preview = &preview
	}
	for _, m := range p.Genesis.Members {
		side := partyOf(p, m.Company)
		if side == "" {
			continue
		}
		x := SLASide{Company: d.node.CompanyName(m.Company), Side: side, Own: m.Company == d.node.Company()}
		if head, found, err := r.Log.Head(m.Company); err != nil {
			return v, false, err
		} else if found {
			x.Last = head.Header.T
		}
		x.Passed = slices.ContainsFunc(row.Passed, func(s protocol.SLAPassing) bool { return s.Member == m.Company })
		for _, w := range reports {
			if w.Author == m.Company {
				x.Reported, x.Closed = max(x.Reported, w.T), w.Closed
			}
		}
		for _, duty := range s.Duties {
			if duty.By == side && x.Reported == 0 {
				x.Owes = duty.What
			}
		}
		v.Sides = append(v.Sides, x)
	}
	return v, true, nil
}

// running are the windows of terms in force that hold today, with where they are heading.
func (d *Desk) running(r *protocol.Replica, p *node.Partnership, q SLAQuery, only calendar.Bucket, cases casesOf, sees func(string) bool) (out []SLAStatus, err error) {
	today := calendar.DateOf(d.node.Now())
	agreed, err := r.TermsInForce(today)
	if err != nil {
		return nil, err
	}
	for _, a := range agreed {
		doc := seenClauses(a.Document, sees)
		today := d.dayBy(doc)
		frame := doc.Frame
		frame.Period.Start, frame.Period.End = max(frame.Period.Start, a.From), min(frame.Period.End, a.Expires)
		for _, s := range doc.SLAs {
			for _, w := range frame.Windows(s, frame.Period) {
				window := remedy.Window{Contract: doc.Contract, SLA: s.ID, Period: w.Period}
				if !w.Period.Contains(today) || !q.fits(window) || only.Valid() && only != w.Period {
					continue
				}
				c, err := cases(a.Document, s, w.Period)
				if err != nil {
					return nil, err
				}
				ahead := remedy.Project(c, today)
				if ahead.Outlook == remedy.Unknown && !only.Valid() {
					continue
				}
				out = append(out, SLAStatus{With: d.PartnerName(p), Window: window, Name: s.Name, By: s.By, Target: s.Target, AtMost: s.AtMost, Least: s.MinSample, Measure: s.Measure, State: SLARunning, Until: doc.Calendar.End(w.Until), Rebut: doc.Calendar.End(w.Rebut), Ahead: &ahead, Sides: []SLASide{}, Items: []remedy.Item{}})
			}
		}
	}
	return out, nil
}

// partyOf is the side of a contract that a member is; "" of one that is none.
func partyOf(p *node.Partnership, company block.CID) terms.Party {
	m, member := p.Genesis.Member(company)
	switch {
	case !member || p.Genesis.Witness != nil && *p.Genesis.Witness == company || p.Genesis.Arbiter != nil && *p.Genesis.Arbiter == company:
		return ""
	case m.Role == partnership.RoleBuyer:
		return terms.Buyer
	case m.Role == partnership.RoleSeller:
		return terms.Seller
	}
	return ""
}

// casesOf finds what windows would be evaluated by now.
type casesOf = func(terms.Document, terms.SLA, calendar.Bucket) (remedy.Case, error)

// reportsIn are the reports in force that speak of a period.
func reportsIn(r *protocol.Replica, period calendar.Bucket) (held []protocol.WindowReport, err error) {
	windows, err := r.Windows()
	for _, w := range windows {
		if w.Window.Overlaps(period) {
			held = append(held, w.Reports...)
		}
	}
	return held, err
}
