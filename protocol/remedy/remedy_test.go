package remedy_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/calendar"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
)

// Practice T2: whoever withholds its report is no better off than it is when both report what was, whatever the clause says of silence, of whose
// figures count and of who owes a report.
func TestWithheldReportsNeverPay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawTerms(t)
		s, month := d.SLAs[0], months[2]
		truth := drawReport(t, d, month)
		last := quantity.Money{Minor: rapid.Int64Range(0, 100_000).Draw(t, "charges before"), Currency: d.Currency}
		evaluate := func(buyer, seller bool) map[string]int64 {
			c := remedy.Case{Terms: d, SLA: s, Period: month, LastCharges: last}
			if buyer {
				c.Buyer = []performance.Document{truth}
			}
			if seller {
				c.Seller = []performance.Document{truth}
			}
			return owed(remedy.Evaluate(c))
		}
		both := evaluate(true, true)
		debtorSilent, creditorSilent := evaluate(s.By == terms.Seller, s.By == terms.Buyer), evaluate(s.By == terms.Buyer, s.By == terms.Seller)
		for _, r := range d.Remedies {
			if owing(s, s.By) && debtorSilent[r.ID] < both[r.ID] {
				t.Fatalf("the side that promised withholds its report and owes %d instead of %d by %s", debtorSilent[r.ID], both[r.ID], r.ID)
			}
			if owing(s, remedy.Other(s.By)) && creditorSilent[r.ID] > both[r.ID] {
				t.Fatalf("the side that is owed withholds its report and is owed %d instead of %d by %s", creditorSilent[r.ID], both[r.ID], r.ID)
			}
		}
		// A part of a report is no report, and leaving lines out is no better.
		half := truth
		half.Window.End = half.Window.End.AddDays(-1)
		if r := remedy.Evaluate(remedy.Case{Terms: d, SLA: s, Period: month, Buyer: []performance.Document{half}, LastCharges: last}); !slices.Contains(r.Silent, terms.Buyer) {
			t.Fatalf("a report that ends a day before its window counts as one: %+v", r)
		}
	})
}

// A side that leaves lines out of its own report in vain is never better off by it.
func TestLinesLeftOutInVain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawTerms(t)
		s, month := d.SLAs[0], months[2]
		s.Exclusions, s.Source = nil, s.By
		s.Duties = []terms.Duty{{By: s.By, What: "lines", DueDays: 3, CorrectDays: 10}}
		due, out := rapid.Int64Range(15, 30).Draw(t, "due"), rapid.Int64Range(1, 10).Draw(t, "left out")
		good := rapid.Int64Range(0, due-out).Draw(t, "good")
		honest, cut := report(d, month, due, good, 0), report(d, month, due-out, good, out)
		evaluate := func(doc performance.Document) map[string]int64 {
			c := remedy.Case{Terms: d, SLA: s, Period: month}
			if s.By == terms.Seller {
				c.Seller = []performance.Document{doc}
			} else {
				c.Buyer = []performance.Document{doc}
			}
			return owed(remedy.Evaluate(c))
		}
		before, after := evaluate(honest), evaluate(cut)
		for id, want := range before {
			if after[id] < want {
				t.Fatalf("%d lines left out make it %d instead of %d by %s", out, after[id], want, id)
			}
		}
	})
}

// Whatever is reported and corrected over a year: no remedy exceeds its cap in any period, no month its charges at risk, no cause is remedied beyond its
// greatest remedy, every entry is there once, corrections are one for each window and remedy, and what is earned back is what was booked.
func TestBooksStayInBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawTerms(t)
		s := d.SLAs[0]
		var items []remedy.Item
		var finals []remedy.Final
		last := quantity.Money{Currency: d.Currency}
		put := func(list []remedy.Item) {
			for _, i := range list {
				if at := slices.IndexFunc(items, func(x remedy.Item) bool { return x.ID == i.ID }); at >= 0 {
					items[at] = i
				} else {
					items = append(items, i)
				}
			}
		}
		fresh := func(list []remedy.Item) {
			for _, i := range list {
				if slices.ContainsFunc(items, func(x remedy.Item) bool { return x.ID == i.ID }) {
					t.Fatalf("booked twice: %s", i)
				}
			}
			put(list)
		}
		for _, month := range months {
			c := remedy.Case{Terms: d, SLA: s, Period: month, LastCharges: last}
			draw := func(name string) (out []performance.Document) {
				if rapid.IntRange(0, 4).Draw(t, name) > 0 {
					out = append(out, drawReport(t, d, month))
				}
				return out
			}
			c.Buyer, c.Seller = draw("buyer"), draw("seller")
			if rapid.Bool().Draw(t, "alike") {
				c.Seller = c.Buyer
			}
			first := remedy.Evaluate(c)
			b := remedy.Booking{Terms: d, SLA: s, Period: month, Result: first, Entries: items, On: month.End}
			fresh(remedy.Book(b))
			if rapid.Bool().Draw(t, "corrected") {
				c.Buyer, c.Seller = draw("buyer again"), draw("seller again")
			}
			result := remedy.Evaluate(c)
			b.Result, b.Entries = result, slices.Clone(items)
			changed, more := remedy.Correct(b, first)
			put(changed)
			fresh(more)
			if result.Charges != nil {
				last = *result.Charges
			}
			finals = append(finals, remedy.Final{Period: month, Verdict: result.Verdict})
			b.Entries = slices.Clone(items)
			fresh(remedy.EarnBack(b, finals))
			bounds(t, d, items)
		}
	})
}

func bounds(t *rapid.T, d terms.Document, items []remedy.Item) {
	s := d.SLAs[0]
	type of struct {
		remedy string
		start  calendar.Date
	}
	capped, booked, back, corrections := map[of]int64{}, map[of]int64{}, map[of]int64{}, map[of]int{}
	for _, i := range items {
		if i.Amount.Minor < 0 || i.Debtor == i.Creditor {
			t.Fatalf("malformed: %s", i)
		}
		r := d.Remedies[slices.IndexFunc(d.Remedies, func(r terms.Remedy) bool { return r.ID == i.Remedy })]
		net := i.Net(s.By)
		if i.Status == remedy.Dropped {
			continue
		}
		if i.Kind == remedy.EarnedBack {
			back[of{i.Remedy, i.Period.Start}] -= net
			continue
		}
		if i.Kind == remedy.Correction {
			corrections[of{i.Remedy, i.Period.Start}]++
		}
		start := i.Period.Start
		switch m := start.Month(); r.CapPeriod {
		case terms.PerQuarter:
			start = (m - m%3).First()
		case terms.PerYear:
			start = (m - m%12).First()
		}
		capped[of{i.Remedy, start}] += net
		booked[of{i.Remedy, i.Period.Start}] += net
	}
	for at, sum := range capped {
		r := d.Remedies[slices.IndexFunc(d.Remedies, func(r terms.Remedy) bool { return r.ID == at.remedy })]
		if sum > r.Cap.Minor {
			t.Fatalf("%s comes to %d in the %s from %s, above its cap of %d", at.remedy, sum, r.CapPeriod, at.start, r.Cap.Minor)
		}
	}
	for at, sum := range booked {
		if sum < 0 || back[at] != 0 && back[at] != sum {
			t.Fatalf("%s of %s: booked %d, earned back %d", at.remedy, at.start, sum, back[at])
		}
		if corrections[at] > 1 {
			t.Fatalf("%s of %s is corrected %d times", at.remedy, at.start, corrections[at])
		}
	}
	for at := range back {
		if _, known := booked[at]; !known {
			t.Fatalf("%s of %s is earned back without a booking", at.remedy, at.start)
		}
	}
}

// What a month nets to is the sum of its entries, to the minor unit.
func TestNetIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var items []remedy.Item
		want := map[calendar.Date]int64{}
		for i := range rapid.IntRange(1, 20).Draw(t, "entries") {
			month := rapid.SampledFrom(months).Draw(t, "month")
			x := remedy.Item{ID: fmt.Sprint(i), Window: remedy.Window{Contract: "FRAME"}, Fell: month.Start.AddDays(rapid.IntRange(0, 27).Draw(t, "day")), Debtor: rapid.SampledFrom([]terms.Party{terms.Buyer, terms.Seller}).Draw(t, "debtor"),
				Amount: quantity.Money{Minor: rapid.Int64Range(0, 1_000_000).Draw(t, "amount"), Currency: "EUR"}, Status: rapid.SampledFrom([]remedy.Status{remedy.Due, remedy.Acknowledged, remedy.Settled, remedy.Held, remedy.Disputed, remedy.Dropped}).Draw(t, "status")}
			x.Creditor = remedy.Other(x.Debtor)
			items = append(items, x)
			if slices.Contains([]remedy.Status{remedy.Due, remedy.Acknowledged, remedy.Settled}, x.Status) {
				want[month.Start] += x.Net(terms.Seller)
			}
		}
		for _, m := range remedy.Net(items) {
			got := m.Net.Minor
			if m.Debtor == terms.Buyer {
				got = -got
			}
			if got != want[m.Month] {
				t.Fatalf("%s nets to %d, want %d", m.Month, got, want[m.Month])
			}
		}
	})
}
