package virtual

import (
	"fmt"
	"slices"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
)

// auditAgreements judges the agreements of a story: each binds all its parties by their own entries, one effect acts in a cell, steps of rollout plans stand
// in their order, and what was replaced acts no more.
func (w *world) auditAgreements(r *protocol.Replica) error {
	rounds, err := r.Rounds()
	if err != nil {
		return err
	}
	for _, row := range rounds {
		if err := w.auditRound(r, row); err != nil {
			return fmt.Errorf("agreement %s, %s: %w", row.Document.Short(), row.Verdict, err)
		}
	}
	ledger, err := r.Concluded()
	if err != nil {
		return err
	}
	last := calendar.DateOf(w.now)
	for _, on := range []calendar.Date{calendar.DateOf(Start), last, last.AddDays(60)} {
		standing, acting := decision.Standings(ledger, on), map[string]block.CID{}
		for _, e := range decision.EffectsInForce(ledger, on) {
			if s := standing[e.Agreement]; s != decision.InForce && s != decision.Upcoming {
				return fmt.Errorf("an effect of agreement %s counts on %s, which is %s", e.Agreement.Short(), on, s)
			}
			cell := fmt.Sprint(e.Kind, e.Party, e.Cell, e.Ref)
			if was, double := acting[cell]; double && e.Acts && e.Kind != decision.TermsInForce {
				return fmt.Errorf("agreements %s and %s both act on %s in %s", was.Short(), e.Agreement.Short(), on, cell)
			}
			if e.Acts {
				acting[cell] = e.Agreement
			}
		}
		if on == last {
			for _, s := range standing {
				w.totals.Standing[s]++
			}
		}
	}
	topics, err := r.Topics()
	if err != nil {
		return err
	}
	about := map[block.CID]bool{}
	for _, t := range topics {
		if t.Exception == nil || !t.Status.Active() {
			continue
		}
		if about[*t.Exception] {
			return fmt.Errorf("two topics run about one exception")
		}
		about[*t.Exception] = true
	}
	return nil
}

// auditRound judges one signing round, and what was done of its rollout plan.
func (w *world) auditRound(r *protocol.Replica, row protocol.RoundRow) error {
	doc, err := r.Agreement(row.Document)
	if err != nil {
		return err
	}
	if row.Verdict == decision.Final && len(w.forkers) == 0 && row.Resolved == nil {
		for _, p := range row.Parties {
			if p.Ack == nil || p.Void != nil {
				return fmt.Errorf("%s never acknowledged it, or its time was over first", w.name(p.Company))
			}
		}
	}
	done, err := r.Milestones(row.Document)
	if err != nil {
		return err
	}
	if len(done) > 0 && row.Verdict != decision.Final && row.Verdict != decision.Contested {
		return fmt.Errorf("%d steps of what binds nobody are done", len(done))
	}
	for id, m := range done {
		i := slices.IndexFunc(doc.Rollout, func(s decision.Milestone) bool { return s.ID == id })
		if i < 0 || doc.Rollout[i].Party != m.By {
			return fmt.Errorf("%s reported step %q, which is not its own", w.name(m.By), id)
		}
		for _, before := range doc.Rollout[i].After {
			if _, there := done[before]; !there {
				return fmt.Errorf("step %q is done before %q", id, before)
			}
		}
	}
	if row.Verdict == decision.Final && len(doc.Rollout) == len(done) {
		w.totals.RolledOut++
	}
	return nil
}
