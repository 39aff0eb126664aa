package remedy

import (
	"cmp"
	"math/big"
	"slices"

	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/measure"
	"kontor/protocol/quality"
)

// denominators are what reports call the denominators of a definition; what is made is in no report.
var denominators = map[string]quality.Denominator{"RECEIVED": quality.ByReceived, "SHIPPED": quality.ByDelivered, "INSPECTED": quality.ByInspected}

func denominator(set measure.Setting) quality.Denominator { return denominators[set["denominator"]] }

// inspected is what one side says of quality in a window.
type inspected struct {
	whole bool
	by    map[string]quality.Measure
}

// inspections takes from a side's quality reports what speaks of the window, by item, place, process and period. Where periods of one item overlap, the
// one of just this window goes before others, then the earliest and longest: nothing counts twice. A side has reported when what it counted covers
// every day of the window.
func (c Case) inspections(docs []quality.Document) inspected {
	out := inspected{by: map[string]quality.Measure{}}
	var all []quality.Measure
	for _, d := range docs {
		for _, m := range d.Measures {
			if c.Period.Covers(m.Period) && m.Denominator == denominator(setting(c.SLA.Measure)) && m.Base() != nil && speaks(c.SLA, m.Item, m.Site.Region) {
				all = append(all, m)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b quality.Measure) int {
		exact := func(m quality.Measure) int {
			if m.Period == c.Period {
				return 0
			}
			return 1
		}
		return cmp.Or(cmp.Compare(exact(a), exact(b)), cmp.Compare(a.Period.Start, b.Period.Start), cmp.Compare(b.Period.End, a.Period.End), cmp.Compare(inspectionOf(a), inspectionOf(b)))
	})
	until, whole := map[string]calendar.Date{}, map[string]bool{}
	at := c.Period.Start
	for _, m := range all {
		of := inspectionOf(m)
		if whole[of] || m.Period.Start < until[of] {
			continue
		}
		whole[of] = m.Period == c.Period
		until[of] = max(until[of], m.Period.End)
		out.by[of+"|"+m.Period.String()] = m
	}
	slices.SortStableFunc(all, func(a, b quality.Measure) int { return cmp.Compare(a.Period.Start, b.Period.Start) })
	for _, m := range all {
		if m.Period.Start <= at {
			at = max(at, m.Period.End)
		}
	}
	out.whole = at >= c.Period.End
	return out
}

func inspectionOf(m quality.Measure) string {
	return forecast.JoinKey(m.Item.ID(), m.Site.Key(), m.Process, string(m.Unit))
}

// defects adds up what a side inspected, with what only the other side did, and prices what was bad.
func (c Case) defects(f *figures, own, other inspected) {
	all := &measure.Defects{Setting: measure.Setting{"denominator": setting(c.SLA.Measure)["denominator"]}}
	sum, said := new(big.Rat), map[string]bool{}
	add := func(m quality.Measure) {
		base := m.Base()
		bad, err := m.Counted()
		if err != nil {
			return
		}
		all.Add(measure.Lot{Units: *base, Defective: bad})
		sum.Add(sum, base.Rat())
		if r := c.priced(m.Item, bad, m.Unit, m.Period.Start); r != nil && bad.Sign() > 0 {
			f.failing.Add(f.failing, r)
		}
	}
	for _, key := range sortedKeys(own.by) {
		said[inspectionOf(own.by[key])] = true
		add(own.by[key])
	}
	for _, key := range sortedKeys(other.by) {
		if !said[inspectionOf(other.by[key])] {
			add(other.by[key])
		}
	}
	m := measuredBy(all.Result(c.SLA.Measure.Code))
	f.value, f.reason, f.whole = m.value, m.reason, own.whole
	f.count = 0
	if units := new(big.Int).Quo(sum.Num(), sum.Denom()); units.IsInt64() {
		f.count = units.Int64()
	} else if units.Sign() > 0 {
		f.count = 1 << 62
	}
}
