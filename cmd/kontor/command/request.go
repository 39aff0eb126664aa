package command

import (
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"kontor/crypto/keys"
	"kontor/node/api"
	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/request"
)

func requestNoun() *cli.Command {
	about := []cli.Flag{withFlag(),
		&cli.StringFlag{Name: "to", Usage: "in a circle: the `MEMBER` asked"},
		&cli.StringSliceFlag{Name: "kind", Usage: "`KIND` of artifact; may be repeated"},
		&cli.StringSliceFlag{Name: "product", Usage: "`NUMBER`; may be repeated"},
		&cli.StringSliceFlag{Name: "region", Usage: "`COUNTRY` or subdivision; may be repeated"},
		&cli.StringFlag{Name: "due", Usage: "last `DAY` on which an answer is of use"},
		&cli.StringFlag{Name: "note", Usage: "`TEXT` the partner reads"}}
	return noun("request", "requests: newer figures, and detail by exception with an officer's grant",
		verb{
			name: "update", short: "ask a partner for newer figures", exits: []int{wire.ExitRefused, wire.ExitNotFound},
			flags:    append(about[:len(about):len(about)], &cli.BoolFlag{Name: "newer", Usage: "only if there is something newer than what is held"}),
			long:     "All, or some by kind, product and region. The partner's node answers by itself as far as its policy goes; the rest its desk does.",
			examples: []string{"kontor request update", "kontor request update --with \"Relief Agency\" --kind forecast --newer --due 2027-01-15"},
			run: func(c *call) error {
				in := askOptions(c)
				in.Newer = c.Bool("newer")
				out, err := ask(c, api.RequestUpdate, in)
				if err != nil {
					return err
				}
				return c.print(out, func(w io.Writer) { printAsked(w, out) })
			},
		},
		verb{
			name: "detail", short: "ask a partner for detail it does not share by default", exits: []int{wire.ExitRefused, wire.ExitNotFound},
			flags: append(about[:len(about):len(about)], &cli.StringFlag{Name: "purpose", Usage: "what for, in a `SENTENCE`", Required: true},
				&cli.StringFlag{Name: "period", Usage: "`DAYS` the figures are about: 2027-02, or 2027-02-01/2027-05-01", Required: true},
				&cli.StringFlag{Name: "until", Usage: "last `DAY` on which it may leave", Required: true}),
			long:     "It names products or regions. Nothing leaves by it: an officer of the partner grants it, with an end, or its desk denies it.",
			examples: []string{"kontor request detail --product ZDV-300 --purpose \"plan the line change\" --period 2027-02 --until 2027-01-31"},
			run: func(c *call) error {
				in := askOptions(c)
				in.Purpose, in.Period, in.Until = c.String("purpose"), c.String("period"), c.String("until")
				out, err := ask(c, api.RequestDetail, in)
				if err != nil {
					return err
				}
				return c.print(out, func(w io.Writer) { printAsked(w, out) })
			},
		},
		verb{
			name: "list", short: "list the requests of both sides and what became of them", flags: []cli.Flag{withFlag()},
			examples: []string{"kontor request list", "kontor request list --json"},
			run: func(c *call) error {
				out, err := ask(c, api.RequestList, api.WithQuery{With: c.String("with")})
				if err != nil {
					return err
				}
				return c.print(out, func(w io.Writer) {
					var rows [][]string
					for _, v := range out {
						rows = append(rows, []string{v.ID.String(), v.By, v.To, string(v.Form), aboutText(v.Asked), moment(v.T), stateOfRequest(v)})
					}
					table(w, []string{"id", "by", "to", "form", "about", "dated", "state"}, rows)
				})
			},
		},
		verb{
			name: "answer", short: "answer a request for newer figures by hand", args: "ID", exits: []int{wire.ExitRefused, wire.ExitNotFound, wire.ExitNotNow},
			flags: []cli.Flag{&cli.BoolFlag{Name: "sent", Usage: "newer versions were shared: they are named"}, &cli.BoolFlag{Name: "nothing", Usage: "nothing is newer"},
				&cli.BoolFlag{Name: "later", Usage: "it will be answered"}, &cli.StringFlag{Name: "note", Usage: "`TEXT` the partner reads"}},
			examples: []string{"kontor request answer bafyrei... --sent", "kontor request answer bafyrei... --later --note \"after the planning run on Friday\""},
			run: func(c *call) error {
				var given []string
				for flag, verdict := range map[string]request.Verdict{"sent": request.Sent, "nothing": request.Nothing, "later": request.Later} {
					if c.Bool(flag) {
						given = append(given, string(verdict))
					}
				}
				if len(given) != 1 {
					return usagef("say one of --sent, --nothing and --later")
				}
				return answerRequest(c, given[0])
			},
		},
		verb{
			name: "grant", short: "grant detail, signed by an officer, with an end", args: "ID", exits: []int{wire.ExitRefused, wire.ExitNotFound, wire.ExitNotNow},
			flags: []cli.Flag{&cli.StringSliceFlag{Name: "product", Usage: "only this `NUMBER` of those asked for"}, &cli.StringSliceFlag{Name: "region", Usage: "only this `COUNTRY` of those asked for"},
				&cli.StringFlag{Name: "until", Usage: "last `DAY`; what was asked for where it is not given"},
				&cli.StringFlag{Name: "key-file", Usage: "the officer's key `FILE`; it is opened in this program only", Required: true}, passphraseFlag(), yesFlag("the statement was read: sign without asking")},
			long: "The statement of what the partner will see and could work out is shown before it is signed. The grant ends by itself; kontor request revoke ends it\n" +
				"before. What left under it has left.",
			examples: []string{"kontor request grant bafyrei... --key-file coo.key"},
			run:      grantDetail,
		},
		verb{
			name: "deny", short: "deny a request", args: "ID", exits: []int{wire.ExitNotFound, wire.ExitNotNow},
			flags:    []cli.Flag{&cli.StringFlag{Name: "note", Usage: "`TEXT` the partner reads"}},
			examples: []string{"kontor request deny bafyrei... --note \"not before the contract is signed\""},
			run:      func(c *call) error { return answerRequest(c, string(request.Denied)) },
		},
		verb{
			name: "revoke", short: "take a grant of detail back before its end", args: "ID", exits: []int{wire.ExitNotFound, wire.ExitNotNow},
			flags:    []cli.Flag{&cli.StringFlag{Name: "note", Usage: "`TEXT` the partner reads"}},
			examples: []string{"kontor request revoke bafyrei..."},
			run:      func(c *call) error { return answerRequest(c, string(request.Revoked)) },
		},
		verb{
			name: "policy", short: "show or set what this node answers by itself", flags: []cli.Flag{&cli.StringFlag{Name: "answer", Usage: "`POLICY`: desk (people answer), state (says whether something is newer), send (shares the draft, where its rules pass)"}},
			long:     "Without --answer it is shown. Until it is set it is state. Detail is never granted by itself.",
			examples: []string{"kontor request policy", "kontor request policy --answer send"},
			run: func(c *call) error {
				if c.IsSet("answer") {
					if _, err := ask(c, api.RequestRules, api.RequestPolicy{Answer: c.String("answer")}); err != nil {
						return err
					}
				}
				out, err := ask(c, api.RequestRulesShow, wire.None{})
				if err != nil {
					return err
				}
				return c.print(out, func(w io.Writer) { facts(w, "answers by itself", out.Answer) })
			},
		})
}

func askOptions(c *call) desk.AskOptions {
	return desk.AskOptions{With: c.String("with"), To: c.String("to"), Kinds: c.StringSlice("kind"), Products: c.StringSlice("product"), Regions: c.StringSlice("region"), Due: c.String("due"), Note: c.String("note")}
}

func printAsked(w io.Writer, out desk.Asked) {
	fmt.Fprintf(w, "asked %s%s\n%s\n", out.To, waitsNote(out.Waits), out.ID)
}

func aboutText(q request.Request) string {
	parts := []string{list(q.Kinds)}
	for _, l := range [][]string{q.Products, q.Regions} {
		if len(l) > 0 {
			parts = append(parts, strings.Join(l, " "))
		}
	}
	if q.Period != nil {
		parts = append(parts, q.Period.String())
	}
	if q.Purpose != "" {
		parts = append(parts, q.Purpose)
	}
	return strings.Join(parts, "; ")
}

func stateOfRequest(v desk.RequestView) string {
	s := strings.ToLower(string(v.Verdict))
	switch {
	case v.Stands:
		s += " by " + v.Officer + " until " + moment(v.Grant.Until)
	case v.Grant != nil && v.Verdict == request.Granted:
		s += ", ended " + moment(v.Grant.Until)
	case v.Overdue:
		s += ", overdue since " + moment(v.Asked.Due)
	case v.Waits && v.Asked.Due > 0:
		s += ", due " + moment(v.Asked.Due)
	}
	if v.Reply != nil && v.Reply.Note != "" {
		s += ": " + v.Reply.Note
	}
	return s
}

func answerRequest(c *call, verdict string) error {
	out, err := ask(c, api.RequestAnswer, desk.AnswerOptions{ID: c.Args().First(), Verdict: verdict, Note: c.String("note")})
	if err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) { fmt.Fprintf(w, "answered %s: %s\n", out.To, strings.ToLower(string(out.Verdict))) })
}

func grantDetail(c *call) error {
	if _, _, err := readKeyFile(c.String("key-file"), keys.Role); err != nil {
		return err
	}
	form, err := ask(c, api.RequestForm, desk.DetailOptions{ID: c.Args().First(), Products: c.StringSlice("product"), Regions: c.StringSlice("region"), Until: c.String("until")})
	if err != nil {
		return err
	}
	c.note("%s", form.Text)
	for _, s := range form.Grant.Inferable {
		c.note("inferable: %s", s)
	}
	if err := c.agree("Sign this grant?", &wire.Problem{Code: "CONFIRM", Text: "the grant was shown, not signed", Next: "read it, then say --yes"}); err != nil {
		return err
	}
	key, err := c.openKey(c.String("key-file"), keys.Role)
	if err != nil {
		return err
	}
	signed, err := desk.SignDetail(key, form.Grant)
	if err != nil {
		return err
	}
	data, err := block.Marshal(signed)
	if err != nil {
		return err
	}
	out, err := ask(c, api.RequestGrant, api.SignedDetail{Signed: data})
	if err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) {
		fmt.Fprintf(w, "granted to %s until %s; the next share has it: %s\n", out.To, moment(out.Until), sharesOf(form.Grant.Kinds))
	})
}

// sharesOf are the commands that share what a grant is about: kinds are named as the nouns are, and answers are a verb of the forecast.
func sharesOf(kinds []string) string {
	var verbs []string
	for _, kind := range kinds {
		verb := "kontor " + kind + " share"
		if kind == protocol.KindAnswer {
			verb = "kontor forecast answer"
		}
		verbs = append(verbs, verb)
	}
	return strings.Join(verbs, ", ")
}

func scopeNoun() *cli.Command {
	return noun("scope", "what may leave: products, regions, kinds, purpose, roles, parts and grain, per partnership and role",
		verb{
			name: "show", short: "show what every member may share, kind by kind", flags: []cli.Flag{withFlag()},
			long:     "What the invitation granted by role, and what each company has narrowed since. What is not here is denied; arriving, it is stored as refused.",
			examples: []string{"kontor scope show", "kontor scope show --with \"Tablet Maker\" --json"},
			run: func(c *call) error {
				out, err := ask(c, api.ScopeShow, api.WithQuery{With: c.String("with")})
				if err != nil {
					return err
				}
				return c.print(out, func(w io.Writer) {
					var rows [][]string
					for _, v := range out {
						rows = append(rows, []string{v.Company, v.Role, v.Kind, scopeList(v.Products), scopeList(v.Regions), strings.Join(v.Purposes, "; "), narrowed(v)})
					}
					table(w, []string{"company", "role", "kind", "products", "regions", "purpose", "set by the company"}, rows)
					for _, v := range out {
						for _, g := range v.Grants {
							fmt.Fprintf(w, "%s granted detail of %s until %s: %s\n", v.Company, v.Kind, moment(g.Ends), g.Purpose)
						}
					}
				})
			},
		},
		verb{
			name: "texts", short: "show or set what becomes of personal data in texts that leave", flags: []cli.Flag{
				&cli.StringSliceFlag{Name: "mask", Usage: "`KIND` that is masked: E_MAIL, IDENTIFIER, PHONE, NAME"},
				&cli.StringSliceFlag{Name: "refuse", Usage: "`KIND` that lets nothing leave until it is taken out"},
				&cli.StringSliceFlag{Name: "allow", Usage: "`NAME` of a place, brand or company that is no person; may be repeated"}},
			long:     "Without flags it is shown. With flags they are the whole policy: kinds that are not named are masked, identifiers refused.",
			examples: []string{"kontor scope texts", "kontor scope texts --refuse E_MAIL --allow \"Dr. Oetker\""},
			run: func(c *call) error {
				in := desk.TextPolicy{Actions: map[string]string{}, Allow: append([]string{}, c.StringSlice("allow")...)}
				for flag, action := range map[string]string{"mask": "MASK", "refuse": "REFUSE"} {
					for _, kind := range c.StringSlice(flag) {
						in.Actions[kind] = action
					}
				}
				if len(in.Actions)+len(in.Allow) > 0 {
					if _, err := ask(c, api.TextRules, in); err != nil {
						return err
					}
				}
				out, err := ask(c, api.TextRulesShow, wire.None{})
				if err != nil {
					return err
				}
				return c.print(out, func(w io.Writer) {
					for _, kind := range []string{"E_MAIL", "IDENTIFIER", "PHONE", "NAME"} {
						action := out.Actions[kind]
						if action == "" {
							action = map[bool]string{true: "REFUSE", false: "MASK"}[kind == "IDENTIFIER"]
						}
						fmt.Fprintf(w, "%s: %s\n", kind, strings.ToLower(action))
					}
					fmt.Fprintf(w, "no people: %s\n", strings.Join(out.Allow, ", "))
				})
			},
		},
		verb{
			name: "set", short: "narrow what this company lets leave of a kind, or open it again", exits: []int{wire.ExitRefused, wire.ExitNotFound},
			flags: []cli.Flag{withFlag(),
				&cli.StringFlag{Name: "kind", Usage: "`KIND` of artifact", Required: true},
				&cli.BoolFlag{Name: "closed", Usage: "nothing of the kind leaves"},
				&cli.StringSliceFlag{Name: "product", Usage: "`NUMBER` that may leave; none: all of the invitation"},
				&cli.StringSliceFlag{Name: "region", Usage: "`COUNTRY` that may leave; none: all of the invitation"},
				&cli.StringSliceFlag{Name: "purpose", Usage: "`PURPOSE` it may be used for, such as PLANNING"},
				&cli.StringSliceFlag{Name: "role", Usage: "`ROLE` of the partner's people who may see it, such as COO; none: all"},
				&cli.StringSliceFlag{Name: "field", Usage: "`PART` that leaves: of a forecast quantiles, cumulative, ordered, firmness, lot, description, gapReason; of capacity capacity, stock; of performance its figures (received, sold, ...), days, cumulative, deliveries, service, lines"},
				&cli.StringSliceFlag{Name: "grain", Usage: "`DAYS:GRAIN:PLACE` by horizon, such as 56:WEEK:SITE, or 400:MONTH:REGION:FAMILY; or default, or items"}},
			long: "It stands in the feed: the partner's node holds this company to it, and an artifact beyond it is stored as refused. It narrows what the invitation\n" +
				"granted; one side alone can't widen that. Without lists, everything of the invitation is open again.\n" +
				"The default grain: weeks 0 to 8 by week and site, 9 to 26 by week and region, the rest by product family, month and region; items is the\n" +
				"same without families. kontor product family says what counts to which; far figures of products without a family stay at home.\n" +
				"A capacity plan takes the periods of it alone (56:WEEK:REGION), and a performance report, which speaks of what is past, one step (0:MONTH:REGION).",
			examples: []string{"kontor scope set --kind forecast --product ZDV-300 --region CI", "kontor scope set --kind forecast --grain default", "kontor scope set --kind capacity --field capacity",
				"kontor scope set --kind capacity --grain 56:WEEK:REGION --grain 10000:MONTH:REGION", "kontor scope set --kind performance --grain 0:MONTH:REGION",
				"kontor scope set --kind quality --closed"},
			run: func(c *call) error {
				out, err := ask(c, api.ScopeSet, desk.ScopeOptions{With: c.String("with"), Kind: c.String("kind"), Closed: c.Bool("closed"), Products: c.StringSlice("product"), Regions: c.StringSlice("region"),
					Purpose: c.StringSlice("purpose"), Roles: c.StringSlice("role"), Fields: c.StringSlice("field"), Grain: c.StringSlice("grain")})
				if err != nil {
					return err
				}
				return c.print(out, func(w io.Writer) {
					fmt.Fprintf(w, "from now on %s of this company reaches %s so: %s\n", out.Set.Kind, out.With, narrowed(desk.ScopeView{Set: &out.Set, Closed: out.Set.Closed}))
				})
			},
		})
}

func scopeList(values []string) string {
	if len(values) == 1 && values[0] == "*" {
		return "all"
	}
	return strings.Join(values, " ")
}

// narrowed says what a company has set, in words.
func narrowed(v desk.ScopeView) string {
	if v.Set == nil {
		return "-"
	}
	if v.Closed {
		return "closed"
	}
	var parts []string
	for _, p := range []struct {
		name string
		list []string
	}{{"products", v.Set.Products}, {"regions", v.Set.Regions}, {"purpose", v.Set.Purpose}, {"roles", v.Set.Roles}, {"parts", v.Set.Fields}} {
		if len(p.list) > 0 {
			parts = append(parts, p.name+" "+strings.Join(p.list, " "))
		}
	}
	for _, s := range v.Set.Grain {
		parts = append(parts, fmt.Sprintf("to day %d by %s and %s", s.UntilDays, strings.ToLower(string(s.Time)), strings.ToLower(string(s.Place))))
		if s.Level == artifact.Family {
			parts[len(parts)-1] += ", by product family"
		}
	}
	if len(parts) == 0 {
		return "all of the invitation"
	}
	return strings.Join(parts, "; ")
}
