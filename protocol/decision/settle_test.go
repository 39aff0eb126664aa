package decision

import (
	"testing"
)

// From the accepted offer through the signing: the topic follows its round.
func TestTopicFollowsItsRound(t *testing.T) {
	draft := func() (Topic, Round) {
		s := accepted(t)
		a := agreement(t, s)
		b, err := a.Block()
		if err != nil {
			t.Fatal(err)
		}
		topic, found := s.topic.Draft(a, b.CID, authority(), s.at(maker))
		if len(found) > 0 {
			t.Fatal(found)
		}
		r, err := a.Signing(b.CID)
		if err != nil {
			t.Fatal(err)
		}
		return topic, r
	}
	topic, r := draft()
	if got := topic.Settle(r, Mark{}); got.Status != Signing || got.Bound {
		t.Fatalf("before any signature: %s, bound %v", got.Status, got.Bound)
	}
	offer := Act{Verb: MakeOffer, Topic: &topic.ID, Offer: offerOf(3, "1", "10", "2027-03-19", "100000")}
	at := At{Entry: pid, Member: maker, Seq: 90, Lam: 90, T: start + day}
	if reopened, found := topic.Apply(offer, at); len(found) > 0 || reopened.Status != Negotiation || reopened.Document != nil {
		t.Errorf("before any signature the talks can be reopened: %v %s", found, reopened.Status)
	}
	signed := r.Observe(Event{Member: maker, Seq: 91, T: start + day, Signatures: []SignatureFact{{Role: COO, Person: [16]byte{1}}}})
	topic = topic.Settle(signed, Mark{})
	if !topic.Bound {
		t.Error("a role signature binds")
	}
	if _, found := topic.Apply(offer, at); codes(found) != "TOPIC-24" {
		t.Errorf("after a signature: %v", found)
	}
	if kept := topic.Revise(forecast, nil, true, Mark{}); kept.Status != Signing {
		t.Error("after a signature context no longer sends the topic back")
	}
	for _, c := range []struct {
		verdict Verdict
		t       int64
		want    Status
	}{
		{Final, start, Agreed}, {Contested, start, InContest}, {Void, topic.Deadline, Negotiation}, {Void, topic.Deadline + Grace, Expired}, {Open, start, Signing},
	} {
		done := signed
		done.Verdict = c.verdict
		if got := topic.Settle(done, Mark{T: c.t}); got.Status != c.want {
			t.Errorf("round %s: topic %s, want %s", c.verdict, got.Status, c.want)
		}
	}
	final, contested := signed, signed
	final.Verdict, contested.Verdict = Final, Contested
	if got := topic.Settle(final, Mark{}).Settle(contested, Mark{}); got.Status != InContest {
		t.Errorf("a contest after finality: %s", got.Status)
	}
	if got := topic.Settle(contested, Mark{}).Settle(final, Mark{}); got.Status != Agreed {
		t.Errorf("the witness settles a contest: %s", got.Status)
	}
	voided := signed
	voided.Verdict = Void
	again := topic.Settle(voided, Mark{T: start + day})
	if after, found := again.Apply(offer, at); len(found) > 0 || len(after.Offers) != 3 {
		t.Errorf("after a void round any party makes the next offer: %v", found)
	}
}
