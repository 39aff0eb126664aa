package capacity

import (
	"testing"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// A cast for the tests: an agency buys packs, a maker has two lines.

func q(s string) quantity.Quantity { return quantity.MustParse(s) }

func qp(s string) *quantity.Quantity { v := q(s); return &v }

func cid(s string) block.CID { return block.SumRaw([]byte(s)) }

func header(typ string) artifact.Header {
	return artifact.Header{
		Type: typ, Series: artifact.SeriesID{1}, Issued: calendar.MustDate("2026-11-22").Millis(), Evidence: artifact.GradeB,
		Provenance: artifact.Provenance{SourceSystem: "test"}, Scope: artifact.Everything(),
	}
}

// levels reads "0.1:5 0.5:10 0.9:20".
func levels(pairs ...string) []forecast.Quantile {
	var all []forecast.Quantile
	for i := 0; i+1 < len(pairs); i += 2 {
		p, err := q(pairs[i]).Mul(quantity.Of(ppm))
		if err != nil {
			panic(err)
		}
		n, _ := p.At(0)
		all = append(all, forecast.Quantile{P: n.Int64(), Q: q(pairs[i+1])})
	}
	return all
}

func line(product, region string, cells ...forecast.Cell) forecast.Line {
	return forecast.Line{
		Item: forecast.Item{BuyersID: product}, Location: forecast.Location{Region: region}, Unit: quantity.Pack, Kind: forecast.Total,
		Category: forecast.Default, BucketBasis: forecast.Gross, DateBasis: forecast.ByNeed, SourcingShare: ppm, Buckets: cells,
	}
}

func cell(bucket, mean string, cumulative ...forecast.Quantile) forecast.Cell {
	return forecast.Cell{Bucket: calendar.MustBucket(bucket), Mean: q(mean), Cumulative: cumulative}
}

func doc(lines ...forecast.Line) forecast.Document {
	return forecast.Document{Header: header(forecast.Type), Purpose: forecast.OrderForecast, Lines: lines}
}

func capacities(pairs ...string) []Capacity {
	var all []Capacity
	for i := 0; i+2 < len(pairs); i += 3 {
		all = append(all, Capacity{Bucket: calendar.MustBucket(pairs[i]), Actual: q(pairs[i+1]), Maximum: q(pairs[i+2])})
	}
	return all
}

func match(t testing.TB, f forecast.Document, p Plan, agreed ...Supply) Result {
	t.Helper()
	if found := forecast.Check(f); len(found) > 0 {
		t.Fatalf("the test's forecast is not clean: %v", found)
	}
	if found := CheckPlan(p); len(found) > 0 {
		t.Fatalf("the test's plan is not clean: %v", found)
	}
	r, err := Match(Input{Forecast: f, ForecastCID: cid("f"), Plan: p, PlanCID: cid("p"), Agreed: agreed})
	if err != nil {
		t.Fatal(err)
	}
	return r
}
