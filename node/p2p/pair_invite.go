package p2p

import (
	"context"
	"errors"
	"time"

	"kontor/protocol/partnership"
	"kontor/protocol/wire"
)

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
