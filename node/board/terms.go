package board

import (
	"context"
	"fmt"
	"slices"

	"kontor/node"
	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
	"kontor/protocol/terms"
)

// ProposeTerms opens a topic in which officers of both sides decide whether terms on the table come into force: what is signed in the end names them.
func (b *Board) ProposeTerms(ctx context.Context, by By, in desk.TermsQuery, of string, deadline int64) (wire.TopicReceipt, error) {
	p, row, doc, err := b.desk.NewestTerms(in, of)
	if err != nil {
		return wire.TopicReceipt{}, err
	}
	held, err := b.desk.Terms(p.PID.String(), "", func(string) bool { return true })
	if err != nil {
		return wire.TopicReceipt{}, err
	}
	for _, h := range held {
		if h.CID == row.Root && (h.State == desk.TermsInForce || h.State == desk.TermsUpcoming) {
			return wire.TopicReceipt{}, node.Failf("ALREADY_AGREED", "the terms %s, revision %d, are signed and apply from %s; share a revision or other terms first: kontor terms import, kontor terms share",
				doc.Contract, row.Revision, h.From)
		}
	}
	zero := "the terms in force, if any, go on"
	one := fmt.Sprintf("the terms %s of %s, revision %d, apply from %s to before %s", doc.Contract, b.node.CompanyName(row.Author), row.Revision, doc.Period.Start, doc.Period.End)
	proposal := decision.Proposal{Kind: decision.Commercial, Trigger: decision.ByHand, Priority: decision.Medium, Title: "terms " + doc.Contract, Deadline: deadline,
		Scope:   decision.Scope{Products: []string{artifact.All}, Regions: []string{artifact.All}, Horizon: doc.Period},
		Context: []block.CID{row.Root},
		Options: []decision.Option{{ID: decision.NoAgreement, Summary: zero}, {ID: "1", Summary: one}}}
	return b.Open(ctx, by, wire.TopicOpenRequest{With: p.PID.String(), Proposal: &proposal, Manual: true})
}

// contract is what a topic about contract terms rests on.
type contract struct {
	author   block.CID
	root     block.CID
	revision int64
	doc      terms.Document
	begun    bool // terms of the contract were put in force before
}

// begun tells whether an agreement ever put terms of a contract in force.
func begun(r *protocol.Replica, contract string) (bool, error) {
	ledger, err := r.Concluded()
	if err != nil {
		return false, err
	}
	for _, c := range ledger {
		if c.Verdict != decision.Final {
			continue
		}
		for _, e := range c.Doc.Effects {
			if e.Kind != decision.TermsInForce || e.Artifact == nil {
				continue
			}
			doc, err := r.Terms(*e.Artifact)
			if err != nil {
				return false, err
			}
			if doc.Contract == contract {
				return true, nil
			}
		}
	}
	return false, nil
}

// effects: the terms as they stand apply.
func (c *contract) effects(t decision.Topic) []decision.Effect {
	cell := decision.Cell{Product: t.Scope.Products[0], Region: t.Scope.Regions[0], Bucket: t.Scope.Horizon}
	return []decision.Effect{{Kind: decision.TermsInForce, Party: c.author, Cell: cell, Artifact: &c.root}}
}

// dates: for the terms' own period. The first terms of a contract may have begun before they are signed; later ones take the place of others from
// today on at the earliest, so that nothing that was owed under those changes.
func (c *contract) dates(doc *decision.Agreement, today calendar.Date) {
	if doc.From == 0 {
		doc.From = c.doc.Period.Start
		if c.begun {
			doc.From = max(today, doc.From)
		}
	}
	if doc.Expires == 0 {
		doc.Expires = max(c.doc.Period.End, doc.From.AddDays(1))
	}
}

// rollout: each side takes the terms over into its own systems before they begin. The revision stands in the title: steps of two are asked for at a time.
func (c *contract) rollout(d *drafter) []decision.Milestone {
	due := max(d.today, c.doc.Period.Start)
	out := []decision.Milestone{}
	for i, p := range d.topic.Parties {
		out = append(out, decision.Milestone{ID: fmt.Sprintf("%d-apply", i+1), Title: clip(fmt.Sprintf("take over the terms %s, revision %d", c.doc.Contract, c.revision)), Party: p.Company, Owner: d.owner(p.Company), Due: due, After: []string{},
			Proof: "prices, bands and calendars in the own systems are those of the terms"})
	}
	return out
}

// reviews are meetings of the terms' cadence, else the last day.
func (c *contract) reviews(today calendar.Date) []calendar.Date {
	const most = 4
	days := []calendar.Date{}
	for _, m := range c.doc.Meetings(today, most) {
		if !slices.Contains(days, m.Day) && len(days) < most {
			days = append(days, m.Day)
		}
	}
	if len(days) == 0 {
		last := c.doc.Period.Last()
		if c.begun {
			last = max(last, today)
		}
		days = append(days, last)
	}
	return days
}
