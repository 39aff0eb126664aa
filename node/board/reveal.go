package board

import (
	"context"
	"errors"
	"fmt"

	"kontor/node"
	"kontor/node/api/wire"
	"kontor/protocol/decision"
)

// ready declares the context complete, with the commitment to the weights the first time.
func (b *Board) ready(m *mind, keep bool) func(decision.Topic, int64) (decision.Act, error) {
	return func(t decision.Topic, _ int64) (decision.Act, error) {
		own := b.own(t)
		if t.Status != decision.InContext || own.Ready {
			return decision.Act{}, errIdle
		}
		a := decision.Act{Verb: decision.Ready, Keep: keep && own.Commitment != nil}
		if own.Weights == nil {
			d, err := m.Secret.CommitWeights(m.Weights)
			if err != nil {
				return a, err
			}
			a.Weights = &d
		}
		context, err := contextOf(t)
		m.Ready = &context
		return a, err
	}
}

// commit commits to the scores if their time has come: the topic is in scoring, every required role has scored, and nothing is committed yet. An
// undefined entry says that it was not.
func (b *Board) commit(ctx context.Context, f *found, command node.Command, roles []decision.Role, m *mind) (node.Written, error) {
	own := b.own(f.t)
	if f.t.Status != decision.Scoring || own.Commitment != nil && !own.Old {
		return node.Written{}, nil
	}
	sheet := b.sheetOf(*f, *m)
	if len(f.t.Unscored(b.node.Company(), sheet)) > 0 || again(m.changed(sheet)) {
		return node.Written{}, nil
	}
	digest, err := m.Secret.Commit(sheet)
	if err != nil {
		return node.Written{}, node.Failf("REFUSED", "%v", err)
	}
	// The sheet is durable before the commitment leaves: a commitment nobody can open would be worthless.
	m.Sheet = &sheet
	if err := b.keep(*f, *m); err != nil {
		return node.Written{}, err
	}
	w, err := b.act(ctx, *f, command, roles, func(t decision.Topic, _ int64) (decision.Act, error) {
		if own := b.own(t); own.Commitment != nil && !own.Old {
			return decision.Act{}, errIdle
		}
		return decision.Act{Verb: decision.Commit, Commit: &digest}, nil
	})
	if errors.Is(err, errIdle) {
		return node.Written{}, nil
	}
	if err != nil {
		return w, err
	}
	return w, b.refresh(f)
}

// waitsFor says what stands between this company's scores and their commitment.
func (b *Board) waitsFor(f found, m mind) []string {
	out := []string{}
	sheet := b.sheetOf(f, m)
	for _, role := range f.t.Unscored(b.node.Company(), sheet) {
		out = append(out, fmt.Sprintf("the scores of the %s", role))
	}
	for _, c := range m.changed(sheet) {
		if c.Again {
			out = append(out, fmt.Sprintf("the %s's Partnership Value of option %s: it was given as %d when %d was computed, and %d is computed now", c.Role, c.Option, c.Points, c.From, c.To))
		}
	}
	if f.t.Status == decision.Proposed || f.t.Status == decision.InContext {
		seen, err := contextOf(f.t)
		changed := err != nil || m.Ready == nil || *m.Ready != seen // since this company's officers declared it complete
		for _, w := range f.t.Waiting() {
			if w.Company != b.node.Company() || changed {
				out = append(out, fmt.Sprintf("%s: %s", b.node.CompanyName(w.Company), w.Todo))
			}
		}
	}
	return out
}

// Ready declares the context complete.
func (b *Board) Ready(ctx context.Context, by By, in wire.TopicReadyRequest) (wire.TopicReceipt, error) {
	f, roles, done, err := b.begin(by, in.TopicAct)
	if err != nil {
		return wire.TopicReceipt{}, err
	}
	defer done()
	m, err := b.mind(f)
	if err != nil {
		return wire.TopicReceipt{}, err
	}
	if in.Weights != nil && b.own(f.t).Weights == nil {
		m.Weights = *in.Weights
	}
	if err := b.keep(f, m); err != nil {
		return wire.TopicReceipt{}, err
	}
	w, err := b.act(ctx, f, by.Command, roles, b.ready(&m, in.Keep))
	if errors.Is(err, errIdle) {
		return wire.TopicReceipt{}, node.Failf("ALREADY_READY", "a topic in %s does not wait for this company to be ready", f.t.Status)
	}
	if err != nil {
		return wire.TopicReceipt{}, err
	}
	return receipt(f, w), b.keep(f, m)
}

// Reveal opens parts of the newest commitment.
func (b *Board) Reveal(ctx context.Context, by By, in wire.TopicRevealRequest) (wire.TopicReceipt, error) {
	show := decision.Show{Positions: in.Positions, Rank: in.Rank, Scores: in.Scores}
	if show == (decision.Show{}) {
		show = decision.Show{Positions: true, Rank: true}
	}
	f, roles, done, err := b.begin(by, in.TopicAct)
	if err != nil {
		return wire.TopicReceipt{}, err
	}
	defer done()
	m, _, err := b.peek(f.t.ID)
	if err != nil {
		return wire.TopicReceipt{}, err
	}
	w, err := b.reveal(ctx, f, by.Command, roles, m, show)
	if err != nil {
		return wire.TopicReceipt{}, err
	}
	return receipt(f, w), nil
}

func (b *Board) reveal(ctx context.Context, f found, command node.Command, roles []decision.Role, m mind, show decision.Show) (node.Written, error) {
	return b.act(ctx, f, command, roles, func(decision.Topic, int64) (decision.Act, error) {
		if m.Sheet == nil {
			return decision.Act{}, node.Failf("NO_SCORES", "this company has committed to no scores in this topic")
		}
		r, err := m.Secret.Reveal(*m.Sheet, show)
		return decision.Act{Verb: decision.RevealScores, Reveal: &r}, err
	})
}
