package identity

import (
	"bytes"
	"fmt"

	"kontor/crypto/keys"
	"kontor/crypto/sign"
	"kontor/protocol/block"
)

// EntryKind labels the root signatures of a chain entry.
const EntryKind = "identity"

// Kinds of chain entries.
const (
	KindGenesis    = "genesis"
	KindAddKey     = "add_key"
	KindRevokeKey  = "revoke_key"
	KindRotateRoot = "rotate_root"
	KindSetPolicy  = "set_policy"
	KindSetProfile = "set_profile"
	KindCheckpoint = "checkpoint"
)

// Entry is one step of an identity chain. Exactly the field its kind names is set.
type Entry struct {
	V       int64        `cbor:"v"`
	Company *block.CID   `cbor:"company,omitempty"` // absent in the genesis entry, which defines it
	Seq     int64        `cbor:"seq"`
	Prev    *block.CID   `cbor:"prev,omitempty"`
	Kind    string       `cbor:"kind"`
	Genesis *Genesis     `cbor:"genesis,omitempty"`
	Cert    *Certificate `cbor:"cert,omitempty"`
	Revoke  *Revocation  `cbor:"revoke,omitempty"`
	Rotate  *Rotation    `cbor:"rotate,omitempty"`
	Policy  *Policy      `cbor:"policy,omitempty"`
	Profile *Profile     `cbor:"profile,omitempty"`
}

// Revocation ends a key.
type Revocation struct {
	Key    []byte `cbor:"key"`
	Reason string `cbor:"reason"`
}

// Rotation replaces the roots. It needs the old and the new threshold and must match the pre-committed set.
type Rotation struct {
	Set  RootSet `cbor:"set"`
	Next []byte  `cbor:"next"` // commitment to the set after this one
}

// Profile is what a company says about itself to partners.
type Profile struct {
	Name string `cbor:"name"` // see CheckName
}

// Envelope is an entry as it travels: the exact signed bytes and the root signatures, ascending by key.
type Envelope struct {
	Entry      []byte          `cbor:"entry"`
	Signatures []RootSignature `cbor:"sigs"`
}

// RootSignature is one root's signature over the entry bytes.
type RootSignature struct {
	Key []byte `cbor:"key"`
	Sig []byte `cbor:"sig"`
}

// Place is the place in the chain that the entry claims; -1 when it does not decode.
func (e Envelope) Place() int64 {
	entry, err := decodeEntry(e)
	if err != nil {
		return -1
	}
	return entry.Seq
}

// SignEntry makes the envelope of an entry with the given roots.
func SignEntry(e Entry, roots []keys.Private) (Envelope, error) {
	data, err := block.Marshal(e)
	if err != nil {
		return Envelope{}, err
	}
	if len(data) > MaxEntryBytes {
		return Envelope{}, fmt.Errorf("identity entry has %d bytes; at most %d are allowed", len(data), MaxEntryBytes)
	}
	env := Envelope{Entry: data, Signatures: []RootSignature{}}
	byKey := map[keys.Public]keys.Private{}
	var order [][]byte
	for _, root := range roots {
		pub := root.Public()
		if _, twice := byKey[pub]; twice {
			return Envelope{}, fmt.Errorf("root key %s would sign twice", pub.ID())
		}
		byKey[pub] = root
		order = append(order, bytes.Clone(pub[:]))
	}
	sortKeys(order)
	for _, k := range order {
		env.Signatures = append(env.Signatures, RootSignature{Key: k, Sig: sign.Sign(byKey[keys.Public(k)], EntryKind, data)})
	}
	return env, nil
}

// CID identifies the entry by its signed bytes, whoever of the roots signed them.
func (e Envelope) CID() block.CID { return block.Sum(e.Entry) }

// count verifies the signatures against a root set and returns how many distinct roots of it signed. A signature by anyone
// else, a repeated one or a false one makes the whole envelope invalid.
func (e Envelope) count(allowed ...[][]byte) ([]int, error) {
	if len(e.Signatures) > 2*MaxRoots {
		return nil, fmt.Errorf("identity entry has %d signatures; at most %d are allowed", len(e.Signatures), 2*MaxRoots)
	}
	counts := make([]int, len(allowed))
	for i, s := range e.Signatures {
		if i > 0 && bytes.Compare(e.Signatures[i-1].Key, s.Key) >= 0 {
			return nil, fmt.Errorf("signatures are not in ascending order of keys without repetition at %d", i)
		}
		known := false
		for n, set := range allowed {
			for _, root := range set {
				if bytes.Equal(root, s.Key) {
					counts[n]++
					known = true
				}
			}
		}
		if !known {
			return nil, fmt.Errorf("signature %d is by a key that is no root of this company", i)
		}
		pub, err := keys.AdmitPublic(s.Key)
		if err != nil {
			return nil, err
		}
		if err := sign.Verify(pub, EntryKind, e.Entry, s.Sig); err != nil {
			return nil, fmt.Errorf("signature %d: %w", i, err)
		}
	}
	return counts, nil
}
