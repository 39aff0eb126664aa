package partnership

import (
	"bytes"
	"crypto/sha256"
	"io"

	"kontor/crypto/keys"
	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/identity"
)

// Stages of a pairing, as its own side knows it.
const (
	// StageOpen: nobody has proved the secret yet.
	StageOpen = "open"
	// StageBound: a company has proved the secret; no other may use the invitation. The words can be compared.
	StageBound = "bound"
	// StageConfirmed: a person on this side said that the words are the same.
	StageConfirmed = "confirmed"
	// StageSigned: this side's signature may have left. It is resumed until the other side is known to hold it.
	StageSigned = "signed"
	// StageDone: both sides hold both signatures.
	StageDone = "done"
	// StageWithdrawn: this side gave up before it signed.
	StageWithdrawn = "withdrawn"
)

// InviterState is an invitation and how far its pairing has come. Every step takes a state and returns the next, or an error and
// nothing has changed. The node stores the state that a step returned before it sends what the step gave it to send; then a crash
// at any point burns nothing. It holds secrets.
type InviterState struct {
	Token  Token  `cbor:"token"`
	Key    []byte `cbor:"key"`    // channel key
	Member []byte `cbor:"member"` // member nonce
	Stage  string `cbor:"stage"`
	// Bound is the company that first proved the secret.
	Bound     *block.CID     `cbor:"bound,omitempty"`
	Commit    []byte         `cbor:"commit,omitempty"`
	Challenge *Challenge     `cbor:"challenge,omitempty"`
	Reveal    *Reveal        `cbor:"reveal,omitempty"`
	Answer    *Answer        `cbor:"answer,omitempty"`
	Theirs    *feed.Envelope `cbor:"theirs,omitempty"`
	Ours      *feed.Envelope `cbor:"ours,omitempty"`

	// chain is the acceptor's, verified in this run of the dialogue. It is not stored: the acceptor sends it in every run.
	chain *identity.Chain
}

// Offer is what an inviter proposes.
type Offer struct {
	Role        string // of the acceptor
	Materiality identity.Amount
	Products    []string
	Regions     []string
	Expires     int64      // ms UTC
	Notice      int64      // days after one side's end; 0: both end it
	Arbiter     *block.CID // rules on disputes; no member
}

// Invite makes an invitation and its text.
func Invite(rand io.Reader, self Party, offer Offer) (InviterState, string, error) {
	var parts [3][]byte
	for i, n := range []int{SecretSize, 32, NonceSize} {
		var err error
		if parts[i], err = random(rand, n); err != nil {
			return InviterState{}, "", err
		}
	}
	node := self.Node.Public()
	t := Token{V: 1, Company: self.Company, Node: node[:], Addresses: self.Addresses, Secret: parts[0], Expires: offer.Expires,
		Role: offer.Role, Materiality: offer.Materiality, Products: offer.Products, Regions: offer.Regions, Notice: offer.Notice, Arbiter: offer.Arbiter}
	text, err := t.Text()
	if err != nil {
		return InviterState{}, "", err
	}
	// The state holds the token as the acceptor reads it, so that both have one transcript.
	if t, err = ParseToken(text); err != nil {
		return InviterState{}, "", err
	}
	return InviterState{Token: t, Key: parts[1], Member: parts[2], Stage: StageOpen}, text, nil
}

// Usable tells why no dialogue may be begun or resumed. The node admits the throw-away identity while it returns nil.
func (s InviterState) Usable(now int64) error {
	switch {
	case s.Stage == StageDone:
		return pairErr(CodeUsed, nil, "the invitation has been used")
	case s.Stage == StageWithdrawn:
		return pairErr(CodeWithdrawn, nil, "the invitation was withdrawn")
	case s.Stage != StageSigned && s.Token.Expired(now):
		return pairErr(CodeExpired, nil, "the invitation has expired")
	}
	return nil
}

// Hello takes the first message. A commitment that was answered before gets the same answer; another begins a new run, which is not
// bound to anything until its secret is proved: the node need not store what this step returns.
func (s InviterState) Hello(m Hello, self Party, rand io.Reader, now int64) (InviterState, Challenge, error) {
	if err := s.Usable(now); err != nil {
		return s, Challenge{}, err
	}
	if s.Challenge != nil && bytes.Equal(s.Commit, m.Commit) {
		return s, *s.Challenge, nil
	}
	if s.Stage == StageSigned {
		return s, Challenge{}, pairErr(CodeUsed, nil, "the inviter has signed with another run of this dialogue")
	}
	nonce, err := random(rand, pairNonceSize)
	if err != nil {
		return s, Challenge{}, err
	}
	sum := sha256.Sum256(s.Key)
	s.Commit, s.Challenge = m.Commit, &Challenge{Side: self.side(nonce, s.Member), Channel: sum[:]}
	s.Stage, s.Reveal, s.Answer, s.chain = StageOpen, nil, nil, nil
	return s, *s.Challenge, nil
}

// Prove takes the acceptor's Reveal and checks both proofs. The chain is read after that, not before.
func (s InviterState) Prove(m Reveal) (InviterState, error) {
	if s.Challenge == nil {
		return s, pairErr(CodeTurn, nil, "a reveal without a challenge")
	}
	if commit, err := commitTo(m.Side); err != nil {
		return s, err
	} else if !bytes.Equal(commit, s.Commit) {
		return s, pairErr(CodeSecret, nil, "the acceptor reveals something else than it committed to")
	}
	digest, err := s.transcript(m.Side).digest()
	if err != nil {
		return s, err
	}
	if err := checkSideProofs(s.Token, sideAcceptor, digest, m.Side.Node, m.Proof, m.Sig); err != nil {
		return s, err
	}
	if m.Side.Company == s.Token.Company {
		return s, pairErr(CodeSelf, nil, "the acceptor is the inviter")
	}
	if s.Bound != nil && *s.Bound != m.Side.Company {
		return s, pairErr(CodeBound, nil, "company %s has proved this invitation before", s.Bound.Short())
	}
	s.Reveal = &m
	return s, nil
}

// Bind takes the acceptor's identity chain, binds the invitation to the acceptor and answers.
func (s InviterState) Bind(envs []identity.Envelope, self Party, rand io.Reader, now int64) (InviterState, Answer, error) {
	if s.Reveal == nil {
		return s, Answer{}, pairErr(CodeTurn, nil, "a chain without a reveal")
	}
	chain, err := loadChain(s.Reveal.Side, envs, now)
	if err != nil {
		return s, Answer{}, err
	}
	s.chain = chain
	if s.Answer != nil {
		return s, *s.Answer, nil
	}
	to, err := sealKey(chain)
	if err != nil {
		return s, Answer{}, err
	}
	if _, err := s.transcript(s.Reveal.Side).genesis(); err != nil {
		return s, Answer{}, err
	}
	digest, err := s.transcript(s.Reveal.Side).digest()
	if err != nil {
		return s, Answer{}, err
	}
	var a Answer
	if a.Wrapped, err = keys.Wrap(rand, to, channelLabel, s.Key); err != nil {
		return s, Answer{}, err
	}
	if a.Proof, a.Sig, err = proofs(s.Token, sideInviter, digest, self.Node); err != nil {
		return s, Answer{}, err
	}
	company := s.Reveal.Side.Company
	s.Bound, s.Answer, s.Stage = &company, &a, StageBound
	return s, a, nil
}

func (s InviterState) transcript(reveal Side) transcript {
	return transcript{Token: s.Token, Commit: s.Commit, Challenge: *s.Challenge, Reveal: reveal}
}

// Words are the six words to compare; false before the acceptor has proved itself.
func (s InviterState) Words() (Words, bool) {
	if s.Challenge == nil || s.Reveal == nil || s.Stage == StageOpen {
		return Words{}, false
	}
	digest, err := s.transcript(s.Reveal.Side).digest()
	return wordsOf(digest), err == nil
}

// Confirm notes that a person found the words to be the same on both screens.
func (s InviterState) Confirm() (InviterState, error) {
	switch s.Stage {
	case StageBound:
		s.Stage = StageConfirmed
	case StageConfirmed, StageSigned, StageDone:
	default:
		return s, pairErr(CodeTurn, nil, "there are no words to confirm yet")
	}
	return s, nil
}

// Withdraw closes the invitation. After this side has signed it is too late: end the partnership instead.
func (s InviterState) Withdraw() (InviterState, error) {
	if s.Stage == StageSigned || s.Stage == StageDone {
		return s, pairErr(CodeUsed, nil, "the partnership is signed; end it instead of withdrawing the invitation")
	}
	s.Stage = StageWithdrawn
	return s, nil
}

// Sign takes the acceptor's signature and gives the inviter's. A person must have confirmed the words. Once the returned state is
// stored, [InviterState.Paired] is to be taken over in the same transaction: the acceptor's real node key is admitted from then on.
func (s InviterState) Sign(m Sign, self Party, now int64) (InviterState, Sign, error) {
	if s.Stage != StageConfirmed && s.Stage != StageSigned {
		return s, Sign{}, pairErr(CodeTurn, nil, "a signature before the words were confirmed")
	}
	if s.chain == nil {
		return s, Sign{}, pairErr(CodeTurn, nil, "a signature before the chain")
	}
	g, err := s.transcript(s.Reveal.Side).genesis()
	if err != nil {
		return s, Sign{}, err
	}
	pid, err := g.ID()
	if err != nil {
		return s, Sign{}, err
	}
	if m.PID != pid {
		return s, Sign{}, pairErr(CodeProposal, nil, "the acceptor signs partnership %s, this side understands %s", m.PID.Short(), pid.Short())
	}
	if s.Theirs != nil && m.Entry.CID() != s.Theirs.CID() {
		return s, Sign{}, pairErr(CodeSignature, nil, "the acceptor signed before, with another first entry")
	}
	if s.Ours != nil {
		return s, Sign{PID: pid, Entry: *s.Ours}, nil
	}
	if err := checkFirstEntry(g, pid, s.chain, s.Reveal.Side.Head, m.Entry, now); err != nil {
		return s, Sign{}, err
	}
	ours, err := firstEntry(self, pid, s.Challenge.Side.Head, now)
	if err != nil {
		return s, Sign{}, err
	}
	theirs := m.Entry
	s.Theirs, s.Ours, s.Stage = &theirs, &ours, StageSigned
	return s, Sign{PID: pid, Entry: ours}, nil
}

// Finish notes that the acceptor holds both signatures: by its Done, or because it has synced as a member.
func (s InviterState) Finish() (InviterState, error) {
	if s.Stage != StageSigned && s.Stage != StageDone {
		return s, pairErr(CodeTurn, nil, "the pairing is not signed yet")
	}
	s.Stage = StageDone
	return s, nil
}

// Paired is the partnership; false before both have signed. Its Chain is set only in the run that signed or resumed.
func (s InviterState) Paired() (Paired, bool) {
	if s.Stage != StageSigned && s.Stage != StageDone {
		return Paired{}, false
	}
	g, err := s.transcript(s.Reveal.Side).genesis()
	if err != nil {
		return Paired{}, false
	}
	pid, err := g.ID()
	p := Paired{PID: pid, Genesis: g, ChannelKey: [32]byte(s.Key), Ours: *s.Ours, Theirs: *s.Theirs}
	if s.chain != nil {
		p.Chain = s.chain.From(0)
	}
	return p, err == nil
}
