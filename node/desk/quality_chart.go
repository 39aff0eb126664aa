package desk

import (
	"kontor/node"
	"kontor/protocol/forecast"
	"kontor/protocol/measure"
	"kontor/protocol/quality"
)

// ChartQuery names what to chart: an item of a report in force.
type ChartQuery struct {
	With    string `json:"with,omitempty"`
	Own     bool   `json:"own,omitempty"` // of the company's own report
	Product string `json:"product"`
	Region  string `json:"region,omitempty"`
	Process string `json:"process,omitempty"`
}

// ChartView is a control chart as screens show it.
type ChartView struct {
	Product  string       `json:"product"`
	Kind     measure.Kind `json:"kind"`
	Why      string       `json:"why,omitempty"` // why this kind
	Centre   string       `json:"centre"`
	Baseline int          `json:"baseline"` // subgroups that made the limits
	Short    bool         `json:"short"`    // fewer than the definition asks for: limits are tentative
	Points   []ChartPoint `json:"points"`
	Signals  int          `json:"signals"` // points that signal
	// Dispersion is how much the subgroups of the baseline vary, in units of chance: the limits are too narrow far above 1 and too wide far below it.
	Dispersion string `json:"dispersion,omitempty"`
}

// ChartPoint is one point.
type ChartPoint struct {
	At      string         `json:"at"`
	Value   string         `json:"value"`
	Low     string         `json:"low,omitempty"`
	High    string         `json:"high"`
	Base    bool           `json:"baseline"`
	Signals []measure.Rule `json:"signals"`
}

// chartPlaces are the decimals a chart is shown with.
const chartPlaces = 6

// QualityChart draws the control chart of an item's counts: the same on both nodes, from the same report.
func (d *Desk) QualityChart(in ChartQuery) (out ChartView, err error) {
	reports, err := d.QualityReports()
	if err != nil {
		return out, err
	}
	for _, h := range reports {
		if h.Own != in.Own || in.With != "" && h.With != in.With {
			continue
		}
		groups, spec := quality.SeriesOf(h.Document, forecast.Item{BuyersID: in.Product}, forecast.Location{Region: in.Region}, in.Process)
		if len(groups) == 0 {
			continue
		}
		drawn, err := quality.DrawChart(groups, spec)
		if err != nil {
			return out, node.Failf("NO_CHART", "%v", err)
		}
		return viewChart(in.Product, drawn)
	}
	return out, node.Failf("NO_CHART", "no report in force counts whole units of %q there; kontor quality show lists what is counted", in.Product)
}

func viewChart(product string, drawn quality.Charted) (ChartView, error) {
	c := drawn.Chart
	centre, err := c.Center.Round(chartPlaces)
	if err != nil {
		return ChartView{}, err
	}
	out := ChartView{Product: product, Kind: c.Kind, Why: drawn.Why, Centre: centre.String(), Baseline: c.Baseline, Short: c.Short, Points: []ChartPoint{}}
	if c.Dispersion != nil {
		varies, err := c.Dispersion.Round(2)
		if err != nil {
			return ChartView{}, err
		}
		out.Dispersion = varies.String()
	}
	for _, p := range c.Points {
		value, err := p.Value.Round(chartPlaces)
		if err != nil {
			return ChartView{}, err
		}
		high, err := p.High.Round(chartPlaces)
		if err != nil {
			return ChartView{}, err
		}
		point := ChartPoint{At: p.Label, Value: value.String(), High: high.String(), Base: p.Baseline, Signals: append([]measure.Rule{}, p.Signals...)}
		if !p.NoLow {
			low, err := p.Low.Round(chartPlaces)
			if err != nil {
				return ChartView{}, err
			}
			point.Low = low.String()
		}
		if len(p.Signals) > 0 {
			out.Signals++
		}
		out.Points = append(out.Points, point)
	}
	return out, nil
}
