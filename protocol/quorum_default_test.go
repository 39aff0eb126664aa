package protocol_test

import (
	"bytes"
	"testing"

	"kontor/crypto/keys"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/feed"
	"kontor/protocol/identity"
	"kontor/testnet/virtual"
)

// Who signs by default follows from the kind of topic and from who is appointed where it opens, at each side for itself: the officers whose matter it is, and
// COO and CFO where nobody holds one of these offices. An appointment afterwards moves nothing (PROTOCOL 2).
func TestDefaultsByKind(t *testing.T) {
	s, seated := extended(t, identity.KindAddKey, func(e *identity.Entry) {
		key := must[keys.Private](t)(keys.FromSeed(bytes.Repeat([]byte{9}, 32)))
		pub := key.Public()
		agency := must[*virtual.Company](t)(virtual.NewCompany("agency"))
		cert := must[identity.Certificate](t)(identity.Certificate{Company: agency.ID, Key: pub[:], Usage: string(keys.Role), Role: "CTO",
			Person: virtual.Person("agency", "CTO"), From: virtual.Start, Until: virtual.Start + virtual.Day}.Prove(key))
		e.Cert = &cert
	})
	agency, maker := s.Desk("agency"), s.Desk("maker")
	opened := func(kind decision.Kind) block.CID {
		t.Helper()
		p := virtual.Proposal(s.Genesis, agency.Company.ID, s.Now+virtual.Day)
		p.Kind = kind
		e := must[feed.Entry](t)(agency.Write(must[protocol.Draft](t)(virtual.Body(protocol.KindTopic, decision.Act{Verb: decision.ProposeTopic, Propose: &p}))))
		meet(t, s)
		return e.CID
	}
	signs := func(topic block.CID, agencys, makers string) {
		t.Helper()
		for _, d := range s.Desks {
			var row protocol.PolicyRow
			err := d.View(func(r *protocol.Replica) (err error) {
				row, err = r.Policies(topic)
				return err
			})
			if err != nil || len(row.Parties) != 2 {
				t.Fatalf("policies at %s: %+v, %v", d.Name, row, err)
			}
			for _, p := range row.Parties {
				want := map[block.CID]string{agency.Company.ID: agencys, maker.Company.ID: makers}[p.Company]
				if p.Quorum != want {
					t.Errorf("at %s, %s signs as %q, not %q", d.Name, p.Company.Short(), p.Quorum, want)
				}
			}
		}
	}
	const plain, marketing, quality = "COO and CFO", "CMO and CFO", "COO and CTO"
	early := opened(decision.Quality)
	signs(early, plain, plain)
	signs(opened(decision.JointMarketing), marketing, marketing)
	signs(opened(decision.DemandCapacity), plain, plain)
	signs(opened(decision.Commercial), plain, plain)

	agency.At = virtual.CFORevoked // nobody signs for the money of a campaign any more
	must[feed.Entry](t)(agency.Write(protocol.Draft{Kind: protocol.KindHeartbeat}))
	signs(opened(decision.JointMarketing), plain, marketing)
	agency.At = seated // a CTO has come, for a day
	must[feed.Entry](t)(agency.Write(protocol.Draft{Kind: protocol.KindHeartbeat}))
	signs(opened(decision.Quality), quality, plain)
	signs(early, plain, plain)
	s.Now += virtual.Day + virtual.Minute
	signs(opened(decision.Quality), plain, plain)
}
