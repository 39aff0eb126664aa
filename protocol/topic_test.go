package protocol_test

import (
	"testing"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/feed"
	"kontor/testnet/virtual"
)

// Both sides open a topic about one exception at the same time: one stands, the same on both. While it is active a third is refused at home; once it was
// taken back there may be another.
func TestDuplicateTopicsJoinWhatIsOpen(t *testing.T) {
	s := scene(t, 2, false)
	exception := block.SumRaw([]byte("an exception"))
	propose := func(d *virtual.Desk) (block.CID, error) {
		p := virtual.Proposal(s.Genesis, d.ID, d.Clock()+20*virtual.Day)
		p.Trigger, p.Exception = decision.ByException, &exception
		draft, err := virtual.Body(protocol.KindTopic, decision.Act{Verb: decision.ProposeTopic, Propose: &p})
		if err != nil {
			return block.CID{}, err
		}
		e, err := d.Write(draft)
		return e.CID, err
	}
	var opened [2]block.CID
	for i, d := range s.Desks {
		opened[i] = must[block.CID](t)(propose(d))
	}
	meet(t, s)
	var stands [2][]block.CID
	for i, d := range s.Desks {
		err := d.View(func(r *protocol.Replica) error {
			topics, err := r.Topics()
			for _, topic := range topics {
				stands[i] = append(stands[i], topic.ID)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(stands[0]) != 1 || len(stands[1]) != 1 || stands[0][0] != stands[1][0] {
		t.Fatalf("of %v stand %v", opened, stands)
	}
	author := s.Desks[0]
	if stands[0][0] == opened[1] {
		author = s.Desks[1]
	}
	if _, err := propose(s.Desks[0]); err == nil {
		t.Error("a third topic about it was written")
	}
	must[feed.Entry](t)(s.Say(author, decision.Act{Verb: decision.Withdraw, Topic: &stands[0][0], Reason: "opened twice"}))
	meet(t, s)
	if _, err := propose(s.Desks[1]); err != nil {
		t.Errorf("after it was taken back: %v", err)
	}
}
