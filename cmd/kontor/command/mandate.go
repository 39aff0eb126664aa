package command

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"kontor/crypto/keys"
	"kontor/node/api/wire"
	"kontor/node/client"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/identity"
)

func mandateNoun() *cli.Command {
	return noun("mandate", "let a desk act inside bounds an officer sets", mandateGrant, mandateRenew, mandateList, mandateRevoke)
}

// signerFlags are for commands that an officer signs.
func signerFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "key-file", Usage: "`FILE` with the officer's key; it is opened in this program only"},
		passphraseFlag(),
	}
}

// byOfficer makes a command of what an officer signs here: it wants the key's file and asks the node, which never sees the key.
func byOfficer(run func(*call, *client.Client) error) func(*call) error {
	return func(c *call) error {
		if c.String("key-file") == "" {
			return missing("key-file", "the officer's key")
		}
		n, err := c.node()
		if err != nil {
			return err
		}
		defer n.Close()
		return run(c, n)
	}
}

// mandateDocument is what kontor mandate grant --json prints.
type mandateDocument struct {
	wire.EntryReceipt
	ID      string `json:"id"` // of the desk's key
	Key     string `json:"key"`
	KeyFile string `json:"key_file"`
	Until   int64  `json:"until"`
}

var mandateGrant = verb{
	name: "grant", tells: true, short: "sign a mandate for a desk with an officer's key",
	long: "The officer's program makes the desk's key unless --desk-key names one that exists, shows the mandate, asks and signs it. It falls with the officer's key.",
	examples: []string{"kontor mandate grant --desk planning --limit \"50000 USD\" --key-file coo.key --desk-key planning.key",
		"kontor mandate grant --desk planning --kinds exception.close --products 04006381333931 --limit \"50000 USD\" --valid 720h --key-file coo.key"},
	exits: []int{wire.ExitRefused, wire.ExitNotFound, wire.ExitNotNow, wire.ExitMachine},
	flags: append([]cli.Flag{
		withFlag(),
		&cli.StringFlag{Name: "desk", Usage: "`NAME` of the desk; never a person's"},
		&cli.StringSliceFlag{Name: "kinds", Usage: "`ACTS` it may do, by comma; dispute lets it propose and settle at the desks' level", Value: cli.NewStringSlice(protocol.KindExceptionClose, protocol.KindAnswerSign, protocol.KindRecord)},
		&cli.StringSliceFlag{Name: "products", Usage: "only about these `PRODUCTS`, by comma"},
		&cli.StringFlag{Name: "limit", Usage: "`AMOUNT` of one act"},
		&cli.DurationFlag{Name: "valid", Usage: "how long, as a `DURATION`", Value: 90 * 24 * time.Hour, DefaultText: "2160h"},
		&cli.StringFlag{Name: "desk-key", Usage: "`FILE` with the desk's key; made when it does not exist", DefaultText: "keys/desk-NAME.key in the home"},
		&cli.StringFlag{Name: "desk-passphrase-file", Usage: "`FILE` with the passphrase of the desk's key", DefaultText: "as --passphrase-file"},
		&cli.BoolFlag{Name: "no-passphrase", Usage: "leave a new desk key unsealed"},
		yesFlag("the mandate is right: grant it without asking"),
	}, signerFlags()...),
	run: func(c *call) error {
		for _, need := range [][2]string{{"desk", "the name of the desk"}, {"limit", "the amount of one act"}, {"key-file", "the officer's key"}} {
			if c.String(need[0]) == "" {
				return missing(need[0], need[1])
			}
		}
		for _, kind := range c.StringSlice("kinds") {
			if !slices.Contains(protocol.MandateKinds, kind) {
				return usagef("--kinds: no act %q can be left to a desk; there are %s", kind, strings.Join(protocol.MandateKinds, ", "))
			}
		}
		limit, err := parseAmount("limit", c.String("limit"))
		if err != nil {
			return err
		}
		n, err := c.node()
		if err != nil {
			return err
		}
		defer n.Close()
		p, err := client.Call(c.Context.Context, n, wire.PartnerShow, wire.PartnerQuery{With: c.String("with")})
		if err != nil {
			return err
		}
		now := c.now()
		m := protocol.Mandate{Holder: c.String("desk"), Kinds: c.StringSlice("kinds"), Products: c.StringSlice("products"), Limit: identity.Amount{Minor: limit.Minor, Currency: limit.Currency},
			From: now.Add(-time.Minute).UnixMilli(), Until: now.Add(c.Duration("valid")).UnixMilli()}
		return grantMandate(c, n, p, m, "desk-"+fileName(m.Holder))
	},
}

// grantMandate shows a mandate, asks, makes the desk's key where there is none, and hands the mandate in.
func grantMandate(c *call, n *client.Client, p wire.PartnerDetail, m protocol.Mandate, file string) error {
	var err error
	if m.PID, err = block.ParseCID(p.Partnership); err != nil {
		return err
	}
	path := c.String("desk-key")
	if path == "" {
		path = filepath.Join(c.home(), "keys", file+".key")
	}
	c.note("the %s desk may do %s about %s up to %s until %s", m.Holder, strings.Join(m.Kinds, ", "), list(m.Products),
		amount(&wire.Amount{Minor: m.Limit.Minor, Currency: m.Limit.Currency}), moment(m.Until))
	no := &wire.Problem{Code: "CONFIRM", Text: "the mandate was shown, not granted", Next: "read it, then say --yes"}
	if err := c.agree("Grant this mandate in the partnership with "+others(p.Members)+"?", no); err != nil {
		return err
	}
	officer, err := c.openKey(c.String("key-file"), keys.Role)
	if err != nil {
		return err
	}
	pub, made, err := deskKey(c, path)
	if err != nil {
		return err
	}
	m.Key = pub[:]
	r, err := handInSigned(c, n, wire.MandateGrant, p.Partnership, officer, protocol.MandateSignature, m)
	if err != nil {
		if made {
			os.Remove(path)
		}
		return err
	}
	doc := mandateDocument{EntryReceipt: r, ID: string(pub.ID()), Key: pub.Hex(), KeyFile: path, Until: m.Until}
	return c.print(doc, func(w io.Writer) {
		facts(w, "mandate", doc.ID, "desk", m.Holder, "key file", path, "valid until", moment(m.Until), "entry", short(r.Entry))
	})
}

// deskKey reads the public key of a desk's file, or makes key and file.
func deskKey(c *call, path string) (pub keys.Public, made bool, err error) {
	if _, err := os.Stat(path); err == nil {
		key, err := c.openKeyFrom("desk-passphrase-file", path, keys.Mandate)
		if err != nil {
			return pub, false, err
		}
		return key.Public(), false, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return pub, false, err
	}
	key, err := keys.Generate(rand.Reader)
	if err != nil {
		return pub, false, err
	}
	return key.Public(), true, c.newKeyFile(path, keys.Mandate, key, "desk-passphrase-file")
}

// handInSigned signs a document with a key that stays in this program and hands it in.
func handInSigned(c *call, n *client.Client, route wire.Route[wire.SignedRequest, wire.EntryReceipt], partnership string, key keys.Private, label string, doc any) (wire.EntryReceipt, error) {
	s, err := protocol.SignDocument(key, label, doc)
	if err != nil {
		return wire.EntryReceipt{}, err
	}
	return client.Call(c.Context.Context, n, route, wire.SignedRequest{Partnership: partnership, Document: s.Document, Key: s.Key, Signature: s.Sig})
}

var mandateList = verb{
	name: "list", short: "list this company's mandates", args: "[PARTNER]", most: 1,
	examples: []string{"kontor mandate list"},
	exits:    []int{wire.ExitNotFound},
	flags:    []cli.Flag{withFlag()},
	run: func(c *call) error {
		l, err := ask(c, wire.MandateList, wire.PartnerQuery{With: c.partner()})
		if err != nil {
			return err
		}
		return c.print(l, func(w io.Writer) {
			var rows [][]string
			for _, m := range l.Mandates {
				state := m.State
				if state == "in force" {
					state = lifeOf(c.now(), m.Until)
					if outlasted(m, l.Mandates) {
						state = strings.Replace(state, ": renew", "; another holds longer", 1)
					}
				}
				rows = append(rows, []string{m.ID, m.Holder, m.Partner, strings.Join(m.Kinds, ", "), list(m.Products), amount(&m.Limit), m.Role, moment(m.Until), state})
			}
			table(w, []string{"mandate", "desk", "partner", "acts", "products", "limit", "granted by", "until", "state"}, rows)
		})
	},
}

// outlasted tells whether the desk holds another mandate that lasts longer.
func outlasted(m wire.MandateInfo, all []wire.MandateInfo) bool {
	return slices.ContainsFunc(all, func(o wire.MandateInfo) bool {
		return o.State == m.State && o.Partnership == m.Partnership && o.Holder == m.Holder && o.Until > m.Until
	})
}

var mandateRenew = verb{
	name: "renew", short: "grant a desk's mandate anew before it ends", args: "MANDATE", most: 1,
	long: "A key holds one mandate, so a renewal is a new key for the same desk with the same acts, products and limit, unless --limit says otherwise. The old one holds until it\n" +
		"ends, or is revoked with --revoke.",
	examples: []string{"kontor mandate renew MANDATE --key-file coo.key", "kontor mandate renew MANDATE --limit '80000 USD' --valid 720h --revoke --key-file coo.key"},
	exits:    []int{wire.ExitRefused, wire.ExitNotFound, wire.ExitNotNow, wire.ExitMachine},
	flags: append([]cli.Flag{
		&cli.StringFlag{Name: "limit", Usage: "`AMOUNT` of one act", DefaultText: "the old one's"},
		&cli.DurationFlag{Name: "valid", Usage: "how long, as a `DURATION`", Value: 90 * 24 * time.Hour, DefaultText: "2160h"},
		&cli.StringFlag{Name: "desk-key", Usage: "`FILE` with the desk's new key; made when it does not exist", DefaultText: "keys/desk-NAME-TIME.key in the home"},
		&cli.StringFlag{Name: "desk-passphrase-file", Usage: "`FILE` with the passphrase of the desk's key", DefaultText: "as --passphrase-file"},
		&cli.BoolFlag{Name: "no-passphrase", Usage: "leave a new desk key unsealed"},
		&cli.BoolFlag{Name: "revoke", Usage: "revoke the old one at once"},
		yesFlag("the mandate is right: grant it without asking"),
	}, signerFlags()...),
	run: byOfficer(func(c *call, n *client.Client) error {
		old, err := mandateOf(c, n)
		if err != nil {
			return err
		}
		limit := old.Limit
		if text := c.String("limit"); text != "" {
			other, err := parseAmount("limit", text)
			if err != nil {
				return err
			}
			limit = *other
		}
		p, err := client.Call(c.Context.Context, n, wire.PartnerShow, wire.PartnerQuery{With: old.Partnership})
		if err != nil {
			return err
		}
		now := c.now()
		m := protocol.Mandate{Holder: old.Holder, Kinds: old.Kinds, Products: old.Products, Limit: identity.Amount{Minor: limit.Minor, Currency: limit.Currency},
			From: now.Add(-time.Minute).UnixMilli(), Until: now.Add(c.Duration("valid")).UnixMilli()}
		if err := grantMandate(c, n, p, m, fmt.Sprintf("desk-%s-%d", fileName(m.Holder), now.Unix())); err != nil {
			return err
		}
		if !c.Bool("revoke") {
			return nil
		}
		_, err = endMandate(c, n, old)
		return err
	}),
}

// mandateOf finds the mandate that the argument names: by its ID, its key, or its desk where only one of that desk is in force.
func mandateOf(c *call, n *client.Client) (wire.MandateInfo, error) {
	l, err := client.Call(c.Context.Context, n, wire.MandateList, wire.PartnerQuery{})
	if err != nil {
		return wire.MandateInfo{}, err
	}
	var ofDesk []wire.MandateInfo
	var ids []string
	for _, m := range l.Mandates {
		if m.ID == c.Args().First() || m.Key == c.Args().First() {
			return m, nil
		}
		if m.Holder == c.Args().First() && m.State == "in force" {
			ofDesk, ids = append(ofDesk, m), append(ids, m.ID)
		}
	}
	switch {
	case len(ofDesk) == 1:
		return ofDesk[0], nil
	case len(ofDesk) > 1:
		return wire.MandateInfo{}, wire.Problemf("WHICH_MANDATE", "the desk %q has %d mandates in force: name one of %s", c.Args().First(), len(ofDesk), strings.Join(ids, ", "))
	}
	return wire.MandateInfo{}, wire.Problemf("NO_MANDATE", "no mandate %q is known; kontor mandate list shows them", c.Args().First())
}

var mandateRevoke = verb{
	name: "revoke", tells: true, short: "revoke a mandate with an officer's key", args: "MANDATE", most: 1,
	long:     "MANDATE is the ID that kontor mandate list shows; the name of a desk will do where one mandate of it is in force.",
	examples: []string{"kontor mandate revoke MANDATE --key-file coo.key", "kontor mandate revoke planning --key-file coo.key"},
	exits:    []int{wire.ExitRefused, wire.ExitNotFound, wire.ExitNotNow, wire.ExitMachine},
	flags:    signerFlags(),
	run: byOfficer(func(c *call, n *client.Client) error {
		m, err := mandateOf(c, n)
		if err != nil {
			return err
		}
		r, err := endMandate(c, n, m)
		if err != nil {
			return err
		}
		return c.print(r, func(w io.Writer) {
			fmt.Fprintf(w, "The mandate of the %s desk is revoked from entry %d on.\n", m.Holder, r.Seq)
		})
	}),
}

// endMandate signs the end of a mandate with the officer's key.
func endMandate(c *call, n *client.Client, m wire.MandateInfo) (r wire.EntryReceipt, err error) {
	officer, err := c.openKey(c.String("key-file"), keys.Role)
	if err != nil {
		return r, err
	}
	pid, err := block.ParseCID(m.Partnership)
	if err != nil {
		return r, err
	}
	key, err := hex.DecodeString(m.Key)
	if err != nil {
		return r, err
	}
	return handInSigned(c, n, wire.MandateRevoke, m.Partnership, officer, protocol.MandateRevokeSignature, protocol.MandateRevocation{PID: pid, Key: key})
}
