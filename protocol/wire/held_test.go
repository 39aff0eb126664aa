package wire_test

import (
	"testing"

	"kontor/protocol/block"
	"kontor/protocol/wire"
)

// A statement covers another when nothing of it is missing; of a fork both ends must be named.
func TestHeldCovers(t *testing.T) {
	author, other := block.Sum([]byte("author")), block.Sum([]byte("other"))
	head := func(of block.CID, seq int64, name string) wire.Head {
		return wire.Head{Author: of, Seq: seq, CID: block.Sum([]byte(name))}
	}
	held := func(heads ...wire.Head) wire.Held { return wire.Held{Heads: heads} }
	chain := func(n int64) wire.Held { return wire.Held{IDs: []wire.IDLen{{Company: author, Len: n}}} }
	for _, c := range []struct {
		name        string
		this, other wire.Held
		want        bool
	}{
		{"the same", held(head(author, 3, "a3")), held(head(author, 3, "a3")), true},
		{"further", held(head(author, 4, "a4"), head(other, 1, "o1")), held(head(author, 3, "a3")), true},
		{"less far", held(head(author, 2, "a2")), held(head(author, 3, "a3")), false},
		{"another entry in its place", held(head(author, 3, "b3")), held(head(author, 3, "a3")), false},
		{"one of two branches, the further one", held(head(author, 4, "b4")), held(head(author, 3, "a3"), head(author, 4, "b4")), false},
		{"both branches", held(head(author, 3, "a3"), head(author, 4, "b4")), held(head(author, 4, "b4")), true},
		{"an author left out", held(head(author, 3, "a3")), held(head(other, 1, "o1")), false},
		{"a longer chain", chain(3), chain(2), true},
		{"a shorter chain", chain(1), chain(2), false},
	} {
		if got := c.this.Covers(c.other); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
