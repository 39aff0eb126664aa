package command

import (
	"fmt"
	"io"
	"math/big"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"kontor/node/api"
	"kontor/node/desk"
	"kontor/protocol/measure"
)

var measureShowVerb = verb{
	name: "show", short: "measure a partnership from what both sides hold: forecast, delivery, stock, revisions, orders, supply, quality, exceptions",
	long: "From signed documents alone: forecasts with their answers, performance and quality reports. Both nodes get the same, but for the\n" +
		"exceptions, of which each measures those it saw. Days of supply are of the stock in the plan against the forecast. How much more orders swing than the\n" +
		"demand behind them (bullwhip) needs both in the reports of 12 buckets without a campaign. What is not\n" +
		"shared, disputed or missing is said with its reason and counted, never shown as 0. --agreement or --since adds stockouts and overstock\n" +
		"before and after: it says what changed, not why. --guest measures by itself what is recorded for a partner without a node, with evidence grade C.\n" +
		"Where terms are in force, each of their clauses is measured by its own definition, tolerances and window, beside its target: the newest window that is over and the\n" +
		"running one, or all of --from to --to; the same value as in kontor sla status.",
	examples: []string{"kontor measure show", "kontor measure show --product ZDV-300 --basis RECEIPT --lag 1 --json", "kontor measure show --since 2026-07-01 --cover 31", "kontor measure show --guest \"Small Shop\""},
	flags: []cli.Flag{withFlag(),
		&cli.StringFlag{Name: "guest", Usage: "`NAME` of a partner without a node, instead: what is recorded for it against what was counted here"},
		&cli.StringFlag{Name: "product", Usage: "`NUMBER`; default all"}, &cli.StringFlag{Name: "region", Usage: "`COUNTRY`; default all"},
		&cli.StringFlag{Name: "from", Usage: "first `DAY` of the buckets"}, &cli.StringFlag{Name: "to", Usage: "last `DAY` of the buckets"},
		&cli.StringFlag{Name: "basis", Usage: "what the actual is: `CONSUMPTION`, POS, ORDER_IN_FORCE, RECEIPT or SHIPMENT"},
		&cli.StringFlag{Name: "lag", Usage: "`BUCKETS` between a forecast's issue and its bucket; default 0"},
		&cli.StringFlag{Name: "cover", Usage: "`DAYS` of demand that stock may cover at most; default 90"},
		&cli.StringFlag{Name: "agreement", Usage: "`CID`, or the end of it: stock before and after its first day"},
		&cli.StringFlag{Name: "since", Usage: "`DAY`: stock before and after it"}},
	run: func(c *call) error {
		out, err := ask(c, api.MeasureShow, desk.MeasureQuery{With: c.String("with"), Guest: c.String("guest"), Product: c.String("product"), Region: c.String("region"), From: c.String("from"), To: c.String("to"),
			Basis: c.String("basis"), Lag: c.String("lag"), Cover: c.String("cover"), Agreement: c.String("agreement"), Since: c.String("since")})
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			var rows [][]string
			for _, g := range out {
				for _, v := range g.Results {
					rows = append(rows, []string{gradedText(g), strings.TrimSpace(string(v.Measure) + choiceIn(v.Parameters) + " " + v.Clause), measuredText(v), fmt.Sprint(v.Count), verdictText(v), leftOutText(v), short(v.Definition)})
				}
			}
			table(w, []string{"of", "measure", "value", "of", "interval, verdict", "left out", "definition"}, rows)
			for _, g := range out {
				for _, n := range g.Notes {
					fmt.Fprintf(w, "note: %s: %s\n", g.Of, n)
				}
			}
		})
	},
}

// gradedText is what a group is of, with the grade of evidence that nobody else signed.
func gradedText(g desk.MeasuredGroup) string {
	if g.Grade == "" {
		return g.Of
	}
	return g.Of + " (grade " + string(g.Grade) + ")"
}

// choiceIn is the level, band, step or event that tells values of one measure apart.
func choiceIn(parameters map[string]string) string {
	for _, name := range []string{"level", "band", "step", "fillEvent"} {
		if v := parameters[name]; v != "" {
			return " " + v
		}
	}
	return ""
}

func measuredText(v desk.MeasuredValue) string {
	if !v.Measured {
		return "not measured: " + string(v.Reason)
	}
	return figureText(v.Value, v.Unit)
}

// figureText is a decimal of any size as people read it.
func figureText(text, unit string) string {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return text
	}
	return figure(r, unit)
}

func verdictText(v desk.MeasuredValue) string {
	var parts []string
	if v.LevelPPM > 0 {
		parts = append(parts, fmt.Sprintf("%s to %s (%d %%)", figureText(v.Low, v.Unit), figureText(v.High, v.Unit), v.LevelPPM/10_000))
	}
	if v.Target != "" {
		bound := "at least "
		if v.AtMost {
			bound = "at most "
		}
		parts = append(parts, v.Window, bound+figureText(v.Target, v.Unit), strings.ToLower(strings.ReplaceAll(v.Standing, "_", " ")))
	}
	if v.Verdict != "" {
		parts = append(parts, strings.ToLower(strings.ReplaceAll(string(v.Verdict), "_", " ")))
	}
	if len(parts) == 0 {
		return "-"
	}
	return strings.Join(parts, ", ")
}

func leftOutText(v desk.MeasuredValue) string {
	var reasons []measure.Reason
	for why := range v.Excluded {
		reasons = append(reasons, why)
	}
	slices.Sort(reasons)
	var parts []string
	for _, why := range reasons {
		parts = append(parts, fmt.Sprintf("%d %s", v.Excluded[why], why))
	}
	if len(parts) == 0 {
		return "-"
	}
	return strings.Join(parts, ", ")
}
