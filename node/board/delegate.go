package board

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"kontor/node"
	"kontor/node/api/wire"
	"kontor/protocol/decision"
)

// Delegate lets this node offer by itself in a topic, in equal steps between the values officers set, or takes that back. The node offers; people accept.
func (b *Board) Delegate(ctx context.Context, by By, in wire.TopicDelegateRequest) (out wire.TopicDelegated, err error) {
	f, roles, done, err := b.begin(by, in.TopicAct)
	if err != nil {
		return out, err
	}
	defer done()
	if !slices.ContainsFunc(roles, func(r decision.Role) bool {
		return r == decision.CEO || slices.Contains(required(f.t, b.node.Company()), r)
	}) {
		return out, node.Failf("FORBIDDEN", "the node's limits are set by %v", required(f.t, b.node.Company()))
	}
	m, err := b.mind(f)
	if err != nil {
		return out, err
	}
	out.Topic = f.t.ID.String()
	if in.Off {
		m.Strategy = nil
		return out, b.keep(f, m)
	}
	s, err := strategyOf(f.t, in)
	if err != nil {
		return out, err
	}
	if findings := s.Check(f.t); len(findings) > 0 {
		return out, refusal("delegation", findings)
	}
	m.Strategy, out.Strategy = &s, &s
	if err := b.keep(f, m); err != nil {
		return out, err
	}
	if f.t.Status != decision.Negotiation {
		out.Waits = "the talks have not begun"
		return out, nil
	}
	out.Waits, err = b.concede(ctx, f, roles, s)
	return out, err
}

// strategyOf reads the steps people wrote.
func strategyOf(t decision.Topic, in wire.TopicDelegateRequest) (decision.Strategy, error) {
	s := decision.Strategy{Option: in.Option, Steps: in.Steps, Issues: []decision.Concession{}}
	for _, way := range in.Issues {
		i := slices.IndexFunc(t.Issues, func(i decision.Issue) bool { return i.ID == way.Issue })
		if i < 0 {
			return s, node.Failf("BAD_VALUE", "issue %q is none of %s", way.Issue, issueNames(t))
		}
		first, err := valueOf(t.Issues[i], way.First)
		if err != nil {
			return s, node.Failf("BAD_VALUE", "issue %q: %v", way.Issue, err)
		}
		last, err := valueOf(t.Issues[i], way.Last)
		if err != nil {
			return s, node.Failf("BAD_VALUE", "issue %q: %v", way.Issue, err)
		}
		s.Issues = append(s.Issues, decision.Concession{Issue: way.Issue, First: first, Last: last, Pace: way.Pace})
	}
	slices.SortFunc(s.Issues, func(x, y decision.Concession) int { return cmp.Compare(x.Issue, y.Issue) })
	return s, nil
}

// concede makes the next offer of a strategy; waits says why it made none.
func (b *Board) concede(ctx context.Context, f found, roles []decision.Role, s decision.Strategy) (waits string, err error) {
	_, err = b.act(ctx, f, "", roles, func(t decision.Topic, _ int64) (decision.Act, error) {
		if t.Status != decision.Negotiation {
			return decision.Act{}, errIdle
		}
		if findings := s.Check(t); len(findings) > 0 { // the list of issues has changed since
			return decision.Act{}, refusal("delegation", findings)
		}
		var terms decision.Terms
		if terms, waits = s.Concede(t, b.own(t)); waits != "" {
			return decision.Act{}, errIdle
		}
		if findings := t.WithinLimits(terms, s.Limits(t)); len(findings) > 0 { // what leaves by itself is checked against what people said, not against how it was made
			return decision.Act{}, refusal("delegation", findings)
		}
		terms.Note = "offered by the node inside the limits its people set"
		return decision.Act{Verb: decision.MakeOffer, Offer: &terms}, nil
	})
	if errors.Is(err, errIdle) {
		err = nil
	}
	return waits, err
}

// Ledger lists the trade-offs of all topics a caller sees: who gave what for what, until when, and what became of it.
func (b *Board) Ledger(by By, q wire.TopicListQuery) (wire.TradeLedger, error) {
	out := wire.TradeLedger{Trades: []wire.LedgerTrade{}}
	err := b.eachTopic(by, q, func(f found) error {
		if len(f.t.Offers) == 0 {
			return nil
		}
		o := f.t.Offers[len(f.t.Offers)-1] // what an agreement rests on, or what stands on the table
		for _, trade := range o.Trades {
			out.Trades = append(out.Trades, wire.LedgerTrade{Topic: f.t.ID.String(), Title: f.t.Title, Partner: b.desk.PartnerName(f.p), By: b.node.CompanyName(o.By),
				Own: o.By == b.node.Company(), Round: o.Round, TradeOff: trade, Status: f.t.Status, T: o.At.T})
		}
		return nil
	})
	slices.SortStableFunc(out.Trades, func(x, y wire.LedgerTrade) int { return cmp.Compare(y.T, x.T) })
	return out, err
}
