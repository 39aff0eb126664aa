package protocol

import (
	"crypto/sha256"
	"sync"

	"kontor/crypto/keys"
	"kontor/crypto/sign"
	"kontor/protocol/block"
	"kontor/protocol/dispute"
)

// signatureCache remembers signatures of officers and desks that were found good, so that an entry folded again, or verified ahead on
// another core, costs no second verification. It holds digests over label, key, document and signature: what is in it is true wherever it came from.
type signatureCache struct {
	mu       sync.Mutex
	good     map[[32]byte]bool
	before   map[[32]byte]bool    // the generation before: what is still used moves on
	admitted map[keys.Public]bool // keys that AdmitPublic let pass: a pure function of their bytes, which costs a tenth of a verification
}

// signatureSize is that of Ed25519.
const signatureSize = 64

// maxSignatures bounds a generation of the cache: the tail that an entry written offline makes to be folded again, when its author was away for ten
// thousand entries. Two generations hold about 1.5 MiB.
const maxSignatures = 16_384

// maxAdmitted bounds the keys remembered: more than the officers and desks of a circle are.
const maxAdmitted = 1024

// verify admits the key and verifies the signature of a document under a label; empty when both are good, else the code that refuses it.
func (c *signatureCache) verify(label string, s Signed) (code string) {
	if len(s.Key) != len(keys.Public{}) {
		return codeRoleKey
	}
	if len(s.Sig) != signatureSize {
		return codeRoleSignature
	}
	id := signatureID(label, s)
	if c.knows(id) {
		return ""
	}
	pub, good := c.admit(s.Key)
	if !good {
		return codeRoleKey
	}
	if sign.Verify(pub, label, s.Document, s.Sig) != nil {
		return codeRoleSignature
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.note(id)
	return ""
}

// signatureID is the digest over all that decides whether a signature is good. Key and signature have one length each, so that it has one reading.
func signatureID(label string, s Signed) (id [32]byte) {
	h := sha256.New()
	h.Write([]byte(label))
	h.Write([]byte{0})
	h.Write(s.Key)
	h.Write(s.Sig)
	h.Write(s.Document)
	h.Sum(id[:0])
	return id
}

// SignDocument signs a document for an entry of this partnership to carry, with a key that is opened in this process. Verifying what was made here
// a moment ago from the same key would tell nothing new, so that it is remembered as good; the partners verify it.
func (c *Contract) SignDocument(key keys.Private, label string, doc any) (Signed, error) {
	s, err := SignDocument(key, label, doc)
	if err != nil {
		return Signed{}, err
	}
	id := signatureID(label, s)
	c.signatures.mu.Lock()
	defer c.signatures.mu.Unlock()
	c.signatures.note(id)
	return s, nil
}

func (c *signatureCache) knows(id [32]byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.good[id] {
		return true
	}
	if c.before[id] {
		c.note(id)
		return true
	}
	return false
}

// note is called with mu.
func (c *signatureCache) note(id [32]byte) {
	if c.good == nil || len(c.good) >= maxSignatures {
		c.good, c.before = map[[32]byte]bool{}, c.good
	}
	c.good[id] = true
}

// admit checks a key as its owner's certificate did.
func (c *signatureCache) admit(key []byte) (keys.Public, bool) {
	pub := keys.Public(key)
	c.mu.Lock()
	known := c.admitted[pub]
	c.mu.Unlock()
	if known {
		return pub, true
	}
	if _, err := keys.AdmitPublic(key); err != nil {
		return keys.Public{}, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.admitted == nil || len(c.admitted) >= maxAdmitted {
		c.admitted = map[keys.Public]bool{}
	}
	c.admitted[pub] = true
	return pub, true
}

// labels of the signatures in entries that carry a signed document.
var labels = map[string]string{
	KindRecord:         RecordSignature,
	KindMandateGrant:   MandateSignature,
	KindMandateRevoke:  MandateRevokeSignature,
	KindExceptionClose: ExceptionSignature,
	KindAnswerSign:     AnswerSignature,
	KindForkResolve:    ForkSignature,
	KindResume:         ResumeSignature,
}

// CarriesSignature tells whether an entry carries the signature of an officer or a desk that binds its company, which must not be
// written twice. Revoking a mandate twice does no harm.
func (d Draft) CarriesSignature() bool {
	switch d.Kind {
	case KindSignature, KindMandateGrant, KindExceptionClose, KindAnswerSign, KindRecord, KindForkResolve:
		return true
	case KindDispute:
		if d.Body == nil {
			return false
		}
		a, err := dispute.ParseAct(d.Body.Data)
		return err == nil && a.Verb.Signed()
	}
	return false
}

// Foresee verifies the officer's or desk's signature in a body of an entry of a kind and remembers a good one, so that the fold, which is one after
// the other, need not. It judges nothing and may be called from many goroutines.
func (c *Contract) Foresee(kind string, body []byte) {
	if kind == KindDispute {
		if a, err := dispute.ParseAct(body); err == nil && a.Signed != nil && a.Check() == "" {
			for _, s := range append([]dispute.Sealed{*a.Signed}, a.Beside...) {
				c.signatures.verify(dispute.SignatureKind, Signed{s.Document, s.Key, s.Sig})
			}
		}
		return
	}
	label, carries := labels[kind]
	if !carries {
		return
	}
	var s Signed
	if block.Unmarshal(body, &s) == nil {
		c.signatures.verify(label, s)
	}
}
