package desk

import (
	"slices"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/forecast"
	"kontor/protocol/tier"
)

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
