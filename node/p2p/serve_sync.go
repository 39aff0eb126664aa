package p2p

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"kontor/protocol/block"
	"kontor/protocol/wire"
)

// serveSync answers a partner's asks, one after the other.
func (h *Host) serveSync(ctx context.Context, t *talk, from peer.ID) error {
	first, err := hear[wire.SyncAsk](t, wire.MaxAsk, handshakeLimit)
	if err != nil {
		return faultBatch(t, 0, err)
	}
	asks := make(chan heardAsk)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// Reading goes on while an ask waits, so that a stream that breaks is noticed at once.
	h.start(func() { readAsks(ctx, t, asks) })
	next := heardAsk{ask: first}
	greeted := false
	for {
		if next.err != nil {
			return faultBatch(t, 0, next.err)
		}
		if next.ask.Err != nil {
			h.log.Warn("partner refused what this node sent", "peer", from, "partnership", next.ask.PID.Short(), "code", next.ask.Err.Code, "text", next.ask.Err.Text)
			return nil
		}
		superseding, err := h.answer(ctx, t, from, next.ask, asks)
		if err != nil {
			return faultBatch(t, next.ask.Nonce, err)
		}
		if !greeted { // once a stream: who asks in a loop makes nobody ask back in one
			h.asked(from, next.ask.PID)
			greeted = true
		}
		if superseding != nil {
			next = *superseding
			continue
		}
		if err := t.listen(streamIdle); err != nil {
			return err
		}
		select {
		case next = <-asks:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// asked tells this side's own session that a partner keeps a partnership.
func (h *Host) asked(from peer.ID, pid block.CID) {
	if s := h.sessionWith(from, pid); s != nil {
		s.asked()
	}
}

// sessionWith is this side's session about a partnership with a partner; nil when there is none.
func (h *Host) sessionWith(id peer.ID, pid block.CID) *session {
	h.mu.Lock()
	p := h.partners[id]
	h.mu.Unlock()
	if p == nil {
		return nil
	}
	return p.session(pid)
}

type heardAsk struct {
	ask wire.SyncAsk
	err error
}

func readAsks(ctx context.Context, t *talk, to chan<- heardAsk) {
	for {
		ask, err := wire.ReadMessage[wire.SyncAsk](t.r, wire.MaxAsk)
		select {
		case to <- heardAsk{ask, err}:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// faultBatch tells the peer the fault, where the error is one that it may know.
func faultBatch(t *talk, nonce int64, err error) error {
	if fault := tellable(err); fault != nil {
		_ = t.say(wire.Batch{Nonce: nonce, Err: fault})
	}
	return err
}

// tellable is the fault to tell a peer; nil when the stream itself has failed.
func tellable(err error) *wire.Fault {
	var fault *wire.Fault
	if errors.As(err, &fault) {
		return fault
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return wire.Faultf(wire.CodeMalformed, "the frame ends before its length")
	}
	switch whyOf(err) {
	case "broken_off", "timeout", "error":
		return nil
	}
	return wire.FaultOf(err)
}

// answer answers one ask. When it waits and the requester breaks off or asks again, that is returned instead.
func (h *Host) answer(ctx context.Context, t *talk, from peer.ID, ask wire.SyncAsk, asks <-chan heardAsk) (superseding *heardAsk, err error) {
	company, err := h.member(from, ask.PID)
	if err != nil {
		return nil, err
	}
	if err := h.pacing(ctx, from); err != nil {
		return nil, err
	}
	wake, cancel := h.news.subscribe(ask.PID, from)
	defer cancel()
	var limit <-chan time.Time
	if ask.Wait {
		// The reader must outlast the wait.
		if err := t.listen(h.pace.Wait + streamIdle); err != nil {
			return nil, err
		}
		timer := time.NewTimer(h.pace.Wait)
		defer timer.Stop()
		limit = timer.C
	}
	noted := false
	s := h.sessionWith(from, ask.PID)
	before := s.times()
	for done := !ask.Wait; ; {
		// Since it asked, the partner may have sent entries, and with them what it holds now: those would go back to it.
		b, err := h.office.Gather(ctx, ask.PID, company, s.newer(ask.Held, t.Conn().ID(), before))
		if err != nil {
			return nil, unavailable(err)
		}
		if !noted {
			h.partnerHolds(ctx, ask.PID, company, b.Held, ask.Held)
			noted = true
		}
		if done || !b.Empty() {
			b.T, b.Nonce = h.clock().UnixMilli(), ask.Nonce
			return nil, t.say(b)
		}
		select {
		case <-wake:
		case <-limit:
			done = true
		case next := <-asks:
			return &next, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		// The partnership may have been given up while the ask waited.
		if _, err := h.member(from, ask.PID); err != nil {
			return nil, err
		}
	}
}

// pacing holds back a partner that asks faster than anybody needs to.
func (h *Host) pacing(ctx context.Context, from peer.ID) error {
	h.mu.Lock()
	p := h.partners[from]
	h.mu.Unlock()
	if p == nil {
		return nil
	}
	return p.asks.Wait(ctx)
}

// unavailable keeps the causes of an office's error at home.
func unavailable(err error) error {
	if fault := tellable(err); fault != nil {
		return fault
	}
	return errors.Join(wire.Faultf(wire.CodeUnavailable, "the node can't answer now"), err)
}
