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
	"kontor/protocol/remedy"
)

// underTerms puts terms in force from the first of the month two months ago on: bands of ten percent, the first nine weeks frozen, answers due within five
// days, and a promise of deliveries that both sides report by month.
func (c *circle) underTerms(t *testing.T, moreSLAs ...string) {
	t.Helper()
	c.underTermsAnd(t, "", moreSLAs...)
}

// underTermsAnd are those terms with more clauses, in which FROM and UNTIL are the days they begin and end.
func (c *circle) underTermsAnd(t *testing.T, more string, moreSLAs ...string) {
	t.Helper()
	now := time.Now()
	from := now.AddDate(0, -2, 1-now.Day())
	doc := fmt.Sprintf(`{
  "contractReference": "FRAME", "effectivePeriod": {"start": %q, "end": %q}, "currency": "EUR", "rounding": {"mode": "HALF_UP", "level": "DOCUMENT"}, "paymentDays": 1,
  "calendar": {"zone": "Africa/Abidjan", "tzdata": "2026b", "offsetMinutes": 0}, "tolerance": {"over": 50000, "under": 20000, "early": 1, "late": 2},
  "loop": {"backward": 0, "forward": 1, "answerDays": 5, "onNoAnswer": "LAST_COMMIT_STANDS", "auto": true}, "dataTerms": {"purposes": ["PLANNING"], "retention": 730, "onward": "NONE", "minAggregation": 5},
  "disputePath": [{"level": "DESK", "days": 5, "default": "STANDS"}],
  "cadence": [{"id": "sop", "name": "planning", "first": "2020-01-06", "rrule": "FREQ=WEEKLY;BYDAY=MO"}],
  "authorizations": [{"id": "all", "unit": "C62", "fabPeriod": 28, "rawPeriod": 84, "finished": {"amount": "1", "currency": "EUR", "per": "1"}, "raw": {"amount": "1", "currency": "EUR", "per": "1"}, "liability": {"finished": 1000000, "raw": 1000000}, "cumResetDate": "2020-01-01", "ageing": 60}],
  "flexBands": [{"id": "frozen", "horizonFrom": 0, "horizonTo": 64, "zone": "FROZEN", "up": 0, "down": 0}, {"id": "firm", "horizonFrom": 64, "horizonTo": 3600, "zone": "FIRM", "up": 100000, "down": 100000}],
  "slas": [{"id": "otif", "name": "on time in full", "by": "SELLER", "measure": {"code": "OTIF"}, "target": "0.95", "window": {"kind": "MONTH"}, "minSample": 4, "measurementSource": "BOTH", "toleranceForDisagreement": "0.01",
    "reporting": [{"by": "BUYER", "what": "receipts", "reportDue": 3, "correctUntil": 10}, {"by": "SELLER", "what": "despatches", "reportDue": 3, "correctUntil": 10}], "onMissing": "COUNTERPARTY_STANDS"}%s],
  "remedies": [{"id": "flat", "sla": "otif", "kind": "FLAT", "amount": {"minor": 25000, "currency": "EUR"}, "cap": {"minor": 100000, "currency": "EUR"}, "capPeriod": "QUARTER", "autoApply": true, "disputeWindow": 10}]
}`, from.Format("2006-01-02"), from.AddDate(10, 0, 0).Format("2006-01-02"), strings.Join(append([]string{""}, moreSLAs...), ", "))
	doc = strings.Replace(doc, "{", "{"+strings.NewReplacer("FROM", from.Format("2006-01-02"), "UNTIL", from.AddDate(10, 0, 0).Format("2006-01-02")).Replace(more), 1)
	if out, err := c.maker.desk.ImportTerms([]byte(doc), desk.TermsImport{}); err != nil {
		t.Fatal(err, out)
	}
	c.putInForce(t)
}

// putInForce shares the terms the maker keeps and has every officer agree to them and sign.
func (c *circle) putInForce(t *testing.T) {
	t.Helper()
	ctx := context.Background()
	if _, err := c.maker.desk.ShareTerms(ctx, desk.TermsQuery{}, ""); err != nil {
		t.Fatal(err)
	}
	opened, err := c.maker.ProposeTerms(ctx, admin, desk.TermsQuery{}, "own", 0)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := c.maker.ProposeTerms(ctx, command("again"), desk.TermsQuery{}, "own", 0); codesOf(err) != "TOPIC_OPEN" {
		t.Fatalf("the same terms are put to the officers twice: %+v, %v", again, err)
	}
	q := wire.TopicAct{TopicQuery: wire.TopicQuery{Topic: opened.Topic}}
	c.sees(t, c.agency, opened.Topic, decision.Proposed)
	for _, who := range []*company{c.agency, c.maker} {
		for _, role := range []decision.Role{decision.COO, decision.CFO} {
			in := scoring(opened.Topic, role, 7)
			in.Scores = slices.DeleteFunc(in.Scores, func(s wire.Scoring) bool { return s.Option != "1" })
			if _, err := who.Score(ctx, admin, in); err != nil {
				t.Fatal(err)
			}
		}
	}
	c.sees(t, c.maker, opened.Topic, decision.Negotiation)
	if _, err := c.maker.Offer(ctx, admin, offerOf(q, 1, c.maker)); err != nil {
		t.Fatal(err)
	}
	soon(t, "the offer", func() bool { d, err := c.agency.Show(admin, q.TopicQuery); return err == nil && d.Rounds == 1 })
	accepted, err := c.agency.Accept(ctx, admin, wire.TopicAcceptRequest{TopicAct: q})
	if err != nil || accepted.Agreement == "" {
		t.Fatal(err, accepted.Undrafted)
	}
	soon(t, "the document", func() bool { return c.maker.verdict(accepted.Agreement) == decision.Open })
	c.concludes(t, accepted.Agreement)
	if again, err := c.maker.ProposeTerms(ctx, command("after"), desk.TermsQuery{}, "own", 0); codesOf(err) != "ALREADY_AGREED" {
		t.Fatalf("terms that are signed are put to the officers again: %+v, %v", again, err)
	}
}

// concludes has every officer sign.
func (c *circle) concludes(t *testing.T, document string) {
	t.Helper()
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
}

func TestSortsOfExceptionsUnderTerms(t *testing.T) {
	c := paired(t)
	ctx := context.Background()
	if _, err := c.maker.desk.ImportPrices([]byte("product,price,currency\nZDV-300,2,USD\n")); err != nil {
		t.Fatal(err)
	}
	if err := c.maker.desk.SetExceptionPolicy(quantity.Money{Minor: 1_000_00, Currency: "USD"}, quantity.Quantity{}); err != nil {
		t.Fatal(err)
	}
	c.underTerms(t)
	// The agreement's day is in the middle of a month, whose meetings are numbered from its first.
	if file, err := c.agency.CadenceCalendar(admin, wire.CadenceQuery{Most: 1}); err != nil || file.Events == 0 {
		t.Fatalf("meetings of terms that began today: %+v, %v", file, err)
	}
	c.demands(t, 10000, 10000, 10000, 10000, 10000, 10000)
	if out, err := c.maker.desk.Exposure(desk.ExposureQuery{}, func(string) bool { return true }); codesOf(err) != "BAD_UNIT" {
		t.Fatalf("packs of unknown content are authorised by the piece: %+v, %v", out, err)
	}
	c.holds(t, 0, "ZDV-300")
	if _, err := c.maker.desk.PlanSlot(desk.SlotPlan{ID: "fifth", Line: "L1", Product: "ZDV-300", Period: months(6)[4], Quantity: "50"}); err != nil {
		t.Fatal(err)
	}
	c.holds(t, 1, "ZDV-300") // with the slot
	soon(t, "the slot", func() bool { l, err := c.agency.desk.Slots(""); return err == nil && len(l) == 1 })
	if _, err := c.maker.desk.Answer(ctx, desk.AnswerOrder{}, ""); err != nil {
		t.Fatal(err)
	}

	kinds := []exception.Kind{exception.Flex, exception.FrozenZone, exception.SlotReview}
	c.demands(t, 10300, 10000, 10000, 15000, 10900, 10000)
	first := c.listed(t, false, kinds...)
	for k, want := range map[exception.Kind]struct {
		role    string
		speed   exception.Speed
		outcome string
		worth   string
	}{
		exception.Flex:       {"CFO", exception.Officers, exception.OutcomeLastCommit, "5000 packs moved beyond the bands x 2 USD per 1 = 10 000.00 USD"},
		exception.FrozenZone: {"PLANNER", exception.Desk, exception.OutcomeLastCommit, "300 packs moved beyond the bands x 2 USD per 1 = 600.00 USD"},
		exception.SlotReview: {"CFO", exception.Officers, exception.OutcomeSlotStands, "900 packs moved behind the slot x 2 USD per 1 = 1 800.00 USD"},
	} {
		e := first[k]
		if k == exception.SlotReview {
			want.role = "COO"
		}
		if e.Owner != "Tablet Maker" || e.Role != want.role || e.Speed != want.speed || e.Default.Code != want.outcome || e.Default.Text == "" || e.Deadline <= e.Raised || e.Cause == "" || e.Worth != want.worth {
			t.Errorf("%s: %+v", k, e)
		}
	}
	// What waits for whom, and what comes of it if nobody does anything.
	for _, x := range []struct {
		role wire.Role
		kind exception.Kind
	}{{wire.CFO, exception.Flex}, {wire.Planner, exception.FrozenZone}} {
		list, err := c.maker.Waiting(By{Role: x.role}, wire.WaitingQuery{})
		if err != nil || !slices.ContainsFunc(list.Waiting, func(w wire.Waiting) bool {
			return w.ID == first[x.kind].ID.String() && w.Value != nil && w.Until == first[x.kind].Deadline && w.Else == first[x.kind].Default.Text && w.Next != ""
		}) {
			t.Errorf("%s does not wait for the %s: %+v, %v", x.kind, x.role, list, err)
		}
	}

	// A topic about the move is one of terms, and names the cells as they are asked for and as the bands let them be.
	opened, err := c.maker.Open(ctx, admin, wire.TopicOpenRequest{Exception: first[exception.Flex].ID.String()})
	if err != nil {
		t.Fatal(err)
	}
	c.sees(t, c.agency, opened.Topic, decision.Proposed)
	d, err := c.agency.Show(admin, wire.TopicQuery{Topic: opened.Topic})
	if err != nil || d.Kind != decision.Commercial {
		t.Fatalf("%+v, %v", d, err)
	}
	for option, want := range map[int]string{1: "7500 7500", 2: "5500 5500"} {
		var got []string
		for _, e := range d.Options[option].Effects {
			got = append(got, e.Quantity.String())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("option %d: %v, want %s", option, got, want)
		}
	}
	act := wire.TopicDeclineRequest{TopicAct: wire.TopicAct{TopicQuery: wire.TopicQuery{Topic: opened.Topic}}, Reason: "the desks see to it"}
	if _, err := c.maker.Withdraw(ctx, admin, act); err != nil {
		t.Fatal(err)
	}
	c.sees(t, c.agency, opened.Topic, decision.Withdrawn)

	// Another move of the same joins what is open.
	c.demands(t, 10302, 10000, 10000, 15002, 10902, 10000)
	c.alike(t, false, func(list []desk.ExceptionView) bool {
		return slices.ContainsFunc(list, func(e desk.ExceptionView) bool { return e.Kind == exception.FrozenZone && e.Units.String() == "302" })
	})
	for k, e := range c.listed(t, false, kinds...) {
		if e.ID != first[k].ID || e.Deadline > first[k].Deadline || e.Raised != first[k].Raised {
			t.Errorf("%s: %s by %d became %s by %d", k, first[k].ID, first[k].Deadline, e.ID, e.Deadline)
		}
	}
	for _, k := range kinds {
		if by := time.Duration(first[k].Deadline-c.maker.n.Now())*time.Millisecond + time.Hour; by > 0 {
			c.later(t, by)
		}
	}
	for k, e := range c.listed(t, true, kinds...) {
		if e.State != desk.ExceptionDefault || e.Reason != e.Default.Text || e.ClosedAt != first[k].Deadline {
			t.Errorf("%s after its deadline: %s %s", k, e.State, e.Reason)
		}
	}
	// The forecast comes back inside the bands, and a plan is made for it.
	c.demands(t, 10000, 10000, 10000, 10000, 10000, 10000)
	c.holds(t, 2, "ZDV-300")
	c.alike(t, true, func(list []desk.ExceptionView) bool {
		n := 0
		for _, e := range list {
			if slices.Contains(kinds, e.Kind) && e.State == desk.ExceptionGone && e.Acted {
				n++
			}
		}
		return n == len(kinds)
	})
}

// What both sides owe a report of is missing once its day has passed, for each side on its own; it goes when the report comes, and what the figures then make
// one side owe is raised when it was to be paid, until it is.
func TestMissingReportsAndUnpaidRemedies(t *testing.T) {
	c := paired(t)
	ctx := context.Background()
	c.underTerms(t)
	now := time.Now()
	window := now.AddDate(0, -2, 1-now.Day()) // its reports are due weeks ago
	of := func(kind exception.Kind, state desk.ExceptionState, n int) (found []desk.ExceptionView) {
		t.Helper()
		c.alike(t, true, func(list []desk.ExceptionView) bool {
			found = slices.DeleteFunc(byName(list), func(e desk.ExceptionView) bool {
				return e.Kind != kind || e.State != state || kind == exception.Missing && e.Scope.Buckets.Start != dayOf(window)
			})
			return len(found) == n
		})
		return found
	}
	// Two months after the window what may be corrected is over: nobody did anything, and the default outcome happened.
	for _, e := range of(exception.Missing, desk.ExceptionDefault, 2) {
		if e.Role != "ACCOUNT" || e.Value.String() != "250.00 EUR" || e.Worth != "remedy flat of FRAME: 250.00 EUR" || e.Default.Code != "COUNTERPARTY_STANDS" || e.Owner == "" {
			t.Errorf("%+v", e)
		}
	}
	var lines strings.Builder
	lines.WriteString("order,line,product,region,ordered,due,delivered,accepted,unit\n")
	for i := range 4 {
		due := window.AddDate(0, 0, 5+i)
		got := due
		if i == 3 {
			got = due.AddDate(0, 0, 15)
		}
		fmt.Fprintf(&lines, "PO-%d,10,ZDV-300,CI,1000,%s,%s,1000,PK\n", i, due.Format("2006-01-02"), got.Format("2006-01-02"))
	}
	for _, who := range []*company{c.agency, c.maker} {
		if _, err := who.desk.ImportPerformance([]byte(lines.String()), desk.PerformanceImport{}); err != nil {
			t.Fatal(err)
		}
		if _, err := who.desk.SharePerformance(ctx, desk.PerformanceQuery{Window: window.Format("2006-01"), Close: true}, ""); err != nil {
			t.Fatal(err)
		}
	}
	of(exception.Missing, desk.ExceptionGone, 2)

	var owed desk.RemedyView
	soon(t, "what the terms make the maker owe", func() bool {
		l, err := c.maker.desk.Remedies(desk.SLAQuery{}, func(string) bool { return true })
		if err == nil && len(l.Items) == 1 && l.Items[0].Stands {
			owed = l.Items[0]
		}
		return owed.ID != ""
	})
	of(exception.Unpaid, desk.ExceptionOpen, 0)
	c.later(t, time.Duration(owed.PayBy.AddDays(1).Millis()-c.maker.n.Now())*time.Millisecond+time.Hour)
	e := of(exception.Unpaid, desk.ExceptionOpen, 1)[0]
	if e.Owner != "Tablet Maker" || e.Scope.Group != owed.ID || e.Value.String() != "250.00 EUR" || e.Default.Code != exception.OutcomeOwed || e.Role != "CFO" {
		t.Errorf("%+v", e)
	}
	list, err := c.maker.Waiting(By{Role: wire.CFO}, wire.WaitingQuery{})
	if err != nil || !slices.ContainsFunc(list.Waiting, func(w wire.Waiting) bool {
		return w.ID == e.ID.String() && strings.Contains(w.Next, "remedy settle "+owed.ID)
	}) {
		t.Errorf("%+v, %v", list, err)
	}
	if _, err := c.maker.desk.DoRemedy(ctx, remedy.Settle, desk.RemedyAct{IDs: []string{owed.ID}, Reference: "credit note 4711"}, ""); err != nil {
		t.Fatal(err)
	}
	if gone := of(exception.Unpaid, desk.ExceptionGone, 1)[0]; gone.ID != e.ID || !gone.Acted {
		t.Errorf("%+v", gone)
	}
}

// Terms that later ones of the contract take the place of, with no day left to apply on, bring nobody steps any more: neither a meeting, nor what waits, nor what is
// overdue.
func TestStepsOfReplacedTermsGo(t *testing.T) {
	c := paired(t)
	c.underTerms(t)
	first := c.steps(t)
	if len(first) != 2 || !strings.HasSuffix(first[0], "revision 0") {
		t.Fatalf("%q", first)
	}
	c.later(t, 25*time.Hour) // the steps were due the day before
	late := func(e desk.ExceptionView) bool {
		return e.Kind == exception.Late && strings.Contains(e.Cause, "revision 0")
	}
	c.alike(t, false, func(list []desk.ExceptionView) bool { return slices.ContainsFunc(list, late) })
	c.underTermsAnd(t, `"title": "the same, dearer",`)
	for _, who := range []*company{c.agency, c.maker} {
		m, err := who.Cadence(admin, wire.CadenceQuery{})
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range m.Meetings[0].Agenda.Items {
			if strings.HasSuffix(i.Title, "revision 0") {
				t.Errorf("%s: %+v", who.n.Name(), i)
			}
		}
		l, err := who.Agreements(admin, wire.AgreementQuery{})
		if err != nil || len(l.Agreements) != 2 {
			t.Fatal(l, err)
		}
		if a, b := l.Agreements[0].Standing, l.Agreements[1].Standing; a != decision.Superseded || b != decision.InForce {
			t.Errorf("%s: the first is %s, the second %s", who.n.Name(), a, b)
		}
	}
	if now := c.steps(t); len(now) != 2 || !strings.HasSuffix(now[0], "revision 1") || !strings.HasSuffix(now[1], "revision 1") {
		t.Errorf("%q", now)
	}
	c.alike(t, false, func(list []desk.ExceptionView) bool { return !slices.ContainsFunc(list, late) })
}

// steps are the titles of the steps that wait at each company.
func (c *circle) steps(t *testing.T) (out []string) {
	t.Helper()
	for _, who := range []*company{c.agency, c.maker} {
		list, err := who.Waiting(admin, wire.WaitingQuery{})
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range list.Waiting {
			if w.What == "milestone" {
				out = append(out, strings.TrimSuffix(w.Text, " (overdue)"))
			}
		}
	}
	return out
}

func dayOf(t time.Time) calendar.Date { return calendar.MustDate(t.Format("2006-01-02")) }
