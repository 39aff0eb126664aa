package p2p

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"

	"kontor/protocol/partnership"
	"kontor/protocol/wire"
)

// Pair runs the acceptor's side of a pairing, from where the state stands to its end. It dials under the throw-away identity of the
// invitation, on a connection of its own. After an error that is no *partnership.PairError it may be called again, with the state that was last
// saved; nothing is burnt. Errors of the inviter with a PAIR code come back as *partnership.PairError, an inviter that is not there as *Unreachable.
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
		return nil, nil, unreachable(token.Addresses, err)
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
