package command

import (
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"kontor/node/api/wire"
)

var partnerThaw = verb{
	name: "thaw", short: "write with a company again whose identity showed two histories", args: "COMPANY", most: 1,
	long: "Somebody signed two entries for one place of the company's identity chain with its root keys. Telephone the company: its people read out the fingerprint that\n" +
		"kontor status shows at their node. Only when it is that of the history held here (kontor partner show) the freeze ends; the other history is remembered as\n" +
		"false. The record says when, who and which fingerprint. If it is another one, end the partnership.",
	examples: []string{`kontor partner thaw "Acme Tablets" --fingerprint "k3fq 7xtm ..."`},
	exits:    []int{wire.ExitRefused, wire.ExitNotFound, wire.ExitNotNow},
	flags:    []cli.Flag{&cli.StringFlag{Name: "fingerprint", Usage: "`WORDS` as the company's people read them out"}},
	run: func(c *call) error {
		if c.String("fingerprint") == "" {
			return missing("fingerprint", "what the company's people read out")
		}
		r, err := ask(c, wire.PartnerThaw, wire.ThawRequest{Member: c.Args().First(), Fingerprint: c.String("fingerprint")})
		if err != nil {
			return err
		}
		return c.print(r, func(w io.Writer) {
			fmt.Fprintf(w, "%s is written with again. Recorded: two histories found %s, thawed %s by %s, fingerprint %s.\n", r.Name, moment(r.Found), moment(r.Thawed), r.By, r.Fingerprint)
		})
	},
}
