package protocol_test

import (
	"fmt"
	"slices"
	"testing"

	"kontor/protocol"
	"kontor/protocol/block"
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

// Attacks on a dispute by who speaks the protocol: each is refused with one code on both nodes, and changes nothing.
func TestAttacksOnDisputes(t *testing.T) {
	y := newYear(t, func(d *terms.Document) { pathToArbiter(d); d.Remedies[0].Cap = euro(1_000_000) })
	i := y.missed()
	id := y.opened(y.seller, i)
	propose := dispute.Instrument{Verb: dispute.Propose, Dispute: id, Outcome: terms.Dropped}
	act := func(change func(*dispute.Act)) dispute.Act {
		a := y.sealed(y.seller, "COO", propose)
		change(&a)
		return a
	}
	for _, c := range []struct {
		name string
		by   *virtual.Desk
		act  dispute.Act
		code string
	}{
		{"1: a signature of another partnership", y.seller, func() dispute.Act {
			p := propose
			p.Partnership, p.Company, p.Role, p.Level = block.Sum([]byte("elsewhere")), y.seller.ID, "COO", dispute.Desk
			s := must[protocol.Signed](t)(protocol.SignDocument(y.seller.Officer("COO"), dispute.SignatureKind, p))
			return dispute.Act{Verb: p.Verb, Dispute: id, Signed: &dispute.Sealed{Document: s.Document, Key: s.Key, Sig: s.Sig}}
		}(), dispute.CodeForm},
		{"3: the other's signature in one's own feed", y.buyer, y.sealed(y.seller, "COO", propose), dispute.CodeRole},
		{"4: a signature under another label", y.seller, func() dispute.Act {
			p := propose
			p.Partnership, p.Company, p.Role, p.Level = y.seller.Contract.PID, y.seller.ID, "COO", dispute.Desk
			s := must[protocol.Signed](t)(protocol.SignDocument(y.seller.Officer("COO"), protocol.RecordSignature, p))
			return dispute.Act{Verb: p.Verb, Dispute: id, Signed: &dispute.Sealed{Document: s.Document, Key: s.Key, Sig: s.Sig}}
		}(), "KEY-02"},
		{"4: a feed's key signs for an officer", y.seller, func() dispute.Act {
			a := y.sealed(y.seller, "COO", propose)
			k := y.seller.Desk.Public()
			a.Signed.Key = k[:]
			return a
		}(), "KEY-02"},
		{"4: a key without certificate or mandate", y.seller, func() dispute.Act {
			p := propose
			p.Partnership, p.Company, p.Role, p.Level = y.seller.Contract.PID, y.seller.ID, dispute.DeskRole, dispute.Desk
			s := must[protocol.Signed](t)(protocol.SignDocument(y.seller.Desk, dispute.SignatureKind, p))
			return dispute.Act{Verb: p.Verb, Dispute: id, Signed: &dispute.Sealed{Document: s.Document, Key: s.Key, Sig: s.Sig}}
		}(), "KEY-01"},
		{"5: one bit of the document", y.seller, act(func(a *dispute.Act) { a.Signed.Document[len(a.Signed.Document)-1] ^= 1 }), "KEY-02"},
		{"19: a text of more than a page", y.seller, dispute.Act{Verb: dispute.Declare, Dispute: id, Text: string(make([]byte, dispute.MaxStatement+1))}, dispute.CodeForm},
		{"22: another verb around the signature", y.seller, act(func(a *dispute.Act) { a.Verb = dispute.Withdraw }), dispute.CodeForm},
		{"22: another dispute around the signature", y.seller, act(func(a *dispute.Act) { a.Dispute = id[1:] + "0" }), dispute.CodeUnknown},
		{"23: above the officer's limit", y.buyer, y.sealed(y.buyer, "CFO", dispute.Instrument{Verb: dispute.Propose, Dispute: id, Outcome: dispute.Sum, Amount: euro(49_381)}), dispute.CodeAmount},
		{"evidence that nobody has", y.seller, dispute.Act{Verb: dispute.Declare, Dispute: id, Text: "see", Evidence: []block.CID{block.Sum([]byte("nothing"))}}, dispute.CodeEvidence},
		{"a second dispute about it", y.buyer, dispute.Act{Verb: dispute.OpenDispute, Subject: &dispute.Subject{Kind: dispute.Credit, Contract: i.Contract, Item: i.ID}, Text: "again"}, dispute.CodeAgain},
		{"about what is not there", y.buyer, dispute.Act{Verb: dispute.OpenDispute, Subject: &dispute.Subject{Kind: dispute.Credit, Contract: i.Contract, Item: "0000000000000000"}, Text: "what"}, dispute.CodeSubject},
		{"a withdrawal by the other side", y.buyer, y.sealed(y.buyer, "COO", dispute.Instrument{Verb: dispute.Withdraw, Dispute: id}), dispute.CodeSide},
		{"a ruling where no arbiter is named", y.buyer, y.sealed(y.buyer, "CEO", dispute.Instrument{Verb: dispute.Rule, Dispute: id, Outcome: terms.Dropped}), dispute.CodeArbiter},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := y.the(id)
			everywhere(t, y.s, write(t, c.by, protocol.KindDispute, c.act), c.code)
			if after := y.the(id); after.End != nil || len(after.Statements) != len(before.Statements) || len(after.Proposals) != len(before.Proposals) || len(after.Pending) > 0 {
				t.Fatalf("it changed the dispute: %+v", after)
			}
		})
	}
}

// Keys that were revoked, and times that were turned back, bind nobody (attacks 7 and 8).
func TestRevokedKeysAndTurnedClocksInDisputes(t *testing.T) {
	y := newYear(t, func(d *terms.Document) { pathToArbiter(d); d.Remedies[0].Cap = euro(1_000_000) })
	id := y.opened(y.seller, y.missed())
	y.good(y.signs(y.buyer, "COO", dispute.Instrument{Verb: dispute.Propose, Dispute: id, Outcome: terms.Halved}))
	offer := y.the(id).Proposals[0].Entry
	accept := dispute.Instrument{Verb: dispute.Accept, Dispute: id, Proposal: &offer, Outcome: terms.Halved}
	signed := y.sealed(y.seller, "CFO", accept)
	y.seller.At = virtual.CFORevoked
	y.bad(y.about(y.seller, signed), "KEY-01")
	// The buyer's time is over, and the seller says that its own is not.
	late := y.sealed(y.seller, "COO", accept)
	deadline := y.the(id).Step().Deadline
	y.s.Now = deadline + dispute.Grace
	must[feed.Entry](t)(y.buyer.Write(protocol.Draft{Kind: protocol.KindHeartbeat}))
	if err := y.buyer.Tell(y.seller); err != nil {
		t.Fatal(err)
	}
	y.seller.Skew = -dispute.Grace - virtual.Hour
	y.bad(y.about(y.seller, late), dispute.CodeLevel) // the level has gone on, for both
	if d := y.the(id); d.End != nil || d.Step().Level != dispute.COO {
		t.Fatalf("%+v", d)
	}
}
