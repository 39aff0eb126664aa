package remedy

import (
	"cmp"
	"slices"
	"sort"
	"strings"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/measure"
	"kontor/protocol/performance"
	"kontor/protocol/terms"
)

// deliveryMeasures are measures of counts of lines, which reports carry by one definition.
var deliveryMeasures = []measure.Code{measure.OnTime, measure.InFull, measure.OTIF, measure.OTIFUnits}

// orderMeasures are measures of counts of orders by the same definition.
var orderMeasures = []measure.Code{measure.OTIFOrders, measure.PerfectOrder, measure.LeadTime}

// fillMeasures are measures of counts of lines or orders that were filled, whenever that was.
var fillMeasures = []measure.Code{measure.LineFill, measure.OrderFill}

// CountsLines tells whether a measure counts lines of orders, or orders, which a report counts by the parameters of one definition.
func CountsLines(code measure.Code) bool {
	return slices.Contains(deliveryMeasures, code) || slices.Contains(orderMeasures, code)
}

// speaksBy tells whether a report counts as a definition does.
func speaksBy(d performance.Document, def measure.Definition) bool {
	if slices.Contains(fillMeasures, def.Code) && len(d.Delivery) > 0 {
		return d.Setting()["dateBasis"] == setting(def)["dateBasis"]
	}
	return !CountsLines(def.Code) || slices.Equal(d.Delivery, def.Parameters)
}

// cell is a cell with who reported it.
type cell struct {
	performance.Cell
	by     terms.Party
	gradeC bool
}

// reported is what one side says of a window.
type reported struct {
	by    terms.Party
	whole bool // every day of the window is in one of its reports
	cells []cell
}

// gather takes from a side's reports what speaks of the window. A report whose buckets lie across its border, or that counts deliveries by
// another definition than the clause's, says nothing of it. Where reports overlap, the one of just this window goes before others, then the earliest
// and longest: nothing counts twice.
func gather(by terms.Party, s terms.SLA, period calendar.Bucket, docs []performance.Document) reported {
	out := reported{by: by}
	usable := slices.DeleteFunc(slices.Clone(docs), func(d performance.Document) bool {
		return !d.Window.Overlaps(period) || !speaksBy(d, s.Measure) ||
			slices.ContainsFunc(d.Cells, func(c performance.Cell) bool { return c.Bucket.Overlaps(period) && !period.Covers(c.Bucket) })
	})
	slices.SortStableFunc(usable, func(a, b performance.Document) int {
		exact := func(d performance.Document) int {
			if d.Window == period {
				return 0
			}
			return 1
		}
		return cmp.Or(cmp.Compare(exact(a), exact(b)), cmp.Compare(a.Window.Start, b.Window.Start), cmp.Compare(b.Window.End, a.Window.End))
	})
	var taken []calendar.Bucket
	for _, d := range usable {
		if slices.ContainsFunc(taken, d.Window.Overlaps) {
			continue
		}
		taken = append(taken, d.Window)
		for _, c := range d.Cells {
			if period.Covers(c.Bucket) && covers(s, c) {
				out.cells = append(out.cells, cell{c, by, d.Header.Evidence == artifact.GradeC})
			}
		}
	}
	slices.SortFunc(taken, func(a, b calendar.Bucket) int { return cmp.Compare(a.Start, b.Start) })
	at := period.Start
	for _, w := range taken {
		if w.Start <= at {
			at = max(at, w.End)
		}
	}
	out.whole = at >= period.End
	return out
}

// covers tells whether an SLA is about a cell.
func covers(s terms.SLA, c performance.Cell) bool {
	item := len(s.Items) == 0 || slices.ContainsFunc([]string{c.Item.BuyersID, c.Item.SellersID, c.Item.GTIN}, func(id string) bool { return id != "" && slices.Contains(s.Items, id) })
	place := len(s.Regions) == 0 || slices.ContainsFunc(s.Regions, func(g string) bool { return c.Place.Region == g || strings.HasPrefix(c.Place.Region, g+"-") })
	return item && place
}

// with adds what only the other side reports, so that who leaves out a product, or a figure of one, gains nothing by it. A product that a side
// reports in a bucket, wherever, is its own.
func (r reported) with(other reported, def measure.Definition) []cell {
	said, theirs := map[string][]calendar.Bucket{}, map[string]cell{}
	for _, c := range other.cells {
		theirs[c.Key()] = c
	}
	out := slices.Clone(r.cells)
	for i, c := range out {
		said[c.Item.ID()] = append(said[c.Item.ID()], c.Bucket)
		o, both := theirs[c.Key()]
		if !both || o.Unit != c.Unit {
			continue
		}
		for _, f := range performance.Figures {
			if mine := out[i].At(f); *mine == nil {
				*mine = *o.At(f)
			}
		}
		if c.Days == nil {
			out[i].Days = o.Days
		}
		if c.Deliveries == nil {
			out[i].Deliveries = o.Deliveries
		}
		out[i].Service = c.Service.Or(o.Service)
		if _, own := tally(c.Cell, def); !own {
			if _, theirs := tally(o.Cell, def); theirs {
				out[i].by = o.by
			}
		}
	}
	for item, buckets := range said {
		said[item] = joined(buckets)
	}
	for _, o := range other.cells {
		spans := said[o.Item.ID()]
		if i := sort.Search(len(spans), func(i int) bool { return spans[i].End > o.Bucket.Start }); i == len(spans) || spans[i].Start >= o.Bucket.End {
			out = append(out, o)
		}
	}
	return out
}

// joined are the days of buckets as spans that don't overlap, in order: to be searched where a hostile report has as many buckets as cells.
func joined(buckets []calendar.Bucket) (out []calendar.Bucket) {
	slices.SortFunc(buckets, calendar.Bucket.Compare)
	for _, b := range buckets {
		if n := len(out); n > 0 && b.Start < out[n-1].End {
			out[n-1].End = max(out[n-1].End, b.End)
			continue
		}
		out = append(out, b)
	}
	return out
}
