package desk

import (
	"fmt"
	"slices"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
	"kontor/protocol/exception"
	"kontor/protocol/measure"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
)

// RollbackName is how people name condition i of an agreement, from 0.
func RollbackName(agreement block.CID, i int) string {
	return fmt.Sprintf("%s.rollback-%d", agreement.Short(), i+1)
}

// rollbacks raises the conditions of agreements in force that are met, for the officer the agreement names. Reports decide once every day of the period is in one;
// a sum that is above its limit already decides before. Conditions in words raise nothing.
func (s *sight) rollbacks() (out []exception.Exception, err error) {
	ledger, err := s.r.Concluded()
	if err != nil {
		return nil, err
	}
	standing, err := s.r.Standings(s.today)
	if err != nil {
		return nil, err
	}
	var figures *figuresSoFar
	for _, c := range ledger {
		if standing[c.CID] != decision.InForce {
			continue
		}
		for i, r := range c.Doc.Rollback {
			if r.Test == nil {
				continue
			}
			var is met
			if r.Test.Measure == decision.ByStep {
				is, err = s.stepMissed(c, r.Test.Step)
			} else {
				if figures == nil {
					if figures, err = s.figuresSoFar(); err != nil {
						return nil, err
					}
				}
				is, err = figures.decide(*r.Test)
			}
			if err != nil {
				return nil, err
			}
			if is.yes {
				out = append(out, s.rollback(c, i, is))
			}
		}
	}
	return out, nil
}

// met is the answer to a test.
type met struct {
	yes  bool
	last calendar.Date // the day from which it is seen to
	says string
}

func (s *sight) stepMissed(c decision.Concluded, step string) (met, error) {
	reported, err := s.r.Milestones(c.CID)
	if err != nil {
		return met{}, err
	}
	for _, m := range c.Doc.Rollout {
		if _, done := reported[m.ID]; m.ID == step && !done && s.today > m.Due {
			return met{true, m.Due, fmt.Sprintf("step %s was due on %s and is not reported", m.ID, m.Due)}, nil
		}
	}
	return met{}, nil
}

// figuresSoFar are the reports both hold.
type figuresSoFar struct {
	measuring
	windows []protocol.WindowRow
}

func (s *sight) figuresSoFar() (*figuresSoFar, error) {
	f := &figuresSoFar{}
	var err error
	if f.windows, err = s.r.Windows(); err != nil {
		return nil, err
	}
	return f, s.d.gather(&f.measuring, s.r, s.p)
}

// reported tells when every day of a period was reported by one side or both, by the claimed times of the reports; ok is false while a day is missing.
func (f *figuresSoFar) reported(within calendar.Bucket) (on calendar.Date, ok bool) {
	windows := slices.SortedFunc(slices.Values(f.windows), func(x, y protocol.WindowRow) int { return x.Window.Compare(y.Window) })
	next := within.Start
	for _, w := range windows {
		if len(w.Reports) == 0 || w.Window.Start > next || w.Window.End <= next || next >= within.End {
			continue
		}
		first := w.Reports[0].T
		for _, r := range w.Reports {
			first = min(first, r.T)
		}
		next, on = w.Window.End, max(on, calendar.DateOf(first))
	}
	return on, next >= within.End
}

// decide compares the figures with a test's limit.
func (f *figuresSoFar) decide(t decision.RollbackTest) (met, error) {
	cells := slices.DeleteFunc(slices.Clone(f.settled), func(c performance.Settled) bool {
		named := func(id string) bool { return id != "" && slices.Contains(t.Products, id) }
		of := len(t.Products) == 0 || named(c.Item.BuyersID) || named(c.Item.SellersID) || named(c.Item.GTIN)
		return !of || !t.Within.Covers(c.Bucket) || len(t.Regions) > 0 && !slices.Contains(t.Regions, c.Place.Region)
	})
	on, whole := f.reported(t.Within)
	last := max(on, t.Within.Last())
	if t.IsShare() {
		r := performance.Delivered(cells, f.setting).Result(measure.Code(t.Measure))
		if !whole || !r.Measured() || int64(r.Count) < max(t.Least, 1) || !t.Met(r.Value.Rat().Cmp(t.Limit.Rat())) {
			return met{}, nil
		}
		return met{true, last, fmt.Sprintf("%s is %s over %d lines", t.Measure, r.Value, r.Count)}, nil
	}
	sum, err := sumOf(cells, t)
	if err != nil {
		return met{}, err
	}
	if !t.Met(sum.Cmp(t.Limit)) || t.Below && !whole {
		return met{}, nil
	}
	return met{true, last, fmt.Sprintf("%s is %s", t.Measure, t.Unit.Said(sum.String()))}, nil
}

var rollbackFigures = map[string]performance.Figure{decision.ByDemand: performance.Demand, decision.ByOrdered: performance.Ordered, decision.ByShipped: performance.Shipped,
	decision.ByReceived: performance.Received, decision.BySold: performance.Sold, decision.ByReturned: performance.Returned}

// sumOf adds a figure up over the cells in the test's unit; what is counted in another unit is not in it.
func sumOf(cells []performance.Settled, t decision.RollbackTest) (sum quantity.Quantity, err error) {
	for _, c := range cells {
		if at := *c.Cell.At(rollbackFigures[t.Measure]); at != nil && c.Unit == t.Unit {
			if sum, err = sum.Add(*at); err != nil {
				return sum, err
			}
		}
	}
	return sum, nil
}

func (s *sight) rollback(c decision.Concluded, i int, is met) exception.Exception {
	r := c.Doc.Rollback[i]
	name := RollbackName(c.CID, i)
	scope := exception.Scope{Group: name, Buckets: r.Test.Within}
	if !scope.Buckets.Valid() {
		scope.Buckets = calendar.Bucket{Start: is.last, End: is.last.AddDays(1)}
	}
	e := exception.Exception{Kind: exception.Rollback, Side: s.sideOfTrade(r.Test.Party), Speed: exception.Officers, Role: string(r.Test.Owner), Value: worthOf(c.Doc), Worth: commitText(c.Doc),
		Scope: scope, Deadline: s.workday(is.last, int(r.Test.Days)),
		Cause:   fmt.Sprintf("%s, and %q says where %s: %s", is.says, c.Doc.Title, r.Condition, r.Action),
		Default: exception.Outcome{Code: exception.OutcomeRollback, Text: "If nothing is done the agreement goes on as it is: what it says of going back takes an amendment that both sign."}}
	return named(e, exception.Scope{Group: name}, c.CID)
}
