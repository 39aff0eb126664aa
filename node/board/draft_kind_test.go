package board

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/campaign"
	"kontor/protocol/decision"
	"kontor/protocol/exception"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// A chart that signals becomes a topic of quality over a day by which the work is closed; its document fixes that day for whoever answers for the complaint, and the
// complaint's clock goes by it once it is final.
func TestASignalBecomesWorkWithADay(t *testing.T) {
	c := paired(t)
	c.short(t)
	ctx := context.Background()
	complaint := fmt.Sprintf(`{"complaints": [{"id": "C-1", "item": {"buyersItemId": "ZDV-300"}, "raised": %d, "severity": "MAJOR", "failureCodes": [{"codeSystem": "VDA", "code": "crack", "count": 34}], "status": "OPEN"}]}`,
		time.Now().Add(-24*time.Hour).UnixMilli())
	if _, err := c.agency.desk.ImportQuality([]byte(complaint), desk.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.agency.desk.ShareQuality(ctx, "", ""); err != nil {
		t.Fatal(err)
	}
	c.counts(t, append(slices.Clone(ordinary), 40)...)
	signal := c.listed(t, false, exception.Chart)[exception.Chart]
	opened, err := c.maker.Open(ctx, admin, wire.TopicOpenRequest{Exception: signal.ID.String()})
	if err != nil {
		t.Fatal(err)
	}
	topic, err := c.maker.Show(admin, wire.TopicQuery{Topic: opened.Topic})
	if err != nil || topic.Kind != decision.Quality || len(topic.Context) != 2 || len(topic.Issues) != 1 || topic.Issues[0].ID != issueDue {
		t.Fatalf("%+v, %v", topic, err)
	}
	due := c.today().AddDays(40)
	document := c.bargains(t, opened.Topic, issueDue+"="+due.String())
	detail, err := c.agency.Agreement(admin, wire.AgreementQuery{Agreement: document})
	if err != nil {
		t.Fatal(err)
	}
	doc := documentOfDetail(t, detail)
	if len(doc.Effects) != 1 || doc.Effects[0].Kind != decision.CAPADue || doc.Effects[0].Ref != "C-1" || doc.Effects[0].Party != c.maker.n.Company() || doc.Effects[0].Bucket.Last() != due {
		t.Fatalf("%+v", doc.Effects)
	}
	if n := len(doc.Rollout); n != 2 || doc.Rollout[n-1].Due != due || doc.Rollout[n-1].Party != c.maker.n.Company() {
		t.Errorf("%+v", doc.Rollout)
	}
	c.makesFinal(t, document)
	for _, who := range []*company{c.agency, c.maker} {
		d, err := who.Agreement(admin, wire.AgreementQuery{Agreement: document})
		if err != nil || len(d.Cells) != 1 || !d.Cells[0].Acts {
			t.Errorf("%+v, %v", d.Cells, err)
		}
	}
}

// The lift that a topic of marketing fixes is the event's where nothing was bargained about, and the agreed volume, spread as the event spreads it, where it was; nothing
// outside the topic's scope is fixed, and whoever plans the event answers for its steps.
func TestAnEventIsFixedAsItWasAgreed(t *testing.T) {
	d := plannedDrafter()
	if out := d.effects(); len(out) != 2 || out[0].Quantity != q("100") || out[1].Quantity != q("300") || out[0].Kind != decision.CampaignPlanned || out[0].Ref != "spring" {
		t.Fatalf("%+v", out)
	}
	agreed := decision.Number(q("201"))
	d.terms[issueQuantity] = agreed
	if out := d.effects(); len(out) != 2 || out[0].Quantity != q("50") || out[1].Quantity != q("151") {
		t.Errorf("%+v", out)
	}
	steps := d.rollout()
	if len(steps) != 2 || steps[0].Owner != decision.CMO || steps[1].Owner != decision.CMO || steps[1].Due <= calendar.MustDate("2026-10-31") {
		t.Errorf("%+v", steps)
	}
}

// Of two events in the same cells a topic opened for what stands against one fixes that one; a topic about both shares the agreed volume as their plans stand to each other.
// Sites of one region are one cell.
func TestAnAgreedVolumeIsSharedOnce(t *testing.T) {
	impact := func(site, bucket string, lift string, unit quantity.Unit) campaign.Impact {
		return campaign.Impact{Item: "ZDV-300", Place: forecast.Location{Region: "CI", GLN: site}, Bucket: calendar.MustBucket(bucket), Lift: q(lift), Unit: unit}
	}
	of := func() drafter {
		d := plannedDrafter()
		d.topic.Scope.Regions = []string{"CI"}
		spring := d.subject.events[0]
		spring.event.Impacts = []campaign.Impact{impact("4000000000013", "2026-09", "100", "PK"), impact("4000000000020", "2026-09", "50", "PK"), impact("", "2026-10", "150", "PK")}
		fair := spring
		fair.event.ID, fair.event.Impacts = "fair", []campaign.Impact{impact("", "2026-09", "100", "PK")}
		d.subject.events = []plannedEvent{spring, fair}
		return d
	}
	says := func(d drafter) (out []string) {
		for _, e := range d.effects() {
			out = append(out, fmt.Sprintf("%s %s %s %s", e.Ref, e.Bucket, e.Quantity, e.Unit))
		}
		return out
	}
	for what, c := range map[string]struct {
		change func(*drafter)
		want   string
	}{
		"as planned": {func(*drafter) {}, "spring 2026-09 150 PK, spring 2026-10 150 PK, fair 2026-09 100 PK"},
		"a volume":   {func(d *drafter) { d.terms[issueQuantity] = decision.Number(q("202")) }, "spring 2026-09 75 PK, spring 2026-10 75 PK, fair 2026-09 52 PK"},
		"the fair's conflict": {func(d *drafter) {
			id := desk.ExceptionCID(desk.ConflictID(*d.buyer, "fair", campaign.ByBlackout))
			d.topic.Exception, d.terms[issueQuantity] = &id, decision.Number(q("80"))
		}, "fair 2026-09 80 PK"},
		"another matter": {func(d *drafter) { id := block.Sum([]byte("another")); d.topic.Exception = &id }, "spring 2026-09 150 PK, spring 2026-10 150 PK, fair 2026-09 100 PK"},
		"kilograms":      {func(d *drafter) { d.subject.events[0].event.Impacts[1].Unit = "KGM" }, "spring 2026-10 150 PK, fair 2026-09 100 PK"},
		"a dip":          {func(d *drafter) { d.subject.events[0].event.Impacts[2].Lift = q("-20") }, "spring 2026-09 150 PK, fair 2026-09 100 PK"},
	} {
		d := of()
		c.change(&d)
		if err := d.narrow(nil); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(says(d), ", "); got != c.want {
			t.Errorf("%s: %s, want %s", what, got, c.want)
		}
	}
}

// A topic of marketing about a conflict is about the cells its event is planned in, in their regions too, so that its document fixes the agreed volume there; another
// event of the product, in another month, brings it no steps.
func TestAConflictOverAnEventEndsWithItsLift(t *testing.T) {
	c := paired(t)
	ctx := context.Background()
	first := time.Now().AddDate(0, 4, 1-time.Now().Day())
	month, later := first.Format("2006-01"), first.AddDate(0, 2, 0).Format("2006-01")
	table := fmt.Sprintf("event,name,from,to,product,region,bucket,lift,unit\nspring,Spring week,%[1]s-01,%[1]s-07,ZDV-300,CI,%[1]s,800,PK\nsummer,Summer week,%[2]s-01,%[2]s-07,ZDV-300,CI,%[2]s,800,PK\n"+
		"fair,Health fair,%[1]s-10,%[1]s-12,ZDV-300,CI,%[1]s,400,PK\n", month, later)
	if _, err := c.agency.desk.ImportCampaigns([]byte(table), desk.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.agency.desk.ShareCampaign(ctx, "", ""); err != nil {
		t.Fatal(err)
	}
	var conflict desk.ExceptionView
	c.alike(t, false, func(list []desk.ExceptionView) bool {
		i := slices.IndexFunc(list, func(e desk.ExceptionView) bool { return e.Kind == exception.Campaign && e.Scope.Group == "spring" })
		if i >= 0 {
			conflict = list[i]
		}
		return i >= 0
	})
	opened, err := c.agency.Open(ctx, admin, wire.TopicOpenRequest{Exception: conflict.ID.String()})
	if err != nil {
		t.Fatal(err)
	}
	topic, err := c.agency.Show(admin, wire.TopicQuery{Topic: opened.Topic})
	if err != nil || topic.Kind != decision.JointMarketing || !slices.Equal(topic.Scope.Regions, []string{"CI"}) {
		t.Fatalf("%+v, %v", topic, err)
	}
	document := c.bargains(t, opened.Topic, issueQuantity+"=500")
	detail, err := c.agency.Agreement(admin, wire.AgreementQuery{Agreement: document})
	if err != nil {
		t.Fatal(err)
	}
	doc := documentOfDetail(t, detail)
	if len(doc.Effects) != 1 || doc.Effects[0].Kind != decision.CampaignPlanned || doc.Effects[0].Region != "CI" || doc.Effects[0].Quantity != q("500") || doc.Effects[0].Party != c.agency.n.Company() {
		t.Fatalf("%+v", doc.Effects)
	}
	if len(doc.Rollout) != 2 || slices.ContainsFunc(doc.Rollout, func(m decision.Milestone) bool { return !strings.Contains(m.Title, "Spring week") }) {
		t.Errorf("%+v", doc.Rollout)
	}
	c.makesFinal(t, document)

	// A topic by hand about the cell is about both of its events.
	scope := topic.Scope
	by := wire.TopicOpenRequest{Manual: true, Proposal: &decision.Proposal{Kind: decision.JointMarketing, Trigger: decision.ByHand, Priority: decision.Medium, Title: "the month's events", Scope: scope,
		Context: []block.CID{topic.Context[0].CID}, Issues: topic.Issues, Options: []decision.Option{{ID: decision.NoAgreement, Summary: "all as planned"}, {ID: "1", Summary: "both with less"}}}}
	by.Proposal.Issues[0].High = decision.Number(q("1200"))
	both, err := c.agency.Open(ctx, command("both"), by)
	if err != nil {
		t.Fatal(err)
	}
	document = c.bargains(t, both.Topic, issueQuantity+"=900")
	for _, who := range []*company{c.agency, c.maker} {
		soon(t, "the document", func() bool { return who.verdict(document) == decision.Open })
		detail, err := who.Agreement(admin, wire.AgreementQuery{Agreement: document})
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, e := range documentOfDetail(t, detail).Effects {
			got[e.Ref] = e.Quantity.String()
		}
		if len(got) != 2 || got["spring"] != "600" || got["fair"] != "300" {
			t.Errorf("%s: %v", who.n.Name(), got)
		}
	}
	c.makesFinal(t, document)
}

// An event that lies in a blackout is moved, by the option, to named days; where these lie in another month the document fixes the volume there.
func TestAnEventMovesToNamedDays(t *testing.T) {
	c := paired(t)
	ctx := context.Background()
	first := time.Now().AddDate(0, 4, 1-time.Now().Day())
	next := dayOf(first.AddDate(0, 1, 0))
	table := fmt.Sprintf("event,name,from,to,product,region,bucket,lift,unit\nspring,Spring week,%[1]s-10,%[1]s-16,ZDV-300,CI,%[1]s,800,PK\n", first.Format("2006-01"))
	if _, err := c.agency.desk.ImportCampaigns([]byte(table), desk.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.agency.desk.PlanBlackout(desk.BlackoutPlan{ID: "count", Reason: "INVENTORY", From: first.Format("2006-01-02"), To: next.AddDays(4).String()}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.agency.desk.ShareCampaign(ctx, "", ""); err != nil {
		t.Fatal(err)
	}
	var conflict desk.ExceptionView
	c.alike(t, false, func(list []desk.ExceptionView) bool {
		i := slices.IndexFunc(list, func(e desk.ExceptionView) bool { return strings.HasPrefix(e.Cause, "BLACKOUT") })
		if i >= 0 {
			conflict = list[i]
		}
		return i >= 0
	})
	opened, err := c.maker.Open(ctx, admin, wire.TopicOpenRequest{Exception: conflict.ID.String()})
	if err != nil {
		t.Fatal(err)
	}
	c.sees(t, c.agency, opened.Topic, decision.Proposed)
	topic, err := c.agency.Show(admin, wire.TopicQuery{Topic: opened.Topic})
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("spring moves to %s to %s, days against which nothing stands now", next.AddDays(5), next.AddDays(11)); topic.Options[1].Summary != want {
		t.Errorf("%q, want %q", topic.Options[1].Summary, want)
	}
	detail, err := c.agency.Agreement(admin, wire.AgreementQuery{Agreement: c.bargains(t, opened.Topic, issueQuantity+"=500")})
	if err != nil {
		t.Fatal(err)
	}
	doc := documentOfDetail(t, detail)
	if len(doc.Effects) != 1 || doc.Effects[0].Bucket != next.Month().Bucket() || doc.Effects[0].Quantity != q("500") || doc.Effects[0].Ref != "spring" || doc.Effects[0].Party != c.agency.n.Company() {
		t.Errorf("%+v", doc.Effects)
	}
}
