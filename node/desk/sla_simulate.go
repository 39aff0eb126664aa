package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/calendar"
	"kontor/protocol/performance"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
)

// SimulateQuery asks what terms would have paid.
type SimulateQuery struct {
	With     string `json:"with,omitempty" doc:"partner; empty: the only one"`
	Contract string `json:"contract,omitempty" doc:"reference; empty: the only one"`
	Of       string `json:"of,omitempty" doc:"draft: this company's own draft; else the newest terms shared or signed"`
	Over     string `json:"over,omitempty" doc:"days, 2026-01-01/2027-01-01; empty: the twelve months to the end of the newest report"`
	Alone    string `json:"alone,omitempty" doc:"own or partner: only that side's reports; empty: both"`
}

// SimulateReports asks it by the figures of a file.
type SimulateReports struct {
	SimulateQuery
	Event string `json:"event,omitempty" doc:"what the deliveries of a table are: RECEIPT_POSTED, ARRIVAL, DOCK or DESPATCH; empty: receipts"`
}

// SimulatedTerms is what they would have paid.
type SimulatedTerms struct {
	With     string `json:"with"`
	Contract string `json:"contract"`
	Of       string `json:"of"` // whose terms, and which
	remedy.Simulated
}

// Simulate says what terms would have paid over the past, by the reports in force.
func (d *Desk) Simulate(_ context.Context, q SimulateQuery, sees func(product string) bool) (out SimulatedTerms, err error) {
	p, err := d.Partner(q.With, "")
	if err != nil {
		return out, err
	}
	return d.simulate(p, q, nil, sees)
}

// SimulateBy says what terms would have paid by the figures of a file, as if both sides had counted so. Nothing of the file is kept.
func (d *Desk) SimulateBy(data []byte, q SimulateReports, sees func(product string) bool) (out SimulatedTerms, err error) {
	p, err := d.Partner(q.With, "")
	if err != nil {
		return out, err
	}
	if q.Alone != "" {
		return out, node.Failf("BAD_REQUEST", "figures of a file count as both sides': leave out alone")
	}
	counted, err := d.readCounted(data, PerformanceImport{ImportOptions: ImportOptions{From: q.With}, With: q.With, Event: q.Event})
	if err != nil {
		return out, err
	}
	return d.simulate(p, q.SimulateQuery, &counted, sees)
}

func (d *Desk) simulate(p *node.Partnership, q SimulateQuery, counted *countedFile, sees func(product string) bool) (out SimulatedTerms, err error) {
	out.With = d.PartnerName(p)
	var doc terms.Document
	if q.Of == "draft" {
		if doc, err = d.termsDraft(q.Contract); err != nil {
			return out, err
		}
		out.Of = "own draft"
	} else if doc, out.Of, err = d.newestTerms(p, q.Contract); err != nil {
		return out, err
	}
	doc = seenClauses(doc, sees)
	out.Contract = doc.Contract
	if len(doc.Promises()) == 0 {
		return out, node.Failf("NO_SLA", "the terms of %s hold no SLA and no price that an index adjusts: there is nothing to pay by", doc.Contract)
	}
	past := remedy.Past{}
	read, err := d.published()
	if err != nil {
		return out, err
	}
	err = d.node.View(p.PID, func(r *protocol.Replica) error {
		var over calendar.Bucket
		if counted != nil {
			over, err = counted.over(q.Over)
		} else {
			over, err = d.simulated(r, q.Over)
		}
		if err != nil {
			return err
		}
		cases := r.SLACases()
		var failed error
		alone := q.alone(partyOf(p, d.node.Company()))
		past.Values = publishedOr(r.SLAValues(&failed), read)
		past.Records = func(s terms.SLA, period calendar.Bucket) remedy.Records {
			c, err := cases(doc, s, period)
			failed = errors.Join(failed, err)
			if alone != "" {
				delete(c.Records.Quality, remedy.Other(alone))
			}
			return c.Records
		}
		if past.Reports, err = d.pastReports(cases, doc, over, alone); err != nil {
			return err
		}
		if counted != nil {
			past.Reports = counted.reports(calendar.DateOf(d.node.Now()), &failed)
		}
		out.Simulated = remedy.Simulate(doc, over, past)
		return failed
	})
	return out, err
}

// alone is the side whose reports alone count; "" where both do.
func (q SimulateQuery) alone(own terms.Party) terms.Party {
	switch q.Alone {
	case "own":
		return own
	case "partner":
		return remedy.Other(own)
	}
	return ""
}

// pastReports are the reports in force, with those of the year before where growth is counted from them.
func (d *Desk) pastReports(cases func(terms.Document, terms.SLA, calendar.Bucket) (remedy.Case, error), doc terms.Document, over calendar.Bucket, alone terms.Party) (func(terms.SLA, calendar.Bucket) (buyer, seller []performance.Document), error) {
	grows := func(s terms.SLA) bool {
		_, counts := remedy.GrowsFrom(doc, s, over)
		return counts
	}
	if slices.ContainsFunc(doc.SLAs, grows) {
		over.Start = over.Start.AddMonths(-12)
	}
	all, err := cases(doc, terms.SLA{}, over)
	buyer, seller := all.Buyer, all.Seller
	switch alone {
	case terms.Buyer:
		seller = nil
	case terms.Seller:
		buyer = nil
	}
	return func(terms.SLA, calendar.Bucket) (b, s []performance.Document) { return buyer, seller }, err
}

// publishedOr are the values that the sides stated, and where neither did those this company read itself.
func publishedOr(stated remedy.Values, read terms.Published) remedy.Values {
	return func(side terms.Party, index string, month calendar.Date) *remedy.Point {
		if p := stated(side, index, month); p != nil || stated(remedy.Other(side), index, month) != nil {
			return p
		}
		v, known := read(index, month)
		if !known {
			return nil
		}
		return &remedy.Point{Index: index, Month: month, Value: v, Final: true}
	}
}

// simulated is the period asked for, or the twelve months to the end of the newest report.
func (d *Desk) simulated(r *protocol.Replica, over string) (calendar.Bucket, error) {
	if over != "" {
		b, err := calendar.ParseBucket(over)
		if err != nil {
			return b, node.Failf("BAD_WINDOW", "%v", err)
		}
		return b, nil
	}
	windows, err := r.Windows()
	if err != nil {
		return calendar.Bucket{}, err
	}
	end := calendar.Date(0)
	for _, w := range windows {
		end = max(end, w.Window.End)
	}
	if end == 0 {
		return calendar.Bucket{}, node.Failf("NO_REPORT", "nobody has reported anything yet; begin with: kontor performance import FILE, and once its window is over: kontor performance share --window WINDOW")
	}
	last := end.AddDays(-1).Month()
	return calendar.Bucket{Start: last.Add(-11).First(), End: last.Add(1).First()}, nil
}

// newestTerms are those of a contract shared last, else those signed last.
func (d *Desk) newestTerms(p *node.Partnership, contract string) (doc terms.Document, of string, err error) {
	list, err := d.Terms(p.PID.String(), "", func(string) bool { return true })
	if err != nil {
		return doc, "", err
	}
	names := map[string]bool{}
	best := HeldTerms{Revision: -1}
	for _, t := range list {
		if contract != "" && t.Document.Contract != contract {
			continue
		}
		names[t.Document.Contract] = true
		if t.Document.Header.Issued >= best.Document.Header.Issued {
			best = t
		}
	}
	switch {
	case len(names) == 0:
		return doc, "", node.Failf("NO_TERMS", "no terms%s are held of %s; simulate a draft of your own with --draft", ofContract(contract), d.PartnerName(p))
	case len(names) > 1:
		return doc, "", node.Failf("WHICH_CONTRACT", "terms of %d contracts are held; name one with --contract", len(names))
	}
	return best.Document, fmt.Sprintf("revision %d of %s, %s", best.Revision, best.Author, best.State), nil
}
