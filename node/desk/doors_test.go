package desk

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"kontor/node"
	"kontor/node/intake"
	"kontor/node/outlet"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

var update = flag.Bool("update", false, "write the matrix of tables; review the diff")

// matrixPage holds the matrix between its two marks.
const (
	matrixPage  = "../../protocol/doc/doors.md"
	matrixBegin = "<!-- tables: written by a test -->\n"
	matrixEnd   = "<!-- end of tables -->\n"
)

// tables are the kinds that go through CSV and XLSX, each with a first file in which the figure 4711 stands, and the way it is taken in.
var tables = []struct {
	name string
	kind intake.Kind
	text string
	// seller: the desk of the seller keeps it; else that of the buyer
	seller bool
}{
	{"forecast", intake.Forecast, "product,region,period,unit,mean,p90\nA,DE,2026-W01,C62,4711,5000\nA,DE,2026-W02,C62,90,120\nB,FR,2026-W01,KGM,7.5,9\n", false},
	{"answer", intake.Answers, "", true},
	{"capacity plan", intake.Capacity, "line,product,load factor,unit,period,maximum,actual\nPress 1,A,1.5,HUR,2026-W01,4711,400\nPress 1,A,1.5,HUR,2026-W02,500,410\nPress 1,B,2,HUR,2026-W01,4711,400\nPress 1,B,2,HUR,2026-W02,500,410\nOven,A,1,HUR,2026-W01,90,80\n", true},
	{"campaigns", intake.Campaign, "event,name,type,from,to,product,region,bucket,lift,p10,p90,depth,buyer share\nspring,Spring,HOLIDAY,2027-03-01,2027-03-28,A,DE,2027-03,4711,1000,6000,20,60\nspring,Spring,HOLIDAY,2027-03-01,2027-03-28,B,DE,2027-03,12,,,20,60\nfair,Fair,RETAILER_EVENT,2027-05-01,2027-05-03,A,FR,,,,,,\n", false},
	{"quality", intake.Quality, "product,region,process,period,denominator,unit,inspected,defectives,confirmed\nA,DE,paint,2026-01,INSPECTED,C62,4711,3,2\nA,DE,paint,2026-02,INSPECTED,C62,900,1,1\n", true},
	{"terms", intake.Terms, "", false},
	{"performance", intake.Performance, "product,region,period,unit,days listed,days out,demand,ordered,shipped,received,on hand\nA,DE,2026-01,C62,31,2,5000,4900,4800,4711,12\nA,DE,2026-02,C62,28,0,100,90,80,70,9\n", false},
	{"order lines", OrderLines, "order,line,product,place,unit,due,event,delivery,delivered,ordered,accepted\nPO-1,10,A,DE,C62,2026-01-10,RECEIPT_POSTED,D-1,2026-01-09,5000,4711\nPO-1,20,B,DE,C62,2026-01-10,,,,50,\n", false},
	{"product map", intake.Products, "product,gtin,description,unit,partner item,from,until,units,share\nA,4006381333931,Valve,C62,V-9,2026-01-01,2027-01-01,4711,50\nA,4006381333931,Valve,C62,V-8,2026-01-01,,12,50\nB,,Seal,C62,,,,,\n", true},
	{"history", intake.History, "product,region,period,quantity\nA,DE,2026-01,4711\nA,DE,2026-02,90\nB,FR,2026-01,7.5\n", false},
	{"bill of materials", intake.Bill, "product,component,unit,quantity per unit\nA,STEEL,KGM,4711\nA,BOLT,C62,4\nB,STEEL,KGM,0.125\n", true},
	{"stock", intake.Stock, "product,region,on hand,in transit,backlog\nA,DE,4711,10,0\nB,FR,7.5,0,3\n", true},
}

var tableLayouts = []intake.Layout{intake.ByPeriod, intake.Long, intake.Wide, outlet.FieldLines, outlet.Records}

// Every kind goes out in every layout that it has, as CSV and as XLSX; comes in again and changes nothing; and with one figure changed in the file, that
// figure alone is what an import would change. The page says which squares those are.
func TestTables(t *testing.T) {
	buyer, seller := foundDesk(t, "Buyer"), foundDesk(t, "Seller")
	p := buyer.buysFrom(t, seller)
	line := intake.Planned(forecast.Item{BuyersID: "A"}, forecast.Location{Region: "DE"}, quantity.Piece, forecast.ByNeed)
	line.Buckets = []forecast.Cell{{Bucket: calendar.MustBucket("2026-W01"), Mean: quantity.Of(4711)}, {Bucket: calendar.MustBucket("2026-W02"), Mean: quantity.Of(90)}}
	asked := buyer.shares(t, p, line)
	soon(t, "the forecast", func() bool {
		held, err := seller.NewestForecast("Buyer")
		return err == nil && held == asked
	})
	var page strings.Builder
	page.WriteString("| | " + strings.Repeat("CSV %s | ", len(tableLayouts)) + strings.Repeat("XLSX %s | ", len(tableLayouts)) + "\n|" + strings.Repeat("---|", 1+2*len(tableLayouts)) + "\n")
	var heads []any
	for range 2 {
		for _, l := range tableLayouts {
			heads = append(heads, l)
		}
	}
	text := fmt.Sprintf(page.String(), heads...)
	for _, table := range tables {
		d, other := buyer.Desk, "Seller"
		if table.seller {
			d, other = seller.Desk, "Buyer"
		}
		text += "| " + table.name + " |"
		if table.text != "" {
			if _, err := takeTable(d, table.kind, []byte(table.text), ImportOptions{From: other}); err != nil {
				t.Fatalf("%s: %v", table.name, err)
			}
		}
		if table.kind == intake.Terms { // one figure that stands once
			file, err := d.TermsDraft(TermsQuery{})
			if err != nil {
				t.Fatal(err)
			}
			file.NoticeDays = 4711
			data, err := WriteTerms(file)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := d.ImportTerms(data, TermsImport{}); err != nil {
				t.Fatal(err)
			}
		}
		for _, format := range []outlet.Format{outlet.CSV, outlet.XLSX} {
			for _, layout := range tableLayouts {
				text += " " + square(t, d, table.name, table.kind, other, format, layout) + " |"
			}
		}
		text += "\n"
	}
	data, err := os.ReadFile(matrixPage)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(data), matrixBegin)
	old, after, closed := strings.Cut(rest, matrixEnd)
	if !ok || !closed {
		t.Fatalf("%s has no marks for the matrix", matrixPage)
	}
	if *update {
		if err := os.WriteFile(matrixPage, []byte(before+matrixBegin+text+matrixEnd+after), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if old != text {
		t.Errorf("%s says\n%s\nand what runs is\n%s\nrun go test ./node/desk -run Tables -update and review", matrixPage, old, text)
	}
}

// takeTable imports a file the way a person does.
func takeTable(d *Desk, kind intake.Kind, data []byte, o ImportOptions) (ImportResult, error) {
	switch kind {
	case OrderLines, intake.Performance:
		return d.ImportPerformance(data, PerformanceImport{ImportOptions: o, With: o.From})
	case intake.Products: // a description alone makes a table one of products
		return d.Import(kind, data, o)
	}
	return d.Import("", data, o) // found by content
}

// square tries one square of the matrix: "yes", "out" where it is written and not read, "-" where it is not written.
func square(t *testing.T, d *Desk, name string, kind intake.Kind, with string, format outlet.Format, layout intake.Layout) string {
	t.Helper()
	at := fmt.Sprintf("%s as %s, %s", name, format, layout)
	o := ExportOptions{Kind: string(kind), Format: string(format), Layout: string(layout)}
	if kind == intake.Answers || kind == intake.Performance || kind == OrderLines {
		o.With = with
	}
	out, err := d.Export(o)
	if err != nil {
		if node.AsFailure(err).Code != "EXPORT_REFUSED" {
			t.Errorf("%s: %v", at, err)
		}
		return "-"
	}
	in := ImportOptions{From: with, DryRun: true}
	same, err := takeTable(d, kind, out.Data, in)
	if err != nil {
		if outlet.AllFields(layout) {
			return "out"
		}
		t.Errorf("%s is not read: %v\n%s", at, err, shown(format, out.Data))
		return "out"
	}
	if kind == intake.Answers && same.Difference.Added > 0 { // the first answer is a draft of its own
		if same, err = takeTable(d, kind, out.Data, ImportOptions{From: with}); err == nil {
			same, err = takeTable(d, kind, out.Data, in)
		}
		if err != nil {
			t.Fatalf("%s: %v", at, err)
		}
	}
	if x := same.Difference; x.Added+x.Changed+x.Removed > 0 {
		t.Errorf("%s: unchanged, it would change %+v\n%s", at, x.Cells, shown(format, out.Data))
	}
	edited, err := takeTable(d, kind, edit(t, format, out.Data), in)
	if err != nil {
		t.Errorf("%s, edited, is not read: %v\n%s", at, err, shown(format, edit(t, format, out.Data)))
		return "out"
	}
	if x := edited.Difference; x.Added+x.Removed > 0 || x.Changed != 1 || !strings.Contains(x.Cells[0].Before, "4711") || !strings.Contains(x.Cells[0].After, "4712") {
		t.Errorf("%s: one figure was changed, and the import would change %+v\n%s", at, x.Cells, shown(format, out.Data))
		return "out"
	}
	return "yes"
}

func shown(format outlet.Format, data []byte) []byte {
	if format == outlet.XLSX {
		return nil
	}
	return data
}

// edit makes 4712 of the last 4711 of a file, and of each that says the same: the capacity of a line stands once for each product.
func edit(t *testing.T, format outlet.Format, data []byte) []byte {
	t.Helper()
	if format == outlet.CSV {
		if i := bytes.LastIndex(data, []byte("4711")); i >= 0 && !bytes.Contains(data, []byte("Press 1")) {
			return append(append(bytes.Clone(data[:i]), "4712"...), data[i+4:]...)
		}
		return bytes.ReplaceAll(data, []byte("4711"), []byte("4712"))
	}
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	var last []string
	for i, row := range rows {
		for k, v := range row {
			if v == "4711" {
				at, err := excelize.CoordinatesToCellName(k+1, i+1)
				if err != nil {
					t.Fatal(err)
				}
				if last = append(last, at); row[0] != "Press 1" {
					last = last[len(last)-1:]
				}
			}
		}
	}
	for _, at := range last {
		if err := f.SetCellValue("Sheet1", at, 4712); err != nil {
			t.Fatal(err)
		}
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
