package command

import (
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"kontor/node/api"
	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/protocol/terms"
)

var termsCadenceVerb = verb{
	name: "cadence", short: "take a recurring meeting from a calendar file into the draft of terms", args: "FILE", exits: []int{wire.ExitRefused},
	flags: []cli.Flag{contractFlag(), &cli.StringFlag{Name: "cadence", Usage: "`ID` of the meeting in the terms, such as sop", DefaultText: "the one the entry names, the one of its title, or the only one"},
		&cli.StringFlag{Name: "zone", Usage: "IANA `NAME` of the zone of its times of day, such as Europe/Berlin", DefaultText: "as the file says"},
		&cli.BoolFlag{Name: "dry-run", Usage: "show the difference, keep nothing"}},
	long: "The file (.ics) holds one recurring entry (RRULE); where it holds others too, the one of the category CADENCE counts. Its first day and its rule become those of the\n" +
		"meeting; name and gates of a meeting that the draft has stay. The terms count whole days of the contract's own zone: an entry with a time of day in another zone is taken\n" +
		"where all its days are the same in both, and refused otherwise. kontor cadence ics --rules writes such a file of the terms in force.",
	examples: []string{"kontor terms cadence sop.ics --dry-run", "kontor terms cadence sop.ics --cadence sop --zone Europe/Berlin"},
	run: func(c *call) error {
		out, err := upload(c, api.TermsCadence, desk.TermsCadence{Contract: c.String("contract"), Cadence: c.String("cadence"), Zone: c.String("zone"), DryRun: c.Bool("dry-run")})
		if err != nil {
			return err
		}
		for _, n := range out.Notes {
			c.note("%s", n)
		}
		for _, f := range out.Findings {
			c.note("would be refused: %s", f.Error())
		}
		return c.print(out, func(w io.Writer) {
			for _, x := range out.Changes {
				fmt.Fprintf(w, "%s of %s, from the entry %q: %s\n", x.After.ID, out.Contract, x.Entry, x.How)
				if x.Before != nil && x.How == "changed" {
					fmt.Fprintf(w, "  was %s\n", cadenceText(*x.Before))
				}
				fmt.Fprintf(w, "  %s %s\n", when(x.How != "unchanged", "now")+when(x.How == "unchanged", "is"), cadenceText(x.After))
				var days []string
				for _, d := range x.Next {
					days = append(days, d.String())
				}
				if len(days) > 0 {
					fmt.Fprintf(w, "  first held on %s\n", strings.Join(days, ", "))
				}
			}
			if out.DryRun {
				fmt.Fprintln(w, "nothing was kept; without --dry-run it goes into the draft")
				return
			}
			fmt.Fprintf(w, "the draft of %s is kept; see it as the partner would: kontor terms preview\n", out.Contract)
		})
	},
}

func cadenceText(c terms.Cadence) string {
	return fmt.Sprintf("%s from %s: %q%s", c.RRule, c.First, c.Name, when(len(c.Gates) > 0, ", gates "+strings.Join(c.Gates, " ")))
}
