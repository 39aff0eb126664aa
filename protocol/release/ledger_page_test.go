package release

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/block"
	"kontor/protocol/quantity"
)

// stored writes what is new of a ledger as a node does, after what was there.
func stored(t interface{ Fatal(...any) }, l *Ledger, pages [][]byte) [][]byte {
	first, news := l.Unstored()
	if first != len(pages) {
		t.Fatal("the first new page has the number ", first, ", and ", len(pages), " are stored")
	}
	for _, p := range news {
		data, err := block.Marshal(p)
		if err != nil || len(data) > block.MaxBlock/2 {
			t.Fatal("a page of ", len(data), " bytes: ", err)
		}
		pages = append(pages, data)
	}
	return pages
}

// loaded reads it back.
func loaded(t interface{ Fatal(...any) }, pages [][]byte) *Ledger {
	l := &Ledger{}
	for _, data := range pages {
		var p Page
		if err := block.Unmarshal(data, &p); err != nil {
			t.Fatal(err)
		}
		if err := l.Load(p); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

// cells are what a ledger holds, each as text, in no order that counts.
func cells(l *Ledger) (out []string) {
	for in, p := range l.pages {
		for _, r := range p.runs {
			for n := r.pattern; n < r.pattern+r.count; n++ {
				c := l.released(int32(in), n)
				out = append(out, fmt.Sprint(c.release, " ", c.path, " ", r.granted, " ", c.terms))
			}
		}
	}
	slices.Sort(out)
	return out
}

// However cells come, with amounts that stay, change inside one release and come back, each is held as it left, before and after the store.
func TestALedgerHoldsWhatLeft(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, want := &Ledger{}, []string(nil)
		var pages [][]byte
		for i := range rapid.IntRange(1, 25).Draw(t, "cells") {
			s := drawn(t, fmt.Sprint("cell ", rapid.IntRange(0, 4).Draw(t, "path")))
			week, granted := fmt.Sprint("week ", i/6), rapid.Bool().Draw(t, "granted")
			held := fmt.Sprint(week, " ", s.Path, " ", granted, " ", cellOf(slices.Clone(l.read(s))).terms)
			if l.Add(week, s, granted) {
				want = append(want, held)
			}
			if len(l.Judge(s)) > 0 {
				t.Fatalf("%+v has left, and its repetition is refused: %v", s, l.Judge(s))
			}
			if rapid.IntRange(0, 4).Draw(t, "store") == 0 {
				pages = stored(t, l, pages)
			}
			if rapid.IntRange(0, 4).Draw(t, "load") == 0 {
				pages = stored(t, l, pages)
				l = loaded(t, pages)
			}
		}
		slices.Sort(want)
		if got := cells(l); !slices.Equal(got, want) {
			t.Fatalf("held are\n%q\nleft have\n%q", got, want)
		}
		if got := cells(loaded(t, stored(t, l, pages))); !slices.Equal(got, want) {
			t.Fatalf("held after the store are\n%q\nleft have\n%q", got, want)
		}
	})
}

// used is a component in a week: what eight customers ask for of two of the products.
func used(component, week int) Sum {
	s := Sum{Path: fmt.Sprint("component ", component)}
	for c := range 8 {
		for p := range 2 {
			product := (component + p*component/7) % 300
			s.Terms = append(s.Terms, Term{fmt.Sprint("customer ", c), fmt.Sprint("product ", product), quantity.Of(int64(1 + week*4096 + product*8 + c)), quantity.Of(int64(1 + component%5))})
		}
	}
	return s
}

// A group holds a year of weekly releases of thousands of components, and what each release adds to it grows with what changed, not with what there is.
func TestAGroupHoldsAYearOfThousandsOfComponents(t *testing.T) {
	const components, weeks = 2000, 52
	l, sizes := &Ledger{}, []int(nil)
	var pages [][]byte
	for week := range weeks {
		for c := range components {
			s := used(c, week)
			if found := l.Judge(s); len(found) > 0 {
				t.Fatal(week, c, found)
			}
			l.Add(fmt.Sprint("week ", week), s, false)
		}
		before := len(pages)
		pages = stored(t, l, pages)
		size := 0
		for _, p := range pages[before:] {
			size += len(p)
		}
		sizes = append(sizes, size)
	}
	if most := 2 * sizes[1]; sizes[weeks-1] > most || sizes[1] > sizes[0]/5 {
		t.Errorf("the first release takes %d bytes, the second %d, the last %d", sizes[0], sizes[1], sizes[weeks-1])
	}
	back := loaded(t, pages)
	n, amounts := back.Held()
	if m, b := l.Held(); n != m || amounts != b || n < components*weeks/2 {
		t.Fatalf("%d cells with %d amounts are held, after the store %d with %d", m, b, n, amounts)
	}
	s := used(17, weeks-1)
	if found := back.Judge(s); len(found) > 0 {
		t.Errorf("a cell that left is refused: %v", found)
	}
	for i := range 4 {
		s.Terms[2*i].Amount = quantity.Of(int64(900_000_000 + i))
	}
	if found := back.Judge(s); len(found) != 1 || found[0].Code != CodeCombines {
		t.Errorf("four customers' figures changed: %v", found)
	}
	other := used(18, weeks-1)
	other.Terms = other.Terms[:len(other.Terms)-2]
	if found := back.Judge(other); len(found) != 1 || found[0].Code != CodeCombines {
		t.Errorf("one customer less: %v", found)
	}
}

// What is stored is this company's own, and may still be damaged: it is refused, and nothing panics.
func FuzzPage(f *testing.F) {
	l := &Ledger{}
	l.Add("week 0", sumOf("cell", "A1 B1 C1 D1 E1"), false)
	l.Add("week 1", sumOf("cell", "A2 B2 C2 D2 E2"), true)
	_, pages := l.Unstored()
	for _, p := range pages {
		data, err := block.Marshal(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var p Page
		if block.Unmarshal(data, &p) != nil {
			return
		}
		l := &Ledger{}
		if l.Load(p) != nil {
			return
		}
		l.Judge(sumOf("cell", "A1 B1 C1 D1 E1"))
		l.Add("next", sumOf("cell", "A1 B1 C1 D1 E2"), false)
		l.Unstored()
	})
}
