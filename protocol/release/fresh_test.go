package release

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/quantity"
)

// drawn is a cell of few customers and amounts, some of them twice, so that cells meet and factors take amounts away.
func drawn(t *rapid.T, name string) Sum {
	s := Sum{Path: name}
	for i := range rapid.IntRange(0, 12).Draw(t, name) {
		s.Terms = append(s.Terms, Term{Contributor: rapid.StringMatching("[A-G]").Draw(t, fmt.Sprint(name, " customer ", i)), What: "tablets",
			Amount: quantity.Of(rapid.Int64Range(1, 3).Draw(t, fmt.Sprint(name, " amount ", i))), Factor: quantity.Of(rapid.SampledFrom([]int64{1, 1, 2, -1}).Draw(t, fmt.Sprint(name, " factor ", i)))})
	}
	return s
}

// freshInRow counts the customers with an amount that no earlier cell has, after the cell's terms were added up.
func freshInRow(l *Ledger, s Sum) int {
	who := map[string]bool{}
	for _, t := range l.read(s) {
		if !l.known(t.base, t.id) {
			who[t.name.contributor] = true
		}
	}
	return len(who)
}

// A cell that passes at first sight passes when it is added up, too.
func TestFreshAtFirstSightIsFreshAddedUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var l Ledger
		for i := range rapid.IntRange(0, 3).Draw(t, "released") {
			l.Add(fmt.Sprint("week ", i), drawn(t, fmt.Sprint("cell ", i)), false)
		}
		next := drawn(t, "next")
		if l.fresh(next) && freshInRow(&l, next) < MinContributors {
			t.Fatalf("%+v passes, but only %d customers' amounts are new", next, freshInRow(&l, next))
		}
	})
}

// An amount added and taken away is no amount of the cell, and a factor the prime takes away neither.
func TestWhatIsTakenAwayIsNotFresh(t *testing.T) {
	five := sumOf("next", "A1 B1 C1 D1 E1")
	for name, c := range map[string]struct {
		change func(s *Sum)
		fresh  bool
	}{
		"five":             {func(*Sum) {}, true},
		"one taken away":   {func(s *Sum) { s.Terms = append(s.Terms, s.Terms[4]); s.Terms[5].Factor = quantity.Of(-1) }, false},
		"one by the prime": {func(s *Sum) { s.Terms[4].Factor = quantity.Of(prime) }, false},
		"one more of A":    {func(s *Sum) { s.Terms = append(s.Terms, sumOf("", "A2").Terms...) }, true},
	} {
		var l Ledger
		s := five
		s.Terms = append([]Term(nil), five.Terms...)
		c.change(&s)
		if got := l.fresh(s); got != c.fresh || got && freshInRow(&l, s) < MinContributors {
			t.Errorf("%s: fresh %v, with %d customers", name, got, freshInRow(&l, s))
		}
	}
}

// A ledger that is told what was found when a cell was judged holds the same as one that finds it out again, also where other cells were judged in between.
func TestTakenIsAdded(t *testing.T) {
	reused, known := false, false
	rapid.Check(t, func(t *rapid.T) {
		var added, taken Ledger
		for week := range rapid.IntRange(1, 4).Draw(t, "weeks") {
			release := fmt.Sprint("week ", week)
			for i := range rapid.IntRange(1, 6).Draw(t, fmt.Sprint("cells of week ", week)) {
				s := drawn(t, fmt.Sprint("cell ", week, " ", i))
				granted := rapid.Bool().Draw(t, fmt.Sprint("grant ", week, " ", i))
				w, found := taken.Weigh(s)
				if want := added.Judge(s); fmt.Sprint(found) != fmt.Sprint(want) {
					t.Fatalf("weighed: %v; judged: %v", found, want)
				}
				if len(found) > 0 && !granted {
					continue
				}
				if rapid.Bool().Draw(t, fmt.Sprint("another between ", week, " ", i)) {
					taken.Weigh(drawn(t, fmt.Sprint("between ", week, " ", i)))
				}
				reused = reused || w.reads == taken.reads
				if a, b := added.Add(release, s, granted), taken.Take(release, w, granted); a != b {
					t.Fatalf("added: %t; taken: %t", a, b)
				}
				for _, x := range taken.read(s) {
					first := x.name
					first.again = 0
					if got := taken.known(x.base, x.id); got != taken.has(first, x.id) {
						t.Fatalf("%v is remembered as known: %t", x.name, got)
					} else if got {
						known = true
					}
				}
			}
		}
		_, want := added.Unstored()
		if _, got := taken.Unstored(); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("taken: %v\nadded: %v", got, want)
		}
	})
	if !reused || !known {
		t.Fatalf("reused %t, known %t: the cells drawn show nothing", reused, known)
	}
}
