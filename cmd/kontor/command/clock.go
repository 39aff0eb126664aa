package command

import (
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"kontor/node/api/wire"
)

func clockNoun() *cli.Command {
	return noun("clock", "vouch for this machine's clock", clockConfirm)
}

var clockConfirm = verb{
	name: "confirm", short: "say that this machine's clock is right",
	long: "A node does not date an entry more than 48 hours past the newest it holds unless someone vouches for its clock; this does, until the node stops.\n" +
		"Nor is anything with a deadline signed while a partner's clock differs from this one by more than two minutes: compare both with a time server first.",
	examples: []string{"kontor clock confirm"},
	run: func(c *call) error {
		r, err := ask(c, wire.ClockConfirm, wire.None{})
		if err != nil {
			return err
		}
		return c.print(r, func(w io.Writer) { fmt.Fprintf(w, "The clock is taken as right: %s.\n", moment(r.Now)) })
	},
}
