package identity_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/identity"
)

const kind = "COMMERCIAL"

func usd(minor int64) *identity.Amount { return &identity.Amount{Minor: minor, Currency: "USD"} }

// The highest amount is asked first, then who names more, then the newest; a condition's quorum can be replaced and ended, and a view
// keeps what stood at its head.
func TestRulesAreAskedInOneOrder(t *testing.T) {
	c := founded(t)
	set := func(quorum string, when *identity.Condition) error {
		return c.Append(entry(t, c, identity.KindSetPolicy, func(e *identity.Entry) {
			e.Policy = &identity.Policy{TopicKind: kind, Quorum: quorum, When: when}
		}, rootA, rootB))
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(set("COO", nil))
	must(set("COO and CFO", &identity.Condition{Above: usd(1000)}))
	must(set("CTO", &identity.Condition{Products: []string{"A"}}))
	must(set("CEO", &identity.Condition{Above: usd(5000)}))
	must(set("CMO", &identity.Condition{Products: []string{"A"}, Regions: []string{"CI"}}))
	before := c.Now()
	must(set("CFO", &identity.Condition{Above: usd(1000)})) // in place of the one before
	must(set("", &identity.Condition{Above: usd(5000)}))    // ends
	order := func(v identity.View) (out string) {
		for _, r := range v.Rules(kind) {
			out += r.Quorum + "; "
		}
		return out
	}
	if got := order(before); got != "CEO; COO and CFO; CMO; CTO; " {
		t.Error(got)
	}
	if got := order(c.Now()); got != "CFO; CMO; CTO; " {
		t.Error(got)
	}
	if q, _ := c.Now().Quorum(kind, 0); q != "COO" {
		t.Errorf("the kind's own quorum is %q", q)
	}
	for _, x := range []struct {
		m    identity.Matter
		want string
	}{
		{identity.Matter{Amount: usd(1000), Products: []string{"B"}, Regions: []string{"CI"}}, "COO"},
		{identity.Matter{Amount: usd(1001), Products: []string{"B"}, Regions: []string{"CI"}}, "CFO"},
		{identity.Matter{Products: []string{"B"}, Regions: []string{"CI"}}, "CFO"},                                                      // unknown sum
		{identity.Matter{Amount: &identity.Amount{Minor: 1, Currency: "EUR"}, Products: []string{"B"}, Regions: []string{"CI"}}, "CFO"}, // another currency
		{identity.Matter{Amount: usd(10), Products: []string{"A", "B"}, Regions: []string{"NG"}}, "CTO"},
		{identity.Matter{Amount: usd(10), Products: []string{"A"}, Regions: []string{"CI", "NG"}}, "CMO"},
		{identity.Matter{Amount: usd(10)}, "CMO"}, // about all of them
	} {
		if got := identity.Choose(identity.Rule{Quorum: "COO"}, c.Now().Rules(kind), x.m); got.Quorum != x.want {
			t.Errorf("%+v: %q, want %q", x.m, got.Quorum, x.want)
		}
	}
	long := make([]string, identity.MaxRuleNames+1)
	for i := range long {
		long[i] = fmt.Sprintf("%03d", i)
	}
	for name, when := range map[string]*identity.Condition{
		"nothing":          {},
		"another currency": {Above: &identity.Amount{Minor: 1, Currency: "EUR"}},
		"no sum":           {Above: &identity.Amount{Minor: -1, Currency: "USD"}},
		"out of order":     {Products: []string{"B", "A"}},
		"twice":            {Regions: []string{"CI", "CI"}},
		"hidden":           {Products: []string{"A\u202e"}},
		"too long":         {Products: []string{strings.Repeat("x", identity.MaxRuleName+1)}},
		"too many":         {Products: long},
	} {
		if err := set("COO", when); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if err := set("coo", &identity.Condition{Above: usd(7)}); err == nil {
		t.Error("a quorum that is not in its printed form: accepted")
	}
	if err := set("", nil); err == nil {
		t.Error("a kind without a quorum: accepted")
	}
	for i := len(c.Now().Rules(kind)); i < identity.MaxRules; i++ {
		must(set("COO", &identity.Condition{Above: usd(int64(100 + i))}))
	}
	if err := set("COO", &identity.Condition{Above: usd(99)}); err == nil || !strings.Contains(err.Error(), "at most 16") {
		t.Errorf("one more than the bound: %v", err)
	}
	must(set("CFO", &identity.Condition{Above: usd(1000)})) // replacing one is no more
}

// A matter that commits to more, or says less about what it touches, never meets fewer conditions.
func TestNothingEscapesAConditionBySayingLess(t *testing.T) {
	names := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"A", "B", "C"}), 1, 3, rapid.ID[string])
	rapid.Check(t, func(t *rapid.T) {
		when := identity.Condition{}
		if rapid.Bool().Draw(t, "by amount") {
			when.Above = usd(rapid.Int64Range(0, 10).Draw(t, "above"))
		}
		if rapid.Bool().Draw(t, "by product") {
			when.Products = names.Draw(t, "products")
		}
		m := identity.Matter{Amount: usd(rapid.Int64Range(0, 10).Draw(t, "amount")), Products: names.Draw(t, "about"), Regions: names.Draw(t, "in")}
		if !when.Meets(m) {
			return
		}
		more := m
		more.Amount = usd(m.Amount.Minor + 1)
		unknown, all := m, m
		unknown.Amount, all.Products, all.Regions = nil, nil, nil
		if !when.Meets(more) || !when.Meets(unknown) || !when.Meets(all) {
			t.Fatalf("%+v is met by %+v and not by more of it", when, m)
		}
	})
}
