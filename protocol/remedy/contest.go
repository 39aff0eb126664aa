package remedy

import (
	"crypto/sha256"
	"encoding/hex"

	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// Decided is an entry that a dispute makes: the difference between what was paid and what is owed after all.
const Decided Kind = "DECIDED"

// Contend is an entry that a side disputes, by a dispute's ID, or the code that refuses it. What is not paid is held; what was paid stays paid, and the
// dispute's end corrects it. Each side disputes an entry once, and only while no dispute about it was decided: who opens one and withdraws it takes nothing from
// the other side.
func (i Item) Contend(by Doer, reason, dispute string) (Item, string) {
	unconfirmed := i.Status == Settled && i.Received == nil && by.Side == i.Creditor
	var may bool
	switch i.Status {
	case Due:
		may = true
	case Claimable:
		may = i.Claim != nil && by.Side == i.Debtor
	case Acknowledged:
		may = by.Side == i.Creditor
	case Settled:
		may = unconfirmed || by.Side == i.Debtor && i.Received != nil // who only says that it paid has said that it owes
	}
	switch {
	case by.Side != i.Debtor && by.Side != i.Creditor:
		return i, CodeSide
	case !may || i.Dispute != "" && !i.Again(by.Side) || i.Kind == Decided || i.Kind == Awarded:
		return i, CodeStatus
	case by.Day > i.DisputeBy && !unconfirmed:
		return i, CodeLate
	}
	stood := i.Amount
	i.Before, i.Status, i.Dispute, i.Stood, i.Withdrew = i.Status, Disputed, dispute, &stood, ""
	i.Contest = &Word{By: by.Company, Day: by.Day, T: by.T, Reason: reason}
	return i, ""
}

// Again tells whether a side may dispute an entry that was in dispute before: the other side had opened the dispute, and withdrew it.
func (i Item) Again(side terms.Party) bool { return i.Withdrew != "" && i.Withdrew != side }

// Contested is an entry that the two sides' figures put in dispute, under the dispute's ID.
func (i Item) Contested(dispute string) Item {
	stood := i.Amount
	i.Before, i.Dispute, i.Stood = Due, dispute, &stood
	return i
}

// Decision is what a dispute about an entry came to.
type Decision struct {
	Owed        quantity.Money // of what was in dispute
	Dropped     bool           // nothing is left of it, whether or not it moved money
	Withdrawn   bool           // then the entry stands as it did
	Side        terms.Party    // that opened it
	On          calendar.Date  // the day it ended, by the terms' calendar
	PaymentDays int64
}

// Decide takes an entry out of dispute: it is owed as decided, once. What was paid already stays, and the difference is an entry of its own. Beside are
// the contract's entries: where a correction took something back, or it was earned back, meanwhile, no more than was left of it is lost.
func (i Item) Decide(d Decision, beside []Item) (after Item, difference *Item) {
	if i.Status != Disputed {
		return i, nil
	}
	if d.Withdrawn {
		if i.Withdrew = d.Side; i.Contest != nil && i.Before != Claimable { // who claims does not dispute its own claim
			i.DisputeBy = i.DisputeBy.AddDays(max(d.On.Sub(i.Contest.Day), 0)) // while it ran the other side could not
		}
	}
	owed := d.Owed.Minor
	back := int64(0)
	for _, c := range beside {
		corrects := c.Of == i.ID && c.Kind == Correction
		returns := c.Kind == EarnedBack && c.Window == i.Window && c.Remedy == i.Remedy && c.Debtor == i.Creditor
		if (corrects || returns) && c.Status != Dropped {
			back -= c.Net(i.Debtor)
		}
	}
	back = max(back, i.given(beside))
	owed = max(owed, min(back, i.Amount.Minor))
	paid := i.Before == Settled && (d.Withdrawn || i.Received != nil)
	payBy := d.On.Month().Add(1).First().AddDays(int(d.PaymentDays) - 1)
	switch {
	case paid:
		i.Status = Settled
		if owed == i.Amount.Minor {
			return i, nil
		}
		x := i
		x.Kind, x.Of, x.Status, x.Limited, x.Claim, x.AtRisk = Decided, i.ID, Due, "", nil, nil
		x.Debtor, x.Creditor = i.Creditor, i.Debtor
		x.Amount.Minor = i.Amount.Minor - owed
		x.Computed = x.Amount
		x.Fell, x.PayBy, x.DisputeBy = d.On, payBy, d.On.AddDays(-1)
		x.Reply, x.Paid, x.Received, x.Contest, x.Before, x.Stood = nil, nil, nil, nil, "", nil
		x.ID = decidedID(i)
		return i, &x
	case owed == 0 && (i.Amount.Minor > 0 || d.Dropped):
		i.Status, i.Amount.Minor = Dropped, 0
		return i, nil
	}
	i.Amount.Minor = owed
	switch i.Status = Due; {
	case i.Before == Acknowledged, i.Before == Claimable && d.Withdrawn:
		i.Status = i.Before
	}
	i.Paid = nil // what was said to be paid did not arrive
	if !d.Withdrawn {
		i.PayBy = max(i.PayBy, payBy)
	}
	return i, nil
}

// decidedID names the difference of an entry: it is made once.
func decidedID(i Item) string {
	sum := sha256.Sum256([]byte("kontor decided v1\x00" + i.ID))
	return hex.EncodeToString(sum[:IDSize/2])
}

// stood is what an entry added to what the side that promised owes before a dispute decided it: a measurement that changes later changes it by the
// difference of the measurements, and does not take the decision back; nor does the entry that the decision made count.
func (i Item) stood(promised terms.Party) int64 {
	if i.Kind == Decided {
		return 0
	}
	if i.Stood != nil && i.Status != Disputed {
		i.Amount = *i.Stood
	}
	return i.Net(promised)
}
