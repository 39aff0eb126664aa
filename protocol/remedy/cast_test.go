package remedy_test

import (
	"fmt"
	"slices"

	"pgregory.net/rapid"

	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/measure"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
)

const product = "ZDV-300"

var months = func() (out []calendar.Bucket) {
	for m := 1; m <= 12; m++ {
		out = append(out, calendar.MustBucket(fmt.Sprintf("2027-%02d", m)))
	}
	return out
}()

// drawTerms are terms with one SLA and one to three remedies, of all kinds that windows bring.
func drawTerms(t *rapid.T) terms.Document {
	year := calendar.Bucket{Start: calendar.MustDate("2027-01-01"), End: calendar.MustDate("2028-01-01")}
	def := define(t, rapid.SampledFrom([]measure.Code{measure.OTIF, measure.OnTime, measure.OTIFUnits, measure.InFull}).Draw(t, "measure"))
	d := terms.Document{Frame: terms.Frame{Contract: "FRAME", Period: year, Currency: rapid.SampledFrom([]quantity.Currency{"EUR", "JPY", "BHD"}).Draw(t, "currency"), PaymentDays: 30,
		Rounding: terms.Rounding{Mode: rapid.SampledFrom([]terms.RoundingMode{terms.HalfUp, terms.HalfEven, terms.Down, terms.Up}).Draw(t, "rounding"), Level: terms.PerDocument}}}
	d.Prices = []terms.Price{{ID: "all", Unit: "PK", Valid: year, Kind: terms.Fixed, Base: quantity.Price{Amount: quantity.MustParse("12.345"), Currency: d.Currency, Per: quantity.Of(1000)}}}
	who := rapid.SampledFrom([]terms.Party{terms.Buyer, terms.Seller, terms.Both})
	s := terms.SLA{ID: "service", Name: "service", By: rapid.SampledFrom([]terms.Party{terms.Buyer, terms.Seller}).Draw(t, "promised by"), Measure: def, Target: quantity.MustParse("0.95"), Window: terms.Window{Kind: terms.PerMonth},
		MinSample: rapid.Int64Range(1, 12).Draw(t, "sample"), Source: who.Draw(t, "source"), OnMissing: rapid.SampledFrom([]terms.OnMissing{terms.CounterpartyStands, terms.NotMeasured, terms.ReportingRemedy}).Draw(t, "silence")}
	owes := who.Draw(t, "owes")
	for _, p := range []terms.Party{terms.Buyer, terms.Seller} {
		if owes == p || owes == terms.Both || s.Source == p || s.Source == terms.Both {
			s.Duties = append(s.Duties, terms.Duty{By: p, What: "lines", DueDays: 3, CorrectDays: 10})
		}
	}
	if rapid.Bool().Draw(t, "excludes") {
		s.Exclusions = []measure.Reason{measure.ForceMajeure}
	}
	d.SLAs = []terms.SLA{s}
	for i := range rapid.IntRange(1, 3).Draw(t, "remedies") {
		r := terms.Remedy{ID: fmt.Sprint("r", i), SLA: s.ID, Kind: rapid.SampledFrom([]terms.RemedyKind{terms.Credit, terms.CaseFine, terms.ServiceRebate, terms.Flat, terms.VolumeRebate}).Draw(t, "kind"), AutoApply: true,
			Cap: &quantity.Money{Minor: rapid.Int64Range(1, 40_000).Draw(t, "cap"), Currency: d.Currency}, CapPeriod: rapid.SampledFrom([]terms.WindowKind{terms.PerMonth, terms.PerQuarter, terms.PerYear}).Draw(t, "cap period"),
			EarnBack: rapid.Int64Range(0, 3).Draw(t, "earn back"), DisputeDays: 10}
		switch ppm := rapid.Int64Range(1, terms.PPM); r.Kind {
		case terms.Credit:
			r.Pool, r.PoolPPM, r.AllocationPPM, r.AtRiskPPM = fmt.Sprint("pool", i), ppm.Draw(t, "pool"), ppm.Draw(t, "allocation"), ppm.Draw(t, "at risk")
		case terms.VolumeRebate:
			r.Unit, r.Basis, r.EarnBack = "PK", rapid.SampledFrom([]terms.TierBasis{terms.Marginal, terms.AllUnits}).Draw(t, "basis"), 0
			r.Volume = []terms.VolumeTier{{From: quantity.Of(0), RatePPM: ppm.Draw(t, "rate")}, {From: quantity.Of(10_000), RatePPM: ppm.Draw(t, "rate")}}
		case terms.Flat:
			r.Amount = &quantity.Money{Minor: rapid.Int64Range(1, 20_000).Draw(t, "amount"), Currency: d.Currency}
		default:
			r.RatePPM = ppm.Draw(t, "rate")
		}
		if r.Kind != terms.VolumeRebate && rapid.Bool().Draw(t, "tiers") {
			r.Tiers = []terms.RemedyTier{{Beyond: quantity.MustParse("0.9"), SharePPM: 300_000}, {Beyond: quantity.MustParse("0.5"), SharePPM: terms.PPM}}
		}
		d.Remedies = append(d.Remedies, r)
	}
	return d
}

// report is what a side says of a month.
func report(d terms.Document, month calendar.Bucket, due, good, out int64) performance.Document {
	all, ordered, onTime := quantity.Of((due+out)*1000), quantity.Of(due*1000), quantity.Of(good*1000)
	cell := performance.Cell{Item: forecast.Item{BuyersID: product}, Bucket: month, Unit: "PK", Ordered: &all, Received: &all, OnTime: &onTime, InFull: &onTime,
		Deliveries: &performance.Deliveries{Due: due, OnTime: good, Quantified: due, InFull: good, Both: good, InWindow: onTime, Ordered: ordered}}
	if out > 0 {
		cell.Deliveries.LeftOut = []performance.Left{{Reason: measure.ForceMajeure, Lines: out}}
	}
	return performance.Document{Window: month, Delivery: d.SLAs[0].Measure.Parameters, Cells: []performance.Cell{cell}}
}

func drawReport(t *rapid.T, d terms.Document, month calendar.Bucket) performance.Document {
	due, out := rapid.Int64Range(0, 30).Draw(t, "due"), int64(0)
	if len(d.SLAs[0].Exclusions) > 0 { // a true report leaves out what the clause allows
		out = rapid.SampledFrom([]int64{0, 2}).Draw(t, "left out")
	}
	return report(d, month, due, rapid.Int64Range(0, due).Draw(t, "good"), out)
}

// owed is what a result makes the side that promised owe, before caps; what is held counts as nothing.
func owed(r remedy.Result) (out map[string]int64) {
	out = map[string]int64{}
	for _, a := range r.Amounts {
		if !a.Held {
			out[a.Remedy] = a.Amount.Minor
		}
	}
	return out
}

// owing tells whether a side has a report to withhold.
func owing(s terms.SLA, p terms.Party) bool {
	return slices.ContainsFunc(s.Duties, func(d terms.Duty) bool { return d.By == p })
}
