package release

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/quantity"
)

// amountsOf makes a cell that adds up one amount of each customer: "A1 B1".
func sumOf(path, amounts string) Sum {
	s := Sum{Path: path}
	for _, a := range strings.Fields(amounts) {
		s.Terms = append(s.Terms, Term{Contributor: a[:1], What: "tablets", Amount: quantity.MustParse(a[1:]), Factor: quantity.Of(1)})
	}
	return s
}

// A group that holds as many amounts as are compared lets nothing new pass, whatever it adds up, under a code of its own; what repeats a cell still passes, and so
// does another group.
func TestAFullLedgerSaysSo(t *testing.T) {
	l := &Ledger{}
	whole := Sum{Path: "all"}
	for i := range MaxTerms {
		whole.Terms = append(whole.Terms, Term{Contributor: fmt.Sprint("c", i), What: "tablets", Amount: quantity.Of(int64(i + 1)), Factor: quantity.Of(1)})
	}
	for week := range MaxHeld / (2 * MaxTerms) { // amounts and factors
		for i := range whole.Terms {
			whole.Terms[i].What = fmt.Sprint("week ", week)
		}
		if found := l.Judge(whole); len(found) > 0 {
			t.Fatal(week, found)
		}
		if !l.Add(fmt.Sprint("week ", week), whole, false) {
			t.Fatal("no room in week ", week)
		}
	}
	if _, amounts := l.Held(); amounts != MaxHeld {
		t.Fatalf("holds %d", amounts)
	}
	next := sumOf("next", "A1 B1 C1 D1 E1 F1")
	found := l.Judge(next)
	if len(found) != 1 || found[0].Code != CodeFull || !strings.Contains(found[0].Text, "coarser level") || !strings.Contains(found[0].Text, "kontor tier grant") {
		t.Errorf("%v", found)
	}
	if found := l.Judge(whole); len(found) > 0 {
		t.Errorf("a cell that repeats one released is refused: %v", found)
	}
	if found := new(Ledger).Judge(next); len(found) > 0 {
		t.Errorf("another group is refused: %v", found)
	}
}

func TestDifferencesOfReleasesAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		released []string
		next     string
		refused  string // part of the reason; "" when it passes
	}{
		"the first":                                  {nil, "A1 B1 C1 D1 E1", ""},
		"the same again":                             {[]string{"A1 B1 C1 D1 E1 F1"}, "A1 B1 C1 D1 E1 F1", ""},
		"one customer gone":                          {[]string{"A1 B1 C1 D1 E1 F1"}, "A1 B1 C1 D1 E1", "shows what F asks for"},
		"one customer new":                           {[]string{"A1 B1 C1 D1 E1"}, "A1 B1 C1 D1 E1 F1", "cell 0 of week 0 it shows what F asks for"},
		"one figure changed":                         {[]string{"A1 B1 C1 D1 E1"}, "A2 B1 C1 D1 E1", "shows what A asks for"},
		"four figures changed":                       {[]string{"A1 B1 C1 D1 E1"}, "A2 B2 C2 D2 E1", "shows what A, B, C, D asks for"},
		"five figures changed":                       {[]string{"A1 B1 C1 D1 E1 F1"}, "A2 B2 C2 D2 E2 F1", ""},
		"back to an earlier one":                     {[]string{"A1 B1 C1 D1 E1", "A2 B2 C2 D2 E2"}, "A1 B1 C1 D1 E1", ""},
		"partly back":                                {[]string{"A1 B1 C1 D1 E1", "A2 B2 C2 D2 E2"}, "A1 B1 C2 D2 E2", "shows what A, B asks for"},
		"five gone of ten":                           {[]string{"A1 B1 C1 D1 E1 F1 G1 H1 I1 J1"}, "A1 B1 C1 D1 E1", ""},
		"three releases of which no two isolate one": {[]string{"A1 B1 C1 D1 E1 F1 G1 H1 I1 J1", "F1 G1 H1 I1 J1 K1"}, "A1 B1 C1 D1 E1 L1", "cell 0 of week 0, cell 1 of week 1 it shows what K, L asks for"},
	} {
		var l Ledger
		for i, r := range c.released {
			s := sumOf(fmt.Sprintf("cell %d", i), r)
			if got := l.Judge(s); len(got) > 0 {
				t.Fatalf("%s: release %d: %v", name, i, got)
			}
			l.Add(fmt.Sprintf("week %d", i), s, false)
		}
		got := l.Judge(sumOf("next", c.next))
		switch {
		case c.refused == "" && len(got) > 0:
			t.Errorf("%s: %v", name, got)
		case c.refused != "" && (len(got) != 1 || got[0].Code != CodeCombines || !strings.Contains(got[0].Text, c.refused)):
			t.Errorf("%s: %v, want a refusal that %s", name, got, c.refused)
		}
	}
}

// A component that two products need, and one that only the larger needs: together they show the smaller's customer.
func TestComponentsAreCombined(t *testing.T) {
	large, both, twin := Sum{Path: "API-EFV"}, Sum{Path: "API-3TC"}, Sum{Path: "API-TDF"}
	for i := range int64(6) {
		term := Term{Contributor: fmt.Sprint("customer ", i), What: "EFV600", Amount: quantity.Of(100 + i), Factor: quantity.MustParse("0.6")}
		large.Terms = append(large.Terms, term)
		term.Factor = quantity.MustParse("0.3")
		both.Terms, twin.Terms = append(both.Terms, term), append(twin.Terms, term)
	}
	both.Terms = append(both.Terms, Term{Contributor: "customer 6", What: "3TC150", Amount: quantity.Of(7), Factor: quantity.MustParse("0.15")})
	var l Ledger
	l.Add("week 0", large, false)
	if got := l.Judge(twin); len(got) > 0 {
		t.Errorf("a component in proportion to another says nothing new: %v", got)
	}
	if got := l.Judge(both); len(got) != 1 || !strings.Contains(got[0].Text, "what customer 6 asks for") {
		t.Errorf("two components that differ in one customer's product: %v", got)
	}
}

// weeks is a year of weekly releases about eight customers: three months of capacity used on a line, and two components of two products.
// most changes one or two customers' figures, as weeks do.
func weeks(seed uint64, change func(r *rand.Rand, week, customer int) bool, each func(week int, group string, s Sum)) {
	const customers, months = 8, 3
	r := rand.New(rand.NewPCG(seed, 7))
	var figures [customers][months][2]int64
	for week := range 52 {
		here := func(c int) bool { return c < 7 || week%13 != 5 } // the last one comes and goes
		for c := range figures {
			for m := range figures[c] {
				for p := range figures[c][m] {
					if week == 0 || change(r, week, c) {
						figures[c][m][p] = 500 + r.Int64N(10_000)
					}
				}
			}
		}
		for m := range months {
			line, api, both := Sum{Path: fmt.Sprintf("line 1, month %d", m)}, Sum{Path: fmt.Sprintf("API-EFV, month %d", m)}, Sum{Path: fmt.Sprintf("API-3TC, month %d", m)}
			for c := range figures {
				if !here(c) {
					continue
				}
				term := func(s *Sum, p int, factor string) {
					s.Terms = append(s.Terms, Term{fmt.Sprint("customer ", c), fmt.Sprint("product ", p), quantity.Of(figures[c][m][p]), quantity.MustParse(factor)})
				}
				term(&line, 0, "1")
				term(&line, 1, "0.5")
				term(&api, 0, "0.018")
				term(&both, 0, "0.009")
				term(&both, 1, "0.012")
			}
			for _, s := range []Sum{line, api, both} {
				each(week, fmt.Sprint("month ", m), s)
			}
		}
	}
}

// attacker is a linear solver over the rationals that knows which amounts stayed the same. It shares no code with the ledger.
type attacker struct {
	columns map[string]int
	owner   []string
	rows    [][]*big.Rat
}

func (a *attacker) learn(s Sum) {
	if a.columns == nil {
		a.columns = map[string]int{}
	}
	r := []*big.Rat{}
	for _, t := range s.Terms {
		name := t.Contributor + "|" + t.What + "|" + t.Amount.String()
		if _, known := a.columns[name]; !known {
			a.columns[name] = len(a.owner)
			a.owner = append(a.owner, t.Contributor)
		}
		for len(r) <= a.columns[name] {
			r = append(r, new(big.Rat))
		}
		r[a.columns[name]].Add(r[a.columns[name]], t.Factor.Rat())
	}
	a.rows = append(a.rows, r)
}

// rank is of the rows without the columns of the customers in without.
func (a *attacker) rank(without map[string]bool) int {
	var reduced [][]*big.Rat
	var leads []int
	for _, r := range a.rows {
		v := make([]*big.Rat, len(a.owner))
		for i := range v {
			v[i] = new(big.Rat)
			if i < len(r) && !without[a.owner[i]] {
				v[i].Set(r[i])
			}
		}
		for k, b := range reduced {
			if f := v[leads[k]]; f.Sign() != 0 {
				f = new(big.Rat).Set(f)
				for i := range v {
					if b[i].Sign() != 0 {
						v[i].Sub(v[i], new(big.Rat).Mul(f, b[i]))
					}
				}
			}
		}
		for i := range v {
			if v[i].Sign() != 0 {
				f := new(big.Rat).Inv(v[i])
				for j := range v {
					v[j].Mul(v[j], f)
				}
				reduced, leads = append(reduced, v), append(leads, i)
				break
			}
		}
	}
	return len(reduced)
}

// recovered counts the independent cells of fewer than k customers that some set of them shows.
func (a *attacker) recovered(customers int) (cells, of int) {
	of = a.rank(nil)
	for c := range 1 << customers {
		without := map[string]bool{}
		for i := range customers {
			if c>>i&1 == 1 {
				without[fmt.Sprint("customer ", i)] = true
			}
		}
		if len(without) == MinContributors-1 {
			cells = max(cells, of-a.rank(without))
		}
	}
	return cells, of
}

// The gate is attacked with a year of weekly releases. Without it most weeks show what a customer or two changed; with it no combination shows
// fewer than k.
func TestAYearOfReleasesShowsNobody(t *testing.T) {
	few := func(r *rand.Rand, week, customer int) bool {
		return customer == week%7 || (week%9 == 0 && customer < 6)
	}
	ledgers, gated := map[string]*Ledger{}, map[string]*attacker{}
	offered, passed, shown := 0, 0, 0
	before := map[string]Sum{}
	weeks(1, few, func(week int, group string, s Sum) {
		offered++
		if ledgers[group] == nil {
			ledgers[group], gated[group] = &Ledger{}, &attacker{}
		}
		if len(ledgers[group].Judge(s)) == 0 {
			passed++
			ledgers[group].Add(fmt.Sprint("week ", week), s, false)
			gated[group].learn(s)
		}
		if b, known := before[s.Path]; known { // ungated: this week's cell less last week's
			var both attacker
			both.learn(b)
			both.learn(s)
			if n, of := both.recovered(8); of == 2 && n > 0 {
				shown++
			}
		}
		before[s.Path] = s
	})
	if shown*10 < offered*7 {
		t.Errorf("without the gate %d of %d cells show fewer than %d customers: the attack is too weak to prove anything", shown, offered, MinContributors)
	}
	for group, a := range gated {
		if n, of := a.recovered(8); n > 0 {
			t.Errorf("%s: %d of %d released cells show fewer than %d customers", group, n, of, MinContributors)
		}
	}
	if passed < 20 {
		t.Errorf("%d of %d cells passed: a gate that lets nothing through protects nothing", passed, offered)
	}
	t.Logf("%d cells offered, %d passed; without the gate %d show fewer than %d customers", offered, passed, shown, MinContributors)
}

// Whatever is offered, what the ledger lets pass isolates nobody, by the other solver.
func TestNothingPassedIsolates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		customers := rapid.IntRange(5, 9).Draw(t, "customers")
		var l Ledger
		var a attacker
		for week := range rapid.IntRange(2, 9).Draw(t, "weeks") {
			s := Sum{Path: fmt.Sprint("cell ", week)}
			for c := range customers {
				if v := rapid.Int64Range(0, 4).Draw(t, "figure"); v > 0 {
					s.Terms = append(s.Terms, Term{fmt.Sprint("customer ", c), "tablets", quantity.Of(v), quantity.Of(rapid.Int64Range(1, 2).Draw(t, "factor"))})
				}
			}
			if len(s.Terms) < MinContributors || len(l.Judge(s)) > 0 {
				continue
			}
			l.Add("now", s, false)
			a.learn(s)
		}
		if n, of := a.recovered(customers); n > 0 {
			t.Fatalf("%d of %d", n, of)
		}
	})
}

func BenchmarkJudge(b *testing.B) {
	var l Ledger
	cell := func(week int) Sum {
		s := Sum{Path: "cell"}
		for c := range 8 {
			s.Terms = append(s.Terms, Term{fmt.Sprint("customer ", c), "tablets", quantity.Of(int64(week*8 + c)), quantity.Of(1)})
		}
		return s
	}
	for week := range 52 {
		l.Add("week", cell(week), false)
	}
	next := cell(52)
	for b.Loop() {
		l.Judge(next)
	}
}

func TestFactorsAgreeWithRationals(t *testing.T) {
	p := big.NewInt(prime)
	rapid.Check(t, func(t *rapid.T) {
		q, err := quantity.Scaled(rapid.Int64().Draw(t, "mantissa"), rapid.IntRange(-12, 6).Draw(t, "exponent"))
		if err != nil {
			t.Skipf("needs a quantity that can be written: %v", err)
		}
		r := q.Rat()
		want := new(big.Int).ModInverse(r.Denom(), p)
		want.Mul(want, r.Num()).Mod(want, p)
		if got := factorOf(q); got != want.Uint64() {
			t.Fatalf("%s is %d, want %s", q, got, want)
		}
	})
}
