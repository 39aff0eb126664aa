package command

import (
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v2"

	"kontor/crypto/keys"
	"kontor/node/api/wire"
	"kontor/protocol/block"
	"kontor/protocol/decision"
)

// agreementSigned is what kontor agreement sign --json prints.
type agreementSigned struct {
	wire.AgreementReceipt
	Role   string `json:"role"`
	Key    string `json:"key"` // ID
	Digest string `json:"digest"`
	File   string `json:"file,omitempty"` // with --signed
}

var agreementSign = verb{
	name: "sign", tells: true, short: "read a document and sign it with an officer's key", args: "[AGREEMENT]", most: 1,
	long: "Shows the text made from the very bytes, asks, and signs them in this program; the node never holds the key. A signature is a firm offer until the document's\n" +
		"sign-by; the agreement binds once every party's quorum has signed and both nodes have acknowledged it.\n" +
		"For a machine apart: kontor agreement request --out request.json here, kontor agreement sign --from request.json --key-file K --signed signed.bin there, which\n" +
		"needs no node, and kontor agreement import-signature signed.bin here. " + agreementArgument,
	examples: []string{"kontor agreement sign --key-file coo.key", "kontor agreement sign 3f2k7qaa --key-file cfo.key --yes --json"},
	exits:    append([]int{wire.ExitMachine}, boardExits...),
	flags: append([]cli.Flag{withFlag(),
		yesFlag("the text was read: sign without asking"),
		&cli.StringFlag{Name: "from", Usage: "sign a request `FILE` instead of asking the node for it"},
		&cli.StringFlag{Name: "node", Usage: "`NODE-KEY` that must have made the request, as kontor status shows it there"},
		&cli.StringFlag{Name: "signed", Usage: "write the signature to `FILE` instead of handing it in"},
	}, signerFlags()...),
	run: func(c *call) error {
		if c.String("key-file") == "" {
			return missing("key-file", "the officer's key")
		}
		if c.String("from") != "" && c.String("signed") == "" {
			return missing("signed", "the file to write the signature to; there may be no node here")
		}
		if _, _, err := readKeyFile(c.String("key-file"), keys.Role); err != nil {
			return err
		}
		detail, err := c.request()
		if err != nil {
			return err
		}
		signed, digest, err := c.signAgreement(detail)
		if err != nil {
			return err
		}
		if path := c.String("signed"); path != "" {
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
		var r wire.SigningRequest
		if err := readDocument("from", path, &r); err != nil {
			return d, err
		}
		d, node, err := r.Open()
		if err != nil {
			return d, err
		}
		if want := c.String("node"); want != "" && want != string(node.ID()) {
			return d, &wire.Problem{Code: "VERIFY_DOCUMENT", Text: fmt.Sprintf("the request was made by node %s, not by %s: it was replaced on its way, or that is not the company's node", node.ID(), want),
				Next: "compare with kontor status at the node"}
		}
		c.note("the request was made by node %s and is as that node signed it; kontor status shows there whether that is the company's", node.ID())
		return d, nil
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
	changed, err := differences(r, d)
	if err != nil {
		return nil, "", err
	}
	io.WriteString(c.stderr, changed)
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
		return usagef("--signed: %v", err)
	}
	if _, err := f.Write(signed); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return c.print(agreementSigned{Digest: digest, File: path}, func(w io.Writer) {
		fmt.Fprintf(w, "signed; hand it in with: kontor agreement import-signature %s\n", path)
	})
}

func (c *call) handInSignature(signed []byte, digest string) error {
	s, err := decision.ParseSignedRole(signed)
	if err != nil {
		return wire.Problemf("BAD_SIGNATURE", "this is no signature that kontor agreement sign --signed FILE wrote, or it is damaged: %v", err)
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
