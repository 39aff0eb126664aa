package keys

import (
	"crypto/ed25519"
	"fmt"
	"io"
)

// Private is an Ed25519 private key. It prints as the ID of its public key; its secret leaves only by [Private.Seed].
// The zero value signs nothing: using it panics.
type Private struct{ key ed25519.PrivateKey }

// Generate makes a key from 32 bytes of rand, which must be unpredictable.
func Generate(rand io.Reader) (Private, error) {
	var seed [SeedSize]byte
	if _, err := io.ReadFull(rand, seed[:]); err != nil {
		return Private{}, fmt.Errorf("make private key: read randomness: %w", err)
	}
	return FromSeed(seed[:])
}

// FromSeed makes the key that belongs to a seed of 32 bytes (RFC 8032, section 5.1.5).
func FromSeed(seed []byte) (Private, error) {
	if len(seed) != SeedSize {
		return Private{}, fmt.Errorf("make private key: the seed has %d bytes, not %d", len(seed), SeedSize)
	}
	return Private{ed25519.NewKeyFromSeed(seed)}, nil
}

// Defined reports whether k is a key.
func (k Private) Defined() bool { return k.key != nil }

// Public is the public half.
func (k Private) Public() Public { return Public(k.key.Public().(ed25519.PublicKey)) }

// Seed is the secret: 32 bytes from which [FromSeed] makes the key again.
func (k Private) Seed() []byte { return k.key.Seed() }

// Sign signs message. The same key and message give the same signature.
func (k Private) Sign(message []byte) [SignatureSize]byte {
	return [SignatureSize]byte(ed25519.Sign(k.key, message))
}

// String names the key without telling it.
func (k Private) String() string {
	if !k.Defined() {
		return "no private key"
	}
	return "private key of " + k.Public().String()
}

// Format prints the same for every verb, so that no log or dump tells the secret.
func (k Private) Format(f fmt.State, _ rune) { io.WriteString(f, k.String()) }

// MarshalText refuses: a private key belongs in a key file.
func (k Private) MarshalText() ([]byte, error) {
	return nil, fmt.Errorf("write %v: a private key belongs in a key file", k)
}
