package partnership

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"github.com/btcsuite/btcd/btcutil/bech32"

	"kontor/crypto/keys"
	"kontor/protocol/block"
	"kontor/protocol/identity"
)

// Bounds of an invitation.
const (
	// MaxTokenText keeps an invitation small enough for one mail, whatever it lists.
	MaxTokenText = 16 << 10
	// MaxTokenItems and MaxTokenItem bound the products and regions an invitation lists, and each of them in bytes.
	MaxTokenItems = 64
	MaxTokenItem  = 64
	SecretSize    = 32

	tokenPrefix  = "kontor"
	tokenLabel   = "kontor invitation v1"
	tokenSumSize = 8
)

// Token is an invitation: what the inviter gives the acceptor by any way both trust, before their nodes have met. Whoever holds it may
// begin a pairing until it expires; the six words then tell whether it is the right one.
type Token struct {
	V         int64     `cbor:"v"`
	Company   block.CID `cbor:"company"`   // the inviter
	Node      []byte    `cbor:"node"`      // Ed25519 key of the inviter's node, which its PeerID is made of
	Addresses []string  `cbor:"addresses"` // multiaddrs of the inviter's node
	Secret    []byte    `cbor:"secret"`    // 32 random bytes
	Expires   int64     `cbor:"expires"`   // ms UTC
	// The proposal: the acceptor's role, and the terms that the genesis will hold.
	Role        string          `cbor:"role"`
	Materiality identity.Amount `cbor:"materiality"`
	Products    []string        `cbor:"products"`
	Regions     []string        `cbor:"regions"`
	Notice      int64           `cbor:"notice,omitempty"` // days
	Arbiter     *block.CID      `cbor:"arbiter,omitempty"`
}

// Check tells why a token is not well formed. Whether it has expired is another question: see [Token.Expired].
func (t Token) Check() error {
	if t.V != 1 {
		return fmt.Errorf("invitation: version %d is unknown; this program reads version 1", t.V)
	}
	if _, err := keys.AdmitPublic(t.Node); err != nil {
		return fmt.Errorf("invitation: node key: %w", err)
	}
	if err := checkAddresses(t.Addresses); err != nil {
		return fmt.Errorf("invitation: %w", err)
	}
	if len(t.Secret) != SecretSize {
		return fmt.Errorf("invitation: secret has %d bytes instead of %d", len(t.Secret), SecretSize)
	}
	if t.Expires <= 0 {
		return fmt.Errorf("invitation: expiry %d is not after 1970", t.Expires)
	}
	if t.Role != RoleBuyer && t.Role != RoleSeller {
		return fmt.Errorf("invitation: proposed role %q; %q and %q are known", t.Role, RoleBuyer, RoleSeller)
	}
	if t.Materiality.Minor <= 0 || len(t.Materiality.Currency) != 3 {
		return fmt.Errorf("invitation: materiality %d %q is no positive amount", t.Materiality.Minor, t.Materiality.Currency)
	}
	for _, list := range [][]string{t.Products, t.Regions} {
		if len(list) > MaxTokenItems {
			return fmt.Errorf("invitation: %d products or regions are listed; at most %d are allowed", len(list), MaxTokenItems)
		}
		for _, item := range list {
			if item == "" || len(item) > MaxTokenItem {
				return fmt.Errorf("invitation: product or region %q has %d bytes; 1 to %d are allowed", item, len(item), MaxTokenItem)
			}
		}
	}
	return nil
}

func checkAddresses(list []string) error {
	if len(list) > MaxAddresses {
		return fmt.Errorf("%d addresses; at most %d are allowed", len(list), MaxAddresses)
	}
	for _, a := range list {
		if a == "" || len(a) > MaxAddressSize {
			return fmt.Errorf("an address has %d bytes; 1 to %d are allowed", len(a), MaxAddressSize)
		}
	}
	return nil
}

// Expired tells whether the time for beginning has passed.
func (t Token) Expired(now int64) bool { return now >= t.Expires }

// Text is the form people pass on: bech32m with the prefix "kontor1". In front of the content stand eight bytes of its SHA-256, because
// the check of bech32m alone guarantees little for texts of this length.
func (t Token) Text() (string, error) {
	if err := t.Check(); err != nil {
		return "", err
	}
	data, err := block.Marshal(t)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(append([]byte(tokenLabel), data...))
	bits, err := bech32.ConvertBits(append(sum[:tokenSumSize], data...), 8, 5, true)
	if err != nil {
		return "", err
	}
	text, err := bech32.EncodeM(tokenPrefix, bits)
	if err == nil && len(text) > MaxTokenText {
		err = fmt.Errorf("invitation has %d characters; at most %d are allowed: list fewer products", len(text), MaxTokenText)
	}
	return text, err
}

// ParseToken reads an invitation. Space and line ends around and inside it are forgiven, since mail adds them. Its errors
// are *PairError: PAIR-01 for what is no invitation, PAIR-02 for one that was altered.
func ParseToken(text string) (Token, error) {
	if len(text) > 2*MaxTokenText {
		return Token{}, pairErr(CodeToken, nil, "read invitation: %d characters; at most %d are allowed", len(text), MaxTokenText)
	}
	text = strings.Join(strings.Fields(text), "")
	if !strings.HasPrefix(strings.ToLower(text), tokenPrefix+"1") {
		return Token{}, pairErr(CodeToken, nil, "read invitation %q: it begins with %q", text[:min(len(text), 16)], tokenPrefix+"1")
	}
	if len(text) > MaxTokenText {
		return Token{}, pairErr(CodeToken, nil, "read invitation: %d characters; at most %d are allowed", len(text), MaxTokenText)
	}
	_, bits, version, err := bech32.DecodeNoLimitWithVersion(text)
	if err != nil || version != bech32.VersionM {
		return Token{}, pairErr(CodeAltered, err, "read invitation: its check characters do not fit; ask for it again and copy all of it")
	}
	data, err := bech32.ConvertBits(bits, 5, 8, false)
	if err != nil || len(data) < tokenSumSize {
		return Token{}, pairErr(CodeAltered, err, "read invitation: its length is no length of an invitation")
	}
	sum := sha256.Sum256(append([]byte(tokenLabel), data[tokenSumSize:]...))
	if !bytes.Equal(sum[:tokenSumSize], data[:tokenSumSize]) {
		return Token{}, pairErr(CodeAltered, nil, "read invitation: its checksum does not fit; ask for it again and copy all of it")
	}
	var t Token
	if err := block.Unmarshal(data[tokenSumSize:], &t); err != nil {
		return Token{}, pairErr(CodeToken, err, "read invitation")
	}
	if err := t.Check(); err != nil {
		return Token{}, pairErr(CodeToken, err, "read invitation")
	}
	return t, nil
}

// ID names an invitation without telling its secret: 16 hexadecimal digits.
func (t Token) ID() string {
	sum := sha256.Sum256(append([]byte(tokenLabel+" id"), t.Secret...))
	return hex.EncodeToString(sum[:8])
}

// Throwaway is the identity under which the acceptor dials: both sides make it from the secret. It is the one stranger whom the
// inviter's node admits while the invitation is open.
func (t Token) Throwaway() (keys.Private, error) {
	seed, err := hkdf.Key(sha256.New, t.Secret, nil, "kontor pair", keys.SeedSize)
	if err != nil {
		return keys.Private{}, err
	}
	return keys.FromSeed(seed)
}

func (t Token) inviterRole() string {
	if t.Role == RoleBuyer {
		return RoleSeller
	}
	return RoleBuyer
}

func random(rand io.Reader, n int) ([]byte, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(rand, b); err != nil {
		return nil, fmt.Errorf("read randomness: %w", err)
	}
	return b, nil
}
