package desk

import (
	"strings"
	"testing"

	"kontor/node"
	"kontor/protocol/calendar"
	"kontor/protocol/performance"
)

// Stock of one product at two places stays two stocks, as of the days they were counted; a file replaces both.
func TestStockOfTwoPlaces(t *testing.T) {
	d := foundDesk(t, "Shop")
	message := func(lines string) []byte {
		return []byte("UNB+UNOA:3+B+S+260119:1420+91'UNH+1+INVRPT:D:96A:UN:EAN004'BGM+35+1+9'DTM+137:20260709:102'DTM+366:20260708:102'LIN+1++X-1:SA'" + lines)
	}
	both := message("QTY+145:480:PCE'LOC+14+7320555090046::9'QTY+145:36:PCE'LOC+14+7320555012017::9'DTM+366:20260707:102'UNT+11+1'UNZ+1+91'")
	if _, err := d.ImportStock(both, ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	rows, err := d.stock()
	if err != nil || len(rows) != 2 {
		t.Fatalf("%+v, %v", rows, err)
	}
	got := map[string]string{}
	for _, r := range rows {
		got[r.Place] = r.OnHand.String() + " " + r.AsOf.String()
	}
	if got["7320555090046"] != "480 2026-07-08" || got["7320555012017"] != "36 2026-07-07" {
		t.Errorf("%v", got)
	}
	one := message("QTY+145:50:PCE'LOC+14+7320555090046::9'UNT+8+1'UNZ+1+91'")
	if _, err := d.ImportStock(one, ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	if rows, err = d.stock(); err != nil || len(rows) != 1 || rows[0].OnHand.String() != "50" {
		t.Errorf("%+v, %v", rows, err)
	}
}

// Sales below zero are taken off their month; a month that ends below zero counts as 0, and that is said.
func TestReturnsAreTakenOffTheMonth(t *testing.T) {
	d := foundDesk(t, "Shop")
	result, err := d.ImportHistory([]byte("UNB+UNOA:3+B+S+260119:1420+91'UNH+1+SLSRPT:D:96A:UN:EAN004'BGM+73E+1+9'DTM+137:20260305:102'"+
		"LOC+162+SE::5'DTM+356:20260105:102'LIN+1++A:SA'QTY+153:34'LIN+2++B:SA'QTY+153:-2'"+
		"LOC+162+SE::5'DTM+356:20260106:102'LIN+3++A:SA'QTY+153:-4'UNT+14+1'UNZ+1+91'"), ImportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	err = d.node.ReadPrivate(func(p node.PrivateRows) error {
		return p.Scan(historyRows, func(_ string, decode func(any) error) (bool, error) {
			var row historyRow
			err := decode(&row)
			for _, m := range row.Months {
				got[row.Product+" "+m.Month] = m.Quantity.String()
			}
			return true, err
		})
	})
	january := calendar.MustBucket("2026-01").Start.Month().String()
	if err != nil || got["A "+january] != "30" || got["B "+january] != "0" {
		t.Errorf("%v, %v", got, err)
	}
	said := false
	for _, n := range result.Report.Notes {
		said = said || strings.Contains(n.Text, "counts as 0") && n.Value == "B"
	}
	if !said {
		t.Errorf("notes %v", result.Report.Notes)
	}
}

// Messages of sales and stock become figures of one report: stock of the last day stands in the month that was sold in, stock of a day in between is
// left out and said, and a despatch advice is still order lines.
func TestMessagesOfSalesAndStockAreFigures(t *testing.T) {
	buyer, seller := foundDesk(t, "Buyer"), foundDesk(t, "Seller")
	buyer.buysFrom(t, seller)
	envelope := func(kind, body string) []byte {
		return []byte("UNB+UNOA:3+B+S+260119:1420+91'UNH+1+" + kind + ":D:96A:UN'BGM+35+1+9'" + body + "UNZ+1+91'")
	}
	files := [][]byte{
		envelope("SLSRPT", "DTM+90:20260101:102'DTM+91:20260131:102'LIN+1++A:IN'QTY+153:40:PCE'QTY+61:2:PCE'UNT+8+1'"),
		envelope("INVRPT", "DTM+366:20260131:102'LIN+1++A:IN'QTY+145:480:PCE'QTY+89:20:PCE'UNT+7+1'"),
		envelope("INVRPT", "DTM+366:20260115:102'LIN+1++A:IN'QTY+145:300:PCE'UNT+6+1'"),
		envelope("DESADV", "DTM+11:20260119:102'RFF+ON:PO-1'LIN+1++B:IN'QTY+12:7:PCE'UNT+7+1'"),
	}
	for _, f := range files {
		if _, err := buyer.ImportPerformance(f, PerformanceImport{}); err != nil {
			t.Fatal(err)
		}
	}
	out, err := buyer.PreviewPerformance(PerformanceQuery{Window: "2026-01"})
	if err != nil || len(out.Findings) > 0 {
		t.Fatal(err, out.Findings)
	}
	got := map[string]string{}
	for _, c := range out.Document.Cells {
		for _, f := range performance.Figures {
			if q := *c.At(f); q != nil {
				got[c.Key()] += string(f) + " " + q.String() + " "
			}
		}
	}
	if len(got) != 2 || got["A||2026-01"] != "sold 40 returned 2 onHand 500 blocked 20 " || !strings.Contains(got["B||2026-01"], "shipped 7") {
		t.Errorf("%q", got)
	}
	if !strings.Contains(strings.Join(out.Notes, "\n"), "A||2026-01-15 was counted inside 2026-01") {
		t.Errorf("notes %q", out.Notes)
	}
}
