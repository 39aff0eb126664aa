package p2p

import (
	"context"
	"fmt"

	"github.com/libp2p/go-libp2p/core/peer"

	"kontor/protocol/block"
	"kontor/protocol/performance"
	"kontor/protocol/wire"
)

func (h *Host) serveLines(ctx context.Context, t *talk, from peer.ID) error {
	limit := handshakeLimit
	for {
		ask, err := hear[wire.LinesAsk](t, wire.MaxAsk, limit)
		var reply wire.LinesReply
		if err == nil {
			reply, err = h.lines(ctx, from, ask)
		}
		if err != nil {
			if fault := tellable(err); fault != nil {
				_ = t.say(wire.LinesReply{Err: fault})
			}
			return err
		}
		if err := t.say(reply); err != nil {
			return err
		}
		limit = streamIdle
	}
}

func (h *Host) lines(ctx context.Context, from peer.ID, ask wire.LinesAsk) (wire.LinesReply, error) {
	company, err := h.member(from, ask.PID)
	if err != nil {
		return wire.LinesReply{}, err
	}
	if err := h.pacing(ctx, from); err != nil {
		return wire.LinesReply{}, err
	}
	h.mu.Lock()
	p := h.partners[from]
	h.mu.Unlock()
	if p != nil {
		done, err := p.lines.take(ctx)
		if err != nil {
			return wire.LinesReply{}, unavailable(err)
		}
		defer done()
	}
	reply, err := h.office.Lines(ctx, ask.PID, company, ask)
	if err != nil {
		return wire.LinesReply{}, unavailable(err)
	}
	return reply, nil
}

// Lines is the tree over the lines of one cell of a partner's report. It must be closed, and is for one goroutine.
type Lines struct {
	t    *talk
	ask  wire.LinesAsk
	stop func() bool
}

// Lines opens the lines of a cell of the report that a connected member has in force. What it answers is the partner's word until it was
// checked against the signed root.
func (h *Host) Lines(ctx context.Context, company, pid, report block.CID, cell string) (*Lines, error) {
	p := h.partnerOf(company, pid)
	if p == nil {
		return nil, fmt.Errorf("company %s is no partner in partnership %s", company.Short(), pid.Short())
	}
	t, err := h.open(ctx, p.id, wire.LinesID)
	if err != nil {
		return nil, fmt.Errorf("ask %s for its lines: %w", company.Short(), err)
	}
	return &Lines{t, wire.LinesAsk{PID: pid, Report: report, Cell: cell}, context.AfterFunc(ctx, func() { _ = t.Reset() })}, nil
}

// Nodes reads the nodes at paths, and the count of lines.
func (l *Lines) Nodes(paths [][]byte) (count int64, nodes []performance.Node, err error) {
	ask := l.ask
	ask.Paths = paths
	r, err := l.say(ask)
	return r.Count, r.Nodes, err
}

// Open shows the line of ours at a place and reads the partner's; nil where it has none.
func (l *Lines) Open(open wire.LineAsk) (*performance.Opening, error) {
	ask := l.ask
	ask.Open = &open
	r, err := l.say(ask)
	return r.Opening, err
}

func (l *Lines) say(ask wire.LinesAsk) (wire.LinesReply, error) {
	if err := l.t.say(ask); err != nil {
		return wire.LinesReply{}, err
	}
	r, err := hear[wire.LinesReply](l.t, wire.MaxFrame, streamIdle)
	if err == nil && r.Err != nil {
		err = r.Err
	}
	return r, err
}

// Close ends the asking.
func (l *Lines) Close() {
	l.stop()
	_ = l.t.Close()
}
