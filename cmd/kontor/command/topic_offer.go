package command

import (
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"kontor/node/api/wire"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
)

// offerWords are what the two verbs say: an offer and a counter-offer are one act, but who counters has an offer before it to differ from.
var offerWords = map[string][3]string{
	"offer": {"make an offer: a full package with trade-offs", "Issues left out keep the last offer's value.",
		`kontor topic offer --option 1 --set quantity=40000 --set delivery=2027-03-31 --set surcharge=12.5 --gave "overtime in March" --got "a surcharge"`},
	"counter": {"answer the newest offer with another, shown as a difference to it", "It is refused where no offer stands or the newest is one's own. Issues left out keep the value offered.",
		`kontor topic counter --set surcharge=9 --gave "firm order by 10 January" --got "a lower surcharge" --until 2027-01-10`},
}

func topicOffer(name string) verb {
	words := offerWords[name]
	return verb{
		name: name, tells: true, short: words[0], args: "[TOPIC]", most: 1,
		long:     words[1] + " --gave and --got name what is traded, in pairs; --until how long that holds. " + topicArgument,
		examples: []string{words[2]}, exits: boardExits,
		flags: []cli.Flag{withFlag(), asFlag,
			&cli.StringFlag{Name: "option", Usage: "`ID` of the option", DefaultText: "the last offer's"},
			repeated("set", "`ISSUE=VALUE`, several times"),
			repeated("gave", "`WHAT` this side gave, several times"),
			repeated("got", "`WHAT` it got for it, in the same order"),
			&cli.StringFlag{Name: "until", Usage: "`DATE` until which the trade-offs hold"},
			&cli.StringFlag{Name: "note", Usage: "`TEXT`"},
		},
		run: func(c *call) error {
			in := wire.TopicOfferRequest{TopicAct: c.topicAct(), Option: c.String("option"), Values: c.texts("set"), Trades: []decision.TradeOff{}, Note: c.String("note"), Counter: name == "counter"}
			gave, got := c.texts("gave"), c.texts("got")
			if len(gave) != len(got) {
				return usagef("%d times --gave and %d times --got: a trade-off has both", len(gave), len(got))
			}
			for i := range gave {
				t := decision.TradeOff{Gave: gave[i], Got: got[i]}
				if text := c.String("until"); text != "" {
					d, err := calendar.ParseDate(text)
					if err != nil {
						return usagef("--until: %v", err)
					}
					t.Until = &d
				}
				in.Trades = append(in.Trades, t)
			}
			out, err := ask(c, wire.TopicOffer, in)
			if err != nil {
				return err
			}
			return c.print(out, func(w io.Writer) { printOffered(w, out, in.Trades) })
		},
	}
}

func printOffered(w io.Writer, out wire.TopicOffered, trades []decision.TradeOff) {
	fmt.Fprintf(w, "topic %s: offer of round %d, option %s\n", short(out.Topic), out.Round, out.Option)
	for _, ch := range out.Changes {
		fmt.Fprintf(w, "  %s: %s, before %s %s\n", ch.Name, ch.To, ch.From, ch.Unit)
	}
	printTrades(w, "  ", trades)
	if out.Distance != nil {
		before := ""
		if out.Before != nil {
			before = ", before " + percent(out.Before.Overall)
		}
		fmt.Fprintf(w, "  the parties are %s of the range apart%s\n", percent(out.Distance.Overall), before)
	}
}

func printTrades(w io.Writer, indent string, trades []decision.TradeOff) {
	for _, t := range trades {
		until := ""
		if t.Until != nil {
			until = ", until " + t.Until.String()
		}
		fmt.Fprintf(w, "%sgave %q, got %q%s\n", indent, t.Gave, t.Got, until)
	}
}
