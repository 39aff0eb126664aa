package desk

import (
	"fmt"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/decision"
	"kontor/protocol/forecast"
)

// OutlookQuery asks what some cells look like with quantities on top of what is agreed.
type OutlookQuery struct {
	Forecast, Plan block.CID
	Scope          decision.Scope
	Effects        []decision.OptionEffect
	Before         int64         // place in the order (lam) before which agreements were final that count; 0: all
	On             calendar.Date // the day that decides which of them are in force
}

// maxOutlooks bounds the outlooks remembered; each is a match.
const maxOutlooks = 512

// Outlook is what the match expects for the query's cells: the figures of an option. The answer depends on the feeds alone and is the same on both
// nodes.
func (d *Desk) Outlook(p *node.Partnership, q OutlookQuery) (decision.Expectation, error) {
	in := capacity.Input{ForecastCID: q.Forecast, PlanCID: q.Plan}
	var known decision.Expectation
	var key block.CID
	found := false
	err := d.node.View(p.PID, func(r *protocol.Replica) (err error) {
		plan, _, err := r.Version(q.Plan)
		if err != nil {
			return err
		}
		effects, err := effectsOn(r, q.On, q.Before)
		if err != nil {
			return err
		}
		in.Agreed = agreedSupplies(effects, plan.Author)
		if key, err = q.key(p.PID, effects); err != nil {
			return err
		}
		d.outlooks.Lock()
		known, found = d.outlooks.known[key]
		d.outlooks.Unlock()
		if found {
			return nil
		}
		if in.Forecast, err = r.Forecast(q.Forecast); err != nil {
			return err
		}
		if in.Forecast, _, err = withAgreed(r, q.Forecast, in.Forecast, effects); err != nil {
			return err
		}
		in.Plan, err = r.Plan(q.Plan)
		return err
	})
	if err != nil || found {
		return known, err
	}
	x, err := Expect(in, p.PID, q.Scope, q.Effects)
	if err != nil {
		return x, err
	}
	d.outlooks.Lock()
	defer d.outlooks.Unlock()
	if d.outlooks.known == nil || len(d.outlooks.known) >= maxOutlooks {
		d.outlooks.known = map[block.CID]decision.Expectation{}
	}
	d.outlooks.known[key] = x
	return x, nil
}

// key names everything the answer depends on.
func (q OutlookQuery) key(pid block.CID, effects []decision.EffectInForce) (block.CID, error) {
	type agreed struct {
		Agreement block.CID
		Effect    decision.Effect
	}
	list := []agreed{}
	for _, e := range effects {
		list = append(list, agreed{e.Agreement, e.Effect})
	}
	b, err := block.New(struct {
		PID, F, P block.CID
		Scope     decision.Scope
		Effects   []decision.OptionEffect
		Agreed    []agreed
	}{pid, q.Forecast, q.Plan, q.Scope, q.Effects, list})
	return b.CID, err
}

// Expect is the outlook for a scope with effects as supply on top of a match's input.
func Expect(in capacity.Input, mark block.CID, scope decision.Scope, effects []decision.OptionEffect) (x decision.Expectation, err error) {
	agreed := append([]capacity.Supply{}, in.Agreed...)
	for _, e := range effects {
		region := e.Region
		if region == artifact.All {
			region = "" // a match calls every region so
		}
		agreed = append(agreed, capacity.Supply{Agreement: mark, Product: e.Product, Region: region, Bucket: e.Bucket, Quantity: e.Quantity})
	}
	in.Agreed = agreed
	r, err := Match(in)
	if err != nil {
		return x, fmt.Errorf("what an option leaves short: %w", err)
	}
	o, err := r.Outlook(scope.Products, scope.Regions, scope.Horizon)
	return decision.Expectation{Short: o.Short, Over: o.Over}, err
}

// DocumentsOf finds the forecast and the plan a topic rests on, as they were named, or, where newest, as they were revised since; ok is false where it
// names not one of each.
func (d *Desk) DocumentsOf(p *node.Partnership, t decision.Topic, newest bool) (fc, plan block.CID, ok bool) {
	err := d.node.View(p.PID, func(r *protocol.Replica) error {
		for _, ref := range t.Context {
			row, held, err := r.Version(ref.CID)
			if err != nil {
				return err
			}
			root := ref.CID
			if newest && ref.ReplacedBy != nil {
				root = *ref.ReplacedBy
			}
			switch {
			case held && row.Type == forecast.Type && !fc.Defined():
				fc = root
			case held && row.Type == capacity.PlanType && !plan.Defined():
				plan = root
			}
		}
		return nil
	})
	return fc, plan, err == nil && fc.Defined() && plan.Defined()
}

// AuthorOf is who shared a version; undefined where it is not held.
func (d *Desk) AuthorOf(p *node.Partnership, root block.CID) (author block.CID) {
	_ = d.node.View(p.PID, func(r *protocol.Replica) error { // a row that can't be read is as one that is not held
		row, _, err := r.Version(root)
		author = row.Author
		return err
	})
	return author
}
