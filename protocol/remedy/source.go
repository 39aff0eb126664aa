package remedy

import (
	"slices"

	"kontor/protocol/measure"
	"kontor/protocol/performance"
	"kontor/protocol/quality"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// Records are what both sides hold beside the reports of a window: signed entries that need no report of their own. What lies outside a window is
// passed over.
type Records struct {
	Quality   map[terms.Party][]quality.Document // in force, by who reported
	Forecasts [][]performance.Version            // by series, oldest first; each with what was committed to it before a bucket began
	Asked     []Asked                            // revisions that asked for an answer
}

// Asked is one revision of a forecast that was to be answered.
type Asked struct {
	At       int64    // claimed time of its entry, ms UTC
	Due      int64    // by which the answer was due, ms UTC
	Answered int64    // claimed time of the first answer the other side had in time; 0: none
	Replaced int64    // claimed time of the next revision; 0: none
	Products []string // it speaks of, ascending; nil: of all the SLA is about
}

// source says what a measure is counted from.
type source int

const (
	nowhere   source = iota // reports don't carry what the measure needs
	byReports               // either side's performance reports
	byQuality               // either side's quality reports
	byRecord                // entries that both sides hold: the same by both sides' figures
)

// maxForecastDays bounds the windows that measures of forecasts are taken over: one version of a day counts.
const maxForecastDays = 400

// sources of measures. Those of forecasts need a stated basis and lag: without them two readers measure two things.
var sources = map[measure.Code]source{
	measure.OnTime: byReports, measure.InFull: byReports, measure.OTIF: byReports, measure.OTIFUnits: byReports, measure.UnitFill: byReports,
	measure.LineFill: byReports, measure.OrderFill: byReports, measure.OTIFOrders: byReports, measure.PerfectOrder: byReports, measure.LeadTime: byReports,
	measure.StockoutRate: byReports, measure.Turns: byReports, measure.StockCover: byReports, measure.Adherence: byReports,
	measure.WAPE: byReports, measure.Bias: byReports, measure.MAE: byReports, measure.SMAPE1: byReports, measure.SMAPE2: byReports, measure.TrackingTest: byReports,
	measure.Coverage: byReports, measure.CoverageBelow: byReports, measure.Pinball: byReports, measure.WIS: byReports, measure.QuantileBias: byReports,
	measure.DefectPPM: byQuality, measure.Yield: byQuality,
	measure.Attainment: byRecord, measure.StepsOnTime: byRecord, measure.AnsweredOnTime: byRecord, measure.AnswerTime: byRecord,
	measure.Nervousness: byRecord, measure.Revised: byRecord, measure.DemandShift: byRecord, measure.FrozenChanges: byRecord,
}

var (
	pointErrors = []measure.Code{measure.WAPE, measure.Bias, measure.MAE, measure.SMAPE1, measure.SMAPE2, measure.TrackingTest}
	bandScores  = []measure.Code{measure.Coverage, measure.CoverageBelow, measure.Pinball, measure.WIS, measure.QuantileBias}
)

// commitDays is how long before a window what is committed to it is looked for.
const commitDays = 200

// longestBucket is how many days of a lag a bucket is at most: those of a month.
const longestBucket = 31

// sourceOf says what an SLA is counted from.
func sourceOf(d measure.Definition) source {
	from := sources[d.Code]
	set := setting(d)
	if slices.Contains(pointErrors, d.Code) || slices.Contains(bandScores, d.Code) {
		if _, stated := performance.Bases[set["actualBasis"]]; !stated || set["lag"] == "UNSTATED" {
			return nowhere
		}
	}
	if from == byQuality && denominator(set) == "" {
		return nowhere
	}
	return from
}

// Measurable tells whether what two companies share carries what a measure needs.
func Measurable(d measure.Definition) bool { return sourceOf(d) != nowhere }

// ByReports tells whether a measure is made of performance reports, with or without forecasts.
func ByReports(d measure.Definition) bool { return sourceOf(d) == byReports }

// NeedsForecasts tells whether a measure is made of revisions of forecasts and answers to them, and how many days before its window those begin.
func NeedsForecasts(d measure.Definition) (days int, needs bool) {
	switch {
	case slices.Contains(pointErrors, d.Code) || slices.Contains(bandScores, d.Code):
		return number(setting(d)["lag"]) * longestBucket, Measurable(d)
	case d.Code == measure.Adherence || d.Code == measure.Attainment:
		return commitDays, true
	case slices.Contains([]measure.Code{measure.Nervousness, measure.Revised, measure.DemandShift, measure.FrozenChanges}, d.Code):
		return 0, true
	}
	return 0, false
}

// NeedsQuality tells whether a measure is made of quality reports.
func NeedsQuality(d measure.Definition) bool {
	return sourceOf(d) == byQuality || d.Code == measure.StepsOnTime
}

// NeedsAnswers tells whether a measure is made of the times of answers.
func NeedsAnswers(d measure.Definition) bool {
	return d.Code == measure.AnsweredOnTime || d.Code == measure.AnswerTime
}

func setting(d measure.Definition) measure.Setting {
	out := measure.Setting{}
	for _, p := range d.Parameters {
		out[p.Name] = p.Value
	}
	return out
}

func number(text string) int {
	q, err := quantity.Parse(text)
	if err != nil {
		return 0
	}
	n, whole := q.At(0)
	if !whole || !n.IsInt64() {
		return 0
	}
	return int(n.Int64())
}
