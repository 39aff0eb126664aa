package measure

import (
	"fmt"
	"math/big"

	"kontor/protocol/quantity"
)

// Subgroup is one sample of a process.
type Subgroup struct {
	Label string
	// Count is what was found: defective units (p), defects (u, c), or the one figure of an individual (i), of the units since the last
	// defect (g), or of the time since the last event (t).
	Count quantity.Quantity
	// Size is what it was found in: units inspected (p), opportunities or area (u). Not read by the others.
	Size quantity.Quantity
	// Values are the single measurements of an xbar chart, 2 to 10, as many in every subgroup.
	Values []quantity.Quantity
	// Baseline subgroups make the limits; the others are judged by them. Where none is marked, all are.
	Baseline bool
}

// Bounds of a chart.
const (
	MaxSubgroups = 100_000
	// MaxGroupSize bounds the values of a subgroup: a range says less and less of more than ten.
	MaxGroupSize = 10
)

// Kind is a kind of control chart.
type Kind string

// The kinds. Each is also the value of the parameter "chart".
const (
	ChartP      Kind = "p"       // share of defective units
	ChartLaneyP Kind = "laney-p" // the same, where shares vary more than chance
	ChartU      Kind = "u"       // defects per unit
	ChartLaneyU Kind = "laney-u" // the same, where they vary more than chance
	ChartC      Kind = "c"       // defects in equal areas
	ChartXbar   Kind = "xbar"    // means, with their ranges
	ChartI      Kind = "i"       // individuals and moving range
	ChartG      Kind = "g"       // units between defects, for rare ones
	ChartT      Kind = "t"       // time or area between events, for rare ones
)

// Point is a subgroup on the chart.
type Point struct {
	Label    string
	Value    quantity.Decimal
	Low      quantity.Decimal // lower limit; zero and NoLow where there is none
	High     quantity.Decimal
	NoLow    bool
	Baseline bool
	Signals  []Rule

	deviation, variance *big.Rat // from the centre; the limit is three times the root of the variance
	side                int      // of the centre for the rule of runs
}

// Chart is a control chart with its limits and signals.
type Chart struct {
	Kind       Kind
	Definition Definition
	Center     quantity.Decimal
	Points     []Point
	Ranges     *Chart // of an xbar chart
	// Dispersion is the variation between subgroups in units of that of chance, of attribute charts with two subgroups or more: above 1.2
	// the limits of p and u are too narrow (Laney), far below 1 they are too wide.
	Dispersion *quantity.Decimal
	Baseline   int  // subgroups that the limits are made of
	Short      bool // they are fewer than the definition asks for: limits are tentative
}

// Signals counts the points that signal, as the result of the measure.
func (c *Chart) Result() Result {
	n := 0
	for _, p := range c.Points {
		if len(p.Signals) > 0 {
			n++
		}
	}
	r := value(c.Definition, whole(n), len(c.Points), nil)
	if c.Short {
		r.Verdict = TooFewToTell
	}
	return r
}

// Error says why there is no chart: a reason and where.
type Error struct {
	Reason Reason
	Text   string
}

func (e *Error) Error() string { return string(e.Reason) + ": " + e.Text }

func impossible(why Reason, format string, args ...any) error {
	return &Error{why, fmt.Sprintf(format, args...)}
}

// NewChart draws a control chart of subgroups in their order. The limits come from the baseline alone and are three standard deviations
// from the centre; LCL is at least 0 for counts, UCL of a share at most 1.
func NewChart(kind Kind, groups []Subgroup, setting Setting) (*Chart, error) {
	full := Setting{"chart": string(kind)}
	for name, v := range setting {
		full[name] = v
	}
	d := define(ChartSignals, full)
	if err := d.Check(); err != nil {
		return nil, err
	}
	if len(groups) == 0 {
		return nil, impossible(NoData, "no subgroup")
	}
	if len(groups) > MaxSubgroups {
		return nil, impossible(NotPossible, "%d subgroups; want at most %d", len(groups), MaxSubgroups)
	}
	c := &Chart{Kind: kind, Definition: d, Points: make([]Point, len(groups))}
	any := false
	for _, g := range groups {
		any = any || g.Baseline
	}
	for i, g := range groups {
		c.Points[i].Label, c.Points[i].Baseline = g.Label, g.Baseline || !any
		if c.Points[i].Baseline {
			c.Baseline++
		}
	}
	c.Short = c.Baseline < d.count("minimum")
	var err error
	switch kind {
	case ChartP, ChartLaneyP, ChartU, ChartLaneyU, ChartC:
		err = c.attributes(groups)
	case ChartXbar:
		err = c.means(groups)
	case ChartI:
		err = c.individuals(values(groups))
	case ChartG:
		err = c.geometric(groups)
	case ChartT:
		err = c.between(groups)
	}
	if err != nil {
		return nil, err
	}
	c.judge(d.get("rules"))
	return c, nil
}

func values(groups []Subgroup) []*big.Rat {
	out := make([]*big.Rat, len(groups))
	for i, g := range groups {
		out[i] = g.Count.Rat()
	}
	return out
}
