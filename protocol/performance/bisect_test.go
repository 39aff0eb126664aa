package performance

import (
	"bytes"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/block"
)

// Whatever the two sides hold, bisecting finds exactly the places at which they differ, every node is one of the signed tree, and no node
// names a line.
func TestBisectFindsWhatDiffers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 300).Draw(t, "lines")
		var ours, theirs []Line
		want := map[string]bool{}
		for _, l := range lines(n) {
			switch rapid.IntRange(0, 9).Draw(t, "fate") {
			case 0:
				ours = append(ours, l)
				want[l.Key()] = true
			case 1:
				theirs = append(theirs, l)
				want[l.Key()] = true
			case 2:
				ours = append(ours, l)
				l.Accepted = qp("99")
				theirs = append(theirs, l)
				want[l.Key()] = true
			default:
				ours, theirs = append(ours, l), append(theirs, l)
			}
		}
		if len(ours) == 0 || len(theirs) == 0 {
			return
		}
		a, err := NewTree(secret, "cell", ours)
		if err != nil {
			t.Fatal(err)
		}
		b, err := NewTree(secret, "cell", theirs)
		if err != nil {
			t.Fatal(err)
		}
		if (len(want) == 0) != bytes.Equal(a.Root().Root, b.Root().Root) {
			t.Fatal("roots are equal where lines are, and only there")
		}
		found, more, err := Bisect(a, b.Root(), int64(len(theirs)), func(paths [][]byte) (out []Node, err error) {
			for _, p := range paths {
				n, _ := b.Node(p)
				data, err := block.Marshal(n)
				if err != nil || bytes.Contains(data, []byte("PO-")) {
					t.Fatalf("a node names a line, or can't be written: %v", err)
				}
				out = append(out, n)
			}
			return out, nil
		})
		if err != nil || more || len(found) != len(want) {
			t.Fatalf("%v: found %d of %d", err, len(found), len(want))
		}
		for _, d := range found {
			mine, _, haveMine := a.Open(d.At)
			other, hash, haveOther := b.Open(d.At)
			if haveMine != d.Ours || haveOther != (d.Theirs != nil) {
				t.Fatal("a difference says who has the line")
			}
			if haveMine && !want[mine.Line.Key()] || haveOther && !want[other.Line.Key()] {
				t.Fatal("a line that is equal was found")
			}
			if haveOther {
				if err := a.Fits(other, d.At, *d.Theirs); err != nil {
					t.Fatal(err)
				}
				other.Line.Accepted = qp("98")
				if a.Fits(other, d.At, hash) == nil {
					t.Fatal("another line passes for the signed one")
				}
			}
			// Each side proves to the other what it has there, or that it has nothing.
			for _, tree := range []*Tree{a, b} {
				_, want, have := tree.Open(d.At)
				got, err := tree.Prove(d.At).Verify(tree.Root(), d.At)
				if err != nil || have != (got != nil) || have && *got != want {
					t.Fatalf("proof: %v", err)
				}
			}
			if _, err := a.Prove(d.At).Verify(b.Root(), d.At); err == nil {
				t.Fatal("a proof from another tree")
			}
		}
	})
}

// A partner that answers anything but its signed tree is found out at the first node.
func TestBisectRefusesLies(t *testing.T) {
	a, b := must[*Tree](t)(NewTree(secret, "cell", lines(60))), must[*Tree](t)(NewTree(secret, "cell", lines(61)))
	honest := func(paths [][]byte) (out []Node, err error) {
		for _, p := range paths {
			n, _ := b.Node(p)
			out = append(out, n)
		}
		return out, nil
	}
	if _, _, err := Bisect(a, b.Root(), 61, honest); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Bisect(a, b.Root(), 60, honest); err == nil {
		t.Error("another count")
	}
	for what, lie := range map[string]func([]Node) []Node{
		"another tree": func(n []Node) []Node { n[0], _ = a.Node(nil); return n },
		"too few":      func(n []Node) []Node { return n[1:] },
		"no hash":      func(n []Node) []Node { n[0].Children[0] = []byte{1}; return n },
		"nothing":      func(n []Node) []Node { n[len(n)-1] = Node{}; return n },
	} {
		_, _, err := Bisect(a, b.Root(), 61, func(paths [][]byte) ([]Node, error) {
			out, _ := honest(paths)
			for i := range out {
				out[i].Children = append([][]byte{}, out[i].Children...)
			}
			return lie(out), nil
		})
		if err == nil {
			t.Errorf("%s passes", what)
		}
	}
	gone := errors.New("gone")
	if _, _, err := Bisect(a, b.Root(), 61, func([][]byte) ([]Node, error) { return nil, gone }); !errors.Is(err, gone) {
		t.Error(err)
	}
}
