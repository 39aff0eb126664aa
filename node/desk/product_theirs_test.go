package desk

import (
	"slices"
	"strings"
	"testing"

	"kontor/protocol/forecast"
	"kontor/protocol/partnership"
)

// A buyer finds its own numbers in what a seller shares about quality and campaigns, where one unit is one of the other's; where it is not, the seller's number
// stays and the preview says so. What the buyer shares is in its own numbers already.
func TestASellersDocumentsNameTheBuyersNumbers(t *testing.T) {
	maker, agency := foundDesk(t, "Maker"), foundDesk(t, "Agency")
	agency.buysFrom(t, maker)
	if _, err := maker.ImportProducts([]byte("product,description\nS-1,bed net\nM-77,tablet\n"), ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, o := range []MapOptions{{Own: "S-1", Theirs: "B-1"}, {Own: "M-77", Theirs: "ZDV-300", Units: "60"}} {
		if _, err := maker.MapProduct(o); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := maker.ShareProducts(t.Context(), "", ""); err != nil {
		t.Fatal(err)
	}
	for i, product := range []string{"S-1", "M-77"} {
		if _, err := maker.BlockLot(LotBlockPlan{ID: "hold-" + product, Product: product, Lots: []string{"L" + product}, Quantity: "10", Role: "QUALITY_MANAGER"}); err != nil {
			t.Fatal(err)
		}
		if _, err := maker.PlanCampaign(CampaignPlan{Event: "event-" + product, From: "2041-03-08", To: "2041-03-21", Products: []string{product}, Lift: "40", Unit: "C62",
			Cannibalises: []string{[]string{"M-77", "S-1"}[i]}, Launch: "2041-03-08", Gates: []string{"QUALITY=2041-02-01"}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := maker.PlanBlackout(BlackoutPlan{ID: "stocktaking", Reason: "INVENTORY", From: "2041-01-01", To: "2041-01-02", Products: []string{"S-1"}}); err != nil {
		t.Fatal(err)
	}
	both, own := forecast.Item{BuyersID: "B-1", SellersID: "S-1"}, forecast.Item{BuyersID: "M-77"}
	seller, err := maker.Partner("", partnership.RoleSeller)
	if err != nil {
		t.Fatal(err)
	}
	q, err := maker.prepareQuality(seller)
	if err != nil || len(q.doc.Blocks) != 2 || q.doc.Blocks[0].Item != own || q.doc.Blocks[1].Item != both || len(q.findings()) > 0 {
		t.Fatalf("%+v, notes %q, findings %v: %v", q.doc.Blocks, q.notes, q.findings(), err)
	}
	if text := strings.Join(q.notes, "\n"); !strings.Contains(text, "S-1 is named B-1 too") || !strings.Contains(text, "M-77 keeps its own number") {
		t.Errorf("notes %q", q.notes)
	}
	c, err := maker.prepareCampaign(seller)
	if err != nil || len(c.doc.Events) != 2 {
		t.Fatalf("%+v: %v", c.doc.Events, err)
	}
	kept, named := c.doc.Events[0], c.doc.Events[1]
	if kept.Items[0] != own || kept.Impacts[0].Item != "M-77" || !slices.Equal(kept.Impacts[0].Cannibalises, []string{"B-1"}) || kept.Launch.Item != "M-77" {
		t.Errorf("%+v", kept)
	}
	if named.Items[0] != both || named.Impacts[0].Item != "B-1" || !slices.Equal(named.Impacts[0].Cannibalises, []string{"M-77"}) || named.Launch.Item != "B-1" {
		t.Errorf("%+v", named)
	}
	if !slices.Equal(c.doc.Blackouts[0].Items, []string{"S-1", "B-1"}) {
		t.Errorf("%+v", c.doc.Blackouts)
	}
	// The drafts keep the seller's numbers.
	if again, err := maker.PlanCampaign(CampaignPlan{Event: "event-S-1"}); err != nil || again.Event.Items[0].BuyersID != "S-1" || again.Event.Impacts[0].Item != "S-1" {
		t.Errorf("%+v: %v", again.Event, err)
	}
	if _, err := maker.ShareQuality(t.Context(), "", ""); err != nil {
		t.Fatal(err)
	}
	soon(t, "the report at the buyer", func() bool {
		reports, err := agency.QualityReports()
		return err == nil && len(reports) == 1 && reports[0].Document.Blocks[1].Item == both
	})
}
