package command

import (
	"fmt"
	"io"
	"math/big"
	"strings"

	"github.com/urfave/cli/v2"

	"kontor/node/api"
	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/protocol/capacity"
	"kontor/protocol/quantity"
)

var slotVerb = verb{
	name: "slot", short: "set capacity aside for a partner, or take it back", args: "ID",
	flags: []cli.Flag{withFlag(),
		&cli.StringFlag{Name: "line", Usage: "`LINE` that makes it", Required: true},
		&cli.StringFlag{Name: "product", Usage: "`PRODUCT`, as the partner's forecast names it"},
		&cli.StringFlag{Name: "region", Usage: "only for this `REGION`"},
		&cli.StringFlag{Name: "period", Usage: "`PERIOD`: 2027-03, 2027-W10, or FROM/TO"},
		&cli.StringFlag{Name: "quantity", Usage: "`N` in the product's unit"},
		&cli.StringFlag{Name: "status", Usage: "`STATUS`: OFFERED, RESERVED, COMMITTED, RELEASED or CONSUMED", DefaultText: "RESERVED"},
		&cli.StringFlag{Name: "forecast-line", Usage: "`KEY` of the forecast line it is for; default every line of the product"},
		&cli.StringFlag{Name: "expires", Usage: "last `DAY` on which it is held"},
		&cli.BoolFlag{Name: "remove", Usage: "take it out of the plan"},
	},
	long: "A slot that is reserved or committed comes before every share of its line: it is the guaranteed minimum. It stays at home until the plan is shared.\n" +
		"When the forecast behind it moves by more than five percent and one lot it is NEEDS_REVIEW on both nodes, until the next plan.",
	examples: []string{"kontor capacity slot march --line L1 --product TDF300-30 --period 2027-03 --quantity 5000", "kontor capacity slot march --line L1 --remove"},
	exits:    []int{wire.ExitRefused, wire.ExitNotFound},
	run: func(c *call) error {
		out, err := ask(c, api.CapacitySlot, desk.SlotPlan{With: c.String("with"), ID: c.Args().First(), Line: c.String("line"), Product: c.String("product"), Region: c.String("region"),
			Period: c.String("period"), Quantity: c.String("quantity"), Forecast: c.String("forecast-line"), Status: strings.ToUpper(c.String("status")), Expires: c.String("expires"), Remove: c.Bool("remove")})
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			if c.Bool("remove") {
				fmt.Fprintf(w, "slot %s is taken back; the partner sees it with the next plan: kontor capacity share\n", out.ID)
				return
			}
			fmt.Fprintf(w, "slot %s: %s of %s in %s, %s; the partner sees it with the next plan: kontor capacity share\n", out.ID, out.Quantity, out.Product, out.Bucket, out.Status)
		})
	},
}

var slotsVerb = verb{
	name: "slots", short: "list the slots of the plan in force", flags: []cli.Flag{withFlag()}, exits: []int{wire.ExitNotFound},
	long:     "The same on both nodes. NEEDS_REVIEW: the forecast behind a slot moved materially since the plan that holds it; RELEASED too once its last day is over.",
	examples: []string{"kontor capacity slots --with \"Relief Agency\"", "kontor capacity slots --json"},
	run: func(c *call) error {
		out, err := ask(c, api.CapacitySlots, api.WithQuery{With: c.String("with")})
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			var rows [][]string
			for _, v := range out {
				moved := "-"
				if v.State == capacity.SlotNeedsReview {
					moved = v.Was.String() + " to " + v.Is.String()
				}
				rows = append(rows, []string{v.Slot.ID, v.Group, v.Slot.Product, v.Slot.Bucket.String(), v.Slot.Quantity.String(), string(v.State), moved})
			}
			table(w, []string{"slot", "line", "product", "period", "quantity", "state", "forecast moved"}, rows)
		})
	},
}

var allocateVerb = verb{
	name: "allocate", short: "say by what a line is divided among its products", args: "LINE",
	flags: []cli.Flag{
		&cli.StringFlag{Name: "rule", Usage: "`RULE`: trailing-receipts, agreed-share, priority or equal", Required: true},
		&cli.StringSliceFlag{Name: "share", Usage: "`PRODUCT=SHARE`, by comma or again: TDF300-30=40%; by priority the most each may get, in this order"},
	},
	long: "Slots set aside come first under every rule, and none looks at the forecast in force: that would pay whoever forecasts most. The partner sees the rule and its\n" +
		"own share, nobody else's. Trailing receipts, the default, leave as equal parts where other customers stand behind them and no officer granted it.",
	examples: []string{"kontor capacity allocate L1 --rule agreed-share --share TDF300-30=40% --share EFV600-30=60%", "kontor capacity allocate L1 --rule trailing-receipts"},
	exits:    []int{wire.ExitNotFound},
	run: func(c *call) error {
		in := desk.LineAllocation{Line: c.Args().First(), Rule: capacity.AllocationRule(strings.ToUpper(strings.ReplaceAll(c.String("rule"), "-", "_")))}
		for _, text := range c.StringSlice("share") {
			s, err := parseShare(text)
			if err != nil {
				return err
			}
			in.Shares = append(in.Shares, s)
		}
		out, err := ask(c, api.CapacityAllocate, in)
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			fmt.Fprintf(w, "line %s is divided by %s; the partner sees it with the next plan: kontor capacity share\n", out.Line, strings.ToLower(string(out.Rule)))
		})
	},
}

// parseShare reads PRODUCT=40%.
func parseShare(text string) (s capacity.ProductShare, err error) {
	product, share, ok := strings.Cut(text, "=")
	r, good := new(big.Rat).SetString(strings.TrimSuffix(share, "%"))
	if !ok || !good || product == "" || !strings.HasSuffix(share, "%") {
		return s, usagef("--share %q: want PRODUCT=SHARE in percent, TDF300-30=40%%", text)
	}
	r.Mul(r, big.NewRat(10_000, 1))
	if !r.IsInt() || !r.Num().IsInt64() {
		return s, usagef("--share %q: at most four decimals", text)
	}
	return capacity.ProductShare{Product: product, PPM: r.Num().Int64()}, nil
}

var allocationVerb = verb{
	name: "allocation", short: "list by what each line is divided",
	examples: []string{"kontor capacity allocation"},
	run: func(c *call) error {
		out, err := ask(c, api.CapacityAllocation, wire.None{})
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			var rows [][]string
			for _, a := range out {
				var shares []string
				for _, s := range a.Shares {
					shares = append(shares, s.Product+" "+percent(s.PPM))
				}
				rows = append(rows, []string{a.Line, string(a.Rule), list(shares)})
			}
			table(w, []string{"line", "rule", "shares"}, rows)
		})
	},
}

// printAhead shows how far the stock of each product reaches, by what lines are divided and how slots stand.
func printAhead(w io.Writer, v desk.MatchView) {
	var rows [][]string
	for _, p := range v.Result.Products {
		a := p.Ahead
		if a == nil {
			continue
		}
		days := a.Days.String()
		if a.Beyond {
			days = "over " + days
		}
		over := "-"
		if a.Excess != nil {
			over = a.Excess.Format(0)
		}
		low, when := "-", "-"
		var least *quantity.Quantity
		for _, b := range p.Buckets {
			if b.Projected != nil && (least == nil || b.Projected.Less(*least)) {
				least, low, when = b.Projected, b.Projected.Format(0), b.Bucket.String()
			}
		}
		rows = append(rows, []string{p.Product, a.AsOf.String(), a.Stock.Format(0), string(p.Unit), days, over, low, when})
	}
	if len(rows) > 0 {
		fmt.Fprintln(w, "stock ahead, at the mean of demand:")
		table(w, []string{"product", "counted on", "stock", "unit", "days of supply", "overstock", "lowest", "at the end of"}, rows)
	}
	rows = nil
	for _, p := range v.Result.Groups {
		if a, ok := v.Divided[p.Group]; ok {
			rows = append(rows, []string{p.Group, string(a.Rule), a.Basis})
		}
	}
	if len(rows) > 0 {
		fmt.Fprintln(w, "lines are divided by:")
		table(w, []string{"line", "rule", "basis"}, rows)
	}
	for _, s := range v.Slots {
		if s.State == capacity.SlotNeedsReview {
			fmt.Fprintf(w, "slot %s of line %s needs a review: the forecast behind it went from %s to %s\n", s.Slot.ID, s.Group, s.Was, s.Is)
		}
	}
}
