package release

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/quantity"
)

func cell(amounts ...int64) Cell {
	c := Cell{Path: "API-EFV, 2026-12", Item: "API-EFV"}
	for i, a := range amounts {
		c.Parts = append(c.Parts, Part{fmt.Sprintf("customer %d", i), quantity.Of(a)})
	}
	return c
}

// PROTOCOL 7: "k (default 5; largest one at most 60 %, three at most 85 %)".
func TestFloorAndDominance(t *testing.T) {
	for _, c := range []struct {
		amounts []int64
		codes   string
	}{
		{[]int64{20, 20, 20, 20, 20}, ""},
		{[]int64{20, 20, 20, 20}, "RELEASE-01"},
		{[]int64{100}, "RELEASE-01 RELEASE-02 RELEASE-03"},
		{[]int64{60, 15, 10, 10, 5}, ""},
		{[]int64{6001, 1000, 1000, 1000, 999}, "RELEASE-02"},
		{[]int64{40, 30, 15, 10, 5}, ""},
		{[]int64{4000, 3000, 1501, 1000, 499}, "RELEASE-03"},
		{[]int64{0, 0, 0, 0, 0}, ""},
		{[]int64{7, 0, 0, 0, 0}, "RELEASE-02 RELEASE-03"},
		{[]int64{0}, "RELEASE-01"},
		{nil, "RELEASE-01"},
		{[]int64{9, 9, 9, 9, 9, -1}, "RELEASE-04"},
	} {
		findings := Rules(cell(c.amounts...))
		if got := strings.Join(artifact.Codes(findings), " "); got != c.codes {
			t.Errorf("%v: %q, want %q (%v)", c.amounts, got, c.codes, findings)
		}
		for _, f := range findings {
			if f.Path == "" || (f.Code != CodeNegative && !strings.Contains(f.Text, "roll up until")) {
				t.Errorf("%v: %v does not say which cell and what would pass", c.amounts, f)
			}
		}
	}
	own := cell(100)
	own.Own = true
	if v, findings := Judge(own, Use{}, nil); v != Passes || len(findings) > 0 {
		t.Errorf("the company's own plan: %s %v", v, findings)
	}
}

// One contributor under two lines is one contributor.
func TestContributorsCountOnce(t *testing.T) {
	c := cell(20, 20, 20, 20)
	c.Parts = append(c.Parts, c.Parts[0])
	if got := Rules(c); len(got) != 1 || got[0].Code != CodeFew {
		t.Fatalf("four customers, one of them twice: %v", got)
	}
}

func pid(n byte) block.CID { return block.Sum([]byte{n}) }

func grant() Grant {
	return Grant{V: 1, Company: pid(1), Partner: pid(2), Purpose: "plan the ingredient", Kinds: []string{"forecast"}, From: 1000, Until: 1000 + 365*millisPerDay}
}

func TestGrantsCoverWhatTheySay(t *testing.T) {
	use := Use{Partner: pid(2), Kind: "forecast", At: 5000}
	if v, findings := Judge(cell(100), use, []Grant{grant()}); v != ByGrant || len(findings) == 0 {
		t.Fatalf("with a grant: %s, and the preview would say %v", v, findings)
	}
	for name, c := range map[string]struct {
		code   string
		change func(*Grant, *Use)
	}{
		"none but another partner's": {CodeGrantFor, func(g *Grant, u *Use) { u.Partner = pid(3) }},
		"of another kind":            {CodeGrantFor, func(g *Grant, u *Use) { u.Kind = "capacity" }},
		"of another item":            {CodeGrantFor, func(g *Grant, u *Use) { g.Items = []string{"API-NVP"} }},
		"ended":                      {CodeGrantTime, func(g *Grant, u *Use) { u.At = g.Until }},
		"not begun":                  {CodeGrantTime, func(g *Grant, u *Use) { u.At = 999 }},
		"without purpose":            {CodeGrant, func(g *Grant, u *Use) { g.Purpose = "" }},
		"without end":                {CodeGrant, func(g *Grant, u *Use) { g.Until = g.From + 401*millisPerDay }},
		"without kind":               {CodeGrant, func(g *Grant, u *Use) { g.Kinds = nil }},
		"of a later version":         {CodeGrant, func(g *Grant, u *Use) { g.V = 2 }},
		"of nobody":                  {CodeGrant, func(g *Grant, u *Use) { g.Company = block.CID{} }},
	} {
		g, u := grant(), use
		c.change(&g, &u)
		if v, _ := Judge(cell(100), u, []Grant{g}); v != NeedsAction {
			t.Errorf("a grant %s: %s", name, v)
		}
		u.Item = "API-EFV"
		if got := artifact.Codes(g.Covers(u)); len(got) != 1 || got[0] != c.code {
			t.Errorf("a grant %s: %v, want %s", name, got, c.code)
		}
	}
}

func TestGrantSurvivesTheStore(t *testing.T) {
	g := grant()
	g.Inferable = []string{"API-EFV: this shows one customer's total"}
	data, err := block.Marshal(g)
	if err != nil {
		t.Fatal(err)
	}
	var back Grant
	if err := block.Unmarshal(data, &back); err != nil || back.Purpose != g.Purpose || len(back.Inferable) != 1 {
		t.Fatalf("%+v, %v", back, err)
	}
}

func FuzzGrant(f *testing.F) {
	data, _ := block.Marshal(grant())
	f.Add(data)
	f.Add([]byte{0xa0})
	f.Fuzz(func(t *testing.T, data []byte) {
		var g Grant
		if err := block.Unmarshal(data, &g); err != nil {
			return
		}
		again, err := block.Marshal(g)
		if err != nil || string(again) != string(data) {
			t.Fatalf("read and written again it differs: %v", err)
		}
		g.Covers(Use{})
	})
}

func TestInferable(t *testing.T) {
	two := cell(1, 2)
	two.Item = "API-3TC"
	three := cell(1, 2)
	three.Item = "API-ZDV"
	got := Infer([]Cell{cell(5), cell(7), two, three}, map[string][]string{"API-EFV": {"EFV600-30"}, "API-3TC": {"A", "B"}, "API-ZDV": {"C", "C"}})
	if len(got) != 2 || got[0].Item != "API-EFV" || got[1].Item != "API-ZDV" {
		t.Fatalf("inferable: %v", got)
	}
	if s := got[0].String(); !strings.Contains(s, "this shows one customer's total") || !strings.Contains(s, "EFV600-30") {
		t.Errorf("says %q", s)
	}
	if s := got[1].String(); strings.Contains(s, "one customer") || !strings.Contains(s, "only product C") {
		t.Errorf("says %q", s)
	}
}

func TestRoundIsNearestAndTheSameEveryTime(t *testing.T) {
	for _, c := range [][3]string{{"12.5", "5", "15"}, {"12.49", "5", "10"}, {"-12.5", "5", "-15"}, {"0.125", "0.01", "0.13"}, {"7", "0", "7"}, {"2", "100", "0"}} {
		got, err := Round(quantity.MustParse(c[0]), quantity.MustParse(c[1]))
		if err != nil || got.String() != c[2] {
			t.Errorf("%s to steps of %s: %s (%v), want %s", c[0], c[1], got, err, c[2])
		}
	}
	if _, err := Round(quantity.Of(1), quantity.Of(-1)); err == nil {
		t.Error("a step below zero is taken")
	}
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string, low int64) quantity.Quantity {
			q, err := quantity.Scaled(rapid.Int64Range(low, 1_000_000_000).Draw(t, name), rapid.IntRange(-4, 2).Draw(t, name+" exponent"))
			if err != nil {
				t.Skipf("needs a quantity that can be written: %v", err)
			}
			return q
		}
		q, step := draw("figure", -1_000_000_000), draw("step", 1)
		r, err := Round(q, step)
		if err != nil {
			t.Skipf("needs a figure whose rounding can be written: %v", err)
		}
		off, _ := r.Sub(q)
		twice, _ := off.Abs().Mul(quantity.Of(2))
		if step.Less(twice) {
			t.Fatalf("%s rounded to steps of %s is %s", q, step, r)
		}
		if again, _ := Round(r, step); again != r {
			t.Fatalf("%s rounded again is %s", r, again)
		}
	})
}
