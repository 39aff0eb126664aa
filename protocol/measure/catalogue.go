package measure

import (
	"maps"
	"slices"
)

// The measures. The comment of each entry of the catalogue is its formula.
const (
	MAE            Code = "MAE"
	RMSE           Code = "RMSE"
	WAPE           Code = "WAPE"
	MAPE           Code = "MAPE"
	SMAPE1         Code = "SMAPE1"
	SMAPE2         Code = "SMAPE2"
	Bias           Code = "BIAS"
	MASE           Code = "MASE"
	RMSSE          Code = "RMSSE"
	TrackingSignal Code = "TRACKING_SIGNAL"
	TrackingTest   Code = "TRACKING_TEST"

	Pinball        Code = "PINBALL"
	SPL            Code = "SPL"
	WSPL           Code = "WSPL"
	CRPS           Code = "CRPS"
	IntervalScore  Code = "INTERVAL_SCORE"
	MSIS           Code = "MSIS"
	WIS            Code = "WIS"
	WISOver        Code = "WIS_OVERPREDICTION"
	WISUnder       Code = "WIS_UNDERPREDICTION"
	WISDispersion  Code = "WIS_DISPERSION"
	MedianError    Code = "MEDIAN_ERROR"
	QuantileBias   Code = "QUANTILE_BIAS"
	Coverage       Code = "COVERAGE"
	CoverageBelow  Code = "COVERAGE_BELOW"
	CoverageGap    Code = "COVERAGE_GAP"
	Sharpness      Code = "SHARPNESS"
	Nervousness    Code = "NERVOUSNESS"
	DemandShift    Code = "DEMAND_DEVIATION"
	FrozenChanges  Code = "FROZEN_CHANGES"
	ValueAdded     Code = "VALUE_ADDED"
	BelowMedian    Code = "BELOW_MEDIAN"
	Revised        Code = "REVISED_SHARE"
	Bullwhip       Code = "BULLWHIP"
	UncertaintyUp  Code = "UNCERTAINTY_RATIO"
	UnitFill       Code = "UNIT_FILL"
	LineFill       Code = "LINE_FILL"
	OrderFill      Code = "ORDER_FILL"
	OnTime         Code = "ON_TIME"
	InFull         Code = "IN_FULL"
	OTIF           Code = "OTIF"
	OTIFOrders     Code = "OTIF_ORDERS"
	OTIFUnits      Code = "OTIF_UNITS"
	Incremental    Code = "INCREMENTAL"
	Lift           Code = "LIFT"
	IncrementShare Code = "INCREMENTAL_SHARE"
	Cannibalised   Code = "CANNIBALISED"
	Halo           Code = "HALO"
	Dip            Code = "DIP"
	NetLift        Code = "NET_INCREMENTAL"
	ControlLift    Code = "CONTROL_LIFT"
	PromotionROI   Code = "PROMOTION_ROI"
	DefectPPM      Code = "DEFECT_PPM"
	Yield          Code = "YIELD"
	DPMO           Code = "DPMO"
	ChartSignals   Code = "CHART_SIGNALS"
	DaysOfSupply   Code = "DAYS_OF_SUPPLY"
	PerfectOrder   Code = "PERFECT_ORDER"
	LeadTime       Code = "LEAD_TIME"
	Adherence      Code = "CAPACITY_ADHERENCE"
	Attainment     Code = "COMMIT_ATTAINMENT"
	StepsOnTime    Code = "CAPA_ON_TIME"
	MedianDays     Code = "CAPA_MEDIAN_DAYS"
	Recurrence     Code = "RECURRENCE"
	StockoutRate   Code = "STOCKOUT_RATE"
	LostSales      Code = "LOST_SALES"
	Overstock      Code = "OVERSTOCK"
	ExcessValue    Code = "EXCESS_AND_OBSOLETE"
	Turns          Code = "TURNS"
	StockCover     Code = "STOCK_COVER"
	AnsweredOnTime Code = "ANSWERED_ON_TIME"
	AnswerTime     Code = "ANSWER_TIME"
	BeforeAfter    Code = "BEFORE_AFTER"
	AlertsActedOn  Code = "ALERTS_ACTED_ON"
)

// Entry describes a measure.
type Entry struct {
	Name       string // for people
	Unit       string // of the value: "units" are those of the figures, "share" is of one whole
	Formula    string
	Parameters []string // names, in order
	Missing    []Reason // why it may have no value, beside NO_DATA
}

var (
	zero      = []Reason{ZeroDenominator}
	pointSet  = []string{"actualBasis", "lag"}
	scaledSet = []string{"actualBasis", "average", "lag", "season"}
	otifSet   = []string{"calendar", "dateBasis", "early", "event", "grace", "late", "over", "partials", "under"}
	fillSet   = []string{"backorder", "dateBasis", "fillEvent"}
	liftSet   = []string{"baseline", "effect", "periods", "sold"}
	stockSet  = []string{"blocked", "inTransit"}
)

// catalogue holds every measure. y is the actual, f the forecast, e = f - y, q_p the quantile at probability p, z the history.
var catalogue = map[Code]Entry{
	MAE:    {"mean absolute error", "units", "Σ|e| / n", pointSet, nil},
	RMSE:   {"root mean squared error", "units", "√(Σe² / n)", pointSet, nil},
	WAPE:   {"weighted absolute percentage error", "share", "Σ|e| / Σ|y|; 0 where both sums are 0", pointSet, zero},
	MAPE:   {"mean absolute percentage error", "share", "mean of |e| / |y| where y ≠ 0; zeros are left out and counted; not for contracts", pointSet, nil},
	SMAPE1: {"symmetric error, 0 to 1", "share", "mean of |e| / (|y| + |f|); a term is 0 where both are 0", pointSet, nil},
	SMAPE2: {"symmetric error, 0 to 2 (M4)", "share", "mean of 2|e| / (|y| + |f|); a term is 0 where both are 0", pointSet, nil},
	Bias:   {"bias, positive where the forecast was too high", "share", "Σe / Σ|y|; 0 where both sums are 0", pointSet, zero},
	MASE: {"mean absolute scaled error", "ratio", "mean over series of (Σ|e| / n) / (Σ|z_t - z_{t-m}| / (T - m)), m the season; 1 where history is constant and every e is 0",
		scaledSet, []Reason{ConstantHistory, ShortHistory}},
	RMSSE: {"root mean squared scaled error", "ratio", "mean over series of √((Σe² / n) / (Σ(z_t - z_{t-1})² / (T - 1))), from the first z that is not 0",
		[]string{"actualBasis", "average", "lag"}, []Reason{ConstantHistory, ShortHistory}},
	TrackingSignal: {"smoothed tracking signal (Trigg)", "ratio", "E / M with E = αe + (1 - α)E and M = α|e| + (1 - α)M, both from 0; between -1 and 1; 0 where M is 0",
		[]string{"actualBasis", "alpha", "lag"}, nil},
	TrackingTest: {"summed error in standard deviations", "ratio", "|Σe| / (1.25 · (Σ|e| / n) · √n); biased above the limit, compared as squares",
		[]string{"actualBasis", "lag", "limit", "minimum"}, zero},

	Pinball:       {"mean quantile loss", "units", "mean over quantiles and observations of p(y - q_p) where y ≥ q_p, else (1 - p)(q_p - y)", []string{"actualBasis", "lag", "levels"}, []Reason{NoBands}},
	SPL:           {"scaled quantile loss", "ratio", "mean over series of mean quantile loss / (Σ|z_t - z_{t-1}| / (T - 1))", []string{"actualBasis", "average", "lag", "levels"}, []Reason{ConstantHistory, ShortHistory, NoBands}},
	WSPL:          {"weighted scaled quantile loss (M5)", "ratio", "Σ w_i SPL_i / Σ w_i, w the value share of the series", []string{"actualBasis", "lag", "levels"}, zero},
	CRPS:          {"continuous ranked probability score, from quantiles", "units", "2 · mean quantile loss; near only where the levels are spread evenly", []string{"actualBasis", "lag", "levels"}, []Reason{NoBands}},
	IntervalScore: {"interval score", "units", "mean of (u - l) + (2/α)(l - y where y < l) + (2/α)(y - u where y > u), α = 1 - band", []string{"actualBasis", "band", "lag"}, []Reason{NoBands}},
	MSIS:          {"mean scaled interval score (M4)", "ratio", "mean over series of interval score / (Σ|z_t - z_{t-m}| / (T - m))", []string{"actualBasis", "average", "band", "lag", "season"}, []Reason{NoBands, ConstantHistory, ShortHistory}},
	WIS:           {"weighted interval score", "units", "mean of (½|y - q_½| + Σ_k (α_k/2) · interval score_k) / (K + ½) over the K symmetric bands and the median", []string{"actualBasis", "lag"}, []Reason{NoBands, NoMedian}},
	WISOver:       {"part of WIS: forecast too high", "units", "mean of (½(q_½ - y)⁺ + Σ_k (l_k - y)⁺) / (K + ½)", []string{"actualBasis", "lag"}, []Reason{NoBands, NoMedian}},
	WISUnder:      {"part of WIS: forecast too low", "units", "mean of (½(y - q_½)⁺ + Σ_k (y - u_k)⁺) / (K + ½)", []string{"actualBasis", "lag"}, []Reason{NoBands, NoMedian}},
	WISDispersion: {"part of WIS: width", "units", "mean of Σ_k (α_k/2)(u_k - l_k) / (K + ½)", []string{"actualBasis", "lag"}, []Reason{NoBands, NoMedian}},
	MedianError:   {"absolute error of the median", "units", "mean of |y - q_½|", []string{"actualBasis", "lag"}, []Reason{NoBands, NoMedian}},
	QuantileBias:  {"bias of the distribution, -1 to 1", "ratio", "mean of 1 - 2·max{p: q_p ≤ y} where y < q_½, 1 - 2·min{p: q_p ≥ y} where y > q_½, else 0", []string{"actualBasis", "lag"}, []Reason{NoBands, NoMedian}},
	Coverage:      {"share of actuals inside the band", "share", "mean of the share of [F(y-), F(y)] inside the band's probabilities, F as far as the quantiles tell it", []string{"actualBasis", "band", "confidence", "lag", "minimum", "ties"}, []Reason{NoBands}},
	CoverageBelow: {"share of actuals at or below the quantile", "share", "mean of the share of [F(y-), F(y)] below the level", []string{"actualBasis", "confidence", "lag", "level", "minimum", "ties"}, []Reason{NoBands, NoLevel}},
	CoverageGap:   {"absolute coverage difference (M4 ACD)", "share", "|coverage - band|", []string{"actualBasis", "band", "lag", "ties"}, []Reason{NoBands}},
	Sharpness:     {"width of the band", "share", "Σ(u - l) / Σ|y|", []string{"actualBasis", "band", "lag"}, []Reason{NoBands, ZeroDenominator}},

	Nervousness:   {"nervousness of revisions", "share", "(Σ|new - old| + |Σnew - Σold|) / ((Σnew + Σold) / 2) over the buckets of both; 0 where all are 0", nil, nil},
	DemandShift:   {"relative demand deviation", "share", "(Σnew - Σold) / Σold; 0 where both are 0", nil, zero},
	FrozenChanges: {"quantity changed inside the frozen zone", "units", "Σ|new - old| over frozen buckets; the count is of changed buckets", nil, nil},
	ValueAdded:    {"forecast value added", "ratio", "error of the benchmark - error of the step, same buckets; neutral inside the dead zone, positive is better", []string{"benchmark", "deadZone"}, nil},
	BelowMedian:   {"share of actuals below the median", "share", "COVERAGE_BELOW at 0.5 over buckets that the seller did not short; below a half: the forecast runs high", []string{"actualBasis", "confidence", "minimum", "ties"}, []Reason{NoBands, NoMedian}},
	Revised:       {"share of forecasts that were revised", "share", "cells whose figure changed / cells of both versions", nil, nil},
	Bullwhip:      {"bullwhip ratio", "ratio", "Var(orders) / Var(demand), divided by the square of the ratio of means; promotion periods left out, at least 12", []string{"minimum"}, []Reason{TooFew, ZeroDenominator}},
	UncertaintyUp: {"ratio of forecast uncertainty", "ratio", "RMSE upstream / RMSE downstream", nil, zero},

	UnitFill:  {"unit fill rate", "share", "Σ min(filled, ordered) / Σ ordered", fillSet, zero},
	LineFill:  {"line fill rate", "share", "lines filled wholly / lines", fillSet, []Reason{NotRecorded}},
	OrderFill: {"order fill rate", "share", "orders all of whose lines are filled wholly / orders", fillSet, []Reason{NotRecorded}},

	OnTime:     {"on time", "share", "lines of which accepted in the window / accepted by close-out ≥ 1 - under, over lines due; nothing by close-out fails", otifSet, nil},
	InFull:     {"in full", "share", "lines with ordered · (1 - under) ≤ accepted by close-out ≤ ordered · (1 + over), over lines due", otifSet, []Reason{NotRecorded}},
	OTIF:       {"on time in full", "share", "lines with ordered · (1 - under) ≤ accepted in the window ≤ ordered · (1 + over), over lines due", otifSet, []Reason{NotRecorded}},
	OTIFOrders: {"on time in full, whole orders", "share", "orders all of whose lines due are on time in full / orders", otifSet, []Reason{NotRecorded}},
	OTIFUnits:  {"on time in full, units", "share", "Σ min(accepted in the window, ordered) / Σ ordered", otifSet, []Reason{NotRecorded, ZeroDenominator}},

	Incremental:    {"incremental units", "units", "Σ(s - b) over the event, s sales, b baseline", liftSet, []Reason{NoBaseline}},
	Lift:           {"lift", "share", "Σ(s - b) / Σb over the event", liftSet, []Reason{NoBaseline, ZeroDenominator}},
	IncrementShare: {"incremental share of sales", "share", "Σ(s - b) / Σs over the event; not the lift", liftSet, []Reason{NoBaseline, ZeroDenominator}},
	Cannibalised:   {"change of the items named as cannibalised", "units", "Σ(s - b), signed, over items named before the event; reported as an effect only where the interval excludes 0", liftSet, []Reason{NoBaseline}},
	Halo:           {"change of the items named as halo", "units", "Σ(s - b), signed, over items named before the event; reported as an effect only where the interval excludes 0", liftSet, []Reason{NoBaseline}},
	Dip:            {"change after the event", "units", "Σ(s - b), signed, over the periods after the event", []string{"baseline", "dip", "effect", "periods", "sold"}, []Reason{NoBaseline}},
	NetLift:        {"net incremental units", "units", "incremental + each of cannibalised, halo and dip whose interval excludes 0", []string{"baseline", "dip", "effect", "periods", "sold"}, []Reason{NoBaseline}},
	ControlLift:    {"lift against control stores", "share", "(test during / test before) / (control during / control before) - 1", nil, zero},
	PromotionROI:   {"return on promotion", "ratio", "(incremental margin - funding) / funding", nil, []Reason{NoFunding}},

	DefectPPM: {"defective units per million", "ppm", "10⁶ · confirmed defective units / denominator; interval by Wilson, for none found the exact bound 1 - (1 - confidence)^(1/n)", []string{"confidence", "denominator", "month"}, []Reason{ZeroDenominator, NotPossible}},
	Yield:     {"first pass yield", "share", "(units - defective units) / units", []string{"denominator"}, []Reason{ZeroDenominator, NotPossible}},
	DPMO:      {"defects per million opportunities", "ppm", "10⁶ · defects / (units · opportunities)", []string{"denominator"}, zero},

	ChartSignals: {"signals of a control chart", "signals", "points outside the limits, and patterns of the rules; limits from the baseline, frozen", []string{"chart", "minimum", "rules"}, []Reason{NotPossible, UnequalGroups, ZeroDenominator}},

	DaysOfSupply: {"days of supply", "days", "days d with Σ demand(1..d) ≤ stock, and the fraction of the next; no inbound", stockSet, nil},
	PerfectOrder: {"perfect order", "share", "orders all of whose lines came on time, in full, undamaged and with the right documents / orders due; true on all four, no product of averages", otifSet, []Reason{NotRecorded}},
	LeadTime:     {"lead time", "days", "Σ days from the order to the arrival by which its last line was in full / orders due; what was not in full by close-out counts to close-out", otifSet, []Reason{NotRecorded}},
	Adherence:    {"capacity adherence", "share", "Σ min(committed, delivered) / Σ committed", nil, zero},
	Attainment:   {"commit attainment", "share", "Σ committed / Σ forecast", nil, zero},
	StepsOnTime:  {"corrective steps on time", "share", "steps done by their due date / steps due", nil, []Reason{Pending}},
	MedianDays:   {"median days to a step", "days", "median of the whole days from the receipt of a complaint to the step; the mean of the middle two where even", []string{"step"}, []Reason{Pending}},
	Recurrence:   {"recurrence", "share", "closed cases whose failure code, item family and root cause came back within twelve months, confirmed by a person / closed cases", nil, []Reason{Pending}},

	StockoutRate: {"stockout rate", "share", "item-location-days with available ≤ 0 and demand expected / item-location-days listed", stockSet, []Reason{NotShared}},
	LostSales:    {"lost sales, estimated", "units", "Σ max(0, median foreseen - sold) over item-location-days with available ≤ 0 and demand expected; interval: the same of the ends of the band", []string{"band", "blocked", "inTransit"}, []Reason{NotShared, NoBands}},
	Overstock:    {"overstock", "share", "Σ max(0, available - q90 of demand over the most cover) / Σ available", []string{"blocked", "cover", "inTransit"}, []Reason{NotShared, ZeroDenominator}},
	ExcessValue:  {"excess and obsolete stock", "share", "value of available stock above the most cover or without demand / value of available stock", []string{"blocked", "cover", "inTransit"}, []Reason{NotShared, ZeroDenominator}},
	Turns:        {"stock turns", "per year", "consumption · days of a year / days / mean stock", []string{"blocked", "inTransit", "yearDays"}, []Reason{NotShared, ZeroDenominator}},
	StockCover:   {"stock cover", "days", "Σ available · days / Σ used: how many days of the window's own use the mean stock covers", stockSet, []Reason{NotShared, ZeroDenominator}},

	AnsweredOnTime: {"answers on time", "share", "revisions of a forecast answered by the day the answer was due / revisions of which an answer was due, those replaced before that day left out", nil, nil},
	AnswerTime:     {"time to an answer", "hours", "mean hours from a revision of a forecast to its first answer; one without an answer counts to the end of the window", nil, nil},

	BeforeAfter: {"change after an agreement", "as measured", "mean over items at locations of after - before, the same measure; says what changed, not why", []string{"confidence", "minimum"}, []Reason{TooFew, NotShared}},

	AlertsActedOn: {"exceptions acted on", "share", "exceptions acted on / exceptions acted on or over; open ones are left out", nil, []Reason{Pending}},
}

// Codes lists all measures.
func Codes() []Code { return slices.Sorted(maps.Keys(catalogue)) }

// Describe tells about a measure; false where there is none of this code.
func Describe(c Code) (Entry, bool) {
	e, known := catalogue[c]
	return e, known
}
