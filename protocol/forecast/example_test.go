package forecast_test

import (
	"fmt"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

func Example() {
	line := forecast.Line{
		Item: forecast.Item{BuyersID: "EFV600-30"}, Location: forecast.Location{Region: "CI"}, Unit: quantity.Pack,
		Kind: forecast.Total, Category: forecast.Default, BucketBasis: forecast.Gross, DateBasis: forecast.ByNeed, SourcingShare: forecast.PPM,
		Buckets: []forecast.Cell{{
			Bucket: calendar.MustBucket("2027-01"), Mean: quantity.Of(25_000),
			Quantiles: []forecast.Quantile{{P: 500_000, Q: quantity.Of(20_000)}, {P: 800_000, Q: quantity.Of(18_000)}},
		}},
	}
	d := forecast.Document{
		Header: artifact.Header{
			Type: forecast.Type, Series: artifact.SeriesID{1}, Issued: calendar.MustDate("2026-11-22").Millis(), Evidence: artifact.GradeB,
			Provenance: artifact.Provenance{SourceSystem: "spreadsheet"}, Scope: artifact.Everything(),
		},
		Purpose: forecast.OrderForecast,
		Lines:   []forecast.Line{line},
	}
	for _, f := range forecast.Check(d) {
		fmt.Println(f.Error())
	}
	fmt.Println(line.Key())
	// Output:
	// FORECAST-04: lines[0].buckets[0].quantiles: quantile values fall from 20000 at 50 % to 18000 at 80 %
	// EFV600-30|CI|TOTAL|0001|
}
