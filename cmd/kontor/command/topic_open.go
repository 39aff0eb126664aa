package command

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"kontor/node/api/wire"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
	"kontor/protocol/quantity"
)

func topicOpen() verb {
	return verb{
		name: "open", tells: true, short: "open a topic about an exception, or by hand", args: "[EXCEPTION]", most: 1,
		long: "EXCEPTION is an ID of kontor exception list; left out, it is the most valuable open one. The node puts option 0 (what happens by itself) and two ways out on\n" +
			"the list, each with its cells and what the match then leaves short, and names what is to be negotiated. Of other exceptions than\n" +
			"shortages the ways out are words, in the kind of topic whose officers lead. --proposal FILE (JSON) replaces parts of it or all.\n" +
			"By hand, without an exception: --kind with --title, --product, --period, --zero, one --option for each way out and the --issue list. --trigger CADENCE says that a meeting\n" +
			"of the cadence asked for it: it stands so in the minutes.",
		examples: []string{"kontor topic open", `kontor topic open 3f0c... --with "Relief Agency" --title "March" --basis "1 2.50 0 12000" --basis "2 2.50 0 8000"`, "kontor topic open --proposal topic.json --manual",
			`kontor topic open --kind QUALITY --title "capping defects" --product ZDV-300 --period 2027-03 --zero "the rate stays" --option "a new capping head" --issue "due DATE 2027-03-01 2027-03-31 - closed by" --trigger CADENCE`},
		exits: boardExits,
		flags: []cli.Flag{withFlag(), basisFlag(),
			&cli.StringFlag{Name: "title", Usage: "`TEXT`"},
			&cli.DurationFlag{Name: "deadline", Usage: "`DURATION` from now; after it option 0 happens", DefaultText: "the exception's deadline"},
			&cli.StringFlag{Name: "proposal", Usage: "`FILE` with scope, options, issues, required roles as JSON"},
			&cli.StringFlag{Name: "kind", Usage: "by hand: `KIND` DEMAND_CAPACITY, JOINT_MARKETING, QUALITY or COMMERCIAL"},
			&cli.StringFlag{Name: "trigger", Usage: "by hand: `WHAT` asked for it, MANUAL, CADENCE, EVENT or SLA", Value: string(decision.ByHand)},
			repeated("product", "by hand: `PRODUCT` it is about, several times"),
			repeated("region", "by hand: `REGION`, several times; none: every region"),
			&cli.StringFlag{Name: "period", Usage: "by hand: `PERIOD`, such as 2027-03 or 2027-03-01..2027-06-01, the end not in it"},
			&cli.StringFlag{Name: "zero", Usage: "by hand: `TEXT`, what happens by itself if nothing is agreed"},
			repeated("option", "by hand: `TEXT` of a way out, several times"),
			repeated("issue", "by hand: what is negotiated, `\"ID KIND LOW HIGH UNIT NAME\"`, unit - for a date, several times"),
			repeated("context", "by hand: `CID` of a shared artifact, several times"),
			&cli.BoolFlag{Name: "manual", Usage: "the proposal stands on its own, without an exception"},
		},
		run: func(c *call) error {
			in := wire.TopicOpenRequest{With: c.String("with"), Exception: c.Args().First(), Title: c.String("title"), Manual: c.Bool("manual")}
			var err error
			if in.Deadline, in.Proposal, err = c.beginning(); err != nil {
				return err
			}
			if c.String("kind") != "" {
				byHand, err := c.proposal()
				if err != nil {
					return err
				}
				if in.Proposal != nil {
					return usagef("--kind and --proposal: write all of it in the file, or none")
				}
				in.Proposal, in.Manual = &byHand, true
			}
			if in.Basis, err = parseBasis(c.texts("basis")); err != nil {
				return err
			}
			out, err := ask(c, wire.TopicOpen, in)
			if err != nil {
				return err
			}
			return c.printOpened(out)
		},
	}
}

// beginning reads what --deadline and --proposal say of a new topic: when it ends, in Unix milliseconds, and the parts of it that a file holds; zero and nil
// leave both to the node.
func (c *call) beginning() (deadline int64, p *decision.Proposal, err error) {
	if d := c.Duration("deadline"); d != 0 {
		deadline = c.now().Add(d).UnixMilli()
	}
	if path := c.String("proposal"); path != "" {
		p = &decision.Proposal{}
		err = readDocument("proposal", path, p)
	}
	return deadline, p, err
}

// printOpened shows a topic that was just opened as the node holds it, or names it where the node can't show it any more.
func (c *call) printOpened(out wire.TopicReceipt) error {
	return c.print(out, func(w io.Writer) {
		if t, err := ask(c, wire.TopicShow, wire.TopicQuery{Topic: out.Topic}); err == nil {
			printTopic(w, t)
			return
		}
		fmt.Fprintf(w, "topic %s is open\n", out.Topic)
	})
}

// proposal is a topic written by hand on the command line.
func (c *call) proposal() (p decision.Proposal, err error) {
	p = decision.Proposal{Kind: decision.Kind(strings.ToUpper(c.String("kind"))), Title: c.String("title"), Trigger: decision.Trigger(strings.ToUpper(c.String("trigger"))), Priority: decision.Medium,
		Scope: decision.Scope{Products: slices.Sorted(slices.Values(c.texts("product"))), Regions: slices.Sorted(slices.Values(c.texts("region")))}}
	for _, need := range [][2]string{{"title", "what it is called"}, {"period", "when it is about"}, {"zero", "what happens by itself"}} {
		if c.String(need[0]) == "" {
			return p, missing(need[0], need[1])
		}
	}
	if len(p.Scope.Products) == 0 {
		return p, missing("product", "what it is about")
	}
	if len(p.Scope.Regions) == 0 {
		p.Scope.Regions = []string{artifact.All}
	}
	if first, last, span := strings.Cut(c.String("period"), ".."); span {
		if p.Scope.Horizon.Start, err = calendar.ParseDate(first); err == nil {
			p.Scope.Horizon.End, err = calendar.ParseDate(last)
		}
	} else {
		p.Scope.Horizon, err = calendar.ParseBucket(c.String("period"))
	}
	if err != nil {
		return p, usagef("--period: %v", err)
	}
	p.Options = []decision.Option{{ID: decision.NoAgreement, Summary: c.String("zero")}}
	for i, text := range c.texts("option") {
		p.Options = append(p.Options, decision.Option{ID: fmt.Sprint(i + 1), Summary: text})
	}
	if len(p.Options) < 2 {
		return p, missing("option", "a way out")
	}
	st, err := ask(c, wire.Status, wire.None{})
	if err != nil {
		return p, err
	}
	company, err := block.ParseCID(st.Company)
	if err != nil {
		return p, err
	}
	for i := range p.Options {
		p.Options[i].By = company
	}
	for _, text := range c.texts("issue") {
		issue, err := parseIssue(text)
		if err != nil {
			return p, err
		}
		p.Issues = append(p.Issues, issue)
	}
	for _, text := range c.texts("context") {
		cid, err := block.ParseCID(text)
		if err != nil {
			return p, usagef("--context: %v", err)
		}
		p.Context = append(p.Context, cid)
	}
	return p, nil
}

// parseIssue reads "ID KIND LOW HIGH UNIT NAME...".
func parseIssue(text string) (i decision.Issue, err error) {
	f := strings.Fields(text)
	if len(f) < 6 {
		return i, usagef("--issue %q: want \"ID KIND LOW HIGH UNIT NAME\", such as \"price PRICE 10 12 EUR price per 1000\" or \"due DATE 2027-03-01 2027-03-31 - closed by\"", text)
	}
	i = decision.Issue{ID: f[0], Kind: decision.IssueKind(strings.ToUpper(f[1])), Unit: f[4], Name: strings.Join(f[5:], " ")}
	if i.Unit == "-" {
		i.Unit = ""
	}
	for _, end := range []struct {
		text string
		into *decision.Value
	}{{f[2], &i.Low}, {f[3], &i.High}} {
		if i.Kind == decision.DateIssue {
			d, err := calendar.ParseDate(end.text)
			if err != nil {
				return i, usagef("--issue %q: %v", text, err)
			}
			*end.into = decision.Day(d)
			continue
		}
		q, err := quantity.Parse(end.text)
		if err != nil {
			return i, usagef("--issue %q: %v", text, err)
		}
		*end.into = decision.Number(q)
	}
	return i, nil
}
