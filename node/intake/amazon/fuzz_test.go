package amazon

import (
	"testing"

	"kontor/node/intake"
	"kontor/protocol/forecast"
)

// FuzzRead: whatever comes, reading ends, and a draft with lines has no negative
// size; what is refused says why.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"{\"reportSpecification\":{\"reportType\":\"GET_VENDOR_FORECASTING_REPORT\",\"marketplaceIds\":[\"ATVPDKIKX0DER\"]},\"forecastByAsin\":[\n{\"forecastGenerationDate\":\"2026-01-04\",\"asin\":\"B000123456\",\"startDate\":\"2026-01-11\",\"endDate\":\"2026-01-17\",\"meanForecastUnits\":12.5,\"p70ForecastUnits\":14,\"p80ForecastUnits\":16.25,\"p90ForecastUnits\":19},\n{\"forecastGenerationDate\":\"2026-01-04\",\"asin\":\"B000123456\",\"startDate\":\"2026-01-04\",\"endDate\":\"2026-01-10\",\"meanForecastUnits\":10,\"p70ForecastUnits\":11,\"p80ForecastUnits\":12,\"p90ForecastUnits\":13}]}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		draft, report := Read(data, intake.Options{})
		if draft == nil && report.OK() {
			t.Fatal("refused without a complaint")
		}
		if draft == nil {
			return
		}
		for _, l := range linesOf(draft) {
			for i := range l.Buckets {
				if i > 0 && l.Buckets[i].Start < l.Buckets[i-1].End {
					t.Fatalf("periods overlap: %s after %s", l.Buckets[i].Bucket, l.Buckets[i-1].Bucket)
				}
				if l.Buckets[i].Mean.Sign() < 0 {
					t.Fatalf("a quantity below zero: %s", l.Buckets[i].Mean)
				}
			}
		}
	})
}

func linesOf(d *intake.Draft) []forecast.Line {
	if d.Message == nil {
		return nil
	}
	return d.Message.Lines
}
