package partnership

import (
	"bytes"
	"crypto/sha256"
	"io"
	"reflect"

	"kontor/crypto/keys"
	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/identity"
)

// AcceptorState is an invitation taken up and how far its pairing has come. See [InviterState] for how states are kept.
type AcceptorState struct {
	Token     Token          `cbor:"token"`
	Side      Side           `cbor:"side"`
	Stage     string         `cbor:"stage"`
	Challenge *Challenge     `cbor:"challenge,omitempty"`
	Key       []byte         `cbor:"key,omitempty"` // channel key
	Ours      *feed.Envelope `cbor:"ours,omitempty"`
	Theirs    *feed.Envelope `cbor:"theirs,omitempty"`

	// chain is the inviter's, verified in this run of the dialogue.
	chain *identity.Chain
}

// Accept takes up an invitation.
func Accept(rand io.Reader, text string, self Party, now int64) (AcceptorState, error) {
	t, err := ParseToken(text)
	if err != nil {
		return AcceptorState{}, err
	}
	if t.Expired(now) {
		return AcceptorState{}, pairErr(CodeExpired, nil, "the invitation has expired")
	}
	if t.Company == self.Company {
		return AcceptorState{}, pairErr(CodeSelf, nil, "the invitation is one's own")
	}
	return AcceptorState{Token: t}.Restart(rand, self)
}

// Restart begins anew with fresh numbers, after [ErrRestart]. A state that has signed does not restart: its signature stands for the
// numbers it has.
func (s AcceptorState) Restart(rand io.Reader, self Party) (AcceptorState, error) {
	if s.Ours != nil {
		return s, pairErr(CodeUsed, nil, "this side has signed; the inviter must resume with the same numbers")
	}
	nonce, err := random(rand, pairNonceSize)
	if err != nil {
		return s, err
	}
	member, err := random(rand, NonceSize)
	if err != nil {
		return s, err
	}
	return AcceptorState{Token: s.Token, Side: self.side(nonce, member), Stage: StageOpen}, nil
}

// Hello is the first message of every run.
func (s AcceptorState) Hello() (Hello, error) {
	commit, err := commitTo(s.Side)
	return Hello{V: 1, Commit: commit}, err
}

// Reveal takes the inviter's Challenge and answers it. ErrRestart when the inviter has challenged this commitment before with other
// numbers: an answer to both would let it choose among words.
func (s AcceptorState) Reveal(m Challenge, self Party) (AcceptorState, Reveal, error) {
	if m.Side.Company != s.Token.Company || !bytes.Equal(m.Side.Node, s.Token.Node) {
		return s, Reveal{}, pairErr(CodeNode, nil, "the inviter is not the company or node of the invitation")
	}
	if s.Challenge != nil && !reflect.DeepEqual(*s.Challenge, m) {
		return s, Reveal{}, ErrRestart
	}
	s.Challenge = &m
	digest, err := s.digest()
	if err != nil {
		return s, Reveal{}, err
	}
	r := Reveal{Side: s.Side}
	r.Proof, r.Sig, err = proofs(s.Token, sideAcceptor, digest, self.Node)
	return s, r, err
}

// Prove takes the inviter's Answer, which gives the channel key and proves that the inviter knows the secret and holds its node
// key. The chain is read after that.
func (s AcceptorState) Prove(m Answer, self Party) (AcceptorState, error) {
	if s.Challenge == nil {
		return s, pairErr(CodeTurn, nil, "an answer without a challenge")
	}
	digest, err := s.digest()
	if err != nil {
		return s, err
	}
	if err := checkSideProofs(s.Token, sideInviter, digest, s.Token.Node, m.Proof, m.Sig); err != nil {
		return s, err
	}
	key, err := keys.Unwrap(self.Seal, channelLabel, m.Wrapped)
	if err != nil {
		return s, pairErr(CodeProposal, err, "the channel key")
	}
	if sum := sha256.Sum256(key); len(key) != 32 || !bytes.Equal(sum[:], s.Challenge.Channel) {
		return s, pairErr(CodeProposal, nil, "the channel key is not the one announced")
	}
	s.Key = key
	return s, nil
}

// Bind takes the inviter's identity chain; the words can be compared from here on.
func (s AcceptorState) Bind(envs []identity.Envelope, now int64) (AcceptorState, error) {
	if s.Key == nil {
		return s, pairErr(CodeTurn, nil, "a chain without an answer")
	}
	chain, err := loadChain(s.Challenge.Side, envs, now)
	if err != nil {
		return s, err
	}
	if _, err := s.transcript().genesis(); err != nil {
		return s, err
	}
	s.chain = chain
	if s.Stage == StageOpen {
		s.Stage = StageBound
	}
	return s, nil
}

func (s AcceptorState) transcript() transcript {
	commit, err := commitTo(s.Side)
	if err != nil {
		panic("partnership: what this side says of itself does not encode: " + err.Error())
	}
	return transcript{Token: s.Token, Commit: commit, Challenge: *s.Challenge, Reveal: s.Side}
}

func (s AcceptorState) digest() ([32]byte, error) { return s.transcript().digest() }

// Words are the six words to compare; false before the inviter has proved itself.
func (s AcceptorState) Words() (Words, bool) {
	if s.Challenge == nil || s.Stage == StageOpen {
		return Words{}, false
	}
	digest, err := s.digest()
	return wordsOf(digest), err == nil
}

// Confirm notes that a person found the words to be the same on both screens.
func (s AcceptorState) Confirm() (AcceptorState, error) {
	switch s.Stage {
	case StageBound:
		s.Stage = StageConfirmed
	case StageConfirmed, StageSigned, StageDone:
	default:
		return s, pairErr(CodeTurn, nil, "there are no words to confirm yet")
	}
	return s, nil
}

// Sign gives this side's signature; the same one in every run.
func (s AcceptorState) Sign(self Party, now int64) (AcceptorState, Sign, error) {
	if s.Stage != StageConfirmed && s.Stage != StageSigned && s.Stage != StageDone {
		return s, Sign{}, pairErr(CodeTurn, nil, "a signature before the words were confirmed")
	}
	_, pid, err := s.genesis()
	if err != nil {
		return s, Sign{}, err
	}
	if s.Ours == nil {
		ours, err := firstEntry(self, pid, s.Side.Head, now)
		if err != nil {
			return s, Sign{}, err
		}
		s.Ours, s.Stage = &ours, StageSigned
	}
	return s, Sign{PID: pid, Entry: *s.Ours}, nil
}

// Finish takes the inviter's signature. Once the returned state is stored together with [AcceptorState.Paired], the partnership stands.
func (s AcceptorState) Finish(m Sign, now int64) (AcceptorState, Done, error) {
	if s.Ours == nil || s.chain == nil {
		return s, Done{}, pairErr(CodeTurn, nil, "the inviter's signature before one's own")
	}
	g, pid, err := s.genesis()
	if err != nil {
		return s, Done{}, err
	}
	if m.PID != pid {
		return s, Done{}, pairErr(CodeProposal, nil, "the inviter signs partnership %s, this side understands %s", m.PID.Short(), pid.Short())
	}
	if err := checkFirstEntry(g, pid, s.chain, s.Challenge.Side.Head, m.Entry, now); err != nil {
		return s, Done{}, err
	}
	theirs := m.Entry
	s.Theirs, s.Stage = &theirs, StageDone
	return s, Done{PID: pid}, nil
}

func (s AcceptorState) genesis() (Genesis, block.CID, error) {
	g, err := s.transcript().genesis()
	if err != nil {
		return Genesis{}, block.CID{}, err
	}
	pid, err := g.ID()
	return g, pid, err
}

// Paired is the partnership; false before both have signed. Its Chain is set only in the run that signed or resumed.
func (s AcceptorState) Paired() (Paired, bool) {
	if s.Stage != StageDone {
		return Paired{}, false
	}
	g, pid, err := s.genesis()
	p := Paired{PID: pid, Genesis: g, ChannelKey: [32]byte(s.Key), Ours: *s.Ours, Theirs: *s.Theirs}
	if s.chain != nil {
		p.Chain = s.chain.From(0)
	}
	return p, err == nil
}
