// Package identity says who a company is and which keys speak for it.
//
// A company is the CID of its [Genesis]. Its identity [Chain] is append-only and signed by the threshold of its root keys: it adds
// and revokes certified keys, sets quorum policies and the public profile. A [View] is the chain as it stood at one head: every
// signature in a feed is judged by the view its entry names, so a later revocation never changes the past.
//
// The chain says that a key is revoked, never where: the position is the first feed entry whose id_head covers the
// revocation (PROTOCOL 2).
package identity

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"

	"kontor/crypto/keys"
	"kontor/protocol/block"
)

// Bounds of an identity. Sixteen roots serve any board; the rest is PROTOCOL 9.
const (
	MaxRoots      = 16
	MaxEntryBytes = 4 << 10
	MaxChain      = 10_000
	MaxRoleKeys   = 64
	NonceSize     = 16
	PersonSize    = 16
)

// Genesis is the root of a company's identity; its CID is the CompanyID.
type Genesis struct {
	V         int64    `cbor:"v"`
	Roots     [][]byte `cbor:"roots"`              // Ed25519 public keys, ascending, 32 bytes each
	Threshold int64    `cbor:"threshold"`          // how many of them must sign an entry of the chain
	Next      []byte   `cbor:"next"`               // SHA-256 of the canonical next root set (see RootSetHash)
	Recovery  []byte   `cbor:"recovery,omitempty"` // a public key that may be named for recovery
	DualHat   bool     `cbor:"dual_hat"`           // one person may hold several roles
	Nonce     []byte   `cbor:"nonce"`              // 16 random bytes
}

// Check tells why a genesis is not well formed.
func (g Genesis) Check() error {
	if g.V != 1 {
		return fmt.Errorf("identity genesis: version %d is unknown; this program reads version 1", g.V)
	}
	if err := checkRoots(g.Roots, g.Threshold); err != nil {
		return fmt.Errorf("identity genesis: %w", err)
	}
	if len(g.Next) != sha256.Size {
		return fmt.Errorf("identity genesis: hash of the next root set has %d bytes instead of 32", len(g.Next))
	}
	if len(g.Nonce) != NonceSize {
		return fmt.Errorf("identity genesis: nonce has %d bytes instead of %d", len(g.Nonce), NonceSize)
	}
	if len(g.Recovery) > 0 {
		if _, err := keys.AdmitPublic(g.Recovery); err != nil {
			return fmt.Errorf("identity genesis: recovery key: %w", err)
		}
	}
	return nil
}

func checkRoots(roots [][]byte, threshold int64) error {
	if len(roots) == 0 || len(roots) > MaxRoots {
		return fmt.Errorf("%d root keys; 1 to %d are allowed", len(roots), MaxRoots)
	}
	if threshold < 1 || threshold > int64(len(roots)) {
		return fmt.Errorf("threshold %d of %d root keys can't be met", threshold, len(roots))
	}
	for i, root := range roots {
		if _, err := keys.AdmitPublic(root); err != nil {
			return fmt.Errorf("root key %d: %w", i, err)
		}
		if i > 0 && bytes.Compare(roots[i-1], root) >= 0 {
			return fmt.Errorf("root keys are not in ascending order without repetition at %d", i)
		}
	}
	return nil
}

// RootSet is what a rotation brings in and what Genesis.Next commits to.
type RootSet struct {
	Roots     [][]byte `cbor:"roots"`
	Threshold int64    `cbor:"threshold"`
}

// RootSetHash is the commitment to a future root set: whoever steals today's roots can't invent tomorrow's.
func RootSetHash(set RootSet) ([]byte, error) {
	data, err := block.Marshal(set)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	return sum[:], nil
}

// NewGenesis makes the genesis of a company with the given root keys (any order).
func NewGenesis(rand io.Reader, roots []keys.Public, threshold int64, next RootSet, dualHat bool) (Genesis, error) {
	nonce := make([]byte, NonceSize)
	if _, err := io.ReadFull(rand, nonce); err != nil {
		return Genesis{}, fmt.Errorf("read randomness for the genesis nonce: %w", err)
	}
	nextHash, err := RootSetHash(next)
	if err != nil {
		return Genesis{}, err
	}
	g := Genesis{V: 1, Threshold: threshold, Next: nextHash, DualHat: dualHat, Nonce: nonce}
	for _, root := range roots {
		g.Roots = append(g.Roots, bytes.Clone(root[:]))
	}
	sortKeys(g.Roots)
	return g, g.Check()
}

// CompanyID is the company this genesis founds.
func (g Genesis) CompanyID() (block.CID, error) {
	b, err := block.New(g)
	return b.CID, err
}
