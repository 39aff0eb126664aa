package board

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kontor/node/desk"
	"kontor/protocol/exception"
	"kontor/protocol/quantity"
)

// Sorts of exceptions are followed from the first look at two nodes to their end: one name on both, joined by what says the same again, worth something where a
// price is known, over by default once their deadline passed, and gone when their cause goes.

// listed are the exceptions of some kinds, of which there is one each, by kind; both nodes list them alike.
func (c *circle) listed(t *testing.T, all bool, kinds ...exception.Kind) map[exception.Kind]desk.ExceptionView {
	t.Helper()
	out := map[exception.Kind]desk.ExceptionView{}
	c.alike(t, all, func(list []desk.ExceptionView) bool {
		clear(out)
		n := 0
		for _, e := range list {
			if slices.Contains(kinds, e.Kind) {
				out[e.Kind] = e
				n++
			}
		}
		return n == len(kinds) && len(out) == n
	})
	return out
}

// alike waits until both nodes list the same, and that is as wanted.
func (c *circle) alike(t *testing.T, all bool, wanted func([]desk.ExceptionView) bool) {
	t.Helper()
	var ours, theirs []desk.ExceptionView
	for began := time.Now(); time.Since(began) < time.Minute; time.Sleep(20 * time.Millisecond) {
		var err error
		if ours, err = c.maker.desk.Exceptions("", all); err != nil {
			t.Fatal(err)
		}
		if theirs, err = c.agency.desk.Exceptions("", all); err != nil {
			t.Fatal(err)
		}
		if brief(byName(ours)) == brief(byName(theirs)) && wanted(ours) {
			return
		}
	}
	t.Fatalf("never listed alike and as wanted:\n%s\n%s", brief(byName(ours)), brief(byName(theirs)))
}

// byName orders them by their IDs: their values, which order the lists, are each side's own.
func byName(list []desk.ExceptionView) []desk.ExceptionView {
	return slices.SortedFunc(slices.Values(list), func(a, b desk.ExceptionView) int { return slices.Compare(a.ID[:], b.ID[:]) })
}

// months back from the one before this, the newest last.
func monthsBack(n int) (out []string) {
	now := time.Now()
	for i := n; i > 0; i-- {
		out = append(out, now.AddDate(0, -i, 1-now.Day()).Format("2006-01"))
	}
	return out
}

// counts shares a report of defects by month.
func (c *circle) counts(t *testing.T, defectives ...int) {
	t.Helper()
	table := "product,month,received,defectives\n"
	for i, m := range monthsBack(len(defectives)) {
		table += fmt.Sprintf("ZDV-300,%s,12000,%d\n", m, defectives[i])
	}
	if _, err := c.maker.desk.ImportQuality([]byte(table), desk.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.maker.desk.ShareQuality(context.Background(), "", ""); err != nil {
		t.Fatal(err)
	}
}

// holds shares a plan with so much on hand.
func (c *circle) holds(t *testing.T, stock int, products ...string) {
	t.Helper()
	var plan strings.Builder
	plan.WriteString("line,month,actual,maximum,unit,product,load_factor\n")
	for _, month := range months(6) {
		for _, product := range products {
			fmt.Fprintf(&plan, "L1,%s,10000,12500,PK,%s,1\n", month, product)
		}
	}
	if _, err := c.maker.desk.ImportCapacity([]byte(plan.String()), desk.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.maker.desk.ImportStock(fmt.Appendf(nil, "product,on hand\nZDV-300,%d\n", stock), desk.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.maker.desk.ShareCapacity(context.Background(), "", ""); err != nil {
		t.Fatal(err)
	}
}

// event plans a week of it, and shares it.
func (c *circle) event(t *testing.T, from time.Time, lift string) {
	t.Helper()
	out, err := c.agency.desk.PlanCampaign(desk.CampaignPlan{Event: "spring", From: from.Format("2006-01-02"), To: from.AddDate(0, 0, 6).Format("2006-01-02"), Products: []string{"ZDV-300"}, Regions: []string{"CI"},
		Lift: lift, Unit: "PK"})
	if err != nil || len(out.Findings) > 0 {
		t.Fatal(err, out.Findings)
	}
	if _, err := c.agency.desk.ShareCampaign(context.Background(), "", ""); err != nil {
		t.Fatal(err)
	}
}

var ordinary = []int{6, 5, 7, 6, 8, 5, 6, 4, 6, 7, 5, 6, 6, 7, 5, 6, 8, 4, 6, 7, 6, 5, 7}

func TestSortsOfExceptionsWithoutTerms(t *testing.T) {
	c := paired(t)
	if _, err := c.maker.desk.ImportPrices([]byte("product,price,currency\nZDV-300,2,USD\nNEW-1,3,USD\n")); err != nil {
		t.Fatal(err)
	}
	if err := c.maker.desk.SetExceptionPolicy(quantity.Money{Minor: 1_000_000_00, Currency: "USD"}, quantity.Quantity{}); err != nil {
		t.Fatal(err)
	}
	kinds := []exception.Kind{exception.Unmapped, exception.Overstock, exception.Campaign, exception.Chart}
	far := time.Now().AddDate(0, 4, 0)
	c.asksFor(t, "NEW-1")
	c.holds(t, 500_000, "ZDV-300")
	c.counts(t, append(slices.Clone(ordinary), 40)...)
	if _, err := c.agency.desk.PlanBlackout(desk.BlackoutPlan{ID: "count", Reason: "INVENTORY", From: far.Format("2006-01-02"), To: far.AddDate(0, 0, 20).Format("2006-01-02")}); err != nil {
		t.Fatal(err)
	}
	c.event(t, far, "800")
	first := c.listed(t, false, kinds...)
	for k, want := range map[exception.Kind]struct {
		owner, role string
		speed       exception.Speed
		outcome     string
		worth       string
	}{
		exception.Unmapped:  {"Tablet Maker", "PLANNER", exception.Desk, exception.OutcomeNotCounted, "packs asked for x 3 USD per 1 = "},
		exception.Overstock: {"Tablet Maker", "PLANNER", exception.Desk, exception.OutcomeStays, "packs too many x 2 USD per 1 = "},
		exception.Campaign:  {"Relief Agency", "CMO", exception.Officers, exception.OutcomeConflict, "800 packs planned on top, at the prices of 1 item: 1 600.00 USD"},
		exception.Chart:     {"Tablet Maker", "QUALITY", exception.Desk, exception.OutcomeStays, "40 pieces defective of 12000 looked at x 2 USD per 1 = 80.00 USD"},
	} {
		e := first[k]
		if e.Owner != want.owner || e.Role != want.role || e.Speed != want.speed || e.Default.Code != want.outcome || e.Default.Text == "" || e.Deadline <= e.Raised || e.Cause == "" {
			t.Errorf("%s: %+v", k, e)
		}
		if !strings.Contains(e.Worth, want.worth) || e.Value.Minor == 0 {
			t.Errorf("%s is worth %s: %q, want %q", k, e.Value, e.Worth, want.worth)
		}
	}

	// The same again, in newer documents: it joins what is open and gives nobody more time.
	c.asksFor(t, "NEW-1")
	c.holds(t, 500_001, "ZDV-300")
	c.counts(t, append(slices.Clone(ordinary), 41)...)
	c.event(t, far.AddDate(0, 0, 1), "800")
	c.alike(t, false, func(list []desk.ExceptionView) bool {
		return slices.ContainsFunc(list, func(e desk.ExceptionView) bool { return e.Kind == exception.Chart && e.Units.String() == "41" })
	})
	for k, e := range c.listed(t, false, kinds...) {
		if e.ID != first[k].ID || e.Deadline > first[k].Deadline || e.Raised != first[k].Raised {
			t.Errorf("%s: %s by %d became %s by %d", k, first[k].ID, first[k].Deadline, e.ID, e.Deadline)
		}
	}

	// Nobody did anything by their deadlines: a fortnight is enough for all but the event, which has until two weeks before it.
	for _, e := range first {
		if by := time.Duration(e.Deadline-c.maker.n.Now())*time.Millisecond + time.Hour; by > 0 && e.Kind != exception.Campaign {
			c.later(t, by)
		}
	}
	for k, e := range c.listed(t, true, kinds...) {
		if k != exception.Campaign && (e.State != desk.ExceptionDefault || e.Reason != e.Default.Text || e.ClosedAt != first[k].Deadline) {
			t.Errorf("%s after its deadline: %s %s", k, e.State, e.Reason)
		}
	}

	// Their causes go.
	c.demands(t, 10000, 10000, 10000, 10000, 10000, 10000)
	c.holds(t, 0, "ZDV-300")
	c.counts(t, append(slices.Clone(ordinary), 6)...)
	c.event(t, far.AddDate(0, 0, 40), "800")
	c.alike(t, true, func(list []desk.ExceptionView) bool {
		n := 0
		for _, e := range list {
			if slices.Contains(kinds, e.Kind) && e.State == desk.ExceptionGone {
				n++
			}
		}
		return n == len(kinds)
	})
}
