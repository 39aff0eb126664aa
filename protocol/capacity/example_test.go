package capacity_test

import (
	"fmt"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

func header(typ string) artifact.Header {
	return artifact.Header{
		Type: typ, Series: artifact.SeriesID{1}, Issued: calendar.MustDate("2026-11-22").Millis(), Evidence: artifact.GradeB,
		Provenance: artifact.Provenance{SourceSystem: "spreadsheet"}, Scope: artifact.Everything(),
	}
}

func demand() forecast.Document {
	january := calendar.MustBucket("2027-01")
	return forecast.Document{Header: header(forecast.Type), Purpose: forecast.OrderForecast, Lines: []forecast.Line{{
		Item: forecast.Item{BuyersID: "EFV600-30"}, Location: forecast.Location{Region: "CI"}, Unit: quantity.Pack,
		Kind: forecast.Total, Category: forecast.Default, BucketBasis: forecast.Gross, DateBasis: forecast.ByNeed, SourcingShare: forecast.PPM,
		Buckets: []forecast.Cell{{Bucket: january, Mean: quantity.Of(1000),
			Cumulative: []forecast.Quantile{{P: 100_000, Q: quantity.Of(800)}, {P: 900_000, Q: quantity.Of(1200)}}}},
	}}}
}

func plan() capacity.Plan {
	stock := quantity.Of(100)
	return capacity.Plan{Header: header(capacity.PlanType),
		Groups: []capacity.Group{{ID: "PRESS-1", Unit: quantity.Hour,
			Links:      []capacity.Link{{Product: "EFV600-30", Factor: quantity.MustParse("0.5")}},
			Capacities: []capacity.Capacity{{Bucket: calendar.MustBucket("2027-01"), Actual: quantity.Of(450), Maximum: quantity.Of(520)}}}},
		Positions: []capacity.Position{{Product: "EFV600-30", Unit: quantity.Pack, AsOf: calendar.MustDate("2026-12-31"), Stock: &stock}}}
}

func ExampleMatch() {
	result, err := capacity.Match(capacity.Input{Forecast: demand(), Plan: plan()})
	if err != nil {
		fmt.Println(err)
		return
	}
	g := result.Groups[0].Buckets[0]
	fmt.Println("contract view:", g.Demand, "of", g.Actual, "hours:", g.Verdict, g.Colour)
	c := result.Products[0].Buckets[0].Cover
	fmt.Println("cover view:", c.Supply, "packs for", c.Demand, "expected:", c.Shortage.Lower, "to", c.Shortage.Upper, "ppm:", c.Standing)
	// Output:
	// contract view: 500 of 450 hours: BOTTLENECK ORANGE
	// cover view: 1000 packs for 1000 expected: 500000 to 500000 ppm: SHORT
}

func ExampleBottlenecks() {
	result, _ := capacity.Match(capacity.Input{Forecast: demand(), Plan: plan(), ForecastCID: block.SumRaw([]byte("forecast")), PlanCID: block.SumRaw([]byte("plan"))})
	found, _ := capacity.Bottlenecks(result, capacity.Policy{
		Prices:    map[string]quantity.Price{"EFV600-30": {Amount: quantity.MustParse("3.04"), Currency: "USD", Per: quantity.Of(1)}},
		DeskLimit: quantity.Money{Minor: 100_000, Currency: "USD"}, Issued: calendar.MustDate("2026-11-22").Millis(), OnNoAnswer: forecast.NoCommit,
	})
	for _, e := range found {
		fmt.Println(e.Kind, e.Scope.Product, e.Scope.Buckets, e.Value, e.Speed, e.Role)
		fmt.Println(e.Default.Text)
	}
	// Output:
	// SHORTAGE EFV600-30 2027-01 182.40 USD DESK PLANNER
	// If nothing is done by 2026-12-02 nothing is committed and 60 to 140 packs of EFV600-30 are expected to be missing in 2027-01.
}

func ExampleCheckAnswerAgainst() {
	answer := capacity.Answer{Header: header(capacity.AnswerType), Lines: []capacity.AnswerLine{{
		Line: "EFV600-30|CI|TOTAL|0001|", Unit: quantity.Pack,
		Buckets: []capacity.Commit{{Bucket: calendar.MustBucket("2027-01"), Committed: quantity.Of(900), State: capacity.StateCountered}},
	}}}
	for _, f := range capacity.CheckAnswerAgainst(answer, demand()) {
		fmt.Println(f.Error())
	}
	// Output: ANSWER-07: lines[0].buckets[0].reason: 900 of 1000 is committed and no reason given
}
