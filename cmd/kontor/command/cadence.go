package command

import (
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"kontor/node"
	"kontor/node/api/wire"
)

func cadenceNoun() *cli.Command {
	return noun("cadence", "meetings of the terms in force: what is due, what is to be talked about, what came of it", cadenceShow, cadenceAgenda, cadenceICS, cadenceMinutes, cadenceRecord(), cadenceConfirm, cadenceDone)
}

func cadenceFlags(more ...cli.Flag) []cli.Flag {
	return append([]cli.Flag{withFlag(), &cli.StringFlag{Name: "cadence", Usage: "only the cadence with this `ID` of the terms"},
		&cli.StringFlag{Name: "from", Usage: "from `DAY` on", DefaultText: "today"}}, more...)
}

func mostFlag(n int) cli.Flag {
	return &cli.IntFlag{Name: "most", Usage: "`N` meetings of each cadence", Value: n}
}

func (c *call) cadenceQuery() wire.CadenceQuery {
	return wire.CadenceQuery{With: c.String("with"), Cadence: c.String("cadence"), From: c.String("from"), Most: c.Int("most"), Rules: c.Bool("rules")}
}

var cadenceShow = verb{
	name: "show", short: "show the next meetings, step by step",
	long: "The cadence sop is the month of sales and operations planning: actuals frozen, demand review, supply answer, pre-meeting, executive meeting, counted back from the\n" +
		"meeting in working days of the contract. The cadence launch is a weekly sync, held from eight weeks before a launch to eight after it. Any other is a meeting with one step.",
	examples: []string{"kontor cadence show", "kontor cadence show --cadence sop --most 3"}, exits: []int{wire.ExitNotFound},
	flags: cadenceFlags(mostFlag(1)),
	run: func(c *call) error {
		out, err := ask(c, wire.CadenceShow, c.cadenceQuery())
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			for i, m := range out.Meetings {
				if i > 0 {
					fmt.Fprintln(w)
				}
				fmt.Fprintf(w, "%s on %s (%s, cadence %s)%s\n", m.Name, m.Day, m.Contract, m.Cadence, heldNote(m))
				var rows [][]string
				for _, s := range m.Steps {
					there := "there"
					if !s.Met {
						there = "missing: " + s.Missing
					}
					rows = append(rows, []string{s.Day.String(), s.Name, string(s.Side) + " " + s.Owner, s.Gate, there, s.Default})
				}
				table(w, []string{"day", "step", "owner", "gate", "now", "if not"}, rows)
			}
		})
	},
}

func heldNote(m wire.Meeting) string {
	if m.Canceled {
		return ": nothing to talk about, not held"
	}
	return ""
}

var cadenceAgenda = verb{
	name: "agenda", short: "show what the next meeting is about, the same on both nodes",
	long: "At most ten items, from what both sides signed: milestones ready or overdue, open topics, exceptions no topic is about, months whose reports differ; for a launch sync\n" +
		"the gates that are not passed. Overdue ones come first. An empty agenda means that the meeting is not held. Partners compare the digest.",
	examples: []string{"kontor cadence agenda", "kontor cadence agenda --cadence launch"}, exits: []int{wire.ExitNotFound},
	flags: cadenceFlags(),
	run: func(c *call) error {
		out, err := ask(c, wire.CadenceShow, c.cadenceQuery())
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			for i, m := range out.Meetings {
				if i > 0 {
					fmt.Fprintln(w)
				}
				fmt.Fprintf(w, "%s on %s%s\n", m.Name, m.Day, heldNote(m))
				if m.Canceled {
					continue
				}
				var rows [][]string
				for _, item := range m.Agenda.Items {
					rows = append(rows, []string{item.Due.String(), strings.ToLower(string(item.Kind)), item.Title, item.Owner})
				}
				table(w, []string{"due", "about", "item", "owner"}, rows)
				if m.Agenda.More > 0 {
					fmt.Fprintf(w, "and %s that found no room\n", node.Count(int(m.Agenda.More), "item"))
				}
				fmt.Fprintf(w, "digest %s\n", m.Digest)
			}
			if out.Restricted {
				c.note("this token does not see every product: the partner's agenda may have more")
			}
		})
	},
}

var cadenceICS = verb{
	name: "ics", short: "write the next meetings and their steps for a calendar program",
	long: "Titles and days only: no products, no figures. A meeting keeps its UID when it moves within its month, and its SEQUENCE rises with every change; one that is not held\n" +
		"any more stands as cancelled. Import the file again after changes. With --rules each cadence is one recurring entry with its rule, as kontor terms cadence takes it into a\n" +
		"draft of terms.",
	examples: []string{"kontor cadence ics > meetings.ics", "kontor cadence ics --most 12 -o meetings.ics", "kontor cadence ics --rules --cadence sop > sop.ics"}, exits: []int{wire.ExitNotFound},
	flags: []cli.Flag{withFlag(), mostFlag(12), &cli.StringFlag{Name: "from", Usage: "from `DAY` on", DefaultText: "today"}, &cli.BoolFlag{Name: "rules", Usage: "one recurring entry of each cadence, by the terms in force on the day"},
		&cli.StringFlag{Name: "cadence", Usage: "with --rules: only the cadence with this `ID` of the terms"}, &cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write to `FILE`", DefaultText: "standard output"}},
	run: func(c *call) error {
		out, err := ask(c, wire.CadenceCalendar, c.cadenceQuery())
		if err != nil {
			return err
		}
		if path := c.String("output"); path != "" {
			if err := writeNew(path, []byte(out.ICS)); err != nil {
				return err
			}
			return c.print(out, func(w io.Writer) { fmt.Fprintf(w, "%s in %s\n", node.Count(out.Events, "event"), path) })
		}
		return c.print(out, func(w io.Writer) { io.WriteString(w, out.ICS) })
	},
}

var cadenceMinutes = verb{
	name: "minutes", short: "list what came of the meetings since a day",
	long: "Topics opened and ended, agreements that became final, milestones reported: as both sides signed them, so that there is one version. Below stands what was\n" +
		"written down of meetings (kontor cadence record), line by line, with who has said yes, who no, and who is silent since when.",
	examples: []string{"kontor cadence minutes", "kontor cadence minutes --from 2027-01-01"}, exits: []int{wire.ExitNotFound},
	flags: []cli.Flag{withFlag(), &cli.StringFlag{Name: "from", Usage: "since `DAY`", DefaultText: "31 days ago"}},
	run: func(c *call) error {
		out, err := ask(c, wire.CadenceMinutes, c.cadenceQuery())
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			var rows [][]string
			for _, l := range out.Lines {
				rows = append(rows, []string{moment(l.T), l.With, l.What, l.Title})
			}
			if len(rows)+len(out.Recorded) == 0 {
				fmt.Fprintf(w, "nothing was opened, decided or done since %s\n", out.Since)
				return
			}
			if len(rows) > 0 {
				table(w, []string{"when", "with", "what", "about"}, rows)
			}
			for i, m := range out.Recorded {
				if i > 0 || len(rows) > 0 {
					fmt.Fprintln(w)
				}
				printMinutes(w, m)
			}
		})
	},
}
