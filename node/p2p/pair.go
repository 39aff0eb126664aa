package p2p

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"

	"kontor/protocol/identity"
	"kontor/protocol/partnership"
	"kontor/protocol/wire"
)

// chainPart is how many bytes of an identity chain travel in one frame.
const chainPart = wire.MaxFrame / 2

// sayChain writes an identity chain in as many frames as it takes.
func (t *talk) sayChain(envs []identity.Envelope) error {
	for len(envs) > 0 {
		n, size := 0, 0
		for n < len(envs) && (n == 0 || size < chainPart) {
			size += len(envs[n].Entry) + 128*(1+len(envs[n].Signatures))
			n++
		}
		if err := t.say(partnership.ChainPart{Entries: envs[:n], More: n < len(envs)}); err != nil {
			return err
		}
		envs = envs[n:]
	}
	return nil
}

// hearChain reads an identity chain of an announced length.
func (t *talk) hearChain(length int64) ([]identity.Envelope, error) {
	var out []identity.Envelope
	for {
		part, err := hear[partnership.ChainPart](t, wire.MaxFrame, streamIdle)
		if err != nil {
			return nil, err
		}
		out = append(out, part.Entries...)
		if int64(len(out)) > length || (!part.More && int64(len(out)) < length) {
			return nil, wire.Faultf(wire.CodeMalformed, "an identity chain of another length than announced")
		}
		if !part.More {
			return out, nil
		}
	}
}

// pairReply is every message of the inviter: exactly one field is set.
type pairReply struct {
	Challenge *partnership.Challenge `cbor:"challenge,omitempty"`
	Answer    *partnership.Answer    `cbor:"answer,omitempty"`
	Signed    *partnership.Sign      `cbor:"signed,omitempty"`
	Err       *wire.Fault            `cbor:"err,omitempty"`
}

// Check implements wire.Message.
func (r pairReply) Check() error {
	switch {
	case r.Err != nil:
		return r.Err.Check()
	case r.Challenge != nil:
		return r.Challenge.Check()
	case r.Answer != nil:
		return r.Answer.Check()
	case r.Signed != nil:
		return r.Signed.Check()
	}
	return errors.New("empty answer")
}

// busy lets one dialogue of an invitation run at a time.
type busy struct {
	mu sync.Mutex
	in map[string]bool
}

func (b *busy) enter(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.in[id] {
		return false
	}
	if b.in == nil {
		b.in = map[string]bool{}
	}
	b.in[id] = true
	return true
}

func (b *busy) leave(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.in, id)
}

// pairFault is what of an error is told in a pairing.
func pairFault(err error) *wire.Fault {
	var pair *partnership.PairError
	if errors.As(err, &pair) {
		return wire.Faultf(pair.Code, "%s", pair.Text)
	}
	return tellable(err)
}

// servePair runs the inviter's side of a dialogue with the throw-away identity of an open invitation.
func (h *Host) servePair(ctx context.Context, t *talk, from peer.ID) error {
	id := h.known.Load().invitations[from]
	if id == "" {
		return wire.Faultf(wire.CodeNotFound, "nothing is held there")
	}
	if !h.pairing.enter(id) {
		return h.pairEnd(t, wire.Faultf(wire.CodeBusy, "another dialogue of this invitation is under way"))
	}
	defer h.pairing.leave(id)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	d := &inviting{h: h, ctx: ctx, t: t, id: id}
	return h.pairEnd(t, d.run())
}

func (h *Host) pairEnd(t *talk, err error) error {
	if err == nil {
		return nil
	}
	if fault := pairFault(err); fault != nil {
		_ = t.say(pairReply{Err: fault})
		return errors.Join(fault, err)
	}
	return err
}

type inviting struct {
	h     *Host
	ctx   context.Context
	t     *talk
	id    string
	state partnership.InviterState
	self  partnership.Party
}

func (d *inviting) run() (err error) {
	h := d.h
	state, found, err := h.office.Invitation(d.ctx, d.id)
	if err != nil {
		return err
	}
	if !found {
		return &partnership.PairError{Code: partnership.CodeWithdrawn, Text: "the invitation is not open"}
	}
	d.state = state
	if d.self, err = h.office.Party(d.ctx); err != nil {
		return err
	}
	if err := d.meet(); err != nil {
		return err
	}
	if err := d.sign(); err != nil {
		return err
	}
	if _, err := hear[partnership.Done](d.t, wire.MaxPairFrame, streamIdle); err != nil {
		return err // the acceptor resumes, or shows by syncing that it holds both
	}
	if d.state, err = d.state.Finish(); err != nil {
		return err
	}
	if err := h.office.SaveInviter(d.ctx, d.state, nil); err != nil {
		return err
	}
	// The throw-away identity is no longer admitted from here on.
	h.refreshBeside()
	return nil
}

// refreshBeside follows what a pairing changed, beside the dialogue: it may close the connection the dialogue runs on.
func (h *Host) refreshBeside() {
	h.start(func() {
		if err := h.Refresh(h.ctx); err != nil {
			h.log.Warn("refresh after pairing", "err", err)
		}
	})
}

// meet runs the dialogue up to the words.
func (d *inviting) meet() error {
	now := func() int64 { return d.h.clock().UnixMilli() }
	hello, err := hear[partnership.Hello](d.t, wire.MaxPairFrame, handshakeLimit)
	if err != nil {
		return err
	}
	state, challenge, err := d.state.Hello(hello, d.self, d.h.opts.Rand, now())
	if err != nil {
		return err
	}
	if err := d.t.say(pairReply{Challenge: &challenge}); err != nil {
		return err
	}
	reveal, err := hear[partnership.Reveal](d.t, wire.MaxPairFrame, handshakeLimit)
	if err != nil {
		return err
	}
	if state, err = state.Prove(reveal); err != nil {
		return err
	}
	chain, err := d.t.hearChain(reveal.Side.Len)
	if err != nil {
		return err
	}
	state, answer, err := state.Bind(chain, d.self, d.h.opts.Rand, now())
	if err != nil {
		return err
	}
	if err := d.h.office.SaveInviter(d.ctx, state, nil); err != nil {
		return err
	}
	d.state = state
	if err := d.t.say(pairReply{Answer: &answer}); err != nil {
		return err
	}
	// The chain as it stood when the challenge was made; it may have grown since.
	length := state.Challenge.Side.Len
	if length > int64(len(d.self.Chain)) {
		return errors.New("own identity chain is shorter than it was")
	}
	return d.t.sayChain(d.self.Chain[:length])
}

// sign waits for both: the acceptor's signature and a person here who has compared the words.
func (d *inviting) sign() error {
	confirmed := make(chan error, 1)
	if d.state.Stage == partnership.StageBound {
		words, _ := d.state.Words()
		d.h.start(func() { confirmed <- confirm(d.ctx, d.h, d.id, words) })
	} else {
		confirmed <- nil
	}
	sign, err := hear[partnership.Sign](d.t, wire.MaxPairFrame, d.h.pace.Confirm)
	if err != nil {
		return err
	}
	select {
	case err = <-confirmed:
	case <-time.After(d.h.pace.Confirm):
		err = context.DeadlineExceeded
	case <-d.ctx.Done():
		err = d.ctx.Err()
	}
	var pair *partnership.PairError
	if errors.As(err, &pair) {
		if state, withdrawErr := d.state.Withdraw(); withdrawErr == nil {
			err = errors.Join(err, d.h.office.SaveInviter(d.ctx, state, nil))
		}
	}
	if err != nil {
		return err
	}
	if d.state, err = d.state.Confirm(); err != nil {
		return err
	}
	if err := d.h.office.SaveInviter(d.ctx, d.state, nil); err != nil {
		return err
	}
	before := d.state.Stage
	state, signed, err := d.state.Sign(sign, d.self, d.h.clock().UnixMilli())
	if err != nil {
		return err
	}
	if before != partnership.StageSigned {
		paired, _ := state.Paired()
		if err := d.h.office.SaveInviter(d.ctx, state, &paired); err != nil {
			return err
		}
		// The partner is admitted under its real identity from here on, whether or not the dialogue comes to its end.
		d.h.refreshBeside()
	}
	d.state = state
	if err := d.t.say(pairReply{Signed: &signed}); err != nil {
		return err
	}
	return nil
}

// confirm asks a person. A *partnership.PairError says that the words differ.
func confirm(ctx context.Context, h *Host, id string, words partnership.Words) error {
	ctx, cancel := context.WithTimeout(ctx, h.pace.Confirm)
	defer cancel()
	same, err := h.office.ConfirmWords(ctx, id, words)
	if err == nil && !same {
		err = &partnership.PairError{Code: partnership.CodeWords, Text: "the words differ"}
	}
	return err
}

// Pair runs the acceptor's side of a pairing, from where the state stands to its end. It dials under the throw-away identity of the
// invitation, on a connection of its own. After an error that is no *partnership.PairError it may be called again, with the state that was last
// saved; nothing is burnt. Errors of the inviter with a PAIR code come back as *partnership.PairError.
func (h *Host) Pair(ctx context.Context, state partnership.AcceptorState) (partnership.Paired, error) {
	paired, err := h.pairOnce(ctx, state)
	if errors.Is(err, partnership.ErrRestart) {
		self, partyErr := h.office.Party(ctx)
		if partyErr != nil {
			return partnership.Paired{}, partyErr
		}
		if state, err = state.Restart(h.opts.Rand, self); err != nil {
			return partnership.Paired{}, err
		}
		if err = h.office.SaveAcceptor(ctx, state, nil); err == nil {
			paired, err = h.pairOnce(ctx, state)
		}
	}
	var fault *wire.Fault
	if errors.As(err, &fault) && partnership.PairSentences[fault.Code] != "" {
		err = &partnership.PairError{Code: fault.Code, Text: partnership.PairSentences[fault.Code], Cause: err}
	}
	return paired, err
}

func (h *Host) pairOnce(ctx context.Context, state partnership.AcceptorState) (partnership.Paired, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(h.ctx, cancel)()
	s, closeHost, err := h.dialInviter(ctx, state.Token)
	if err != nil {
		return partnership.Paired{}, err
	}
	defer closeHost()
	defer context.AfterFunc(ctx, func() { _ = s.Reset() })()
	d := &accepting{h: h, ctx: ctx, t: h.newTalk(s), state: state}
	paired, err := d.run()
	if err != nil {
		return partnership.Paired{}, err
	}
	return paired, h.Refresh(ctx)
}

// dialInviter connects to the inviter as the throw-away identity.
func (h *Host) dialInviter(ctx context.Context, token partnership.Token) (network.Stream, func(), error) {
	inviter, err := PeerID([32]byte(token.Node))
	if err != nil {
		return nil, nil, err
	}
	throwaway, err := token.Throwaway()
	if err != nil {
		return nil, nil, err
	}
	key, err := privKey(throwaway)
	if err != nil {
		return nil, nil, err
	}
	limits, err := resources(h.metrics, h.opts.Exceeded)
	if err != nil {
		return nil, nil, err
	}
	options := []libp2p.Option{libp2p.Identity(key), libp2p.NoListenAddrs, libp2p.ConnectionGater(onlyInviter{inviter}),
		libp2p.ResourceManager(limits), libp2p.UserAgent(wire.UserAgent), libp2p.ProtocolVersion(wire.UserAgent)}
	guest, err := libp2p.New(append(append(options, lean...), transports(h.opts.Transport)...)...)
	if err != nil {
		return nil, nil, err
	}
	closeGuest := func() { _ = guest.Close() }
	dial, cancel := context.WithTimeout(ctx, h.pace.DialTimeout)
	defer cancel()
	if err := guest.Connect(dial, peer.AddrInfo{ID: inviter, Addrs: parseAddresses(inviter, token.Addresses)}); err != nil {
		closeGuest()
		return nil, nil, err
	}
	s, err := guest.NewStream(dial, inviter, protocol.ID(wire.PairID))
	if err != nil {
		closeGuest()
		// The inviter admits strangers only while their invitation is open, and closes without a word.
		return nil, nil, &partnership.PairError{Code: partnership.CodeWithdrawn, Text: "the inviter's node does not take up the dialogue", Cause: err}
	}
	return s, closeGuest, nil
}

type accepting struct {
	h     *Host
	ctx   context.Context
	t     *talk
	state partnership.AcceptorState
	self  partnership.Party
}

// reply reads an answer of the inviter.
func (d *accepting) reply(limit time.Duration) (pairReply, error) {
	r, err := hear[pairReply](d.t, wire.MaxPairFrame, limit)
	if err == nil && r.Err != nil {
		err = r.Err
	}
	return r, err
}

func (d *accepting) run() (partnership.Paired, error) {
	var err error
	if d.self, err = d.h.office.Party(d.ctx); err != nil {
		return partnership.Paired{}, err
	}
	if err := d.meet(); err != nil {
		return partnership.Paired{}, err
	}
	if d.state.Stage == partnership.StageBound {
		words, _ := d.state.Words()
		if err := confirm(d.ctx, d.h, d.state.Token.ID(), words); err != nil {
			return partnership.Paired{}, err
		}
		if d.state, err = d.state.Confirm(); err != nil {
			return partnership.Paired{}, err
		}
	}
	state, sign, err := d.state.Sign(d.self, d.h.clock().UnixMilli())
	if err != nil {
		return partnership.Paired{}, err
	}
	if err := d.save(state, nil); err != nil {
		return partnership.Paired{}, err
	}
	if err := d.t.say(sign); err != nil {
		return partnership.Paired{}, err
	}
	r, err := d.reply(d.h.pace.Confirm)
	if err != nil {
		return partnership.Paired{}, err
	}
	if r.Signed == nil {
		return partnership.Paired{}, wire.Faultf(wire.CodeMalformed, "another answer than a signature")
	}
	state, done, err := d.state.Finish(*r.Signed, d.h.clock().UnixMilli())
	if err != nil {
		return partnership.Paired{}, err
	}
	paired, _ := state.Paired()
	if err := d.save(state, &paired); err != nil {
		return partnership.Paired{}, err
	}
	// From here on the partnership stands; that the inviter hears of it is a courtesy.
	if d.t.say(done) == nil {
		_ = d.t.CloseWrite()
		_ = d.t.listen(time.Second)
		_, _ = d.t.r.ReadByte()
	}
	return paired, nil
}

func (d *accepting) save(s partnership.AcceptorState, paired *partnership.Paired) error {
	if err := d.h.office.SaveAcceptor(d.ctx, s, paired); err != nil {
		return err
	}
	d.state = s
	return nil
}

// meet runs the dialogue up to the words.
func (d *accepting) meet() error {
	hello, err := d.state.Hello()
	if err != nil {
		return err
	}
	if err := d.t.say(hello); err != nil {
		return err
	}
	r, err := d.reply(handshakeLimit)
	if err != nil {
		return err
	}
	if r.Challenge == nil {
		return wire.Faultf(wire.CodeMalformed, "another answer than a challenge")
	}
	state, reveal, err := d.state.Reveal(*r.Challenge, d.self)
	if err != nil {
		return err
	}
	// Stored before the reveal leaves: what was revealed to one challenge is not revealed to another.
	if err := d.save(state, nil); err != nil {
		return err
	}
	if err := d.t.say(reveal); err != nil {
		return err
	}
	if reveal.Side.Len > int64(len(d.self.Chain)) {
		return errors.New("own identity chain is shorter than it was")
	}
	if err := d.t.sayChain(slices.Clip(d.self.Chain[:reveal.Side.Len])); err != nil {
		return err
	}
	if r, err = d.reply(streamIdle); err != nil {
		return err
	}
	if r.Answer == nil {
		return wire.Faultf(wire.CodeMalformed, "another answer than the channel key")
	}
	if state, err = d.state.Prove(*r.Answer, d.self); err != nil {
		return err
	}
	chain, err := d.t.hearChain(state.Challenge.Side.Len)
	if err != nil {
		return err
	}
	if state, err = state.Bind(chain, d.h.clock().UnixMilli()); err != nil {
		return err
	}
	return d.save(state, nil)
}
