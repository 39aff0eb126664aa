package dispute

import (
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// Owed is what of an amount is owed by an outcome, exact to the minor unit.
func Owed(worth quantity.Money, o terms.Outcome, sum *quantity.Money, mode terms.RoundingMode) quantity.Money {
	switch o {
	case terms.Dropped:
		worth.Minor = 0
	case terms.Halved:
		worth.Minor = half(worth.Minor, mode)
	case Sum:
		worth = *sum
	}
	return worth
}

// Claimed tells whether the worth of a dispute is the word of the side that opened it alone, of which no terms came to an amount.
func (d Dispute) Claimed() bool { return d.Subject.Kind != Credit }

// AwardName stands for a window in the entry that a dispute brings which was about no window.
func AwardName(id string) string { return "dispute/" + id[:8] }

// Owes is what of the worth is owed by an outcome that was settled or ruled, or of a credit by silence. That a subject other than a credit stands says nothing about money: a claim is owed as far as a
// settlement or a ruling names an amount or a half.
func (d Dispute) Owes(o terms.Outcome, sum *quantity.Money) quantity.Money {
	if d.Claimed() && o == terms.Stands {
		o = terms.Dropped
	}
	return Owed(*d.Worth, o, sum, d.Rounding)
}

// half of an amount that is not negative, rounded as terms say.
func half(minor int64, mode terms.RoundingMode) int64 {
	down := minor / 2
	switch {
	case minor%2 == 0 || mode == terms.Down || mode == terms.HalfEven && down%2 == 0:
		return down
	}
	return down + 1
}

// fits refuses an outcome that the dispute can't come to.
func (d Dispute) fits(o terms.Outcome, sum *quantity.Money) (code string) {
	switch {
	case o == Concord && d.Subject.Kind == Credit:
		return CodeAmount // a credit ends with an amount
	case o == Sum && (d.Worth == nil || sum.Currency != d.Worth.Currency || sum.Minor > d.Worth.Minor):
		return CodeAmount // more than what is in dispute is another agreement
	}
	return ""
}

// gives is what a side commits to by an outcome: who owes, what it will pay; who is owed, what it lets go.
func (d Dispute) gives(side terms.Party, o terms.Outcome, sum *quantity.Money) *quantity.Money {
	if d.Worth == nil || o == Concord {
		return nil
	}
	owed := d.Owes(o, sum)
	if side != d.Debtor {
		owed.Minor = d.Worth.Minor - owed.Minor
	}
	return &owed
}

// Gives is what a company commits to by an instrument, as far as an amount says it: nil where none does.
func (d Dispute) Gives(i Instrument) *quantity.Money {
	outcome := i.Outcome
	if i.Verb == Withdraw {
		outcome = terms.Stands
	}
	if d.fits(outcome, i.Amount) != "" {
		return nil
	}
	return d.gives(d.side(i.Company), outcome, i.Amount)
}

// Signer is whose key signed an instrument, as its company's identity says at the entry that carries it.
type Signer struct {
	Role  string          // an officer's, or DeskRole
	Limit *quantity.Money // of what it may commit its company to; nil: none
}

// MaySpeak tells whether a role speaks for its company at a level. The CEO may wherever an officer does; at the desks any officer may.
func MaySpeak(role, level string) bool {
	switch level {
	case Desk:
		return true
	case COO:
		return role == "COO" || role == "CEO"
	}
	return role == "CEO"
}

// Speaks lists whose signature binds a company at a level.
func Speaks(level string) []string {
	switch level {
	case Desk:
		return []string{DeskRole, "COO", "CFO", "CMO", "CTO", "CEO"}
	case COO:
		return []string{"COO", "CEO"}
	}
	return []string{"CEO"}
}

// within tells whether a signer may commit to an amount. A limit in another currency can't be compared, so it covers nothing.
func (s Signer) Within(gives *quantity.Money) bool {
	return gives == nil || s.Limit == nil || gives.Minor == 0 || gives.Currency == s.Limit.Currency && gives.Minor <= s.Limit.Minor
}
