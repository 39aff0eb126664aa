package board

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"kontor/node"
	"kontor/node/api/wire"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
)

// Lapse records that another party stayed silent on a document this company acknowledged: from then on it reserves nothing here.
func (b *Board) Lapse(ctx context.Context, by By, in wire.AgreementWordRequest) (wire.AgreementReceipt, error) {
	d, err := b.pick(by, in.AgreementQuery, open)
	if err != nil {
		return wire.AgreementReceipt{}, err
	}
	var silent []block.CID
	for _, p := range d.row.Parties {
		named := in.Party == "" && p.Ack == nil && p.Void == nil && p.Company != b.node.Company()
		if named || in.Party != "" && (b.node.CompanyName(p.Company) == in.Party || p.Company.String() == in.Party) {
			silent = append(silent, p.Company)
		}
	}
	switch {
	case len(silent) == 0:
		return wire.AgreementReceipt{}, node.Failf("NO_PARTY", "no party %q of this document is silent; kontor agreement show says who is", in.Party)
	case len(silent) > 1:
		return wire.AgreementReceipt{}, node.Failf("WHICH_PARTY", "%d parties are silent; say over which with --party", len(silent))
	}
	return b.word(ctx, by, d, protocol.KindLapse, protocol.Lapse{Document: d.row.Document, Party: silent[0]})
}

// Resolve is the witness's word that the set of signatures was complete in time.
func (b *Board) Resolve(ctx context.Context, by By, in wire.AgreementWordRequest) (wire.AgreementReceipt, error) {
	return b.witness(ctx, by, in, protocol.KindResolve)
}

// Abort is the witness's word that it was not.
func (b *Board) Abort(ctx context.Context, by By, in wire.AgreementWordRequest) (wire.AgreementReceipt, error) {
	return b.witness(ctx, by, in, protocol.KindAbort)
}

func (b *Board) witness(ctx context.Context, by By, in wire.AgreementWordRequest, kind string) (wire.AgreementReceipt, error) {
	d, err := b.pick(by, in.AgreementQuery, open)
	if err != nil {
		return wire.AgreementReceipt{}, err
	}
	return b.word(ctx, by, d, kind, protocol.Witnessing{Document: d.row.Document})
}

// Milestone reports a step of the rollout plan done, or an action of minutes that belongs to it.
func (b *Board) Milestone(ctx context.Context, by By, in wire.AgreementMilestoneRequest) (wire.AgreementReceipt, error) {
	if strings.Contains(in.Milestone, ".") {
		r, err := b.ActionDone(ctx, by, wire.MinutesDoneRequest{With: in.With, Action: in.Milestone, Proof: in.Proof, Evidence: in.Evidence})
		return wire.AgreementReceipt{Partnership: r.Partnership, Agreement: in.Agreement, Entry: r.Entry, Seq: r.Seq, T: r.T}, err
	}
	d, err := b.pick(by, in.AgreementQuery, func(d documentOf) bool { return d.row.Verdict == decision.Final && len(d.doc.Rollout) > 0 })
	if err != nil {
		if swapped, none := b.pick(by, wire.AgreementQuery{Agreement: in.Milestone, With: in.With}, nil); none == nil && in.Agreement != "" {
			return wire.AgreementReceipt{}, node.Failf("NO_STEP", "%q is an agreement; the step comes first: kontor agreement milestone %s %s", in.Milestone, in.Agreement, swapped.row.Document.Short())
		}
		return wire.AgreementReceipt{}, err
	}
	var steps []string
	for _, m := range d.doc.Rollout {
		steps = append(steps, m.ID)
	}
	if !slices.Contains(steps, in.Milestone) {
		return wire.AgreementReceipt{}, node.Failf("NO_STEP", "the plan of agreement %s has no step %q; its steps are %s", d.row.Document.Short(), in.Milestone, strings.Join(steps, ", "))
	}
	return b.word(ctx, by, d, protocol.KindMilestone, protocol.MilestoneReport{Document: d.row.Document, Milestone: in.Milestone, Proof: in.Proof, Evidence: in.Evidence})
}

// Reconfirm says that a final agreement holds where another one fixes the same cells.
func (b *Board) Reconfirm(ctx context.Context, by By, in wire.AgreementQuery) (wire.AgreementReceipt, error) {
	d, err := b.pick(by, in, func(d documentOf) bool { return d.row.Verdict == decision.Final })
	if err != nil {
		return wire.AgreementReceipt{}, err
	}
	return b.word(ctx, by, d, protocol.KindReconfirm, protocol.Reconfirmation{Document: d.row.Document})
}

// word writes an entry about a document.
func (b *Board) word(ctx context.Context, by By, d documentOf, kind string, said any) (wire.AgreementReceipt, error) {
	body, err := block.New(said)
	if err != nil {
		return wire.AgreementReceipt{}, err
	}
	w, err := b.node.Write(ctx, d.p.PID, by.Command, func(*protocol.Replica, int64) (protocol.Draft, error) {
		return protocol.Draft{Kind: kind, Body: &body}, nil
	})
	if err != nil {
		return wire.AgreementReceipt{}, err
	}
	return wire.AgreementReceipt{Partnership: d.p.PID.String(), Topic: d.doc.Topic.String(), Agreement: d.row.Document.String(), Entry: w.Entry.String(), Seq: w.Seq, T: w.T}, nil
}

// plan is an agreement's rollout plan with where each step stands today, the same on every node that holds the same entries.
func (b *Board) plan(d documentOf) (out []wire.PlanStep, err error) {
	out = []wire.PlanStep{}
	err = b.node.View(d.p.PID, func(r *protocol.Replica) error {
		reported, err := r.Milestones(d.row.Document)
		if err != nil {
			return err
		}
		done := map[string]bool{}
		for id := range reported {
			done[id] = true
		}
		for _, m := range d.doc.Rollout {
			s := wire.PlanStep{Milestone: m, Name: b.node.CompanyName(m.Party), State: d.doc.Step(m, done, calendar.DateOf(b.node.Now()))}
			if row, ok := reported[m.ID]; ok {
				s.DoneAt, s.Shown, s.Evidence = row.T, row.Proof, optional(row.Evidence)
			}
			out = append(out, s)
		}
		actions, err := r.Actions()
		for _, a := range actions {
			if a.Agreement != nil && *a.Agreement == d.row.Document {
				out = append(out, b.actionStep(a))
			}
		}
		return err
	})
	return out, err
}

// effects are the cells an agreement fixes, and whether they act today.
func (b *Board) effects(d documentOf) (out []wire.EffectState, err error) {
	out = []wire.EffectState{}
	var now []decision.EffectInForce
	err = b.node.View(d.p.PID, func(r *protocol.Replica) error {
		ledger, err := r.Concluded()
		now = decision.EffectsInForce(ledger, calendar.DateOf(b.node.Now()))
		return err
	})
	for _, e := range d.doc.Effects {
		s := wire.EffectState{Effect: e, Name: b.node.CompanyName(e.Party)}
		for _, in := range now {
			if in.Agreement == d.row.Document && in.Kind == e.Kind && in.Party == e.Party && in.Cell == e.Cell && in.Ref == e.Ref {
				s.Acts, s.Pending, s.Due = in.Acts, in.Pending, in.Due
				s.Why = why(in, now)
			}
		}
		out = append(out, s)
	}
	return out, err
}

// why says what keeps an effect from acting, or will, and what happens if nobody does anything.
func why(e decision.EffectInForce, all []decision.EffectInForce) string {
	for _, other := range all {
		same := other.Kind == e.Kind && other.Party == e.Party && other.Cell == e.Cell && other.Ref == e.Ref
		switch {
		case !same || other.Agreement == e.Agreement:
		case e.Pending && e.Acts:
			return fmt.Sprintf("agreement %s fixes the same cell: unless both sides reconfirm one of them by %s, the newer one holds from then on", other.Agreement.Short(), e.Due)
		case e.Pending:
			return fmt.Sprintf("agreement %s fixed the same cell before: unless both sides reconfirm one of them by %s, this one holds from then on", other.Agreement.Short(), e.Due)
		case !e.Acts && other.Acts:
			return fmt.Sprintf("agreement %s holds in this cell", other.Agreement.Short())
		}
	}
	return ""
}
