package protocol

import (
	"crypto/sha256"
	"sync"

	"kontor/crypto/keys"
	"kontor/crypto/sign"
	"kontor/protocol/block"
)

// signatureCache remembers signatures of officers and desks that were found good, so that an entry folded again, or verified ahead on
// another core, costs no second verification. It holds digests over label, key, document and signature: what is in it is true wherever it came from.
type signatureCache struct {
	mu   sync.Mutex
	good map[[32]byte]bool
}

// signatureSize is that of Ed25519.
const signatureSize = 64

// maxSignatures bounds the cache: more than a batch and a long tail hold.
const maxSignatures = 8192

func (c *signatureCache) verify(pub keys.Public, label string, s Signed) bool {
	if len(s.Sig) != signatureSize {
		return false // and so the digest below has one reading
	}
	h := sha256.New()
	h.Write([]byte(label))
	h.Write([]byte{0})
	h.Write(pub[:])
	h.Write(s.Sig)
	h.Write(s.Document)
	var id [32]byte
	h.Sum(id[:0])
	c.mu.Lock()
	known := c.good[id]
	c.mu.Unlock()
	if known {
		return true
	}
	if sign.Verify(pub, label, s.Document, s.Sig) != nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.good == nil || len(c.good) >= maxSignatures {
		c.good = map[[32]byte]bool{}
	}
	c.good[id] = true
	return true
}

// labels of the signatures in entries that carry a signed document.
var labels = map[string]string{
	KindRecord:         RecordSignature,
	KindMandateGrant:   MandateSignature,
	KindMandateRevoke:  MandateRevokeSignature,
	KindExceptionClose: ExceptionSignature,
}

// Foresee verifies the officer's or desk's signature in a body of an entry of a kind and remembers a good one, so that the fold, which is one after
// the other, need not. It judges nothing and may be called from many goroutines.
func (c *Contract) Foresee(kind string, body []byte) {
	label, carries := labels[kind]
	if !carries {
		return
	}
	var s Signed
	if block.Unmarshal(body, &s) != nil {
		return
	}
	if pub, err := keys.AdmitPublic(s.Key); err == nil {
		c.signatures.verify(pub, label, s)
	}
}
