package forecast

import (
	"math/big"
	"slices"

	"kontor/protocol/quantity"
)

// Needed is a line after its orders have met its forecast: what is needed in each bucket, with no orders beside it, gross. Each quantile level is consumed
// as a forecast of its own, and levels that would cross are raised to the one below: the careful reading, the same that a match takes. It is how an order is
// counted once where a forecast is read by somebody who knows nothing of orders. The line has passed Check.
func (l Line) Needed(c Consumption) (Line, error) {
	if !l.HasOrders() {
		if l.BucketBasis == NetOfOrders {
			l.BucketBasis = Gross
		}
		return l, nil
	}
	scale := l.finest()
	ordered := make([]*big.Int, len(l.Buckets))
	means := make([]*big.Int, len(l.Buckets))
	for i, b := range l.Buckets {
		ordered[i], means[i] = new(big.Int), scaled(b.Mean, scale)
		if b.Ordered != nil {
			ordered[i] = scaled(*b.Ordered, scale)
		}
	}
	after := func(path []*big.Int) []*big.Int { return c.Demand(l.BucketBasis, path, ordered) }
	out := l
	out.BucketBasis, out.Buckets = Gross, slices.Clone(l.Buckets)
	for i, n := range after(means) {
		q, err := quantity.FromBig(n, scale)
		if err != nil {
			return l, err
		}
		out.Buckets[i].Mean, out.Buckets[i].Ordered = q, nil
		out.Buckets[i].Quantiles, out.Buckets[i].Cumulative = nil, nil
	}
	for _, b := range []band{{of: func(b *Cell) *[]Quantile { return &b.Quantiles }}, {of: func(b *Cell) *[]Quantile { return &b.Cumulative }, cumulative: true}} {
		if err := b.needed(l, &out, scale, after); err != nil {
			return l, err
		}
	}
	return out, nil
}

// finest is the exponent at which every figure of a line is a whole number.
func (l Line) finest() int {
	scale := 0
	for _, b := range l.Buckets {
		scale = min(scale, b.Mean.Exponent())
		if b.Ordered != nil {
			scale = min(scale, b.Ordered.Exponent())
		}
		for _, q := range append(b.Quantiles[:len(b.Quantiles):len(b.Quantiles)], b.Cumulative...) {
			scale = min(scale, q.Q.Exponent())
		}
	}
	return scale
}

// band is one of the two bands of a line: of each period, or cumulative from the first.
type band struct {
	of         func(*Cell) *[]Quantile
	cumulative bool
}

// needed writes the band's levels after orders into out. A level that not every bucket states can't be followed through the window, and is left out.
func (b band) needed(l Line, out *Line, scale int, after func([]*big.Int) []*big.Int) error {
	for i := range l.Buckets {
		list := b.of(&out.Buckets[i])
		for _, level := range *b.of(&l.Buckets[i]) {
			path, ok := b.path(l, level.P, scale)
			if !ok {
				continue
			}
			needed := after(path)
			value := needed[i]
			if b.cumulative {
				for _, n := range needed[:i] {
					value = new(big.Int).Add(value, n)
				}
			}
			q, err := quantity.FromBig(value, scale)
			if err != nil {
				return err
			}
			if n := len(*list); n > 0 && q.Less((*list)[n-1].Q) {
				q = (*list)[n-1].Q
			}
			*list = append(*list, Quantile{P: level.P, Q: q})
		}
	}
	return nil
}

func scaled(q quantity.Quantity, scale int) *big.Int {
	n, ok := q.At(scale)
	if !ok {
		panic("invariant: the scale of a line is its finest exponent")
	}
	return n
}

// path is a level's figure of each bucket; of cumulative levels what each bucket adds. ok is false where a bucket does not state the level.
func (b band) path(l Line, p int64, scale int) (path []*big.Int, ok bool) {
	before := new(big.Int)
	for i := range l.Buckets {
		list := *b.of(&l.Buckets[i])
		k := slices.IndexFunc(list, func(q Quantile) bool { return q.P == p })
		if k < 0 {
			return nil, false
		}
		n := scaled(list[k].Q, scale)
		if b.cumulative {
			path = append(path, new(big.Int).Sub(n, before))
			before = n
		} else {
			path = append(path, n)
		}
	}
	return path, true
}
