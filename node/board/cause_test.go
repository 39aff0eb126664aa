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
	"kontor/protocol/quantity"
)

// Whatever sort of exception officers may have to decide becomes a topic of the kind whose officers lead, that the rules of topics take as it is made.
func TestEverySortOfExceptionBecomesATopic(t *testing.T) {
	c := paired(t)
	c.short(t)
	p := c.maker.n.Partnerships()[0]
	kinds := map[exception.Kind]decision.Kind{exception.Flex: decision.Commercial, exception.FrozenZone: decision.Commercial, exception.SLARisk: decision.Commercial,
		exception.Campaign: decision.JointMarketing, exception.Chart: decision.Quality, exception.IndexDue: decision.Commercial, exception.Unpaid: decision.Commercial}
	for _, k := range exception.Kinds {
		if byMatch(k) || k == exception.Rollback {
			continue // other tests open those: by what the match leaves short, and of an agreement
		}
		first := calendar.DateOf(c.maker.n.Now())
		e := exception.Exception{Kind: k, Side: exception.Seller, Speed: exception.Officers, Role: k.Officer(), Units: quantity.Of(3), UnitsMax: quantity.Of(3), Unit: quantity.Pack,
			Scope:   exception.Scope{Group: "L1", Product: "ZDV-300", Region: "site|4012345000009", Buckets: calendar.Bucket{Start: first, End: first.AddDays(7)}},
			Default: exception.Outcome{Code: exception.OutcomeStays, Text: "nothing changes"}}
		for _, scope := range []exception.Scope{e.Scope, {Buckets: e.Scope.Buckets}, {Group: "L1"}, {}} { // a document's exceptions name no product
			e.Scope = scope
			e.ID = exception.NewID(k, scope)
			made, err := c.maker.aboutCause(p, desk.ExceptionView{Exception: e})
			if err != nil {
				t.Fatalf("%s: %v", k, err)
			}
			want := decision.DemandCapacity
			if special, some := kinds[k]; some {
				want = special
			}
			if k == exception.Missing && scope.Group != "" {
				want = decision.Commercial
			}
			if made.Kind != want || len(made.Options) != 3 || made.Options[0].Summary != e.Default.Text {
				t.Errorf("%s: a topic of %s with %d options, want %s with 3", k, made.Kind, len(made.Options), want)
			}
			if made.Required, err = c.maker.required(p, made, nil); err != nil {
				t.Fatal(err)
			}
			if want := dueOf(k); want != "" && (len(made.Issues) != 1 || made.Issues[0].ID != want) {
				t.Errorf("%s: issues %+v, want %s", k, made.Issues, want)
			}
			if made.Kind == decision.Quality && made.Scope.Horizon.End < first.AddDays(workDays) {
				t.Errorf("%s: its work can't be due in the horizon %s", k, made.Scope.Horizon)
			}
			now := c.maker.n.Now()
			if _, findings := decision.OpenTopic(p.PID, c.maker.tidy(made, nil), members(p), decision.At{Entry: p.PID, Member: c.maker.n.Company(), T: now}); len(findings) > 0 {
				t.Errorf("%s over %+v: %v", k, scope, findings)
			}
		}
	}
}

// dueOf is what parties bargain about in a topic of a sort of exception, apart from the terms that a topic of a document brings.
func dueOf(k exception.Kind) string {
	switch k {
	case exception.Chart, exception.Unpaid, exception.Late, exception.Missing, exception.StaleData, exception.Invalidated, exception.Unmapped, exception.SlotReview:
		return issueDue
	}
	return ""
}

// A product that no line makes is an exception under one name at both nodes, though each looks when it likes; a topic about it is joined and not doubled; it is
// agreed when the topic is, gone when a line makes the product, and what its default says once nobody did anything by its deadline.
func TestAnUnmappedProductFromNoticeToTopic(t *testing.T) {
	c := paired(t)
	c.short(t)
	c.asksFor(t, "NEW-1")
	ctx := context.Background()
	found := c.kind(t, exception.Unmapped)
	if found.Owner != "Tablet Maker" || found.Role != "PLANNER" || found.Deadline == 0 || found.Default.Code != exception.OutcomeNotCounted || found.Units.IsZero() || found.State != desk.ExceptionOpen {
		t.Fatalf("%+v", found)
	}
	c.asksFor(t, "NEW-1") // another revision of the same
	if again := c.kind(t, exception.Unmapped); again.ID != found.ID || again.Deadline != found.Deadline {
		t.Errorf("a revision makes another of it: %+v", again)
	}
	opened, err := c.agency.Open(ctx, admin, wire.TopicOpenRequest{Exception: found.ID.String()})
	if err != nil {
		t.Fatal(err)
	}
	c.sees(t, c.maker, opened.Topic, decision.Proposed)
	if _, err := c.maker.Open(ctx, admin, wire.TopicOpenRequest{Exception: found.ID.String()}); codesOf(err) != "TOPIC_OPEN" {
		t.Errorf("a second topic about it: %v", err)
	}
	d, err := c.maker.Show(admin, wire.TopicQuery{Topic: opened.Topic})
	if err != nil || d.Kind != decision.DemandCapacity || !slices.Equal(d.Scope.Products, []string{"NEW-1"}) || len(d.Context) != 2 {
		t.Fatalf("%+v, %v", d, err)
	}
	act := wire.TopicDeclineRequest{TopicAct: wire.TopicAct{TopicQuery: wire.TopicQuery{Topic: opened.Topic}}, Reason: "opened by mistake"}
	if _, err := c.agency.Withdraw(ctx, admin, act); err != nil {
		t.Fatal(err)
	}
	c.sees(t, c.maker, opened.Topic, decision.Withdrawn)
	c.demands(t, 10000, 10000, 10000, 10000, 10000, 10000) // which asks for it no more
	for _, e := range c.both(t, true) {
		if e.ID == found.ID && (e.State != desk.ExceptionGone || e.ClosedBy != "itself") {
			t.Errorf("its cause is gone: %+v", e)
		}
	}
}

// asksFor shares a revision that asks for a product besides the one the maker makes; the count of it grows with every call.
func (c *circle) asksFor(t *testing.T, product string) {
	t.Helper()
	c.revision++
	var fc strings.Builder
	fc.WriteString("product,region,month,unit,mean,q0.1,q0.5,q0.9\n")
	for _, month := range months(6) {
		fmt.Fprintf(&fc, "ZDV-300,CI,%s,PK,5000,4000,5000,6000\n%s,CI,%s,PK,%d,10,20,300\n", month, product, month, 20+c.revision)
	}
	c.shares(t, fc.String())
}

// kind is the one exception of a kind, which both nodes list alike.
func (c *circle) kind(t *testing.T, k exception.Kind) desk.ExceptionView {
	t.Helper()
	list := slices.DeleteFunc(c.both(t, false), func(e desk.ExceptionView) bool { return e.Kind != k })
	if len(list) != 1 {
		t.Fatalf("%d exceptions of %s", len(list), k)
	}
	return list[0]
}

// later sets the clocks of both forward.
func (c *circle) later(t *testing.T, by time.Duration) {
	t.Helper()
	for _, who := range []*company{c.agency, c.maker} {
		who.stop()
		who.ahead += by
		who.start(t)
		who.n.Confirm() // that this clock is right
	}
	for _, who := range []*company{c.agency, c.maker} {
		soon(t, "the partner's word after a restart", func() bool { return who.n.HeadConfirmed(c.pid) })
	}
}

// A step of a signed plan that is past its day is an exception of the officer who answers for it, one at both nodes; it goes when the step is reported, and
// where it is not it ends with what the agreement says of that.
func TestAnOverdueStepIsAnException(t *testing.T) {
	c := paired(t)
	c.short(t)
	_, document := c.agree(t)
	for _, who := range []*company{c.agency, c.maker} {
		for _, role := range []decision.Role{decision.COO, decision.CFO} {
			if err := who.signs(t, document, string(role), role); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, who := range []*company{c.agency, c.maker} {
		soon(t, "the verdict", func() bool { return who.verdict(document) == decision.Final })
	}
	late := func(all bool) []desk.ExceptionView {
		return slices.DeleteFunc(c.both(t, all), func(e desk.ExceptionView) bool { return e.Kind != exception.Late })
	}
	if l := late(false); len(l) != 0 {
		t.Fatalf("before its day: %+v", l)
	}
	c.later(t, 16*24*time.Hour) // the first step has 14 days
	first := late(false)
	if len(first) != 1 || first[0].Owner != "Tablet Maker" || first[0].Role != "COO" || first[0].Scope.Group != "1-prepare" || first[0].Value.Minor == 0 || first[0].Default.Code != exception.OutcomeRollback {
		t.Fatalf("%+v", first)
	}
	waits, err := c.maker.Waiting(By{Role: wire.COO}, wire.WaitingQuery{})
	if err != nil || len(slices.DeleteFunc(waits.Waiting, func(w wire.Waiting) bool { return w.What != "milestone" || w.Else == "" })) != 1 {
		t.Errorf("the officer reads %+v, %v", waits, err)
	}
	if _, err := c.maker.Milestone(context.Background(), admin, wire.AgreementMilestoneRequest{AgreementQuery: wire.AgreementQuery{Agreement: document}, Milestone: "1-prepare", Proof: "seen"}); err != nil {
		t.Fatal(err)
	}
	soon(t, "the report", func() bool {
		return slices.ContainsFunc(late(true), func(e desk.ExceptionView) bool { return e.ID == first[0].ID && e.State == desk.ExceptionGone })
	})
	c.later(t, 22*24*time.Hour) // the second has 21, and ten working days after them
	for _, e := range late(true) {
		if e.ID != first[0].ID && (e.Scope.Group != "2-call-off" || e.Owner != "Relief Agency" || e.State != desk.ExceptionDefault || e.Reason == "") {
			t.Errorf("%+v", e)
		}
	}
	kinds, err := c.maker.desk.AlertQuality("", "")
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(kinds, func(k desk.KindQuality) bool { return k.Kind == exception.Late })
	if i < 0 || kinds[0].Kind != "" || kinds[i].Acted != 1 || kinds[i].Default != 1 || kinds[i].Measured.Value != "0.5" || kinds[i].Measured.Count != 2 {
		t.Errorf("one reported, one not: %+v", kinds)
	}
	groups, err := c.agency.desk.Measure(desk.MeasureQuery{})
	for _, want := range []string{"exceptions", "exceptions MILESTONE_OVERDUE", "days of supply of ZDV-300"} {
		if err != nil || !slices.ContainsFunc(groups, func(g desk.MeasuredGroup) bool { return g.Of == want && len(g.Results) == 1 && g.Results[0].Measured }) {
			t.Errorf("no measure of %s in %+v, %v", want, groups, err)
		}
	}
	if l := late(true); len(l) != 2 {
		t.Errorf("%s", brief(l))
	}
}
