package board

import (
	"cmp"
	"fmt"
	"kontor/node"
	"kontor/node/api/wire"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/cadence"
	"kontor/protocol/calendar"
	"slices"
)

// recorded are the minutes of meetings since a day, each with every party's word. Who does not see every product sees none.
func (b *Board) recorded(by By, q wire.CadenceQuery, since calendar.Date) ([]wire.RecordedMinutes, error) {
	out := []wire.RecordedMinutes{}
	if restricted(by) {
		return out, nil
	}
	list, err := b.visible(by.Scope, q.With)
	if err != nil {
		return nil, err
	}
	for _, p := range list {
		err := b.node.View(p.PID, func(r *protocol.Replica) error {
			rows, err := r.Minutes()
			if err != nil {
				return err
			}
			actions, err := r.Actions()
			if err != nil {
				return err
			}
			for _, m := range rows {
				if m.Day < since || q.Cadence != "" && m.Cadence != q.Cadence {
					continue
				}
				one, err := b.recordedOf(r, p, m, actions)
				if err != nil {
					return err
				}
				out = append(out, one)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(out, func(x, y wire.RecordedMinutes) int { return cmp.Or(cmp.Compare(x.Day, y.Day), cmp.Compare(x.T, y.T)) })
	return out, nil
}

// recordedOf are minutes as people read them, with what became of each line.
func (b *Board) recordedOf(r *protocol.Replica, p *node.Partnership, m protocol.MinutesRow, actions []protocol.MinutedAction) (wire.RecordedMinutes, error) {
	out := wire.RecordedMinutes{ID: m.ID.String(), With: b.desk.PartnerName(p), Cadence: m.Cadence, Day: m.Day, By: b.node.CompanyName(m.By), T: m.T}
	for _, party := range members(p) {
		out.Words = append(out.Words, b.wordOn(m, party.Company))
	}
	for i, l := range m.Lines {
		id := cadence.LineID(i)
		line := wire.RecordedLine{Name: protocol.ActionName(m.ID, id), Kind: l.Kind, Text: l.Text, Owner: l.Owner, Due: l.Due, Proof: l.Proof, Agreement: optional(l.Agreement), Stands: m.Stands(l)}
		if l.Party != nil {
			line.Party = b.node.CompanyName(*l.Party)
		}
		if at := slices.IndexFunc(actions, func(a protocol.MinutedAction) bool { return a.Step.ID == line.Name }); at >= 0 {
			a := actions[at]
			line.State = a.State(calendar.DateOf(b.node.Now()))
			if a.Done != nil {
				line.Proof = a.Done.Proof
			}
		}
		if l.Kind == cadence.ToTopic {
			topic, opened, err := r.Minuted(m.ID, id)
			if err != nil {
				return out, err
			}
			if opened {
				line.Topic = topic.String()
			}
		}
		out.Lines = append(out.Lines, line)
	}
	return out, nil
}

func (b *Board) wordOn(m protocol.MinutesRow, company block.CID) wire.MinutesWord {
	out := wire.MinutesWord{Name: b.node.CompanyName(company), Own: company == b.node.Company()}
	w, said := m.Word(company)
	switch {
	case !said:
		out.SilentSince = m.T
	case w.Reject != "":
		out.Said, out.Reject, out.T = "no", w.Reject, w.T
	default:
		out.Said, out.T = "yes", w.T
	}
	return out
}

// actionStep is an action of minutes as a step of a plan.
func (b *Board) actionStep(a protocol.MinutedAction) wire.PlanStep {
	s := wire.PlanStep{Milestone: a.Step, Name: b.node.CompanyName(a.Step.Party), State: a.State(calendar.DateOf(b.node.Now()))}
	if a.Done != nil {
		s.DoneAt, s.Shown, s.Evidence = a.Done.T, a.Done.Proof, optional(a.Done.Evidence)
	}
	return s
}

// looseSteps are the actions of minutes that belong to no agreement.
func (b *Board) looseSteps(by By, p *node.Partnership) (out []wire.PlanStep, err error) {
	if restricted(by) {
		return nil, nil
	}
	err = b.node.View(p.PID, func(r *protocol.Replica) error {
		actions, err := r.Actions()
		for _, a := range actions {
			if a.Agreement == nil {
				out = append(out, b.actionStep(a))
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the actions of minutes: %w", err)
	}
	return out, nil
}
