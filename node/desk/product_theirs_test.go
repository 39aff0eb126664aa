package desk

import (
	"slices"
	"strings"
	"testing"

	"kontor/protocol/artifact"
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
	if named.Items[0] != both || named.Impacts[0].Item != "B-1" || !slices.Equal(named.Impacts[0].Cannibalises, []string{"ZDV-300"}) || named.Launch.Item != "B-1" {
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

// Sixty tablets are one of the buyer's packs: a lot that is blocked, and what a campaign sells on top, are counted in packs once a forecast says how the buyer
// counts; a pack with a blocked tablet in it is blocked. What is said of defects, and an offer of one tablet, is not said of a pack.
func TestLotsAndLiftsAreCountedInTheBuyersPacks(t *testing.T) {
	maker, agency := foundDesk(t, "Maker"), foundDesk(t, "Agency")
	agency.buysFrom(t, maker)
	if _, err := maker.ImportProducts([]byte("product,description\nM-77,tablet\n"), ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := maker.MapProduct(MapOptions{Own: "M-77", Theirs: product, Units: "60"}); err != nil {
		t.Fatal(err)
	}
	if _, err := maker.ShareProducts(t.Context(), "", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := maker.BlockLot(LotBlockPlan{ID: "hold", Product: "M-77", Lots: []string{"L7"}, Quantity: "301", Unit: "C62", Role: "QUALITY_MANAGER"}); err != nil {
		t.Fatal(err)
	}
	for _, event := range []string{"spring", "two-for-one", "whole-packs"} {
		if _, err := maker.PlanCampaign(CampaignPlan{Event: event, From: "2041-03-08", To: "2041-03-21", Products: []string{"M-77"}, Lift: "6000", Low: "3000", High: "9001", Unit: "C62", Launch: "2041-03-08", Gates: []string{"QUALITY=2041-02-01"}}); err != nil {
			t.Fatal(err)
		}
	}
	offers := `{"events": [{"id": "two-for-one", "name": "two for one", "retailEventStatusCode": "PROPOSED", "promotionalEventTypeCode": "RETAILER_EVENT", "period": {"start": "2041-03-08", "end": "2041-03-22"},
		"items": [{"buyersItemId": "M-77"}], "offers": [{"item": "M-77", "mechanism": "BOGO", "minQty": 2}], "plannedImpact": [{"item": "M-77", "bucket": {"start": "2041-03-08", "end": "2041-03-22"}, "unit": "C62", "incremental": "6000"}]},
		{"id": "whole-packs", "name": "whole packs", "retailEventStatusCode": "PROPOSED", "promotionalEventTypeCode": "RETAILER_EVENT", "period": {"start": "2041-03-08", "end": "2041-03-22"},
		"items": [{"buyersItemId": "M-77"}], "offers": [{"item": "M-77", "mechanism": "AMT_OFF", "amount": {"minor": 5, "currency": "EUR"}}, {"item": "M-77", "mechanism": "MULTIBUY", "minQty": 120}]}]}`
	if _, err := maker.ImportCampaigns([]byte(offers), ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := maker.ImportQuality([]byte("product,month,received,defectives\nM-77,2026-10,12000,6\n"), ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := maker.ImportQuality([]byte(`{"complaints": [{"id": "C-1", "item": {"buyersItemId": "M-77"}, "raised": 1792000000000, "severity": "MAJOR", "units": "61", "unit": "C62", "status": "ACKNOWLEDGED"}]}`), ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	seller, err := maker.Partner("", partnership.RoleSeller)
	if err != nil {
		t.Fatal(err)
	}
	if q, err := maker.prepareQuality(seller); err != nil || q.doc.Blocks[0].Item.ID() != "M-77" || q.doc.Blocks[0].Quantity.String() != "301" || !strings.Contains(strings.Join(q.notes, "\n"), "no forecast in force") {
		t.Fatalf("before a forecast: %+v %q %v", q.doc.Blocks, q.notes, err)
	}
	l := need(product, country, 1000)
	if err := agency.keepDraft(forecastDraft{Method: forecast.Method{Bands: forecast.BandsModel}, Provenance: artifact.Provenance{SourceSystem: "test", Activity: "EDIT"}}, []forecast.Line{l}); err != nil {
		t.Fatal(err)
	}
	if _, err := agency.ShareForecast(t.Context(), "", ""); err != nil {
		t.Fatal(err)
	}
	both := forecast.Item{BuyersID: product, SellersID: "M-77"}
	soon(t, "the unit of the forecast", func() bool {
		q, err := maker.prepareQuality(seller)
		return err == nil && q.doc.Blocks[0].Item == both
	})
	q, err := maker.prepareQuality(seller)
	if b := q.doc.Blocks[0]; err != nil || b.Quantity.String() != "6" || b.Unit != l.Unit || q.doc.Measures[0].Item.ID() != "M-77" || len(q.findings()) > 0 {
		t.Errorf("301 tablets are %+v, notes %q, findings %v: %v", b, q.notes, q.findings(), err)
	}
	if x := q.doc.Complaints[0]; x.Item != both || x.Units.String() != "2" || x.Unit != l.Unit {
		t.Errorf("61 tablets are complained of as %+v", x)
	}
	if text := strings.Join(q.notes, "\n"); !strings.Contains(text, "counts of M-77 keep its own number: how many of "+product) {
		t.Errorf("notes %q", q.notes)
	}
	c, err := maker.prepareCampaign(seller)
	if err != nil || len(c.findings()) > 0 || len(c.doc.Events) != 3 {
		t.Fatal(err, c.findings())
	}
	spring, bogo, whole := c.doc.Events[0], c.doc.Events[1], c.doc.Events[2]
	if o := whole.Offers; whole.Items[0] != both || len(o) != 2 || o[0].Item != product || o[0].Amount.Minor != 300 || o[1].MinUnits != 2 {
		t.Errorf("five cents off a tablet, and 120 tablets for one price, are %+v of %+v", o, whole.Items)
	}
	if text := strings.Join(c.notes, "\n"); !strings.Contains(text, "M-77 keeps its own number in event two-for-one: its offer is of so many units") {
		t.Errorf("notes %q", c.notes)
	}
	m := spring.Impacts[0]
	if spring.Items[0] != both || m.Item != product || m.Unit != l.Unit || m.Lift.String() != "100" || m.Quantiles[0].Q.String() != "50" || m.Quantiles[1].Q.String() != "150.017" || spring.Launch.Item != product {
		t.Errorf("6000 tablets on top are %+v of %+v", m, spring.Items)
	}
	if m := bogo.Impacts[0]; bogo.Items[0].ID() != "M-77" || m.Item != "M-77" || m.Lift.String() != "6000" {
		t.Errorf("an offer of two tablets is one of packs: %+v", bogo)
	}
}
