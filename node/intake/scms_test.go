package intake

import (
	"cmp"
	"encoding/json"
	"slices"
	"testing"

	"kontor/testnet/data"
	"kontor/testnet/data/external"
)

// The two dirty copies of one data set have other header case, other date
// style, a byte order mark and other line ends. Both import to the same rows,
// without an option, and to the on-time figure that is known.
func TestBothCopiesOfTheDeliveryHistoryImportToTheSameFigures(t *testing.T) {
	one, first := Read(external.Read(t, "delivery", "scms", "SCMS_Delivery_History_Dataset.csv.gz"), Options{})
	two, second := Read(external.Read(t, "delivery", "scms", "SCMS_Delivery_History_lowercased.csv.gz"), Options{})
	if one == nil || two == nil {
		t.Fatalf("refused: %v, %v", first.Complaints, second.Complaints)
	}
	var want struct {
		Rows   int     `json:"rows"`
		OnTime int     `json:"on_time"`
		Early  int     `json:"early"`
		Pct    float64 `json:"on_time_pct"`
	}
	if err := json.Unmarshal(external.Read(t, "delivery", "scms", "expected.json"), &want); err != nil {
		t.Fatal(err)
	}
	if len(one.History) != want.Rows || len(two.History) != want.Rows {
		t.Fatalf("%d and %d rows, want %d", len(one.History), len(two.History), want.Rows)
	}
	// The copies are in another order: compare what they say, not where.
	for _, d := range []*Draft{one, two} {
		for i := range d.History {
			d.History[i].Line = 0
		}
		slices.SortFunc(d.History, func(a, b HistoryRow) int {
			return cmp.Or(a.Period.Compare(b.Period), cmp.Compare(a.Product, b.Product), cmp.Compare(a.Region, b.Region), a.Quantity.Cmp(b.Quantity), a.Due.Compare(b.Due))
		})
	}
	onTime, early := 0, 0
	for i, a := range one.History {
		if a != two.History[i] {
			t.Fatalf("row %d: %+v and %+v", i, a, two.History[i])
		}
		if a.Period.Start <= a.Due.Start {
			onTime++
		}
		if a.Period.Start < a.Due.Start {
			early++
		}
	}
	if onTime != want.OnTime || early != want.Early {
		t.Errorf("%d on time and %d early, want %d and %d", onTime, early, want.OnTime, want.Early)
	}
	if pct := 100 * float64(onTime) / float64(len(one.History)); pct < want.Pct-0.00005 || pct > want.Pct+0.00005 {
		t.Errorf("%.4f %% on time, want %.4f", pct, want.Pct)
	}
	t.Logf("%d rows, %.4f %% on time, %v", len(one.History), 100*float64(onTime)/float64(len(one.History)), first.Notes)
}

func TestTheDemonstrationsTablesImportByThemselves(t *testing.T) {
	for _, c := range []struct {
		kind Kind
		data []byte
		rows int
	}{
		{History, data.Monthly(), 2112},
		{Products, data.Products(), 12},
		{Bill, data.BillOfMaterials(), 21},
	} {
		draft, report := Read(c.data, Options{})
		if draft == nil || report.Kind != c.kind || report.Imported != c.rows {
			t.Errorf("%s: %s, %d rows, %v", c.kind, report.Kind, report.Imported, report.Complaints)
		}
	}
}
