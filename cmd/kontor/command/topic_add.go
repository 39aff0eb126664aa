package command

import (
	"strings"

	"github.com/urfave/cli/v2"

	"kontor/node/api/wire"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
	"kontor/protocol/quantity"
)

func topicAddOption() verb {
	return verb{
		name: "add-option", tells: true, short: "put an option on the list of an open topic", args: "[TOPIC]", most: 1,
		long: "What the option leaves short and over the node computes from the documents the topic names, and both nodes check it. --effect says what would stand on top of\n" +
			"the seller's plan. Everybody declares the context complete again afterwards. " + topicArgument,
		examples: []string{`kontor topic add-option --summary "a second shift in March" --effect "ZDV-300 * 2027-03 2500 PK"`, "kontor topic add-option --file option.json"},
		exits:    boardExits,
		flags: []cli.Flag{withFlag(), asFlag,
			&cli.StringFlag{Name: "id", Usage: "`ID` of the option", DefaultText: "the next number"},
			&cli.StringFlag{Name: "summary", Usage: "`TEXT`"},
			repeated("effect", "`\"PRODUCT REGION PERIOD QUANTITY UNIT\"`; region * is every region"),
			repeated("needs", "what it asks of either side: `TEXT`"),
			basisFlag(),
			&cli.StringFlag{Name: "file", Usage: "`FILE` with the option as JSON"}},
		run: func(c *call) error {
			in := wire.TopicOptionRequest{TopicAct: c.topicAct()}
			if path := c.String("file"); path != "" {
				if err := readDocument("file", path, &in.Option); err != nil {
					return err
				}
			}
			if c.IsSet("id") {
				in.Option.ID = c.String("id")
			}
			if c.IsSet("summary") {
				in.Option.Summary = c.String("summary")
			}
			in.Option.Needs = append(in.Option.Needs, c.texts("needs")...)
			for _, text := range c.texts("effect") {
				e, err := parseEffect(text)
				if err != nil {
					return err
				}
				in.Option.Effects = append(in.Option.Effects, e)
			}
			basis, err := parseBasis(c.texts("basis"))
			if err != nil {
				return err
			}
			if len(basis) > 0 {
				in.Basis = &basis[0].Basis
			}
			out, err := ask(c, wire.TopicOption, in)
			return c.topicDone(out, err, "one option more; the context is to be declared complete again")
		},
	}
}

// parseEffect reads "PRODUCT REGION PERIOD QUANTITY UNIT".
func parseEffect(text string) (e wire.NewEffect, err error) {
	f := strings.Fields(text)
	if len(f) != 5 {
		return e, usagef("--effect %q: want \"PRODUCT REGION PERIOD QUANTITY UNIT\", such as \"ZDV-300 * 2027-03 2500 PK\"", text)
	}
	e.Product, e.Region = f[0], f[1]
	if e.Bucket, err = calendar.ParseBucket(f[2]); err != nil {
		return e, usagef("--effect %q: %v", text, err)
	}
	if e.Quantity, err = quantity.Parse(f[3]); err != nil {
		return e, usagef("--effect %q: %v", text, err)
	}
	if e.Unit, err = quantity.ParseUnit(f[4]); err != nil {
		return e, usagef("--effect %q: %v", text, err)
	}
	return e, nil
}

var topicAddIssue = verb{
	name: "add-issue", tells: true, short: "name one more issue of the negotiation", args: "[TOPIC]", most: 1,
	long:     "Every offer gives every issue a value inside its range. A future resale price is no issue: it is nothing two companies may agree on. " + topicArgument,
	examples: []string{`kontor topic add-issue --id payment --name "days to pay" --kind TERM --unit days --low 14 --high 60`},
	exits:    boardExits,
	flags: []cli.Flag{withFlag(), asFlag, &cli.StringFlag{Name: "id", Usage: "`ID`", Required: true}, &cli.StringFlag{Name: "name", Usage: "`TEXT`", Required: true},
		&cli.StringFlag{Name: "kind", Usage: "`KIND`: QUANTITY, DATE, PRICE, SHARE, TERM or OTHER", Required: true}, &cli.StringFlag{Name: "unit", Usage: "`UNIT`; none for a date"},
		&cli.StringFlag{Name: "low", Usage: "lowest `VALUE`", Required: true}, &cli.StringFlag{Name: "high", Usage: "highest `VALUE`", Required: true}},
	run: func(c *call) error {
		out, err := ask(c, wire.TopicIssue, wire.TopicIssueRequest{TopicAct: c.topicAct(), ID: c.String("id"), Name: c.String("name"),
			Kind: decision.IssueKind(strings.ToUpper(c.String("kind"))), Unit: c.String("unit"), Low: c.String("low"), High: c.String("high")})
		return c.topicDone(out, err, "one issue more; the context is to be declared complete again")
	},
}

var topicWithdraw = verb{
	name: "withdraw", tells: true, short: "take back a topic this company opened", args: "[TOPIC]", most: 1,
	long:     "Before anyone scored it is as if it had not been opened: what it was about is open again. Later there is kontor topic decline. " + topicArgument,
	examples: []string{`kontor topic withdraw --reason "opened twice"`}, exits: boardExits,
	flags: []cli.Flag{withFlag(), asFlag, &cli.StringFlag{Name: "reason", Usage: "`TEXT` both sides keep", Required: true}},
	run: func(c *call) error {
		out, err := ask(c, wire.TopicWithdraw, wire.TopicDeclineRequest{TopicAct: c.topicAct(), Reason: c.String("reason")})
		return c.topicDone(out, err, "taken back")
	},
}
