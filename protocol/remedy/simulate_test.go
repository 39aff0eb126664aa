package remedy_test

import (
	"testing"

	"kontor/protocol/calendar"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
)

// What an index would have made of the prices is simulated with the rest: by what the sides stated, by what the clause says where nobody did, and against what
// the same months would have paid as remedies.
func TestAnIndexIsSimulated(t *testing.T) {
	year := calendar.Bucket{Start: calendar.MustDate("2027-01-01"), End: calendar.MustDate("2028-01-01")}
	d := terms.Document{Frame: terms.Frame{Contract: "FRAME", Period: year, Currency: "EUR", PaymentDays: 30, Rounding: terms.Rounding{Mode: terms.HalfUp, Level: terms.PerDocument}}}
	d.Prices = []terms.Price{{ID: "all", Unit: "PK", Valid: year, Kind: terms.Indexed, Base: quantity.Price{Amount: quantity.Of(10), Currency: "EUR", Per: quantity.Of(1000)},
		Index: &terms.Index{ID: "PULP-EU", BaseValue: quantity.Of(100), LagMonths: 1, WeightPPM: 500_000, Decimals: 4, Adjust: &terms.Adjustment{FinalDays: 40, OnMissing: terms.LastKnown, DisputeDays: 10}}}}
	jan, feb, mar := months[0], months[1], months[2]
	counted := d
	counted.SLAs = []terms.SLA{{}}
	reports := []performance.Document{report(counted, jan, 20, 20, 0), report(counted, feb, 20, 20, 0), report(counted, mar, 20, 20, 0)}
	past := remedy.Past{
		Reports: func(terms.SLA, calendar.Bucket) (buyer, seller []performance.Document) { return reports, reports },
		Values: func(by terms.Party, index string, month calendar.Date) *remedy.Point {
			values := map[string]string{"2026-12-01": "106", "2027-02-01": "90"}
			if v, stated := values[month.String()]; stated && index == "PULP-EU" && by == terms.Seller {
				return &remedy.Point{Index: index, Month: month, Value: quantity.MustParse(v)}
			}
			return nil
		},
	}
	over := calendar.Bucket{Start: jan.Start, End: mar.End}
	out := remedy.Simulate(d, over, past)
	// 20,000 a month at 10 for 1,000: three of a hundred more in January, as much in February by the last value known, five less in March.
	want := []struct {
		minor  int64
		debtor terms.Party
	}{{600, terms.Buyer}, {600, terms.Buyer}, {1000, terms.Seller}}
	if len(out.Items) != len(want) || len(out.Windows) != len(want) {
		t.Fatalf("%+v", out)
	}
	for i, w := range want {
		if x := out.Items[i]; x.Kind != remedy.PriceMoved || x.Amount.Minor != w.minor || x.Debtor != w.debtor || out.Windows[i].Result.Verdict != remedy.Adjusted {
			t.Errorf("month %d: %s of %s by %s, want %d by %s", i+1, x.Kind, x.Amount, x.Debtor, w.minor, w.debtor)
		}
	}
	if out.Debtor != terms.Buyer || out.Total.Minor != 200 {
		t.Errorf("in all %s by %q", out.Total, out.Debtor)
	}
	past.Values = nil
	if out := remedy.Simulate(d, over, past); len(out.Items) != 0 || out.Total.Minor != 0 || out.Windows[0].Result.Why != remedy.ByLastKnown {
		t.Errorf("with no value known the base stays: %+v", out)
	}
}
