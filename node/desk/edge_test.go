package desk

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"kontor/node"
	"kontor/protocol/quantity"
	"kontor/protocol/tier"
)

func TestEdgesAndBills(t *testing.T) {
	agency, maker, supplier, second := foundDesk(t, "Relief Agency"), foundDesk(t, "Tablet Maker"), foundDesk(t, "Ingredient Maker"), foundDesk(t, "Second Maker")
	agency.buysFrom(t, maker)
	maker.buysFrom(t, supplier)
	maker.buysFrom(t, second)
	if _, err := maker.SetEdge(EdgeOptions{To: "Ingredient Maker", Mode: "LOUD"}); node.AsFailure(err).Code != "BAD_MODE" {
		t.Fatal(err)
	}
	if _, err := maker.SetEdge(EdgeOptions{Mode: tier.Derive}); node.AsFailure(err).Code != "WHICH_PARTNER" {
		t.Fatal(err)
	}
	if _, err := maker.SetEdge(EdgeOptions{To: "Ingredient Maker", Mode: tier.Derive, Components: []string{"API-EFV"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := maker.SetEdge(EdgeOptions{To: "Second Maker", Mode: tier.Derive}); node.AsFailure(err).Code != "EDGE_OVERLAP" {
		t.Fatal(err)
	}
	if v, err := maker.SetEdge(EdgeOptions{To: "Second Maker", Mode: tier.Notify}); err != nil || v.Note == "" {
		t.Fatal(v, err)
	}
	if all, err := maker.Edges(); err != nil || len(all) != 2 {
		t.Fatal(all, err)
	}
	if err := maker.RemoveEdge("Relief Agency", "Second Maker"); err != nil {
		t.Fatal(err)
	}
	if all, _ := maker.Edges(); len(all) != 1 || all[0].To != "Ingredient Maker" {
		t.Fatal(all)
	}
	ctx := context.Background()
	result, err := maker.ImportBill(ctx, []byte(billCSV), ImportOptions{DryRun: true})
	if err != nil || result.Added != 2 {
		t.Fatal(result, err)
	}
	if result, err = maker.ImportBill(ctx, []byte(billCSV), ImportOptions{}); err != nil || result.Added != 2 {
		t.Fatalf("a dry run left something: %+v, %v", result, err)
	}
	again := strings.Replace(billCSV, "0.018", "0.02", 1)
	if result, err = maker.ImportBill(ctx, []byte(again), ImportOptions{}); err != nil || result.Changed != 1 || result.Unchanged != 1 || result.Added != 0 {
		t.Fatal(result, err)
	}
	if _, err := maker.ImportBill(ctx, []byte("product,component,quantity_per_pack,unit\nA,A,1,KGM\n"), ImportOptions{}); err == nil {
		t.Fatal("a product that is its own component was imported")
	}
	for _, bad := range []Lead{{"", MaxLead + 1}, {"", -1}, {"a\nb", 1}, {strings.Repeat("x", 300), 1}} {
		if _, err := maker.SetLead(LeadOptions{Lead: bad}); node.AsFailure(err).Code != "BAD_LEAD" {
			t.Fatalf("%+v gives %v", bad, err)
		}
	}
	if _, err := maker.SetLead(LeadOptions{Lead: Lead{Product: product}, Remove: true}); err == nil {
		t.Fatal("a lead time that was never set was taken back")
	}
	for _, l := range []Lead{{product, 2}, {"", 1}, {"not in the bill", 3}} {
		if v, err := maker.SetLead(LeadOptions{Lead: l}); err != nil || (v.Note != "") != (l.Product == "not in the bill") {
			t.Fatal(v, err)
		}
	}
	if _, err := maker.SetLead(LeadOptions{Lead: Lead{Product: "not in the bill"}, Remove: true}); err != nil {
		t.Fatal(err)
	}
	if all, err := maker.Edges(); err != nil || fmt.Sprint(all[0].Leads) != fmt.Sprint([]Lead{{"", 1}, {product, 2}}) {
		t.Fatal(all, err)
	}
	s, err := maker.tierSettings()
	if err != nil || s.base.Lead[product] != 2 || s.base.LeadElse != 1 || fmt.Sprint(s.base.Bill.Components()) != "[API-3TC API-EFV]" || s.suppliers[s.routes[0].To].Step != (quantity.Quantity{}) {
		t.Fatalf("%+v, %v", s, err)
	}
}
