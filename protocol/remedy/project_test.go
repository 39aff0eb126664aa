package remedy_test

import (
	"fmt"
	"strings"
	"testing"

	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/measure"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
)

// A window that is running says what must still come, and that it can't where it can't.
func TestProjections(t *testing.T) {
	month := calendar.MustBucket("2027-04") // thirty days
	d := terms.Document{Frame: terms.Frame{Contract: "FRAME", Period: month, Currency: "EUR"}}
	d.SLAs = []terms.SLA{{ID: "s", By: terms.Seller, Measure: define(t, measure.OTIF), Target: quantity.MustParse("0.9"), MinSample: 1, Source: terms.Both}}
	weeks := func(n int, good int64) (out []performance.Document) {
		for i := range n {
			w := calendar.Bucket{Start: month.Start.AddDays(10 * i), End: month.Start.AddDays(10*i + 10)}
			x := report(d, w, 10, good, 0)
			out = append(out, x)
		}
		return out
	}
	for _, c := range []struct {
		weeks   int
		good    int64
		outlook remedy.Outlook
		text    string
	}{
		{1, 9, remedy.OnTrack, "9 of 10 over 10 of 30 days; if 20 more come, at least 18 of them must count to reach 0.9"},
		{1, 7, remedy.AtRisk, "7 of 10 over 10 of 30 days; if 20 more come, at least 20 of them must count to reach 0.9"},
		{1, 6, remedy.Lost, "no longer within reach"},
		{2, 8, remedy.Lost, "at least 11 of them"},
		{0, 0, remedy.Unknown, "nothing that counts"},
	} {
		p := remedy.Project(remedy.Case{Terms: d, SLA: d.SLAs[0], Period: month, Seller: weeks(c.weeks, c.good)}, month.Start.AddDays(25))
		if p.Outlook != c.outlook || !strings.Contains(p.Text, c.text) {
			t.Errorf("%d weeks at %d: %s, %q; want %s, %q", c.weeks, c.good, p.Outlook, p.Text, c.outlook, c.text)
		}
	}
}

// A hostile side's report of as many cells as it may have, each in a bucket of its own, costs work that grows with the cells and not with their square: of
// twice as many cells at most some three times as much is allocated.
func TestMaximalReportsCostLinearWork(t *testing.T) {
	year := calendar.Bucket{Start: calendar.MustDate("2027-01-01"), End: calendar.MustDate("2028-01-01")}
	d := terms.Document{Frame: terms.Frame{Contract: "FRAME", Period: year, Currency: "EUR", Rounding: terms.Rounding{Mode: terms.HalfUp, Level: terms.PerDocument}}}
	cost := func(code measure.Code, n int) float64 {
		d.SLAs = []terms.SLA{{ID: "s", By: terms.Seller, Measure: define(t, code), MinSample: 1, Source: terms.Both, Duties: []terms.Duty{{By: terms.Buyer}, {By: terms.Seller}}}}
		docs := func(side string) []performance.Document {
			out := performance.Document{Window: year, Delivery: define(t, measure.OTIF).Parameters}
			for i := range n {
				start := year.Start.AddDays(i % 365)
				out.Cells = append(out.Cells, performance.Cell{Item: forecast.Item{BuyersID: "P"}, Place: forecast.Location{Region: fmt.Sprint(side, i)}, Bucket: calendar.Bucket{Start: start, End: start + 1}, Unit: "PK",
					Ordered: q(10), Received: q(9), OnHand: q(5), Sold: q(1), Demand: q(10)})
			}
			return []performance.Document{out}
		}
		version := performance.Version{At: 0, Document: forecast.Document{}}
		for i := range n {
			version.Document.Lines = append(version.Document.Lines, forecast.Line{Item: forecast.Item{BuyersID: "P"}, Location: forecast.Location{Region: fmt.Sprint("b", i)}, Unit: "PK", Kind: forecast.Total})
		}
		c := remedy.Case{Terms: d, SLA: d.SLAs[0], Period: year, Buyer: docs("b"), Seller: docs("s"), Records: remedy.Records{Forecasts: [][]performance.Version{{version}}}}
		return testing.AllocsPerRun(1, func() { remedy.Evaluate(c) })
	}
	for _, code := range []measure.Code{measure.UnitFill, measure.StockCover, measure.WAPE, measure.Adherence} {
		small, large := cost(code, 1_000), cost(code, 2_000)
		if large > 3*small {
			t.Errorf("%s: %.0f allocations for a thousand cells, %.0f for two thousand", code, small, large)
		}
	}
}
