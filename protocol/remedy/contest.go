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
// dispute's end corrects it. One dispute is about an entry, ever.
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
		may = unconfirmed || by.Side == i.Debtor
	}
	switch {
	case by.Side != i.Debtor && by.Side != i.Creditor:
		return i, CodeSide
	case !may || i.Dispute != "" || i.Kind == Decided:
		return i, CodeStatus
	case by.Day > i.DisputeBy && !unconfirmed:
		return i, CodeLate
	}
	stood := i.Amount
	i.Before, i.Status, i.Dispute, i.Stood = i.Status, Disputed, dispute, &stood
	i.Contest = &Word{By: by.Company, Day: by.Day, T: by.T, Reason: reason}
	return i, ""
}

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
	On          calendar.Date  // the day it ended, by the terms' calendar
	PaymentDays int64
}

// Decide takes an entry out of dispute: it is owed as decided, once. What was paid already stays, and the difference is an entry of its own. Beside are
// the contract's entries: where a correction took something back meanwhile, no more than was left of it is lost.
func (i Item) Decide(d Decision, beside []Item) (after Item, difference *Item) {
	if i.Status != Disputed {
		return i, nil
	}
	owed := d.Owed.Minor
	back := int64(0)
	for _, c := range beside {
		if c.Of == i.ID && c.Kind == Correction && c.Status != Dropped {
			back -= c.Net(i.Debtor)
		}
	}
	owed = max(owed, min(back, i.Amount.Minor))
	paid := i.Before == Settled && (d.Withdrawn || !i.unreceived())
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
	if i.Status = Due; i.Before == Acknowledged {
		i.Status = Acknowledged
	}
	i.Paid = nil // what was said to be paid did not arrive
	if !d.Withdrawn {
		i.PayBy = max(i.PayBy, payBy)
	}
	return i, nil
}

// unreceived tells whether who is owed disputes that a payment came.
func (i Item) unreceived() bool {
	return i.Paid != nil && i.Received == nil && i.Contest.By != i.Paid.By
}

// decidedID names the difference of an entry: it is made once.
func decidedID(i Item) string {
	sum := sha256.Sum256([]byte("kontor decided v1\x00" + i.ID))
	return hex.EncodeToString(sum[:IDSize/2])
}

// stood is what an entry added to what the side that promised owes before a dispute decided it: a measurement that changes later changes it by the
// difference of the measurements, and does not take the decision back.
func (i Item) stood(promised terms.Party) int64 {
	if i.Stood != nil && i.Status != Disputed && i.Debtor == promised {
		return i.Stood.Minor
	}
	return i.Net(promised)
}
