package capacity

import (
	"fmt"

	"kontor/protocol/calendar"
	"kontor/protocol/exception"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// Policy says what a bottleneck is worth, who deals with it and by when. Both sides of a partnership that hold the
// same policy list the same exceptions.
type Policy struct {
	Prices      map[string]quantity.Price // value of one unit short, by item id; without one the value is unknown and the officers decide
	DeskLimit   quantity.Money            // up to this value the desk deals with it under a mandate
	MinUnits    quantity.Quantity         // shortages whose upper end is not above this are no exception: a lot, a rounding
	LeadDays    int64                     // days before the first short bucket by which something must have been done
	ReactDays   int64                     // days left at the least, counted from the newer of the two documents
	Issued      int64                     // issue of the newer document, ms UTC
	AnswerDue   int64                     // of the forecast, ms UTC; 0 = none. An earlier deadline than the lead time's
	OnNoAnswer  forecast.OnNoAnswer       // of the forecast: decides the default outcome
	Side        exception.Side            // who owns shortages; absent: the seller, who can move capacity
	DeskRole    string                    // absent: "PLANNER"
	OfficerRole string                    // absent: "COO"
}

// Defaults of a policy.
const (
	DefaultLeadDays  = 30
	DefaultReactDays = 2
)

const millisPerDay = 24 * 60 * 60 * 1000

// Bottlenecks lists what to do something about, most valuable first. A product whose cover is SHORT or AT_RISK is a
// shortage; contiguous buckets make one exception. A group whose demand exceeds its actual capacity is an overload
// only where the cover view is missing for it: stock that covers the excess makes it no exception.
//
// Each has an owner, a value at risk (the largest expected shortage of its buckets times the unit value), a
// deadline and the outcome that comes by itself.
func Bottlenecks(r Result, p Policy) ([]exception.Exception, error) {
	p = p.withDefaults()
	var parts []exception.Exception
	for _, m := range r.Products {
		for _, c := range m.Buckets {
			if c.Cover == nil || c.Cover.Standing == Covered || c.Cover.Expected.Upper.Cmp(p.MinUnits) <= 0 {
				continue
			}
			scope := exception.Scope{Product: m.Product, Region: m.Region, Buckets: c.Bucket}
			if len(m.Groups) == 1 {
				scope.Group = m.Groups[0]
			}
			parts = append(parts, exception.Exception{
				ID: exception.NewID(exception.Shortage, scope, r.Forecast, r.Plan), Kind: exception.Shortage, Scope: scope,
				Units: c.Cover.Expected.Lower, UnitsMax: c.Cover.Expected.Upper, Unit: m.Unit,
				Shortage: c.Cover.Shortage.Lower, Upper: c.Cover.Shortage.Upper,
			})
		}
	}
	for _, g := range r.Groups {
		for _, c := range g.Buckets {
			if c.Verdict != Bottleneck || c.Cover != nil || r.fullyCovered(g.Group) {
				continue
			}
			scope := exception.Scope{Group: g.Group, Buckets: c.Bucket}
			parts = append(parts, exception.Exception{
				ID: exception.NewID(exception.Overload, scope, r.Forecast, r.Plan), Kind: exception.Overload, Scope: scope,
				Units: c.Excess, UnitsMax: c.Excess, Unit: g.Unit, Upper: ppm,
			})
		}
	}
	all := exception.Join(parts)
	for i := range all {
		if err := p.complete(&all[i]); err != nil {
			return nil, fmt.Errorf("exception %s: %w", all[i].ID, err)
		}
	}
	exception.Sort(all)
	return all, nil
}

// fullyCovered reports that every product the group makes has a cover view, so that its own exceptions say it all.
func (r Result) fullyCovered(group string) bool {
	covered := false
	for _, p := range r.Products {
		for _, g := range p.Groups {
			if g == group {
				if p.Missing != "" {
					return false
				}
				covered = true
			}
		}
	}
	return covered
}

func (p Policy) withDefaults() Policy {
	if p.LeadDays == 0 {
		p.LeadDays = DefaultLeadDays
	}
	if p.ReactDays == 0 {
		p.ReactDays = DefaultReactDays
	}
	if p.Side == "" {
		p.Side = exception.Seller
	}
	if p.DeskRole == "" {
		p.DeskRole = "PLANNER"
	}
	if p.OfficerRole == "" {
		p.OfficerRole = "COO"
	}
	return p
}

// complete adds value, owner, deadline and default outcome to joined parts.
func (p Policy) complete(e *exception.Exception) error {
	e.Side, e.Speed, e.Role = p.Side, exception.Officers, p.OfficerRole
	if price, known := p.Prices[e.Scope.Product]; known && e.Scope.Product != "" {
		priced, err := e.Priced(e.Units, "short at the least", price)
		if err != nil {
			return err
		}
		*e = priced
		if order, err := e.Value.Cmp(p.DeskLimit); err == nil && order <= 0 && e.Value.Currency == p.DeskLimit.Currency {
			e.Speed, e.Role = exception.Desk, p.DeskRole
		}
	}
	e.Deadline = e.Scope.Buckets.Start.Millis() - p.LeadDays*millisPerDay
	if p.AnswerDue != 0 {
		e.Deadline = min(e.Deadline, p.AnswerDue)
	}
	e.Deadline = max(e.Deadline, p.Issued+p.ReactDays*millisPerDay)
	e.Default = p.outcome(*e)
	return nil
}

// outcome says what comes by itself after the deadline.
func (p Policy) outcome(e exception.Exception) exception.Outcome {
	what := e.Scope.Product
	if what == "" {
		what = "capacity group " + e.Scope.Group
	}
	period := e.Scope.Buckets.Start.Month().String()
	if last := e.Scope.Buckets.Last().Month().String(); last != period {
		period += " to " + last
	}
	open := fmt.Sprintf("%s of %s stay uncovered in %s", e.Unit.Said(e.Units.Format(0)), what, period)
	if e.Units != e.UnitsMax {
		open = fmt.Sprintf("%s to %s of %s are expected to be missing in %s", e.Units.Format(0), e.Unit.Said(e.UnitsMax.Format(0)), what, period)
	}
	by := calendar.DateOf(e.Deadline).String()
	switch p.OnNoAnswer {
	case forecast.LastCommitStands:
		return exception.Outcome{Code: exception.OutcomeLastCommit, Text: fmt.Sprintf("If nothing is done by %s the last commitment stands and %s.", by, open)}
	case forecast.NoCommit:
		return exception.Outcome{Code: exception.OutcomeNoCommit, Text: fmt.Sprintf("If nothing is done by %s nothing is committed and %s.", by, open)}
	}
	return exception.Outcome{Code: exception.OutcomeShareShortage, Text: fmt.Sprintf("If nothing is done by %s supply is divided by agreed shares and %s.", by, open)}
}
