package state

import (
	"crypto/sha256"
	"fmt"
)

// Hash is a SHA-256 digest of a tree node. The zero Hash stands for an empty tree.
type Hash [32]byte

// Node is one node of the tree as two members exchange it when they bisect: either a leaf or sixteen children.
type Node struct {
	Row      string   `cbor:"row,omitempty"`      // leaf: the row's key
	Value    []byte   `cbor:"value,omitempty"`    // leaf: SHA-256 of the row's bytes
	Children [][]byte `cbor:"children,omitempty"` // inner: sixteen hashes, empty where nothing is
}

// Tree is a Merkle trie over rows: a row's path is the SHA-256 of its key, sixteen ways a level, and a subtree
// of one row is that row's leaf. Its shape, and so its root, depends on the rows alone, not on the order
// in which they came. A change costs the depth of the tree: about log16 of the number of rows.
type Tree struct {
	kv   KV
	part Partition
	// gathered are the nodes read and changed since gather, by path; nil: each change is written at once.
	gathered map[string]*gathered
}

// gathered is a node in memory; a nil node is none.
type gathered struct {
	node    *treeNode
	changed bool
}

// NewTree opens the tree of one partition.
func NewTree(kv KV, part Partition) Tree { return Tree{kv: kv, part: part} }

// gather returns the tree with its changes kept in memory until flush: many rows that settle at once share the nodes near the root.
func (t Tree) gather() Tree {
	t.gathered = map[string]*gathered{}
	return t
}

// flush writes the changes gathered.
func (t Tree) flush() error {
	for path, g := range t.gathered {
		if !g.changed {
			continue
		}
		var err error
		if key := t.nodeKey([]byte(path)); g.node == nil {
			err = t.kv.Delete(TableTree, key)
		} else {
			err = t.kv.Put(TableTree, key, g.node.encode())
		}
		if err != nil {
			return err
		}
		g.changed = false
	}
	return nil
}

const (
	leafTag  = 0
	innerTag = 1
	maxDepth = 64 // nibbles of a SHA-256
)

// treeNode is the stored form: a leaf has row set.
type treeNode struct {
	leaf     bool
	row      string
	value    Hash
	children [16]Hash
}

func (n *treeNode) hash() Hash {
	var room [1 + 16*len(Hash{})]byte
	b := room[:0]
	if n.leaf {
		path := sha256.Sum256([]byte(n.row))
		b = append(append(append(b, leafTag), path[:]...), n.value[:]...)
	} else {
		b = append(b, innerTag)
		for i := range n.children {
			b = append(b, n.children[i][:]...)
		}
	}
	return sha256.Sum256(b)
}

func (n *treeNode) encode() []byte {
	if n.leaf {
		out := make([]byte, 0, 1+len(n.value)+len(n.row))
		out = append(append(out, leafTag), n.value[:]...)
		return append(out, n.row...)
	}
	// A bitmap and the hashes present: most inner nodes near the leaves have two or three children.
	count := 0
	for _, child := range n.children {
		if child != (Hash{}) {
			count++
		}
	}
	out := append(make([]byte, 0, 3+count*len(Hash{})), innerTag, 0, 0)
	for i, child := range n.children {
		if child != (Hash{}) {
			out[1+i/8] |= 1 << (i % 8)
			out = append(out, child[:]...)
		}
	}
	return out
}

func decodeNode(data []byte) (*treeNode, error) {
	n := &treeNode{}
	switch {
	case len(data) >= 33 && data[0] == leafTag:
		n.leaf = true
		copy(n.value[:], data[1:33])
		n.row = string(data[33:])
		return n, nil
	case len(data) >= 3 && data[0] == innerTag:
		rest := data[3:]
		for i := range n.children {
			if data[1+i/8]&(1<<(i%8)) != 0 {
				if len(rest) < 32 {
					return nil, fmt.Errorf("state: tree node is torn; restore the database from a backup")
				}
				copy(n.children[i][:], rest)
				rest = rest[32:]
				if n.children[i] == (Hash{}) {
					return nil, fmt.Errorf("state: tree node names a child without a hash; restore the database from a backup")
				}
			}
		}
		if len(rest) > 0 {
			return nil, fmt.Errorf("state: %d bytes follow a tree node; restore the database from a backup", len(rest))
		}
		return n, nil
	}
	return nil, fmt.Errorf("state: tree node has an unknown form; restore the database from a backup")
}

func nibbles(key string) [maxDepth]byte {
	sum := sha256.Sum256([]byte(key))
	var out [maxDepth]byte
	for i, b := range sum {
		out[2*i], out[2*i+1] = b>>4, b&15
	}
	return out
}

func (t Tree) nodeKey(path []byte) []byte { return t.part.Key(nodePrefix, path) }

func (t Tree) load(path []byte) (*treeNode, error) {
	if g := t.gathered[string(path)]; g != nil {
		return g.node, nil
	}
	data, found, err := t.kv.Get(TableTree, t.nodeKey(path))
	if err != nil {
		return nil, err
	}
	var n *treeNode
	if found {
		if n, err = decodeNode(data); err != nil {
			return nil, err
		}
	}
	if t.gathered != nil {
		t.gathered[string(path)] = &gathered{node: n}
	}
	return n, nil
}

func (t Tree) save(path []byte, n *treeNode) (Hash, error) {
	if t.gathered != nil {
		t.change(path, n)
		return n.hash(), nil
	}
	return n.hash(), t.kv.Put(TableTree, t.nodeKey(path), n.encode())
}

func (t Tree) remove(path []byte) error {
	if t.gathered != nil {
		t.change(path, nil)
		return nil
	}
	return t.kv.Delete(TableTree, t.nodeKey(path))
}

func (t Tree) change(path []byte, n *treeNode) {
	if g := t.gathered[string(path)]; g != nil {
		g.node, g.changed = n, true
		return
	}
	t.gathered[string(path)] = &gathered{n, true}
}

// Put sets a row in the tree.
func (t Tree) Put(row string, value []byte) error {
	path := nibbles(row)
	_, err := t.put(path[:], 0, &treeNode{leaf: true, row: row, value: sha256.Sum256(value)})
	return err
}

func (t Tree) put(path []byte, depth int, leaf *treeNode) (Hash, error) {
	at := path[:depth]
	n, err := t.load(at)
	if err != nil {
		return Hash{}, err
	}
	if n == nil || (n.leaf && n.row == leaf.row) {
		return t.save(at, leaf)
	}
	if n.leaf {
		// Push the resident leaf one level down and go on: the two part where their paths do.
		other := nibbles(n.row)
		moved, err := t.save(other[:depth+1], n)
		if err != nil {
			return Hash{}, err
		}
		inner := &treeNode{}
		inner.children[other[depth]] = moved
		n = inner
	}
	if n.children[path[depth]], err = t.put(path, depth+1, leaf); err != nil {
		return Hash{}, err
	}
	return t.save(at, n)
}

// Delete removes a row from the tree.
func (t Tree) Delete(row string) error {
	path := nibbles(row)
	_, _, err := t.without(path[:], 0, row)
	return err
}

// without returns the hash that now stands at depth and, when a single leaf is left there, that leaf, so that the parent can
// take its place: a subtree of one row is always that row's leaf.
func (t Tree) without(path []byte, depth int, row string) (Hash, *treeNode, error) {
	at := path[:depth]
	n, err := t.load(at)
	if err != nil || n == nil {
		return Hash{}, nil, err
	}
	if n.leaf {
		if n.row != row {
			return n.hash(), n, nil
		}
		return Hash{}, nil, t.remove(at)
	}
	child, _, err := t.without(path, depth+1, row)
	if err != nil {
		return Hash{}, nil, err
	}
	n.children[path[depth]] = child
	only, count := -1, 0
	for i, h := range n.children {
		if h != (Hash{}) {
			only, count = i, count+1
		}
	}
	if count == 1 {
		below := append(append([]byte{}, at...), byte(only))
		last, err := t.load(below)
		if err != nil {
			return Hash{}, nil, err
		}
		if last != nil && last.leaf {
			if err := t.remove(below); err != nil {
				return Hash{}, nil, err
			}
			h, err := t.save(at, last)
			return h, last, err
		}
	}
	h, err := t.save(at, n)
	return h, nil, err
}

// Root is the hash of the whole tree; the zero Hash when it is empty.
func (t Tree) Root() (Hash, error) {
	n, err := t.load(nil)
	if err != nil || n == nil {
		return Hash{}, err
	}
	return n.hash(), nil
}
