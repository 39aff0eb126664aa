package keys

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"math/big"
)

// PublicSize, SeedSize and SignatureSize are lengths in bytes.
const (
	PublicSize    = ed25519.PublicKeySize
	SeedSize      = ed25519.SeedSize
	SignatureSize = ed25519.SignatureSize
)

// Public is an Ed25519 public key. Only [AdmitPublic] and [Private.Public] vouch for it; a value decoded from a
// document is 32 bytes that somebody wrote. It is comparable and may be a map key.
type Public [PublicSize]byte

// AdmitPublic takes a public key from outside. It refuses what is not 32 bytes, an encoding of a coordinate at or
// above the field prime, a point off the curve, and the eight points of small order, for which signatures exist that
// fit any message. Every key is admitted once, when its certificate or genesis is read; verifying does not repeat it.
func AdmitPublic(b []byte) (Public, error) {
	if len(b) != PublicSize {
		return Public{}, fmt.Errorf("admit public key: it has %d bytes, not %d", len(b), PublicSize)
	}
	p := Public(b)
	y, canonical := p.coordinate()
	switch {
	case !canonical:
		return Public{}, fmt.Errorf("admit public key %x: not a canonical encoding", b)
	case smallOrder(y):
		return Public{}, fmt.Errorf("admit public key %x: a point of small order", b)
	case !onCurve(y):
		return Public{}, fmt.Errorf("admit public key %x: not a point of the curve", b)
	}
	return p, nil
}

// ParsePublic reads the hexadecimal form and admits the key.
func ParsePublic(s string) (Public, error) {
	if len(s) != 2*PublicSize {
		return Public{}, fmt.Errorf("read public key: it has %d characters, not %d", len(s), 2*PublicSize)
	}
	b, err := hex.DecodeString(s)
	if err != nil {
		return Public{}, fmt.Errorf("read public key %q: %w", s, err)
	}
	if hex.EncodeToString(b) != s {
		return Public{}, fmt.Errorf("read public key %q: the letters are lower case", s)
	}
	return AdmitPublic(b)
}

// Hex is the hexadecimal form, the exact key.
func (p Public) Hex() string { return hex.EncodeToString(p[:]) }

// MarshalText writes the hexadecimal form.
func (p Public) MarshalText() ([]byte, error) { return []byte(p.Hex()), nil }

// UnmarshalText reads the hexadecimal form and admits the key.
func (p *Public) UnmarshalText(text []byte) (err error) {
	*p, err = ParsePublic(string(text))
	return err
}

// String is the key's ID, for people.
func (p Public) String() string { return string(p.ID()) }

// Compare orders keys by their bytes.
func (p Public) Compare(q Public) int { return bytes.Compare(p[:], q[:]) }

// Verify reports whether sig is p's signature over message, as crypto/ed25519 has it. A signature of another length than 64 is none. Of keys that verify often
// it keeps multiples, at most 5 MiB for the process, with which it takes a third of the time.
func (p Public) Verify(message, sig []byte) bool {
	return len(sig) == SignatureSize && often.verify(p, message, sig)
}

// The curve is -x² + y² = 1 + d·x²·y² over the integers modulo 2^255 - 19 (RFC 8032, section 5.1).
var (
	prime  = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	one    = big.NewInt(1)
	curveD = fromHex("52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3")

	// smallOrderY are the y coordinates of the eight points of order 1, 2, 4 and 8. Two points share each y but those
	// of order 1 and 2, whose x is zero; their encoding with the sign of x set is no point at all and is refused alike.
	smallOrderY = []*big.Int{
		one,                             // order 1
		new(big.Int).Sub(prime, one),    // order 2
		new(big.Int),                    // order 4
		eighth,                          // order 8
		new(big.Int).Sub(prime, eighth), // order 8
	}
	eighth = fromHex("7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7")
)

func fromHex(s string) *big.Int {
	n, ok := new(big.Int).SetString(s, 16)
	if !ok {
		panic("invariant: a constant of the curve is hexadecimal: " + s)
	}
	return n
}

// coordinate is the y that p encodes, little-endian with the sign of x in the top bit; canonical is false at or above
// the field prime.
func (p Public) coordinate() (y *big.Int, canonical bool) {
	var bigEndian [PublicSize]byte
	for i, b := range p {
		bigEndian[PublicSize-1-i] = b
	}
	bigEndian[0] &= 0x7f
	y = new(big.Int).SetBytes(bigEndian[:])
	return y, y.Cmp(prime) < 0
}

func smallOrder(y *big.Int) bool {
	for _, small := range smallOrderY {
		if y.Cmp(small) == 0 {
			return true
		}
	}
	return false
}

// onCurve reports whether some x goes with y: whether (y² - 1) / (d·y² + 1) is a square. The product of the two is a
// square exactly when the quotient is.
func onCurve(y *big.Int) bool {
	square := new(big.Int).Mul(y, y)
	u := new(big.Int).Sub(square, one)
	v := square.Mul(square, curveD)
	v.Add(v, one)
	u.Mul(u, v).Mod(u, prime)
	return big.Jacobi(u, prime) >= 0
}
