package identity_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"kontor/crypto/keys"
	"kontor/protocol/block"
	"kontor/protocol/identity"
)

// TestThresholdOfRoots: every entry needs the threshold, each root once, nobody else.
func TestThresholdOfRoots(t *testing.T) {
	c := founded(t)
	profile := func(e *identity.Entry) { e.Profile = &identity.Profile{Name: "agency"} }
	for name, roots := range map[string][]byte{"one of two": {rootA}, "none": {}, "one and a stranger": {rootA, stranger}, "the next set": {nextA, nextB}} {
		before := c.Head()
		if err := c.Append(entry(t, c, identity.KindSetProfile, profile, roots...)); err == nil || c.Head() != before {
			t.Errorf("%s: accepted", name)
		}
	}
	twice := entry(t, c, identity.KindSetProfile, profile, rootA)
	twice.Signatures = append(twice.Signatures, twice.Signatures[0])
	if err := c.Append(twice); err == nil {
		t.Error("one root signing twice counts as two")
	}
	grow(t, c, identity.KindSetProfile, profile, rootB, rootC)
	if c.Now().Name() != "agency" {
		t.Errorf("name %q", c.Now().Name())
	}
}

// TestRotation needs the old and the new threshold and the set committed to before; afterwards the old roots sign nothing.
func TestRotation(t *testing.T) {
	c := founded(t)
	next := rootSet(t, 2, key(t, nextA), key(t, nextB))
	rotate := func(set identity.RootSet) func(*identity.Entry) {
		return func(e *identity.Entry) { e.Rotate = &identity.Rotation{Set: set, Next: make([]byte, 32)} }
	}
	for name, try := range map[string]identity.Envelope{
		"old roots alone":                 entry(t, c, identity.KindRotateRoot, rotate(next), rootA, rootB),
		"new roots alone":                 entry(t, c, identity.KindRotateRoot, rotate(next), nextA, nextB),
		"one new root":                    entry(t, c, identity.KindRotateRoot, rotate(next), rootA, rootB, nextA),
		"a set that was not committed to": entry(t, c, identity.KindRotateRoot, rotate(rootSet(t, 1, key(t, stranger))), rootA, rootB, stranger),
	} {
		if err := c.Append(try); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	grow(t, c, identity.KindRotateRoot, rotate(next), rootA, rootB, nextA, nextB)
	if err := c.Append(entry(t, c, identity.KindCheckpoint, nil, rootA, rootB)); err == nil {
		t.Error("the old roots still sign")
	}
	grow(t, c, identity.KindCheckpoint, nil, nextA, nextB)
}

// TestViewsAreOfTheirHead: a revocation never changes the past, and a validity period is judged at the time asked.
func TestViewsAreOfTheirHead(t *testing.T) {
	c := founded(t)
	grow(t, c, identity.KindAddKey, func(e *identity.Entry) { cert := certificate(t, c, key(t, cfo), keys.Role, "CFO"); e.Cert = &cert }, rootA, rootB)
	with := c.Now()
	pub := key(t, cfo).Public()
	grow(t, c, identity.KindRevokeKey, func(e *identity.Entry) { e.Revoke = &identity.Revocation{Key: pub[:], Reason: "left"} }, rootA, rootB)
	grow(t, c, identity.KindSetPolicy, func(e *identity.Entry) { e.Policy = &identity.Policy{TopicKind: "DEMAND_CAPACITY", Quorum: "COO"} }, rootA, rootB)
	for _, x := range []struct {
		view  identity.View
		usage keys.Usage
		t     int64
		ok    bool
	}{{with, keys.Role, 1000, true}, {with, keys.Role, 2000, true}, {with, keys.Role, 999, false}, {with, keys.Role, 2001, false}, {with, keys.Role, 0, true},
		{with, keys.Feed, 1500, false}, {c.Now(), keys.Role, 1500, false}} {
		if _, ok := x.view.Key(pub[:], x.usage, x.t); ok != x.ok {
			t.Errorf("view %d, %s at %d: %t", x.view.Seq(), x.usage, x.t, ok)
		}
	}
	if q, at := with.Quorum("DEMAND_CAPACITY", 1500); q != identity.DefaultQuorum || at != c.From(0)[0].CID() {
		t.Errorf("quorum before the policy: %q", q)
	}
	if q, at := c.Now().Quorum("DEMAND_CAPACITY", 1500); q != "COO" || at != c.Head() {
		t.Errorf("quorum after the policy: %q", q)
	}
	again := certificate(t, c, key(t, cfo), keys.Role, "CFO")
	if err := c.Append(entry(t, c, identity.KindAddKey, func(e *identity.Entry) { e.Cert = &again }, rootA, rootB)); err == nil {
		t.Error("a revoked key comes back")
	}
}

// TestPoliciesArePrinted: a quorum stands in the chain as it prints, which is how agreements name it.
func TestPoliciesArePrinted(t *testing.T) {
	c := founded(t)
	policy := func(quorum string) identity.Envelope {
		return entry(t, c, identity.KindSetPolicy, func(e *identity.Entry) { e.Policy = &identity.Policy{TopicKind: "DEMAND_CAPACITY", Quorum: quorum} }, rootA, rootB)
	}
	for _, quorum := range []string{"coo and cfo", "COO  and CFO", "(COO)", "CEO or CFO", "one of (CEO, CFO)", "", "CIO"} {
		if err := c.Append(policy(quorum)); err == nil || c.Len() != 1 {
			t.Errorf("%q: accepted", quorum)
		}
	}
	if err := c.Append(policy("coo and cfo")); err == nil || !strings.Contains(err.Error(), `"COO and CFO" is right`) {
		t.Errorf("the refusal does not say what is right: %v", err)
	}
	if err := c.Append(policy("COO and 1 of (CFO, CTO)")); err != nil {
		t.Error(err)
	}
}

// TestNamesArePlain: what a company calls itself can't deceive on a partner's screen.
func TestNamesArePlain(t *testing.T) {
	c := founded(t)
	name := func(name string) error {
		return c.Append(entry(t, c, identity.KindSetProfile, func(e *identity.Entry) { e.Profile = &identity.Profile{Name: name} }, rootA, rootB))
	}
	for _, bad := range []string{"", " agency", "agency ", "agency\n", "a\x1b[2Jb", "a\u202eycnega", "a\u200bgency", "a\u2066b", "\ufeffagency", "a\u2028b", strings.Repeat("x", identity.MaxName+1)} {
		if err := name(bad); err == nil || c.Len() != 1 {
			t.Errorf("%+q: accepted", bad)
		}
	}
	for i, good := range []string{"Relief Agency", "Société d'Abidjan", "مخزن الأدوية", "製薬"} {
		if err := name(good); err != nil || c.Len() != int64(i+2) {
			t.Errorf("%q: %v", good, err)
		}
	}
}

// TestBadCertificates never enter a chain.
func TestBadCertificates(t *testing.T) {
	c := founded(t)
	good := certificate(t, c, key(t, cfo), keys.Role, "CFO")
	for name, change := range map[string]func(*identity.Certificate){
		"another company":        func(x *identity.Certificate) { x.Company = block.Sum([]byte("x")) },
		"ends before it begins":  func(x *identity.Certificate) { x.Until = x.From },
		"unknown role":           func(x *identity.Certificate) { x.Role = "CIO" },
		"no person":              func(x *identity.Certificate) { x.Person = nil },
		"unknown usage":          func(x *identity.Certificate) { x.Usage = "mandate" },
		"a root's usage":         func(x *identity.Certificate) { x.Usage = "root" },
		"no proof":               func(x *identity.Certificate) { x.Proof = nil },
		"proof of another":       func(x *identity.Certificate) { x.Role = "COO" },
		"a limit below zero":     func(x *identity.Certificate) { x.Limit = &identity.Amount{Minor: -1, Currency: "EUR"} },
		"a key of small order":   func(x *identity.Certificate) { x.Key = append([]byte{1}, make([]byte, 31)...) },
		"a feed key with a role": func(x *identity.Certificate) { x.Usage = "feed" },
	} {
		cert := good
		change(&cert)
		if err := c.Append(entry(t, c, identity.KindAddKey, func(e *identity.Entry) { e.Cert = &cert }, rootA, rootB)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if c.Len() != 1 {
		t.Errorf("the chain has %d entries", c.Len())
	}
}

// TestForkedChain: two valid entries for one place freeze the company; the chain held stays as it was (SEC-27).
func TestForkedChain(t *testing.T) {
	c := founded(t)
	other := entry(t, c, identity.KindSetProfile, func(e *identity.Entry) { e.Profile = &identity.Profile{Name: "b"} }, rootA, rootB)
	unsigned := entry(t, c, identity.KindSetProfile, func(e *identity.Entry) { e.Profile = &identity.Profile{Name: "c"} }, rootA)
	grow(t, c, identity.KindSetProfile, func(e *identity.Entry) { e.Profile = &identity.Profile{Name: "a"} }, rootA, rootB)
	if err := c.Append(other); !errors.Is(err, identity.ErrFork) {
		t.Errorf("got %v", err)
	}
	if err := c.Append(unsigned); err == nil || errors.Is(err, identity.ErrFork) {
		t.Errorf("an entry without the threshold is no fork: %v", err)
	}
	if c.Now().Name() != "a" || c.Len() != 2 {
		t.Error("the chain changed")
	}
	if err := c.Append(c.From(1)[0]); err != nil {
		t.Errorf("an entry held already: %v", err)
	}
}

// TestLoadIsAppend: a chain read again gives the same company, head and views; a broken one gives nothing.
func TestLoadIsAppend(t *testing.T) {
	c := founded(t)
	cert := certificate(t, c, key(t, feedKey), keys.Feed, "")
	grow(t, c, identity.KindAddKey, func(e *identity.Entry) { e.Cert = &cert }, rootA, rootB)
	grow(t, c, identity.KindCheckpoint, nil, rootB, rootC)
	again, err := identity.Load(c.From(0))
	if err != nil || again.Company() != c.Company() || again.Head() != c.Head() {
		t.Fatalf("%v", err)
	}
	if k, ok := again.Now().FeedKey(); !ok || k != key(t, feedKey).Public() {
		t.Error("the feed key is another")
	}
	envs := append([]identity.Envelope{}, c.From(0)...)
	for name, list := range map[string][]identity.Envelope{"nothing": {}, "without its genesis": envs[1:], "with a gap": {envs[0], envs[2]}, "backwards": {envs[0], envs[2], envs[1]}} {
		if got, err := identity.Load(list); err == nil || got != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestEveryByteOfAnIdentityEntryCounts (FUZ-2).
func TestEveryByteOfAnIdentityEntryCounts(t *testing.T) {
	c := founded(t)
	env := entry(t, c, identity.KindSetProfile, func(e *identity.Entry) { e.Profile = &identity.Profile{Name: "agency"} }, rootA, rootB)
	for i := range env.Entry {
		bad := env
		bad.Entry = bytes.Clone(env.Entry)
		bad.Entry[i] ^= 1
		if err := c.Append(bad); err == nil {
			t.Fatalf("byte %d altered: accepted", i)
		}
	}
	for i := range env.Signatures {
		for j := range env.Signatures[i].Sig {
			bad := env
			bad.Signatures = append([]identity.RootSignature{}, env.Signatures...)
			bad.Signatures[i].Sig = bytes.Clone(env.Signatures[i].Sig)
			bad.Signatures[i].Sig[j] ^= 1
			if err := c.Append(bad); err == nil {
				t.Fatalf("byte %d of signature %d altered: accepted", j, i)
			}
		}
	}
}

// FuzzEnvelope: whatever arrives, a chain is founded on exactly these bytes or not at all.
func FuzzEnvelope(f *testing.F) {
	c := founded(f)
	cert := certificate(f, c, key(f, feedKey), keys.Feed, "")
	grow(f, c, identity.KindAddKey, func(e *identity.Entry) { e.Cert = &cert }, rootA, rootB)
	for _, env := range c.From(0) {
		data, err := block.Marshal(env)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		f.Add(data[:len(data)-3])
	}
	genesis := c.From(0)[0]
	f.Fuzz(func(t *testing.T, data []byte) {
		var env identity.Envelope
		if block.Unmarshal(data, &env) != nil {
			return
		}
		again, err := block.Marshal(env)
		if err != nil || !bytes.Equal(again, data) {
			t.Fatalf("an envelope writes other bytes: %v", err)
		}
		if got, err := identity.Found(env); err != nil && got != nil {
			t.Fatal("an error came with a chain")
		}
		chain, err := identity.Load([]identity.Envelope{genesis})
		if err != nil {
			t.Fatal(err)
		}
		before := chain.Head()
		if err := chain.Append(env); err != nil && chain.Head() != before {
			t.Fatal("a refused entry changed the chain")
		}
	})
}

// TestErrorsNameTheActor: people act on these sentences.
func TestErrorsNameTheActor(t *testing.T) {
	c := founded(t)
	other := entry(t, c, identity.KindCheckpoint, nil, rootA, rootB)
	grow(t, c, identity.KindCheckpoint, nil, rootB, rootC) // same bytes, other signatures: one entry
	if err := c.Append(other); err != nil {
		t.Errorf("the same entry signed by other roots is the same entry: %v", err)
	}
	err := c.Append(identity.Envelope{Entry: make([]byte, identity.MaxEntryBytes+1)})
	if err == nil || !strings.Contains(err.Error(), "4096") {
		t.Errorf("got %v", err)
	}
}
