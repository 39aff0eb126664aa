package p2p

import (
	"context"
	"errors"
	"sync"

	"github.com/libp2p/go-libp2p/core/peer"

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
		return h.pairEnd(t, wire.Faultf(wire.CodeNotFound, "nothing is held there"))
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
