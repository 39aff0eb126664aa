package command

import (
	"fmt"
	"io"
	"math/big"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"kontor/node/api/wire"
	"kontor/node/intake"
	"kontor/protocol/measure"
)

// measureNoun judges plain files, so that a company can look at its own data first without a node, and with one what both sides hold.
func measureNoun() *cli.Command {
	return noun("measure", "judge forecasts, deliveries, stock, quality and promotions: from plain files, or from what both sides hold",
		measureForecastVerb, measureDeliveryVerb, measureChartVerb, measureLiftVerb, measureStockVerb, measureDefectVerb, measureRevisionVerb, measureSupplyVerb, measureBullwhipVerb,
		measureShowVerb, measureDefinitionsVerb)
}

// fileFlags say how a CSV file is read where it leaves that in doubt.
func fileFlags(more ...cli.Flag) []cli.Flag {
	return append(more,
		&cli.BoolFlag{Name: "skip-bad", Usage: "leave bad lines out and count them, instead of refusing the file"},
		&cli.StringFlag{Name: "decimal", Usage: "decimal `MARK`, \".\" or \",\", where a file leaves it in doubt"},
		&cli.StringFlag{Name: "date-order", Usage: "`DMY or MDY`, where a file leaves it in doubt"})
}

const fileHelp = "Columns go by any common name, in any order and case; delimiter, decimal mark, encoding and date form are found by content.\n" +
	"What can't be measured is said with its reason, never shown as 0. Shares are exact fractions, rounded once."

// measuredFile is how a file was read, for the result.
type measuredFile struct {
	File string `json:"file"`
	*intake.Report
}

// openTable opens the CSV file that a flag names, "-" being standard input.
func (c *call) openTable(flag string, columns []intake.Column, repeats bool) (*intake.Table, error) {
	name := c.String(flag)
	if name == "" {
		return nil, missing(flag, "a CSV file, or - for standard input")
	}
	var in io.Reader = c.stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, usagef("%v", err)
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, intake.MaxBytes+1))
	if err != nil {
		return nil, usagef("read %s: %v", name, err)
	}
	t, report := intake.Open(data, columns, repeats, intake.Options{SkipBad: c.Bool("skip-bad"), Decimal: c.String("decimal"), DateOrder: c.String("date-order")})
	if t == nil {
		return nil, refusedFile(name, report)
	}
	return t, nil
}

// each reads the lines of a table and tells what was done with it.
func (c *call) each(flag string, t *intake.Table, take func(*intake.Line)) (measuredFile, error) {
	f := measuredFile{c.String(flag), t.Report()}
	if !t.Each(take) {
		return f, refusedFile(f.File, t.Report())
	}
	for _, n := range t.Report().Notes {
		c.note("note: %s: %s", f.File, n)
	}
	if n := len(t.Report().Skipped); n > 0 {
		c.note("left out of %s: %d lines, the first in line %d", f.File, n, t.Report().Skipped[0])
	}
	return f, nil
}

// refusedFile is the error of a file that can't be read as it stands.
func refusedFile(name string, r *intake.Report) error {
	const shown = 10
	text := fmt.Sprintf("%s can't be measured: %d complaints", name, len(r.Complaints)+r.Further)
	if len(r.Complaints)+r.Further == 1 {
		text = name + " can't be measured"
	}
	for i, complaint := range r.Complaints {
		if i == shown {
			text += fmt.Sprintf("\n  and %d more", len(r.Complaints)+r.Further-shown)
			break
		}
		text += "\n  " + complaint.String()
	}
	return &wire.Problem{Code: "IMPORT_REFUSED", Text: text, Next: "correct the lines named, or leave them out with --skip-bad"}
}

// results prints measured values as a table: what, how much, of how many, and what was left out.
func printResults(w io.Writer, results []measure.Result) {
	var rows [][]string
	for _, r := range results {
		e, _ := measure.Describe(r.Definition.Code)
		rows = append(rows, []string{string(r.Definition.Code) + choiceOf(r.Definition), valueText(r, e.Unit), fmt.Sprint(r.Count), intervalText(r, e.Unit), excludedText(r), short(r.Definition.CID().String())})
	}
	table(w, []string{"measure", "value", "of", "interval, verdict", "left out", "definition"}, rows)
}

// choiceOf is the level or band that tells results of one measure apart.
func choiceOf(d measure.Definition) string {
	for _, p := range d.Parameters {
		if p.Name == "level" || p.Name == "band" || p.Name == "step" {
			return " " + p.Value
		}
	}
	return ""
}

// valueText is a value with its unit: shares in percent.
func valueText(r measure.Result, unit string) string {
	if !r.Measured() {
		return "not measured: " + string(r.Reason)
	}
	return figure(r.Value.Rat(), unit)
}

func figure(v *big.Rat, unit string) string {
	switch unit {
	case "share":
		return plainDecimal(new(big.Rat).Mul(v, big.NewRat(100, 1)), 4) + " %"
	case "units", "ratio", "signals", "as measured":
		return plainDecimal(v, 4)
	}
	return plainDecimal(v, 4) + " " + unit
}

// plainDecimal has at most the given places and no zeroes at its end.
func plainDecimal(v *big.Rat, places int) string {
	s := v.FloatString(places)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	if s == "-0" {
		return "0"
	}
	return s
}

func intervalText(r measure.Result, unit string) string {
	var parts []string
	if r.Interval != nil {
		parts = append(parts, fmt.Sprintf("%s to %s (%d %%)", figure(r.Interval.Low.Rat(), unit), figure(r.Interval.High.Rat(), unit), r.Interval.Level/10_000))
	}
	if r.Verdict != "" {
		parts = append(parts, strings.ToLower(strings.ReplaceAll(string(r.Verdict), "_", " ")))
	}
	if len(parts) == 0 {
		return "-"
	}
	return strings.Join(parts, ", ")
}

func excludedText(r measure.Result) string {
	var parts []string
	for _, why := range r.Reasons() {
		parts = append(parts, fmt.Sprintf("%d %s", r.Excluded[why], why))
	}
	if len(parts) == 0 {
		return "-"
	}
	return strings.Join(parts, ", ")
}

// setting collects the parameters that flags give and checks them.
func (c *call) setting(flags map[string]string) (measure.Setting, error) {
	s := measure.Setting{}
	for flag, parameter := range flags {
		if v := c.String(flag); v != "" {
			s[parameter] = v
			if err := (measure.Setting{parameter: v}).Check(); err != nil {
				return nil, usagef("--%s: %v", flag, err)
			}
		}
	}
	return s, nil
}

// measureDefinitionsVerb lists what can be measured.
var measureDefinitionsVerb = verb{
	name: "definitions", short: "list the measures, their formulas and parameters", local: true,
	long:     "With --json also the CID of each definition with its default parameters.",
	examples: []string{"kontor measure definitions", "kontor measure definitions --json"},
	run: func(c *call) error {
		type definition struct {
			Code       measure.Code `json:"measure"`
			Name       string       `json:"name"`
			Unit       string       `json:"unit"`
			Formula    string       `json:"formula"`
			Parameters []string     `json:"parameters,omitempty"`
			CID        string       `json:"definition"`
		}
		var all []definition
		var rows [][]string
		for _, code := range measure.Codes() {
			e, _ := measure.Describe(code)
			d, err := measure.Define(code, nil)
			if err != nil {
				return err
			}
			all = append(all, definition{code, e.Name, e.Unit, e.Formula, e.Parameters, d.CID().String()})
			rows = append(rows, []string{string(code), e.Unit, e.Name, e.Formula})
		}
		return c.print(map[string]any{"definitions": all}, func(w io.Writer) { table(w, []string{"measure", "unit", "name", "formula"}, rows) })
	},
}
