package board

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"kontor/node"
	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
)

// checks computes again what every option of a topic states to leave short and over, from the documents the topic names.
func (b *Board) checks(p *node.Partnership, t decision.Topic) []decision.ExpectationCheck {
	out := []decision.ExpectationCheck{}
	for _, o := range t.Options {
		out = append(out, o.CheckExpectation(b.expected(p, t, o.Effects, false), b.expected(p, t, o.Effects, true)))
	}
	return out
}

// expected is what the documents a topic names, or their newest revisions, leave short and over with some effects; nil where they can't tell. What was
// agreed when the topic was opened counts, as of that day.
func (b *Board) expected(p *node.Partnership, t decision.Topic, effects []decision.OptionEffect, newest bool) *decision.Expectation {
	fc, plan, ok := b.desk.DocumentsOf(p, t, newest)
	if !ok {
		return nil
	}
	x, err := b.desk.Outlook(p, desk.OutlookQuery{Forecast: fc, Plan: plan, Scope: t.Scope, Effects: effects, Before: t.Opened.Lam, On: calendar.DateOf(t.Opened.T)})
	if err != nil {
		b.node.Log().Debug("an option's figures were not computed", "topic", t.ID.Short(), "reason", err)
		return nil
	}
	return &x
}

// judged is a topic as scores are computed over it: figures that do not follow from the documents are replaced by those that do.
func (b *Board) judged(f found) decision.Topic { return f.t.Expecting(b.checks(f.p, f.t)) }

// AddOption puts an option on the list of a topic that is open already. What it leaves short and over the node computes where it can.
func (b *Board) AddOption(ctx context.Context, by By, in wire.TopicOptionRequest) (wire.TopicReceipt, error) {
	f, roles, done, err := b.begin(by, in.TopicAct)
	if err != nil {
		return wire.TopicReceipt{}, err
	}
	defer done()
	o, err := b.optionOf(f, in)
	if err != nil {
		return wire.TopicReceipt{}, err
	}
	w, err := b.act(ctx, f, by.Command, roles, func(decision.Topic, int64) (decision.Act, error) {
		return decision.Act{Verb: decision.AddOption, Option: &o}, nil
	})
	if err != nil {
		return wire.TopicReceipt{}, err
	}
	return receipt(f, w), nil
}

// optionOf is the option a person wrote, with what it left empty filled in.
func (b *Board) optionOf(f found, in wire.TopicOptionRequest) (decision.Option, error) {
	o := decision.Option{ID: in.Option.ID, Summary: in.Option.Summary, Needs: in.Option.Needs, By: b.node.Company(), Effects: []decision.OptionEffect{}}
	if o.ID == "" {
		for n := len(f.t.Options); ; n++ {
			o.ID = fmt.Sprint(n)
			if _, taken := f.t.Option(o.ID); !taken {
				break
			}
		}
	}
	_, plan, _ := b.desk.DocumentsOf(f.p, f.t, false)
	seller := b.desk.AuthorOf(f.p, plan)
	for _, e := range in.Option.Effects {
		made := decision.OptionEffect{Cell: decision.Cell{Product: e.Product, Region: cmp.Or(e.Region, artifact.All), Bucket: e.Bucket}, Party: seller, Quantity: e.Quantity, Unit: e.Unit}
		if e.Party != nil {
			made.Party = *e.Party
		}
		o.Effects = append(o.Effects, made)
	}
	slices.SortFunc(o.Effects, func(x, y decision.OptionEffect) int { return cmp.Or(x.Party.Compare(y.Party), x.Cell.Compare(y.Cell)) })
	o.Basis = []decision.StatedBasis{}
	if in.Basis != nil {
		o.Basis = append(o.Basis, decision.StatedBasis{Company: b.node.Company(), Basis: *in.Basis})
	}
	computed := b.expected(f.p, f.t, o.Effects, false)
	if in.Option.Expect != nil {
		o.Expect = *in.Option.Expect
		if computed != nil && o.Expect != *computed {
			return o, node.Failf("REFUSED", "%s: %s", decision.ExpectDiffers, o.CheckExpectation(computed, nil).Text)
		}
	} else if computed != nil {
		o.Expect = *computed
	}
	return o, nil
}

// seen is the computed Partnership Value a role had before it when it scored an option.
type seen struct {
	Role     decision.Role `cbor:"role"`
	Option   string        `cbor:"option"`
	Computed int64         `cbor:"computed"`
}

// noteSeen remembers what the role saw.
func (m *mind) noteSeen(role decision.Role, options []string, sheet decision.ScoreSheet) {
	for _, o := range sheet.Options {
		if slices.Contains(options, o.ID) {
			m.Seen = append(slices.DeleteFunc(m.Seen, func(s seen) bool { return s.Role == role && s.Option == o.ID }), seen{role, o.ID, o.Computed})
		}
	}
}

// changed lists the Partnership Values that are others now than those a role saw when it scored.
func (m mind) changed(sheet decision.ScoreSheet) []wire.ChangedValue {
	out := []wire.ChangedValue{}
	for _, s := range m.Seen {
		for _, o := range sheet.Options {
			if o.ID != s.Option || o.Computed == s.Computed {
				continue
			}
			c := wire.ChangedValue{Role: s.Role, Option: s.Option, From: s.Computed, To: o.Computed}
			for _, score := range sheet.Scores {
				if score.Role == s.Role && score.Option == s.Option && score.Lens == decision.PartnershipValue {
					c.Points, c.Again = score.Points, score.Points-o.Computed > 2 || o.Computed-score.Points > 2
				}
			}
			out = append(out, c)
		}
	}
	return out
}

// again tells whether some role must give its Partnership Value anew: it moved one by up to two from a value that is another now.
func again(list []wire.ChangedValue) bool {
	return slices.ContainsFunc(list, func(c wire.ChangedValue) bool { return c.Again })
}

// sheetOf is the score sheet over a topic as it stands.
func (b *Board) sheetOf(f found, m mind) decision.ScoreSheet {
	sheet, _ := m.sheet(b.judged(f), materiality(f.p))
	return sheet
}
