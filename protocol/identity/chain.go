package identity

import (
	"bytes"
	"errors"
	"fmt"

	"kontor/protocol/block"
	"kontor/protocol/bound"
)

// ErrFork says that two valid entries claim one place of an identity chain: the company is frozen at all its partners until
// people have compared fingerprints.
var ErrFork = errors.New("identity chain is forked")

// Chain is the verified identity chain of one company. It only grows; views of earlier heads stay valid.
type Chain struct {
	company   block.CID
	dualHat   bool
	envelopes []Envelope
	heads     []block.CID
	index     map[block.CID]int64
	keys      []grant
	policies  []policyAt
	profiles  []profileAt
	roots     RootSet
	rootSets  []rootsAt // every set there was, the first of the genesis
	next      []byte
}

type rootsAt struct {
	seq int64
	set RootSet
}

type grant struct {
	cert    Certificate
	added   int64
	revoked int64 // 0: not revoked; entry 0 is the genesis, so no key is revoked there
}

type policyAt struct {
	seq    int64
	policy Policy
}

type profileAt struct {
	seq     int64
	profile Profile
}

// Found verifies a genesis envelope and starts the chain of the company it founds.
func Found(env Envelope) (*Chain, error) {
	e, err := decodeEntry(env)
	if err != nil {
		return nil, err
	}
	if e.Kind != KindGenesis || e.Genesis == nil || e.Seq != 0 || e.Prev != nil || e.Company != nil {
		return nil, fmt.Errorf("identity chain does not begin with a genesis entry")
	}
	if err := e.Genesis.Check(); err != nil {
		return nil, err
	}
	counts, err := env.count(e.Genesis.Roots)
	if err != nil {
		return nil, fmt.Errorf("identity genesis: %w", err)
	}
	if int64(counts[0]) < e.Genesis.Threshold {
		return nil, fmt.Errorf("identity genesis is signed by %d of its roots; %d are needed", counts[0], e.Genesis.Threshold)
	}
	company, err := e.Genesis.CompanyID()
	if err != nil {
		return nil, err
	}
	c := &Chain{company: company, dualHat: e.Genesis.DualHat, index: map[block.CID]int64{},
		roots: RootSet{Roots: e.Genesis.Roots, Threshold: e.Genesis.Threshold}, next: e.Genesis.Next}
	c.rootSets = []rootsAt{{0, c.roots}}
	c.push(env)
	return c, nil
}

// Load verifies a whole chain.
func Load(envs []Envelope) (*Chain, error) {
	if len(envs) == 0 {
		return nil, fmt.Errorf("identity chain is empty")
	}
	c, err := Found(envs[0])
	if err != nil {
		return nil, err
	}
	for _, env := range envs[1:] {
		if err := c.Append(env); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Append verifies the next entry and adds it. An entry that is already there changes nothing; a different one for a place that is taken
// is ErrFork; on any error the chain is unchanged.
func (c *Chain) Append(env Envelope) error {
	if _, known := c.index[env.CID()]; known {
		return nil
	}
	e, err := decodeEntry(env)
	if err != nil {
		return err
	}
	if e.Company == nil || *e.Company != c.company {
		return fmt.Errorf("identity entry is not of company %s", c.company)
	}
	if e.Seq < int64(len(c.envelopes)) {
		if err := c.verifySignatures(env, e); err != nil {
			return err
		}
		return fmt.Errorf("%w: company %s, place %d: compare fingerprints by telephone before going on", ErrFork, c.company.Short(), e.Seq)
	}
	if e.Seq != int64(len(c.envelopes)) || e.Prev == nil || *e.Prev != c.Head() {
		return fmt.Errorf("identity entry %d does not follow the head %d of the chain", e.Seq, len(c.envelopes)-1)
	}
	if e.Seq >= MaxChain {
		return bound.Errorf(bound.IdentityChain, "identity chain has %d entries; at most %d are allowed", e.Seq, MaxChain)
	}
	if err := c.verifySignatures(env, e); err != nil {
		return err
	}
	if err := c.apply(e); err != nil {
		return fmt.Errorf("identity entry %d (%s): %w", e.Seq, e.Kind, err)
	}
	c.push(env)
	return nil
}

func (c *Chain) verifySignatures(env Envelope, e Entry) error {
	sets := [][][]byte{c.roots.Roots}
	need := []int64{c.roots.Threshold}
	if e.Kind == KindRotateRoot && e.Rotate != nil {
		sets, need = append(sets, e.Rotate.Set.Roots), append(need, e.Rotate.Set.Threshold)
	}
	counts, err := env.count(sets...)
	if err != nil {
		return fmt.Errorf("identity entry %d: %w", e.Seq, err)
	}
	for i := range sets {
		if int64(counts[i]) < need[i] {
			return fmt.Errorf("identity entry %d is signed by %d roots; %d are needed", e.Seq, counts[i], need[i])
		}
	}
	return nil
}

func (c *Chain) apply(e Entry) error {
	switch e.Kind {
	case KindAddKey:
		if err := e.Cert.Check(c.company); err != nil {
			return err
		}
		roles := 0
		for _, g := range c.keys {
			if bytes.Equal(g.cert.Key, e.Cert.Key) {
				return fmt.Errorf("key is in the chain already; one key has one usage, once")
			}
			if g.revoked == 0 && g.cert.Role != "" {
				roles++
			}
		}
		if e.Cert.Role != "" && roles >= MaxRoleKeys {
			return bound.Errorf(bound.Officers, "company has %d officers' keys; at most %d are allowed", roles, MaxRoleKeys)
		}
		c.keys = append(c.keys, grant{cert: *e.Cert, added: e.Seq})
	case KindRevokeKey:
		for i := range c.keys {
			if bytes.Equal(c.keys[i].cert.Key, e.Revoke.Key) && c.keys[i].revoked == 0 {
				c.keys[i].revoked = e.Seq
				return nil
			}
		}
		return fmt.Errorf("key to revoke is not in force")
	case KindRotateRoot:
		if err := checkRoots(e.Rotate.Set.Roots, e.Rotate.Set.Threshold); err != nil {
			return err
		}
		hash, err := RootSetHash(e.Rotate.Set)
		if err != nil {
			return err
		}
		if !bytes.Equal(hash, c.next) {
			return fmt.Errorf("new root set is not the one committed to before")
		}
		if len(e.Rotate.Next) != 32 {
			return fmt.Errorf("hash of the following root set has %d bytes instead of 32", len(e.Rotate.Next))
		}
		c.roots, c.next = e.Rotate.Set, e.Rotate.Next
		c.rootSets = append(c.rootSets, rootsAt{e.Seq, c.roots})
	case KindSetPolicy:
		if err := c.checkPolicy(*e.Policy); err != nil {
			return err
		}
		c.policies = append(c.policies, policyAt{e.Seq, *e.Policy})
	case KindSetProfile:
		if err := CheckName(e.Profile.Name); err != nil {
			return err
		}
		c.profiles = append(c.profiles, profileAt{e.Seq, *e.Profile})
	}
	return nil
}

func (c *Chain) push(env Envelope) {
	id := env.CID()
	c.index[id] = int64(len(c.envelopes))
	c.envelopes = append(c.envelopes, env)
	c.heads = append(c.heads, id)
}

// Company is the CompanyID.
func (c *Chain) Company() block.CID { return c.company }

// Head is the CID of the newest entry.
func (c *Chain) Head() block.CID { return c.heads[len(c.heads)-1] }

// Len is the number of entries.
func (c *Chain) Len() int64 { return int64(len(c.envelopes)) }

// From lists the envelopes from a place on, for a partner that holds fewer.
func (c *Chain) From(seq int64) []Envelope {
	if seq < 0 || seq >= c.Len() {
		return nil
	}
	return c.envelopes[seq:]
}

// Next builds the frame of the entry that would follow now; the caller fills in kind and content and signs.
func (c *Chain) Next(kind string) Entry {
	company, head := c.company, c.Head()
	return Entry{V: 1, Company: &company, Seq: c.Len(), Prev: &head, Kind: kind}
}

// decodeEntry reads and checks the form of an envelope's entry; nothing about signatures.
func decodeEntry(env Envelope) (Entry, error) {
	if len(env.Entry) > MaxEntryBytes {
		return Entry{}, bound.Errorf(bound.IdentityEntry, "identity entry has %d bytes; at most %d are allowed", len(env.Entry), MaxEntryBytes)
	}
	var e Entry
	if err := block.Unmarshal(env.Entry, &e); err != nil {
		return Entry{}, fmt.Errorf("identity entry: %w", err)
	}
	if e.V != 1 {
		return Entry{}, fmt.Errorf("identity entry: version %d is unknown; this program reads version 1", e.V)
	}
	set := map[string]bool{KindGenesis: e.Genesis != nil, KindAddKey: e.Cert != nil, KindRevokeKey: e.Revoke != nil,
		KindRotateRoot: e.Rotate != nil, KindSetPolicy: e.Policy != nil, KindSetProfile: e.Profile != nil, KindCheckpoint: true}
	if !set[e.Kind] {
		return Entry{}, fmt.Errorf("identity entry of kind %q lacks its content, or the kind is unknown", e.Kind)
	}
	n := 0
	for kind, present := range set {
		if present && kind != KindCheckpoint {
			n++
		}
	}
	if want := 1; (e.Kind == KindCheckpoint && n != 0) || (e.Kind != KindCheckpoint && n != want) {
		return Entry{}, fmt.Errorf("identity entry of kind %q carries the content of another kind", e.Kind)
	}
	return e, nil
}
