package command

import (
	"fmt"
	"io"
	"slices"

	"github.com/urfave/cli/v2"

	"kontor/node/api/wire"
	"kontor/protocol/decision"
)

// printPlan shows what an agreement does today: cells it fixes, steps and where they stand.
func printPlan(w io.Writer, a wire.AgreementDetail) {
	var rows [][]string
	for _, e := range a.Cells {
		state := "not in force"
		switch {
		case e.Pending:
			state = "PENDING: " + e.Why
		case e.Acts:
			state = "counts in later matches"
		case e.Why != "":
			state = "not in force: " + e.Why
		}
		rows = append(rows, []string{string(e.Kind), e.Name, e.Product, e.Region, e.Bucket.String(), e.Unit.Said(e.Quantity.String()), state})
	}
	if len(rows) > 0 {
		fmt.Fprintln(w)
		table(w, []string{"effect", "party", "product", "region", "period", "quantity", "today"}, rows)
	}
	rows = nil
	for _, s := range a.Plan {
		shown := s.Shown
		if shown == "" {
			shown = "to show: " + s.Proof
		}
		rows = append(rows, []string{s.ID, s.Title, s.Name + ", " + string(s.Owner), s.Due.String(), string(s.State), shown})
	}
	if len(rows) > 0 {
		fmt.Fprintln(w)
		table(w, []string{"step", "what", "owner", "due", "state", "shown by"}, rows)
	}
}

// word is a verb that says one word about an agreement.
func word(name, what, long, said string, route wire.Route[wire.AgreementWordRequest, wire.AgreementReceipt], flags ...cli.Flag) verb {
	return verb{
		name: name, short: what, args: "[AGREEMENT]", most: 1, long: long + " " + agreementArgument,
		examples: []string{"kontor agreement " + name, "kontor agreement " + name + " 3f2k7qaa"}, exits: boardExits, flags: append([]cli.Flag{withFlag()}, flags...),
		run: func(c *call) error {
			out, err := ask(c, route, wire.AgreementWordRequest{AgreementQuery: c.agreementQuery(), Party: c.String("party")})
			if err != nil {
				return err
			}
			return c.print(out, func(w io.Writer) {
				fmt.Fprintf(w, "agreement %s: %s\n", short(out.Agreement), said)
			})
		},
	}
}

var agreementLapse = word("lapse", "record that a partner stayed silent",
	"Possible from seven days after sign-by, by a party that acknowledged the document, while nothing of the other's answer is held. From then on the document\n"+
		"reserves nothing here. An acknowledgement of the other that did not know the lapse makes the agreement contested.",
	"the silence is recorded; it reserves nothing here any more", wire.AgreementLapse, &cli.StringFlag{Name: "party", Usage: "`NAME` or CompanyID of the silent one"})

var agreementResolve = word("resolve", "as the witness: the signatures were complete in time",
	"Only before sign-by and its 15 minutes have passed here, and only while the complete set is held. It is the verdict: final.",
	"the witness has resolved it", wire.AgreementResolve)

var agreementAbort = word("abort", "as the witness: the signatures were not complete in time",
	"Only after sign-by and its 15 minutes, and only while a party's void is held. It is the verdict: void.",
	"the witness has aborted it", wire.AgreementAbort)

var agreementMilestone = verb{
	name: "milestone", tells: true, short: "report a step of the rollout plan done", args: "STEP [AGREEMENT]", most: 2,
	long:     "Only the party whose step it is reports it, after those it waits for. Both sides see the same plan: kontor agreement show. " + agreementArgument,
	examples: []string{`kontor agreement milestone slots --proof "slots 4711 to 4719 booked"`, "kontor agreement milestone trial --evidence trial-report.pdf"}, exits: boardExits,
	flags: []cli.Flag{withFlag(), &cli.StringFlag{Name: "proof", Usage: "`TEXT`: what shows it"}, oneEvidenceFlag()},
	run: func(c *call) error {
		in := wire.AgreementMilestoneRequest{AgreementQuery: wire.AgreementQuery{Agreement: c.Args().Get(1), With: c.String("with")}, Milestone: c.Args().First()}
		var err error
		if in.Proof, in.Evidence, err = c.proofOf(); err != nil {
			return err
		}
		out, err := ask(c, wire.AgreementMilestone, in)
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			fmt.Fprintf(w, "step %s is %s\n", in.Milestone, decision.StepDone)
		})
	},
}

var agreementReconfirm = verb{
	name: "reconfirm", tells: true, short: "say that an agreement holds where another fixes the same cells", args: "[AGREEMENT]", most: 1,
	long: "Two agreements in force that fix one cell are pending there: for two business days, Monday to Friday, after the newer became final the older one holds, then the\n" +
		"newer. When every party has reconfirmed one of them, that one holds at once. " + agreementArgument,
	examples: []string{"kontor agreement reconfirm 3f2k7qaa"}, exits: boardExits, flags: []cli.Flag{withFlag()},
	run: func(c *call) error {
		out, err := ask(c, wire.AgreementReconfirm, c.agreementQuery())
		if err != nil {
			return err
		}
		after, err := ask(c, wire.AgreementShow, wire.AgreementQuery{Agreement: out.Agreement, With: c.String("with")})
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			said := "reconfirmed; it holds in its cells"
			if slices.ContainsFunc(after.Cells, func(e wire.EffectState) bool { return e.Pending || !e.Acts }) {
				said = "reconfirmed; it holds in its cells when every party has said so"
			}
			fmt.Fprintf(w, "agreement %s: %s\n", short(out.Agreement), said)
		})
	},
}
