package command

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"kontor/node/intake"
	"kontor/protocol/measure"
)

// Columns of a table of orders and the demand behind them.
var bullwhipColumns = []intake.Column{
	seriesColumn, momentColumn, regionColumn,
	{Says: "what was ordered", Names: []string{"ordered", "orders", "order quantity", "ordered quantity", "bestellt"}, Form: intake.Number, Needed: true},
	{Says: "the demand behind the orders", Names: []string{"demand", "sold", "sales", "consumption", "usage", "bedarf", "absatz"}, Form: intake.Number, Needed: true},
	{Says: "what the seller had forecast to be ordered", Names: []string{"ordered forecast", "orders forecast", "order forecast", "forecast of orders"}, Form: intake.Number},
	{Says: "what the buyer had forecast of the demand", Names: []string{"demand forecast", "sales forecast", "forecast of demand", "forecast"}, Form: intake.Number},
	{Says: "whether a promotion was on", Names: []string{"promotion", "promo", "event", "on promotion", "campaign", "aktion"}, Form: intake.Flag},
}

const whipOrdered, whipDemand, whipOrderedForecast, whipDemandForecast, whipPromoted = 3, 4, 5, 6, 7

var measureBullwhipVerb = verb{
	name: "bullwhip", short: "judge how much more orders swing than the demand behind them, and how much less sure their forecast is", local: true, exits: []int{3},
	long: "--orders is a table: series, period, ordered, demand, and where known a region, promotion (yes in periods that swing on purpose, which are left out of\n" +
		"the bullwhip), and \"ordered forecast\" and \"demand forecast\", which the ratio of forecast uncertainty is of. Each series is judged by itself: 1 is\n" +
		"neither more nor less, above 1 orders swing more than demand.\n" +
		"--lead-times 3,3,3 --average 5 says what to expect where every tier orders up to the mean of so many periods over its lead time and sees only the orders\n" +
		"of the tier below: the variance of each tier's orders in units of that of demand.\n" + fileHelp,
	examples: []string{
		"kontor measure bullwhip --orders orders.csv",
		"kontor measure bullwhip --lead-times 3,3,3 --average 5",
	},
	flags: fileFlags(
		&cli.StringFlag{Name: "orders", Usage: "CSV `FILE` of orders and the demand behind them, period by period"},
		&cli.StringFlag{Name: "lead-times", Usage: "`PERIODS` of lead time of each tier, the nearest to demand first, separated by commas"},
		&cli.IntFlag{Name: "average", Usage: "`PERIODS` that every tier averages", Value: 1}),
	run: measureBullwhip,
}

// amplified is what is said of one series.
type amplified struct {
	Series  string           `json:"series"`
	Results []measure.Result `json:"results"`
}

// amplifiedSeries is one series of the table.
type amplifiedSeries struct {
	orders   measure.Amplification
	up, down measure.Errors
	forecast bool
}

func measureBullwhip(c *call) error {
	if c.String("orders") == "" && c.String("lead-times") == "" {
		return missing("orders", "a CSV file, or - for standard input; or --lead-times")
	}
	doc := map[string]any{}
	var all []amplified
	if c.String("orders") != "" {
		file, found, err := readOrders(c)
		if err != nil {
			return err
		}
		all = found
		doc["files"], doc["series"] = []measuredFile{file}, all
	}
	tiers, err := expectedTiers(c)
	if err != nil {
		return err
	}
	if tiers != nil {
		doc["expected"] = tiers
	}
	return c.print(doc, func(w io.Writer) {
		for _, s := range all {
			fmt.Fprintf(w, "%s\n\n", s.Series)
			printResults(w, s.Results)
			fmt.Fprintln(w)
		}
		if tiers == nil {
			return
		}
		fmt.Fprintf(w, "orders up to the mean of %d periods: variance of each tier's orders in units of that of demand\n", c.Int("average"))
		var rows [][]string
		for i, t := range tiers {
			rows = append(rows, []string{strconv.Itoa(i + 1), strconv.Itoa(t.LeadTime), t.Variance})
		}
		table(w, []string{"tier", "lead time", "variance"}, rows)
	})
}

func readOrders(c *call) (file measuredFile, out []amplified, err error) {
	t, err := c.openTable("orders", bullwhipColumns, false)
	if err != nil {
		return file, nil, err
	}
	series := map[string]*amplifiedSeries{}
	file, err = c.each("orders", t, func(l *intake.Line) {
		name, at := nameOf(l), l.Moment(inPeriod)
		ordered, isOrdered := l.Quantity(whipOrdered)
		demand, isDemand := l.Quantity(whipDemand)
		planned, isPlanned := l.Quantity(whipOrderedForecast)
		expected, isExpected := l.Quantity(whipDemandForecast)
		promoted := l.Flag(whipPromoted)
		if l.Bad() || !l.Once("the same series and period", name, fmt.Sprint(at)) || !isOrdered || !isDemand {
			return
		}
		s := series[name]
		if s == nil {
			s = &amplifiedSeries{}
			series[name] = s
		}
		s.orders.Add(ordered, demand, promoted)
		if isPlanned && isExpected {
			s.forecast = true
			s.up.Add(ordered, planned)
			s.down.Add(demand, expected)
		}
	})
	for _, name := range slices.Sorted(maps.Keys(series)) {
		s := series[name]
		a := amplified{Series: name, Results: []measure.Result{s.orders.Result()}}
		if s.forecast {
			a.Results = append(a.Results, measure.Uncertainty(&s.up, &s.down))
		}
		out = append(out, a)
	}
	return file, out, err
}

// expectedTier is what orders of a tier vary by.
type expectedTier struct {
	LeadTime int    `json:"leadTime"`
	Variance string `json:"variance"` // in units of that of demand
}

func expectedTiers(c *call) (out []expectedTier, err error) {
	if c.String("lead-times") == "" {
		return nil, nil
	}
	const longest = 520
	if n := c.Int("average"); n < 1 || n > longest {
		return nil, usagef("--average %d: want a number of periods from 1 to %d", n, longest)
	}
	var leads []int
	for _, text := range strings.Split(c.String("lead-times"), ",") {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || n < 0 || n > longest {
			return nil, usagef("--lead-times %q: %q is no number of periods from 0 to %d", c.String("lead-times"), text, longest)
		}
		leads = append(leads, n)
	}
	if len(leads) > measure.MaxTiers {
		return nil, usagef("--lead-times %q: %d tiers, want at most %d", c.String("lead-times"), len(leads), measure.MaxTiers)
	}
	for i, v := range measure.Amplified(leads, c.Int("average")) {
		out = append(out, expectedTier{leads[i], plainDecimal(v.Rat(), 4)})
	}
	return out, nil
}
