package p2p

import (
	"context"

	"github.com/libp2p/go-libp2p/core/peer"

	"kontor/protocol/block"
	"kontor/protocol/wire"
)

// serveBlocks answers a partner's asks for blocks, one after the other.
func (h *Host) serveBlocks(ctx context.Context, t *talk, from peer.ID) error {
	limit := handshakeLimit
	for {
		ask, err := hear[wire.BlocksAsk](t, wire.MaxAsk, limit)
		if err == nil {
			err = h.giveBlocks(ctx, t, from, ask)
		}
		if err != nil {
			if fault := tellable(err); fault != nil {
				_ = t.say(wire.BlocksReply{Err: fault})
			}
			return err
		}
		limit = streamIdle
	}
}

func (h *Host) giveBlocks(ctx context.Context, t *talk, from peer.ID, ask wire.BlocksAsk) error {
	company, err := h.member(from, ask.PID)
	if err != nil {
		return err
	}
	if err := h.pacing(ctx, from); err != nil {
		return err
	}
	root, found, err := h.office.Body(ctx, ask.PID, company, ask.Entry)
	if err != nil {
		return unavailable(err)
	}
	if !found {
		return notFound()
	}
	if len(ask.From) > 0 && len(ask.Path) == 0 {
		patch, found, err := h.office.Patch(ctx, ask.PID, ask.Entry, ask.From)
		if err != nil {
			return unavailable(err)
		}
		if found && len(patch) <= wire.MaxFrame {
			return t.giveAll(wire.FormPatch, patch)
		}
	}
	get := func(id block.CID) ([]byte, error) {
		data, found, err := h.office.Block(ctx, ask.PID, id)
		if err != nil {
			return nil, unavailable(err)
		}
		if !found {
			return nil, notFound()
		}
		return data, nil
	}
	at, err := wire.WalkPath(root, ask.Path, get)
	if err != nil {
		return err
	}
	first, err := get(at)
	if err != nil {
		return err
	}
	if !ask.Deep {
		return t.giveAll(wire.FormBlocks, first)
	}
	return t.giveDeep(at, ask.Skip, get)
}

func notFound() *wire.Fault { return wire.Faultf(wire.CodeNotFound, "nothing is held there") }

// giveAll writes a reply, one frame and the end.
func (t *talk) giveAll(form string, data []byte) error {
	if err := wire.WriteMessage(t.w, wire.BlocksReply{Form: form}); err != nil {
		return err
	}
	if err := t.bare(data); err != nil {
		return err
	}
	return t.end()
}

// giveDeep writes a block and all below it. A block that is missing below breaks the stream off: the requester has the ones before.
func (t *talk) giveDeep(root block.CID, skip int64, get func(block.CID) ([]byte, error)) error {
	if err := wire.WriteMessage(t.w, wire.BlocksReply{Form: wire.FormBlocks}); err != nil {
		return err
	}
	walk := wire.NewDeep(root)
	for n := int64(0); ; n++ {
		id, more := walk.Next()
		if !more {
			return t.end()
		}
		data, err := get(id)
		if err != nil {
			return errBrokenOff{err}
		}
		if err := walk.Pass(data); err != nil {
			return errBrokenOff{err}
		}
		if n < skip {
			continue
		}
		if err := t.bare(data); err != nil {
			return err
		}
	}
}

// errBrokenOff hides a fault that can't be told, because blocks are on their way already.
type errBrokenOff struct{ cause error }

func (e errBrokenOff) Error() string { return "answer broken off: " + e.cause.Error() }

// bare writes the bytes of a block as a frame.
func (t *talk) bare(data []byte) error {
	if err := t.SetWriteDeadline(deadline(streamIdle)); err != nil {
		return err
	}
	return wire.WriteFrame(t.w, data)
}

func (t *talk) end() error {
	if err := t.SetWriteDeadline(deadline(streamIdle)); err != nil {
		return err
	}
	if err := wire.WriteFrame(t.w, nil); err != nil {
		return err
	}
	return t.w.Flush()
}
