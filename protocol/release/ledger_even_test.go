package release

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/quantity"
)

// component is what customers ask for of some products, each by a factor that is the same for all customers: what demand derived from a bill of materials is.
func component(name string, factors []int64, asked [][]int64) Sum {
	s := Sum{Path: name}
	for product, f := range factors {
		for customer, n := range asked[product] {
			if f != 0 && n != 0 {
				s.Terms = append(s.Terms, Term{fmt.Sprint("customer ", customer), fmt.Sprint("product ", product), quantity.Of(n), quantity.Of(f)})
			}
		}
	}
	return s
}

// Whatever is made of whatever, and whoever changes what: components that pass isolate nobody, by the other solver.
func TestNoComponentThatPassedIsolates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const customers, products = 6, 3
		var l Ledger
		var a attacker
		asked := make([][]int64, products)
		for p := range asked {
			asked[p] = make([]int64, customers)
			for c := range asked[p] {
				asked[p][c] = rapid.Int64Range(0, 3).Draw(t, "asked")
			}
		}
		var bill [][]int64
		for range rapid.IntRange(2, 5).Draw(t, "components") {
			bill = append(bill, rapid.SliceOfN(rapid.SampledFrom([]int64{0, 1, 1, 2}), products, products).Draw(t, "factors"))
		}
		n := int64(10)
		for week := range rapid.IntRange(1, 3).Draw(t, "weeks") {
			for p := range asked {
				for c := range asked[p] {
					if week > 0 && asked[p][c] != 0 && rapid.IntRange(0, 7).Draw(t, "changes") > 0 {
						n++
						asked[p][c] = n
					}
				}
			}
			for i, factors := range bill {
				s := component(fmt.Sprint("component ", i), factors, asked)
				who := map[string]bool{}
				for _, t := range s.Terms {
					who[t.Contributor] = true
				}
				if len(who) < MinContributors || len(l.Judge(s)) > 0 {
					continue
				}
				l.Add(fmt.Sprint("week ", week), s, false)
				a.learn(s)
			}
		}
		if n, of := a.recovered(customers); n > 0 {
			t.Fatalf("%d of %d", n, of)
		}
	})
}

// Hundreds of components of a few products pass week after week while enough customers change what they ask for of each product, though none but the first
// few has an amount of its own; with a product that too few change, those fall back that would show them.
func TestComponentsOfSharedProductsPass(t *testing.T) {
	const customers, products, components = 8, 6, 300
	bill := func(c int) []int64 {
		out := make([]int64, products)
		for p := range out {
			out[p] = int64((c / (1 << p) % 2) * (1 + (c+p)%7))
		}
		return out
	}
	asked := make([][]int64, products)
	for p := range asked {
		asked[p] = make([]int64, customers)
	}
	var l Ledger
	for week := range 4 {
		few := week == 3 // of the last product three customers change
		for p := range asked {
			for c := range asked[p] {
				if week == 0 || c != week && (!few || p != products-1 || c < 3) {
					asked[p][c] = int64(1000*week + 10*p + c + 1)
				}
			}
		}
		refused := 0
		for c := 1; c <= components; c++ {
			s := component(fmt.Sprint("component ", c), bill(c), asked)
			if len(s.Terms) == 0 {
				continue
			}
			found := l.Judge(s)
			if len(found) > 0 && !few {
				t.Fatalf("week %d, component %d: %v", week, c, found)
			}
			if len(found) > 0 {
				refused++
				continue
			}
			l.Add(fmt.Sprint("week ", week), s, false)
		}
		if few && (refused == 0 || refused > components*3/4) {
			t.Errorf("%d of %d are refused while three customers change what they ask for of a product", refused, components)
		}
	}
}

// Linked by a cell that leaves by a grant and shows two customers, the others are looked at one by one; those of other products are not.
func TestAGrantUnsettlesOnlyWhatItIsLinkedTo(t *testing.T) {
	asked := [][]int64{{1, 2, 3, 4, 5, 6}, {11, 12, 13, 14, 15, 16}, {21, 22, 23, 24, 25, 26}}
	var l Ledger
	add := func(name string, granted bool, factors ...int64) {
		t.Helper()
		s := component(name, factors, asked)
		if granted {
			s.Terms = s.Terms[:2]
		} else if found := l.Judge(s); len(found) > 0 {
			t.Fatal(found)
		}
		l.Add("week 0", s, granted)
	}
	add("a", false, 1, 1, 0)
	add("x", true, 1, 0, 0)
	add("b", false, 0, 0, 1)
	if terms := l.read(component("c", []int64{1, 1, 0}, asked)); l.even(terms) {
		t.Error("two customers of the first product are alone in a cell, and the release is called even")
	}
	if terms := l.read(component("d", []int64{0, 0, 2}, asked)); !l.even(terms) {
		t.Error("nothing of the third product is linked to what was granted")
	}
}
