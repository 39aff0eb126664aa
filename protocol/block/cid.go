package block

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/fxamacker/cbor/v2"
	"github.com/ipfs/go-cid"
)

// CID names a block by its content: version 1, codec dag-cbor or raw, SHA-256 over all its bytes.
// It is comparable and may be a map key. The zero value names nothing and has no encoding; an optional link is a
// *CID with omitempty. Identity and shortened hashes, which the underlying library takes, never come to be a CID here.
type CID struct{ cid.Cid }

const (
	cidBytes   = 36 // version, codec, hash function, hash length, 32 bytes of hash
	cidText    = 59 // "b" and 36 bytes in base 32
	codecCBOR  = 0x71
	codecRaw   = 0x55
	hashSHA256 = 0x12
)

// linkHead is what stands before the 36 bytes of a CID in a block: tag 42, a byte string of 37 bytes, a zero byte.
var linkHead = [...]byte{0xd8, 0x2a, 0x58, 0x25, 0x00}

const linkBytes = len(linkHead) + cidBytes

var base32Lower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Sum names data as a dag-cbor block. It does not look at the bytes.
func Sum(data []byte) CID { return sum(codecCBOR, data) }

// SumRaw names data as a raw block: bytes without structure.
func SumRaw(data []byte) CID { return sum(codecRaw, data) }

func sum(codec byte, data []byte) CID {
	h := sha256.Sum256(data)
	multihash := append(append(make([]byte, 0, 2+sha256.Size), hashSHA256, sha256.Size), h[:]...)
	return CID{cid.NewCidV1(uint64(codec), multihash)}
}

// checkCID reports what is wrong with the binary form of a CID, "" if nothing is.
func checkCID(b []byte) string {
	switch {
	case len(b) != cidBytes:
		return "a CID has 36 bytes"
	case b[0] != 1:
		return "a CID has version 1"
	case b[1] != codecCBOR && b[1] != codecRaw:
		return "the codec of a CID is dag-cbor or raw"
	case b[2] != hashSHA256 || b[3] != sha256.Size:
		return "the hash of a CID is sha2-256 in full length"
	}
	return ""
}

// CIDFromBytes reads the binary form: exactly 36 bytes.
func CIDFromBytes(b []byte) (CID, error) {
	if why := checkCID(b); why != "" {
		return CID{}, whole(CodeLink, "read CID %x: %s", clip(b, cidBytes+1), why)
	}
	c, err := cid.Cast(b)
	if err != nil {
		return CID{}, &Error{Code: CodeLink, Offset: -1, Text: "read CID", Cause: err}
	}
	return CID{c}, nil
}

// ParseCID reads the text form: base 32 in lower case, the only one of the many multibase texts taken here.
func ParseCID(s string) (CID, error) {
	if len(s) != cidText || s[0] != 'b' {
		return CID{}, whole(CodeLink, "read CID %q: the text of a CID is b and 58 letters and digits of base 32", clipText(s))
	}
	b, err := base32Lower.DecodeString(s[1:])
	if err != nil {
		return CID{}, &Error{Code: CodeLink, Offset: -1, Text: fmt.Sprintf("read CID %q", s), Cause: err}
	}
	// The last letter carries unused bits; only the text with these bits zero is the CID's own. Line ends, which the
	// decoder skips, fall here too.
	if len(b) != cidBytes || base32Lower.EncodeToString(b) != s[1:] {
		return CID{}, whole(CodeLink, "read CID %q: not the canonical text", s)
	}
	return CIDFromBytes(b)
}

// Defined reports whether c names something.
func (c CID) Defined() bool { return c.Cid.Defined() }

// Bytes is the binary form, 36 bytes; nil for the zero value.
func (c CID) Bytes() []byte {
	if !c.Defined() {
		return nil
	}
	return []byte(c.KeyString())
}

// Compare orders CIDs by their bytes: -1, 0 or 1.
func (c CID) Compare(d CID) int { return strings.Compare(c.KeyString(), d.KeyString()) }

// String is the text form; the zero value reads "none".
func (c CID) String() string {
	if !c.Defined() {
		return "none"
	}
	return "b" + base32Lower.EncodeToString(c.Bytes())
}

// Short is the last eight characters of the text form: enough for people to tell two documents of one partnership
// apart, never enough to compare by.
func (c CID) Short() string {
	s := c.String()
	return s[max(0, len(s)-8):]
}

// Raw reports whether c names a raw block.
func (c CID) Raw() bool { return c.Defined() && c.KeyString()[1] == codecRaw }

// Holds reports whether data is the block that c names.
func (c CID) Holds(data []byte) bool {
	if !c.Defined() {
		return false
	}
	return sum(c.KeyString()[1], data) == c
}

func errUndefined() error { return whole(CodeEncode, "write CID: it is undefined") }

// MarshalText writes the text form; the zero value is an error.
func (c CID) MarshalText() ([]byte, error) {
	if !c.Defined() {
		return nil, errUndefined()
	}
	return []byte(c.String()), nil
}

// UnmarshalText reads the text form.
func (c *CID) UnmarshalText(text []byte) (err error) {
	*c, err = ParseCID(string(text))
	return err
}

// MarshalJSON writes the text form as a JSON string.
func (c CID) MarshalJSON() ([]byte, error) {
	text, err := c.MarshalText()
	if err != nil {
		return nil, err
	}
	return json.Marshal(string(text))
}

// UnmarshalJSON reads the text form from a JSON string.
func (c *CID) UnmarshalJSON(data []byte) error {
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	return c.UnmarshalText([]byte(s))
}

// MarshalBinary writes the 36 bytes; the zero value is an error.
func (c CID) MarshalBinary() ([]byte, error) {
	if !c.Defined() {
		return nil, errUndefined()
	}
	return c.Bytes(), nil
}

// UnmarshalBinary reads the 36 bytes.
func (c *CID) UnmarshalBinary(data []byte) (err error) {
	*c, err = CIDFromBytes(data)
	return err
}

// MarshalCBOR writes a link: tag 42 around a zero byte and the 36 bytes.
func (c CID) MarshalCBOR() ([]byte, error) {
	if !c.Defined() {
		return nil, errUndefined()
	}
	return append(append(make([]byte, 0, linkBytes), linkHead[:]...), c.KeyString()...), nil
}

// UnmarshalCBOR reads a link.
func (c *CID) UnmarshalCBOR(data []byte) (err error) {
	if len(data) != linkBytes || !bytes.HasPrefix(data, linkHead[:]) {
		return whole(CodeLink, "read link %x: not tag 42 around the 36 bytes of a CID", clip(data, linkBytes+1))
	}
	*c, err = CIDFromBytes(data[len(linkHead):])
	return err
}

// clip and clipText keep what a peer sent from filling an error message.
func clip(b []byte, n int) []byte { return b[:min(len(b), n)] }

func clipText(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return s[:most] + "..."
}

var (
	_ cbor.Marshaler   = CID{}
	_ cbor.Unmarshaler = (*CID)(nil)
)
