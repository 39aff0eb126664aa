package api

import (
	"testing"

	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/protocol/campaign"
	"kontor/protocol/capacity"
	"kontor/protocol/forecast"
	"kontor/protocol/quality"
)

// A token for some products or regions sees the rows about them, of every kind of artifact, and nothing that speaks of others.
func TestTokenSeesRows(t *testing.T) {
	item := func(id string) forecast.Item { return forecast.Item{BuyersID: id} }
	plan := capacity.Plan{
		Groups: []capacity.Group{
			{ID: "shared", Links: []capacity.Link{{Product: "A", Region: "CI"}, {Product: "B", Region: "CI"}, {Product: "A"}}, Slots: []capacity.Slot{{ID: "1", Product: "A", Region: "CI"}, {ID: "2", Product: "B", Region: "CI"}}},
			{ID: "others", Links: []capacity.Link{{Product: "B", Region: "CI"}}},
			{ID: "around", Links: []capacity.Link{{Product: "A", Region: "CI"}}, Nested: []string{"shared", "others"}},
		},
		Positions: []capacity.Position{{Product: "A", Region: "CI"}, {Product: "A", Region: "FR"}, {Product: "B", Region: "CI"}},
	}
	ci := []forecast.Location{{Region: "CI"}}
	calendar := campaign.Document{
		Events:    []campaign.Event{{ID: "a", Items: []forecast.Item{item("A")}, Places: ci}, {ID: "both", Items: []forecast.Item{item("A"), item("B")}, Places: ci}},
		Blackouts: []campaign.Blackout{{ID: "every"}, {ID: "a", Items: []string{"A"}, Places: ci}},
		Replies:   []campaign.Reply{{Event: "a"}, {Event: "both"}},
	}
	report := quality.Document{
		Measures:   []quality.Measure{{Item: item("A"), Site: ci[0]}, {Item: item("B"), Site: ci[0]}},
		Complaints: []quality.Complaint{{ID: "x", Item: item("B"), Site: ci[0]}},
		Cases:      []quality.Case{{Complaint: "x"}},
		Audits:     []quality.Audit{{}},
	}
	kim := Caller{Role: wire.Planner, Scope: wire.Scope{Products: []string{"A"}, Regions: []string{"CI"}}}
	show := func(c Caller, doc any) (any, error) {
		out, err := c.seen(desk.ArtifactContent{Document: doc})
		return out.Document, err
	}
	got, err := show(kim, plan)
	if err != nil {
		t.Fatal(err)
	}
	p := got.(capacity.Plan)
	if len(p.Groups) != 2 || p.Groups[0].ID != "shared" || len(p.Groups[0].Links) != 1 || len(p.Groups[0].Slots) != 1 || len(p.Groups[1].Nested) != 1 || len(p.Positions) != 1 {
		t.Errorf("the plan in part: %+v", p)
	}
	if len(plan.Groups[0].Links) != 3 {
		t.Error("showing a part changed the whole")
	}
	if got, err = show(kim, calendar); err != nil {
		t.Fatal(err)
	}
	if d := got.(campaign.Document); len(d.Events) != 1 || d.Events[0].ID != "a" || len(d.Blackouts) != 1 || d.Blackouts[0].ID != "a" || len(d.Replies) != 1 {
		t.Errorf("the calendar in part: %+v", d)
	}
	if got, err = show(kim, report); err != nil {
		t.Fatal(err)
	}
	if d := got.(quality.Document); len(d.Measures) != 1 || len(d.Complaints)+len(d.Cases)+len(d.Audits) != 0 {
		t.Errorf("the report in part: %+v", d)
	}
	stranger := Caller{Role: wire.Planner, Scope: wire.Scope{Products: []string{"Z"}}}
	for _, doc := range []any{plan, calendar, report, struct{}{}} {
		if _, err := show(stranger, doc); err == nil {
			t.Errorf("%T is there for a token of nothing in it", doc)
		}
	}
	if got, err := show(Caller{Role: wire.Planner}, plan); err != nil || len(got.(capacity.Plan).Groups) != 3 {
		t.Errorf("a token of everything does not see the whole: %v", err)
	}
	match := desk.MatchView{Buckets: 7, Result: capacity.Result{Groups: []capacity.GroupMatch{{Group: "shared"}}, Products: []capacity.ProductMatch{{Product: "A", Region: "CI"}, {Product: "B", Region: "CI"}}}}
	if m := kim.seenMatch(match); len(m.Result.Groups) != 0 || len(m.Result.Products) != 1 || m.Buckets != 0 {
		t.Errorf("the match in part: %+v", m)
	}
}
