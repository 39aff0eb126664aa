package measure

import (
	"encoding/json"
	"maps"
	"math/big"
	"slices"

	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// Reason says why there is no value, or why an observation was left out. Reasons cross the wire and never change their meaning.
type Reason string

// Why a measure has no value.
const (
	NoData          Reason = "NO_DATA"          // nothing was observed, or all of it was left out
	ZeroDenominator Reason = "ZERO_DENOMINATOR" // what the figure is divided by sums to zero
	ConstantHistory Reason = "CONSTANT_HISTORY" // the history never changes, so nothing can be scaled by its changes
	ShortHistory    Reason = "SHORT_HISTORY"    // the history is not longer than one season
	TooFew          Reason = "TOO_FEW"          // fewer observations than the definition asks for
	NoBaseline      Reason = "NO_BASELINE"      // nothing says what would have sold without the promotion
	NoBands         Reason = "NO_BANDS"         // the forecast has no quantiles, or no pair of them around this band
	NoMedian        Reason = "NO_MEDIAN"        // the forecast has quantiles, and not the median
	NoLevel         Reason = "NO_LEVEL"         // the forecast has quantiles, and not this one
	NotShared       Reason = "NOT_SHARED"       // a partner does not share what the figure needs
	NotRecorded     Reason = "NOT_RECORDED"     // the lines do not say what the figure needs
	NoFunding       Reason = "NO_FUNDING"       // nothing was spent, so there is no return on it
	UnequalGroups   Reason = "UNEQUAL_GROUPS"   // subgroups of different sizes where the chart needs equal ones
	NotPossible     Reason = "NOT_POSSIBLE"     // figures that can't be, such as more defectives than units
)

// Why an observation was left out of a measure.
const (
	ZeroActual    Reason = "ZERO_ACTUAL"        // a percentage of nothing
	NoForecast    Reason = "NO_FORECAST"        // an actual without a forecast
	NoActual      Reason = "NO_ACTUAL"          // a forecast without an actual
	NoHistory     Reason = "NO_HISTORY"         // a series without history
	Constrained   Reason = "CONSTRAINED"        // the seller had committed less than was forecast: no error of the forecaster
	Pending       Reason = "PENDING"            // not due yet, or the window is still open
	NoReceipt     Reason = "NO_RECEIPT"         // due, and nobody has said what arrived: disputed, not failed
	NothingAsked  Reason = "NOTHING_ORDERED"    // a line whose ordered quantity is 0
	CancelledLine Reason = "CANCELLED_BY_BUYER" // cancelled by the buyer before the cut-off
	Promoted      Reason = "PROMOTED"           // a period of a promotion, in a measure of the ordinary
	Suspect       Reason = "PROVISIONAL"        // a suspect lot that is not confirmed yet
	NotListed     Reason = "NOT_LISTED"         // the item is not meant to be at this place on this day
	Disputed      Reason = "DISPUTED"           // the two sides' reports differ by more than is let pass
)

// The reasons for which a line is left out of delivery measures, a closed list; each needs evidence.
const (
	ForceMajeure    Reason = "FORCE_MAJEURE"     // an event that the terms name
	BuyerReschedule Reason = "BUYER_RESCHEDULE"  // the buyer asked for another date
	NoSlot          Reason = "NO_SLOT_AVAILABLE" // the receiving site had no slot in the window
	BuyerCarrier    Reason = "BUYER_CARRIER"     // the buyer's carrier collects
	HoldRequested   Reason = "HOLD_REQUESTED"    // the buyer asked to hold the goods
	EDIOutage       Reason = "EDI_OUTAGE"        // messages did not come through
)

// DeliveryExclusions lists them.
var DeliveryExclusions = []Reason{ForceMajeure, BuyerReschedule, NoSlot, BuyerCarrier, HoldRequested, EDIOutage}

// Verdict is what a test says beside the value, "" where the measure tests nothing.
type Verdict string

// Verdicts. Each is given only where the number of observations allows one.
const (
	Biased          Verdict = "BIASED"            // the summed error is more than errors without a bias sum to
	NotBiased       Verdict = "NOT_BIASED"        // it is not
	Within          Verdict = "WITHIN"            // what was promised lies inside the interval of what was seen
	Outside         Verdict = "OUTSIDE"           // it does not
	Neutral         Verdict = "NEUTRAL"           // the difference lies inside the dead zone
	Better          Verdict = "BETTER"            // better than the benchmark
	Worse           Verdict = "WORSE"             // worse than the benchmark
	Distinguishable Verdict = "DISTINGUISHABLE"   // the interval excludes zero
	Noise           Verdict = "INDISTINGUISHABLE" // it does not: the figure is not told apart from chance
	TooFewToTell    Verdict = "TOO_FEW_TO_TELL"   // fewer observations than the definition asks for, or nothing tells how far they spread
)

// Interval is where the true figure lies with a probability.
type Interval struct {
	Low, High quantity.Decimal
	Level     int64 // parts per million
}

// Result is a measured value, or the reason why there is none.
type Result struct {
	Definition Definition
	Value      quantity.Decimal // meaningless unless Measured
	Reason     Reason           // "" where the value is measured
	Count      int              // observations that the value is made of
	Excluded   map[Reason]int   // observations left out; nil where there are none
	Window     calendar.Bucket  // of the observations; zero where they have no dates
	Interval   *Interval
	Verdict    Verdict
}

// Measured tells whether there is a value.
func (r Result) Measured() bool { return r.Reason == "" }

// Text is the value in plain decimals of at most the given places, or the reason.
func (r Result) Text(places int) string {
	if !r.Measured() {
		return string(r.Reason)
	}
	return shown(r.Value, places)
}

func shown(d quantity.Decimal, places int) string {
	q, err := d.Round(places)
	if err != nil {
		return d.String()
	}
	return q.String()
}

// MarshalJSON writes the value as decimal text, because it has more digits than programs keep of a JSON number.
func (r Result) MarshalJSON() ([]byte, error) {
	type interval struct {
		Low   string `json:"low"`
		High  string `json:"high"`
		Level int64  `json:"levelPpm"`
	}
	doc := struct {
		Measure    Code              `json:"measure"`
		Definition string            `json:"definition"`
		Parameters map[string]string `json:"parameters,omitempty"`
		Measured   bool              `json:"measured"`
		Value      string            `json:"value,omitempty"`
		Unit       string            `json:"unit"`
		Reason     Reason            `json:"reason,omitempty"`
		Verdict    Verdict           `json:"verdict,omitempty"`
		Interval   *interval         `json:"interval,omitempty"`
		Count      int               `json:"count"`
		Excluded   map[Reason]int    `json:"excluded,omitempty"`
		Window     string            `json:"window,omitempty"`
	}{Measure: r.Definition.Code, Definition: r.Definition.CID().String(), Parameters: r.Definition.settings(), Measured: r.Measured(),
		Unit: r.Definition.Code.entry().Unit, Reason: r.Reason, Verdict: r.Verdict, Count: r.Count, Excluded: r.Excluded}
	if r.Measured() {
		doc.Value = r.Value.String()
	}
	if r.Interval != nil {
		doc.Interval = &interval{r.Interval.Low.String(), r.Interval.High.String(), r.Interval.Level}
	}
	if r.Window.Valid() {
		doc.Window = r.Window.String()
	}
	return json.Marshal(doc)
}

// excluded counts what is left out, by reason.
type excluded map[Reason]int

func (e *excluded) add(reason Reason, n int) {
	if n == 0 {
		return
	}
	if *e == nil {
		*e = excluded{}
	}
	(*e)[reason] += n
}

func (e *excluded) join(o excluded) {
	for reason, n := range o {
		e.add(reason, n)
	}
}

// only is the one reason for which everything was left out, which says more than that there is nothing.
func (e excluded) only() Reason {
	if len(e) == 1 {
		for why := range e {
			return why
		}
	}
	return NoData
}

// Reasons lists the reasons of a result's exclusions in order.
func (r Result) Reasons() []Reason { return slices.Sorted(maps.Keys(r.Excluded)) }

// value makes a measured result.
func value(d Definition, v *big.Rat, n int, ex excluded) Result {
	return Result{Definition: d, Value: decimal(v), Count: n, Excluded: maps.Clone(ex)}
}

// missing makes a result without a value.
func missing(d Definition, why Reason, n int, ex excluded) Result {
	return Result{Definition: d, Reason: why, Count: n, Excluded: maps.Clone(ex)}
}

// share is num / den, or the reason why there is none.
func share(d Definition, num, den *big.Rat, n int, ex excluded) Result {
	switch {
	case n == 0:
		return missing(d, ex.only(), 0, ex)
	case den.Sign() == 0:
		return missing(d, ZeroDenominator, n, ex)
	}
	return value(d, over(num, den), n, ex)
}
