package virtual

import (
	"errors"
	"slices"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/dispute"
	"kontor/protocol/quantity"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
)

// This file is what companies, their officers and an arbiter do about disputes.

// contend disputes a credit as soon as there is one, where nobody did.
func (w *world) contend() error {
	for _, o := range w.offices {
		if o.down || o.part[0].want > 0 {
			continue
		}
		var items []remedy.Item
		err := o.view(0, func(r *protocol.Replica) error {
			list, err := r.Disputes()
			if err != nil {
				return err
			}
			if w.quarrel == 0 && len(list) > 0 {
				w.quarrel = w.totals.Entries
			}
			items, err = r.Remedies()
			return err
		})
		if err != nil || w.quarrel > 0 {
			return err
		}
		items = slices.DeleteFunc(items, func(i remedy.Item) bool { return i.Status != remedy.Due })
		if len(items) == 0 {
			continue
		}
		draft, err := Body(protocol.KindRemedy, remedy.Act{Verb: remedy.Dispute, Items: []string{items[0].ID}, Reason: "the dock was closed"})
		if err != nil {
			return err
		}
		err = o.write(0, func(*protocol.Replica, int64) (protocol.Draft, error) { return draft, nil })
		var refusal *protocol.Refusal
		if err != nil && !errors.As(err, &refusal) && !errors.Is(err, errDown) {
			return err
		}
		break
	}
	w.in(2*Hour, w.contend)
	return nil
}

// quarrelStep opens a dispute about what is no credit, or goes on with one that runs; some of it is refused.
func (w *world) quarrelStep(o *office, k int) build {
	frame := w.frame
	return func(r *protocol.Replica, now int64) (protocol.Draft, error) {
		list, err := r.Disputes()
		if err != nil {
			return protocol.Draft{}, err
		}
		running := slices.DeleteFunc(slices.Clone(list), func(d dispute.Dispute) bool { return d.End != nil })
		if k%8 == 0 && len(list) < fewQuarrels {
			return openQuarrel(r, frame, now, k/8)
		}
		if len(running) == 0 {
			return protocol.Draft{}, errIdle
		}
		return goOn(r, o, running[k/8%len(running)], k/128)
	}
}

// fewQuarrels bounds the disputes of a network: each is looked at with every entry that passes a deadline.
const fewQuarrels = 5

// openQuarrel disputes a clause of the terms in force, what a window came to, or the agreement itself; with an amount, or without.
func openQuarrel(r *protocol.Replica, frame block.CID, now int64, k int) (protocol.Draft, error) {
	list, err := r.TermsInForce(january.Start)
	if err != nil || len(list) == 0 {
		return protocol.Draft{}, orIdle(err)
	}
	s := dispute.Subject{Contract: list[0].Document.Contract}
	switch k % 3 {
	case 0:
		s.Kind, s.Artifact, s.Part = dispute.Clause, &list[0].Root, []string{"otif", "credit"}[k/3%2]
	case 1:
		s.Kind, s.Part, s.Period = dispute.Measurement, "otif", &january
	default:
		s.Kind, s.Artifact = dispute.Agreement, &frame
	}
	a := dispute.Act{Verb: dispute.OpenDispute, Subject: &s, Text: "it was said otherwise"}
	if k/6%2 == 0 {
		a.Worth = &quantity.Money{Minor: int64(k % quarterCap), Currency: "EUR"}
	}
	return Body(protocol.KindDispute, a)
}

// goOn states, proposes, accepts, escalates, withdraws or rules in a dispute that runs.
func goOn(r *protocol.Replica, o *office, d dispute.Dispute, k int) (protocol.Draft, error) {
	level := d.Step().Level
	i := dispute.Instrument{Partnership: r.PID, Dispute: d.ID, Level: level, Company: o.c.ID, Role: "COO"}
	if level == dispute.CEO || level == dispute.Arbiter {
		i.Role = "CEO"
	}
	if arbiter := r.Genesis.Arbiter; arbiter != nil {
		own := *arbiter == o.c.ID
		switch {
		case level == dispute.Arbiter && (own || k%4 > 0), own && k%16 == 0:
			return rule(r, o, d, k/16)
		case own && k%4 > 0:
			return protocol.Draft{}, errIdle
		}
	}
	offered := slices.DeleteFunc(slices.Clone(d.Proposals), func(p dispute.Offered) bool { return p.By == o.c.ID || p.Level != level })
	switch n := k % 12; {
	case len(offered) > 0 && n < 7:
		p := offered[k/12%len(offered)]
		i.Verb, i.Proposal, i.Outcome, i.Amount = dispute.Accept, &p.Entry, p.Outcome, p.Amount
		if i.Outcome == dispute.Concord {
			i.Text = "as we said"
		}
	case n == 7:
		return Body(protocol.KindDispute, dispute.Act{Verb: dispute.Escalate, Dispute: d.ID})
	case n == 8 && k/12%3 == 0:
		i.Verb = dispute.Withdraw
	case n == 8:
		return Body(protocol.KindDispute, dispute.Act{Verb: dispute.Declare, Dispute: d.ID, Text: "so it was"})
	case n == 9 && d.Subject.Kind != dispute.Credit:
		i.Verb, i.Outcome, i.Text = dispute.Propose, dispute.Concord, "both look again in a month"
	case n%2 == 0:
		i.Verb, i.Outcome = dispute.Propose, terms.Halved
	default:
		i.Verb, i.Outcome, i.Amount = dispute.Propose, dispute.Sum, part(d, k/12)
	}
	return sealed(o.c, i, nil)
}

// part is some of what is in dispute, and now and then more than that.
func part(d dispute.Dispute, k int) *quantity.Money {
	most := int64(quarterCap)
	if d.Worth != nil {
		most = d.Worth.Minor + d.Worth.Minor/8 + 1
	}
	return &quantity.Money{Minor: int64(k) % most, Currency: "EUR"}
}

// rule is the arbiter's word: in its own feed where it has one, else in that of the party that brings it, with the arbiter's identity.
func rule(r *protocol.Replica, o *office, d dispute.Dispute, k int) (protocol.Draft, error) {
	arbiter := o.w.full.Of(*r.Genesis.Arbiter)
	i := dispute.Instrument{Partnership: r.PID, Dispute: d.ID, Verb: dispute.Rule, Level: d.Step().Level, Company: arbiter.ID, Role: "CEO"}
	i.Outcome = []terms.Outcome{terms.Stands, terms.Halved, terms.Dropped, dispute.Sum}[k%4]
	if i.Outcome == dispute.Sum {
		i.Amount = part(d, k/4)
	}
	var chain [][]byte
	if _, member := r.Genesis.Member(arbiter.ID); !member {
		for _, env := range arbiter.Chain.From(0) {
			data, err := block.Marshal(env)
			if err != nil {
				return protocol.Draft{}, err
			}
			chain = append(chain, data)
		}
	}
	return sealed(arbiter, i, chain)
}

// sealed signs an instrument with the key of the role it names.
func sealed(c *Company, i dispute.Instrument, chain [][]byte) (protocol.Draft, error) {
	s, err := protocol.SignDocument(c.Officer(i.Role), dispute.SignatureKind, i)
	if err != nil {
		return protocol.Draft{}, err
	}
	return Body(protocol.KindDispute, dispute.Act{Verb: i.Verb, Dispute: i.Dispute, Signed: &dispute.Sealed{Document: s.Document, Key: s.Key, Sig: s.Sig}, Chain: chain})
}
