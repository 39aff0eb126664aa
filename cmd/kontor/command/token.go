package command

import (
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v2"

	"kontor/node/api/wire"
)

func tokenNoun() *cli.Command {
	return noun("token", "let people and programs call this node in a role", tokenAdd, tokenList, tokenRevoke)
}

var tokenAdd = verb{
	name: "add", short: "make a personal token", args: "NAME", most: 1,
	long:     "Prints the token, once, or writes it to a file that only its owner may read, as --token-file wants it. Its holder calls with --token-file, over the socket or the loopback address. A scope bounds what it sees.",
	examples: []string{"kontor token add ada --role planner -o ada.token", "kontor token add console --role viewer --products 04006381333931 --expires 720h"},
	exits:    []int{wire.ExitNotNow},
	flags: []cli.Flag{
		&cli.StringFlag{Name: "role", Usage: "`ROLE`: admin, planner, CEO, COO, CMO, CFO, CTO or viewer"},
		&cli.StringSliceFlag{Name: "partners", Usage: "sees only these `COMPANIES`, by ID"},
		&cli.StringSliceFlag{Name: "products", Usage: "sees only these `PRODUCTS`"},
		&cli.StringSliceFlag{Name: "regions", Usage: "sees only these `REGIONS`"},
		&cli.DurationFlag{Name: "expires", Usage: "how long it is valid, as a `DURATION`", DefaultText: "until revoked"},
		&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FILE` to write it to, which must not exist", DefaultText: "standard output"},
	},
	run: func(c *call) error {
		if c.String("role") == "" {
			return missing("role", "admin, planner, CEO, COO, CMO, CFO, CTO or viewer")
		}
		req := wire.TokenRequest{Name: c.Args().First(), Role: wire.Role(c.String("role")),
			Scope: wire.Scope{Partners: c.StringSlice("partners"), Products: c.StringSlice("products"), Regions: c.StringSlice("regions")}}
		if d := c.Duration("expires"); d > 0 {
			req.Expires = c.now().Add(d).UnixMilli()
		}
		path := c.String("output")
		if _, err := os.Lstat(path); path != "" && err == nil {
			return wire.Problemf("ALREADY_THERE", "%s exists; a token never replaces a file", path) // before a token is made that nobody would hold
		}
		t, err := ask(c, wire.TokenAdd, req)
		if err != nil {
			return err
		}
		if path != "" {
			if err := writeNew(path, []byte(t.Token+"\n")); err != nil {
				c.note("token %s was made and can't be kept: kontor token revoke %s", t.ID, t.ID)
				return err
			}
			t.Token = ""
		}
		return c.print(t, func(w io.Writer) {
			if path != "" {
				fmt.Fprintf(w, "token %s of %s (%s) is in %s\n", t.ID, t.Name, t.Role, path)
				return
			}
			fmt.Fprintln(w, t.Token)
			c.note("token %s of %s (%s); it is not shown again", t.ID, t.Name, t.Role)
		})
	},
}

var tokenList = verb{
	name: "list", short: "list tokens, without their secrets",
	examples: []string{"kontor token list"},
	run: func(c *call) error {
		l, err := ask(c, wire.TokenList, wire.None{})
		if err != nil {
			return err
		}
		return c.print(l, func(w io.Writer) {
			var rows [][]string
			for _, t := range l.Tokens {
				state := "valid"
				if t.Revoked {
					state = "revoked"
				} else if t.Expires != 0 && c.now().UnixMilli() >= t.Expires {
					state = "expired"
				}
				rows = append(rows, []string{t.ID, t.Name, string(t.Role), list(t.Scope.Partners), list(t.Scope.Products), list(t.Scope.Regions), moment(t.Created), moment(t.Expires), state})
			}
			table(w, []string{"token", "name", "role", "partners", "products", "regions", "made", "expires", "state"}, rows)
		})
	},
}

var tokenRevoke = verb{
	name: "revoke", short: "revoke a token", args: "TOKEN", most: 1,
	long:     "TOKEN is the ID or the name that kontor token list shows. It is refused from this moment on.",
	examples: []string{"kontor token revoke abcdefgh", "kontor token revoke ada"},
	exits:    []int{wire.ExitNotFound},
	run: func(c *call) error {
		t, err := ask(c, wire.TokenRevoke, wire.TokenQuery{ID: c.Args().First()})
		if err != nil {
			return err
		}
		return c.print(t, func(w io.Writer) { fmt.Fprintf(w, "Token %s of %s is revoked.\n", t.ID, t.Name) })
	},
}
