package remedy

import (
	"cmp"
	"slices"

	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// Booking is a window whose result is booked.
type Booking struct {
	Terms   terms.Document
	SLA     terms.SLA
	Period  calendar.Bucket
	Result  Result
	Entries []Item        // of the contract, all that are booked
	Root    *block.CID    // of the terms
	On      calendar.Date // the day it is booked, by the terms' calendar
}

func (b Booking) window() Window { return Window{b.Terms.Contract, b.SLA.ID, b.Period} }

func (b Booking) cause(r terms.Remedy) string {
	if r.Kind.Rebate() {
		return r.ID // it remedies nothing
	}
	if b.SLA.Cause != "" {
		return b.SLA.Cause
	}
	return b.SLA.ID
}

// Book makes the entries of a window that has none: the greatest remedy of a cause first, each at most what its cap, the charges at risk and the
// cause leave.
func Book(b Booking) (out []Item) {
	for _, a := range b.ranked() {
		i, ok := b.item(a, append(slices.Clone(b.Entries), out...))
		if ok {
			out = append(out, i.signed())
		}
	}
	return out
}

// signed is an entry whose amount is above nothing: what is below is owed the other way round.
func (i Item) signed() Item {
	if i.Amount.Minor < 0 {
		i.Amount.Minor, i.Computed.Minor = -i.Amount.Minor, -i.Computed.Minor
		i.Debtor, i.Creditor = i.Creditor, i.Debtor
	}
	return i
}

// ranked are the amounts of the result, the greatest first.
func (b Booking) ranked() []Amount {
	list := slices.Clone(b.Result.Amounts)
	slices.SortStableFunc(list, func(x, y Amount) int {
		return cmp.Or(cmp.Compare(y.Amount.Minor, x.Amount.Minor), cmp.Compare(x.Remedy, y.Remedy))
	})
	return list
}

func (b Booking) remedy(id string) (terms.Remedy, bool) {
	i := slices.IndexFunc(b.Terms.Remedies, func(r terms.Remedy) bool { return r.ID == id })
	if i < 0 {
		return terms.Remedy{}, false
	}
	return b.Terms.Remedies[i], true
}

// item is the entry of one amount beside those given; false where nothing is left of it.
func (b Booking) item(a Amount, beside []Item) (Item, bool) {
	if Kind(a.Kind) == PriceMoved {
		return b.moved(a)
	}
	r, known := b.remedy(a.Remedy)
	if !known {
		return Item{}, false
	}
	i := b.blank(Kind(a.Kind), r)
	i.Computed, i.AtRisk = a.Amount, a.Limit
	switch {
	case a.Held:
		i.Status = Held
	case !r.AutoApply:
		i.Status = Claimable
	}
	if !a.Kind.Money() {
		return i, true
	}
	i.Amount.Minor, i.Limited = b.room(r, a, beside)
	return i, i.Amount.Minor > 0
}

// moved is the entry of a price adjustment: its amount is below nothing where the buyer owes it. It remedies nothing and has no cap.
func (b Booking) moved(a Amount) (Item, bool) {
	p, known := b.Terms.AdjustedPrice(b.SLA.ID)
	if !known {
		return Item{}, false
	}
	i := b.blank(PriceMoved, terms.Remedy{ID: p.ID, DisputeDays: p.Index.Adjust.DisputeDays})
	if i.Amount, i.Computed = a.Amount, a.Amount; a.Held {
		i.Status = Held
	}
	return i, a.Amount.Minor != 0
}

// blank is an entry of the window without an amount.
func (b Booking) blank(kind Kind, r terms.Remedy) Item {
	none := quantity.Money{Currency: b.Terms.Currency}
	days := b.Terms.Calendar.Workdays()
	i := Item{Kind: kind, Window: b.window(), Terms: b.Root, Remedy: r.ID, Cause: b.cause(r), Debtor: b.SLA.By, Creditor: Other(b.SLA.By), Amount: none, Computed: none, Status: Due, Fell: b.On,
		PayBy:     b.On.Month().Add(1).First().AddDays(int(b.Terms.PaymentDays) - 1),
		DisputeBy: days.Add(b.On, int(r.DisputeDays))}
	i.ID = identify(i)
	return i
}

// room is how much of an amount may be booked beside entries, and what limits it.
func (b Booking) room(r terms.Remedy, a Amount, beside []Item) (minor int64, why Limit) {
	minor = a.Amount.Minor
	limit := func(left int64, by Limit) {
		if left = max(left, 0); left < minor {
			minor, why = left, by
		}
	}
	cause, capped, month, risk := int64(0), int64(0), int64(0), int64(0)
	if a.Limit != nil {
		risk = a.Limit.Minor
	}
	for _, i := range beside {
		if i.Contract != b.Terms.Contract || i.Kind == EarnedBack || i.Status == Dropped {
			continue
		}
		net := i.Net(b.SLA.By)
		if i.Cause == b.cause(r) && i.Period == b.Period && sameSide(i, b.SLA.By) {
			cause += net
		}
		if i.Remedy == r.ID && capPeriod(r.CapPeriod, i.Period.Last()) == capPeriod(r.CapPeriod, b.Period.Last()) {
			capped += net
		}
		if i.AtRisk != nil && sameSide(i, b.SLA.By) && i.Period.Last().Month() == b.Period.Last().Month() {
			month += net
			risk = max(risk, i.AtRisk.Minor)
		}
	}
	limit(a.Amount.Minor-cause, ByCause)
	if r.Cap != nil {
		limit(r.Cap.Minor-capped, ByCap)
	}
	if a.Kind == terms.Credit {
		limit(risk-month, ByAtRisk)
	}
	return minor, why
}

// sameSide tells whether an entry follows a promise of a side. A correction downward is owed back.
func sameSide(i Item, promised terms.Party) bool {
	return i.Debtor == promised || i.Kind == Correction && i.Creditor == promised
}

// capPeriod is the first day of the calendar period a day lies in.
func capPeriod(k terms.WindowKind, d calendar.Date) calendar.Date {
	m := d.Month()
	switch k {
	case terms.PerQuarter:
		m -= m % 3
	case terms.PerYear:
		m -= m % 12
	}
	return m.First()
}

// EarnBack returns what was paid for a window when as many windows after it as the remedy says reached the target. Finals are all windows of the SLA
// that are over, in order; one that was not measured did not reach it. What is held or disputed waits.
func EarnBack(b Booking, finals []Final) (out []Item) {
	for at, w := range finals {
		for _, r := range b.Terms.Remedies {
			k := int(r.EarnBack)
			if r.SLA != b.SLA.ID || k == 0 || at+k >= len(finals) {
				continue
			}
			if slices.ContainsFunc(finals[at+1:at+1+k], func(f Final) bool { return f.Verdict != Met }) {
				continue
			}
			of := b
			of.Period = w.Period
			i := of.blank(EarnedBack, r)
			net, first, wait := int64(0), "", false
			for _, e := range b.Entries {
				if e.Window != of.window() || e.Remedy != r.ID {
					continue
				}
				switch {
				case e.Kind == EarnedBack || e.Status == Held || e.Status == Disputed || e.Status == Claimable:
					wait = true // done, or not decided
				case e.Kind != Correction:
					first = e.ID
				}
				net += e.Net(b.SLA.By)
			}
			if slices.ContainsFunc(b.Entries, func(e Item) bool { return e.Kind == Awarded && e.Window == of.window() }) {
				net = min(net, windowNet(of.window(), slices.Concat(b.Entries, out), b.SLA.By)) // what a dispute gave back is not returned again, by all remedies of the window together
			}
			if wait || net <= 0 {
				continue
			}
			i.Of, i.Debtor, i.Creditor = first, i.Creditor, i.Debtor
			i.Amount.Minor, i.Computed.Minor = net, net
			out = append(out, i)
		}
	}
	return out
}
