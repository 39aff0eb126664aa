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
			name: "grant", tells: true, short: "grant detail, signed by an officer, with an end", args: "ID", exits: []int{wire.ExitRefused, wire.ExitNotFound, wire.ExitNotNow},
			flags: []cli.Flag{&cli.StringSliceFlag{Name: "product", Usage: "only this `NUMBER` of those asked for"}, &cli.StringSliceFlag{Name: "region", Usage: "only this `COUNTRY` of those asked for"},
				&cli.StringFlag{Name: "until", Usage: "last `DAY`; what was asked for where it is not given"},
				&cli.StringFlag{Name: "key-file", Usage: "the officer's key `FILE`; it is opened in this program only", Required: true}, passphraseFlag(), yesFlag("the statement was read: sign without asking")},
			long: "The statement of what the partner will see and could work out is shown before it is signed. The grant ends by itself; kontor request revoke ends it\n" +
				"before. What left under it has left.",
			examples: []string{"kontor request grant bafyrei... --key-file coo.key"},
			run:      grantDetail,
		},
		verb{
			name: "deny", tells: true, short: "deny a request", args: "ID", exits: []int{wire.ExitNotFound, wire.ExitNotNow},
			flags:    []cli.Flag{&cli.StringFlag{Name: "note", Usage: "`TEXT` the partner reads"}},
			examples: []string{"kontor request deny bafyrei... --note \"not before the contract is signed\""},
			run:      func(c *call) error { return answerRequest(c, string(request.Denied)) },
		},
		verb{
			name: "revoke", tells: true, short: "take a grant of detail back before its end", args: "ID", exits: []int{wire.ExitNotFound, wire.ExitNotNow},
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
