package node

import (
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"kontor/crypto/keys"
	"kontor/protocol"
	"kontor/protocol/identity"
)

// A node key that its company revoked opens no door any more, be it the genesis' own; the one certified after it does.
func TestRevokedNodeKeyIsNoLink(t *testing.T) {
	ctx := context.Background()
	buyer, seller := found(t, "buyer"), found(t, "seller")
	pair(t, buyer, seller)
	chain := seller.Chain(seller.Company())
	extend := func(kind string, fill func(*identity.Entry)) {
		t.Helper()
		root, err := readRoot(seller.home)
		if err != nil {
			t.Fatal(err)
		}
		chain = seller.Chain(seller.Company())
		entry := chain.Next(kind)
		fill(&entry)
		env, err := identity.SignEntry(entry, root)
		if err != nil {
			t.Fatal(err)
		}
		if err := buyer.LearnIdentity(seller.Company(), append(chain.From(0), env)); err != nil {
			t.Fatal(err)
		}
		if _, err := seller.ExtendIdentity(ctx, env); err != nil {
			t.Fatal(err)
		}
	}
	next, err := keys.Generate(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	old, pub := seller.nodeKey.Public(), next.Public()
	linked := func(key keys.Public) bool {
		t.Helper()
		links, err := buyer.Links(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range links {
			if l.Company == seller.Company() && l.Node == key {
				return true
			}
		}
		return false
	}
	if !linked(old) || linked(pub) {
		t.Fatal("the link is not by the genesis' node key")
	}
	extend(identity.KindAddKey, func(e *identity.Entry) {
		now := time.Now().UnixMilli()
		cert, err := identity.Certificate{Company: seller.Company(), Key: pub[:], Usage: string(keys.Node), From: now - 1000, Until: now + 1_000_000}.Prove(next)
		if err != nil {
			t.Fatal(err)
		}
		e.Cert = &cert
	})
	if !linked(old) || !linked(pub) {
		t.Fatal("both keys are certified, and one is not linked")
	}
	extend(identity.KindRevokeKey, func(e *identity.Entry) { e.Revoke = &identity.Revocation{Key: old[:], Reason: "stolen"} })
	if linked(old) || !linked(pub) {
		t.Fatal("the revoked key is linked, or the new one is not")
	}
}

// Two histories of a partner's identity, equally long, are found by their heads, and freeze it (PROTOCOL 2).
func TestForkedIdentityFreezes(t *testing.T) {
	buyer, seller := found(t, "buyer"), found(t, "seller")
	pid := pair(t, buyer, seller).PID
	root, err := readRoot(seller.home)
	if err != nil {
		t.Fatal(err)
	}
	chain := seller.Chain(seller.Company())
	renamed := func(name string) identity.Envelope {
		entry := chain.Next(identity.KindSetProfile)
		entry.Profile = &identity.Profile{Name: name}
		env, err := identity.SignEntry(entry, root)
		if err != nil {
			t.Fatal(err)
		}
		return env
	}
	north, south := renamed("Seller North"), renamed("Seller South")
	if buyer.Frozen(seller.Company()) {
		t.Fatal("frozen by one history")
	}
	if _, err := seller.ExtendIdentity(context.Background(), south); err != nil {
		t.Fatal(err)
	}
	// Whichever history reaches the buyer first, the other proves the fork.
	if err := buyer.LearnIdentity(seller.Company(), append(chain.From(0), north)); err != nil && !errors.Is(err, identity.ErrFork) {
		t.Fatal(err)
	}
	eventually(t, "the freeze at the buyer", func() bool { return buyer.Frozen(seller.Company()) })
	_, err = buyer.Write(context.Background(), pid, "", func(*protocol.Replica, int64) (protocol.Draft, error) {
		return protocol.Draft{Kind: protocol.KindHeartbeat}, nil
	})
	if codeOf(err) != "IDENTITY_FORKED" {
		t.Errorf("the buyer writes on: %v", err)
	}
}
