package intake

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"kontor/protocol/calendar"
	"kontor/protocol/measure"
	"kontor/protocol/performance"
	"kontor/testnet/data/external"
)

// The delivery history of ten years, both dirty copies, as order lines: they add up to the on-time share that is known, over cells of months and
// over the whole, and both copies give the same roots.
func TestDeliveryHistoryAsOrderLines(t *testing.T) {
	var want struct {
		Rows   int `json:"rows"`
		OnTime int `json:"on_time"`
	}
	if err := json.Unmarshal(external.Read(t, "delivery", "scms", "expected.json"), &want); err != nil {
		t.Fatal(err)
	}
	months := calendar.MonthsFrom(calendar.MustDate("2006-01-01").Month(), 120)
	roots := map[string][]byte{}
	for _, name := range []string{"SCMS_Delivery_History_Dataset.csv.gz", "SCMS_Delivery_History_lowercased.csv.gz"} {
		records, report := ReadOrderLines(external.Read(t, "delivery", "scms", name), performance.Arrival, Options{})
		if records == nil {
			t.Fatalf("%s: %v", name, report.Complaints[:min(3, len(report.Complaints))])
		}
		drawn, err := performance.Aggregate(records, measure.Setting{"event": "ARRIVAL"}, months, 0)
		if err != nil {
			t.Fatal(err)
		}
		d, lines := measure.Deliveries{}, 0
		salt := performance.NewSalt([]byte("salt"))
		for _, x := range drawn {
			d.AddCounts(x.Cell.Deliveries.Counts())
			lines += len(x.Lines)
			tree, err := performance.NewTree(salt, x.Cell.Key(), x.Lines)
			if err != nil {
				t.Fatal(err)
			}
			key := x.Cell.Key()
			if was, both := roots[key]; both && !bytes.Equal(was, tree.Root().Root) {
				t.Fatalf("%s: the copies give other roots", key)
			}
			roots[key] = tree.Root().Root
		}
		r := d.Result(measure.OnTime)
		if lines != want.Rows || r.Count != want.Rows || r.Text(6) != "0.885122" || !r.Measured() {
			t.Errorf("%s: %d lines, on time %s of %d; want 0.885122 of %d", name, lines, r.Text(6), r.Count, want.Rows)
		}
		t.Logf("%d lines in %d cells", lines, len(drawn))
	}
}

func TestPerformanceTables(t *testing.T) {
	cells, report := ReadFigures([]byte("product,gln,month,demand,sold,on hand,days listed,days out,cum received,unit\nA,5412345000013,2026-10,10,,4,31,2,900,PK\nA,FR,2026-10,0,0,,,,,PK\n"), Options{})
	if len(cells) != 2 || cells[0].Place.GLN == "" || cells[0].Sold != nil || cells[0].Days.Out != 2 || cells[0].Cumulative.Since.String() != "2026-01-01" || cells[1].Demand.Sign() != 0 {
		t.Errorf("%+v %v", cells, report.Complaints)
	}
	records, report := ReadOrderLines([]byte("po;product;due;ordered;delivered;accepted;event;cancelled\n1;A;2026-10-01;5;2026-10-02;4;Dock;\n2;A;2026-10-01;5;;;;yes\n"), performance.ReceiptPosted, Options{})
	if len(records) != 2 || records[0].Event != performance.Dock || records[1].Event != "" || !records[1].Canceled {
		t.Errorf("%+v %v", records, report.Complaints)
	}
	for table, want := range map[string]string{
		"product,month,sold\nA,2026-10,\n":                                       "a row without a figure",
		"product,month,sold\nA,2026-10,-4\n":                                     "below zero",
		"product,month,on hand,days listed,days out\nA,2026-10,4,1.5,1\n":        "no whole number",
		"product,month,sold\nA,2026-10,4\nA,2026-10,5\n":                         "that product, place and period",
		"order,product,delivered,accepted\nP,A,2026-10-01,-4\n":                  "below zero",
		"order,product,delivered,event\nP,A,2026-10-01,ELSEWHERE\n":              "unknown event",
		"order,product,due,exclusion\nP,A,2026-10-01,BECAUSE\n":                  "no reason of the closed list",
		"order,product,delivered\nP,A,2026-10-01\nP,A,2026-10-01\n":              "the same as line 2",
		"order,product,delivered,accepted\nP,A,2026-10-01,1\nP,A,2026-10-01,2\n": "that order line, event and delivery",
	} {
		var report *Report
		if IsOrderLines([]byte(table), Options{}) {
			var list []performance.Record
			list, report = ReadOrderLines([]byte(table), performance.ReceiptPosted, Options{})
			if list != nil {
				t.Errorf("%q passes", table)
			}
		} else {
			var list []performance.Cell
			list, report = ReadFigures([]byte(table), Options{})
			if list != nil {
				t.Errorf("%q passes", table)
			}
		}
		text := ""
		for _, c := range report.Complaints {
			text += c.String() + "\n"
		}
		if !strings.Contains(text, want) {
			t.Errorf("%q: want %q in %s", table, want, text)
		}
	}
}
