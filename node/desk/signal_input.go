package desk

import (
	"errors"
	"fmt"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/calendar"
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
		if e, err = demandOf(e, s.match.Forecast); err != nil {
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
	if e, err = demandOf(e, in.Forecast); err != nil {
		return nil, err
	}
	return []exception.Exception{named(e, exception.Scope{}, view.Forecast)}, nil
}

// demandOf says what a forecast asks for in all, where it counts in one unit: what a match or an answer of it is about. Money is not put on it, because what is
// late or old is not lost.
func demandOf(e exception.Exception, fc forecast.Document) (_ exception.Exception, err error) {
	var total quantity.Quantity
	var unit quantity.Unit
	for _, l := range fc.Lines {
		if l.Role == forecast.EndDemand {
			continue
		}
		if unit != "" && l.Unit != unit {
			e.Worth = fmt.Sprintf("%s of demand in several units", node.Count(len(fc.Lines), "line"))
			return e, nil
		}
		unit = l.Unit
		for _, c := range l.Buckets {
			if total, err = total.Add(c.Mean); err != nil {
				return e, err
			}
		}
	}
	e.Worth = fmt.Sprintf("%s asked for in %s", unit.Said(total.String()), node.Count(len(fc.Lines), "line"))
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
