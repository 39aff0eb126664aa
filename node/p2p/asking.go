package p2p

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/time/rate"

	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/wire"
)

// asking is one stream on which a session asks for news, until it breaks.
type asking struct {
	s      *session
	t      *talk
	ctx    context.Context
	cancel context.CancelFunc
	nonce  int64         // of the last ask
	wait   bool          // the next ask waits for news
	held   *wire.Held    // read when the last batch was taken; nil: read anew before the next ask
	known  recited       // what came again and again, named in the next ask
	pace   *rate.Limiter // of answers that bring nothing
	told   bool          // the partner was told why its batch was refused
}

// stream asks on one stream until it breaks. Progress says that at least one answer was taken.
func (s *session) stream() (progress bool, err error) {
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	t, err := s.p.h.open(ctx, s.p.id, wire.SyncID)
	if err != nil {
		return false, err
	}
	// An honest partner answers "nothing new" once or twice a wait; one that does so faster is asked no faster than this.
	a := &asking{s: s, t: t, ctx: ctx, cancel: cancel, pace: rate.NewLimiter(2, 20)}
	defer a.close()
	defer context.AfterFunc(ctx, func() { _ = t.Reset() })()
	for {
		b, err := a.next()
		if err != nil {
			return progress, a.anew(err)
		}
		progress = true
		if err := a.follow(b); err != nil {
			return progress, err
		}
	}
}

func (a *asking) close() {
	if a.told {
		_ = a.t.Close() // a reset would overtake what was told
		return
	}
	_ = a.t.Reset()
}

// anew tells a stream that was ended for a fresh ask from one that broke.
func (a *asking) anew(err error) error {
	if a.ctx.Err() != nil && a.s.ctx.Err() == nil {
		return errAnew
	}
	return err
}

// next asks once and gives the answer.
func (a *asking) next() (wire.Batch, error) {
	a.nonce++
	if a.held == nil {
		now, err := a.s.p.h.office.Held(a.s.ctx, a.s.pid)
		if err != nil {
			return wire.Batch{}, err
		}
		a.held = &now
	}
	return a.s.ask(a.t, a.nonce, a.known.within(*a.held), a.wait, a.cancel)
}

// follow takes what an answer brought and decides how to ask next.
func (a *asking) follow(b wire.Batch) error {
	if b.Empty() {
		if b.More {
			return wire.Faultf(wire.CodeMalformed, "more of nothing")
		}
		if err := a.pace.Wait(a.ctx); err != nil {
			return a.anew(err)
		}
	}
	stuck, parked, err := a.take(b)
	if err != nil {
		return a.anew(err)
	}
	if stuck && b.More {
		if parked || !a.known.recite(b) {
			return fmt.Errorf("partner %s sends what brings nothing new", a.s.state.Company.Short())
		}
		if err := a.pace.Wait(a.ctx); err != nil {
			return a.anew(err)
		}
		return nil
	}
	a.known = nil
	// After news ask for more news at once; after a wait that brought none ask once without waiting, which also compares the clocks.
	// A batch that is parked would come again with every ask, so the next one is for later.
	a.wait = !b.More && !(a.wait && b.Empty())
	if stuck {
		a.held = nil
		if !sleep(a.ctx, a.s.p.h.pace.Wait, a.s.wake) {
			return a.ctx.Err()
		}
	}
	return nil
}

// take delivers an answer. Stuck is when the next ask would be the same as the one that brought it, and so would its answer: nothing of it is held, or
// all of it was before. It is not stuck when another member brought the same in between.
func (a *asking) take(b wire.Batch) (stuck, parked bool, err error) {
	began, asked := time.Now(), a.held
	if a.held, parked, err = a.s.take(a.ctx, b); err != nil {
		a.told = a.s.refuse(a.t, a.nonce, err)
		return false, parked, err
	}
	if !b.Empty() {
		a.s.p.h.metrics.syncSeconds.Observe(time.Since(began).Seconds())
	}
	return a.held != nil && slices.Equal(a.held.Heads, asked.Heads) && slices.Equal(a.held.IDs, asked.IDs), parked, nil
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
