package p2p

import (
	"context"
	"fmt"

	"github.com/libp2p/go-libp2p/core/peer"

	"kontor/protocol/block"
	"kontor/protocol/state"
	"kontor/protocol/wire"
)

func (h *Host) serveTree(ctx context.Context, t *talk, from peer.ID) error {
	limit := handshakeLimit
	for {
		ask, err := hear[wire.TreeAsk](t, wire.MaxAsk, limit)
		var reply wire.TreeReply
		if err == nil {
			reply, err = h.treeNode(ctx, from, ask)
		}
		if err != nil {
			if fault := tellable(err); fault != nil {
				_ = t.say(wire.TreeReply{Err: fault})
			}
			return err
		}
		if err := t.say(reply); err != nil {
			return err
		}
		limit = streamIdle
	}
}

func (h *Host) treeNode(ctx context.Context, from peer.ID, ask wire.TreeAsk) (wire.TreeReply, error) {
	if _, err := h.member(from, ask.PID); err != nil {
		return wire.TreeReply{}, err
	}
	if err := h.pacing(ctx, from); err != nil {
		return wire.TreeReply{}, err
	}
	line, node, err := h.office.TreeNode(ctx, ask.PID, ask.Path)
	if err != nil {
		return wire.TreeReply{}, unavailable(err)
	}
	return wire.TreeReply{Line: line, Node: node}, nil
}

// Tree is a partner's state tree, read node by node. It must be closed, and is for one goroutine.
type Tree struct {
	t    *talk
	pid  block.CID
	stop func() bool
}

// Tree opens the state tree of a member of a partnership that is connected.
func (h *Host) Tree(ctx context.Context, company, pid block.CID) (*Tree, error) {
	p := h.partnerOf(company, pid)
	if p == nil {
		return nil, fmt.Errorf("company %s is no partner in partnership %s", company.Short(), pid.Short())
	}
	t, err := h.open(ctx, p.id, wire.TreeID)
	if err != nil {
		return nil, fmt.Errorf("ask %s for its tree: %w", company.Short(), err)
	}
	return &Tree{t, pid, context.AfterFunc(ctx, func() { _ = t.Reset() })}, nil
}

// Node reads the node at a path and the settled line at which the partner's tree stands. A caller that compares with its own tree must
// compare the lines: when they differ, one side has moved on, and the walk begins again.
func (t *Tree) Node(path []byte) (line int64, node *state.Node, err error) {
	if err := t.t.say(wire.TreeAsk{PID: t.pid, Path: path}); err != nil {
		return 0, nil, err
	}
	r, err := hear[wire.TreeReply](t.t, wire.MaxFrame, streamIdle)
	if err != nil {
		return 0, nil, err
	}
	if r.Err != nil {
		return 0, nil, r.Err
	}
	return r.Line, r.Node, nil
}

// Close ends the reading.
func (t *Tree) Close() {
	t.stop()
	_ = t.t.Close()
}
