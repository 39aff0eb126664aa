package command

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"kontor/crypto/keys"
	"kontor/node"
	"kontor/node/api/wire"
	"kontor/node/client"
	"kontor/protocol/block"
	"kontor/protocol/identity"
)

func officerNoun() *cli.Command {
	return noun("officer", "certify officers' keys, see and revoke them", officerAdd, officerRenew, officerList, officerRevoke)
}

// officerLife is how long an officer's certificate is valid: it outlives few officers, and revoking ends it before.
const officerLife = 3 * 365 * 24 * time.Hour

// certificateBegin lets a certificate begin before this clock, for partners whose clocks are behind.
const certificateBegin = time.Hour

// rootFlags are for commands that the company's root key signs.
func rootFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "root-key", Usage: "`FILE` with the root key", DefaultText: "keys/root.key in the home"},
		&cli.StringFlag{Name: "root-passphrase-file", Usage: "`FILE` with the root key's passphrase", DefaultText: "as --passphrase-file"},
		passphraseFlag(),
	}
}

// officerDocument is what kontor officer add --json prints.
type officerDocument struct {
	wire.KeyInfo
	KeyFile     string `json:"key_file"`
	Fingerprint string `json:"fingerprint"`
	Announced   int    `json:"announced"`
}

var officerAdd = verb{
	name: "add", short: "make an officer's key and certify it by the root key",
	long: "Makes the key in this program, seals its file by a passphrase and adds its certificate to the company's identity chain. The officer takes the file away;\n" +
		"the node never holds it. The person's name stays in this node: partners see 16 random bytes, the same for every role of one person.",
	examples: []string{`kontor officer add --role COO --person "Ada Brandt" --limit 1000000 USD`, "kontor officer add --role CFO --person Kim --key-file cfo.key --no-passphrase"},
	exits:    []int{wire.ExitNotNow, wire.ExitMachine},
	flags: append([]cli.Flag{
		&cli.StringFlag{Name: "role", Usage: "`ROLE`: CEO, COO, CMO, CFO or CTO"},
		&cli.StringFlag{Name: "person", Usage: "`NAME` of the person, or the 32 hexadecimal digits that stand for them"},
		&cli.StringFlag{Name: "limit", Usage: "`AMOUNT` up to which one signature commits", DefaultText: "none"},
		&cli.StringFlag{Name: "key-file", Usage: "`FILE` to write the key to", DefaultText: "keys/ROLE-NAME.key in the home"},
		&cli.BoolFlag{Name: "no-passphrase", Usage: "leave the key file unsealed: for demonstrations"},
	}, rootFlags()...),
	run: func(c *call) error {
		role, person := c.String("role"), c.String("person")
		if role == "" {
			return missing("role", "CEO, COO, CMO, CFO or CTO")
		}
		if !wire.Role(role).Officer() {
			return usagef("--role %q: CEO, COO, CMO, CFO and CTO are known", role)
		}
		if person == "" {
			return missing("person", "the person's name")
		}
		var limit *identity.Amount
		if text := c.String("limit"); text != "" {
			a, err := parseAmount("limit", text)
			if err != nil {
				return err
			}
			limit = &identity.Amount{Minor: a.Minor, Currency: a.Currency}
		}
		return c.certify(appointment{role: role, person: person, limit: limit, file: role + "-" + fileName(person)})
	},
}

// appointment is whom a new key is certified for.
type appointment struct {
	role   string
	person string // a name, or the hexadecimal digits that stand for it
	limit  *identity.Amount
	file   string // name of the key file in the home's keys, without its ending
	after  []byte // the officer's key that the new one takes the place of at once
}

// certify makes a key and adds its certificate to the chain; with after, that key is revoked in the same go.
func (c *call) certify(a appointment) error {
	n, err := c.node()
	if err != nil {
		return err
	}
	defer n.Close()
	chain, err := ownChain(c, n)
	if err != nil {
		return err
	}
	root, err := openRoot(c)
	if err != nil {
		return err
	}
	id, err := hex.DecodeString(a.person)
	if err != nil || len(id) != identity.PersonSize {
		p, err := client.Call(c.Context.Context, n, wire.OfficerPerson, wire.PersonRequest{Name: a.person})
		if err != nil {
			return err
		}
		if id, err = hex.DecodeString(p.Person); err != nil {
			return err
		}
	}
	key, err := keys.Generate(rand.Reader)
	if err != nil {
		return err
	}
	pub := key.Public()
	now := c.now()
	cert, err := identity.Certificate{Company: chain.Company(), Key: pub[:], Usage: string(keys.Role), Role: a.role, Person: id, Limit: a.limit,
		From: now.Add(-certificateBegin).UnixMilli(), Until: now.Add(officerLife).UnixMilli()}.Prove(key)
	if err != nil {
		return err
	}
	path := c.String("key-file")
	if path == "" {
		path = filepath.Join(c.home(), "keys", a.file+".key")
	}
	if err := c.newKeyFile(path, keys.Role, key, "passphrase-file"); err != nil {
		return err
	}
	before := policiesOf(chain, now)
	entry := chain.Next(identity.KindAddKey)
	entry.Cert = &cert
	report, err := extendChain(c, n, entry, root)
	if err != nil {
		os.Remove(path) // a key that nobody certified is worth nothing
		return err
	}
	if a.after != nil {
		if chain, err = chainOf(report); err != nil {
			return err
		}
		entry := chain.Next(identity.KindRevokeKey)
		entry.Revoke = &identity.Revocation{Key: a.after, Reason: "renewed"}
		if report, err = extendChain(c, n, entry, root); err != nil {
			return err
		}
	}
	if err := c.noteQuorums(before, report); err != nil {
		return err
	}
	doc := officerDocument{KeyFile: path, Fingerprint: report.Fingerprint, Announced: report.Announced}
	for _, k := range report.Keys {
		if k.Key == pub.Hex() {
			doc.KeyInfo = k
		}
	}
	return c.print(doc, func(w io.Writer) {
		facts(w, "officer", a.role+" "+a.person, "key", doc.ID, "key file", path, "limit", amount(doc.Limit), "valid until", moment(doc.Until), "fingerprint now", doc.Fingerprint)
	})
}

// fileName makes a file name of a person's name.
func fileName(name string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, name), "-")
}

// ownChain loads this company's chain from the node and verifies it: what a root key signs next is built on it.
func ownChain(c *call, n *client.Client) (*identity.Chain, error) {
	report, err := client.Call(c.Context.Context, n, wire.IdentityShow, wire.None{})
	if err != nil {
		return nil, err
	}
	return chainOf(report)
}

func chainOf(report wire.IdentityReport) (*identity.Chain, error) {
	var envs []identity.Envelope
	for _, data := range report.Chain {
		var env identity.Envelope
		if err := block.Unmarshal(data, &env); err != nil {
			return nil, fmt.Errorf("identity chain of the node: %w", err)
		}
		envs = append(envs, env)
	}
	return identity.Load(envs)
}

func openRoot(c *call) (keys.Private, error) {
	path := c.String("root-key")
	if path == "" {
		path = filepath.Join(c.home(), "keys", "root.key")
	}
	return c.openKeyFrom("root-passphrase-file", path, keys.Root)
}

func extendChain(c *call, n *client.Client, entry identity.Entry, root keys.Private) (wire.IdentityReport, error) {
	env, err := identity.SignEntry(entry, []keys.Private{root})
	if err != nil {
		return wire.IdentityReport{}, err
	}
	data, err := block.Marshal(env)
	if err != nil {
		return wire.IdentityReport{}, err
	}
	return client.Call(c.Context.Context, n, wire.IdentityExtend, wire.ExtendRequest{Envelope: data})
}

// officerListing is what kontor officer list --json prints.
type officerListing struct {
	Company     string         `json:"company"`
	Fingerprint string         `json:"fingerprint"`
	Quorum      string         `json:"quorum"`
	DualHat     bool           `json:"dual_hat"`
	Policies    []policyInfo   `json:"policies"`
	Officers    []wire.KeyInfo `json:"officers"`
}

func officersOf(r wire.IdentityReport, now time.Time) (officerListing, error) {
	chain, err := chainOf(r)
	if err != nil {
		return officerListing{}, err
	}
	out := officerListing{Company: r.Company, Fingerprint: r.Fingerprint, Quorum: r.Quorum, DualHat: r.DualHat, Policies: policiesOf(chain, now), Officers: []wire.KeyInfo{}}
	for _, k := range r.Keys {
		if k.Usage == string(keys.Role) {
			out.Officers = append(out.Officers, k)
		}
	}
	return out, nil
}

var officerList = verb{
	name: "list", short: "list officers' keys, in force and revoked",
	examples: []string{"kontor officer list"},
	run: func(c *call) error {
		r, err := ask(c, wire.IdentityShow, wire.None{})
		if err != nil {
			return err
		}
		l, err := officersOf(r, c.now())
		if err != nil {
			return err
		}
		return c.print(l, func(w io.Writer) {
			var rows [][]string
			for _, k := range l.Officers {
				state := lifeOf(c.now(), k.Until)
				if k.Revoked {
					state = "revoked"
				}
				name := k.Name
				if name == "" {
					name = short(k.Person)
				}
				rows = append(rows, []string{k.Role, name, k.ID, amount(k.Limit), moment(k.Until), state})
			}
			facts(w, "company", l.Company, "fingerprint", l.Fingerprint, "one person, several roles", yesNo(l.DualHat))
			printQuorums(w, l.Policies)
			fmt.Fprintln(w)
			table(w, []string{"role", "person", "key", "limit", "until", "state"}, rows)
		})
	},
}

var officerRevoke = verb{
	name: "revoke", short: "revoke an officer's key", args: "KEY|ROLE", most: 1,
	long:     "KEY is the key's ID as kontor officer list shows it, or its hexadecimal form; a ROLE will do where one key of it is in force. What the key signed in entries before this one stands; mandates it granted fall.",
	examples: []string{"kontor officer revoke KEY --reason 'left the company'", "kontor officer revoke COO"},
	exits:    []int{wire.ExitNotFound, wire.ExitNotNow, wire.ExitMachine},
	flags:    append([]cli.Flag{&cli.StringFlag{Name: "reason", Usage: "`TEXT` that partners read"}}, rootFlags()...),
	run: func(c *call) error {
		n, err := c.node()
		if err != nil {
			return err
		}
		defer n.Close()
		chain, err := ownChain(c, n)
		if err != nil {
			return err
		}
		key, err := officerKey(chain, c.Args().First())
		if err != nil {
			return err
		}
		root, err := openRoot(c)
		if err != nil {
			return err
		}
		entry := chain.Next(identity.KindRevokeKey)
		entry.Revoke = &identity.Revocation{Key: key.Key, Reason: c.String("reason")}
		report, err := extendChain(c, n, entry, root)
		if err != nil {
			return err
		}
		l, err := officersOf(report, c.now())
		if err == nil {
			err = c.noteQuorums(policiesOf(chain, c.now()), report)
		}
		if err != nil {
			return err
		}
		return c.print(l, func(w io.Writer) {
			fmt.Fprintf(w, "The key of the %s is revoked; told in %s.\n", key.Role, node.Count(report.Announced, "partnership"))
		})
	},
}
