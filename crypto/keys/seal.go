package keys

import (
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"golang.org/x/crypto/chacha20poly1305"
)

// SealPublic is an X25519 public key to which secrets are sealed. It is comparable.
type SealPublic [32]byte

// SealPrivate is an X25519 private key. It prints nothing of itself.
type SealPrivate struct{ key *ecdh.PrivateKey }

const (
	// MaxLabel and MaxWrapped bound what is sealed at once, in bytes: keys and short confidential notes.
	MaxLabel   = 128
	MaxWrapped = 1 << 20
	// WrapOverhead is by how many bytes a wrapped message is longer than the message.
	WrapOverhead = 32 + chacha20poly1305.Overhead
)

const wrapLabel = "kontor wrap v1 "

// AdmitSealPublic takes a public key from outside. It refuses what is not 32 bytes, an encoding at or above the field
// prime, and the points of small order, whose shared secret everybody knows.
func AdmitSealPublic(b []byte) (SealPublic, error) {
	if len(b) != len(SealPublic{}) {
		return SealPublic{}, fmt.Errorf("admit seal key: it has %d bytes, not %d", len(b), len(SealPublic{}))
	}
	if _, canonical := Public(b).coordinate(); !canonical || b[31]&0x80 != 0 {
		return SealPublic{}, fmt.Errorf("admit seal key %x: not a canonical encoding", b)
	}
	// Any scalar finds a point of small order, since every X25519 scalar is a multiple of eight.
	if _, err := agree(probe, SealPublic(b)); err != nil {
		return SealPublic{}, fmt.Errorf("admit seal key %x: %w", b, err)
	}
	return SealPublic(b), nil
}

var probe = func() SealPrivate {
	k, err := SealFromSeed(make([]byte, 32))
	if err != nil {
		panic("invariant: any 32 bytes are a seal key: " + err.Error())
	}
	return k
}()

// GenerateSeal makes a key from 32 bytes of rand, which must be unpredictable.
func GenerateSeal(rand io.Reader) (SealPrivate, error) {
	var seed [32]byte
	if _, err := io.ReadFull(rand, seed[:]); err != nil {
		return SealPrivate{}, fmt.Errorf("make seal key: read randomness: %w", err)
	}
	return SealFromSeed(seed[:])
}

// SealFromSeed makes the key that belongs to 32 bytes.
func SealFromSeed(seed []byte) (SealPrivate, error) {
	key, err := ecdh.X25519().NewPrivateKey(seed)
	if err != nil {
		return SealPrivate{}, fmt.Errorf("make seal key: the seed has %d bytes, not 32", len(seed))
	}
	return SealPrivate{key}, nil
}

// Defined reports whether k is a key.
func (k SealPrivate) Defined() bool { return k.key != nil }

// Public is the public half.
func (k SealPrivate) Public() SealPublic { return SealPublic(k.key.PublicKey().Bytes()) }

// Seed is the secret: 32 bytes from which [SealFromSeed] makes the key again.
func (k SealPrivate) Seed() []byte { return k.key.Bytes() }

// Format prints the same for every verb, so that no log or dump tells the secret.
func (k SealPrivate) Format(f fmt.State, _ rune) { io.WriteString(f, "private seal key") }

// MarshalText refuses: a private key belongs in a key file.
func (k SealPrivate) MarshalText() ([]byte, error) {
	return nil, errors.New("write private seal key: a private key belongs in a key file")
}

// Wrap seals message to the holder of to's private half. The label names the purpose; [Unwrap] must be given the same
// one, so that what was sealed for one purpose can't be passed off for another. The sender stays anonymous: who sealed
// it is for a signature around it to say.
//
// The box is the 32 bytes of an X25519 key made for this message and XChaCha20-Poly1305 over it, key and nonce from
// HKDF-SHA256 over the shared secret with both public keys as salt and the label as information.
func Wrap(rand io.Reader, to SealPublic, label string, message []byte) ([]byte, error) {
	if err := checkWrap(label, len(message)); err != nil {
		return nil, fmt.Errorf("wrap: %w", err)
	}
	once, err := GenerateSeal(rand)
	if err != nil {
		return nil, fmt.Errorf("wrap %q: %w", label, err)
	}
	from := once.Public()
	secret, err := agree(once, to)
	if err != nil {
		return nil, fmt.Errorf("wrap %q: %w", label, err)
	}
	box := make([]byte, 0, WrapOverhead+len(message))
	box = append(box, from[:]...)
	aead, nonce := wrapCipher(secret, from, to, label)
	return aead.Seal(box, nonce, message, nil), nil
}

// Unwrap opens what [Wrap] sealed to k's public half under the same label.
func Unwrap(k SealPrivate, label string, box []byte) ([]byte, error) {
	if len(box) < WrapOverhead {
		return nil, fmt.Errorf("unwrap %q: %d bytes are too few", clipLabel(label), len(box))
	}
	if err := checkWrap(label, len(box)-WrapOverhead); err != nil {
		return nil, fmt.Errorf("unwrap: %w", err)
	}
	from, err := AdmitSealPublic(box[:32])
	if err != nil {
		return nil, fmt.Errorf("unwrap %q: %w", label, err)
	}
	secret, err := agree(k, from)
	if err != nil {
		return nil, fmt.Errorf("unwrap %q: %w", label, err)
	}
	aead, nonce := wrapCipher(secret, from, k.Public(), label)
	message, err := aead.Open(nil, nonce, box[32:], nil)
	if err != nil {
		return nil, fmt.Errorf("unwrap %q: not sealed to this key for this purpose, or damaged", label)
	}
	return message, nil
}

func checkWrap(label string, size int) error {
	switch {
	case label == "" || len(label) > MaxLabel:
		return fmt.Errorf("the label %q is empty or longer than %d bytes", clipLabel(label), MaxLabel)
	case size > MaxWrapped:
		return fmt.Errorf("%d bytes for %q are more than %d", size, label, MaxWrapped)
	}
	return nil
}

func clipLabel(label string) string { return label[:min(len(label), MaxLabel)] }

// agree is the X25519 shared secret; a point of small order is an error.
func agree(k SealPrivate, with SealPublic) ([]byte, error) {
	point, err := ecdh.X25519().NewPublicKey(with[:])
	if err != nil {
		return nil, err
	}
	secret, err := k.key.ECDH(point)
	if err != nil {
		return nil, errors.New("a point of small order")
	}
	return secret, nil
}

func wrapCipher(secret []byte, from, to SealPublic, label string) (aead cipher.AEAD, nonce []byte) {
	salt := append(from[:], to[:]...)
	material, err := hkdf.Key(sha256.New, secret, salt, wrapLabel+label, chacha20poly1305.KeySize+chacha20poly1305.NonceSizeX)
	if err != nil {
		panic("invariant: HKDF gives 56 bytes: " + err.Error())
	}
	aead, err = chacha20poly1305.NewX(material[:chacha20poly1305.KeySize])
	if err != nil {
		panic("invariant: a key of 32 bytes is a key: " + err.Error())
	}
	return aead, material[chacha20poly1305.KeySize:]
}
