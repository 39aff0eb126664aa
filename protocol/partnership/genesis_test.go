package partnership_test

import (
	"bytes"
	"strings"
	"testing"

	"kontor/protocol/block"
	"kontor/protocol/partnership"
	"kontor/testnet/virtual"
)

func genesis(t testing.TB, n int, witness bool) partnership.Genesis {
	t.Helper()
	s, err := virtual.NewScene(n, witness)
	if err != nil {
		t.Fatal(err)
	}
	return s.Genesis
}

// TestBadGeneses: what can't found a partnership, and the word that says why.
func TestBadGeneses(t *testing.T) {
	stranger := block.Sum([]byte("stranger"))
	for _, c := range []struct {
		why    string
		change func(*partnership.Genesis)
	}{
		{"version", func(g *partnership.Genesis) { g.V = 2 }},
		{"members", func(g *partnership.Genesis) { g.Members = g.Members[:1] }},
		{"ascending", func(g *partnership.Genesis) { g.Members[0], g.Members[1] = g.Members[1], g.Members[0] }},
		{"ascending", func(g *partnership.Genesis) { g.Members[1] = g.Members[0] }},
		{"role", func(g *partnership.Genesis) { g.Members[0].Role = "king" }},
		{"two", func(g *partnership.Genesis) { g.Members[0].Role, g.Members[1].Role = "observer", "observer" }},
		{"node key", func(g *partnership.Genesis) { g.Members[0].NodeKey = make([]byte, 32) }},
		{"nonce", func(g *partnership.Genesis) { g.Members[0].Nonce = nil }},
		{"addresses", func(g *partnership.Genesis) { g.Members[0].Addresses = make([]string, partnership.MaxAddresses+1) }},
		{"address", func(g *partnership.Genesis) {
			g.Members[0].Addresses = []string{strings.Repeat("x", partnership.MaxAddressSize+1)}
		}},
		{"witness", func(g *partnership.Genesis) { g.Witness = &stranger }},
		{"materiality", func(g *partnership.Genesis) { g.Materiality.Minor = 0 }},
		{"rule set", func(g *partnership.Genesis) { g.Ruleset = 2 }},
		{"channel", func(g *partnership.Genesis) { g.Channel = nil }},
		{"scopes", func(g *partnership.Genesis) { g.Scopes = make([]partnership.Scope, partnership.MaxScopes+1) }},
	} {
		g := genesis(t, 3, false)
		g.Members = append([]partnership.Member{}, g.Members...)
		c.change(&g)
		if err := g.Check(); err == nil || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: got %v", c.why, err)
		}
	}
}

// TestIDIsOfTheUnsignedBody and of every byte of it.
func TestIDIsOfTheUnsignedBody(t *testing.T) {
	g := genesis(t, 2, false)
	id, err := g.ID()
	if err != nil {
		t.Fatal(err)
	}
	data, err := block.Marshal(g)
	if err != nil || block.Sum(data) != id {
		t.Fatalf("the ID is not the CID of the body: %v", err)
	}
	circle, err := g.Circle()
	if err != nil || circle.PID != id || len(circle.Members) != 2 {
		t.Fatalf("circle %+v, %v", circle, err)
	}
	again, err := partnership.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if other, _ := again.ID(); other != id {
		t.Error("read again it is another partnership")
	}
}

// TestGranted: default deny; what several scopes grant adds up.
func TestGranted(t *testing.T) {
	g := genesis(t, 2, false)
	g.Scopes = []partnership.Scope{
		{Role: "buyer", Kinds: []string{"forecast"}, Products: []string{"a"}, Regions: []string{"CI"}},
		{Role: "buyer", Kinds: []string{"forecast", "capacity"}, Products: []string{"b"}, Regions: []string{}},
	}
	for _, c := range []struct {
		role, kind string
		products   int // -1: all
		regions    int
		ok         bool
	}{{"buyer", "forecast", 2, -1, true}, {"buyer", "capacity", 1, -1, true}, {"buyer", "answer", 0, 0, false}, {"seller", "forecast", 0, 0, false}} {
		products, regions, ok := g.Granted(c.role, c.kind)
		if ok != c.ok || ok && (c.products >= 0) != (products != nil) || ok && (c.regions >= 0) != (regions != nil) || ok && c.products > 0 && len(products) != c.products {
			t.Errorf("%s %s: %v %v %t", c.role, c.kind, products, regions, ok)
		}
	}
}

// FuzzDecode: an accepted genesis writes the same bytes and passes its own check.
func FuzzDecode(f *testing.F) {
	for _, g := range []partnership.Genesis{genesis(f, 2, false), genesis(f, 3, true)} {
		data, err := block.Marshal(g)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		f.Add(data[:len(data)-1])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		g, err := partnership.Decode(data)
		if err != nil {
			return
		}
		again, err := block.Marshal(g)
		if err != nil || !bytes.Equal(again, data) {
			t.Fatalf("an accepted genesis writes other bytes: %v", err)
		}
	})
}
