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
	"kontor/protocol/quantity"
)

// This file is what people ask of terms once they are in force; how they come into force is in terms.go.

var termsPriceVerb = verb{
	name: "price", short: "say what a quantity costs by the terms in force", args: "PRODUCT QUANTITY", most: 2, exits: []int{wire.ExitRefused}, flags: []cli.Flag{withFlag(), contractFlag(), dayFlag("`DAY` whose price counts"),
		&cli.StringFlag{Name: "unit", Usage: "UN/ECE Rec 20 `CODE` of the quantity", DefaultText: "the clause's"}, &cli.BoolFlag{Name: "draft", Usage: "by the draft"}},
	examples: []string{"kontor terms price ZDV-300 1200 --on 2027-03-01", "kontor terms price ZDV-300 1200 --draft --json"},
	run: func(c *call) error {
		out, err := ask(c, api.TermsPrice, desk.PriceQuery{TermsQuery: c.termsQuery(), Product: c.Args().Get(0), Quantity: c.Args().Get(1), Unit: c.String("unit"), Day: c.String("on"), Draft: c.Bool("draft")})
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			for _, l := range out.Lines {
				for _, p := range l.Parts {
					fmt.Fprintf(w, "%s %s at %s %s per %s\n", p.Quantity, l.Unit, p.Price.Amount, p.Price.Currency, p.Price.Per)
				}
				if l.Index != nil {
					fmt.Fprintf(w, "index: %s in %s%s\n", l.Index.Value, l.Index.Month.Month(), when(l.Collar != "", ", held by the collar ("+l.Collar+")"))
				}
				fmt.Fprintf(w, "%s %s of %s on %s by clause %q of %s: %s\n", l.Quantity, l.Unit, l.Product, l.Day, l.Clause, out.Contract, out.Total)
			}
		})
	},
}

var termsIndexVerb = verb{
	name: "index", short: "keep a published value of an index", args: "NAME MONTH=VALUE", most: 2,
	long:     "For months the terms do not fix themselves. It stays at home: the partner reads it where it is published.",
	examples: []string{"kontor terms index energy 2027-03=104.2"},
	run: func(c *call) error {
		month, value, ok := strings.Cut(c.Args().Get(1), "=")
		v, err := quantity.Parse(value)
		if !ok || err != nil {
			return usagef("%q: want MONTH=VALUE, such as 2027-03=104.2", c.Args().Get(1))
		}
		out, err := ask(c, api.TermsIndex, desk.IndexEntry{Index: c.Args().First(), Month: month, Value: v})
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) { fmt.Fprintf(w, "%s stood at %s in %s\n", out.Index, out.Value, out.Month) })
	},
}

var termsExposureVerb = verb{
	name: "exposure", short: "say what the buyer's authorisations have the seller carry", args: "[PRODUCT]", most: 1, exits: []int{wire.ExitRefused}, flags: []cli.Flag{withFlag(), contractFlag(), dayFlag("as of `DAY`"),
		&cli.StringFlag{Name: "received", Usage: "`QUANTITY` of the product received since the cumulative quantities began"}, &cli.StringFlag{Name: "invoiced", Usage: "`QUANTITY` invoiced"},
		&cli.StringFlag{Name: "reused", Usage: "`QUANTITY` made and used elsewhere, with evidence"}, &cli.StringFlag{Name: "reused-raw", Usage: "material for this `QUANTITY` used elsewhere"},
		&cli.StringFlag{Name: "event", Usage: "`KIND`: CANCEL, END_OF_LIFE or SHORTFALL"}, &cli.StringFlag{Name: "since", Usage: "`DAY` of the event", DefaultText: "today"}},
	long: "High-water marks over all forecasts shared in the cumulative year, less what was received or invoiced, whichever is more, and what was used elsewhere. It is no debt:\n" +
		"only an event makes a claim of it, after the ageing the terms name.",
	examples: []string{"kontor terms exposure", "kontor terms exposure ZDV-300 --received 4000 --invoiced 4200 --event CANCEL --since 2027-03-01"},
	run: func(c *call) error {
		out, err := ask(c, api.TermsExposure, desk.ExposureQuery{TermsQuery: c.termsQuery(), Product: c.Args().First(), Received: c.String("received"), Invoiced: c.String("invoiced"), Made: c.String("reused"),
			Parts: c.String("reused-raw"), Event: c.String("event"), Since: c.String("since"), Day: c.String("on")})
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			for _, b := range out.LastBuys {
				fmt.Fprintf(w, "last-time buy: %s takes %s %s of %s in %s, by agreement %s\n", b.By, b.Quantity, b.Unit, b.Product, b.Bucket, short(b.Agreement.String()))
			}
			fmt.Fprintf(w, "by %s with %s, over %s of the forecast\n", orDash(out.Contract), out.With, node.Count(out.Versions, "version"))
			var rows [][]string
			for _, l := range out.Lines {
				rows = append(rows, []string{l.Line, l.FabHigh.String(), l.RawHigh.String(), l.Taken.String(), l.Finished.String(), l.Raw.String(), l.Value.String(), l.Claim.Amount.String(), l.Claim.Why})
			}
			table(w, []string{"line", "made up to", "material up to", "taken", "finished", "raw", "worth", "claim", "why"}, rows)
		})
	},
}

var termsFlexVerb = verb{
	name: "flex", short: "judge a revised forecast by the flex bands in force", flags: []cli.Flag{withFlag(), contractFlag()}, exits: []int{wire.ExitRefused},
	long:     "The buyer's draft, where there is one that differs, else the forecast in force; against the version the seller has answered, else the one before.",
	examples: []string{"kontor terms flex --json"},
	run: func(c *call) error {
		out, err := ask(c, api.TermsFlex, c.termsQuery())
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			verdict := "every move is inside the bands"
			if !out.Inside {
				verdict = "not every move is inside the bands"
			}
			fmt.Fprintf(w, "%s of %s with %s: %s\n", verdict, out.Contract, out.With, node.Count(len(out.Cells), "cell")+" moved")
			var rows [][]string
			for _, x := range out.Cells {
				rows = append(rows, []string{x.Product, x.Bucket.String(), string(x.Zone), x.Old.String(), x.New.String(), x.Low.String(), x.High.String(), fmt.Sprint(x.Inside), x.Why})
			}
			table(w, []string{"product", "period", "zone", "was", "is", "low", "high", "inside", "why"}, rows)
		})
	},
}

var termsDatesVerb = verb{
	name: "dates", short: "list the next meetings, and when reports of the SLAs are due", flags: []cli.Flag{withFlag(), contractFlag(), &cli.StringFlag{Name: "from", Usage: "from `DAY` on", DefaultText: "today"}}, exits: []int{wire.ExitRefused},
	examples: []string{"kontor terms dates --from 2027-01-01"},
	run: func(c *call) error {
		out, err := ask(c, api.TermsDates, api.TermsDatesQuery{TermsQuery: c.termsQuery(), From: c.String("from")})
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			var rows [][]string
			for _, t := range out {
				for _, m := range t.Meetings {
					rows = append(rows, []string{m.Day.String(), t.Contract, m.Cadence, m.Name})
				}
				for _, x := range t.Windows {
					for _, d := range x.Reports {
						rows = append(rows, []string{d.Due.String(), t.Contract, x.SLA, fmt.Sprintf("%s of the %s for %s; corrected until %s", d.What, d.By, x.Period, d.CorrectUntil)})
					}
				}
			}
			table(w, []string{"day", "contract", "clause", "what"}, rows)
		})
	},
}
