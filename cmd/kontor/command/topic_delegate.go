package command

import (
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"kontor/node/api/wire"
	"kontor/protocol/decision"
)

func topicDelegate() verb {
	return verb{
		name: "delegate", tells: true, short: "let the node offer by itself inside limits", args: "[TOPIC]", most: 1,
		long: "The node begins at the first value of every issue and goes to the last, one step an offer, each time it is its turn: in equal steps, or at the issue's own\n" +
			"pace, EARLY with large steps first and LATE with small ones. It never passes what the other side offers already, and stops where that is as good. It accepts nothing: people do. The limits stay in this node. " + topicArgument,
		examples: []string{`kontor topic delegate --as COO --option 1 --steps 4 --way "quantity 5000 3000" --way "delivery 2027-04-01 2027-05-01" --way "surcharge 10 40 LATE"`,
			"kontor topic delegate --as COO --off"},
		exits: boardExits,
		flags: []cli.Flag{withFlag(), asFlag, &cli.StringFlag{Name: "option", Usage: "`ID` of the option to offer"},
			repeated("way", "`\"ISSUE FIRST LAST [PACE]\"`, for every issue; PACE is EVEN, EARLY or LATE"), &cli.Int64Flag{Name: "steps", Usage: "`N` offers after the first", Value: 5},
			&cli.BoolFlag{Name: "off", Usage: "people offer again"}},
		run: func(c *call) error {
			in := wire.TopicDelegateRequest{TopicAct: c.topicAct(), Option: c.String("option"), Steps: c.Int64("steps"), Off: c.Bool("off")}
			for _, text := range c.texts("way") {
				f := strings.Fields(text)
				if len(f) != 3 && len(f) != 4 {
					return usagef("--way %q: want \"ISSUE FIRST LAST [PACE]\", such as \"surcharge 10 40 LATE\"", text)
				}
				way := wire.Delegated{Issue: f[0], First: f[1], Last: f[2]}
				if len(f) == 4 {
					way.Pace = decision.Pace(strings.ToUpper(f[3]))
				}
				in.Issues = append(in.Issues, way)
			}
			out, err := ask(c, wire.TopicDelegate, in)
			if err != nil {
				return err
			}
			return c.print(out, func(w io.Writer) {
				switch {
				case out.Strategy == nil:
					fmt.Fprintf(w, "topic %s: people offer\n", short(out.Topic))
				case out.Waits != "":
					fmt.Fprintf(w, "topic %s: the node offers inside the limits; now %s\n", short(out.Topic), out.Waits)
				default:
					fmt.Fprintf(w, "topic %s: the node has made its first offer\n", short(out.Topic))
				}
			})
		},
	}
}

var topicLedger = verb{
	name: "ledger", short: "list what was traded in all topics", examples: []string{"kontor topic ledger", "kontor topic ledger --with \"Tablet Maker\""}, exits: []int{wire.ExitNotFound},
	long:  "Of every topic the trade-offs stated with its newest offer: what holds where the topic is AGREED.",
	flags: []cli.Flag{withFlag(), &cli.BoolFlag{Name: "open", Usage: "of topics that still wait for people"}},
	run: func(c *call) error {
		out, err := ask(c, wire.TopicLedger, wire.TopicListQuery{With: c.String("with"), Open: c.Bool("open")})
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			var rows [][]string
			for _, t := range out.Trades {
				until := "-"
				if t.Until != nil {
					until = t.Until.String()
				}
				rows = append(rows, []string{t.Title, t.By, t.Gave, t.Got, until, string(t.Status)})
			}
			table(w, []string{"topic", "by", "gave", "got", "until", "status"}, rows)
		})
	},
}
