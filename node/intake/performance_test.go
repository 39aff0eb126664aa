package intake

import (
	"bytes"
	"encoding/json"
	"fmt"
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

// What a perfect order and a lead time need, from a table of lines: dates of orders, damage, documents and evidence; an empty cell says that nobody looked.
func TestOrderLinesOfPerfectOrders(t *testing.T) {
	cid := "bafyreigjh6wkyl4dh6p3zqw6hzqyjcqyahi42iiatrs7pf3pzlgvyw54z4"
	records, report := ReadOrderLines([]byte("po,line,product,ordered on,due,ordered,received,accepted,damaged,right documents,exclusion,evidence\n"+
		"1,1,A,2026-09-01,2026-10-01,5,2026-10-01,5,0,yes,,\n2,1,A,,2026-10-01,5,2026-10-01,5,,,,\n3,1,A,2026-09-01,2026-10-01,5,2026-10-09,5,2,no,FORCE_MAJEURE,"+cid+"\n"), performance.ReceiptPosted, Options{})
	if len(records) != 3 {
		t.Fatal(report.Complaints)
	}
	for i, want := range []string{"2026-09-01 0 true", "none - -", "2026-09-01 2 false"} {
		r := records[i]
		on, damaged, documents := "none", "-", "-"
		if r.OrderedOn != 0 {
			on = r.OrderedOn.String()
		}
		if r.Damaged != nil {
			damaged = r.Damaged.String()
		}
		if r.Documents != nil {
			documents = fmt.Sprint(*r.Documents)
		}
		if got := on + " " + damaged + " " + documents; got != want {
			t.Errorf("row %d: %s, want %s", i, got, want)
		}
	}
	if e := records[2].Evidence; e == nil || e.String() != cid {
		t.Errorf("evidence %v", e)
	}
	for _, bad := range []string{",,,," + cid, ",-1,,,", ",,maybe,,", ",,,FORCE_MAJEURE,letter"} {
		text := "po,product,due,received,accepted,damaged,documents,exclusion,evidence\n1,A,2026-10-01,2026-10-01,5"
		if list, report := ReadOrderLines([]byte(text+bad+"\n"), performance.ReceiptPosted, Options{}); list != nil || report.OK() {
			t.Errorf("%q is read", bad)
		}
	}
}

// Counts of lines and orders, by columns, by a line for each, and by a column for each period.
func TestCountsOfOrders(t *testing.T) {
	want := "{Due:10 First:7 Whole:9 LeftOut:[]} {Due:4 First:2 Whole:2 LeftOut:[]} {Due:4 OnTime:3 InFull:3 Undamaged:4 Documents:4 All:2 LeftOut:[]} {Due:4 Days:50 Open:0 LeftOut:[]} {Due:5 Both:3 LeftOut:[]}"
	columns := []struct{ name, value string }{{"lines due", "10"}, {"lines filled", "7"}, {"lines filled later", "9"}, {"orders due", "4"}, {"orders filled", "2"}, {"orders judged", "4"}, {"orders on time", "3"}, {"orders in full", "3"}, {"orders undamaged", "4"}, {"orders with right documents", "4"}, {"perfect orders", "2"}, {"orders timed", "4"}, {"lead days", "50"}, {"orders judged on time in full", "5"}, {"orders on time in full", "3"}}
	head, row, long, wide := "product,month", "A,2026-10", "product,month,measure,value\n", "product,measure,2026-10\n"
	for _, c := range columns {
		head, row = head+","+c.name, row+","+c.value
		long += "A,2026-10," + c.name + "," + c.value + "\n"
		wide += "A," + c.name + "," + c.value + "\n"
	}
	for _, text := range []string{head + "\n" + row + "\n", long, wide} {
		options := Options{}
		if shaped, report := Reshape([]byte(text), Options{Kind: Performance}); shaped != nil {
			if shaped.Text == nil {
				t.Fatalf("%s\n%v", text, report.Complaints)
			}
			text, options = string(shaped.Text), shaped.Options
		}
		cells, report := ReadFigures([]byte(text), options)
		if len(cells) != 1 || cells[0].Service == nil {
			t.Fatalf("%s\n%v %+v", text, report.Complaints, cells)
		}
		s := cells[0].Service
		if got := fmt.Sprintf("%+v %+v %+v %+v %+v", s.Received.Lines, s.Received.Orders, *s.Perfect, *s.Lead, *s.Timely); got != want || s.Shipped != nil {
			t.Errorf("%s\n%s", text, got)
		}
	}
	if cells, report := ReadFigures([]byte("product,month,ordered,orders due,lead days\nA,2026-10,5,4,2\n"), Options{}); cells != nil || report.OK() {
		t.Error("orders due of which none were filled, and days of no orders")
	}
}
