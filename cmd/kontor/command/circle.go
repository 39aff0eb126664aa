package command

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"kontor/node/api/wire"
	"kontor/node/client"
)

var partnerCircle = verb{
	name: "circle", short: "found a circle of three and more with companies paired with before",
	long: "Signs the circle and proposes it to each member, who joins with kontor partner join. It exists when all have signed; until then nothing can be\n" +
		"shared in it. Members who never paired with each other meet through it. A witness must be a buyer or seller, and is no party to agreements.",
	examples: []string{`kontor partner circle --as buyer --member "Tablet Maker=seller" --member "Starch Works=seller"`,
		`kontor partner circle --as buyer --member "Tablet Maker=seller" --member "Port Agent=seller" --witness "Port Agent" --materiality 50000 EUR --json`},
	exits: []int{wire.ExitRefused, wire.ExitNotFound, wire.ExitNotNow},
	flags: []cli.Flag{
		&cli.StringFlag{Name: "as", Usage: "this company's `ROLE` in the circle: buyer, seller or observer"},
		&cli.StringSliceFlag{Name: "member", Usage: "another member and its role, as `NAME=ROLE`; once for each"},
		&cli.StringFlag{Name: "witness", Usage: "the `NAME` of the member that settles rounds others leave open"},
		&cli.StringFlag{Name: "arbiter", Usage: "the `NAME` of the member that rules on disputes, or another company's ID; it is no party"},
		&cli.StringSliceFlag{Name: "products", Usage: "the scopes name only these `PRODUCTS`, by comma"},
		&cli.StringSliceFlag{Name: "regions", Usage: "the scopes name only these `REGIONS`, by comma"},
		noticeFlag("member"),
		&cli.DurationFlag{Name: "expires", Usage: "how long members may join, as a `DURATION` of at most 2160h", Value: 30 * 24 * time.Hour, DefaultText: "720h"},
		&cli.StringFlag{Name: "replaces", Usage: "the `PARTNERSHIP` whose members or terms change: the new circle names it, and its members end it once all have joined"},
		&cli.StringFlag{Name: "materiality", Usage: "`AMOUNT` that moves the value of the partnership by five points", DefaultText: "10000 USD"},
	},
	run: func(c *call) error {
		if c.String("as") == "" {
			return missing("as", "buyer, seller or observer")
		}
		req := wire.CircleRequest{As: c.String("as"), Witness: c.String("witness"), Arbiter: c.String("arbiter"), Products: c.StringSlice("products"), Regions: c.StringSlice("regions"), Members: []wire.CircleSeat{},
			Notice: c.Int64("notice"), Replaces: c.String("replaces"), Expires: c.now().Add(c.Duration("expires")).UnixMilli()}
		for _, text := range c.StringSlice("member") {
			at := strings.LastIndexByte(text, '=')
			if at <= 0 || at == len(text)-1 {
				return usagef("--member %q names no member and role; \"Tablet Maker=seller\" is of the right form", text)
			}
			req.Members = append(req.Members, wire.CircleSeat{Member: text[:at], Role: text[at+1:]})
		}
		if len(req.Members) == 0 {
			return missing("member", "NAME=ROLE, once for each of the other members")
		}
		if text := c.String("materiality"); text != "" {
			var err error
			if req.Materiality, err = parseAmount("materiality", text); err != nil {
				return err
			}
		}
		circle, err := ask(c, wire.PartnerCircle, req)
		if err != nil {
			return err
		}
		return c.print(circle, func(w io.Writer) {
			fmt.Fprintf(w, "Circle %s is signed here and proposed to the %d others.\n", circle.Partnership, len(circle.Members)-1)
			c.note("each of them runs: kontor partner join %s", short(circle.Partnership))
		})
	},
}

var partnerJoin = verb{
	name: "join", short: "sign a circle that a partner proposed", args: "PARTNERSHIP", most: 1,
	long: "Shows the members with their roles and node keys, and the terms. --yes says that they are right, without it you are asked. Compare the node keys of\n" +
		"members you never paired with by telephone: until they have signed, the founder's word stands for them.",
	examples: []string{"kontor partner join 2kq7x3ya", "kontor partner join 2kq7x3ya --yes --json"},
	exits:    []int{wire.ExitRefused, wire.ExitNotFound, wire.ExitNotNow},
	flags:    []cli.Flag{yesFlag("members and terms are right")},
	run: func(c *call) error {
		n, err := c.node()
		if err != nil {
			return err
		}
		defer n.Close()
		id := c.Args().First()
		list, err := client.Call(c.Context.Context, n, wire.PartnerList, wire.None{})
		if err != nil {
			return err
		}
		for _, proposed := range list.Proposals {
			if !proposed.Joined && (proposed.Partnership == id || short(proposed.Partnership) == id) {
				printCircle(c.stderr, proposed)
				if err := c.agreeToCircle(); err != nil {
					return err
				}
			}
		}
		// Without a proposal the node says why: it was joined before, or there is none.
		circle, err := client.Call(c.Context.Context, n, wire.PartnerJoin, wire.JoinRequest{Partnership: id})
		if err != nil {
			return err
		}
		return c.print(circle, func(w io.Writer) {
			fmt.Fprintf(w, "Joined circle %s; this company is the %s. It exists when all %d have signed.\n", circle.Partnership, circle.Role, len(circle.Members))
		})
	},
}

// agreeToCircle lets a person say that what was shown is right.
func (c *call) agreeToCircle() error {
	no := wire.Problemf("CONFIRM_CIRCLE", "the circle was not signed")
	no.Next = "compare the node keys with the members by telephone, then run it again with --yes"
	return c.agree("Sign this circle?", no)
}

var partnerDecline = verb{
	name: "decline", short: "decline a circle that a partner proposed", args: "PARTNERSHIP", most: 1,
	long:     "The founder hears of it and the circle never comes about: it exists only when all sign. To be asked again takes a new circle.",
	examples: []string{"kontor partner decline 2kq7x3ya --reason 'competitors in one circle'"},
	exits:    []int{wire.ExitRefused, wire.ExitNotFound, wire.ExitNotNow},
	flags:    []cli.Flag{&cli.StringFlag{Name: "reason", Usage: "`TEXT` that the founder reads"}},
	run: func(c *call) error {
		circle, err := ask(c, wire.PartnerClose, wire.CloseRequest{Partnership: c.Args().First(), Reason: c.String("reason")})
		if err != nil {
			return err
		}
		return c.print(circle, func(w io.Writer) {
			fmt.Fprintf(w, "Circle %s is declined; %s is told.\n", circle.Partnership, circle.FounderName)
		})
	},
}

// withdrawCircle closes the circle that the first argument names; done is false where it names none that not all have signed.
func (c *call) withdrawCircle() (done bool, err error) {
	n, err := c.node()
	if err != nil {
		return false, err
	}
	defer n.Close()
	list, err := client.Call(c.Context.Context, n, wire.PartnerList, wire.None{})
	if err != nil {
		return false, err
	}
	id := c.Args().First()
	for _, p := range list.Proposals {
		if p.Partnership != id && short(p.Partnership) != id {
			continue
		}
		circle, err := client.Call(c.Context.Context, n, wire.PartnerClose, wire.CloseRequest{Partnership: p.Partnership, Reason: c.String("reason")})
		if err != nil {
			return false, err
		}
		return true, c.print(circle, func(w io.Writer) {
			fmt.Fprintf(w, "Circle %s is withdrawn; its members are told.\n", circle.Partnership)
		})
	}
	return false, nil
}

func printCircle(w io.Writer, circle wire.Circle) {
	witness := "none"
	var rows [][]string
	for _, m := range circle.Members {
		name := m.Name
		if m.Own {
			name += " (we)"
		}
		if m.Company == circle.Witness {
			witness = m.Name
		}
		rows = append(rows, []string{name, m.Role, m.NodeKey, m.Fingerprint, strings.Join(m.Addresses, " "), m.Company})
	}
	facts(w, "circle", circle.Partnership, "proposed by", circle.FounderName, "on", moment(circle.Proposed), "can be joined until", moment(circle.Expires), "we are", circle.Role, "witness", witness,
		"materiality", amount(&circle.Materiality), "notice", notice(circle.Notice))
	if circle.Arbiter != "" {
		facts(w, "arbiter", circle.Arbiter)
	}
	if circle.Replaces != "" {
		facts(w, "replaces", circle.Replaces+": its members end it once all have joined this one")
	}
	fmt.Fprintln(w)
	table(w, []string{"member", "role", "node key", "fingerprint", "addresses", "company"}, rows)
	fmt.Fprintln(w)
	printScopes(w, circle.Scopes)
}

// printCircleEnd says who gave a circle up, and until when it stays listed.
func printCircleEnd(w io.Writer, end wire.CircleEnd) {
	for _, a := range end.Acts {
		text := map[string]string{"declined": a.Name + " declined", "withdrawn": "its founder " + a.Name + " took it back"}[a.Act]
		if text == "" {
			text = a.Name + " took its signature back"
		}
		if a.Reason != "" {
			text += ": " + a.Reason
		}
		facts(w, moment(a.T), text)
	}
	listed := "no longer: all have heard, or a week has passed"
	if end.ListedUntil > 0 {
		listed = "until all have heard, at the latest " + moment(end.ListedUntil)
	}
	facts(w, "listed", listed)
}
