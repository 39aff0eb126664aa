package desk

import (
	"strings"
	"testing"

	"kontor/node"
	"kontor/protocol/calendar"
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
