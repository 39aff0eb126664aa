package node

import (
	"errors"
	"slices"

	"kontor/protocol/block"
	"kontor/protocol/identity"
	"kontor/store"
)

// A company whose identity chain shows two histories is frozen here, durably, until a person has compared fingerprints with it and
// says that the history held is its own (PROTOCOL 2). What was found and who thawed it when stays as a record.

// frozenPrefix stands before a company in the private rows.
const frozenPrefix = "frozen/"

// Freeze is what is recorded of a company's second history.
type Freeze struct {
	Since int64 `cbor:"since"` // ms UTC, first found
	// Ours and Other prove it: two entries, both signed by the roots, for one place of the chain.
	Ours  identity.Envelope `cbor:"ours"`
	Other identity.Envelope `cbor:"other"`
	// Thawed is when a person decided; 0: frozen still.
	Thawed      int64  `cbor:"thawed"`
	By          string `cbor:"by"`
	Fingerprint string `cbor:"fingerprint"` // as the person read it out
	// Rejected are entries of other histories that were found false: they freeze no more.
	Rejected []block.CID `cbor:"rejected"`
}

// MaxRejected bounds the entries of false histories remembered of one company: each was signed by its roots.
const MaxRejected = 64

func (n *Node) loadFrozen(kv store.KV) error {
	return PrivateRows{kv}.Scan(frozenPrefix, func(key string, decode func(any) error) (bool, error) {
		var f Freeze
		if err := decode(&f); err != nil {
			return false, err
		}
		company, err := block.ParseCID(key)
		n.frozen[company] = err == nil && f.Thawed == 0
		return true, err
	})
}

// Freezes reads what is recorded of a company's second history; false when it never had one here.
func (n *Node) Freezes(company block.CID) (f Freeze, found bool, err error) {
	err = n.ReadPrivate(func(rows PrivateRows) (err error) {
		found, err = rows.Get(frozenPrefix+company.String(), &f)
		return err
	})
	return f, found, err
}

// secondHistory finds the entry among more that claims a taken place of a chain, and freezes the company; nil when that entry was found false
// before. more are entries that the chain does not hold.
func (n *Node) secondHistory(company block.CID, have, more []identity.Envelope, forked error) error {
	chain, err := identity.Load(have)
	if err != nil {
		return forked // what came first was forked in itself: nothing of it was held
	}
	for _, other := range more {
		if err := chain.Append(other); !errors.Is(err, identity.ErrFork) {
			if err != nil {
				return err
			}
			continue
		}
		ours := chain.From(other.Place())
		if len(ours) == 0 {
			return forked
		}
		return n.freeze(company, ours[0], other, forked)
	}
	return forked
}

func (n *Node) freeze(company block.CID, ours, other identity.Envelope, forked error) error {
	rejected := false
	err := n.Private(func(rows PrivateRows) error {
		f := Freeze{Since: n.Now(), Rejected: []block.CID{}}
		found, err := rows.Get(frozenPrefix+company.String(), &f)
		if err != nil {
			return err
		}
		if rejected = slices.Contains(f.Rejected, other.CID()); rejected || found && f.Thawed == 0 {
			return nil
		}
		f.Ours, f.Other, f.Thawed = ours, other, 0
		return rows.Put(frozenPrefix+company.String(), f)
	})
	if err != nil {
		return err
	}
	if rejected {
		return nil
	}
	n.mu.Lock()
	known := n.frozen[company]
	n.frozen[company] = true
	n.mu.Unlock()
	if !known {
		n.log.Error("identity chain forked: compare fingerprints by telephone, then run kontor partner thaw", "company", company.Short())
	}
	return forked
}

// Thaw records that a person compared fingerprints with a company and found the history held here to be its own. fingerprintOf computes what that
// person must have read out; by names who says so.
func (n *Node) Thaw(company block.CID, fingerprint, by string, fingerprintOf func(*identity.Chain) string) (f Freeze, err error) {
	n.learning.Lock()
	defer n.learning.Unlock()
	chain := n.Chain(company)
	if !n.Frozen(company) || chain == nil {
		return f, Failf("NOT_FROZEN", "the identity of %s is not frozen here", n.CompanyName(company))
	}
	if want := fingerprintOf(chain); fingerprint != want {
		return f, Failf("OTHER_FINGERPRINT", "the fingerprint is not that of the history held here, %s: if the company reads out another one, its own history is not the one held; "+
			"write nothing more with it and end the partnership", want)
	}
	err = n.Private(func(rows PrivateRows) error {
		if _, err := rows.Get(frozenPrefix+company.String(), &f); err != nil {
			return err
		}
		if len(f.Rejected) >= MaxRejected {
			return Failf("LIMIT_HISTORIES", "%d false histories of this company were found: its root keys are in other hands; end the partnership", MaxRejected)
		}
		f.Thawed, f.By, f.Fingerprint = n.Now(), by, fingerprint
		f.Rejected = append(f.Rejected, f.Other.CID())
		return rows.Put(frozenPrefix+company.String(), f)
	})
	if err != nil {
		return f, err
	}
	n.mu.Lock()
	delete(n.frozen, company)
	n.mu.Unlock()
	n.log.Warn("identity thawed after people compared fingerprints", "company", company.Short(), "by", by)
	for _, p := range n.Partnerships() {
		n.owe(p.PID)
	}
	return f, nil
}
