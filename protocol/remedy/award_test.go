package remedy_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
)

// everyKind are the kinds of entries that can be in dispute.
var everyKind = []remedy.Kind{remedy.Kind(terms.Credit), remedy.Kind(terms.CaseFine), remedy.Kind(terms.ServiceRebate), remedy.Kind(terms.Flat), remedy.Kind(terms.VolumeRebate), remedy.Kind(terms.GrowthRebate),
	remedy.Kind(terms.LineDown), remedy.Kind(terms.Expedite), remedy.Kind(terms.RootCause), remedy.Liability, remedy.PriceMoved, remedy.Correction, remedy.EarnedBack}

// drawEntry is an entry of any kind where it can be disputed, and the side that may.
func drawEntry(t *rapid.T, n int) (remedy.Item, terms.Party) {
	i := owes(rapid.Int64Range(1, 100_000).Draw(t, "minor"))
	i.ID, i.Remedy, i.Kind = fmt.Sprintf("%016x", n), fmt.Sprint("r", n), rapid.SampledFrom(everyKind).Draw(t, "kind")
	if i.Kind == remedy.Kind(terms.RootCause) {
		i.Amount.Minor = 0
	}
	if i.Kind == remedy.EarnedBack {
		i.Debtor, i.Creditor = i.Creditor, i.Debtor
	}
	word := func(p terms.Party) *remedy.Word { return &remedy.Word{By: block.Sum([]byte(p))} }
	side := i.Debtor
	switch rapid.SampledFrom([]string{"due", "claimed", "acknowledged", "paid", "confirmed"}).Draw(t, "stands") {
	case "claimed":
		i.Status, i.Claim = remedy.Claimable, &remedy.Claim{Clause: i.Remedy}
	case "acknowledged":
		i.Status, i.Reply, side = remedy.Acknowledged, word(i.Debtor), i.Creditor
	case "paid":
		i.Status, i.Paid, side = remedy.Settled, word(i.Debtor), i.Creditor
	case "confirmed":
		i.Status, i.Paid, i.Received = remedy.Settled, word(i.Debtor), word(i.Creditor)
	}
	return i, side
}

// Whatever kind an entry is of, and wherever it stands, a dispute changes what is owed by what it came to: once, and by at most one entry more.
func TestEveryKindOfEntryIsOwedAsDecided(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		i, side := drawEntry(t, 1)
		before, was := i.Status, i.Amount.Minor
		owed := quantity.Money{Minor: rapid.Int64Range(0, was).Draw(t, "owed"), Currency: "EUR"}
		withdrawn := rapid.Bool().Draw(t, "withdrawn")
		if withdrawn {
			owed.Minor = was
		}
		held, code := i.Contend(remedy.Doer{Company: block.Sum([]byte(side)), Side: side, Day: i.DisputeBy}, "why", "d")
		if code != "" || held.Status != remedy.Disputed {
			t.Fatalf("%s by the %s: %q", i, side, code)
		}
		d := remedy.Decision{Owed: owed, Withdrawn: withdrawn, Dropped: owed.Minor == 0 && was > 0, Side: side, On: i.DisputeBy.AddDays(10), PaymentDays: 30}
		after, more := held.Decide(d, []remedy.Item{held})
		sum := after.Net(i.Debtor)
		if more != nil {
			if before != remedy.Settled || more.Of != i.ID || more.Amount.Minor <= 0 || more.Claim != nil || more.ID == i.ID {
				t.Fatalf("%s brings %s", i, more)
			}
			sum += more.Net(i.Debtor)
		}
		if sum != owed.Minor || after.Status == remedy.Disputed || withdrawn && before == remedy.Claimable && after.Status != remedy.Claimable {
			t.Fatalf("%s was decided as %s and comes to %d: %s, %v", i, owed, sum, after, more)
		}
		if again, twice := after.Decide(d, []remedy.Item{after}); twice != nil || again.Status != after.Status || again.Amount != after.Amount {
			t.Fatalf("decided twice: %s, %v", again, twice)
		}
		if _, code := after.Contend(remedy.Doer{Company: block.Sum([]byte(side)), Side: side, Day: i.DisputeBy}, "why", "e"); code == "" {
			t.Fatalf("%s is disputed again by the same side", after)
		}
	})
}

// stepped is what a dispute about an entry, an award beside it or its payment makes of a window's entries.
func stepped(t *rapid.T, items []remedy.Item, k int) []remedy.Item {
	switch rapid.IntRange(0, 2).Draw(t, "step") {
	case 0:
		held, code := items[k].Contend(remedy.Doer{Side: terms.Seller, Day: items[k].DisputeBy}, "why", "d")
		if code != "" {
			return items
		}
		owed := quantity.Money{Minor: rapid.Int64Range(0, held.Amount.Minor).Draw(t, "owed"), Currency: "EUR"}
		after, more := held.Decide(remedy.Decision{Owed: owed, Dropped: owed.Minor == 0, On: held.DisputeBy}, items)
		if items[k] = after; more != nil {
			items = append(items, *more)
		}
	case 1:
		a := remedy.Award{Dispute: fmt.Sprint("d", len(items)), Window: items[0].Window, Promised: terms.Seller, Debtor: terms.Buyer, Amount: quantity.Money{Minor: rapid.Int64Range(1, 3_000).Draw(t, "award"), Currency: "EUR"}, On: items[0].DisputeBy}
		if i, due := a.Book(items); due {
			items = append(items, i)
		}
	default:
		if items[k].Status == remedy.Due && items[k].Kind != remedy.Awarded {
			items[k].Status, items[k].Paid, items[k].Received = remedy.Settled, &remedy.Word{}, &remedy.Word{}
		}
	}
	return items
}

// What disputes give and take of a window is never more than its entries came to, in whatever order its entries, what was awarded beside them and what was
// earned back follow each other.
func TestAWindowGivesBackNoMoreThanItCameTo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var items []remedy.Item
		booked := int64(0)
		for n := range rapid.IntRange(1, 3).Draw(t, "entries") {
			i := owes(rapid.Int64Range(1, 1_000).Draw(t, "minor"))
			i.ID, i.Remedy = fmt.Sprintf("%016x", n), fmt.Sprint("r", n)
			booked += i.Amount.Minor
			items = append(items, i)
		}
		net := func() (sum int64) {
			for _, i := range items {
				if i.Status != remedy.Dropped {
					sum += i.Net(terms.Seller)
				}
			}
			return sum
		}
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			k := rapid.IntRange(0, len(items)-1).Draw(t, "which")
			items = stepped(t, items, k)
			if sum := net(); sum < 0 || sum > booked {
				t.Fatalf("of %d the window comes to %d: %v", booked, sum, items)
			}
		}
	})
}

// What a dispute gave back of a window is not earned back once more, and what it gave is by no dispute again.
func TestAnAwardIsGivenOnce(t *testing.T) {
	first, later := calendar.MustBucket("2027-01"), calendar.MustBucket("2027-02")
	i := owes(16_000)
	i.Status = remedy.Settled
	a := remedy.Award{Dispute: "d", Window: i.Window, Promised: terms.Seller, Debtor: terms.Buyer, Amount: quantity.Money{Minor: 10_000, Currency: "EUR"}, On: i.DisputeBy, PaymentDays: 30}
	award, due := a.Book([]remedy.Item{i})
	if !due || award.Amount.Minor != 10_000 || award.Status != remedy.Due {
		t.Fatalf("%s", award)
	}
	if _, code := award.Contend(remedy.Doer{Side: terms.Buyer, Day: i.DisputeBy}, "why", "e"); code != remedy.CodeStatus {
		t.Fatalf("what was decided is disputed again: %q", code)
	}
	d := terms.Document{Frame: terms.Frame{Contract: "c", Currency: "EUR", PaymentDays: 30}, Remedies: []terms.Remedy{{ID: "credit", SLA: "otif", Kind: terms.Credit, EarnBack: 1}}}
	b := remedy.Booking{Terms: d, SLA: terms.SLA{ID: "otif", By: terms.Seller}, Period: later, Entries: []remedy.Item{i, award}, On: i.DisputeBy}
	back := remedy.EarnBack(b, []remedy.Final{{Period: first, Verdict: remedy.Missed}, {Period: later, Verdict: remedy.Met}})
	if len(back) != 1 || back[0].Amount.Minor != 6_000 {
		t.Fatalf("%v", back)
	}
	if twice, due := a.Book([]remedy.Item{i, award, back[0]}); due {
		t.Fatalf("nothing is left, and %s", twice)
	}
	a.Debtor, a.Dispute = terms.Seller, "e"
	if more, due := a.Book([]remedy.Item{i}); !due || more.Amount.Minor != 10_000 || more.Limited != "" {
		t.Fatalf("what is awarded beside an entry is %s", more)
	}
}

// Two remedies of one window return together what a dispute left of it, and not each.
func TestRemediesOfAWindowReturnWhatIsLeftOnce(t *testing.T) {
	first, later := calendar.MustBucket("2027-01"), calendar.MustBucket("2027-02")
	small, large := owes(2_000), owes(4_000)
	small.ID, small.Remedy = "0000000000000001", "flat"
	large.ID = "0000000000000002"
	small.Status, large.Status = remedy.Settled, remedy.Settled
	a := remedy.Award{Dispute: "d", Window: small.Window, Promised: terms.Seller, Debtor: terms.Buyer, Amount: quantity.Money{Minor: 5_000, Currency: "EUR"}, On: small.DisputeBy, PaymentDays: 30}
	award, due := a.Book([]remedy.Item{small, large})
	if !due || award.Amount.Minor != 5_000 {
		t.Fatalf("%s", award)
	}
	d := terms.Document{Frame: terms.Frame{Contract: "c", Currency: "EUR", PaymentDays: 30},
		Remedies: []terms.Remedy{{ID: "flat", SLA: "otif", Kind: terms.Flat, EarnBack: 1}, {ID: large.Remedy, SLA: "otif", Kind: terms.Credit, EarnBack: 1}}}
	b := remedy.Booking{Terms: d, SLA: terms.SLA{ID: "otif", By: terms.Seller}, Period: later, Entries: []remedy.Item{small, large, award}, On: small.DisputeBy}
	sum := int64(0)
	for _, i := range remedy.EarnBack(b, []remedy.Final{{Period: first, Verdict: remedy.Missed}, {Period: later, Verdict: remedy.Met}}) {
		sum += i.Amount.Minor
	}
	if sum != 1_000 {
		t.Fatalf("of 60.00, 50.00 of which came back by a dispute, %d more come back", sum)
	}
}

// What a dispute made of a claim on an authorisation is not claimed once more on another day.
func TestADecidedClaimIsNotClaimedAgain(t *testing.T) {
	i := owes(10_000)
	i.Kind, i.Status, i.Claim = remedy.Liability, remedy.Claimable, &remedy.Claim{Clause: "all", Product: "X", Day: calendar.MustDate("2027-03-12"), Event: terms.Cancelled}
	i.Contract, i.Debtor, i.Creditor = "FRAME", terms.Buyer, terms.Seller
	for _, owed := range []int64{0, 4_000} {
		held := contested(t, i, terms.Buyer, "2027-03-01")
		after, _ := held.Decide(remedy.Decision{Owed: quantity.Money{Minor: owed, Currency: "EUR"}, Dropped: owed == 0}, nil)
		price := quantity.Price{Amount: quantity.Of(1), Currency: "EUR", Per: quantity.Of(1)}
		d := terms.Document{Frame: terms.Frame{Contract: "FRAME", Currency: "EUR", Period: calendar.Bucket{Start: calendar.MustDate("2027-01-01"), End: calendar.MustDate("2028-01-01")}}}
		d.Authorisations = []terms.Authorisation{{ID: "all", Unit: "PK", Finished: price, Raw: price, LiablePPM: terms.Liability{Finished: terms.PPM}}}
		proof, left := block.Sum([]byte("stop report")), quantity.Of(120)
		c := remedy.Claim{Contract: "FRAME", Clause: "all", Day: calendar.MustDate("2027-03-13"), Event: terms.Cancelled, Product: "X", Finished: &left, Evidence: &proof}
		again, code, err := remedy.Raise(c, d, &proof, []remedy.Item{after}, terms.Seller, calendar.MustDate("2027-07-01"), func(terms.Authorisation) (quantity.Quantity, quantity.Quantity, error) {
			return left, quantity.Quantity{}, nil
		})
		if err != nil || code != "" || again.Amount.Minor != 2_000 { // of 120.00 that were authorised 100.00 were claimed and decided
			t.Fatalf("%s: %q, %v", again, code, err)
		}
	}
}
