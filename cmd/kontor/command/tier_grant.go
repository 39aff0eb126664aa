package command

import (
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"kontor/crypto/keys"
	"kontor/node/api"
	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/protocol/block"
)

var tierGrant = verb{
	name: "grant", short: "sign a standing grant where few customers stand behind a figure", flags: []cli.Flag{toFlag(), &cli.StringFlag{Name: "kind", Value: "forecast", Usage: "what may leave: forecast, demand passed on to a supplier, or capacity, a line's shares and backlogs to a buyer"},
		&cli.StringFlag{Name: "purpose", Usage: "what for, in `WORDS`", Required: true},
		&cli.StringSliceFlag{Name: "items", Usage: "only these `COMPONENTS`, by comma"},
		&cli.Int64Flag{Name: "days", Usage: "how many `DAYS` it stands", Value: 365},
		&cli.StringFlag{Name: "key-file", Usage: "`FILE` with the officer's key; it is opened in this program only", Required: true},
		passphraseFlag(),
		yesFlag("the statement was read: sign without asking"),
	},
	long: "Where a figure speaks of fewer than five third parties it leaves only by an officer's grant, with purpose and end. The grant\n" +
		"holds the statement of what the receiver could work out; read it before you sign.",
	examples: []string{"kontor tier grant --to \"Ingredient Maker\" --purpose \"ingredient supply\" --key-file coo.key",
		"kontor tier grant --kind capacity --to \"Relief Agency\" --purpose \"agreed shares\" --key-file coo.key"},
	run: func(c *call) error {
		if _, _, err := readKeyFile(c.String("key-file"), keys.Role); err != nil {
			return err
		}
		g, err := ask(c, api.GrantForm, desk.GrantOptions{To: c.String("to"), Kind: c.String("kind"), Purpose: c.String("purpose"), Items: c.StringSlice("items"), Days: c.Int64("days")})
		if err != nil {
			return err
		}
		for _, s := range g.Inferable {
			c.note("inferable: %s", s)
		}
		c.note("stands until %s; purpose: %s", moment(g.Until), g.Purpose)
		no := &wire.Problem{Code: "CONFIRM", Text: "the grant was shown, not signed", Next: "read it, then say --yes"}
		if err := c.agree("Sign this grant?", no); err != nil {
			return err
		}
		key, err := c.openKey(c.String("key-file"), keys.Role)
		if err != nil {
			return err
		}
		signed, err := desk.SignGrant(key, g)
		if err != nil {
			return err
		}
		data, err := block.Marshal(signed)
		if err != nil {
			return err
		}
		out, err := ask(c, api.GrantAdd, api.SignedGrant{Signed: data})
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			fmt.Fprintf(w, "%s granted to %s until %s: %s\n%s\n", out.Officer, out.To, moment(out.Until), out.Purpose, out.ID)
		})
	},
}

var tierGrants = verb{
	name: "grants", short: "list standing grants", examples: []string{"kontor tier grants"},
	run: func(c *call) error {
		out, err := ask(c, api.GrantList, wire.None{})
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			var rows [][]string
			for _, g := range out {
				state := "stands"
				if !g.Stands {
					state = g.Why
				}
				rows = append(rows, []string{g.ID, g.To, g.Officer, g.Purpose, list(g.Items), moment(g.Until), state})
			}
			table(w, []string{"id", "to", "officer", "purpose", "items", "until", "state"}, rows)
		})
	},
}

var tierRevoke = verb{
	name: "revoke", short: "end a standing grant", args: "ID", examples: []string{"kontor tier revoke bafyrei..."},
	run: func(c *call) error {
		_, err := ask(c, api.GrantRevoke, api.GrantName{ID: c.Args().First()})
		return err
	},
}
