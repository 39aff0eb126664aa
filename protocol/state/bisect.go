package state

import (
	"bytes"
	"fmt"
)

// Nodes answers with the tree node at a path of nibbles (0 to 15 each, at most 64); nil when nothing is there.
// One member's own tree answers from its database, a partner's over a stream.
type Nodes func(path []byte) (*Node, error)

// Nodes reads this tree for [Bisect].
func (t Tree) Nodes(path []byte) (*Node, error) {
	if len(path) > maxDepth {
		return nil, fmt.Errorf("state: tree path has %d steps; at most %d exist", len(path), maxDepth)
	}
	for _, step := range path {
		if step > 15 {
			return nil, fmt.Errorf("state: tree path has the step %d; steps are 0 to 15", step)
		}
	}
	n, err := t.load(path)
	if err != nil || n == nil {
		return nil, err
	}
	if n.leaf {
		return &Node{Row: n.row, Value: n.value[:]}, nil
	}
	out := &Node{Children: make([][]byte, 16)}
	for i, h := range n.children {
		out.Children[i] = []byte{}
		if h != (Hash{}) {
			out.Children[i] = append(out.Children[i], h[:]...)
		}
	}
	return out, nil
}

// Difference is the first row on which two trees differ.
type Difference struct {
	Row    string
	Ours   []byte // SHA-256 of our bytes; nil: we have no such row
	Theirs []byte
}

// Bisect walks two trees from their roots and names the first row on which they differ; nil when they are equal. It asks each side
// for a few nodes a level.
func Bisect(ours, theirs Nodes) (*Difference, error) {
	a, err := ours(nil)
	if err != nil {
		return nil, err
	}
	b, err := theirs(nil)
	if err != nil {
		return nil, err
	}
	return bisect(ours, theirs, nil, a, b)
}

func bisect(ours, theirs Nodes, path []byte, a, b *Node) (*Difference, error) {
	if a == nil && b == nil {
		return nil, nil
	}
	aLeaf, bLeaf := a == nil || a.Row != "", b == nil || b.Row != ""
	if aLeaf && bLeaf {
		return leafDifference(a, b), nil
	}
	if len(path) >= maxDepth {
		return nil, fmt.Errorf("state: bisection went deeper than a tree can be")
	}
	for _, n := range []*Node{a, b} {
		if n != nil && n.Row == "" && len(n.Children) != 16 {
			return nil, fmt.Errorf("state: an inner tree node has %d children instead of 16", len(n.Children))
		}
	}
	for step := byte(0); step < 16; step++ {
		if !aLeaf && !bLeaf && bytes.Equal(a.Children[step], b.Children[step]) {
			continue
		}
		below := append(append([]byte{}, path...), step)
		ca, err := child(ours, a, below)
		if err != nil {
			return nil, err
		}
		cb, err := child(theirs, b, below)
		if err != nil {
			return nil, err
		}
		if d, err := bisect(ours, theirs, below, ca, cb); d != nil || err != nil {
			return d, err
		}
	}
	return nil, nil
}

// child reads the node below n on a path. A leaf that stands higher than the other side's branch counts as standing
// below, on its own path: that is where it would be if it had neighbours.
func child(nodes Nodes, n *Node, path []byte) (*Node, error) {
	step := path[len(path)-1]
	switch {
	case n == nil:
		return nil, nil
	case n.Row != "":
		if own := nibbles(n.Row); own[len(path)-1] == step {
			return n, nil
		}
		return nil, nil
	case len(n.Children[step]) == 0:
		return nil, nil
	}
	return nodes(path)
}

func leafDifference(a, b *Node) *Difference {
	switch {
	case a == nil:
		return &Difference{Row: b.Row, Theirs: b.Value}
	case b == nil:
		return &Difference{Row: a.Row, Ours: a.Value}
	case a.Row != b.Row:
		return &Difference{Row: a.Row, Ours: a.Value}
	case !bytes.Equal(a.Value, b.Value):
		return &Difference{Row: a.Row, Ours: a.Value, Theirs: b.Value}
	}
	return nil
}
