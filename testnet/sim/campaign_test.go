package sim

import (
	"encoding/json"
	"testing"
	"time"

	"kontor/node/desk"
	"kontor/protocol/campaign"
)

// A buyer proposes a campaign that its seller can't supply. Both find the same conflict with cover, by themselves, and the buyer's "go" is
// refused until the seller has shared more capacity; a lot blocked as critical stops it too, and keeps the launch's gate shut until it is
// released. It shows that what stands against a campaign is nobody's opinion.
func TestCampaignGoesWhenCoverAndQualityAllow(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		agency, maker := w.found("Agency"), w.found("Maker")
		pid := agency.buysFrom(maker)
		_, err := agency.desk.ImportForecast([]byte("product,region,month,mean,p10,p90,unit\n"+
			"ZDV-300,CI,2027-02,1000,950,1050,PK\nZDV-300,CI,2027-03,1000,950,1050,PK\nZDV-300,CI,2027-04,1000,950,1050,PK\n"), desk.ImportOptions{})
		check(t, err)
		_, err = agency.desk.ShareForecast(t.Context(), "Maker", "")
		check(t, err)
		agency.inStep(pid, maker, time.Minute)

		supply := func(perMonth string) {
			csv := "line,month,maximum,actual,product,unit\n"
			for _, m := range []string{"2027-02", "2027-03", "2027-04"} {
				csv += "press," + m + "," + perMonth + "," + perMonth + ",ZDV-300,PK\n"
			}
			_, err := maker.desk.ImportCapacity([]byte(csv), desk.ImportOptions{})
			check(t, err)
			_, err = maker.desk.ShareCapacity(t.Context(), "Agency", "")
			check(t, err)
			agency.inStep(pid, maker, time.Minute)
		}
		_, err = maker.desk.ImportStock([]byte("product,region,on hand\nZDV-300,,300\n"), desk.ImportOptions{})
		check(t, err)
		supply("1100")

		plan := func(p desk.CampaignPlan) error {
			p.Event = "spring"
			_, err := agency.desk.PlanCampaign(p)
			check(t, err)
			_, err = agency.desk.ShareCampaign(t.Context(), "Maker", "")
			agency.inStep(pid, maker, time.Minute)
			return err
		}
		share := int64(60)
		check(t, plan(desk.CampaignPlan{From: "2027-03-01", To: "2027-03-31", Products: []string{"ZDV-300"}, Regions: []string{"CI"}, Lift: "800", Low: "700", High: "900", Unit: "PK", BuyerShare: &share,
			Launch: "2027-03-01", Gates: []string{"CAMPAIGN=2027-01-31", "CAPACITY=2027-01-31", "QUALITY=2027-02-15"}}))

		// both compares what the two companies find, all but the name of the other.
		both := func() desk.CampaignCheck {
			t.Helper()
			var texts [2]string
			var last desk.CampaignCheck
			for i, c := range []*company{agency, maker} {
				out, err := c.desk.CheckCampaigns("")
				check(t, err)
				last = out
				text, err := json.Marshal(map[string]any{"conflicts": out.Conflicts, "launches": out.Launches, "notes": out.Notes, "lots": out.Lots})
				check(t, err)
				texts[i] = string(text)
			}
			if texts[0] != texts[1] {
				t.Fatalf("the buyer finds\n%s\nand the seller\n%s", texts[0], texts[1])
			}
			return last
		}
		stops := func(what string, want ...campaign.ConflictKind) desk.CampaignCheck {
			t.Helper()
			found := both()
			kinds := map[campaign.ConflictKind]bool{}
			for _, c := range found.Conflicts {
				if c.Severity == campaign.Stops {
					kinds[c.Kind] = true
				}
			}
			if len(kinds) != len(want) {
				t.Fatalf("%s: %v stop it, want %v: %+v", what, kinds, want, found.Conflicts)
			}
			for _, k := range want {
				if !kinds[k] {
					t.Fatalf("%s: %s does not stop it: %+v", what, k, found.Conflicts)
				}
			}
			return found
		}
		gates := func(found desk.CampaignCheck) (shut []campaign.GateKind) {
			for _, g := range found.Launches[0].Gates {
				if g.State != campaign.GatePassed {
					shut = append(shut, g.Kind)
				}
			}
			return shut
		}
		stops("2,100 and 2,900 wanted by the end of February and March, 1,400 and 2,500 there", campaign.ByCover)

		_, err = maker.desk.BlockLot(desk.LotBlockPlan{ID: "B-7", Product: "ZDV-300", Lots: []string{"L7"}, Quantity: "100", Unit: "PK", Severity: "CRITICAL", Role: "QUALITY_MANAGER"})
		check(t, err)
		_, err = maker.desk.ShareQuality(t.Context(), "Agency", "")
		check(t, err)
		agency.inStep(pid, maker, time.Minute)
		if shut := gates(stops("and a critical lot", campaign.ByCover, campaign.ByQuality)); len(shut) != 3 {
			t.Fatalf("every gate of the launch is shut: %v", shut)
		}
		check(t, plan(desk.CampaignPlan{Status: "PLANNED"}))
		if code := failure(plan(desk.CampaignPlan{Status: "ACTIVE"})); code != "CAMPAIGN_BLOCKED" {
			t.Fatalf("go against cover and quality: %q", code)
		}

		supply("1700")
		if shut := gates(stops("more capacity", campaign.ByQuality)); len(shut) != 2 {
			t.Fatalf("the capacity gate is passed: %v", shut)
		}
		_, err = agency.desk.ShareCampaign(t.Context(), "Maker", "")
		if failure(err) != "CAMPAIGN_BLOCKED" {
			t.Fatalf("go against a critical lot: %v", err)
		}
		_, err = maker.desk.ReleaseLot(desk.LotEnd{ID: "B-7", Role: "QUALITY_MANAGER"})
		check(t, err)
		_, err = maker.desk.ShareQuality(t.Context(), "Agency", "")
		check(t, err)
		_, err = maker.desk.PlanReply(desk.ReplyPlan{Event: "spring", Role: "COO", Verdict: "ACCEPTED"})
		check(t, err)
		_, err = maker.desk.ShareCampaign(t.Context(), "Agency", "")
		check(t, err)
		agency.inStep(pid, maker, time.Minute)
		if found := stops("nothing"); !found.Launches[0].Ready {
			t.Fatalf("the launch is ready: %+v", found.Launches)
		}
		_, err = agency.desk.ShareCampaign(t.Context(), "Maker", "")
		check(t, err)
		agency.inStep(pid, maker, time.Minute)
		e, err := maker.desk.Campaign("", "spring")
		check(t, err)
		if e.Event.Status != campaign.Active || e.Blocked {
			t.Fatalf("the maker holds %s", e.Event.Status)
		}
	})
}
