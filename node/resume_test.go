package node

import (
	"context"
	"crypto/rand"
	"slices"
	"testing"
	"time"

	"kontor/crypto/keys"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/identity"
	"kontor/store"
	"kontor/testnet/virtual"
)

// officerOf certifies a COO's key for an office.
func officerOf(t *testing.T, o *office) keys.Private {
	t.Helper()
	root, err := readRoot(o.home)
	if err != nil {
		t.Fatal(err)
	}
	key, err := keys.Generate(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	pub, now, person := key.Public(), time.Now().UnixMilli(), make([]byte, identity.PersonSize)
	rand.Read(person)
	cert, err := identity.Certificate{Company: o.Company(), Key: pub[:], Usage: string(keys.Role), Role: "COO", Person: person, From: now - 60_000, Until: now + 10_000_000}.Prove(key)
	if err != nil {
		t.Fatal(err)
	}
	entry := o.Chain(o.Company()).Next(identity.KindAddKey)
	entry.Cert = &cert
	env, err := identity.SignEntry(entry, root)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.ExtendIdentity(context.Background(), env); err != nil {
		t.Fatal(err)
	}
	return key
}

// A member that had sent more than anybody left holds gets out of read-only when the remaining member countersigns, for good (PROTOCOL 4).
func TestLostFeedResumes(t *testing.T) {
	ctx := context.Background()
	buyer, seller, third := trio(t)
	circle, err := buyer.FoundCircle(ctx, "once", circleOf(seller, third))
	if err != nil {
		t.Fatal(err)
	}
	pid := circle.PID
	for _, o := range []*office{seller, third} {
		proposed(t, o)
		if _, err := o.JoinCircle(ctx, pid); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the circle", func() bool { return standing(t, buyer, pid) == "active" && standing(t, seller, pid) == "active" })
	coo := officerOf(t, buyer)
	// The third company is gone for good. The seller had sent it twenty entries that nobody else holds, and lost them with its disk.
	third.stop()
	head := func(o *office) (seq int64) {
		heads, err := o.Heads(pid)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range heads {
			if h.Header.Author == seller.Company() {
				seq = h.Header.Seq
			}
		}
		return seq
	}
	eventually(t, "the seller's feed at the buyer", func() bool { return head(buyer) == head(seller) })
	seller.stop()
	sent := ownHead(t, seller, pid) + 20
	high, err := store.OpenHighWater(seller.home.path("highwater"))
	if err != nil {
		t.Fatal(err)
	}
	if err := high.Raise(map[string]int64{pid.String(): sent}); err != nil {
		t.Fatal(err)
	}
	if err := high.Close(); err != nil {
		t.Fatal(err)
	}
	seller = open(t, seller.home)
	write := func() error {
		_, err := seller.Write(ctx, pid, "", func(*protocol.Replica, int64) (protocol.Draft, error) {
			return protocol.Draft{Kind: protocol.KindHeartbeat}, nil
		})
		return err
	}
	if err := write(); codeOf(err) != "RECOVERING" {
		t.Fatalf("the seller is not read-only: %v", err)
	}
	sign := func(gone ...block.CID) error {
		doc, err := buyer.ResumeDocument(pid, seller.Company(), gone)
		if err != nil {
			t.Fatal(err)
		}
		draft, err := virtual.SignedBody(protocol.KindResume, protocol.ResumeSignature, coo, doc)
		if err != nil {
			t.Fatal(err)
		}
		return shareDraft(buyer, pid, draft)
	}
	// Without saying that the third is gone, one countersignature is not enough; nobody may call the buyer itself gone.
	if err := sign(buyer.Company()); AsFailure(err).Code != "REFUSED" {
		t.Fatalf("a signer that calls itself gone: %v", err)
	}
	if err := sign(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the buyer's entry at the seller", func() bool { return buyersHead(t, seller, buyer, pid) == buyersHead(t, buyer, buyer, pid) })
	if err := write(); codeOf(err) != "RECOVERING" {
		t.Fatalf("one of two remaining members freed it: %v", err)
	}
	if err := sign(third.Company()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the seller's end of read-only", func() bool { return !slices.Contains(keysOf(seller.Recovering()), pid) })
	if err := write(); err != nil {
		t.Fatal(err)
	}
	seller.stop()
	seller = open(t, seller.home)
	if err := write(); err != nil {
		t.Fatalf("read-only again after a restart: %v", err)
	}
	eventually(t, "the new entries at the buyer", func() bool { return head(buyer) == head(seller) })
}

func keysOf(m map[block.CID]int64) (out []block.CID) {
	for k := range m {
		out = append(out, k)
	}
	return out
}

func buyersHead(t *testing.T, at, buyer *office, pid block.CID) (seq int64) {
	t.Helper()
	heads, err := at.Heads(pid)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range heads {
		if h.Header.Author == buyer.Company() {
			seq = h.Header.Seq
		}
	}
	return seq
}

// ownHead is how far the own feed of a closed office goes.
func ownHead(t *testing.T, o *office, pid block.CID) int64 {
	t.Helper()
	n, err := Open(Config{Home: o.home, Offline: true})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	again := &office{Node: n, home: o.home}
	return buyersHead(t, again, again, pid)
}
