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
