package planner

import (
	"fmt"
	"slices"

	"kontor/protocol/calendar"
)

// DefaultLevels are the probabilities at which quantiles are given: the median,
// the half band, the 80 % band and the 90 % band.
var DefaultLevels = []float64{0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95}

// Options of a forecast. The zero value asks for the defaults.
type Options struct {
	// Horizon is the number of months forecast; default 12.
	Horizon int
	// LeadIn is the number of months between the history's end and the first
	// month forecast; default 0. Horizon+LeadIn is at most MaxAhead.
	LeadIn int
	// Levels of the quantiles, ascending, inside (0, 1); default DefaultLevels.
	Levels []float64
	// Paths drawn for cumulative demand; default 2000. Four times as many halve
	// the noise of a quantile and take four times as long.
	Paths int
	// Seed of the paths. The same history, options and seed give the same
	// forecast.
	Seed uint64
}

const (
	defaultHorizon = 12
	defaultPaths   = 2000
	minPaths       = 100
	maxPaths       = 100_000
	maxLevels      = 99
)

func (o Options) complete() (Options, error) {
	if o.Horizon == 0 {
		o.Horizon = defaultHorizon
	}
	if o.Paths == 0 {
		o.Paths = defaultPaths
	}
	if o.Levels == nil {
		o.Levels = slices.Clone(DefaultLevels)
	}
	if o.Horizon < 1 || o.LeadIn < 0 || o.Horizon > MaxAhead || o.LeadIn > MaxAhead-o.Horizon {
		return o, fmt.Errorf("forecast %d months after %d: want 1 or more after 0 or more, together at most %d", o.Horizon, o.LeadIn, MaxAhead)
	}
	if o.Paths < minPaths || o.Paths > maxPaths {
		return o, fmt.Errorf("forecast with %d paths: want %d to %d", o.Paths, minPaths, maxPaths)
	}
	if len(o.Levels) == 0 || len(o.Levels) > maxLevels {
		return o, fmt.Errorf("forecast %d levels: want 1 to %d", len(o.Levels), maxLevels)
	}
	for i, level := range o.Levels {
		if !(level > 0 && level < 1) || i > 0 && level <= o.Levels[i-1] {
			return o, fmt.Errorf("forecast levels %v: want ascending, each above 0 and below 1", o.Levels)
		}
	}
	return o, nil
}

// Result is a forecast of every series of a history.
type Result struct {
	Origin      calendar.Month // last month of the history
	First       calendar.Month // first month forecast
	Levels      []float64
	Calibration Calibration
	Series      []SeriesForecast // in the order of the history's keys
}

// SeriesForecast is the forecast of one series. Months[k] is the month First+k,
// Cumulative[k] the sum of the months First to First+k.
type SeriesForecast struct {
	Key
	Months     []Outlook
	Cumulative []Outlook

	laws   []law
	totals []float64 // ascending sums over the horizon, one a path
}

// Outlook is what may be needed in one month, or in several together.
type Outlook struct {
	Month     calendar.Month
	Mean      float64
	Nothing   float64   // probability that nothing is needed
	Quantiles []float64 // one per level, never falling
}

// Probability is F(y-) and F(y) of the month First+k: the probability that less
// than y, and that at most y, is needed.
func (s SeriesForecast) Probability(k int, y float64) (below, upTo float64) {
	return s.laws[k].cdf(y)
}

// totalWithin is how much a total over the horizon counts as covered.
func (s SeriesForecast) totalWithin(total, low, high float64) float64 {
	below, upTo := cdfOf(s.totals, total)
	return within(below, upTo, low, high)
}

// Forecast makes the baseline forecast of every series. It fails only on
// options out of bounds or a history without a month.
func Forecast(h History, options Options) (Result, error) {
	o, err := options.complete()
	if err != nil {
		return Result{}, err
	}
	if h.Months < 1 || len(h.Keys) == 0 {
		return Result{}, fmt.Errorf("forecast a history of %d series and %d months: there is nothing to go by", len(h.Keys), h.Months)
	}
	result := Result{
		Origin:      h.Last(),
		First:       h.Last() + 1 + calendar.Month(o.LeadIn),
		Levels:      slices.Clone(o.Levels),
		Calibration: calibrate(h),
	}
	m := fit(h, o.LeadIn+o.Horizon, result.Calibration.Stretch)
	for i, key := range h.Keys {
		s := SeriesForecast{Key: key, laws: m.laws(i, 1+o.LeadIn, o.Horizon)}
		totals := simulate(s.laws, o.Paths, seedOf(o.Seed, key))
		s.totals = totals[len(totals)-1]
		mean := 0.0
		for k, l := range s.laws {
			month := Outlook{Month: result.First + calendar.Month(k), Mean: l.mean(), Nothing: 1 - l.p}
			mean += month.Mean
			_, nothing := cdfOf(totals[k], 0)
			sum := Outlook{Month: month.Month, Mean: mean, Nothing: nothing}
			for _, level := range o.Levels {
				month.Quantiles = append(month.Quantiles, l.quantile(level))
				sum.Quantiles = append(sum.Quantiles, quantileOf(totals[k], level))
			}
			s.Months = append(s.Months, month)
			s.Cumulative = append(s.Cumulative, sum)
		}
		result.Series = append(result.Series, s)
	}
	return result, nil
}

func (m *model) laws(series, ahead, count int) []law {
	laws := make([]law, count)
	for k := range laws {
		laws[k] = m.at(series, ahead+k)
	}
	return laws
}
