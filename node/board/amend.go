package board

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"kontor/node"
	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
)

// issueEnd is the issue of a topic that ends an agreement early: the first day without it.
const issueEnd = "end"

// Amend opens a topic about a final agreement: what is signed in the end takes its place, or ends it early. It is made from the topic that the agreement
// came of: the same scope, the agreed option and the same issues.
func (b *Board) Amend(ctx context.Context, by By, in wire.AgreementAmendRequest) (wire.TopicReceipt, error) {
	d, err := b.pick(by, in.AgreementQuery, func(d documentOf) bool {
		return d.toDo()
	})
	if err != nil {
		return wire.TopicReceipt{}, err
	}
	if d.row.Verdict != decision.Final && d.row.Verdict != decision.Contested {
		return wire.TopicReceipt{}, node.Failf("STATE_EARLY", "agreement %s is %s: before it is final, make another offer: kontor topic offer", d.row.Document.Short(), d.row.Verdict)
	}
	p, err := b.amendmentOf(d, in.End)
	if err != nil {
		return wire.TopicReceipt{}, err
	}
	if in.Proposal != nil {
		p = overlay(p, *in.Proposal)
	}
	return b.Open(ctx, by, wire.TopicOpenRequest{With: d.p.PID.String(), Proposal: &p, Manual: true, Title: in.Title, Deadline: in.Deadline})
}

// amendmentOf is the proposal of a topic about an agreement, resting on what the topic it came of rested on, as it stands today.
func (b *Board) amendmentOf(d documentOf, end bool) (decision.Proposal, error) {
	var was decision.Topic
	var context []block.CID
	err := b.node.View(d.p.PID, func(r *protocol.Replica) (err error) {
		context = nil
		if was, _, err = r.Topic(d.doc.Topic); err != nil {
			return err
		}
		for _, ref := range was.Context {
			if c := currentOf(ref); c != nil && !slices.Contains(context, *c) {
				context = append(context, *c)
			}
		}
		return nil
	})
	p := amendment(d, was, end, calendar.DateOf(b.node.Now()))
	p.Context = context
	return p, err
}

// aboutRollback makes the proposal of a topic about a condition that is met: the agreement is amended as the condition says.
func (b *Board) aboutRollback(p *node.Partnership, e desk.ExceptionView) (decision.Proposal, error) {
	short, _, _ := strings.Cut(e.Scope.Group, ".")
	d, err := b.pick(By{Role: wire.Admin}, wire.AgreementQuery{Agreement: short, With: p.PID.String()}, open)
	if err != nil {
		return decision.Proposal{}, err
	}
	out, err := b.amendmentOf(d, false)
	if err != nil {
		return out, err
	}
	id := desk.ExceptionCID(e.ID)
	out.Trigger, out.Exception, out.Priority, out.Deadline = decision.ByException, &id, decision.High, max(e.Deadline, b.node.Now()+leastTime)
	out.Title = clipTitle("go back: " + d.doc.Title)
	for i, r := range d.doc.Rollback {
		if desk.RollbackName(d.row.Document, i) == e.Scope.Group {
			out.Options[1].Summary = "as the agreement says where " + r.Condition + ": " + r.Action
		}
	}
	return out, nil
}

// clipTitle shortens a text to what a topic's title takes.
func clipTitle(s string) string {
	if len(s) <= artifact.MaxName {
		return s
	}
	return strings.ToValidUTF8(s[:artifact.MaxName], "")
}

// amendment is the proposal of a topic about an agreement.
func amendment(d documentOf, was decision.Topic, end bool, today calendar.Date) decision.Proposal {
	p := decision.Proposal{Kind: was.Kind, Trigger: decision.ByHand, Priority: decision.Medium, Title: clipTitle("amend: " + d.doc.Title), Scope: was.Scope, Issues: was.Issues,
		Amends: &decision.Amendment{Agreement: d.row.Document, End: end}}
	zero := decision.Option{ID: decision.NoAgreement, Summary: fmt.Sprintf("the agreement %q goes on as it is, to before %s", d.doc.Title, d.doc.Expires)}
	one := decision.Option{ID: "1", Summary: "amended: " + d.doc.Summary}
	if agreed, ok := was.Option(d.doc.Option); ok {
		one.Effects, one.Needs, one.Expect = agreed.Effects, agreed.Needs, agreed.Expect
	}
	if end {
		p.Title = clipTitle("end: " + d.doc.Title)
		one = decision.Option{ID: "1", Summary: fmt.Sprintf("the agreement %q ends early; what was in force before it applies again", d.doc.Title)}
		p.Issues = []decision.Issue{{ID: issueEnd, Name: "first day without the agreement", Kind: decision.DateIssue, Low: decision.Day(min(today, d.doc.Expires.AddDays(-1))), High: decision.Day(d.doc.Expires)}}
	}
	p.Options = []decision.Option{zero, one}
	return p
}

// amends fits a document to the agreement whose place it takes: it runs as long as that did and begins with all its parts, or where it
// ends it, from the agreed day on and without effects.
func (d *drafter) amends(doc *decision.Agreement, old decision.Agreement, in wire.AgreementDraftRequest) {
	if d.topic.Amends.End {
		if v := d.terms[issueEnd]; v.Date != nil && in.From == 0 {
			doc.From = *v.Date
		}
		doc.Effects, doc.Targets, doc.Rollback = []decision.Effect{}, []decision.Target{}, []decision.Rollback{}
		if len(in.Rollout) == 0 {
			doc.Rollout = []decision.Milestone{}
			for i, p := range d.topic.Parties {
				doc.Rollout = append(doc.Rollout, decision.Milestone{ID: fmt.Sprintf("%d-close", i+1), Title: clip("close what is open under " + old.Title), Party: p.Company, Owner: d.owner(p.Company),
					Due: max(d.today, doc.From), After: []string{}, Proof: "what was open is settled or handed over"})
			}
		}
		if len(in.Reviews) == 0 {
			doc.Reviews = []calendar.Date{max(d.today, doc.From)}
		}
		if in.Expires == 0 {
			doc.Expires = max(old.Expires, doc.From).AddDays(1)
		}
		return
	}
	d.carryOver(doc, old, in)
	if in.Expires == 0 && old.Expires > doc.From {
		doc.Expires = old.Expires
	}
}

// carryOver lets an amendment begin with every part of the agreement it takes the place of: a person changes what is to change, and the difference is shown. Where
// the option or the terms are others now, the effects and the targets that follow from them are made anew.
func (d *drafter) carryOver(doc *decision.Agreement, old decision.Agreement, in wire.AgreementDraftRequest) {
	anew := len(doc.Effects) > 0 && (d.contract != nil || d.bargainedAnew(old)) // the terms on the table are other terms
	if len(in.Effects) == 0 && !anew {
		doc.Effects = old.Effects
		for _, e := range doc.Effects { // what they were read from stays named, where a newer version came since
			if e.Artifact != nil && !slices.Contains(doc.Artifacts, *e.Artifact) {
				doc.Artifacts = append(doc.Artifacts, *e.Artifact)
			}
		}
	}
	if len(in.Targets) == 0 {
		doc.Targets = targetsOver(doc.Targets, old.Targets, anew)
	}
	if open := d.stepsLeft(old); d.contract == nil && len(in.Rollout) == 0 && len(open) > 0 {
		doc.Rollout = open
	}
	if left := slices.DeleteFunc(slices.Clone(old.Reviews), func(day calendar.Date) bool { return day < d.today }); d.contract == nil && len(in.Reviews) == 0 && len(left) > 0 {
		doc.Reviews = left
	}
	if len(in.Rollback)+len(in.RollbackText) == 0 {
		doc.Rollback = []decision.Rollback{}
		for _, r := range old.Rollback {
			if r.Test == nil || d.stillDecides(*doc, *r.Test) {
				doc.Rollback = append(doc.Rollback, r)
			}
		}
	}
	if doc.Amount == nil && in.Amount == nil && !anew {
		doc.Amount = old.Amount
	}
}

// bargainedAnew tells whether the accepted option or the terms are others than those of an agreement.
func (d *drafter) bargainedAnew(old decision.Agreement) bool {
	if len(d.terms) != len(old.Terms) {
		return true
	}
	for _, t := range old.Terms {
		if now, ok := d.terms[t.Issue]; !ok || !sameValue(now, t.Value) {
			return true
		}
	}
	same := func(x, y decision.OptionEffect) bool {
		return x.Cell == y.Cell && x.Party == y.Party && x.Unit == y.Unit && x.Quantity.Cmp(y.Quantity) == 0
	}
	return !slices.EqualFunc(d.option.Effects, d.before.Effects, same)
}

func sameValue(x, y decision.Value) bool {
	if x.Number != nil && y.Number != nil {
		return x.Number.Cmp(*y.Number) == 0
	}
	return x.Date != nil && y.Date != nil && *x.Date == *y.Date
}

// targetsOver are the targets of an agreement; those that follow from other quantities are the ones made now.
func targetsOver(made, old []decision.Target, anew bool) []decision.Target {
	out := slices.Clone(old)
	for i, t := range out {
		if k := slices.IndexFunc(made, func(m decision.Target) bool { return m.ID == t.ID }); anew && k >= 0 {
			out[i] = made[k]
		}
	}
	return out
}

// stepsLeft are the steps of an agreement that nobody has reported done: what is done need not be done again.
func (d *drafter) stepsLeft(old decision.Agreement) (out []decision.Milestone) {
	for _, m := range old.Rollout {
		if d.done[m.ID] {
			continue
		}
		m.After = slices.DeleteFunc(slices.Clone(m.After), func(id string) bool { return d.done[id] })
		out = append(out, m)
	}
	return out
}

// stillDecides tells whether the test of a condition can still be met under another document.
func (d *drafter) stillDecides(doc decision.Agreement, t decision.RollbackTest) bool {
	if t.Measure == decision.ByStep {
		return slices.ContainsFunc(doc.Rollout, func(m decision.Milestone) bool { return m.ID == t.Step })
	}
	return t.Within.End > max(doc.From, d.today)
}
