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
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
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

func tallyText(tally map[performance.Verdict]int) string {
	var parts []string
	for _, v := range []performance.Verdict{performance.Equal, performance.DeMinimis, performance.Unequal, performance.OneSided} {
		if n := tally[v]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, strings.ToLower(strings.ReplaceAll(string(v), "_", " "))))
		}
	}
	return strings.Join(parts, ", ")
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

func settingText(d performance.Document) string {
	var parts []string
	for _, p := range d.Delivery {
		parts = append(parts, p.Name+"="+p.Value)
	}
	if len(parts) == 0 {
		return "-"
	}
	return strings.Join(parts, " ")
}

// printCells prints the figures that any cell of a report has.
func printCells(w io.Writer, d performance.Document) {
	const most = 200 // a screen is not a spreadsheet; --json has all
	head := []string{"product", "place", "bucket", "unit"}
	var figures []performance.Figure
	for _, f := range performance.Figures {
		for _, c := range d.Cells {
			if *c.At(f) != nil {
				figures, head = append(figures, f), append(head, string(f))
				break
			}
		}
	}
	var rows [][]string
	for i, c := range d.Cells {
		if i == most {
			break
		}
		row := []string{c.Item.ID(), c.Place.Key(), c.Bucket.String(), string(c.Unit)}
		for _, f := range figures {
			row = append(row, amountText(*c.At(f)))
		}
		lines, due := "-", "-"
		if c.Lines != nil {
			lines = fmt.Sprintf("%d %x", c.Lines.Count, c.Lines.Root[:4])
		}
		if x := c.Deliveries; x != nil {
			due = fmt.Sprintf("%d on time, %d in full, %d both of %d", x.OnTime, x.InFull, x.Both, x.Due)
		}
		rows = append(rows, append(row, due, lines))
	}
	table(w, append(head, "deliveries", "lines"), rows)
	printService(w, d.Cells[:min(len(d.Cells), most)])
	if n := len(d.Cells) - most; n > 0 {
		fmt.Fprintf(w, "and %d more cells; --json has all\n", n)
	}
}

// printService prints what cells count of lines and orders filled, of perfect orders and of lead times.
func printService(w io.Writer, cells []performance.Cell) {
	var rows [][]string
	filled := func(f *performance.Filled) string {
		if f == nil {
			return "-"
		}
		return fmt.Sprintf("lines %d (later %d) of %d, orders %d (later %d) of %d", f.Lines.First, f.Lines.Whole, f.Lines.Due, f.Orders.First, f.Orders.Whole, f.Orders.Due)
	}
	for _, c := range cells {
		s := c.Service
		if s == nil {
			continue
		}
		perfect, lead := "-", "-"
		if p := s.Perfect; p != nil {
			perfect = fmt.Sprintf("%d of %d: %d on time, %d in full, %d undamaged, %d with right documents", p.All, p.Due, p.OnTime, p.InFull, p.Undamaged, p.Documents)
		}
		if l := s.Lead; l != nil {
			lead = fmt.Sprintf("%s of %s", node.Count(int(l.Days), "day"), node.Count(int(l.Due), "order"))
		}
		rows = append(rows, []string{c.Item.ID(), c.Place.Key(), c.Bucket.String(), filled(s.Shipped), filled(s.Received), perfect, lead})
	}
	if len(rows) > 0 {
		fmt.Fprintln(w)
		table(w, []string{"product", "place", "bucket", "filled by despatches", "filled by receipts", "perfect orders", "lead time"}, rows)
	}
}

func amountText(q *quantity.Quantity) string {
	if q == nil {
		return "-"
	}
	return q.String()
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

func printComparison(w io.Writer, out performance.Comparison, all bool) {
	var rows [][]string
	for _, x := range out.Cells {
		for _, f := range x.Figures {
			if all || f.Verdict != performance.Equal {
				rows = append(rows, []string{x.Item.ID(), x.Place.Key(), x.Bucket.String(), string(f.Figure), amountText(f.Buyer), amountText(f.Seller), string(f.Verdict), amountText(f.Stands)})
			}
		}
		for _, s := range x.Deliveries {
			if all || s.Verdict != performance.Equal {
				rows = append(rows, []string{x.Item.ID(), x.Place.Key(), x.Bucket.String(), s.Measure, fmt.Sprintf("%d of %d", s.BuyerHas, s.BuyerOf), fmt.Sprintf("%d of %d", s.SellerHas, s.SellerOf), string(s.Verdict), ""})
			}
		}
		if x.Units {
			rows = append(rows, []string{x.Item.ID(), x.Place.Key(), x.Bucket.String(), "unit", "", "", "OTHER_UNITS", ""})
		}
		if all || x.Lines == performance.LinesUnequal || x.Lines == performance.LinesOther {
			rows = append(rows, []string{x.Item.ID(), x.Place.Key(), x.Bucket.String(), "lines", "", "", string(x.Lines), ""})
		}
	}
	table(w, []string{"product", "place", "bucket", "what", "buyer", "seller", "verdict", "stands"}, rows)
	fmt.Fprintf(w, "cells: %s\n", tallyText(out.Tally))
	if out.Definition == performance.Unequal {
		fmt.Fprintln(w, "note: the two count deliveries by different definitions; kontor performance show has both")
	}
	if out.Apart > 0 {
		fmt.Fprintf(w, "lines differ in %s: kontor performance reconcile --window %s\n", node.Count(out.Apart, "cell"), out.Window)
	}
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
	run: func(c *call) error {
		out, err := ask(c, api.PerformanceOpened, api.WithQuery{With: c.String("with")})
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) { printLines(w, out) })
	},
}

func printLines(w io.Writer, lines []desk.LineView) {
	var rows [][]string
	for _, l := range lines {
		one := l.Ours
		if one == nil {
			one = l.Theirs
		}
		if one == nil {
			continue
		}
		rows = append(rows, []string{l.Window.String(), one.Order, one.Line, one.Item, lineText(l.Ours), lineText(l.Theirs), strings.Join(l.Differs, ", ")})
	}
	table(w, []string{"window", "order", "line", "product", "ours", "theirs", "differs in"}, rows)
}

// lineText is what a side says of a line.
func lineText(l *performance.Line) string {
	if l == nil {
		return "no such line"
	}
	if l.Event == "" {
		return fmt.Sprintf("ordered %s due %s, nothing came", amountText(l.Ordered), l.Due)
	}
	return fmt.Sprintf("ordered %s due %s, %s %s on %s", amountText(l.Ordered), l.Due, amountText(l.Accepted), strings.ToLower(string(l.Event)), l.Date)
}
