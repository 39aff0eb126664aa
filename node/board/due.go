package board

import (
	"fmt"
	"slices"

	"kontor/crypto/keys"
	"kontor/node"
	"kontor/node/api/wire"
	"kontor/protocol"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
)

// What lies ahead is shown this long before: long enough to find a day for a meeting, or the person with the root key.
const (
	reviewDays = 14 // before a review or the last day of an agreement
	keyDays    = 30 // before a certificate or a mandate ends
)

const dayMillis = 24 * 60 * 60 * 1000

// reviewOpenDays is how long after its day a review is still shown: nobody reports one held, and what came of it stands in the minutes.
const reviewOpenDays = 7

// endOf is the last moment of a day, ms UTC.
func endOf(d calendar.Date) int64 { return d.AddDays(1).Millis() - 1 }

// agreementsWait are reviews, last days and reconfirmations of the agreements in force.
func (b *Board) agreementsWait(by By, p *node.Partnership) (out []wire.Waiting, err error) {
	list, err := b.documents(by, p.PID.String())
	if err != nil {
		return nil, err
	}
	today := calendar.DateOf(b.node.Now())
	for _, d := range list {
		if !d.toDo() {
			continue
		}
		one := func(what, text string, until calendar.Date, otherwise, next string) {
			out = append(out, wire.Waiting{What: what, ID: d.row.Document.String(), Partner: b.desk.PartnerName(p), Role: roleText(b.signers(d)), Text: text, Until: endOf(until), Else: otherwise, Next: next})
		}
		short := d.row.Document.Short()
		for _, day := range d.doc.Reviews {
			if today.AddDays(reviewDays) >= day && today <= day.AddDays(reviewOpenDays) {
				one("review", fmt.Sprintf("review of %s on %s%s", d.doc.Title, day, b.rollbackText(d)), day, "the agreement goes on as it is", "kontor agreement show "+short)
			}
		}
		if d.standing == decision.InForce && today.AddDays(reviewDays) >= d.doc.Expires {
			one("end", fmt.Sprintf("%s ends: its first day without is %s", d.doc.Title, d.doc.Expires), d.doc.Expires.AddDays(-1), "what was in force before applies again", "kontor agreement amend "+short)
		}
		effects, err := b.effects(d)
		if err != nil {
			return nil, err
		}
		for _, e := range effects {
			if e.Pending {
				one("reconfirmation", fmt.Sprintf("%s: %s %s in %s is pending: %s", d.doc.Title, e.Kind, e.Product, e.Bucket, e.Why), e.Due, "see what is said of the effect", "kontor agreement reconfirm "+short)
				break // one question a document
			}
		}
	}
	return out, nil
}

// rollbackText asks a review to look at the first condition of going back that can still be met: one about a step that was shown can't.
func (b *Board) rollbackText(d documentOf) string {
	steps, err := b.plan(d)
	if err != nil {
		steps = nil // the conditions are shown all the same
	}
	for _, r := range d.doc.Rollback {
		shown := r.Test != nil && slices.ContainsFunc(steps, func(s wire.PlanStep) bool { return s.ID == r.Test.Step && s.State == decision.StepDone })
		if !shown {
			return fmt.Sprintf("; look whether %s", r.Condition)
		}
	}
	return ""
}

// signers are the roles whose signatures stand under a document for this company.
func (b *Board) signers(d documentOf) (out []decision.Role) {
	for _, s := range d.row.Status() {
		if s.Company == b.node.Company() {
			out = append(out, s.Signers...)
		}
	}
	return out
}

func roleText(list []decision.Role) (text string) {
	for i, r := range list {
		if i > 0 {
			text += ", "
		}
		text += string(r)
	}
	return text
}

// keysWait are this company's officers' certificates that end soon and have no successor: without one nobody signs for the role.
func (b *Board) keysWait(now int64) (out []wire.Waiting) {
	chain := b.node.Chain(b.node.Company())
	if chain == nil {
		return nil
	}
	current := chain.Now().Current(keys.Role)
	for _, c := range current {
		if c.Until-now > keyDays*dayMillis {
			continue
		}
		renewed := false
		for _, other := range current {
			renewed = renewed || other.Role == c.Role && string(other.Person) == string(c.Person) && other.Until > c.Until
		}
		if renewed || now > c.Until {
			continue
		}
		id := string(keys.Public(c.Key).ID())
		out = append(out, wire.Waiting{What: "key", ID: id, Partner: "all", Role: c.Role, Text: fmt.Sprintf("the %s's certificate ends", c.Role), Until: c.Until,
			Else: "the key signs nothing any more, and mandates it granted fall", Next: "kontor officer renew " + id})
	}
	return out
}

// mandatesWait are desks' mandates that end soon and have no successor.
func (b *Board) mandatesWait(_ By, p *node.Partnership) (out []wire.Waiting, err error) {
	var list []protocol.MandateRow
	if err := b.node.View(p.PID, func(r *protocol.Replica) (err error) { list, err = r.Mandates(); return err }); err != nil {
		return nil, err
	}
	now := b.node.Now()
	for _, m := range list {
		if !b.mandateHolds(m, now) || m.Until-now > keyDays*dayMillis {
			continue
		}
		renewed := false
		for _, other := range list {
			renewed = renewed || other.Company == m.Company && other.Holder == m.Holder && b.mandateHolds(other, now) && other.Until > m.Until
		}
		if !renewed {
			id := string(keys.Public(m.Key).ID())
			out = append(out, wire.Waiting{What: "mandate", ID: id, Partner: b.desk.PartnerName(p), Role: m.Role, Text: fmt.Sprintf("the mandate of the %s desk ends", m.Holder), Until: m.Until,
				Else: "the desk closes and records nothing any more; officers do", Next: "kontor mandate renew " + id + " --key-file FILE"})
		}
	}
	return out, nil
}

func (b *Board) mandateHolds(m protocol.MandateRow, now int64) bool {
	return m.Company == b.node.Company() && !m.Revoked && now <= m.Until
}
