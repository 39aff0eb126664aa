package p2p

import (
	"context"
	"errors"
	"sync"
	"time"

	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/wire"
)

// session keeps one partnership in step with one partner: one goroutine, at most one ask at a time.
type session struct {
	p      *partner
	pid    block.CID
	ctx    context.Context
	cancel context.CancelFunc
	wake   signal // begin again now

	mu      sync.Mutex
	breakup context.CancelFunc // ends the stream that waits, so that a fresh ask goes out; nil when none waits
	state   SessionState
	said    int64  // counts how often the partner said what it holds
	saidOn  string // the connection on which it last did
}

// SessionState is how a session stands, for people.
type SessionState struct {
	PID     block.CID
	Company block.CID
	// Connected: there is a connection to the partner. InStep: the last ask found nothing more to take.
	Connected bool
	InStep    bool
	// LastSync is when the partner last answered.
	LastSync time.Time
	// Theirs is what the partner said it holds.
	Theirs wire.Held
	// Err is why the last stream ended; nil while it stands.
	Err error
}

func newSession(p *partner, pid block.CID) *session {
	s := &session{p: p, pid: pid, wake: newSignal(), state: SessionState{PID: pid, Company: p.about.company}}
	s.ctx, s.cancel = context.WithCancel(p.ctx)
	return s
}

// errAnew ends a stream so that another is opened at once.
var errAnew = errors.New("ask anew")

func (s *session) run() {
	failures := 0
	for s.ctx.Err() == nil {
		if !s.p.h.connectedTo(s.p.id) {
			if !sleep(s.ctx, time.Hour, s.wake) {
				return
			}
			continue
		}
		progress, err := s.stream()
		if s.ctx.Err() != nil {
			return
		}
		if errors.Is(err, errAnew) {
			continue
		}
		if progress {
			failures = 0
		}
		failures++
		s.failed(err)
		if !sleep(s.ctx, jitter(s.p.h.pace.RetryMin, s.p.h.pace.RetryMax, failures), s.wake) {
			return
		}
	}
}

func (s *session) failed(err error) {
	s.p.h.opts.Exceeded(err)
	s.mu.Lock()
	s.state.Err, s.state.InStep = err, false
	s.mu.Unlock()
	var verdict *feed.Error
	if errors.As(err, &verdict) {
		s.p.h.log.Warn("partner sent what no node may accept", "partner", s.state.Company.Short(), "partnership", s.pid.Short(), "code", verdict.Code, "text", verdict.Text)
		return
	}
	s.p.h.log.Debug("sync ended", "partner", s.state.Company.Short(), "partnership", s.pid.Short(), "err", err)
}

// theirs notes what the partner holds.
func (s *session) theirs(conn string, ours, theirs wire.Held) {
	s.mu.Lock()
	s.state.Theirs, s.state.LastSync = theirs, s.p.h.clock()
	s.said++
	s.saidOn = conn
	s.mu.Unlock()
	s.p.h.partnerHolds(s.ctx, s.pid, s.state.Company, ours, theirs)
}

// times is how often the partner said what it holds, with batches of its own.
func (s *session) times() int64 {
	if s == nil {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.said
}

// newer is what the partner holds, when it said so later than an ask of its that came on a connection, after so many times. On one connection
// the statement that says more is the later: its process can't lose entries. A partner that was restored from a backup since must be believed
// when it says less.
func (s *session) newer(ask wire.Held, conn string, after int64) wire.Held {
	if s == nil {
		return ask
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if (s.said > after || s.said > 0 && s.saidOn == conn) && s.state.Theirs.Covers(ask) {
		return s.state.Theirs
	}
	return ask
}

func (h *Host) partnerHolds(ctx context.Context, pid, company block.CID, ours, theirs wire.Held) {
	lag := int64(0)
	for _, head := range ours.Heads {
		lag += max(0, head.Seq-theirs.Seq(head.Author))
	}
	h.metrics.feedLag.WithLabelValues(company.Short()).Set(float64(lag))
	h.office.PartnerHolds(ctx, pid, company, theirs)
}

// asked notes that the partner asks about this partnership. Where it denied before to hold it, it has joined since, and the wait is over.
func (s *session) asked() {
	s.mu.Lock()
	defer s.mu.Unlock()
	var fault *wire.Fault
	if errors.As(s.state.Err, &fault) && fault.Code == wire.CodeNotFound {
		s.wake.signal()
	}
}

// hinted follows a hint: what it names should come by itself on the stream that waits; when it does not in a moment, ask anew.
func (s *session) hinted(author block.CID, seq int64) {
	s.mu.Lock()
	breakup := s.breakup
	s.mu.Unlock()
	if breakup == nil {
		s.wake.signal()
		return
	}
	s.p.h.start(func() {
		if !sleep(s.ctx, s.p.h.pace.HintGrace, nil) {
			return
		}
		held, err := s.p.h.office.Held(s.ctx, s.pid)
		if err != nil || held.Seq(author) >= seq {
			return
		}
		breakup()
	})
}

// Sessions tells how every partnership stands with every partner.
func (h *Host) Sessions() []SessionState {
	h.mu.Lock()
	partners := make([]*partner, 0, len(h.partners))
	for _, p := range h.partners {
		partners = append(partners, p)
	}
	h.mu.Unlock()
	var out []SessionState
	for _, p := range partners {
		up := h.connectedTo(p.id)
		p.mu.Lock()
		for _, s := range p.sessions {
			s.mu.Lock()
			state := s.state
			s.mu.Unlock()
			state.Connected, state.InStep = up, state.InStep && up
			out = append(out, state)
		}
		p.mu.Unlock()
	}
	return out
}

// SyncNow makes the sessions of a partnership ask anew, without waiting for news or for a back-off to end.
func (h *Host) SyncNow(pid block.CID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range h.partners {
		if s := p.session(pid); s != nil {
			s.mu.Lock()
			if s.breakup != nil {
				s.breakup()
			}
			s.mu.Unlock()
			s.wake.signal()
		}
		p.changed.signal()
	}
}
