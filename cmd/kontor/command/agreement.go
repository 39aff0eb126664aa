package command

import (
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/urfave/cli/v2"

	"kontor/crypto/keys"
	"kontor/node/api/wire"
	"kontor/protocol/block"
	"kontor/protocol/decision"
)

func agreementNoun() *cli.Command {
	return noun("agreement", "documents that officers of all parties sign", agreementSign, agreementShow, agreementList, agreementExport, agreementDraft,
		agreementLapse, agreementResolve, agreementAbort, agreementMilestone, agreementReconfirm)
}

const agreementArgument = "AGREEMENT is the document's CID or the end of it; left out, it is the only one it can be."

func (c *call) agreementQuery() wire.AgreementQuery {
	return wire.AgreementQuery{Agreement: c.Args().First(), With: c.String("with")}
}

var agreementShow = verb{
	name: "show", short: "show a document by its very bytes, and who signed", args: "[AGREEMENT]", most: 1,
	long: "The text is made from the bytes that are signed, by this program; compare the digest with the partner's by telephone. With --json the answer is also the request an\n" +
		"officer signs elsewhere: kontor agreement sign --from FILE --to FILE. " + agreementArgument,
	examples: []string{"kontor agreement show", "kontor agreement show --json > request.json"}, exits: []int{wire.ExitNotFound}, flags: []cli.Flag{withFlag()},
	run: func(c *call) error {
		out, err := ask(c, wire.AgreementShow, c.agreementQuery())
		if err != nil {
			return err
		}
		r, err := rendered(out)
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			io.WriteString(w, r.Text)
			fmt.Fprintln(w)
			printRound(w, out.AgreementInfo)
			facts(w, "digest", r.Digest.String())
			printPlan(w, out)
			if out.Changes != "" {
				fmt.Fprintf(w, "\nchanges since the round before:\n%s", out.Changes)
			}
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

var agreementDraft = verb{
	name: "draft", short: "put the document of an accepted offer on the table", args: "[TOPIC]", most: 1,
	long: "kontor topic accept does it by itself with these defaults. --file (JSON) replaces effects, targets, rollout, reviews, rollback, amount or dates. A round has one\n" +
		"document: to change it, make a new offer. " + topicArgument,
	examples: []string{"kontor agreement draft --sign-by 96h", "kontor agreement draft --file draft.json"}, exits: boardExits,
	flags: []cli.Flag{withFlag(), asFlag, &cli.DurationFlag{Name: "sign-by", Usage: "`DURATION` from now, at most 336h", DefaultText: "72h"},
		&cli.StringFlag{Name: "file", Usage: "`FILE` with parts of the document as JSON"}},
	run: func(c *call) error {
		var in wire.AgreementDraftRequest
		if path := c.String("file"); path != "" {
			if err := readDocument("file", path, &in); err != nil {
				return err
			}
		}
		in.TopicAct = c.topicAct()
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

// agreementSigned is what kontor agreement sign --json prints.
type agreementSigned struct {
	wire.AgreementReceipt
	Role   string `json:"role"`
	Key    string `json:"key"` // ID
	Digest string `json:"digest"`
	File   string `json:"file,omitempty"` // with --to
}

var agreementSign = verb{
	name: "sign", short: "read a document and sign it with an officer's key", args: "[AGREEMENT]", most: 1,
	long: "Shows the text made from the very bytes, asks, and signs them in this program; the node never holds the key. A signature is a firm offer until the document's\n" +
		"sign-by; the agreement binds once every party's quorum has signed and both nodes have acknowledged it.\n" +
		"For a machine apart: kontor agreement show --json > request.json here, kontor agreement sign --from request.json --to signed.bin --key-file K there,\n" +
		"kontor agreement sign --signed signed.bin here. " + agreementArgument,
	examples: []string{"kontor agreement sign --key-file coo.key", "kontor agreement sign 3f2k7qaa --key-file cfo.key --yes --json"},
	exits:    append([]int{wire.ExitMachine}, boardExits...),
	flags: append([]cli.Flag{withFlag(),
		yesFlag("the text was read: sign without asking"),
		&cli.StringFlag{Name: "from", Usage: "sign a request `FILE` instead of asking the node for it"},
		&cli.StringFlag{Name: "to", Usage: "write the signature to `FILE` instead of handing it in"},
		&cli.StringFlag{Name: "signed", Usage: "hand in the signature in `FILE`, made elsewhere"},
	}, signerFlags()...),
	run: func(c *call) error {
		if path := c.String("signed"); path != "" {
			data, err := readBounded(path)
			if err != nil {
				return err
			}
			return c.handInSignature(data, "")
		}
		if c.String("key-file") == "" {
			return missing("key-file", "the officer's key")
		}
		detail, err := c.request()
		if err != nil {
			return err
		}
		signed, digest, err := c.signAgreement(detail)
		if err != nil {
			return err
		}
		if path := c.String("to"); path != "" {
			return c.writeSignature(path, signed, digest)
		}
		return c.handInSignature(signed, digest)
	},
}

// maxRequest bounds a signing request or a signature read from a file: two documents and their renderings.
const maxRequest = 16 << 20

func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, usagef("%v", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxRequest+1))
	if err == nil && len(data) > maxRequest {
		err = fmt.Errorf("more than %d bytes", maxRequest)
	}
	if err != nil {
		return nil, usagef("read %s: %v", path, err)
	}
	return data, nil
}

// request is the document to sign with what must stand in its signature.
func (c *call) request() (d wire.AgreementDetail, err error) {
	if path := c.String("from"); path != "" {
		return d, readDocument("from", path, &d)
	}
	return ask(c, wire.AgreementShow, c.agreementQuery())
}

// signAgreement shows the document, asks and signs. Everything that is signed follows from the bytes shown.
func (c *call) signAgreement(d wire.AgreementDetail) (signed []byte, digest string, err error) {
	r, err := rendered(d)
	if err != nil {
		return nil, "", err
	}
	company, err := block.ParseCID(d.Company)
	if err != nil {
		return nil, "", wire.Problemf("VERIFY_DOCUMENT", "the company of the request: %v", err)
	}
	head, err := block.ParseCID(d.IDHead)
	if err != nil {
		return nil, "", wire.Problemf("VERIFY_DOCUMENT", "the identity head of the request: %v", err)
	}
	io.WriteString(c.stderr, r.Text)
	if d.Previous != nil {
		if was, err := decision.Render(d.Previous); err == nil {
			fmt.Fprintf(c.stderr, "\nchanges since the round before:\n%s", decision.Changes(was, r))
		}
	}
	if d.Oversold != "" {
		c.note("more would be promised to all customers than there is: %s; kontor capacity oversold shows what is promised now", d.Oversold)
	}
	fmt.Fprintf(c.stderr, "\ndigest %s\n", r.Digest)
	if err := c.confirm(r.Digest.String()); err != nil {
		return nil, "", err
	}
	key, err := c.openKey(c.String("key-file"), keys.Role)
	if err != nil {
		return nil, "", err
	}
	role := ""
	for _, k := range d.Keys {
		if k.Key == key.Public().Hex() {
			role = k.Role
		}
	}
	if role == "" {
		return nil, "", wire.Problemf("FORBIDDEN", "key %s is no officer's key in force of this company; kontor officer list shows those that are", key.Public().ID())
	}
	body, err := r.Document.For(r.CID, company, head, decision.Role(role), key.Public())
	if err != nil {
		return nil, "", wire.Problemf("REFUSED", "%v", err)
	}
	s, err := body.Sign(key)
	if err != nil {
		return nil, "", err
	}
	signed, err = block.Marshal(s)
	return signed, r.Digest.String(), err
}

// digestTail is how many characters of the digest an officer types: a habit of pressing return signs nothing.
const digestTail = 6

func (c *call) confirm(digest string) error {
	if c.Bool("yes") {
		return nil
	}
	in := c.terminal()
	if in == nil {
		return &wire.Problem{Code: "CONFIRM", Text: "the document was shown, not signed", Next: "read it, then say --yes"}
	}
	typed, err := c.askLine(in, fmt.Sprintf("To sign, type the last %d characters of the digest: ", digestTail))
	if err != nil {
		return err
	}
	if typed != digest[len(digest)-digestTail:] {
		return &wire.Problem{Code: "CONFIRM", Text: "that is not the end of the digest; nothing was signed"}
	}
	return nil
}

func (c *call) writeSignature(path string, signed []byte, digest string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return usagef("--to: %v", err)
	}
	if _, err := f.Write(signed); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return c.print(agreementSigned{Digest: digest, File: path}, func(w io.Writer) {
		fmt.Fprintf(w, "signed; hand it in with: kontor agreement sign --signed %s\n", path)
	})
}

func (c *call) handInSignature(signed []byte, digest string) error {
	s, err := decision.ParseSignedRole(signed)
	if err != nil {
		return wire.Problemf("BAD_SIGNATURE", "the signature does not decode: %v", err)
	}
	out, err := ask(c, wire.AgreementSign, wire.AgreementSignRequest{AgreementQuery: wire.AgreementQuery{With: c.String("with")}, Signed: signed})
	if err != nil {
		return err
	}
	doc := agreementSigned{AgreementReceipt: out, Role: string(s.Body.Role), Key: string(s.Body.Key.ID()), Digest: digest}
	return c.print(doc, func(w io.Writer) {
		fmt.Fprintf(w, "agreement %s is signed by the %s\n", short(out.Agreement), doc.Role)
		if d, err := ask(c, wire.AgreementShow, wire.AgreementQuery{Agreement: out.Agreement}); err == nil {
			printRound(w, d.AgreementInfo)
		}
	})
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
