package board

import (
	"context"
	"testing"

	"kontor/node/api/wire"
	"kontor/protocol/decision"
)

// Both sides let their nodes offer: they go toward each other inside the limits, step by step, and stop where people need only accept. The node accepts
// nothing, and what it may do stays at home.
func TestNodesOfferAndPeopleAccept(t *testing.T) {
	c := paired(t)
	c.short(t)
	ctx := context.Background()
	act := c.reachesTalks(t)
	d, err := c.maker.Show(admin, act.TopicQuery)
	if err != nil {
		t.Fatal(err)
	}
	most := map[string]string{}
	for _, i := range d.Issues {
		most[i.ID] = i.High.String()
	}
	delegate := func(first, last string) wire.TopicDelegateRequest {
		return wire.TopicDelegateRequest{TopicAct: act, Option: "1", Steps: 3, Issues: []wire.Delegated{
			{Issue: issueDelivery, First: most[issueDelivery], Last: most[issueDelivery]}, {Issue: issueQuantity, First: most[issueQuantity], Last: most[issueQuantity]},
			{Issue: issueSurcharge, First: first, Last: last}}}
	}
	if _, err := c.maker.Delegate(ctx, By{Role: wire.Planner}, delegate("1", "0")); codesOf(err) != "FORBIDDEN" {
		t.Errorf("a planner sets limits: %v", err)
	}
	if _, err := c.maker.Delegate(ctx, admin, delegate(most[issueSurcharge]+"0", "0")); codesOf(err) != "PERSON-05" {
		t.Errorf("limits outside the issue: %v", err)
	}
	first, err := c.maker.Delegate(ctx, admin, delegate(most[issueSurcharge], "0"))
	if err != nil || first.Waits != "" {
		t.Fatalf("%+v, %v", first, err)
	}
	soon(t, "the maker's offer", func() bool { d, err := c.agency.Show(admin, act.TopicQuery); return err == nil && d.Rounds == 1 })
	if _, err := c.agency.Delegate(ctx, admin, delegate("0", most[issueSurcharge])); err != nil {
		t.Fatal(err)
	}
	soon(t, "an end of the offers", func() bool {
		for _, who := range []*company{c.maker, c.agency} {
			out, err := who.Delegate(ctx, admin, delegate(map[bool]string{true: most[issueSurcharge], false: "0"}[who == c.maker], map[bool]string{true: "0", false: most[issueSurcharge]}[who == c.maker]))
			if err == nil && out.Waits == decision.ConcedeAccept {
				return true
			}
		}
		return false
	})
	if d, err = c.agency.Show(admin, act.TopicQuery); err != nil || d.Status != decision.Negotiation || d.Rounds < 3 || d.Rounds > 8 {
		t.Fatalf("after %d rounds the topic is in %s, %v", d.Rounds, d.Status, err)
	}
	last := d.Offers[len(d.Offers)-1]
	if last.Distance == nil || d.Offers[1].Distance.Overall <= last.Distance.Overall {
		t.Errorf("the nodes did not come nearer: %+v", last.Distance)
	}
	who := c.agency
	if last.By == c.agency.n.Company() {
		who = c.maker
	}
	if _, err := who.Accept(ctx, admin, wire.TopicAcceptRequest{TopicAct: act, NoDraft: true}); err != nil {
		t.Error(err)
	}
	c.sees(t, c.agency, act.Topic, decision.Signing)
}
