package node

import (
	"context"
	"os"
	"testing"

	"kontor/crypto/keys"
	"kontor/protocol/identity"
)

// An officer's certificate reaches the partner, and the position of a revocation is an entry of its own.
func TestExtendIdentityIsAnnounced(t *testing.T) {
	ctx := context.Background()
	buyer, seller := found(t, "buyer"), found(t, "seller")
	pair(t, buyer, seller)
	rootSeed, err := readRoot(seller.home)
	if err != nil {
		t.Fatal(err)
	}
	chain := seller.Chain(seller.Company())
	entry := chain.Next(identity.KindSetProfile)
	entry.Profile = &identity.Profile{Name: "Seller and Sons"}
	env, err := identity.SignEntry(entry, rootSeed)
	if err != nil {
		t.Fatal(err)
	}
	told, err := seller.ExtendIdentity(ctx, env)
	if err != nil || told != 1 {
		t.Fatalf("%d partnerships were told: %v", told, err)
	}
	eventually(t, "the new name at the partner", func() bool { return buyer.CompanyName(seller.Company()) == "Seller and Sons" })
	if chain.Len() == seller.Chain(seller.Company()).Len() {
		t.Fatal("the chain did not grow")
	}
	forged := env
	forged.Entry = append([]byte{}, env.Entry...)
	forged.Entry[len(forged.Entry)-2] ^= 1
	if _, err := seller.ExtendIdentity(ctx, forged); codeOf(err) != "BAD_IDENTITY_ENTRY" {
		t.Fatalf("a forged entry: %v", err)
	}
}

func readRoot(h Home) ([]keys.Private, error) {
	data, err := os.ReadFile(h.path("keys", "root.key"))
	if err != nil {
		return nil, err
	}
	_, seed, err := keys.OpenFile(data, nil)
	if err != nil {
		return nil, err
	}
	key, err := keys.FromSeed(seed)
	return []keys.Private{key}, err
}
