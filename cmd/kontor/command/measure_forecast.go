package command

import (
	"fmt"
	"io"
	"maps"
	"math/big"
	"slices"

	"github.com/urfave/cli/v2"

	"kontor/node/intake"
	"kontor/protocol/measure"
	"kontor/protocol/quantity"
)

var measureForecastVerb = verb{
	name: "forecast", short: "judge a forecast by what came", local: true, exits: []int{3},
	long: "Each file is a long table: series, period and value; the forecast may also have a level (0.1, p90, 90%; mean or empty for the point\n" +
		"forecast). A region, where there is one, belongs to the series. Without a point forecast the median is judged as one.\n" +
		"Periods are dates, weeks or months, or whole numbers that count steps. In the actual file a column \"constrained\" marks periods in\n" +
		"which the seller had committed less: they are no error of the forecaster and are left out.\n" +
		"--history scales errors by those of the naive forecast of a season (MASE, RMSSE, MSIS), and says what the forecast is worth beside that naive one\n" +
		"(VALUE_ADDED, positive is better), or beside another forecast that --benchmark names, such as the one before a planner's change.\n" + fileHelp,
	examples: []string{
		"kontor measure forecast --forecast forecast.csv --actual sales.csv",
		"kontor measure forecast --forecast forecast.csv --actual sales.csv --history history.csv --season 52 --json",
		"kontor measure forecast --forecast forecast.csv --actual sales.csv --basis POS --lag 4",
		"kontor measure forecast --forecast planner.csv --benchmark computed.csv --actual sales.csv --history history.csv --season 12",
	},
	flags: fileFlags(
		&cli.StringFlag{Name: "forecast", Usage: "CSV `FILE` of the forecast"},
		&cli.StringFlag{Name: "actual", Usage: "CSV `FILE` of what came"},
		&cli.StringFlag{Name: "history", Usage: "CSV `FILE` of what was before, to scale errors by"},
		&cli.StringFlag{Name: "benchmark", Usage: "CSV `FILE` of another forecast, to tell what this one added; with --history"},
		&cli.StringFlag{Name: "weights", Usage: "CSV `FILE` of series and value, to weigh scaled quantile losses by (WSPL); with --history"},
		&cli.StringFlag{Name: "season", Usage: "`BUCKETS` of a season: 52 for weeks, 12 for months, 1 for none"},
		&cli.StringFlag{Name: "basis", Usage: "what the actual is: `POS`, CONSUMPTION, ORDER_IN_FORCE, RECEIPT or SHIPMENT"},
		&cli.StringFlag{Name: "lag", Usage: "`BUCKETS` between the forecast's issue and its bucket"},
		&cli.StringFlag{Name: "alpha", Usage: "`WEIGHT` of the newest error in the tracking signal; default 0.1"},
		&cli.StringFlag{Name: "ties", Usage: "how an actual on the edge of a band counts: `SHARE` or CLOSED"}),
	run: measureForecast,
}

// forecastRun is what the files of one comparison say.
type forecastRun struct {
	setting measure.Setting
	season  int
	series  map[string]*comparedSeries
}

// comparedSeries is one series of them.
type comparedSeries struct {
	cells   map[intake.Moment]*comparedCell
	history []pastFigure
	weight  quantity.Quantity // share of value; 1 where nobody says
	errors  measure.Errors
	scores  measure.Scores
}

type comparedCell struct {
	actual, point *quantity.Quantity
	benchmark     *quantity.Quantity // another forecast of the cell
	constrained   bool
	quantiles     []measure.Quantile
}

type pastFigure struct {
	at    intake.Moment
	value quantity.Quantity
}

func measureForecast(c *call) error {
	setting, err := c.setting(map[string]string{"season": "season", "basis": "actualBasis", "lag": "lag", "ties": "ties", "alpha": "alpha"})
	if err != nil {
		return err
	}
	if err := c.checkBeside(); err != nil {
		return err
	}
	r := &forecastRun{setting: setting, season: 1, series: map[string]*comparedSeries{}}
	if v := setting["season"]; v != "" {
		fmt.Sscan(v, &r.season) // checked above to be a whole number
	}
	files, err := r.read(c)
	if err != nil {
		return err
	}
	return r.answer(c, files)
}

// nameOf is the series of a line, with its region.
func nameOf(l *intake.Line) string {
	name := l.Text(inSeries)
	if region := l.Text(inRegion); region != "" {
		name += " / " + region
	}
	return name
}

// scale orders a series' history and leaves out what is not before the first forecast, which would be measured by itself.
func (r *forecastRun) scale(s *comparedSeries) (*measure.Scale, int) {
	if len(s.history) == 0 {
		return nil, 0
	}
	var first intake.Moment
	for at, c := range s.cells {
		if at.Bucket.Valid() && (c.point != nil || len(c.quantiles) > 0) && (!first.Bucket.Valid() || at.Compare(first) < 0) {
			first = at
		}
	}
	slices.SortStableFunc(s.history, func(a, b pastFigure) int { return a.at.Compare(b.at) })
	scale, late := measure.NewScale(r.season), 0
	for _, h := range s.history {
		if first.Bucket.Valid() && h.at.Compare(first) >= 0 {
			late++
			continue
		}
		scale.Add(h.value)
	}
	return scale, late
}

// missedMost is a series with its part of all absolute errors.
type missedMost struct {
	Series   string         `json:"series"`
	Absolute string         `json:"absoluteError"`
	WAPE     measure.Result `json:"wape"`
	Bias     measure.Result `json:"bias"`
	Signal   measure.Result `json:"trackingSignal"`
	sum      *big.Rat
}

func (r *forecastRun) answer(c *call, files []measuredFile) error {
	all, scores := measure.Errors{Setting: r.setting}, measure.Scores{Setting: r.setting}
	band := map[string]string{"band": "0.95"}
	mean := measure.SeriesMean{Setting: r.setting}
	var worst []missedMost
	late, crossed := 0, 0
	withHistory := c.String("history") != ""
	for _, name := range slices.Sorted(maps.Keys(r.series)) {
		s := r.series[name]
		crossed += s.compare()
		all.Join(&s.errors)
		scores.Join(&s.scores)
		if withHistory {
			scale, n := r.scale(s)
			late += n
			mean.AddErrors(&s.errors, scale)
			widest := int64(0)
			if bands := s.scores.Bands(); len(bands) > 0 {
				widest = bands[len(bands)-1]
				band["band"] = bandText(widest)
			}
			mean.AddScores(&s.scores, scale, widest, s.weight)
		}
		if s.errors.Count() > 0 {
			sum := s.errors.Absolute()
			worst = append(worst, missedMost{name, sum.String(), s.errors.Result(measure.WAPE), s.errors.Result(measure.Bias), s.signals(r.setting), sum.Rat()})
		}
	}
	if crossed > 0 {
		c.note("note: periods with falling quantiles, which were put in order: %d", crossed)
	}
	if late > 0 {
		c.note("note: figures of the history that are not before the first forecast, left out: %d", late)
	}
	var results []measure.Result
	for _, code := range []measure.Code{measure.WAPE, measure.Bias, measure.MAE, measure.RMSE, measure.SMAPE1, measure.SMAPE2, measure.MAPE} {
		results = append(results, all.Result(code))
	}
	if len(r.series) == 1 { // the errors of several series of one period are no independent observations
		results = append(results, all.Result(measure.TrackingTest))
		for _, s := range r.series {
			results = append(results, s.signals(r.setting))
		}
	}
	if len(scores.Levels()) > 0 {
		results = append(results, quantileResults(&scores)...)
	}
	if withHistory {
		results = append(results, r.scaled(c, &mean, &scores, band)...)
	}
	slices.SortStableFunc(worst, func(a, b missedMost) int { return b.sum.Cmp(a.sum) })
	worst = worst[:min(len(worst), 10)]
	doc := map[string]any{"series": len(r.series), "files": files, "results": results, "largestErrors": worst}
	return c.print(doc, func(w io.Writer) {
		fmt.Fprintf(w, "%d series\n\n", len(r.series))
		printResults(w, slices.DeleteFunc(slices.Clone(results), drawnElsewhere))
		printCalibration(w, &scores)
		if len(worst) > 1 {
			fmt.Fprintf(w, "\nlargest absolute errors\n")
			var rows [][]string
			for _, m := range worst {
				rows = append(rows, []string{m.Series, plainDecimal(m.sum, 4), valueText(m.WAPE, "share"), valueText(m.Bias, "share"), valueText(m.Signal, "ratio")})
			}
			table(w, []string{"series", "absolute error", "wape", "bias", "tracking signal"}, rows)
		}
	})
}

// compare puts actuals and forecasts of a series side by side.
func (s *comparedSeries) compare() (crossed int) {
	for _, at := range slices.SortedFunc(maps.Keys(s.cells), intake.Moment.Compare) {
		c := s.cells[at]
		why := measure.Reason("")
		switch {
		case c.actual == nil:
			why = measure.NoActual
		case c.constrained:
			why = measure.Constrained
		case c.point == nil && len(c.quantiles) == 0:
			why = measure.NoForecast
		}
		if why != "" {
			s.errors.Exclude(why)
			s.scores.Exclude(why)
			continue
		}
		if len(c.quantiles) > 0 {
			slices.SortFunc(c.quantiles, func(a, b measure.Quantile) int { return int(a.P - b.P) })
			crossed += inRisingOrder(c.quantiles)
			s.scores.Add(*c.actual, c.quantiles)
			s.scores.Cover(at.Bucket)
			if i := slices.IndexFunc(c.quantiles, func(q measure.Quantile) bool { return q.P == measure.PPM/2 }); c.point == nil && i >= 0 {
				c.point = &c.quantiles[i].Q
			}
		} else {
			s.scores.Exclude(measure.NoBands)
		}
		if c.point == nil {
			s.errors.Exclude(measure.NoForecast)
			continue
		}
		s.errors.Add(*c.actual, *c.point)
		s.errors.Cover(at.Bucket)
	}
	return crossed
}

// inRisingOrder sorts the values of crossing quantiles, which is the nearest distribution to what they say.
func inRisingOrder(quantiles []measure.Quantile) int {
	values := make([]quantity.Quantity, len(quantiles))
	for i, q := range quantiles {
		values[i] = q.Q
	}
	if slices.IsSortedFunc(values, quantity.Quantity.Cmp) {
		return 0
	}
	slices.SortFunc(values, quantity.Quantity.Cmp)
	for i := range quantiles {
		quantiles[i].Q = values[i]
	}
	return 1
}

// drawnElsewhere tells which results people do not read in the table: shares below levels are drawn, and few bands say as much as many.
func drawnElsewhere(r measure.Result) bool {
	if r.Definition.Code == measure.CoverageBelow {
		return true
	}
	choice := choiceOf(r.Definition)
	usual := choice == "" || choice == " 0.5" || choice == " 0.8" || choice == " 0.9" || choice == " 0.95"
	return !usual && (r.Definition.Code == measure.Coverage || r.Definition.Code == measure.CoverageGap || r.Definition.Code == measure.Sharpness || r.Definition.Code == measure.IntervalScore)
}

func quantileResults(s *measure.Scores) []measure.Result {
	var out []measure.Result
	for _, code := range []measure.Code{measure.Pinball, measure.WIS, measure.WISOver, measure.WISUnder, measure.WISDispersion, measure.MedianError, measure.QuantileBias} {
		out = append(out, s.Result(code))
	}
	out = append(out, s.Result(measure.BelowMedian))
	if evenlySpread(s.Levels()) {
		out = append(out, s.Result(measure.CRPS))
	}
	for _, band := range s.Bands() {
		text := bandText(band)
		for _, code := range []measure.Code{measure.Coverage, measure.CoverageGap, measure.Sharpness, measure.IntervalScore} {
			out = append(out, s.Of(code, "band", text))
		}
	}
	for _, level := range s.Levels() {
		out = append(out, s.Of(measure.CoverageBelow, "level", bandText(level)))
	}
	return out
}

// printCalibration draws how often the actual stayed below each quantile (o), and how often it should have (|).
func printCalibration(w io.Writer, s *measure.Scores) {
	if len(s.Levels()) < 2 {
		return
	}
	fmt.Fprintf(w, "\nactuals below each quantile: | as promised, o as it came; left of | the forecast ran low, right of it high\n")
	scale := strip{new(big.Rat), big.NewRat(1, 1)}
	for _, level := range s.Levels() {
		text := bandText(level)
		r := s.Of(measure.CoverageBelow, "level", text)
		promised, err := quantity.DecimalOf(big.NewRat(level, measure.PPM))
		if err != nil || !r.Measured() {
			continue
		}
		fmt.Fprintf(w, "%-6s %9s  %s\n", text, valueText(r, "share"), scale.draw(mark{promised, '|'}, mark{r.Value, 'o'}))
	}
}
