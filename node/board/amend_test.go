package board

import (
	"bytes"
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"kontor/node/api/wire"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
)

// makesFinal signs a document on both sides and waits until it is final on both.
func (c *circle) makesFinal(t *testing.T, document string) {
	t.Helper()
	for _, who := range []*company{c.agency, c.maker} {
		soon(t, "the document at "+who.n.Name(), func() bool { return who.verdict(document) == decision.Open })
		for _, role := range []decision.Role{"COO", "CFO"} {
			if err := who.signs(t, document, string(role), role); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, who := range []*company{c.agency, c.maker} {
		soon(t, "finality at "+who.n.Name(), func() bool { return who.verdict(document) == decision.Final })
	}
}

// bargains takes a topic that is open to an accepted offer and its document.
func (c *circle) bargains(t *testing.T, topic string, values ...string) (document string) {
	t.Helper()
	ctx := context.Background()
	q := wire.TopicAct{TopicQuery: wire.TopicQuery{Topic: topic}}
	c.sees(t, c.agency, topic, decision.Proposed)
	c.sees(t, c.maker, topic, decision.Proposed)
	detail, err := c.agency.Show(admin, q.TopicQuery)
	if err != nil {
		t.Fatal(err)
	}
	var scores []wire.Scoring
	for _, o := range detail.Options {
		if o.ID != decision.NoAgreement {
			scores = append(scores, wire.Scoring{Option: o.ID, Lens: decision.LocalPurpose, Points: 6})
		}
	}
	for _, who := range []*company{c.agency, c.maker} {
		for _, role := range []decision.Role{"COO", "CFO"} {
			in := wire.TopicScoreRequest{TopicAct: wire.TopicAct{TopicQuery: q.TopicQuery, As: role}, Scores: scores}
			if _, err := who.Score(ctx, admin, in); err != nil {
				t.Fatal(err)
			}
		}
	}
	c.sees(t, c.maker, topic, decision.Negotiation)
	c.sees(t, c.agency, topic, decision.Negotiation)
	if _, err := c.maker.Offer(ctx, admin, wire.TopicOfferRequest{TopicAct: q, Values: values}); err == nil || !strings.Contains(err.Error(), "the first offer names its option") {
		t.Fatalf("a first offer without an option: %v", err)
	}
	if _, err := c.maker.Offer(ctx, admin, wire.TopicOfferRequest{TopicAct: q, Option: "1", Values: values}); err != nil {
		t.Fatal(err)
	}
	soon(t, "the offer", func() bool { d, err := c.agency.Show(admin, q.TopicQuery); return err == nil && d.Rounds == 1 })
	accepted, err := c.agency.Accept(ctx, admin, wire.TopicAcceptRequest{TopicAct: q})
	if err != nil || accepted.Agreement == "" {
		t.Fatalf("%+v, %v", accepted, err)
	}
	return accepted.Agreement
}

// documentOfDetail reads the document of what a node shows.
func documentOfDetail(t *testing.T, d wire.AgreementDetail) decision.Agreement {
	t.Helper()
	r, err := decision.Render(d.Document)
	if err != nil {
		t.Fatal(err)
	}
	return r.Document
}

// An agreement is amended and then ended early, each by an agreement of its own; before it is final nothing changes, and what waits says what lies ahead.
func TestAnAgreementIsAmendedAndEnded(t *testing.T) {
	c := paired(t)
	c.short(t)
	ctx := context.Background()
	_, first := c.agree(t)
	if _, err := c.maker.Amend(ctx, admin, wire.AgreementAmendRequest{AgreementQuery: wire.AgreementQuery{Agreement: first}}); codesOf(err) != "STATE_EARLY" {
		t.Errorf("an open document is amended: %v", err)
	}
	c.makesFinal(t, first)
	standing := func(document string) decision.Standing {
		t.Helper()
		d, err := c.agency.Agreement(admin, wire.AgreementQuery{Agreement: document})
		if err != nil {
			t.Fatal(err)
		}
		return d.Standing
	}
	was, err := c.maker.Agreement(admin, wire.AgreementQuery{Agreement: first})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.maker.Milestone(ctx, admin, wire.AgreementMilestoneRequest{AgreementQuery: wire.AgreementQuery{Agreement: first}, Milestone: "1-prepare", Proof: "the plan"}); err != nil {
		t.Fatal(err)
	}
	c.demands(t, 20000, 21000, 22000, 23000, 24000, 25000) // a version that the first did not look at
	opened, err := c.maker.Amend(ctx, admin, wire.AgreementAmendRequest{AgreementQuery: wire.AgreementQuery{Agreement: first}})
	if err != nil {
		t.Fatal(err)
	}
	topic, err := c.maker.Show(admin, wire.TopicQuery{Topic: opened.Topic})
	if err != nil || topic.Amends == nil || topic.Amends.Agreement.String() != first || len(topic.Issues) != 3 {
		t.Fatalf("%+v, %v", topic.Amends, err)
	}
	agreed := documentOfDetail(t, was)
	var values []string
	for _, term := range agreed.Terms {
		values = append(values, term.Issue+"="+term.Value.String())
	}
	second := c.bargains(t, opened.Topic, values...)
	begun, err := c.agency.Agreement(admin, wire.AgreementQuery{Agreement: second})
	if err != nil {
		t.Fatal(err)
	}
	again := documentOfDetail(t, begun)
	if !bytes.Equal(begun.Amended, was.Document) || len(again.Rollout) != len(agreed.Rollout)-1 || len(agreed.Effects) == 0 || len(agreed.Rollback) == 0 || agreed.Amount == nil {
		t.Errorf("it is compared with another, or a step that was reported is left to do: %+v", again.Rollout)
	}
	for part, both := range map[string][2]any{"effects": {agreed.Effects, again.Effects}, "targets": {agreed.Targets, again.Targets}, "reviews": {agreed.Reviews, again.Reviews}, "amount": {agreed.Amount, again.Amount},
		"terms": {agreed.Terms, again.Terms}, "end": {agreed.Expires, again.Expires}} {
		if !reflect.DeepEqual(both[0], both[1]) {
			t.Errorf("the amendment begins with other %s: %+v, was %+v", part, both[1], both[0])
		}
	}
	if len(again.Rollback) != 0 { // it is about the step that was reported: nothing is left to be measured
		t.Errorf("%+v", again.Rollback)
	}
	if got := standing(first); got != decision.InForce {
		t.Errorf("while the amendment is signed the first is %s", got)
	}
	c.makesFinal(t, second)
	if a, b := standing(first), standing(second); a != decision.Superseded || b != decision.InForce {
		t.Errorf("the first is %s, the second %s", a, b)
	}
	is, err := c.maker.Agreement(admin, wire.AgreementQuery{Agreement: second})
	if err != nil {
		t.Fatal(err)
	}
	if is.Expires != was.Expires || len(is.Cells) == 0 || !slices.ContainsFunc(is.Cells, func(e wire.EffectState) bool { return e.Acts }) {
		t.Errorf("it runs to %s like the first to %s, with cells %+v", is.Expires, was.Expires, is.Cells)
	}

	ending, err := c.maker.Amend(ctx, admin, wire.AgreementAmendRequest{AgreementQuery: wire.AgreementQuery{Agreement: second}, End: true, Title: "line 3 is sold"})
	if err != nil {
		t.Fatal(err)
	}
	last := c.bargains(t, ending.Topic, issueEnd+"="+calendar.DateOf(time.Now().UnixMilli()).String())
	c.makesFinal(t, last)
	if a, b := standing(second), standing(last); a != decision.Superseded || b != decision.InForce {
		t.Errorf("the second is %s, its end %s", a, b)
	}
	end, err := c.agency.Agreement(admin, wire.AgreementQuery{Agreement: last})
	if err != nil || len(end.Cells) != 0 || !strings.Contains(end.Text, "SUPERSEDES (1)") {
		t.Errorf("the end has %d effects, %v\n%s", len(end.Cells), err, end.Text)
	}
	v, err := c.agency.desk.Match("")
	if err != nil || v.Agreed != 0 {
		t.Errorf("after the end %d slots count in the match, %v", v.Agreed, err)
	}
	// The review of the end is today: it waits for those who signed.
	waits, err := c.agency.Waiting(admin, wire.WaitingQuery{})
	if err != nil || !slices.ContainsFunc(waits.Waiting, func(w wire.Waiting) bool { return w.What == "review" && w.ID == last }) {
		t.Errorf("no review of today waits: %+v, %v", waits, err)
	}
	// The cast's certificates end in 41 days, so that nothing of keys waits yet; a week before it does.
	now := time.Now().UnixMilli()
	if keys := c.agency.keysWait(now); len(keys) != 0 {
		t.Errorf("keys wait too early: %+v", keys)
	}
	if keys := c.agency.keysWait(now + 35*dayMillis); len(keys) != 2 || keys[0].What != "key" {
		t.Errorf("certificates that end in a week: %+v", keys)
	}
}
