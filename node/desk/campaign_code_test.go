package desk

import (
	"strings"
	"testing"
)

// A code that no list has is refused with the list, and the draft stays what it was.
func TestAnEventTakesOnlyCodesOnTheLists(t *testing.T) {
	d := foundDesk(t, "Emanon")
	defer d.stop()
	plan := func(change func(*CampaignPlan)) error {
		in := CampaignPlan{Event: "spring"}
		change(&in)
		_, err := d.PlanCampaign(in)
		return err
	}
	if err := plan(func(in *CampaignPlan) {
		in.From, in.To, in.Products, in.Launch = "2041-03-08", "2041-03-21", []string{"ZDV-300"}, "2041-03-08"
		in.Gates = []string{"capacity=2041-02-01"}
		in.Status, in.Type, in.Display, in.Channel = "planned", "holiday", "end_cap_display", "tv"
	}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		change func(*CampaignPlan)
		want   []string
	}{
		{func(in *CampaignPlan) { in.Status = "running" }, []string{`"running"`, "PROPOSED, ACKNOWLEDGED, PLANNED, ACTIVE", "EXPIRED"}},
		{func(in *CampaignPlan) { in.Type = "PARTY" }, []string{`"PARTY"`, "COMMUNITY_EVENT", "TRADE_ITEM_INTRODUCTION"}},
		{func(in *CampaignPlan) { in.Display = "SHELF" }, []string{`"SHELF"`, "END_CAP_DISPLAY"}},
		{func(in *CampaignPlan) { in.Channel = "FAX" }, []string{`"FAX"`, "OUT_OF_HOME"}},
		{func(in *CampaignPlan) { in.Gates = []string{"WEATHER=2041-02-01"} }, []string{`"WEATHER"`, "CAPACITY"}},
	} {
		err := plan(c.change)
		for _, w := range c.want {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%v; want %s", err, w)
			}
		}
	}
	got, err := d.PlanCampaign(CampaignPlan{Event: "spring"})
	if err != nil || got.Event.Status != "PLANNED" || got.Event.Kind != "HOLIDAY" || len(got.Event.Tactics) != 2 || len(got.Event.Launch.Gates) != 1 || len(got.Findings) != 0 {
		t.Errorf("%+v %v", got, err)
	}
}
