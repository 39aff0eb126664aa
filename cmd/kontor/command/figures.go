package command

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"kontor/node"
	"kontor/node/api"
	"kontor/node/api/wire"
	"kontor/node/client"
	"kontor/node/desk"
	"kontor/node/intake"
	"kontor/node/intake/door"
)

// importFlags are the flags of every command that reads a file of figures.
var importFlags = []cli.Flag{
	&cli.StringFlag{Name: "format", Usage: "`NAME`: " + strings.Join(door.Formats(), ", ") + "; found by content where it is not given"},
	&cli.StringFlag{Name: "sheet", Usage: "`NAME` of a workbook's sheet; the first with cells where it is not given"},
	&cli.StringSliceFlag{Name: "place", Usage: "what a code of the sender's means, `CODE=PLACE`, the place a GLN, UN/LOCODE or ISO 3166 region; may be given often"},
	&cli.StringFlag{Name: "map", Usage: "mapping `FILE` (YAML, JSON or CSV) that says what odd columns, units and codes mean"},
	&cli.BoolFlag{Name: "save", Usage: "keep the mapping for such files: of the kind, and of the partner where --from names one"},
	&cli.StringFlag{Name: "from", Usage: "`PARTNER` whose file it is: its own mapping is used, where one is kept"},
	&cli.BoolFlag{Name: "dry-run", Usage: "say what would change and change nothing"},
	&cli.BoolFlag{Name: "skip-bad", Usage: "leave bad lines out and list them, instead of refusing the file"},
	&cli.StringFlag{Name: "decimal", Usage: "decimal `MARK`, \".\" or \",\", where the file leaves it in doubt"},
	&cli.StringFlag{Name: "date-order", Usage: "`DMY or MDY`, where the file leaves it in doubt"},
	&cli.StringFlag{Name: "unit", Usage: "UN/ECE Rec 20 `CODE` for a file without a unit column"},
	&cli.StringFlag{Name: "transit", Usage: "`DAYS` from shipment to delivery, for a message with dates of both"},
	&cli.StringFlag{Name: "once", Usage: "`NAME` of this import: a second one of that name is refused, so that a script may try again after a node stopped"},
}

// importVerb makes the command that takes one kind of file.
func importVerb(what string, columns string, route wire.Route[desk.ImportOptions, desk.ImportResult]) verb {
	return verb{
		name: "import", short: "take " + what + " from a file", args: "FILE", flags: importFlags, exits: []int{wire.ExitRefused},
		long: "A table (CSV or XLSX), or a message of another system: kontor import --help lists the formats.\n" +
			"Columns of a table, by any common name, in any order and case: " + columns + ".\n" +
			"Delimiter, decimal mark, encoding and date form are found by content; what is in doubt is asked, not guessed.\n" +
			"A file with one bad line imports nothing unless --skip-bad is given. FILE \"-\" is standard input.",
		examples: []string{"kontor " + nounOf(route.Path) + " import " + nounOf(route.Path) + ".csv", "kontor " + nounOf(route.Path) + " import --dry-run " + nounOf(route.Path) + ".csv"},
		run: func(c *call) error {
			o, err := c.importOptions()
			if err != nil {
				return err
			}
			out, err := upload(c, route, o)
			if err != nil {
				return err
			}
			return c.printImport(out)
		},
	}
}

// importOptions are the options that importFlags set.
func (c *call) importOptions() (desk.ImportOptions, error) {
	mapping, err := c.mappingText()
	file := ""
	if path := c.Args().First(); path != "-" {
		file = filepath.Base(path)
	}
	return desk.ImportOptions{Map: mapping, Save: c.Bool("save"), From: c.String("from"), File: file, SkipBad: c.Bool("skip-bad"), DryRun: c.Bool("dry-run"), Decimal: c.String("decimal"), DateOrder: c.String("date-order"), Unit: c.String("unit"),
		Replace: c.Bool("replace"), Once: c.String("once"), Format: c.String("format"), Sheet: c.String("sheet"), Places: c.StringSlice("place"), Transit: c.String("transit"),
		Reason: c.String("reason"), Lines: c.StringSlice("line")}, err
}

// mappingText is the mapping that --map names.
func (c *call) mappingText() (string, error) {
	path := c.String("map")
	if path == "" {
		if c.Bool("save") {
			return "", usagef("--save keeps the mapping that --map names; name one")
		}
		return "", nil
	}
	f, err := os.Open(path)
	if err != nil {
		return "", usagef("--map: %v", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, intake.MaxMapping+1))
	if err != nil {
		return "", usagef("--map: %v", err)
	}
	if _, err := intake.ParseMapping(text); err != nil {
		return "", usagef("--map %s: %v", path, err)
	}
	return string(text), nil
}

func (c *call) printImport(out desk.ImportResult) error {
	for _, n := range out.Notes {
		c.note("note: %s", n.String())
	}
	for _, line := range out.Skipped {
		c.note("left out: line %d", line)
	}
	for _, w := range out.Worklist {
		c.note("not known: product %q, %s from line %d on", w.Product, node.Count(w.Count, "line"), w.Lines[0])
	}
	if len(out.Worklist) > 0 {
		c.note("say what they are, then import the file again: kontor product import FILE, or kontor product map OWN THEIRS (kontor product list --worklist)")
	}
	return c.print(out, func(w io.Writer) {
		verb := "imported"
		if out.DryRun {
			verb = "would import"
		}
		fmt.Fprintf(w, "%s %s: %d new, %d changed, %d unchanged\n", verb, node.Count(out.Imported, "line"), out.Added, out.Changed, out.Unchanged)
		if out.Difference != nil {
			printDifference(w, out.Difference)
		}
		if out.Number > 0 {
			fmt.Fprintf(w, "import %d; kontor import undo %d puts back what stood before\n", out.Number, out.Number)
		}
	})
}

// printDifference shows what an import changes of what is there.
func printDifference(w io.Writer, d *desk.Difference) {
	fmt.Fprintf(w, "cells: %d added, %d changed, %d removed; %d of them material\n", d.Added, d.Changed, d.Removed, d.Material)
	if len(d.Cells) == 0 {
		return
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "OF\tPERIOD\tFIGURE\tBEFORE\tAFTER\tMATERIAL")
	for _, c := range d.Cells {
		material := "no"
		if c.Material {
			material = "yes"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", c.Series, cmp.Or(c.Period, "-"), c.Figure, cmp.Or(c.Before, "-"), cmp.Or(c.After, "-"), material)
	}
	t.Flush()
	if d.Further > 0 {
		fmt.Fprintf(w, "and %s more\n", node.Count(d.Further, "cell"))
	}
}

func nounOf(path string) string {
	parts := bytes.Split([]byte(path), []byte("/"))
	return string(parts[2])
}

// upload sends the file named by the first argument to a route.
func upload[In, Out any](c *call, route wire.Route[In, Out], in In) (Out, error) {
	return uploadFrom(c, route, in, c.Args().First())
}

// uploadFrom sends the file of a path.
func uploadFrom[In, Out any](c *call, route wire.Route[In, Out], in In, path string) (Out, error) {
	var none Out
	file, size, err := c.inputFile(path)
	if err != nil {
		return none, err
	}
	defer file.Close()
	n, err := c.node()
	if err != nil {
		return none, err
	}
	defer n.Close()
	p := c.progress("importing", size)
	defer p.Done()
	return client.Upload(c.Context.Context, n, route, in, p.Reader(file))
}

// inputFile opens a file, or for "-" standard input, of which nobody knows the size.
func (c *call) inputFile(path string) (io.ReadCloser, int64, error) {
	if path == "-" {
		return io.NopCloser(c.stdin), -1, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, usagef("%v", err)
	}
	info, err := f.Stat()
	switch {
	case err != nil:
		f.Close()
		return nil, 0, usagef("%v", err)
	case info.IsDir():
		f.Close()
		return nil, 0, usagef("%s is a directory; name a file", path)
	case !info.Mode().IsRegular():
		return f, -1, nil
	}
	return f, info.Size(), nil
}

// historyImport adds to what every import takes that a file may be the whole history.
func historyImport() verb {
	v := importVerb("past demand", "product, region (ISO 3166), period (month, ISO week or date), quantity", api.HistoryImport)
	v.flags = append(append([]cli.Flag{}, v.flags...), &cli.BoolFlag{Name: "replace", Usage: "the file is the whole history: months it does not name are gone"})
	return v
}

func historyNoun() *cli.Command {
	return noun("history", "past demand, private to this company",
		historyImport())
}

func stockNoun() *cli.Command {
	return noun("stock", "stock on hand, in transit and backlog, private until shared with a capacity plan",
		importVerb("stock", "product, region, on hand, in transit, backlog", api.StockImport),
		verb{
			name: "list", short: "list the stock of every product and place, and how old the count is", examples: []string{"kontor stock list", "kontor stock list --json"},
			run: func(c *call) error { return c.stock("") },
		},
		verb{
			name: "show", short: "show the stock of one product at all its places", args: "PRODUCT", examples: []string{"kontor stock show ZDV-300"}, exits: []int{wire.ExitNotFound},
			run: func(c *call) error {
				if c.Args().First() == "" {
					return usagef("which product? kontor stock list shows those there are")
				}
				return c.stock(c.Args().First())
			},
		})
}

// stock prints the stock of a product, or of all.
func (c *call) stock(product string) error {
	out, err := ask(c, api.StockList, desk.StockQuery{Product: product})
	if err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) {
		if len(out) == 0 {
			fmt.Fprintln(w, "no stock is known here; take a file of it: kontor stock import FILE")
			return
		}
		var rows [][]string
		for _, s := range out {
			rows = append(rows, []string{s.Product, cmp.Or(s.Place, s.Region, "-"), cmp.Or(string(s.Unit), "-"), s.OnHand.String(), s.InTransit.String(), s.Backlog.String(), s.Free.String(), s.AsOf, node.Count(s.Age, "day")})
		}
		table(w, []string{"product", "place", "unit", "on hand", "in transit", "backlog", "free", "counted on", "age"}, rows)
	})
}

func priceNoun() *cli.Command {
	return noun("price", "what a unit is worth to this company, private",
		verb{
			name: "import", short: "take unit values from a CSV file", args: "FILE",
			long:     "Columns: product, price, currency and, if the price is not for one unit, per. They put a value on exceptions and never leave.",
			examples: []string{"kontor price import prices.csv"},
			run: func(c *call) error {
				out, err := upload(c, api.PriceImport, wire.None{})
				if err != nil {
					return err
				}
				return c.print(out, func(w io.Writer) { fmt.Fprintf(w, "imported %s\n", node.Count(out.Count, "price")) })
			},
		})
}
