package board

import (
	"context"
	"slices"
	"strings"
	"testing"

	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
	"kontor/protocol/exception"
)

// A condition that reports decide is an exception at the officer the agreement names, one at both nodes, once they meet it; a correction lets it go, and a topic of
// amendment is opened from it. A condition in words raises nothing.
func TestAMeasuredRollbackConditionIsRaised(t *testing.T) {
	c := paired(t)
	c.short(t)
	ctx := context.Background()
	topic := c.reachesTalks(t)
	if _, err := c.maker.Offer(ctx, admin, offerOf(topic, 1, c.maker)); err != nil {
		t.Fatal(err)
	}
	soon(t, "the offer", func() bool { d, err := c.agency.Show(admin, topic.TopicQuery); return err == nil && d.Rounds == 1 })
	if _, err := c.agency.Accept(ctx, admin, wire.TopicAcceptRequest{TopicAct: topic, NoDraft: true}); err != nil {
		t.Fatal(err)
	}
	first := c.today()
	within := calendar.Bucket{Start: first, End: first.AddDays(10)}
	draft := func(conditions ...string) (wire.AgreementReceipt, error) {
		return c.agency.Draft(ctx, admin, wire.AgreementDraftRequest{TopicAct: topic, RollbackText: conditions})
	}
	for text, want := range map[string]string{
		"no action":                                                                 "BAD_VALUE",
		"OTIF below 0.9 in 2027-03 => go back":                                      "BAD_VALUE", // nobody sees to it
		"OTIF below in 2027-03 for buyer COO 5 => go back":                          "BAD_VALUE",
		"OTIF below 0.9 in 2027-03 for courier COO 5 => go back":                    "WHICH_PARTY",
		"OTIF below 0.9 in 1999-03 for buyer COO 5 => go back":                      "AGREEMENT-40", // the agreement does not run then
		"DEMAND above 5 in " + within.String() + " for buyer COO 5 => go back":      "AGREEMENT-40", // no unit
		"STEP nowhere for buyer COO 5 => go back":                                   "AGREEMENT-40",
		"DEMAND above 5 C62 in " + within.String() + " for buyer COO 99 => go back": "AGREEMENT-40",
	} {
		if _, err := draft(text); codesOf(err) != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	drafted, err := draft("the line is sold => we talk", "DEMAND below 1500 C62 in "+within.String()+" of ZDV-300 for seller CFO 5 => the slots are given back")
	if err != nil {
		t.Fatal(err)
	}
	soon(t, "the document", func() bool { return c.maker.verdict(drafted.Agreement) == decision.Open })
	shown, err := c.maker.Agreement(admin, wire.AgreementQuery{Agreement: drafted.Agreement})
	if err != nil || !strings.Contains(shown.Text, "not measured: the reviews look at it") || !strings.Contains(shown.Text, `if the quantity asked for is below 1500 piece ("C62") in`) {
		t.Fatalf("%s %v", shown.Text, err)
	}
	c.makesFinal(t, drafted.Agreement)
	c.demanded(t, first, 0, 5, 100)
	soon(t, "the report", func() bool { l, err := c.maker.desk.Windows(""); return err == nil && len(l) == 1 })
	c.of(t, exception.Rollback, desk.ExceptionOpen, 0, nil) // half of the period says nothing of a sum that is below
	c.demanded(t, first, 5, 10, 100)
	found := c.of(t, exception.Rollback, desk.ExceptionOpen, 1, nil)[0]
	if found.Owner != "Tablet Maker" || found.Role != "CFO" || found.Speed != exception.Officers || found.Deadline <= found.Scope.Buckets.End.Millis() || !strings.Contains(found.Cause, "DEMAND is 1000 pieces") ||
		!strings.Contains(found.Cause, "the slots are given back") || found.Default.Code != exception.OutcomeRollback {
		t.Errorf("%+v", found)
	}
	opened, err := c.maker.Open(ctx, admin, wire.TopicOpenRequest{Exception: found.ID.String()})
	if err != nil {
		t.Fatal(err)
	}
	c.sees(t, c.agency, opened.Topic, decision.Proposed)
	d, err := c.agency.Show(admin, wire.TopicQuery{Topic: opened.Topic})
	if err != nil || d.Amends == nil || d.Amends.Agreement.String() != drafted.Agreement || !slices.ContainsFunc(d.Options, func(o decision.Option) bool { return strings.Contains(o.Summary, "the slots are given back") }) {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err := c.maker.Withdraw(ctx, admin, wire.TopicDeclineRequest{TopicAct: wire.TopicAct{TopicQuery: wire.TopicQuery{Topic: opened.Topic}}, Reason: "counted wrong"}); err != nil {
		t.Fatal(err)
	}
	c.sees(t, c.agency, opened.Topic, decision.Withdrawn)
	c.demanded(t, first, 5, 10, 300) // the correction
	c.of(t, exception.Rollback, desk.ExceptionGone, 1, nil)
}
