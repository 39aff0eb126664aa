package measure

import (
	"math/big"

	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// Quantile says that the figure stays at or below Q with probability P.
type Quantile struct {
	P int64 // parts per million
	Q quantity.Quantity
}

const medianLevel = PPM / 2

// Scores collects the scores of a forecast that says quantiles, in any order.
type Scores struct {
	Setting Setting

	ties   string // of the setting
	n      int
	loss   total // quantile losses
	losses int   // how many of them
	levels map[int64]*terms
	bands  map[int64]*bandScores // by probability covered
	wis    map[int]*wisSums      // by number of symmetric bands
	median struct {
		total
		n int
	}
	bias   terms
	ex     excluded
	window calendar.Bucket
}

// bandScores are the sums of one symmetric band.
type bandScores struct {
	n                           int
	width, below, above, actual total // Σ(u - l), Σ(l - y)⁺, Σ(y - u)⁺, Σ|y|
	covered                     terms
}

// score is the mean interval score of the band.
func (b *bandScores) score(band int64) *big.Rat {
	outside := plus(b.below.rat(), b.above.rat())
	penalty := over(whole(2), ppm(PPM-band))
	return over(plus(b.width.rat(), times(penalty, outside)), whole(b.n))
}

type wisSums struct {
	n                    int
	over, under, breadth total // Σ of the parts of the weighted interval score, times K + ½
}

// Add takes an actual and the quantiles forecast for it, in the order of their levels. Values that fall are to be put in order before.
func (s *Scores) Add(actual quantity.Quantity, quantiles []Quantile) {
	if len(quantiles) == 0 {
		s.ex.add(NoForecast, 1)
		return
	}
	s.n++
	if s.ties == "" {
		s.ties = define(Coverage, s.Setting).get("ties")
	}
	ties := s.ties
	at := make(map[int64]quantity.Quantity, len(quantiles))
	for _, q := range quantiles {
		at[q.P] = q.Q
		s.addLoss(actual, q)
		if s.levels == nil {
			s.levels = map[int64]*terms{}
		}
		if s.levels[q.P] == nil {
			s.levels[q.P] = &terms{}
		}
		s.levels[q.P].add(inside(actual, quantiles, 0, q.P, ties))
	}
	s.addBands(actual, quantiles, at, ties)
	if middle, stated := at[medianLevel]; stated {
		addDistance(&s.median.total, actual, middle)
		s.median.n++
		s.bias.add(quantileBias(actual, middle, quantiles))
	}
}

// addLoss adds p(y - q) where y ≥ q, else (1 - p)(q - y).
func (s *Scores) addLoss(actual quantity.Quantity, q Quantile) {
	p := q.P
	miss, err := actual.Sub(q.Q)
	if miss.Sign() < 0 {
		miss, p = miss.Neg(), PPM-p
	}
	if err == nil {
		s.loss.addProduct(share6(p), miss)
	} else {
		r := difference(actual, q.Q)
		if r.Sign() < 0 {
			r, p = r.Neg(r), PPM-q.P
		}
		s.loss.addRat(times(ppm(p), r))
	}
	s.losses++
}

// share6 is parts per million as a quantity.
func share6(parts int64) quantity.Quantity {
	q, err := quantity.Scaled(parts, -6)
	if err != nil {
		panic("invariant: a share has six decimals: " + err.Error())
	}
	return q
}

func (s *Scores) addBands(actual quantity.Quantity, quantiles []Quantile, at map[int64]quantity.Quantity, ties string) {
	middle, hasMedian := at[medianLevel]
	var parts wisSums
	k := 0
	for _, q := range quantiles {
		if q.P >= medianLevel {
			break
		}
		high, paired := at[PPM-q.P]
		if !paired {
			continue
		}
		k++
		low := q.Q
		if s.bands == nil {
			s.bands = map[int64]*bandScores{}
		}
		band := PPM - 2*q.P
		b := s.bands[band]
		if b == nil {
			b = &bandScores{}
			s.bands[band] = b
		}
		b.n++
		b.actual.add(actual.Abs())
		b.covered.add(inside(actual, quantiles, q.P, PPM-q.P, ties))
		addDistance(&b.width, high, low)
		if width, err := high.Sub(low); err == nil {
			parts.breadth.addProduct(share6(q.P), width)
		} else {
			parts.breadth.addRat(times(ppm(q.P), difference(high, low)))
		}
		if actual.Less(low) {
			addDistance(&b.below, low, actual)
			addDistance(&parts.over, low, actual)
		}
		if high.Less(actual) {
			addDistance(&b.above, actual, high)
			addDistance(&parts.under, actual, high)
		}
	}
	if !hasMedian {
		return
	}
	half := over(difference(middle, actual), whole(2))
	if half.Sign() > 0 {
		parts.over.addRat(half)
	} else {
		parts.under.addRat(half.Neg(half))
	}
	if s.wis == nil {
		s.wis = map[int]*wisSums{}
	}
	w := s.wis[k]
	if w == nil {
		w = &wisSums{}
		s.wis[k] = w
	}
	w.n++
	w.over.join(parts.over)
	w.under.join(parts.under)
	w.breadth.join(parts.breadth)
}

// quantileBias is 1 where the whole distribution was too high, -1 where it was too low.
func quantileBias(actual, middle quantity.Quantity, quantiles []Quantile) *big.Rat {
	reached := int64(0)
	switch actual.Cmp(middle) {
	case -1:
		for _, q := range quantiles {
			if !actual.Less(q.Q) {
				reached = q.P
			}
		}
	case 1:
		reached = PPM
		for i := len(quantiles) - 1; i >= 0; i-- {
			if !quantiles[i].Q.Less(actual) {
				reached = quantiles[i].P
			}
		}
	default:
		return new(big.Rat)
	}
	return minus(whole(1), times(whole(2), ppm(reached)))
}

// inside is the share of an actual that lies inside the probabilities from low to high. Where several quantiles have the actual's value,
// as zeros of lumpy demand do, the distribution jumps there, and the part of the jump that is inside counts: a closed band would count
// all of it and overstate, its middle alone would understate.
func inside(actual quantity.Quantity, quantiles []Quantile, low, high int64, ties string) *big.Rat {
	from, to, edge := int64(-1), int64(-1), false
	below, above := false, false // beyond the band's own quantiles
	for _, q := range quantiles {
		c := actual.Cmp(q.Q)
		if c == 0 {
			if from < 0 {
				from = q.P
			}
			to = q.P
		}
		if q.P == low {
			below, edge = c < 0, edge || c == 0
		}
		if q.P == high {
			above, edge = c > 0, edge || c == 0
		}
	}
	switch {
	case below || above:
		return new(big.Rat)
	case ties == "CLOSED" || from < 0 || !edge:
		return whole(1)
	}
	if from == quantiles[0].P && actual.IsZero() {
		from = 0 // nothing is wanted less than not at all
	}
	if from == to {
		return whole(1) // the distribution goes through the edge without a jump that the quantiles tell of
	}
	overlap := min(to, high) - max(from, low)
	return over(ppm(max(overlap, 0)), ppm(to-from))
}

// Exclude counts an observation that is left out.
func (s *Scores) Exclude(why Reason) { s.ex.add(why, 1) }

// Cover widens the window of the results by the bucket of an observation.
func (s *Scores) Cover(b calendar.Bucket) { s.window = widened(s.window, b) }

// Bands lists the symmetric bands that were seen, by the probability they cover in parts per million, and Levels the levels.
func (s *Scores) Bands() []int64 { return sortedKeys(s.bands) }

// Levels lists the levels that were seen, in parts per million.
func (s *Scores) Levels() []int64 { return sortedKeys(s.levels) }

// Join takes what another collector has seen.
func (s *Scores) Join(o *Scores) {
	s.n += o.n
	s.loss.join(o.loss)
	s.losses += o.losses
	s.median.join(o.median.total)
	s.median.n += o.median.n
	s.bias.join(&o.bias)
	s.ex.join(o.ex)
	s.window = widened(s.window, o.window)
	for level, t := range o.levels {
		into(&s.levels, level).join(t)
	}
	for band, b := range o.bands {
		c := into(&s.bands, band)
		c.n += b.n
		c.width.join(b.width)
		c.below.join(b.below)
		c.above.join(b.above)
		c.actual.join(b.actual)
		c.covered.join(&b.covered)
	}
	for k, w := range o.wis {
		c := into(&s.wis, k)
		c.n += w.n
		c.over.join(w.over)
		c.under.join(w.under)
		c.breadth.join(w.breadth)
	}
}

// into is the value of a key, made where there is none.
func into[K comparable, V any](m *map[K]*V, key K) *V {
	if *m == nil {
		*m = map[K]*V{}
	}
	v := (*m)[key]
	if v == nil {
		v = new(V)
		(*m)[key] = v
	}
	return v
}
