package performance

import (
	"bytes"
	"fmt"
)

// Bounds of a reconciliation.
const (
	// MaxPaths is how many nodes are asked for at once: a reply of so many inner nodes fits a frame many times over.
	MaxPaths = 64
	// MaxOpened is how many lines of one cell are opened to a partner. Two tables that differ in more were made from
	// different sources: people talk before line after line leaves.
	MaxOpened = 256
)

// Differing is a place at which two trees have not the same line.
type Differing struct {
	At     Hash
	Ours   bool  // a line of ours stands there
	Theirs *Hash // the hash of theirs; nil where none stands there
}

// visit is a node of the other side's tree that is to be asked for.
type visit struct {
	path []byte
	want []byte // hash of their node; nil at the root
}

// Bisect walks two trees of one cell down to the lines that differ. theirs answers the other side's nodes at paths, an
// absent node as one without place and children; every node is checked against the signed root. more tells that there
// are more than MaxOpened differences.
func Bisect(ours *Tree, root LineRoot, count int64, theirs func(paths [][]byte) ([]Node, error)) (found []Differing, more bool, err error) {
	todo := []visit{{}}
	for len(todo) > 0 {
		asked := todo[:min(MaxPaths, len(todo))]
		todo = todo[len(asked):]
		paths := make([][]byte, len(asked))
		for i, v := range asked {
			paths[i] = v.path
		}
		nodes, err := theirs(paths)
		if err != nil {
			return nil, false, err
		}
		if len(nodes) != len(asked) {
			return nil, false, fmt.Errorf("asked for %d nodes and got %d", len(asked), len(nodes))
		}
		for i, n := range nodes {
			if err := asked[i].check(n, root, count); err != nil {
				return nil, false, err
			}
			differing, below, err := ours.against(asked[i].path, n)
			if err != nil {
				return nil, false, err
			}
			found, todo = append(found, differing...), append(todo, below...)
			if len(found) > MaxOpened {
				return found[:MaxOpened], true, nil
			}
		}
	}
	return found, false, nil
}

// check refuses a node that is not the one asked for: the first is that of the signed root, each further one the child
// that its parent names.
func (v visit) check(n Node, root LineRoot, count int64) error {
	if err := n.Check(); err != nil {
		return err
	}
	if v.want == nil {
		if count != root.Count || !bytes.Equal(RootOf(count, n), root.Root) {
			return fmt.Errorf("the first node is not that of the signed report")
		}
		return nil
	}
	if sum := n.Hash(); !bytes.Equal(sum[:], v.want) {
		return fmt.Errorf("a node is not the one its parent names")
	}
	return nil
}

// against compares a node of theirs with what we have at its path: the lines that differ there, and the nodes below
// that are to be asked for.
func (t *Tree) against(path []byte, n Node) (found []Differing, below []visit, err error) {
	if mine, ok := t.Node(path); ok && mine.Hash() == n.Hash() {
		return nil, nil, nil
	}
	if len(n.Children) == 0 {
		return t.againstLeaf(path, n), nil, nil
	}
	for child, hash := range n.Children {
		at := append(append([]byte{}, path...), byte(child))
		mine, ok := t.Node(at)
		sum := mine.Hash()
		switch {
		case len(hash) == 0:
			found = append(found, t.onlyOurs(at, nil)...)
		case !ok || !bytes.Equal(sum[:], hash):
			if len(at) > MaxDepth {
				return nil, nil, fmt.Errorf("the tree is deeper than %d", MaxDepth)
			}
			below = append(below, visit{at, hash})
		}
	}
	return found, below, nil
}

// againstLeaf compares what we have below a path with the one line of theirs.
func (t *Tree) againstLeaf(path []byte, n Node) []Differing {
	at, hash := Hash(n.Place), Hash(n.Leaf)
	_, mine, have := t.Open(at)
	out := t.onlyOurs(path, &at)
	if !have || mine != hash {
		out = append(out, Differing{at, have, &hash})
	}
	return out
}

// onlyOurs are our lines below a path but the one at except.
func (t *Tree) onlyOurs(path []byte, except *Hash) (out []Differing) {
	from, to := t.under(path)
	for _, l := range t.leaves[from:to] {
		if except == nil || l.at != *except {
			out = append(out, Differing{At: l.at, Ours: true})
		}
	}
	return out
}
