package desk

import (
	"fmt"

	"kontor/protocol"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
	"kontor/protocol/exception"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// overdueDays are the working days after which what is owed or undone stays so by default.
const overdueDays = 10

// unpaid raises the entries of the terms that were to be paid with their month and are neither settled nor disputed. What stands above the settled line moves
// no money yet, and is not asked for.
func (s *sight) unpaid() (out []exception.Exception, err error) {
	items, err := s.r.Remedies()
	if err != nil {
		return nil, err
	}
	for _, i := range items {
		doc, err := s.r.Terms(*i.Terms)
		if err != nil {
			return nil, err
		}
		if !i.Overdue(s.d.dayBy(doc)) {
			continue
		}
		stands, err := s.r.RemedyStands(i.ID)
		if err != nil {
			return nil, err
		}
		if !stands {
			continue
		}
		side := exception.Buyer
		if i.Debtor == terms.Seller {
			side = exception.Seller
		}
		e := exception.Exception{Kind: exception.Unpaid, Side: side, Speed: exception.Officers, Role: exception.Unpaid.Officer(), Value: i.Amount, Worth: "the amount that is owed",
			Scope: exception.Scope{Group: i.ID, Buckets: calendar.Bucket{Start: i.PayBy, End: i.PayBy.AddDays(1)}}, Deadline: s.workday(i.PayBy, overdueDays),
			Cause:   fmt.Sprintf("the %s owes %s by %s of %s for %s and was to pay it by %s", i.Debtor, i.Amount, i.SLA, i.Contract, i.Period, i.PayBy),
			Default: exception.Outcome{Code: exception.OutcomeOwed, Text: fmt.Sprintf("If nothing is done %s stay owed and are netted with the months to come.", i.Amount)}}
		if s.deskMay(e.Value) {
			e.Speed, e.Role = exception.Desk, "ACCOUNT"
		}
		out = append(out, named(e, exception.Scope{Group: i.ID}))
	}
	return out, nil
}

// late raises the steps of rollout plans in force whose day has passed and that nobody reported, for the officer who answers for each. A step is worth what its
// agreement is, where that names an amount.
func (s *sight) late() (out []exception.Exception, err error) {
	ledger, err := s.r.Concluded()
	if err != nil {
		return nil, err
	}
	standing, err := s.r.Standings(s.today)
	if err != nil {
		return nil, err
	}
	for _, c := range ledger {
		if at := standing[c.CID]; at != decision.InForce && at != decision.Upcoming {
			continue
		}
		reported, err := s.r.Milestones(c.CID)
		if err != nil {
			return nil, err
		}
		done := map[string]bool{}
		for id := range reported {
			done[id] = true
		}
		for _, m := range c.Doc.Rollout {
			if c.Doc.Step(m, done, s.today) != decision.StepOverdue {
				continue
			}
			e := exception.Exception{Kind: exception.Late, Side: s.sideOfTrade(m.Party), Speed: exception.Officers, Role: string(m.Owner), Value: worthOf(c.Doc), Worth: commitText(c.Doc),
				Scope: exception.Scope{Group: m.ID, Buckets: calendar.Bucket{Start: m.Due, End: m.Due.AddDays(1)}}, Deadline: s.workday(m.Due, overdueDays),
				Cause:   fmt.Sprintf("step %s of %q was due on %s and is not reported: %s", m.ID, c.Doc.Title, m.Due, m.Title),
				Default: exception.Outcome{Code: exception.OutcomeRollback, Text: fmt.Sprintf("If nothing is done step %s stays undone.", m.ID)}}
			if len(c.Doc.Rollback) > 0 {
				e.Default.Text = fmt.Sprintf("If nothing is done step %s stays undone; where %s: %s.", m.ID, c.Doc.Rollback[0].Condition, c.Doc.Rollback[0].Action)
			}
			out = append(out, named(e, exception.Scope{Group: m.ID}, c.CID))
		}
	}
	actions, err := s.r.Actions()
	for _, a := range actions {
		if a.State(s.today) == decision.StepOverdue && (a.Agreement == nil || standing[*a.Agreement] == decision.InForce || standing[*a.Agreement] == decision.Upcoming) {
			out = append(out, s.lateAction(a))
		}
	}
	return out, err
}

// lateAction is an action of minutes whose day has passed.
func (s *sight) lateAction(a protocol.MinutedAction) exception.Exception {
	m := a.Step
	e := exception.Exception{Kind: exception.Late, Side: s.sideOfTrade(m.Party), Speed: exception.Officers, Role: string(m.Owner),
		Scope: exception.Scope{Group: m.ID, Buckets: calendar.Bucket{Start: m.Due, End: m.Due.AddDays(1)}}, Deadline: s.workday(m.Due, overdueDays),
		Cause:   fmt.Sprintf("action %s of minutes was due on %s and is not reported: %s", m.ID, m.Due, m.Title),
		Default: exception.Outcome{Code: exception.OutcomeRollback, Text: fmt.Sprintf("If nothing is done action %s stays undone.", m.ID)}}
	return named(e, exception.Scope{Group: m.ID}, a.Minutes)
}

func commitText(a decision.Agreement) string {
	if a.Amount == nil {
		return ""
	}
	return "what the agreement commits to at most"
}

func worthOf(a decision.Agreement) quantity.Money {
	if a.Amount == nil {
		return quantity.Money{}
	}
	return *a.Amount
}
