package virtual

import (
	"fmt"
	"slices"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/feed"
)

// Say writes an act about a topic and lets everybody hear it.
func (s *Scene) Say(d *Desk, act decision.Act) (feed.Entry, error) {
	draft, err := Body(protocol.KindTopic, act)
	if err != nil {
		return feed.Entry{}, err
	}
	e, err := d.Write(draft)
	if err != nil {
		return e, fmt.Errorf("%s %s: %w", d.Name, act.Verb, err)
	}
	return e, s.Meet()
}

// Parties are the desks that negotiate and sign: all but a witness.
func (s *Scene) Parties() (out []*Desk) {
	for _, d := range s.Desks {
		if s.Genesis.Witness == nil || *s.Genesis.Witness != d.ID {
			out = append(out, d)
		}
	}
	return out
}

// Negotiate takes a topic from its opening by the last party to an offer all have accepted.
func (s *Scene) Negotiate(deadline int64, context ...block.CID) (topic block.CID, err error) {
	parties := s.Parties()
	opener := parties[len(parties)-1]
	return s.NegotiateOf(opener, Proposal(s.Genesis, opener.ID, deadline, context...), Offer(1, 800))
}

// NegotiateOf takes a topic that a desk opens to its first offer, made by the opener and accepted by all.
func (s *Scene) NegotiateOf(opener *Desk, proposal decision.Proposal, offered *decision.Terms) (topic block.CID, err error) {
	e, err := s.Say(opener, decision.Act{Verb: decision.ProposeTopic, Propose: &proposal})
	if err != nil {
		return topic, err
	}
	topic = e.CID
	say := func(d *Desk, act decision.Act) {
		if err == nil {
			act.Topic = &topic
			e, err = s.Say(d, act)
		}
	}
	var others []*Desk
	for _, d := range s.Parties() {
		if d != opener {
			others = append(others, d)
		}
	}
	for _, d := range others {
		say(d, decision.Act{Verb: decision.Join})
	}
	for _, d := range s.Parties() {
		say(d, decision.Act{Verb: decision.Ready, Weights: DigestOf("weights of " + d.Name)})
	}
	for _, d := range s.Parties() {
		say(d, decision.Act{Verb: decision.Commit, Commit: DigestOf("scores of " + d.Name)})
	}
	say(opener, decision.Act{Verb: decision.MakeOffer, Offer: offered})
	offer := e.CID
	for _, d := range others {
		say(d, decision.Act{Verb: decision.AcceptOffer, Accept: &decision.Acceptance{Round: 1, Offer: offer}})
	}
	return topic, err
}

// Draft lets a desk put the document of a topic on the table; amount in euro cents.
func (s *Scene) Draft(d *Desk, topic block.CID, signBy, amount int64, artifacts ...block.CID) (document block.CID, err error) {
	return s.DraftWith(d, topic, signBy, amount, nil, artifacts...)
}

// DraftWith is Draft with a change to the document before it is written.
func (s *Scene) DraftWith(d *Desk, topic block.CID, signBy, amount int64, change func(*decision.Agreement), artifacts ...block.CID) (document block.CID, err error) {
	var doc decision.Agreement
	err = d.View(func(r *protocol.Replica) error {
		t, found, err := r.Topic(topic)
		if err != nil || !found {
			return fmt.Errorf("topic %s: found %t, %w", topic.Short(), found, err)
		}
		doc, err = Agreement(r, s.Cast, t, signBy, amount, artifacts...)
		return err
	})
	if err != nil {
		return document, err
	}
	if change != nil {
		change(&doc)
		doc = doc.Sorted()
	}
	draft, err := Body(protocol.KindDraft, doc)
	if err != nil {
		return document, err
	}
	_, err = d.Write(draft)
	return draft.Body.CID, err
}

// Conclude lets the officers of every party sign a document, each after hearing all others: the round is final then.
func (s *Scene) Conclude(document block.CID) error {
	if err := s.Meet(); err != nil {
		return err
	}
	for _, d := range s.Parties() {
		var doc decision.Agreement
		err := d.View(func(r *protocol.Replica) (err error) {
			doc, err = r.Agreement(document)
			return err
		})
		if err != nil {
			return err
		}
		for _, officer := range slices.DeleteFunc(officersFor(doc, d.ID), func(officer string) bool { return officer == CFO2 }) {
			draft, err := d.Signature(document, officer, nil)
			if err == nil {
				_, err = d.Write(draft)
			}
			if err == nil {
				err = s.Meet()
			}
			if err != nil {
				return fmt.Errorf("%s signs as %s: %w", d.Name, officer, err)
			}
		}
	}
	for _, d := range s.Parties() {
		if row, _, err := d.Round(document); err != nil || row.Verdict != decision.Final {
			return fmt.Errorf("the round is %s at %s: %w", row.Verdict, d.Name, err)
		}
	}
	return nil
}

// Signature is the draft of an entry with an officer's signature over a document the desk holds. Alter changes the body first.
func (d *Desk) Signature(document block.CID, officer string, alter func(*decision.RoleSignature)) (draft protocol.Draft, err error) {
	err = d.View(func(r *protocol.Replica) error {
		doc, err := r.Agreement(document)
		if err != nil {
			return err
		}
		key := d.Officer(officer)
		body, err := doc.For(document, d.ID, d.Heads[d.At], Role(officer), key.Public())
		if err != nil {
			return err
		}
		if alter != nil {
			alter(&body)
		}
		signed, err := body.Sign(key)
		if err != nil {
			return err
		}
		draft, err = Body(protocol.KindSignature, signed)
		return err
	})
	return draft, err
}

// Round reads the signing round of a document.
func (d *Desk) Round(document block.CID) (row protocol.RoundRow, found bool, err error) {
	err = d.View(func(r *protocol.Replica) error {
		row, found, err = r.Round(document)
		return err
	})
	return row, found, err
}
