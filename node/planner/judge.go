package planner

import (
	"fmt"
	"slices"

	"kontor/protocol/calendar"
)

// Judgement compares a forecast with what came, in months that neither the fit
// nor the calibration had seen.
type Judgement struct {
	Origin        calendar.Month // last month the forecast knew
	From, Through calendar.Month // the months judged
	Calibration   Calibration
	Levels        []float64 // at which the pinball loss is averaged
	Cells         int       // series x months
	Empty         int       // of them, without need

	// Coverage80 is the share of actuals inside the 80 % band, each counted with
	// the share of [F(y-), F(y)] inside [0.1, 0.9]; 0.8 is perfect.
	Coverage80 float64
	// Pinball is the mean loss over cells and levels, in the product's unit, and
	// PinballEmpirical that of the quantiles of the same series' months up to
	// Origin, at the same levels.
	Pinball, PinballEmpirical float64

	// The same for the sum over the horizon, one cell a series. The competitor
	// takes the sums of every stretch of months as long in the history.
	CoverageTotal                       float64
	PinballTotal, PinballTotalEmpirical float64
}

// minJudged is the least number of cells a verdict is given on.
const minJudged = 20

// Judge forecasts as of the end of the month origin and compares with the
// months after it. The forecast is made from a copy that ends at origin.
func Judge(h History, origin calendar.Month, options Options) (Judgement, error) {
	o, err := options.complete()
	if err != nil {
		return Judgement{}, err
	}
	last := origin + calendar.Month(o.LeadIn+o.Horizon)
	if last > h.Last() {
		return Judgement{}, fmt.Errorf("judge a forecast made after %s: %s is needed and the history ends at %s", origin, last, h.Last())
	}
	known, err := h.Until(origin)
	if err != nil {
		return Judgement{}, err
	}
	if n := len(h.Keys) * o.Horizon; n < minJudged {
		return Judgement{}, fmt.Errorf("judge a forecast made after %s: %d cells are too few for a verdict, want %d", origin, n, minJudged)
	}
	forecast, err := Forecast(known, o)
	if err != nil {
		return Judgement{}, err
	}
	j := Judgement{
		Origin: origin, From: forecast.First, Through: last,
		Calibration: forecast.Calibration, Levels: forecast.Levels,
	}
	for i, s := range forecast.Series {
		j.addSeries(s, known.Values[i], h.Values[i][forecast.First-h.First:][:o.Horizon])
	}
	losses := float64(j.Cells * len(j.Levels))
	j.Coverage80 /= float64(j.Cells)
	j.Pinball /= losses
	j.PinballEmpirical /= losses
	series := float64(len(forecast.Series))
	j.CoverageTotal /= series
	j.PinballTotal /= series * float64(len(j.Levels))
	j.PinballTotalEmpirical /= series * float64(len(j.Levels))
	return j, nil
}

// JudgeLatest judges the latest forecast whose months are all known.
func JudgeLatest(h History, options Options) (Judgement, error) {
	o, err := options.complete()
	if err != nil {
		return Judgement{}, err
	}
	return Judge(h, h.Last()-calendar.Month(o.LeadIn+o.Horizon), o)
}

func (j *Judgement) addSeries(s SeriesForecast, past, actual []float64) {
	ascending := slices.Sorted(slices.Values(past))
	total := 0.0
	for k, y := range actual {
		j.Cells++
		if y == 0 {
			j.Empty++
		}
		total += y
		below, upTo := s.Probability(k, y)
		j.Coverage80 += within(below, upTo, 0.1, 0.9)
		for q, level := range j.Levels {
			j.Pinball += pinball(y, s.Months[k].Quantiles[q], level)
			j.PinballEmpirical += pinball(y, quantileOf(ascending, level), level)
		}
	}
	horizon := len(actual)
	sum := s.Cumulative[horizon-1]
	j.CoverageTotal += s.totalWithin(total, 0.1, 0.9)
	sums := rollingSums(past, horizon)
	for q, level := range j.Levels {
		j.PinballTotal += pinball(total, sum.Quantiles[q], level)
		j.PinballTotalEmpirical += pinball(total, quantileOf(sums, level), level)
	}
}

// rollingSums are the ascending sums of every window of the given length; of a
// shorter past, its sum alone, scaled to the length.
func rollingSums(past []float64, length int) []float64 {
	sum := 0.0
	var sums []float64
	for t, y := range past {
		sum += y
		if t >= length {
			sum -= past[t-length]
		}
		if t >= length-1 {
			sums = append(sums, sum)
		}
	}
	if sums == nil {
		sums = []float64{sum * float64(length) / float64(max(1, len(past)))}
	}
	slices.Sort(sums)
	return sums
}

// pinball is the loss of the quantile q at the level p when y came.
func pinball(y, q, p float64) float64 {
	if y >= q {
		return p * (y - q)
	}
	return (1 - p) * (q - y)
}

// Holds says whether the forecast may be shown with its bands: the 80 % band
// covers 75 to 88 %, and the pinball loss is no worse than the competitor's.
func (j Judgement) Holds() bool {
	return j.Coverage80 >= 0.75 && j.Coverage80 <= 0.88 && j.Pinball <= j.PinballEmpirical
}

func (j Judgement) String() string {
	than := "no measure of either"
	switch share := 100 * (1 - j.Pinball/j.PinballEmpirical); {
	case j.PinballEmpirical <= 0:
	case share < 0:
		than = fmt.Sprintf("%.1f %% worse", -share)
	default:
		than = fmt.Sprintf("%.1f %% better", share)
	}
	calibrated := "not calibrated (history too short)"
	if j.Calibration.From != 0 {
		calibrated = fmt.Sprintf("calibrated on %s to %s", j.Calibration.From, j.Calibration.Through)
	}
	return fmt.Sprintf("forecast made after %s, %s, judged on %s to %s: %d cells, %d empty; 80 %% band covers %.1f %%; mean pinball loss %.0f against %.0f of the empirical quantiles (%s) at levels %v",
		j.Origin, calibrated, j.From, j.Through, j.Cells, j.Empty, 100*j.Coverage80, j.Pinball, j.PinballEmpirical, than, j.Levels)
}
