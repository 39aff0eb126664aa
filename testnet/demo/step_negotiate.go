package demo

import (
	"context"
	"fmt"
	"math/big"
	"time"

	"kontor/node/api/wire"
	"kontor/node/client"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
	"kontor/protocol/quantity"
	"kontor/testnet/proc"
)

// do calls a route of a company's node through the typed client: what every verb of the command line does.
func do[In, Out any](ctx context.Context, c *proc.Company, route wire.Route[In, Out], in In) (Out, error) {
	n := client.Dial(c.Home, "")
	defer n.Close()
	out, err := client.Call(ctx, n, route, in)
	if err != nil {
		err = fmt.Errorf("%s: %s %s: %w", c.Name, route.Method, route.Path, err)
	}
	return out, err
}

// negotiate: a topic about the largest shortage, scores on four lenses, rankings shown, offers that converge, an acceptance.
func (d *demo) negotiate(ctx context.Context) error {
	if d.report.Match.Bottlenecks == 0 {
		d.report.NoBottleneck = true
		d.say("no line is a bottleneck: the answer stands, nothing goes to the officers")
		return nil
	}
	opened, err := do(ctx, d.maker, wire.TopicOpen, wire.TopicOpenRequest{With: d.agency.Name, Basis: bases(1.2)})
	if err != nil {
		return err
	}
	d.report.Topic.ID = opened.Topic
	if err := d.seen(ctx, d.agency, opened.Topic, "the topic", func(wire.TopicDetail) bool { return true }); err != nil {
		return err
	}
	detail, err := do(ctx, d.maker, wire.TopicShow, wire.TopicQuery{Topic: opened.Topic})
	if err != nil {
		return err
	}
	d.say("%s opens %q, until %s; if nothing is agreed: %s", d.maker.Name, detail.Title, time.UnixMilli(detail.Deadline).UTC().Format(time.DateOnly), detail.Default)
	for _, o := range detail.Options {
		d.say("  option %s: %s (expected short %s, over %s)", o.ID, o.Summary, o.Expect.Short.Format(0), o.Expect.Over.Format(0))
	}
	if err := claim(len(detail.Options) >= 3, "only %d options are on the list", len(detail.Options)); err != nil {
		return err
	}
	if err := d.score(ctx, opened.Topic); err != nil {
		return err
	}
	return d.offers(ctx, opened.Topic)
}

// seen waits until a company's node shows a topic in the way asked for.
func (d *demo) seen(ctx context.Context, c *proc.Company, topic, what string, ok func(wire.TopicDetail) bool) error {
	return proc.Eventually(ctx, what+" at "+c.Name, patience, func() (bool, error) {
		t, err := do(ctx, c, wire.TopicShow, wire.TopicQuery{Topic: topic})
		return err == nil && ok(t), err
	})
}

// bases is what a unit short and a unit over cost a side, and what the options cost it: figures of the demonstration, in USD. A missing pack costs the agency
// an interrupted treatment, far more than the maker's lost margin.
func bases(perUnitShort float64) []decision.OptionBasis {
	usd := func(x float64) quantity.Quantity { return quantity.MustParse(fmt.Sprintf("%.2f", x)) }
	var out []decision.OptionBasis
	for i, extra := range []float64{60_000, 40_000} {
		out = append(out, decision.OptionBasis{Option: fmt.Sprint(i + 1), Basis: decision.ValueBasis{PerUnitShort: usd(perUnitShort), PerUnitOver: usd(0.1), ExtraCost: usd(extra)}})
	}
	return out
}

// views are the scores of the demonstration's officers, by company and role: option, then Local Vision, Local Purpose and Legendary Lens. Partnership
// Value is computed.
var views = map[string]map[decision.Role]map[string][3]int64{
	"agency": {
		decision.COO: {"1": {7, 8, 6}, "2": {7, 9, 8}},
		decision.CFO: {"1": {5, 6, 6}, "2": {6, 7, 7}},
	},
	"maker": {
		decision.COO: {"1": {6, 5, 6}, "2": {7, 7, 8}},
		decision.CFO: {"1": {6, 5, 5}, "2": {6, 6, 7}},
	},
}

// score lets COO and CFO of both sides score every option; the nodes join, state the bases, declare the context complete and commit as soon as each can, and
// show the rankings when all have committed.
func (d *demo) score(ctx context.Context, topic string) error {
	for _, c := range []*proc.Company{d.agency, d.maker} {
		basis := bases(1.2)
		if c == d.agency {
			basis = bases(6)
		}
		for _, role := range []decision.Role{decision.COO, decision.CFO} {
			in := wire.TopicScoreRequest{TopicAct: wire.TopicAct{TopicQuery: wire.TopicQuery{Topic: topic}, As: role}, Basis: basis, Reveal: "rank"}
			for option, points := range views[c.Label][role] {
				for i, lens := range []decision.Lens{decision.LocalVision, decision.LocalPurpose, decision.Legendary} {
					in.Scores = append(in.Scores, wire.Scoring{Option: option, Lens: lens, Points: points[i], Reason: reason(lens, points[i])})
				}
			}
			if _, err := do(ctx, c, wire.TopicScore, in); err != nil {
				return err
			}
		}
	}
	committed := func(t wire.TopicDetail) bool {
		for _, p := range t.Parties {
			if !p.Committed || len(p.Order) == 0 {
				return false
			}
		}
		return t.Status == decision.Negotiation
	}
	for _, c := range []*proc.Company{d.agency, d.maker} {
		if err := d.seen(ctx, c, topic, "commitments and rankings of both sides", committed); err != nil {
			return err
		}
	}
	detail, err := do(ctx, d.maker, wire.TopicShow, wire.TopicQuery{Topic: topic})
	if err != nil {
		return err
	}
	d.say("COO and CFO of both sides score at home; only salted commitments leave, then each shows its ranking")
	for _, a := range detail.Arithmetic {
		d.say("  Partnership Value of option %s, computed from the match: %d", a.Option, a.Value)
		for _, line := range a.Lines {
			d.say("    %s", line)
		}
	}
	for _, p := range detail.Parties {
		d.say("  %s ranks %v", p.Name, p.Order)
	}
	if detail.Proposal != nil {
		d.say("  by fallback bargaining both nodes propose option %s; people decide", detail.Proposal.Option)
	}
	return nil
}

func reason(lens decision.Lens, points int64) string {
	switch {
	case lens == decision.Legendary:
		return "we would publish it, swap sides, and do it as a rule"
	case points >= 6:
		return "treatment goes on where it would have stopped"
	}
	return "no difference to a written goal"
}

// offers: each side opens near its own end and they close in; every offer states what it gave and got.
func (d *demo) offers(ctx context.Context, topic string) error {
	rounds := []struct {
		by    *proc.Company
		other *proc.Company
		role  decision.Role
		part  *big.Rat // of each issue's range
		trade decision.TradeOff
	}{
		{d.maker, d.agency, decision.COO, big.NewRat(8, 10), decision.TradeOff{Gave: "extra shifts in the service months", Got: "a surcharge that pays for them"}},
		{d.agency, d.maker, decision.COO, big.NewRat(3, 10), decision.TradeOff{Gave: "earlier orders for the months before", Got: "a lower surcharge"}},
		{d.maker, d.agency, decision.CFO, big.NewRat(6, 10), decision.TradeOff{Gave: "half of the surcharge", Got: "a firm order for the extra quantity"}},
		{d.agency, d.maker, decision.CFO, big.NewRat(5, 10), decision.TradeOff{Gave: "the firm order", Got: "delivery in the months agreed"}},
	}
	last := int64(-1)
	for i, r := range rounds {
		detail, err := do(ctx, r.by, wire.TopicShow, wire.TopicQuery{Topic: topic})
		if err != nil {
			return err
		}
		option := "2"
		if detail.Proposal != nil && detail.Proposal.Option != "" && detail.Proposal.Option != decision.NoAgreement {
			option = detail.Proposal.Option
		}
		in := wire.TopicOfferRequest{TopicAct: wire.TopicAct{TopicQuery: wire.TopicQuery{Topic: topic}, As: r.role}, Option: option, Trades: []decision.TradeOff{r.trade}}
		for _, issue := range detail.Issues {
			in.Values = append(in.Values, issue.ID+"="+between(issue, r.part))
		}
		made, err := do(ctx, r.by, wire.TopicOffer, in)
		if err != nil {
			return err
		}
		d.say("round %d, %s: %v", made.Round, r.by.Name, in.Values)
		d.say("  gave %q, got %q", r.trade.Gave, r.trade.Got)
		if made.Distance != nil {
			d.report.Topic.Distance = append(d.report.Topic.Distance, round(float64(made.Distance.Overall)/1e6, 4))
			d.say("  the positions are %.0f %% of the range apart", float64(made.Distance.Overall)/1e4)
			if err := claim(last < 0 || made.Distance.Overall < last, "the distance did not fall in round %d: %d after %d ppm", made.Round, made.Distance.Overall, last); err != nil {
				return err
			}
			last = made.Distance.Overall
		}
		if err := d.seen(ctx, r.other, topic, fmt.Sprintf("offer %d", i+1), func(t wire.TopicDetail) bool { return len(t.Offers) > i }); err != nil {
			return err
		}
	}
	d.report.Topic.Rounds = len(rounds)
	accepted, err := do(ctx, d.maker, wire.TopicAccept, wire.TopicAcceptRequest{TopicAct: wire.TopicAct{TopicQuery: wire.TopicQuery{Topic: topic}, As: decision.COO}})
	if err != nil {
		return err
	}
	if err := claim(accepted.Agreement != "", "no document came of the acceptance: %s", accepted.Undrafted); err != nil {
		return err
	}
	d.report.Agreement.CID = accepted.Agreement
	d.say("%s accepts round %d; PartnershipAgreement.v1 is on the table, to be signed until %s", d.maker.Name, accepted.Round, time.UnixMilli(accepted.SignBy).UTC().Format(time.RFC3339))
	return nil
}

// between is the value at a part of an issue's range, in the form a person would type.
func between(i decision.Issue, part *big.Rat) string {
	if i.Low.Date != nil {
		days := new(big.Rat).Mul(part, big.NewRat(int64(i.High.Date.Sub(*i.Low.Date)), 1))
		n := new(big.Int).Quo(days.Num(), days.Denom())
		return calendar.Date(*i.Low.Date).AddDays(int(n.Int64())).String()
	}
	low, _ := new(big.Rat).SetString(i.Low.Number.String())
	high, _ := new(big.Rat).SetString(i.High.Number.String())
	v := high.Sub(high, low)
	v.Mul(v, part).Add(v, low)
	if i.Kind == decision.QuantityIssue {
		return v.FloatString(0)
	}
	return v.FloatString(2)
}
