package command

import (
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"kontor/crypto/keys"
	"kontor/node/api/wire"
	"kontor/node/client"
	"kontor/protocol"
	"kontor/protocol/block"
)

var partnerFork = verb{
	name: "fork", short: "show where a member wrote two histories, and who has signed how to go on", args: "[PARTNER]", most: 1,
	long: "A member that wrote two entries with one number has two histories: nothing can bind until officers of all members have signed a resolution.\n" +
		"It says which entries are kept, which history's acts count, and where that member's feed goes on. What the member signed or acknowledged in\n" +
		"the other one counts against it. While nobody has signed, the resolution moves on with what the member still writes. So one officer signs what is shown, and the\n" +
		"others compare the digest by telephone before they sign: each company signs one resolution of a fork and no other.",
	examples: []string{"kontor partner fork", `kontor partner fork "Acme Tablets" --json`},
	exits:    []int{wire.ExitNotFound},
	run: func(c *call) error {
		l, err := ask(c, wire.PartnerForks, wire.PartnerQuery{With: c.Args().First()})
		if err != nil {
			return err
		}
		return c.print(l, func(w io.Writer) {
			if len(l.Forks) == 0 {
				fmt.Fprintln(w, "Every member wrote one history.")
			}
			for _, f := range l.Forks {
				printFork(w, f)
			}
		})
	},
}

func printFork(w io.Writer, f wire.ForkInfo) {
	state := "open: nothing can bind until all members have signed"
	if f.Resolved {
		state = "resolved"
	}
	who := f.Name
	if f.Own {
		who += " (we)"
	}
	facts(w, "member", who, "entry written twice", fmt.Sprint(f.Seq), "state", state, "resolution", f.Digest)
	if len(f.Others) > 0 {
		facts(w, "others signed too", strings.Join(f.Others, ", "))
	}
	fmt.Fprintln(w)
	var rows [][]string
	for _, b := range f.Branches {
		counts, goesOn := "against the member only", ""
		if b.Counts {
			counts = "yes"
		}
		if b.GoesOn {
			goesOn = "the feed goes on here"
		}
		rows = append(rows, []string{short(b.Last), fmt.Sprint(b.Entries), fmt.Sprint(b.Seq), moment(b.T), counts, goesOn})
	}
	table(w, []string{"kept up to", "entries", "last number", "at", "acts count", ""}, rows)
	fmt.Fprintln(w)
	rows = nil
	for _, m := range f.Members {
		name := m.Name
		if m.Own {
			name += " (we)"
		}
		missing := m.Missing
		if missing == "" {
			missing = "nobody"
		}
		rows = append(rows, []string{name, list2(m.Signed), missing})
	}
	table(w, []string{"for", "signed", "still to sign"}, rows)
}

func list2(words []string) string {
	if len(words) == 0 {
		return "nobody"
	}
	return strings.Join(words, ", ")
}

var partnerResolve = verb{
	name: "resolve", tells: true, short: "sign with an officer's key how a fork is resolved", args: "[PARTNER]", most: 1,
	long: "Shows the resolution and signs its bytes in this program. It is the one that somebody signed first or, while nobody has, the one that keeps every entry held and\n" +
		"lets the history count that others built upon first. It is in force when the quorums of all members have signed: by default COO and CFO of each. A company\n" +
		"can't sign another one after. --digest signs only if it is the resolution that kontor partner fork showed.",
	examples: []string{"kontor partner resolve --key-file coo.key", `kontor partner resolve "Acme Tablets" --digest bafyrei... --key-file cfo.key`},
	exits:    []int{wire.ExitRefused, wire.ExitNotFound, wire.ExitNotNow, wire.ExitMachine},
	flags:    append([]cli.Flag{&cli.StringFlag{Name: "digest", Usage: "sign only the resolution with this `CID`"}}, signerFlags()...),
	run: byOfficer(func(c *call, n *client.Client) error {
		l, err := client.Call(c.Context.Context, n, wire.PartnerForks, wire.PartnerQuery{With: c.Args().First()})
		if err != nil {
			return err
		}
		for _, f := range l.Forks {
			if !f.Resolved {
				return resolveFork(c, n, l.Partnership, f)
			}
		}
		return wire.Problemf("NO_FORK", "no fork waits to be resolved in this partnership; kontor partner fork shows what there was")
	}),
}

func resolveFork(c *call, n *client.Client, partnership string, f wire.ForkInfo) error {
	// What is signed is read from the very bytes, not from what the node says about them.
	var doc protocol.ForkResolution
	if err := block.Unmarshal(f.Document, &doc); err != nil {
		return wire.Problemf("BAD_DOCUMENT", "the resolution that the node shows does not decode: %v", err)
	}
	digest := block.Sum(f.Document).String()
	if want := c.String("digest"); want != "" && want != digest {
		return wire.Problemf("OTHER_RESOLUTION", "the resolution to sign now is %s, not %s; look again with kontor partner fork", digest, want)
	}
	if doc.PID.String() != partnership {
		return wire.Problemf("OTHER_RESOLUTION", "the resolution is of partnership %s, not of %s", doc.PID.Short(), partnership)
	}
	officer, err := c.openKey(c.String("key-file"), keys.Role)
	if err != nil {
		return err
	}
	c.note("%s wrote entry %d twice; the history that begins with %s counts; kept are the entries up to %s; resolution %s", doc.Author.Short(), doc.Seq, doc.Main.Short(), shorts(doc.Kept), digest)
	r, err := handInSigned(c, n, wire.PartnerResolve, partnership, officer, protocol.ForkSignature, doc)
	if err != nil {
		return err
	}
	l, err := client.Call(c.Context.Context, n, wire.PartnerForks, wire.PartnerQuery{With: partnership})
	if err != nil {
		return err
	}
	return c.print(r, func(w io.Writer) {
		fmt.Fprintf(w, "Signed (entry %d).\n", r.Seq)
		for _, after := range l.Forks {
			if after.Member != f.Member || after.Seq != f.Seq {
				continue
			}
			if after.Resolved {
				fmt.Fprintln(w, "All members have signed: the fork is resolved.")
			}
			for _, m := range after.Members {
				if m.Missing != "" {
					fmt.Fprintf(w, "Still to sign for %s: %s\n", m.Name, m.Missing)
				}
			}
		}
	})
}

func shorts(ids []block.CID) string {
	var out []string
	for _, id := range ids {
		out = append(out, id.Short())
	}
	return strings.Join(out, ", ")
}
