package measure

import (
	"cmp"
	"maps"
	"math/big"
	"slices"
)

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// Result is a measure of quantile forecasts: PINBALL, CRPS, the WIS family, MEDIAN_ERROR, QUANTILE_BIAS, and for the band or level of the
// setting COVERAGE, COVERAGE_BELOW, COVERAGE_GAP, INTERVAL_SCORE, SHARPNESS and BELOW_MEDIAN.
func (s *Scores) Result(code Code) Result {
	d := define(code, s.Setting)
	r := s.result(d)
	r.Window = s.window
	return r
}

// Of is Result for one band or level, given as a setting such as {"band": "0.9"}.
func (s *Scores) Of(code Code, name, v string) Result {
	setting := Setting{}
	maps.Copy(setting, s.Setting)
	setting[name] = v
	d := define(code, setting)
	r := s.result(d)
	r.Window = s.window
	return r
}

func (s *Scores) result(d Definition) Result {
	if s.n == 0 {
		return missing(d, s.ex.only(), 0, s.ex)
	}
	switch d.Code {
	case Pinball:
		return value(d, over(s.loss.rat(), whole(s.losses)), s.n, s.ex)
	case CRPS:
		return value(d, over(times(whole(2), s.loss.rat()), whole(s.losses)), s.n, s.ex)
	case WIS, WISOver, WISUnder, WISDispersion:
		return s.weightedInterval(d)
	case MedianError, QuantileBias:
		ex := s.without(NoMedian, s.median.n)
		if s.median.n == 0 {
			return missing(d, NoMedian, 0, ex)
		}
		if d.Code == MedianError {
			return value(d, over(s.median.rat(), whole(s.median.n)), s.median.n, ex)
		}
		return value(d, s.bias.mean(), s.bias.count, ex)
	case CoverageBelow:
		return s.below(d, parts(d.number("level")), NoLevel)
	case BelowMedian:
		return s.below(d, medianLevel, NoMedian)
	case Coverage, CoverageGap, IntervalScore, Sharpness:
		return s.band(d, parts(d.number("band")))
	}
	panic("invariant: " + string(d.Code) + " is no measure of quantile forecasts")
}

// without are the exclusions with the observations whose forecast lacks what the measure needs, beside the n that have it.
func (s *Scores) without(why Reason, n int) excluded {
	ex := maps.Clone(s.ex)
	ex.add(why, s.n-n)
	return ex
}

// parts is a probability in parts per million.
func parts(p *big.Rat) int64 {
	r := times(p, whole(PPM))
	return new(big.Int).Quo(r.Num(), r.Denom()).Int64()
}

// weightedInterval is the weighted interval score or one of its parts, which sum to it.
func (s *Scores) weightedInterval(d Definition) Result {
	sum, n := new(big.Rat), 0
	for k, w := range s.wis {
		part := new(big.Rat)
		if d.Code == WIS || d.Code == WISOver {
			part = plus(part, w.over.rat())
		}
		if d.Code == WIS || d.Code == WISUnder {
			part = plus(part, w.under.rat())
		}
		if d.Code == WIS || d.Code == WISDispersion {
			part = plus(part, w.breadth.rat())
		}
		sum = plus(sum, over(part, fraction(int64(2*k+1), 2)))
		n += w.n
	}
	ex := s.without(NoMedian, n)
	if n == 0 {
		return missing(d, NoMedian, 0, ex)
	}
	return value(d, over(sum, whole(n)), n, ex)
}

// below is the share of actuals at or below a quantile, with the interval of that share; why says what a forecast without that quantile lacks.
func (s *Scores) below(d Definition, level int64, why Reason) Result {
	t := s.levels[level]
	if t == nil {
		return missing(d, why, 0, s.without(why, 0))
	}
	return s.tested(d, t, ppm(level), s.without(why, t.count))
}

func (s *Scores) tested(d Definition, t *terms, promised *big.Rat, ex excluded) Result {
	r := value(d, t.mean(), t.count, ex)
	k := times(t.mean(), whole(t.count))
	r.Interval = d.wilson(k, t.count)
	r.Verdict = Outside
	if d.agrees(k, t.count, promised) {
		r.Verdict = Within
	}
	r.Verdict = d.enough(t.count, r.Verdict)
	return r
}

func (s *Scores) band(d Definition, band int64) Result {
	b := s.bands[band]
	if b == nil {
		return missing(d, NoBands, 0, s.without(NoBands, 0))
	}
	ex := s.without(NoBands, b.n)
	switch d.Code {
	case Coverage:
		return s.tested(d, &b.covered, ppm(band), ex)
	case CoverageGap:
		return value(d, new(big.Rat).Abs(minus(b.covered.mean(), ppm(band))), b.n, ex)
	case Sharpness:
		return share(d, b.width.rat(), b.actual.rat(), b.n, ex)
	}
	return value(d, b.score(band), b.n, ex)
}
