package board

import (
	"context"
	"slices"
	"strings"
	"testing"

	"kontor/node/api/wire"
	"kontor/protocol/decision"
)

// An officer reads what a topic is worth, until when, and what happens otherwise: of the step that waits now, and of no other.
func TestWhatWaitsNamesItsOwnEnd(t *testing.T) {
	c := paired(t)
	c.short(t)
	read := func(who *company, what string) (out []wire.Waiting) {
		l, err := who.Waiting(admin, wire.WaitingQuery{})
		if err != nil {
			t.Fatal(err)
		}
		return slices.DeleteFunc(l.Waiting, func(w wire.Waiting) bool { return w.What != what })
	}
	topic, document := c.agree(t)
	detail, err := c.maker.Show(admin, wire.TopicQuery{Topic: topic})
	if err != nil {
		t.Fatal(err)
	}
	soon(t, "the document at the agency", func() bool {
		return len(read(c.agency, "topic")) == 1 && strings.Contains(read(c.agency, "topic")[0].Next, "agreement sign")
	})
	w := read(c.agency, "topic")[0]
	if w.Until != detail.Waiting[0].By || w.Until >= detail.Deadline || !strings.Contains(w.Else, "no agreement of this round") || w.Value == nil || w.Value.Minor == 0 {
		t.Fatalf("a document to be signed waits as %+v; the topic's deadline is %d", w, detail.Deadline)
	}
	c.makesFinal(t, document)
	soon(t, "the plan", func() bool { return len(read(c.maker, "milestone")) == 1 })
	first := read(c.maker, "milestone")[0]
	if !strings.Contains(first.Else, "option 0 applies") {
		t.Fatalf("the first step, about which a rollback speaks: %+v", first)
	}
	if reviews := read(c.agency, "review"); len(reviews) != 1 || !strings.Contains(reviews[0].Text, "look whether step 1-prepare") {
		t.Fatalf("%+v", reviews)
	}
	if _, err := c.maker.Milestone(context.Background(), admin, wire.AgreementMilestoneRequest{AgreementQuery: wire.AgreementQuery{Agreement: document}, Milestone: "1-prepare", Proof: "plan shared"}); err != nil {
		t.Fatal(err)
	}
	soon(t, "the second step", func() bool { return len(read(c.agency, "milestone")) == 1 })
	if second := read(c.agency, "milestone")[0]; !strings.Contains(second.Else, "overdue") {
		t.Fatalf("the rollback is about the first step, which is shown: %+v", second)
	}
	if reviews := read(c.agency, "review"); len(reviews) != 1 || strings.Contains(reviews[0].Text, "look whether") {
		t.Fatalf("the step was shown: %+v", reviews)
	}
	if d, err := c.maker.Show(admin, wire.TopicQuery{Topic: topic}); err != nil || d.Status != decision.Agreed {
		t.Fatal(d.Status, err)
	}
}
