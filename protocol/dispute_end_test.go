package protocol_test

import (
	"slices"
	"testing"

	"kontor/protocol"
	"kontor/protocol/dispute"
	"kontor/protocol/feed"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
	"kontor/testnet/virtual"
)

// A partnership that ends leaves its disputes to run: what both had open at the notice is settled after it, what is owed may still be disputed, acknowledged
// and paid, and silence brings what was known at the opening. Nothing else is opened any more.
func TestDisputesRunOnAfterTheEnd(t *testing.T) {
	for _, c := range []struct {
		name   string
		notice int64
	}{{"both end it", 0}, {"one gives notice", 3}} {
		t.Run(c.name, func(t *testing.T) {
			plain := scene(t, 2, false)
			g := plain.Genesis
			g.Notice = c.notice
			s := must[*virtual.Scene](t)(virtual.NewSceneOf(plain.Cast, g))
			if err := s.Signed(); err != nil {
				t.Fatal(err)
			}
			y := yearOf(t, s, func(d *terms.Document) {
				pathToArbiter(d)
				d.Remedies[0].Cap = euro(1_000_000)
				d.Remedies[0].DisputeDays = 30
			})
			id := y.opened(y.seller, y.missed())
			root := y.frame()
			must[feed.Entry](t)(y.buyer.Write(endDraft(t)))
			if c.notice == 0 {
				must[feed.Entry](t)(y.seller.Write(endDraft(t)))
			}
			meet(t, y.s)
			y.s.Now += (c.notice + 1) * virtual.Day
			y.beat(y.s.Desks...)
			standsAt(t, y.buyer, y.s.Now, "ended")
			everywhere(t, y.s, share(t, y.buyer, virtual.Forecast("late", 0, nil, y.s.Now, 1)), "PARTNERSHIP-02")
			clause := dispute.Subject{Kind: dispute.Clause, Contract: "FRAME-2027", Artifact: &root, Part: "otif"}
			y.bad(y.about(y.buyer, dispute.Act{Verb: dispute.OpenDispute, Subject: &clause, Text: "so it reads"}), "PARTNERSHIP-02")
			y.bad(y.signs(y.buyer, "COO", dispute.Instrument{Verb: dispute.Withdraw, Dispute: id}), dispute.CodeSide)
			y.good(y.signs(y.seller, "COO", dispute.Instrument{Verb: dispute.Withdraw, Dispute: id}))
			i := y.one("2027-01", remedy.Kind(terms.Credit))
			if i.Status != remedy.Due {
				t.Fatalf("withdrawn after the end: %s", i)
			}
			id = y.opened(y.buyer, i) // what is owed is disputed in its days all the same
			if c.notice == 0 {
				y.good(y.signs(y.seller, "COO", dispute.Instrument{Verb: dispute.Propose, Dispute: id, Outcome: terms.Dropped}))
			}
			for _, d := range y.s.Desks {
				err := d.View(func(r *protocol.Replica) error {
					runs, err := r.DisputesRun()
					if !runs {
						t.Errorf("%s: no dispute runs", d.Name)
					}
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			for y.the(id).End == nil {
				y.s.Now = max(y.s.Now, y.the(id).Step().Deadline) + virtual.Hour
				y.beat(y.s.Desks...)
			}
			if d := y.the(id); d.End.Cause != dispute.ByDefault || d.End.Amount.Minor != 24_690 {
				t.Fatalf("%+v", d.End)
			}
			y.good(y.act(y.seller, remedy.Act{Verb: remedy.Settle, Items: []string{i.ID}, Reference: "transfer 12"}))
			if i = y.one("2027-01", remedy.Kind(terms.Credit)); i.Status != remedy.Settled || i.Amount.Minor != 24_690 {
				t.Fatalf("%s", i)
			}
			if runs := slices.ContainsFunc(y.disputes(), func(d dispute.Dispute) bool { return d.End == nil }); runs {
				t.Fatal("a dispute runs")
			}
			sameRows(t, y.s.Desks...)
		})
	}
}
