package node

import (
	"context"
	"crypto/rand"
	"testing"

	"kontor/crypto/keys"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/partnership"
)

// propose writes a proposal of the founder's that its own program would not make.
func propose(t *testing.T, from, to *office, g partnership.Genesis, change func(*partnership.CircleProposal)) (block.CID, error) {
	t.Helper()
	pairing, err := from.pairWith(to.Company())
	if err != nil {
		t.Fatal(err)
	}
	genesis, err := block.New(g)
	if err != nil {
		t.Fatal(err)
	}
	p := partnership.CircleProposal{Genesis: genesis.Data, Wrapped: make([]byte, keys.WrapOverhead+32), Founder: from.Company(), Expires: from.Now() + circleLife}
	change(&p)
	body, err := block.New(p)
	if err != nil {
		t.Fatal(err)
	}
	return genesis.CID, shareDraft(from, pairing.PID, protocol.Draft{Kind: protocol.KindCircle, Body: &body})
}

func TestCircleRefuses(t *testing.T) {
	ctx := context.Background()
	buyer, seller, third := trio(t)
	honest, key, err := buyer.draftCircle(ctx, circleOf(seller, third))
	if err != nil {
		t.Fatal(err)
	}
	altered := func(company block.CID, change func(*partnership.Member)) partnership.Genesis {
		g := honest
		g.Members = append([]partnership.Member{}, honest.Members...)
		for i := range g.Members {
			if g.Members[i].Company == company {
				change(&g.Members[i])
			}
		}
		return g
	}
	sealOf := func(o *office) keys.SealPublic { return o.sealKey.Public() }
	t.Run("another node key of the receiver", func(t *testing.T) {
		g := altered(seller.Company(), func(m *partnership.Member) { wrong := buyer.feedKey.Public(); m.NodeKey = wrong[:] })
		if _, err := propose(t, buyer, seller, g, func(*partnership.CircleProposal) {}); AsFailure(err).Code != "REFUSED" {
			t.Fatalf("the founder's own node wrote it: %v", err)
		}
	})
	t.Run("an altered genesis under an honest wrapping", func(t *testing.T) {
		g := honest
		g.Materiality.Minor++
		pid, err := propose(t, buyer, seller, g, func(p *partnership.CircleProposal) {
			made, err := partnership.ProposeCircle(rand.Reader, honest, key, buyer.Company(), sealOf(seller), buyer.Now()+circleLife)
			if err != nil {
				t.Fatal(err)
			}
			p.Wrapped = made.Wrapped
		})
		if err != nil {
			t.Fatal(err)
		}
		proposed(t, seller)
		if _, err := seller.JoinCircle(ctx, pid); codeOf(err) != "CIRCLE_KEY" {
			t.Fatalf("it was joined: %v", err)
		}
	})
	t.Run("somebody else's node key as the third's", func(t *testing.T) {
		own := seller.nodeKey.Public()
		stranger, err := keys.Generate(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		g := altered(third.Company(), func(m *partnership.Member) { m.NodeKey = own[:] })
		// The seller's seat needs a key of its own for the genesis to pass; that one is not certified.
		for i := range g.Members {
			if g.Members[i].Company == seller.Company() {
				other := stranger.Public()
				g.Members[i].NodeKey = other[:]
			}
		}
		if _, err := propose(t, buyer, seller, g, func(*partnership.CircleProposal) {}); AsFailure(err).Code != "REFUSED" {
			t.Fatalf("written: %v", err)
		}
		if err := seller.checkSeats(g); codeOf(err) != "CIRCLE_NODE" {
			t.Fatalf("the seats pass: %v", err)
		}
	})
	t.Run("a wrong node key of a company known", func(t *testing.T) {
		stranger, err := keys.Generate(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		wrong := stranger.Public()
		g := altered(third.Company(), func(m *partnership.Member) { m.NodeKey = wrong[:] })
		if err := buyer.checkSeats(g); codeOf(err) != "CIRCLE_NODE" {
			t.Fatalf("the seats pass: %v", err)
		}
	})
	t.Run("no circle, no pair, no third", func(t *testing.T) {
		if _, err := seller.JoinCircle(ctx, block.Sum([]byte("nothing"))); codeOf(err) != "NO_CIRCLE" {
			t.Fatal(err)
		}
		offer := circleOf(seller, third)
		if _, err := seller.FoundCircle(ctx, "", offer); codeOf(err) == "" {
			t.Fatalf("founded with companies not paired with: %v", err)
		}
		offer.Members = offer.Members[:1]
		offer.Witness = nil
		if _, err := buyer.FoundCircle(ctx, "", offer); codeOf(err) != "CIRCLE_TERMS" {
			t.Fatalf("a circle of two: %v", err)
		}
	})
	for _, o := range []*office{seller, third} {
		if len(o.Partnerships()) != 1 {
			t.Fatalf("%s entered a circle", o.Name())
		}
	}
}

// A founder that names a stranger's key as the third's is believed until the third signs, but never leads this node to take one
// company's node for another's.
func TestCircleMisleadsNobody(t *testing.T) {
	ctx := context.Background()
	buyer, seller, third := trio(t)
	lie, key, err := buyer.draftCircle(ctx, circleOf(seller, third))
	if err != nil {
		t.Fatal(err)
	}
	// The seller enters a circle in which the third's key is said to be the buyer's: as if it had not known the buyer then.
	g := lie
	g.Members = append([]partnership.Member{}, lie.Members...)
	own := buyer.nodeKey.Public()
	for i := range g.Members {
		if g.Members[i].Company == third.Company() {
			g.Members[i].NodeKey = own[:]
		}
	}
	if err := seller.enterCircle(ctx, g, key, func(PrivateRows) error { return nil }); err != nil {
		t.Fatal(err)
	}
	links, err := seller.Links(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range links {
		if l.Node == own && l.Company != buyer.Company() {
			t.Fatal("the buyer's node is taken for the third's")
		}
	}
	// A run of somebody else's entries freezes nobody.
	err = seller.LearnIdentity(third.Company(), buyer.Chain(buyer.Company()).From(0))
	if err == nil || seller.Frozen(third.Company()) || seller.Chain(third.Company()) != nil {
		t.Fatalf("the buyer's chain was taken for the third's: %v", err)
	}
}
