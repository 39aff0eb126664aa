package command

import (
	"fmt"
	"maps"
	"math/big"
	"slices"

	"kontor/node/intake"
	"kontor/protocol/measure"
	"kontor/protocol/quantity"
)

// valueAdded is VALUE_ADDED on the scaled error: against the forecast of --benchmark, else against the seasonal naive one of the history. Both are judged on the
// same buckets; a series without a benchmark is left out of both.
func (r *forecastRun) valueAdded(previous bool) measure.Result {
	setting := measure.Setting{"benchmark": "SEASONAL_NAIVE"}
	if previous {
		setting["benchmark"] = "PREVIOUS_STEP"
	}
	before, step := measure.SeriesMean{Setting: r.setting}, measure.SeriesMean{Setting: r.setting}
	for _, name := range slices.Sorted(maps.Keys(r.series)) {
		s := r.series[name]
		scale, _ := r.scale(s)
		benchmark := s.naive(r.season)
		if previous {
			benchmark = func(at intake.Moment) *quantity.Quantity { return s.cells[at].benchmark }
		}
		was, now := measure.Errors{Setting: r.setting}, measure.Errors{Setting: r.setting}
		for _, at := range slices.SortedFunc(maps.Keys(s.cells), intake.Moment.Compare) {
			c := s.cells[at]
			if b := benchmark(at); b != nil && c.judged() {
				was.Add(*c.actual, *b)
				now.Add(*c.actual, *c.point)
			}
		}
		before.AddErrors(&was, scale)
		step.AddErrors(&now, scale)
	}
	return measure.Added(before.Result(measure.MASE), step.Result(measure.MASE), setting)
}

// judged tells whether the cell has an error that is the forecaster's.
func (c *comparedCell) judged() bool { return c.actual != nil && c.point != nil && !c.constrained }

// naive is the forecast that says of a bucket what the last known season said there. It needs a history of a season that ends where the buckets begin, and
// buckets without a hole; without them there is none.
func (s *comparedSeries) naive(season int) func(intake.Moment) *quantity.Quantity {
	none := func(intake.Moment) *quantity.Quantity { return nil }
	var ahead []intake.Moment
	for at, c := range s.cells {
		if c.point != nil {
			ahead = append(ahead, at)
		}
	}
	slices.SortFunc(ahead, intake.Moment.Compare)
	known := slices.DeleteFunc(slices.Clone(s.history), func(f pastFigure) bool { return len(ahead) == 0 || f.at.Compare(ahead[0]) >= 0 })
	slices.SortStableFunc(known, func(a, b pastFigure) int { return a.at.Compare(b.at) })
	if len(known) < season || len(ahead) == 0 {
		return none
	}
	last := known[len(known)-1].at
	place := map[intake.Moment]int{}
	for i, at := range ahead {
		if !follows(last, at) {
			return none
		}
		place[at], last = i, at
	}
	return func(at intake.Moment) *quantity.Quantity {
		i, asked := place[at]
		if !asked {
			return nil
		}
		return &known[len(known)-season+i%season].value
	}
}

// follows tells whether a moment comes right after another.
func follows(before, at intake.Moment) bool {
	if at.Bucket.Valid() {
		return before.Bucket.Valid() && before.Bucket.End == at.Bucket.Start
	}
	return !before.Bucket.Valid() && at.Index == before.Index+1
}

// signals is TRACKING_SIGNAL of a series, its errors in the order of time.
func (s *comparedSeries) signals(setting measure.Setting) measure.Result {
	t := measure.Tracking{Setting: setting}
	for _, at := range slices.SortedFunc(maps.Keys(s.cells), intake.Moment.Compare) {
		if c := s.cells[at]; c.judged() {
			t.Add(*c.actual, *c.point)
		}
	}
	return t.Result()
}

// evenlySpread tells whether quantiles stand for the whole distribution: as far from each other as the outer ones are from its ends, or half as far.
func evenlySpread(levels []int64) bool {
	if len(levels) < 3 {
		return false
	}
	gap := levels[1] - levels[0]
	for i := range levels[1:] {
		if levels[i+1]-levels[i] != gap {
			return false
		}
	}
	first, last := levels[0], measure.PPM-levels[len(levels)-1]
	return first == last && (first == gap || 2*first == gap)
}

// readWeights reads the share of value of every series, by which WSPL weighs them.
func (r *forecastRun) readWeights(c *call) (files []measuredFile, err error) {
	if c.String("weights") == "" {
		return nil, nil
	}
	t, err := c.openTable("weights", []intake.Column{seriesColumn, weightColumn, regionColumn}, false)
	if err != nil {
		return nil, err
	}
	const inWeight = 1 // the region stands where nameOf looks for it
	weights := map[string]quantity.Quantity{}
	f, err := c.each("weights", t, func(l *intake.Line) {
		v, stated := l.Quantity(inWeight)
		if stated && v.Sign() < 0 {
			l.Refuse(inWeight, intake.CodeSign, "below zero", "a number of 0 or more")
		}
		if l.Bad() || !stated || !l.Once("the same series", nameOf(l)) {
			return
		}
		weights[nameOf(l)] = v
	})
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(r.series)) {
		w, stated := weights[name]
		if !stated {
			return nil, usagef("%s says nothing of series %q; want a line with the value of each series, 0 where it has none", c.String("weights"), name)
		}
		r.series[name].weight = w
	}
	return []measuredFile{f}, nil
}

var weightColumn = intake.Column{Says: "the value of the series", Names: []string{"value", "weight", "turnover", "revenue", "sales", "umsatz"}, Form: intake.Number, Needed: true}

// bandText names a band of parts per million as a setting does.
func bandText(band int64) string { return plainDecimal(big.NewRat(band, measure.PPM), 6) }

// scaled are the results that need a history: errors and scores in units of the naive forecast's.
func (r *forecastRun) scaled(c *call, mean *measure.SeriesMean, scores *measure.Scores, band map[string]string) (out []measure.Result) {
	out = append(out, mean.Result(measure.MASE), mean.Result(measure.RMSSE), r.valueAdded(c.String("benchmark") != ""))
	if len(scores.Levels()) == 0 {
		return out
	}
	out = append(out, mean.Result(measure.SPL))
	if c.String("weights") != "" {
		out = append(out, mean.Result(measure.WSPL))
	}
	if len(scores.Bands()) > 0 {
		m := *mean
		m.Setting = measure.Setting{}
		maps.Copy(m.Setting, r.setting)
		m.Setting["band"] = band["band"]
		out = append(out, m.Result(measure.MSIS))
	}
	return out
}

// checkBeside refuses options that mean nothing without a history.
func (c *call) checkBeside() error {
	for _, name := range []string{"benchmark", "weights"} {
		if c.String(name) != "" && c.String("history") == "" {
			return usagef("--%s needs --history, which errors are scaled by: %s", name, fmt.Sprintf("kontor measure forecast --history FILE --%s FILE ...", name))
		}
	}
	return nil
}
