package command

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/urfave/cli/v2"

	"kontor/node/api/wire"
	"kontor/protocol/decision"
)

// requestFile is what kontor agreement request --json prints.
type requestFile struct {
	Agreement string `json:"agreement"`
	File      string `json:"file"`
	Digest    string `json:"digest"`
	Node      string `json:"node"` // ID of the key of the node that signed the request
}

var agreementRequest = verb{
	name: "request", short: "write what an officer needs to sign on another machine", args: "[AGREEMENT]", most: 1,
	long: "The file holds the very bytes of the document, those of the round before, and which of this company's keys may sign. It holds nothing secret beyond the document. The\n" +
		"other machine needs kontor and the key file, no node and no network. The node signs the file: there, what was altered on the way is refused, and --node NODE-KEY\n" +
		"refuses what another node made. " + agreementArgument,
	examples: []string{"kontor agreement request --out request.json", "kontor agreement request 3f2k7qaa --out request.json"}, exits: []int{wire.ExitNotFound, wire.ExitMachine},
	flags: []cli.Flag{withFlag(), &cli.StringFlag{Name: "out", Aliases: []string{"o"}, Usage: "`FILE` to write; it must not exist"}},
	run: func(c *call) error {
		path := c.String("out")
		if path == "" {
			return missing("out", "the file to write")
		}
		request, err := ask(c, wire.AgreementRequest, c.agreementQuery())
		if err != nil {
			return err
		}
		out, node, err := request.Open()
		if err != nil {
			return err
		}
		r, err := rendered(out)
		if err != nil {
			return err
		}
		data, err := json.MarshalIndent(request, "", "  ")
		if err != nil {
			return err
		}
		if err := writeNew(path, append(data, '\n')); err != nil {
			return err
		}
		return c.print(requestFile{Agreement: out.CID, File: path, Digest: r.Digest.String(), Node: string(node.ID())}, func(w io.Writer) {
			fmt.Fprintf(w, "%s: sign it where the key is: kontor agreement sign --from %s --node %s --key-file KEY --signed FILE\ndigest %s\n", path, path, node.ID(), r.Digest)
		})
	},
}

var agreementImport = verb{
	name: "import-signature", tells: true, short: "hand in a signature that was made on another machine", args: "FILE", most: 1,
	long:     "The node checks it as any other: it must be of a document on the table, by a key in force for its role, within its limit, and in time.",
	examples: []string{"kontor agreement import-signature signed.bin"}, exits: boardExits, flags: []cli.Flag{withFlag()},
	run: func(c *call) error {
		path := c.Args().First()
		if path == "" {
			return usagef("name the file that kontor agreement sign --signed wrote")
		}
		data, err := readBounded(path)
		if err != nil {
			return err
		}
		return c.handInSignature(data, "")
	},
}

// agreementDifference is what kontor agreement diff --json prints.
type agreementDifference struct {
	From    string `json:"from"`
	To      string `json:"to"`
	Changes string `json:"changes"`
}

var agreementDiff = verb{
	name: "diff", short: "show what differs between two agreements, line by line", args: "[FROM] TO", most: 2,
	long:     "Both texts are made from the very bytes by this program. With one agreement alone it is compared with the one it takes the place of, else with the round before.",
	examples: []string{"kontor agreement diff 3f2k7qaa", "kontor agreement diff 3f2k7qaa 9xm2paab"}, exits: []int{wire.ExitNotFound}, flags: []cli.Flag{withFlag()},
	run: func(c *call) error {
		to, err := ask(c, wire.AgreementShow, wire.AgreementQuery{Agreement: c.Args().Get(c.Args().Len() - 1), With: c.String("with")})
		if err != nil {
			return err
		}
		is, err := rendered(to)
		if err != nil {
			return err
		}
		was, err := c.comparedWith(is, to)
		if err != nil {
			return err
		}
		out := agreementDifference{From: was.CID.String(), To: is.CID.String(), Changes: decision.Changes(was, is)}
		return c.print(out, func(w io.Writer) {
			facts(w, "from", out.From, "to", out.To)
			if out.Changes == "" {
				fmt.Fprintln(w, "nothing differs")
				return
			}
			io.WriteString(w, "\n"+out.Changes)
		})
	},
}

// comparedWith is the agreement that another is compared with.
func (c *call) comparedWith(is decision.Rendering, to wire.AgreementDetail) (decision.Rendering, error) {
	from := ""
	switch {
	case c.Args().Len() > 1:
		from = c.Args().First()
	case len(is.Document.Supersedes) > 0:
		from = is.Document.Supersedes[0].String()
	case to.Previous != nil:
		return decision.Render(to.Previous)
	default:
		return decision.Rendering{}, wire.Problemf("NO_AGREEMENT", "agreement %s takes no other's place and is its topic's first: name two", short(to.CID))
	}
	detail, err := ask(c, wire.AgreementShow, wire.AgreementQuery{Agreement: from, With: c.String("with")})
	if err != nil {
		return decision.Rendering{}, err
	}
	return rendered(detail)
}

func agreementAmend() verb {
	return verb{
		name: "amend", tells: true, short: "open a topic that replaces a final agreement, or ends it early", args: "[AGREEMENT]", most: 1,
		long: "An amendment is an agreement too: it is scored, bargained and signed by all, and takes the other's place when it is final. The topic begins with the agreed option and\n" +
			"the same issues; with --end the one issue is the first day without the agreement. " + agreementArgument,
		examples: []string{"kontor agreement amend 3f2k7qaa", "kontor agreement amend 3f2k7qaa --end --title \"line 3 is sold\"", "kontor agreement amend --proposal parts.json"},
		exits:    boardExits,
		flags: []cli.Flag{withFlag(), &cli.BoolFlag{Name: "end", Usage: "nothing takes its place"}, &cli.StringFlag{Name: "title", Usage: "`TEXT`"},
			&cli.DurationFlag{Name: "deadline", Usage: "`DURATION` from now", DefaultText: "168h"}, &cli.StringFlag{Name: "proposal", Usage: "`FILE` with parts of the topic as JSON"}},
		run: func(c *call) error {
			in := wire.AgreementAmendRequest{AgreementQuery: c.agreementQuery(), End: c.Bool("end"), Title: c.String("title")}
			var err error
			if in.Deadline, in.Proposal, err = c.beginning(); err != nil {
				return err
			}
			out, err := ask(c, wire.AgreementAmend, in)
			if err != nil {
				return err
			}
			return c.printOpened(out)
		},
	}
}

// differences shows a document against the agreement whose place it is to take, and against the round before. Both are read from their bytes here: neither may be
// of another matter.
func differences(is decision.Rendering, d wire.AgreementDetail) (text string, err error) {
	if d.Amended != nil {
		was, err := decision.Render(d.Amended)
		if err != nil || !slices.Contains(is.Document.Supersedes, was.CID) {
			return "", wire.Problemf("VERIFY_DOCUMENT", "the agreement to compare with is not the one this takes the place of: ask the node again, or for another request: kontor agreement request")
		}
		text += fmt.Sprintf("\nchanges against the agreement whose place it takes, document %s:\n%s", was.CID, decision.Changes(was, is))
	}
	if d.Previous != nil {
		was, err := decision.Render(d.Previous)
		if err != nil || was.Document.Topic != is.Document.Topic || was.Document.Round >= is.Document.Round {
			return "", wire.Problemf("VERIFY_DOCUMENT", "the document of the round before is none of this topic's: ask the node again, or for another request: kontor agreement request")
		}
		text += fmt.Sprintf("\nchanges since round %d, document %s:\n%s", was.Document.Round, was.CID, decision.Changes(was, is))
	}
	return text, nil
}
