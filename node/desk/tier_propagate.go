package desk

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"kontor/node"
	"kontor/protocol/block"
	"kontor/protocol/forecast"
	"kontor/protocol/tier"
)

// propagator is one run of the automation. It alone writes the rows of tier.go.
type propagator struct {
	*Desk
	settings tierSettings
	changed  int64                   // settings as last read
	judged   map[block.CID]bool      // edges that nothing new has reached since they were last judged
	failed   map[block.CID]time.Time // when a write failed
	passes   int

	mu      sync.Mutex
	settled map[block.CID]int64 // partnership → when its newest forecast settled here, ms UTC
}

// Propagate passes changed demand on until ctx ends: when a customer's forecast comes into force at the settled line it explodes the
// private bill of materials and shares new demand with every supplier whose edge is in mode DERIVE, within the limits of PROTOCOL 8.
// One run at a time belongs to a node.
func (d *Desk) Propagate(ctx context.Context) error {
	p := &propagator{Desk: d, changed: -1, judged: map[block.CID]bool{}, failed: map[block.CID]time.Time{}, settled: map[block.CID]int64{}}
	notices, stop := d.node.Listen()
	defer stop()
	wake := make(chan struct{}, 1)
	closed := make(chan struct{})
	go func() {
		// Notices are stamped as they come, so that the time measured includes any wait for work in hand.
		defer close(closed)
		for n := range notices {
			if p.stamp(n) {
				select {
				case wake <- struct{}{}:
				default:
				}
			}
		}
	}()
	poll := time.NewTicker(tierPoll)
	defer poll.Stop()
	for {
		if err := p.pass(ctx); err != nil && ctx.Err() == nil {
			d.node.Log().Warn("demand not passed on", "reason", err)
		}
	wait:
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-closed:
				return nil
			case <-wake:
				break wait
			case <-poll.C:
				if p.due() {
					break wait
				}
			}
		}
	}
}

// stamp notes when a customer's forecast settled.
func (p *propagator) stamp(n node.Notice) bool {
	found := false
	for _, row := range n.Outcome.Settled {
		if row.New != nil && strings.HasPrefix(row.Key, "inforce/"+forecast.Type+"/") {
			found = true
		}
	}
	if found {
		p.mu.Lock()
		p.settled[n.PID] = p.node.Now()
		p.mu.Unlock()
	}
	return found
}

// due tells whether settings changed, a hold-off ended, or a failed write may be tried again.
func (p *propagator) due() bool {
	due := false
	err := p.node.ReadPrivate(func(rows node.PrivateRows) error {
		var c changedCount
		if _, err := rows.Get(changedRow, &c); err != nil {
			return err
		}
		due = c.Count != p.changed
		for _, to := range p.settings.targets() {
			var st tierState
			if _, err := rows.Get(stateRows+to.String(), &st); err != nil {
				return err
			}
			at, waiting := st.Edge.Due()
			due = due || (waiting && at <= p.node.Now() && !p.judged[to]) || (st.Sending != nil && time.Since(p.failed[to]) >= tierPatience)
		}
		return nil
	})
	return err == nil && due
}

// pass takes in what arrived and emits what may leave.
func (p *propagator) pass(ctx context.Context) error {
	s, err := p.tierSettings()
	if err != nil {
		return err
	}
	p.settings, p.changed = s, s.changed
	defer func() { p.passes++ }()
	if len(s.routes) == 0 {
		return nil
	}
	if err := p.takeIn(); err != nil {
		return err
	}
	var errs []error
	for _, to := range s.targets() {
		if err := p.emit(ctx, to); err != nil {
			errs = append(errs, fmt.Errorf("to %s: %w", p.partnerOf(to), err))
		}
	}
	return errors.Join(errs...)
}

// emit sends what was decided before a stop, then decides about what waits, until nothing more may leave now.
func (p *propagator) emit(ctx context.Context, to block.CID) error {
	st, err := p.tierState(to)
	if err != nil {
		return err
	}
	for {
		if st.Sending != nil {
			if err := p.finish(ctx, to, &st); err != nil {
				return err
			}
		}
		if due, waiting := st.Edge.Due(); p.judged[to] || !waiting || due > p.node.Now() {
			return nil
		}
		decided, err := p.decide(to, &st)
		if err != nil || !decided {
			return err
		}
	}
}

// finish writes the emission decided and notes its receipt.
func (p *propagator) finish(ctx context.Context, to block.CID, st *tierState) error {
	report, err := p.send(ctx, p.settings, to, *st.Sending, st.Edge.Accepted)
	if err != nil {
		p.failed[to] = time.Now()
		if st.Note == err.Error() {
			return nil // said before
		}
		return errors.Join(err, p.note(to, st, err.Error()))
	}
	if st.Since != 0 {
		report.Milliseconds = max(p.node.Now()-st.Since, 0)
	}
	st.Sending, st.Since, st.Report, st.Note = nil, 0, report, ""
	p.node.Log().Info("demand passed on", "to", report.To, "revision", report.Revision, "lines", report.Lines, "events", report.Events, "milliseconds", report.Milliseconds)
	return p.node.Private(func(rows node.PrivateRows) error { return rows.Put(stateRows+to.String(), *st) })
}

func (p *propagator) note(to block.CID, st *tierState, text string) error {
	if st.Note == text {
		return nil
	}
	st.Note = text
	return p.node.Private(func(rows node.PrivateRows) error { return rows.Put(stateRows+to.String(), *st) })
}

// decide judges what waits. A decision to emit is stored, with its event, before anything is written: a crash in between repeats the
// write, and the command ID makes one entry of both.
func (p *propagator) decide(to block.CID, st *tierState) (emits bool, err error) {
	p.judged[to] = true
	out, err := p.derive(p.settings, to, st.Edge.Inputs())
	if err == nil && len(out.Lines) == 0 {
		err = heldBack(out)
	}
	if err != nil {
		if noteErr := p.note(to, st, err.Error()); noteErr != nil {
			return false, noteErr
		}
		if errors.Is(err, errNoDemand) {
			return false, nil
		}
		return false, err
	}
	if st.Edge.Last != nil {
		told, err := p.told(to)
		if err != nil {
			return false, err
		}
		st.Edge.Last.Cells = tierCells(told)
	}
	var fresh tier.EventID
	if _, err := rand.Read(fresh[:]); err != nil {
		return false, err
	}
	next, decision := st.Edge.Decide(p.node.Now(), tierCells(out.Lines), fresh)
	switch decision.Action {
	case tier.Inside:
		if b := st.Edge.Pending[0]; len(b.Inputs) == 0 && len(st.Edge.Pending) == 1 {
			return false, p.note(to, st, "")
		}
		if len(out.Kept) > 0 {
			return false, p.note(to, st, keptBack(out))
		}
		return false, p.note(to, st, "what changed is within the dead band of the last emission; it leaves with the next larger change")
	case tier.Emit:
	default:
		return false, nil
	}
	st.Edge, st.Sending, st.Note = next, &decision.Emission, ""
	p.judged[to] = false
	return true, p.node.Private(func(rows node.PrivateRows) error {
		if err := rows.Put(mintedRows+fresh.String(), mintedEvent{At: decision.Emission.At, To: to}); err != nil {
			return err
		}
		return rows.Put(stateRows+to.String(), *st)
	})
}
