package measure

import (
	"math/big"

	"kontor/protocol/quantity"
)

// MaxSeason bounds the buckets of a season: ten years of weeks.
const MaxSeason = 520

// Scale collects the changes of a series' history, in the order of time: what errors of this series are measured by.
type Scale struct {
	season  int
	ring    []quantity.Quantity // the last season of history
	n       int
	changes total // Σ|z_t - z_{t-m}|

	last    quantity.Quantity
	started bool  // a figure that is not zero has come
	steps   int   // of one bucket, since then
	squares total // Σ(z_t - z_{t-1})²
	ones    total // Σ|z_t - z_{t-1}| of the whole history
}

// NewScale makes a scale with a season of m buckets; less than one is one, more than MaxSeason is MaxSeason.
func NewScale(season int) *Scale {
	season = min(max(season, 1), MaxSeason)
	return &Scale{season: season, ring: make([]quantity.Quantity, 0, season)}
}

// Add takes the next figure of the history.
func (s *Scale) Add(z quantity.Quantity) {
	if len(s.ring) == s.season {
		at := s.n % s.season
		addDistance(&s.changes, z, s.ring[at])
		s.ring[at] = z
	} else {
		s.ring = append(s.ring, z)
	}
	if s.n > 0 {
		addDistance(&s.ones, z, s.last)
	}
	if s.started {
		s.steps++
		if d, err := z.Sub(s.last); err == nil {
			s.squares.addProduct(d, d)
		} else {
			s.squares.addRat(square(difference(z, s.last)))
		}
	}
	s.started = s.started || !z.IsZero()
	s.last = z
	s.n++
}

func addDistance(t *total, a, b quantity.Quantity) {
	if d, err := a.Sub(b); err == nil {
		t.add(d.Abs())
		return
	}
	t.addRat(new(big.Rat).Abs(difference(a, b)))
}

// seasonal is the mean absolute error of the seasonal naive forecast within the history.
func (s *Scale) seasonal() (*big.Rat, Reason) {
	if s == nil || s.n == 0 {
		return nil, NoHistory
	}
	if s.n <= s.season {
		return nil, ShortHistory
	}
	r := over(s.changes.rat(), whole(s.n-s.season))
	if r.Sign() == 0 {
		return nil, ConstantHistory
	}
	return r, ""
}

// step is the mean absolute change from one bucket to the next.
func (s *Scale) step() (*big.Rat, Reason) {
	if s == nil || s.n == 0 {
		return nil, NoHistory
	}
	if s.n < 2 {
		return nil, ShortHistory
	}
	r := over(s.ones.rat(), whole(s.n-1))
	if r.Sign() == 0 {
		return nil, ConstantHistory
	}
	return r, ""
}

// squared is the mean squared change from one bucket to the next, from the first figure that is not zero.
func (s *Scale) squared() (*big.Rat, Reason) {
	if s == nil || s.n == 0 {
		return nil, NoHistory
	}
	if s.steps == 0 {
		return nil, ShortHistory
	}
	r := over(s.squares.rat(), whole(s.steps))
	if r.Sign() == 0 {
		return nil, ConstantHistory
	}
	return r, ""
}

// SeriesMean puts the scaled errors of several series together: each series counts once.
type SeriesMean struct {
	Setting Setting

	mase, rmsse, spl, msis averaged
	weighted               []weightedLoss
}

// averaged is the mean of a figure over series.
type averaged struct {
	terms
	ex excluded
}

type weightedLoss struct{ weight, loss *big.Rat }

// AddErrors takes the errors of one series and its history.
func (m *SeriesMean) AddErrors(e *Errors, s *Scale) {
	if e.n == 0 {
		m.mase.ex.add(NoData, 1)
		m.rmsse.ex.add(NoData, 1)
		return
	}
	m.mase.take(e, over(e.absolute.rat(), whole(e.n)))(s.seasonal())
	if scale, why := s.squared(); why == "" {
		m.rmsse.add(root(over(over(e.squared.rat(), whole(e.n)), scale)).Rat())
	} else {
		m.rmsse.constant(e, why)
	}
}

// take scales one series' error, or counts why it can't be.
func (a *averaged) take(e *Errors, err *big.Rat) func(*big.Rat, Reason) {
	return func(scale *big.Rat, why Reason) {
		if why == "" {
			a.add(over(err, scale))
			return
		}
		a.constant(e, why)
	}
}

// constant counts a history that nothing can be scaled by. A forecast that hit a constant series is as good as the naive one: 1.
func (a *averaged) constant(e *Errors, why Reason) {
	if why == ConstantHistory && e.absolute.rat().Sign() == 0 {
		a.add(whole(1))
		return
	}
	a.ex.add(why, 1)
}

// AddScores takes the scores of one series and its history; weight is the share of value that WSPL gives it.
func (m *SeriesMean) AddScores(s *Scores, scale *Scale, band int64, weight quantity.Quantity) {
	step, why := scale.step()
	switch {
	case s.losses == 0:
		m.spl.ex.add(NoBands, 1)
	case why != "":
		m.spl.ex.add(why, 1)
	default:
		loss := over(over(s.loss.rat(), whole(s.losses)), step)
		m.spl.add(loss)
		m.weighted = append(m.weighted, weightedLoss{weight.Rat(), loss})
	}
	b := s.bands[band]
	if b == nil {
		m.msis.ex.add(NoBands, 1)
		return
	}
	seasonal, why := scale.seasonal()
	if why != "" {
		m.msis.ex.add(why, 1)
		return
	}
	m.msis.add(over(b.score(band), seasonal))
}

// Result is MASE, RMSSE, SPL, MSIS or WSPL. Its count is of series.
func (m *SeriesMean) Result(code Code) Result {
	d := define(code, m.Setting)
	var a *averaged
	switch code {
	case MASE:
		a = &m.mase
	case RMSSE:
		a = &m.rmsse
	case SPL:
		a = &m.spl
	case MSIS:
		a = &m.msis
	case WSPL:
		return m.weightedResult(d)
	default:
		panic("invariant: " + string(code) + " is no measure of scaled errors")
	}
	if a.count == 0 {
		return missing(d, a.ex.only(), 0, a.ex)
	}
	return value(d, a.mean(), a.count, a.ex)
}

func (m *SeriesMean) weightedResult(d Definition) Result {
	var sum terms
	weights := new(big.Rat)
	for _, w := range m.weighted {
		sum.add(times(w.weight, w.loss))
		weights.Add(weights, w.weight)
	}
	if sum.count == 0 {
		return missing(d, m.spl.ex.only(), 0, m.spl.ex)
	}
	return share(d, times(sum.mean(), whole(sum.count)), weights, sum.count, m.spl.ex)
}
