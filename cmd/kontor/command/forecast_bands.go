package command

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"kontor/node"
	"kontor/node/api"
	"kontor/node/api/wire"
	"kontor/node/client"
	"kontor/node/desk"
	"kontor/protocol/forecast"
)

var forecastBandsVerb = verb{
	name: "bands", short: "make bands for points from the errors of past versions", flags: []cli.Flag{withFlag(),
		&cli.StringFlag{Name: "actual", Usage: "`FILE` of what was needed, as for kontor history import, in the periods of the forecast; the private history by month where it is not given"},
		&cli.IntFlag{Name: "least", Usage: "past errors at one lag that a band needs, `N`", Value: forecast.MinErrors},
		&cli.BoolFlag{Name: "dry-run", Usage: "say what bands there would be and change nothing"}}, exits: []int{wire.ExitRefused},
	long: "A plan that has points alone gets levels p10, p25, p50, p75 and p90 from how far the versions shared before were off: what was needed over what was\n" +
		"foreseen, at the same lag, of the line itself, or else of all lines of its product family. Twelve errors are the least; what has fewer gets no\n" +
		"band and no probability, and that is said. The method travels with the forecast: empirical, how many errors, and how often the band of 80 %,\n" +
		"made of the others, held what happened.",
	examples: []string{"kontor forecast bands --dry-run", "kontor forecast bands --with \"Tablet Maker\" --actual weeks.csv --json"},
	run: func(c *call) error {
		var file io.Reader = strings.NewReader("")
		if path := c.String("actual"); path != "" {
			f, err := os.Open(path)
			if err != nil {
				return usagef("--actual: %v", err)
			}
			defer f.Close()
			file = f
		}
		n, err := c.node()
		if err != nil {
			return err
		}
		defer n.Close()
		out, err := client.Upload(c.Context.Context, n, api.ForecastBands, desk.BandsOptions{With: c.String("with"), Least: c.Int("least"), DryRun: c.Bool("dry-run")}, file)
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) { printBands(w, out) })
	},
}

func printBands(w io.Writer, out desk.BandsResult) {
	fmt.Fprintf(w, "%s judged: %d errors of known need; left out: %d cells whose need is not known, %d of a forecast of none\n", node.Count(out.Versions, "past version"), out.Errors, out.Open, out.Zero)
	if out.Why != "" {
		fmt.Fprintln(w, out.Why)
		return
	}
	fmt.Fprintf(w, "bands: %s\n", methodText(out.Method))
	var rows [][]string
	for _, l := range out.Lines {
		rows = append(rows, []string{l.Line, l.From, strconv.Itoa(l.Banded), strconv.Itoa(l.Bare), strconv.Itoa(l.Errors)})
	}
	table(w, []string{"line", "errors of", "periods with bands", "without", "errors at a lag"}, rows)
	if out.DryRun {
		fmt.Fprintln(w, "nothing was changed: a dry run")
	}
}

// methodText says how bands were made, and how well they held.
func methodText(m forecast.Method) string {
	text := string(m.Bands)
	switch {
	case text == "" || m.Bands == forecast.BandsNone:
		return "none: no probability is claimed"
	case m.Name != "":
		text += ", by " + strings.TrimSpace(m.Name+" "+m.Version)
	}
	if m.Samples == 0 {
		return text + "; how often they held was not measured"
	}
	return fmt.Sprintf("%s; the band of 80 %% held %s %% of %d", text, percentText(m.Coverage), m.Samples)
}

func percentText(ppm int64) string { return strconv.FormatFloat(float64(ppm)/10_000, 'f', -1, 64) }

var forecastFencesVerb = verb{
	name: "fences", short: "show or set the time fences of the forecasts that are shared", args: "[FENCE...]", most: forecast.MaxFences,
	flags: []cli.Flag{&cli.BoolFlag{Name: "none", Usage: "no fences"}},
	long: "A fence is DAYS:ZONE or DAYS:ZONE:UP:DOWN, from the nearest: days from the issue, one of FROZEN, FIRM, SLUSHY and FREE, and how far a revision may\n" +
		"move a figure without asking, in percent. They stay for every draft; the column \"time fences\" of an imported table sets them too. Where contract\n" +
		"terms in force have fences, those count.",
	examples: []string{"kontor forecast fences", "kontor forecast fences 14:FROZEN 56:SLUSHY:10:20 365:FREE:50:50", "kontor forecast fences --none"},
	run: func(c *call) error {
		out, err := ask(c, api.ForecastFences, desk.FenceOptions{Fences: c.Args().Slice(), Set: c.Args().Present() || c.Bool("none")})
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			if len(out.Fences) == 0 {
				fmt.Fprintln(w, "no time fences: a move of more than 5 % and a lot is material")
				return
			}
			printFences(w, out.Fences)
		})
	},
}

func printFences(w io.Writer, fences []forecast.Fence) {
	from := int64(0)
	for _, f := range fences {
		fmt.Fprintf(w, "days %d to %d: %s, up %s %%, down %s %%\n", from, f.UntilDays, f.Zone, percentText(f.UpPPM), percentText(f.DownPPM))
		from = f.UntilDays + 1
	}
}
