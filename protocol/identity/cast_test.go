package identity_test

import (
	"bytes"
	"crypto/sha256"
	"testing"

	"kontor/crypto/keys"
	"kontor/protocol/identity"
)

// key makes the nth key.
func key(t testing.TB, n byte) keys.Private {
	t.Helper()
	seed := sha256.Sum256([]byte{n})
	k, err := keys.FromSeed(seed[:])
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func publics(list ...keys.Private) (out []keys.Public) {
	for _, k := range list {
		out = append(out, k.Public())
	}
	return out
}

func rootSet(t testing.TB, threshold int64, list ...keys.Private) identity.RootSet {
	t.Helper()
	g, err := identity.NewGenesis(bytes.NewReader(make([]byte, 64)), publics(list...), threshold, identity.RootSet{}, false)
	if err != nil {
		t.Fatal(err)
	}
	return identity.RootSet{Roots: g.Roots, Threshold: threshold}
}

// The cast of keys: three roots of which two must sign, three roots for later, officers and feeds.
const (
	rootA byte = iota
	rootB
	rootC
	nextA
	nextB
	feedKey
	cfo
	stranger
)

// founded is a company with two of three roots and a committed next set.
func founded(t testing.TB) *identity.Chain {
	t.Helper()
	next := rootSet(t, 2, key(t, nextA), key(t, nextB))
	g, err := identity.NewGenesis(bytes.NewReader(bytes.Repeat([]byte{7}, 16)), publics(key(t, rootA), key(t, rootB), key(t, rootC)), 2, next, false)
	if err != nil {
		t.Fatal(err)
	}
	env, err := identity.SignEntry(identity.Entry{V: 1, Kind: identity.KindGenesis, Genesis: &g}, []keys.Private{key(t, rootA), key(t, rootC)})
	if err != nil {
		t.Fatal(err)
	}
	c, err := identity.Found(env)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func certificate(t testing.TB, c *identity.Chain, k keys.Private, usage keys.Usage, role string) identity.Certificate {
	t.Helper()
	pub := k.Public()
	cert := identity.Certificate{Company: c.Company(), Key: pub[:], Usage: string(usage), From: 1000, Until: 2000}
	if role != "" {
		cert.Role, cert.Person = role, make([]byte, identity.PersonSize)
	}
	cert, err := cert.Prove(k)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// entry makes the next entry, signed by the given roots.
func entry(t testing.TB, c *identity.Chain, kind string, fill func(*identity.Entry), roots ...byte) identity.Envelope {
	t.Helper()
	e := c.Next(kind)
	if fill != nil {
		fill(&e)
	}
	var signers []keys.Private
	for _, r := range roots {
		signers = append(signers, key(t, r))
	}
	env, err := identity.SignEntry(e, signers)
	if err != nil {
		t.Fatal(err)
	}
	return env
}

func grow(t testing.TB, c *identity.Chain, kind string, fill func(*identity.Entry), roots ...byte) {
	t.Helper()
	if err := c.Append(entry(t, c, kind, fill, roots...)); err != nil {
		t.Fatal(err)
	}
}
