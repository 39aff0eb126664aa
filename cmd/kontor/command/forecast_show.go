package command

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"kontor/node"
	"kontor/node/api"
	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/node/intake"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// chartedLines is how many lines are drawn without being asked for: more would push the table off the screen.
const chartedLines = 3

// shownChanges is how many changed lines are listed.
const shownChanges = 20

// forecastShown is a forecast with what it changes of the revision before.
type forecastShown struct {
	forecast.Document
	Changes desk.RevisionView `json:"changes"`
}

var forecastShowVerb = verb{
	name: "show", short: "show a forecast, or the draft", args: "[CID]", most: 1, exits: []int{wire.ExitNotFound},
	flags: []cli.Flag{withFlag(), &cli.StringFlag{Name: "product", Usage: "only this `NUMBER`"}, &cli.BoolFlag{Name: "chart", Usage: "draw every line, not only the first few"},
		&cli.StringFlag{Name: "numbers", Usage: "`WHOSE`: own, for a buyer's forecast in this company's own numbers by the product map"}},
	long: "Without CID it is the draft; with --with the newest one in force with that partner. Shown are the figures with bands, firmness, fences and orders,\n" +
		"life cycle, sourcing share, authorisations and reasons, and what changed since the revision before. In the chart o is the mean, - the widest band\n" +
		"given, = the inner one. A reason marked (a guess) was stated by nobody: this node guesses it where a line leaves its flex band.",
	examples: []string{"kontor forecast show", "kontor forecast show --with \"Relief Agency\" --numbers own", "kontor forecast show --product TDF300-30 --chart", "kontor forecast show --json bafyrei..."},
	run: func(c *call) error {
		query := api.ForecastQuery{CID: c.Args().First(), With: c.String("with")}
		switch c.String("numbers") {
		case "":
		case desk.OwnNumbers:
			return showInOwnNumbers(c, query)
		default:
			return usagef("--numbers %q; own is right", c.String("numbers"))
		}
		doc, err := ask(c, api.ForecastShow, query)
		if err != nil {
			return err
		}
		changes, err := ask(c, api.ForecastChanges, query)
		if err != nil {
			return err
		}
		if only := c.String("product"); only != "" {
			doc.Lines = linesOf(doc.Lines, only)
		}
		return c.print(forecastShown{doc, changes}, func(w io.Writer) { printForecast(w, doc, changes, c.Bool("chart")) })
	},
}

// showInOwnNumbers shows a buyer's forecast as this company's own systems know it.
func showInOwnNumbers(c *call, query api.ForecastQuery) error {
	out, err := ask(c, api.ForecastOwn, query)
	if err != nil {
		return err
	}
	if only := c.String("product"); only != "" {
		out.Document.Lines = linesOf(out.Document.Lines, only)
	}
	return c.print(out, func(w io.Writer) {
		printForecast(w, out.Document, desk.RevisionView{}, c.Bool("chart"))
		for _, n := range out.Notes {
			fmt.Fprintf(w, "note: %s\n", n)
		}
	})
}

func linesOf(lines []forecast.Line, product string) (kept []forecast.Line) {
	for _, l := range lines {
		if product == l.Item.BuyersID || product == l.Item.SellersID || product == l.Item.GTIN {
			kept = append(kept, l)
		}
	}
	return kept
}

func printForecast(w io.Writer, doc forecast.Document, changes desk.RevisionView, chart bool) {
	fmt.Fprintf(w, "bands: %s\n", methodText(doc.Method))
	if doc.Header.Reason != "" {
		fmt.Fprintf(w, "reason: %s\n", doc.Header.Reason)
	}
	if doc.AnswerDue > 0 {
		fmt.Fprintf(w, "answer due %s; silence means %s\n", moment(doc.AnswerDue), doc.OnNoAnswer)
	}
	printFences(w, doc.Fences)
	said := &intake.Demand{}
	for _, l := range doc.Lines {
		var parts []string
		for _, a := range intake.Attributes() {
			if text := a.Text(said, l, forecast.Cell{}); text != "" && a.Of != intake.OfCell && a.Of != intake.OfDocument {
				parts = append(parts, a.Name+" "+text)
			}
		}
		if l.Members > 0 {
			parts = append(parts, "a family of "+node.Count(int(l.Members), "product"))
		}
		if len(parts) > 0 {
			fmt.Fprintf(w, "%s in %s: %s\n", l.Item.ID(), orDash(l.Location.Key()), strings.Join(parts, "; "))
		}
	}
	printForecastCells(w, doc)
	for i, l := range doc.Lines {
		if chart || i < chartedLines && len(doc.Lines) <= chartedLines {
			drawLine(w, l)
		}
	}
	printChanges(w, changes)
}

// printForecastCells is the table of figures; columns that nothing stands in are left out.
func printForecastCells(w io.Writer, doc forecast.Document) {
	extra := []struct {
		name string
		of   func(forecast.Cell) string
	}{
		{"firmness", func(c forecast.Cell) string { return string(c.Firmness) }},
		{"fence", func(c forecast.Cell) string {
			if f, fenced := doc.FenceAt(c.Bucket); fenced {
				return string(f.Zone)
			}
			return ""
		}},
		{"ordered", func(c forecast.Cell) string { return optionalText(c.Ordered) }},
		{"cumulative", func(c forecast.Cell) string { return optionalText(c.Accumulated) }},
	}
	used := make([]bool, len(extra))
	for _, l := range doc.Lines {
		for _, c := range l.Buckets {
			for i, x := range extra {
				used[i] = used[i] || x.of(c) != ""
			}
		}
	}
	head := []string{"product", "region", "role", "period", "mean", "unit", "band"}
	for i, x := range extra {
		if used[i] {
			head = append(head, x.name)
		}
	}
	var rows [][]string
	for _, l := range doc.Lines {
		for _, b := range l.Buckets {
			band := "-"
			if n := len(b.Quantiles); n > 0 {
				band = fmt.Sprintf("%s to %s", b.Quantiles[0].Q, b.Quantiles[n-1].Q)
			}
			row := []string{l.Item.ID(), l.Location.Key(), string(l.Role), b.Bucket.String(), b.Mean.String(), string(l.Unit), band}
			for i, x := range extra {
				if used[i] {
					row = append(row, orDash(x.of(b)))
				}
			}
			rows = append(rows, row)
		}
	}
	table(w, head, rows)
}

func optionalText(q *quantity.Quantity) string {
	if q == nil {
		return ""
	}
	return q.String()
}

// drawLine draws a line, a row for each period on one scale.
func drawLine(w io.Writer, l forecast.Line) {
	var scale strip
	decimals := quantity.Quantity.Decimal
	scale.cover(decimals(quantity.Quantity{}))
	width := 0
	for _, c := range l.Buckets {
		scale.cover(decimals(c.Mean))
		for _, q := range c.Quantiles {
			scale.cover(decimals(q.Q))
		}
		width = max(width, len(c.Bucket.String()))
	}
	fmt.Fprintf(w, "%s in %s, from 0\n", l.Item.ID(), orDash(l.Location.Key()))
	for _, c := range l.Buckets {
		row := []byte(strings.Repeat(" ", stripWidth))
		fill := func(low, high quantity.Quantity, sign byte) {
			for i := scale.place(decimals(low).Rat()); i <= scale.place(decimals(high).Rat()); i++ {
				row[i] = sign
			}
		}
		if n := len(c.Quantiles); n >= 2 {
			fill(c.Quantiles[0].Q, c.Quantiles[n-1].Q, '-')
			if n >= 4 {
				fill(c.Quantiles[1].Q, c.Quantiles[n-2].Q, '=')
			}
		}
		row[scale.place(decimals(c.Mean).Rat())] = 'o'
		fmt.Fprintf(w, "%-*s |%s\n", width, c.Bucket, strings.TrimRight(string(row), " "))
	}
}

func printChanges(w io.Writer, v desk.RevisionView) {
	if v.Against == nil {
		return
	}
	if v.Changed == 0 {
		fmt.Fprintf(w, "nothing changed since revision %d\n", v.Revision)
		return
	}
	fmt.Fprintf(w, "since revision %d: %s changed, %d of them materially\n", v.Revision, node.Count(v.Changed, "cell"), v.Material)
	var rows [][]string
	for i, l := range v.Lines {
		if i == shownChanges {
			break
		}
		reason := orDash(string(l.Reason))
		if l.Guess {
			reason += " (a guess)"
		}
		delta := l.Delta.String()
		if l.Delta.Sign() > 0 {
			delta = "+" + delta
		}
		if l.Unshared > 0 {
			reason = fmt.Sprintf("%s no longer shared: outside the scope, not zero", node.Count(l.Unshared, "cell"))
		}
		rows = append(rows, []string{l.Line, strconv.Itoa(l.Cells), strconv.Itoa(l.Material), delta, reason})
	}
	table(w, []string{"line", "cells", "material", "by", "reason"}, rows)
	if n := len(v.Lines) - shownChanges; n > 0 {
		fmt.Fprintf(w, "and %s more\n", node.Count(n, "line"))
	}
}
