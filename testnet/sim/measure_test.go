package sim

import (
	"encoding/json"
	"testing"
	"time"

	"kontor/node/desk"
)

// What is measured, from the first forecast to the figures of two months later: the buyer's forecast meets what both sides report, stock before
// and after a day is compared, and both nodes come to the same, to the last digit.
func TestBothNodesMeasureTheSame(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		agency, maker := w.found("Agency"), w.found("Maker")
		pid := agency.buysFrom(maker)
		share := func(csv string) {
			t.Helper()
			_, err := agency.desk.ImportForecast([]byte("product,region,month,mean,p10,p50,p90,unit\n"+csv), desk.ImportOptions{})
			check(t, err)
			_, err = agency.desk.ShareForecast(t.Context(), "Maker", "")
			check(t, err)
			agency.inStep(pid, maker, time.Minute)
		}
		share("ZDV-300,CI,2026-12,1000,900,1000,1100,PK\nZDV-300,CI,2027-01,1000,900,1000,1100,PK\nZDV-300,CI,2027-02,500,400,500,600,PK\n")
		share("ZDV-300,CI,2026-12,1000,900,1000,1100,PK\nZDV-300,CI,2027-01,1200,1100,1200,1300,PK\nZDV-300,CI,2027-02,500,400,500,600,PK\n")

		// Nobody is awake until the two months are over.
		agency.close()
		maker.close()
		time.Sleep(time.Until(time.Date(2027, 2, 3, 9, 0, 0, 0, time.UTC)))
		agency.open()
		maker.open()
		agency.Confirm() // two months later, somebody looks at the clock
		maker.Confirm()
		for _, r := range []struct {
			of              *company
			window, figures string
		}{
			{agency, "2026-12", "ZDV-300,CI,2026-12,1100,1080,0,31,9\n"}, {agency, "2027-01", "ZDV-300,CI,2027-01,1000,1000,700,31,1\n"},
			{maker, "2026-12", "ZDV-300,CI,2026-12,,1080,,,\n"}, {maker, "2027-01", "ZDV-300,CI,2027-01,,900,,,\n"},
		} {
			_, err := r.of.desk.ImportPerformance([]byte("product,region,month,demand,received,on hand,days listed,days out,unit\n"+r.figures[:len(r.figures)-1]+",PK\n"), desk.PerformanceImport{})
			check(t, err)
			_, err = r.of.desk.SharePerformance(t.Context(), desk.PerformanceQuery{Window: r.window}, "")
			check(t, err)
			agency.inStep(pid, maker, 2*time.Minute)
		}
		var texts [2]string
		found := map[string]desk.MeasuredValue{}
		for i, c := range []*company{agency, maker} {
			out, err := c.desk.Measure(desk.MeasureQuery{Cover: "28", Since: "2027-01-01"})
			check(t, err)
			text, err := json.Marshal(out)
			check(t, err)
			texts[i] = string(text)
			for _, g := range out {
				for _, v := range g.Results {
					found[g.Of+" "+string(v.Measure)] = v
				}
			}
		}
		if texts[0] != texts[1] {
			t.Fatalf("the buyer measures\n%s\nand the seller\n%s", texts[0], texts[1])
		}
		for what, want := range map[string]string{
			"forecast WAPE":                         "0.1428571428571428571428571428571429", // 100 of 1100 and 200 of 1000
			"forecast BIAS":                         "0.04761904761904761904761904761904762",
			"forecast MAPE":                         "0.14545454545454545454545454545454545",
			"stock STOCKOUT_RATE":                   "0.1612903225806451612903225806451613", // 10 days of 62
			"stock before 2027-01-01 STOCKOUT_RATE": "0.2903225806451612903225806451612903",
			"stock from 2027-01-01 STOCKOUT_RATE":   "0.03225806451612903225806451612903226",
			"stock from 2027-01-01 OVERSTOCK":       "0.1428571428571428571428571428571429", // 700, and 600 for February
			"revisions REVISED_SHARE":               "0.3333333333333333333333333333333333",
		} {
			v := found[what]
			if want := want[:min(len(want), 30)]; len(v.Value) < len(want) || v.Value[:len(want)] != want || v.Definition == "" {
				t.Errorf("%s is %q (%s) of %d, want %s", what, v.Value, v.Reason, v.Count, want)
			}
		}
		// The receipts of January differ by a tenth: they are disputed, not averaged.
		out, err := maker.desk.Measure(desk.MeasureQuery{Basis: "RECEIPT"})
		check(t, err)
		if v := out[0].Results[0]; v.Count != 1 || v.Excluded["DISPUTED"] != 1 {
			t.Errorf("receipts: %+v", v)
		}
	})
}
