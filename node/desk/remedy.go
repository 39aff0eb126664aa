package desk

import (
	"context"
	"slices"
	"strings"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
)

// RemedyView is one entry of what two companies owe each other by their terms.
type RemedyView struct {
	With string `json:"with"`
	remedy.Item
	Own     string         `json:"own"`               // what this company is in it: "owes" or "is owed"
	Stands  bool           `json:"stands"`            // at or below the settled line; above it an entry is pending and nothing is done about it
	Overdue bool           `json:"overdue,omitempty"` // not paid with its month
	Due     quantity.Money `json:"due"`               // what this company is owed by it; negative where it owes
	Sides   []RemedySide   `json:"sides"`             // who owes first
}

// RemedySide is what one side has said of an entry.
type RemedySide struct {
	Company string      `json:"company"`
	Side    terms.Party `json:"side"`
	Own     bool        `json:"own"`
	Did     string      `json:"did,omitempty"`  // ACKNOWLEDGED, SETTLED, RECEIVED, CLAIMED or DISPUTED, its newest word; empty: nothing
	At      int64       `json:"at,omitempty"`   // of that word, ms UTC
	Last    int64       `json:"last,omitempty"` // its newest entry held here, ms UTC: silent since
}

// remedySides are both sides of an entry, who owes first.
func (d *Desk) remedySides(r *protocol.Replica, p *node.Partnership, i remedy.Item) (out []RemedySide, err error) {
	for _, side := range []terms.Party{i.Debtor, i.Creditor} {
		for _, m := range p.Genesis.Members {
			if partyOf(p, m.Company) != side {
				continue
			}
			x := RemedySide{Company: d.node.CompanyName(m.Company), Side: side, Own: m.Company == d.node.Company()}
			for _, w := range []struct {
				did  string
				word *remedy.Word
			}{{"ACKNOWLEDGED", i.Reply}, {"SETTLED", i.Paid}, {"RECEIVED", i.Received}, {"DISPUTED", i.Contest}} {
				if w.word != nil && w.word.By == m.Company && w.word.T >= x.At {
					x.Did, x.At = w.did, w.word.T
				}
			}
			if x.Did == "" && i.Claim != nil && side == i.Creditor {
				x.Did, x.At = "CLAIMED", i.Fell.Millis()
			}
			head, found, err := r.Log.Head(m.Company)
			if err != nil {
				return nil, err
			}
			if found {
				x.Last = head.Header.T
			}
			out = append(out, x)
		}
	}
	return out, nil
}

// RemedyList is what is owed, entry by entry and netted by month.
type RemedyList struct {
	Items  []RemedyView     `json:"items"`
	Months []NetView        `json:"months"`
	Totals []quantity.Money `json:"totals"` // by currency, of what is due and not settled: what this company is owed, negative where it owes
}

// NetView is a month with a partner.
type NetView struct {
	With string `json:"with"`
	remedy.Month
	Overdue bool `json:"overdue,omitempty"`
}

// Remedies lists the entries of windows of SLAs and nets them by month.
func (d *Desk) Remedies(q SLAQuery, sees func(product string) bool) (RemedyList, error) {
	out := RemedyList{Items: []RemedyView{}, Months: []NetView{}, Totals: []quantity.Money{}}
	partnerships, err := d.partnershipsWith(q.With)
	if err != nil {
		return out, err
	}
	for _, p := range partnerships {
		var items []RemedyView
		err := d.node.View(p.PID, func(r *protocol.Replica) (err error) {
			items, err = d.remediesOf(r, p, q, sees)
			return err
		})
		if err != nil {
			return out, err
		}
		out.Items = append(out.Items, items...)
		out.Months = append(out.Months, netted(d.PartnerName(p), items)...)
	}
	out.Totals = unsettled(out.Items)
	return out, nil
}

// remediesOf are the entries with one partner, as far as their clauses may be seen.
func (d *Desk) remediesOf(r *protocol.Replica, p *node.Partnership, q SLAQuery, sees func(string) bool) (out []RemedyView, err error) {
	all, err := r.Remedies()
	if err != nil {
		return nil, err
	}
	for _, i := range all {
		if !q.fits(i.Window) {
			continue
		}
		doc, err := r.Terms(*i.Terms)
		if err != nil {
			return nil, err
		}
		if _, seen := seenClauses(doc, sees).Promise(i.SLA); !seen && !sees(unpromised(i)) {
			continue
		}
		v := RemedyView{With: d.PartnerName(p), Item: i, Own: "is owed", Due: i.Amount, Overdue: i.Overdue(d.dayBy(doc))}
		if partyOf(p, d.node.Company()) == i.Debtor {
			v.Own, v.Due.Minor = "owes", -i.Amount.Minor
		}
		if v.Stands, err = r.RemedyStands(i.ID); err != nil {
			return nil, err
		}
		if v.Sides, err = d.remedySides(r, p, i); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// unpromised is what a caller bound to products must see of an entry that no clause of a promise speaks of: the product of an authorisation; of what a dispute
// gave beside all windows, everything.
func unpromised(i remedy.Item) string {
	if i.Kind == remedy.Liability {
		return i.SLA
	}
	return allProducts
}

// netted nets the entries with a partner by month. A month is overdue when an entry of it is.
func netted(with string, items []RemedyView) (out []NetView) {
	plain := make([]remedy.Item, len(items))
	for i, v := range items {
		plain[i] = v.Item
	}
	for _, m := range remedy.Net(plain) {
		late := slices.ContainsFunc(items, func(v RemedyView) bool { return v.Overdue && slices.Contains(m.Items, v.ID) })
		out = append(out, NetView{with, m, late})
	}
	return out
}

// unsettled adds up by currency what is due and not settled.
func unsettled(items []RemedyView) []quantity.Money {
	out := []quantity.Money{}
	for _, v := range items {
		if v.Status != remedy.Due && v.Status != remedy.Acknowledged {
			continue
		}
		i := slices.IndexFunc(out, func(m quantity.Money) bool { return m.Currency == v.Due.Currency })
		if i < 0 {
			out = append(out, v.Due)
			continue
		}
		out[i].Minor += v.Due.Minor
	}
	return out
}

// dayBy is today by the terms' clock.
func (d *Desk) dayBy(doc terms.Document) calendar.Date {
	return doc.Calendar.Day(d.node.Now())
}

// RemedyAct says something of entries of one partnership.
type RemedyAct struct {
	IDs       []string `json:"ids" doc:"entries, by their IDs or the beginnings of them"`
	Reference string   `json:"reference,omitempty" doc:"of the payment"`
	Reason    string   `json:"reason,omitempty" doc:"why it is disputed, in a sentence"`
}

// RemedyDone is what an act did.
type RemedyDone struct {
	With  string        `json:"with"`
	Items []remedy.Item `json:"items"` // as they stand now
	Entry block.CID     `json:"entry"`
	Waits []string      `json:"waits,omitempty"` // members that get it when they are back
}

// leastRemedyID is the shortest beginning of an ID that names an entry.
const leastRemedyID = 4

// DoRemedy requests, acknowledges, settles or disputes entries.
func (d *Desk) DoRemedy(ctx context.Context, verb remedy.Verb, in RemedyAct, command node.Command) (out RemedyDone, err error) {
	act := remedy.Act{Verb: verb, Reference: in.Reference, Reason: in.Reason}
	p, err := d.remediesNamed(in.IDs, &act)
	if err != nil {
		return out, err
	}
	texts := d.texts(p)
	act.Reason, act.Reference = texts.mask("reason", in.Reason), texts.mask("reference", in.Reference)
	if len(texts.refusals) > 0 {
		return out, &node.Failure{Code: "REFUSED", Text: texts.refusals[0].Error(), Findings: texts.refusals}
	}
	w, err := d.node.Write(ctx, p.PID, command, func(r *protocol.Replica, _ int64) (protocol.Draft, error) {
		for _, id := range act.Items {
			stands, err := r.RemedyStands(id)
			if err != nil {
				return protocol.Draft{}, err
			}
			if !stands {
				return protocol.Draft{}, node.Failf("REMEDY_PENDING", "entry %s is above the settled line: it stands when both sides' nodes have passed it; try again then", id)
			}
		}
		body, err := block.New(act)
		return protocol.Draft{Kind: protocol.KindRemedy, Body: &body}, err
	})
	if err != nil {
		return out, err
	}
	out.With, out.Entry = d.PartnerName(p), w.Entry
	err = d.node.View(p.PID, func(r *protocol.Replica) error {
		all, err := r.Remedies()
		out.Items = slices.DeleteFunc(all, func(i remedy.Item) bool { return !slices.Contains(act.Items, i.ID) })
		return err
	})
	if err != nil {
		return out, err
	}
	out.Waits, err = d.waits(p, w.Entry)
	return out, err
}

// ClaimRemedy claims what no report carries.
func (d *Desk) ClaimRemedy(ctx context.Context, with string, c remedy.Claim, command node.Command) (out RemedyDone, err error) {
	p, err := d.Partner(with, "")
	if err != nil {
		return out, err
	}
	texts := d.texts(p)
	if c.Reason = texts.mask("reason", c.Reason); len(texts.refusals) > 0 {
		return out, &node.Failure{Code: "REFUSED", Text: texts.refusals[0].Error(), Findings: texts.refusals}
	}
	act := remedy.Act{Verb: remedy.MakeClaim, Claim: &c}
	if act.Check() != "" {
		return out, node.Failf("REFUSED", "the claim is malformed: it names a contract, a clause, a day, evidence, and one of hours, cost, or an event with product and quantities")
	}
	w, err := d.node.Write(ctx, p.PID, command, func(*protocol.Replica, int64) (protocol.Draft, error) {
		body, err := block.New(act)
		return protocol.Draft{Kind: protocol.KindRemedy, Body: &body}, err
	})
	if err != nil {
		return out, err
	}
	out.With, out.Entry = d.PartnerName(p), w.Entry
	err = d.node.View(p.PID, func(r *protocol.Replica) error {
		all, err := r.Remedies()
		out.Items = slices.DeleteFunc(all, func(i remedy.Item) bool {
			return i.Claim == nil || i.Claim.Clause != c.Clause || i.Claim.Day != c.Day || i.Claim.Product != c.Product
		})
		return err
	})
	if err != nil {
		return out, err
	}
	out.Waits, err = d.waits(p, w.Entry)
	return out, err
}

// remediesNamed finds the entries that are named, all of one partnership.
func (d *Desk) remediesNamed(names []string, act *remedy.Act) (*node.Partnership, error) {
	var in *node.Partnership
	for _, name := range names {
		var fits []string
		for _, p := range d.node.Partnerships() {
			var here []string
			err := d.node.View(p.PID, func(r *protocol.Replica) error {
				here = nil
				all, err := r.Remedies()
				for _, i := range all {
					if i.ID == name || len(name) >= leastRemedyID && strings.HasPrefix(i.ID, name) {
						here = append(here, i.ID)
					}
				}
				return err
			})
			if err != nil {
				return nil, err
			}
			if len(here) > 0 && in != nil && in != p {
				return nil, node.Failf("WHICH_PARTNER", "entry %q is of another partnership than the others named: one act is of one partnership", name)
			}
			if len(here) > 0 {
				in = p
			}
			fits = append(fits, here...)
		}
		if len(fits) == 0 {
			return nil, node.Failf("NO_SUCH_REMEDY", "no entry is called %q, by its ID or the first %d digits of it and more; kontor remedy list shows all", name, leastRemedyID)
		}
		if len(fits) > 1 {
			return nil, node.Failf("NO_SUCH_REMEDY", "%d entries are called %q; kontor remedy list shows all", len(fits), name)
		}
		act.Items = append(act.Items, fits[0])
	}
	slices.Sort(act.Items)
	act.Items = slices.Compact(act.Items)
	if len(act.Items) == 0 || len(act.Items) > remedy.MaxItems {
		return nil, node.Failf("NO_SUCH_REMEDY", "%d entries are named; want 1 to %d", len(act.Items), remedy.MaxItems)
	}
	return in, nil
}

// SLAReconcileQuery names a window in which the two sides' figures come to different things.
type SLAReconcileQuery struct {
	SLAQuery
	Agree bool `json:"agree,omitempty" doc:"take the partner's figures of the window"`
}

// SLAReconciled is where the two sides differ, and what was agreed.
type SLAReconciled struct {
	SLAStatus
	Cells []ReconciledCell `json:"cells"` // whose lines differ, with the lines
	Entry *block.CID       `json:"entry,omitempty"`
}

// ReconcileSLA walks to the lines in which the reports of a window differ, as far as reports are of just that window, and takes the partner's figures where
// the desk says so.
func (d *Desk) ReconcileSLA(ctx context.Context, q SLAReconcileQuery, sees func(string) bool, command node.Command) (out SLAReconciled, err error) {
	out.Cells = []ReconciledCell{}
	list, err := d.SLAs(q.SLAQuery, sees)
	if err != nil {
		return out, err
	}
	list = slices.DeleteFunc(list, func(v SLAStatus) bool {
		r := v.Result
		if r == nil {
			r = v.Preview
		}
		return r == nil || r.Verdict != remedy.Unequal
	})
	if len(list) == 0 {
		return out, node.Failf("WHICH_WINDOW", "no window of an SLA is apart between the two sides; kontor sla status shows them")
	}
	if len(list) != 1 {
		return out, node.Failf("WHICH_WINDOW", "%d windows of SLAs are apart; say which with --sla and --window: kontor sla status", len(list))
	}
	out.SLAStatus = list[0]
	p, err := d.Partner(q.With, "")
	if err != nil {
		return out, err
	}
	if q.Agree {
		w, err := d.node.Write(ctx, p.PID, command, func(*protocol.Replica, int64) (protocol.Draft, error) {
			body, err := block.New(remedy.Act{Verb: remedy.Agree, Window: &out.Window})
			return protocol.Draft{Kind: protocol.KindRemedy, Body: &body}, err
		})
		out.Entry = &w.Entry
		return out, err
	}
	out.Cells, err = d.ReconcilePerformance(ctx, ReconcileQuery{With: q.With, Window: out.Period.String()})
	return out, err
}
