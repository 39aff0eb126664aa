package forecast

import (
	"math/big"
	"slices"

	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// MinErrors is how many past errors at one lag a band needs (practice T18). Fewer would let one bad month be a tenth of all that can happen.
const MinErrors = 12

// maxRatio bounds what was needed over what was foreseen, in ppm: beyond a thousand times the forecast the forecast says nothing.
const maxRatio = 1_000 * PPM

// EmpiricalLevels are the levels of bands made from errors; of twelve errors none of them lies outside what was seen.
var EmpiricalLevels = []int64{100_000, 250_000, 500_000, 750_000, 900_000}

// Errors are those of past versions against what was needed, as ratios in ppm of the mean forecast, by line and lag. The zero value is not usable: NewErrors.
type Errors struct {
	seen   map[pastCell]int64
	ratios map[lagged][]int64 // sorted, made from seen when it is asked for
	Zero   int                // cells of a forecast of none, which have no relative error
	Open   int                // cells whose need is not known
}

type pastCell struct {
	lagged
	bucket calendar.Bucket
}

// lagged is one line, or a family, of one grain at one lag.
type lagged struct {
	line  string
	grain calendar.Grain
	lag   int
}

// NewErrors makes an empty record.
func NewErrors() *Errors { return &Errors{seen: map[pastCell]int64{}} }

// Lag is how many buckets of its own grain a bucket lies ahead of the day a forecast was issued on; false for one that had begun.
func Lag(issued int64, b calendar.Bucket) (int, bool) {
	day := calendar.DateOf(issued)
	if b.Start < day {
		return 0, false
	}
	switch b.Grain() {
	case calendar.Months:
		y, m, _ := b.Start.YMD()
		iy, im, _ := day.YMD()
		return (y-iy)*12 + int(m) - int(im), true
	case calendar.Weeks:
		return b.Start.Sub(day) / 7, true
	}
	return b.Start.Sub(day), true
}

// Add takes the errors of a version. Versions come from the oldest to the newest: of two at one lag the newer counts. actual tells what was needed, and
// false where that is not known.
func (e *Errors) Add(d Document, actual func(Line, calendar.Bucket) (quantity.Quantity, bool)) {
	e.ratios = nil
	for _, l := range d.Lines {
		for _, c := range l.Buckets {
			lag, ahead := Lag(d.Header.Issued, c.Bucket)
			if !ahead {
				continue
			}
			was, known := actual(l, c.Bucket)
			switch {
			case !known:
				e.Open++
				continue
			case c.Mean.Sign() <= 0:
				e.Zero++
				continue
			}
			e.seen[pastCell{lagged{l.Key(), c.Bucket.Grain(), lag}, c.Bucket}] = ratio(was, c.Mean)
		}
	}
}

// ratio is a over b in ppm, rounded down.
func ratio(a, b quantity.Quantity) int64 {
	e := min(a.Exponent(), b.Exponent())
	x, _ := a.At(e)
	y, _ := b.At(e)
	q := x.Mul(x, big.NewInt(PPM)).Quo(x, y)
	if !q.IsInt64() || q.Int64() > maxRatio {
		return maxRatio
	}
	return q.Int64()
}

// Count is how many errors there are.
func (e *Errors) Count() int { return len(e.seen) }

func (e *Errors) at(k lagged) []int64 {
	if e.ratios == nil {
		e.ratios = map[lagged][]int64{}
		for c, r := range e.seen {
			e.ratios[c.lagged] = append(e.ratios[c.lagged], r)
		}
		for k := range e.ratios {
			slices.Sort(e.ratios[k])
		}
	}
	return e.ratios[k]
}

// Source says where the errors of a cell's band come from.
type Source int

// The sources, from the best.
const (
	NoErrors  Source = iota // too few: no band
	OwnErrors               // of the line itself
	FamilyErrors
)

// Band is the levels of a cell from errors at its lag: those of its line, else those of all lines of its family; none where there are fewer than least. The
// third answer is how many there were, at best.
func (e *Errors) Band(l Line, c Cell, issued int64, family []string, least int) (levels []Quantile, from Source, n int, err error) {
	lag, ahead := Lag(issued, c.Bucket)
	if !ahead {
		return nil, NoErrors, 0, nil
	}
	at := lagged{l.Key(), c.Bucket.Grain(), lag}
	ratios := e.at(at)
	from = OwnErrors
	if n = len(ratios); n < least {
		ratios, from = nil, FamilyErrors
		for _, key := range family {
			ratios = append(ratios, e.at(lagged{key, at.grain, lag})...)
		}
		slices.Sort(ratios)
		if n = max(n, len(ratios)); len(ratios) < least {
			return nil, NoErrors, n, nil
		}
	}
	for _, p := range EmpiricalLevels {
		r, inside := quantileOf(ratios, p)
		if !inside {
			continue
		}
		factor, err := quantity.Scaled(r, -6)
		if err != nil {
			return nil, NoErrors, n, err
		}
		q, err := c.Mean.Mul(factor)
		if err != nil {
			return nil, NoErrors, n, err
		}
		if q, err = q.Round(max(0, -c.Mean.Exponent())); err != nil { // as precise as the mean
			return nil, NoErrors, n, err
		}
		levels = append(levels, Quantile{P: p, Q: q})
	}
	return levels, from, n, nil
}

// quantileOf is the level of sorted values by the rule of p(n+1), linear between neighbours; false outside what was seen.
func quantileOf(sorted []int64, p int64) (int64, bool) {
	at := p * int64(len(sorted)+1)
	i, part := int(at/PPM), at%PPM
	switch {
	case i < 1 || i > len(sorted) || i == len(sorted) && part > 0:
		return 0, false
	case part == 0:
		return sorted[i-1], true
	}
	return sorted[i-1] + (sorted[i]-sorted[i-1])*part/PPM, true
}

// Coverage is the part of all errors, in ppm, that the band of 80 % made of the others at the same line and lag held, and of how many it is; zero where no
// line has enough.
func (e *Errors) Coverage(least int) (ppm, n int64) {
	held := int64(0)
	e.at(lagged{})
	for _, all := range e.ratios {
		if len(all) <= least {
			continue
		}
		for i, r := range all {
			others := slices.Delete(slices.Clone(all), i, i+1)
			low, okLow := quantileOf(others, 100_000)
			high, okHigh := quantileOf(others, 900_000)
			if !okLow || !okHigh {
				continue
			}
			n++
			if low <= r && r <= high {
				held++
			}
		}
	}
	if n == 0 {
		return 0, 0
	}
	return held * PPM / n, n
}
