package protocol_test

import (
	"testing"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
	"kontor/testnet/virtual"
)

// amended opens a topic about an agreement and takes it to a document, which change may bend.
func amended(t *testing.T, s *virtual.Scene, of decision.Amendment, change func(*decision.Agreement)) (block.CID, error) {
	t.Helper()
	p := virtual.Proposal(s.Genesis, s.Desks[1].ID, s.Now+20*virtual.Day)
	p.Title, p.Amends = "amended", &of
	topic, err := s.NegotiateOf(s.Desks[1], p, virtual.Offer(1, 800))
	if err != nil {
		return block.CID{}, err
	}
	return s.DraftWith(s.Desks[0], topic, s.Now+3*virtual.Day, 0, change)
}

func concluded(t *testing.T, s *virtual.Scene) block.CID {
	t.Helper()
	topic := must[block.CID](t)(s.Negotiate(s.Now + 20*virtual.Day))
	document := must[block.CID](t)(s.DraftWith(s.Desks[0], topic, s.Now+3*virtual.Day, 0, func(doc *decision.Agreement) { doc.From = calendar.DateOf(s.Now) }))
	if err := s.Conclude(document); err != nil {
		t.Fatal(err)
	}
	return document
}

func standing(t *testing.T, s *virtual.Scene, document block.CID) decision.Standing {
	t.Helper()
	var out [2]decision.Standing
	for i, d := range s.Parties()[:2] {
		err := d.View(func(r *protocol.Replica) error {
			ledger, err := r.Concluded()
			out[i] = decision.Standings(ledger, calendar.DateOf(s.Now))[document]
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if out[0] != out[1] {
		t.Fatalf("one side says %s, the other %s", out[0], out[1])
	}
	return out[0]
}

// An amendment and an early end are agreements: the document takes the place of the one its topic is about, and nothing else can.
func TestAmendmentsAreAgreements(t *testing.T) {
	s := scene(t, 2, false)
	first := concluded(t, s)
	if got := standing(t, s, first); got != decision.InForce {
		t.Fatalf("the first is %s", got)
	}
	_, err := amended(t, s, decision.Amendment{Agreement: block.Sum([]byte("unknown"))}, nil)
	refusedWith(t, err, "TOPIC-32")
	_, err = amended(t, s, decision.Amendment{Agreement: first}, func(doc *decision.Agreement) { doc.Supersedes = nil })
	refusedWith(t, err, "AGREEMENT-27")
	_, err = amended(t, s, decision.Amendment{Agreement: first}, func(doc *decision.Agreement) {
		doc.Supersedes = append(doc.Supersedes, block.Sum([]byte("unknown")))
	})
	refusedWith(t, err, "AGREEMENT-38")
	_, err = amended(t, s, decision.Amendment{Agreement: first, End: true}, nil) // with the effects of the cast
	refusedWith(t, err, "AGREEMENT-27")

	second := must[block.CID](t)(amended(t, s, decision.Amendment{Agreement: first}, func(doc *decision.Agreement) { doc.From = calendar.DateOf(s.Now) }))
	if got := standing(t, s, first); got != decision.InForce {
		t.Errorf("before the amendment is final the first is %s", got)
	}
	if err := s.Conclude(second); err != nil {
		t.Fatal(err)
	}
	if a, b := standing(t, s, first), standing(t, s, second); a != decision.Superseded || b != decision.InForce {
		t.Errorf("the first is %s, the second %s", a, b)
	}
	last := must[block.CID](t)(amended(t, s, decision.Amendment{Agreement: second, End: true}, func(doc *decision.Agreement) {
		doc.Effects, doc.From = []decision.Effect{}, calendar.DateOf(s.Now)
	}))
	if err := s.Conclude(last); err != nil {
		t.Fatal(err)
	}
	err = s.Desks[0].View(func(r *protocol.Replica) error {
		ledger, err := r.Concluded()
		if left := decision.EffectsInForce(ledger, calendar.DateOf(s.Now)); len(left) > 0 {
			t.Errorf("after the early end %d effects act", len(left))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Which of two agreements holds in their cells every party says in its own feed, once, about a final document alone.
func TestReconfirmation(t *testing.T) {
	s := scene(t, 2, false)
	first, second := concluded(t, s), concluded(t, s)
	holds := func(want block.CID, pending bool) {
		t.Helper()
		for _, d := range s.Desks {
			err := d.View(func(r *protocol.Replica) error {
				ledger, err := r.Concluded()
				for _, e := range decision.EffectsInForce(ledger, calendar.DateOf(s.Now)) {
					if e.Acts != (e.Agreement == want) || e.Pending != pending {
						t.Errorf("at %s agreement %s acts %t, pending %t", d.Name, e.Agreement.Short(), e.Acts, e.Pending)
					}
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	holds(first, true)
	say := func(d *virtual.Desk, document block.CID) error {
		draft := must[protocol.Draft](t)(virtual.Body(protocol.KindReconfirm, protocol.Reconfirmation{Document: document}))
		_, err := d.Write(draft)
		return err
	}
	refusedWith(t, say(s.Desks[0], block.Sum([]byte("unknown"))), "AGREEMENT-39")
	if err := say(s.Desks[0], second); err != nil {
		t.Fatal(err)
	}
	refusedWith(t, say(s.Desks[0], second), "AGREEMENT-39")
	meet(t, s)
	holds(first, true) // one side's word settles nothing
	if err := say(s.Desks[1], second); err != nil {
		t.Fatal(err)
	}
	meet(t, s)
	holds(second, false)
}
