package decision

import (
	"bytes"
	"reflect"
	"testing"

	"kontor/protocol/block"
	"kontor/protocol/legible"
)

// roundTrip: what is accepted is written again as the same bytes; on error the result is the zero value.
func roundTrip[T any](t *testing.T, data []byte, parse func([]byte) (T, error)) (T, bool) {
	t.Helper()
	v, err := parse(data)
	if err != nil {
		if !reflect.ValueOf(v).IsZero() {
			t.Fatalf("an error with a result: %+v", v)
		}
		return v, false
	}
	again, err := block.Marshal(v)
	if err != nil || !bytes.Equal(data, again) {
		t.Fatalf("accepted %x, written again %x, %v", data, again, err)
	}
	return v, true
}

func seed(f *testing.F, v any) {
	f.Helper()
	data, err := block.Marshal(v)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(data[:len(data)/2])
}

func FuzzAct(f *testing.F) {
	s := negotiated(f)
	p := bottleneck()
	d := Digest{1}
	r, err := secretOf(s.topic.ID, agency).Reveal(scoresOf(s.topic, agency), Show{Scores: true})
	if err != nil {
		f.Fatal(err)
	}
	id := s.topic.ID
	for _, act := range []Act{{Verb: ProposeTopic, Propose: &p}, {Verb: Join, Topic: &id}, {Verb: Commit, Topic: &id, Commit: &d}, {Verb: RevealScores, Topic: &id, Reveal: &r},
		{Verb: MakeOffer, Topic: &id, Offer: offerOf(1, "1", "12", "2027-03-31", "90000")}, {Verb: Decline, Topic: &id, Reason: "no"}} {
		seed(f, act)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		act, ok := roundTrip(t, data, ParseAct)
		if !ok {
			return
		}
		at := At{Entry: pid, Member: agency, Seq: 9, Lam: 9, T: start + day}
		for _, status := range []Status{Proposed, InContext, Scoring, Negotiation, Signing} {
			topic := s.topic
			topic.Status = status
			after, found := topic.Apply(act, at)
			if _, err := block.Marshal(after); err != nil {
				t.Fatalf("the topic is no row after %s: %v %v", act.Verb, err, found)
			}
		}
		if act.Propose != nil {
			if topic, found := OpenTopic(pid, *act.Propose, []Member{{agency, "buyer"}, {maker, "seller"}}, at); len(found) == 0 {
				if _, err := block.Marshal(topic); err != nil {
					t.Fatalf("the topic is no row: %v", err)
				}
			}
		}
	})
}

func FuzzAgreement(f *testing.F) {
	s := accepted(f)
	seed(f, agreement(f, s))
	seed(f, Agreement{Partnership: pid, Topic: pid, Offer: pid, From: 730000, Expires: 730001})
	f.Fuzz(func(t *testing.T, data []byte) {
		a, ok := roundTrip(t, data, ParseAgreement)
		if !ok {
			return
		}
		found := a.Check()
		a.CheckAgainst(s.topic, s.now)
		r, err := Render(data)
		if err != nil {
			t.Fatalf("accepted, and not rendered: %v", err)
		}
		for _, c := range r.Text {
			if c != '\n' && legible.Treacherous(c) {
				t.Fatalf("the rendering holds %U", c)
			}
		}
		if len(found) == 0 {
			if _, err := a.Signing(r.CID); err != nil {
				t.Fatalf("a sound document that can't be signed: %v", err)
			}
		}
	})
}

func FuzzSignedRole(f *testing.F) {
	a := agreement(f, accepted(f))
	b, _ := a.Block()
	k := key(f, 1)
	body, err := a.For(b.CID, maker, pid, COO, k.Public())
	if err != nil {
		f.Fatal(err)
	}
	signed, err := body.Sign(k)
	if err != nil {
		f.Fatal(err)
	}
	seed(f, signed)
	f.Fuzz(func(t *testing.T, data []byte) {
		s, ok := roundTrip(t, data, ParseSignedRole)
		if !ok {
			return
		}
		fact, found := s.Verify(a, b.CID, maker, Holder{Company: maker, Role: COO, Valid: true})
		if len(found) == 0 && (fact.Key != k.Public() || s.Body != body) {
			t.Fatalf("another body verifies: %+v", s.Body)
		}
	})
}
