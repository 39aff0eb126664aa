package forecast

import (
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

func lineOf(basis BucketBasis, means, ordered []int64, band bool) Line {
	l := Line{Item: Item{BuyersID: "A"}, Unit: "C62", Kind: Total, BucketBasis: basis}
	sum := int64(0)
	for i, m := range means {
		month := calendar.MustBucket("2027-01").Start.Month().Add(i)
		c := Cell{Bucket: calendar.Bucket{Start: month.First(), End: month.Add(1).First()}, Mean: quantity.Of(m)}
		if ordered[i] > 0 {
			q := quantity.Of(ordered[i])
			c.Ordered = &q
		}
		if sum += m; band {
			c.Quantiles = []Quantile{{P: 100_000, Q: quantity.Of(m / 2)}, {P: 900_000, Q: quantity.Of(m * 2)}}
			c.Cumulative = []Quantile{{P: 100_000, Q: quantity.Of(sum / 2)}, {P: 900_000, Q: quantity.Of(sum * 2)}}
		}
		l.Buckets = append(l.Buckets, c)
	}
	return l
}

// An order beyond its bucket's forecast meets the neighbour's: the whole is needed once.
func TestNeeded(t *testing.T) {
	c := Consumption{Forward: 1}
	for name, x := range map[string]struct {
		basis          BucketBasis
		means, ordered []int64
		want           []int64
	}{
		"inside":                     {Gross, []int64{100, 100}, []int64{60, 0}, []int64{100, 100}},
		"meets the next month":       {Gross, []int64{100, 100}, []int64{130, 0}, []int64{130, 70}},
		"foreseen by nobody":         {Gross, []int64{100, 100}, []int64{250, 0}, []int64{250, 0}},
		"none forward of the last":   {Gross, []int64{100, 100}, []int64{0, 150}, []int64{100, 150}},
		"its sender has consumed it": {NetOfOrders, []int64{40, 100}, []int64{60, 0}, []int64{100, 100}},
		"nothing ordered":            {Gross, []int64{100, 100}, []int64{0, 0}, []int64{100, 100}},
	} {
		got, err := lineOf(x.basis, x.means, x.ordered, true).Needed(c)
		if err != nil {
			t.Fatal(err)
		}
		for i, b := range got.Buckets {
			if b.Mean != quantity.Of(x.want[i]) || b.Ordered != nil || got.BucketBasis != Gross {
				t.Errorf("%s: bucket %d needs %s of %s orders, %s; want %d", name, i, b.Mean, b.Ordered, got.BucketBasis, x.want[i])
			}
		}
	}
}

// Whatever is ordered, what is needed is what the loop says is needed, in no bucket less than is ordered; levels rise; and it is the same a second time.
func TestNeededProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		figures := rapid.SliceOfN(rapid.Int64Range(0, 50), 5, 5)
		l := lineOf(rapid.SampledFrom([]BucketBasis{Gross, NetOfOrders}).Draw(t, "basis"), figures.Draw(t, "means"), figures.Draw(t, "ordered"), rapid.Bool().Draw(t, "band"))
		c := Consumption{Backward: rapid.Int64Range(0, 2).Draw(t, "back"), Forward: rapid.Int64Range(0, 2).Draw(t, "forward")}
		got, err := l.Needed(c)
		if err != nil {
			t.Fatal(err)
		}
		loop, err := l.Consume(c)
		if err != nil {
			t.Fatal(err)
		}
		for i, b := range got.Buckets {
			if b.Mean.Cmp(loop[i].Demand) != 0 || b.Mean.Less(loop[i].Ordered) {
				t.Fatalf("bucket %d needs %s; the loop says %s of %s ordered", i, b.Mean, loop[i].Demand, loop[i].Ordered)
			}
			for _, qs := range [][]Quantile{b.Quantiles, b.Cumulative} {
				for k := 1; k < len(qs); k++ {
					if qs[k].Q.Less(qs[k-1].Q) {
						t.Fatalf("bucket %d: level %d is below level %d", i, qs[k].P, qs[k-1].P)
					}
				}
			}
		}
		again, err := got.Needed(c)
		if err != nil {
			t.Fatal(err)
		}
		for i := range again.Buckets {
			if again.Buckets[i].Mean != got.Buckets[i].Mean {
				t.Fatal("a second time counts an order twice")
			}
		}
	})
}
