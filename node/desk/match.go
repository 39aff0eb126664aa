package desk

import (
	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/exception"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// MatchView is a match as screens show it: both views, and what to do something about.
type MatchView struct {
	With           string          `json:"with"`
	Forecast       block.CID       `json:"forecast"`
	Plan           block.CID       `json:"plan"`
	Buckets        int             `json:"buckets"`          // group and product cells compared
	Bottlenecks    int             `json:"bottlenecks"`      // cells of the contract view with demand above actual capacity
	AtRisk         int             `json:"at_risk"`          // cells of the cover view not surely covered
	MaxShortagePPM int64           `json:"max_shortage_ppm"` // greatest lower bound of a shortage's probability
	Agreed         int             `json:"agreed"`           // committed slots of agreements in force that entered
	Result         capacity.Result `json:"result"`
	Exceptions     []ExceptionView `json:"exceptions"`
	// Slots are those of the plan as they stand against the forecast in force; Divided says by what each group is divided (practice T14).
	Slots   []capacity.SlotView            `json:"slots,omitempty"`
	Divided map[string]capacity.Allocation `json:"divided,omitempty"`
	// Stale notes inputs that are older than their authors vouch for, or overtaken by events, as of now on this node: STALE_DATA and INVALIDATED,
	// at most one of each per document.
	Stale []exception.Exception `json:"stale"`

	found []exception.Exception // before they have their names
}

// Match compares the forecast in force with the capacity plan in force and with what was agreed on top. Both nodes hold the same documents
// and compute the same result on the same day: which agreements count is a matter of the date.
func (d *Desk) Match(with string) (MatchView, error) {
	p, err := d.Partner(with, "")
	if err != nil {
		return MatchView{}, err
	}
	v, _, err := d.look(p)
	v.With = d.PartnerName(p)
	return v, err
}

// look makes the match and puts what it finds under the names of the register; all are the exceptions there ever were.
func (d *Desk) look(p *node.Partnership) (v MatchView, all []ExceptionView, err error) {
	var said protocolView
	err = d.node.View(p.PID, func(r *protocol.Replica) error {
		if v, err = d.match(p, r); err != nil {
			return err
		}
		said, err = readView(r)
		return err
	})
	if err != nil {
		return v, nil, err
	}
	tracks, err := d.tracks(p)
	if err != nil {
		return v, nil, err
	}
	v.Exceptions, all = d.views(p, tracks, v.found, said)
	return v, all, nil
}

// MatchInput gathers what a match is made from; a Failure says what is still missing.
func (d *Desk) MatchInput(p *node.Partnership, r *protocol.Replica) (in capacity.Input, err error) {
	seller, found, err := d.planOf(p, r, &in)
	if err != nil {
		return in, err
	}
	if !found {
		return in, node.Failf("NO_CAPACITY", "no capacity plan is in force with %s; the seller shares one with: kontor capacity share", d.PartnerName(p))
	}
	if in.Plan, err = r.Plan(in.PlanCID); err != nil {
		return in, err
	}
	forecasts, err := r.InForce(forecast.Type, block.CID{})
	if err != nil {
		return in, err
	}
	newest := int64(-1)
	for _, row := range forecasts {
		if row.Author != seller && row.T > newest {
			in.ForecastCID, newest = row.Root, row.T
		}
	}
	if newest < 0 {
		return in, node.Failf("NO_FORECAST", "no forecast is in force with %s", d.PartnerName(p))
	}
	if in.Forecast, err = r.Forecast(in.ForecastCID); err != nil {
		return in, err
	}
	effects, err := effectsOn(r, calendar.DateOf(d.node.Now()), 0)
	if err != nil {
		return in, err
	}
	in.Agreed = agreedSupplies(effects, seller)
	in.Forecast, in.Notes, err = withAgreed(r, in.ForecastCID, in.Forecast, effects)
	return in, err
}

// planOf finds the plan to match against and its author: of several sellers' plans in force the newest, so that every member takes the same.
func (d *Desk) planOf(p *node.Partnership, r *protocol.Replica, in *capacity.Input) (seller block.CID, found bool, err error) {
	newest := int64(-1)
	for _, company := range sellers(p) {
		plans, err := r.InForce(capacity.PlanType, company)
		if err != nil {
			return seller, false, err
		}
		for _, row := range plans {
			if row.T >= newest {
				in.PlanCID, seller, newest, found = row.Root, company, row.T, true
			}
		}
	}
	return seller, found, nil
}

func (d *Desk) match(p *node.Partnership, r *protocol.Replica) (v MatchView, err error) {
	in, err := d.MatchInput(p, r)
	if err != nil {
		return v, err
	}
	result, err := Match(in)
	if err != nil {
		return v, err
	}
	v = MatchView{Forecast: in.ForecastCID, Plan: in.PlanCID, Agreed: len(in.Agreed), Result: result, Exceptions: []ExceptionView{}}
	if v.Stale, err = d.staleInputs(r, in); err != nil {
		return v, err
	}
	if v.Slots, err = d.slotViews(p, r, in); err != nil {
		return v, err
	}
	for _, g := range in.Plan.Groups {
		if g.Allocation == nil {
			continue
		}
		if v.Divided == nil {
			v.Divided = map[string]capacity.Allocation{}
		}
		v.Divided[g.ID] = *g.Allocation
	}
	v.count()
	policy, err := d.agreedPolicy(r, in)
	if err != nil {
		return v, err
	}
	policy.MinUnits = quantity.Quantity{}
	v.found, err = capacity.Bottlenecks(result, policy)
	return v, err
}

// count counts what was compared, and what of it is short.
func (v *MatchView) count() {
	for _, g := range v.Result.Groups {
		for _, c := range g.Buckets {
			v.Buckets++
			if c.Verdict == capacity.Bottleneck {
				v.Bottlenecks++
			}
		}
	}
	for _, m := range v.Result.Products {
		for _, c := range m.Buckets {
			v.Buckets++
			if c.Cover == nil {
				continue
			}
			v.MaxShortagePPM = max(v.MaxShortagePPM, c.Cover.Shortage.Lower)
			if c.Cover.Standing != capacity.Covered {
				v.AtRisk++
			}
		}
	}
}

// policy is what this company says a shortage is worth and who deals with it.
func (d *Desk) policy(in capacity.Input) (capacity.Policy, error) {
	var set policyRow
	p := capacity.Policy{Prices: map[string]quantity.Price{}, AnswerDue: in.Forecast.AnswerDue, OnNoAnswer: in.Forecast.OnNoAnswer,
		Issued: max(in.Forecast.Header.Issued, in.Plan.Header.Issued)}
	err := d.node.ReadPrivate(func(rows node.PrivateRows) error {
		if _, err := rows.Get(policyKey, &set); err != nil {
			return err
		}
		return rows.Scan(priceRows, func(_ string, decode func(any) error) (bool, error) {
			var row priceRow
			err := decode(&row)
			p.Prices[row.Product] = row.Price
			return true, err
		})
	})
	p.DeskLimit, p.MinUnits = set.DeskLimit, set.MinUnits
	return p, err
}

// agreedPolicy is the policy with what a unit is worth by the terms in force today, of forecast products that this company keeps no price of.
func (d *Desk) agreedPolicy(r *protocol.Replica, in capacity.Input) (capacity.Policy, error) {
	policy, err := d.policy(in)
	if err != nil {
		return policy, err
	}
	today := calendar.DateOf(d.node.Now())
	inForce, err := r.TermsInForce(today)
	for _, l := range in.Forecast.Lines {
		id := l.Item.ID()
		if _, kept := policy.Prices[id]; kept {
			continue
		}
		if price, agreed := agreedPrice(inForce, l.Unit, today, id); agreed {
			policy.Prices[id] = price
		}
	}
	return policy, err
}

// monthsBefore is the month n before a month, both as text; empty for no month.
func monthsBefore(month string, n int) string {
	m, err := calendar.ParseMonth(month)
	if err != nil {
		return ""
	}
	return m.Add(-n).String()
}
