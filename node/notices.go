package node

import (
	"sync"

	"kontor/protocol"
	"kontor/protocol/block"
)

// Notice says that a partnership changed here.
type Notice struct {
	PID     block.CID
	Outcome protocol.Outcome
}

// noticeBuffer is how many notices a slow listener may be behind. A notice is a hint: a listener that lost some looks at the state.
const noticeBuffer = 256

type broadcast struct {
	mu        sync.Mutex
	closed    bool
	listeners map[chan Notice]bool
}

func (b *broadcast) send(n Notice) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for ch := range b.listeners {
		select {
		case ch <- n:
		default:
		}
	}
}

func (b *broadcast) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for ch := range b.listeners {
		close(ch)
	}
	b.listeners = nil
}

// Listen returns a channel of notices and what ends it. The channel closes with the office.
func (n *Node) Listen() (<-chan Notice, func()) {
	ch := make(chan Notice, noticeBuffer)
	b := &n.notices
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		close(ch)
		return ch, func() {}
	}
	if b.listeners == nil {
		b.listeners = map[chan Notice]bool{}
	}
	b.listeners[ch] = true
	return ch, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.listeners[ch] {
			delete(b.listeners, ch)
			close(ch)
		}
	}
}
