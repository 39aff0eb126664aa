package node

import (
	"context"
	"errors"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/state"
)

// bisectTries is how often a walk begins again because one side's settled line moved under it.
const bisectTries = 5

var errMoved = errors.New("a settled line moved during the walk")

// bisectMismatches finds the first row on which a partner's state differs from ours, and says it to people: log, status, metrics.
func (n *Node) bisectMismatches(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case m := <-n.bisectCh:
			d, err := n.FirstDifference(ctx, m.PID, m.Member)
			switch {
			case err != nil:
				n.log.Error("state roots differ and the row was not found", "partnership", m.PID.Short(), "member", m.Member.Short(), "reason", err)
			case d == nil:
				n.log.Warn("state roots differed at an earlier line and agree now", "partnership", m.PID.Short(), "line", m.Line)
			default:
				n.log.Error("state differs", "partnership", m.PID.Short(), "member", m.Member.Short(), "row", d.Row)
				n.mu.Lock()
				n.differences[m.PID] = *d
				n.mu.Unlock()
			}
		}
	}
}

// FirstDifference walks the state trees of this office and a connected member down to the first row on which they differ; nil when
// they are equal. Both trees must stand at one settled line for the walk.
func (n *Node) FirstDifference(ctx context.Context, pid, member block.CID) (*state.Difference, error) {
	host := n.Host()
	if host == nil {
		return nil, Failf("OFFLINE", "this office was opened without network")
	}
	var err error
	for range bisectTries {
		var d *state.Difference
		if d, err = n.walk(ctx, pid, member); !errors.Is(err, errMoved) {
			return d, err
		}
	}
	return nil, err
}

func (n *Node) walk(ctx context.Context, pid, member block.CID) (*state.Difference, error) {
	tree, err := n.Host().Tree(ctx, member, pid)
	if err != nil {
		return nil, err
	}
	defer tree.Close()
	line := int64(-1)
	theirs := func(path []byte) (*state.Node, error) {
		at, node, err := tree.Node(path)
		if err == nil && line >= 0 && at != line {
			err = errMoved
		}
		line = at
		return node, err
	}
	ours := func(path []byte) (node *state.Node, err error) {
		err = n.Peek(pid, func(r *protocol.Replica) error {
			at, err := r.Line()
			if err != nil {
				return err
			}
			if line >= 0 && at != line {
				return errMoved
			}
			line = at
			node, err = r.Tree().Nodes(path)
			return err
		})
		return node, err
	}
	return state.Bisect(ours, theirs)
}

// Difference is the row that bisection found in a partnership; false when none was found.
func (n *Node) Difference(pid block.CID) (state.Difference, bool) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	d, found := n.differences[pid]
	return d, found
}
