package board

import (
	"context"
	"slices"
	"testing"
	"time"

	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/protocol/decision"
)

// reachesTalks opens a topic and scores it on both sides.
func (c *circle) reachesTalks(t *testing.T) wire.TopicAct {
	t.Helper()
	opened, err := c.maker.Open(context.Background(), admin, wire.TopicOpenRequest{})
	if err != nil {
		t.Fatal(err)
	}
	c.sees(t, c.agency, opened.Topic, decision.Proposed)
	for _, who := range []*company{c.agency, c.maker} {
		who.scores(t, opened.Topic, "COO", 7)
		who.scores(t, opened.Topic, "CFO", 6)
	}
	for _, who := range []*company{c.agency, c.maker} {
		c.sees(t, who, opened.Topic, decision.Negotiation)
	}
	return wire.TopicAct{TopicQuery: wire.TopicQuery{Topic: opened.Topic}}
}

// A revision beyond the tolerance, in a cell the topic is about, asks both sides once: scores are kept and marked, and stand again where a side says so.
// Any other revision is noted and no more.
func TestAMaterialRevisionAsksOnce(t *testing.T) {
	c := paired(t)
	c.short(t)
	ctx := context.Background()
	act := c.reachesTalks(t)
	show := func(who *company) wire.TopicDetail {
		d, err := who.Show(admin, act.TopicQuery)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	noted := func(d wire.TopicDetail) bool {
		return slices.ContainsFunc(d.Context, func(r decision.ContextRef) bool { return r.ReplacedBy != nil })
	}
	c.demands(t, 10000, 10000, 13100, 13000, 10000, 10000)
	soon(t, "the note", func() bool { return noted(show(c.maker)) && noted(show(c.agency)) })
	if s := show(c.maker).Status; s != decision.Negotiation {
		t.Fatalf("a revision within the tolerance moved the topic to %s", s)
	}
	if _, err := c.maker.Offer(ctx, admin, offerOf(act, 1, c.maker)); err != nil {
		t.Fatal(err)
	}
	// Of two entries written at one time the revision may stand first, and then the offer counts for nothing at either side.
	soon(t, "the offer", func() bool { return show(c.agency).Rounds == 1 })
	c.demands(t, 10000, 10000, 15000, 13000, 10000, 10000)
	for _, who := range []*company{c.maker, c.agency} {
		c.sees(t, who, act.Topic, decision.InContext)
		for _, p := range show(who).Parties {
			if !p.Old || p.Ready || p.Accepted != 0 {
				t.Errorf("%s sees %s as %+v", who.n.Name(), p.Name, p)
			}
		}
		if own := show(who).Own; len(own.Scores) == 0 || own.Committed {
			t.Errorf("%s: scores are kept and count no more: %+v", who.n.Name(), own)
		}
	}
	// The maker looked again and its scores stand; the agency's COO thinks anew.
	if _, err := c.maker.Ready(ctx, admin, wire.TopicReadyRequest{TopicAct: act, Keep: true}); err != nil {
		t.Fatal(err)
	}
	soon(t, "the maker's word", func() bool {
		return slices.ContainsFunc(show(c.agency).Parties, func(p wire.TopicParty) bool { return !p.Own && p.Ready && !p.Old })
	})
	out := c.agency.scores(t, act.Topic, "COO", 8)
	if !out.Committed || !slices.Equal(out.Steps, []string{"READY", "COMMIT"}) {
		t.Errorf("scored again: %+v", out)
	}
	for _, who := range []*company{c.maker, c.agency} {
		c.sees(t, who, act.Topic, decision.Negotiation)
		if d := show(who); slices.ContainsFunc(d.Parties, func(p wire.TopicParty) bool { return p.Old }) || d.Rounds != 1 {
			t.Errorf("%s: %+v after %d rounds", who.n.Name(), d.Parties, d.Rounds)
		}
	}
	// What was revealed before is not what stands: a side shows its newest commitment.
	if _, err := c.agency.Reveal(ctx, admin, wire.TopicRevealRequest{TopicAct: act, Rank: true}); err != nil {
		t.Error(err)
	}
}

// An objection turns the position; the role that raised it or the CEO takes it back, nobody else. A veto stands until then whatever the others think. The
// company's own weights decide, and what it opens shows the condition of the objection that stands.
func TestObjectionsVetoesAndWeights(t *testing.T) {
	c := paired(t)
	c.short(t)
	ctx := context.Background()
	opened, err := c.maker.Open(ctx, admin, wire.TopicOpenRequest{})
	if err != nil {
		t.Fatal(err)
	}
	act := wire.TopicAct{TopicQuery: wire.TopicQuery{Topic: opened.Topic}}
	c.sees(t, c.agency, opened.Topic, decision.Proposed)
	of := func(out wire.TopicScored, option string) decision.OptionValue {
		i := slices.IndexFunc(out.Values, func(v decision.OptionValue) bool { return v.Option == option })
		return out.Values[i]
	}
	in := scoring(opened.Topic, "COO", 7)
	own := decision.CompanyWeights{Default: decision.Weights{Purpose: 100}, Margin: 0}
	in.Weights = &own
	for i := range in.Scores {
		if s := &in.Scores[i]; s.Lens == decision.LocalPurpose {
			s.Points, s.Reason, s.Lift = map[string]int64{"1": 0, "2": 2}[s.Option], "night work without consent", map[string]string{"2": "the union agrees"}[s.Option]
		}
	}
	if _, err := c.maker.Score(ctx, admin, in); err != nil {
		t.Fatal(err)
	}
	out := c.maker.scores(t, opened.Topic, "CFO", 9)
	one, two := of(out, "1"), of(out, "2")
	if one.Position != decision.Reject || two.Position != decision.Reject || len(one.Objections) != 1 || len(two.Objections) != 1 {
		t.Fatalf("option 1 %+v\noption 2 %+v", one, two)
	}
	// By purpose alone: COO 0 and 2 of weight 50, CFO 9 of weight 25.
	if one.Value != (50*0+25*900+37)/75 || two.Value != (50*200+25*900+37)/75 {
		t.Errorf("values %d and %d are not those of the company's own weights", one.Value, two.Value)
	}
	lift := func(role, by decision.Role, as By) error {
		_, err := c.maker.Score(ctx, as, wire.TopicScoreRequest{TopicAct: act, Scores: []wire.Scoring{},
			Lifted: []decision.Lifting{{Role: role, Option: "1", Lens: decision.LocalPurpose, By: by, Reason: "the works council agreed"}}})
		return err
	}
	if err := lift("COO", "CFO", By{Role: wire.CFO}); codesOf(err) != "SCORE-07" {
		t.Errorf("the CFO lifts the COO's veto: %v", err)
	}
	if err := lift("COO", "CEO", By{Role: wire.CFO}); codesOf(err) != "FORBIDDEN" {
		t.Errorf("the CFO says it is the CEO: %v", err)
	}
	if err := lift("COO", "COO", By{Role: wire.COO}); err != nil {
		t.Fatal(err)
	}
	d, err := c.maker.Show(admin, act.TopicQuery)
	if err != nil {
		t.Fatal(err)
	}
	if v := d.Own.Values[1]; len(v.Objections) != 1 || !v.Objections[0].Lifted {
		t.Errorf("lifted: %+v", v)
	}
	for _, role := range []decision.Role{"COO", "CFO"} {
		c.agency.scores(t, opened.Topic, role, 7)
	}
	c.sees(t, c.maker, opened.Topic, decision.Negotiation)
	if _, err := c.maker.Reveal(ctx, admin, wire.TopicRevealRequest{TopicAct: act, Scores: true}); err != nil {
		t.Fatal(err)
	}
	soon(t, "the maker's positions", func() bool {
		d, err := c.agency.Show(admin, act.TopicQuery)
		return err == nil && slices.ContainsFunc(d.Parties, func(p wire.TopicParty) bool {
			return !p.Own && slices.ContainsFunc(p.Positions, func(x decision.OptionPosition) bool {
				return x.Option == "2" && slices.Contains(x.Conditions, "the union agrees")
			})
		})
	})
}

// A node whose partner's clock differs by more than two minutes signs nothing with a deadline until an admin says that this clock is right.
func TestNothingIsSignedByAWrongClock(t *testing.T) {
	c := paired(t)
	c.short(t)
	_, document := c.agree(t)
	signed := c.maker.signature(t, document, "COO", "COO")
	c.maker.stop()
	c.maker.ahead = 3 * time.Minute
	c.maker.start(t)
	soon(t, "the partner's word", func() bool { return c.maker.n.HeadConfirmed(c.pid) })
	ctx := context.Background()
	in := wire.AgreementSignRequest{Signed: signed}
	if _, err := c.maker.Sign(ctx, command("sign"), in); codesOf(err) != "CLOCK_DISAGREES" {
		t.Fatalf("three minutes ahead: %v", err)
	}
	// The agency's officers are stopped as well, once it has compared the clocks anew: which one is wrong nobody knows.
	p, err := c.agency.desk.Partner("", "")
	if err != nil {
		t.Fatal(err)
	}
	soon(t, "the agency's comparison", func() bool { _, err := c.agency.compareClocks(c.agency.n.Host(), p); return err != nil })
	if _, err := c.agency.Sign(ctx, admin, wire.AgreementSignRequest{Signed: c.agency.signature(t, document, "COO", "COO")}); codesOf(err) != "CLOCK_DISAGREES" {
		t.Errorf("the other side: %v", err)
	}
	c.maker.n.Confirm()
	if _, err := c.maker.Sign(ctx, command("sign"), in); err != nil {
		t.Errorf("after the admin's word: %v", err)
	}
}

// Where a company's genesis lets one person hold two roles, that person signs in both; elsewhere it does not.
func TestOnePersonInTwoRoles(t *testing.T) {
	c := pairedAs(t, true)
	c.short(t)
	c.maker.appoint(t, "ada as CFO", "CFO", "Tablet Maker ada", limit)
	c.agency.appoint(t, "ada as CFO", "CFO", "Relief Agency ada", limit)
	_, document := c.agree(t)
	for _, who := range []*company{c.maker, c.agency} {
		if err := who.signs(t, document, "COO", "COO"); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.agency.signs(t, document, "ada as CFO", "CFO"); codesOf(err) != "AGREEMENT-34" {
		t.Errorf("one person twice where the genesis asks for two: %v", err)
	}
	if err := c.maker.signs(t, document, "ada as CFO", "CFO"); err != nil {
		t.Errorf("one person in two roles where the genesis allows it: %v", err)
	}
	if err := c.agency.signs(t, document, "CFO", "CFO"); err != nil {
		t.Fatal(err)
	}
	for _, who := range []*company{c.agency, c.maker} {
		soon(t, "finality at "+who.n.Name(), func() bool { return who.verdict(document) == decision.Final })
	}
}

// Nobody does anything until the deadline: the default outcome happens, is listed with the exception, and counts as not acted on.
func TestTheDefaultOutcomeHappens(t *testing.T) {
	c := paired(t)
	c.short(t)
	before := c.both(t, false)
	c.maker.stop()
	c.maker.ahead = time.Until(time.UnixMilli(before[0].Deadline)) + time.Minute
	c.maker.start(t)
	if l, err := c.maker.desk.Exceptions("", false); err != nil || slices.ContainsFunc(l, func(e desk.ExceptionView) bool { return e.ID == before[0].ID }) {
		t.Errorf("after its deadline it is open: %s, %v", brief(l), err)
	}
	all, err := c.maker.desk.Exceptions("", true)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(e desk.ExceptionView) bool { return e.ID == before[0].ID })
	if e := all[i]; e.State != desk.ExceptionDefault || e.ClosedBy != "itself" || e.Reason != before[0].Default.Text || e.ClosedAt != before[0].Deadline {
		t.Errorf("%+v", e)
	}
	if q, err := c.maker.desk.Quality(""); err != nil || q.Default != 1 || q.Acted != 0 || q.SharePPM != 0 {
		t.Errorf("quality %+v, %v", q, err)
	}
}
