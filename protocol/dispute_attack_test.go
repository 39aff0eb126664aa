package protocol_test

import (
	"fmt"
	"slices"
	"testing"

	"kontor/protocol"
	"kontor/protocol/dispute"
	"kontor/protocol/feed"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
	"kontor/testnet/virtual"
)

// Who is owed disputes its own credit and withdraws at once: the other side keeps its own dispute, and the first side has had its one.
func TestAWithdrawnDisputeIsNoShield(t *testing.T) {
	y := newYear(t, func(d *terms.Document) { pathToArbiter(d); d.Remedies[0].Cap = euro(1_000_000) })
	i := y.missed()
	first := y.opened(y.buyer, i)
	y.good(y.signs(y.buyer, "COO", dispute.Instrument{Verb: dispute.Withdraw, Dispute: first}))
	if d, i := y.the(first), y.one("2027-01", remedy.Kind(terms.Credit)); d.End == nil || i.Status != remedy.Due {
		t.Fatalf("%+v; %s", d, i)
	}
	again := dispute.Act{Verb: dispute.OpenDispute, Subject: &dispute.Subject{Kind: dispute.Credit, Contract: i.Contract, Item: i.ID}, Text: "again"}
	y.bad(y.about(y.buyer, again), dispute.CodeAgain)
	second := y.opened(y.seller, i)
	if second == first {
		t.Fatal("two disputes of one name")
	}
	y.bad(y.about(y.buyer, again), dispute.CodeAgain)
	y.good(y.signs(y.buyer, "COO", dispute.Instrument{Verb: dispute.Propose, Dispute: second, Outcome: terms.Halved}))
	offer := y.the(second).Proposals[0].Entry
	y.good(y.signs(y.seller, "COO", dispute.Instrument{Verb: dispute.Accept, Dispute: second, Proposal: &offer, Outcome: terms.Halved}))
	if i = y.one("2027-01", remedy.Kind(terms.Credit)); i.Status != remedy.Due || i.Amount.Minor != 24_690 {
		t.Fatalf("%s", i)
	}
	y.bad(y.about(y.buyer, again), dispute.CodeAgain)
	sameRows(t, y.s.Desks...)
}

// One side opens as many disputes as it may: the other still disputes a credit in time. What it claimed and takes back is owed by nobody.
func TestOneSidesDisputesDoNotCrowdOutTheOthers(t *testing.T) {
	y := newYear(t, func(d *terms.Document) { pathToArbiter(d); d.Remedies[0].Cap = euro(1_000_000) })
	i := y.missed()
	report := y.last[y.buyer.Name+"2027-01"]
	full := false
	for n := range 200 {
		s := dispute.Subject{Kind: dispute.Lines, Contract: i.Contract, Artifact: report, Part: fmt.Sprintf("line-%d", n)}
		e := write(t, y.buyer, protocol.KindDispute, dispute.Act{Verb: dispute.OpenDispute, Subject: &s, Worth: euro(1_000_000), Text: "noise"})
		if codes := codesOf(t, y.buyer, e); len(codes) > 0 {
			if full = slices.Equal(codes, []string{dispute.CodeMany}); !full {
				t.Fatal(codes)
			}
			break
		}
	}
	if !full {
		t.Fatal("one side opens disputes without end")
	}
	noise := y.disputes()[0].ID
	y.beat(y.s.Desks...)
	y.opened(y.seller, i)
	y.good(y.signs(y.buyer, "CEO", dispute.Instrument{Verb: dispute.Withdraw, Dispute: noise}))
	if d := y.the(noise); d.End == nil || d.End.Amount != nil {
		t.Fatalf("a claim that was withdrawn is owed: %+v", d.End)
	}
}

// A clock that was turned back neither disputes what can't be disputed any more nor opens a path whose days are over.
func TestADisputeFromThePast(t *testing.T) {
	y := newYear(t, func(d *terms.Document) {
		pathToArbiter(d)
		d.Remedies[0].Cap = euro(1_000_000)
		d.Remedies[0].DisputeDays = 20
	})
	i := y.missed()
	y.s.Now += 14 * virtual.Day
	must[feed.Entry](t)(y.buyer.Write(protocol.Draft{Kind: protocol.KindHeartbeat}))
	meet(t, y.s)
	now := y.s.Now
	y.seller.Skew = -14 * virtual.Day // its last entry is from then: nothing forbids it
	act := dispute.Act{Verb: dispute.OpenDispute, Subject: &dispute.Subject{Kind: dispute.Credit, Contract: i.Contract, Item: i.ID}, Text: "late"}
	y.good(y.about(y.seller, act))
	y.seller.Skew = 0
	meet(t, y.s)
	if d := y.disputes()[0]; d.Opened.T > now-13*virtual.Day || d.Path[0].From != dispute.ClockOf(slaTerms(0, nil).Calendar).Day(now) {
		t.Fatalf("a path opened at %d by a clock at %d begins on %s", now, d.Opened.T, d.Path[0].From)
	}

	y = newYear(t, func(d *terms.Document) { pathToArbiter(d); d.Remedies[0].Cap = euro(1_000_000) })
	i = y.missed()
	y.s.Now += 30 * virtual.Day
	must[feed.Entry](t)(y.buyer.Write(protocol.Draft{Kind: protocol.KindHeartbeat}))
	meet(t, y.s)
	y.seller.Skew = -30 * virtual.Day
	act.Subject.Item = i.ID
	e := write(t, y.seller, protocol.KindDispute, act)
	y.seller.Skew = 0
	everywhere(t, y.s, e, dispute.CodeStands)
}
