package p2p

import (
	"context"
	"errors"
	"net"
	"strings"

	"github.com/libp2p/go-libp2p/core/sec"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
)

// Unreachable says that no node could be reached at the addresses an invitation names. Nothing has been said to anybody, so trying again later costs nothing.
type Unreachable struct {
	Tried []string // each address, with the reason where one is known
	Cause error
}

func (e *Unreachable) Error() string { return "no node was reached at " + strings.Join(e.Tried, ", ") }

// Unwrap gives what the transport said.
func (e *Unreachable) Unwrap() error { return e.Cause }

// unreachable puts a failed dial into words a person can act on; the transport's own name keys instead of companies, and come in several lines.
func unreachable(addresses []string, err error) *Unreachable {
	out := &Unreachable{Cause: err}
	var dial *swarm.DialError
	if errors.As(err, &dial) {
		for _, t := range dial.DialErrors {
			out.Tried = append(out.Tried, t.Address.String()+" ("+reasonOf(t.Cause)+")")
		}
	}
	if len(out.Tried) == 0 {
		out.Tried = []string{strings.Join(addresses, ", ") + " (" + reasonOf(err) + ")"}
	}
	return out
}

// reasonOf is the innermost reason of a failed dial.
func reasonOf(err error) string {
	var slow net.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &slow) && slow.Timeout():
		return "no answer in time"
	case errors.As(err, new(sec.ErrPeerIDMismatch)):
		return "another node answers there"
	}
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	text, _, _ := strings.Cut(err.Error(), "\n")
	return text
}
