package protocol_test

import (
	"slices"
	"strings"
	"testing"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
	"kontor/protocol/dispute"
	"kontor/protocol/feed"
	"kontor/protocol/quantity"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
	"kontor/testnet/virtual"
)

// refusedAlike writes what only who speaks the protocol can write: every member refuses it with one code, all keep the same rows, and nothing
// that is owed has moved.
func (y *year) refusedAlike(name string, d *virtual.Desk, kind string, body any, code string) {
	y.t.Run(name, func(t *testing.T) {
		before := y.owed()
		everywhere(t, y.s, write(t, d, kind, body), code)
		if after := y.owed(); !slices.Equal(before, after) {
			t.Fatalf("it moved what is owed:\n%s\nwas\n%s", strings.Join(after, "\n"), strings.Join(before, "\n"))
		}
	})
}

func (y *year) owed() (out []string) {
	for _, i := range y.items() {
		out = append(out, i.String()+" "+string(i.Status)+" "+i.Dispute)
	}
	return out
}

// Acts on entries by who must not, twice, too late, about other windows and beyond the bounds.
func TestAttacksOnRemedies(t *testing.T) {
	y := yearOf(t, withArbiter(t), func(d *terms.Document) {
		pathToArbiter(d)
		d.Remedies[0].Cap = euro(1_000_000)
		d.Remedies = append(d.Remedies, terms.Remedy{ID: "stop", SLA: "otif", Kind: terms.LineDown, Amount: euro(10_000), Cap: euro(50_000), CapPeriod: terms.PerYear, AutoApply: true, DisputeDays: 10})
	})
	i := y.missed()
	judge := y.judge()
	proof := share(t, y.buyer, virtual.Forecast("proof", 0, nil, y.s.Now, 1)).Header.Body
	meet(t, y.s)
	many := make([]string, remedy.MaxItems+1)
	for n := range many {
		many[n] = strings.Repeat("0", remedy.IDSize-3) + string([]byte{'a' + byte(n/26/26), 'a' + byte(n/26%26), 'a' + byte(n%26)})
	}
	slices.Sort(many)
	on := func(verb remedy.Verb, items ...string) remedy.Act { return remedy.Act{Verb: verb, Items: items} }
	paid := func(items ...string) remedy.Act {
		a := on(remedy.Settle, items...)
		a.Reference = "bank slip 9"
		return a
	}
	window := func(month string) remedy.Act {
		return remedy.Act{Verb: remedy.Agree, Window: &remedy.Window{Contract: i.Contract, SLA: i.SLA, Period: calendar.MustBucket(month)}}
	}
	claim := func(change func(*remedy.Claim)) remedy.Act {
		c := remedy.Claim{Contract: i.Contract, Clause: "stop", Day: calendar.MustDate("2027-02-10"), Hours: new(quantity.Quantity), Evidence: proof}
		*c.Hours = quantity.Of(2)
		change(&c)
		return remedy.Act{Verb: remedy.MakeClaim, Claim: &c}
	}
	for _, c := range []struct {
		name string
		by   *virtual.Desk
		act  remedy.Act
		code string
	}{
		{"who is no side acknowledges", judge, on(remedy.Acknowledge, i.ID), remedy.CodeSide},
		{"who is no side says it is paid", judge, paid(i.ID), remedy.CodeSide},
		{"who is no side disputes", judge, remedy.Act{Verb: remedy.Dispute, Items: []string{i.ID}, Reason: "unheard"}, remedy.CodeSide},
		{"who is no side takes figures over", judge, window("2027-01"), remedy.CodeSide},
		{"who is no side claims", judge, claim(func(*remedy.Claim) {}), remedy.CodeSide},
		{"who is owed acknowledges", y.buyer, on(remedy.Acknowledge, i.ID), remedy.CodeSide},
		{"who owes asks for it", y.seller, on(remedy.Request, i.ID), remedy.CodeSide},
		{"what is due is asked for", y.buyer, on(remedy.Request, i.ID), remedy.CodeStatus},
		{"an entry that is not there", y.seller, paid("0000000000000000"), remedy.CodeUnknown},
		{"one entry twice in an act", y.seller, paid(i.ID, i.ID), remedy.CodeForm},
		{"more entries than an act may name", y.seller, paid(many...), remedy.CodeForm},
		{"paid without a reference", y.seller, on(remedy.Settle, i.ID), remedy.CodeForm},
		{"a verb that is none", y.seller, on("FORGIVE", i.ID), remedy.CodeForm},
		{"figures of a window that is not apart", y.seller, window("2027-01"), remedy.CodeFigures},
		{"figures of a window that is not there", y.seller, window("2031-01"), remedy.CodeUnknown},
		{"a window cut otherwise", y.seller, window("2027-W03"), remedy.CodeUnknown},
		{"a silence of one that wrote", y.buyer, remedy.Act{Verb: remedy.Lapse, Window: &remedy.Window{Contract: i.Contract, SLA: i.SLA, Period: calendar.MustBucket("2027-01")}}, remedy.CodeLapse},
		{"a claim by who promised", y.seller, claim(func(*remedy.Claim) {}), remedy.CodeSide},
		{"a claim of a day before the terms", y.buyer, claim(func(c *remedy.Claim) { c.Day = calendar.MustDate("2026-12-10") }), remedy.CodeClaim},
		{"a claim of a day to come", y.buyer, claim(func(c *remedy.Claim) { c.Day = calendar.MustDate("2027-06-10") }), remedy.CodeClaim},
		{"a claim by a clause of another contract", y.buyer, claim(func(c *remedy.Claim) { c.Contract = "FRAME-1999" }), remedy.CodeClaim},
		{"a claim by a clause of reports", y.buyer, claim(func(c *remedy.Claim) { c.Clause = "credit" }), remedy.CodeClaim},
		{"more hours than a year has", y.buyer, claim(func(c *remedy.Claim) { *c.Hours = quantity.Of(remedy.MaxHours + 1) }), remedy.CodeForm},
		{"hours below zero", y.buyer, claim(func(c *remedy.Claim) { *c.Hours = quantity.Of(-1) }), remedy.CodeForm},
		{"costs below zero", y.buyer, claim(func(c *remedy.Claim) { c.Hours, c.Cost = nil, euro(-1) }), remedy.CodeForm},
		{"costs where hours are due", y.buyer, claim(func(c *remedy.Claim) { c.Hours, c.Cost = nil, euro(1<<62) }), remedy.CodeClaim},
		{"a claim without evidence", y.buyer, claim(func(c *remedy.Claim) { c.Evidence = nil }), remedy.CodeForm},
	} {
		y.refusedAlike(c.name, c.by, protocol.KindRemedy, c.act, c.code)
	}
	nothing := block.Sum([]byte("nothing"))
	y.refusedAlike("a claim whose evidence nobody has", y.buyer, protocol.KindRemedy, claim(func(c *remedy.Claim) { c.Evidence = &nothing }), remedy.CodeEvidence)
	if codes := y.act(y.buyer, claim(func(*remedy.Claim) {})); len(codes) > 0 {
		t.Fatal(codes)
	}
	y.refusedAlike("a claim made twice", y.buyer, protocol.KindRemedy, claim(func(*remedy.Claim) {}), remedy.CodeTwice)

	// Paid once, and once confirmed: no second word moves it, and it is not disputed by who said that it was paid.
	if codes := y.act(y.seller, paid(i.ID)); len(codes) > 0 {
		t.Fatal(codes)
	}
	y.refusedAlike("paid twice by who owes", y.seller, protocol.KindRemedy, paid(i.ID), remedy.CodeStatus)
	if codes := y.act(y.buyer, paid(i.ID)); len(codes) > 0 {
		t.Fatal(codes)
	}
	y.refusedAlike("confirmed twice", y.buyer, protocol.KindRemedy, paid(i.ID), remedy.CodeStatus)
	y.refusedAlike("acknowledged after it was paid", y.seller, protocol.KindRemedy, on(remedy.Acknowledge, i.ID), remedy.CodeStatus)
	y.s.Now = calendar.MustDate("2027-06-01").Millis()
	y.beat(y.s.Desks...)
	if stop := y.one("2027-02", remedy.Kind(terms.LineDown)); stop.Amount.Minor != 20_000 || slices.ContainsFunc(y.items(), func(i remedy.Item) bool { return i.Kind == remedy.Correction }) {
		t.Errorf("the figures of the window, which nobody reported, take back what was claimed of it: %v", y.owed())
	}
	y.refusedAlike("disputed after its time", y.seller, protocol.KindRemedy, remedy.Act{Verb: remedy.Dispute, Items: []string{i.ID}, Reason: "too late"}, remedy.CodeLate)
}

// Acts on a dispute with an arbiter, by those whose act it is not, after their time and with a settlement that was changed on the way.
func TestAttacksOnSettlementsAndRulings(t *testing.T) {
	y := yearOf(t, withArbiter(t), func(d *terms.Document) { pathToArbiter(d); d.Remedies[0].Cap = euro(1_000_000) })
	i := y.missed()
	id := y.opened(y.seller, i)
	judge, elsewhere := y.judge(), calendar.MustBucket("2031-01")
	says := func(d *virtual.Desk, role string, i dispute.Instrument) dispute.Act {
		i.Dispute = id
		return y.sealed(d, role, i)
	}
	sum := func(verb dispute.Verb, m *quantity.Money) dispute.Instrument {
		return dispute.Instrument{Verb: verb, Dispute: id, Outcome: dispute.Sum, Amount: m}
	}
	attack := func(name string, d *virtual.Desk, a dispute.Act, code string) {
		y.refusedAlike(name, d, protocol.KindDispute, a, code)
	}
	attack("the arbiter escalates", judge, dispute.Act{Verb: dispute.Escalate, Dispute: id, Text: "to me"}, dispute.CodeSide)
	attack("the arbiter proposes", judge, says(judge, "CEO", sum(dispute.Propose, euro(1))), dispute.CodeSide)
	attack("the arbiter rules before its level", judge, says(judge, "CEO", dispute.Instrument{Verb: dispute.Rule, Outcome: terms.Dropped}), dispute.CodeArbiter)
	attack("a party rules", y.buyer, says(y.buyer, "CEO", dispute.Instrument{Verb: dispute.Rule, Outcome: terms.Stands}), dispute.CodeArbiter)
	attack("an offer for a level that is not reached", y.seller, says(y.seller, "CEO", dispute.Instrument{Verb: dispute.Propose, Outcome: terms.Halved, Level: dispute.CEO}), dispute.CodeLevel)
	attack("a key signs in another role", y.seller, y.sealedWith(y.seller, y.seller.Officer("CFO"), "COO", dispute.Instrument{Verb: dispute.Propose, Dispute: id, Outcome: terms.Halved}), dispute.CodeRole)
	attack("more than is in dispute", y.seller, says(y.seller, "COO", sum(dispute.Propose, euro(49_381))), dispute.CodeAmount)
	attack("below zero", y.seller, says(y.seller, "COO", sum(dispute.Propose, euro(-1))), dispute.CodeForm)
	attack("money beyond all bounds", y.seller, says(y.seller, "COO", sum(dispute.Propose, euro(1<<62))), dispute.CodeAmount)
	attack("another currency", y.seller, says(y.seller, "COO", sum(dispute.Propose, &quantity.Money{Minor: 1, Currency: "JPY"})), dispute.CodeAmount)
	attack("a currency that is none", y.seller, says(y.seller, "COO", sum(dispute.Propose, &quantity.Money{Minor: 1, Currency: "QQQ"})), dispute.CodeAmount)
	attack("an outcome that is none", y.seller, says(y.seller, "COO", dispute.Instrument{Verb: dispute.Propose, Outcome: "FORGIVEN"}), dispute.CodeForm)
	attack("a window that is not there", y.buyer, dispute.Act{Verb: dispute.OpenDispute, Text: "what", Subject: &dispute.Subject{Kind: dispute.Measurement, Contract: i.Contract, Part: "otif", Period: &elsewhere}}, dispute.CodeSubject)

	y.good(y.signs(y.seller, "COO", sum(dispute.Propose, euro(10_000))))
	offer := y.the(id).Proposals[0].Entry
	accept := func(m *quantity.Money) dispute.Instrument {
		a := sum(dispute.Accept, m)
		a.Proposal = &offer
		return a
	}
	attack("accepted with another amount", y.buyer, says(y.buyer, "COO", accept(euro(10_001))), dispute.CodeProposal)
	attack("accepted with another outcome", y.buyer, says(y.buyer, "COO", dispute.Instrument{Verb: dispute.Accept, Proposal: &offer, Outcome: terms.Stands}), dispute.CodeProposal)
	attack("accepted by who proposed", y.seller, says(y.seller, "CFO", accept(euro(10_000))), dispute.CodeProposal)
	attack("accepted by the arbiter", judge, says(judge, "CEO", accept(euro(10_000))), dispute.CodeSide)
	altered := says(y.buyer, "COO", accept(euro(10_000)))
	other := says(y.buyer, "COO", accept(euro(1)))
	altered.Signed.Document = other.Signed.Document
	attack("altered between the signatures", y.buyer, altered, "KEY-02")
	beside := says(y.buyer, "COO", accept(euro(10_000)))
	second := says(y.buyer, "CFO", accept(euro(1)))
	beside.Beside = []dispute.Sealed{*second.Signed}
	attack("another settlement beside", y.buyer, beside, dispute.CodeQuorum)
	twice := says(y.buyer, "COO", accept(euro(10_000)))
	foreign := says(y.seller, "CFO", accept(euro(10_000)))
	twice.Beside = []dispute.Sealed{*foreign.Signed}
	attack("the other side's signature beside", y.buyer, twice, dispute.CodeQuorum)

	// At the arbiter's level: nobody but the arbiter, once; after its time nobody.
	for range 3 {
		y.escalates(y.seller, id)
	}
	attack("no level follows", y.seller, dispute.Act{Verb: dispute.Escalate, Dispute: id, Text: "higher"}, dispute.CodeLevel)
	attack("a lapsed offer", y.buyer, says(y.buyer, "CEO", accept(euro(10_000))), dispute.CodeProposal)
	attack("a party rules at the arbiter's level", y.buyer, says(y.buyer, "CEO", dispute.Instrument{Verb: dispute.Rule, Outcome: terms.Stands}), dispute.CodeArbiter)
	attack("the arbiter awards more than is in dispute", judge, says(judge, "CEO", sum(dispute.Rule, euro(49_381))), dispute.CodeAmount)
	attack("a ruling for another level", judge, says(judge, "CEO", dispute.Instrument{Verb: dispute.Rule, Outcome: terms.Halved, Level: dispute.COO}), dispute.CodeLevel)
	late := says(judge, "CEO", dispute.Instrument{Verb: dispute.Rule, Outcome: terms.Dropped})
	y.s.Now = y.the(id).Step().Deadline + decision.Grace + virtual.Hour
	y.beat(y.s.Desks...)
	attack("a ruling after its time", judge, late, dispute.CodeLate)
	d := y.the(id)
	if d.End == nil || d.End.Cause == dispute.Ruled {
		t.Fatalf("%+v", d.End)
	}
	attack("opened again after it ended", y.seller, dispute.Act{Verb: dispute.OpenDispute, Text: "again", Subject: &dispute.Subject{Kind: dispute.Credit, Contract: i.Contract, Item: i.ID}}, dispute.CodeAgain)
	attack("a statement after it ended", y.seller, dispute.Act{Verb: dispute.Declare, Dispute: id, Text: "one more word"}, dispute.CodeLate)
	sameRows(t, y.s.Desks...)
}

// Evidence is what both can open. A hash of nothing shows nothing, whoever writes it beside what a report leaves out; an attachment does, there and in a dispute.
func TestEvidenceIsShared(t *testing.T) {
	for _, shared := range []bool{false, true} {
		y := newYear(t, func(d *terms.Document) { pathToArbiter(d); d.Remedies[0].Cap = euro(1_000_000) })
		nothing := block.Sum([]byte("photographs of a flood that nobody shared"))
		proof := &nothing
		if shared {
			proof = must[feed.Entry](t)(y.seller.Write(attachment(t, 9, "flood"))).Header.Body
		}
		y.day("2027-02-03")
		for _, d := range []*virtual.Desk{y.buyer, y.seller} {
			c := counted{due: 20, good: 19}
			if d == y.seller {
				c.out, c.evidence, c.proof = 4, true, proof
			}
			y.report(d, "2027-01", c)
		}
		y.day("2027-02-16")
		r := y.window("otif", "2027-01").Result()
		if r == nil || (r.Seller.String() == "0.95") != shared {
			t.Errorf("evidence shared %v: %+v", shared, r)
		}
	}
	y := newYear(t, func(d *terms.Document) { pathToArbiter(d); d.Remedies[0].Cap = euro(1_000_000) })
	id := y.opened(y.seller, y.missed())
	proof := must[feed.Entry](t)(y.seller.Write(attachment(t, 9, "flood"))).Header.Body
	y.good(y.about(y.seller, dispute.Act{Verb: dispute.Declare, Dispute: id, Text: "see", Evidence: []block.CID{*proof}}))
	y.beat(y.s.Desks...)
	if d := y.the(id); len(d.Statements) != 2 {
		t.Errorf("%d statements", len(d.Statements))
	}
}
