package node

import (
	"context"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/testnet/port"
)

// foundAt is found with an address that outlives the process, so that two offices that were both away find each other.
func foundAt(t *testing.T, name string) *office {
	t.Helper()
	free, err := port.Free()
	if err != nil {
		t.Fatal(err)
	}
	home := Home(filepath.Join(t.TempDir(), name))
	if _, err := Init(home, InitOptions{Company: name, Listen: []string{fmt.Sprintf("/ip4/127.0.0.1/tcp/%d", free)}, Now: time.Now()}); err != nil {
		t.Fatal(err)
	}
	return open(t, home)
}

// writeAlone writes entries in a partnership while no network runs, several at a time.
func writeAlone(t *testing.T, home Home, pid block.CID, entries int) {
	t.Helper()
	n, err := Open(Config{Home: home, Offline: true})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	errs := make(chan error, 64)
	for w := range 64 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := w; i < entries; i += 64 {
				head, err := block.Marshal(map[string]int64{"number": int64(i)})
				if err != nil {
					errs <- err
					return
				}
				// Salted with the author's own key, so that the same list of another is another block.
				file, _, err := block.Sheet{Type: "packing list", SeriesKey: sha256.Sum256([]byte(home)), Head: head}.Build()
				if err != nil {
					errs <- err
					return
				}
				d := protocol.Draft{Kind: protocol.KindAttachment, Body: &file}
				if _, err := n.Write(context.Background(), pid, "", func(*protocol.Replica, int64) (protocol.Draft, error) { return d, nil }); err != nil {
					errs <- err
					return
				}
			}
		}()
	}
	wg.Wait()
	select {
	case err := <-errs:
		t.Fatal(err)
	default:
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
}

// Two members that each wrote for a month while the line between them was cut meet again: what one of them has to take back and fold again is more
// than the store takes in one transaction (store/kv, MaxUpdateKeys), and none of it may be lost or hold the other up.
func TestLongHistoriesThatGrewApartMeet(t *testing.T) {
	each := int64(4_000)
	if testing.Short() {
		each = 1_000
	}
	buyer, seller := foundAt(t, "buyer"), foundAt(t, "seller")
	pid := pair(t, buyer, seller).PID
	buyer.stop()
	seller.stop()
	writeAlone(t, buyer.home, pid, int(each))
	writeAlone(t, seller.home, pid, int(each))
	buyer, seller = open(t, buyer.home), open(t, seller.home)
	have := func(o *office) (all int64) {
		heads, err := o.Heads(pid)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range heads {
			all += h.Header.Seq
		}
		return all
	}
	for began := time.Now(); have(buyer) < 2*each || have(seller) < 2*each; time.Sleep(50 * time.Millisecond) {
		if time.Since(began) > 3*time.Minute {
			t.Fatalf("the buyer holds %d entries and the seller %d of %d", have(buyer), have(seller), 2*each)
		}
	}
	sameRoots(t, pid, buyer, seller)
}
