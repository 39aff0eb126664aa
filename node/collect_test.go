package node

import (
	"bytes"
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"kontor/protocol"
	"kontor/protocol/block"
)

// Blocks stored ahead of an entry that never came are deleted after a day; what an entry names stays, shared chunks included (PROTOCOL 5).
func TestUnreferencedBlocksAreCollected(t *testing.T) {
	buyer, seller := found(t, "buyer"), found(t, "seller")
	pid := pair(t, buyer, seller).PID
	buyer.stop()
	var ahead atomic.Int64
	n, err := Open(Config{Home: buyer.home, Offline: true, Clock: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	p, err := n.Partnership(pid)
	if err != nil {
		t.Fatal(err)
	}
	sheet := func(change int) (root block.Block, below []block.Block) {
		t.Helper()
		head, err := block.Marshal(map[string]int64{"change": int64(change)})
		if err != nil {
			t.Fatal(err)
		}
		s := block.Sheet{Type: "test", SeriesKey: [32]byte{1}, Head: head}
		for i := range 3000 {
			value, err := block.Marshal(bytes.Repeat([]byte{byte(i)}, 100))
			if i == change && err == nil {
				value, err = block.Marshal([]byte("changed"))
			}
			if err != nil {
				t.Fatal(err)
			}
			s.Rows = append(s.Rows, block.Row{Key: fmt.Sprintf("%06d", i), Value: value})
		}
		if root, below, err = s.Build(); err != nil {
			t.Fatal(err)
		}
		return root, below
	}
	store := func(root block.Block, below []block.Block) {
		t.Helper()
		if err := n.PutBlocks(pid, append(append([]block.Block{}, below...), root)); err != nil {
			t.Fatal(err)
		}
	}
	collect := func(want bool) {
		t.Helper()
		deleted, _, err := n.collect(p)
		if err != nil || (deleted > 0) != want {
			t.Fatalf("%d blocks were deleted: %v", deleted, err)
		}
	}
	holds := func(root block.Block, want bool) {
		t.Helper()
		err := n.View(pid, func(r *protocol.Replica) error {
			missing, err := r.MissingBlocks(root.CID, 1)
			if (len(missing) == 0) != want {
				t.Errorf("held complete: %t", !want)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	kept, keptBelow := sheet(-1)
	store(kept, keptBelow)
	if _, err := n.Write(context.Background(), pid, "", func(*protocol.Replica, int64) (protocol.Draft, error) {
		return protocol.Draft{Kind: protocol.KindAttachment, Body: &kept}, nil
	}); err != nil {
		t.Fatal(err)
	}
	lost, lostBelow := sheet(2990)
	shared := 0
	for _, b := range lostBelow {
		for _, other := range keptBelow {
			if b.CID == other.CID {
				shared++
			}
		}
	}
	if shared == 0 || shared == len(lostBelow) {
		t.Fatalf("%d of %d chunks are shared: the test shows nothing", shared, len(lostBelow))
	}
	store(lost, lostBelow)
	ahead.Store(int64(collectAfter - time.Hour))
	collect(false)
	holds(lost, true)
	store(sheet(10)) // a young note protects what it shares with an old one
	ahead.Store(int64(collectAfter + time.Minute))
	collect(true)
	holds(kept, true)
	holds(lost, false)
	again, _ := sheet(10)
	holds(again, true)
	store(lost, lostBelow)
	holds(lost, true)
	collect(false)
	holds(lost, true)
	ahead.Store(int64(3 * collectAfter))
	collect(true)
	holds(kept, true)
	holds(again, false)
	if waiting, err := n.notesDue(p, "g"); err != nil || waiting {
		t.Errorf("notes are left: %t, %v", waiting, err)
	}
}
