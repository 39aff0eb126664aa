package command

import (
	"fmt"
	"maps"

	"kontor/node/intake"
	"kontor/protocol/measure"
	"kontor/protocol/quantity"
)

var (
	seriesColumn = intake.Column{Says: "the series", Names: []string{"series", "series id", "unique id", "id", "product", "sku", "item", "material", "part number", "artikel"}, Needed: true}
	momentColumn = intake.Column{Says: "the period", Names: []string{"period", "bucket", "bucket start", "week", "month", "date", "day", "step", "horizon", "ds", "periode", "woche", "monat", "datum"}, Form: intake.Ordinal, Needed: true}
	regionColumn = intake.Column{Says: "the region", Names: []string{"region", "location", "country", "site", "plant"}}
	levelColumn  = intake.Column{Says: "the level of the quantile", Names: []string{"level", "quantile", "quantile level", "p", "probability"}, Form: intake.Level}
	figureColumn = intake.Column{Says: "the figure", Names: []string{"value", "forecast", "predicted", "actual", "observed", "demand", "quantity", "qty", "y", "sales", "units", "menge"}, Form: intake.Number, Needed: true}
	shortColumn  = intake.Column{Says: "whether the seller had committed less", Names: []string{"constrained", "short", "capped"}, Form: intake.Flag}
)

// Positions of those columns.
const (
	inSeries, inPeriod, inRegion, inFigure = 0, 1, 2, 3
	inLevel, inConstrained                 = 4, 4
)

func (r *forecastRun) at(name string) *comparedSeries {
	s := r.series[name]
	if s == nil {
		s = &comparedSeries{cells: map[intake.Moment]*comparedCell{}, weight: quantity.Of(1)}
		s.errors.Setting, s.scores.Setting = r.setting, r.setting
		r.series[name] = s
	}
	return s
}

func (s *comparedSeries) cell(at intake.Moment) *comparedCell {
	c := s.cells[at]
	if c == nil {
		c = &comparedCell{}
		s.cells[at] = c
	}
	return c
}

func (r *forecastRun) read(c *call) ([]measuredFile, error) {
	var files []measuredFile
	take := func(flag string, last intake.Column, line func(l *intake.Line, s *comparedSeries, at intake.Moment, v quantity.Quantity)) error {
		t, err := c.openTable(flag, []intake.Column{seriesColumn, momentColumn, regionColumn, figureColumn, last}, true)
		if err != nil {
			return err
		}
		f, err := c.each(flag, t, func(l *intake.Line) {
			name, at := nameOf(l), l.Moment(inPeriod)
			v, stated := l.Quantity(inFigure)
			if !l.Bad() && stated {
				line(l, r.at(name), at, v)
			}
		})
		files = append(files, f)
		return err
	}
	twice := func(l *intake.Line) {
		l.Refuse(inFigure, intake.CodeRepeatedKey, "a second figure for the same series and period", "one line for each")
	}
	err := take("forecast", levelColumn, func(l *intake.Line, s *comparedSeries, at intake.Moment, v quantity.Quantity) {
		level, quantile := l.Level(inLevel)
		if l.Bad() {
			return
		}
		cell := s.cell(at)
		if !quantile {
			if cell.point != nil {
				twice(l)
				return
			}
			cell.point = &v
			return
		}
		for _, q := range cell.quantiles {
			if q.P == level {
				twice(l)
				return
			}
		}
		if len(cell.quantiles) == maxLevels {
			l.Refuse(inLevel, intake.CodeTooLarge, "too many levels of one period", fmt.Sprintf("at most %d", maxLevels))
			return
		}
		cell.quantiles = append(cell.quantiles, measure.Quantile{P: level, Q: v})
	})
	if err != nil {
		return nil, err
	}
	err = take("actual", shortColumn, func(l *intake.Line, s *comparedSeries, at intake.Moment, v quantity.Quantity) {
		constrained := l.Flag(inConstrained)
		cell := s.cell(at)
		if cell.actual != nil {
			twice(l)
			return
		}
		cell.actual, cell.constrained = &v, constrained
	})
	if err != nil || c.String("history") == "" {
		return files, err
	}
	known := maps.Clone(r.series)
	if c.String("benchmark") != "" {
		if err := take("benchmark", levelColumn, func(l *intake.Line, s *comparedSeries, at intake.Moment, v quantity.Quantity) {
			level, quantile := l.Level(inLevel)
			cell := s.cells[at]
			if l.Bad() || quantile && level != measure.PPM/2 || cell == nil {
				return // beside the point forecast, or of nothing that is judged here
			}
			if cell.benchmark != nil {
				twice(l)
				return
			}
			cell.benchmark = &v
		}); err != nil {
			return nil, err
		}
	}
	err = take("history", shortColumn, func(_ *intake.Line, s *comparedSeries, at intake.Moment, v quantity.Quantity) {
		s.history = append(s.history, pastFigure{at, v})
	})
	for name := range r.series {
		if known[name] == nil { // history alone is nothing to judge
			delete(r.series, name)
		}
	}
	if err != nil {
		return nil, err
	}
	weights, err := r.readWeights(c)
	return append(files, weights...), err
}

// maxLevels bounds the quantiles of one period, as a shared forecast does.
const maxLevels = 99
