package sim

import (
	"testing"
	"time"

	"kontor/node/desk"
	"kontor/testnet/data"
)

// Two companies 25 ms apart pair, and the buyer shares a forecast of every product and country of eight years of deliveries. It shows that
// what was shared is in the partner's hands within half a second, figures and all.
func TestForecastIsHeldAcrossTheSea(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		agency, maker := w.found("Agency"), w.found("Maker")
		pid := agency.buysFrom(maker)
		t.Logf("paired after %v", time.Since(firstDay))
		agency.inStep(pid, maker, time.Minute)

		_, err := agency.desk.ImportHistory(data.Monthly(), desk.ImportOptions{Unit: "PK"})
		check(t, err)
		drawn, err := agency.desk.Baseline(desk.BaselineOptions{Horizon: 3, DropLastMonth: true})
		check(t, err)
		shared, err := agency.desk.ShareForecast(t.Context(), "Maker", "")
		check(t, err)
		took := maker.await(pid, agency.Company(), agency.head(pid, agency.Company()), 10*time.Second)
		t.Logf("%d lines, %d buckets, %d bytes: held after %v", drawn.Lines, drawn.Buckets, shared.Bytes, took)
		if took > 500*time.Millisecond {
			t.Errorf("the forecast took %v", took)
		}
		doc, err := maker.desk.Forecast(shared.CID)
		check(t, err)
		if len(doc.Lines) != drawn.Lines {
			t.Errorf("the maker reads %d lines of %d", len(doc.Lines), drawn.Lines)
		}

		// A revision of the figures of one product is no slower.
		_, err = agency.desk.Adjust(desk.AdjustOptions{Product: "EFV600-30", Percent: 10, Reason: "REVISED_PLAN"})
		check(t, err)
		shared, err = agency.desk.ShareForecast(t.Context(), "Maker", "")
		check(t, err)
		took = maker.await(pid, agency.Company(), agency.head(pid, agency.Company()), 10*time.Second)
		t.Logf("revision %d with %d changes: held after %v", shared.Revision, shared.Changes, took)
		if took > 500*time.Millisecond {
			t.Errorf("the revision took %v", took)
		}
		agency.inStep(pid, maker, time.Minute)
	})
}
