package doc

import (
	"fmt"
	"testing"

	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/measure"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
	"kontor/testnet/virtual"
)

// A month of an SLA from the clauses to the money: what the page begins with.
func TestRemedies(t *testing.T) {
	encode := func(v any) []byte {
		data, err := block.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	otif, err := measure.Define(measure.OTIF, nil)
	if err != nil {
		t.Fatal(err)
	}
	month := calendar.MustBucket("2027-03")
	d := virtual.Terms("frame", 0, nil, virtual.Start, 12_345)
	d.PaymentDays = 30
	s := terms.SLA{ID: "otif", Name: "on time in full", By: terms.Seller, Measure: otif, Target: quantity.MustParse("0.95"), Window: terms.Window{Kind: terms.PerMonth}, MinSample: 10, Source: terms.Both,
		Duties:    []terms.Duty{{By: terms.Buyer, What: "receipts", DueDays: 3, CorrectDays: 10}, {By: terms.Seller, What: "despatches", DueDays: 3, CorrectDays: 10}},
		OnMissing: terms.CounterpartyStands, Agree: quantity.MustParse("0.005")}
	r := terms.Remedy{ID: "credit", SLA: "otif", Kind: terms.Credit, Pool: "delivery", PoolPPM: 500_000, AllocationPPM: 400_000, AtRiskPPM: 100_000,
		Tiers: []terms.RemedyTier{{Beyond: quantity.MustParse("0.95"), SharePPM: 500_000}, {Beyond: quantity.MustParse("0.9"), SharePPM: terms.PPM}},
		Cap:   &quantity.Money{Minor: 60_000, Currency: "EUR"}, CapPeriod: terms.PerQuarter, EarnBack: 2, AutoApply: true, DisputeDays: 10}
	d.SLAs, d.Remedies = []terms.SLA{s}, []terms.Remedy{r}
	if findings := terms.Check(d); len(findings) > 0 {
		t.Fatal(findings)
	}
	all, good := quantity.Of(2_000), quantity.Of(1_700)
	report := performance.Document{Window: month, Delivery: otif.Parameters, Cells: []performance.Cell{{Item: forecast.Item{BuyersID: virtual.Product}, Bucket: month, Unit: "PK", Ordered: &all, Received: &all, OnTime: &good,
		Deliveries: &performance.Deliveries{Due: 20, OnTime: 17, Quantified: 20, InFull: 20, Both: 17, InWindow: good, Ordered: all}}}}
	result := remedy.Evaluate(remedy.Case{Terms: d, SLA: s, Period: month, Buyer: []performance.Document{report}, Seller: []performance.Document{report}})
	items := remedy.Book(remedy.Booking{Terms: d, SLA: s, Period: month, Result: result, On: calendar.MustDate("2027-04-16")})
	if len(items) != 1 {
		t.Fatalf("%d entries", len(items))
	}
	act := remedy.Act{Verb: remedy.Settle, Items: []string{items[0].ID}, Reference: "credit note 4711"}
	if code := act.Check(); code != "" {
		t.Fatal(code)
	}
	example := fmt.Sprintf("The clauses, rows of the terms:\n\n%s\n%s\n", fence(view(t, encode(s))), fence(view(t, encode(r)))) +
		fmt.Sprintf("Both sides report 17 of 20 lines on time in full in March, and 2,000 packs received at 12.345 EUR each. What the month comes to, in its row on both nodes:\n\n%s\n", fence(view(t, encode(result)))) +
		fmt.Sprintf("The entry that follows, booked on 16 April:\n\n%s\n", fence(view(t, encode(items[0])))) +
		bytesAndView(t, "The seller settles it, body of an entry of kind `remedy`", encode(act))
	page(t, "remedies.md", map[string]string{"example": example})
}
