package command

import (
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"kontor/node/api/wire"
	"kontor/protocol/cadence"
	"kontor/protocol/decision"
)

// cadenceRecord is made anew for each call: its repeated flags hold what was given.
func cadenceRecord() verb {
	return verb{
		name: "record", tells: true, short: "write down what a meeting decided, who does what, and what becomes a topic",
		long: "A decision is kept in words and binds nobody. An action is a step with owner, day and proof; it stands when its company has said yes to the minutes (this command is\n" +
			"this company's yes), and is then asked for like any milestone: in kontor status, on the agenda, as an exception when it is late. A topic is opened at once, with this\n" +
			"company as its opener. With --agreement the actions are added to that agreement's rollout plan, and the topics are about amending it. The partner signs with\n" +
			"kontor cadence confirm. The same command again changes nothing; where it stopped half way it goes on.",
		examples: []string{
			`kontor cadence record --cadence sop --decided "week 12 stays as planned" --action "seller COO 2027-02-10: test the second shift | shift report shared"`,
			`kontor cadence record --cadence sop --topic "COMMERCIAL: price of the express lots" --topic-of EXCEPTION`,
			`kontor cadence record --cadence extra --day 2027-01-14 --agreement 3f2k7qaa --action "buyer CMO 2027-03-01: report the lift | performance report"`},
		exits: boardExits,
		flags: []cli.Flag{withFlag(), &cli.StringFlag{Name: "cadence", Usage: "`ID` of the cadence in the terms, or extra for a meeting they do not name", DefaultText: "the only one"},
			&cli.StringFlag{Name: "day", Usage: "`DAY` of the meeting", DefaultText: "the last one"},
			repeated("decided", "`TEXT` of a decision; several times for several"),
			repeated("action", "`STEP` as in \"SIDE ROLE DAY: what is to be done | what will show it\"; several times for several"),
			repeated("topic", "`MATTER` as in \"KIND: title\", or a title alone; several times for several"),
			repeated("topic-of", "`EXCEPTION` a topic is opened about, with its ways out; several times for several"),
			&cli.StringFlag{Name: "agreement", Usage: "`AGREEMENT` whose plan the actions are added to"}},
		run: func(c *call) error {
			in := wire.MinutesRequest{With: c.String("with"), Cadence: c.String("cadence"), Day: c.String("day"), Decided: c.texts("decided"), Agreement: c.String("agreement")}
			for _, text := range c.texts("action") {
				a, err := actionOf(text)
				if err != nil {
					return err
				}
				in.Actions = append(in.Actions, a)
			}
			for _, text := range c.texts("topic") {
				in.Topics = append(in.Topics, topicOf(text))
			}
			for _, id := range c.texts("topic-of") {
				in.Topics = append(in.Topics, wire.MinutesTopic{Exception: id})
			}
			if len(in.Decided)+len(in.Actions)+len(in.Topics) == 0 {
				return usagef("say what the meeting brought: --decided, --action or --topic")
			}
			out, err := ask(c, wire.CadenceRecord, in)
			if err != nil {
				return err
			}
			return c.print(out, func(w io.Writer) {
				written := "written"
				if out.Entry == "" {
					written = "were written before"
				}
				fmt.Fprintf(w, "minutes %s of %s on %s: %s\n", short(out.Minutes), out.Cadence, out.Day, written)
				for _, t := range out.Topics {
					fmt.Fprintf(w, "topic %s is open\n", short(t))
				}
				c.note("the partner says yes or no: kontor cadence confirm %s", short(out.Minutes))
			})
		},
	}
}

// actionOf reads "SIDE ROLE DAY: text | proof".
func actionOf(text string) (wire.MinutesAction, error) {
	head, rest, found := strings.Cut(text, ":")
	what, proof, shown := strings.Cut(rest, "|")
	words := strings.Fields(head)
	if !found || !shown || len(words) < 3 {
		return wire.MinutesAction{}, usagef("--action %q: want \"SIDE ROLE DAY: what is to be done | what will show it\", as in \"seller COO 2027-02-10: test the second shift | shift report shared\"", text)
	}
	n := len(words)
	return wire.MinutesAction{Side: strings.Join(words[:n-2], " "), Owner: decision.Role(strings.ToUpper(words[n-2])), Due: words[n-1], Text: strings.TrimSpace(what), Proof: strings.TrimSpace(proof)}, nil
}

// topicOf reads "KIND: title", or a title alone.
func topicOf(text string) wire.MinutesTopic {
	if kind, title, found := strings.Cut(text, ":"); found {
		if k := decision.Kind(strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(kind), "-", "_"))); k.Known() {
			return wire.MinutesTopic{Kind: k, Title: strings.TrimSpace(title)}
		}
	}
	return wire.MinutesTopic{Title: strings.TrimSpace(text)}
}

var cadenceConfirm = verb{
	name: "confirm", tells: true, short: "say that a partner's minutes are right, or what is wrong with them", args: "[MINUTES]", most: 1,
	long: "A yes lets the actions of this company stand; a no says what is wrong, and none of them stands. It is said once. MINUTES is the ID or its end; without it, the only\n" +
		"minutes that wait for this company. kontor cadence minutes shows them.",
	examples: []string{"kontor cadence confirm", `kontor cadence confirm k3x9fqaa --reject "the second shift was never promised"`}, exits: boardExits,
	flags: []cli.Flag{withFlag(), &cli.StringFlag{Name: "reject", Usage: "`TEXT`: what is wrong"}},
	run: func(c *call) error {
		in := wire.MinutesAnswerRequest{With: c.String("with"), Minutes: c.Args().First(), Reject: c.String("reject")}
		out, err := ask(c, wire.CadenceConfirm, in)
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			said := "confirmed; what they ask of this company stands"
			if in.Reject != "" {
				said = "rejected; nothing of it stands for this company"
			}
			fmt.Fprintf(w, "minutes %s of %s on %s: %s\n", short(out.Minutes), out.Cadence, out.Day, said)
		})
	},
}

var cadenceDone = verb{
	name: "done", tells: true, short: "report an action of minutes done", args: "ACTION", most: 1,
	long:     "ACTION is the name that kontor cadence minutes shows: the minutes, a dot and the line. Only the company whose action it is reports it, once.",
	examples: []string{`kontor cadence done k3x9fqaa.2 --proof "shift report of week 6 shared"`, `kontor cadence done k3x9fqaa.2 --proof "second shift runs" --evidence shift-report.pdf`}, exits: boardExits,
	flags: []cli.Flag{withFlag(), &cli.StringFlag{Name: "proof", Usage: "`TEXT`: what shows it"}, oneEvidenceFlag()},
	run: func(c *call) error {
		in := wire.MinutesDoneRequest{With: c.String("with"), Action: c.Args().First()}
		var err error
		if in.Proof, in.Evidence, err = c.proofOf(); err != nil {
			return err
		}
		out, err := ask(c, wire.CadenceDone, in)
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) { fmt.Fprintf(w, "action %s is %s\n", in.Action, decision.StepDone) })
	},
}

// printMinutes shows what was written down of one meeting, every party's word first.
func printMinutes(w io.Writer, m wire.RecordedMinutes) {
	fmt.Fprintf(w, "minutes %s of %s on %s with %s, written by %s\n", short(m.ID), m.Cadence, m.Day, m.With, m.By)
	var rows [][]string
	for _, word := range m.Words {
		said := "yes, " + moment(word.T)
		switch {
		case word.Said == "":
			said = "silent since " + moment(word.SilentSince)
		case word.Said == "no":
			said = "no, " + moment(word.T) + ": " + word.Reject
		}
		rows = append(rows, []string{word.Name, said})
	}
	table(w, []string{"party", "says"}, rows)
	rows = nil
	for _, l := range m.Lines {
		owner, due, state := "", "", "in words"
		switch {
		case l.Kind == cadence.Action:
			owner, due, state = l.Party+", "+string(l.Owner), l.Due.String(), "does not stand: "+l.Party+" has not said yes"
			if l.Stands {
				state = string(l.State) + ": " + l.Proof
			}
		case l.Kind == cadence.ToTopic && l.Topic != "":
			state = "topic " + short(l.Topic)
		case l.Kind == cadence.ToTopic:
			state = "no topic yet"
		}
		rows = append(rows, []string{l.Name, strings.ToLower(string(l.Kind)), l.Text, owner, due, state})
	}
	table(w, []string{"line", "kind", "what", "owner", "due", "state"}, rows)
}
