package command

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"kontor/node/api/wire"
)

func topicGoals() verb {
	return verb{
		name: "goals", short: "list or replace this company's goals, which scores on Local Vision cite",
		long: "Local Vision asks whether an option moves this company toward a written goal. At most seven, each with its measure; they never leave this node, and a score cites\n" +
			"one by its number alone: \"1:vision=8,g2: a year early\". The --goal flags together replace the list.",
		examples: []string{"kontor topic goals", `kontor topic goals --goal "every clinic served | clinics without stock, below 1 %" --goal "two sources for each medicine | medicines with one source, none by 2029"`},
		flags:    []cli.Flag{repeated("goal", "`\"TEXT | MEASURE\"`, several times, in the order of their numbers"), &cli.BoolFlag{Name: "none", Usage: "strike all goals"}},
		run: func(c *call) error {
			var in wire.Goals
			for _, text := range c.texts("goal") {
				goal, measure, ok := strings.Cut(text, "|")
				if !ok {
					return usagef("--goal %q: want \"TEXT | MEASURE\": a goal nobody measures is not reached", text)
				}
				in.Goals = append(in.Goals, wire.Goal{Text: strings.TrimSpace(goal), Measure: strings.TrimSpace(measure)})
			}
			var out wire.Goals
			var err error
			if len(in.Goals) > 0 || c.Bool("none") {
				out, err = ask(c, wire.GoalSet, in)
			} else {
				out, err = ask(c, wire.GoalList, wire.None{})
			}
			if err != nil {
				return err
			}
			return c.print(out, func(w io.Writer) {
				if len(out.Goals) == 0 {
					fmt.Fprintln(w, "no goal is written down; name them with --goal \"TEXT | MEASURE\"")
					return
				}
				var rows [][]string
				for i, g := range out.Goals {
					rows = append(rows, []string{"g" + strconv.Itoa(i+1), g.Text, g.Measure})
				}
				table(w, []string{"no", "goal", "measured by"}, rows)
			})
		},
	}
}
