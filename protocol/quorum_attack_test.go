package protocol_test

import (
	"slices"
	"testing"

	"kontor/crypto/keys"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/feed"
	"kontor/protocol/identity"
	"kontor/testnet/virtual"
)

func roundOf(t *testing.T, d *virtual.Desk, document block.CID) protocol.RoundRow {
	t.Helper()
	row, found, err := d.Round(document)
	if err != nil || !found {
		t.Fatalf("round of %s: found %t, %v", document.Short(), found, err)
	}
	return row
}

// signedBy lets officers of a desk sign a document, and everybody hear it.
func signedBy(t *testing.T, s *virtual.Scene, d *virtual.Desk, document block.CID, officers ...string) {
	t.Helper()
	for _, officer := range officers {
		must[feed.Entry](t)(d.Write(must[protocol.Draft](t)(d.Signature(document, officer, nil))))
		meet(t, s)
	}
}

// Signatures of two rounds never add up to one quorum: with each officer's name under one of two documents both stay open until their time is over, and
// are void then (attack 3).
func TestSignaturesOfTwoRoundsDoNotAddUp(t *testing.T) {
	s := scene(t, 2, false)
	agency, maker := s.Desk("agency"), s.Desk("maker")
	first, second := signing(t, s, 0), signing(t, s, 0)
	for _, document := range []block.CID{first, second} {
		signedBy(t, s, maker, document, "COO", "CFO")
	}
	signedBy(t, s, agency, first, "COO")
	signedBy(t, s, agency, second, "CFO")
	holds := func(want decision.Verdict) {
		t.Helper()
		for _, d := range s.Desks {
			if a, b := roundOf(t, d, first).Verdict, roundOf(t, d, second).Verdict; a != want || b != want {
				t.Errorf("at %s the documents are %s and %s, not %s", d.Name, a, b, want)
			}
		}
	}
	holds(decision.Open)
	s.Now += 3*virtual.Day + virtual.Hour
	for _, d := range s.Desks {
		must[feed.Entry](t)(d.Write(protocol.Draft{Kind: protocol.KindHeartbeat}))
	}
	meet(t, s)
	holds(decision.Void)
}

// extended is a scene of companies of its own, the first of which has one more entry in its chain, at the end of its milestones.
func extended(t *testing.T, kind string, fill func(*identity.Entry)) (s *virtual.Scene, head int) {
	t.Helper()
	cast := must[virtual.Cast](t)(virtual.NewCast(2))
	c := cast[0]
	e := c.Chain.Next(kind)
	fill(&e)
	if err := c.Chain.Append(must[identity.Envelope](t)(identity.SignEntry(e, []keys.Private{c.Root}))); err != nil {
		t.Fatal(err)
	}
	c.Heads = append(slices.Clone(c.Heads), c.Chain.Head())
	s = must[*virtual.Scene](t)(virtual.NewSceneOf(cast, scene(t, 2, false).Genesis))
	if err := s.Signed(); err != nil {
		t.Fatal(err)
	}
	return s, len(c.Heads) - 1
}

// A company that lowers its quorum while a topic runs is not bound by less there: a weaker policy applies to topics opened after it (PROTOCOL 2). The partner
// can't be told afterwards that one signature was enough, nor that it was not.
func TestAWeakerPolicyIsForLaterTopics(t *testing.T) {
	s, head := extended(t, identity.KindSetPolicy, func(e *identity.Entry) {
		e.Policy = &identity.Policy{TopicKind: string(decision.DemandCapacity), Quorum: "COO"}
	})
	agency, maker := s.Desk("agency"), s.Desk("maker")
	running := signing(t, s, 0)
	agency.At = head
	must[feed.Entry](t)(agency.Write(protocol.Draft{Kind: protocol.KindHeartbeat}))
	meet(t, s)
	later := signing(t, s, 0)
	for _, document := range []block.CID{running, later} {
		signedBy(t, s, maker, document, "COO", "CFO")
		signedBy(t, s, agency, document, "COO")
	}
	for _, d := range s.Desks {
		if a, b := roundOf(t, d, running).Verdict, roundOf(t, d, later).Verdict; a != decision.Open || b != decision.Final {
			t.Errorf("with the COO's signature alone, at %s the topic that ran is %s, the later one %s", d.Name, a, b)
		}
	}
}

// Who stole an officer's key, or was dismissed with it, signs after the company has revoked it: neither by naming the identity of before, nor by claiming the
// time of before, for the feed's own entries say what it knew (attack 7).
func TestARevokedOfficerSignsAsIfBefore(t *testing.T) {
	for name, alter := range map[string]func(*virtual.Desk) func(*decision.RoleSignature){
		"as the company stands": func(*virtual.Desk) func(*decision.RoleSignature) { return nil },
		"naming the identity of before": func(d *virtual.Desk) func(*decision.RoleSignature) {
			return func(b *decision.RoleSignature) { b.IDHead = d.Heads[virtual.Founded] }
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := scene(t, 2, false)
			agency := s.Desk("agency")
			document := signing(t, s, 0)
			agency.At = virtual.CFORevoked
			must[feed.Entry](t)(agency.Write(protocol.Draft{Kind: protocol.KindHeartbeat}))
			agency.Skew = -virtual.Hour // a feed's times never go back: this one's stays where it was
			draft := must[protocol.Draft](t)(agency.Signature(document, "CFO", alter(agency)))
			refusedAtHome(t, agency, draft)
			e := must[feed.Entry](t)(agency.Force(draft, nil))
			agency.Skew = 0 // else the maker's receipts would wait here for their time
			everywhere(t, s, e, "SIGNATURE-05")
			if row := roundOf(t, agency, document); len(row.Signatures) > 0 {
				t.Errorf("%d signatures count", len(row.Signatures))
			}
		})
	}
}
