package command

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"kontor/node/api/wire"
	"kontor/protocol/decision"
)

func agreementNoun() *cli.Command {
	return noun("agreement", "documents that officers of all parties sign", agreementDraft(), agreementSign, agreementRequest, agreementImport, agreementShow, agreementList, agreementDiff, agreementExport, agreementAmend(),
		agreementLapse, agreementResolve, agreementAbort, agreementMilestone, agreementReconfirm)
}

const agreementArgument = "AGREEMENT is the document's CID or the end of it; left out, it is the only one it can be."

func (c *call) agreementQuery() wire.AgreementQuery {
	return wire.AgreementQuery{Agreement: c.Args().First(), With: c.String("with")}
}

var agreementShow = verb{
	name: "show", short: "show a document by its very bytes, and who signed", args: "[AGREEMENT]", most: 1,
	long:     "The text is made from the bytes that are signed, by this program; compare the digest with the partner's by telephone. " + agreementArgument,
	examples: []string{"kontor agreement show", "kontor agreement show 3f2k7qaa --json"}, exits: []int{wire.ExitNotFound}, flags: []cli.Flag{withFlag()},
	run: func(c *call) error {
		out, err := ask(c, wire.AgreementShow, c.agreementQuery())
		if err != nil {
			return err
		}
		r, err := rendered(out)
		if err != nil {
			return err
		}
		changed, err := differences(r, out)
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			io.WriteString(w, r.Text)
			fmt.Fprintln(w)
			printRound(w, out.AgreementInfo)
			facts(w, "digest", r.Digest.String())
			printPlan(w, out)
			io.WriteString(w, changed)
		})
	},
}

// rendered reads the document from its bytes in this program and checks that they are those of the CID shown: what the node says about them is not
// relied on.
func rendered(d wire.AgreementDetail) (decision.Rendering, error) {
	r, err := decision.Render(d.Document)
	if err != nil {
		return r, wire.Problemf("VERIFY_DOCUMENT", "the document does not read: %v", err)
	}
	if r.CID.String() != d.CID {
		return r, wire.Problemf("VERIFY_DOCUMENT", "the bytes are of document %s, not of %s", r.CID, d.CID)
	}
	if found := r.Document.Check(); len(found) > 0 {
		return r, &wire.Problem{Code: "VERIFY_DOCUMENT", Text: "the document breaks the rules", Findings: found}
	}
	return r, nil
}

func printRound(w io.Writer, a wire.AgreementInfo) {
	var rows [][]string
	for _, p := range a.Parties {
		state := p.State
		if p.SilentSince != 0 {
			state += ", silent since " + moment(p.SilentSince)
		}
		rows = append(rows, []string{p.Name, p.Quorum, orDash(roles(p.Signers)), orDash(p.Missing), state})
	}
	table(w, []string{"party", "signed by", "has signed", "still to sign", "state"}, rows)
	state := string(a.Verdict)
	if a.Pending {
		state += " (pending: above the settled line)"
	}
	facts(w, "agreement", a.CID, "state", state, "here", a.Binding, "sign by", moment(a.SignBy))
}

var agreementList = verb{
	name: "list", short: "list agreements and how they stand", examples: []string{"kontor agreement list"}, exits: []int{wire.ExitNotFound}, flags: []cli.Flag{withFlag()},
	run: func(c *call) error {
		out, err := ask(c, wire.AgreementList, wire.AgreementQuery{With: c.String("with")})
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			var rows [][]string
			for _, a := range out.Agreements {
				money := "-"
				if a.Amount != nil {
					money = a.Amount.String()
				}
				rows = append(rows, []string{short(a.CID), a.Title, a.Partner, string(a.Verdict), string(a.Standing), strconv.Itoa(a.Signatures), money, moment(a.SignBy)})
			}
			table(w, []string{"agreement", "title", "partner", "round", "standing", "signatures", "amount", "sign by"}, rows)
		})
	},
}

// agreementDraft is made anew for each call: its repeated flag holds what was given.
func agreementDraft() verb {
	return verb{
		name: "draft", tells: true, short: "put the document of an accepted offer on the table", args: "[TOPIC]", most: 1,
		long: "kontor topic accept does it by itself with these defaults. --file (JSON) replaces effects, targets, rollout, reviews, rollback, amount or dates. A round has one\n" +
			"document: to change it, make a new offer. --rollback says when the parties go back. In words nobody measures it, and the document says so; measured by the reports of both\n" +
			"sides (" + strings.Join(decision.RollbackMeasures()[1:], " ") + ") it raises an exception at the named officer when it is met, of which\n" +
			"kontor topic open makes a topic of amendment. " + topicArgument,
		examples: []string{"kontor agreement draft --sign-by 96h", "kontor agreement draft --file draft.json", `kontor agreement draft --rollback "OTIF below 0.9 in 2027-03 of ZDV-300 for buyer COO 5 => option 2 applies" --rollback "the line is sold => we talk"`}, exits: boardExits,
		flags: []cli.Flag{withFlag(), asFlag, &cli.DurationFlag{Name: "sign-by", Usage: "`DURATION` from now, at most 336h", DefaultText: "72h"},
			&cli.StringFlag{Name: "file", Usage: "`FILE` with parts of the document as JSON"},
			repeated("rollback", "`\"CONDITION => ACTION\"`, or \"MEASURE below|above LIMIT [UNIT] in PERIOD [of PRODUCTS] for SIDE ROLE DAYS => ACTION\"; several times for several")},
		run: func(c *call) error {
			var in wire.AgreementDraftRequest
			if path := c.String("file"); path != "" {
				if err := readDocument("file", path, &in); err != nil {
					return err
				}
			}
			in.TopicAct = c.topicAct()
			in.RollbackText = append(in.RollbackText, c.texts("rollback")...)
			if d := c.Duration("sign-by"); d != 0 {
				in.SignBy = c.now().Add(d).UnixMilli()
			}
			out, err := ask(c, wire.AgreementDraft, in)
			if err != nil {
				return err
			}
			return c.print(out, func(w io.Writer) {
				fmt.Fprintf(w, "agreement %s is on the table: kontor agreement show\n", out.Agreement)
			})
		},
	}
}

// exportDocument is what kontor agreement export --json prints.
type exportDocument struct {
	File  string `json:"file"`
	Bytes int64  `json:"bytes"`
}

var agreementExport = verb{
	name: "export", short: "write what proves an agreement as one file", args: "[AGREEMENT]", most: 1,
	long: "Anyone can check the file without a node: kontor audit verify FILE. It holds both feeds up to the agreement's finality with everything they carry, forecasts among\n" +
		"them: give it to those who may read these. " + agreementArgument,
	examples: []string{"kontor agreement export -o march.car", "kontor agreement export 3f2k7qaa -o march.car"}, exits: []int{wire.ExitNotFound, wire.ExitMachine},
	flags: []cli.Flag{withFlag(), &cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FILE` to write; it must not exist"}},
	run: func(c *call) error {
		path := c.String("output")
		if path == "" {
			return missing("output", "the file to write, -o FILE")
		}
		size, err := download(c, path, wire.AgreementExport, c.agreementQuery())
		if err != nil {
			return err
		}
		return c.print(exportDocument{File: path, Bytes: size}, func(w io.Writer) {
			fmt.Fprintf(w, "%s: %s; check it anywhere with: kontor audit verify %s\n", path, bytesText(size), path)
		})
	},
}
