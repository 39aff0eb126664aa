package desk

import (
	"errors"
	"fmt"
	"slices"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/exception"
	"kontor/protocol/forecast"
	"kontor/protocol/partnership"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// stale raises inputs of the match that are older than their authors vouch for, and those that events made unfit (practice T21): one for each document,
// under one name however the days it is stale for move on.
func (s *sight) stale() (out []exception.Exception, err error) {
	if s.match == nil {
		return nil, nil
	}
	found, err := s.d.staleInputs(s.r, *s.match)
	if err != nil {
		return nil, err
	}
	for _, e := range found {
		root := s.match.ForecastCID
		if e.Side == exception.Seller {
			root = s.match.PlanCID
		}
		e.Cause, e.Deadline = e.Default.Text, s.workday(s.today, reactDays)
		if e, err = s.demandOf(e, s.match.Forecast, e.Scope.Buckets); err != nil {
			return nil, err
		}
		e.Default.Text = "If nothing is done these figures go on being used, and both sides see how old they are."
		out = append(out, named(e, exception.Scope{}, root))
	}
	return out, nil
}

// missing raises what was to be said by now and was not: the answer to a forecast, and the reports of actuals that clauses name.
func (s *sight) missing() (out []exception.Exception, err error) {
	if out, err = s.unanswered(); err != nil {
		return nil, err
	}
	reports, err := s.unreported()
	return append(out, reports...), err
}

func (s *sight) unanswered() ([]exception.Exception, error) {
	var view LoopView
	in, _, err := s.d.loopInput(s.p, s.r, &view)
	var none *node.Failure
	if errors.As(err, &none) {
		return nil, nil
	}
	if err != nil || view.Answer != nil || view.AnswerDue == 0 || s.now < view.AnswerDue+passedAfter {
		return nil, err
	}
	beyond, err := s.d.beyondBands(s.p, s.r, s.inForce)
	if err != nil || beyond != nil {
		return nil, err // it is open as a move beyond the bands
	}
	span := calendar.Bucket{}
	if days, some := horizonOf(figureDays(in.Forecast)); some {
		span = days
	}
	e := exception.Exception{Kind: exception.Missing, Side: exception.Seller, Speed: exception.Desk, Role: "PLANNER", Scope: exception.Scope{Buckets: span},
		Deadline: s.workday(calendar.DateOf(view.AnswerDue), reactDays), Default: noAnswer(view.OnNoAnswer),
		Cause: fmt.Sprintf("no answer to revision %d of the forecast came by the time it was due", view.Revision)}
	if e, err = s.demandOf(e, in.Forecast, calendar.Bucket{}); err != nil {
		return nil, err
	}
	return []exception.Exception{named(e, exception.Scope{}, view.Forecast)}, nil
}

// demandOf says what a forecast asks for inside some days, all of it where none are named, and what that is worth where every product of it has a price of one currency. It is
// what rests on figures that are late or old, not what is lost by them: who sees to it stays the desk.
func (s *sight) demandOf(e exception.Exception, fc forecast.Document, days calendar.Bucket) (_ exception.Exception, err error) {
	var asked demand
	for _, l := range fc.Lines {
		if l.Role == forecast.EndDemand {
			continue
		}
		for _, c := range l.Buckets {
			if days.Valid() && !c.Bucket.Overlaps(days) {
				continue
			}
			if err = asked.add(l.Item.ID(), l.Unit, c.Mean); err != nil {
				return e, err
			}
		}
	}
	return s.worthOf(e, asked, "asked for")
}

// demand sums quantities by product and unit, in the order they come in.
type demand []capacity.ProductMove

func (d *demand) add(product string, unit quantity.Unit, units quantity.Quantity) (err error) {
	i := slices.IndexFunc(*d, func(m capacity.ProductMove) bool { return m.Product == product && m.Unit == unit })
	if i < 0 {
		*d = append(*d, capacity.ProductMove{Product: product, Unit: unit, Size: units})
		return nil
	}
	(*d)[i].Size, err = (*d)[i].Size.Add(units)
	return err
}

// worthOf puts the value of several products on an exception: the sum over them of units times price, each rounded to minor units, where each has a price and all
// are of one currency. of says what the units are.
func (s *sight) worthOf(e exception.Exception, asked demand, of string) (_ exception.Exception, err error) {
	var units quantity.Quantity
	var value quantity.Money
	var unpriced []string
	one := true
	for _, m := range asked {
		if one = one && m.Unit == asked[0].Unit; one {
			if units, err = units.Add(m.Size); err != nil {
				return e, err
			}
		}
		price, known := s.priceOf(m.Product, m.Unit)
		if !known || value.Currency != "" && value.Currency != price.Currency {
			unpriced = append(unpriced, m.Product)
			continue
		}
		worth, err := price.Times(m.Size)
		if err != nil {
			return e, err
		}
		if value, err = (quantity.Money{Minor: value.Minor, Currency: price.Currency}).Add(worth); err != nil {
			return e, err
		}
	}
	switch {
	case len(asked) == 0:
		return e, nil
	case one:
		e.Worth = fmt.Sprintf("%s of %s %s", asked[0].Unit.Said(units.String()), node.Count(len(asked), "product"), of)
	default:
		e.Worth = fmt.Sprintf("quantities of %s in several units %s", node.Count(len(asked), "product"), of)
	}
	if len(unpriced) > 0 {
		e.Worth += fmt.Sprintf("; no price in one currency is known of %s", artifact.Clip(unpriced[0]))
		return e, nil
	}
	e.Value = value
	e.Worth += fmt.Sprintf(", at their prices %s", value)
	return e, nil
}

// unreported are the duties of SLA clauses that are past their day (practice T2), for windows that ended inside the last reportDays.
func (s *sight) unreported() (out []exception.Exception, err error) {
	rows, err := s.r.Windows()
	if err != nil {
		return nil, err
	}
	said := map[exception.ID]bool{}
	for _, a := range s.inForce {
		for _, sla := range a.Document.SLAs {
			within := calendar.Bucket{Start: s.today.AddDays(-reportDays), End: s.today.AddDays(1)}
			for _, w := range a.Document.Windows(sla, within) {
				for _, due := range w.Reports {
					if s.today <= due.Due || reported(s.p, rows, w.Period, due.By) {
						continue
					}
					side := exception.Buyer
					if due.By == terms.Seller {
						side = exception.Seller
					}
					e := exception.Exception{Kind: exception.Missing, Side: side, Speed: exception.Desk, Role: "ACCOUNT", Scope: exception.Scope{Group: string(due.By), Buckets: w.Period},
						Deadline: due.CorrectUntil.AddDays(1).Millis() - 1,
						Cause:    fmt.Sprintf("the %s has not reported its actuals of %s, due on %s by %s of %s", due.By, w.Period, due.Due, sla.ID, a.Document.Contract),
						Default:  exception.Outcome{Code: string(sla.OnMissing), Text: onMissing(sla.OnMissing)}}
					e = atStake(e, a.Document, sla.ID)
					// One report serves every clause.
					if e = named(e, exception.Scope{Group: string(due.By), Buckets: w.Period}); !said[e.ID] {
						said[e.ID] = true
						out = append(out, e)
					}
				}
			}
		}
	}
	return out, nil
}

// reportDays is how far back a window's report is still asked for: a year and what may be corrected after it.
const reportDays = 400

// reported tells whether a party reported a window, whole or in parts that cover it.
func reported(p *node.Partnership, rows []protocol.WindowRow, w calendar.Bucket, by terms.Party) bool {
	role := partnership.RoleBuyer
	if by == terms.Seller {
		role = partnership.RoleSeller
	}
	days := 0
	for _, row := range rows {
		for _, report := range row.Reports {
			if m, _ := p.Genesis.Member(report.Author); m.Role != role {
				continue
			}
			if row.Window.Covers(w) {
				return true
			}
			if w.Covers(row.Window) {
				days += row.Window.Days()
			}
		}
	}
	return days >= w.Days()
}

func onMissing(what terms.OnMissing) string {
	switch what {
	case terms.CounterpartyStands:
		return "If nothing is reported the partner's figures stand, and may be rebutted."
	case terms.ReportingRemedy:
		return "If nothing is reported the terms' remedy for reporting applies."
	}
	return "If nothing is reported the window is not measured."
}
