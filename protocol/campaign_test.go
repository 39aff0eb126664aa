package protocol_test

import (
	"testing"

	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/campaign"
	"kontor/protocol/decision"
	"kontor/protocol/feed"
	"kontor/protocol/quality"
	"kontor/testnet/virtual"
)

// share writes an artifact as the feed of d carries it, whether or not the rules would have it.
func share(t *testing.T, d *virtual.Desk, doc any) feed.Entry {
	t.Helper()
	return must[feed.Entry](t)(d.Force(must[protocol.Draft](t)(virtual.Share(doc)), nil))
}

// A calendar and a report of either side come into force; what breaks a rule, or lies outside the scope, is stored as refused by all.
func TestCampaignsAndQualityInTheFold(t *testing.T) {
	s := scene(t, 2, false)
	for _, d := range s.Parties() {
		first := share(t, d, virtual.Campaign(d.Name, 0, nil, s.Now, campaign.Proposed, 100))
		everywhere(t, s, first, "")
		parent := first.Header.Body
		everywhere(t, s, share(t, d, virtual.Campaign(d.Name, 1, parent, s.Now, campaign.Active, 100)), campaign.CodeStatus)
		gone := virtual.Campaign(d.Name, 1, parent, s.Now, campaign.Planned, 100)
		gone.Events = nil
		everywhere(t, s, share(t, d, gone), campaign.CodeVanished)
		foreign := virtual.Campaign(d.Name+" foreign", 0, nil, s.Now, campaign.Proposed, 100)
		foreign.Events[0].Items[0].BuyersID, foreign.Events[0].Impacts[0].Item = "OTHER", "OTHER"
		everywhere(t, s, share(t, d, foreign), campaign.CodeScope)
		unfunded := virtual.Campaign(d.Name+" unfunded", 0, nil, s.Now, campaign.Proposed, 100)
		unfunded.Events[0].Funding.SellerPPM = 0
		everywhere(t, s, share(t, d, unfunded), campaign.CodeFunding)
		everywhere(t, s, share(t, d, virtual.Campaign(d.Name, 1, parent, s.Now, campaign.Planned, 100)), "")

		first = share(t, d, virtual.Quality(d.Name, 0, nil, s.Now, quality.Blocked, 3))
		everywhere(t, s, first, "")
		second := share(t, d, virtual.Quality(d.Name, 1, first.Header.Body, s.Now, quality.Released, 3))
		everywhere(t, s, second, "")
		everywhere(t, s, share(t, d, virtual.Quality(d.Name, 2, second.Header.Body, s.Now, quality.Blocked, 3)), quality.CodeReopened)
		named := virtual.Quality(d.Name+" named", 0, nil, s.Now, quality.Blocked, 3)
		named.Blocks[0].Role = "Jane Doe"
		everywhere(t, s, share(t, d, named), quality.CodeRole)
	}
}

// Practice T1: a revision that moves a lift beyond the tolerance sends a topic that names the calendar back; a new name does not.
func TestCampaignRevisionsAreMaterialByScope(t *testing.T) {
	for what, c := range map[string]struct {
		change   func(*campaign.Document)
		material bool
	}{
		"a name": {func(d *campaign.Document) { d.Events[0].Name = "another" }, false},
		"the funding": {func(d *campaign.Document) {
			d.Events[0].Funding.BuyerPPM, d.Events[0].Funding.SellerPPM = 400_000, 600_000
		}, true},
		"a calling off":       {func(d *campaign.Document) { d.Events[0].Status = campaign.Canceled }, true},
		"a blackout elsewhen": {func(d *campaign.Document) { d.Blackouts[0].Period.Start++ }, false}, // February: outside the topic's March
	} {
		s := scene(t, 2, false)
		d := s.Parties()[0]
		first := share(t, d, virtual.Campaign("x", 0, nil, s.Now, campaign.Proposed, 100))
		meet(t, s)
		proposal := virtual.Proposal(d.Contract.Genesis, d.ID, s.Now+20*virtual.Day, *first.Header.Body)
		topic := must[feed.Entry](t)(d.Write(must[protocol.Draft](t)(virtual.Body(protocol.KindTopic, decision.Act{Verb: decision.ProposeTopic, Propose: &proposal}))))
		meet(t, s)
		for _, p := range s.Parties()[1:] { // who proposes has joined
			act(t, p, decision.Act{Verb: decision.Join, Topic: &topic.CID})
			meet(t, s)
		}
		act(t, d, decision.Act{Verb: decision.Ready, Topic: &topic.CID, Weights: virtual.DigestOf("weights")})
		meet(t, s)
		revised := virtual.Campaign("x", 1, first.Header.Body, s.Now, campaign.Proposed, 100)
		c.change(&revised)
		everywhere(t, s, share(t, d, revised), "")
		if got := old(t, d, topic.CID); got != c.material {
			t.Errorf("%s: material is %t", what, got)
		}
	}
}

func act(t *testing.T, d *virtual.Desk, a decision.Act) {
	t.Helper()
	must[feed.Entry](t)(d.Write(must[protocol.Draft](t)(virtual.Body(protocol.KindTopic, a))))
}

// old tells whether nobody is ready any more, because what the topic rests on changed materially.
func old(t *testing.T, d *virtual.Desk, id block.CID) bool {
	t.Helper()
	ready := false
	if err := d.View(func(r *protocol.Replica) error {
		topic, _, err := r.Topic(id)
		for _, p := range topic.Parties {
			ready = ready || p.Ready
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return !ready
}

// Buyer and seller may share both kinds, of the products of the invitation; who observes shares nothing.
func TestKindsOutsideTheInvitation(t *testing.T) {
	s := scene(t, 2, false)
	if _, ok := s.Parties()[0].Contract.Scope("observer", protocol.KindCampaign); ok {
		t.Error("an observer may share campaigns")
	}
	if scope, ok := s.Parties()[0].Contract.Scope("buyer", protocol.KindQuality); !ok || !scope.HasProduct(virtual.Product) || scope.HasProduct("OTHER") || !(artifact.Scope{Regions: scope.Regions}).HasRegion("CI") {
		t.Errorf("a buyer may share quality of the products of the invitation: %+v", scope)
	}
}
