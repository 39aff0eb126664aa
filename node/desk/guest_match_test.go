package desk

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kontor/node"
	"kontor/protocol/artifact"
	"kontor/protocol/capacity"
	"kontor/protocol/measure"
)

// The draft is set against what a supplier without a node gave: what comes late counts when it comes, and what it said nothing of is not compared.
func TestDraftAgainstWhatAGuestGives(t *testing.T) {
	d, _ := deskOf(t)
	if _, err := d.MatchGuest(GuestName{"Small Shop"}); node.AsFailure(err).Code != "NO_GUEST" {
		t.Errorf("nothing is recorded: %v", err)
	}
	take(t, d, askedOf, ImportOptions{})
	file, err := d.TemplateFor(GuestTemplate{Guest: "Small Shop"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Import("", filled(t, file.Data, map[string]any{"G5": 100, "H5": "2027-02-10", "G6": "40.5", "I6": "LEAD_TIME"}), ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	contract := func(want ...string) {
		t.Helper()
		m, err := d.MatchGuest(GuestName{"Small Shop"})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, g := range m.Result.Groups {
			for _, b := range g.Buckets {
				got = append(got, fmt.Sprintf("%s %s: %s of %s, %s", g.Group, b.Bucket, b.Demand.Format(1), b.Actual.Format(1), b.Verdict))
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
		short := 0
		for _, w := range want {
			if strings.HasSuffix(w, string(capacity.Bottleneck)) {
				short++
			}
		}
		if m.Grade != artifact.GradeC || m.Number != 1 || m.Bottlenecks != short || !m.Forecast.Defined() || !m.Plan.Defined() || len(m.Notes) != 1 || !strings.Contains(m.Notes[0], "Small Shop said nothing of it: 1 cell") {
			t.Errorf("grade %s, record %d, %d short, notes %q", m.Grade, m.Number, m.Bottlenecks, m.Notes)
		}
	}
	contract("=A1 DE 2027-01: 100.0 of 0.0, BOTTLENECK", "=A1 DE 2027-02: 50.0 of 140.5, SURPLUS")
	take(t, d, strings.Replace(askedOf, "2027-02,50", "2027-02,141", 1), ImportOptions{})
	contract("=A1 DE 2027-01: 100.0 of 0.0, BOTTLENECK", "=A1 DE 2027-02: 141.0 of 140.5, BOTTLENECK")
	take(t, d, "product,region,period,mean\nC,DE,2027-01,100\n", ImportOptions{})
	if _, err := d.MatchGuest(GuestName{"Small Shop"}); node.AsFailure(err).Code != "NO_FORECAST" {
		t.Errorf("the draft asks for none of it: %v", err)
	}
}

// What a customer without a node needs is set against lines and stock in a match of its own, stands beside what is promised and is never part of it.
func TestWhatAGuestNeedsAgainstLines(t *testing.T) {
	d, _ := deskOf(t)
	if _, err := d.ImportProducts([]byte("product,description,unit\nA,Valve,C62\nB,Seal,C62\n"), ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	first := time.Date(time.Now().Year(), time.Now().Month()+1, 1, 0, 0, 0, 0, time.UTC)
	next, after := first.Format("2006-01"), first.AddDate(0, 1, 0).Format("2006-01")
	file, err := d.TemplateFor(GuestTemplate{Guest: "Clinic", Kind: "forecast", From: next, Periods: 2})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Import("", filled(t, file.Data, map[string]any{"G5": 10, "G6": 500, "G7": 3}), ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.MatchGuest(GuestName{"Clinic"}); node.AsFailure(err).Code != "NO_CAPACITY" {
		t.Errorf("there are no lines: %v", err)
	}
	lines := fmt.Sprintf("line,product,load factor,unit,period,maximum,actual\nPress,A,1,C62,%[1]s,100,80\nPress,A,1,C62,%[2]s,100,80\nOven,Z,1,C62,%[1]s,9,9\n", next, after)
	if _, err := d.ImportCapacity([]byte(lines), ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.ImportStock([]byte("product,on hand,backlog\nA,7,2\nZ,1,0\n"), ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	m, err := d.MatchGuest(GuestName{"Clinic"})
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Result.Groups) != 1 || m.Result.Groups[0].Group != "Press" || m.Bottlenecks != 1 || m.Grade != artifact.GradeC || m.AtRisk == 0 || !strings.Contains(m.Notes[0], "also what is promised to others") {
		t.Errorf("%+v", m)
	}
	if !slices.ContainsFunc(m.Result.Products, func(p capacity.ProductMatch) bool {
		return p.Product == "A" && p.Ahead != nil && p.Ahead.Stock.String() == "5"
	}) {
		t.Errorf("the stock is not in it: %+v", m.Result.Products)
	}
	alone, err := d.Oversold()
	if err != nil || len(alone.Oversold) != 0 || alone.Guests != 0 || len(alone.WithGuests) != 0 {
		t.Errorf("what is promised holds what guests need: %+v, %v", alone, err)
	}
	both, err := d.OversoldWithGuests()
	if err != nil || len(both.Oversold) != 0 || both.Commitments != 0 || both.Guests != 3 || len(both.WithGuests) != 1 || both.WithGuests[0].Line != "Press" || !slices.Equal(both.WithGuests[0].Partners, []string{"Clinic (grade C)"}) {
		t.Errorf("%+v, %v", both, err)
	}
}

// What was counted with a partner without a node is measured by itself, against what it said it needs or was asked for and gave, as grade C.
func TestMeasuresOfAGuest(t *testing.T) {
	d, _ := deskOf(t)
	if _, err := d.ImportProducts([]byte("product,description,unit\nA,Valve,C62\n"), ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	first := time.Date(time.Now().Year(), time.Now().Month()+1, 1, 0, 0, 0, 0, time.UTC)
	next := first.Format("2006-01")
	need := func(n int) {
		t.Helper()
		file, err := d.TemplateFor(GuestTemplate{Guest: "Clinic", Kind: "forecast", From: next, Periods: 1})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Import("", filled(t, file.Data, map[string]any{"G5": n}), ImportOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	need(20)
	need(10)
	counted := func(text string, in PerformanceImport) error {
		_, err := d.ImportPerformance([]byte(text), in)
		return err
	}
	lines := "order,line,product,unit,due,event,delivery,delivered,ordered,accepted\nPO-1,10,A,C62,2026-01-10,RECEIPT_POSTED,D-1,2026-01-10,50,50\nPO-1,20,A,C62,2026-01-10,RECEIPT_POSTED,D-2,2026-01-20,50,50\n"
	figures := "product,period,unit,received\nA," + next + ",C62,8\n"
	for _, text := range []string{lines, figures} {
		if err := counted(text, PerformanceImport{Guest: "clinic"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := counted(figures, PerformanceImport{Guest: "Nobody"}); node.AsFailure(err).Code != "NO_GUEST" {
		t.Errorf("an unknown guest: %v", err)
	}
	if err := counted(figures, PerformanceImport{Guest: "Clinic", With: "Tablet Maker"}); node.AsFailure(err).Code != "BAD_GUEST" {
		t.Errorf("two partners for one file: %v", err)
	}
	groups, err := d.Measure(MeasureQuery{Guest: "Clinic", Basis: "RECEIPT"})
	if err != nil {
		t.Fatal(err)
	}
	got := map[measure.Code]MeasuredValue{}
	for _, g := range groups {
		if g.Grade != artifact.GradeC {
			t.Errorf("%s is of grade %q", g.Of, g.Grade)
		}
		for _, v := range g.Results {
			got[v.Measure] = v
		}
	}
	for code, want := range map[measure.Code]string{measure.WAPE: "0.25", measure.OTIF: "0.5", measure.OnTime: "0.5", measure.InFull: "1"} {
		if !got[code].Measured || got[code].Value != want {
			t.Errorf("%s: %+v, want %s", code, got[code], want)
		}
	}
	if !got[measure.Revised].Measured || !strings.Contains(strings.Join(groups[0].Notes, "\n"), "Clinic signed none of it") {
		t.Errorf("%+v, notes %q", got[measure.Revised], groups[0].Notes)
	}
	if _, err := d.Measure(MeasureQuery{Guest: "Clinic", With: "Tablet Maker"}); node.AsFailure(err).Code != "BAD_GUEST" {
		t.Errorf("a guest and a partner: %v", err)
	}
	if _, err := d.Measure(MeasureQuery{Guest: "Nobody"}); node.AsFailure(err).Code != "NO_GUEST" {
		t.Errorf("a guest nobody knows: %v", err)
	}
}

// The stock is listed by product and place, with what is free of it and how old it is.
func TestStockIsListed(t *testing.T) {
	d, _ := deskOf(t)
	if _, err := d.ImportProducts([]byte("product,description,unit\nA,Valve,KGM\nB,Seal,C62\n"), ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.ImportStock([]byte("product,region,on hand,in transit,backlog\nA,DE,7,2,12\nB,,1.5,0,0\n"), ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	list, err := d.StockList(StockQuery{})
	if err != nil || len(list) != 2 || list[0].Free.String() != "-3" || list[0].Name != "Valve" || list[0].Unit != "KGM" || list[1].Unit != "C62" || list[1].Free.String() != "1.5" || list[1].Age != 0 {
		t.Fatalf("%+v, %v", list, err)
	}
	if list, err = d.StockList(StockQuery{Product: "A"}); err != nil || len(list) != 1 {
		t.Errorf("%+v, %v", list, err)
	}
	if _, err = d.StockList(StockQuery{Product: "C"}); node.AsFailure(err).Code != "NO_STOCK" {
		t.Errorf("%v", err)
	}
}
