package p2p_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"kontor/node/p2p"
	"kontor/protocol/block"
	"kontor/protocol/performance"
	"kontor/protocol/wire"
	"kontor/protocol/wire/wiretest"
)

// sheet is an artifact of rows of a size, with a number in row 0 that a revision changes.
func sheet(t testing.TB, rows, size, revision int) block.Sheet {
	t.Helper()
	s := block.Sheet{Type: "Test.v1", SeriesKey: sha256.Sum256([]byte("series"))}
	var err error
	s.Head, err = block.Marshal(map[string]int{"revision": revision})
	check(t, err)
	filler := make([]byte, size)
	_, _ = wiretest.Rand("filler").Read(filler[:min(size, 1<<20)])
	for i := range rows {
		line := fmt.Appendf(nil, "%d %d", i, revision*(1-min(i, 1)))
		value, err := block.Marshal(append(line, filler[len(line):]...))
		check(t, err)
		s.Rows = append(s.Rows, block.Row{Key: fmt.Sprintf("row %08d", i), Value: value})
	}
	return s
}

func build(t testing.TB, s block.Sheet) []block.Block {
	t.Helper()
	root, below, err := s.Build()
	check(t, err)
	return append([]block.Block{root}, below...)
}

func holdsAll(t testing.TB, o *office, pid block.CID, blocks []block.Block) {
	t.Helper()
	for _, b := range blocks {
		data, found, err := o.Block(context.Background(), pid, b.CID)
		if err != nil || !found || !bytes.Equal(data, b.Data) {
			t.Fatalf("block %s is not held: %v", b.CID.Short(), err)
		}
	}
}

// A small sheet travels with its entry; a large one is fetched as one stream.
func TestSheets(t *testing.T) {
	buyer, seller, pid := pair(t)
	small, large := build(t, sheet(t, 20, 100, 1)), build(t, sheet(t, 3000, 1000, 1))
	buyer.write(pid, kindSheet, small...)
	buyer.write(pid, kindSheet, large...)
	buyer.write(pid, kindDoc, note(t, "after"))
	seller.awaitHead(pid, buyer.ID, 3)
	holdsAll(t, seller, pid, small)
	holdsAll(t, seller, pid, large)
}

// 64 MiB, measured. The first attempt is cut off half way; the second goes on where it stopped.
func TestLargeArtifact(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	buyer, seller, pid := pair(t)
	eventually(t, "both in step", inStep(buyer, seller))
	blocks := build(t, sheet(t, 64<<10, 1024, 1))
	size := 0
	for _, b := range blocks {
		size += len(b.Data)
	}
	began := time.Now()
	buyer.write(pid, kindSheet, blocks...)
	committed := time.Now()
	seller.awaitHead(pid, buyer.ID, 1)
	took := time.Since(committed)
	holdsAll(t, seller, pid, blocks)
	t.Logf("%d MiB in %d blocks: committed in %v, at the partner %v later (%.0f MB/s)", size>>20, len(blocks), committed.Sub(began), took, float64(size)/1e6/took.Seconds())
}

func TestFetchResumes(t *testing.T) {
	buyer, seller, pid := pair(t)
	blocks := build(t, sheet(t, 5000, 1000, 1))
	// The seller holds the first half of the blocks already, from an attempt that broke off.
	check(t, seller.StoreBlocks(t.Context(), pid, blocks[:len(blocks)/2]))
	before := fetchedBytes(blocks[len(blocks)/2:])
	buyer.write(pid, kindSheet, blocks...)
	seller.awaitHead(pid, buyer.ID, 1)
	holdsAll(t, seller, pid, blocks)
	if before == 0 {
		t.Fatal("nothing was left to fetch")
	}
}

func fetchedBytes(blocks []block.Block) (n int) {
	for _, b := range blocks {
		n += len(b.Data)
	}
	return n
}

// A revision travels as a patch where the partner has the body before.
func TestRevisionAsPatch(t *testing.T) {
	for name, patchWorks := range map[string]bool{"patch": true, "a patch that leads elsewhere": false} {
		t.Run(name, func(t *testing.T) {
			buyer, seller, pid := pair(t)
			first, second := sheet(t, 3000, 1000, 1), sheet(t, 3000, 1000, 2)
			one, two := build(t, first), build(t, second)
			seller.patches = -1 // names earlier bodies
			buyer.patch = func(_ block.CID, from []block.CID) ([]byte, bool) {
				target := second
				if !patchWorks {
					target = sheet(t, 3000, 1000, 3)
				}
				p, err := block.Diff(first, target, from[0])
				if err != nil {
					return nil, false
				}
				b, err := p.Block()
				return b.Data, err == nil
			}
			buyer.write(pid, kindSheet, one...)
			seller.awaitHead(pid, buyer.ID, 1)
			buyer.write(pid, kindSheet, two...)
			seller.awaitHead(pid, buyer.ID, 2)
			holdsAll(t, seller, pid, two)
			seller.mu.RLock()
			defer seller.mu.RUnlock()
			if (seller.patches == 0) != patchWorks {
				t.Fatalf("%d patches were applied", seller.patches+1)
			}
		})
	}
}

// Only a member of the partnership learns anything, and what is unknown looks like what is forbidden.
func TestTree(t *testing.T) {
	buyer, seller, pid := pair(t)
	eventually(t, "both in step", inStep(buyer, seller))
	tree, err := buyer.host.Tree(t.Context(), seller.ID, pid)
	check(t, err)
	defer tree.Close()
	for _, path := range [][]byte{nil, {1}, {1, 2, 3}} {
		if line, node, err := tree.Node(path); err != nil || line != 7 || node != nil {
			t.Fatalf("line %d, node %v, %v", line, node, err)
		}
	}
	if _, err := buyer.host.Tree(t.Context(), block.Sum([]byte{0}), pid); err == nil {
		t.Fatal("a stranger has a tree")
	}
}

// The lines of a cell are asked for node by node, and opened one by one; a stranger gets nothing, and an unknown cell looks like a forbidden one.
func TestLines(t *testing.T) {
	buyer, seller, pid := pair(t)
	eventually(t, "both in step", inStep(buyer, seller))
	lines, err := buyer.host.Lines(t.Context(), seller.ID, pid, pid, "cell")
	check(t, err)
	defer lines.Close()
	if count, nodes, err := lines.Nodes([][]byte{{}}); err != nil || count != 1 || len(nodes) != 1 {
		t.Fatalf("%d lines, %v, %v", count, nodes, err)
	}
	if o, err := lines.Open(wire.LineAsk{At: make([]byte, 32), Proof: performance.Proof{Count: 1, Nodes: []performance.Node{{Place: make([]byte, 32), Leaf: make([]byte, 32)}}}}); err != nil || o != nil {
		t.Fatalf("%v, %v", o, err)
	}
	none, err := buyer.host.Lines(t.Context(), seller.ID, pid, pid, "")
	check(t, err)
	defer none.Close()
	if _, _, err := none.Nodes([][]byte{{}}); !wire.IsNotFound(err) {
		t.Fatalf("an unknown cell: %v", err)
	}
	if _, err := buyer.host.Lines(t.Context(), block.Sum([]byte{0}), pid, pid, "cell"); err == nil {
		t.Fatal("a stranger has lines")
	}
}

var _ p2p.Bodies = (*office)(nil)
