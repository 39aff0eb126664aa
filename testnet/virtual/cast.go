package virtual

import (
	"crypto/sha256"
	"fmt"

	"kontor/crypto/keys"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/feed"
	"kontor/protocol/identity"
)

// Start is the moment every scenario begins: 2026-11-22 00:00 UTC, in milliseconds.
const Start = 1_795_305_600_000

// Lengths of time in milliseconds.
const (
	Minute = 60 * 1000
	Hour   = 60 * Minute
	Day    = 24 * Hour
)

// Company is one actor: its identity chain and every key it owns, made from its name alone, so that the same cast plays
// in every test. It is read-only: how far its chain has been published is the scenario's to say.
type Company struct {
	Name     string
	ID       block.CID
	Chain    *identity.Chain
	Root     keys.Private
	NextRoot keys.Private // committed to in the genesis
	Node     keys.Private
	Desk     keys.Private // holds mandates once an officer grants one

	// Heads are the chain's milestones, in order: see the constants. A company lives at one of them.
	Heads []block.CID
	feed  [2]keys.Private
	roles map[string]keys.Private
}

// Milestones of every chain. The chain is written to its end when the cast is made and published step by step.
const (
	Founded    = iota // feed key, COO, CFO, CMO and CEO certified
	CFORevoked        // the CFO's key is revoked
	CFOBack           // the same person certified with a new key
	NewFeedKey        // another feed key certified: the newest one signs from here on
	OldFeedKeyRevoked
	milestones
)

// CFO2 names the CFO's second key.
const CFO2 = "CFO2"

// Limit is the commitment limit of every CFO, in euro cents. The COO has none.
const Limit = 500_000_00

// seeded makes the key that belongs to a name and a purpose.
func seeded(name, purpose string) keys.Private {
	seed := sha256.Sum256([]byte("kontor cast/" + name + "/" + purpose))
	k, err := keys.FromSeed(seed[:])
	if err != nil {
		panic(fmt.Sprintf("invariant: a hash is a seed: %v", err))
	}
	return k
}

// Person is the natural person behind an officer's role.
func Person(company, role string) []byte {
	sum := sha256.Sum256([]byte("kontor person/" + company + "/" + role))
	return sum[:identity.PersonSize]
}

// NewCompany makes a company by its name, with the usual officers and those of more roles.
func NewCompany(name string, more ...string) (*Company, error) {
	c := &Company{Name: name, Root: seeded(name, "root"), NextRoot: seeded(name, "next root"), Node: seeded(name, "node"), Desk: seeded(name, "desk"), roles: map[string]keys.Private{}}
	c.feed = [2]keys.Private{seeded(name, "feed"), seeded(name, "feed 2")}
	next := c.NextRoot.Public()
	nonce := sha256.Sum256([]byte(name))
	root := c.Root.Public()
	hash, err := identity.RootSetHash(identity.RootSet{Roots: [][]byte{next[:]}, Threshold: 1})
	if err != nil {
		return nil, err
	}
	g := identity.Genesis{V: 1, Roots: [][]byte{root[:]}, Threshold: 1, Next: hash, Nonce: nonce[:identity.NonceSize]}
	env, err := identity.SignEntry(identity.Entry{V: 1, Kind: identity.KindGenesis, Genesis: &g}, []keys.Private{c.Root})
	if err != nil {
		return nil, err
	}
	if c.Chain, err = identity.Found(env); err != nil {
		return nil, err
	}
	c.ID = c.Chain.Company()
	for _, role := range append([]string{"CEO", "COO", "CFO", "CMO", CFO2}, more...) {
		c.roles[role] = seeded(name, role)
	}
	w := chainWriter{c: c}
	w.add(identity.KindSetProfile, func(e *identity.Entry) { e.Profile = &identity.Profile{Name: name} })
	w.certify(c.feed[0], keys.Feed, "")
	w.certify(c.roles["COO"], keys.Role, "COO")
	w.certify(c.roles["CFO"], keys.Role, "CFO")
	w.certify(c.roles["CMO"], keys.Role, "CMO")
	w.certify(c.roles["CEO"], keys.Role, "CEO")
	for _, role := range more {
		w.certify(c.roles[role], keys.Role, role)
	}
	w.milestone()
	w.revoke(c.roles["CFO"])
	w.milestone()
	w.certify(c.roles[CFO2], keys.Role, "CFO")
	w.milestone()
	w.certify(c.feed[1], keys.Feed, "")
	w.milestone()
	w.revoke(c.feed[0])
	w.milestone()
	return c, w.err
}

// chainWriter appends to a chain until something fails.
type chainWriter struct {
	c   *Company
	err error
}

func (w *chainWriter) add(kind string, fill func(*identity.Entry)) {
	if w.err != nil {
		return
	}
	e := w.c.Chain.Next(kind)
	fill(&e)
	var env identity.Envelope
	if env, w.err = identity.SignEntry(e, []keys.Private{w.c.Root}); w.err == nil {
		w.err = w.c.Chain.Append(env)
	}
}

func (w *chainWriter) certify(k keys.Private, usage keys.Usage, role string) {
	pub := k.Public()
	cert := identity.Certificate{Company: w.c.ID, Key: pub[:], Usage: string(usage), From: Start - 365*Day, Until: Start + 3650*Day}
	if usage == keys.Role {
		cert.Role, cert.Person = role, Person(w.c.Name, role)
		if role == "CFO" {
			cert.Limit = &identity.Amount{Minor: Limit, Currency: "EUR"}
		}
	}
	proved, err := cert.Prove(k)
	if err != nil {
		w.err = err
		return
	}
	w.add(identity.KindAddKey, func(e *identity.Entry) { e.Cert = &proved })
}

func (w *chainWriter) revoke(k keys.Private) {
	pub := k.Public()
	w.add(identity.KindRevokeKey, func(e *identity.Entry) { e.Revoke = &identity.Revocation{Key: pub[:], Reason: "left the company"} })
}

func (w *chainWriter) milestone() { w.c.Heads = append(w.c.Heads, w.c.Chain.Head()) }

// Author is the company as it writes entries at a milestone.
func (c *Company) Author(at int) protocol.Author {
	k := c.feed[0]
	if at >= NewFeedKey {
		k = c.feed[1]
	}
	return protocol.Author{Company: c.ID, Key: k, IDHead: c.Heads[at]}
}

// Officer is the key of a role: CEO, COO, CFO, CMO or CFO2, and CTO where there is one.
func (c *Company) Officer(role string) keys.Private { return c.roles[role] }

// Cast finds companies by ID.
type Cast []*Company

// Names of the cast: two buyers' side, two makers' side, and one that watches.
var names = []string{"agency", "maker", "ingredient", "notary", "carrier"}

// NewCast makes the first n companies of the usual cast.
func NewCast(n int) (Cast, error) {
	var cast Cast
	for _, name := range names[:n] {
		c, err := NewCompany(name)
		if err != nil {
			return nil, err
		}
		cast = append(cast, c)
	}
	return cast, nil
}

// newMixedCast is the usual cast, in which every other company has a CTO too: by default these sign what is about quality by others than their partners.
func newMixedCast() (cast Cast, err error) {
	for i, name := range names {
		c, err := NewCompany(name, []string{"CTO"}[:i%2]...)
		if err != nil {
			return nil, err
		}
		cast = append(cast, c)
	}
	return cast, nil
}

// Of finds a company; nil for a stranger.
func (cast Cast) Of(id block.CID) *Company {
	for _, c := range cast {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// Identities knows every chain to its end: what a node knows that lacks nothing.
func (cast Cast) Identities() feed.Identities {
	return func(company, head block.CID) (identity.View, bool) {
		c := cast.Of(company)
		if c == nil {
			return identity.View{}, false
		}
		return c.Chain.At(head)
	}
}

// Role of an officer as decisions name it.
func Role(name string) decision.Role {
	if name == CFO2 {
		return "CFO"
	}
	return decision.Role(name)
}
