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

// The buyer's forecast revises every week while a topic about March runs six of them. What changes in other months, and months that fall off the front,
// send nothing back; it ends signed, and a signature after one's own unrelated revision counts.
func TestWeeklyRevisionsLetATopicEnd(t *testing.T) {
	s := scene(t, 2, false)
	agency, maker := s.Desks[0], s.Desks[1]
	var root block.CID
	revision := int64(0)
	revise := func(means ...int64) {
		t.Helper()
		var parent *block.CID
		if revision > 0 {
			before := root
			parent = &before
		}
		draft := must[protocol.Draft](t)(virtual.Share(virtual.Forecast("demand", revision, parent, agency.Clock(), means...)))
		must[feed.Entry](t)(agency.Write(draft))
		root = draft.Body.CID
		revision++
		meet(t, s)
	}
	status := func(topic block.CID) (at decision.Status) {
		t.Helper()
		err := maker.View(func(r *protocol.Replica) error {
			found, _, err := r.Topic(topic)
			at = found.Status
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	revise(100, 100, 100)
	topic := must[block.CID](t)(s.Negotiate(s.Now+60*virtual.Day, root))
	named := root
	for week := range int64(5) {
		s.Now += 7 * virtual.Day
		revise(100+50*week, 300-20*week, 100+week%2*5) // March stays within five percent
		if got := status(topic); got != decision.Signing {
			t.Fatalf("week %d: an unrelated revision moved the topic to %s", week+1, got)
		}
	}
	document := must[block.CID](t)(s.Draft(agency, topic, s.Now+3*virtual.Day, 0, named))
	meet(t, s)
	revise(500, 500, 100)
	for _, d := range s.Desks {
		for _, officer := range []string{"COO", "CFO"} {
			draft := must[protocol.Draft](t)(d.Signature(document, officer, nil))
			must[feed.Entry](t)(d.Write(draft))
			meet(t, s)
		}
	}
	meet(t, s)
	if got := status(topic); got != decision.Agreed {
		t.Fatalf("after all have signed the topic is in %s", got)
	}

	// The same with March itself: it goes back, once.
	again := must[block.CID](t)(s.Negotiate(s.Now+60*virtual.Day, root))
	revise(500, 500, 106)
	if got := status(again); got != decision.InContext {
		t.Errorf("March rose by six percent and the topic is in %s", got)
	}
}
