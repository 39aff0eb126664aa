package command

import (
	"io"

	"github.com/urfave/cli/v2"

	"kontor/node/intake"
	"kontor/protocol/measure"
	"kontor/protocol/quantity"
)

// Columns of a table of supply: what was forecast, committed and delivered.
var supplyColumns = []intake.Column{
	{Says: "the quantity committed", Names: []string{"committed", "commit", "confirmed", "promised", "zugesagt"}, Form: intake.Number},
	{Says: "the quantity forecast", Names: []string{"forecast", "mean", "requested", "demand", "prognose"}, Form: intake.Number},
	{Says: "the quantity delivered", Names: []string{"delivered", "received", "shipped", "delivered quantity", "geliefert"}, Form: intake.Number},
	{Says: "the series", Names: []string{"series", "product", "item", "sku", "material", "artikel"}},
	{Says: "the period", Names: []string{"period", "week", "month", "day", "date", "bucket"}, Form: intake.Ordinal},
}

const supplyCommitted, supplyForecast, supplyDelivered = 0, 1, 2

var measureSupplyVerb = verb{
	name: "supply", short: "judge supply: commitments against the forecast, deliveries against commitments, days of supply", local: true, exits: []int{3},
	long: "--commits is a table: committed, and forecast or delivered or both, one row for each period. What was delivered beyond a commitment makes up for no\n" +
		"other period. --stock with --demand, a table of the demand of the days to come in their order, gives the days of supply, without what will\n" +
		"arrive.\n" + fileHelp,
	examples: []string{"kontor measure supply --commits commits.csv", "kontor measure supply --stock 1200 --demand demand.csv --json"},
	flags: fileFlags(
		&cli.StringFlag{Name: "commits", Usage: "CSV `FILE` of what was forecast, committed and delivered"},
		&cli.StringFlag{Name: "stock", Usage: "`UNITS` on hand"},
		&cli.StringFlag{Name: "demand", Usage: "CSV `FILE` of the demand of the days to come"}),
	run: measureSupply,
}

func measureSupply(c *call) error {
	var files []measuredFile
	var results []measure.Result
	doc := map[string]any{}
	if c.String("commits") == "" && c.String("demand") == "" {
		return missing("commits", "a CSV file, or - for standard input; or --stock and --demand")
	}
	if c.String("commits") != "" {
		file, kept, err := measureCommits(c)
		if err != nil {
			return err
		}
		files, results = append(files, file), append(results, kept...)
	}
	if c.String("demand") != "" {
		file, days, beyond, err := measureCoverDays(c)
		if err != nil {
			return err
		}
		files, results = append(files, file), append(results, days)
		doc["beyond"] = beyond // it covers more than the demand that is known
	}
	doc["files"], doc["results"] = files, results
	return c.print(doc, func(w io.Writer) { printResults(w, results) })
}

// measureCommits judges what was committed against the forecast, and what was delivered against what was committed.
func measureCommits(c *call) (file measuredFile, kept []measure.Result, err error) {
	t, err := c.openTable("commits", supplyColumns, true)
	if err != nil {
		return file, nil, err
	}
	if !t.Has(supplyCommitted) || !t.Has(supplyForecast) && !t.Has(supplyDelivered) {
		return file, nil, usagef("%s needs a column for the quantity committed, and one for what was forecast or delivered", c.String("commits"))
	}
	var attained, adhered measure.Kept
	file, err = c.each("commits", t, func(l *intake.Line) {
		committed, stated := l.Quantity(supplyCommitted)
		forecast, isForecast := l.Quantity(supplyForecast)
		delivered, isDelivered := l.Quantity(supplyDelivered)
		if committed.Sign() < 0 || forecast.Sign() < 0 || delivered.Sign() < 0 {
			l.Refuse(supplyCommitted, intake.CodeSign, "below zero", "a number of 0 or more")
		}
		if l.Bad() || !stated {
			return
		}
		if isForecast {
			attained.Add(forecast, committed, quantity.Quantity{})
		}
		if isDelivered {
			adhered.Add(forecast, committed, delivered)
		}
	})
	return file, []measure.Result{attained.Result(measure.Attainment), adhered.Result(measure.Adherence)}, err
}

// measureCoverDays tells how many days the stock covers, and whether it covers more than the demand that is known.
func measureCoverDays(c *call) (file measuredFile, days measure.Result, beyond bool, err error) {
	stock, err := quantity.Parse(c.String("stock"))
	if err != nil {
		return file, days, false, usagef("--stock: %v; want the units on hand", err)
	}
	t, err := c.openTable("demand", []intake.Column{figureColumn, {Says: "the day", Names: []string{"day", "date", "period", "step"}, Form: intake.Ordinal}}, true)
	if err != nil {
		return file, days, false, err
	}
	var demand []quantity.Quantity
	file, err = c.each("demand", t, func(l *intake.Line) {
		if v, stated := l.Quantity(0); stated && !l.Bad() {
			demand = append(demand, v)
		}
	})
	if err != nil {
		return file, days, false, err
	}
	days, beyond = measure.Supply(stock, demand, nil)
	return file, days, beyond, nil
}
