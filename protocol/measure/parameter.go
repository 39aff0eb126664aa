package measure

import (
	"maps"
	"slices"

	"kontor/protocol/quantity"
)

type form int

const (
	choice form = iota
	number
	levels
)

// parameter is a choice that definitions make: what it means, its default, and the values it may have.
type parameter struct {
	Means   string
	Default string
	Choices []string
	form
	wholeOnly bool
	low, high quantity.Quantity
}

func choices(means string, all ...string) parameter {
	return parameter{Means: means, Default: all[0], Choices: all}
}

func numbers(means, standard, low, high string) parameter {
	return parameter{Means: means, Default: standard, form: number, low: quantity.MustParse(low), high: quantity.MustParse(high)}
}

func wholes(means, standard, low, high string, others ...string) parameter {
	p := numbers(means, standard, low, high)
	p.wholeOnly, p.Choices = true, others
	return p
}

// parameters of all measures by name. A name means the same wherever it stands.
var parameters = map[string]parameter{
	"actualBasis": choices("what the actual figure is", "UNSTATED", "POS", "CONSUMPTION", "ORDER_IN_FORCE", "RECEIPT", "SHIPMENT"),
	"lag":         wholes("buckets between the issue of a forecast and its bucket", "UNSTATED", "0", "520", "UNSTATED"),
	"season":      wholes("buckets of one season of the history: 52 for weeks, 12 for months, 1 for none", "1", "1", "520"),
	"average":     choices("how series are put together", "MEAN_OF_SERIES"),
	"alpha":       numbers("weight of the newest error", "0.1", "0.01", "0.5"),
	"limit":       numbers("standard deviations of the summed error that mean a bias", "3", "1", "10"),
	"band":        numbers("probability that the band covers, its tails equal", "0.9", "0.01", "0.999999"),
	"level":       numbers("probability of the quantile", "0.5", "0.000001", "0.999999"),
	"levels":      {Means: "probabilities of the quantiles that are scored", Default: "AS_SHARED", Choices: []string{"AS_SHARED"}, form: levels},
	"ties":        choices("how an actual on the edge of a band counts: with the share of its probability inside, or wholly", "SHARE", "CLOSED"),
	"minimum":     wholes("observations that a value or verdict needs", "20", "1", "1000000"),
	"confidence":  choices("probability of the interval, two-sided", "0.95", "0.8", "0.9", "0.99"),
	"effect":      choices("probability of the two-sided interval that must exclude 0 before an effect is spoken of", "0.8", "0.9", "0.95", "0.99"),
	"deadZone":    numbers("difference to the benchmark that says nothing", "0.05", "0", "10"),
	"benchmark":   choices("what the forecast is compared with", "SEASONAL_NAIVE", "PREVIOUS_STEP"),
	"event":       choices("which report of arrival counts", "RECEIPT_POSTED", "ARRIVAL", "DOCK"),
	"fillEvent":   choices("which quantity counts as filled", "SHIPPED", "RECEIVED"),
	"dateBasis":   choices("which date was due", "REQUESTED", "PROMISED_FIRST", "PROMISED_LAST"),
	"calendar":    choices("how the days of the window count", "DAYS", "BUSINESS_DAYS"),
	"early":       wholes("days before the due date at which the window opens", "ANY", "0", "366", "ANY"),
	"late":        wholes("days after the due date at which it closes", "0", "0", "366"),
	"grace":       wholes("days after the window at which the line is closed", "30", "0", "3660"),
	"under":       numbers("share of the ordered quantity that may be missing", "0", "0", "1"),
	"over":        numbers("share of the ordered quantity that may be too much", "ANY", "0", "10"),
	"partials":    choices("what counts of several deliveries in the window", "CUMULATIVE", "FIRST_ONLY"),
	"backorder":   choices("whether later deliveries count as filled", "EXCLUDED", "INCLUDED"),
	"baseline":    choices("what would have sold without the event", "SIGNED_BEFORE_PROPOSAL", "MEAN_BEFORE"),
	"periods":     wholes("ordinary periods before the event that the mean is made of, at least", "4", "4", "520"),
	"dip":         wholes("periods after the event that are looked at for sales pulled forward", "2", "0", "52"),
	"sold":        choices("which sales count", "SELL_OUT", "SELL_IN"),
	"denominator": choices("what defects are counted against", "RECEIVED", "SHIPPED", "PRODUCED", "INSPECTED"),
	"month":       choices("which month a return belongs to", "DELIVERY", "RETURN"),
	"chart":       choices("kind of the control chart", "p", "laney-p", "u", "laney-u", "c", "xbar", "i", "g", "t"),
	"rules":       choices("which patterns signal", "POINT_AND_RUN", "WESTERN_ELECTRIC", "POINT"),
	"inTransit":   choices("whether goods in transit are available", "EXCLUDED", "INCLUDED"),
	"blocked":     choices("whether blocked stock is available", "EXCLUDED", "INCLUDED"),
	"cover":       wholes("days of demand that stock may cover at most", "90", "1", "3660"),
	"step":        choices("which step of the corrective work", "D8", "D0", "D1", "D2", "D3", "D4", "D5", "D6", "D7"),
	"yearDays":    wholes("days of a year", "365", "360", "366"),
}

func init() {
	over := parameters["over"]
	over.Choices = []string{"ANY"}
	parameters["over"] = over
}

// ParameterInfo describes a parameter for documents and help.
type ParameterInfo struct{ Name, Means, Default, Values string }

// Parameters lists all parameters by name.
func Parameters() []ParameterInfo {
	var out []ParameterInfo
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		p := parameters[name]
		out = append(out, ParameterInfo{name, p.Means, p.Default, p.wants()})
	}
	return out
}
