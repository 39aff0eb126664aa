package dispute

import (
	"slices"

	"kontor/protocol/block"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// Doer is who acts, by which entry. Instrument and Signer are of acts that carry a signature, which the caller has verified: the key belongs to
// the company the instrument names, and it is of this partnership.
//
// Side is the branch of an entry that is not on the one which counts of a forked feed: what its company proposed, accepted or withdrew there by a signature
// counts against it, and nothing else does.
type Doer struct {
	Mark
	Side       *block.CID
	Instrument *Instrument
	Signer     Signer
}

// Do is the dispute after an act, or the code that refuses it: then nothing has changed. What a late, repeated or foreign act meets is the
// same on every node, because it is judged at its place in the order.
func (d Dispute) Do(a Act, by Doer) (Dispute, string) {
	if d.End != nil {
		return d, CodeLate
	}
	if code := d.may(a.Verb, by); code != "" {
		return d, code
	}
	after := d.clone()
	switch a.Verb {
	case Declare:
		return after.state(a, by)
	case Escalate:
		if d.last() {
			return d, CodeLevel
		}
		after, code := after.state(a, by)
		if code != "" {
			return d, code
		}
		return after.pend(Ending{Mark: by.Mark, Verb: Escalate, Seen: []Sight{}})
	case Propose:
		return after.propose(by)
	case Accept:
		return after.accept(by)
	case Withdraw:
		return after.pend(Ending{Mark: by.Mark, Side: by.Side, Verb: Withdraw, Role: by.Signer.Role, Outcome: terms.Stands, Seen: []Sight{}})
	case Rule:
		i := by.Instrument
		return after.pend(Ending{Mark: by.Mark, Verb: Rule, Role: by.Signer.Role, Outcome: i.Outcome, Amount: i.Amount, Seen: []Sight{}})
	}
	return d, CodeForm
}

// may judges who acts, when, and whether the signature speaks here.
func (d Dispute) may(v Verb, by Doer) (code string) {
	side, arbiter := d.side(by.By), d.Arbiter != nil && *d.Arbiter == by.By
	if side == "" && !(arbiter && (v == Rule || v == Declare)) || v == Withdraw && side != d.Side {
		return CodeSide
	}
	if by.Side != nil && !v.Binds() {
		return CodeSide
	}
	if v == Declare {
		return ""
	}
	if late := by.T > d.Step().Deadline || len(d.Passed) > 0; late {
		return CodeLate
	}
	if !v.Signed() {
		return ""
	}
	i := by.Instrument
	if i == nil || i.Verb != v || i.Dispute != d.ID {
		return CodeForm
	}
	if code := i.Check(); code != "" {
		return code
	}
	if i.Level != d.Step().Level {
		return CodeLevel
	}
	if i.Role != by.Signer.Role {
		return CodeRole
	}
	if v == Rule {
		if d.Arbiter == nil || i.Company != *d.Arbiter || i.Level != Arbiter || i.Role == DeskRole {
			return CodeArbiter
		}
		return d.fits(i.Outcome, i.Amount)
	}
	if i.Company != by.By || !MaySpeak(i.Role, i.Level) {
		return CodeRole
	}
	outcome, amount := i.Outcome, i.Amount
	if v == Withdraw {
		outcome = terms.Stands
	}
	if code := d.fits(outcome, amount); code != "" {
		return code
	}
	if !by.Signer.Within(d.gives(side, outcome, amount)) {
		return CodeAmount
	}
	return ""
}

// count is how many of a list are of a company.
func count[T any](list []T, of func(T) block.CID, company block.CID) (n int) {
	for _, x := range list {
		if of(x) == company {
			n++
		}
	}
	return n
}

func (d Dispute) state(a Act, by Doer) (Dispute, string) {
	if count(d.Statements, func(s Said) block.CID { return s.By }, by.By) >= MaxStatements {
		return d, CodeMany
	}
	d.Statements = append(d.Statements, Said{Mark: by.Mark, Verb: a.Verb, Level: d.Step().Level, Evidence: a.Evidence})
	return d, ""
}

func (d Dispute) propose(by Doer) (Dispute, string) {
	beside := slices.DeleteFunc(slices.Clone(d.Proposals), func(o Offered) bool { return !sameCID(o.Side, by.Side) })
	if count(beside, func(o Offered) block.CID { return o.By }, by.By) >= MaxProposals {
		return d, CodeMany // of a branch: a second history takes none from the first
	}
	i := by.Instrument
	d.Proposals = append(d.Proposals, Offered{Mark: by.Mark, Side: by.Side, Level: i.Level, Role: i.Role, Outcome: i.Outcome, Amount: i.Amount})
	return d, ""
}

func (d Dispute) accept(by Doer) (Dispute, string) {
	i := by.Instrument
	at := slices.IndexFunc(d.Proposals, func(o Offered) bool { return o.Entry == *i.Proposal })
	if at < 0 {
		return d, CodeProposal
	}
	o := d.Proposals[at]
	if o.Level != d.Step().Level || d.side(o.By) == d.side(by.By) || o.Outcome != i.Outcome || !sameAmount(o.Amount, i.Amount) {
		return d, CodeProposal
	}
	return d.pend(Ending{Mark: by.Mark, Side: by.Side, Verb: Accept, Role: i.Role, Proposal: i.Proposal, Outcome: i.Outcome, Amount: i.Amount, Seen: []Sight{}})
}

func sameAmount(a, b *quantity.Money) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}

// pend keeps an ending act until the others have seen it. A company says each thing once, on each branch of its feed: what it shows of a second history
// never takes away what others know of the first.
func (d Dispute) pend(e Ending) (Dispute, string) {
	if slices.ContainsFunc(d.Pending, func(p Ending) bool {
		return p.By == e.By && p.Verb == e.Verb && sameCID(p.Proposal, e.Proposal) && sameCID(p.Side, e.Side)
	}) {
		return d, CodeAgain
	}
	d.Pending = append(d.Pending, e)
	return d, ""
}

func sameCID(a, b *block.CID) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }
