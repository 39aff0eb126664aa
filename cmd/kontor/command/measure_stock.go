package command

import (
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"kontor/node/intake"
	"kontor/protocol/calendar"
	"kontor/protocol/measure"
)

// Columns of a table of stock: one row for each product, place and day, or longer period.
var stockColumns = []intake.Column{
	{Says: "the product", Names: []string{"product", "item", "sku", "material", "article", "part number", "artikel"}, Needed: true},
	{Says: "the day or period", Names: []string{"day", "date", "period", "week", "month", "datum"}, Form: intake.Period, Needed: true},
	{Says: "the quantity on hand", Names: []string{"on hand", "stock", "stock on hand", "inventory", "quantity on hand", "bestand"}, Form: intake.Number},
	{Says: "the place", Names: []string{"place", "location", "region", "country", "site", "store", "warehouse", "plant"}},
	{Says: "the quantity blocked", Names: []string{"blocked", "on hold", "quarantine", "gesperrt"}, Form: intake.Number},
	{Says: "the quantity in transit", Names: []string{"in transit", "transit", "inbound", "unterwegs"}, Form: intake.Number},
	{Says: "the demand", Names: []string{"demand", "sold", "sales", "consumption", "usage", "used", "bedarf", "absatz"}, Form: intake.Number},
	{Says: "the 0.9 quantile of the demand over the most cover", Names: []string{"most cover", "q90", "p90", "max cover"}, Form: intake.Number},
	{Says: "the value of a unit", Names: []string{"unit value", "unit cost", "price", "cost"}, Form: intake.Number},
	{Says: "the median demand foreseen", Names: []string{"foreseen", "expected", "p50", "median", "expected demand"}, Form: intake.Number},
	{Says: "the lower end of the demand foreseen", Names: []string{"foreseen low", "expected low", "p10"}, Form: intake.Number},
	{Says: "the upper end of the demand foreseen", Names: []string{"foreseen high", "expected high"}, Form: intake.Number},
	{Says: "whether the product is not listed", Names: []string{"not listed", "delisted", "unlisted"}, Form: intake.Flag},
}

const (
	stockProduct, stockDay, stockOnHand, stockPlace, stockBlocked, stockTransit, stockDemand, stockCover, stockValue = 0, 1, 2, 3, 4, 5, 6, 7, 8
	stockForeseen, stockForeseenLow, stockForeseenHigh, stockDelisted                                                = 9, 10, 11, 12
)

var measureStockVerb = verb{
	name: "stock", short: "judge stock: stockouts, overstock, excess and obsolete, turns", local: true, exits: []int{3},
	long: "--stock is a table: product, day, on hand, and where known place, blocked, in transit, demand, most cover (the 0.9 quantile of the demand\n" +
		"over the most cover), unit value, not listed, and foreseen with\n" +
		"foreseen low and foreseen high, the median of the demand of the row and its band: what days without stock lost is estimated of them alone. A row of a week or month stands for each of its days. An empty cell of stock is not shared.\n" +
		"A day without stock counts where demand was expected: where the file has demand, that is above 0.\n" +
		"--since gives stockouts and overstock before and after a day, each product and place compared with itself.\n" + fileHelp,
	examples: []string{"kontor measure stock --stock stock.csv", "kontor measure stock --stock stock.csv --since 2026-07-01 --json"},
	flags: fileFlags(
		&cli.StringFlag{Name: "stock", Usage: "CSV `FILE` of stock"},
		&cli.StringFlag{Name: "since", Usage: "`DAY`: before and after it"},
		&cli.StringFlag{Name: "blocked", Usage: "whether blocked stock is available: `EXCLUDED` or INCLUDED"},
		&cli.StringFlag{Name: "in-transit", Usage: "whether goods in transit are available: `EXCLUDED` or INCLUDED"},
		&cli.StringFlag{Name: "band", Usage: "`PROBABILITY` between \"foreseen low\" and \"foreseen high\"; default 0.9"},
		&cli.StringFlag{Name: "cover", Usage: "`DAYS` that \"most cover\" is of"}),
	run: measureStock,
}

func measureStock(c *call) error {
	setting, err := c.setting(map[string]string{"blocked": "blocked", "in-transit": "inTransit", "cover": "cover", "band": "band"})
	if err != nil {
		return err
	}
	var since calendar.Date
	if v := c.String("since"); v != "" {
		if since, err = calendar.ParseDate(v); err != nil {
			return usagef("--since: %v", err)
		}
	}
	t, err := c.openTable("stock", stockColumns, false)
	if err != nil {
		return err
	}
	all, before, after := &measure.Stock{Setting: setting}, &measure.Stock{Setting: setting}, &measure.Stock{Setting: setting}
	file, err := c.each("stock", t, func(l *intake.Line) {
		period := l.Period(stockDay)
		day := stockDayOf(l, t)
		if l.Bad() || !l.Once("that product, place and day", day.Item, day.Location, period.String()) {
			return
		}
		all.AddSpan(day, period.Days()) // its demand is that of all its days
		if since == 0 {
			return
		}
		earlier := min(max(since.Sub(period.Start), 0), period.Days())
		day.Used, day.Wanted = measure.StockDay{}.Used, nil // no measure of before and after is of what was used
		before.AddSpan(day, earlier)
		after.AddSpan(day, period.Days()-earlier)
	})
	if err != nil {
		return err
	}
	results := []measure.Result{all.Result(measure.StockoutRate), all.Result(measure.LostSales), all.Result(measure.Overstock), all.Result(measure.ExcessValue), all.Result(measure.Turns)}
	doc := map[string]any{"files": []measuredFile{file}, "results": results}
	var compared []measure.Result
	if since != 0 {
		changes, unpaired := measure.StockoutChanges(before, after)
		first := []measure.Result{before.Result(measure.StockoutRate), before.Result(measure.Overstock)}
		then := []measure.Result{after.Result(measure.StockoutRate), after.Result(measure.Overstock)}
		compared = append(append(first, then...), measure.Compared(changes, unpaired, measure.Setting{"minimum": "2"}))
		doc["before"], doc["after"], doc["change"] = first, then, compared[4]
	}
	return c.print(doc, func(w io.Writer) {
		printResults(w, results)
		if since != 0 {
			fmt.Fprintf(w, "\nbefore %s\n", since)
			printResults(w, compared[:2])
			fmt.Fprintf(w, "\nfrom %s\n", since)
			printResults(w, compared[2:4])
			fmt.Fprintln(w, "\nstockout rate, after less before, each product and place against itself: what changed, not why")
			printResults(w, compared[4:])
		}
	})
}

func stockDayOf(l *intake.Line, t *intake.Table) measure.StockDay {
	day := measure.StockDay{Item: l.Text(stockProduct), Location: l.Text(stockPlace), Listed: !l.Flag(stockDelisted), Expected: true}
	if q, stated := l.Quantity(stockOnHand); stated {
		day.OnHand = &q
	}
	day.Blocked, _ = l.Quantity(stockBlocked)
	day.InTransit, _ = l.Quantity(stockTransit)
	demand, stated := l.Quantity(stockDemand)
	if t.Has(stockDemand) {
		day.Expected, day.Used, day.Demand = stated && demand.Sign() > 0, demand, stated && demand.Sign() > 0
	}
	if q, stated := l.Quantity(stockCover); stated {
		day.MostCover = &q
		day.Demand = day.Demand || q.Sign() > 0
	}
	day.UnitValue, _ = l.Quantity(stockValue)
	low, isLow := l.Quantity(stockForeseenLow)
	median, isMedian := l.Quantity(stockForeseen)
	high, isHigh := l.Quantity(stockForeseenHigh)
	if isLow && isMedian && isHigh {
		day.Wanted = &measure.Wanted{Low: low, Median: median, High: high}
		if median.Less(low) || high.Less(median) {
			l.Refuse(stockForeseen, intake.CodeContradiction, "outside its band", "foreseen low, foreseen and foreseen high in rising order")
		}
	}
	return day
}
