package planner

import (
	"math"

	"kontor/protocol/calendar"
)

// Calibration says how the bands were widened, and on which months.
type Calibration struct {
	From, Through calendar.Month // the months it was chosen on; zero when the history was too short
	Stretch       float64        // power applied to sizes about their median: 1 = as fitted
	Coverage80    float64        // of the 80 % band in those months, after the stretch
}

// calibrationMonths is the length of the window held back for calibration: a
// year, so that every season is in it.
const calibrationMonths = 12

// minTrainingMonths is what must be left before the window for a fit to mean
// anything.
const minTrainingMonths = 12

// stretches are the steps that calibration chooses among. They are few and near
// 1, because a year of lumpy months cannot tell finer ones apart, and a change of
// level between two years would otherwise be mistaken for wrong bands.
var stretches = [...]float64{0.85, 1, 1.15, 1.3}

// calibrate chooses the stretch that brings the 80 % band of the last year
// nearest to 80 %, with a model that has not seen that year.
func calibrate(h History) Calibration {
	c := Calibration{Stretch: 1}
	if h.Months < minTrainingMonths+calibrationMonths {
		return c
	}
	before, err := h.Until(h.Last() - calibrationMonths)
	if err != nil {
		return c
	}
	m := fit(before, calibrationMonths, 1)
	off := math.Inf(1)
	for _, stretch := range stretches {
		m.stretch(stretch)
		covered, n := 0.0, 0.0
		for i, values := range h.Values {
			for ahead := 1; ahead <= calibrationMonths; ahead++ {
				below, upTo := m.at(i, ahead).cdf(values[before.Months-1+ahead])
				covered += within(below, upTo, 0.1, 0.9)
				n++
			}
		}
		if d := math.Abs(covered/n - 0.8); d < off {
			off, c.Stretch, c.Coverage80 = d, stretch, covered/n
		}
	}
	c.From, c.Through = before.Last()+1, h.Last()
	return c
}
