package node

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"

	"kontor/crypto/keys"
	"kontor/crypto/sign"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/bound"
	"kontor/protocol/identity"
	"kontor/protocol/wire"
	"kontor/protocol/wire/wiretest"
	"kontor/testnet/virtual"
)

// refusals reads how often a limit refused something at an office.
func refusals(t *testing.T, o *office, limit string) float64 {
	t.Helper()
	var m dto.Metric
	if err := o.metrics.bounds.WithLabelValues(limit).Write(&m); err != nil {
		t.Fatal(err)
	}
	return m.GetCounter().GetValue()
}

// counted checks that an act was refused, and that the limit's counter has moved by one.
func counted(t *testing.T, o *office, limit string, act func() error) {
	t.Helper()
	before := refusals(t, o, limit)
	err := act()
	if err == nil {
		t.Errorf("%s: nothing was refused", limit)
	}
	if after := refusals(t, o, limit); after != before+1 {
		t.Errorf("%s: %v refusals after %v: %v", limit, after, before, err)
	}
}

// sealed appends an entry of an office's own chain, as an officer's program makes it.
func sealed(t *testing.T, o *office, kind string, fill func(*identity.Entry)) error {
	t.Helper()
	root, err := readRoot(o.home)
	if err != nil {
		t.Fatal(err)
	}
	e := o.Chain(o.Company()).Next(kind)
	fill(&e)
	env, err := identity.SignEntry(e, root)
	if err != nil {
		t.Fatal(err)
	}
	_, err = o.ExtendIdentity(context.Background(), env)
	return err
}

// What a company itself would do beyond a limit of PROTOCOL 9 is refused at the limit, and counted.
func TestOwnLimitsAreCounted(t *testing.T) {
	buyer, seller := found(t, "buyer"), found(t, "seller")
	pid := pair(t, buyer, seller).PID
	ctx := context.Background()

	write := func(size int) error {
		_, err := buyer.Write(ctx, pid, "", func(*protocol.Replica, int64) (protocol.Draft, error) {
			body, err := block.New(make([]byte, size))
			return protocol.Draft{Kind: protocol.KindAttachment, Body: &body}, err
		})
		return err
	}
	if err := write(block.MaxBlock - 5); bound.Of(err) != "" {
		t.Errorf("a block of the largest size: %v", err)
	}
	counted(t, buyer, bound.Block, func() error { return write(block.MaxBlock - 4) })

	officer := officerOf(t, buyer)
	certify := func(i int) error {
		key, err := keys.Generate(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		pub, now, person := key.Public(), time.Now().UnixMilli(), make([]byte, identity.PersonSize)
		person[0] = byte(i)
		cert, err := identity.Certificate{Company: buyer.Company(), Key: pub[:], Usage: string(keys.Role), Role: "CTO", Person: person, From: now - 60_000, Until: now + 10_000_000}.Prove(key)
		if err != nil {
			t.Fatal(err)
		}
		return sealed(t, buyer, identity.KindAddKey, func(e *identity.Entry) { e.Cert = &cert })
	}
	for i := range identity.MaxRoleKeys - 1 {
		if err := certify(i); err != nil {
			t.Fatalf("officer %d: %v", i+2, err)
		}
	}
	counted(t, buyer, bound.Officers, func() error { return certify(identity.MaxRoleKeys) })

	policy := func(text string) error {
		return sealed(t, buyer, identity.KindSetPolicy, func(e *identity.Entry) { e.Policy = &identity.Policy{TopicKind: "DEMAND_CAPACITY", Quorum: text} })
	}
	nested := func(depth int) string {
		return strings.Repeat("1 of (CFO, ", depth-1) + "COO" + strings.Repeat(")", depth-1)
	}
	wide := func(groups int) string { // of three nodes each, under one
		return strings.TrimSuffix(strings.Repeat("1 of (COO, CFO) and ", groups), " and ")
	}
	for _, text := range []string{nested(sign.MaxPolicyDepth), wide(sign.MaxPolicyNodes / 3)} {
		if err := policy(text); err != nil {
			t.Errorf("policy %s: %v", text, err)
		}
	}
	counted(t, buyer, bound.PolicyDepth, func() error { return policy(nested(sign.MaxPolicyDepth + 1)) })
	counted(t, buyer, bound.PolicyNodes, func() error { return policy(wide(sign.MaxPolicyNodes/3 + 1)) })

	grant := func(i int) error {
		desk, err := keys.Generate(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		_, err = buyer.Write(ctx, pid, "", func(r *protocol.Replica, now int64) (protocol.Draft, error) {
			pub := desk.Public()
			return virtual.SignedBody(protocol.KindMandateGrant, protocol.MandateSignature, officer, protocol.Mandate{PID: pid, Key: pub[:], Holder: fmt.Sprint("desk ", i),
				Kinds: []string{protocol.KindExceptionClose}, Products: []string{"ZDV"}, Limit: identity.Amount{Minor: 1, Currency: "USD"}, From: now - 60_000, Until: now + 1_000_000})
		})
		return err
	}
	eventually(t, "the partner's word", func() bool { return buyer.HeadConfirmed(pid) })
	for i := range protocol.MaxMandates {
		if err := grant(i); err != nil {
			t.Fatalf("mandate %d: %v", i+1, err)
		}
	}
	counted(t, buyer, bound.Mandates, func() error { return grant(protocol.MaxMandates) })
}

// A node keeps up with 256 partners' nodes: one more is neither invited nor accepted, and where there are more all the same the oldest are met.
func TestPartnersAreBounded(t *testing.T) {
	buyer, seller := found(t, "buyer"), found(t, "seller")
	other := found(t, "other")
	ctx := context.Background()
	invite := func(o *office) (string, error) {
		_, token, err := o.Invite(ctx, "", proposal(), false)
		return token, err
	}
	token, err := invite(seller)
	if err != nil {
		t.Fatal(err)
	}
	pid := pair(t, buyer, other).PID
	for i := range wire.MaxPartners / 16 {
		var all []*wiretest.Company
		for j := range 16 {
			all = append(all, wiretest.New(fmt.Sprint("company ", i, " ", j)))
		}
		g := wiretest.Genesis(wire.ChannelKey{byte(i), 1}, all...)
		if _, err := buyer.remember(g, partnershipRecord{Channel: make([]byte, 32), Since: time.Now().UnixMilli() + int64(i)}); err != nil {
			t.Fatal(err)
		}
		if i == wire.MaxPartners/16-2 {
			if _, err := invite(buyer); err != nil {
				t.Errorf("with %d partners: %v", 16*i+17, err)
			}
		}
	}
	counted(t, buyer, bound.Partners, func() error { _, err := invite(buyer); return err })
	counted(t, buyer, bound.Partners, func() error { _, err := buyer.AcceptInvitation(ctx, token); return err })
	counted(t, buyer, bound.Partners, func() error {
		if err := buyer.Host().Refresh(ctx); err != nil {
			t.Fatal(err)
		}
		return errNothing
	})
	if n := buyer.Host().Usage().Partners; n != wire.MaxPartners {
		t.Errorf("%d partners' nodes are known, not %d", n, wire.MaxPartners)
	}
	if err := shareDraft(buyer, pid, draft(t)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the forecast at the oldest partner", func() bool { n, err := forecasts(other, pid, buyer.Company()); return err == nil && n == 1 })
}
