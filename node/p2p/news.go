package p2p

import (
	"sync"

	"github.com/libp2p/go-libp2p/core/peer"

	"kontor/protocol/block"
)

// news wakes the streams that wait for something new in a partnership.
type news struct {
	mu      sync.Mutex
	waiting map[block.CID]map[signal]peer.ID
}

func newNews() *news { return &news{waiting: map[block.CID]map[signal]peer.ID{}} }

// subscribe must be called before looking whether there is something new, so that nothing falls between.
func (n *news) subscribe(pid block.CID, id peer.ID) (wake signal, cancel func()) {
	wake = newSignal()
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.waiting[pid] == nil {
		n.waiting[pid] = map[signal]peer.ID{}
	}
	n.waiting[pid][wake] = id
	return wake, func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		if delete(n.waiting[pid], wake); len(n.waiting[pid]) == 0 {
			delete(n.waiting, pid)
		}
	}
}

// wake tells all who wait, but for the peer that brought the news, and whether anybody did.
func (n *news) wake(pid block.CID, but peer.ID) (awaited bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for s, id := range n.waiting[pid] {
		if id != but {
			s.signal()
			awaited = true
		}
	}
	return awaited
}
