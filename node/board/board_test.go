package board

import (
	"bytes"
	"context"
	"reflect"
	"slices"
	"testing"

	"kontor/node/api/wire"
	"kontor/node/audit"
	"kontor/protocol/decision"
)

// From a shortage both nodes compute to an agreement that is final on both: the whole way of the officers, over real sockets.
func TestFromShortageToFinalAgreement(t *testing.T) {
	c := paired(t)
	c.short(t)
	ctx := context.Background()

	before, err := c.maker.desk.Match("")
	if err != nil {
		t.Fatal(err)
	}
	if len(before.Exceptions) == 0 {
		t.Fatal("the plan falls short and no exception says so")
	}
	basis := func(option, short, cost string) decision.OptionBasis {
		return decision.OptionBasis{Option: option, Basis: decision.ValueBasis{PerUnitShort: q(short), ExtraCost: q(cost)}}
	}
	opened, err := c.maker.Open(ctx, command("open"), wire.TopicOpenRequest{Basis: []decision.OptionBasis{basis("1", "2", "1000"), basis("2", "2", "900")}})
	if err != nil {
		t.Fatal(err)
	}
	if again, err := c.maker.Open(ctx, command("open"), wire.TopicOpenRequest{}); err != nil || again != opened {
		t.Errorf("the command said again answered %+v, %v", again, err)
	}
	act := wire.TopicAct{TopicQuery: wire.TopicQuery{Topic: opened.Topic}}
	c.sees(t, c.agency, opened.Topic, decision.Proposed)
	d, err := c.agency.Show(admin, act.TopicQuery)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Options) != 3 || len(d.Issues) != 3 || len(d.Context) != 2 {
		t.Fatalf("%d options, %d issues, %d artifacts", len(d.Options), len(d.Issues), len(d.Context))
	}
	for _, o := range d.Options[1:] {
		if len(o.Effects) == 0 || !o.Expect.Short.Less(d.Options[0].Expect.Short) {
			t.Errorf("option %s (%s) has %d effects and leaves %s short; by itself %s are", o.ID, o.Summary, len(o.Effects), o.Expect.Short, d.Options[0].Expect.Short)
		}
	}

	// The maker scores first and is ready first; the agency's value basis comes after that, and the maker's node says again that it is ready.
	c.maker.scores(t, opened.Topic, "COO", 7)
	waits := c.maker.scores(t, opened.Topic, "CFO", 6)
	if waits.Committed || len(waits.WaitsFor) == 0 {
		t.Errorf("committed before the partner is ready: %+v", waits)
	}
	in := scoring(opened.Topic, "COO", 8)
	in.Basis, in.Reveal = []decision.OptionBasis{basis("1", "3", "0"), basis("2", "3", "0")}, "rank"
	first, err := c.agency.Score(ctx, command("score"), in)
	if err != nil {
		t.Fatal(err)
	}
	if got := first.Steps; !slices.Equal(got, []string{"JOIN", "BASIS", "READY"}) || first.Committed {
		t.Errorf("steps %v, committed %t", got, first.Committed)
	}
	c.agency.scores(t, opened.Topic, "CFO", 6)
	c.sees(t, c.maker, opened.Topic, decision.Negotiation)
	c.sees(t, c.agency, opened.Topic, decision.Negotiation)
	if _, err := c.maker.Reveal(ctx, command("reveal"), wire.TopicRevealRequest{TopicAct: act}); err != nil {
		t.Fatal(err)
	}
	soon(t, "the node's proposal", func() bool {
		d, err := c.agency.Show(admin, act.TopicQuery)
		return err == nil && d.Proposal != nil && d.Proposal.Option != ""
	})
	if d, _ = c.agency.Show(admin, act.TopicQuery); len(d.Arithmetic) != 2 || len(d.Arithmetic[0].Lines) == 0 {
		t.Errorf("the arithmetic is not shown: %+v", d.Arithmetic)
	}

	// Two rounds, the second nearer than the first.
	one, err := c.maker.Offer(ctx, command("offer 1"), offerOf(act, 1, c.maker))
	if err != nil {
		t.Fatal(err)
	}
	soon(t, "the offer", func() bool { d, err := c.agency.Show(admin, act.TopicQuery); return err == nil && d.Rounds == 1 })
	counter := offerOf(act, 2, c.agency)
	counter.Values[2] = issueSurcharge + "=0"
	two, err := c.agency.Offer(ctx, command("offer 2"), counter)
	if err != nil {
		t.Fatal(err)
	}
	if two.Distance == nil || len(two.Changes) != 1 {
		t.Fatalf("counter-offer: %+v", two)
	}
	soon(t, "the counter-offer", func() bool { d, err := c.maker.Show(admin, act.TopicQuery); return err == nil && d.Rounds == 2 })
	three, err := c.maker.Offer(ctx, command("offer 3"), offerOf(act, 3, c.maker))
	if err != nil {
		t.Fatal(err)
	}
	if three.Before == nil || three.Distance.Overall >= three.Before.Overall {
		t.Errorf("the distance does not fall: %+v", three)
	}
	if again, err := c.maker.Offer(ctx, command("offer 1"), offerOf(act, 1, c.maker)); err != nil || again.Entry != one.Entry || again.Round != 1 {
		t.Errorf("the first offer said again: %+v, %v", again, err)
	}
	soon(t, "the third offer", func() bool { d, err := c.agency.Show(admin, act.TopicQuery); return err == nil && d.Rounds == 3 })
	accepted, err := c.agency.Accept(ctx, command("accept"), wire.TopicAcceptRequest{TopicAct: act, Round: 3})
	if err != nil || accepted.Agreement == "" {
		t.Fatal(accepted, err)
	}
	if again, err := c.agency.Accept(ctx, command("accept"), wire.TopicAcceptRequest{TopicAct: act, Round: 3}); err != nil || again != accepted {
		t.Errorf("the acceptance said again: %+v, %v", again, err)
	}
	document := accepted.Agreement
	soon(t, "the document", func() bool { return c.maker.verdict(document) == decision.Open })

	for _, who := range []*company{c.agency, c.maker} {
		if err := who.signs(t, document, "COO", "COO"); err != nil {
			t.Fatal(err)
		}
	}
	if v := c.maker.verdict(document); v != decision.Open {
		t.Fatalf("half signed, the round is %s", v)
	}
	for _, who := range []*company{c.agency, c.maker} {
		if err := who.signs(t, document, "CFO", "CFO"); err != nil {
			t.Fatal(err)
		}
	}
	for _, who := range []*company{c.agency, c.maker} {
		soon(t, "finality at "+who.n.Name(), func() bool { return who.verdict(document) == decision.Final })
		c.sees(t, who, opened.Topic, decision.Agreed)
	}
	detail, err := c.agency.Agreement(admin, wire.AgreementQuery{Agreement: document})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range detail.Parties {
		if p.Missing != "" || p.State != "ACKNOWLEDGED" || len(p.Signers) != 2 {
			t.Errorf("%s: %+v", p.Name, p)
		}
	}

	// The committed slots stand in the next match, on both nodes.
	for _, who := range []*company{c.agency, c.maker} {
		after, err := who.desk.Match("")
		if err != nil {
			t.Fatal(err)
		}
		if after.Agreed == 0 {
			t.Errorf("%s: no agreed slot in the next match", who.n.Name())
		}
		if len(after.Exceptions) > 0 && !after.Exceptions[0].UnitsMax.Less(before.Exceptions[0].UnitsMax) {
			t.Errorf("%s: agreed slots leave the shortage at %s, as before", who.n.Name(), after.Exceptions[0].UnitsMax)
		}
	}

	c.rollsOut(t, document)
	ours, theirs := ledgerOf(t, c.agency), ledgerOf(t, c.maker)
	if len(ours) != 1 || len(theirs) != 1 || ours[0].Own || !theirs[0].Own || ours[0].Gave != "overtime" || ours[0].Status != decision.Agreed {
		t.Errorf("the ledgers of trade-offs: %+v, %+v", ours, theirs)
	}

	// Either side's export is the same file, and it proves the agreement on a machine that knows nothing.
	var our, their bytes.Buffer
	if err := c.agency.Export(admin, wire.AgreementQuery{Agreement: document}, &our); err != nil {
		t.Fatal(err)
	}
	if err := c.maker.Export(admin, wire.AgreementQuery{}, &their); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(our.Bytes(), their.Bytes()) {
		t.Errorf("the two exports differ: %d and %d bytes", our.Len(), their.Len())
	}
	report, err := audit.Verify(bytes.NewReader(our.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if !report.Final || len(report.Signatures) != 4 || report.Agreement.String() != document || report.Digest != detail.Digest {
		t.Errorf("report %+v", report)
	}
	tamper(t, our.Bytes())
}

// What a role may do in a topic, and what it may see.
func TestRolesInATopic(t *testing.T) {
	c := paired(t)
	c.short(t)
	ctx := context.Background()
	planner := By{Role: wire.Planner}
	opened, err := c.maker.Open(ctx, planner, wire.TopicOpenRequest{})
	if err != nil {
		t.Fatal(err)
	}
	act := wire.TopicAct{TopicQuery: wire.TopicQuery{Topic: opened.Topic}}
	if _, err := c.maker.Score(ctx, planner, scoring(opened.Topic, "COO", 7)); codesOf(err) != "FORBIDDEN" {
		t.Errorf("a planner scores as COO: %v", err)
	}
	if _, err := c.maker.Score(ctx, By{Role: wire.CFO}, scoring(opened.Topic, "COO", 7)); codesOf(err) != "FORBIDDEN" {
		t.Errorf("the CFO scores as COO: %v", err)
	}
	if _, err := c.maker.Decline(ctx, By{Role: wire.CMO}, wire.TopicDeclineRequest{TopicAct: act, Reason: "no"}); codesOf(err) != "PERSON-02" {
		t.Errorf("a CMO whom the topic does not ask declines it: %v", err)
	}
	if _, err := c.maker.Score(ctx, By{Role: wire.CFO}, scoring(opened.Topic, "", 9)); err != nil {
		t.Errorf("the CFO scores: %v", err)
	}
	if d, err := c.maker.Show(By{Role: wire.COO}, act.TopicQuery); err != nil || d.Own == nil || len(d.Own.Scores) == 0 || len(d.Own.Reasons) == 0 {
		t.Errorf("the COO sees the company's scores and last reasons: %v", err)
	}
	if d, err := c.maker.Show(planner, act.TopicQuery); err != nil || d.Own != nil {
		t.Errorf("a planner sees officers' scores: %v", err)
	}
	if _, err := c.maker.Show(By{Role: wire.CMO, Scope: wire.Scope{Products: []string{"other"}}}, act.TopicQuery); codesOf(err) != "NO_TOPIC" {
		t.Errorf("a CMO whose scope is another product sees the topic: %v", err)
	}
	if _, err := c.maker.Score(ctx, By{Role: wire.COO}, scoring(opened.Topic, "", 11)); codesOf(err) == "" {
		t.Error("11 points were taken")
	}
	if _, err := c.maker.Decline(ctx, By{Role: wire.COO}, wire.TopicDeclineRequest{TopicAct: act, Reason: "the demand was withdrawn"}); err != nil {
		t.Error(err)
	}
	c.sees(t, c.agency, opened.Topic, decision.Declined)
	if _, err := c.agency.Join(ctx, admin, act); codesOf(err) != "TOPIC-20" {
		t.Errorf("a declined topic is joined: %v", err)
	}
	if _, err := c.maker.Open(ctx, admin, wire.TopicOpenRequest{Exception: "00000000000000000000000000000000"}); codesOf(err) != "NO_SUCH_EXCEPTION" {
		t.Errorf("a topic about nothing: %v", err)
	}
}

// rollsOut reports the rollout of a final agreement step by step; both nodes show the same plan, and nobody reports another's step or one out of turn.
func (c *circle) rollsOut(t *testing.T, document string) {
	t.Helper()
	ctx := context.Background()
	query := wire.AgreementQuery{Agreement: document}
	d, err := c.agency.Agreement(admin, query)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Plan) < 2 || len(d.Cells) == 0 || !d.Cells[0].Acts || d.Cells[0].Pending {
		t.Fatalf("plan %+v, effects %+v", d.Plan, d.Cells)
	}
	owner := map[string]*company{c.agency.n.Company().String(): c.agency, c.maker.n.Company().String(): c.maker}
	report := func(who *company, step, proof string) error {
		_, err := who.Milestone(ctx, admin, wire.AgreementMilestoneRequest{AgreementQuery: query, Milestone: step, Proof: proof})
		return err
	}
	for range d.Plan {
		var next *wire.PlanStep
		for i, s := range d.Plan {
			if s.State == decision.StepReady && next == nil {
				next = &d.Plan[i]
			} else if s.State == decision.StepWaiting {
				if err := report(owner[s.Party.String()], s.ID, "done"); codesOf(err) != "MILESTONE-03" {
					t.Errorf("step %s before those it waits for: %v", s.ID, err)
				}
			}
		}
		if next == nil {
			t.Fatalf("nothing is to be done next: %+v", d.Plan)
		}
		mine, other := owner[next.Party.String()], c.agency
		if mine == other {
			other = c.maker
		}
		if err := report(other, next.ID, "done"); codesOf(err) != "MILESTONE-02" {
			t.Errorf("another's step %s: %v", next.ID, err)
		}
		if err := report(mine, next.ID, ""); codesOf(err) != "MILESTONE-05" {
			t.Errorf("step %s without a proof: %v", next.ID, err)
		}
		if err := report(mine, next.ID, "seen by both"); err != nil {
			t.Fatal(err)
		}
		if err := report(mine, next.ID, "again"); codesOf(err) != "MILESTONE-04" {
			t.Errorf("step %s twice: %v", next.ID, err)
		}
		soon(t, "the same plan on both", func() bool {
			a, err1 := c.agency.Agreement(admin, query)
			m, err2 := c.maker.Agreement(admin, query)
			d = a
			return err1 == nil && err2 == nil && reflect.DeepEqual(a.Plan, m.Plan) && slices.ContainsFunc(a.Plan, func(s wire.PlanStep) bool {
				return s.ID == next.ID && s.State == decision.StepDone && s.Shown == "seen by both"
			})
		})
	}
}

func ledgerOf(t *testing.T, who *company) []wire.LedgerTrade {
	t.Helper()
	out, err := who.Ledger(admin, wire.TopicListQuery{})
	if err != nil {
		t.Fatal(err)
	}
	return out.Trades
}
