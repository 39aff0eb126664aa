package capacity

import (
	"fmt"
	"math/big"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

func curves() *rapid.Generator[curve] {
	return rapid.Custom(func(t *rapid.T) curve {
		c := curve{levels: []int64{100_000, 250_000, 500_000, 750_000, 900_000}, floor: zero}
		v, sum := int64(0), int64(0)
		for range c.levels {
			v += rapid.Int64Range(0, 100_000).Draw(t, "step")
			c.values = append(c.values, big.NewInt(v))
			sum += v
		}
		c.mean = big.NewInt(sum/5 + rapid.Int64Range(0, 10_000).Draw(t, "tail"))
		return c
	})
}

// More supply never raises probability or expectation, and the ends never cross.
func TestCurveIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := curves().Draw(t, "curve")
		s := big.NewInt(rapid.Int64Range(-1000, 600_000).Draw(t, "s"))
		more := new(big.Int).Add(s, big.NewInt(rapid.Int64Range(0, 200_000).Draw(t, "more")))
		p, r := c.exceed(s), c.exceed(more)
		if p.Lower > p.Upper || r.Lower > p.Lower || r.Upper > p.Upper || p.Lower < 0 || p.Upper > ppm {
			t.Fatalf("%+v at %s, %+v at %s", p, s, r, more)
		}
		a, _ := c.short(s)
		b, _ := c.short(more)
		if a.lower.Cmp(a.upper) > 0 || b.lower.Cmp(a.lower) > 0 || b.upper.Cmp(a.upper) > 0 {
			t.Fatalf("short %s..%s at %s, %s..%s at %s", a.lower, a.upper, s, b.lower, b.upper, more)
		}
	})
}

// randomCase is a small forecast with a plan, for the properties of the whole match.
func randomCase(t *rapid.T) (forecast.Document, Plan) {
	products, regions := []string{"A", "B", "C"}, []string{"CI", "NG", "ZM"}
	f := doc()
	for _, p := range products {
		for _, r := range regions {
			if rapid.IntRange(0, 3).Draw(t, "absent") == 0 && len(f.Lines) > 0 {
				continue
			}
			l := line(p, r)
			base := make([]int64, 3)
			for i, b := range calendar.MonthsFrom(calendar.MustDate("2027-01-01").Month(), 4) {
				c := forecast.Cell{Bucket: b, Mean: quantity.Of(rapid.Int64Range(1, 500).Draw(t, "mean"))}
				low := int64(0)
				for k, p := range []int64{100_000, 500_000, 900_000} {
					base[k] = max(base[k], low) + rapid.Int64Range(0, 300).Draw(t, "rise")
					low = base[k]
					c.Cumulative = append(c.Cumulative, forecast.Quantile{P: p, Q: quantity.Of(base[k])})
				}
				_ = i
				l.Buckets = append(l.Buckets, c)
			}
			f.Lines = append(f.Lines, l)
		}
	}
	p := Plan{Header: header(PlanType)}
	for g := range 2 {
		group := Group{ID: fmt.Sprintf("L%d", g), Unit: quantity.Hour}
		for _, product := range products[g : g+2] {
			group.Links = append(group.Links, Link{Product: product, Factor: quantity.Of(rapid.Int64Range(1, 3).Draw(t, "factor")), Share: 500_000})
		}
		for _, b := range calendar.MonthsFrom(calendar.MustDate("2027-01-01").Month(), 4) {
			a := rapid.Int64Range(0, 3000).Draw(t, "actual")
			group.Capacities = append(group.Capacities, Capacity{Bucket: b, Actual: quantity.Of(a), Maximum: quantity.Of(a + rapid.Int64Range(0, 500).Draw(t, "slack"))})
		}
		p.Groups = append(p.Groups, group)
	}
	for _, product := range products {
		pos := Position{Product: product, Unit: quantity.Pack, AsOf: calendar.MustDate("2026-12-31"), Stock: qp("10")}
		if rapid.Bool().Draw(t, "limited") {
			pos.Limit = qp("500")
		}
		p.Positions = append(p.Positions, pos)
	}
	return f, p
}

func TestMoreCapacityNeverRaisesShortage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, p := randomCase(t)
		before, err := Match(Input{Forecast: f, Plan: p})
		if err != nil {
			t.Fatal(err)
		}
		more := p
		more.Groups = append([]Group(nil), p.Groups...)
		g := rapid.IntRange(0, 1).Draw(t, "group")
		more.Groups[g].Capacities = append([]Capacity(nil), p.Groups[g].Capacities...)
		c := &more.Groups[g].Capacities[rapid.IntRange(0, 3).Draw(t, "bucket")]
		extra := quantity.Of(rapid.Int64Range(1, 1000).Draw(t, "extra"))
		c.Actual, _ = c.Actual.Add(extra)
		c.Maximum, _ = c.Maximum.Add(extra)
		after, err := Match(Input{Forecast: f, Plan: more})
		if err != nil {
			t.Fatal(err)
		}
		for i, b := range before.Products {
			for j, x := range b.Buckets {
				y := after.Products[i].Buckets[j]
				if x.Cover == nil || x.Cover.Basis != y.Cover.Basis {
					continue // a limit that begins to bind changes what is claimed
				}
				if y.Cover.Shortage.Upper > x.Cover.Shortage.Upper || y.Cover.Shortage.Lower > x.Cover.Shortage.Lower || x.Cover.Expected.Upper.Less(y.Cover.Expected.Upper) || x.Cover.Expected.Lower.Less(y.Cover.Expected.Lower) {
					t.Fatalf("%s %s: %+v became %+v", b.Product, x.Bucket, x.Cover, y.Cover)
				}
			}
		}
		for i, b := range before.Groups {
			for j, x := range b.Buckets {
				if y := after.Groups[i].Buckets[j]; x.Excess.Less(y.Excess) {
					t.Fatalf("group %s %s: excess %s became %s", b.Group, x.Bucket, x.Excess, y.Excess)
				}
			}
		}
	})
}

func TestOrderIsIrrelevant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, p := randomCase(t)
		one, err := Match(Input{Forecast: f, Plan: p})
		if err != nil {
			t.Fatal(err)
		}
		f.Lines = rapid.Permutation(f.Lines).Draw(t, "lines")
		p.Groups = rapid.Permutation(p.Groups).Draw(t, "groups")
		p.Positions = rapid.Permutation(p.Positions).Draw(t, "positions")
		two, err := Match(Input{Forecast: f, Plan: p})
		if err != nil || !reflect.DeepEqual(one, two) {
			t.Fatalf("another order, another match: %v\n%+v\n%+v", err, one, two)
		}
	})
}
