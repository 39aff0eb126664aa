package performance

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"sort"
)

// fanout is the children of an inner node; a path is a list of steps from 0 to 15.
const fanout = 16

// MaxDepth is the longest path: the steps of a place.
const MaxDepth = 2 * sha256.Size

// Node is one node of a tree of lines: a leaf, or the hashes of the children. A subtree of one line is its leaf, at
// whatever depth that is.
type Node struct {
	Place    []byte   `cbor:"place,omitempty"`    // of a leaf: where its line stands; 32 bytes that tell the order number to nobody without the salt
	Leaf     []byte   `cbor:"leaf,omitempty"`     // of a leaf: the hash of its opening
	Children [][]byte `cbor:"children,omitempty"` // of an inner node: 16, each empty or a hash
}

// Check bounds a node that came from elsewhere.
func (n Node) Check() error {
	if len(n.Children) == 0 {
		if len(n.Place) != sha256.Size || len(n.Leaf) != sha256.Size {
			return fmt.Errorf("leaf with a place of %d bytes and a hash of %d; want %d each", len(n.Place), len(n.Leaf), sha256.Size)
		}
		return nil
	}
	if len(n.Children) != fanout || len(n.Place) != 0 || len(n.Leaf) != 0 {
		return fmt.Errorf("inner node with %d children instead of %d, or a place", len(n.Children), fanout)
	}
	full := 0
	for i, c := range n.Children {
		if len(c) != 0 && len(c) != sha256.Size {
			return fmt.Errorf("child %d has %d bytes; want none or %d", i, len(c), sha256.Size)
		}
		if len(c) != 0 {
			full++
		}
	}
	if full == 0 {
		return fmt.Errorf("inner node without a child: an empty subtree has no node")
	}
	return nil
}

// Hash binds a leaf's place and line, or an inner node's children.
func (n Node) Hash() Hash {
	h := sha256.New()
	h.Write([]byte(labelNode))
	if len(n.Children) == 0 {
		h.Write([]byte{0})
		h.Write(n.Place)
		h.Write(n.Leaf)
		return Hash(h.Sum(nil))
	}
	h.Write([]byte{1})
	for _, c := range n.Children {
		h.Write([]byte{byte(len(c))})
		h.Write(c)
	}
	return Hash(h.Sum(nil))
}

// RootOf is the root that a tree's first node and its count of lines give.
func RootOf(count int64, top Node) []byte {
	h := sha256.New()
	h.Write([]byte(labelRoot))
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(count))
	h.Write(n[:])
	sum := top.Hash()
	h.Write(sum[:])
	return h.Sum(nil)
}

// Tree is the tree over the lines of one cell. Where a line stands follows from its key alone, so that one line more or
// less moves no other.
type Tree struct {
	salt   Hash // of the cell
	leaves []leaf
	nodes  map[string]Node
}

type leaf struct {
	at   Hash
	hash Hash
	line Line
}

// NewTree builds the tree of a cell's lines. Two lines with one key are an error.
func NewTree(s Salt, cell string, lines []Line) (*Tree, error) {
	if len(lines) == 0 || len(lines) > MaxLines {
		return nil, fmt.Errorf("%d lines under one root; want 1 to %d", len(lines), MaxLines)
	}
	t := &Tree{salt: s.cell(cell), nodes: map[string]Node{}, leaves: make([]leaf, 0, len(lines))}
	for _, l := range lines {
		key := l.Key()
		at := place(t.salt, key)
		hash, err := Opening{l, lineSalt(t.salt, key)}.Leaf(at)
		if err != nil {
			return nil, err
		}
		t.leaves = append(t.leaves, leaf{at, hash, l})
	}
	sort.Slice(t.leaves, func(i, j int) bool { return bytes.Compare(t.leaves[i].at[:], t.leaves[j].at[:]) < 0 })
	for i := 1; i < len(t.leaves); i++ {
		if t.leaves[i-1].at == t.leaves[i].at {
			return nil, fmt.Errorf("line %q stands twice", t.leaves[i].line.Key())
		}
	}
	t.build(nil, 0, len(t.leaves))
	return t, nil
}

// build makes the node over leaves[from:to], which share the path.
func (t *Tree) build(path []byte, from, to int) Node {
	if to-from == 1 {
		l := t.leaves[from]
		return Node{Place: l.at[:], Leaf: l.hash[:]}
	}
	n := Node{Children: make([][]byte, fanout)}
	for step := byte(0); step < fanout; step++ {
		end := from
		for end < to && nibble(t.leaves[end].at, len(path)) == step {
			end++
		}
		if end > from {
			sum := t.build(append(append([]byte{}, path...), step), from, end).Hash()
			n.Children[step] = sum[:]
		} else {
			n.Children[step] = []byte{}
		}
		from = end
	}
	t.nodes[string(path)] = n
	return n
}

func nibble(at Hash, i int) byte {
	if i%2 == 0 {
		return at[i/2] >> 4
	}
	return at[i/2] & 15
}

// under is the range of leaves below a path.
func (t *Tree) under(path []byte) (from, to int) {
	compare := func(at Hash) int {
		for i, step := range path {
			if n := nibble(at, i); n != step {
				return int(n) - int(step)
			}
		}
		return 0
	}
	from = sort.Search(len(t.leaves), func(i int) bool { return compare(t.leaves[i].at) >= 0 })
	to = sort.Search(len(t.leaves), func(i int) bool { return compare(t.leaves[i].at) > 0 })
	return from, to
}

// Node is the node at a path; false where there is none.
func (t *Tree) Node(path []byte) (Node, bool) {
	if len(path) > MaxDepth {
		return Node{}, false
	}
	from, to := t.under(path)
	switch to - from {
	case 0:
		return Node{}, false
	case 1:
		l := t.leaves[from]
		return Node{Place: l.at[:], Leaf: l.hash[:]}, true
	}
	n, ok := t.nodes[string(path)]
	return n, ok
}

// Root is what a report says of the lines.
func (t *Tree) Root() LineRoot {
	top, _ := t.Node(nil)
	return LineRoot{Root: RootOf(int64(len(t.leaves)), top), Count: int64(len(t.leaves))}
}

// Lines are all lines, in no order of theirs.
func (t *Tree) Lines() []Line {
	out := make([]Line, len(t.leaves))
	for i, l := range t.leaves {
		out[i] = l.line
	}
	return out
}

// Open is the opening of the line at a place, and its hash; false where there is none.
func (t *Tree) Open(at Hash) (o Opening, hash Hash, ok bool) {
	i := sort.Search(len(t.leaves), func(i int) bool { return bytes.Compare(t.leaves[i].at[:], at[:]) >= 0 })
	if i == len(t.leaves) || t.leaves[i].at != at {
		return Opening{}, Hash{}, false
	}
	l := t.leaves[i]
	return Opening{l.line, lineSalt(t.salt, l.line.Key())}, l.hash, true
}

// Fits tells whether an opening of this cell stands where its key belongs and gives the hash.
func (t *Tree) Fits(o Opening, at, hash Hash) error {
	if err := o.Line.Check(); err != nil {
		return err
	}
	if place(t.salt, o.Line.Key()) != at {
		return fmt.Errorf("line %q does not belong at the place it was opened for", o.Line.Key())
	}
	if got, err := o.Leaf(at); err != nil || got != hash {
		return fmt.Errorf("line %q is not the one in the signed report", o.Line.Key())
	}
	return nil
}

// Prove is the way from the root to a place, whether or not a line stands there.
func (t *Tree) Prove(at Hash) Proof {
	p := Proof{Count: int64(len(t.leaves))}
	for depth := 0; depth <= MaxDepth; depth++ {
		path := steps(at, depth)
		n, ok := t.Node(path)
		if !ok {
			break
		}
		p.Nodes = append(p.Nodes, n)
		if len(n.Children) == 0 {
			break
		}
	}
	return p
}

func steps(at Hash, depth int) []byte {
	path := make([]byte, depth)
	for i := range path {
		path[i] = nibble(at, i)
	}
	return path
}

// Proof is the way from a root to a place.
type Proof struct {
	Count int64  `cbor:"count"`
	Nodes []Node `cbor:"nodes"` // from the root
}

// Verify follows the proof from a signed root to a place. It answers the hash of the line there, nil where none stands.
func (p Proof) Verify(root LineRoot, at Hash) (line *Hash, err error) {
	if len(p.Nodes) == 0 || len(p.Nodes) > MaxDepth {
		return nil, fmt.Errorf("proof of %d nodes; want 1 to %d", len(p.Nodes), MaxDepth)
	}
	for depth, n := range p.Nodes {
		if err := n.Check(); err != nil {
			return nil, fmt.Errorf("node %d of the proof: %w", depth, err)
		}
		if depth == 0 && (p.Count != root.Count || !bytes.Equal(RootOf(p.Count, n), root.Root)) {
			return nil, fmt.Errorf("the proof does not begin at the root of the signed report")
		}
		last := depth == len(p.Nodes)-1
		if len(n.Children) == 0 {
			if !last {
				return nil, fmt.Errorf("the proof goes on below a leaf")
			}
			there := Hash(n.Place)
			if !bytes.Equal(steps(there, depth), steps(at, depth)) {
				return nil, fmt.Errorf("the leaf of the proof stands elsewhere")
			}
			if there != at {
				return nil, nil
			}
			hash := Hash(n.Leaf)
			return &hash, nil
		}
		child := n.Children[nibble(at, depth)]
		switch {
		case len(child) == 0 && last:
			return nil, nil
		case len(child) == 0 || last:
			return nil, fmt.Errorf("the proof ends above its place, or goes on below it")
		}
		if sum := p.Nodes[depth+1].Hash(); !bytes.Equal(sum[:], child) {
			return nil, fmt.Errorf("node %d of the proof is not the child of the one above", depth+1)
		}
	}
	return nil, fmt.Errorf("the proof has no end")
}
