package capacity

import (
	"strings"
	"testing"

	"kontor/protocol/calendar"
	"kontor/protocol/exception"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// shortOfA is a match in which product A is short from February to March and B is covered.
func shortOfA(t testing.TB, stockOfB *quantity.Quantity) Result {
	months := func(per int64) []forecast.Cell {
		var all []forecast.Cell
		for i, b := range calendar.MonthsFrom(calendar.MustDate("2027-01-01").Month(), 3) {
			n := int64(i + 1)
			all = append(all, forecast.Cell{Bucket: b, Mean: quantity.Of(per), Cumulative: []forecast.Quantile{{P: 100_000, Q: quantity.Of(n * per * 9 / 10)}, {P: 900_000, Q: quantity.Of(n * per * 11 / 10)}}})
		}
		return all
	}
	f := doc(line("A", "CI", months(100)...), line("B", "CI", months(10)...))
	g := Group{ID: "L1", Unit: quantity.Pack, Links: []Link{{Product: "A", Share: 800_000}, {Product: "B", Share: 200_000}},
		Capacities: capacities("2027-01", "100", "120", "2027-02", "100", "120", "2027-03", "100", "120")}
	return match(t, f, Plan{Header: header(PlanType), Groups: []Group{g}, Positions: []Position{
		{Product: "A", Unit: quantity.Pack, AsOf: calendar.MustDate("2026-12-31"), Stock: qp("30")},
		{Product: "B", Unit: quantity.Pack, AsOf: calendar.MustDate("2026-12-31"), Stock: stockOfB}}})
}

func policy() Policy {
	return Policy{
		Prices:    map[string]quantity.Price{"A": {Amount: q("2.5"), Currency: "USD", Per: quantity.Of(1)}},
		DeskLimit: quantity.Money{Minor: 10_000, Currency: "USD"}, Issued: calendar.MustDate("2026-11-22").Millis(),
		OnNoAnswer: forecast.NoCommit,
	}
}

// Contiguous short buckets are one exception with owner, value, deadline and default outcome.
func TestBottleneckOfOneProduct(t *testing.T) {
	r := shortOfA(t, qp("50"))
	found, err := Bottlenecks(r, policy())
	if err != nil || len(found) != 1 {
		t.Fatalf("%d exceptions, %v: %+v", len(found), err, found)
	}
	e := found[0]
	if e.Kind != exception.Shortage || e.Scope.Product != "A" || e.Scope.Group != "L1" || e.Scope.Buckets.String() != "2027-02-01/2027-04-01" {
		t.Errorf("scope %+v", e.Scope)
	}
	last := r.Products[0].Buckets[2].Cover
	if e.Units != last.Expected.Lower || e.UnitsMax != last.Expected.Upper || e.Shortage != last.Shortage.Lower {
		t.Errorf("units %s to %s: want those of March, the largest", e.Units, e.UnitsMax)
	}
	if want, _ := policy().Prices["A"].Times(e.Units); e.Value != want || e.Value.Minor == 0 {
		t.Errorf("value %s, want %s", e.Value, want)
	}
	if e.Side != exception.Seller || e.Speed != exception.Desk || e.Role != "PLANNER" {
		t.Errorf("owner %s %s %s", e.Side, e.Speed, e.Role)
	}
	// February less thirty days.
	if got := calendar.DateOf(e.Deadline).String(); got != "2027-01-02" {
		t.Errorf("deadline %s", got)
	}
	if e.Default.Code != exception.OutcomeNoCommit || !strings.HasPrefix(e.Default.Text, "If nothing is done by 2027-01-02 nothing is committed and ") {
		t.Errorf("default %+v", e.Default)
	}
	again, _ := Bottlenecks(r, policy())
	if again[0].ID != e.ID {
		t.Error("the id is not deterministic")
	}
}

// Practice T4: above the mandate the officers decide, and so they do where the value is unknown.
func TestOfficersDecideAboveTheMandate(t *testing.T) {
	r := shortOfA(t, qp("50"))
	p := policy()
	p.DeskLimit.Minor = 10
	if found, _ := Bottlenecks(r, p); found[0].Speed != exception.Officers || found[0].Role != "COO" {
		t.Errorf("%+v", found[0])
	}
	p = policy()
	p.Prices = nil
	if found, _ := Bottlenecks(r, p); found[0].Speed != exception.Officers || found[0].Value != (quantity.Money{}) {
		t.Errorf("%+v", found[0])
	}
}

func TestDeadlineKeepsTimeToReact(t *testing.T) {
	p := policy()
	p.LeadDays = 300
	found, _ := Bottlenecks(shortOfA(t, qp("50")), p)
	if got := calendar.DateOf(found[0].Deadline).String(); got != "2026-11-24" {
		t.Errorf("deadline %s: two days after the issue at the least", got)
	}
	p = policy()
	p.AnswerDue = calendar.MustDate("2026-12-01").Millis()
	found, _ = Bottlenecks(shortOfA(t, qp("50")), p)
	if got := calendar.DateOf(found[0].Deadline).String(); got != "2026-12-01" {
		t.Errorf("deadline %s: the answer is due before", got)
	}
}

// Without stock of B the group has no cover view: demand above capacity is an overload by the contract view.
func TestOverloadOnlyWithoutCover(t *testing.T) {
	found, err := Bottlenecks(shortOfA(t, nil), policy())
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[exception.Kind]int{}
	for _, e := range found {
		kinds[e.Kind]++
	}
	if kinds[exception.Overload] != 1 || kinds[exception.Shortage] != 1 {
		t.Errorf("%v", kinds)
	}
}

// The agreement fills the gap: the exception closes by itself.
func TestExceptionClosesWhenItsCauseIsGone(t *testing.T) {
	p := policy()
	before, err := Bottlenecks(shortOfA(t, qp("50")), p)
	if err != nil {
		t.Fatal(err)
	}
	p.MinUnits = q("1000")
	after, err := Bottlenecks(shortOfA(t, qp("50")), p)
	if err != nil {
		t.Fatal(err)
	}
	if c := exception.Reconcile(before, after); len(c.Closed) != 1 || len(c.Raised)+len(c.Kept) != 0 {
		t.Errorf("%+v", c)
	}
}
