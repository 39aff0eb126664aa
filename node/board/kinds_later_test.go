package board

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kontor/node/desk"
	"kontor/protocol/calendar"
	"kontor/protocol/exception"
	"kontor/protocol/identity"
	"kontor/protocol/quantity"
)

// Sorts of exceptions that days bring rather than documents: each is opened on two nodes by its cause, under one name, and gone when the cause goes.

// today is the day on the clocks of both.
func (c *circle) today() calendar.Date { return calendar.DateOf(c.maker.n.Now()) }

// until sets the clocks of both to an hour after a day began.
func (c *circle) until(t *testing.T, day calendar.Date) {
	t.Helper()
	if by := time.Duration(day.Millis()-c.maker.n.Now())*time.Millisecond + time.Hour; by > 0 { // clocks that were there already do not go back
		c.later(t, by)
	}
}

// of waits until both nodes list alike n exceptions of a kind in a state, and those satisfy also.
func (c *circle) of(t *testing.T, kind exception.Kind, state desk.ExceptionState, n int, also func(desk.ExceptionView) bool) (found []desk.ExceptionView) {
	t.Helper()
	c.alike(t, true, func(list []desk.ExceptionView) bool {
		found = slices.DeleteFunc(byName(list), func(e desk.ExceptionView) bool {
			return e.Kind != kind || e.State != state || also != nil && !also(e)
		})
		return len(found) == n
	})
	return found
}

// wentByItself fails unless the exceptions that both nodes now list as gone are these, and nobody had closed them.
func (c *circle) wentByItself(t *testing.T, was []desk.ExceptionView) {
	t.Helper()
	for i, e := range c.of(t, was[0].Kind, desk.ExceptionGone, len(was), nil) {
		if e.ID != was[i].ID || e.ClosedBy != "itself" || e.Reason == "" {
			t.Errorf("gone is %s %s by %q because %q, opened was %s", e.Kind, e.ID, e.ClosedBy, e.Reason, was[i].ID)
		}
	}
	c.of(t, was[0].Kind, desk.ExceptionOpen, 0, nil)
}

func everything(string, string) bool { return true }

// weeks are means of a product, week by week from a Monday on.
func weeks(product string, monday calendar.Date, means ...int) string {
	var out strings.Builder
	out.WriteString("product,region,week,unit,mean\n")
	for i, mean := range means {
		fmt.Fprintf(&out, "%s,CI,%s,C62,%d\n", product, calendar.Bucket{Start: monday.AddDays(7 * i), End: monday.AddDays(7 * (i + 1))}, mean)
	}
	return out.String()
}

// Nobody renews a forecast and a plan for five weeks: each is stale, and its author's to renew. What is renewed is stale no longer.
func TestInputsGrowStaleAndAreRenewed(t *testing.T) {
	c := paired(t)
	c.demands(t, 8000, 8000, 8000, 8000, 8000, 8000)
	c.holds(t, 0, "ZDV-300")
	c.of(t, exception.StaleData, desk.ExceptionOpen, 0, nil)
	c.until(t, c.today().AddDays(36)) // weeks 5 to 26 are vouched for 35 days
	stale := c.of(t, exception.StaleData, desk.ExceptionOpen, 2, nil)
	owners := []string{stale[0].Owner, stale[1].Owner}
	slices.Sort(owners)
	if !slices.Equal(owners, []string{"Relief Agency", "Tablet Maker"}) {
		t.Errorf("the forecast is its buyer's to renew and the plan its seller's: %v", owners)
	}
	for _, e := range stale {
		if e.Role != "PLANNER" || e.Speed != exception.Desk || e.Deadline <= c.maker.n.Now() || !strings.Contains(e.Cause, "older than its author vouches for") || e.Default.Text == "" || e.Worth == "" {
			t.Errorf("%+v", e)
		}
	}
	c.demands(t, 8100, 8000, 8000, 8000, 8000, 8000)
	left := c.of(t, exception.StaleData, desk.ExceptionOpen, 1, nil)
	if left[0].Owner != "Tablet Maker" {
		t.Errorf("left is that of %s", left[0].Owner)
	}
	c.holds(t, 1, "ZDV-300")
	c.wentByItself(t, stale)
}

// The answer to a forecast that does not come by its day is missing, under the terms that name the day and what silence means; it goes when it comes.
func TestAnAnswerIsMissingUntilItComes(t *testing.T) {
	c := paired(t)
	c.underTerms(t)
	c.demands(t, 8000, 8000, 8000, 8000, 8000, 8000)
	c.holds(t, 0, "ZDV-300")
	answer := func(e desk.ExceptionView) bool { return e.Scope.Group == "" } // the reports that the terms want are missing too, by party
	c.of(t, exception.Missing, desk.ExceptionOpen, 0, answer)
	loop, err := c.maker.desk.Loop("", everything)
	if err != nil || loop.AnswerDue == 0 {
		t.Fatal(loop, err)
	}
	c.later(t, time.Duration(loop.AnswerDue-c.maker.n.Now())*time.Millisecond+time.Hour)
	missing := c.of(t, exception.Missing, desk.ExceptionOpen, 1, answer)
	if e := missing[0]; e.Owner != "Tablet Maker" || e.Role != "PLANNER" || e.Default.Code != exception.OutcomeLastCommit || !strings.Contains(e.Cause, "no answer to revision 0") ||
		e.Value != (quantity.Money{}) || e.Worth != "48000 packs of 1 product asked for; no price in one currency is known of ZDV-300" {
		t.Errorf("%+v", e)
	}
	// What a pack is worth puts a value on it, and the desk's mandate need not reach it: nothing is lost by what is late.
	if _, err := c.maker.desk.ImportPrices([]byte("product,price,currency,per\nZDV-300,25,USD,10\n")); err != nil {
		t.Fatal(err)
	}
	form, err := c.maker.desk.PrepareClose("", missing[0].ID.String(), "", "")
	now, failed := c.maker.desk.Exceptions("", false)
	if failed != nil || err != nil || form.Close.Value != (identity.Amount{}) {
		t.Fatal(failed, err, form)
	}
	for _, e := range now {
		if e.ID == missing[0].ID && (e.Value != quantity.Money{Minor: 12_000_000, Currency: "USD"} || e.Speed != exception.Desk || !strings.HasSuffix(e.Worth, "at their prices 120 000.00 USD")) {
			t.Errorf("%+v", e)
		}
	}
	if _, err := c.maker.desk.Answer(context.Background(), desk.AnswerOrder{}, ""); err != nil {
		t.Fatal(err)
	}
	if gone := c.of(t, exception.Missing, desk.ExceptionGone, 1, answer); gone[0].ID != missing[0].ID {
		t.Errorf("gone is %s, missing was %s", gone[0].ID, missing[0].ID)
	}
	c.of(t, exception.Missing, desk.ExceptionOpen, 0, answer)
}

// A month that began badly misses what was promised of it if it goes on like that, which is said while the month runs, of deliveries, quantities and defects
// alike; many good deliveries later it keeps its promises.
func TestPromisesAreAtRiskWhileTheirWindowRuns(t *testing.T) {
	c := paired(t)
	const reporting = `"reporting": [{"by": "BUYER", "what": "receipts", "reportDue": 3, "correctUntil": 10}], "onMissing": "COUNTERPARTY_STANDS"}`
	c.underTerms(t,
		`{"id": "fill", "name": "quantity", "by": "SELLER", "measure": {"code": "UNIT_FILL", "set": {"fillEvent": "RECEIVED"}}, "target": "0.95", "window": {"kind": "MONTH"}, "minSample": 1, "measurementSource": "BUYER", "toleranceForDisagreement": "0.01", `+reporting,
		`{"id": "defects", "name": "defects", "by": "SELLER", "measure": {"code": "DEFECT_PPM", "set": {"denominator": "RECEIVED"}}, "target": "500", "atMost": true, "window": {"kind": "MONTH"}, "minSample": 1000, "measurementSource": "BUYER", "toleranceForDisagreement": "10", `+reporting)
	c.demands(t, 8000, 8000, 8000, 8000, 8000, 8000)
	year, month, _ := c.today().AddDays(32).YMD()
	first, err := calendar.NewDate(year, month, 1)
	if err != nil {
		t.Fatal(err)
	}
	c.until(t, first.AddDays(19))
	ctx := context.Background()
	reported := func(from, to int, good, bad int, quality string) {
		t.Helper()
		var lines strings.Builder
		lines.WriteString("order,line,product,region,ordered,due,delivered,accepted,unit\n")
		due := first.AddDays(from)
		for i := range good + bad {
			got, accepted := due, 100
			if i >= good {
				got, accepted = due.AddDays(5), 60
			}
			fmt.Fprintf(&lines, "PO-%d,%d,ZDV-300,CI,100,%s,%s,%d,PK\n", from, i, due, got, accepted)
		}
		window := calendar.Bucket{Start: first.AddDays(from), End: first.AddDays(to)}
		for _, who := range []*company{c.agency, c.maker} {
			if _, err := who.desk.ImportPerformance([]byte(lines.String()), desk.PerformanceImport{}); err != nil {
				t.Fatal(err)
			}
			if _, err := who.desk.SharePerformance(ctx, desk.PerformanceQuery{Window: window.String()}, ""); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := c.agency.desk.ImportQuality(fmt.Appendf(nil, "product,period,received,defectives\nZDV-300,%s\n", quality), desk.ImportOptions{}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.agency.desk.ShareQuality(ctx, "", ""); err != nil {
			t.Fatal(err)
		}
	}
	reported(0, 7, 3, 1, fmt.Sprintf("%s/%s,12000,40", first, first.AddDays(7)))
	risk := c.of(t, exception.SLARisk, desk.ExceptionOpen, 3, nil)
	for _, e := range risk {
		want, known := map[string]string{"otif": "stands at 0.75 over 4 counted", "fill": "stands at 0.9 over 4 counted", "defects": "stands at 3333.3"}[e.Scope.Group]
		if !known || e.Owner != "Tablet Maker" || e.Scope.Buckets.Start != first || !strings.Contains(e.Cause, want) || e.Default.Code != exception.OutcomeRemedy || e.Deadline != e.Scope.Buckets.End.Millis()-1 {
			t.Errorf("%+v", e)
		}
		if paid := e.Scope.Group == "otif"; paid != (e.Value.String() == "250.00 EUR") || paid != (e.Role == "CFO") {
			t.Errorf("%s is worth %s and the %s's", e.Scope.Group, e.Value, e.Role)
		}
	}
	reported(7, 14, 20, 0, fmt.Sprintf("%s/%s,100000,0", first.AddDays(7), first.AddDays(14)))
	c.wentByItself(t, risk)
}

// demanded lets the agency report the demand of the days first+from to first+to, each alike, once they are over.
func (c *circle) demanded(t *testing.T, first calendar.Date, from, to, each int) {
	t.Helper()
	c.until(t, first.AddDays(to+1))
	var table strings.Builder
	table.WriteString("product,region,date,unit,demand\n")
	for i := from; i < to; i++ {
		fmt.Fprintf(&table, "ZDV-300,CI,%s,C62,%d\n", first.AddDays(i), each)
	}
	if _, err := c.agency.desk.ImportPerformance([]byte(table.String()), desk.PerformanceImport{}); err != nil {
		t.Fatal(err)
	}
	window := calendar.Bucket{Start: first.AddDays(from), End: first.AddDays(to)}
	if _, err := c.agency.desk.SharePerformance(context.Background(), desk.PerformanceQuery{Window: window.String()}, ""); err != nil {
		t.Fatal(err)
	}
}

// Forecasts that always lie above what comes err by more than chance once there are enough of them; a month of the other sort makes up for it.
func TestABiasIsSeenAndGoes(t *testing.T) {
	c := paired(t)
	c.until(t, c.today().AddDays(1))
	first := c.today().AddDays(2)
	var table strings.Builder
	table.WriteString("product,region,date,unit,mean\n")
	for i := range 60 {
		fmt.Fprintf(&table, "ZDV-300,CI,%s,C62,100\n", first.AddDays(i))
	}
	c.shares(t, table.String())
	c.demanded(t, first, 0, 18, 60)
	soon(t, "the report at the maker", func() bool {
		l, err := c.maker.desk.Windows("")
		return err == nil && len(l) == 1
	})
	c.of(t, exception.Bias, desk.ExceptionOpen, 0, nil) // eighteen are too few to tell
	c.demanded(t, first, 18, 28, 60)
	bias := c.of(t, exception.Bias, desk.ExceptionOpen, 1, nil)
	if e := bias[0]; e.Owner != "Relief Agency" || e.Role != "PLANNER" || e.Scope.Product != "ZDV-300" || !strings.Contains(e.Cause, "lie above what came, by 66.7 % of it over 28 actuals") || e.Units.String() != "1120" {
		t.Errorf("%+v", e)
	}
	c.demanded(t, first, 28, 56, 140)
	c.wentByItself(t, bias)
}

// Demand doubles between two measurements of a group that states a threshold of a fifth; the next measurement finds it as it was.
func TestVolatilityIsMeasuredAnew(t *testing.T) {
	c := paired(t)
	c.until(t, c.today().AddDays(1)) // no midnight comes while the first documents are shared
	first := c.today()
	monday := first.StartOfWeek(time.Monday)
	plan := fmt.Sprintf(`[{"capacityGroupId":"0157ba42-d2a8-4e28-8565-7b07830c1110","name":"Line 1","unitOfMeasure":"unit:piece","unitOfMeasureIsOmitted":false,"capacityGroupIsInactive":false,
"customer":"BPNL00000000015G","supplier":"BPNL000000000BXT","supplierLocations":["BPNS000000000PFA"],"changedAt":"2026-03-10T12:27:11.320Z","capacities":[{"pointInTime":%q,"actualCapacity":1000,"maximumCapacity":1200}],
"linkedDemandSeries":[{"loadFactor":1,"materialNumberCustomer":"A","customerLocation":"BPNS0000000000WN","demandCategory":{"demandCategoryCode":"0001"}}],
"demandVolatilityParameters":{"measurementInterval":1,"startReferenceDateTime":"%sT12:00:00Z","rollingHorizonAlertThresholds":[{"sequenceNumber":1,"subhorizonLength":4,"relativePositiveDeviation":0.2,"relativeNegativeDeviation":0.3}]}}]`, monday.String(), first)
	c.shares(t, weeks("A", monday, 100, 100, 100, 100, 100, 100, 100, 100))
	if _, err := c.maker.desk.Import("", []byte(plan), desk.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.maker.desk.ShareCapacity(context.Background(), "", ""); err != nil {
		t.Fatal(err)
	}
	soon(t, "the plan at the agency", func() bool { _, err := c.agency.desk.Match(""); return err == nil })
	c.until(t, first.AddDays(2))
	c.shares(t, weeks("A", monday, 100, 100, 200, 200, 100, 100, 100, 100))
	c.of(t, exception.Volatility, desk.ExceptionOpen, 0, nil) // not measured yet
	c.until(t, first.AddDays(8))
	moved := c.of(t, exception.Volatility, desk.ExceptionOpen, 1, nil)
	if e := moved[0]; e.Owner != "Relief Agency" || e.Role != "PLANNER" || e.Scope.Group != "Line 1" || e.Units.String() != "200" || !strings.Contains(e.Cause, first.AddDays(7).String()) ||
		e.Scope.Buckets != (calendar.Bucket{Start: monday.AddDays(14), End: monday.AddDays(28)}) {
		t.Errorf("%+v", e)
	}
	c.until(t, first.AddDays(15))
	c.wentByItself(t, moved)
}
