package decision

import (
	"cmp"
	"slices"
	"time"

	"kontor/protocol/block"
	"kontor/protocol/calendar"
)

// Standing is where an agreement is in its life, as of a date. It is a view: the date is the asker's.
type Standing string

// The standings of an agreement.
const (
	Pending    Standing = "PENDING"    // not final yet
	Upcoming   Standing = "UPCOMING"   // final, its first day lies ahead
	InForce    Standing = "IN_FORCE"   // final and running
	Ended      Standing = "EXPIRED"    // its last day has passed: earlier terms apply again
	Superseded Standing = "SUPERSEDED" // a later final agreement names it, or puts other terms in the place of its terms
	Voided     Standing = "VOID"       // nobody is bound
	Suspended  Standing = "CONTESTED"  // effects stopped until the dispute is closed
)

// Concluded is an agreement with what became of its round.
type Concluded struct {
	CID     block.CID
	Doc     Agreement
	Verdict Verdict
	Final   Mark // place of the entry that made it final, of FINAL ones
	// Reconfirmed says that every party has said again that this document holds where another fixes the same cells.
	Reconfirmed bool
}

// Standings tells for each agreement where it is on a day. The whole ledger of a partnership goes in: what supersedes
// what stands in it.
func Standings(ledger []Concluded, on calendar.Date) map[block.CID]Standing {
	replaced := map[block.CID]bool{}
	for _, c := range ledger {
		if c.Verdict == Final && on >= c.Doc.From {
			for _, old := range c.Doc.Supersedes {
				replaced[old] = true
			}
		}
	}
	out := map[block.CID]Standing{}
	for _, c := range ledger {
		switch {
		case c.Verdict == Void:
			out[c.CID] = Voided
		case c.Verdict == Contested:
			out[c.CID] = Suspended
		case c.Verdict != Final:
			out[c.CID] = Pending
		case replaced[c.CID]:
			out[c.CID] = Superseded
		case on >= c.Doc.Expires:
			out[c.CID] = Ended
		case on < c.Doc.From:
			out[c.CID] = Upcoming
		default:
			out[c.CID] = InForce
		}
	}
	return out
}

// EffectInForce is a cell some agreement fixes.
type EffectInForce struct {
	Effect
	Agreement block.CID
	Final     Mark          // of the agreement
	Acts      bool          // this is the value that counts on the day
	Pending   bool          // another agreement in force fixes the same cell, and the parties have not said which holds (practice T1)
	Due       calendar.Date // last day to say so, of pending ones; then the agreement that became final last holds
}

// ReconfirmDays are the business days, Monday to Friday, in which parties say which of two agreements on one cell holds (practice T1).
const ReconfirmDays = 2

// EffectsInForce lists the cells fixed on a day, by kind, party, cell and then the order of finality. Agreements that
// wait for their first day count: their slots are already held. Where several fix one cell, one of them acts: what the
// parties reconfirmed; else, until the reconfirmation is overdue, the one that was there first; then the newest.
func EffectsInForce(ledger []Concluded, on calendar.Date) []EffectInForce {
	standing := Standings(ledger, on)
	sorted := slices.Clone(ledger)
	slices.SortFunc(sorted, func(a, b Concluded) int {
		return cmp.Or(cmp.Compare(a.Final.Lam, b.Final.Lam), cmp.Compare(a.Final.Seq, b.Final.Seq), a.CID.Compare(b.CID))
	})
	var out []EffectInForce
	reconfirmed := map[block.CID]bool{}
	for _, c := range sorted {
		if s := standing[c.CID]; s != InForce && s != Upcoming {
			continue
		}
		reconfirmed[c.CID] = c.Reconfirmed
		for _, e := range c.Doc.Effects {
			out = append(out, EffectInForce{Effect: e, Agreement: c.CID, Final: c.Final})
		}
	}
	slices.SortStableFunc(out, func(a, b EffectInForce) int { return compareEffects(a.Effect, b.Effect) })
	for i := 0; i < len(out); {
		j := i + 1
		for j < len(out) && compareEffects(out[i].Effect, out[j].Effect) == 0 {
			j++
		}
		contend(out[i:j], reconfirmed, on)
		i = j
	}
	return out
}

// contend says which of the effects on one cell acts. Terms don't contend: of each contract the newest apply.
func contend(same []EffectInForce, reconfirmed map[block.CID]bool, on calendar.Date) {
	if len(same) == 1 || same[0].Kind == TermsInForce {
		for i := range same {
			same[i].Acts = true
		}
		return
	}
	last := len(same) - 1
	for i := last; i >= 0; i-- {
		if reconfirmed[same[i].Agreement] {
			same[i].Acts = true
			return
		}
	}
	due := calendar.NewWorkdays(nil, time.Saturday, time.Sunday).Add(calendar.DateOf(same[last].Final.T), ReconfirmDays)
	if on > due {
		same[last].Acts = true
		return
	}
	same[0].Acts = true
	for i := range same {
		same[i].Pending, same[i].Due = true, due
	}
}

// TermsAgreed lists the terms that agreements in force on a day, or waiting for their first day, name, in the order of
// finality.
func TermsAgreed(ledger []Concluded, on calendar.Date) (out []EffectInForce) {
	final := map[block.CID]Mark{}
	for _, c := range ledger {
		final[c.CID] = c.Final
	}
	for _, e := range EffectsInForce(ledger, on) {
		if e.Kind == TermsInForce && e.Artifact != nil {
			out = append(out, e)
		}
	}
	slices.SortStableFunc(out, func(a, b EffectInForce) int {
		x, y := final[a.Agreement], final[b.Agreement]
		return cmp.Or(cmp.Compare(x.Lam, y.Lam), cmp.Compare(x.Seq, y.Seq), a.Agreement.Compare(b.Agreement))
	})
	return out
}

// Next lists the milestones of a final agreement that can be worked on: not done, all they wait for done, by due date.
func (a Agreement) Next(done map[string]bool) []Milestone {
	var out []Milestone
	for _, m := range a.Rollout {
		if !done[m.ID] && !slices.ContainsFunc(m.After, func(id string) bool { return !done[id] }) {
			out = append(out, m)
		}
	}
	slices.SortStableFunc(out, func(x, y Milestone) int { return cmp.Compare(x.Due, y.Due) })
	return out
}

// StepState is where a step of a rollout plan stands, as of a date.
type StepState string

// The states of steps.
const (
	StepWaiting StepState = "WAITING" // for others that are not done
	StepReady   StepState = "READY"   // can be worked on
	StepOverdue StepState = "OVERDUE" // not done, and its due date is past
	StepDone    StepState = "DONE"
)

// Step tells where a milestone of the agreement stands on a day.
func (a Agreement) Step(m Milestone, done map[string]bool, on calendar.Date) StepState {
	switch {
	case done[m.ID]:
		return StepDone
	case on > m.Due:
		return StepOverdue
	case slices.ContainsFunc(m.After, func(id string) bool { return !done[id] }):
		return StepWaiting
	}
	return StepReady
}

// ValidProof tells whether a text can stand as what shows that a milestone is done.
func ValidProof(s string) bool { return s != "" && plain(s, MaxNote) }
