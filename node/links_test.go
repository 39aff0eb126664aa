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
	f, found, err := buyer.Freezes(seller.Company())
	if err != nil || !found || f.Thawed != 0 || f.Ours.Place() != f.Other.Place() || f.Ours.CID() == f.Other.CID() {
		t.Fatalf("the record proves nothing: %+v, %t, %v", f, found, err)
	}

	fingerprint := func(c *identity.Chain) string { return c.Head().String() }
	// A restart does not thaw, a wrong fingerprint neither; people who have compared it do, for good.
	home := buyer.Home()
	if err := buyer.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Open(Config{Home: home, Offline: true})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if !again.Frozen(seller.Company()) {
		t.Fatal("the freeze did not outlive the process")
	}
	if _, err := again.Thaw(seller.Company(), "other words", "owner", fingerprint); codeOf(err) != "OTHER_FINGERPRINT" {
		t.Errorf("thawed by a wrong fingerprint: %v", err)
	}
	record, err := again.Thaw(seller.Company(), fingerprint(again.Chain(seller.Company())), "owner", fingerprint)
	if err != nil || record.By != "owner" || record.Thawed == 0 || len(record.Rejected) != 1 {
		t.Fatalf("%+v, %v", record, err)
	}
	// The history found false freezes no more, a third one does.
	if err := again.LearnIdentity(seller.Company(), []identity.Envelope{f.Other}); err != nil || again.Frozen(seller.Company()) {
		t.Errorf("frozen once more by what was found false: %v", err)
	}
	_, err = again.Write(context.Background(), pid, "", func(*protocol.Replica, int64) (protocol.Draft, error) {
		return protocol.Draft{Kind: protocol.KindHeartbeat}, nil
	})
	if err != nil {
		t.Errorf("the buyer can't write after the thaw: %v", err)
	}
	third := renamed("Seller East")
	if err := again.LearnIdentity(seller.Company(), append(chain.From(0), third)); !errors.Is(err, identity.ErrFork) || !again.Frozen(seller.Company()) {
		t.Errorf("a third history: %v", err)
	}
}
