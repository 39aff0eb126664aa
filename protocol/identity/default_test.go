package identity_test

import (
	"testing"

	"kontor/crypto/keys"
	"kontor/crypto/sign"
	"kontor/protocol/identity"
)

// appointed certifies an officer from 1000 to until; persons are told apart by their number.
func appointed(t *testing.T, c *identity.Chain, k byte, role string, person byte, until int64) keys.Private {
	t.Helper()
	officer := key(t, k)
	pub := officer.Public()
	cert, err := identity.Certificate{Company: c.Company(), Key: pub[:], Usage: string(keys.Role), Role: role,
		Person: append(make([]byte, identity.PersonSize-1), person), From: 1000, Until: until}.Prove(officer)
	if err != nil {
		t.Fatal(err)
	}
	grow(t, c, identity.KindAddKey, func(e *identity.Entry) { e.Cert = &cert }, rootA, rootB)
	return officer
}

// By default a kind of topic is signed by the officers whose matter it is, and by COO and CFO where nobody, or nobody else, holds that office at the moment:
// no company is stuck for want of an appointment. A policy of the company stands over both.
func TestDefaultsFollowWhoIsAppointed(t *testing.T) {
	const quality, marketing, own = "QUALITY", "JOINT_MARKETING", "COO and CTO"
	c := founded(t)
	holds := func(v identity.View, kind string, at int64, want string) {
		t.Helper()
		if q, entry := v.Quorum(kind, at); q != want || entry != v.Founded() {
			t.Errorf("%s at %d is signed by %q, not %q; by entry %s", kind, at, q, want, entry.Short())
		}
	}
	holds(c.Now(), quality, 1500, identity.DefaultQuorum)
	appointed(t, c, 20, "COO", 1, 2000)
	appointed(t, c, 21, "CTO", 1, 2000) // the COO in a second role, which this genesis does not count
	holds(c.Now(), quality, 1500, identity.DefaultQuorum)
	second := appointed(t, c, 22, "CTO", 2, 1800)
	appointed(t, c, 23, "CFO", 3, 2000)
	seated := c.Now()
	holds(seated, quality, 1500, own)
	holds(seated, quality, 1800, own)
	holds(seated, quality, 1801, identity.DefaultQuorum) // the certificate is over
	holds(seated, quality, 999, identity.DefaultQuorum)  // nobody is in office yet
	holds(seated, marketing, 1500, identity.DefaultQuorum)
	for _, kind := range []string{"DEMAND_CAPACITY", "COMMERCIAL", "another"} {
		holds(seated, kind, 1500, identity.DefaultQuorum)
	}
	pub := second.Public()
	grow(t, c, identity.KindRevokeKey, func(e *identity.Entry) { e.Revoke = &identity.Revocation{Key: pub[:], Reason: "left"} }, rootA, rootB)
	holds(c.Now(), quality, 1500, identity.DefaultQuorum)
	holds(seated, quality, 1500, own) // a view keeps what stood at its head
	appointed(t, c, 24, "CMO", 4, 2000)
	holds(c.Now(), marketing, 1500, "CMO and CFO")
	grow(t, c, identity.KindSetPolicy, func(e *identity.Entry) { e.Policy = &identity.Policy{TopicKind: marketing, Quorum: "COO"} }, rootA, rootB)
	if q, entry := c.Now().Quorum(marketing, 1500); q != "COO" || entry != c.Head() {
		t.Errorf("the company's own policy gives way to the default: %q", q)
	}
}

// Agreements name quorums in the printed form, defaults among them.
func TestDefaultsArePrinted(t *testing.T) {
	for _, kind := range []string{"DEMAND_CAPACITY", "JOINT_MARKETING", "QUALITY", "COMMERCIAL", "fork-resolve"} {
		quorum := identity.KindQuorum(kind)
		if p, err := sign.ParsePolicy(quorum); err != nil || p.String() != quorum {
			t.Errorf("%s: %q, %v", kind, quorum, err)
		}
	}
}
