package command

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"kontor/node"
	"kontor/node/api"
	"kontor/node/api/wire"
	"kontor/node/client"
)

func partnerNoun() *cli.Command {
	return noun("partner", "invite partners, and see and end partnerships",
		partnerInvite, partnerAccept, partnerConfirm, partnerWithdraw, partnerCircle, partnerJoin, partnerDecline, partnerList, partnerShow, partnerSuspend, partnerEnd, partnerFork, partnerResolve, partnerResume, partnerThaw)
}

// withFlag picks a partner.
func withFlag() cli.Flag {
	return &cli.StringFlag{Name: "with", Usage: "the `PARTNER`: name, company ID or partnership; may be left out with only one"}
}

// answerWith asks a route about the partner of --with and prints the answer.
func answerWith[Out any](route wire.Route[api.WithQuery, Out], human func(io.Writer, Out)) func(*call) error {
	return func(c *call) error {
		out, err := ask(c, route, api.WithQuery{With: c.String("with")})
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) { human(w, out) })
	}
}

// partner is the partner a command about one names: as its argument, or with --with as everywhere.
func (c *call) partner() string {
	if with := c.String("with"); with != "" {
		return with
	}
	return c.Args().First()
}

var partnerInvite = verb{
	name: "invite", short: "make an invitation for one partner",
	long: "Prints a token. Give it to the partner by a way you both trust; whoever has it may pair until it expires or is used. The default scopes let the buyer\n" +
		"share forecasts and the seller capacity and answers; everything else is denied. With --ask nothing is signed until kontor partner confirm.",
	examples: []string{"kontor partner invite --as buyer", "kontor partner invite --as seller --products 04006381333931 --materiality 50000 EUR --expires 48h --json"},
	exits:    []int{wire.ExitNotNow},
	flags: []cli.Flag{
		&cli.StringFlag{Name: "as", Usage: "what this company is to the partner: `ROLE` buyer or seller"},
		&cli.StringSliceFlag{Name: "products", Usage: "the scopes name only these `PRODUCTS`, by comma"},
		&cli.StringSliceFlag{Name: "regions", Usage: "the scopes name only these `REGIONS`, by comma"},
		&cli.StringFlag{Name: "materiality", Usage: "`AMOUNT` that moves the value of the partnership by five points", DefaultText: "10000 USD"},
		&cli.DurationFlag{Name: "expires", Usage: "how long the invitation is open, as a `DURATION`", Value: 7 * 24 * time.Hour, DefaultText: "168h"},
		noticeFlag("side"),
		&cli.StringFlag{Name: "arbiter", Usage: "`COMPANY`, by its ID, that rules on disputes; it is no member"},
		&cli.BoolFlag{Name: "ask", Usage: "sign only after someone here has compared the six words"},
	},
	run: func(c *call) error {
		if c.String("as") == "" {
			return missing("as", "buyer or seller")
		}
		req := wire.InviteRequest{As: c.String("as"), Products: c.StringSlice("products"), Regions: c.StringSlice("regions"), Ask: c.Bool("ask"), Notice: c.Int64("notice"), Arbiter: c.String("arbiter"),
			Expires: c.now().Add(c.Duration("expires")).UnixMilli()}
		if text := c.String("materiality"); text != "" {
			var err error
			if req.Materiality, err = parseAmount("materiality", text); err != nil {
				return err
			}
		}
		inv, err := ask(c, wire.PartnerInvite, req)
		if err != nil {
			return err
		}
		return c.print(inv, func(w io.Writer) {
			fmt.Fprintln(w, inv.Invitation)
			c.note("invitation %s is open until %s; the partner runs: kontor partner accept TOKEN", inv.ID, moment(inv.Expires))
		})
	},
}

var partnerAccept = verb{
	name: "accept", short: "take up a partner's invitation", args: "TOKEN", most: 1,
	long: "Pairs with the inviter's node and shows six words. Compare them with the inviter's by telephone; --yes says that they are the same, without it you are\n" +
		"asked. If anything breaks off, run the same command again: it goes on where it was.",
	examples: []string{"kontor partner accept kontor1qy... --yes", "kontor partner accept - < invitation.txt"},
	exits:    []int{wire.ExitRefused, wire.ExitNotNow},
	flags:    []cli.Flag{yesFlag("the six words are the same")},
	run: func(c *call) error {
		token := c.Args().First()
		if token == "-" {
			data, err := io.ReadAll(io.LimitReader(c.stdin, 64<<10))
			if err != nil {
				return err
			}
			token = string(data)
		}
		n, err := c.node()
		if err != nil {
			return err
		}
		defer n.Close()
		p, err := client.Call(c.Context.Context, n, wire.PartnerAccept, wire.AcceptRequest{Invitation: token})
		if err != nil {
			return err
		}
		if p.Stage != "done" {
			if err := c.compareWords(p); err != nil {
				return err
			}
			told := time.AfterFunc(tellWaiting, func() {
				c.note("confirmed here; waiting until the partner has confirmed too (where it asked to: kontor partner confirm %s there)", p.ID)
			})
			defer told.Stop()
			if p, err = client.Call(c.Context.Context, n, wire.PartnerConfirm, wire.ConfirmRequest{ID: p.ID, Same: true}); err != nil {
				return err
			}
		}
		return c.print(p, func(w io.Writer) { printPairing(w, p) })
	},
}

// tellWaiting is after how long a person is told what the command waits for.
const tellWaiting = 2 * time.Second

// compareWords shows the six words and lets a person say whether the partner sees the same.
func (c *call) compareWords(p wire.Pairing) error {
	words := strings.Join(p.Words, " ")
	c.note("company %s (fingerprint %s) proposes a partnership in which this company is the %s", p.Name, p.Fingerprint, p.Role)
	if p.Notice > 0 {
		c.note("either company may end it with %s' notice", node.Count(p.Notice, "day"))
	}
	if p.Arbiter != "" {
		c.note("company %s rules on disputes", p.Arbiter)
	}
	c.note("six words, the same on both screens: %s", words)
	return c.agree("Does the partner see the same words?", wire.Problemf("CONFIRM_WORDS", "the six words were not confirmed, nothing was signed: %s", words))
}

func printPairing(w io.Writer, p wire.Pairing) {
	if p.Stage == "done" || p.Partnership != "" {
		fmt.Fprintf(w, "Paired with %s; this company is the %s. Partnership %s\n", p.Name, p.Role, p.Partnership)
		return
	}
	switch p.Stage {
	case "bound", "confirmed", "signed":
		fmt.Fprintf(w, "Pairing %s is confirmed here. The partnership stands when the partner has confirmed too; this node waits for it by itself: kontor partner list\n", p.ID)
	}
	facts(w, "pairing", p.ID, "stage", p.Stage, "with", p.Name, "we are", p.Role, "words", strings.Join(p.Words, " "))
}

var partnerConfirm = verb{
	name: "confirm", short: "say that the six words of a pairing are the same", args: "INVITATION", most: 1,
	long: "For invitations made with --ask, once the partner has accepted. The ID may be shortened to the characters that tell it apart. With --differ the\n" +
		"pairing is given up.",
	examples: []string{"kontor partner confirm 1f2e3d4c5b6a7988"},
	exits:    []int{wire.ExitNotFound, wire.ExitNotNow},
	flags:    []cli.Flag{&cli.BoolFlag{Name: "differ", Usage: "the words differ"}},
	run: func(c *call) error {
		p, err := ask(c, wire.PartnerConfirm, wire.ConfirmRequest{ID: c.Args().First(), Same: !c.Bool("differ")})
		if err != nil {
			return err
		}
		return c.print(p, func(w io.Writer) { printPairing(w, p) })
	},
}

var partnerWithdraw = verb{
	name: "withdraw", short: "close an invitation, or take back a pairing or a circle that not all have signed", args: "ID", most: 1,
	long: "ID is that of an invitation or of a circle, as kontor partner list shows them. A pairing signed here alone is no longer waited for; if the partner had\n" +
		"confirmed in time, the node ends that partnership. What all have signed is left with kontor partner end.",
	examples: []string{"kontor partner withdraw 1f2e3d4c5b6a7988", "kontor partner withdraw 2kq7x3ya --reason 'terms changed'"},
	exits:    []int{wire.ExitRefused, wire.ExitNotFound, wire.ExitNotNow},
	flags:    []cli.Flag{&cli.StringFlag{Name: "reason", Usage: "`TEXT` that the members of a circle read"}},
	run: func(c *call) error {
		if done, err := c.withdrawCircle(); done || err != nil {
			return err
		}
		p, err := ask(c, wire.PartnerWithdraw, wire.TokenQuery{ID: c.Args().First()})
		if err != nil {
			return err
		}
		return c.print(p, func(w io.Writer) { printTakenBack(w, p) })
	},
}

var partnerList = verb{
	name: "list", short: "list partners, open invitations and proposed circles",
	examples: []string{"kontor partner list", "kontor partner list --json"},
	run: func(c *call) error {
		l, err := ask(c, wire.PartnerList, wire.None{})
		if err != nil {
			return err
		}
		return c.print(l, func(w io.Writer) { printPartners(w, l, c.now().UnixMilli()) })
	},
}

var partnerShow = verb{
	name: "show", short: "show one partnership: members, feeds, scopes", args: "[PARTNER]", most: 1,
	examples: []string{`kontor partner show`, `kontor partner show "Acme Tablets"`},
	exits:    []int{wire.ExitNotFound},
	flags:    []cli.Flag{withFlag()},
	run: func(c *call) error {
		d, err := ask(c, wire.PartnerShow, wire.PartnerQuery{With: c.partner()})
		if err != nil {
			return err
		}
		return c.print(d, func(w io.Writer) { printPartner(w, d) })
	},
}

func printPartner(w io.Writer, d wire.PartnerDetail) {
	words := strings.Join(d.Words, " ")
	if words == "" {
		words = "- (a circle is not paired by words)"
	}
	facts(w, "partnership", d.Partnership, "state", statedAs(d.PartnershipStatus), "since", moment(d.Since), "we are", d.Role, "materiality", amount(&d.Materiality),
		"notice", notice(d.Notice), "six words", words, "settled line", fmt.Sprint(d.Line), "state root", d.Root, "rule set", fmt.Sprint(d.Ruleset))
	printActs(w, "suspended", d.SuspendedBy)
	printActs(w, "ended", d.Ended)
	if d.Arbiter != "" {
		facts(w, "arbiter", d.Arbiter)
	}
	if d.Replaces != "" {
		facts(w, "replaces", d.Replaces)
	}
	if d.Withdrawn != nil {
		printCircleEnd(w, *d.Withdrawn)
	}
	var rows [][]string
	for _, m := range d.Members {
		name := m.Name
		if m.Own {
			name += " (we)"
		}
		rows = append(rows, []string{name, m.Role, fmt.Sprint(m.Head), moment(m.LastEntry), fmt.Sprint(m.Unacked), m.Fingerprint, m.Company})
	}
	fmt.Fprintln(w)
	table(w, []string{"member", "role", "entries", "last entry", "unacked", "fingerprint", "company"}, rows)
	fmt.Fprintln(w)
	printScopes(w, d.Scopes)
}

// printActs says who suspended or ended a partnership, when, and for what reason.
func printActs(w io.Writer, done string, acts []wire.PartnerAct) {
	for _, a := range acts {
		reason := a.Reason
		if reason == "" {
			reason = "no reason given"
		}
		facts(w, done, fmt.Sprintf("by %s, %s: %s", a.Name, moment(a.Time), reason))
	}
}

func printScopes(w io.Writer, scopes []wire.ScopeInfo) {
	var rows [][]string
	for _, s := range scopes {
		rows = append(rows, []string{s.Role, strings.Join(s.Kinds, ", "), list(s.Products), list(s.Regions), s.Purpose})
	}
	table(w, []string{"may share", "kinds", "products", "regions", "purpose"}, rows)
}

var partnerSuspend = verb{
	name: "suspend", tells: true, short: "suspend a partnership: nothing new can bind, obligations run on", args: "[PARTNER]", most: 1,
	examples: []string{"kontor partner suspend --reason 'audit'", "kontor partner suspend --lift"},
	exits:    []int{wire.ExitRefused, wire.ExitNotFound, wire.ExitNotNow},
	flags: []cli.Flag{withFlag(),
		&cli.StringFlag{Name: "reason", Usage: "`TEXT` that the partner reads"},
		&cli.BoolFlag{Name: "lift", Usage: "take this company's suspension back"},
	},
	run: func(c *call) error {
		r, err := ask(c, wire.PartnerSuspend, wire.PartnerActRequest{With: c.partner(), Reason: c.String("reason"), Lift: c.Bool("lift")})
		if err != nil {
			return err
		}
		return c.print(r, func(w io.Writer) {
			done := "suspended"
			if c.Bool("lift") {
				done = "no longer suspended by this company"
			}
			fmt.Fprintf(w, "Partnership %s is %s (entry %d).\n", short(r.Partnership), done, r.Seq)
		})
	},
}

var partnerEnd = verb{
	name: "end", tells: true, short: "end a partnership: over when all members did, or after its notice", args: "[PARTNER]", most: 1,
	long: "Without a notice period (kontor partner show) the partnership is over when every member has ended it; until then it goes on. With one it is over when the days\n" +
		"have passed since the first end. What was agreed and shared stays readable. In a circle that not all have signed, this takes the signature back.",
	examples: []string{`kontor partner end "Acme Tablets" --yes --reason "contract over"`},
	exits:    []int{wire.ExitRefused, wire.ExitNotFound, wire.ExitNotNow},
	flags: []cli.Flag{withFlag(),
		&cli.StringFlag{Name: "reason", Usage: "`TEXT` that the partner reads"},
		yesFlag("really"),
	},
	run: func(c *call) error {
		n, err := c.node()
		if err != nil {
			return err
		}
		defer n.Close()
		d, err := client.Call(c.Context.Context, n, wire.PartnerShow, wire.PartnerQuery{With: c.partner()})
		if err != nil {
			return err
		}
		no := wire.Problemf("CONFIRM_END", "nothing was ended; ending partnership %s can't be taken back", short(d.Partnership))
		no.Next = "say it again with --yes"
		if err := c.agree(fmt.Sprintf("End the partnership with %s? It can't be taken back.", others(d.Members)), no); err != nil {
			return err
		}
		r, err := client.Call(c.Context.Context, n, wire.PartnerEnd, wire.PartnerActRequest{With: d.Partnership, Reason: c.String("reason")})
		if err != nil {
			return err
		}
		if after, err := client.Call(c.Context.Context, n, wire.PartnerShow, wire.PartnerQuery{With: d.Partnership}); err == nil {
			d = after
		}
		return c.print(r, func(w io.Writer) {
			fmt.Fprintf(w, "This company has ended its side of partnership %s (entry %d). State: %s\n", short(r.Partnership), r.Seq, statedAs(d.PartnershipStatus))
		})
	},
}

func noticeFlag(who string) cli.Flag {
	return &cli.Int64Flag{Name: "notice", Usage: "`DAYS` after which the end by one " + who + " is enough", DefaultText: "none: all end it"}
}

func notice(days int64) string {
	if days == 0 {
		return "none: all members end it"
	}
	return node.Count(days, "day") + " after one member's end"
}

// others names the members that are not this company.
func others(members []wire.MemberStatus) string {
	var names []string
	for _, m := range members {
		if !m.Own {
			names = append(names, m.Name)
		}
	}
	return strings.Join(names, ", ")
}
