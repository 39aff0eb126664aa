package protocol_test

import (
	"slices"
	"testing"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/dispute"
	"kontor/protocol/feed"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
	"kontor/testnet/virtual"
)

// contested is an agreement beside the frame that both sides signed and the buyer acknowledged; the seller's acknowledgement arrives after the buyer has
// recorded its silence.
func contested(t *testing.T, y *year) block.CID {
	t.Helper()
	topic := must[block.CID](t)(y.s.Negotiate(y.s.Now + 20*virtual.Day))
	document := must[block.CID](t)(y.s.Draft(y.buyer, topic, y.s.Now+virtual.Day, 0))
	meet(t, y.s)
	sign(t, y.buyer, document)
	sign(t, y.seller, document)
	late := y.seller.Twin() // what of the seller's reaches the buyer in time
	give(t, late, y.buyer)
	heartbeat(t, y.buyer)
	give(t, y.buyer, y.seller)
	heartbeat(t, y.seller)
	y.s.Now += 9 * virtual.Day
	must[feed.Entry](t)(y.buyer.Write(must[protocol.Draft](t)(virtual.Body(protocol.KindLapse, protocol.Lapse{Document: document, Party: y.seller.ID}))))
	if v := verdictOf(t, y.buyer, document); v != decision.Open {
		t.Fatalf("verdict %s before the acknowledgement is heard", v)
	}
	meet(t, y.s)
	y.beat(y.s.Desks...)
	for _, d := range y.s.Desks {
		if v := verdictOf(t, d, document); v != decision.Contested {
			t.Fatalf("%s: verdict %s", d.Name, v)
		}
	}
	return document
}

func (y *year) aboutDocument(document block.CID) dispute.Dispute {
	y.t.Helper()
	list := slices.DeleteFunc(y.disputes(), func(d dispute.Dispute) bool { return d.Subject.Artifact == nil || *d.Subject.Artifact != document })
	if len(list) != 1 {
		y.t.Fatalf("%d disputes about the document", len(list))
	}
	return list[0]
}

func standingOf(t *testing.T, d *virtual.Desk, document block.CID) (at decision.Standing, topic decision.Status) {
	t.Helper()
	err := d.View(func(r *protocol.Replica) error {
		ledger, err := r.Concluded()
		if err != nil {
			return err
		}
		for _, c := range ledger {
			if c.CID == document {
				at = decision.Standings(ledger, c.Doc.From)[document]
			}
		}
		row, _, err := r.Round(document)
		if err != nil {
			return err
		}
		of, _, err := r.Topic(row.Topic)
		topic = of.Status
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return at, topic
}

// A contested agreement is a dispute that nobody needs to open. What it comes to becomes of the agreement, on both nodes alike: it stands with its effects, or
// it is void, whether the officers settle it so or nobody says a word. Nobody withdraws what nobody opened.
func TestAContestedAgreementIsADispute(t *testing.T) {
	for _, c := range []struct {
		name   string
		play   func(y *year, id string)
		want   decision.Verdict
		at     decision.Standing
		topic  decision.Status
		ending dispute.Cause
	}{
		{"the officers let it stand", func(y *year, id string) {
			y.bad(y.signs(y.seller, "COO", dispute.Instrument{Verb: dispute.Withdraw, Dispute: id}), dispute.CodeSide)
			y.good(y.signs(y.seller, "COO", dispute.Instrument{Verb: dispute.Propose, Dispute: id, Outcome: terms.Stands}))
			offer := y.the(id).Proposals[0].Entry
			y.good(y.signs(y.buyer, "COO", dispute.Instrument{Verb: dispute.Accept, Dispute: id, Proposal: &offer, Outcome: terms.Stands}))
		}, decision.Final, decision.InForce, decision.Agreed, dispute.Settled},
		{"the officers settle it otherwise", func(y *year, id string) {
			y.good(y.signs(y.seller, "COO", dispute.Instrument{Verb: dispute.Propose, Dispute: id, Outcome: dispute.Concord, Text: "another agreement by May"}))
			offer := y.the(id).Proposals[0].Entry
			y.good(y.signs(y.buyer, "COO", dispute.Instrument{Verb: dispute.Accept, Dispute: id, Proposal: &offer, Outcome: dispute.Concord, Text: "another agreement by May"}))
		}, decision.Void, decision.Voided, decision.Expired, dispute.Settled},
		{"nobody says a word", func(y *year, id string) {
			for y.the(id).End == nil {
				y.s.Now = max(y.s.Now, y.the(id).Step().Deadline) + virtual.Hour
				y.beat(y.s.Desks...)
			}
		}, decision.Void, decision.Voided, decision.Expired, dispute.ByDefault},
	} {
		t.Run(c.name, func(t *testing.T) {
			y := newYear(t, pathToArbiter)
			y.day("2027-02-03")
			document := contested(t, y)
			d := y.aboutDocument(document)
			if !d.Own || d.Side != "" || d.End != nil || d.Now().Default != terms.Halved {
				t.Fatalf("%+v", d)
			}
			if at, topic := standingOf(t, y.buyer, document); at != decision.Suspended || topic != decision.InContest {
				t.Fatalf("while it runs: %s, topic %s", at, topic)
			}
			c.play(y, d.ID)
			if d = y.the(d.ID); d.End == nil || d.End.Cause != c.ending {
				t.Fatalf("%+v", d.End)
			}
			for _, desk := range y.s.Desks {
				at, topic := standingOf(t, desk, document)
				if v := verdictOf(t, desk, document); v != c.want || at != c.at || topic != c.topic {
					t.Fatalf("%s: %s, %s, topic %s", desk.Name, v, at, topic)
				}
			}
			sameRows(t, y.s.Desks...)
		})
	}
}

// A dispute about an agreement that is final changes nothing of it: a later agreement does.
func TestADisputeDoesNotChangeAFinalAgreement(t *testing.T) {
	y := newYear(t, func(d *terms.Document) {
		d.Disputes = []terms.DisputeLevel{{Level: dispute.Desk, Days: 2, Default: terms.Dropped}}
	})
	y.day("2027-02-03")
	topic := must[block.CID](t)(y.s.Negotiate(y.s.Now + 20*virtual.Day))
	document := must[block.CID](t)(y.s.Draft(y.buyer, topic, y.s.Now+virtual.Day, 0))
	meet(t, y.s)
	signAll(t, y.s, document)
	y.beat(y.s.Desks...)
	y.s.Now += virtual.Day
	s := dispute.Subject{Kind: dispute.Agreement, Contract: "FRAME-2027", Artifact: &document}
	y.good(y.about(y.buyer, dispute.Act{Verb: dispute.OpenDispute, Subject: &s, Text: "we were misled"}))
	y.s.Now = y.aboutDocument(document).Step().Deadline + virtual.Hour
	y.beat(y.s.Desks...)
	if d := y.aboutDocument(document); d.End == nil || d.End.Outcome != terms.Dropped {
		t.Fatalf("%+v", d)
	}
	if at, topic := standingOf(t, y.seller, document); at != decision.InForce || topic != decision.Agreed {
		t.Fatalf("%s, topic %s", at, topic)
	}
}

// outside is two companies without terms, and with an arbiter that is no member, or without one.
func outside(t *testing.T, arbiter bool) *virtual.Scene {
	t.Helper()
	s := scene(t, 2, false)
	if !arbiter {
		return s
	}
	g := s.Genesis
	g.Arbiter = &must[virtual.Cast](t)(virtual.NewCast(4))[3].ID
	s = must[*virtual.Scene](t)(virtual.NewSceneOf(s.Cast, g))
	if err := s.Signed(); err != nil {
		t.Fatal(err)
	}
	return s
}

// The first agreement of two companies is contested before any terms name a path: it comes to its end all the same, by a path that every node knows. Silence
// makes it void, and the officers' word lets it stand.
func TestAContestedAgreementWithoutTermsComesToAnEnd(t *testing.T) {
	for _, silent := range []bool{true, false} {
		for _, arbiter := range []bool{true, false} {
			s := outside(t, arbiter)
			y := &year{t: t, s: s, last: map[string]*block.CID{}, count: map[string]int64{}, printed: map[string]string{}}
			y.parties()
			share(t, y.buyer, virtual.Forecast("march", 0, nil, y.s.Now, 100)) // which has no part in it
			meet(t, y.s)
			document := contested(t, y)
			d := y.aboutDocument(document)
			want := []string{dispute.Desk, dispute.COO, dispute.CEO}
			if arbiter {
				want = append(want, dispute.Arbiter)
			}
			var levels []string
			for _, s := range d.Path {
				levels = append(levels, s.Level)
			}
			if d.Terms != nil || !d.Own || d.Subject.Contract != "" || d.Now().Default != terms.Dropped || !slices.Equal(levels, want) {
				t.Fatalf("%+v", d)
			}
			again := dispute.Subject{Kind: dispute.Agreement, Artifact: &document}
			y.bad(y.about(y.buyer, dispute.Act{Verb: dispute.OpenDispute, Subject: &again, Text: "once more"}), dispute.CodeAgain)
			for _, worth := range []*quantity.Money{euro(100), {Minor: 100}} { // without terms there is no currency, and no way to pay
				y.bad(y.about(y.buyer, dispute.Act{Verb: dispute.OpenDispute, Subject: &again, Worth: worth, Text: "and so much"}), dispute.CodeAmount)
			}
			verdict, cause := decision.Void, dispute.ByDefault
			if silent {
				for y.the(d.ID).End == nil {
					y.s.Now = max(y.s.Now, y.the(d.ID).Step().Deadline) + virtual.Hour
					y.beat(y.s.Desks...)
				}
			} else {
				verdict, cause = decision.Final, dispute.Settled
				y.settles(d.ID, terms.Stands, nil)
			}
			if d = y.the(d.ID); d.End == nil || d.End.Cause != cause {
				t.Fatalf("%+v", d.End)
			}
			for _, desk := range y.s.Desks {
				if v := verdictOf(t, desk, document); v != verdict {
					t.Fatalf("%s: %s, want %s", desk.Name, v, verdict)
				}
			}
			sameRows(t, y.s.Desks...)
			y.proved(d.ID, cause)
			final := dispute.Subject{Kind: dispute.Agreement, Artifact: &document}
			y.bad(y.about(y.buyer, dispute.Act{Verb: dispute.OpenDispute, Subject: &final, Text: "it has ended"}), dispute.CodeSubject)
		}
	}
}
