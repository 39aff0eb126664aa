package protocol_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/dispute"
	"kontor/protocol/feed"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
	"kontor/testnet/virtual"
)

// judge is the third member, witness and arbiter.
func (y *year) judge() *virtual.Desk {
	return y.s.Desks[slices.IndexFunc(y.s.Desks, func(d *virtual.Desk) bool { return d != y.buyer && d != y.seller })]
}

// halved is a dispute in which the seller, who owes, has offered half: what it can only get out of by another history.
func halved(t *testing.T, y *year) (id string, offer block.CID) {
	id = y.opened(y.seller, y.missed())
	y.good(y.signs(y.seller, "COO", dispute.Instrument{Verb: dispute.Propose, Dispute: id, Outcome: terms.Halved}))
	return id, y.the(id).Proposals[0].Entry
}

func (y *year) accepts(d *virtual.Desk, id string, offer block.CID) {
	y.t.Helper()
	y.good(y.about(d, y.sealed(d, "CFO", dispute.Instrument{Verb: dispute.Accept, Dispute: id, Proposal: &offer, Outcome: terms.Halved})))
}

// settledFork has the officers of all members resolve the seller's fork, and everybody writing after.
func (y *year) settledFork() {
	y.t.Helper()
	doc := must[protocol.OpenFork](y.t)(y.buyer.Fork(y.seller.ID)).Proposal
	for _, d := range y.s.Desks {
		vote(y.t, d, doc, "COO", "CFO")
		meet(y.t, y.s)
	}
	y.say("all officers resolve the fork")
	y.beat(y.s.Desks...)
	y.beat(y.s.Desks...)
	y.state()
}

// The seller saw the acceptance of what it had offered, in one history; in the other, which the buyer held first, its clock passes the deadline without
// having heard. It is bound all the same, on both nodes, before the fork is resolved and after.
func TestAForkDoesNotUndoASettlementItSaw(t *testing.T) {
	y := newYear(t, func(d *terms.Document) { pathToArbiter(d); d.Remedies[0].Cap = euro(1_000_000) })
	id, offer := halved(t, y)
	twin := y.seller.Twin()
	now := y.s.Now
	heartbeat(t, y.seller) // of the history that is built upon first
	give(t, y.seller, y.buyer)
	y.accepts(y.buyer, id, offer)
	give(t, y.buyer, twin)
	heartbeat(t, twin) // the sight of the acceptance
	y.s.Now = y.the(id).Step().Deadline + virtual.Hour
	heartbeat(t, y.seller) // has not heard, says it
	give(t, y.seller, y.buyer)
	heartbeat(t, y.buyer)
	if d := y.the(id); d.End != nil || d.At != 1 {
		t.Fatalf("before the second history is known: %+v", d)
	}
	y.say("the seller's clock passes the first level without having heard of an acceptance: the COOs' level begins")
	y.state2(y.buyer)
	give(t, twin, y.buyer)
	give(t, y.buyer, y.seller)
	y.say("the seller's other history is shown: it had heard")
	y.state2(y.buyer, y.seller)
	if d := y.the(id); d.End == nil || d.End.Cause != dispute.Settled || d.End.T > now+virtual.Day {
		t.Fatalf("the second history frees its author: %+v", d)
	}
	y.settledFork()
	if d, i := y.the(id), y.one("2027-01", remedy.Kind(terms.Credit)); d.End.Cause != dispute.Settled || i.Status != remedy.Due || i.Amount.Minor != 24_690 {
		t.Fatalf("%+v %s", d.End, i)
	}
	y.golden("dispute_forked.txt", "# A debtor that saw the acceptance of its own offer shows a second history in which it had not: bound all the same.\n# Every line is the same on both nodes.")
}

// frame is the root of the terms in force.
func (y *year) frame() (root block.CID) {
	y.t.Helper()
	if err := y.buyer.View(func(r *protocol.Replica) error {
		list, err := r.TermsInForce(calendar.DateOf(y.s.Now))
		root = list[0].Root
		return err
	}); err != nil {
		y.t.Fatal(err)
	}
	return root
}

// state2 is state of some desks, while others know less.
func (y *year) state2(desks ...*virtual.Desk) {
	y.t.Helper()
	all := y.s.Desks
	y.s.Desks = desks
	y.state()
	y.s.Desks = all
}

// The seller accepted in a history that the buyer held; a third member, that plays with the seller, built upon another first. What the seller signed counts
// against it wherever it stands; what it only said there does not.
func TestASignatureInASideHistoryBindsInADispute(t *testing.T) {
	y := yearOf(t, withArbiter(t), func(d *terms.Document) { pathToArbiter(d); d.Remedies[0].Cap = euro(1_000_000) })
	id := y.opened(y.seller, y.missed())
	y.good(y.signs(y.buyer, "COO", dispute.Instrument{Verb: dispute.Propose, Dispute: id, Outcome: terms.Stands}))
	offer := y.the(id).Proposals[0].Entry
	other := y.seller.Twin()
	heartbeat(t, other)
	give(t, other, y.judge())
	heartbeat(t, y.judge()) // builds upon it first
	y.s.Now += virtual.Hour
	word := write(t, y.seller, protocol.KindDispute, dispute.Act{Verb: dispute.Declare, Dispute: id, Text: "we pay"})
	taken := write(t, y.seller, protocol.KindDispute, y.sealed(y.seller, "COO", dispute.Instrument{Verb: dispute.Accept, Dispute: id, Proposal: &offer, Outcome: terms.Stands}))
	give(t, y.seller, y.buyer)
	heartbeat(t, y.buyer)
	if d := y.the(id); d.End == nil || d.End.Cause != dispute.Settled {
		t.Fatalf("before the second history is known: %+v", d)
	}
	meet(t, y.s)
	if fork := must[protocol.OpenFork](t)(y.buyer.Fork(y.seller.ID)); fork.Proposal.Main == word.CID {
		t.Fatal("the history with the acceptance is the one that counts: nothing is shown")
	}
	if got := codesOf(t, y.buyer, word); !slices.Equal(got, []string{"PARTNERSHIP-06"}) {
		t.Fatalf("a statement in a side history: %v", got)
	}
	if got := codesOf(t, y.buyer, taken); len(got) > 0 {
		t.Fatalf("an acceptance in a side history: %v", got)
	}
	y.state()
	y.settledFork()
	if d, i := y.the(id), y.one("2027-01", remedy.Kind(terms.Credit)); d.End == nil || d.End.Cause != dispute.Settled || i.Amount.Minor != 49_380 || i.Status != remedy.Due {
		t.Fatalf("%+v %s", d, i)
	}
}

// As long as its fork is not resolved the forker's clock passes no deadline: the level waits for it as for one who is silent, a week, and the path goes on.
// Once the fork is resolved its own entries pass deadlines again.
func TestAForkersClockIsSilence(t *testing.T) {
	y := newYear(t, func(d *terms.Document) { pathToArbiter(d); d.Remedies[0].Cap = euro(1_000_000) })
	id := y.opened(y.seller, y.missed())
	twin := y.seller.Twin()
	heartbeat(t, y.seller)
	y.s.Now++
	heartbeat(t, twin)
	give(t, y.seller, y.buyer)
	give(t, twin, y.buyer)
	give(t, y.buyer, y.seller)
	now := y.s.Now
	y.seller.Skew = y.the(id).Step().Deadline + virtual.Hour - now
	heartbeat(t, y.seller)
	give(t, y.seller, y.buyer)
	if d := y.the(id); d.At != 0 || len(d.Passed) != 0 {
		t.Fatalf("a doubted clock passes a deadline: %+v", d.Passed)
	}
	y.good(y.about(y.buyer, dispute.Act{Verb: dispute.Escalate, Dispute: id})) // whose acts are not late by the forker's clock, and no fork forbids them
	y.beat(y.s.Desks...)
	y.state()
	if d := y.the(id); d.At != 0 || len(d.Pending) != 1 {
		t.Fatalf("what the forker saw only after it passed the deadline: %+v", d)
	}
	y.seller.Skew = 0
	y.s.Now = y.the(id).Step().Deadline + 2*virtual.Hour
	y.settledFork()
	for y.the(id).End == nil {
		y.s.Now = max(y.s.Now, y.the(id).Step().Deadline) + virtual.Hour
		y.beat(y.s.Desks...)
	}
	if d := y.the(id); d.End.Cause != dispute.ByDefault || slices.ContainsFunc(d.Passed, func(p dispute.Passing) bool { return p.Lapsed != nil }) {
		t.Fatalf("%+v", d)
	}
	sameRows(t, y.s.Desks...)
}

// Whatever a forker writes about a dispute in its histories, whatever the others say meanwhile, and in whatever order it all arrives: every node keeps
// the same rows, and so does one that folds from nothing.
func TestDisputesOfAForkerDependOnNoOrder(t *testing.T) {
	y := yearOf(t, withArbiter(t), func(d *terms.Document) {
		d.Disputes = []terms.DisputeLevel{{Level: dispute.Desk, Days: 2, Default: terms.NextLevel}, {Level: dispute.COO, Days: 2, Default: terms.Dropped}}
	})
	y.day("2027-02-03")
	root, id := y.frame(), ""
	for _, part := range []string{"otif", "credit"} {
		s := dispute.Subject{Kind: dispute.Clause, Contract: "FRAME-2027", Artifact: &root, Part: part}
		e := write(t, y.seller, protocol.KindDispute, dispute.Act{Verb: dispute.OpenDispute, Subject: &s, Worth: euro(90_000), Text: "so it reads"})
		id = dispute.Identify(e.CID, s)
	}
	y.beat(y.s.Desks...)
	begun, buyer, seller, third := y.s.Now, y.buyer, y.seller, y.judge()
	rapid.Check(t, func(rt *rapid.T) {
		y.s.Now = begun
		twins, buyer, third := []*virtual.Desk{seller.Twin(), seller.Twin()}, buyer.Twin(), third.Twin()
		heartbeat(t, twins[0]) // the fork is never left to what is drawn
		y.s.Now++
		heartbeat(t, twins[1])
		for range rapid.IntRange(8, 24).Draw(rt, "steps") {
			y.s.Now += rapid.SampledFrom([]int64{1000, virtual.Hour, virtual.Day}).Draw(rt, "time")
			who := append(twins, buyer, third)[rapid.IntRange(0, 3).Draw(rt, "who")]
			to := append(twins, buyer, third)[rapid.IntRange(0, 3).Draw(rt, "to")]
			d, found := dispute.Dispute{}, false
			if err := who.View(func(r *protocol.Replica) (err error) { d, found, err = r.Dispute(id); return err }); err != nil || !found {
				rt.Fatal(found, err)
			}
			sign := func(i dispute.Instrument) {
				i.Dispute, i.Level = id, d.Step().Level
				write(t, who, protocol.KindDispute, y.sealed(who, "CEO", i))
			}
			switch rapid.IntRange(0, 7).Draw(rt, "step") {
			case 0:
				write(t, who, protocol.KindDispute, dispute.Act{Verb: dispute.Escalate, Dispute: id})
			case 1:
				sign(dispute.Instrument{Verb: dispute.Propose, Outcome: dispute.Sum, Amount: euro(rapid.Int64Range(0, 90_000).Draw(rt, "sum"))})
			case 2:
				if n := len(d.Proposals); n > 0 {
					o := d.Proposals[n-1]
					sign(dispute.Instrument{Verb: dispute.Accept, Proposal: &o.Entry, Outcome: o.Outcome, Amount: o.Amount})
				}
			case 3:
				sign(dispute.Instrument{Verb: dispute.Withdraw})
			case 4:
				heartbeat(t, who)
			default:
				if who != to {
					_ = who.Tell(to) // what one history refuses of another is part of the play
				}
			}
		}
		var all virtual.Parcel
		seen := map[block.CID]bool{}
		for _, d := range append(twins, buyer, third) {
			p := must[virtual.Parcel](t)(d.Everything())
			for _, env := range p.Envelopes {
				if !seen[env.CID()] {
					seen[env.CID()] = true
					all.Envelopes = append(all.Envelopes, env)
				}
			}
			all.Blocks = append(all.Blocks, p.Blocks...)
		}
		h := virtual.History{Genesis: y.s.Genesis, Identities: y.s.Cast.Identities(), Blocks: all.Blocks}
		var nodes []node
		for range 2 {
			n := newNode(rt, h)
			rest := append([]feed.Envelope{}, all.Envelopes...)
			if len(nodes) > 0 {
				rest = rapid.Permutation(rest).Draw(rt, "order")
			}
			n.deliver(rt, rest)
			n.compare(rt, h)
			nodes = append(nodes, n)
		}
		if !equal(nodes[0].rows(rt), nodes[1].rows(rt)) {
			rt.Fatal("rows differ")
		}
	})
}
