package protocol_test

import (
	"bytes"
	"crypto/sha256"
	"testing"

	"kontor/crypto/keys"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/identity"
	"kontor/protocol/partnership"
	"kontor/testnet/virtual"
)

// circleScene seats two companies that paired, with their node keys in their chains, and knows a third.
func circleScene(t testing.TB) (*virtual.Scene, *virtual.Company) {
	t.Helper()
	var cast virtual.Cast
	for _, name := range []string{"founder", "member", "third"} {
		c := must[*virtual.Company](t)(virtual.NewCompany(name))
		pub := c.Node.Public()
		cert := must[identity.Certificate](t)(identity.Certificate{Company: c.ID, Key: pub[:], Usage: string(keys.Node),
			From: virtual.Start - virtual.Day, Until: virtual.Start + 365*virtual.Day}.Prove(c.Node))
		e := c.Chain.Next(identity.KindAddKey)
		e.Cert = &cert
		if err := c.Chain.Append(must[identity.Envelope](t)(identity.SignEntry(e, []keys.Private{c.Root}))); err != nil {
			t.Fatal(err)
		}
		c.Heads = append(c.Heads, c.Chain.Head())
		cast = append(cast, c)
	}
	g := must[partnership.Genesis](t)(virtual.Found([]virtual.Seat{{Company: cast[0], Role: partnership.RoleBuyer}, {Company: cast[1], Role: partnership.RoleSeller}}, nil, virtual.Product))
	s := must[*virtual.Scene](t)(virtual.NewSceneOf(cast, g))
	for _, d := range s.Desks {
		d.At = len(d.Heads) - 1
	}
	if err := s.Signed(); err != nil {
		t.Fatal(err)
	}
	return s, cast[2]
}

// circleOf is the genesis of all three, and the channel key it commits to.
func circleOf(t testing.TB, s *virtual.Scene, third *virtual.Company) (partnership.Genesis, [32]byte) {
	t.Helper()
	key := sha256.Sum256([]byte("circle"))
	sum := sha256.Sum256(key[:])
	g := partnership.Genesis{Materiality: identity.Amount{Minor: 1, Currency: "USD"}, Scopes: partnership.DefaultScopes(nil, nil), Channel: sum[:]}
	for i, c := range []*virtual.Company{s.Desks[0].Company, s.Desks[1].Company, third} {
		pub := c.Node.Public()
		role := partnership.RoleSeller
		if i == 0 {
			role = partnership.RoleBuyer
		}
		g.Members = append(g.Members, partnership.Member{Company: c.ID, Role: role, NodeKey: pub[:], Addresses: []string{}, Nonce: bytes.Repeat([]byte{byte(i + 1)}, partnership.NonceSize)})
	}
	return must[partnership.Genesis](t)(partnership.New(g)), key
}

func seat(g partnership.Genesis, company block.CID) *partnership.Member {
	for i := range g.Members {
		if g.Members[i].Company == company {
			return &g.Members[i]
		}
	}
	return nil
}

func proposalOf(t testing.TB, g partnership.Genesis, founder block.CID) partnership.CircleProposal {
	t.Helper()
	return partnership.CircleProposal{Genesis: must[block.Block](t)(block.New(g)).Data, Wrapped: make([]byte, keys.WrapOverhead+32), Founder: founder,
		Expires: virtual.Start + 30*virtual.Day}
}

func circleDraft(t testing.TB, p partnership.CircleProposal) protocol.Draft {
	t.Helper()
	b := must[block.Block](t)(block.New(p))
	return protocol.Draft{Kind: protocol.KindCircle, Body: &b}
}

// TestCircleRules: what no founder may propose, and the code that says so on both sides (PROTOCOL 3).
func TestCircleRules(t *testing.T) {
	for _, c := range []struct {
		name, code string
		change     func(s *virtual.Scene, g *partnership.Genesis, p *partnership.CircleProposal)
		bytes      func(p *partnership.CircleProposal)
	}{
		{name: "honest"},
		{name: "another's name as founder", code: "CIRCLE-05", change: func(s *virtual.Scene, _ *partnership.Genesis, p *partnership.CircleProposal) {
			p.Founder = s.Desks[1].ID
		}},
		{name: "no genesis", code: "CIRCLE-01", bytes: func(p *partnership.CircleProposal) { p.Genesis = []byte("no genesis") }},
		{name: "a byte after the genesis", code: "CIRCLE-01", bytes: func(p *partnership.CircleProposal) { p.Genesis = append(p.Genesis, 0) }},
		{name: "a genesis that founds nothing", code: "CIRCLE-01", change: func(_ *virtual.Scene, g *partnership.Genesis, _ *partnership.CircleProposal) { g.Materiality.Minor = 0 }},
		{name: "a circle of two", code: "CIRCLE-01", change: func(s *virtual.Scene, g *partnership.Genesis, _ *partnership.CircleProposal) {
			*g, _ = partnership.New(partnership.Genesis{Members: []partnership.Member{*seat(*g, s.Desks[0].ID), *seat(*g, s.Desks[1].ID)},
				Materiality: g.Materiality, Scopes: g.Scopes, Channel: g.Channel})
		}},
		{name: "two members with one node key", code: "CIRCLE-01", change: func(s *virtual.Scene, g *partnership.Genesis, _ *partnership.CircleProposal) {
			for i := range g.Members {
				g.Members[i].NodeKey = seat(*g, s.Desks[0].ID).NodeKey
			}
		}},
		{name: "the receiver left out", code: "CIRCLE-02", change: func(s *virtual.Scene, g *partnership.Genesis, _ *partnership.CircleProposal) {
			seat(*g, s.Desks[1].ID).Company = block.Sum([]byte("stranger"))
			*g, _ = partnership.New(*g)
		}},
		{name: "the founder left out", code: "CIRCLE-02", change: func(s *virtual.Scene, g *partnership.Genesis, _ *partnership.CircleProposal) {
			seat(*g, s.Desks[0].ID).Company = block.Sum([]byte("stranger"))
			*g, _ = partnership.New(*g)
		}},
		{name: "a wrong node key of the receiver", code: "CIRCLE-03", change: func(s *virtual.Scene, g *partnership.Genesis, _ *partnership.CircleProposal) {
			wrong := s.Desks[1].Desk.Public()
			seat(*g, s.Desks[1].ID).NodeKey = wrong[:]
		}},
		{name: "a wrong node key of the founder", code: "CIRCLE-03", change: func(s *virtual.Scene, g *partnership.Genesis, _ *partnership.CircleProposal) {
			feedKey := s.Desks[0].Author().Key.Public() // certified, for another usage
			seat(*g, s.Desks[0].ID).NodeKey = feedKey[:]
		}},
		{name: "no time to join in", code: "CIRCLE-07", bytes: func(p *partnership.CircleProposal) { p.Expires = virtual.Start - 1 }},
		{name: "a time without end", code: "CIRCLE-07", bytes: func(p *partnership.CircleProposal) { p.Expires = virtual.Start + 92*virtual.Day }},
		{name: "a time past counting", code: "CIRCLE-07", bytes: func(p *partnership.CircleProposal) { p.Expires = 1<<63 - 1 }},
		{name: "a wrapped key of another size", code: "BODY-01", bytes: func(p *partnership.CircleProposal) { p.Wrapped = p.Wrapped[1:] }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, third := circleScene(t)
			founder := s.Desk("founder")
			g, _ := circleOf(t, s, third)
			p := partnership.CircleProposal{Founder: founder.ID}
			if c.change != nil {
				c.change(s, &g, &p)
			}
			p = proposalOf(t, g, p.Founder)
			if c.bytes != nil {
				c.bytes(&p)
			}
			draft := circleDraft(t, p)
			if c.code == "" {
				e := must[feed.Entry](t)(founder.Write(draft))
				everywhere(t, s, e, "")
				circles := circlesOf(t, s.Desk("member"))
				if pid := must[block.CID](t)(g.ID()); len(circles) != 1 || circles[0].Circle != pid || circles[0].Entry != e.CID || circles[0].Founder != founder.ID {
					t.Fatalf("the member holds the proposals %+v", circles)
				}
				return
			}
			refusedAtHome(t, founder, draft)
			everywhere(t, s, must[feed.Entry](t)(founder.Force(draft, nil)), c.code)
			if circles := circlesOf(t, s.Desk("member")); len(circles) != 0 {
				t.Fatalf("a refused proposal left %+v", circles)
			}
		})
	}
}

func circlesOf(t testing.TB, d *virtual.Desk) (out []protocol.CircleRow) {
	t.Helper()
	err := d.View(func(r *protocol.Replica) (err error) {
		out, err = r.Circles()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestCircleOnce: one circle is proposed once in a partnership, by whichever side; and no more than MaxCircles of them.
func TestCircleOnce(t *testing.T) {
	s, third := circleScene(t)
	founder, member := s.Desk("founder"), s.Desk("member")
	g, _ := circleOf(t, s, third)
	must[feed.Entry](t)(founder.Write(circleDraft(t, proposalOf(t, g, founder.ID))))
	meet(t, s)
	refusedAtHome(t, founder, circleDraft(t, proposalOf(t, g, founder.ID)))
	everywhere(t, s, must[feed.Entry](t)(member.Force(circleDraft(t, proposalOf(t, g, member.ID)), nil)), "CIRCLE-04")
	for i := 1; i < protocol.MaxCircles; i++ {
		g.Materiality.Minor++
		must[feed.Entry](t)(founder.Write(circleDraft(t, proposalOf(t, g, founder.ID))))
	}
	g.Materiality.Minor++
	everywhere(t, s, must[feed.Entry](t)(founder.Force(circleDraft(t, proposalOf(t, g, founder.ID)), nil)), "CIRCLE-06")
	if n := len(circlesOf(t, member)); n != protocol.MaxCircles {
		t.Fatalf("%d circles are proposed", n)
	}
}

// TestCircleOutsideAPair: in a circle nothing is proposed, because a channel key is wrapped for one reader.
func TestCircleOutsideAPair(t *testing.T) {
	s := scene(t, 3, false)
	agency := s.Desk("agency")
	everywhere(t, s, must[feed.Entry](t)(agency.Force(circleDraft(t, proposalOf(t, s.Genesis, agency.ID)), nil)), "CIRCLE-02")
}
