package command

import (
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"kontor/crypto/keys"
	"kontor/node/api"
	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/dispute"
	"kontor/protocol/quantity"
)

func disputeNoun() *cli.Command {
	return noun("dispute", "quarrels over credits, clauses and figures: desk, COO, CEO, arbiter, each with its days and its default", disputeOpenVerb,
		disputeSay("state", "state something, with evidence", api.DisputeState, true, "kontor dispute state 3f2a --text \"the port was closed, its notice shows it\" --evidence port-notice.pdf", "kontor dispute state 3f2a --text \"the report of March\" --evidence bafyreifqwxfyaxpj3rw2hywkasgmsxpti7uekhf4l72hbdjcontelieuxu"),
		disputeSigns("propose", "propose a settlement, firm until the level's time is over", dispute.Propose, outcomeFlags(),
			"At the desks' level a desk signs within its mandate, or an officer; above it the COO, then the CEO.",
			"kontor dispute propose 3f2a --amount \"120.00 EUR\" --text \"two of three days\" --key-file coo.key", "kontor dispute propose 3f2a --outcome HALVED --key-file desk.key"),
		disputeSigns("settle", "accept what the other side proposed", dispute.Accept, []cli.Flag{&cli.StringFlag{Name: "proposal", Usage: "`ENTRY` that carries it; default: the newest"}},
			"Together the two signatures are the settlement. It binds when the side that proposed has seen the acceptance in time.", "kontor dispute settle 3f2a --key-file coo.key"),
		disputeSay("escalate", "take it to the next level before its time", api.DisputeEscalate, false, "kontor dispute escalate 3f2a --text \"no figures have come\""),
		disputeRule,
		disputeSigns("withdraw", "withdraw what this company's side opened: the entry stands as before", dispute.Withdraw, []cli.Flag{textFlag()}, "", "kontor dispute withdraw 3f2a --key-file desk.key"),
		disputeShow, disputeList, disputeExport)
}

func textFlag() cli.Flag {
	return &cli.StringFlag{Name: "text", Usage: "`TEXT` that both sides keep, at most 4096 bytes; @FILE reads it from a file"}
}

func outcomeFlags() []cli.Flag {
	return []cli.Flag{&cli.StringFlag{Name: "amount", Usage: "`AMOUNT` that is owed of what is in dispute: '120.00 EUR'"}, &cli.StringFlag{Name: "outcome", Usage: "`WORD`: STANDS, DROPPED, HALVED; AGREED where no amount is in dispute"}, textFlag()}
}

func instrumentFlags() []cli.Flag {
	return []cli.Flag{&cli.StringFlag{Name: "key-file", Usage: "the officer's or the desk's key `FILE`; it is opened in this program only", Required: true}, passphraseFlag(), &cli.BoolFlag{Name: "yes", Usage: "sign without asking"},
		&cli.StringFlag{Name: "signed", Usage: "write the signature to `FILE` for the next officer instead of handing it in"},
		&cli.StringSliceFlag{Name: "beside", Usage: "`FILE` that another officer wrote with --signed: sign the same, and hand both in; may be repeated"}}
}

// statement reads --text.
func (c *call) statement() (string, error) {
	text := c.String("text")
	if path, file := strings.CutPrefix(text, "@"); file {
		data, err := os.ReadFile(path)
		if err != nil {
			return "", usagef("--text: %v", err)
		}
		text = strings.TrimRight(string(data), "\n")
	}
	if !dispute.IsStatement(text) {
		return "", usagef("--text: want plain lines, at most %d bytes in all", dispute.MaxStatement)
	}
	return text, nil
}

// stated reads --text and --evidence. What is no shared artifact stands in the text, a line for each.
func (c *call) stated() (text string, shared []block.CID, err error) {
	if text, err = c.statement(); err != nil {
		return "", nil, err
	}
	shared, said, err := c.evidenceOf(c.StringSlice("evidence")...)
	if err != nil {
		return "", nil, err
	}
	for _, e := range said {
		text = strings.TrimPrefix(text+"\nevidence: "+e, "\n")
	}
	if !dispute.IsStatement(text) {
		return "", nil, usagef("--text: with its evidence it has %d bytes, and at most %d go; say less", len(text), dispute.MaxStatement)
	}
	return text, shared, nil
}

var disputeOpenVerb = verb{
	name: "open", short: "open a dispute: what it is about is held, the measurement stands", args: "[ENTRY]", most: 1, exits: []int{wire.ExitRefused, wire.ExitNotFound, wire.ExitNotNow},
	flags: []cli.Flag{withFlag(), textFlag(), evidenceFlag(), &cli.StringFlag{Name: "kind", Usage: "`KIND`, where it is about no entry of a remedy: CLAUSE, MEASUREMENT, LINES, FINDING or AGREEMENT"},
		&cli.StringFlag{Name: "contract", Usage: "`REFERENCE` of the contract whose dispute path it goes"}, &cli.StringFlag{Name: "artifact", Usage: "`CID` of terms, a report or an agreement"},
		&cli.StringFlag{Name: "part", Usage: "`NAME` of the clause, the SLA, the line or the finding"}, &cli.StringFlag{Name: "period", Usage: "`PERIOD` of a measurement: 2027-03"},
		&cli.StringFlag{Name: "worth", Usage: "`AMOUNT` that the other side owes by it, beside what is booked, where the subject has none: '120.00 EUR'"}},
	long: "ENTRY is of kontor remedy list, and says by itself what it is about. Anything else is named by --kind and --contract (the only one in force need not be named; a contested agreement needs none where no terms are in force) and\n" +
		"  CLAUSE       --artifact, root of the terms; --part, the clause      MEASUREMENT  --part, the SLA; --period, its window\n" +
		"  LINES        --artifact, root of the report; --part, the line       FINDING      --artifact, root of the report; --part, complaint, block or audit\n" +
		"  AGREEMENT    --artifact, the document; of LINES and FINDING without --part it is about the whole report\n" +
		"With --worth a settlement or a ruling that gives some of it makes an entry of kontor remedy list; by silence nothing of it is owed.\n" +
		"The path is that of the terms in force: each level has its business days and its default, and small amounts may end at the desks. What\n" +
		"silence brings is known from the first day on. Forecasts, capacity and quality go on; a disputed credit is held until the dispute ends.",
	examples: []string{"kontor dispute open 3f2a --text \"the dock was closed on 12 March\"", "kontor dispute open --kind MEASUREMENT --contract FRAME-2027 --part otif --period 2027-03 --text \"lines of another plant are in it\""},
	run: func(c *call) error {
		in := desk.DisputeOpen{With: c.String("with"), Entry: c.Args().First(), Kind: dispute.SubjectKind(strings.ToUpper(c.String("kind"))), Contract: c.String("contract"), Artifact: c.String("artifact"),
			Part: c.String("part"), Period: c.String("period")}
		if (in.Entry == "") == (in.Kind == "") {
			return usagef("want an entry of a remedy, or --kind and what it is about")
		}
		var err error
		if c.String("text") == "" {
			return missing("text", "why it is disputed, --text TEXT")
		}
		if in.Text, in.Evidence, err = c.stated(); err != nil {
			return err
		}
		if text := c.String("worth"); text != "" {
			m, err := quantity.ParseMoney(text)
			if err != nil {
				return usagef("--worth: %v", err)
			}
			in.Worth = &m
		}
		out, err := ask(c, api.DisputeOpen, in)
		if err != nil {
			return err
		}
		return c.printDone(out, "opened")
	},
}

// disputeSay is a verb that says something in the company's name.
func disputeSay(name, short string, route wire.Route[desk.DisputeSay, desk.DisputeDone], required bool, examples ...string) verb {
	return verb{
		name: name, short: short, args: "DISPUTE", most: 1, flags: []cli.Flag{textFlag(), evidenceFlag()}, examples: examples, exits: []int{wire.ExitRefused, wire.ExitNotFound},
		long: "A file that is named as evidence stays here: a line of the text says its name and its SHA-256. Disputes are named by their IDs, or by the first four digits or more.",
		run: func(c *call) error {
			in := desk.DisputeSay{ID: c.Args().First()}
			var err error
			if in.Text, in.Evidence, err = c.stated(); err != nil {
				return err
			}
			if required && in.Text == "" {
				return missing("text", "what is stated, --text TEXT")
			}
			out, err := ask(c, route, in)
			if err != nil {
				return err
			}
			return c.printDone(out, map[bool]string{true: "stated", false: "escalated: it goes to the next level when the other side has seen it"}[required])
		},
	}
}

// disputeSigns is a verb that an officer or a desk signs.
func disputeSigns(name, short string, v dispute.Verb, flags []cli.Flag, long string, examples ...string) verb {
	if long != "" {
		long += "\n"
	}
	return verb{
		name: name, short: short, args: "DISPUTE", most: 1, flags: append(flags, instrumentFlags()...), examples: examples, exits: []int{wire.ExitRefused, wire.ExitNotFound},
		long: long + "The node fills in what is signed; it is shown and signed here, with the key file. Where the company's policy for\n" +
			"SETTLEMENT (kontor policy set) asks for several officers, each but the last writes a file with --signed, and the last hands all in with --beside. Disputes are named by their IDs, or by the first four digits or more.",
		run: func(c *call) error { return c.signDispute(v) },
	}
}

func (c *call) signDispute(v dispute.Verb) error {
	text, err := c.statement()
	if err != nil {
		return err
	}
	var beside [][]byte
	var texts []string
	for _, path := range c.StringSlice("beside") {
		data, err := readBounded(path)
		if err != nil {
			return err
		}
		beside, texts = append(beside, data), append(texts, hex.EncodeToString(data))
	}
	if len(beside) > 0 && (text != "" || c.String("amount") != "" || c.String("outcome") != "" || c.String("proposal") != "") {
		return usagef("--beside takes the words of the file: leave out --amount, --outcome, --text and --proposal")
	}
	key, err := c.openKey(c.String("key-file"), keys.Role, keys.Mandate)
	if err != nil {
		return err
	}
	form, err := ask(c, api.DisputeForm, desk.DisputeFormQuery{ID: c.Args().First(), Verb: string(v), Key: key.Public().Hex(), Outcome: strings.ToUpper(c.String("outcome")), Amount: c.String("amount"), Text: text, Proposal: c.String("proposal"), Beside: texts})
	if err != nil {
		return err
	}
	if form.Missing != "" && c.String("signed") == "" {
		return &wire.Problem{Code: "REFUSED", Text: fmt.Sprintf("this company's signing policy for settlements asks for %s: missing is %s", form.Quorum, form.Missing),
			Next: "write this signature to a file with --signed FILE, and let the next officer hand it in with --beside FILE"}
	}
	signed, err := c.signInstrument(key, form.Instrument, form.Text)
	if err != nil {
		return err
	}
	if path := c.String("signed"); path != "" {
		return c.writeBeside(path, signed, form)
	}
	out, err := ask(c, api.DisputeSign, desk.DisputeSigned{Signed: signed, Beside: beside})
	if err != nil {
		return err
	}
	return c.printDone(out, map[dispute.Verb]string{dispute.Propose: "proposed", dispute.Accept: "accepted: it binds when the other side has seen it in time",
		dispute.Withdraw: "withdrawn: it ends when the other side has seen it", dispute.Rule: "ruled: it binds when the parties have seen it"}[v])
}

// instrumentFile is what an instrument signed for the next officer prints with --json.
type instrumentFile struct {
	File    string `json:"file"`
	Dispute string `json:"dispute"`
	Missing string `json:"missing,omitempty"`
}

// writeBeside keeps a signature for the officer who signs next.
func (c *call) writeBeside(path string, signed []byte, form desk.DisputeForm) error {
	if err := writeNew(path, signed); err != nil {
		return err
	}
	verb := map[dispute.Verb]string{dispute.Propose: "propose", dispute.Accept: "settle", dispute.Withdraw: "withdraw"}[form.Instrument.Verb]
	return c.print(instrumentFile{File: path, Dispute: form.Instrument.Dispute, Missing: form.Missing}, func(w io.Writer) {
		facts(w, "still to sign", orDash(form.Missing))
		fmt.Fprintf(w, "%s is signed by the %s; the next officer hands it in: kontor dispute %s %s --beside %s --key-file KEY\n", path, form.Instrument.Role, verb, form.Instrument.Dispute[:8], path)
	})
}

// signInstrument shows what is signed, from its bytes, and signs it.
func (c *call) signInstrument(key keys.Private, i dispute.Instrument, note string) ([]byte, error) {
	signed, err := protocol.SignDocument(key, dispute.SignatureKind, i)
	if err != nil {
		return nil, err
	}
	shown, err := dispute.ParseInstrument(signed.Document)
	if err != nil {
		return nil, err
	}
	digest := block.Sum(signed.Document).String()
	fmt.Fprintf(c.stderr, "%s\ndigest %s\n", shown.Render(), digest)
	if note != "" {
		c.note("%s", note)
	}
	if err := c.confirm(digest); err != nil {
		return nil, err
	}
	return block.Marshal(signed)
}
