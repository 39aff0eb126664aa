package board

import (
	"context"
	"slices"
	"strings"
	"testing"

	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/protocol/calendar"
	"kontor/protocol/exception"
	"kontor/protocol/quantity"
	"kontor/protocol/remedy"
)

// A month of deliveries is over whose price an index moves: each side is told that the value is due, and what the other says of it, until it has stated its own.
func TestTheValueOfAnIndexIsDueUntilEachSideStatesIt(t *testing.T) {
	c := paired(t)
	ctx := context.Background()
	c.underTermsAnd(t, `"prices": [{"id": "paper", "items": ["PAPER-1"], "unit": "PK", "valid": {"start": "FROM", "end": "UNTIL"}, "kind": "INDEXED", "price": {"amount": "10", "currency": "EUR", "per": "1"},
      "index": {"id": "PULP-EU", "base": "100", "lag": 1, "weight": 500000, "decimals": 4, "adjust": {"finalDays": 40, "onMissing": "BASE", "disputeWindow": 10}}}],`)
	year, month, _ := c.today().AddDays(32).YMD()
	first, err := calendar.NewDate(year, month, 1)
	if err != nil {
		t.Fatal(err)
	}
	c.until(t, first)
	counts := first.Month().Add(-2)
	due := c.of(t, exception.IndexDue, desk.ExceptionOpen, 2, func(e desk.ExceptionView) bool { return e.Scope.Buckets == counts.Bucket() })
	owners := []string{due[0].Owner, due[1].Owner}
	if slices.Sort(owners); !slices.Equal(owners, []string{"Relief Agency", "Tablet Maker"}) {
		t.Errorf("each side states it: %v", owners)
	}
	for _, e := range due {
		if e.Role != "ACCOUNT" || e.Speed != exception.Desk || e.Scope.Group != "PULP-EU" || e.Scope.Buckets != counts.Bucket() || e.Deadline <= c.maker.n.Now() || e.Default.Code != "BASE" || !strings.Contains(e.Default.Text, "base price") {
			t.Errorf("%+v", e)
		}
	}
	state := func(who *company, value string) {
		t.Helper()
		if _, err := who.desk.StateIndex(ctx, "", remedy.Point{Index: "PULP-EU", Month: counts.First(), Value: quantity.MustParse(value), Source: "monthly bulletin"}, ""); err != nil {
			t.Fatal(err)
		}
	}
	state(c.maker, "150")
	left := c.of(t, exception.IndexDue, desk.ExceptionOpen, 1, func(e desk.ExceptionView) bool { return strings.Contains(e.Cause, "the partner states 150") })
	if e := left[0]; e.Owner != "Relief Agency" || e.Default.Code != "COUNTERPARTY_STANDS" {
		t.Errorf("%+v", e)
	}
	list, err := c.agency.Waiting(By{Role: wire.Planner}, wire.WaitingQuery{})
	if err != nil || !slices.ContainsFunc(list.Waiting, func(w wire.Waiting) bool {
		return w.ID == left[0].ID.String() && w.Next == "kontor sla index --index PULP-EU --month "+counts.String()+" --value VALUE --source WHERE"
	}) {
		t.Errorf("%+v, %v", list, err)
	}
	state(c.agency, "104")
	c.theseWent(t, due)
}

// Nobody states the value while both may still correct what they report: the adjustment is made without it, and the value stays raised, to both, until it is
// stated after all or values are final.
func TestAValueOfAnIndexThatNobodyStatedStaysRaised(t *testing.T) {
	c := paired(t)
	c.underTermsAnd(t, `"prices": [{"id": "paper", "items": ["PAPER-1"], "unit": "PK", "valid": {"start": "FROM", "end": "UNTIL"}, "kind": "INDEXED", "price": {"amount": "10", "currency": "EUR", "per": "1"},
      "index": {"id": "PULP-EU", "base": "100", "lag": 2, "weight": 500000, "decimals": 4, "adjust": {"finalDays": 40, "onMissing": "BASE", "disputeWindow": 10}}}],`)
	year, month, _ := c.today().AddDays(32).YMD()
	first, err := calendar.NewDate(year, month, 1)
	if err != nil {
		t.Fatal(err)
	}
	c.until(t, first)
	counts := first.Month().Add(-3) // two months behind the month of deliveries that is over
	due := c.of(t, exception.IndexDue, desk.ExceptionOpen, 2, func(e desk.ExceptionView) bool { return e.Scope.Buckets == counts.Bucket() })
	c.until(t, first.AddDays(25)) // 10 working days after the month, and some
	late := c.of(t, exception.IndexDue, desk.ExceptionOpen, 2, func(e desk.ExceptionView) bool {
		return e.Scope.Buckets == counts.Bucket() && strings.Contains(e.Cause, "neither side had by")
	})
	for _, e := range late {
		if e.Deadline <= c.maker.n.Now() || e.Role != "ACCOUNT" || e.Default.Code != "BASE" || !strings.Contains(e.Default.Text, "for good from") ||
			!slices.ContainsFunc(due, func(was desk.ExceptionView) bool {
				return was.ID != e.ID && was.Owner == e.Owner && was.Deadline < e.Deadline
			}) {
			t.Errorf("%+v", e)
		}
	}
	if _, err := c.maker.desk.StateIndex(context.Background(), "", remedy.Point{Index: "PULP-EU", Month: counts.First(), Value: quantity.MustParse("104"), Final: true, Source: "monthly bulletin"}, ""); err != nil {
		t.Fatal(err)
	}
	c.theseWent(t, late)
}

// theseWent fails unless both nodes list these exceptions as gone, and nobody had closed them.
func (c *circle) theseWent(t *testing.T, was []desk.ExceptionView) {
	t.Helper()
	c.of(t, was[0].Kind, desk.ExceptionGone, len(was), func(e desk.ExceptionView) bool {
		return e.ClosedBy == "itself" && e.Reason != "" && slices.ContainsFunc(was, func(w desk.ExceptionView) bool { return w.ID == e.ID })
	})
}
