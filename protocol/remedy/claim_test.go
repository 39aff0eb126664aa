package remedy_test

import (
	"fmt"
	"testing"

	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/measure"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
)

// Claims follow their clause: hours by the rate, under the cap and once a window; an authorisation only after an event that has aged.
func TestClaims(t *testing.T) {
	year := calendar.Bucket{Start: calendar.MustDate("2027-01-01"), End: calendar.MustDate("2028-01-01")}
	price := quantity.Price{Amount: quantity.MustParse("1.5"), Currency: "EUR", Per: quantity.Of(1)}
	d := terms.Document{Frame: terms.Frame{Contract: "FRAME", Period: year, Currency: "EUR", Rounding: terms.Rounding{Mode: terms.HalfUp, Level: terms.PerDocument}}}
	d.SLAs = []terms.SLA{{ID: "s", By: terms.Seller, Window: terms.Window{Kind: terms.PerMonth}}}
	d.Remedies = []terms.Remedy{{ID: "stop", SLA: "s", Kind: terms.LineDown, Amount: &quantity.Money{Minor: 10_000, Currency: "EUR"}, Cap: &quantity.Money{Minor: 100_000, Currency: "EUR"}, CapPeriod: terms.PerQuarter, DisputeDays: 10},
		{ID: "freight", SLA: "s", Kind: terms.Expedite, Cap: &quantity.Money{Minor: 100_000, Currency: "EUR"}, CapPeriod: terms.PerQuarter, DisputeDays: 10}}
	d.Authorisations = []terms.Authorisation{{ID: "all", Unit: "PK", FabDays: 28, RawDays: 84, Finished: price, Raw: price, LiablePPM: terms.Liability{Finished: terms.PPM, Raw: 500_000}, AgeDays: 60}}
	proof, q := block.Sum([]byte("stop report")), func(s string) *quantity.Quantity { v := quantity.MustParse(s); return &v }
	march, july := calendar.MustDate("2027-03-12"), calendar.MustDate("2027-07-01")
	var items []remedy.Item
	for _, c := range []struct {
		what  string
		claim remedy.Claim
		by    terms.Party
		minor int64
		code  string
	}{
		{"six and a half hours", remedy.Claim{Clause: "stop", Day: march, Hours: q("6.5")}, terms.Buyer, 65_000, ""},
		{"the same month again", remedy.Claim{Clause: "stop", Day: march + 1, Hours: q("1")}, terms.Buyer, 0, remedy.CodeTwice},
		{"by the side that promised", remedy.Claim{Clause: "stop", Day: march - 30, Hours: q("1")}, terms.Seller, 0, remedy.CodeSide},
		{"another month of the quarter, up to the cap", remedy.Claim{Clause: "stop", Day: march - 30, Hours: q("9")}, terms.Buyer, 35_000, ""},
		{"nothing is left below the cap", remedy.Claim{Clause: "stop", Day: march - 60, Hours: q("9")}, terms.Buyer, 0, remedy.CodeClaim},
		{"freight of what was remedied already: only the rest", remedy.Claim{Clause: "freight", Day: march, Cost: &quantity.Money{Minor: 70_000, Currency: "EUR"}}, terms.Buyer, 5_000, ""},
		{"a day to come", remedy.Claim{Clause: "stop", Day: july + 1, Hours: q("9")}, terms.Buyer, 0, remedy.CodeClaim},
		{"no event", remedy.Claim{Clause: "all", Day: march, Event: "WHIM", Product: "X", Finished: q("100")}, terms.Seller, 0, remedy.CodeClaim},
		{"not aged", remedy.Claim{Clause: "all", Day: july - 59, Event: terms.Cancelled, Product: "X", Finished: q("100")}, terms.Seller, 0, remedy.CodeClaim},
		{"aged", remedy.Claim{Clause: "all", Day: july - 60, Event: terms.Cancelled, Product: "X", Finished: q("100"), Raw: q("100")}, terms.Seller, 22_500, ""},
		{"the rest of what was authorised", remedy.Claim{Clause: "all", Day: july - 62, Event: terms.EndOfLife, Product: "X", Finished: q("100"), Raw: q("100")}, terms.Seller, 9_000, ""}, // 150 and 120 were, 225.00 of 315.00 is claimed
		{"nothing is left of it", remedy.Claim{Clause: "all", Day: july - 63, Event: terms.EndOfLife, Product: "X", Finished: q("1")}, terms.Seller, 0, remedy.CodeClaim},
		{"more than was authorised of another", remedy.Claim{Clause: "all", Day: july - 60, Event: terms.Cancelled, Product: "Y", Finished: q("1000000")}, terms.Seller, 22_500, ""},
		{"by the buyer", remedy.Claim{Clause: "all", Day: july - 61, Event: terms.Cancelled, Product: "X", Finished: q("100")}, terms.Buyer, 0, remedy.CodeSide},
	} {
		c.claim.Contract, c.claim.Evidence = "FRAME", &proof
		if code := c.claim.Check(); code != "" {
			t.Fatalf("%s: malformed", c.what)
		}
		i, code, err := remedy.Raise(c.claim, d, &proof, items, c.by, july, func(terms.Authorisation) (quantity.Quantity, quantity.Quantity, error) {
			return quantity.Of(150), quantity.Of(120), nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if code != c.code || i.Amount.Minor != c.minor {
			t.Fatalf("%s: %q, %d; want %q, %d", c.what, code, i.Amount.Minor, c.code, c.minor)
		}
		if code == "" {
			items = append(items, i)
		}
	}
	// Claims that nobody answered are bounded, whatever they are of.
	many := items
	for n := range remedy.MaxOpenClaims {
		many = append(many, remedy.Item{ID: fmt.Sprint(n), Window: remedy.Window{Contract: "FRAME"}, Claim: &remedy.Claim{}, Status: remedy.Claimable})
	}
	if _, code, _ := remedy.Raise(remedy.Claim{Contract: "FRAME", Clause: "stop", Day: march, Hours: q("1"), Evidence: &proof}, d, &proof, many, terms.Buyer, july, nil); code != remedy.CodeMany {
		t.Fatalf("one claim more than may be open: %q", code)
	}
	// It is due when the other side says so, or has let its time pass.
	claimed := items[0]
	early := remedy.Doer{Company: proof, Side: terms.Buyer, Day: claimed.DisputeBy}
	if _, code := claimed.Do(remedy.Act{Verb: remedy.Request, Items: []string{claimed.ID}}, early); code != remedy.CodeStatus {
		t.Fatalf("due before the other side could dispute it: %q", code)
	}
	late := early
	late.Day++
	if i, code := claimed.Do(remedy.Act{Verb: remedy.Request, Items: []string{claimed.ID}}, late); code != "" || i.Status != remedy.Due {
		t.Fatalf("after its silence: %q %s", code, i.Status)
	}
	seller := remedy.Doer{Company: proof, Side: terms.Seller, Day: claimed.Fell}
	if i, code := claimed.Do(remedy.Act{Verb: remedy.Acknowledge, Items: []string{claimed.ID}}, seller); code != "" || i.Status != remedy.Acknowledged {
		t.Fatalf("acknowledged: %q %s", code, i.Status)
	}
	if i, code := claimed.Contend(seller, "why", "d"); code != "" || i.Status != remedy.Disputed {
		t.Fatalf("disputed: %q %s", code, i.Status)
	}
}

// Figures that rebut what stood by silence put what is open in dispute, and leave alone what a dispute decided: no second one would ever end it.
func TestWhatADisputeDecidedIsNotDisputedByFigures(t *testing.T) {
	b := remedy.Booking{Terms: terms.Document{Frame: terms.Frame{Contract: "FRAME"}}, SLA: terms.SLA{ID: "service"}, Period: months[0], Result: remedy.Result{Verdict: remedy.Unequal}}
	w := remedy.Window{Contract: "FRAME", SLA: "service", Period: months[0]}
	b.Entries = []remedy.Item{{ID: "a", Kind: remedy.Kind(terms.Credit), Window: w, Remedy: "open", Status: remedy.Due},
		{ID: "b", Kind: remedy.Kind(terms.Credit), Window: w, Remedy: "decided", Status: remedy.Due, Dispute: "over"}}
	changed, fresh := remedy.Correct(b, remedy.Result{Why: remedy.BySilence})
	if len(changed) != 1 || changed[0].ID != "a" || changed[0].Status != remedy.Disputed || len(fresh) != 0 {
		t.Fatalf("changed %v, fresh %v", changed, fresh)
	}
}

// What is petty is in the clause: amounts that differ by no more than it says are no matter of dispute, whatever the figures; with a clause of nothing, or none,
// a cent or half a percent more is.
func TestWhatIsPettyIsInTheClause(t *testing.T) {
	year := calendar.Bucket{Start: calendar.MustDate("2027-01-01"), End: calendar.MustDate("2028-01-01")}
	d := terms.Document{Frame: terms.Frame{Contract: "FRAME", Period: year, Currency: "EUR", Rounding: terms.Rounding{Mode: terms.HalfUp, Level: terms.PerDocument}}}
	d.Prices = []terms.Price{{ID: "all", Unit: "PK", Valid: year, Kind: terms.Fixed, Base: quantity.Price{Amount: quantity.MustParse("12.345"), Currency: "EUR", Per: quantity.Of(1000)}}}
	s := terms.SLA{ID: "service", Name: "service", By: terms.Seller, Measure: define(t, measure.OTIF), Target: quantity.MustParse("0.95"), Window: terms.Window{Kind: terms.PerMonth}, MinSample: 1, Source: terms.Both, OnMissing: terms.CounterpartyStands}
	d.Remedies = []terms.Remedy{{ID: "fine", SLA: s.ID, Kind: terms.CaseFine, RatePPM: 100_000, AutoApply: true}}
	for _, c := range []struct {
		clause *quantity.Money
		seller int64 // lines on time in full of 20; the buyer counts 10
		want   remedy.Verdict
		fine   int64
	}{
		{nil, 11, remedy.Unequal, 0},
		{&quantity.Money{Minor: 123, Currency: "EUR"}, 11, remedy.Unequal, 0},
		{&quantity.Money{Minor: 124, Currency: "EUR"}, 11, remedy.Missed, 1_173},
		{&quantity.Money{Minor: 0, Currency: "EUR"}, 11, remedy.Unequal, 0},
		{&quantity.Money{Minor: 10_000, Currency: "EUR"}, 20, remedy.Unequal, 0}, // whether the target is met is never petty
	} {
		s.Petty = c.clause
		d.SLAs = []terms.SLA{s}
		r := remedy.Evaluate(remedy.Case{Terms: d, SLA: s, Period: months[0], Buyer: []performance.Document{report(d, months[0], 20, 10, 0)}, Seller: []performance.Document{report(d, months[0], 20, c.seller, 0)}})
		if r.Verdict != c.want || owed(r)["fine"] != c.fine {
			t.Errorf("clause %s, seller %d: %s, fine %d, want %s and %d (%+v)", c.clause, c.seller, r.Verdict, owed(r)["fine"], c.want, c.fine, r)
		}
	}
}
