package command

import (
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"kontor/crypto/keys"
	"kontor/node/api/wire"
	"kontor/node/client"
	"kontor/protocol"
	"kontor/protocol/block"
)

var partnerResume = verb{
	name: "resume", short: "countersign from where a member's lost feed goes on", args: "COMPANY", most: 1,
	long: "COMPANY was restored behind what it had sent, and the only member that held the rest will not come back (--gone). An officer of every remaining member\n" +
		"signs from which entry its feed goes on: the newest held here. Then its node writes again; what it had sent beyond is lost. In a partnership of two nobody\n" +
		"remains: end it.",
	examples: []string{`kontor partner resume "Acme Tablets" --with PARTNERSHIP --gone "Salt and Sons" --key-file coo.key`},
	exits:    []int{wire.ExitRefused, wire.ExitNotFound, wire.ExitNotNow, wire.ExitMachine},
	flags:    append([]cli.Flag{withFlag(), &cli.StringSliceFlag{Name: "gone", Usage: "`COMPANIES` that will not come back, by comma"}}, signerFlags()...),
	run: byOfficer(func(c *call, n *client.Client) error {
		d, err := client.Call(c.Context.Context, n, wire.PartnerLost, wire.ResumeQuery{With: c.String("with"), Member: c.Args().First(), Gone: c.StringSlice("gone")})
		if err != nil {
			return err
		}
		var doc protocol.Resume
		if err := block.Unmarshal(d.Document, &doc); err != nil {
			return wire.Problemf("BAD_DOCUMENT", "the resumption that the node shows does not decode: %v", err)
		}
		officer, err := c.openKey(c.String("key-file"), keys.Role)
		if err != nil {
			return err
		}
		c.note("the feed of %s goes on after entry %d, %s, without %d members", d.Name, doc.Seq, doc.Head.Short(), len(doc.Gone))
		r, err := handInSigned(c, n, wire.PartnerResume, d.Partnership, officer, protocol.ResumeSignature, doc)
		if err != nil {
			return err
		}
		return c.print(r, func(w io.Writer) {
			fmt.Fprintf(w, "Countersigned (entry %d). %s writes again once every remaining member has.\n", r.Seq, d.Name)
		})
	}),
}
