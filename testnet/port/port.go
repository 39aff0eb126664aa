// Package port finds TCP ports of loopback for nodes that listen on the same one again after a restart: [Free].
//
// A port that the system gives for the asking (port 0) comes from the range from which it also takes the near ends of outgoing connections. While
// the node is down any connection of any process may get it, and then the node does not come up again. Ports from here lie below that range.
package port

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
)

// Ports from first to last-1 are given. Linux takes near ends from 32768 up unless it is set otherwise (net.ipv4.ip_local_port_range), others
// from 49152 up (RFC 6335, section 6).
const (
	first = 12_000
	last  = 32_000
	tries = 1000
)

var (
	mu    sync.Mutex
	given = map[int]bool{}
)

// Free is a port on which nobody listens now, never given before in this process. Another process may still take it before it is used.
func Free() (int, error) {
	mu.Lock()
	defer mu.Unlock()
	var busy error
	for range tries {
		p := drawn()
		if given[p] {
			continue
		}
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", p))
		if err != nil {
			busy = err
			continue
		}
		given[p] = true
		return p, l.Close()
	}
	return 0, errors.Join(fmt.Errorf("none of %d ports of 127.0.0.1 tried is free", tries), busy)
}

// drawn is replaced by the tests.
var drawn = draw

func draw() int { return first + rand.IntN(last-first) }
