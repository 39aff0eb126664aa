package desk

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"kontor/node"
	"kontor/protocol"
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

// takeIn brings the intake and the edges up to the settled lines of all customers.
func (p *propagator) takeIn() error {
	var intake tier.Intake
	err := p.node.ReadPrivate(func(rows node.PrivateRows) error {
		_, err := rows.Get(intakeRow, &intake)
		return err
	})
	if err != nil {
		return err
	}
	var arrivals []tier.Arrival
	present := map[string]tier.Arrival{}
	for _, customer := range p.customers() {
		if !slices.ContainsFunc(p.settings.routes, func(r routeRow) bool { return r.From == customer.PID }) {
			continue
		}
		more, err := p.settledForecasts(customer, func(source string) string {
			known, _ := intake.Source(source)
			return known.Latest
		})
		if err != nil {
			return err
		}
		arrivals = append(arrivals, more...)
	}
	for _, a := range arrivals {
		present[a.Source] = a
	}
	edges := map[block.CID]*tierState{}
	for _, to := range p.settings.targets() {
		st, err := p.tierState(to)
		if err != nil {
			return err
		}
		st.Edge.HoldOff = p.settings.suppliers[to].HoldOff
		edges[to] = &st
	}
	before := make(map[block.CID]tierState, len(edges))
	for to, st := range edges {
		before[to] = *st
	}
	old := intake
	for _, a := range arrivals {
		a.At = p.node.Now()
		if intake, err = p.arrive(intake, a, edges); err != nil {
			return err
		}
	}
	p.reconcile(intake, present, edges)
	stock, err := p.settings.stockHash()
	if err != nil {
		return err
	}
	return p.node.Private(func(rows node.PrivateRows) error {
		for to, st := range edges {
			if err := p.hear(rows, to, st); err != nil {
				return err
			}
			if st.Changed != p.settings.changed || string(st.Stock) != string(stock) {
				st.Edge, st.Changed, st.Stock = st.Edge.Touch(), p.settings.changed, stock
				p.judged[to] = false
			}
			if sameState(before[to], *st) {
				continue
			}
			if err := rows.Put(stateRows+to.String(), *st); err != nil {
				return err
			}
		}
		if sameState(old, intake) {
			return nil
		}
		return rows.Put(intakeRow, intake)
	})
}

// sameState compares what would be stored.
func sameState[T any](a, b T) bool {
	x, errX := block.Marshal(a)
	y, errY := block.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

// hear obeys what a human said about an edge.
func (p *propagator) hear(rows node.PrivateRows, to block.CID, st *tierState) error {
	var w word
	found, err := rows.Get(wordRows+to.String(), &w)
	if err != nil || !found {
		return err
	}
	if w.Suspend != "" {
		st.Edge = st.Edge.Suspend(p.node.Now(), w.Suspend)
	} else {
		st.Edge = st.Edge.Resume()
	}
	p.judged[to] = false
	return rows.Delete(wordRows + to.String())
}

// arrive takes one arrival to the edges it concerns.
func (p *propagator) arrive(intake tier.Intake, a tier.Arrival, edges map[block.CID]*tierState) (tier.Intake, error) {
	from, err := sourcePartnership(a.Source)
	if err != nil {
		return intake, err
	}
	before, _ := intake.Source(a.Source)
	own, err := p.ownEvents(a.Events)
	if err != nil {
		return intake, err
	}
	next, in, verdict := intake.Arrive(a, func(id tier.EventID) bool { return slices.Contains(own, id) })
	if verdict == tier.Known {
		return next, nil
	}
	since := p.settledAt(from, a.At)
	for to, st := range edges {
		if !p.settings.derives(from, to) {
			continue
		}
		if verdict == tier.Passes {
			st.Edge = st.Edge.Arrive(in, a)
			if st.Since == 0 {
				st.Since = since
			}
			p.judged[to] = false
			continue
		}
		st.Recorded = append(slices.Clone(st.Recorded), Recorded{At: a.At, From: p.partnerOf(from), Verdict: verdict})
		st.Recorded = st.Recorded[max(0, len(st.Recorded)-maxRecorded):]
		if verdict != tier.Looped {
			continue
		}
		size, err := p.returned(to, *st, a, before)
		if err != nil {
			return intake, err
		}
		st.Edge = st.Edge.Returned(a.At, own, size)
		p.node.Log().Warn("demand came back to where it was passed on: recorded, not passed on again", "from", p.partnerOf(from), "to", p.partnerOf(to), "suspended", st.Edge.Suspended != nil)
	}
	return next, nil
}

// settledAt is when what arrived settled here: when its notice came, else, for one whose notice was lost or is on its way, when it was seen.
// What settled before this run began has no such time: 0.
func (p *propagator) settledAt(from block.CID, seen int64) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	at, stamped := p.settled[from]
	switch {
	case stamped:
		delete(p.settled, from)
		return at
	case p.passes == 0:
		return 0
	}
	return seen
}

// ownEvents are those of the events that this node minted.
func (p *propagator) ownEvents(events []tier.EventID) (own []tier.EventID, err error) {
	err = p.node.ReadPrivate(func(rows node.PrivateRows) error {
		for _, id := range events {
			var m mintedEvent
			found, err := rows.Get(mintedRows+id.String(), &m)
			if err != nil {
				return err
			}
			if found {
				own = append(own, id)
			}
		}
		return nil
	})
	return own, err
}

// mintedEvent is an event this node made.
type mintedEvent struct {
	At int64     `cbor:"at"`
	To block.CID `cbor:"to"`
}

// returned is by how much a looped arrival would have moved an edge's figures had it passed.
func (p *propagator) returned(to block.CID, st tierState, a tier.Arrival, before tier.Source) ([]tier.Amount, error) {
	figures := func(version string) (tier.Cells, error) {
		inputs := slices.DeleteFunc(st.Edge.Inputs(), func(in tier.Input) bool { return in.Source == a.Source })
		inputs = append(inputs, tier.Input{Source: a.Source, Version: version, Less: before.Spans})
		out, err := p.derive(p.settings, to, inputs)
		return tierCells(out.All), err
	}
	with, err := figures(a.Version)
	if err != nil {
		return nil, err
	}
	without, err := figures(before.Latest)
	if err != nil {
		return nil, err
	}
	return tier.Distance(without, with), nil
}

// reconcile gives edges the sources they lack, because the edge is younger than the forecast, and takes away those that are no longer
// theirs.
func (p *propagator) reconcile(intake tier.Intake, present map[string]tier.Arrival, edges map[block.CID]*tierState) {
	selling := map[block.CID]bool{}
	for _, c := range p.customers() {
		selling[c.PID] = true
	}
	for to, st := range edges {
		for _, source := range intake.Sources {
			from, err := sourcePartnership(source.Name)
			if err != nil {
				continue
			}
			concerned := selling[from] && p.settings.derives(from, to)
			switch has := st.Edge.Has(source.Name); {
			case concerned && !has && source.Latest != "":
				a := tier.Arrival{Source: source.Name, Version: source.Latest, At: p.node.Now()}
				if now, ok := present[source.Name]; ok && now.Version == source.Latest {
					a.Events, a.Hops = now.Events, now.Hops
				} else if doc, ok := p.document(from, source.Latest); ok {
					now := arrivalOf(source.Name, block.CID{}, doc)
					a.Events, a.Hops = now.Events, now.Hops
				}
				if own, err := p.ownEvents(a.Events); err != nil || len(own) > 0 {
					continue // its newest version is what we passed on ourselves
				}
				st.Edge = st.Edge.Arrive(source.Input(), a)
				p.judged[to] = false
			case !concerned && has:
				st.Edge = st.Edge.Arrive(tier.Input{Source: source.Name}, tier.Arrival{Source: source.Name, At: p.node.Now()})
				p.judged[to] = false
			}
		}
	}
}

func (p *propagator) document(pid block.CID, version string) (doc forecast.Document, ok bool) {
	root, err := block.ParseCID(version)
	if err != nil {
		return doc, false
	}
	err = p.node.View(pid, func(r *protocol.Replica) error {
		doc, err = r.Forecast(root)
		return err
	})
	return doc, err == nil
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
		if st.Edge.Last.Cells, err = p.emitted(to); err != nil {
			return false, err
		}
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
