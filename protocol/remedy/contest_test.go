package remedy_test

import (
	"testing"

	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
)

func contested(t *testing.T, i remedy.Item, side terms.Party, day string) remedy.Item {
	t.Helper()
	after, code := i.Contend(remedy.Doer{Company: block.Sum([]byte(side)), Side: side, Day: calendar.MustDate(day)}, "why", "d")
	if code != "" {
		t.Fatal(code)
	}
	return after
}

func owes(minor int64) remedy.Item {
	return remedy.Item{ID: "0123456789abcdef", Kind: remedy.Kind(terms.Credit), Window: remedy.Window{Contract: "c", SLA: "otif", Period: calendar.MustBucket("2027-01")}, Remedy: "credit",
		Debtor: terms.Seller, Creditor: terms.Buyer, Amount: quantity.Money{Minor: minor, Currency: "EUR"}, Status: remedy.Due, DisputeBy: calendar.MustDate("2027-03-02")}
}

// What was earned back is returned already: a dispute that is won afterwards does not return it once more.
func TestNothingIsReturnedTwice(t *testing.T) {
	i := contested(t, owes(16_000), terms.Seller, "2027-03-01")
	back := owes(16_000)
	back.ID, back.Kind, back.Of, back.Debtor, back.Creditor = "fedcba9876543210", remedy.EarnedBack, i.ID, terms.Buyer, terms.Seller
	for _, owed := range []int64{0, 4_000, 16_000} {
		after, difference := i.Decide(remedy.Decision{Owed: quantity.Money{Minor: owed, Currency: "EUR"}, Dropped: owed == 0}, []remedy.Item{i, back})
		if after.Status != remedy.Due || after.Amount.Minor != 16_000 || difference != nil {
			t.Fatalf("%s, and %s: %v", after, back, difference)
		}
	}
}

// Who only says that it paid can't dispute its own word, and so make a debt of the other side out of it.
func TestAPaymentNobodyConfirmedIsNotReturned(t *testing.T) {
	i := owes(16_000)
	i.Status, i.Paid = remedy.Settled, &remedy.Word{By: block.Sum([]byte(terms.Seller)), Reference: "none"}
	if _, code := i.Contend(remedy.Doer{Company: i.Paid.By, Side: terms.Seller, Day: calendar.MustDate("2027-03-01")}, "why", "d"); code != remedy.CodeStatus {
		t.Fatalf("refused with %q", code)
	}
	after, difference := contested(t, i, terms.Buyer, "2027-03-01").Decide(remedy.Decision{Owed: quantity.Money{Minor: 6_000, Currency: "EUR"}}, nil)
	if after.Status != remedy.Due || after.Amount.Minor != 6_000 || difference != nil {
		t.Fatalf("%s: %v", after, difference)
	}
}

// A dispute that is opened and withdrawn leaves the other side its own, with the days that were left; and none to who withdrew.
func TestAWithdrawalTakesNothingFromTheOtherSide(t *testing.T) {
	i := contested(t, owes(16_000), terms.Buyer, "2027-03-01")
	i, _ = i.Decide(remedy.Decision{Owed: i.Amount, Withdrawn: true, Side: terms.Buyer, On: calendar.MustDate("2027-03-20")}, nil)
	for _, c := range []struct {
		side terms.Party
		day  string
		code string
	}{{terms.Buyer, "2027-03-20", remedy.CodeStatus}, {terms.Seller, "2027-03-22", remedy.CodeLate}, {terms.Seller, "2027-03-21", ""}} {
		if _, code := i.Contend(remedy.Doer{Company: block.Sum([]byte(c.side)), Side: c.side, Day: calendar.MustDate(c.day)}, "why", "e"); code != c.code {
			t.Fatalf("the %s on %s is refused with %q, want %q", c.side, c.day, code, c.code)
		}
	}
	i = contested(t, i, terms.Seller, "2027-03-20")
	i, _ = i.Decide(remedy.Decision{Owed: quantity.Money{Minor: 1, Currency: "EUR"}, Side: terms.Seller, On: calendar.MustDate("2027-03-25")}, nil)
	if i.Again(terms.Buyer) || i.Again(terms.Seller) || i.Amount.Minor != 1 {
		t.Fatalf("%s can be disputed after it was decided", i)
	}
}
