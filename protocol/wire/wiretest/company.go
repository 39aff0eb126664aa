// Package wiretest has a cast of companies for the tests of what travels between nodes: [New] makes a [Company] with all its keys
// and a verified identity chain, the same one for the same name.
package wiretest

import (
	"crypto/sha256"
	"fmt"
	"io"

	"kontor/crypto/keys"
	"kontor/protocol/block"
	"kontor/protocol/identity"
	"kontor/protocol/partnership"
)

// Begin is when the companies of the cast were founded: 2026-11-22 00:00 UTC, in ms.
const Begin = 1_795_305_600_000

// Company is one of the cast.
type Company struct {
	Name  string
	ID    block.CID
	Root  keys.Private
	Node  keys.Private
	Feed  keys.Private
	Seal  keys.SealPrivate
	Chain *identity.Chain
	Rand  io.Reader
}

// New founds a company. Everything about it follows from its name; a failure is a fault of the code under test and panics.
func New(name string) *Company {
	c := &Company{Name: name, Rand: Rand(name)}
	c.Root = must(keys.Generate(c.Rand))
	next := must(keys.Generate(c.Rand)).Public()
	g := must(identity.NewGenesis(c.Rand, []keys.Public{c.Root.Public()}, 1, identity.RootSet{Roots: [][]byte{next[:]}, Threshold: 1}, true))
	c.Chain = must(identity.Found(must(identity.SignEntry(identity.Entry{V: 1, Kind: identity.KindGenesis, Genesis: &g}, []keys.Private{c.Root}))))
	c.ID = c.Chain.Company()
	c.Node, c.Feed = must(keys.Generate(c.Rand)), must(keys.Generate(c.Rand))
	c.Seal = must(keys.GenerateSeal(c.Rand))
	c.Certify(keys.Node, c.Node)
	c.Certify(keys.Feed, c.Feed)
	seal := c.Seal.Public()
	c.add(identity.Certificate{Company: c.ID, Key: seal[:], Usage: string(keys.Seal), From: Begin, Until: Begin + 1<<40})
	c.extend(identity.KindSetProfile, func(e *identity.Entry) { e.Profile = &identity.Profile{Name: name} })
	return c
}

// Certify adds a key to the chain.
func (c *Company) Certify(usage keys.Usage, key keys.Private) {
	pub := key.Public()
	cert := identity.Certificate{Company: c.ID, Key: pub[:], Usage: string(usage), From: Begin, Until: Begin + 1<<40}
	c.add(must(cert.Prove(key)))
}

func (c *Company) add(cert identity.Certificate) {
	c.extend(identity.KindAddKey, func(e *identity.Entry) { e.Cert = &cert })
}

// Checkpoint makes the chain longer by an entry that says nothing.
func (c *Company) Checkpoint() { c.extend(identity.KindCheckpoint, func(*identity.Entry) {}) }

func (c *Company) extend(kind string, fill func(*identity.Entry)) {
	e := c.Chain.Next(kind)
	fill(&e)
	if err := c.Chain.Append(must(identity.SignEntry(e, []keys.Private{c.Root}))); err != nil {
		panic(err)
	}
}

// Party is the company as it pairs.
func (c *Company) Party(addresses ...string) partnership.Party {
	return partnership.Party{Company: c.ID, Chain: c.Chain.From(0), Node: c.Node, Feed: c.Feed, Seal: c.Seal, Addresses: addresses, Feat: 1}
}

// Member is the company in a genesis.
func (c *Company) Member(role string, addresses ...string) partnership.Member {
	node := c.Node.Public()
	nonce := sha256.Sum256([]byte("member " + c.Name))
	if addresses == nil {
		addresses = []string{}
	}
	return partnership.Member{Company: c.ID, Role: role, NodeKey: node[:], Addresses: addresses, Nonce: nonce[:partnership.NonceSize]}
}

// Genesis is a partnership of companies: the first buys, the second sells, the others watch.
func Genesis(channel [32]byte, companies ...*Company) partnership.Genesis {
	g := partnership.Genesis{Materiality: identity.Amount{Minor: 1_000_000, Currency: "EUR"}, Scopes: partnership.DefaultScopes(nil, nil)}
	sum := sha256.Sum256(channel[:])
	g.Channel = sum[:]
	for i, c := range companies {
		role := partnership.RoleObserver
		if i < 2 {
			role = []string{partnership.RoleBuyer, partnership.RoleSeller}[i]
		}
		g.Members = append(g.Members, c.Member(role))
	}
	return must(partnership.New(g))
}

// Rand is an endless stream of bytes that follows from a seed.
func Rand(seed string) io.Reader { return &stream{seed: seed} }

type stream struct {
	seed string
	n    int
	rest []byte
}

func (s *stream) Read(p []byte) (int, error) {
	for i := range p {
		if len(s.rest) == 0 {
			sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", s.seed, s.n))
			s.rest, s.n = sum[:], s.n+1
		}
		p[i], s.rest = s.rest[0], s.rest[1:]
	}
	return len(p), nil
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
