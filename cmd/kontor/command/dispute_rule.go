package command

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"kontor/crypto/keys"
	"kontor/node/api"
	"kontor/node/api/wire"
	"kontor/node/audit"
	"kontor/node/desk"
	"kontor/protocol/block"
	"kontor/protocol/dispute"
)

// rulingFile is a ruling on its way to a party.
type rulingFile struct {
	Type   string   `cbor:"type"`
	Signed []byte   `cbor:"signed"`
	Chain  [][]byte `cbor:"chain"`
}

const rulingType = "kontor ruling v1"

type rulingDone struct {
	File    string `json:"file"`
	Dispute string `json:"dispute"`
}

var disputeRule = verb{
	name: "rule", short: "as the arbiter: rule; or bring in a ruling that the arbiter sent as a file", args: "[DISPUTE]", most: 1, exits: []int{wire.ExitRefused, wire.ExitNotFound},
	flags: append(outcomeFlags(), &cli.StringFlag{Name: "key-file", Usage: "the arbiter's officer's key `FILE`; it is opened in this program only"}, passphraseFlag(), &cli.BoolFlag{Name: "yes", Usage: "sign without asking"},
		&cli.StringFlag{Name: "bundle", Usage: "`FILE` of kontor dispute export, where the arbiter is no member; it is verified first"}, &cli.StringFlag{Name: "out", Aliases: []string{"o"}, Usage: "`FILE` to write the ruling to, with --bundle"},
		&cli.StringFlag{Name: "import", Usage: "`FILE` with a ruling, at a party's node"}),
	long: "An arbiter that is a member of the circle rules on its own node. One that is none gets the evidence as a file, rules on its own node with --bundle, and sends the ruling\n" +
		"back; either party brings it in with --import. No ruling: the default of the last level comes on its day.",
	examples: []string{"kontor dispute rule 3f2a --outcome HALVED --text \"both knew of the closed dock\" --key-file ceo.key", "kontor dispute rule --bundle 3f2a.car --amount \"80.00 EUR\" --key-file ceo.key --out ruling.kontor",
		"kontor dispute rule --import ruling.kontor"},
	run: func(c *call) error {
		switch {
		case c.String("import") != "":
			return c.importRuling(c.String("import"))
		case c.String("key-file") == "":
			return missing("key-file", "the key to sign with, --key-file FILE")
		case c.String("bundle") != "":
			return c.ruleOutside(c.String("bundle"), c.String("out"))
		case c.Args().First() == "":
			return usagef("want a DISPUTE, --bundle FILE or --import FILE")
		}
		return c.signDispute(dispute.Rule)
	},
}

// ruleOutside signs a ruling about a dispute that this company holds as a file only.
func (c *call) ruleOutside(bundle, out string) error {
	if out == "" {
		return missing("out", "where the ruling goes, --out FILE")
	}
	data, err := os.ReadFile(bundle)
	if err != nil {
		return usagef("--bundle: %v", err)
	}
	report, err := audit.Verify(bytes.NewReader(data))
	if err != nil || report.Dispute == nil {
		return wire.Problemf("VERIFY_FAILED", "%s does not prove a dispute: %v", bundle, err)
	}
	text, err := c.statement()
	if err != nil {
		return err
	}
	key, err := c.openKey(c.String("key-file"), keys.Role)
	if err != nil {
		return err
	}
	form, err := ask(c, api.DisputeRuling, desk.RulingQuery{Partnership: report.Pid.String(), Dispute: report.Dispute.ID, Key: key.Public().Hex(), Outcome: strings.ToUpper(c.String("outcome")), Amount: c.String("amount"), Text: text})
	if err != nil {
		return err
	}
	if judge := report.Dispute.Arbiter; judge == nil || *judge != form.Instrument.Company {
		return wire.Problemf("REFUSED", "%s: the arbiter that the partnership names signs a ruling, and this company is not it", dispute.CodeArbiter)
	}
	signed, err := c.signInstrument(key, form.Instrument, "")
	if err != nil {
		return err
	}
	file, err := block.Marshal(rulingFile{Type: rulingType, Signed: signed, Chain: form.Chain})
	if err != nil {
		return err
	}
	f, err := os.OpenFile(out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return usagef("--out: %v", err)
	}
	if _, err := f.Write(file); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return c.print(rulingDone{File: out, Dispute: report.Dispute.ID}, func(w io.Writer) {
		fmt.Fprintf(w, "%s holds the ruling on %s; a party brings it in: kontor dispute rule --import %s\n", out, report.Dispute.ID[:8], out)
	})
}

func (c *call) importRuling(path string) error {
	data, err := readBounded(path)
	if err != nil {
		return usagef("--import: %v", err)
	}
	var file rulingFile
	if err := block.Unmarshal(data, &file); err != nil || file.Type != rulingType {
		return usagef("--import: %s is no ruling", path)
	}
	out, err := ask(c, api.DisputeSign, desk.DisputeSigned{Signed: file.Signed, Chain: file.Chain})
	if err != nil {
		return err
	}
	return c.printDone(out, "ruled: it binds when the other side has seen it in time")
}
