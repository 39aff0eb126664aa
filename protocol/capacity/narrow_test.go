package capacity

import (
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// matchIn makes the parts of a match in some order, with figures in 64 bits where they fit or in big integers only.
func matchIn(t interface{ Fatal(...any) }, in Input, exact bool, order func(n int) []int) Result {
	m, err := prepare(in, exact)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range order(m.Parts()) {
		m.Make(i)
	}
	r, err := m.Result()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func forwards(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// uneven makes a case whose lines differ in what decides how they are computed: orders, other levels, levels of each bucket instead of cumulative ones,
// other buckets, and figures that leave 64 bits when they are summed or multiplied.
func uneven(t *rapid.T) (forecast.Document, Plan) {
	f, p := randomCase(t)
	large := quantity.Of(rapid.SampledFrom([]int64{1, 1000, 900_000_000_000}).Draw(t, "large"))
	times := func(q *quantity.Quantity) {
		v, err := q.Mul(large)
		if err != nil {
			t.Fatal(err)
		}
		*q = v
	}
	for i := range f.Lines {
		l := &f.Lines[i]
		grow := rapid.Bool().Draw(t, "grow")
		kind := rapid.SampledFrom([]string{"as it is", "orders", "chained", "points", "quarter", "one level fewer"}).Draw(t, "kind")
		l.Buckets = slices.Clone(l.Buckets)
		for j := range l.Buckets {
			c := &l.Buckets[j]
			c.Cumulative = slices.Clone(c.Cumulative)
			if grow {
				times(&c.Mean)
				for k := range c.Cumulative {
					times(&c.Cumulative[k].Q)
				}
			}
			switch kind {
			case "orders":
				c.Ordered = new(quantity.Quantity)
				*c.Ordered = quantity.Of(rapid.Int64Range(0, 400).Draw(t, "ordered"))
			case "chained":
				c.Quantiles, c.Cumulative = c.Cumulative, nil
			case "points":
				c.Cumulative = nil
			case "one level fewer":
				c.Cumulative = c.Cumulative[1:]
			}
		}
		if kind == "quarter" {
			l.Buckets[2].Start, l.Buckets = l.Buckets[0].Start, l.Buckets[2:]
		}
	}
	return f, p
}

// Figures of 64 bits and big integers come to the same match, in whatever order its parts are made.
func TestNarrowFiguresMatchAsExactOnes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, p := uneven(t)
		in := Input{Forecast: f, Plan: p}
		narrow := matchIn(t, in, false, func(n int) []int { return rapid.Permutation(forwards(n)).Draw(t, "order") })
		if exact := matchIn(t, in, true, forwards); !reflect.DeepEqual(narrow, exact) {
			t.Fatalf("narrow\n%+v\nexact\n%+v", narrow, exact)
		}
	})
}

// A sum that leaves 127 bits is as exact as a small one.
func TestAccumulatorSpills(t *testing.T) {
	var a accumulator
	want := new(big.Int)
	for i := range int64(100) {
		v, f := int64(maxFigure)-i, int64(1<<62)+i
		a.add(v, f)
		want.Add(want, new(big.Int).Mul(big.NewInt(v), big.NewInt(f)))
	}
	if a.rest == nil || a.value().Cmp(want) != 0 {
		t.Errorf("%s, want %s", a.value(), want)
	}
}

func masses(t *rapid.T, name string) laid {
	mass := make([]uint64, rapid.IntRange(1, 12).Draw(t, name+" length"))
	left := uint64(billion)
	for i := range mass[1:] {
		mass[i+1] = rapid.Uint64Range(0, left).Draw(t, name)
		left -= mass[i+1]
	}
	mass[0] = left
	return laid{rapid.IntRange(0, 5).Draw(t, name+" at"), mass}
}

// The figures multiplied at once are those multiplied one by one.
func TestConvolveIsEveryProduct(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		of := func(name string) []uint64 {
			return rapid.SliceOfN(rapid.Uint64Range(0, billion/64), 1, 64).Draw(t, name)
		}
		a, b := of("a"), of("b")
		want := make([]uint64, len(a)+len(b)-1)
		for i, x := range a {
			for j, y := range b {
				want[i+j] += x * y
			}
		}
		var room scratch
		if got := room.convolve(a, b); !slices.Equal(got, want) {
			t.Fatalf("%v, want %v", got, want)
		}
	})
}

// What is read from two parts is what their sum, point by point, says.
func TestPairsAreReadAsTheirSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := pair{masses(t, "a"), masses(t, "b")}
		from := rapid.IntRange(0, p.end()+1).Draw(t, "from")
		var tail, head uint64
		tailMoment, headMoment := new(big.Int), new(big.Int)
		for i, x := range p.a.mass {
			for j, y := range p.b.mass {
				at := p.a.at + i + p.b.at + j
				moment := new(big.Int).Mul(new(big.Int).SetUint64(x*y), big.NewInt(int64(at)))
				if at >= from {
					tail += x * y
					tailMoment.Add(tailMoment, moment)
				} else {
					head += x * y
					headMoment.Add(headMoment, moment)
				}
			}
		}
		if mass, moment := p.tail(from); mass != tail || moment.big().Cmp(tailMoment) != 0 {
			t.Fatalf("tail from %d: %d and %s, want %d and %s", from, mass, moment.big(), tail, tailMoment)
		}
		if mass, moment := p.head(from); mass != head || moment.big().Cmp(headMoment) != 0 {
			t.Fatalf("head to %d: %d and %s, want %d and %s", from, mass, moment.big(), head, headMoment)
		}
	})
}

// A window is what a look at every row finds.
func TestWindowsAreThoseOfEveryRow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := &axis{}
		day := calendar.MustDate("2027-01-04")
		for i := range rapid.IntRange(0, 6).Draw(t, "rows") {
			start := day.AddDays(rapid.IntRange(0, 2).Draw(t, fmt.Sprint("gap ", i)))
			day = start.AddDays(rapid.IntRange(1, 4).Draw(t, fmt.Sprint("days ", i)))
			a.buckets = append(a.buckets, calendar.Bucket{Start: start, End: day})
		}
		b := calendar.Bucket{Start: calendar.MustDate("2027-01-04").AddDays(rapid.IntRange(-2, 20).Draw(t, "start"))}
		b.End = b.Start.AddDays(rapid.IntRange(1, 10).Draw(t, "length"))
		inside, straddles, row, ends := []int{}, false, -1, true
		for i, r := range a.buckets {
			switch {
			case b.Covers(r):
				inside = append(inside, i)
			case b.Overlaps(r):
				straddles = true
			}
			if r.End <= b.End {
				row = i
			} else if r.Start < b.End {
				ends = false
			}
		}
		w := a.window(b)
		found := []int{}
		for i := w.from; i < w.to; i++ {
			found = append(found, i)
		}
		if !slices.Equal(found, inside) || w.straddles != straddles || w.row != row || w.ends != ends {
			t.Fatalf("%v on %v: %+v, want rows %v, straddles %v, row %d, ends %v", b, a.buckets, w, inside, straddles, row, ends)
		}
	})
}
