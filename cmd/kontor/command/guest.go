package command

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"kontor/node"
	"kontor/node/api"
	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/node/intake"
)

// guestNoun serves partners without a node.
func guestNoun() *cli.Command {
	return noun("guest", "partners without a node: templates they fill in, what is recorded for them (evidence grade C), signed receipts",
		guestTemplate, guestTake, guestList, guestShow, guestMatch, guestReceipt)
}

var guestTemplate = verb{
	name: "template", short: "write a spreadsheet for a partner without a node to fill in", args: "NAME", exits: []int{wire.ExitRefused},
	flags: []cli.Flag{
		&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FILE` to write, which must not exist", Required: true},
		&cli.StringFlag{Name: "kind", Usage: "`KIND`: answer, for a supplier that commits of the draft forecast, or forecast, for a customer that says what it needs", Value: "answer"},
		&cli.StringFlag{Name: "due", Usage: "`DAY` by which it is wanted"},
		&cli.StringSliceFlag{Name: "product", Usage: "`ID` of a product in it; may be given often", DefaultText: "all of the draft, or all own items"},
		&cli.StringFlag{Name: "from", Usage: "first `PERIOD` of a template for a forecast: 2027-01 or 2027-W01"},
		&cli.IntFlag{Name: "periods", Usage: "`NUMBER` of its periods", Value: 12},
	},
	long: "Send the file by whatever way you have. Quantities, dates, reasons and notes are filled in; everything else is compared with what was sent when the\n" +
		"file comes back. Take it with kontor guest take FILE, kontor import FILE, or through inbox/.",
	examples: []string{"kontor guest template \"Small Shop\" --due 2027-01-15 -o shop.xlsx", "kontor guest template \"Corner Clinic\" --kind forecast --from 2027-01 --periods 6 -o clinic.xlsx"},
	run: func(c *call) error {
		out, err := ask(c, api.GuestTemplate, desk.GuestTemplate{Guest: c.Args().First(), Kind: c.String("kind"), Due: c.String("due"), Products: c.StringSlice("product"), From: c.String("from"), Periods: c.Int("periods")})
		if err != nil {
			return err
		}
		if err := writeNew(c.String("output"), out.Data); err != nil {
			return err
		}
		out.Data = nil
		return c.print(out, func(w io.Writer) {
			fmt.Fprintf(w, "wrote a template for %s to %s: %s to fill in\n", out.Guest, c.String("output"), node.Count(out.Rows, "line"))
		})
	},
}

var guestTake = verb{
	name: "take", short: "record what a partner without a node wrote into its template", args: "FILE", exits: []int{wire.ExitRefused, wire.ExitNotFound},
	flags: []cli.Flag{&cli.StringFlag{Name: "as", Usage: "`ROLE` that records it", Value: "DESK"}, &cli.BoolFlag{Name: "dry-run", Usage: "check the file and record nothing"}},
	long: "A cell that was not to be changed, a line that was not sent, a formula and a shortage without a reason refuse the file, each with its cell. What is\n" +
		"recorded keeps the hash of the file, who recorded it and the template, with evidence grade C: it is shown, matched and measured by itself, and triggers no remedy\n" +
		"unless the terms say so.",
	examples: []string{"kontor guest take shop.xlsx --as PLANNER"},
	run: func(c *call) error {
		out, err := upload(c, api.Import, api.ImportQuery{ImportOptions: desk.ImportOptions{Role: c.String("as"), DryRun: c.Bool("dry-run"), Format: "xlsx", File: c.Args().First()}})
		if err != nil {
			return err
		}
		return c.printImport(out)
	},
}

var guestList = verb{
	name: "list", short: "list what is recorded for partners without a node, the newest first", examples: []string{"kontor guest list"},
	run: func(c *call) error {
		out, err := ask(c, api.GuestList, wire.None{})
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			if len(out) == 0 {
				fmt.Fprintln(w, "nothing is recorded for a partner without a node")
				return
			}
			t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
			fmt.Fprintln(t, "RECORD\tTIME\tGUEST\tKIND\tGRADE\tLINES\tASKED\tGIVEN\tSOURCE")
			for _, r := range out {
				fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\n", r.Number, time.UnixMilli(r.T).UTC().Format("2006-01-02 15:04"), r.Guest, r.Kind, r.Grade, r.Cells, r.Asked, r.Given, r.Source.Activity)
			}
			t.Flush()
		})
	},
}

var guestShow = verb{
	name: "show", short: "show a record: what was asked for, what came back, and where it comes from", args: "NUMBER", exits: []int{wire.ExitNotFound}, examples: []string{"kontor guest show 1", "kontor guest show 1 --json"},
	run: func(c *call) error {
		q, err := guestQuery(c)
		if err != nil {
			return err
		}
		out, err := ask(c, api.GuestShow, q)
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			facts(w, "guest", out.Guest, "kind", string(out.Kind), "evidence", string(out.Grade)+": "+out.Evidence, "source", out.Source.SourceSystem+", "+out.Source.SourceRecord, "recorded", out.Source.Activity, "template", out.Source.Version)
			t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
			asked := "ASKED\t"
			if out.Kind == intake.Forecast {
				asked = ""
			}
			fmt.Fprintf(t, "PRODUCT\tREGION\tPERIOD\tUNIT\t%sGIVEN\tSHORT\tDATE\tREASON\tNOTE\n", asked)
			for _, l := range out.Lines {
				if asked != "" {
					asked = l.Asked.String() + "\t"
				}
				date := l.Date
				if l.Late {
					date += " (late)"
				}
				fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s%s\t%s\t%s\t%s\t%s\n", l.Product, l.Region, l.Period, l.Unit, asked, l.Given, l.Short, date, l.Reason, l.Note)
			}
			t.Flush()
		})
	},
}

var guestMatch = verb{
	name: "match", short: "match what is recorded for a partner without a node against capacity", args: "NAME", exits: []int{wire.ExitNotFound},
	long: "A customer's forecast stands against the lines and the stock of this company, a supplier's answer against the draft forecast, period by period; the newest\n" +
		"record counts. All of it is evidence of grade C: nobody but this company signed it, so it is a match of its own and no part of one with a partner.\n" +
		"What all customers together ask of the lines shows kontor capacity oversold --guests.",
	examples: []string{"kontor guest match \"Small Shop\"", "kontor guest match \"Corner Clinic\" --json"},
	run: func(c *call) error {
		if c.Args().First() == "" {
			return usagef("which partner? kontor guest list shows those for whom something is recorded")
		}
		out, err := ask(c, api.GuestMatch, desk.GuestName{Guest: c.Args().First()})
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			fmt.Fprintf(w, "record %d of %s, evidence %s: %s\n", out.Number, out.With, out.Grade, out.Evidence)
			printMatch(w, out.MatchView, true)
			if len(out.Exceptions) > 0 {
				fmt.Fprintf(w, "open about it: %s; see kontor exception list --guest %q\n", node.Count(len(out.Exceptions), "exception"), out.With)
			}
			for _, n := range out.Notes {
				fmt.Fprintf(w, "note: %s\n", n)
			}
		})
	},
}

var guestReceipt = verb{
	name: "receipt", short: "write a signed receipt of a record, for the partner to keep", args: "NUMBER", exits: []int{wire.ExitNotFound},
	flags:    []cli.Flag{&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FILE` to write, which must not exist; standard output where it is not given"}},
	long:     "The receipt names the file by its hash, the sums and the time, signed with this node's key. kontor audit receipt FILE checks it anywhere, without a node.",
	examples: []string{"kontor guest receipt 1 -o receipt.json"},
	run: func(c *call) error {
		q, err := guestQuery(c)
		if err != nil {
			return err
		}
		out, err := ask(c, api.GuestReceipt, q)
		if err != nil {
			return err
		}
		data, err := json.MarshalIndent(out, "", " ")
		if err != nil {
			return err
		}
		if path := c.String("output"); path != "" {
			return writeNew(path, append(data, '\n'))
		}
		_, err = c.stdout.Write(append(data, '\n'))
		return err
	},
}

func guestQuery(c *call) (desk.GuestQuery, error) {
	number, err := strconv.ParseInt(c.Args().First(), 10, 64)
	if err != nil || number < 1 {
		return desk.GuestQuery{}, usagef("%q is no number of a record; kontor guest list shows them", c.Args().First())
	}
	return desk.GuestQuery{Number: number}, nil
}

var auditReceipt = verb{
	name: "receipt", short: "verify the receipt of what a partner without a node sent, offline", args: "FILE", local: true, exits: []int{wire.ExitRefused},
	flags:    []cli.Flag{&cli.StringFlag{Name: "of", Usage: "the `FILE` that was sent: the receipt must be of it"}},
	long:     "Checks the signature and the hash. What it can't know is whose the key is: ask the company by a way you trust.",
	examples: []string{"kontor audit receipt receipt.json --of shop.xlsx"},
	run: func(c *call) error {
		read := func(path string) ([]byte, error) {
			f, err := os.Open(path)
			if err != nil {
				return nil, usagef("%v", err)
			}
			defer f.Close()
			return io.ReadAll(io.LimitReader(f, intake.MaxBytes+1))
		}
		data, err := read(c.Args().First())
		if err != nil {
			return err
		}
		var file []byte
		if path := c.String("of"); path != "" {
			if file, err = read(path); err != nil {
				return err
			}
		}
		body, key, err := desk.CheckReceipt(data, file)
		if err != nil {
			f := node.AsFailure(err)
			return wire.Problemf(f.Code, "%s", f.Text)
		}
		return c.print(body, func(w io.Writer) {
			facts(w, "company", body.Name+" "+body.Company.String(), "key", key.String(), "guest", body.Guest, "file", body.File, "received", time.UnixMilli(body.T).UTC().Format(time.RFC3339),
				"recorded by", body.Role, "evidence", string(body.Grade), "lines", fmt.Sprint(body.Cells), "asked", body.Asked.String(), "given", body.Given.String())
		})
	},
}
