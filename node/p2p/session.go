package p2p

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

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

// stream asks on one stream until it breaks. Progress says that at least one answer was taken.
func (s *session) stream() (progress bool, err error) {
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	t, err := s.p.h.open(ctx, s.p.id, wire.SyncID)
	if err != nil {
		return false, err
	}
	told := false
	defer func() {
		if told {
			_ = t.Close() // a reset would overtake what was told
			return
		}
		_ = t.Reset()
	}()
	defer context.AfterFunc(ctx, func() { _ = t.Reset() })()
	anew := func(err error) error {
		if ctx.Err() != nil && s.ctx.Err() == nil {
			return errAnew
		}
		return err
	}
	nonce := int64(0)
	wait := false
	// An honest partner answers "nothing new" once or twice a wait; one that does so faster is asked no faster than this.
	nothing := rate.NewLimiter(2, 20)
	var held *wire.Held // read when the last batch was taken
	var known recited
	for {
		nonce++
		if held == nil {
			now, err := s.p.h.office.Held(s.ctx, s.pid)
			if err != nil {
				return progress, anew(err)
			}
			held = &now
		}
		b, err := s.ask(t, nonce, known.within(*held), wait, cancel)
		if err != nil {
			return progress, anew(err)
		}
		progress = true
		if b.Empty() {
			if b.More {
				return progress, wire.Faultf(wire.CodeMalformed, "more of nothing")
			}
			if err := nothing.Wait(ctx); err != nil {
				return progress, anew(err)
			}
		}
		began := time.Now()
		asked, parked := held, false
		if held, parked, err = s.take(ctx, b); err != nil {
			told = s.refuse(t, nonce, err)
			return progress, anew(err)
		}
		// Stuck is when the next ask would be the same as the one that brought this batch, and so would its answer: nothing of it is held, or
		// all of it was before. It is not stuck when another member brought the same in between.
		stuck := held != nil && slices.Equal(held.Heads, asked.Heads) && slices.Equal(held.IDs, asked.IDs)
		if !b.Empty() {
			s.p.h.metrics.syncSeconds.Observe(time.Since(began).Seconds())
		}
		if stuck && b.More {
			if parked || !known.recite(b) {
				return progress, fmt.Errorf("partner %s sends what brings nothing new", s.state.Company.Short())
			}
			if err := nothing.Wait(ctx); err != nil {
				return progress, anew(err)
			}
			continue
		}
		known = nil
		// After news ask for more news at once; after a wait that brought none ask once without waiting, which also compares the clocks.
		// A batch that is parked would come again with every ask, so the next one is for later.
		wait = !b.More && !(wait && b.Empty())
		if stuck {
			held = nil
			if !sleep(ctx, s.p.h.pace.Wait, s.wake) {
				return progress, ctx.Err()
			}
		}
	}
}

// ask says what this side holds and reads the answer.
func (s *session) ask(t *talk, nonce int64, held wire.Held, wait bool, breakup context.CancelFunc) (wire.Batch, error) {
	h := s.p.h
	asked := h.clock()
	if wait {
		s.mu.Lock()
		s.breakup = breakup
		s.state.InStep, s.state.Err = true, nil
		s.mu.Unlock()
		defer func() {
			s.mu.Lock()
			s.breakup = nil
			s.mu.Unlock()
		}()
	}
	if err := t.say(wire.SyncAsk{PID: s.pid, Held: held, T: asked.UnixMilli(), Nonce: nonce, Wait: wait}); err != nil {
		return wire.Batch{}, err
	}
	limit := streamIdle
	if wait {
		limit += h.pace.Wait
	}
	b, err := hear[wire.Batch](t, wire.MaxFrame, limit)
	if err != nil {
		return wire.Batch{}, err
	}
	if b.Err != nil {
		return wire.Batch{}, b.Err
	}
	if b.Nonce != nonce {
		return wire.Batch{}, wire.Faultf(wire.CodeMalformed, "the answer is to another ask")
	}
	if !wait {
		s.p.clock.note(b.T, asked, h.clock())
		if offset, ok := s.p.clock.median(); ok {
			h.metrics.clockOffset.WithLabelValues(s.state.Company.Short()).Set(offset.Seconds())
		}
	}
	s.theirs(t.Conn().ID(), held, b.Held)
	return b, nil
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

// take delivers a batch, fetches the bodies it needs and tells what is held then, nil after an empty batch, and whether some of it waits for its time.
func (s *session) take(ctx context.Context, b wire.Batch) (now *wire.Held, parked bool, err error) {
	if b.Empty() {
		return nil, false, nil
	}
	h := s.p.h
	last := block.CID{}
	for {
		d, err := h.office.Deliver(ctx, s.pid, s.state.Company, b)
		if err != nil {
			var verdict *feed.Error
			if errors.As(err, &verdict) {
				h.metrics.verifyFailures.WithLabelValues(verdict.Code).Inc()
			}
			return nil, parked, err
		}
		parked = parked || d.Parked > 0
		if d.Fresh > 0 {
			h.news.wake(s.pid, s.p.id)
		}
		if len(d.Wanted) == 0 {
			break
		}
		if d.Wanted[0].Entry == last {
			return nil, parked, fmt.Errorf("body of entry %s is still wanted after it was fetched", last.Short())
		}
		last = d.Wanted[0].Entry
		for _, want := range d.Wanted {
			if err := h.fetch(ctx, s.p.id, s.pid, want); err != nil {
				var fault *wire.Fault
				if errors.As(err, &fault) && fault.Code != wire.CodeNotFound {
					h.metrics.verifyFailures.WithLabelValues("BLOCK").Inc()
				}
				return nil, parked, fmt.Errorf("fetch body of entry %s: %w", want.Entry.Short(), err)
			}
		}
		b.IDs, b.Blocks, b.Patches = nil, nil, nil
	}
	held, err := h.office.Held(ctx, s.pid)
	return &held, parked, err
}

// refuse tells the partner why its batch was refused, if there is a code for it.
func (s *session) refuse(t *talk, nonce int64, err error) (told bool) {
	var verdict *feed.Error
	var fault *wire.Fault
	if !errors.As(err, &verdict) && !errors.As(err, &fault) {
		return false
	}
	held, heldErr := s.p.h.office.Held(s.ctx, s.pid)
	if heldErr != nil {
		return false
	}
	return t.say(wire.SyncAsk{PID: s.pid, Held: held, T: s.p.h.clock().UnixMilli(), Nonce: nonce + 1, Err: wire.FaultOf(err)}) == nil
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
