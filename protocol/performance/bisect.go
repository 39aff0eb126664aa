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

// Bisect walks two trees of one cell down to the lines that differ. theirs answers the other side's nodes at paths, an
// absent node as one without place and children; every node is checked against the signed root. more tells that there
// are more than MaxOpened differences.
func Bisect(ours *Tree, root LineRoot, count int64, theirs func(paths [][]byte) ([]Node, error)) (found []Differing, more bool, err error) {
	type step struct {
		path []byte
		want []byte // hash of their node; nil at the root
	}
	todo := []step{{}}
	for len(todo) > 0 {
		asked := todo[:min(MaxPaths, len(todo))]
		todo = todo[len(asked):]
		paths := make([][]byte, len(asked))
		for i, s := range asked {
			paths[i] = s.path
		}
		nodes, err := theirs(paths)
		if err != nil {
			return nil, false, err
		}
		if len(nodes) != len(asked) {
			return nil, false, fmt.Errorf("asked for %d nodes and got %d", len(asked), len(nodes))
		}
		for i, n := range nodes {
			s := asked[i]
			if err := n.Check(); err != nil {
				return nil, false, err
			}
			if s.want == nil {
				if count != root.Count || !bytes.Equal(RootOf(count, n), root.Root) {
					return nil, false, fmt.Errorf("the first node is not that of the signed report")
				}
			} else if sum := n.Hash(); !bytes.Equal(sum[:], s.want) {
				return nil, false, fmt.Errorf("a node is not the one its parent names")
			}
			if mine, ok := ours.Node(s.path); ok && mine.Hash() == n.Hash() {
				continue
			}
			if len(n.Children) == 0 {
				found = append(found, ours.againstLeaf(s.path, n)...)
			} else {
				for child, hash := range n.Children {
					path := append(append([]byte{}, s.path...), byte(child))
					mine, ok := ours.Node(path)
					sum := mine.Hash()
					switch {
					case len(hash) == 0:
						found = append(found, ours.onlyOurs(path, nil)...)
					case !ok || !bytes.Equal(sum[:], hash):
						if len(path) > MaxDepth {
							return nil, false, fmt.Errorf("the tree is deeper than %d", MaxDepth)
						}
						todo = append(todo, step{path, hash})
					}
				}
			}
			if len(found) > MaxOpened {
				return found[:MaxOpened], true, nil
			}
		}
	}
	return found, false, nil
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
