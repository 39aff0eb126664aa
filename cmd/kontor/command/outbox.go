package command

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"kontor/node/api"
	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/node/outlet"
)

// exportNoun writes a file; its verb says what is written by itself.
func exportNoun() *cli.Command {
	c := exportAny.command()
	c.Subcommands = []*cli.Command{exportOutbox.command()}
	return c
}

var exportOutbox = verb{
	name: "outbox", short: "say in which form what partners share is written to the folder outbox", exits: []int{wire.ExitRefused, wire.ExitNotFound},
	flags: []cli.Flag{
		&cli.StringFlag{Name: "kind", Usage: "`KIND` whose form is set: forecast, answer, capacity, campaign, quality, performance or products"},
		&cli.StringFlag{Name: "as", Usage: "`FORMAT` to write it in: " + strings.Join(outlet.Formats(), ", ") + ", icalendar, or none; back to csv where it is not given"},
		&cli.StringFlag{Name: "layout", Usage: "`LAYOUT` of a csv or xlsx: " + outlet.Layouts(), DefaultText: "period"},
		&cli.StringFlag{Name: "sender", Usage: "`CODE` of this company: interchange address, GLN or BPNL"},
		&cli.StringFlag{Name: "receiver", Usage: "`CODE` of the system that takes the file"},
		&cli.StringSliceFlag{Name: "place", Usage: "how that system calls a place, `PLACE=CODE`, *=CODE where a line names none; may be given often"},
		&cli.StringFlag{Name: "contact", Usage: "the customer as a Report8D names it: `COMPANY, CITY, COUNTRY, EMAIL`"},
		&cli.StringFlag{Name: "order", Usage: "`NUMBER` of the part's order, for a Report8D"},
		withFlag(),
	},
	long: "A node whose home has a folder outbox writes there what partners share, when it comes into force: forecasts, answers, capacity plans, campaigns,\n" +
		"quality and performance reports, product maps, each once, as KIND-CID.ENDING. Without a form it is a csv. A form of one partner (--with) goes before that of all.\n" +
		"It holds for what comes from then on, and for what an earlier form refused. What a form leaves out or can't hold stands in outbox/reports.\n" +
		"Without --kind the forms are listed.",
	examples: []string{"kontor export outbox", "kontor export outbox --kind forecast --as delfor --sender 4012345000009 --receiver ERP", "kontor export outbox --kind forecast --as x12-830 --with acme", "kontor export outbox --kind quality --as none"},
	run: func(c *call) error {
		var out desk.OutboxView
		var err error
		switch kind := c.String("kind"); {
		case kind != "":
			out, err = ask(c, api.OutboxSet, desk.OutboxForm{Kind: kind, With: c.String("with"), Format: c.String("as"), Layout: c.String("layout"), Sender: c.String("sender"), Receiver: c.String("receiver"),
				Places: c.StringSlice("place"), Contact: c.String("contact"), Order: c.String("order")})
		case c.IsSet("as"):
			return usagef("--as sets the form of one kind; name it with --kind")
		default:
			out, err = ask(c, api.Outbox, wire.None{})
		}
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			if !out.On {
				fmt.Fprintf(w, "there is no folder %s: nothing is written; make it to turn it on\n", out.Folder)
			}
			rows := [][]string{}
			for _, f := range out.Forms {
				rows = append(rows, []string{f.Kind, cmp.Or(f.With, "all"), f.Format, cmp.Or(f.Layout, "-"), cmp.Or(f.Sender, "-"), cmp.Or(f.Receiver, "-"), cmp.Or(strings.Join(f.Places, " "), "-")})
			}
			if len(rows) == 0 {
				fmt.Fprintln(w, "no form is set: everything is written as csv")
				return
			}
			table(w, []string{"kind", "partner", "format", "layout", "sender", "receiver", "places"}, rows)
		})
	},
}
