package wire

import (
	"fmt"

	"kontor/protocol/block"
	"kontor/protocol/state"
)

// TreeAsk asks for the node of the responder's state tree at a path of nibbles, to find the first row on which two members differ.
type TreeAsk struct {
	PID  block.CID `cbor:"pid"`
	Path []byte    `cbor:"path"`
}

// Check implements [Message].
func (a TreeAsk) Check() error {
	if len(a.Path) > MaxTreePath {
		return fmt.Errorf("tree path of %d steps; at most %d exist", len(a.Path), MaxTreePath)
	}
	for i, step := range a.Path {
		if step > 15 {
			return fmt.Errorf("step %d of the tree path is %d; steps are 0 to 15", i, step)
		}
	}
	return nil
}

// TreeReply is a node of the tree at a settled line; no node when nothing is there. Two members compare nodes of one line only.
type TreeReply struct {
	Line int64       `cbor:"line"`
	Node *state.Node `cbor:"node,omitempty"`
	Err  *Fault      `cbor:"err,omitempty"`
}

// Check implements [Message].
func (r TreeReply) Check() error {
	if r.Err != nil {
		return r.Err.Check()
	}
	if r.Line < 0 {
		return fmt.Errorf("settled line %d is negative", r.Line)
	}
	n := r.Node
	if n == nil {
		return nil
	}
	if n.Row != "" {
		if len(n.Value) != len(state.Hash{}) || len(n.Children) != 0 {
			return fmt.Errorf("leaf of row %q has a hash of %d bytes and %d children", clip(n.Row, 80), len(n.Value), len(n.Children))
		}
		return nil
	}
	if len(n.Children) != 16 || len(n.Value) != 0 {
		return fmt.Errorf("inner node has %d children instead of 16, or a value", len(n.Children))
	}
	for i, child := range n.Children {
		if len(child) != 0 && len(child) != len(state.Hash{}) {
			return fmt.Errorf("child %d of a tree node has %d bytes instead of 0 or 32", i, len(child))
		}
	}
	return nil
}
