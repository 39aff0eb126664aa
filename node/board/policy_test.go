package board

import (
	"slices"
	"testing"

	"kontor/node/api/wire"
	"kontor/protocol/decision"
	"kontor/protocol/identity"
)

// What a document commits to decides whose signatures bind: a weightier matter needs the CEO too, on both nodes, and without the CEO it
// does not become final.
func TestTheAmountDecidesWhoSigns(t *testing.T) {
	c := paired(t)
	c.short(t)
	const weighty = "CEO and COO and CFO"
	c.agency.extend(t, identity.KindSetPolicy, func(e *identity.Entry) {
		e.Policy = &identity.Policy{TopicKind: string(decision.DemandCapacity), Quorum: weighty, When: &identity.Condition{Above: &identity.Amount{Minor: 1, Currency: "USD"}}}
	})
	c.agency.extend(t, identity.KindSetPolicy, func(e *identity.Entry) {
		e.Policy = &identity.Policy{TopicKind: string(decision.DemandCapacity), Quorum: "CTO", When: &identity.Condition{Products: []string{"another"}}}
	})
	c.agency.appoint(t, "CEO", "CEO", c.agency.n.Name()+" eve", 0)
	soon(t, "the agency's policies at the maker", func() bool {
		chain := c.maker.n.Chain(c.agency.n.Company())
		return chain != nil && len(chain.Now().Rules(string(decision.DemandCapacity))) == 2
	})
	_, document := c.agree(t)
	for _, who := range []*company{c.agency, c.maker} {
		d, err := who.Agreement(admin, wire.AgreementQuery{Agreement: document})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range d.Parties {
			want := identity.DefaultQuorum
			if p.Name == c.agency.n.Name() {
				want = weighty
			}
			if p.Quorum != want {
				t.Errorf("at %s: %s is bound by %q, not %q", who.n.Name(), p.Name, p.Quorum, want)
			}
		}
	}
	for _, who := range []*company{c.agency, c.maker} {
		for _, role := range []string{"COO", "CFO"} {
			if err := who.signs(t, document, role, decision.Role(role)); err != nil {
				t.Fatal(err)
			}
		}
	}
	soon(t, "the maker's signatures", func() bool {
		d, err := c.agency.Agreement(admin, wire.AgreementQuery{Agreement: document})
		return err == nil && d.Signatures == 4
	})
	if v := c.agency.verdict(document); v == decision.Final {
		t.Fatal("final without the CEO")
	}
	waiting, err := c.agency.Waiting(admin, wire.WaitingQuery{})
	if at := slices.IndexFunc(waiting.Waiting, func(w wire.Waiting) bool { return w.What == "topic" }); err != nil || at < 0 || waiting.Waiting[at].Role != "CEO" {
		t.Fatalf("the CEO's signature is missing, and waiting are %+v, %v", waiting.Waiting, err)
	}
	if err := c.agency.signs(t, document, "CEO", decision.CEO); err != nil {
		t.Fatal(err)
	}
	for _, who := range []*company{c.agency, c.maker} {
		soon(t, "final at "+who.n.Name(), func() bool { return who.verdict(document) == decision.Final })
	}
}
