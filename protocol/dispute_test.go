package protocol_test

import (
	"slices"
	"testing"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/dispute"
	"kontor/protocol/feed"
	"kontor/protocol/identity"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
	"kontor/testnet/virtual"
)

// The four ways out, as a planner reads them: two officers settle, the CEOs settle, the arbiter rules, and nobody says a word.
func TestDisputesAsTranscripts(t *testing.T) {
	for _, c := range []struct {
		name, what string
		play       func(*year)
		owed       int64
		cause      dispute.Cause
	}{
		{"settled", "two officers settle at the desks' level: nothing is owed before the proposer has seen the acceptance", func(y *year) {
			id := y.opened(y.seller, y.missed())
			y.good(y.signs(y.buyer, "COO", dispute.Instrument{Verb: dispute.Propose, Dispute: id, Outcome: dispute.Sum, Amount: euro(20_001), Text: "two thirds"}))
			y.good(y.signs(y.seller, "COO", dispute.Instrument{Verb: dispute.Propose, Dispute: id, Outcome: terms.Halved, Text: "half, as in November"}))
			half := y.the(id).Proposals[1]
			y.good(y.signs(y.buyer, "CFO", dispute.Instrument{Verb: dispute.Accept, Dispute: id, Proposal: &half.Entry, Outcome: terms.Halved}))
		}, 24_690, dispute.Settled},
		{"mediated", "it reaches the CEOs: what a COO signs no longer counts, and what was proposed below has lapsed", func(y *year) {
			id := y.opened(y.seller, y.missed())
			y.good(y.signs(y.buyer, "COO", dispute.Instrument{Verb: dispute.Propose, Dispute: id, Outcome: terms.Halved}))
			below := y.the(id).Proposals[0].Entry
			y.escalates(y.buyer, id)
			y.day("2027-02-25") // the COOs say nothing
			y.day("2027-02-26")
			y.bad(y.signs(y.buyer, "COO", dispute.Instrument{Verb: dispute.Propose, Dispute: id, Outcome: terms.Halved}), dispute.CodeRole)
			y.bad(y.signs(y.seller, "CEO", dispute.Instrument{Verb: dispute.Accept, Dispute: id, Proposal: &below, Outcome: terms.Halved}), dispute.CodeProposal)
			y.good(y.signs(y.seller, "CEO", dispute.Instrument{Verb: dispute.Propose, Dispute: id, Outcome: dispute.Sum, Amount: euro(12_345), Text: "and we share the forwarder's notices"}))
			last := y.the(id).Proposals[1].Entry
			y.good(y.signs(y.buyer, "CEO", dispute.Instrument{Verb: dispute.Accept, Dispute: id, Proposal: &last, Outcome: dispute.Sum, Amount: euro(12_345)}))
		}, 12_345, dispute.Settled},
		{"ruled", "it goes to the arbiter, a member of the circle that is no party, and its ruling binds both", func(y *year) {
			id := y.opened(y.buyer, y.missed())
			for range 3 {
				y.escalates(y.seller, id)
			}
			y.bad(y.signs(y.buyer, "CEO", dispute.Instrument{Verb: dispute.Rule, Dispute: id, Outcome: terms.Stands}), dispute.CodeArbiter)
			judge := y.s.Desks[slices.IndexFunc(y.s.Desks, func(d *virtual.Desk) bool { return d != y.buyer && d != y.seller })]
			y.bad(y.signs(judge, "COO", dispute.Instrument{Verb: dispute.Rule, Dispute: id, Outcome: terms.Halved, Level: dispute.CEO}), dispute.CodeLevel)
			y.good(y.signs(judge, "COO", dispute.Instrument{Verb: dispute.Rule, Dispute: id, Outcome: terms.Dropped, Text: "the exclusion was shown"}))
		}, 0, dispute.Ruled},
		{"default", "nobody says a word: every level runs out, and what was known at the opening is what comes", func(y *year) {
			y.opened(y.seller, y.missed())
			for _, day := range []string{"2027-02-23", "2027-03-03", "2027-03-10", "2027-04-06", "2027-04-08"} {
				y.day(day)
			}
		}, 24_690, dispute.ByDefault},
	} {
		t.Run(c.name, func(t *testing.T) {
			y := yearOf(t, withArbiter(t), func(d *terms.Document) { pathToArbiter(d); d.Remedies[0].Cap = euro(1_000_000) })
			c.play(y)
			i := y.one("2027-01", remedy.Kind(terms.Credit))
			d := y.the(i.Dispute)
			if d.End == nil || d.End.Cause != c.cause || i.Amount.Minor != c.owed {
				t.Fatalf("%s\n%+v %s", y.out.String(), d.End, i)
			}
			y.proved(i.Dispute, c.cause)
			y.golden("dispute_"+c.name+".txt", "# "+c.what+".\n# Every line is the same on the nodes of all three.")
		})
	}
}

// What is disputed after it was paid stays paid, and the difference is one entry that goes back. A payment that who is owed never saw is owed again.
func TestADisputeAfterThePayment(t *testing.T) {
	y := newYear(t, func(d *terms.Document) { pathToArbiter(d); d.Remedies[0].Cap = euro(1_000_000) })
	i := y.missed()
	y.good(y.act(y.seller, remedy.Act{Verb: remedy.Settle, Items: []string{i.ID}, Reference: "credit note 4711"}))
	y.good(y.act(y.buyer, remedy.Act{Verb: remedy.Settle, Items: []string{i.ID}, Reference: "received"}))
	y.good(y.act(y.seller, remedy.Act{Verb: remedy.Dispute, Items: []string{i.ID}, Reason: "the port was closed"}))
	y.bad(y.act(y.seller, remedy.Act{Verb: remedy.Dispute, Items: []string{i.ID}, Reason: "once more"}), remedy.CodeStatus)
	id := y.one("2027-01", remedy.Kind(terms.Credit)).Dispute
	y.good(y.signs(y.buyer, "COO", dispute.Instrument{Verb: dispute.Propose, Dispute: id, Outcome: dispute.Sum, Amount: euro(40_000)}))
	offer := y.the(id).Proposals[0].Entry
	y.good(y.signs(y.seller, "COO", dispute.Instrument{Verb: dispute.Accept, Dispute: id, Proposal: &offer, Outcome: dispute.Sum, Amount: euro(40_000)}))
	paid, back := y.one("2027-01", remedy.Kind(terms.Credit)), y.one("2027-01", remedy.Decided)
	if paid.Status != remedy.Settled || paid.Amount.Minor != 49_380 || back.Amount.Minor != 9_380 || back.Debtor != terms.Buyer || back.Status != remedy.Due {
		t.Fatalf("%s; %s", paid, back)
	}
	y.bad(y.act(y.buyer, remedy.Act{Verb: remedy.Dispute, Items: []string{back.ID}, Reason: "and again"}), remedy.CodeStatus)
	for _, d := range []*virtual.Desk{y.buyer, y.seller} {
		y.report(d, "2027-01", counted{due: 20, good: 18}) // half of the credit
	}
	y.day("2027-03-03")
	if c := y.one("2027-01", remedy.Correction); c.Amount.Minor != 24_690 || c.Debtor != terms.Buyer || c.Of != paid.ID {
		t.Fatalf("a correction is not the difference of the measurements after a payment: %s", c)
	}

	y = newYear(t, func(d *terms.Document) { pathToArbiter(d); d.Remedies[0].Cap = euro(1_000_000) })
	i = y.missed()
	y.good(y.act(y.seller, remedy.Act{Verb: remedy.Settle, Items: []string{i.ID}, Reference: "credit note 4712"}))
	id = y.opened(y.buyer, i)
	y.good(y.signs(y.seller, "COO", dispute.Instrument{Verb: dispute.Propose, Dispute: id, Outcome: terms.Stands, Text: "the bank sent it back"}))
	offer = y.the(id).Proposals[0].Entry
	y.good(y.signs(y.buyer, "COO", dispute.Instrument{Verb: dispute.Accept, Dispute: id, Proposal: &offer, Outcome: terms.Stands}))
	if i = y.one("2027-01", remedy.Kind(terms.Credit)); i.Status != remedy.Due || i.Paid != nil || i.Amount.Minor != 49_380 {
		t.Fatalf("%s", i)
	}
}

// Figures that stay apart are a dispute that nobody needs to open; the desks that agree after all end it.
func TestFiguresApartAreADispute(t *testing.T) {
	y := newYear(t, func(d *terms.Document) { pathToArbiter(d); d.Remedies[0].Cap = euro(1_000_000) })
	y.day("2027-02-03")
	y.report(y.buyer, "2027-01", counted{due: 20, good: 10})
	y.report(y.seller, "2027-01", counted{due: 20, good: 19})
	y.day("2027-02-16")
	y.day("2027-03-03")
	i := y.one("2027-01", remedy.Kind(terms.Credit))
	if i.Status != remedy.Disputed || len(y.disputes()) != 1 || y.disputes()[0].Side != terms.Seller {
		t.Fatalf("%s: %+v", i, y.disputes())
	}
	w := remedy.Window{Contract: "FRAME-2027", SLA: "otif", Period: calendar.MustBucket("2027-01")}
	y.good(y.act(y.seller, remedy.Act{Verb: remedy.Agree, Window: &w}))
	if d := y.the(i.Dispute); d.End == nil || d.End.Cause != dispute.Reconciled {
		t.Fatalf("%+v", d.End)
	}
	if i = y.one("2027-01", remedy.Kind(terms.Credit)); i.Status != remedy.Due {
		t.Fatalf("%s", i)
	}
	sameRows(t, y.s.Desks...)
}

// A measurement that is corrected after a dispute ended changes what is owed by the difference, and does not take the settlement back.
func TestACorrectionAfterASettlement(t *testing.T) {
	y := newYear(t, func(d *terms.Document) { pathToArbiter(d); d.Remedies[0].Cap = euro(1_000_000) })
	id := y.opened(y.seller, y.missed())
	y.good(y.signs(y.seller, "COO", dispute.Instrument{Verb: dispute.Propose, Dispute: id, Outcome: terms.Dropped}))
	offer := y.the(id).Proposals[0].Entry
	y.good(y.signs(y.buyer, "COO", dispute.Instrument{Verb: dispute.Accept, Dispute: id, Proposal: &offer, Outcome: terms.Dropped}))
	for _, d := range []*virtual.Desk{y.buyer, y.seller} {
		y.report(d, "2027-01", counted{due: 20, good: 18})
	}
	y.day("2027-03-03")
	for _, i := range y.items() {
		if i.Amount.Minor != 0 {
			t.Fatalf("half of a credit that was waived is owed back: %s", i)
		}
	}
}

// Two desks settle inside their mandates; above its limit, with a mandate for other acts or products, or a level higher, a desk's key speaks for nobody.
func TestDesksSettleInsideTheirMandates(t *testing.T) {
	y := newYear(t, func(d *terms.Document) { pathToArbiter(d); d.Remedies[0].Cap = euro(1_000_000) })
	id := y.opened(y.seller, y.missed())
	grant := func(d *virtual.Desk, limit int64, products []string, kinds ...string) {
		pub := d.Company.Desk.Public()
		m := protocol.Mandate{PID: d.Contract.PID, Key: pub[:], Holder: "accounts", Kinds: kinds, Products: products, Limit: identity.Amount{Minor: limit, Currency: "EUR"}, From: y.s.Now, Until: y.s.Now + 90*virtual.Day}
		must[feed.Entry](t)(d.Write(must[protocol.Draft](t)(virtual.SignedBody(protocol.KindMandateGrant, protocol.MandateSignature, d.Officer("COO"), m))))
		y.beat(y.s.Desks...)
	}
	grant(y.buyer, 20_000, []string{}, protocol.KindDispute)
	grant(y.seller, 30_000, []string{}, protocol.KindDispute)
	propose := func(minor int64) dispute.Instrument {
		return dispute.Instrument{Verb: dispute.Propose, Dispute: id, Outcome: dispute.Sum, Amount: euro(minor)}
	}
	y.bad(y.signs(y.buyer, dispute.DeskRole, propose(29_379)), dispute.CodeAmount) // it would let 200.01 go
	y.good(y.signs(y.buyer, dispute.DeskRole, propose(29_380)))
	opening := y.the(id).Opened.Entry
	y.bad(y.signs(y.seller, "COO", dispute.Instrument{Verb: dispute.Accept, Dispute: id, Proposal: &opening, Outcome: dispute.Sum, Amount: euro(29_380)}), dispute.CodeProposal)
	offer := y.the(id).Proposals[0].Entry
	y.good(y.signs(y.seller, dispute.DeskRole, dispute.Instrument{Verb: dispute.Accept, Dispute: id, Proposal: &offer, Outcome: dispute.Sum, Amount: euro(29_380)}))
	if i := y.one("2027-01", remedy.Kind(terms.Credit)); i.Amount.Minor != 29_380 || i.Status != remedy.Due {
		t.Fatalf("%s", i)
	}

	for _, c := range []struct {
		kind, code string
		products   []string
	}{{protocol.KindRecord, "MANDATE-02", []string{}}, {protocol.KindDispute, "MANDATE-02", []string{virtual.Product}}} {
		y = newYear(t, func(d *terms.Document) { pathToArbiter(d); d.Remedies[0].Cap = euro(1_000_000) })
		id = y.opened(y.seller, y.missed())
		grant(y.buyer, 50_000_00, c.products, c.kind)
		y.bad(y.signs(y.buyer, dispute.DeskRole, propose(1)), c.code)
	}
	y.escalates(y.seller, id)
	grant(y.seller, 50_000_00, []string{}, protocol.KindDispute)
	y.bad(y.signs(y.seller, dispute.DeskRole, propose(1)), dispute.CodeRole)
}

// An arbiter without a feed signs a file: whoever brings it in carries the arbiter's identity with it, and no other company's will do.
func TestARulingFromOutside(t *testing.T) {
	plain := scene(t, 2, false)
	cast := must[virtual.Cast](t)(virtual.NewCast(4))
	judge, other := cast[3], cast[2]
	g := plain.Genesis
	g.Arbiter = &judge.ID
	s := must[*virtual.Scene](t)(virtual.NewSceneOf(plain.Cast, g))
	if err := s.Signed(); err != nil {
		t.Fatal(err)
	}
	y := yearOf(t, s, func(d *terms.Document) { pathToArbiter(d); d.Remedies[0].Cap = euro(1_000_000) })
	id := y.opened(y.seller, y.missed())
	for range 3 {
		y.escalates(y.seller, id)
	}
	ruling := func(by, says *virtual.Company) dispute.Act {
		i := dispute.Instrument{Partnership: y.buyer.Contract.PID, Dispute: id, Verb: dispute.Rule, Level: dispute.Arbiter, Company: says.ID, Role: "CEO", Outcome: terms.Stands}
		sig := must[protocol.Signed](t)(protocol.SignDocument(by.Officer("CEO"), dispute.SignatureKind, i))
		a := dispute.Act{Verb: dispute.Rule, Dispute: id, Signed: &dispute.Sealed{Document: sig.Document, Key: sig.Key, Sig: sig.Sig}}
		for _, env := range by.Chain.From(0) {
			a.Chain = append(a.Chain, must[[]byte](t)(block.Marshal(env)))
		}
		return a
	}
	y.bad(y.about(y.buyer, ruling(other, other)), dispute.CodeArbiter)
	y.bad(y.about(y.buyer, ruling(other, judge)), dispute.CodeArbiter)
	short := ruling(judge, judge)
	short.Chain = short.Chain[:2] // before its officers
	y.bad(y.about(y.buyer, short), dispute.CodeArbiter)
	y.good(y.about(y.buyer, ruling(judge, judge)))
	y.beat(y.s.Desks...)
	if d := y.the(id); d.End == nil || d.End.Cause != dispute.Ruled || d.End.Amount.Minor != 49_380 {
		t.Fatalf("%+v", d.End)
	}
}

// A company that set a signing policy for settlements is bound by no fewer officers than that: of what gives up more than an amount by all whom it names, over one
// and the same. What stays below, and the other side's signatures, are as before.
func TestSettlementsFollowTheSigningPolicy(t *testing.T) {
	s, head := extended(t, identity.KindSetPolicy, func(e *identity.Entry) {
		e.Policy = &identity.Policy{TopicKind: protocol.SettlementKind, Quorum: "COO and CFO", When: &identity.Condition{Above: &identity.Amount{Minor: 100_00, Currency: "EUR"}}}
	})
	y := yearOf(t, s, func(d *terms.Document) { pathToArbiter(d); d.Remedies[0].Cap = euro(1_000_000) })
	if y.buyer != s.Desk("agency") {
		t.Fatal("the agency is not the buyer")
	}
	id := y.opened(y.seller, y.missed())
	y.buyer.At = head
	worth := y.the(id).Worth.Minor
	lets := func(minor int64) dispute.Instrument {
		return dispute.Instrument{Verb: dispute.Propose, Dispute: id, Outcome: dispute.Sum, Amount: euro(worth - minor)}
	}
	beside := func(a dispute.Act, more ...dispute.Act) dispute.Act {
		for _, m := range more {
			a.Beside = append(a.Beside, *m.Signed)
		}
		return a
	}
	cfo := func(minor int64) dispute.Act {
		return y.sealedWith(y.buyer, y.buyer.Officer(virtual.CFO2), "CFO", lets(minor))
	}
	coo := y.sealed(y.buyer, "COO", lets(100_01))
	theirs := y.sealedWith(y.buyer, y.seller.Officer("CFO"), "CFO", lets(100_01))
	for name, act := range map[string]dispute.Act{
		"alone":                coo,
		"the CFO's on another": beside(coo, cfo(100_02)),
		"twice":                beside(coo, coo),
		"with another officer": beside(coo, y.sealed(y.buyer, "CEO", lets(100_01))),
		"with the seller's":    beside(coo, theirs),
		"as another role":      beside(coo, y.sealedWith(y.buyer, y.buyer.Officer("CMO"), "CFO", lets(100_01))),
	} {
		if codes := y.about(y.buyer, act); !slices.Equal(codes, []string{dispute.CodeQuorum}) {
			t.Errorf("%s: refused with %v, want %s", name, codes, dispute.CodeQuorum)
		}
	}
	many := beside(coo, cfo(100_01))
	for len(many.Beside) <= dispute.MaxBeside {
		many = beside(many, cfo(100_01))
	}
	y.bad(y.about(y.buyer, many), dispute.CodeForm)
	y.good(y.signs(y.buyer, "COO", lets(100_00)))
	y.good(y.about(y.buyer, beside(coo, cfo(100_01))))
	y.beat(y.s.Desks...)
	offers := y.the(id).Proposals
	if len(offers) != 2 {
		t.Fatalf("%+v", offers)
	}
	y.good(y.signs(y.seller, "COO", dispute.Instrument{Verb: dispute.Accept, Dispute: id, Proposal: &offers[1].Entry, Outcome: dispute.Sum, Amount: offers[1].Amount}))
	if i := y.one("2027-01", remedy.Kind(terms.Credit)); i.Amount.Minor != worth-100_01 {
		t.Fatalf("%s", i)
	}
}
