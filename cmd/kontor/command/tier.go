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
	"kontor/protocol/tier"
)

func bomNoun() *cli.Command {
	return noun("bom", "the bill of materials, private to this company",
		importVerb("the bill of materials", "product, component, quantity per unit of the product, unit", api.BillImport))
}

func toFlag() cli.Flag {
	return &cli.StringFlag{Name: "to", Usage: "the `SUPPLIER`: name, company ID or partnership; may be left out with only one"}
}

func tierNoun() *cli.Command {
	return noun("tier", "what happens to suppliers when a customer's forecast changes",
		tierEdge, tierEdges, tierLead, tierPreview, tierGrant, tierGrants, tierRevoke, tierSuspend, tierStatus)
}

var tierEdge = verb{
	name: "edge", short: "say what happens to a supplier when a customer's forecast changes", flags: []cli.Flag{
		&cli.StringFlag{Name: "from", Usage: "the `CUSTOMER`; may be left out with only one"}, toFlag(),
		&cli.StringFlag{Name: "mode", Usage: "`MODE`: DERIVE explodes the bill of materials and shares new demand by itself; NOTIFY and ERP raise an exception until the supplier is told: by a planner, or by the next run of the planning system", Value: string(tier.Derive)},
		&cli.StringSliceFlag{Name: "components", Usage: "only these `COMPONENTS`, by comma"},
		&cli.StringFlag{Name: "step", Usage: "round what leaves to multiples of `Q`"},
		&cli.Int64Flag{Name: "hold-off", Usage: "`SECONDS` that coalesce changes after the first", Value: 900},
		&cli.BoolFlag{Name: "remove", Usage: "end the edge"},
	},
	examples: []string{"kontor tier edge --from \"Relief Agency\" --to \"Ingredient Maker\" --mode DERIVE"},
	run: func(c *call) error {
		if c.Bool("remove") {
			_, err := ask(c, api.TierEdgeEnd, api.EdgeName{From: c.String("from"), To: c.String("to")})
			return err
		}
		out, err := ask(c, api.TierEdgeSet, desk.EdgeOptions{From: c.String("from"), To: c.String("to"), Mode: tier.Mode(strings.ToUpper(c.String("mode"))),
			Components: c.StringSlice("components"), Step: c.String("step"), HoldOffSeconds: c.Int64("hold-off")})
		if err != nil {
			return err
		}
		if out.Note != "" {
			c.note("note: %s", out.Note)
		}
		return c.print(out, func(w io.Writer) { fmt.Fprintf(w, "demand of %s goes on to %s: %s\n", out.From, out.To, out.Mode) })
	},
}

var tierEdges = verb{
	name: "edges", short: "list the edges", examples: []string{"kontor tier edges"},
	run: func(c *call) error {
		out, err := ask(c, api.TierEdges, wire.None{})
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			var rows [][]string
			for _, e := range out {
				rows = append(rows, []string{e.From, e.To, string(e.Mode), list(e.Components), leads(e)})
			}
			table(w, []string{"from", "to", "mode", "components", "lead"}, rows)
		})
	},
}

// leads are the lead times an edge derives with, in buckets: the one for all products first, then those with one of their own.
func leads(e desk.EdgeView) string {
	if e.Mode != tier.Derive {
		return "-"
	}
	others, text := int64(0), ""
	for _, l := range e.Leads {
		if l.Product == "" {
			others = l.Buckets
			continue
		}
		text += fmt.Sprintf(", %s: %d", l.Product, l.Buckets)
	}
	return fmt.Sprint(others) + text
}

var tierLead = verb{
	name: "lead", short: "say how long before a product is needed its components must have arrived", args: "BUCKETS", most: 1, flags: []cli.Flag{
		&cli.StringFlag{Name: "product", Usage: "only this `PRODUCT`; without it, all that have no lead time of their own"}},
	long: "BUCKETS are months where the customer's forecast is by month, weeks where it is by week; none where nothing was said. Edges in mode DERIVE ask their\n" +
		"suppliers that much earlier, from the next change on. \"none\" takes a lead time back. kontor tier edges shows what each edge derives with.",
	examples: []string{"kontor tier lead 1", "kontor tier lead 2 --product 1020", "kontor tier lead none --product 1020"},
	run: func(c *call) error {
		in := desk.LeadOptions{Lead: desk.Lead{Product: c.String("product")}}
		if text := c.Args().First(); text == "none" {
			in.Remove = true
		} else if n, err := strconv.ParseInt(text, 10, 32); err != nil {
			return usagef("lead time %q is no number of buckets; 0 to %d, or none, is right", text, desk.MaxLead)
		} else {
			in.Buckets = n
		}
		out, err := ask(c, api.TierLeadSet, in)
		if err != nil {
			return err
		}
		if out.Note != "" {
			c.note("note: %s", out.Note)
		}
		return c.print(out, func(w io.Writer) {
			of := "every product without a lead time of its own"
			if out.Product != "" {
				of = "product " + out.Product
			}
			if in.Remove {
				fmt.Fprintf(w, "%s: the lead time is taken back\n", of)
				return
			}
			fmt.Fprintf(w, "%s: components arrive %s before\n", of, node.Count(out.Buckets, "bucket"))
		})
	},
}

var tierSuspend = verb{
	name: "suspend", short: "stop an edge, or let it go on", flags: []cli.Flag{toFlag(),
		&cli.StringFlag{Name: "reason", Usage: "why, in `WORDS`"}, &cli.BoolFlag{Name: "resume", Usage: "let it go on"}},
	examples: []string{"kontor tier suspend --to \"Ingredient Maker\" --reason \"new bill of materials\"", "kontor tier suspend --resume"},
	run: func(c *call) error {
		_, err := ask(c, api.TierSuspend, api.SuspendEdge{To: c.String("to"), Reason: c.String("reason"), Resume: c.Bool("resume")})
		return err
	},
}

var tierStatus = verb{
	name: "status", short: "say what left to a supplier last, and what waits", flags: []cli.Flag{toFlag()}, examples: []string{"kontor tier status"},
	run: func(c *call) error {
		out, err := ask(c, api.TierState, api.ToQuery{To: c.String("to")})
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			if out.Last.CID == "" {
				fmt.Fprintf(w, "nothing was passed on to %s yet\n", out.To)
			} else {
				fmt.Fprintf(w, "last passed on to %s at %s: revision %d, %s, %d ms after the cause settled here\n%s\n", out.To, moment(out.Last.At), out.Last.Revision,
					node.Count(out.Last.Lines, "line"), out.Last.Milliseconds, out.Last.CID)
			}
			if out.Note != "" {
				fmt.Fprintf(w, "nothing leaves now: %s\n", out.Note)
			}
			if out.DueAt != 0 {
				fmt.Fprintf(w, "changes wait until %s\n", moment(out.DueAt))
			}
			if out.Suspended != nil {
				fmt.Fprintf(w, "suspended: %+v\n", *out.Suspended)
			}
		})
	},
}

var tierPreview = verb{
	name: "preview", short: "show what a supplier would see, and what it could work out", flags: []cli.Flag{toFlag()},
	examples: []string{"kontor tier preview --to \"Ingredient Maker\""},
	run: func(c *call) error {
		out, err := ask(c, api.TierPreview, api.ToQuery{To: c.String("to")})
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) { printTierPreview(w, out) })
	},
}

func printTierPreview(w io.Writer, v desk.TierPreview) {
	fmt.Fprintf(w, "as %s would see it: %s, from %s\n", v.To, node.Count(v.Components, "component"), node.Count(v.Customers, "customer"))
	var rows [][]string
	for _, s := range v.Sees {
		rows = append(rows, []string{s.Field, s.What, s.Why})
	}
	table(w, []string{"field", "what", "why it may"}, rows)
	fmt.Fprintf(w, "never seen: %s\n", v.NeverSees)
	if len(v.Kept) > 0 {
		fmt.Fprintf(w, "stay at the figures told last, because new ones would show a customer's change: %s\n", strings.Join(v.Kept, ", "))
	}
	if len(v.Held) > 0 {
		fmt.Fprintf(w, "held back until an officer grants it: %s\n", strings.Join(v.Held, ", "))
	}
	for _, s := range v.Inferable {
		fmt.Fprintf(w, "inferable: %s\n", s)
	}
	if len(v.WithoutBill) > 0 {
		fmt.Fprintf(w, "without a bill of materials: %s\n", strings.Join(v.WithoutBill, ", "))
	}
}
