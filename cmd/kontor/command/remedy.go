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
	"kontor/protocol/remedy"
)

func remedyNoun() *cli.Command {
	return noun("remedy", "what is owed by missed service levels: credits, fines and rebates, as both nodes compute them", remedyListVerb,
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
				rows = append(rows, []string{v.ID[:8], v.With, string(v.Kind), v.SLA + " " + v.Period.String(), strings.ToLower(string(v.Debtor)), amount, status, v.PayBy.String(), saidText(v.Item)})
			}
			table(w, []string{"id", "with", "kind", "of", "owes", "amount", "status", "pay by", "said"}, rows)
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

func saidText(i remedy.Item) string {
	var parts []string
	if i.Paid != nil {
		parts = append(parts, i.Paid.Reference+when(i.Received != nil, ", confirmed"))
	}
	if i.Contest != nil {
		parts = append(parts, i.Contest.Reason)
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
					fmt.Fprintf(w, "%s %s of %s %s: %s %s\n", i.ID[:8], i.Kind, i.SLA, i.Period, i.Amount, i.Status)
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
