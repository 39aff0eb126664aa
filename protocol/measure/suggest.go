package measure

import (
	"fmt"
	"math/big"

	"kontor/protocol/quantity"
)

// Suggest picks the chart that fits the counts, and says why where it is not the one asked for: rare events (fewer than five expected in
// a subgroup) make the limits of p, u and c meaningless and are judged by the units or the time between them; shares and rates
// that vary much more than chance (above 1.2, from 20 subgroups) take Laney's limits. The groups are those of the chart to draw.
func Suggest(asked Kind, groups []Subgroup, setting Setting) (kind Kind, drawn []Subgroup, why string) {
	if asked != ChartP && asked != ChartU && asked != ChartC {
		return asked, groups, ""
	}
	c, err := NewChart(asked, groups, setting)
	if err != nil {
		return asked, groups, ""
	}
	found := new(big.Rat)
	for i, g := range groups {
		if c.Points[i].Baseline {
			found.Add(found, g.Count.Rat())
		}
	}
	if expected := over(found, whole(c.Baseline)); expected.Cmp(whole(5)) < 0 {
		kind = ChartT
		if asked == ChartP {
			kind = ChartG
		}
		if drawn = Between(asked, groups); len(drawn) < 2 {
			return asked, groups, ""
		}
		return kind, drawn, fmt.Sprintf("%s are expected in a subgroup: too few for limits of a %s chart", shown(decimal(expected), 2), asked)
	}
	if asked == ChartC || c.Dispersion == nil || c.Short {
		return asked, groups, ""
	}
	if c.Dispersion.Rat().Cmp(fraction(12, 10)) > 0 {
		kind = ChartLaneyP
		if asked == ChartU {
			kind = ChartLaneyU
		}
		return kind, groups, fmt.Sprintf("subgroups vary %s times as much as chance", shown(*c.Dispersion, 2))
	}
	return asked, groups, ""
}

// MaxRareEvents bounds the events that Between lists.
const MaxRareEvents = MaxSubgroups

// Between lists what lies between one defect and the next: units for a p chart, area or opportunities for u, subgroups for c. Where one
// subgroup has several defects they are taken to be spread evenly in it, which is all that its count tells. What follows the last
// defect has not ended and is no interval.
func Between(kind Kind, groups []Subgroup) []Subgroup {
	var out []Subgroup
	since := new(big.Rat)
	for _, g := range groups {
		size := g.Size.Rat()
		if kind == ChartC {
			size = whole(1)
		}
		n := g.Count.Rat()
		if !n.IsInt() || !n.Num().IsInt64() {
			return nil
		}
		count := n.Num().Int64()
		if count == 0 {
			since.Add(since, size)
			continue
		}
		if int64(len(out))+count > MaxRareEvents {
			return nil
		}
		step := over(size, n)
		for k := int64(0); k < count; k++ {
			gap := step
			if k == 0 {
				// The first of a subgroup stands in the middle of its part, and so does the last.
				gap = plus(since, over(step, whole(2)))
			}
			q, err := decimal(gap).Round(gapPlaces(kind))
			if err != nil {
				return nil
			}
			out = append(out, Subgroup{Label: g.Label, Count: q, Size: quantity.Of(1), Baseline: g.Baseline})
		}
		since = over(step, whole(2))
	}
	return out
}

// gapPlaces are the decimals of a gap: units are whole, areas and times are not.
func gapPlaces(kind Kind) int {
	if kind == ChartP {
		return 0
	}
	return 6
}
