package forecast

import (
	"slices"

	"kontor/protocol/quantity"
)

// Fields are the parts of a forecast that a scope can keep at home. What else a forecast holds, it needs to be one.
var Fields = []string{"quantiles", "cumulative", "ordered", "firmness", "lot", "description", "gapReason", "schedule", "lifecycle", "adjustmentReason", "shipFrom"}

// KeepFields takes out the parts of a forecast that are not on the list; an empty list keeps all.
func KeepFields(d Document, fields []string) Document {
	if len(fields) == 0 {
		return d
	}
	kept := d
	kept.Lines = slices.Clone(d.Lines)
	out := func(field string) bool { return !slices.Contains(fields, field) }
	for i := range kept.Lines {
		l := &kept.Lines[i]
		l.takeOut(out)
		l.Buckets = slices.Clone(l.Buckets)
		for k := range l.Buckets {
			l.Buckets[k].takeOut(out)
		}
	}
	if out("quantiles") && out("cumulative") && kept.Method.Bands != "" {
		kept.Method.Bands, kept.Method.Coverage, kept.Method.Samples = BandsNone, 0, 0
	}
	return kept
}

// takeOut empties the line's own fields of which out tells that they stay at home.
func (l *Line) takeOut(out func(field string) bool) {
	if out("lot") {
		l.Lot = quantity.Quantity{}
	}
	if out("description") {
		l.Item.Description = ""
	}
	if out("schedule") {
		l.Schedule = nil
	}
	if out("lifecycle") {
		l.Lifecycle = nil
	}
	if out("adjustmentReason") {
		l.Reason = ""
	}
	if out("shipFrom") {
		l.ShipFrom = nil
	}
	if out("gapReason") && l.GapReason != "" {
		l.GapReason = "not shared" // that buckets are missing on purpose is a rule of the document
	}
}

func (c *Cell) takeOut(out func(field string) bool) {
	if out("quantiles") {
		c.Quantiles = nil
	}
	if out("cumulative") {
		c.Cumulative = nil
	}
	if out("ordered") {
		c.Ordered = nil
	}
	if out("firmness") {
		c.Firmness = ""
	}
	if out("schedule") {
		c.Accumulated = nil
	}
}
