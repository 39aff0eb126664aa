package command

import (
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"kontor/node"
	"kontor/node/api"
	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/node/intake"
)

func orderNoun() *cli.Command {
	v := importVerb("open orders", "order, line, product, region, due date, quantity, delivered quantity, unit", api.OrderImport)
	v.long = "They stay at home. With the next forecast leaves, for each of its periods, the sum that is ordered: orders meet forecast there, so that the partner counts nothing twice.\n" +
		"A line of the file takes the place of the one of its number, product, place and date; --replace for a file that lists all open orders.\n" + v.long
	return noun("order", "open orders, private; their sums by period leave with a forecast", v,
		verb{
			name: "list", short: "list the open orders",
			examples: []string{"kontor order list --json"},
			run: func(c *call) error {
				out, err := ask(c, api.OrderList, wire.None{})
				if err != nil {
					return err
				}
				return c.print(out, func(w io.Writer) {
					var rows [][]string
					for _, o := range out {
						rows = append(rows, []string{o.Number, o.Line, o.Product, o.Region, o.Due.String(), o.Quantity.String(), orderUnit(o)})
					}
					table(w, []string{"order", "line", "product", "region", "due", "open", "unit"}, rows)
				})
			},
		})
}

var forecastConsumeVerb = verb{
	name: "consume", short: "show what of the forecast in force is ordered, committed and still open", flags: []cli.Flag{withFlag()}, exits: []int{wire.ExitNotFound},
	long: "Orders meet the forecast of their own period first, then of those before and after as the terms in force say; no forecast is met twice. What remains and what is\n" +
		"ordered is the demand that is matched against capacity. It is divided by what stands behind it, strongest first: call-off, commitment, firm, forecast.\n" +
		"A line is OPEN, ANSWERED, ACCEPTED, COUNTERED, or LAPSED once the seller let the day of the answer pass.",
	examples: []string{"kontor forecast consume --with \"Tablet Maker\"", "kontor forecast consume --json"},
	run:      answerWith(api.ForecastLoop, printLoop),
}

func printLoop(w io.Writer, v desk.LoopView) {
	fmt.Fprintf(w, "forecast revision %d with %s; orders meet forecast %s back and %s ahead\n", v.Revision, v.With, node.Count(v.Consumption.Backward, "period"), node.Count(v.Consumption.Forward, "period"))
	switch {
	case v.Answer != nil && v.Late:
		fmt.Fprintf(w, "answered after %s, the day it was due\n", moment(v.AnswerDue))
	case v.Answer == nil && v.AnswerDue != 0:
		fmt.Fprintf(w, "an answer is due by %s; silence means %s\n", moment(v.AnswerDue), v.OnNoAnswer)
	}
	if s := v.Signed; s != nil {
		by := "the " + s.Holder
		if s.Desk {
			by = "the " + s.Holder + " desk, under its mandate"
		}
		fmt.Fprintf(w, "beyond the bands; the answer is signed by %s\n", by)
	}
	var rows [][]string
	for _, l := range v.Lines {
		for _, c := range l.Cells {
			committed := "-"
			if c.Committed != nil {
				committed = c.Committed.String()
				if c.Earlier {
					committed += " (earlier)"
				}
			}
			behind := fmt.Sprintf("%s/%s/%s/%s", c.Layers.CallOff, c.Layers.Commit, c.Layers.Firm, c.Layers.Forecast)
			rows = append(rows, []string{l.Item.ID(), l.Place, string(l.State), c.Bucket.String(), c.Forecast.String(), c.Ordered.String(), c.Consumed.Consumed.String(), c.Remaining.String(), c.Demand.String(), committed, strings.ReplaceAll(behind, " ", ""), string(c.Governs)})
		}
	}
	table(w, []string{"product", "region", "state", "period", "forecast", "ordered", "consumed", "remaining", "demand", "committed", "call-off/commit/firm/forecast", "governs"}, rows)
}

// orderUnit is an order's unit as the list shows it.
func orderUnit(o intake.Order) string {
	if o.Unstated {
		return "as the forecast"
	}
	return string(o.Unit)
}
