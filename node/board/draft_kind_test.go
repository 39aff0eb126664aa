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
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
	"kontor/protocol/exception"
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

// A topic of marketing about a conflict is about the cells its event is planned in, in their regions too, so that its document fixes the agreed volume there; another
// event of the product, in another month, brings it no steps.
func TestAConflictOverAnEventEndsWithItsLift(t *testing.T) {
	c := paired(t)
	ctx := context.Background()
	first := time.Now().AddDate(0, 4, 1-time.Now().Day())
	month, later := first.Format("2006-01"), first.AddDate(0, 2, 0).Format("2006-01")
	table := fmt.Sprintf("event,name,from,to,product,region,bucket,lift,unit\nspring,Spring week,%[1]s-01,%[1]s-07,ZDV-300,CI,%[1]s,800,PK\nsummer,Summer week,%[2]s-01,%[2]s-07,ZDV-300,CI,%[2]s,800,PK\n", month, later)
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
}
