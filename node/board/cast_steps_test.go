package board

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"kontor/node"
	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/quantity"
)

// short gives the circle a forecast, and a plan that falls short of it in March and April.
func (c *circle) short(t *testing.T) {
	t.Helper()
	ctx := context.Background()
	first := time.Now().AddDate(0, 2, 0)
	month := func(i int) string { return first.AddDate(0, i, 1-first.Day()).Format("2006-01") }
	var fc, plan strings.Builder
	fc.WriteString("product,region,month,unit,mean,q0.1,q0.5,q0.9\n")
	plan.WriteString("line,month,actual,maximum,unit,product,load_factor\n")
	for i := range 6 {
		mean := 100
		if i == 2 || i == 3 {
			mean = 130
		}
		for _, region := range []string{"CI", "NG"} {
			fmt.Fprintf(&fc, "ZDV-300,%s,%s,PK,%d,%d,%d,%d\n", region, month(i), mean/2*100, mean*40, mean*50, mean*60)
		}
		fmt.Fprintf(&plan, "L1,%s,10000,12500,PK,ZDV-300,1\n", month(i))
	}
	if _, err := c.agency.desk.ImportForecast([]byte(fc.String()), desk.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.agency.desk.ShareForecast(ctx, "", ""); err != nil {
		t.Fatal(err)
	}
	soon(t, "the forecast at the maker", func() bool {
		l, err := c.maker.desk.Forecasts("")
		return err == nil && len(l) == 1
	})
	if _, err := c.maker.desk.ImportCapacity([]byte(plan.String()), desk.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.maker.desk.ImportStock([]byte("product,on hand\nZDV-300,500\n"), desk.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.maker.desk.ShareCapacity(ctx, "", ""); err != nil {
		t.Fatal(err)
	}
	soon(t, "the plan at the agency", func() bool { _, err := c.agency.desk.Match(""); return err == nil })
}

// codesOf lists the codes of an error: its own, or those of its findings.
func codesOf(err error) string {
	var p *wire.Problem
	if errors.As(err, &p) {
		return p.Code
	}
	if err == nil {
		return ""
	}
	f := node.AsFailure(err)
	if len(f.Findings) == 0 {
		return f.Code
	}
	var out []string
	for _, finding := range f.Findings {
		out = append(out, finding.Code)
	}
	return strings.Join(out, " ")
}

// agree brings a topic of the circle as far as a document on the table.
func (c *circle) agree(t *testing.T) (topic, document string) {
	t.Helper()
	ctx := context.Background()
	q := c.reachesTalks(t)
	if _, err := c.maker.Offer(ctx, admin, offerOf(q, 1, c.maker)); err != nil {
		t.Fatal(err)
	}
	soon(t, "the offer", func() bool { d, err := c.agency.Show(admin, q.TopicQuery); return err == nil && d.Rounds == 1 })
	accepted, err := c.agency.Accept(ctx, admin, wire.TopicAcceptRequest{TopicAct: q})
	if err != nil {
		t.Fatal(err)
	}
	if accepted.Agreement == "" {
		t.Fatalf("no document: %s", accepted.Undrafted)
	}
	soon(t, "the document", func() bool {
		l, err := c.maker.Agreements(admin, wire.AgreementQuery{})
		return err == nil && len(l.Agreements) > 0
	})
	return q.Topic, accepted.Agreement
}

func (c *circle) sees(t *testing.T, who *company, topic string, status decision.Status) {
	t.Helper()
	soon(t, fmt.Sprintf("topic in %s at %s", status, who.n.Name()), func() bool {
		d, err := who.Show(admin, wire.TopicQuery{Topic: topic})
		return err == nil && d.Status == status
	})
}

// scores gives every option the same points on three lenses, for one role.
func (c *company) scores(t *testing.T, topic string, role decision.Role, points int64) wire.TopicScored {
	t.Helper()
	out, err := c.Score(context.Background(), admin, scoring(topic, role, points))
	if err != nil {
		t.Fatalf("%s of %s: %v", role, c.n.Name(), err)
	}
	return out
}

func scoring(topic string, role decision.Role, points int64) wire.TopicScoreRequest {
	in := wire.TopicScoreRequest{TopicAct: wire.TopicAct{TopicQuery: wire.TopicQuery{Topic: topic}, As: role}}
	for _, option := range []string{"1", "2"} {
		for _, lens := range []decision.Lens{decision.LocalVision, decision.LocalPurpose, decision.Legendary} {
			s := wire.Scoring{Option: option, Lens: lens, Points: points}
			if points >= 8 || points <= 2 {
				s.Reason = "see the match"
			}
			in.Scores = append(in.Scores, s)
		}
	}
	return in
}

// offerOf is an offer of option 1 by which each side is generous to itself at first.
func offerOf(q wire.TopicAct, round int, who *company) wire.TopicOfferRequest {
	d, err := who.Show(admin, q.TopicQuery)
	if err != nil {
		panic(err)
	}
	in := wire.TopicOfferRequest{TopicAct: q, Option: "1", Trades: []decision.TradeOff{{Gave: "overtime", Got: "a surcharge"}}}
	for _, i := range d.Issues {
		v := i.High
		if round > 1 && i.ID == issueSurcharge {
			v = decision.Number(quantity.Of(whole(*i.High.Number) / 2))
		}
		in.Values = append(in.Values, i.ID+"="+v.String())
	}
	return in
}

// signature is what an officer's own program makes for a document.
func (c *company) signature(t *testing.T, document, officer string, role decision.Role) []byte {
	t.Helper()
	d, err := c.Agreement(admin, wire.AgreementQuery{Agreement: document})
	if err != nil {
		t.Fatal(err)
	}
	r, err := decision.Render(d.Document)
	if err != nil {
		t.Fatal(err)
	}
	key := c.officers[officer]
	body, err := r.Document.For(r.CID, c.n.Company(), c.n.Chain(c.n.Company()).Head(), role, key.Public())
	if err != nil {
		t.Fatal(err)
	}
	s, err := body.Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	data, err := block.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func (c *company) signs(t *testing.T, document, officer string, role decision.Role) error {
	t.Helper()
	_, err := c.Sign(context.Background(), admin, wire.AgreementSignRequest{Signed: c.signature(t, document, officer, role)})
	return err
}

func (c *company) verdict(document string) decision.Verdict {
	d, err := c.Agreement(admin, wire.AgreementQuery{Agreement: document})
	if err != nil {
		return ""
	}
	return d.Verdict
}
