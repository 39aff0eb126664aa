package partnership

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"

	"kontor/crypto/keys"
	"kontor/crypto/sign"
	"kontor/protocol/block"
	"kontor/protocol/bound"
	"kontor/protocol/feed"
	"kontor/protocol/identity"
)

// The dialogue of a pairing, acceptor to inviter and back:
//
//	Hello       →  the acceptor commits to everything it will reveal
//	Challenge   ←  the inviter names itself and its numbers, knowing none of the acceptor's
//	Reveal, chain → the acceptor names itself and proves the secret and its node key over all before
//	Answer, chain ← the inviter proves the same and gives the channel key
//	            —  both screens show six words; people compare them —
//	Sign        →  the acceptor's first feed entry, which signs the genesis
//	Signed      ←  the inviter's
//	Done        →  both hold both
//
// Whoever stands in the middle must fix its numbers before it knows the other side's, so it can't choose among words. A dialogue
// that broke off is resumed by running it again: a side answers what it answered before.

// SignKind is the kind of the first entry of every feed; its body is the PartnershipID.
const SignKind = "partnership.sign"

// pairKind labels the node keys' signatures over the dialogue.
const pairKind = "pair"

const pairNonceSize = 32

// Hello opens a dialogue.
type Hello struct {
	V      int64  `cbor:"v"`
	Commit []byte `cbor:"commit"` // SHA-256 of the Reveal to come, without its proofs
}

// Check bounds a message from outside.
func (m Hello) Check() error {
	if m.V != 1 || len(m.Commit) != sha256.Size {
		return fmt.Errorf("hello of version %d with a commitment of %d bytes", m.V, len(m.Commit))
	}
	return nil
}

// Side is what one side says of itself.
type Side struct {
	Nonce     []byte    `cbor:"nonce"` // 32 random bytes of this dialogue
	Company   block.CID `cbor:"company"`
	Node      []byte    `cbor:"node"`
	Addresses []string  `cbor:"addresses"`
	Member    []byte    `cbor:"member"` // the member nonce of the genesis
	Len       int64     `cbor:"len"`    // entries of its identity chain
	Head      block.CID `cbor:"head"`   // and the newest of them
}

func (s Side) check() error {
	if len(s.Nonce) != pairNonceSize || len(s.Member) != NonceSize {
		return fmt.Errorf("nonces of %d and %d bytes instead of %d and %d", len(s.Nonce), len(s.Member), pairNonceSize, NonceSize)
	}
	if s.Len < 1 || s.Len > identity.MaxChain {
		return bound.Errorf(bound.IdentityChain, "identity chain of %d entries; 1 to %d are allowed", s.Len, identity.MaxChain)
	}
	if _, err := keys.AdmitPublic(s.Node); err != nil {
		return fmt.Errorf("node key: %w", err)
	}
	return checkAddresses(s.Addresses)
}

// Challenge answers a Hello.
type Challenge struct {
	Side    Side   `cbor:"side"`
	Channel []byte `cbor:"channel"` // SHA-256 of the channel key
}

// Check bounds a message from outside.
func (m Challenge) Check() error {
	if len(m.Channel) != sha256.Size {
		return fmt.Errorf("channel key commitment has %d bytes instead of 32", len(m.Channel))
	}
	return m.Side.check()
}

// Reveal opens the commitment of the Hello. The acceptor's identity chain follows in [ChainPart] messages.
type Reveal struct {
	Side  Side   `cbor:"side"`
	Proof []byte `cbor:"proof"` // HMAC over the transcript under the secret
	Sig   []byte `cbor:"sig"`   // by the node key, over the transcript
}

// Check bounds a message from outside.
func (m Reveal) Check() error {
	if err := checkProofs(m.Proof, m.Sig); err != nil {
		return err
	}
	return m.Side.check()
}

// Answer gives the acceptor the channel key. The inviter's identity chain follows in [ChainPart] messages.
type Answer struct {
	Wrapped []byte `cbor:"wrapped"` // the channel key, sealed to the acceptor's seal key
	Proof   []byte `cbor:"proof"`
	Sig     []byte `cbor:"sig"`
}

// Check bounds a message from outside.
func (m Answer) Check() error {
	if len(m.Wrapped) != keys.WrapOverhead+32 {
		return fmt.Errorf("wrapped channel key has %d bytes instead of %d", len(m.Wrapped), keys.WrapOverhead+32)
	}
	return checkProofs(m.Proof, m.Sig)
}

func checkProofs(proof, sig []byte) error {
	if len(proof) != sha256.Size || len(sig) != keys.SignatureSize {
		return fmt.Errorf("proof of %d and signature of %d bytes instead of 32 and 64", len(proof), len(sig))
	}
	return nil
}

// ChainPart carries a run of an identity chain, from its beginning.
type ChainPart struct {
	Entries []identity.Envelope `cbor:"entries"`
	More    bool                `cbor:"more"`
}

// Check bounds a message from outside.
func (m ChainPart) Check() error {
	if len(m.Entries) == 0 {
		return fmt.Errorf("identity run is empty")
	}
	return nil
}

// Sign carries a side's first feed entry: from the acceptor as a request, from the inviter as the answer.
type Sign struct {
	PID   block.CID     `cbor:"pid"`
	Entry feed.Envelope `cbor:"entry"`
}

// Check bounds a message from outside.
func (m Sign) Check() error {
	if len(m.Entry.Header) > feed.MaxHeaderBytes || len(m.Entry.Sig) != keys.SignatureSize {
		return fmt.Errorf("entry with a header of %d and a signature of %d bytes", len(m.Entry.Header), len(m.Entry.Sig))
	}
	return nil
}

// Done says that the acceptor holds both signatures.
type Done struct {
	PID block.CID `cbor:"pid"`
}

// Check bounds a message from outside.
func (m Done) Check() error { return nil }

// Party is the company that pairs: what it takes from its own keys and chain. It is never stored with a dialogue.
type Party struct {
	Company   block.CID
	Chain     []identity.Envelope
	Node      keys.Private
	Feed      keys.Private
	Seal      keys.SealPrivate
	Addresses []string
	// Feat is the capability level for the first entry.
	Feat int64
}

// Paired is what a finished pairing leaves. The node stores it in one transaction: the other side's chain, the genesis, the channel
// key, and then both entries as its first ones.
type Paired struct {
	PID        block.CID
	Genesis    Genesis
	ChannelKey [32]byte
	Chain      []identity.Envelope // of the other side
	Ours       feed.Envelope
	Theirs     feed.Envelope
}

// transcript is what the proofs, the signatures and the words are over.
type transcript struct {
	Token     Token     `cbor:"token"`
	Commit    []byte    `cbor:"commit"`
	Challenge Challenge `cbor:"challenge"`
	Reveal    Side      `cbor:"reveal"`
}

func (t transcript) digest() ([32]byte, error) {
	data, err := block.Marshal(t)
	if err != nil {
		return [32]byte{}, err
	}
	return sha256.Sum256(append([]byte("kontor pair transcript v1"), data...)), nil
}

func commitTo(s Side) ([]byte, error) {
	data, err := block.Marshal(s)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(append([]byte("kontor pair commit v1"), data...))
	return sum[:], nil
}

// proofs are the HMAC and the node's signature of one side over a transcript. Which side is part of both, so that none can be
// sent back to its sender.
func proofs(t Token, side string, digest [32]byte, node keys.Private) (proof, sig []byte, err error) {
	proof, err = secretProof(t, side, digest)
	return proof, sign.Sign(node, pairKind, append([]byte(side), digest[:]...)), err
}

func secretProof(t Token, side string, digest [32]byte) ([]byte, error) {
	key, err := hkdf.Key(sha256.New, t.Secret, nil, "kontor pair proof", 32)
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(side))
	mac.Write(digest[:])
	return mac.Sum(nil), nil
}

func checkSideProofs(t Token, side string, digest [32]byte, node, proof, sig []byte) error {
	want, err := secretProof(t, side, digest)
	if err != nil {
		return err
	}
	if !hmac.Equal(want, proof) {
		return pairErr(CodeSecret, nil, "the %s does not prove the secret", side)
	}
	pub, err := keys.AdmitPublic(node)
	if err != nil {
		return pairErr(CodeNode, err, "the %s's node key", side)
	}
	if err := sign.Verify(pub, pairKind, append([]byte(side), digest[:]...), sig); err != nil {
		return pairErr(CodeNode, err, "the %s does not prove its node key", side)
	}
	return nil
}

const (
	sideInviter  = "inviter"
	sideAcceptor = "acceptor"
)

// channelLabel names the purpose of a wrapped channel key.
const channelLabel = "kontor channel key"

// genesis is the partnership both sides build from the dialogue.
func (t transcript) genesis() (Genesis, error) {
	token := t.Token
	member := func(s Side, role string) Member {
		return Member{Company: s.Company, Role: role, NodeKey: s.Node, Addresses: s.Addresses, Nonce: s.Member}
	}
	g, err := New(Genesis{
		Members:     []Member{member(t.Challenge.Side, token.inviterRole()), member(t.Reveal, token.Role)},
		Materiality: token.Materiality, Notice: token.Notice, Arbiter: token.Arbiter,
		Scopes:  DefaultScopes(token.Products, token.Regions),
		Channel: t.Challenge.Channel,
	})
	if err != nil {
		return Genesis{}, pairErr(CodeProposal, err, "the dialogue makes no partnership")
	}
	return g, nil
}

// loadChain verifies the chain of a side and that it certifies the side's node key.
func loadChain(side Side, envs []identity.Envelope, now int64) (*identity.Chain, error) {
	chain, err := identity.Load(envs)
	if err != nil {
		return nil, pairErr(CodeIdentity, err, "identity chain of %s", side.Company.Short())
	}
	if chain.Company() != side.Company || chain.Len() != side.Len || chain.Head() != side.Head {
		return nil, pairErr(CodeIdentity, nil, "identity chain is not the one announced for %s", side.Company.Short())
	}
	view := chain.Now()
	if _, ok := view.Key(side.Node, keys.Node, now); !ok {
		return nil, pairErr(CodeIdentity, nil, "identity chain of %s does not certify its node key at this time", side.Company.Short())
	}
	if _, ok := view.FeedKey(); !ok {
		return nil, pairErr(CodeIdentity, nil, "identity chain of %s has no feed key in force", side.Company.Short())
	}
	return chain, nil
}

// sealKey is the key to which secrets for the company are sealed: the newest in force.
func sealKey(chain *identity.Chain) (keys.SealPublic, error) {
	list := chain.Now().Current(keys.Seal)
	if len(list) == 0 {
		return keys.SealPublic{}, pairErr(CodeIdentity, nil, "identity chain of %s has no seal key in force", chain.Company().Short())
	}
	key, err := keys.AdmitSealPublic(list[len(list)-1].Key)
	if err != nil {
		return keys.SealPublic{}, pairErr(CodeIdentity, err, "seal key of %s", chain.Company().Short())
	}
	return key, nil
}

// firstEntry signs a genesis.
func firstEntry(self Party, pid, head block.CID, now int64) (feed.Envelope, error) {
	return feed.Seal(feed.Header{V: 1, PID: pid, Author: self.Company, Seq: 1, Seen: []block.CID{}, IDHead: head, Lam: 1, T: now,
		Kind: SignKind, Crit: true, Body: &pid, Feat: self.Feat}, self.Feed)
}

// checkFirstEntry verifies that an entry is the other side's signature under this genesis.
func checkFirstEntry(g Genesis, pid block.CID, chain *identity.Chain, head block.CID, env feed.Envelope, now int64) error {
	circle, err := g.Circle()
	if err != nil {
		return err
	}
	s, err := feed.Open(circle, env, func(company, at block.CID) (identity.View, bool) {
		if company != chain.Company() {
			return identity.View{}, false
		}
		return chain.At(at)
	})
	if err != nil {
		return pairErr(CodeSignature, err, "first entry of %s", chain.Company().Short())
	}
	h := s.Header
	switch {
	case h.Author != chain.Company() || h.IDHead != head || h.Seq != 1 || h.Lam != 1 || len(h.Seen) != 0:
		return pairErr(CodeSignature, nil, "first entry of %s has another place or identity head than announced", chain.Company().Short())
	case h.Kind != SignKind || !h.Crit || h.Body == nil || *h.Body != pid:
		return pairErr(CodeSignature, nil, "first entry of %s does not sign partnership %s", chain.Company().Short(), pid.Short())
	case now != 0 && h.T > now+feed.AheadLimit:
		return pairErr(CodeSignature, nil, "first entry of %s is dated %d s ahead of this clock: compare the clocks", chain.Company().Short(), (h.T-now)/1000)
	}
	return nil
}

func (p Party) side(nonce, member []byte) Side {
	side := Side{Nonce: nonce, Company: p.Company, Addresses: p.Addresses, Member: member, Len: int64(len(p.Chain))}
	if side.Addresses == nil {
		side.Addresses = []string{}
	}
	node := p.Node.Public()
	side.Node = bytes.Clone(node[:])
	side.Head = p.Chain[len(p.Chain)-1].CID()
	return side
}
