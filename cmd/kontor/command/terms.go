package command

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"kontor/node"
	"kontor/node/api"
	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/terms"
)

func termsNoun() *cli.Command {
	return noun("terms", "contract terms: prices, flex bands, authorisations, SLAs; proposed by either side, in force when officers of both have signed",
		termsDraftVerb, termsImportVerb, termsCadenceVerb, termsCheckVerb, termsPreviewVerb, termsShareVerb, termsProposeVerb, termsListVerb, termsShowVerb,
		termsPriceVerb, termsIndexVerb, termsExposureVerb, termsFlexVerb, termsDatesVerb)
}

func contractFlag() cli.Flag {
	return &cli.StringFlag{Name: "contract", Usage: "`REFERENCE` of the contract", DefaultText: "the only one"}
}

func dayFlag(usage string) cli.Flag {
	return &cli.StringFlag{Name: "on", Usage: usage, DefaultText: "today"}
}

func (c *call) termsQuery() desk.TermsQuery {
	return desk.TermsQuery{With: c.String("with"), Contract: c.String("contract")}
}

var termsDraftVerb = verb{
	name: "draft", short: "print the draft of terms as a file to edit, or a template to begin from", flags: []cli.Flag{withFlag(), contractFlag()},
	long: "Edit what it prints and take it back with kontor terms import. Shares are in parts per million, days are YYYY-MM-DD with the end of a period exclusive.\n" +
		"A template is in the currency of the partner's materiality and the unit of the forecast that stands there; where partners differ in EUR and C62 (pieces), unless --with names one.",
	examples: []string{"kontor terms draft > terms.json", "kontor terms draft --with \"Relief Agency\" > terms.json"},
	run: func(c *call) error {
		out, err := ask(c, api.TermsDraft, c.termsQuery())
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			if data, err := desk.WriteTerms(out); err == nil {
				w.Write(data)
			}
		})
	},
}

var termsImportVerb = verb{
	name: "import", short: "take terms from a JSON file or a table of their fields into the draft of their contract", args: "FILE", exits: []int{wire.ExitRefused},
	flags: []cli.Flag{&cli.BoolFlag{Name: "dry-run", Usage: "say what would be kept, keep nothing"}},
	long: "The file is as kontor terms draft prints it, or a workbook or CSV as kontor export --kind terms writes it. A measure may be named by its code, with what differs from its defaults: {\"code\": \"OTIF\", \"set\": {\"late\": \"2\"}};\n" +
		"kontor measure --help lists them. FILE \"-\" is standard input.",
	examples: []string{"kontor terms import terms.json", "kontor terms import --dry-run --json terms.json"},
	run: func(c *call) error {
		out, err := upload(c, api.TermsImport, desk.TermsImport{DryRun: c.Bool("dry-run")})
		if err != nil {
			return err
		}
		for _, f := range out.Findings {
			c.note("would be refused: %s", f.Error())
		}
		return c.print(out, func(w io.Writer) {
			kept := "kept as"
			if out.DryRun {
				kept = "would be"
			}
			fmt.Fprintf(w, "%s %s the draft of %s; see it as the partner would: kontor terms preview\n", node.Count(out.Clauses, "clause"), kept, out.Contract)
		})
	},
}

var termsCheckVerb = verb{
	name: "check", short: "apply the coded rules to a file of terms, without a node", args: "FILE", exits: []int{wire.ExitRefused}, local: true,
	examples: []string{"kontor terms check terms.json --json"},
	run: func(c *call) error {
		data, err := os.ReadFile(c.Args().First())
		if err != nil {
			return usagef("read the terms: %v", err)
		}
		doc, err := desk.ReadTerms(data)
		if err != nil {
			return err
		}
		findings := desk.CheckTerms(doc)
		if err := c.print(struct {
			Contract string             `json:"contract"`
			Findings []artifact.Finding `json:"findings"`
		}{doc.Contract, append([]artifact.Finding{}, findings...)}, func(w io.Writer) {
			for _, f := range findings {
				fmt.Fprintln(w, f.Error())
			}
			if len(findings) == 0 {
				fmt.Fprintf(w, "the terms of %s break no rule\n", doc.Contract)
			}
		}); err != nil {
			return err
		}
		if len(findings) > 0 {
			return wire.Problemf("TERMS_REFUSED", "the terms break %s", node.Count(len(findings), "rule"))
		}
		return nil
	},
}

var termsPreviewVerb = verb{
	name: "preview", short: "show every field a partner would see, and why it may", flags: []cli.Flag{withFlag(), contractFlag()},
	examples: []string{"kontor terms preview --with \"Tablet Maker\"", "kontor terms preview --json"},
	run: func(c *call) error {
		out, err := ask(c, api.TermsPreview, c.termsQuery())
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			printPreview(w, out.Preview)
			for _, x := range out.Diff {
				fmt.Fprintf(w, "changes: %s %s%s\n", x.Clause, x.How, material(x.Material))
			}
		})
	},
}

var termsShareVerb = verb{
	name: "share", short: "share the draft of terms with a partner: that proposes them", flags: []cli.Flag{withFlag(), contractFlag()}, exits: []int{wire.ExitRefused},
	long:     "Nothing binds by it. Terms come into force when officers of both sides have signed them: kontor terms propose.",
	examples: []string{"kontor terms share --with \"Tablet Maker\" --contract FRAME-2027"},
	run: func(c *call) error {
		out, err := ask(c, api.TermsShare, c.termsQuery())
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) { printSharedRows(w, terms.Type, "clause", out) })
	},
}

var termsProposeVerb = verb{
	name: "propose", tells: true, short: "put shared terms to the officers of both sides", flags: []cli.Flag{withFlag(), contractFlag(),
		&cli.StringFlag{Name: "of", Usage: "whose proposal, where both have one: `own` or partner"}, &cli.StringFlag{Name: "deadline", Usage: "`DAY` by which it is decided", DefaultText: "in a week"}},
	long: "Opens a topic of two options: the terms apply, or what is in force goes on. Officers score and accept it as any topic (kontor topic --help) and sign the document\n" +
		"(kontor agreement sign); once it is final the terms are in force from its first day to its end. A revision of the terms meanwhile sends the topic back.",
	examples: []string{"kontor terms propose --contract FRAME-2027 --deadline 2026-12-15"},
	run: func(c *call) error {
		in := api.TermsProposal{TermsQuery: c.termsQuery(), Of: c.String("of")}
		if text := c.String("deadline"); text != "" {
			day, err := calendar.ParseDate(text)
			if err != nil {
				return usagef("--deadline: %v", err)
			}
			in.Deadline = day.AddDays(1).Millis() - int64(time.Minute/time.Millisecond)
		}
		out, err := ask(c, api.TermsPropose, in)
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			fmt.Fprintf(w, "topic %s is open; score it with: kontor topic score %s\n", out.Topic, out.Topic)
		})
	},
}

var termsListVerb = verb{
	name: "list", short: "list terms proposed and signed, own and partners'", flags: []cli.Flag{withFlag(), dayFlag("as of `DAY`")},
	examples: []string{"kontor terms list", "kontor terms list --on 2027-06-01 --json"},
	run: func(c *call) error {
		out, err := ask(c, api.TermsList, api.TermsListQuery{With: c.String("with"), Day: c.String("on")})
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			var rows [][]string
			for _, h := range out {
				from, until := h.Document.Period.Start.String(), h.Document.Period.End.String()
				if h.Agreement != nil {
					from, until = h.From.String(), h.Expires.String()
				}
				rows = append(rows, []string{h.Document.Contract, h.With, h.Author, fmt.Sprint(h.Revision), h.State, from, until, h.CID.String()})
			}
			table(w, []string{"contract", "with", "author", "revision", "state", "from", "to before", "cid"}, rows)
		})
	},
}

var termsShowVerb = verb{
	name: "show", short: "show the clauses of terms", args: "[CONTRACT]", most: 1, flags: []cli.Flag{withFlag(), dayFlag("as of `DAY`")},
	examples: []string{"kontor terms show FRAME-2027", "kontor terms show --json"},
	run: func(c *call) error {
		out, err := ask(c, api.TermsList, api.TermsListQuery{With: c.String("with"), Day: c.String("on")})
		if err != nil {
			return err
		}
		kept := []desk.HeldTerms{}
		for _, h := range out {
			if name := c.Args().First(); name == "" || h.Document.Contract == name {
				kept = append(kept, h)
			}
		}
		if len(kept) == 0 {
			return wire.Problemf("NO_TERMS", "no terms are held%s; kontor terms list shows all", when(c.Args().Present(), fmt.Sprintf(" of contract %q", c.Args().First())))
		}
		return c.print(kept, func(w io.Writer) {
			for _, h := range kept {
				printTerms(w, h)
			}
		})
	},
}

func when(yes bool, text string) string {
	if yes {
		return text
	}
	return ""
}

func printTerms(w io.Writer, h desk.HeldTerms) {
	d := h.Document
	fmt.Fprintf(w, "%s revision %d of %s with %s: %s, %s\n", d.Contract, h.Revision, h.Author, h.With, h.State, d.Period)
	fmt.Fprintf(w, "money: %s, rounded %s per %s; days: %s; deliveries: %s over, %s under, %d days early, %d late\n", d.Currency, d.Rounding.Mode, strings.ToLower(string(d.Rounding.Level)), d.Calendar.Zone,
		percent(d.Tolerance.OverPPM), percent(d.Tolerance.UnderPPM), d.Tolerance.EarlyDays, d.Tolerance.LateDays)
	fmt.Fprintf(w, "loop: orders consume forecast %d periods back and %d ahead; silence means %s; inside the bands the node answers by itself: %t\n", d.Loop.Backward, d.Loop.Forward, d.Loop.OnNoAnswer, d.Loop.Auto)
	var rows [][]string
	for _, p := range d.Prices {
		rows = append(rows, []string{"price", p.ID, products(p.Items), fmt.Sprintf("%s %s per %s %s, %s%s", p.Base.Amount, p.Base.Currency, p.Base.Per, p.Unit, p.Kind, tiersText(p)), p.Valid.String()})
	}
	for _, b := range d.Bands {
		kind := "days"
		if b.Working {
			kind = "working days"
		}
		rows = append(rows, []string{"band", b.ID, products(b.Items), fmt.Sprintf("%s: up %s, down %s", b.Zone, percent(b.UpPPM), percent(b.DownPPM)), fmt.Sprintf("%d to %d %s ahead", b.From, b.To, kind)})
	}
	for _, a := range d.Authorisations {
		rows = append(rows, []string{"authorisation", a.ID, products(a.Items), fmt.Sprintf("made %d days ahead, material %d; the buyer's part %s and %s", a.FabDays, a.RawDays, percent(a.LiablePPM.Finished), percent(a.LiablePPM.Raw)), fmt.Sprintf("claimed after %d days", a.AgeDays)})
	}
	for _, s := range d.SLAs {
		rows = append(rows, []string{"sla", s.ID, products(s.Items), fmt.Sprintf("%s of the %s, %s, on figures of %s", s.Measure.Code, s.By, targetText(s), s.Source), string(s.Window.Kind)})
	}
	for _, m := range d.Remedies {
		limit := "no money"
		if m.Cap != nil {
			limit = fmt.Sprintf("at most %s a %s", m.Cap, strings.ToLower(string(m.CapPeriod)))
		}
		rows = append(rows, []string{"remedy", m.ID, m.SLA, string(m.Kind), limit})
	}
	table(w, []string{"clause", "id", "for", "what", "when"}, rows)
	fmt.Fprintln(w, h.CID)
}

func products(items []string) string {
	if len(items) == 0 {
		return "all others"
	}
	return strings.Join(items, " ")
}

func tiersText(p terms.Price) string {
	text := ""
	for _, t := range p.Tiers {
		text += fmt.Sprintf("; after %s: %s", t.From, t.Amount)
	}
	if p.Basis != "" {
		text += " (" + string(p.Basis) + ")"
	}
	if p.Index != nil {
		text += " by " + p.Index.ID
	}
	return text
}

func targetText(s terms.SLA) string {
	if s.AtMost {
		return "at most " + s.Target.String()
	}
	return "at least " + s.Target.String()
}
