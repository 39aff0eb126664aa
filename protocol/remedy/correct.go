package remedy

import (
	"cmp"
	"slices"

	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// Correct compares what a window is found to come to with what was booked for it, and makes one correcting entry for each remedy that differs. What
// was held is decided by the result instead: changed are those entries as they now stand.
//
// A result that is UNEQUAL only now changes nothing where both sides had reported the same before: nobody takes back its own word to owe less. Where
// one side's figures stood by silence, it rebuts them, and what is open is disputed, unless there was a dispute about it: none that figures
// open follows another. Of a price the difference is disputed: a value stated against another keeps nobody from the final one.
func Correct(b Booking, before Result) (changed, fresh []Item) {
	booked, others := b.booked()
	_, price := b.Terms.AdjustedPrice(b.SLA.ID)
	if b.Result.Verdict == Unequal && before.Verdict != Unequal && !price {
		if before.Why != BySilence {
			return nil, nil
		}
		return rebutted(booked), nil
	}
	for _, a := range b.withBooked(b.ranked(), booked) {
		want, due := b.item(a, others)
		if want.ID == "" {
			continue
		}
		list := booked[a.Remedy]
		switch {
		case len(list) == 0:
			if want.Status == Held { // nothing will come to decide it
				want.Status = Disputed
			}
			if due {
				fresh = append(fresh, want.signed())
			}
		case list[0].Status == Held || list[0].Status == Disputed && list[0].Contest == nil && before.Verdict == Unequal:
			changed = append(changed, b.release(list[0], want.signed(), due))
		default:
			if c, differs := b.correction(list, want); differs {
				if a.Held { // of a price: what stands is no reason to keep what is stated otherwise now
					c.Status = Disputed
				}
				fresh = append(fresh, c)
				others = append(others, c)
			}
			others = append(others, list...)
			continue
		}
		if due {
			others = append(others, want)
		}
	}
	return ordered(changed), fresh
}

// booked divides the entries into those that the window's figures brought, by remedy, and the others. What was claimed of the window follows from the claim, and
// no figures take it back.
func (b Booking) booked() (own map[string][]Item, others []Item) {
	own = map[string][]Item{}
	claimed := map[string]bool{}
	for _, i := range b.Entries {
		claimed[i.ID] = i.Claim != nil
	}
	for _, i := range b.Entries {
		if i.Window == b.window() && i.Kind != EarnedBack && !claimed[i.ID] && !claimed[i.Of] {
			own[i.Remedy] = append(own[i.Remedy], i)
		} else {
			others = append(others, i)
		}
	}
	return own, others
}

// rebutted are the open entries of a window, disputed because figures speak against the silence they stood by.
func rebutted(booked map[string][]Item) (changed []Item) {
	for _, list := range booked {
		for _, i := range list {
			if (i.Status == Due || i.Status == Claimable) && i.Dispute == "" {
				i.Status = Disputed
				changed = append(changed, i)
			}
		}
	}
	return ordered(changed)
}

// withBooked adds an amount of nothing for each remedy that is booked and no longer due at all.
func (b Booking) withBooked(amounts []Amount, booked map[string][]Item) []Amount {
	for _, r := range b.Terms.Remedies {
		if len(booked[r.ID]) > 0 && !slices.ContainsFunc(amounts, func(a Amount) bool { return a.Remedy == r.ID }) {
			amounts = append(amounts, Amount{Remedy: r.ID, Kind: r.Kind, Amount: quantity.Money{Currency: b.Terms.Currency}})
		}
	}
	return amounts
}

// release is a held entry as a result decides it.
func (b Booking) release(held, want Item, due bool) Item {
	if b.Result.Verdict == Unequal {
		held.Status = Disputed // nobody corrected anything in time
		return held
	}
	held.Debtor, held.Creditor = want.Debtor, want.Creditor
	held.Amount, held.Computed, held.Limited, held.Status, held.AtRisk = want.Amount, want.Computed, want.Limited, want.Status, want.AtRisk
	held.Fell, held.PayBy, held.DisputeBy = want.Fell, want.PayBy, want.DisputeBy
	held.Before, held.Stood = "", nil
	if !due {
		held.Status = Dropped
	}
	return held
}

// correction is the difference between what is booked for a remedy and what should be; false where there is none.
func (b Booking) correction(booked []Item, want Item) (Item, bool) {
	diff, net := want.Amount.Minor, int64(0)
	for _, i := range booked {
		diff -= i.stood(b.SLA.By)
		net += i.Net(b.SLA.By)
	}
	if want.Kind != PriceMoved { // which may turn round
		diff = max(diff, -net) // nothing is taken back that a dispute has taken already
	}
	if diff == 0 || slices.ContainsFunc(booked, func(i Item) bool { return i.Kind == Correction }) {
		return Item{}, false
	}
	of := booked[slices.IndexFunc(booked, func(i Item) bool { return i.Kind != Decided })] // one of the same day may come first
	c := want
	c.Kind, c.Of, c.Status = Correction, of.ID, of.settledAs()
	c.ID = identify(c)
	c.Amount.Minor = diff
	if diff < 0 {
		c.Amount.Minor, c.Debtor, c.Creditor = -diff, want.Creditor, want.Debtor
	}
	return c, true
}

// settledAs is how an entry that follows another begins: nobody asks for the correction of what was asked for.
func (i Item) settledAs() Status {
	if i.Status == Claimable {
		return Claimable
	}
	return Due
}

func ordered(list []Item) []Item {
	slices.SortFunc(list, func(a, b Item) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

// Final is a window of an SLA that nothing changes any more.
type Final struct {
	Period  calendar.Bucket
	Verdict Verdict
}
