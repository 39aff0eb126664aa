package board

import (
	"cmp"
	"slices"

	"kontor/node/desk"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/campaign"
	"kontor/protocol/decision"
	"kontor/protocol/quantity"
)

// narrow keeps, of the events in a topic's scope, those it is about: the one whose conflict it was opened for, or those that the agreement it amends fixes. A topic opened
// otherwise is about all of them.
func (d *drafter) narrow(r *protocol.Replica) error {
	keep := d.conflicting
	if d.topic.Amends != nil {
		old, err := r.Agreement(d.topic.Amends.Agreement)
		if err != nil {
			return err
		}
		keep = func(e plannedEvent) bool {
			return slices.ContainsFunc(old.Effects, func(x decision.Effect) bool {
				return x.Kind == decision.CampaignPlanned && x.Party == e.author && x.Ref == e.event.ID
			})
		}
	}
	if slices.ContainsFunc(d.subject.events, keep) {
		d.subject.events = slices.DeleteFunc(d.subject.events, func(e plannedEvent) bool { return !keep(e) })
	}
	return nil
}

// conflicting tells whether the topic was opened for something that stands against an event.
func (d *drafter) conflicting(e plannedEvent) bool {
	return d.topic.Exception != nil && slices.ContainsFunc(campaign.Raised, func(k campaign.ConflictKind) bool {
		return *d.topic.Exception == desk.ExceptionCID(desk.ConflictID(e.author, e.event.ID, k))
	})
}

// lifts are what the events add in the topic's scope: one effect for each cell of an event, whatever the number of sites in it. An agreed quantity is the sum over
// all of them, shared as the events' plans stand to each other.
func (d *drafter) lifts() (out []decision.Effect) {
	for _, p := range d.subject.events {
		if d.moves() {
			p = p.movedTo(d.option)
		}
		out = append(out, d.planned(p)...)
	}
	agreed := d.terms[issueQuantity]
	if agreed.Number == nil || len(out) == 0 {
		return out
	}
	shared, err := share(out, *agreed.Number)
	if err != nil {
		return out // units that are no sum: what is planned is fixed as it is
	}
	return shared
}

// moves tells whether the option takes the one event that the topic is about to other periods: then it names them.
func (d *drafter) moves() bool {
	return d.topic.Kind == decision.JointMarketing && len(d.option.Effects) > 0 && len(d.subject.events) == 1 && d.conflicting(d.subject.events[0])
}

// movedTo is the event with the lifts of an option in the place of its own.
func (p plannedEvent) movedTo(o decision.Option) plannedEvent {
	p.event.Impacts = nil
	for _, e := range o.Effects {
		m := campaign.Impact{Item: e.Product, Bucket: e.Bucket, Unit: e.Unit, Lift: e.Quantity}
		if e.Region != artifact.All {
			m.Place.Region = e.Region
		}
		p.event.Impacts = append(p.event.Impacts, m)
		p.event.Period.End = max(p.event.Period.End, e.Bucket.End)
	}
	return p
}

// planned are an event's cells in the topic's scope with what the event adds in each. What is less than nothing, or counted in units that are no sum, no effect can fix.
func (d *drafter) planned(p plannedEvent) (out []decision.Effect) {
	var mixed []decision.Cell
	for _, m := range p.event.Impacts {
		cell := decision.Cell{Product: m.Item, Region: regionOf(m), Bucket: m.Bucket}
		if !slices.Contains(d.topic.Scope.Products, cell.Product) || !slices.Contains(d.topic.Scope.Regions, cell.Region) || !d.topic.Scope.Horizon.Covers(m.Bucket) {
			continue
		}
		i := slices.IndexFunc(out, func(e decision.Effect) bool { return e.Cell == cell })
		if i < 0 {
			out = append(out, decision.Effect{Kind: decision.CampaignPlanned, Party: p.author, Ref: p.event.ID, Cell: cell, Quantity: m.Lift, Unit: m.Unit, Artifact: &p.calendar})
			continue
		}
		sum, err := quantity.Convert(m.Lift, m.Unit, out[i].Unit)
		if err == nil {
			sum, err = sum.Add(out[i].Quantity)
		}
		if err != nil {
			mixed = append(mixed, cell)
		}
		out[i].Quantity = sum
	}
	return slices.DeleteFunc(out, func(e decision.Effect) bool { return e.Quantity.Sign() < 0 || slices.Contains(mixed, e.Cell) })
}

// share brings lifts in proportion to a sum in whole units of the first; what rounding leaves goes to the last.
func share(planned []decision.Effect, whole quantity.Quantity) ([]decision.Effect, error) {
	out := slices.Clone(planned)
	var sum quantity.Quantity
	for i := range out {
		q, err := quantity.Convert(out[i].Quantity, out[i].Unit, out[0].Unit)
		if err != nil {
			return nil, err
		}
		out[i].Quantity, out[i].Unit = q, out[0].Unit
		if sum, err = sum.Add(q); err != nil {
			return nil, err
		}
	}
	if sum.Sign() <= 0 {
		return out, nil
	}
	left := whole
	for i := range out[:len(out)-1] {
		part, err := inProportion(out[i].Quantity, whole, sum)
		if err != nil {
			return nil, err
		}
		out[i].Quantity = part
		if left, err = left.Sub(part); err != nil {
			return nil, err
		}
	}
	out[len(out)-1].Quantity = left
	return out, nil
}

// inProportion is part × whole / sum in whole units, cut off: many parts rounded up would leave the last less than nothing.
func inProportion(part, whole, sum quantity.Quantity) (quantity.Quantity, error) {
	q, err := part.Mul(whole)
	if err != nil {
		return q, err
	}
	of, err := q.Quo(sum)
	if err != nil {
		return q, err
	}
	n, err := of.Round(0)
	if err == nil && of.Cmp(n.Decimal()) < 0 {
		return n.Sub(quantity.Of(1))
	}
	return n, err
}

// regionOf is the region of a cell in which a lift is planned: one without a place is planned in all of them.
func regionOf(m campaign.Impact) string { return cmp.Or(m.Place.Region, artifact.All) }
