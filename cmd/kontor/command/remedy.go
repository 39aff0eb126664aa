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
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
)

func remedyNoun() *cli.Command {
	return noun("remedy", "what is owed by missed service levels: credits, fines and rebates, as both nodes compute them", remedyListVerb, remedyClaimVerb,
		remedyVerb(api.RemedyRequest, "request", "ask for what is not applied by itself", nil, "requested", "kontor remedy request 3f2a"),
		remedyVerb(api.RemedyAcknowledge, "acknowledge", "say that this company owes what is due", nil, "acknowledged", "kontor remedy acknowledge 3f2a 9b01"),
		remedyVerb(api.RemedySettle, "settle", "say that it was paid; the word of the side that was owed confirms",
			&cli.StringFlag{Name: "reference", Usage: "`TEXT` by which the payment, which happens elsewhere, is found", Required: true}, "settled", "kontor remedy settle 3f2a --reference \"credit note 4711\""),
		remedyVerb(api.RemedyDispute, "dispute", "dispute what is due: the amount is held, the measurement stands",
			&cli.StringFlag{Name: "reason", Usage: "`SENTENCE`", Required: true}, "disputed", "kontor remedy dispute 3f2a --reason \"the dock was closed on 12 March\""))
}

var remedyListVerb = verb{
	name: "list", short: "list what is owed, entry by entry and netted by month", flags: slaFlags(),
	long: "HELD waits for the desks to reconcile (kontor sla reconcile), CLAIMABLE for who is owed to ask. What falls due in a month is netted and paid with it.\n" +
		"An entry above the settled line is pending: nothing is done about it yet.",
	examples: []string{"kontor remedy list", "kontor remedy list --with \"Tablet Maker\" --json"},
	run: func(c *call) error {
		out, err := ask(c, api.RemedyList, c.slaQuery())
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			if len(out.Items)+len(out.Months) == 0 {
				fmt.Fprintln(w, "Nothing is owed that fits. What the windows of the terms came to: kontor sla status")
				return
			}
			var rows [][]string
			for _, v := range out.Items {
				status := string(v.Status)
				if !v.Stands {
					status += " (pending)"
				}
				if v.Overdue {
					status += " OVERDUE"
				}
				amount := v.Amount.String()
				if v.Limited != "" {
					amount += fmt.Sprintf(" (%s before %s)", v.Computed, v.Limited)
				}
				rows = append(rows, []string{v.ID[:8], v.With, string(v.Kind), v.SLA + " " + v.Period.String(), strings.ToLower(string(v.Debtor)), amount, status, v.PayBy.String(), wordText(v.Sides, 0), wordText(v.Sides, 1), saidText(v.Item)})
			}
			table(w, []string{"id", "with", "kind", "of", "owes", "amount", "status", "pay by", "who owes", "who is owed", "said"}, rows)
			for _, m := range out.Months {
				net := "nothing"
				if m.Debtor != "" {
					net = fmt.Sprintf("the %s owes %s, %s of it open", strings.ToLower(string(m.Debtor)), m.Net, m.Open)
				}
				fmt.Fprintf(w, "%s with %s, %s: %s%s, pay by %s%s\n", m.Month.Month.Month(), m.With, m.Contract, net, when(m.Held.Minor > 0, fmt.Sprintf("; %s held", m.Held)), m.PayBy, when(m.Overdue, ", OVERDUE"))
			}
		})
	},
}

var remedyClaimVerb = verb{
	name: "claim", short: "claim what no report carries: hours a line stood, faster freight, or what is left of an authorisation", exits: []int{wire.ExitRefused},
	flags: []cli.Flag{withFlag(), &cli.StringFlag{Name: "contract", Usage: "`REFERENCE`", Required: true}, &cli.StringFlag{Name: "clause", Usage: "`NAME` of the remedy or the authorisation", Required: true},
		&cli.StringFlag{Name: "day", Usage: "`DAY` on which it happened", Required: true}, &cli.StringFlag{Name: "evidence", Usage: "`CID` of a shared artifact or attachment", Required: true},
		&cli.StringFlag{Name: "hours", Usage: "`HOURS` the line stood"}, &cli.StringFlag{Name: "cost", Usage: "`AMOUNT` of the freight: '420.00 EUR'"},
		&cli.StringFlag{Name: "event", Usage: "`KIND`, of an authorisation: CANCEL, END_OF_LIFE or SHORTFALL"}, &cli.StringFlag{Name: "product", Usage: "`NUMBER`, of an authorisation"},
		&cli.StringFlag{Name: "finished", Usage: "`QUANTITY` made and left, in the authorisation's unit"}, &cli.StringFlag{Name: "raw", Usage: "`QUANTITY` for which material is left"},
		&cli.StringFlag{Name: "reason", Usage: "`SENTENCE`"}},
	long: "The amount follows from the clause in force on the day, under its cap. The partner acknowledges or disputes it; when its time to dispute is over, kontor remedy request makes it due.\n" +
		"An authorisation brings a claim only after a cancellation, an end of life or a shortfall, and not before it has aged as the clause says; kontor terms exposure shows what it would be.",
	examples: []string{"kontor remedy claim --contract FRAME-2027 --clause line-down --day 2027-03-12 --hours 6.5 --evidence bafyreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy",
		"kontor remedy claim --contract FRAME-2027 --clause all --day 2027-03-12 --event CANCEL --product ZDV-300 --finished 1200 --evidence bafyreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"},
	run: func(c *call) error {
		in := api.RemedyClaim{With: c.String("with"), Claim: remedy.Claim{Contract: c.String("contract"), Clause: c.String("clause"), Event: terms.EventKind(strings.ToUpper(c.String("event"))), Product: c.String("product"), Reason: c.String("reason")}}
		var err error
		if in.Day, err = calendar.ParseDate(c.String("day")); err != nil {
			return usagef("--day: %v", err)
		}
		evidence, err := block.ParseCID(c.String("evidence"))
		if err != nil {
			return usagef("--evidence: %v", err)
		}
		in.Evidence = &evidence
		for _, q := range []struct {
			name string
			into **quantity.Quantity
		}{{"hours", &in.Hours}, {"finished", &in.Finished}, {"raw", &in.Raw}} {
			if text := c.String(q.name); text != "" {
				v, err := quantity.Parse(text)
				if err != nil {
					return usagef("--%s: %v", q.name, err)
				}
				*q.into = &v
			}
		}
		if text := c.String("cost"); text != "" {
			m, err := parseAmount("cost", text)
			if err != nil {
				return err
			}
			in.Cost = &quantity.Money{Minor: m.Minor, Currency: quantity.Currency(m.Currency)}
		}
		out, err := ask(c, api.RemedyRaise, in)
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			for _, i := range out.Items {
				fmt.Fprintf(w, "%s %s: %s claimed of %s, who may dispute it until %s\n", i.ID[:8], i.Kind, i.Amount, out.With, i.DisputeBy)
			}
		})
	},
}

// wordText is the newest word of a side on an entry, or since when nothing was heard of it.
func wordText(sides []desk.RemedySide, at int) string {
	if at >= len(sides) {
		return ""
	}
	x := sides[at]
	if x.Did == "" {
		return when(x.Own, "nothing") + when(!x.Own, "nothing, silent since "+stamp(x.Last))
	}
	return strings.ToLower(x.Did) + " " + calendar.DateOf(x.At).String()
}

func saidText(i remedy.Item) string {
	var parts []string
	if i.Paid != nil {
		parts = append(parts, i.Paid.Reference+when(i.Received != nil, ", confirmed"))
	}
	if i.Contest != nil {
		parts = append(parts, i.Contest.Reason)
	}
	if i.Claim != nil && i.Claim.Reason != "" {
		parts = append(parts, i.Claim.Reason)
	}
	if i.Of != "" {
		parts = append(parts, "of "+i.Of[:8])
	}
	return strings.Join(parts, "; ")
}

// remedyVerb is one act on entries.
func remedyVerb(route wire.Route[desk.RemedyAct, desk.RemedyDone], name, short string, flag cli.Flag, done, example string) verb {
	v := verb{
		name: name, short: short, args: "ENTRY [ENTRY...]", most: remedy.MaxItems, exits: []int{wire.ExitRefused, wire.ExitNotFound},
		long:     "Entries are named by their IDs, or by the first four digits or more.",
		examples: []string{example},
		run: func(c *call) error {
			in := desk.RemedyAct{IDs: c.Args().Slice(), Reference: c.String("reference"), Reason: c.String("reason")}
			out, err := ask(c, route, in)
			if err != nil {
				return err
			}
			return c.print(out, func(w io.Writer) {
				for _, i := range out.Items {
					fmt.Fprintf(w, "%s %s of %s %s: %s %s%s\n", i.ID[:8], i.Kind, i.SLA, i.Period, i.Amount, i.Status, when(i.Status == remedy.Disputed && i.Dispute != "", ": kontor dispute show "+i.Dispute[:min(len(i.Dispute), 8)]))
				}
				fmt.Fprintf(w, "%s %s towards %s%s\n", node.Count(len(out.Items), "entry"), done, out.With, when(len(out.Waits) > 0, ", which gets it when it is back: "+strings.Join(out.Waits, ", ")))
			})
		},
	}
	if flag != nil {
		v.flags = []cli.Flag{flag}
	}
	return v
}
