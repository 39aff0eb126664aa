// Package feed owns the signed entries of a partnership: their form, their admission, their order and the settled line.
//
// An [Envelope] is untrusted bytes. [Open] checks its form and signature and gives a [Signed] entry; [Log.Admit] checks
// its links against what is held and gives an admitted [Entry] with its place in the order all members share. Only admitted entries reach the fold.
//
// Guarantees (PROTOCOL 4): seq has no gaps, lam and claimed time never fall, what an author has seen never shrinks, and every
// admitted entry's causal past is admitted. Failing any of this stores nothing.
package feed

import (
	"fmt"

	"kontor/crypto/keys"
	"kontor/crypto/sign"
	"kontor/protocol/block"
	"kontor/protocol/state"
)

// SignatureKind labels the feed key's signature over a header.
const SignatureKind = "entry"

// Bounds of an entry (PROTOCOL 9) and of a circle (PROTOCOL 3).
const (
	MaxHeaderBytes = 4 << 10
	MaxMembers     = 16
	MaxKindBytes   = 64
	// MaxSeq keeps an attacker from burning the number space; at one entry a millisecond it lasts 285,000 years.
	MaxSeq = 1 << 53
	// AheadLimit is how far a claimed time may lie ahead of the receiver before the entry is parked.
	AheadLimit = 2 * 60 * 1000
	// ForkEntries bounds what is kept of a forked author beyond the fork.
	ForkEntries = 1024
)

// Header is what an author signs. Times are ms UTC.
type Header struct {
	V      int64       `cbor:"v"`
	PID    block.CID   `cbor:"pid"`    // partnership
	Author block.CID   `cbor:"author"` // company
	Epoch  int64       `cbor:"epoch"`  // 0 in version 1
	Seq    int64       `cbor:"seq"`    // 1, 2, 3 ...
	Prev   *block.CID  `cbor:"prev,omitempty"`
	Seen   []block.CID `cbor:"seen"`    // newest entry held of each other member, ascending by member
	IDHead block.CID   `cbor:"id_head"` // author's identity chain as the author saw it
	Lam    int64       `cbor:"lam"`
	T      int64       `cbor:"t"`
	Kind   string      `cbor:"kind"`
	Crit   bool        `cbor:"crit"` // a node that does not know the kind must halt this feed
	Body   *block.CID  `cbor:"body,omitempty"`
	Feat   int64       `cbor:"feat"` // capability level of the author; never goes down
}

// Envelope is an entry as it travels and as it is stored: the exact signed bytes and the signature.
type Envelope struct {
	Header []byte `cbor:"h"`
	Sig    []byte `cbor:"s"`
}

// CID identifies the entry: the hash of its signed bytes.
func (e Envelope) CID() block.CID { return block.Sum(e.Header) }

// Seal signs a header.
func Seal(h Header, key keys.Private) (Envelope, error) {
	data, err := block.Marshal(h)
	if err != nil {
		return Envelope{}, err
	}
	if len(data) > MaxHeaderBytes {
		return Envelope{}, fmt.Errorf("entry header has %d bytes; at most %d are allowed", len(data), MaxHeaderBytes)
	}
	return Envelope{Header: data, Sig: sign.Sign(key, SignatureKind, data)}, nil
}

// Signed is an entry whose form and signature are verified; its links are not.
type Signed struct {
	CID      block.CID
	Header   Header
	Envelope Envelope
	// IDSeq is the place of Header.IDHead in the author's identity chain.
	IDSeq int64
}

// Entry is an admitted entry.
type Entry struct {
	Signed
	// Clock holds, by member in the order of the circle, the greatest seq in this entry's causal past, itself included.
	Clock []int64
}

// Key is the entry's place in the total order.
func (s Signed) Key() state.OrderKey {
	return state.NewOrderKey(s.Header.Lam, s.Header.Author, s.Header.Seq, s.CID)
}

// Circle is what admission needs to know of a partnership: its ID and its members in byte order.
type Circle struct {
	PID     block.CID
	Members []Member
}

// Member is one company of a circle.
type Member struct {
	Company block.CID
	// Writes is false for observers: they do not hold the settled line back.
	Writes bool
}

// Index is the member's place in the circle; -1 for a stranger.
func (c Circle) Index(company block.CID) int {
	for i, m := range c.Members {
		if m.Company == company {
			return i
		}
	}
	return -1
}
