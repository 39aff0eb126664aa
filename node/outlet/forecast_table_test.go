package outlet

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kontor/node/intake"
	"kontor/node/intake/door"
	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// full is a forecast that says all that a table can hold.
func full() forecast.Document {
	day := calendar.MustDate
	q := func(n int64) *quantity.Quantity { v := quantity.Of(n); return &v }
	cell := func(week string, mean, accumulated int64, firm forecast.Firmness) forecast.Cell {
		c := forecast.Cell{Bucket: calendar.MustBucket(week), Mean: quantity.Of(mean), Firmness: firm, Accumulated: q(accumulated), Ordered: q(mean / 2)}
		c.Quantiles = []forecast.Quantile{{P: 100_000, Q: quantity.Of(mean - 1)}, {P: 975_000, Q: quantity.Of(mean + 1)}}
		c.Cumulative = []forecast.Quantile{{P: 500_000, Q: quantity.Of(accumulated)}, {P: 900_000, Q: quantity.Of(accumulated + 9)}}
		return c
	}
	first := intake.Planned(forecast.Item{BuyersID: "P-1"}, forecast.Location{GLN: "5410013000006"}, quantity.Pack, forecast.ByArrival)
	first.BucketBasis, first.SourcingShare, first.Lot, first.Reason = forecast.NetOfOrders, 333_333, quantity.Of(24), "CUSTOMER_ORDER_CHANGE"
	first.ShipFrom = []forecast.Location{{Region: "DE-BY"}, {UNLOCODE: "BEANR"}}
	first.Lifecycle = &forecast.Lifecycle{Status: forecast.LastBuy, Predecessor: "000123", Successor: "P-2", From: day("2027-03-01"), LastBuyBy: day("2027-06-30"), ServiceUntil: day("2037-06-30")}
	first.Schedule = &forecast.Schedule{Reset: day("2026-01-01"), Received: q(900), Backlog: q(35), LastDespatch: "0047",
		Fabrication: &forecast.Authorisation{Quantity: quantity.Of(1_000), From: day("2026-01-05"), To: day("2026-02-01")},
		Material:    &forecast.Authorisation{Quantity: quantity.Of(1_500), From: day("2026-01-05"), To: day("2026-03-01")}}
	first.Buckets = []forecast.Cell{cell("2026-W02", 50, 950, forecast.Firm), cell("2026-W03", 40, 990, forecast.Fabrication), cell("2026-W04", 10, 1000, forecast.RawMaterial), cell("2026-W05", 60, 1060, forecast.PlannedLevel)}
	second := intake.Planned(first.Item, first.Location, quantity.Pack, forecast.BySale)
	second.Kind, second.Category = forecast.Promotional, forecast.PhaseIn
	second.Buckets = []forecast.Cell{{Bucket: calendar.MustBucket("2026-W02"), Mean: quantity.Of(7), Firmness: forecast.PlannedLevel}, {Bucket: calendar.MustBucket("2026-W03"), Mean: quantity.Of(8), Firmness: forecast.PlannedLevel}}
	d := forecast.Document{Purpose: forecast.OrderForecast, Method: forecast.Method{Name: "file", Bands: forecast.BandsEmpirical}, Lines: []forecast.Line{first, second}}
	d.Header = artifact.Header{Type: forecast.Type, Issued: 1_767_571_200_000}
	d.Fences = []forecast.Fence{{UntilDays: 14, Zone: forecast.Frozen}, {UntilDays: 56, Zone: forecast.Slushy, UpPPM: 100_000, DownPPM: 125_000}, {UntilDays: 365, Zone: forecast.Free, UpPPM: 500_000, DownPPM: 500_000}}
	return d
}

// plainFirmness is a line with the firmness that a table does not write.
func plainFirmness(lines []forecast.Line) {
	for i := range lines {
		for k := range lines[i].Buckets {
			if c := &lines[i].Buckets[k]; c.Firmness == "" {
				c.Firmness = forecast.PlannedLevel
			}
		}
	}
}

// TestTableHoldsAll: every field of a forecast that a table has a column for comes back, in every layout.
func TestTableHoldsAll(t *testing.T) {
	for _, format := range []Format{CSV, XLSX} {
		for _, layout := range []intake.Layout{intake.ByPeriod, intake.Long, intake.Wide} {
			t.Run(string(format)+" "+string(layout), func(t *testing.T) {
				d := full()
				data, left, err := Forecast(d, format, Options{Layout: layout})
				if err != nil || len(left) > 0 {
					t.Fatalf("left out %v, %v", left, err)
				}
				if format == CSV {
					for _, name := range []string{"sourcing share", "33.3333%", "fabrication until,", "14:FROZEN 56:SLUSHY:10:12.5"} {
						if !strings.Contains(string(data), name) {
							t.Errorf("no %q in\n%s", name, data)
						}
					}
				}
				draft, report := door.Read(data, door.Options{})
				if draft == nil {
					t.Fatalf("refused: %v\n%s", report.Complaints, data)
				}
				if len(report.Notes) > 0 {
					t.Errorf("notes: %v", report.Notes)
				}
				m := draft.Message
				if forecast.FencesText(m.Fences) != forecast.FencesText(d.Fences) || m.Method.Bands != forecast.BandsEmpirical {
					t.Errorf("fences %v, method %v", m.Fences, m.Method)
				}
				plainFirmness(m.Lines)
				same(t, d.Lines, m.Lines, data)
			})
		}
	}
}

// TestTableOfSome: lines that say different things of themselves come back as they were, whatever a table has columns for.
func TestTableOfSome(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := full()
		d.Lines = d.Lines[:1]
		some := d.Lines[0]
		d.Lines = nil
		pick := func(name string) bool { return rapid.Bool().Draw(t, name) }
		for _, id := range []string{"A", "B", "C"}[:rapid.IntRange(1, 3).Draw(t, "lines")] {
			l := intake.Planned(forecast.Item{BuyersID: id}, some.Location, some.Unit, forecast.ByNeed)
			l.Buckets = nil
			schedule, cumulative, ordered := pick("schedule"), pick("cumulative"), pick("ordered")
			for _, c := range some.Buckets {
				if !schedule {
					c.Accumulated = nil
				}
				if !cumulative {
					c.Cumulative = nil
				}
				if !ordered {
					c.Ordered = nil
				}
				if pick("band") {
					c.Quantiles = nil
				}
				l.Buckets = append(l.Buckets, c)
			}
			if schedule {
				s := *some.Schedule
				if pick("fabrication") {
					s.Fabrication = nil
				}
				if pick("received") {
					s.Received = nil
				}
				l.Schedule = &s
			}
			if pick("life") {
				l.Lifecycle = &forecast.Lifecycle{Status: forecast.PhasingIn, Predecessor: rapid.SampledFrom([]string{"", "77"}).Draw(t, "predecessor")}
			}
			if pick("share") {
				l.SourcingShare = rapid.Int64Range(1, forecast.PPM).Draw(t, "ppm")
			}
			if pick("reason") {
				l.Reason = "NEW_PROMOTION"
			}
			if pick("lot") {
				l.Lot = quantity.Of(12)
			}
			l.Kind = rapid.SampledFrom([]forecast.Kind{forecast.Base, forecast.Total}).Draw(t, "kind")
			d.Lines = append(d.Lines, l)
		}
		format := rapid.SampledFrom([]Format{CSV, XLSX}).Draw(t, "format")
		data, _, err := Forecast(d, format, Options{Layout: rapid.SampledFrom([]intake.Layout{intake.ByPeriod, intake.Long, intake.Wide}).Draw(t, "layout")})
		if err != nil {
			t.Fatal(err)
		}
		draft, report := door.Read(data, door.Options{})
		if draft == nil {
			t.Fatalf("refused: %v\n%s", report.Complaints, data)
		}
		plainFirmness(draft.Message.Lines)
		same(t, d.Lines, draft.Message.Lines, data)
	})
}
