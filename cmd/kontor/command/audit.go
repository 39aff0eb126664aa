package command

import (
	"bufio"
	"errors"
	"io"
	"os"

	"github.com/urfave/cli/v2"

	"kontor/node/api/wire"
	"kontor/node/audit"
)

func auditNoun() *cli.Command {
	return noun("audit", "check evidence without a node", auditVerify, auditReceipt)
}

var auditVerify = verb{
	name: "verify", short: "verify an exported agreement, offline and from the file alone", args: "FILE", most: 1, local: true,
	long: "Needs no home, no node and no network. Checks the file's hashes, the identity chains, the feeds, the document, signatures and certificates, quorum and finality,\n" +
		"and says for each what was found. What it can't know: who the companies are (compare the fingerprints), and whether a party keeps another history from you.",
	examples: []string{"kontor audit verify march.car", "kontor audit verify march.car --json"}, exits: []int{wire.ExitRefused},
	run: func(c *call) error {
		f, err := os.Open(c.Args().First())
		if err != nil {
			return usagef("%v", err)
		}
		defer f.Close()
		report, err := audit.Verify(bufio.NewReaderSize(f, 1<<20))
		var failed *audit.Failure
		if err != nil && !errors.As(err, &failed) {
			return err
		}
		if err := c.print(report, func(w io.Writer) { report.Write(w) }); err != nil {
			return err
		}
		if failed != nil {
			return wire.Problemf("VERIFY_FAILED", "%s does not prove the agreement: %v", c.Args().First(), failed)
		}
		return nil
	},
}
