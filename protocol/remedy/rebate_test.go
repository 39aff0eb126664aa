package remedy_test

import (
	"testing"

	"kontor/protocol/calendar"
	"kontor/protocol/measure"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
)

// A volume rebate: marginal tiers pay each part of the volume by its own rate, retroactive ones pay all by the rate of the tier reached.
func TestVolumeRebates(t *testing.T) {
	year := calendar.Bucket{Start: calendar.MustDate("2027-01-01"), End: calendar.MustDate("2028-01-01")}
	def, err := measure.Define(measure.OTIF, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		basis terms.TierBasis
		lines int64 // of a thousand packs each, one euro a pack
		want  int64 // cents
	}{
		{terms.Marginal, 4, 0}, {terms.Marginal, 5, 0}, {terms.Marginal, 8, 3_000_00 / 100}, {terms.Marginal, 12, (5_000 + 2_000*3) * 100 / 100},
		{terms.AllUnits, 4, 0}, {terms.AllUnits, 5, 5_000}, {terms.AllUnits, 9, 9_000}, {terms.AllUnits, 10, 30_000}, {terms.AllUnits, 12, 36_000},
	} {
		d := terms.Document{Frame: terms.Frame{Contract: "FRAME", Period: year, Currency: "EUR", Rounding: terms.Rounding{Mode: terms.HalfUp, Level: terms.PerDocument}}}
		d.Prices = []terms.Price{{ID: "all", Unit: "PK", Valid: year, Kind: terms.Fixed, Base: quantity.Price{Amount: quantity.Of(1), Currency: "EUR", Per: quantity.Of(1)}}}
		d.SLAs = []terms.SLA{{ID: "s", By: terms.Seller, Measure: def, Target: quantity.MustParse("0.5"), Window: terms.Window{Kind: terms.PerMonth}, MinSample: 1, Source: terms.Buyer}}
		d.Remedies = []terms.Remedy{{ID: "rebate", SLA: "s", Kind: terms.VolumeRebate, Basis: c.basis, Unit: "PK", Volume: []terms.VolumeTier{{From: quantity.Of(5_000), RatePPM: 10_000}, {From: quantity.Of(10_000), RatePPM: 30_000}},
			Cap: &quantity.Money{Minor: 1_000_000, Currency: "EUR"}, CapPeriod: terms.PerYear, AutoApply: true}}
		r := remedy.Evaluate(remedy.Case{Terms: d, SLA: d.SLAs[0], Period: months[0], Buyer: []performance.Document{report(d, months[0], c.lines, c.lines, 0)}})
		if r.Verdict != remedy.Met {
			t.Fatalf("%s: the rebate hangs on no miss: %+v", c.basis, r)
		}
		if got := owed(r)["rebate"]; got != c.want {
			t.Errorf("%s of %d thousand: %d cents, want %d", c.basis, c.lines, got, c.want)
		}
	}
}

// A growth rebate counts its borders from the reference volume: a fifth more than 10,000 packs begins at 12,000.
func TestGrowthRebates(t *testing.T) {
	year := calendar.Bucket{Start: calendar.MustDate("2027-01-01"), End: calendar.MustDate("2028-01-01")}
	for _, c := range []struct {
		basis terms.TierBasis
		lines int64 // of a thousand packs each, one euro a pack
		want  int64 // cents
	}{{terms.Marginal, 10, 0}, {terms.Marginal, 11, 1_000}, {terms.Marginal, 14, 2_000 + 2_000*3}, {terms.AllUnits, 9, 0}, {terms.AllUnits, 11, 11_000}, {terms.AllUnits, 12, 36_000}, {terms.AllUnits, 15, 45_000}} {
		d := terms.Document{Frame: terms.Frame{Contract: "FRAME", Period: year, Currency: "EUR", Rounding: terms.Rounding{Mode: terms.HalfUp, Level: terms.PerDocument}}}
		d.Prices = []terms.Price{{ID: "all", Unit: "PK", Valid: year, Kind: terms.Fixed, Base: quantity.Price{Amount: quantity.Of(1), Currency: "EUR", Per: quantity.Of(1)}}}
		d.SLAs = []terms.SLA{{ID: "s", By: terms.Seller, Measure: define(t, measure.OTIF), Target: quantity.MustParse("0.5"), Window: terms.Window{Kind: terms.PerMonth}, MinSample: 1, Source: terms.Buyer}}
		reference := quantity.Of(10_000)
		d.Remedies = []terms.Remedy{{ID: "growth", SLA: "s", Kind: terms.GrowthRebate, Basis: c.basis, Unit: "PK", Reference: &reference, Volume: []terms.VolumeTier{{From: quantity.Of(0), RatePPM: 10_000}, {From: quantity.MustParse("0.2"), RatePPM: 30_000}},
			Cap: &quantity.Money{Minor: 1_000_000, Currency: "EUR"}, CapPeriod: terms.PerYear, AutoApply: true}}
		for _, good := range []int64{0, c.lines} { // whether or not the target is met
			r := remedy.Evaluate(remedy.Case{Terms: d, SLA: d.SLAs[0], Period: months[0], Buyer: []performance.Document{report(d, months[0], c.lines, good, 0)}})
			if got := owed(r)["growth"]; got != c.want {
				t.Errorf("%s at %d lines, %d good: %d cents, want %d (%+v)", c.basis, c.lines, good, got, c.want, r)
			}
		}
	}
}

// Growth over last year is counted from both sides' reports of the same window then, by one side's where the other gave none; the first year of all has none,
// and two sides that tell different years before hold what they come to.
func TestGrowthOverLastYear(t *testing.T) {
	year := calendar.Bucket{Start: calendar.MustDate("2027-01-01"), End: calendar.MustDate("2028-01-01")}
	then := calendar.MustBucket("2026-01")
	d := terms.Document{Frame: terms.Frame{Contract: "FRAME", Period: year, Currency: "EUR", Rounding: terms.Rounding{Mode: terms.HalfUp, Level: terms.PerDocument}}}
	d.Prices = []terms.Price{{ID: "all", Unit: "PK", Valid: year, Kind: terms.Fixed, Base: quantity.Price{Amount: quantity.Of(1), Currency: "EUR", Per: quantity.Of(1)}}}
	d.SLAs = []terms.SLA{{ID: "s", By: terms.Seller, Measure: define(t, measure.OTIF), Target: quantity.MustParse("0.5"), Window: terms.Window{Kind: terms.PerMonth}, MinSample: 1, Source: terms.Both}}
	d.Remedies = []terms.Remedy{{ID: "growth", SLA: "s", Kind: terms.GrowthRebate, Basis: terms.Marginal, Unit: "PK", LastYear: true, Volume: []terms.VolumeTier{{From: quantity.Of(0), RatePPM: 10_000}, {From: quantity.MustParse("0.2"), RatePPM: 30_000}},
		Cap: &quantity.Money{Minor: 1_000_000, Currency: "EUR"}, CapPeriod: terms.PerYear, AutoApply: true}}
	now := []performance.Document{report(d, months[0], 14, 14, 0)}
	past := func(lines int64) []performance.Document {
		return []performance.Document{report(d, then, lines, lines, 0)}
	}
	const tenAndFourteen = 2_000 + 2_000*3 // cents of 14,000 packs where 10,000 came before
	for name, c := range map[string]struct {
		before remedy.Before
		want   int64
		held   bool
	}{
		"both":                {remedy.Before{Buyer: past(10), Seller: past(10)}, tenAndFourteen, false},
		"the buyer alone":     {remedy.Before{Buyer: past(10)}, tenAndFourteen, false},
		"the seller alone":    {remedy.Before{Seller: past(10)}, tenAndFourteen, false},
		"nobody":              {remedy.Before{}, 0, false},
		"nothing came":        {remedy.Before{Buyer: past(0), Seller: past(0)}, 0, false},
		"more came":           {remedy.Before{Buyer: past(20), Seller: past(20)}, 0, false},
		"a part of the month": {remedy.Before{Buyer: []performance.Document{{Window: calendar.MustBucket("2026-01-05"), Delivery: d.SLAs[0].Measure.Parameters}}}, 0, false},
		"different years":     {remedy.Before{Buyer: past(1), Seller: past(10)}, 14*1_000*3 - 1_200*3 + 200, true},
	} {
		r := remedy.Evaluate(remedy.Case{Terms: d, SLA: d.SLAs[0], Period: months[0], Buyer: now, Seller: now, Before: c.before})
		if due := r.Amounts; (c.want == 0) != (len(due) == 0) || len(due) == 1 && (due[0].Amount.Minor != c.want || due[0].Held != c.held) {
			t.Errorf("%s: %+v, want %d", name, r, c.want)
		}
	}
}
