package board

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"kontor/node"
	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
	"kontor/protocol/exception"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// deskRoles are the roles of a desk, whatever they are called: who works with a planner's token sees to them.
var deskRoles = []string{"PLANNER", "ACCOUNT", "QUALITY", "BUYER"}

// Waiting lists what waits for this company, for the caller's role where it has one: exceptions it owns, forecasts to answer, topics and signatures, requests,
// steps of rollout plans and notices that came in a file. What ends first stands first.
func (b *Board) Waiting(by By, q wire.WaitingQuery) (wire.WaitingListing, error) {
	out := wire.WaitingListing{Waiting: []wire.Waiting{}, Notes: []string{}}
	list, err := b.visible(by.Scope, q.With)
	if err != nil {
		return out, err
	}
	for _, p := range list {
		if p.Removed {
			continue
		}
		for _, look := range []func(By, *node.Partnership) ([]wire.Waiting, error){b.exceptionsWait, b.answersWait, b.topicsWait, b.requestsWait, b.stepsWait, b.minutesWait, b.disputesWait, b.agreementsWait, b.mandatesWait} {
			found, err := look(by, p)
			var fail *node.Failure
			switch {
			case errors.As(err, &fail) && strings.HasPrefix(fail.Code, "NO_"):
			case err != nil:
				out.Notes = append(out.Notes, fmt.Sprintf("%s: %v", b.desk.PartnerName(p), err))
			}
			out.Waiting = append(out.Waiting, found...)
		}
	}
	notices, err := b.noticesWait(by)
	if err != nil {
		return out, err
	}
	out.Waiting = slices.DeleteFunc(slices.Concat(out.Waiting, notices, b.keysWait(b.node.Now())), func(w wire.Waiting) bool { return !waitsFor(by.Role, w.Role) })
	slices.SortStableFunc(out.Waiting, func(x, y wire.Waiting) int {
		return cmp.Or(cmp.Compare(until(x), until(y)), cmp.Compare(worth(y), worth(x)), strings.Compare(x.ID, y.ID))
	})
	return out, nil
}

// waitsFor tells whether a caller sees what waits for a role: admin and viewer see all, the desk its own, an officer its own.
func waitsFor(caller wire.Role, role string) bool {
	switch {
	case caller == wire.Planner:
		return slices.Contains(deskRoles, role)
	case caller.Officer():
		return strings.Contains(role, string(caller))
	}
	return true
}

// until puts what has no end last.
func until(w wire.Waiting) int64 {
	if w.Until == 0 {
		return 1 << 62
	}
	return w.Until
}

func worth(w wire.Waiting) int64 {
	if w.Value == nil {
		return 0
	}
	return w.Value.Minor
}

func (b *Board) exceptionsWait(by By, p *node.Partnership) (out []wire.Waiting, err error) {
	list, err := b.desk.Exceptions(p.PID.String(), false)
	if err != nil {
		return nil, err
	}
	for _, e := range list {
		if e.Owner != b.node.Name() || e.Scope.Product != "" && !by.Scope.Product(e.Scope.Product) {
			continue
		}
		w := wire.Waiting{What: "exception", ID: e.ID.String(), Partner: b.desk.PartnerName(p), Role: e.Role, Text: exceptionText(e), Until: e.Deadline, Else: e.Default.Text}
		if e.Value != (quantity.Money{}) {
			w.Value = &e.Value
		}
		switch {
		case e.Topic != "" || e.Kind == exception.Late || e.Kind == exception.Disturbed && e.Speed == exception.Desk:
			continue // it waits as a topic, or as the step or the notice it is
		case e.Kind == exception.Unpaid:
			w.Next = "kontor remedy settle " + e.Scope.Group + " --reference PAYMENT"
		case e.Kind == exception.IndexDue:
			w.Next = fmt.Sprintf("kontor sla index --index %s --month %s --value VALUE --source WHERE", e.Scope.Group, e.Scope.Buckets)
		case e.Kind == exception.SLARisk || e.Kind == exception.Missing && e.Scope.Group != "":
			w.Next = "kontor performance import FILE"
		case e.Kind == exception.Flex || e.Kind == exception.FrozenZone:
			w.Next = "kontor forecast answer --key-file FILE"
		case e.Speed == exception.Officers:
			w.Next = "kontor topic open " + e.ID.String()
		default:
			w.Next = "kontor exception close " + e.ID.String() + " --key-file FILE"
		}
		out = append(out, w)
	}
	return out, nil
}

func exceptionText(e desk.ExceptionView) string {
	if e.Cause != "" {
		return string(e.Kind) + ": " + e.Cause
	}
	what := e.Scope.Product
	if what == "" {
		what = e.Scope.Group
	}
	if span := e.Span(); span == "-" {
		return fmt.Sprintf("%s: %s in %s", e.Kind, what, e.Scope.Buckets)
	}
	return fmt.Sprintf("%s: %s of %s in %s", e.Kind, e.Unit.Said(e.Span()), what, e.Scope.Buckets)
}

// answersWait is the partner's forecast without an answer.
func (b *Board) answersWait(by By, p *node.Partnership) ([]wire.Waiting, error) {
	if b.node.Own(p).Role != "seller" {
		return nil, nil
	}
	v, err := b.desk.Loop(p.PID.String(), func(string, string) bool { return true })
	if err != nil || v.Answer != nil {
		return nil, err
	}
	w := wire.Waiting{What: "answer", ID: v.Forecast.String(), Partner: v.With, Role: "PLANNER", Text: fmt.Sprintf("revision %d of the forecast has no answer", v.Revision), Until: v.AnswerDue, Next: "kontor forecast answer"}
	if v.OnNoAnswer != "" {
		w.Else = "silence means " + string(v.OnNoAnswer)
	}
	return []wire.Waiting{w}, nil
}

// requestsWait are the partner's requests this company owes an answer to.
func (b *Board) requestsWait(_ By, p *node.Partnership) (out []wire.Waiting, err error) {
	list, err := b.desk.Requests(p.PID.String())
	if err != nil {
		return nil, err
	}
	for _, r := range list {
		if r.Own || !r.Waits {
			continue
		}
		out = append(out, wire.Waiting{What: "request", ID: r.ID.String(), Partner: r.With, Role: "PLANNER", Text: strings.ToLower(string(r.Form)) + " asked by " + r.By,
			Next: "kontor request list"})
	}
	return out, nil
}

// stepsWait are this company's steps of rollout plans that can be worked on or are overdue.
func (b *Board) stepsWait(by By, p *node.Partnership) (out []wire.Waiting, err error) {
	list, err := b.documents(by, p.PID.String())
	if err != nil {
		return nil, err
	}
	for _, d := range list {
		if d.row.Verdict != decision.Final || d.standing == decision.Superseded {
			continue
		}
		steps, err := b.plan(d)
		if err != nil {
			return nil, err
		}
		for _, s := range steps {
			if s.Party != b.node.Company() || s.State != decision.StepReady && s.State != decision.StepOverdue {
				continue
			}
			w := wire.Waiting{What: "milestone", ID: s.ID, Partner: b.desk.PartnerName(p), Role: string(s.Owner), Text: fmt.Sprintf("%s of %s: %s", s.ID, d.doc.Title, s.Title),
				Until: s.Due.AddDays(1).Millis() - 1, Next: "kontor agreement milestone " + s.ID + " " + d.row.Document.Short() + " --proof TEXT"}
			w.Else = undone(d.doc, s.ID)
			if s.State == decision.StepOverdue {
				w.Text += " (overdue)"
			}
			out = append(out, w)
		}
	}
	return out, nil
}

// undone is what happens if a step of a rollout plan is not done: what a rollback of the agreement says of this step, else that it shows.
func undone(doc decision.Agreement, step string) string {
	for _, r := range doc.Rollback {
		if r.Test != nil && r.Test.Step == step {
			return r.Action
		}
	}
	return "it stands as overdue on both sides and is raised"
}

// minutesWait are a partner's minutes that this company has said nothing of, and the actions of minutes that belong to no agreement.
func (b *Board) minutesWait(by By, p *node.Partnership) (out []wire.Waiting, err error) {
	list, err := b.recorded(by, wire.CadenceQuery{With: p.PID.String()}, calendar.MinDate)
	if err != nil {
		return nil, err
	}
	for _, m := range list {
		for _, w := range m.Words {
			if w.Own && w.Said == "" {
				out = append(out, wire.Waiting{What: "minutes", ID: m.ID, Partner: m.With, Role: "PLANNER, COO", Text: fmt.Sprintf("%s wrote %s of %s on %s", m.By, node.Count(len(m.Lines), "line"), m.Cadence, m.Day),
					Else: "its actions for this company do not stand", Next: "kontor cadence confirm " + m.ID[len(m.ID)-8:]})
			}
		}
	}
	steps, err := b.looseSteps(by, p)
	for _, s := range steps {
		if s.Party != b.node.Company() || s.State != decision.StepReady && s.State != decision.StepOverdue {
			continue
		}
		w := wire.Waiting{What: "action", ID: s.ID, Partner: b.desk.PartnerName(p), Role: string(s.Owner), Text: s.Title, Until: endOf(s.Due), Else: "it stands as overdue on the agenda", Next: "kontor cadence done " + s.ID + " --proof TEXT"}
		if s.State == decision.StepOverdue {
			w.Text += " (overdue)"
		}
		out = append(out, w)
	}
	return out, err
}

// noticesWait are the notices of disturbances that came in files and nobody has seen to.
func (b *Board) noticesWait(by By) (out []wire.Waiting, err error) {
	list, err := b.desk.Notices()
	if err != nil {
		return nil, err
	}
	for _, n := range list {
		if !n.Open() || slices.ContainsFunc(n.Products, func(i forecast.Item) bool { return !by.Scope.Product(i.ID()) }) {
			continue
		}
		out = append(out, wire.Waiting{What: "notice", ID: n.ID, Partner: strings.Join(n.Sender, ", "), Role: "PLANNER", Text: n.Effect + ": " + n.Text, Until: n.End,
			Next: "kontor notice list"})
	}
	return out, nil
}
