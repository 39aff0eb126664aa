package p2p

import (
	"bufio"
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"

	"kontor/protocol/block"
	"kontor/protocol/bound"
	"kontor/protocol/feed"
	"kontor/protocol/partnership"
	"kontor/protocol/wire"
)

// talk is a stream with frames on it.
type talk struct {
	network.Stream
	r     *bufio.Reader
	w     *bufio.Writer
	heard bool // one message was heard
}

// newTalk puts frames on a stream. What is read is copied to the record, if one is kept.
func (h *Host) newTalk(s network.Stream) *talk {
	var in io.Reader = s
	if h.opts.Record != nil {
		in = io.TeeReader(s, h.opts.Record)
	}
	return &talk{Stream: s, r: bufio.NewReaderSize(in, 16<<10), w: bufio.NewWriterSize(s, 64<<10)}
}

// say writes one message and flushes.
func (t *talk) say(m wire.Message) error {
	if err := t.SetWriteDeadline(time.Now().Add(streamIdle)); err != nil {
		return err
	}
	if err := wire.WriteMessage(t.w, m); err != nil {
		return err
	}
	return t.w.Flush()
}

func (t *talk) listen(limit time.Duration) error { return t.SetReadDeadline(time.Now().Add(limit)) }

// hear reads one message within a time.
func hear[T wire.Message](t *talk, bound int, limit time.Duration) (T, error) {
	if err := t.listen(limit); err != nil {
		var zero T
		return zero, err
	}
	m, err := wire.ReadMessage[T](t.r, bound)
	t.heard = t.heard || err == nil
	return m, err
}

// handle serves a protocol: it counts the peer's streams, sets a deadline before the first byte is read, and turns the error of fn
// into a fault told to the peer, where there is one to tell, and a broken stream.
func (h *Host) handle(id protocol.ID, fn func(ctx context.Context, t *talk, from peer.ID) error) {
	h.host.SetStreamHandler(id, func(s network.Stream) {
		from := s.Conn().RemotePeer()
		if !h.streams.add(from) {
			h.metrics.refused.WithLabelValues(string(id), "too_many").Inc()
			h.opts.Exceeded(errTooManyStreams)
			_ = s.ResetWithError(network.StreamRateLimited)
			return
		}
		defer h.streams.done(from)
		h.mu.Lock()
		if h.closed {
			h.mu.Unlock()
			_ = s.Reset()
			return
		}
		h.wg.Add(1)
		h.mu.Unlock()
		defer h.wg.Done()
		stop := context.AfterFunc(h.ctx, func() { _ = s.Reset() })
		defer stop()
		if err := s.SetDeadline(time.Now().Add(handshakeLimit)); err != nil {
			_ = s.Reset()
			return
		}
		t := h.newTalk(s)
		err := fn(h.ctx, t, from)
		if err == nil || errors.Is(err, io.EOF) {
			_ = s.Close()
			return
		}
		if tellable(err) != nil {
			defer func() { _ = s.Close() }() // a reset would overtake the fault that was told
		} else {
			defer func() { _ = s.Reset() }()
		}
		why := whyOf(err)
		h.metrics.refused.WithLabelValues(string(id), why).Inc()
		switch {
		case why != "timeout":
			h.opts.Exceeded(err)
		case t.heard:
			h.opts.Exceeded(errIdle)
		default:
			h.opts.Exceeded(errHandshake)
		}
		h.log.Debug("stream ended", "protocol", id, "peer", from, "err", err)
	})
}

// The limits of streams, as errors for whoever counts them.
var (
	errTooManyStreams = bound.Errorf(bound.Streams, "a peer has more than %d streams open", wire.MaxStreams)
	errIdle           = bound.Errorf(bound.StreamIdle, "a stream was silent for %d ms", wire.StreamIdle)
	errHandshake      = bound.Errorf(bound.Handshake, "the first message took more than %d ms", wire.HandshakeLimit)
	errPartners       = bound.Errorf(bound.Partners, "there are more than %d partners' nodes", wire.MaxPartners)
	errHintSize       = bound.Errorf(bound.Hint, "a hint has more than %d bytes", wire.MaxHint)
	errHintRate       = bound.Errorf(bound.HintRate, "a peer sends more than %d hints a second", wire.HintRate)
)

// whyOf is the label of an error: a code of ours, or a word for the rest.
func whyOf(err error) string {
	var fault *wire.Fault
	var verdict *feed.Error
	var pair *partnership.PairError
	var missing *feed.Missing
	switch {
	case errors.As(err, &fault):
		if ownCodes[fault.Code] {
			return fault.Code
		}
		return "other_code"
	case errors.As(err, &verdict):
		return verdict.Code
	case errors.As(err, &pair):
		return pair.Code
	case errors.As(err, &missing):
		return "missing"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return wire.CodeMalformed
	case errors.Is(err, context.Canceled), errors.Is(err, network.ErrReset):
		return "broken_off"
	}
	var timeout interface{ Timeout() bool }
	if errors.As(err, &timeout) && timeout.Timeout() {
		return "timeout"
	}
	return "error"
}

// ownCodes keeps what a peer writes into a fault out of the labels of metrics.
var ownCodes = func() map[string]bool {
	codes := map[string]bool{wire.CodeNotFound: true, wire.CodeMalformed: true, wire.CodeTooLarge: true, wire.CodeBusy: true, wire.CodeUnavailable: true}
	for _, c := range feed.Codes {
		codes[c] = true
	}
	for c := range partnership.PairSentences {
		codes[c] = true
	}
	return codes
}()

// open opens a stream to a connected peer; it does not dial.
func (h *Host) open(ctx context.Context, to peer.ID, id protocol.ID) (*talk, error) {
	ctx, cancel := context.WithTimeout(network.WithNoDial(ctx, "partner"), handshakeLimit)
	defer cancel()
	s, err := h.host.NewStream(ctx, to, id)
	if err != nil {
		return nil, err
	}
	if err := s.SetDeadline(time.Now().Add(handshakeLimit)); err != nil {
		_ = s.Reset()
		return nil, err
	}
	return h.newTalk(s), nil
}

// member finds the company that a peer speaks for in a partnership. Who is no member learns no more than that nothing is there.
func (h *Host) member(from peer.ID, pid block.CID) (company block.CID, err error) {
	a := h.known.Load().peers[from]
	if a == nil || !a.shares(pid) {
		return block.CID{}, wire.Faultf(wire.CodeNotFound, "nothing is held there")
	}
	return a.company, nil
}

// streamCount counts the streams that each peer has open here.
type streamCount struct {
	mu sync.Mutex
	n  map[peer.ID]int
}

func (c *streamCount) add(id peer.ID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = map[peer.ID]int{}
	}
	if c.n[id] >= wire.MaxStreams {
		return false
	}
	c.n[id]++
	return true
}

// most is how many the peer has that has most.
func (c *streamCount) most() (most int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range c.n {
		most = max(most, n)
	}
	return most
}

func (c *streamCount) done(id peer.ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n[id]--; c.n[id] == 0 {
		delete(c.n, id)
	}
}

// signal wakes those who wait; a wake that nobody waits for is kept, one.
type signal chan struct{}

func newSignal() signal { return make(signal, 1) }

func (s signal) signal() {
	select {
	case s <- struct{}{}:
	default:
	}
}

// sleep waits for a time, a signal or the end; it says whether to go on.
func sleep(ctx context.Context, d time.Duration, wake signal) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-wake:
	case <-timer.C:
	}
	return ctx.Err() == nil
}

func deadline(d time.Duration) time.Time { return time.Now().Add(d) }
