package command

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"kontor/node/api/wire"
	"kontor/node/intake"
	"kontor/protocol/measure"
	"kontor/protocol/quantity"
)

// chartColumns are the columns of subgroups; value is one more name for the figure, "" for none.
func chartColumns(kind, value string) []intake.Column {
	names := []string{"defectives", "defective", "nonconforming", "defects", "nonconformities", "count", "d", "c", "x", "value", "measurement", "reading", "diameter", "gap", "between", "fehler", "wert"}
	if value != "" {
		names = append([]string{value}, names...)
	}
	sized := kind == "p" || kind == "u" || kind == "laney-p" || kind == "laney-u"
	return []intake.Column{
		{Says: "the figure", Names: names, Form: intake.Number, Needed: true},
		{Says: "the subgroup", Names: []string{"sample", "subgroup", "group", "lot", "batch", "label", "period", "date", "month", "week", "stichprobe", "los"}, Needed: kind == "xbar"},
		{Says: "the size of the subgroup", Names: []string{"size", "n", "inspected", "sample size", "units", "opportunities", "area", "anzahl", "menge"}, Form: intake.Number, Needed: sized},
		{Says: "whether the subgroup makes the limits", Names: []string{"baseline", "trial", "phase 1"}, Form: intake.Flag},
	}
}

const chartValue, chartGroup, chartSize, chartBaseline = 0, 1, 2, 3

var measureChartVerb = verb{
	name: "chart", short: "judge a process by a control chart", local: true, exits: []int{3},
	long: "--subgroups is a table: sample and value, for p and u also the size. Kinds: p (defective units of n), u (defects of n units), c (defects in\n" +
		"equal areas), xbar (several values of each sample, with ranges), i (single values), g (units between defects), t (time between events),\n" +
		"laney-p and laney-u (where subgroups vary more than chance). A p, u or c chart becomes g or t by itself where fewer than five are expected\n" +
		"in a subgroup; --as-asked keeps it. Where subgroups vary more than chance that is said, and --fit draws the laney chart. Limits come from the rows with baseline (or trial)\n" +
		"true, or from the first --baseline N, and are frozen for the rest. Signals are a point beyond three sigma and a run of eight on one\n" +
		"side; --rules WESTERN_ELECTRIC adds the zone rules.\n" + fileHelp,
	examples: []string{
		"kontor measure chart --subgroups cans.csv --kind p",
		"kontor measure chart --subgroups rings.csv --kind xbar --value diameter --baseline 25",
		"kontor measure chart --subgroups cans.csv --kind p --without 15,23 --json",
	},
	flags: fileFlags(
		&cli.StringFlag{Name: "subgroups", Usage: "CSV `FILE` of subgroups"},
		&cli.StringFlag{Name: "kind", Usage: "`KIND`: p, u, c, xbar, i, g, t, laney-p or laney-u"},
		&cli.StringFlag{Name: "value", Usage: "`HEADER` of the column with the figures, where it goes by no common name"},
		&cli.IntFlag{Name: "baseline", Usage: "the first `N` subgroups make the limits"},
		&cli.StringFlag{Name: "without", Usage: "`SAMPLES` with a known cause, kept out of the limits: 15,23"},
		&cli.StringFlag{Name: "rules", Usage: "`POINT_AND_RUN`, WESTERN_ELECTRIC or POINT"},
		&cli.BoolFlag{Name: "as-asked", Usage: "keep the kind, however rare the defects are"},
		&cli.BoolFlag{Name: "fit", Usage: "draw the laney chart where subgroups vary more than chance"},
		&cli.BoolFlag{Name: "all", Usage: "draw all points, not the last 60"}),
	run: measureChart,
}

// pointView is one point for programs.
type pointView struct {
	Label    string         `json:"label"`
	Value    string         `json:"value"`
	Low      string         `json:"lcl,omitempty"`
	High     string         `json:"ucl"`
	Baseline bool           `json:"baseline"`
	Signals  []measure.Rule `json:"signals,omitempty"`
}

// chartView is a chart for programs.
type chartView struct {
	Kind       measure.Kind `json:"kind"`
	Center     string       `json:"center"`
	Dispersion string       `json:"dispersion,omitempty"`
	Baseline   int          `json:"baselineSubgroups"`
	Tentative  bool         `json:"tentative,omitempty"`
	Points     []pointView  `json:"points"`
	Ranges     *chartView   `json:"ranges,omitempty"`
}

func viewOfChart(c *measure.Chart) *chartView {
	if c == nil {
		return nil
	}
	v := &chartView{Kind: c.Kind, Center: c.Center.String(), Baseline: c.Baseline, Tentative: c.Short, Ranges: viewOfChart(c.Ranges)}
	if c.Dispersion != nil {
		v.Dispersion = c.Dispersion.String()
	}
	for _, p := range c.Points {
		pv := pointView{Label: p.Label, Value: p.Value.String(), High: p.High.String(), Baseline: p.Baseline, Signals: p.Signals}
		if !p.NoLow {
			pv.Low = p.Low.String()
		}
		v.Points = append(v.Points, pv)
	}
	return v
}

func measureChart(c *call) error {
	setting, err := c.setting(map[string]string{"rules": "rules", "kind": "chart"})
	if err != nil {
		return err
	}
	if setting["chart"] == "" {
		return missing("kind", "p, u, c, xbar, i, g, t, laney-p or laney-u")
	}
	asked := measure.Kind(setting["chart"])
	delete(setting, "chart")
	groups, file, err := readSubgroups(c, asked)
	if err != nil {
		return err
	}
	fits, drawn, why := measure.Suggest(asked, groups, setting)
	kind := fits
	rare := fits == measure.ChartG || fits == measure.ChartT
	if rare && c.Bool("as-asked") || !rare && !c.Bool("fit") {
		kind, drawn = asked, groups
	}
	chart, err := measure.NewChart(kind, drawn, setting)
	var impossible *measure.Error
	if errors.As(err, &impossible) {
		return &wire.Problem{Code: "IMPORT_REFUSED", Text: fmt.Sprintf("%s has no %s chart: %s", c.String("subgroups"), kind, impossible), Next: "kontor measure chart --help shows what each kind takes"}
	}
	if err != nil {
		return err
	}
	result := chart.Result()
	doc := map[string]any{"asked": asked, "kind": kind, "fits": fits, "why": why, "chart": viewOfChart(chart), "files": []measuredFile{file}, "results": []measure.Result{result}}
	return c.print(doc, func(w io.Writer) {
		switch {
		case kind != asked:
			fmt.Fprintf(w, "drawn as a %s chart: %s\n\n", kind, why)
		case fits != asked:
			fmt.Fprintf(w, "a %s chart would fit better: %s\n\n", fits, why)
		}
		printResults(w, []measure.Result{result})
		drawChart(w, chart, c.Bool("all"))
		if chart.Ranges != nil {
			fmt.Fprintln(w, "\nranges")
			drawChart(w, chart.Ranges, c.Bool("all"))
		}
	})
}

// readSubgroups reads the table; rows of one sample of an xbar chart are its values.
func readSubgroups(c *call, kind measure.Kind) ([]measure.Subgroup, measuredFile, error) {
	t, err := c.openTable("subgroups", chartColumns(string(kind), c.String("value")), true)
	if err != nil {
		return nil, measuredFile{}, err
	}
	var groups []measure.Subgroup
	at := map[string]int{}
	sized := t.Has(chartSize)
	file, err := c.each("subgroups", t, func(l *intake.Line) {
		v, _ := l.Quantity(chartValue)
		g := measure.Subgroup{Label: l.Text(chartGroup), Count: v, Size: quantity.Of(1), Baseline: l.Flag(chartBaseline)}
		if g.Label == "" {
			g.Label = fmt.Sprint(len(groups) + 1)
		}
		if sized {
			g.Size, _ = l.Quantity(chartSize)
		}
		if l.Bad() {
			return
		}
		if kind != measure.ChartXbar {
			groups = append(groups, g)
			return
		}
		i, seen := at[g.Label]
		if !seen {
			i = len(groups)
			at[g.Label] = i
			groups = append(groups, g)
		}
		if len(groups[i].Values) == measure.MaxGroupSize {
			l.Refuse(chartGroup, intake.CodeTooLarge, "too many values of one sample", fmt.Sprintf("at most %d", measure.MaxGroupSize))
			return
		}
		groups[i].Values = append(groups[i].Values, v)
	})
	if err != nil {
		return nil, file, err
	}
	without := strings.FieldsFunc(c.String("without"), func(r rune) bool { return r == ',' || r == ' ' })
	for _, label := range without {
		if !slices.ContainsFunc(groups, func(g measure.Subgroup) bool { return g.Label == label }) {
			return nil, file, usagef("--without: there is no sample %q", label)
		}
	}
	if n := c.Int("baseline"); n < 0 || n > len(groups) {
		return nil, file, usagef("--baseline %d: there are %d subgroups", n, len(groups))
	}
	any := slices.ContainsFunc(groups, func(g measure.Subgroup) bool { return g.Baseline })
	for i := range groups {
		if n := c.Int("baseline"); n > 0 {
			groups[i].Baseline = i < n
		} else if !any {
			groups[i].Baseline = true
		}
		if slices.Contains(without, groups[i].Label) {
			groups[i].Baseline = false
		}
	}
	if !slices.ContainsFunc(groups, func(g measure.Subgroup) bool { return g.Baseline }) {
		return nil, file, usagef("no subgroup is left to make the limits of")
	}
	return groups, file, nil
}

var ruleWords = map[measure.Rule]string{measure.RuleLimit: "beyond the limit", measure.RuleTwo: "2 of 3 beyond two sigma", measure.RuleFour: "4 of 5 beyond one sigma", measure.RuleRun: "8 on one side"}

// drawChart draws a point a line: | the limits, : the centre, o a point, X a point that signals.
func drawChart(w io.Writer, c *measure.Chart, all bool) {
	const most = 60
	s := strip{}
	for _, p := range c.Points {
		s.cover(p.Value, p.High, c.Center)
		if !p.NoLow {
			s.cover(p.Low)
		}
	}
	from := 0
	if !all && len(c.Points) > most {
		from = len(c.Points) - most
		fmt.Fprintf(w, "\nthe last %d of %d points; --all draws all", most, len(c.Points))
	}
	width := 0
	for _, p := range c.Points[from:] {
		width = max(width, len([]rune(p.Label)))
	}
	last := c.Points[len(c.Points)-1]
	low := "none"
	if !last.NoLow {
		low = plainDecimal(last.Low.Rat(), 6)
	}
	fmt.Fprintf(w, "\ncentre %s, limits of the last point %s and %s; limits from %d subgroups", plainDecimal(c.Center.Rat(), 6), low, plainDecimal(last.High.Rat(), 6), c.Baseline)
	if c.Short {
		fmt.Fprint(w, ", too few to rely on")
	}
	fmt.Fprintln(w)
	if c.Kind == measure.ChartG {
		fmt.Fprintln(w, leaning)
	}
	for _, p := range c.Points[from:] {
		sign := byte('o')
		var said []string
		for _, r := range p.Signals {
			sign = 'X'
			said = append(said, ruleWords[r])
		}
		marks := []mark{{c.Center, ':'}, {p.High, '|'}}
		if !p.NoLow {
			marks = append(marks, mark{p.Low, '|'})
		}
		line := fmt.Sprintf("%-*s %12s  %s", width, p.Label, plainDecimal(p.Value.Rat(), 6), s.draw(append(marks, mark{p.Value, sign})...))
		if len(said) > 0 {
			line = fmt.Sprintf("%-*s  %s", width+15+stripWidth, line, strings.Join(said, ", "))
		}
		fmt.Fprintln(w, line)
	}
}
