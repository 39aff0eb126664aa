package command

import (
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"kontor/node"
	"kontor/node/api"
	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/protocol/performance"
)

func windowFlag() cli.Flag {
	return &cli.StringFlag{Name: "window", Usage: "`PERIOD` that is reported: 2026-10, 2026-W41, or two days as 2026-10-01/2026-11-01"}
}

// countFlags say how a window is counted.
func countFlags() []cli.Flag {
	return []cli.Flag{withFlag(), windowFlag(),
		&cli.StringFlag{Name: "by", Usage: "cells of the `window, month, week or day`; kept for this partner"},
		&cli.StringSliceFlag{Name: "set", Usage: "`NAME=VALUE` of the definition of on time in full, such as late=1 or under=0.02; kept for this partner; may be repeated"}}
}

func performanceNoun() *cli.Command {
	return noun("performance", "what each side counted: report it, compare, and find the lines that differ",
		performanceImportVerb, performancePreviewVerb, performanceShareVerb("share", false), performanceShareVerb("close", true),
		performanceListVerb, performanceShowVerb, performanceCompareVerb, performanceReconcileVerb, performanceOpenedVerb)
}

var performanceImportVerb = verb{
	name: "import", short: "take order lines, figures, or advices and reports of a message format from a file", args: "FILE", exits: []int{wire.ExitRefused},
	flags: append(append([]cli.Flag{}, importFlags...), withFlag(),
		&cli.StringFlag{Name: "guest", Usage: "`NAME` of a partner without a node with whom it was counted: evidence grade C, for kontor measure show --guest alone"},
		&cli.StringFlag{Name: "event", Usage: "what deliveries of a table are: `RECEIPT_POSTED`, ARRIVAL, DOCK or DESPATCH"}),
	long: "A table of lines: order, product, and where known line, region, ordered, due, delivered, accepted, rejected, despatch advice, event, exclusion,\n" +
		"cancelled, unit; one row for each delivery. What it says of a line's deliveries takes the place of what was there about them.\n" +
		"Or a table of figures: product, region, period, and any of demand, ordered, shipped, received, on time, in full, sold, returned, on hand,\n" +
		"blocked, in transit, days listed, days out, cumulative received, cumulative since, unit.\n" +
		"Or despatch and receipt advices: EDIFACT DESADV and RECADV, X12 856, UBL DespatchAdvice and ReceiptAdvice, Catena-X DeliveryInformation.\n" +
		"Or reports of sales and stock, as figures: EDIFACT SLSRPT and INVRPT, X12 852, Catena-X ItemStock. Stock of a day stands in the period that ends with it.\n" +
		"Lines never leave: a report carries what they add up to, and a salted root over them.",
	examples: []string{"kontor performance import lines.csv --with \"Tablet Maker\"", "kontor performance import desadv.edi", "kontor performance import invrpt.edi", "kontor performance import --event DESPATCH shipments.xlsx"},
	run: func(c *call) error {
		o, err := c.importOptions()
		if err != nil {
			return err
		}
		out, err := upload(c, api.PerformanceImport, desk.PerformanceImport{ImportOptions: o, With: c.String("with"), Guest: c.String("guest"), Event: c.String("event")})
		if err != nil {
			return err
		}
		return c.printImport(out)
	},
}

func (c *call) performanceQuery() desk.PerformanceQuery {
	return desk.PerformanceQuery{With: c.String("with"), Window: c.String("window"), By: c.String("by"), Set: c.StringSlice("set")}
}

var performancePreviewVerb = verb{
	name: "preview", short: "show every field a partner would see, and why it may", flags: countFlags(),
	examples: []string{"kontor performance preview --window 2026-10", "kontor performance preview --window 2026-10 --by week --set late=1 --json"},
	run: func(c *call) error {
		out, err := ask(c, api.PerformancePreview, c.performanceQuery())
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			printPreview(w, out.Preview)
			printCells(w, out.Document)
			for _, x := range out.Diff {
				fmt.Fprintf(w, "changes: %s %s%s%s\n", x.Cell, x.Field, arrow(x.Old, x.New), material(x.Material))
			}
		})
	},
}

func performanceShareVerb(name string, last bool) verb {
	v := verb{
		name: name, short: "share the report of a window with a partner", flags: countFlags(), exits: []int{wire.ExitRefused},
		long: "It leaves with a root over the lines of each cell; the lines stay here. How deliveries are counted is what --set says, else what was set\n" +
			"before, else as the partner counts them.",
		examples: []string{"kontor performance share --window 2026-10 --with \"Tablet Maker\"", "kontor performance share --window 2026-10 --set late=1 --set under=0.02"},
		run: func(c *call) error {
			q := c.performanceQuery()
			q.Close = last
			out, err := ask(c, api.PerformanceShare, q)
			if err != nil {
				return err
			}
			return c.print(out, func(w io.Writer) {
				if out.Unchanged {
					fmt.Fprintf(w, "nothing differs from revision %d, which %s holds: nothing was sent\n", out.Revision, out.With)
					return
				}
				fmt.Fprintf(w, "%s revision %d of %s shared with %s: %s, %s\n", performance.Type, out.Revision, q.Window, out.With, node.Count(out.Series, "cell"), bytesText(int64(out.Bytes)))
				fmt.Fprintln(w, out.CID)
			})
		},
	}
	if last {
		v.short = "share the report of a window as the last word"
		v.long = "When the partner has closed it too, the window stands: nothing in it is revised any more. Until then it may be corrected, and stays closed."
		v.examples = []string{"kontor performance close --window 2026-10"}
	}
	return v
}

var performanceListVerb = verb{
	name: "list", short: "list the windows that somebody reports on", flags: []cli.Flag{withFlag()},
	examples: []string{"kontor performance list", "kontor performance list --json"},
	run: func(c *call) error {
		out, err := ask(c, api.PerformanceList, api.WithQuery{With: c.String("with")})
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			var rows [][]string
			for _, h := range out {
				own, other := "-", "-"
				for _, r := range h.Reports {
					text := fmt.Sprintf("revision %d", r.Revision)
					if r.Closed {
						text += ", closed"
					}
					if r.Own {
						own = text
					} else {
						other = text
					}
				}
				state := "open"
				if h.Closed {
					state = "closed by both"
				}
				if h.ByTerms {
					state = "closed by terms"
				}
				rows = append(rows, []string{h.Window.String(), h.With, state, own, other, tallyText(h.Tally), fmt.Sprint(h.Apart)})
			}
			table(w, []string{"window", "with", "state", "own", "partner's", "cells", "unequal lines"}, rows)
		})
	},
}

var performanceShowVerb = verb{
	name: "show", short: "show the reports of a window", flags: []cli.Flag{withFlag(), windowFlag()},
	examples: []string{"kontor performance show --window 2026-10", "kontor performance show --window 2026-10 --json"},
	run: func(c *call) error {
		out, err := ask(c, api.PerformanceShow, api.WindowQuery{With: c.String("with"), Window: c.String("window")})
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			for _, h := range out {
				state := "open"
				if h.Closed {
					state = "closed"
				}
				facts(w, "author", h.Author, "revision", fmt.Sprint(h.Revision), "state", state, "counted by", settingText(h.Document))
				printCells(w, h.Document)
			}
		})
	},
}

var performanceCompareVerb = verb{
	name: "compare", short: "hold both sides' reports of a window side by side", flags: []cli.Flag{withFlag(), windowFlag(),
		&cli.StringFlag{Name: "points", Usage: "`HUNDREDTHS` of a figure or share that may differ; default 0.5"},
		&cli.StringFlag{Name: "amount", Usage: "`UNITS` that may differ; default none"},
		&cli.BoolFlag{Name: "all", Usage: "also what is equal"}},
	long: "Equal; de minimis, where the mean stands; unequal, which is a dispute at level 0 until the lines are compared; or one side's word alone.\n" +
		"Both nodes get the same.",
	examples: []string{"kontor performance compare --window 2026-10", "kontor performance compare --window 2026-10 --points 1 --amount 10 --json"},
	run: func(c *call) error {
		out, err := ask(c, api.PerformanceCompare, desk.CompareQuery{With: c.String("with"), Window: c.String("window"), Points: c.String("points"), Amount: c.String("amount")})
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) { printComparison(w, out, c.Bool("all")) })
	},
}

var performanceReconcileVerb = verb{
	name: "reconcile", short: "find the lines in which two reports differ, and open those to both desks", exits: []int{wire.ExitRefused, wire.ExitNotNow},
	flags: []cli.Flag{withFlag(), windowFlag(), &cli.StringFlag{Name: "product", Usage: "`NUMBER`; default all cells whose lines differ"}, &cli.StringFlag{Name: "region", Usage: "`COUNTRY`"}},
	long: "Both offices walk the trees over their lines, hash by hash, down to the lines that differ. Those are shown to both sides, each proved to be\n" +
		"in the report its side signed; the others are not. At most 256 lines of a cell are ever opened. kontor performance opened lists them.",
	examples: []string{"kontor performance reconcile --window 2026-10", "kontor performance reconcile --window 2026-10 --product ZDV-300 --json"},
	run: func(c *call) error {
		out, err := ask(c, api.PerformanceReconcile, desk.ReconcileQuery{With: c.String("with"), Window: c.String("window"), Product: c.String("product"), Region: c.String("region")})
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			for _, cell := range out {
				fmt.Fprintf(w, "%s: %s\n", cell.Cell, node.Count(len(cell.Lines), "line"))
				printLines(w, cell.Lines)
				if cell.More {
					fmt.Fprintln(w, "there are more: tables that differ so much come from different sources")
				}
			}
		})
	},
}

var performanceOpenedVerb = verb{
	name: "opened", short: "list the lines that were opened, whoever asked", flags: []cli.Flag{withFlag()},
	examples: []string{"kontor performance opened", "kontor performance opened --json"},
	run:      answerWith(api.PerformanceOpened, printLines),
}
