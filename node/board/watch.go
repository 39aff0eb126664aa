package board

import (
	"context"
	"errors"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/decision"
)

// Watch does what follows from decisions officers have taken, whenever a topic moves: it says again that the context is complete when nothing but a
// value basis came after they said so, commits to scores once the partner is ready too, and shows what they chose to show. It ends with the node.
func (b *Board) Watch() {
	notices, end := b.node.Listen()
	defer end()
	for _, p := range b.node.Partnerships() {
		b.follow(p.PID)
	}
	for notice := range notices {
		for _, e := range notice.Outcome.Admitted {
			if e.Header.Kind == protocol.KindTopic {
				b.follow(notice.PID)
				break
			}
		}
	}
}

// follow goes on with every topic of a partnership as far as decisions already taken allow.
func (b *Board) follow(pid block.CID) {
	p, err := b.node.Partnership(pid)
	if err != nil || p.Removed {
		return
	}
	topics, err := b.topics(p)
	if err != nil {
		return
	}
	for _, t := range topics {
		if !t.Status.Active() || b.own(t).Company != b.node.Company() {
			continue
		}
		// A node that stops meanwhile goes on at its next start.
		if err := b.advance(context.Background(), found{p, t}); err != nil && !errors.Is(err, errIdle) {
			b.node.Log().Debug("topic not advanced", "topic", t.ID.Short(), "reason", err)
		}
	}
}

// advance goes on with one topic.
func (b *Board) advance(ctx context.Context, f found) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.refresh(&f); err != nil {
		return err
	}
	m, held, err := b.peek(f.t.ID)
	if err != nil || !held {
		return err
	}
	roles := required(f.t, b.node.Company())
	if f.t.Status == decision.InContext && len(m.Basis) > 0 && !stated(f.t, b.node.Company(), m.Basis) && !b.own(f.t).Ready {
		_, err := b.act(ctx, f, "", roles, func(decision.Topic, int64) (decision.Act, error) {
			return decision.Act{Verb: decision.StateBasis, Basis: m.Basis}, nil
		})
		if err != nil {
			return err
		}
		if err := b.refresh(&f); err != nil {
			return err
		}
	}
	if own := b.own(f.t); f.t.Status == decision.InContext && !own.Ready && m.Ready != nil && !own.Old {
		context, err := contextOf(f.t)
		if err != nil {
			return err
		}
		if context == *m.Ready {
			if _, err := b.act(ctx, f, "", roles, b.ready(&m, false)); err != nil {
				return err
			}
			if err := b.refresh(&f); err != nil {
				return err
			}
		}
	}
	if _, err := b.commit(ctx, &f, "", roles, &m); err != nil {
		return err
	}
	if err := b.showChosen(ctx, f, roles, m); err != nil {
		return err
	}
	if m.Strategy == nil || f.t.Status != decision.Negotiation {
		return nil
	}
	_, err = b.concede(ctx, f, roles, *m.Strategy)
	return err
}

// showChosen opens what officers chose to show, once all have committed.
func (b *Board) showChosen(ctx context.Context, f found, roles []decision.Role, m mind) error {
	show := decision.Show{Positions: true, Rank: m.Reveal != "positions", Scores: m.Reveal == "scores"}
	if f.t.Status != decision.Negotiation || m.Reveal == "" || m.Reveal == "nothing" || m.Sheet == nil || b.own(f.t).Shown != nil {
		return nil
	}
	_, err := b.reveal(ctx, f, node.Command(""), roles, m, show)
	return err
}
