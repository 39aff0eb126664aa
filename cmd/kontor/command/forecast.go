package command

import (
	"fmt"
	"io"
	"sort"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"kontor/node"
	"kontor/node/api"
	"kontor/node/api/wire"
	"kontor/node/desk"
)

func forecastNoun() *cli.Command {
	return noun("forecast", "forecasts: the draft at home, what was shared, what was answered",
		verb{
			name: "baseline", short: "forecast the imported history, with bands", flags: []cli.Flag{
				&cli.IntFlag{Name: "horizon", Usage: "`MONTHS` ahead", Value: 12},
				&cli.BoolFlag{Name: "drop-last-month", Usage: "the newest month of the history is incomplete: leave it out"},
				&cli.StringFlag{Name: "unit", Usage: "UN/ECE Rec 20 `CODE` of the history's quantities", Value: "PK"},
			},
			long: "For companies without a planning system: a forecast for lumpy demand, with quantiles per period and of the demand accumulated over\n" +
				"the periods. The bands are calibrated on one window and judged on a later one; both figures are printed. A history that ended long\n" +
				"ago is shifted by whole years, and that is said. The result is the draft: kontor forecast preview, then share.",
			examples: []string{"kontor forecast baseline", "kontor forecast baseline --horizon 18 --drop-last-month"},
			run: func(c *call) error {
				out, err := ask(c, api.ForecastBaseline, desk.BaselineOptions{Horizon: c.Int("horizon"), DropLastMonth: c.Bool("drop-last-month"), Unit: c.String("unit")})
				if err != nil {
					return err
				}
				for _, n := range out.Notes {
					c.note("note: %s", n)
				}
				return c.print(out, func(w io.Writer) {
					fmt.Fprintf(w, "%s forecast, %s to %s, in %d ms\n", node.Count(out.Lines, "series"), out.First, out.Last, out.Milliseconds)
					if out.Judgement != "" {
						fmt.Fprintln(w, out.Judgement)
					}
				})
			},
		},
		importVerb("a forecast", "product, region, period, mean, quantiles as p10, p50, p90 ...", api.ForecastImport),
		verb{
			name: "adjust", short: "raise or lower the draft of a product", flags: []cli.Flag{
				&cli.StringFlag{Name: "product", Usage: "the product's `NUMBER`", Required: true},
				&cli.StringFlag{Name: "region", Usage: "only this `COUNTRY`"},
				&cli.StringFlag{Name: "from", Usage: "first `MONTH` changed, 2026-12"},
				&cli.Int64Flag{Name: "percent", Usage: "`N`: 30 raises by 30 %, -10 lowers by 10 %", Required: true},
				&cli.StringFlag{Name: "reason", Usage: "adjustment reason `CODE` of UBL", Value: "REVISED_PLAN"},
			},
			examples: []string{"kontor forecast adjust --product TDF300-30 --percent 30 --from 2026-12"},
			run: func(c *call) error {
				out, err := ask(c, api.ForecastAdjust, desk.AdjustOptions{Product: c.String("product"), Region: c.String("region"), From: c.String("from"),
					Percent: c.Int64("percent"), Reason: c.String("reason")})
				if err != nil {
					return err
				}
				return c.print(out, func(w io.Writer) {
					fmt.Fprintf(w, "%s changed: %s became %s; share it with: kontor forecast share\n", node.Count(out.Lines, "line"), out.Before, out.After)
				})
			},
		},
		verb{
			name: "preview", short: "show what a partner would see of the draft", flags: []cli.Flag{withFlag()},
			examples: []string{"kontor forecast preview --with \"Tablet Maker\""},
			run:      answerWith(api.ForecastPreview, printPreview),
		},
		verb{
			name: "share", short: "share the draft with a partner", flags: []cli.Flag{withFlag()},
			examples: []string{"kontor forecast share --json"},
			run:      answerWith(api.ForecastShare, func(w io.Writer, out desk.Shared) { printShared(w, "SharedForecast.v1", out) }),
		},
		verb{
			name: "answer", short: "answer the partner's forecast line by line", flags: append([]cli.Flag{withFlag(),
				&cli.StringSliceFlag{Name: "reason", Usage: "why less is committed than is asked: `CODE`, PRODUCT=CODE or PRODUCT@REGION=CODE; may be repeated, the most particular holds"}}, answerSignFlags()...),
			long: "Each product gets what its stock and its share of capacity allow; what is short is divided over the regions in proportion to what each asked for.\n" +
				"Where less is committed, the reason is CAPACITY, or what --reason names: MATERIAL, LEAD_TIME, ALLOCATION, QUALITY_HOLD, SHUTDOWN, COMMERCIAL, LOT_SIZE,\n" +
				"ENGINEERING_CHANGE, MASTER_DATA, CUSTOMER_ORDER_CHANGE, SYSTEM_RERUN. Single cells are written by hand in a file: kontor export --kind answer.\n" +
				"Inside the flex bands both signed the node may answer by itself. A move beyond them the desk answers with its mandate's key, where the mandate names\n" +
				"answer.sign and its limit covers what the moves are worth; above that an officer's key is needed.",
			examples: []string{"kontor forecast answer --with \"Relief Agency\"", "kontor forecast answer --reason ZDV-300=MATERIAL --reason EFV600-30@CI=LEAD_TIME", "kontor forecast answer --key-file desk.key"}, exits: []int{wire.ExitDenied, wire.ExitRefused, wire.ExitNotFound},
			run: func(c *call) error {
				in := api.AnswerRequest{AnswerQuery: answerQuery(c)}
				signed, err := signAnswer(c)
				if err != nil {
					return err
				}
				in.Signed = signed
				out, err := ask(c, api.ForecastAnswer, in)
				if err != nil {
					return err
				}
				return c.print(out, func(w io.Writer) {
					fmt.Fprintf(w, "answered %s: %s accepted in full, %d countered\n", node.Count(out.Series, "line"), node.Count(out.Accepted, "period"), out.Countered)
					if out.Explained > 0 {
						fmt.Fprintf(w, "%s with a reason the desk named\n", node.Count(out.Explained, "period"))
					}
					if out.ByHand > 0 {
						fmt.Fprintf(w, "%s as the desk wrote them into a file\n", node.Count(out.ByHand, "period"))
					}
					fmt.Fprintf(w, "asked %s, committed %s\n", out.Asked, out.Committed)
					if len(out.Waits) > 0 {
						fmt.Fprintf(w, "waits for %s: %s\n", strings.Join(out.Waits, ", "), waitsText)
					}
					fmt.Fprintln(w, out.CID)
				})
			},
		},
		forecastBandsVerb,
		forecastFencesVerb,
		forecastConsumeVerb,
		verb{
			name: "list", short: "list the forecasts held, own and partners'", flags: []cli.Flag{withFlag()}, exits: []int{wire.ExitNotFound},
			examples: []string{"kontor forecast list --json"},
			run: func(c *call) error {
				out, err := ask(c, api.ForecastList, api.WithQuery{With: c.String("with")})
				if err != nil {
					return err
				}
				return c.print(out, func(w io.Writer) {
					var rows [][]string
					for _, f := range out {
						rows = append(rows, []string{f.CID.String(), f.With, f.Author, strconv.FormatInt(f.Revision, 10), f.Status, moment(f.T)})
					}
					table(w, []string{"cid", "with", "author", "revision", "status", "dated"}, rows)
				})
			},
		},
		forecastShowVerb,
	)
}

func printShared(w io.Writer, typ string, out desk.Shared) {
	printSharedSize(w, typ, fmt.Sprintf("%s, %s, %s", node.Count(out.Series, "series"), node.Count(out.Buckets, "period"), bytesText(int64(out.Bytes))), out)
}

// printSharedSize says of an artifact of a size who holds it now, or for whom it waits.
func printSharedSize(w io.Writer, typ, size string, out desk.Shared) {
	switch waits := strings.Join(out.Waits, ", "); {
	case out.Unchanged && waits != "":
		fmt.Fprintf(w, "nothing differs from revision %d, which is written and waits for %s: %s\n", out.Revision, out.With, waitsText)
	case out.Unchanged:
		fmt.Fprintf(w, "nothing differs from revision %d, which %s holds: nothing was sent\n", out.Revision, out.With)
		return
	case waits != "":
		fmt.Fprintf(w, "%s revision %d is written and waits for %s: %s (%s)\n", typ, out.Revision, waits, waitsText, size)
	default:
		fmt.Fprintf(w, "%s revision %d shared with %s: %s\n", typ, out.Revision, out.With, size)
	}
	fmt.Fprintln(w, out.CID)
}

func printPreview(w io.Writer, v desk.Preview) {
	fmt.Fprintf(w, "%s revision %d as %s would see it: %s, %s, %s\n", v.Type, v.Revision, v.With, node.Count(v.Series, "series"), node.Count(v.Buckets, "period"), bytesText(int64(v.Bytes)))
	if v.Changes > 0 {
		fmt.Fprintf(w, "against the version in force: %s changed, %d of them materially\n", node.Count(v.Changes, "cell"), v.Material)
	}
	if v.Withheld > 0 {
		fmt.Fprintf(w, "outside the scope, staying at home: %s\n", node.Count(v.Withheld, "line"))
	}
	for _, line := range v.Outside {
		fmt.Fprintf(w, "stays at home: %s\n", line)
	}
	var rows [][]string
	for _, s := range v.Sees {
		rows = append(rows, []string{s.Field, s.What, s.Why})
	}
	table(w, []string{"field", "what", "why it may"}, rows)
	for _, s := range v.Inferable {
		fmt.Fprintf(w, "inferable: %s\n", s)
	}
	for _, f := range v.Findings {
		fmt.Fprintf(w, "would be refused: %s\n", f.Error())
	}
	sort.Strings(v.Notes)
	for _, n := range v.Notes {
		fmt.Fprintf(w, "note: %s\n", n)
	}
}
