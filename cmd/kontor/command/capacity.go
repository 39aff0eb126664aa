package command

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"kontor/node"
	"kontor/node/api"
	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/protocol/capacity"
	"kontor/protocol/company"
)

func capacityNoun() *cli.Command {
	return noun("capacity", "production lines, the plan shared from them, and the match against demand",
		importVerb("lines and their capacity", "line, period, maximum, actual, product, load factor, unit", api.CapacityImport),
		verb{
			name: "preview", short: "show what the buyer would see", flags: []cli.Flag{withFlag()},
			examples: []string{"kontor capacity preview"},
			run:      answerWith(api.CapacityPreview, printPreview),
		},
		verb{
			name: "share", short: "share the capacity plan with a buyer", flags: []cli.Flag{withFlag()},
			examples: []string{"kontor capacity share --with \"Relief Agency\""},
			run:      answerWith(api.CapacityShare, func(w io.Writer, out desk.Shared) { printShared(w, capacity.PlanType, out) }),
		},
		verb{
			name: "oversold", short: "check that no more is promised to all customers than the lines can carry",
			long: "Computed at home over all customers, from the private lines and stock, the answers given and the slots agreed or offered by a signature; nothing of it leaves.\n" +
				"Two comparisons: the slots held in a period with its maximum, and everything promised up to the end of a period, less stock, with all maxima so far.",
			flags:    []cli.Flag{&cli.BoolFlag{Name: "guests", Usage: "also what partners without a node say they need, told apart from what is promised"}},
			examples: []string{"kontor capacity oversold", "kontor capacity oversold --guests --json"}, exits: []int{wire.ExitRefused},
			run: func(c *call) error {
				out, err := ask(c, api.CapacityOversold, api.OversoldQuery{Guests: c.Bool("guests")})
				if err != nil {
					return err
				}
				if err := c.print(out, func(w io.Writer) { printOversold(w, out) }); err != nil || len(out.Oversold) == 0 {
					return err
				}
				return &wire.Problem{Code: "OVERSOLD", Text: "more is promised than there is: " + desk.OversoldText(out.Oversold), Next: wire.Meaning("OVERSOLD").Next}
			},
		},
		verb{
			name: "volatility", short: "show where demand moved more than the lines can follow", flags: []cli.Flag{withFlag()},
			long: "Compares the forecasts in force at the last two measurements, week by week, by the thresholds of the plan's groups (CX-0128, 5.11); the same on both nodes.\n" +
				"Thresholds come with a WeekBasedCapacityGroup: kontor import FILE.",
			examples: []string{"kontor capacity volatility --with \"Relief Agency\""},
			run:      answerWith(api.CapacityVolatility, printVolatility),
		},
		slotVerb, slotsVerb, allocateVerb, allocationVerb,
		matchVerb("show", false), matchVerb("match", true))
}

func printOversold(w io.Writer, v desk.OversellView) {
	fmt.Fprintf(w, "%s over %s: %s\n", node.Count(v.Commitments, "commitment"), node.Count(v.Lines, "line"), node.Count(len(v.Oversold), "oversell"))
	printOversells(w, v.Oversold)
	if v.Guests > 0 {
		fmt.Fprintf(w, "with %s that partners without a node say they need (grade C, nothing of it promised): %s more\n", node.Count(v.Guests, "cell"), node.Count(len(v.WithGuests), "oversell"))
		printOversells(w, v.WithGuests)
	}
}

func printOversells(w io.Writer, list []company.Oversell) {
	var rows [][]string
	for _, o := range list {
		when := o.Bucket.String()
		if o.Cumulative {
			when = "up to " + when
		}
		rows = append(rows, []string{o.Line, when, o.Promised.String(), o.Maximum.String(), o.Excess.String(), strings.Join(o.Partners, ", ")})
	}
	if len(rows) > 0 {
		table(w, []string{"line", "period", "promised", "maximum", "too much", "to"}, rows)
	}
}

func printVolatility(w io.Writer, v desk.VolatilityView) {
	for _, m := range v.Measured {
		fmt.Fprintf(w, "%s: %s against %s\n", strings.Join(m.Groups, ", "), m.On, m.Before)
	}
	fmt.Fprintf(w, "demand of %s: %s beyond a threshold\n", v.With, node.Count(len(v.Deviations), "week"))
	var rows [][]string
	for _, d := range v.Deviations {
		relative := "-"
		if d.Relative != nil {
			if ppm, ok := d.Relative.At(-6); ok {
				relative = percent(ppm.Int64())
			}
		}
		rows = append(rows, []string{d.Group, d.Bucket.String(), d.Previous.String(), d.Latest.String(), d.Change.String(), relative, strings.Join(d.Exceeded, ", ")})
	}
	if len(rows) > 0 {
		table(w, []string{"group", "week", "before", "now", "change", "", "beyond"}, rows)
	}
	for _, n := range v.Notes {
		fmt.Fprintf(w, "note: %s\n", n)
	}
}

// matchVerb shows a match: "show" the contract view by line, "match" everything that is not green in both views.
func matchVerb(name string, both bool) verb {
	short := "show every line against the demand it must meet"
	if both {
		short = "compare the forecast in force with the capacity in force"
	}
	return verb{
		name: name, short: short, flags: []cli.Flag{withFlag()},
		long: "Two views of one comparison, the same on both nodes. Contract view (CX-0128): demand after load factors against actual and maximum\n" +
			"capacity. Cover view: the probability that stock and supply fall short of cumulative demand, and by how much, as an interval from\n" +
			"independent to moving together.",
		examples: []string{"kontor capacity " + name},
		run: func(c *call) error {
			out, err := ask(c, api.CapacityMatch, api.WithQuery{With: c.String("with")})
			if err != nil {
				return err
			}
			for _, stale := range out.Stale {
				c.note("%s", stale.Default.Text)
			}
			return c.print(out, func(w io.Writer) { printMatch(w, out, both) })
		},
	}
}

// printMatch prints both views of what is not green, or the contract view of everything.
func printMatch(w io.Writer, out desk.MatchView, both bool) {
	var rows [][]string
	for _, g := range out.Result.Groups {
		for _, b := range g.Buckets {
			if both && b.Colour == capacity.Green {
				continue
			}
			rows = append(rows, []string{g.Group, b.Bucket.String(), b.Demand.Format(0), b.Actual.Format(0), b.Maximum.Format(0), b.Agreed.Format(0), string(b.Verdict), string(b.Colour)})
		}
	}
	fmt.Fprintf(w, "contract view with %s: %d bottlenecks\n", out.With, out.Bottlenecks)
	table(w, []string{"line", "period", "demand", "actual", "maximum", "agreed", "verdict", "colour"}, rows)
	if !both {
		return
	}
	rows = nil
	chained := false
	for _, p := range out.Result.Products {
		for _, b := range p.Buckets {
			if b.Cover == nil || b.Cover.Standing == capacity.Covered {
				continue
			}
			chained = chained || b.Cover.Chained
			rows = append(rows, []string{p.Product, b.Bucket.String(), percent(b.Cover.Shortage.Lower) + " to " + percent(b.Cover.Shortage.Upper),
				b.Cover.Expected.Lower.Format(0) + " to " + b.Cover.Expected.Upper.Format(0), string(p.Unit), string(b.Cover.Standing), dependenceWords[b.Cover.Basis]})
		}
		if p.Missing != "" {
			rows = append(rows, []string{p.Product, "-", "-", "-", string(p.Unit), p.Missing, "-"})
		}
	}
	fmt.Fprintf(w, "cover view: %s not surely covered\n", node.Count(out.AtRisk, "cell"))
	table(w, []string{"product", "to the end of", "probability of a shortage", "expected short", "unit", "standing", "dependence"}, rows)
	if chained {
		fmt.Fprintln(w, "note: no bands of cumulative demand are shared: those of single periods were added as if all were high together, which overstates both ends; a forecast with cumulative bands says less")
	}
	printAhead(w, out)
	for _, n := range out.Result.Notes {
		fmt.Fprintf(w, "note: %s\n", n)
	}
}

// dependenceWords say what a probability takes for granted about demands that hang together.
var dependenceWords = map[capacity.Basis]string{
	capacity.BasisLevels:     "one line of demand",
	capacity.BasisDependence: "independent to moving together",
	capacity.BasisComonotone: "moving together",
	capacity.BasisStockLimit: "moving together, period by period",
	capacity.BasisMeans:      "no bands: no probability",
}

// percent writes parts per million.
func percent(ppm int64) string { return strconv.FormatFloat(float64(ppm)/10_000, 'f', 1, 64) + " %" }
