package state

import (
	"bytes"
	"testing"
)

// FuzzNode: a stored tree node is read as what writes the same bytes, or not at all.
func FuzzNode(f *testing.F) {
	leaf := &treeNode{leaf: true, row: "topic/1", value: Hash{1, 2, 3}}
	inner := &treeNode{}
	inner.children[0], inner.children[15] = leaf.hash(), Hash{7}
	f.Add(leaf.encode())
	f.Add(inner.encode())
	f.Add(append(inner.encode(), 0))
	f.Add([]byte{innerTag, 1, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		n, err := decodeNode(data)
		if err != nil {
			if n != nil {
				t.Fatal("an error came with a node")
			}
			return
		}
		if !bytes.Equal(n.encode(), data) {
			t.Fatalf("%x is written again as %x", data, n.encode())
		}
	})
}

// FuzzChanges: an undo record is read as what writes the same bytes, or not at all.
func FuzzChanges(f *testing.F) {
	old, fresh := []byte("old"), []byte{}
	all := footprint{changes: []change{{Key: "a", Old: &old, New: &fresh}, {Key: "", New: &old}, {Key: "b", Old: &fresh}}}
	f.Add(encodeFootprint(all))
	all.reads = reads{{"a", false}, {"", false}, {"b/", true}}
	f.Add(encodeFootprint(all))
	f.Add(encodeFootprint(footprint{reads: reads{}}))
	f.Add([]byte{0x82, 0x00, 'a', 0, 0})
	f.Add([]byte{0})
	f.Fuzz(func(t *testing.T, data []byte) {
		what, err := decodeFootprint(data)
		if err != nil {
			if what.changes != nil || what.reads != nil {
				t.Fatal("an error came with changes")
			}
			return
		}
		if again := encodeFootprint(what); !bytes.Equal(again, data) {
			t.Fatalf("%x is written again as %x", data, again)
		}
	})
}
