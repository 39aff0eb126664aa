package quality

import (
	"fmt"
	"slices"

	"kontor/protocol/forecast"
	"kontor/protocol/measure"
	"kontor/protocol/quantity"
)

// DefaultBaseline is how many subgroups make the limits of a chart that says nothing else.
const DefaultBaseline = 20

// Charted is a control chart of one item's counts, and why it is of its kind.
type Charted struct {
	Chart *measure.Chart
	Why   string // why another kind than asked for was drawn; "" where it was not
}

// kindsOf are the charts of package measure.
var kindsOf = map[ChartKind]measure.Kind{ChartP: measure.ChartP, ChartU: measure.ChartU, ChartPPrime: measure.ChartLaneyP, ChartUPrime: measure.ChartLaneyU, ChartG: measure.ChartG, ChartT: measure.ChartT}

// SeriesOf are the subgroups of an item at a site and process: those inside its measures, else one for each measure that counts whole
// units, in order of time. A measure counts its defects where its chart is one of defects, else its defective units.
func SeriesOf(d Document, item forecast.Item, site forecast.Location, process string) (groups []Subgroup, spec *ChartSpec) {
	measures := slices.Clone(d.Measures)
	slices.SortStableFunc(measures, func(a, b Measure) int { return a.Period.Compare(b.Period) })
	for _, m := range measures {
		if m.Item.ID() != item.ID() || m.Site.Key() != site.Key() || m.Process != process {
			continue
		}
		if m.Chart != nil {
			spec = m.Chart
		}
		if len(m.Subgroups) > 0 {
			groups = append(groups, m.Subgroups...)
			continue
		}
		base := m.Base()
		if base == nil || base.Sign() <= 0 {
			continue
		}
		bad := m.Defectives
		if m.Chart != nil && countsDefects(m.Chart.Kind) {
			bad = m.Defects
		}
		n, whole := base.At(0)
		x, counted := bad.At(0)
		if whole && counted && n.IsInt64() && x.IsInt64() {
			groups = append(groups, Subgroup{At: m.Period.Start, N: n.Int64(), X: x.Int64()})
		}
	}
	slices.SortStableFunc(groups, func(a, b Subgroup) int { return int(a.At) - int(b.At) })
	return groups, spec
}

// countsDefects tells the charts of defects, of which a unit may have several, from those of defective units.
func countsDefects(kind ChartKind) bool {
	return kind == ChartU || kind == ChartUPrime || kind == ChartT
}

// DrawChart draws the control chart of subgroups. Without a spec, or by AUTO, it is a p chart, or a u chart where a subgroup counts more than
// it has units, which only defects can be; with Laney's limits where the subgroups vary more than chance, and a chart of the units between
// failures where few are expected. Rule 1 and the run of eight judge it, and the zone rules where the spec says so. Limits come from the baseline alone.
func DrawChart(groups []Subgroup, spec *ChartSpec) (Charted, error) {
	kind, baseline, setting := ChartAuto, min(DefaultBaseline, len(groups)), measure.Setting{}
	if spec != nil {
		kind, baseline = spec.Kind, int(spec.Baseline)
		if spec.Zones {
			setting["rules"] = "WESTERN_ELECTRIC"
		}
	}
	if len(groups) == 0 || baseline < 1 || baseline > len(groups) {
		return Charted{}, fmt.Errorf("chart: a baseline of %d of %d subgroups; want at least one", baseline, len(groups))
	}
	points := make([]measure.Subgroup, len(groups))
	for i, g := range groups {
		points[i] = measure.Subgroup{Label: g.At.String(), Count: quantity.Of(g.X), Size: quantity.Of(g.N), Baseline: i < baseline}
	}
	asked, known := kindsOf[kind]
	why := ""
	switch {
	case kind == ChartAuto:
		natural := measure.ChartP
		if slices.ContainsFunc(groups, func(g Subgroup) bool { return g.X > g.N }) {
			natural = measure.ChartU
		}
		asked, points, why = measure.Suggest(natural, points, setting)
		if why == "" && natural == measure.ChartU {
			why = "a subgroup counts more than it has units: these are defects, not defective units"
		}
	case !known:
		return Charted{}, fmt.Errorf("chart: unknown kind %q", kind)
	case asked == measure.ChartG:
		points = measure.Between(measure.ChartP, points)
	case asked == measure.ChartT:
		points = measure.Between(measure.ChartU, points)
	}
	chart, err := measure.NewChart(asked, points, setting)
	return Charted{chart, why}, err
}
