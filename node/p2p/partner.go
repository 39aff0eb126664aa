package p2p

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
	"golang.org/x/time/rate"

	"kontor/protocol/block"
	"kontor/protocol/wire"
)

// partner keeps the connection to one partner's node and its sessions, one a partnership.
type partner struct {
	h       *Host
	id      peer.ID
	ctx     context.Context
	cancel  context.CancelFunc
	changed signal        // a connection came or went, or addresses changed
	hints   *rate.Limiter // hints taken from it
	asks    *rate.Limiter // asks answered
	lines   turns         // of asks for lines
	clock   clockOffset

	mu       sync.Mutex
	about    *acquaintance
	sessions map[block.CID]*session
}

// Asks a second that one partner gets answered, and how many at once. An honest partner asks once per batch it takes.
const (
	askRate  = 1000
	askBurst = 200
)

func newPartner(h *Host, a *acquaintance) *partner {
	p := &partner{h: h, id: a.id, changed: newSignal(), about: a, sessions: map[block.CID]*session{},
		hints: rate.NewLimiter(wire.HintRate, wire.HintBurst), asks: rate.NewLimiter(askRate, askBurst), lines: newTurns()}
	p.ctx, p.cancel = context.WithCancel(h.ctx)
	return p
}

func (p *partner) acquaintance() *acquaintance {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.about
}

func (p *partner) session(pid block.CID) *session {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sessions[pid]
}

func (p *partner) begin() {
	p.h.start(p.keepConnected)
	p.keepSessions()
}

func (p *partner) stop() { p.cancel() }

// follow takes up a change of addresses or partnerships. It is called with the host's lock held and starts sessions beside it.
func (p *partner) follow(a *acquaintance) {
	p.mu.Lock()
	p.about = a
	p.mu.Unlock()
	p.changed.signal()
	go p.keepSessions()
}

// keepSessions starts a session for each partnership and stops those of others.
func (p *partner) keepSessions() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for pid, s := range p.sessions {
		if !p.about.shares(pid) {
			s.cancel()
			delete(p.sessions, pid)
		}
	}
	for _, pid := range p.about.pids {
		if p.sessions[pid] == nil && p.ctx.Err() == nil {
			s := newSession(p, pid)
			p.sessions[pid] = s
			p.h.start(s.run)
		}
	}
}

// keepConnected dials while there is no connection: at once, then after random times that grow, and never gives up.
func (p *partner) keepConnected() {
	failures := 0
	for p.ctx.Err() == nil {
		if p.h.connectedTo(p.id) {
			failures = 0
			p.wakeSessions()
			if !sleep(p.ctx, time.Hour, p.changed) {
				return
			}
			continue
		}
		if p.dial() {
			continue
		}
		failures++
		if !sleep(p.ctx, jitter(p.h.pace.DialMin, p.h.pace.DialMax, failures), p.changed) {
			return
		}
	}
}

func (p *partner) dial() bool {
	addresses := p.acquaintance().dial.set
	if len(addresses) == 0 {
		return false // it dials us
	}
	ctx, cancel := context.WithTimeout(p.ctx, p.h.pace.DialTimeout)
	defer cancel()
	// The swarm keeps a back-off of its own, which would add to ours.
	if s, ok := p.h.host.Network().(*swarm.Swarm); ok {
		s.Backoff().Clear(p.id)
	}
	if err := p.h.host.Connect(ctx, peer.AddrInfo{ID: p.id, Addrs: addresses}); err != nil {
		p.h.metrics.dials.WithLabelValues("failed").Inc()
		return false
	}
	p.h.metrics.dials.WithLabelValues("connected").Inc()
	// A peer that denies us closes only after this. Where there is no connection any more, the wait applies.
	return p.h.connectedTo(p.id)
}

func (p *partner) wakeSessions() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.sessions {
		s.wake.signal()
	}
}

// jitter is a random wait after a number of failures: up to low after the first, doubling up to high; never so short that it is none.
func jitter(low, high time.Duration, failures int) time.Duration {
	most := low
	for i := 1; i < failures && most < high; i++ {
		most *= 2
	}
	most = min(most, high)
	return max(rand.N(most), low/16, time.Millisecond)
}
